/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "lockfile/kinds.h"

static const struct {
	const char *name, *maker; /* NULL: not known to lock by existing */
} names[] = {
	{ "index.lock", "git" },
	{ "packed-refs.lock", "git" },
	{ "passwd.lock", "useradd and its kin" },
	{ ".X0-lock", "the X server" },
	{ ".X10-lock", "the X server" },
	{ ".Xa-lock", NULL },
	{ "LCK..ttyUSB0", "who uses the device" },
	{ "LCK.tty", NULL },
	{ "postmaster.pid", "PostgreSQL" },
	{ ".notes.txt.swp", "vim" },
	{ ".notes.txt.swo", "vim" },
	{ ".notes.swq", NULL },
	{ "notes.swp", NULL },
	{ ".~lock.a b.odt#", "LibreOffice" },
	/* Locked by the kernel, or no locks at all. */
	{ "lock", NULL },
	{ "lock-frontend", NULL },
	{ ".pwd.lock", NULL },
	{ "Cargo.lock", NULL },
	{ "xindex.lock", NULL },
	{ "index.lock.x", NULL },
	{ "", NULL },
};

Test(lockfile_kinds, by_existing)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct lk_lockfile_kind *kind = lk_lockfile_by_existing(names[i].name);

		if (names[i].maker)
			cr_assert(kind && strcmp(kind->maker, names[i].maker) == 0, "%s: %s", names[i].name,
				  kind ? kind->maker : "none");
		else
			cr_assert_null(kind, "%s", names[i].name);
	}
}
