/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lock files. */
#include "lockfile/kinds.h"

#include <fnmatch.h>
#include <stddef.h>

static const struct lk_lockfile_kind by_existing[] = {
	/* git: lockfile.h, "<filename>.lock" made with O_CREAT|O_EXCL */
	{ "git", "index.lock" },
	{ "git", "HEAD.lock" },
	{ "git", "config.lock" },
	{ "git", "packed-refs.lock" },
	{ "git", "shallow.lock" },
	/* shadow-utils: lib/commonio.c, link(2) of "X.PID" to "X.lock" */
	{ "useradd and its kin", "passwd.lock" },
	{ "useradd and its kin", "shadow.lock" },
	{ "useradd and its kin", "group.lock" },
	{ "useradd and its kin", "gshadow.lock" },
	{ "useradd and its kin", "subuid.lock" },
	{ "useradd and its kin", "subgid.lock" },
	/* X servers: os/utils.c, LockServer(): link(2) */
	{ "the X server", ".X[0-9]*-lock" },
	/* FHS 3.0, 5.9: lock files of devices */
	{ "who uses the device", "LCK..*" },
	/* PostgreSQL: miscinit.c, CreateLockFile(): O_CREAT|O_EXCL */
	{ "PostgreSQL", "postmaster.pid" },
	/* vim: ":help swap-file"; memfile.c opens it with O_EXCL */
	{ "vim", ".*.sw[a-p]" },
	/* LibreOffice: svl, lockfilecommon.cxx */
	{ "LibreOffice", ".~lock.*#" },
};

const struct lk_lockfile_kind *lk_lockfile_by_existing(const char *name)
{
	for (size_t i = 0; i < sizeof(by_existing) / sizeof(*by_existing); i++) {
		if (fnmatch(by_existing[i].pattern, name, FNM_PERIOD) == 0)
			return &by_existing[i];
	}
	return NULL;
}
