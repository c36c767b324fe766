/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lock files. */
#include "lockfile/kinds.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define SHADOW \
	"useradd|userdel|usermod|groupadd|groupdel|groupmod|passwd|chpasswd|chage|gpasswd|newusers|pw*|gr*|vipw|vigr|chfn|chsh"

#define X_SERVERS \
	"X|Xorg*|Xvfb|Xwayland*|Xephyr|Xnest|Xvnc|Xtigervnc|Xtightvnc|Xdummy|Xvirtual|xwayland-*|gnome-shell|mutter*|kwin*|sway|weston*|" \
	"Hyprland|wayfire|labwc|river|cage|gamescope*"
#define STAYS "nothing: it stays there for ever"
#define GOES "nothing: its program deletes it when it ends"
#define SOCKET(application, who, what, where) \
	{ \
		.word = (application), .maker = (who), .names = (what), .dir = (where), .object = LK_LOCKFILE_SOCKET, \
		.means = LK_LOCKFILE_NOTE, .kept_open = true \
	}

#define GIT_DIRS "*.git|.git|*.git/*|.git/*"
#define HEX_8 "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
#define SQLITE_DOTFILE(ext) \
	{ \
		.word = "sqlite", .maker = "SQLite (unix-dotfile)", .names = "*." ext ".lock", .companions = "%." ext, \
		.object = LK_LOCKFILE_DIR, .means = LK_LOCKFILE_HELD \
	}
#define MKDIR_LOCK(what, it) \
	{ \
		.word = "proper-lockfile", .maker = "npm's proper-lockfile", .names = (what), .companions = (it), \
		.object = LK_LOCKFILE_DIR, .means = LK_LOCKFILE_HELD, .of = "%", .heartbeat_s = 10 \
	}

/* clang-format off */
static const struct lk_lockfile_kind kinds[] = {
	/* ---- the system and daemons ---- */

	/* shadow-utils: lib/commonio.c, do_lock_file(): link(2) of "X.PID" to "X.lock", then "X.PID" is deleted; lckpwdf(3) before, if not
	 * below a --prefix. */
	{ .word = "shadow", .maker = "useradd and its kin",
	  .names = "passwd.lock|shadow.lock|group.lock|gshadow.lock|subuid.lock|subgid.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = SHADOW, .companions = ".pwd.lock" },
	{ .word = "shadow", .maker = "useradd and its kin", .dir = "*/etc", .linked = true,
	  .names = "passwd.[0-9]*|shadow.[0-9]*|group.[0-9]*|gshadow.[0-9]*|subuid.[0-9]*|subgid.[0-9]*",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = SHADOW },
	/* X servers: os/utils.c, LockServer(): link(2) of ".tX0-lock". Compositors write their own number for Xwayland: mutter
	 * meta-xwayland.c, wlroots xwayland/sockets.c, weston xwayland/launcher.c. */
	{ .word = "x11", .maker = "the X server", .names = ".X[0-9]*-lock", .companions = ".X11-unix/X%", .abstract = "/tmp/.X11-unix/X%",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = X_SERVERS },
	{ .word = "x11", .maker = "the X server", .names = ".tX[0-9]*-lock", .linked = true,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = X_SERVERS },
	/* FHS 3.0, 5.9: lock files of devices; lockdev(3) also makes one by the device's numbers ("LK.004.064.064"). */
	{ .word = "uucp", .maker = "who uses the device", .names = "LCK..*|LK.[0-9]*.[0-9]*.[0-9]*", .companions = "/dev/%",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_UUCP },
	/* PostgreSQL: miscinit.c, CreateLockFile(): O_CREAT|O_EXCL */
	{ .word = "postgresql", .maker = "PostgreSQL", .names = "postmaster.pid", .companions = ".", .of = ".",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_POSTMASTER, .programs = "postgres|postmaster",
	  .advice = "pg_ctl stop, or pg_ctl start, which checks it and takes a stale one over" },
	{ .word = "postgresql", .maker = "PostgreSQL", .names = ".s.PGSQL.[0-9]*.lock", .companions = ".s.PGSQL.%",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_POSTMASTER, .programs = "postgres|postmaster",
	  .advice = "pg_ctl stop, or pg_ctl start, which checks it and takes a stale one over" },
	/* MySQL: sql/conn_handler/socket_connection.cc, Unix_socket::create_lockfile(): O_CREAT|O_EXCL; MariaDB has none. */
	{ .word = "mysql", .maker = "MySQL", .names = "mysql*.sock.lock", .companions = "mysql%.sock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = "mysqld*" },
	/* MongoDB: storage_engine_lock_file_posix.cpp: flock(2); if it is not empty while free, mongod has not ended cleanly. */
	{ .word = "mongodb", .maker = "MongoDB", .names = "mongod.lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = "nothing: mongod takes it over when it starts" },
	/* WiredTiger: src/os_posix/os_fs.c: fcntl(2) */
	{ .word = "mongodb", .maker = "WiredTiger", .names = "WiredTiger.lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* GnuPG: common/dotlock.c, link(2) of ".#lk*", which stays there as long as the program may take the lock again */
	{ .word = "gnupg", .maker = "GnuPG", .programs = "gpg*|keyboxd|dirmngr|scdaemon",
	  .names = "pubring.kbx.lock|pubring.gpg.lock|secring.gpg.lock|pubring.db.lock|trustdb.gpg.lock|tofu.db.lock|gnupg_spawn_*.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_HOST },
	{ .word = "gnupg", .maker = "GnuPG", .names = ".#lk*", .linked = true,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_HOST, .programs = "gpg*|keyboxd|dirmngr|scdaemon" },
	/* Mailboxes: lockfile_create(3) "1234", mutt_dotlock(1) and Postfix nothing, procmail's lockfile(1) "0", Dovecot
	 * src/lib/file-dotlock.c "1234:host" */
	{ .word = "mail", .maker = "a program that writes to the mailbox", .names = "*.lock", .dir = "*/var/mail|*/spool/mail|*/Mail",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_MAIL, .companions = "%" },
	{ .word = "mail", .maker = "a program that writes to the mailbox", .names = "mbox.lock|inbox.lock|INBOX.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_MAIL, .companions = "mbox|inbox|INBOX" },
	{ .word = "dovecot", .maker = "Dovecot", .names = "dovecot*.lock|subscriptions.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_COLON_HOST,
	  .programs = "dovecot*|imap*|pop3*|lmtp*|lda*|doveadm*|indexer*|managesieve*|quota-status" },
	/* dnf4: dnf/lock.py, ProcessLock; yum: yum/__init__.py, doLock(); libzypp: ZYppFactory.cc, which empties it when it ends */
	{ .word = "dnf", .maker = "dnf", .names = "rpmdb_lock.pid|metadata_lock.pid|download_lock.pid|log_lock.pid",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = "dnf*|yum*|microdnf|packagekitd|python*|platform-python*|repo*|mock*|anaconda*|needs-restarting|debuginfo-install" },
	{ .word = "yum", .maker = "yum", .names = "yum.pid",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID, .programs = "yum*|packagekitd|python*" },
	{ .word = "zypper", .maker = "zypper or another program of libzypp", .names = "zypp.pid",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID },
	/* pacman: lib/libalpm/handle.c, _alpm_handle_lock(): O_CREAT|O_EXCL, closed just before it is deleted */
	{ .word = "pacman", .maker = "pacman or another program of libalpm", .names = "db.lck", .dir = "*/pacman", .kept_open = true,
	  .means = LK_LOCKFILE_HELD, .programs = "pacman*|pamac*|packagekitd|yay|paru" },
	/* Red Hat's initscripts, sysvinitfiles: touch(1); what /run has lost when the machine starts */
	{ .word = "subsys", .maker = "a service", .names = "*", .dir = "*/lock/subsys",
	  .means = LK_LOCKFILE_NOTE, .advice = "ask the service whether it runs" },

	/* Locked with the kernel. dpkg: lib/dpkg/dbmodify.c; apt: apt-pkg/contrib/fileutl.cc, GetLock(): fcntl(2);
	 * daily_lock: apt.systemd.daily, flock(1) */
	{ .word = "dpkg", .maker = "dpkg or apt", .names = "lock|lock-frontend|Lock|daily_lock",
	  .dir = "*/var/lib/dpkg*|*/var/lib/apt*|*/var/cache/apt*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "dpkg", .maker = "unattended-upgrades", .names = "unattended-upgrades.lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* rpm: lib/rpmlock.c: fcntl(2) */
	{ .word = "rpm", .maker = "rpm", .names = ".rpm.lock", .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "shadow", .maker = "lckpwdf(3)", .names = ".pwd.lock", .dir = "*/etc",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* supervise(8), runsv(8): flock(2); s6-supervise(8): fcntl(2) */
	{ .word = "supervise", .maker = "the supervisor of a service", .names = "lock", .dir = "*/supervise|*/supervise.*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "supervise", .maker = "the supervisor of a service", .names = "pid", .dir = "*/supervise|*/supervise.*",
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_PID, .keep = true, .advice = "ask the supervisor (sv status)" },
	/* LVM: lib/misc/lvm-flock.c: flock(2), deleted when it is released */
	{ .word = "lvm", .maker = "LVM", .names = "V_*|P_*", .dir = "*/lock/lvm",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = GOES },
	/* libvirt: src/locking/lock_daemon.c and virlockspace.c, "lockd/files/HASH" and its kin: fcntl(2) */
	{ .word = "libvirt", .maker = "virtlockd", .names = "*", .dir = "*/libvirt/lockd/*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Wine: server/request.c, create_server_lock(): fcntl(2) */
	{ .word = "wine", .maker = "Wine", .names = "lock", .dir = "*/.wine-*/server-*|*/wine/server-*",
	  .means = LK_LOCKFILE_KERNEL, .companions = "socket", .keep = true, .advice = STAYS },
	/* duplicity: dup_main.py, fasteners.InterProcessLock: fcntl(2) */
	{ .word = "duplicity", .maker = "duplicity", .names = "lockfile", .dir = "*/duplicity/*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = GOES },
	/* Bazel: src/main/cpp/blaze_util_posix.cc, AcquireLock(): fcntl(2) */
	{ .word = "bazel", .maker = "Bazel", .names = "lock", .dir = "*/_bazel_*/" HEX_8 HEX_8 HEX_8 HEX_8,
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "bazel", .maker = "Bazel's server", .names = "server.pid.txt", .dir = "*/server",
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_PID },
	/* snapd: osutil/flock.go, cmd/libsnap-confine-private/locking.c: flock(2) */
	{ .word = "snapd", .maker = "snapd", .names = "*.lock", .dir = "*/snapd|*/snapd/lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* flatpak: common/flatpak-dir.c, flatpak_dir_repo_lock(); OSTree: ostree-repo.c, lock_repo(): OFD locks or flock(2) */
	{ .word = "flatpak", .maker = "flatpak", .names = "repo-lock|lock", .dir = "*/flatpak",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "ostree", .maker = "OSTree", .names = ".lock", .dir = "*/ostree/repo|*/flatpak/repo",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Samba: source3/lib/messages_dgm.c: "msg.lock/PID", fcntl(2) */
	{ .word = "samba", .maker = "Samba", .names = "[0-9]*", .dir = "*/msg.lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Postfix: src/master/master.c, src/util/myflock.c: flock(2) */
	{ .word = "postfix", .maker = "Postfix", .names = "*", .dir = "*/spool/postfix/pid",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "postfix", .maker = "Postfix", .names = "master.lock", .dir = "*/postfix",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* tmux: client.c, client_get_lock(); libwayland: wayland-server.c, wl_socket_lock(): flock(2) */
	{ .word = "tmux", .maker = "tmux", .names = "*.lock", .dir = "*/tmux-[0-9]*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = GOES },
	{ .word = "wayland", .maker = "a Wayland compositor", .names = "wayland-*.lock",
	  .means = LK_LOCKFILE_KERNEL, .companions = "wayland-%", .keep = true, .advice = GOES },

	/* Data that running programs lock with the kernel. InnoDB: os0file.cc, Aria: ma_control_file.c: fcntl(2); tdb: lib/tdb/common/lock.c:
	 * fcntl(2); anacron: lock.c: fcntl(2), the day of the last run; logrotate: logrotate.c, lockState(): flock(2) */
	{ .word = "mysql", .maker = "MySQL or MariaDB", .names = "ibdata1|aria_log_control",
	  .means = LK_LOCKFILE_DATA, .keep = true, .advice = "nothing: without it, the databases are lost" },
	{ .word = "samba", .maker = "Samba or another program of tdb", .names = "*.tdb",
	  .means = LK_LOCKFILE_DATA, .keep = true, .advice = "nothing: its programs free what a dead one has locked" },
	{ .word = "cron", .maker = "anacron", .names = "cron.*", .dir = "*/spool/anacron",
	  .means = LK_LOCKFILE_DATA, .keep = true, .advice = "nothing: the day of the last run is written in it" },
	{ .word = "logrotate", .maker = "logrotate", .names = "status", .dir = "*/logrotate",
	  .means = LK_LOCKFILE_DATA, .keep = true, .advice = "nothing: when each log was rotated is written in it" },

	/* Sockets: with nobody who listens, connect(2) is refused for ever. */
	SOCKET("x11", "the X server", "X[0-9]*", "*/.X11-unix"),
	SOCKET("ice", "a session manager (ICE)", "[0-9]*", "*/.ICE-unix"),
	SOCKET("dbus", "D-Bus", "bus|system_bus_socket|dbus-*", "*/run/user/[0-9]*|*/run/dbus|*/tmp"),
	SOCKET("ssh", "ssh-agent", "agent.[0-9]*", "*/ssh-*"),
	SOCKET("tmux", "tmux", "*", "*/tmux-[0-9]*"),
	SOCKET("screen", "screen", "[0-9]*.*", "*/screen/S-*|*/.screen|*/screens/S-*"),
	SOCKET("gnupg", "GnuPG", "S.gpg-agent*|S.dirmngr|S.scdaemon|S.keyboxd", NULL),
	SOCKET("postgresql", "PostgreSQL", ".s.PGSQL.[0-9]*", NULL),
	SOCKET("mysql", "MySQL or MariaDB", "mysql*.sock", NULL),
	SOCKET("wayland", "a Wayland compositor", "wayland-[0-9]*", NULL),

	/* ---- programs of users ---- */

	/* git: lockfile.h, "<filename>.lock" made with O_CREAT|O_EXCL, its content is what the file will be; lockfile.c, "<filename>~pid.lock"
	 * beside it with core.lockfilePid (since 2.54) */
	{ .word = "git", .maker = "git", .names = "*~pid.lock", .dir = GIT_DIRS,
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_GIT, .programs = "git|git-*" },
	{ .word = "git", .maker = "git", .names = "*.lock", .dir = GIT_DIRS, .owner_at = LK_OWNER_AT_COMPANION, .companions = "%~pid.lock",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_GIT, .programs = "git|git-*", .top = "*.git|.git" },
	{ .word = "git", .maker = "git", .names = "index.lock|HEAD.lock|config.lock|packed-refs.lock|shallow.lock|.gitconfig.lock|.gitmodules.lock",
	  .means = LK_LOCKFILE_HELD, .programs = "git|git-*", .companions = ".|..", .of = ".git" },
	/* git: builtin/gc.c, lock_repo_for_gc(): takes over what names no living process */
	{ .word = "git", .maker = "git gc", .names = "gc.pid", .dir = GIT_DIRS,
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_PID_HOST, .programs = "git|git-*" },
	/* Mercurial: lock.py, a symbolic link to "host[/pid namespace]:pid" */
	{ .word = "hg", .maker = "Mercurial", .names = "wlock", .object = LK_LOCKFILE_LINK, .of = ".hg",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HG, .programs = "hg|python*|chg|thg*",
	  .advice = "hg debuglocks --force-free-wlock" },
	{ .word = "hg", .maker = "Mercurial", .names = "lock", .dir = "*.hg/store", .object = LK_LOCKFILE_LINK, .of = ".hg/store",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HG, .programs = "hg|python*|chg|thg*",
	  .advice = "hg debuglocks --force-free-lock" },
	/* Subversion: libsvn_wc/wc-metadata.sql, the table WC_LOCK */
	{ .word = "subversion", .maker = "Subversion", .names = "wc.db", .dir = "*.svn",
	  .means = LK_LOCKFILE_DATA, .keep = true, .advice = "svn cleanup, if a working copy is locked: that is written in this database" },
	/* vim: ":help swap-file", memfile.c opens it with O_EXCL; nano: files.c, write_lockfile(): the same form. With 'directory' ending in
	 * "//", as neovim has it, the name is the whole path. */
	{ .word = "vim", .maker = "vim or nano", .names = ".*.sw[a-p]|%*.sw[a-p]|.sw[a-p]", .of = "%",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_VIM, .programs = "vi|vim*|gvim*|nvim*|view|ex|rvim|nano|rnano",
	  .advice = "vim -r FILE first, if it is of vim: it may hold changes that are in no other file" },
	/* Kate: ktexteditor, kateswapfile.cpp: has it open while it edits */
	{ .word = "kate", .maker = "Kate", .names = ".*.kate-swp", .of = "%",
	  .means = LK_LOCKFILE_NOTE, .programs = "kate|kwrite|kdevelop*",
	  .advice = "open the document in Kate first, which offers to recover what was not saved" },
	/* Emacs: filelock.c, a symbolic link to "user@host.pid:boot"; joe: b.c, lock_it(): the same without the boot */
	{ .word = "emacs", .maker = "Emacs or joe", .names = ".#*", .object = LK_LOCKFILE_LINK, .of = "%",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_EMACS, .programs = "emacs*|joe|jmacs|jpico|jstar|rjoe" },
	/* LibreOffice: svl, lockfilecommon.cxx; msodocumentlockfile.cxx for those of Microsoft Office */
	{ .word = "libreoffice", .maker = "LibreOffice", .names = ".~lock.*#", .companions = "%", .of = "%",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_OFFICE, .programs = "soffice*|oosplash" },
	{ .word = "msoffice", .maker = "Microsoft Office", .names = "~$*.doc|~$*.do[ct][xm]|~$*.xls|~$*.xl[st][xmb]|~$*.ppt|~$*.p[po][tsa][xm]",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_MSOFFICE, .programs = "soffice*|oosplash" },
	/* Firefox, Thunderbird: nsProfileLock.cpp; the fcntl(2) lock on .parentlock counts, the link is for old versions and NFS */
	{ .word = "mozilla", .maker = "Firefox or Thunderbird", .names = "lock", .object = LK_LOCKFILE_LINK, .of = ".",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_ADDRESS_PID, .programs = "firefox*|thunderbird*|GeckoMain|MainThread|Isolated*",
	  .companions = ".parentlock" },
	{ .word = "mozilla", .maker = "Firefox or Thunderbird", .names = ".parentlock", .of = ".",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Chromium: process_singleton_posix.cc; SingletonSocket is a link to the socket */
	{ .word = "chromium", .maker = "Chromium or a program made of it", .names = "SingletonLock", .object = LK_LOCKFILE_LINK, .of = ".",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HOST_PID,
	  .companions = "SingletonSocket|SingletonCookie|Default/LOCK|Default/History",
	  .along = "SingletonSocket|SingletonCookie" },
	/* IntelliJ: DirectoryLock.java, since 2023.1 */
	{ .word = "intellij", .maker = "an IDE of JetBrains", .names = ".lock", .dir = "*/JetBrains/*|*/Google/AndroidStudio*",
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID },
	/* SQLite: os_unix.c, dotlockLock() of the VFS unix-dotfile: mkdir(2); sqlite.org/tempfiles.html, "lockingv3.html" */
	SQLITE_DOTFILE("db"), SQLITE_DOTFILE("sqlite"), SQLITE_DOTFILE("sqlite3"),
	{ .word = "sqlite", .maker = "SQLite", .names = "*.db-journal|*.sqlite-journal|*.sqlite3-journal",
	  .means = LK_LOCKFILE_DATA, .keep = true,
	  .advice = "nothing: if it is not empty while nobody writes, a writer has died, and who opens the database next rolls it back" },
	{ .word = "sqlite", .maker = "SQLite",
	  .names = "*.db-wal|*.sqlite-wal|*.sqlite3-wal|*.db-shm|*.sqlite-shm|*.sqlite3-shm",
	  .means = LK_LOCKFILE_DATA, .keep = true, .advice = "nothing: without it, what was written last is lost" },
	/* Berkeley DB: env_region.c; the mutexes are in memory that is mapped; env_register.c: fcntl(2) */
	{ .word = "berkeleydb", .maker = "Berkeley DB", .names = "__db.[0-9][0-9][0-9]",
	  .means = LK_LOCKFILE_NOTE, .keep = true, .advice = "db_recover, when nobody uses the database" },
	{ .word = "berkeleydb", .maker = "Berkeley DB", .names = "__db.register",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = "db_recover, when nobody uses the database" },
	/* proper-lockfile: README, "mkdir", and "update": the directory's mtime every 5 s, of which it makes "stale" after 10 s;
	 * npx: libnpmexec/lib/with-lock.js, every second */
	MKDIR_LOCK("*.lock", "%"), MKDIR_LOCK(".*.lock", ".%"),
	/* borg: locking.py, a directory with a file "HOST@ID.PID-THREAD" in it */
	{ .word = "borg", .maker = "borg", .names = "lock.exclusive", .object = LK_LOCKFILE_DIR, .owner_at = LK_OWNER_AT_ENTRY,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_BORG, .programs = "borg*|python*", .advice = "borg break-lock" },
	{ .word = "borg", .maker = "borg", .names = "lock.roster",
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_BORG_ROSTER, .programs = "borg*|python*", .advice = "borg break-lock" },
	/* restic: restic.readthedocs.io, "Design: Locks": encrypted */
	{ .word = "restic", .maker = "restic", .names = HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8, .dir = "*/locks",
	  .means = LK_LOCKFILE_HELD, .programs = "restic", .advice = "restic unlock" },
	/* ccache: LockFile.cpp, a symbolic link to "HOST-PID-THREAD-TIME" */
	{ .word = "ccache", .maker = "ccache", .names = "*.lock", .object = LK_LOCKFILE_LINK,
	  .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_CCACHE },
	/* H2: FileLock.java, lockFile() and lockSocket(): made anew, then looked at whether it stays as it is */
	{ .word = "h2", .maker = "H2", .names = "*.lock.db", .companions = "%.mv.db|%.h2.db",
	  .means = LK_LOCKFILE_HELD, .programs = "java*" },
	/* Terraform: internal/states/statemgr/filesystem_lock_unix.go: fcntl(2) on the state; this one only says who */
	{ .word = "terraform", .maker = "Terraform", .names = ".*.tfstate.lock.info", .companions = "%.tfstate",
	  .means = LK_LOCKFILE_KERNEL, .lock_beside = true },

	/* Locked with the kernel: what is left of them means nothing. */
	/* cargo: src/cargo/util/flock.rs: flock(2) */
	{ .word = "cargo", .maker = "cargo", .names = ".cargo-lock|.package-cache*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* LMDB: mdb.c, mdb_env_excl_lock(): fcntl(2), while it is open */
	{ .word = "lmdb", .maker = "LMDB", .names = "lock.mdb|*.mdb-lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* LevelDB: util/env_posix.cc, LockOrUnlock(); RocksDB likewise: fcntl(2) */
	{ .word = "leveldb", .maker = "LevelDB or RocksDB", .names = "LOCK", .companions = "CURRENT", .vague = true,
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Lucene: NativeFSLockFactory.java, Elasticsearch: NodeEnvironment.java: fcntl(2) */
	{ .word = "lucene", .maker = "Lucene, Elasticsearch or Solr", .names = "write.lock|node.lock",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Derby: DirFile4.java, getExclusiveFileLock(): fcntl(2) */
	{ .word = "derby", .maker = "Derby", .names = "dbex.lck",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Gradle: DefaultFileLockManager.java; Maven Resolver: BasedirNameMapper.java; Eclipse: Locker_JavaNio.java: fcntl(2) */
	{ .word = "gradle", .maker = "Gradle", .names = "*.lock|*.lck", .dir = "*/.gradle|*/.gradle/*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "maven", .maker = "Maven", .names = "*.lock", .dir = "*/.m2/repository/.locks*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "eclipse", .maker = "Eclipse", .names = ".lock", .dir = "*/.metadata",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* mamba: libmamba/src/core/util.cpp, LockFileOwner: fcntl(2) */
	{ .word = "mamba", .maker = "mamba", .names = "pkgs.lock", .dir = "*/pkgs",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Python's filelock: _unix.py: flock(2); of virtualenv, poetry and Hugging Face */
	{ .word = "filelock", .maker = "a Python program with filelock", .names = "*.lock|.*.lock",
	  .dir = "*/huggingface/*|*/virtualenv/*|*/pypoetry/*",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	/* Nix: libstore/pathlocks.cc, gc.cc: flock(2) */
	{ .word = "nix", .maker = "Nix", .names = "gc.lock|big-lock|reserved|[0-9]*", .dir = "*/nix/var/nix|*/nix/var/nix/db|*/nix/temproots",
	  .means = LK_LOCKFILE_KERNEL, .keep = true, .advice = STAYS },
	{ .word = "nix", .maker = "Nix", .names = "*.lock", .dir = "*/nix/store",
	  .means = LK_LOCKFILE_KERNEL },

	/* Who runs: kill(2) with signal 0 is what most look at. */
	{ .word = "pidfile", .maker = "a daemon", .names = "*.pid",
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_PID },
	/* Lists of versions. */
	{ .word = "versions", .maker = "a package manager",
	  .names = "Cargo.lock|package-lock.json|yarn.lock|pnpm-lock.yaml|Gemfile.lock|composer.lock|poetry.lock|uv.lock|Pipfile.lock|mix.lock|"
		   "flake.lock|.terraform.lock.hcl|pdm.lock|bun.lock|bun.lockb|pubspec.lock|Podfile.lock|packages.lock.json|pixi.lock|"
		   "conda-lock.yml|deno.lock|Chart.lock|Berksfile.lock|Policyfile.lock.json|devbox.lock|gradle.lockfile|rebar.lock|"
		   "shard.lock|symfony.lock|stack.yaml.lock|pylock.toml|MODULE.bazel.lock|renv.lock|spack.lock|paket.lock",
	  .means = LK_LOCKFILE_LIST, .keep = true, .advice = "nothing: it belongs to the project" },

	/* Names that many use. */
	/* HSQLDB: LockFile.java: has it open, and renews it every 10 s */
	{ .word = "hsqldb", .maker = "HSQLDB", .names = "*.lck", .companions = "%.script|%.properties", .vague = true,
	  .means = LK_LOCKFILE_HELD, .programs = "java*", .kept_open = true, .heartbeat_s = 11 },
	/* Python's filelock, _soft.py: SoftFileLock: O_CREAT|O_EXCL; it has it open, and newer ones write their number and host. Others of
	 * this name are locked with the kernel. */
	{ .word = "lock", .maker = "a program", .names = "*.lock|.*.lock", .vague = true,
	  .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_FILELOCK },
};
/* clang-format on */

const struct lk_lockfile_kind *lk_lockfile_kinds(size_t *ret_n)
{
	*ret_n = sizeof(kinds) / sizeof(*kinds);
	return kinds;
}

const char *lk_lockfile_object_words(enum lk_lockfile_object o)
{
	static const char *const words[] = {
		[LK_LOCKFILE_FILE] = "file",
		[LK_LOCKFILE_LINK] = "symbolic link",
		[LK_LOCKFILE_DIR] = "directory",
		[LK_LOCKFILE_SOCKET] = "socket",
	};

	return words[o];
}

const char *lk_lockfile_means_words(enum lk_lockfile_means m)
{
	static const char *const words[] = {
		[LK_LOCKFILE_HELD] = "it is the lock while it exists",
		[LK_LOCKFILE_NOTE] = "it says who runs",
		[LK_LOCKFILE_KERNEL] = "the lock is a kernel lock on it",
		[LK_LOCKFILE_LIST] = "a list of versions, no lock",
		[LK_LOCKFILE_DATA] = "data, and no lock",
	};

	return words[m];
}

/* A search compares millions of names with all patterns: most differ in their first or last byte. */
static bool may_match(const char *pattern, size_t n, const char *name)
{
	char first = pattern[0], last = n ? pattern[n - 1] : '\0';
	size_t n_name = strlen(name);

	if (!n || !n_name)
		return n == n_name;
	return (strchr("*?[", first) || first == name[0]) && (strchr("*?]", last) || last == name[n_name - 1]);
}

/* The pattern that matches, to be freed; NULL: none does. */
static char *find_pattern(const char *patterns, const char *name)
{
	for (const char *p = patterns; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");
		char *pattern = may_match(p, n, name) ? lk_strndup(p, n) : NULL;

		if (pattern && fnmatch(pattern, name, FNM_PERIOD) == 0)
			return pattern;
		free(pattern);
		p += n;
	}
	return NULL;
}

bool lk_lockfile_matches(const char *patterns, const char *name)
{
	lk_auto_mem char *pattern = find_pattern(patterns, name);

	return pattern != NULL;
}

char *lk_lockfile_stem(const struct lk_lockfile_kind *kind, const char *name)
{
	lk_auto_mem char *pattern = find_pattern(kind->names, name);
	size_t n = strlen(name), before, after;

	if (!pattern || !strpbrk(pattern, "*?["))
		return lk_strdup(name);
	before = strcspn(pattern, "*?[");
	for (after = 0; !strchr("*?]", pattern[strlen(pattern) - 1 - after]); after++)
		;
	return n > before + after ? lk_strndup(name + before, n - before - after) : lk_strdup(name);
}

/* Of the n bytes of a companion's name, as kinds.h has it. */
static char *companion_path(const char *name, size_t n, const char *dir, size_t dir_len, const char *stem)
{
	const char *percent = memchr(name, '%', n);
	size_t before = percent ? (size_t)(percent - name) : n, after = percent ? n - before - 1 : 0;
	bool absolute = *name == '/';

	return lk_printf("%.*s%s%.*s%s%.*s", absolute ? 0 : (int)dir_len, dir, absolute ? "" : "/", (int)before, name,
			 percent ? stem : "", (int)after, name + n - after);
}

static void each_top(const char *patterns, const char *path, void (*cb)(void *arg, const char *path), void *arg)
{
	lk_auto_mem char *dir = lk_strdup(path);

	for (char *slash = strrchr(dir, '/'); slash && slash != dir; slash = strrchr(dir, '/')) {
		char *name;

		*slash = '\0';
		name = strrchr(dir, '/') + 1;
		if (!lk_lockfile_matches(patterns, name))
			continue;
		cb(arg, dir);
		*name = '\0';
		cb(arg, dir);
		return;
	}
}

void lk_lockfile_companions(const struct lk_lockfile_kind *kind, const char *path,
			    void (*cb)(void *arg, const char *path), void *arg)
{
	const char *slash = strrchr(path, '/');
	lk_auto_mem char *stem = lk_lockfile_stem(kind, slash + 1);

	for (const char *p = kind->companions; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");
		lk_auto_mem char *companion = companion_path(p, n, path, (size_t)(slash - path), stem);

		cb(arg, companion);
		p += n;
	}
	if (kind->top)
		each_top(kind->top, path, cb, arg);
}

char *lk_lockfile_abstract(const struct lk_lockfile_kind *kind, const char *path)
{
	const char *name = kind->abstract;
	lk_auto_mem char *stem = lk_lockfile_stem(kind, strrchr(path, '/') + 1);

	return name ? companion_path(name, strlen(name), path, 0, stem) : NULL;
}

/* The name that a pattern gives to the lock file of `name`; of a set in it, the last byte, where vim begins. NULL: it is not made of a
 * name. To be freed. */
static char *name_by(const char *pattern, size_t n, const char *name)
{
	const char *star = memchr(pattern, '*', n), *rest = star ? star + 1 : NULL, *end = pattern + n;
	const char *set = star ? memchr(rest, '[', (size_t)(end - rest)) : NULL;

	if (!star || memchr(rest, '*', (size_t)(end - rest)) || (set && (end - set < 3 || end[-1] != ']')))
		return NULL;
	return lk_printf("%.*s%s%.*s%.*s", (int)(star - pattern), pattern, name, (int)((set ? set : end) - rest), rest,
			 set ? 1 : 0, end - 2);
}

/* One pattern of one kind. */
static void add_path_of(const struct lk_lockfile_kind *k, const char *pattern, size_t n, const char *path, bool is_dir,
			lk_lockfile_paths *ret)
{
	const char *slash = strrchr(path, '/');
	int n_dir = is_dir ? (int)strlen(path) : (int)(slash - path);
	lk_auto_mem char *made = NULL;

	if (strcmp(k->of, "%") == 0) {
		made = name_by(pattern, n, slash + 1);
		if (made && slash[1])
			*lk_vec_push(ret) = lk_printf("%.*s/%s", (int)(slash - path), path, made);
	} else if (strcspn(pattern, "*?[|") == n) {
		bool here = strcmp(k->of, ".") == 0;

		*lk_vec_push(ret) = lk_printf("%.*s%s%s/%.*s", n_dir == 1 && slash == path ? 0 : n_dir, path,
					      here ? "" : "/", here ? "" : k->of, (int)n, pattern);
	}
}

void lk_lockfile_paths_of(const char *path, bool is_dir, lk_lockfile_paths *ret)
{
	if (path[0] != '/')
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		for (const char *p = kinds[i].of ? kinds[i].names : NULL; p; p = *p ? p + 1 : NULL) {
			size_t n = strcspn(p, "|");

			add_path_of(&kinds[i], p, n, path, is_dir, ret);
			p += n;
		}
	}
}

void lk_lockfile_paths_done(lk_lockfile_paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i]);
	lk_vec_done(p);
}

const char *lk_lockfile_noun(const struct lk_lockfile_kind *kind)
{
	if (kind->means == LK_LOCKFILE_LIST)
		return "list of versions";
	if (kind->means == LK_LOCKFILE_DATA)
		return "data file";
	return kind->object == LK_LOCKFILE_SOCKET ? "socket" : "lock file";
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
	if (S_ISSOCK(mode))
		return lk_lockfile_find(path, LK_LOCKFILE_SOCKET);
	return S_ISDIR(mode) ? lk_lockfile_find(path, LK_LOCKFILE_DIR) : NULL;
}

const struct lk_lockfile_kind *lk_lockfile_by_existing(const char *path, unsigned mode)
{
	const struct lk_lockfile_kind *k = lk_lockfile_of(path, mode);

	return k && k->means == LK_LOCKFILE_HELD ? k : NULL;
}
