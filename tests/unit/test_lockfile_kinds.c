/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "lockfile/kinds.h"

static const struct {
	const char *name, *maker; /* NULL: not known to lock by existing */
	unsigned mode; /* 0: a regular file */
} names[] = {
	{ "index.lock", "git", 0 },
	{ "packed-refs.lock", "git", 0 },
	{ "passwd.lock", "useradd and its kin", 0 },
	{ ".X0-lock", "the X server", 0 },
	{ ".X10-lock", "the X server", 0 },
	{ ".Xa-lock", NULL, 0 },
	{ "LCK..ttyUSB0", "who uses the device", 0 },
	{ "LCK.tty", NULL, 0 },
	{ "postmaster.pid", "PostgreSQL", 0 },
	{ ".notes.txt.swp", "vim or nano", 0 },
	{ ".notes.txt.swo", "vim or nano", 0 },
	{ ".notes.swq", NULL, 0 },
	{ "notes.swp", NULL, 0 },
	{ ".~lock.a b.odt#", "LibreOffice", 0 },
	{ "wlock", "Mercurial", S_IFLNK },
	{ ".#notes", "Emacs or joe", S_IFLNK },
	{ "SingletonLock", "Chromium or a program made of it", S_IFLNK },
	{ "lock.exclusive", "borg", S_IFDIR },
	{ "a.json.lock", "npm's proper-lockfile", S_IFDIR },
	/* Called so, but of another kind. */
	{ "wlock", NULL, 0 },
	{ "index.lock", NULL, S_IFIFO },
	{ "lock.exclusive", NULL, 0 },
	/* git takes over one that names nobody: that something has the name holds nothing. */
	{ "/srv/x/.git/gc.pid", NULL, 0 },
	/* Locked by the kernel, or no locks at all. */
	{ "lock", NULL, 0 },
	{ "lock-frontend", NULL, 0 },
	{ ".pwd.lock", NULL, 0 },
	{ "Cargo.lock", NULL, 0 },
	{ "xindex.lock", NULL, 0 },
	{ "index.lock.x", NULL, 0 },
	{ "", NULL, 0 },
};

Test(lockfile_kinds, by_existing)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct lk_lockfile_kind *kind = lk_lockfile_by_existing(names[i].name,
									      names[i].mode ? names[i].mode : S_IFREG);

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
	{ "/srv/tree/.git/refs/heads/a/b.lock", LK_LOCKFILE_FILE, "git" },
	{ "/srv/tree/.git/objects/maintenance.lock", LK_LOCKFILE_FILE, "git" },
	{ "/srv/bare.git/refs/heads/a.lock", LK_LOCKFILE_FILE, "git" },
	{ "/srv/tree/.github/a.lock", LK_LOCKFILE_FILE, "lock" },
	{ "/srv/tree/.git/Cargo.lock", LK_LOCKFILE_FILE, "git" },
	{ "/srv/tree/.svn/wc.db", LK_LOCKFILE_FILE, "subversion" },
	{ "/srv/wc.db", LK_LOCKFILE_FILE, NULL },
	{ "/srv/a.db-journal", LK_LOCKFILE_FILE, "sqlite" },
	{ "/srv/a.db-wal", LK_LOCKFILE_FILE, "sqlite" },
	{ "/srv/a.sqlite3-shm", LK_LOCKFILE_FILE, "sqlite" },
	{ "/srv/env/__db.001", LK_LOCKFILE_FILE, "berkeleydb" },
	{ "/srv/env/__db.register", LK_LOCKFILE_FILE, "berkeleydb" },
	{ "/srv/env/lock.mdb", LK_LOCKFILE_FILE, "lmdb" },
	{ "/home/a/x/Local Storage/leveldb/LOCK", LK_LOCKFILE_FILE, "leveldb" },
	{ "/srv/a/db.lck", LK_LOCKFILE_FILE, "hsqldb" },
	{ "/srv/lock", LK_LOCKFILE_FILE, NULL },
	{ "/srv/.a.lock", LK_LOCKFILE_FILE, "lock" },
	{ "/srv/stack.yaml.lock", LK_LOCKFILE_FILE, "versions" },
	{ "/var/lib/elasticsearch/node.lock", LK_LOCKFILE_FILE, "lucene" },
	{ "/srv/a.lock.db", LK_LOCKFILE_FILE, "h2" },
	{ "/srv/derby/dbex.lck", LK_LOCKFILE_FILE, "derby" },
	{ "/var/lib/pacman/db.lck", LK_LOCKFILE_FILE, "pacman" },
	{ "/srv/.terraform.tfstate.lock.info", LK_LOCKFILE_FILE, "terraform" },
	{ "/home/a/.gradle/caches/8.5/fileHashes/fileHashes.lock", LK_LOCKFILE_FILE, "gradle" },
	{ "/home/a/.m2/repository/.locks/x.lock", LK_LOCKFILE_FILE, "maven" },
	{ "/home/a/work/.metadata/.lock", LK_LOCKFILE_FILE, "eclipse" },
	{ "/home/a/.config/JetBrains/IdeaIC2024.1/.lock", LK_LOCKFILE_FILE, "intellij" },
	{ "/home/a/.claude.json.lock", LK_LOCKFILE_DIR, "proper-lockfile" },
	{ "/home/a/miniforge3/pkgs/pkgs.lock", LK_LOCKFILE_FILE, "mamba" },
	{ "/home/a/.cache/huggingface/hub/.locks/m/x.lock", LK_LOCKFILE_FILE, "filelock" },
	{ "/home/a/.cache/ccache/0/stats.lock", LK_LOCKFILE_LINK, "ccache" },
	{ "/nix/var/nix/db/big-lock", LK_LOCKFILE_FILE, "nix" },
	{ "/nix/var/nix/temproots/1234", LK_LOCKFILE_FILE, "nix" },
	{ "/srv/repo/lock.exclusive", LK_LOCKFILE_DIR, "borg" },
	{ "/srv/repo/lock.roster", LK_LOCKFILE_FILE, "borg" },
	{ "/srv/repo/locks/c116f1a6cab5291d1286ee4cfeca5ebb3e06d9dc9ac80cbf82ca714307f057ef", LK_LOCKFILE_FILE,
	  "restic" },
	{ "/srv/repo/data/c116f1a6cab5291d1286ee4cfeca5ebb3e06d9dc9ac80cbf82ca714307f057ef", LK_LOCKFILE_FILE, NULL },
	{ "/home/a/.#notes", LK_LOCKFILE_LINK, "emacs" },
	{ "/home/a/.local/state/nvim/swap/%home%a%notes.swp", LK_LOCKFILE_FILE, "vim" },
	{ "/home/a/.notes.kate-swp", LK_LOCKFILE_FILE, "kate" },
	{ "/home/a/~$letter.docx", LK_LOCKFILE_FILE, "msoffice" },
	{ "/home/a/~$letter", LK_LOCKFILE_FILE, NULL },
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
	{ "/srv/a.json.lock", LK_LOCKFILE_FILE, "lock" },
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
	{ "/home/me/.cache/bazel/_bazel_me/0123456789abcdef0123456789abcdef/lock", LK_LOCKFILE_FILE, "bazel" },
	{ "/home/me/.cache/bazel/_bazel_me/0123456789abcdef0123456789abcdef/external/a/lock", LK_LOCKFILE_FILE, NULL },
	{ "/home/me/.cache/bazel/_bazel_me/0a1b/server/server.pid.txt", LK_LOCKFILE_FILE, "bazel" },
	{ "/var/lib/snapd/state.lock", LK_LOCKFILE_FILE, "snapd" },
	{ "/run/snapd/lock/firefox.lock", LK_LOCKFILE_FILE, "snapd" },
	{ "/var/lib/flatpak/repo-lock", LK_LOCKFILE_FILE, "flatpak" },
	{ "/ostree/repo/.lock", LK_LOCKFILE_FILE, "ostree" },
	{ "/var/lib/samba/private/msg.lock/12", LK_LOCKFILE_FILE, "samba" },
	{ "/var/spool/postfix/pid/unix.local", LK_LOCKFILE_FILE, "postfix" },
	{ "/var/lib/mongodb/mongod.lock", LK_LOCKFILE_FILE, "mongodb" },
	{ "/run/user/1000/wayland-0.lock", LK_LOCKFILE_FILE, "wayland" },
	{ "/var/lib/mysql/ibdata1", LK_LOCKFILE_FILE, "mysql" },
	{ "/var/lib/samba/private/passdb.tdb", LK_LOCKFILE_FILE, "samba" },
	{ "/var/spool/anacron/cron.daily", LK_LOCKFILE_FILE, "cron" },
	{ "/etc/cron.daily", LK_LOCKFILE_FILE, NULL },
	{ "/var/lib/logrotate/status", LK_LOCKFILE_FILE, "logrotate" },
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

struct found {
	size_t n;
	char *paths[8];
};

static void add_path(void *arg, const char *path)
{
	struct found *f = arg;

	cr_assert(f->n < 8);
	f->paths[f->n++] = strdup(path);
}

Test(lockfile_kinds, companions)
{
	static const struct {
		const char *path;
		enum lk_lockfile_object object;
		const char *companions[5];
	} lists[] = {
		{ "/w/.git/index.lock", LK_LOCKFILE_FILE, { "/w/.git/index~pid.lock", "/w/.git", "/w/" } },
		{ "/w/.git/refs/heads/a.lock",
		  LK_LOCKFILE_FILE,
		  { "/w/.git/refs/heads/a~pid.lock", "/w/.git", "/w/" } },
		{ "/x.git/HEAD.lock", LK_LOCKFILE_FILE, { "/x.git/HEAD~pid.lock", "/x.git", "/" } },
		{ "/w/a.sqlite.lock", LK_LOCKFILE_DIR, { "/w/a.sqlite" } },
		{ "/w/a.db.lock", LK_LOCKFILE_DIR, { "/w/a.db" } },
		{ "/w/.~lock.a b.odt#", LK_LOCKFILE_FILE, { "/w/a b.odt" } },
		{ "/w/.terraform.tfstate.lock.info", LK_LOCKFILE_FILE, { "/w/terraform.tfstate" } },
		{ "/w/.a.json.lock", LK_LOCKFILE_DIR, { "/w/.a.json" } },
		{ "/a.swp", LK_LOCKFILE_DIR, { NULL } },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const struct lk_lockfile_kind *kind = lk_lockfile_find(lists[i].path, lists[i].object);
		struct found f = { 0 };

		if (kind)
			lk_lockfile_companions(kind, lists[i].path, add_path, &f);
		for (size_t k = 0; k < f.n; k++)
			cr_expect(lists[i].companions[k] && strcmp(f.paths[k], lists[i].companions[k]) == 0,
				  "%s: %s, not %s", lists[i].path, f.paths[k], lists[i].companions[k]);
		cr_expect_null(lists[i].companions[f.n], "%s: only %zu", lists[i].path, f.n);
		while (f.n)
			free(f.paths[--f.n]);
	}
}

static bool has_path(const char *of, bool is_dir, const char *want)
{
	lk_lockfile_paths found_paths = { 0 };
	bool found = false;

	lk_lockfile_paths_of(of, is_dir, &found_paths);
	for (size_t i = 0; i < found_paths.n; i++)
		found = found || strcmp(found_paths.v[i], want) == 0;
	lk_lockfile_paths_done(&found_paths);
	return found;
}

Test(lockfile_kinds, paths_beside)
{
	static const struct {
		const char *of;
		bool is_dir;
		const char *want;
	} cases[] = {
		{ "/srv/notes", false, "/srv/.notes.swp" },
		{ "/srv/notes", false, "/srv/.#notes" },
		{ "/srv/a b.odt", false, "/srv/.~lock.a b.odt#" },
		{ "/srv/package.json", false, "/srv/package.json.lock" },
		{ "/srv/tree", true, "/srv/tree/.git/index.lock" },
		{ "/srv/tree/a", false, "/srv/tree/.git/index.lock" },
		{ "/srv/tree", true, "/srv/tree/.hg/store/lock" },
		{ "/srv/tree", true, "/srv/tree/.hg/wlock" },
		{ "/srv/profile", true, "/srv/profile/lock" },
		{ "/srv/data", true, "/srv/data/postmaster.pid" },
		{ "/", true, "/.git/index.lock" },
		{ "/a", false, "/.a.swp" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_expect(has_path(cases[i].of, cases[i].is_dir, cases[i].want), "%s", cases[i].want);
	cr_expect_not(has_path("relative", false, ".relative.swp"), "only absolute paths");
	cr_expect_not(has_path("/srv/a", false, "/srv/a.pid"), "a pid file is not named after what it locks");
}
