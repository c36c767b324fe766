/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "base/cleanup.h"
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
	/* The system and daemons. */
	{ "/var/lib/dpkg/triggers/Lock", LK_LOCKFILE_FILE, "dpkg" },
	{ "/var/cache/apt/archives/lock", LK_LOCKFILE_FILE, "dpkg" },
	{ "/run/unattended-upgrades.lock", LK_LOCKFILE_FILE, "dpkg" },
	{ "/usr/lib/sysimage/rpm/.rpm.lock", LK_LOCKFILE_FILE, "rpm" },
	{ "/var/lib/dnf/rpmdb_lock.pid", LK_LOCKFILE_FILE, "dnf" },
	{ "/run/yum.pid", LK_LOCKFILE_FILE, "yum" },
	{ "/run/zypp.pid", LK_LOCKFILE_FILE, "zypper" },
	{ "/var/lib/pacman/db.lck", LK_LOCKFILE_FILE, "pacman" },
	{ "/etc/passwd.1234", LK_LOCKFILE_FILE, "shadow" },
	{ "/etc/passwd.old", LK_LOCKFILE_FILE, NULL },
	{ "/srv/passwd.1234", LK_LOCKFILE_FILE, NULL },
	{ "/tmp/.tX0-lock", LK_LOCKFILE_FILE, "x11" },
	{ "/tmp/.X11-unix/X0", LK_LOCKFILE_SOCKET, "x11" },
	{ "/tmp/.X11-unix/X0", LK_LOCKFILE_FILE, NULL },
	{ "/tmp/X0", LK_LOCKFILE_SOCKET, NULL },
	{ "/run/user/1000/bus", LK_LOCKFILE_SOCKET, "dbus" },
	{ "/tmp/ssh-abc/agent.12", LK_LOCKFILE_SOCKET, "ssh" },
	{ "/tmp/tmux-1000/default", LK_LOCKFILE_SOCKET, "tmux" },
	{ "/tmp/tmux-1000/default.lock", LK_LOCKFILE_FILE, "tmux" },
	{ "/run/screen/S-me/12.pts-0.host", LK_LOCKFILE_SOCKET, "screen" },
	{ "/run/postgresql/.s.PGSQL.5432", LK_LOCKFILE_SOCKET, "postgresql" },
	{ "/run/postgresql/.s.PGSQL.5432.lock", LK_LOCKFILE_FILE, "postgresql" },
	{ "/run/mysqld/mysqld.sock.lock", LK_LOCKFILE_FILE, "mysql" },
	{ "/run/mysqld/mysqlx.sock", LK_LOCKFILE_SOCKET, "mysql" },
	{ "/var/lock/LCK..ttyS0", LK_LOCKFILE_FILE, "uucp" },
	{ "/var/lock/LK.008.004.064", LK_LOCKFILE_FILE, "uucp" },
	{ "/var/mail/me.lock", LK_LOCKFILE_FILE, "mail" },
	{ "/home/me/mbox.lock", LK_LOCKFILE_FILE, "mail" },
	{ "/home/me/Maildir/dovecot-uidlist.lock", LK_LOCKFILE_FILE, "dovecot" },
	{ "/var/lock/subsys/network", LK_LOCKFILE_FILE, "subsys" },
	{ "/etc/service/x/log/supervise/lock", LK_LOCKFILE_FILE, "supervise" },
	{ "/etc/service/x/supervise/pid", LK_LOCKFILE_FILE, "supervise" },
	{ "/run/lock/lvm/V_data", LK_LOCKFILE_FILE, "lvm" },
	{ "/var/lib/libvirt/lockd/files/0a1b", LK_LOCKFILE_FILE, "libvirt" },
	{ "/tmp/.wine-1000/server-fe01-2a/lock", LK_LOCKFILE_FILE, "wine" },
	{ "/home/me/.cache/duplicity/0a/lockfile", LK_LOCKFILE_FILE, "duplicity" },
	{ "/home/me/.cache/bazel/_bazel_me/0a1b/lock", LK_LOCKFILE_FILE, "bazel" },
	{ "/home/me/.cache/bazel/_bazel_me/0a1b/server/server.pid.txt", LK_LOCKFILE_FILE, "bazel" },
	{ "/var/lib/snapd/state.lock", LK_LOCKFILE_FILE, "snapd" },
	{ "/run/snapd/lock/firefox.lock", LK_LOCKFILE_FILE, "snapd" },
	{ "/var/lib/flatpak/repo-lock", LK_LOCKFILE_FILE, "flatpak" },
	{ "/ostree/repo/.lock", LK_LOCKFILE_FILE, "ostree" },
	{ "/var/lib/samba/private/msg.lock/12", LK_LOCKFILE_FILE, "samba" },
	{ "/var/spool/postfix/pid/unix.local", LK_LOCKFILE_FILE, "postfix" },
	{ "/var/lib/mongodb/mongod.lock", LK_LOCKFILE_FILE, "mongodb" },
	{ "/run/user/1000/wayland-0.lock", LK_LOCKFILE_FILE, "wayland" },
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

Test(lockfile_kinds, stem)
{
	static const struct {
		const char *path;
		enum lk_lockfile_object object;
		const char *stem;
	} stems[] = {
		{ "a.json.lock", LK_LOCKFILE_DIR, "a.json" },
		{ "a.sqlite.lock", LK_LOCKFILE_DIR, "a" },
		{ ".X10-lock", LK_LOCKFILE_FILE, "10" },
		{ "LCK..ttyUSB0", LK_LOCKFILE_FILE, "ttyUSB0" },
		{ "postmaster.pid", LK_LOCKFILE_FILE, "postmaster.pid" },
		{ ".s.PGSQL.5432.lock", LK_LOCKFILE_FILE, "5432" },
	};

	for (size_t i = 0; i < sizeof(stems) / sizeof(*stems); i++) {
		const struct lk_lockfile_kind *kind = lk_lockfile_find(stems[i].path, stems[i].object);
		lk_auto_mem char *stem = kind ? lk_lockfile_stem(kind, stems[i].path) : NULL;

		cr_expect(stem && strcmp(stem, stems[i].stem) == 0, "%s: %s", stems[i].path, stem);
	}
}
