/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lock files. */
#include "lockfile/kinds.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define SHADOW \
	"useradd|userdel|usermod|groupadd|groupdel|groupmod|passwd|chpasswd|chage|gpasswd|newusers|pw*|gr*|vipw|vigr|chfn|chsh"

/* clang-format off */
static const struct lk_lockfile_kind kinds[] = {
	/* git: lockfile.h, "<filename>.lock" made with O_CREAT|O_EXCL; its content is what the file will be */
	{ .word = "git", .maker = "git", .names = "index.lock|HEAD.lock|config.lock|packed-refs.lock|shallow.lock",
	  .means = LK_LOCKFILE_HELD, .programs = "git|git-*", .companions = ".|.." },
	/* git: builtin/gc.c, lock_repo_for_gc() */
	{ .word = "git", .maker = "git gc", .names = "gc.pid", .dir = "*.git|.git|*.git/*",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_HOST, .programs = "git|git-*" },
	/* Mercurial: lock.py, a symbolic link to "host[/pid namespace]:pid" */
	{ .word = "hg", .maker = "Mercurial", .names = "wlock", .object = LK_LOCKFILE_LINK,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HG, .programs = "hg|python*|chg",
	  .advice = "hg debuglocks --force-free-wlock" },
	{ .word = "hg", .maker = "Mercurial", .names = "lock", .dir = "*.hg/store", .object = LK_LOCKFILE_LINK,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HG, .programs = "hg|python*|chg",
	  .advice = "hg debuglocks --force-free-lock" },
	/* shadow-utils: lib/commonio.c, link(2) of "X.PID" to "X.lock" */
	{ .word = "shadow", .maker = "useradd and its kin",
	  .names = "passwd.lock|shadow.lock|group.lock|gshadow.lock|subuid.lock|subgid.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = SHADOW },
	/* X servers: os/utils.c, LockServer(): link(2) */
	{ .word = "x11", .maker = "the X server", .names = ".X[0-9]*-lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = "X|Xorg*|Xvfb|Xwayland|Xephyr|Xnest|Xvnc|Xtigervnc|Xtightvnc|Xdummy|Xvirtual" },
	/* FHS 3.0, 5.9: lock files of devices; ten characters and a newline (HDB) */
	{ .word = "uucp", .maker = "who uses the device", .names = "LCK..*",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID },
	/* PostgreSQL: miscinit.c, CreateLockFile(): O_CREAT|O_EXCL */
	{ .word = "postgresql", .maker = "PostgreSQL", .names = "postmaster.pid|.s.PGSQL.*.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_POSTMASTER, .programs = "postgres|postmaster", .companions = ".",
	  .advice = "pg_ctl stop, or pg_ctl start, which checks it and takes a stale one over" },
	/* vim: ":help swap-file"; memfile.c opens it with O_EXCL */
	{ .word = "vim", .maker = "vim", .names = ".*.sw[a-p]",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_VIM, .programs = "vi|vim*|gvim*|nvim*|view|ex",
	  .advice = "vim -r FILE first: it may hold changes that are in no other file" },
	/* Emacs: filelock.c, a symbolic link to "user@host.pid:boot" */
	{ .word = "emacs", .maker = "Emacs", .names = ".#*", .object = LK_LOCKFILE_LINK,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_EMACS, .programs = "emacs*" },
	/* LibreOffice: svl, lockfilecommon.cxx */
	{ .word = "libreoffice", .maker = "LibreOffice", .names = ".~lock.*#",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_OFFICE, .programs = "soffice*|oosplash" },
	/* Firefox, Thunderbird: nsProfileLock.cpp; the fcntl(2) lock on .parentlock counts, the link is for old versions and NFS */
	{ .word = "mozilla", .maker = "Firefox or Thunderbird", .names = "lock", .object = LK_LOCKFILE_LINK,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_ADDRESS_PID, .programs = "firefox*|thunderbird*|GeckoMain|MainThread|Isolated*",
	  .companions = ".parentlock" },
	{ .word = "mozilla", .maker = "Firefox or Thunderbird", .names = ".parentlock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = "nothing: it stays there for ever" },
	/* Chromium: process_singleton_posix.cc */
	{ .word = "chromium", .maker = "Chromium or a program made of it", .names = "SingletonLock", .object = LK_LOCKFILE_LINK,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HOST_PID,
	  .companions = "SingletonSocket|SingletonCookie|Default/LOCK|Default/History",
	  .advice = "take away SingletonSocket and SingletonCookie with it" },
	/* GnuPG: common/dotlock.c, link(2) of ".#lk*" */
	{ .word = "gnupg", .maker = "GnuPG", .names = "pubring.kbx.lock|pubring.db.lock|trustdb.gpg.lock|gnupg_spawn_*.lock|.#lk*",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_HOST, .programs = "gpg*|keyboxd|dirmngr|scdaemon" },
	/* SQLite with the VFS unix-dotfile: os_unix.c, mkdir(2) */
	{ .word = "sqlite", .maker = "SQLite (unix-dotfile)", .names = "*.db.lock|*.sqlite.lock|*.sqlite3.lock",
	  .object = LK_LOCKFILE_DIR, .means = LK_LOCKFILE_HELD, .companions = "%" },
	/* npm's proper-lockfile: mkdir(2), and its mtime as a sign of life */
	{ .word = "proper-lockfile", .maker = "npm's proper-lockfile", .names = "*.lock", .object = LK_LOCKFILE_DIR,
	  .means = LK_LOCKFILE_HELD, .companions = "%" },

	/* Locked with the kernel: what is left of them means nothing. */
	{ .word = "dpkg", .maker = "dpkg or apt", .names = "lock|lock-frontend|Lock", .dir = "*/var/lib/dpkg*|*/var/lib/apt*|*/var/cache/apt*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = "nothing: it stays there for ever" },
	{ .word = "shadow", .maker = "lckpwdf(3)", .names = ".pwd.lock", .dir = "*/etc",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = "nothing: it stays there for ever" },
	{ .word = "cargo", .maker = "cargo", .names = ".cargo-lock|.package-cache*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = "nothing: it stays there for ever" },

	/* Who runs: kill(2) with signal 0 is what most look at. */
	{ .word = "pidfile", .maker = "a daemon", .names = "*.pid",
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_PID },

	/* Lists of versions. */
	{ .word = "versions", .maker = "a package manager",
	  .names = "Cargo.lock|package-lock.json|yarn.lock|pnpm-lock.yaml|Gemfile.lock|composer.lock|poetry.lock|uv.lock|Pipfile.lock|mix.lock|"
		   "flake.lock|.terraform.lock.hcl|pdm.lock|bun.lock|pubspec.lock|Podfile.lock|packages.lock.json",
	  .means = LK_LOCKFILE_LIST, .keep = true, .advice = "nothing: it belongs to the project" },
};
/* clang-format on */

bool lk_lockfile_matches(const char *patterns, const char *name)
{
	for (const char *p = patterns; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");
		lk_auto_mem char *pattern = lk_strndup(p, n);

		if (fnmatch(pattern, name, FNM_PERIOD) == 0)
			return true;
		p += n;
	}
	return false;
}

const struct lk_lockfile_kind *lk_lockfile_find(const char *path, enum lk_lockfile_object object)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	lk_auto_mem char *dir = slash ? lk_strndup(path, (size_t)(slash - path)) : lk_strdup("");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct lk_lockfile_kind *k = &kinds[i];

		if (k->object == object && lk_lockfile_matches(k->names, name) &&
		    (!k->dir || lk_lockfile_matches(k->dir, dir)))
			return k;
	}
	return NULL;
}

const struct lk_lockfile_kind *lk_lockfile_of(const char *path, unsigned mode)
{
	if (S_ISREG(mode))
		return lk_lockfile_find(path, LK_LOCKFILE_FILE);
	if (S_ISLNK(mode))
		return lk_lockfile_find(path, LK_LOCKFILE_LINK);
	return S_ISDIR(mode) ? lk_lockfile_find(path, LK_LOCKFILE_DIR) : NULL;
}

const struct lk_lockfile_kind *lk_lockfile_by_existing(const char *name)
{
	const struct lk_lockfile_kind *k = lk_lockfile_find(name, LK_LOCKFILE_FILE);

	return k && k->means == LK_LOCKFILE_HELD ? k : NULL;
}
