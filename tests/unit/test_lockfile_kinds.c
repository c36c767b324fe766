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

static const struct {
	const char *path;
	enum lk_lockfile_object object;
	const char *word; /* NULL: not known */
} paths[] = {
	{ "/srv/tree/.git/index.lock", LK_LOCKFILE_FILE, "git" },
	{ "/srv/tree/.git/gc.pid", LK_LOCKFILE_FILE, "git" },
	{ "/run/gc.pid", LK_LOCKFILE_FILE, "pidfile" },
	{ "/home/a/.mozilla/firefox/x.default/lock", LK_LOCKFILE_LINK, "mozilla" },
	{ "/home/a/.mozilla/firefox/x.default/lock", LK_LOCKFILE_FILE, NULL },
	{ "/srv/repo/.hg/store/lock", LK_LOCKFILE_LINK, "hg" },
	{ "/srv/repo/.hg/wlock", LK_LOCKFILE_LINK, "hg" },
	{ "/var/lib/dpkg/lock", LK_LOCKFILE_FILE, "dpkg" },
	{ "/srv/lock", LK_LOCKFILE_FILE, NULL },
	{ "/etc/.pwd.lock", LK_LOCKFILE_FILE, "shadow" },
	{ "/srv/a.db.lock", LK_LOCKFILE_DIR, "sqlite" },
	{ "/srv/a.json.lock", LK_LOCKFILE_DIR, "proper-lockfile" },
	{ "/srv/a.json.lock", LK_LOCKFILE_FILE, NULL },
	{ "Cargo.lock", LK_LOCKFILE_FILE, "versions" },
	{ "", LK_LOCKFILE_FILE, NULL },
};

Test(lockfile_kinds, by_path_and_what_is_there)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		const struct lk_lockfile_kind *kind = lk_lockfile_find(paths[i].path, paths[i].object);

		if (paths[i].word)
			cr_expect(kind && strcmp(kind->word, paths[i].word) == 0, "%s: %s", paths[i].path,
				  kind ? kind->word : "none");
		else
			cr_expect_null(kind, "%s", paths[i].path);
	}
}
