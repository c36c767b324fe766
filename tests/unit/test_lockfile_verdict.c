/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lock files are judged by what was gathered about them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lockfile/verdict.h"

static const struct lk_lockfile_kind
	git = { .maker = "git", .means = LK_LOCKFILE_HELD, .programs = "git|git-*" },
	hg = { .maker = "Mercurial", .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HG, .programs = "hg|python*" },
	emacs = { .maker = "Emacs", .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_EMACS, .programs = "emacs*" },
	postgres = { .maker = "PostgreSQL",
		     .means = LK_LOCKFILE_HELD,
		     .owner = LK_OWNER_POSTMASTER,
		     .programs = "postgres" },
	firefox = { .maker = "Firefox",
		    .means = LK_LOCKFILE_HELD,
		    .owner = LK_OWNER_ADDRESS_PID,
		    .programs = "firefox*" },
	office = { .maker = "LibreOffice",
		   .means = LK_LOCKFILE_HELD,
		   .owner = LK_OWNER_OFFICE,
		   .programs = "soffice*" },
	gpg = { .maker = "GnuPG", .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_HOST, .programs = "gpg*" },
	chromium = { .maker = "Chromium", .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_HOST_PID },
	dotfile = { .maker = "SQLite", .object = LK_LOCKFILE_DIR, .means = LK_LOCKFILE_HELD, .companions = "%" },
	mkdir_lock = { .maker = "npm",
		       .object = LK_LOCKFILE_DIR,
		       .means = LK_LOCKFILE_HELD,
		       .companions = "%",
		       .heartbeat_s = 10 },
	beating = { .maker = "x", .means = LK_LOCKFILE_HELD, .owner = LK_OWNER_PID_HOST, .heartbeat_s = 10 },
	info = { .maker = "Terraform", .means = LK_LOCKFILE_KERNEL, .companions = "%", .lock_beside = true },
	any_lock = { .maker = "a program", .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_FILELOCK, .vague = true },
	leveldb = { .maker = "LevelDB", .means = LK_LOCKFILE_KERNEL, .companions = "CURRENT", .vague = true },
	journal = { .maker = "SQLite", .means = LK_LOCKFILE_DATA },
	pidfile = { .maker = "a daemon", .means = LK_LOCKFILE_NOTE, .owner = LK_OWNER_PID },
	long_name = { .maker = "a daemon",
		      .means = LK_LOCKFILE_NOTE,
		      .owner = LK_OWNER_PID,
		      .programs = "x|start-stop-daemon|unattended-upgr*" },
	dpkg = { .maker = "dpkg", .means = LK_LOCKFILE_KERNEL },
	tmux = { .maker = "tmux", .object = LK_LOCKFILE_SOCKET, .means = LK_LOCKFILE_NOTE, .kept_open = true },
	pacman = { .maker = "pacman", .means = LK_LOCKFILE_HELD, .programs = "pacman", .kept_open = true },
	twin = { .maker = "GnuPG",
		 .means = LK_LOCKFILE_HELD,
		 .owner = LK_OWNER_PID_HOST,
		 .programs = "gpg*",
		 .linked = true },
	versions = { .maker = "cargo", .means = LK_LOCKFILE_LIST };

static char web[] = "web", web_begin[] = "we", web_upper[] = "WEB", web_long[] = "web.example.org",
	    web_other[] = "web.example.net", mail[] = "mail", loopback[] = "127.0.1.1", loopback6[] = "::1",
	    lan[] = "192.0.2.7", lan6[] = "2001:db8::7", localhost[] = "localhost.localdomain", bob[] = "bob";

/* 2023-11-14 22:13:20 */
#define BOOT_S 1700000000
#define BOOT_MS (BOOT_S * INT64_C(1000))
#define WRITTEN (BOOT_MS + 1000000)
#define DAY (INT64_C(86400) * 1000)
#define NS 4026531836
#define OTHER_NS 4026532345

/* Parts of the facts, none of which is in another. Not written down: nobody has it open or locked. */
#define OF(k, ...) \
	{ \
		.kind = &(k), .name = "file", __VA_ARGS__ \
	}
#define HERE .host = web, .boot_ms = BOOT_MS, .pid_ns = NS, .initial_pidns = true
#define TIMES(m, c) .mtime_ms = (m), .ctime_ms = (c), .uid = 1000
#define AT(t) TIMES(t, t)
#define SAYS(...) .read = true, .owner = { __VA_ARGS__ }
#define NOTHING .read = true, .owner_rc = -ENODATA
#define NEVER_READ .owner_rc = -ENODATA
#define GONE .alive = LK_NO, .process_uid = -1
#define HIDDEN .alive = LK_UNKNOWN, .process_uid = -1
#define RUNS_AS(user, name, start) .alive = LK_YES, .comm = (name), .process_uid = (user), .started_ms = (start)
#define RUNS(name, start) RUNS_AS(1000, name, start)
#define OPENED(pid, name, path) .open = LK_YES, .open_pid = (pid), .open_comm = (name), .open_what = (path)
#define LOCKED(pid, name, path) .kernel_lock = LK_YES, .lock_pid = (pid), .lock_comm = (name), .lock_what = (path)

#define LIVE LK_VERDICT_LIVE
#define PROBABLY LK_VERDICT_PROBABLY_LIVE
#define STALE LK_VERDICT_STALE
#define FOREIGN LK_VERDICT_FOREIGN
#define HARMLESS LK_VERDICT_HARMLESS
#define NO_LOCK LK_VERDICT_NO_LOCK
#define UNKNOWN LK_VERDICT_UNKNOWN

static const struct {
	const char *what;
	struct lk_lockfile_facts facts;
	enum lk_verdict verdict;
	const char *first; /* a part of the first sentence */
} cases[] = {
	/* Lists, kernel locks. */
	{ "a list", OF(versions, HERE, AT(WRITTEN)), NO_LOCK, "file is a list of versions of cargo" },
	{ "a list that somebody locks", OF(versions, HERE, LOCKED(17, "cat", "/f")), NO_LOCK, "no lock" },
	{ "locked", OF(dpkg, HERE, LOCKED(17, "dpkg", "/d/lock")), LIVE,
	  "process 17 (dpkg) holds a kernel lock on /d/lock" },
	{ "locked by somebody", OF(dpkg, HERE, LOCKED(0, NULL, NULL)), LIVE,
	  "a process that cannot be seen holds a kernel lock on it" },
	{ "a note of one who is gone, locked by another",
	  OF(pidfile, HERE, SAYS(.pid = 40), GONE, LOCKED(17, "d", "/f")), LIVE, "process 17 (d) holds" },
	{ "free", OF(dpkg, HERE, AT(WRITTEN)), HARMLESS,
	  "the lock is a kernel lock on it, which is free; the file itself means nothing" },
	{ "free and open", OF(dpkg, HERE, OPENED(17, "dpkg", "/d/lock")), HARMLESS, "which is free" },
	{ "free or not", OF(dpkg, HERE, .kernel_lock = LK_UNKNOWN), UNKNOWN, "whether that is held could not be seen" },
	{ "free here", OF(dpkg, HERE, .remote = true), UNKNOWN, "other machines may hold one" },

	{ "a kernel lock on another file, free", OF(info, HERE, AT(WRITTEN), .n_companions = 1), HARMLESS,
	  "on the file that it is for, which is free" },
	{ "a kernel lock on another file, which is not there", OF(info, HERE, AT(WRITTEN)), UNKNOWN,
	  "which was not found" },
	{ "a kernel lock on another file, held",
	  OF(info, HERE, LOCKED(17, "terraform", "/w/terraform.tfstate"), .n_companions = 1, .lock_beside = true),
	  PROBABLY, "process 17 (terraform) holds a kernel lock on /w/terraform.tfstate" },
	{ "a kernel lock on another file, hidden",
	  OF(info, HERE, AT(WRITTEN), .n_companions = 1, .kernel_lock = LK_UNKNOWN), UNKNOWN, "could not be seen" },
	{ "data of a database", OF(journal, HERE, LOCKED(17, "sqlite3", "/f")), NO_LOCK,
	  "file is a data file of SQLite, and no lock" },

	/* Names that others use, too. */
	{ "nothing shows what it is", OF(any_lock, HERE, AT(WRITTEN), NOTHING), NO_LOCK,
	  "nothing shows that it is a lock file of a program" },
	{ "something is written in it", OF(any_lock, HERE, AT(WRITTEN), .read = true, .owner_rc = -EBADMSG), NO_LOCK,
	  "nothing shows" },
	{ "it could not be read", OF(any_lock, HERE, AT(WRITTEN), .owner_rc = -ENODATA), NO_LOCK, "nothing shows" },
	{ "an owner is written in it", OF(any_lock, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = web), GONE), STALE,
	  "is gone" },
	{ "somebody has it open", OF(any_lock, HERE, AT(WRITTEN), NOTHING, OPENED(17, "python3", "/f")), PROBABLY,
	  "process 17 (python3) has /f open" },
	{ "somebody has locked it with the kernel",
	  OF(any_lock, HERE, AT(WRITTEN), NOTHING, OPENED(17, "flock", "/f"), LOCKED(17, "flock", "/f")), NO_LOCK,
	  "nothing shows" },
	{ "who has locked it is written in it",
	  OF(any_lock, HERE, AT(WRITTEN), SAYS(.pid = 17), RUNS("flock", WRITTEN), LOCKED(17, "flock", "/f")), LIVE,
	  "process 17 (flock) holds a kernel lock" },
	{ "what belongs to it is there", OF(leveldb, HERE, AT(WRITTEN), .n_companions = 1), HARMLESS, "which is free" },
	{ "what belongs to it is not there", OF(leveldb, HERE, AT(WRITTEN), LOCKED(17, "x", "/f")), NO_LOCK,
	  "nothing shows that it is a lock file of LevelDB" },

	/* A sign of life. */
	{ "changed just now", OF(mkdir_lock, HERE, AT(WRITTEN), .now_ms = WRITTEN + 9999), PROBABLY,
	  "it was last changed 9 s ago, and npm changes it at least every 10 s" },
	{ "changed just now, by a clock that is a little ahead",
	  OF(mkdir_lock, HERE, AT(WRITTEN), .now_ms = WRITTEN - 100), PROBABLY, "changed 0 s ago" },
	{ "changed in the future", OF(mkdir_lock, HERE, AT(WRITTEN), .now_ms = WRITTEN - DAY), UNKNOWN,
	  "does not say who made it" },
	{ "not changed for a while", OF(mkdir_lock, HERE, AT(WRITTEN), .now_ms = WRITTEN + 10001), UNKNOWN,
	  "does not say who made it" },
	{ "not changed for a year", OF(mkdir_lock, HERE, AT(WRITTEN), .now_ms = WRITTEN + 365 * DAY), UNKNOWN,
	  "does not say who made it" },
	{ "when it was changed is not known", OF(mkdir_lock, HERE, .now_ms = WRITTEN), UNKNOWN, "does not say" },
	{ "changed just now, and its owner is gone",
	  OF(beating, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = web), GONE, .now_ms = WRITTEN + 1), STALE, "is gone" },
	{ "changed just now, and its owner is elsewhere",
	  OF(beating, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = mail), HIDDEN, .now_ms = WRITTEN + 1), PROBABLY,
	  "at least every 10 s" },
	{ "a kind that is not renewed", OF(git, HERE, AT(WRITTEN), NOTHING, .now_ms = WRITTEN + 1), UNKNOWN,
	  "does not say who made it" },

	/* Who has it open. */
	{ "open in the owner", OF(pidfile, HERE, SAYS(.pid = 40), RUNS("d", WRITTEN), OPENED(40, "d", "/f")), LIVE,
	  "process 40 (d), which is written in it, has /f open" },
	{ "open in the same number of another host",
	  OF(pidfile, HERE, SAYS(.pid = 40, .host = mail), OPENED(40, "d", "/f")), PROBABLY,
	  "process 40 (d) has /f open" },
	{ "open in its program", OF(git, HERE, NOTHING, OPENED(17, "git", "/w/.git/index.lock")), LIVE,
	  "process 17 (git) has /w/.git/index.lock open" },
	{ "case 07: its program works there", OF(git, HERE, NOTHING, OPENED(17, "git", "/w"), .open_how = LK_USE_CWD),
	  PROBABLY, "process 17 (git) has /w as its working directory" },
	{ "the owner works there",
	  OF(postgres, HERE, SAYS(.pid = 40), RUNS("postgres", WRITTEN), OPENED(40, "postgres", "/w"),
	     .open_how = LK_USE_CWD),
	  LIVE, "process 40 (postgres), which is written in it, has /w as its working directory" },
	{ "open in another program", OF(git, HERE, NOTHING, OPENED(17, "tail", "/f")), PROBABLY,
	  "process 17 (tail) has" },
	{ "case 17: the database is open", OF(dotfile, HERE, .read = false, OPENED(17, "sqlite3", "/w/a.db")), PROBABLY,
	  "process 17 (sqlite3) has /w/a.db open" },
	{ "the socket beside it is listened on by its program",
	  OF(gpg, HERE, SAYS(.pid = 40, .host = web), GONE, OPENED(17, "gpg-agent", "/s"), .open_beside = true,
	     .open_how = LK_USE_LISTENING),
	  LIVE, "process 17 (gpg-agent) listens on /s" },
	{ "the socket beside it is listened on by another",
	  OF(gpg, HERE, SAYS(.pid = 40, .host = web), GONE, OPENED(17, "nc", "/s"), .open_beside = true,
	     .open_how = LK_USE_LISTENING),
	  PROBABLY, "process 17 (nc) listens on /s" },

	{ "its abstract socket is listened on", OF(gpg, HERE, SAYS(.pid = 40, .host = web), GONE, .abstract = "/s"),
	  UNKNOWN, "somebody listens on the abstract socket of its owner" },

	/* What its program keeps open. */
	{ "a socket", OF(tmux, HERE, NEVER_READ, OPENED(17, "tmux: server", "/s"), .open_how = LK_USE_LISTENING), LIVE,
	  "process 17 (tmux: server) listens on /s" },
	{ "a socket for datagrams", OF(tmux, HERE, NEVER_READ, OPENED(17, "x", "/s"), .open_how = LK_USE_BOUND), LIVE,
	  "process 17 (x) has a socket bound to /s" },
	{ "a socket that is only still connected",
	  OF(tmux, HERE, NEVER_READ, OPENED(17, "x", "/s"), .open_how = LK_USE_CONNECTED), PROBABLY,
	  "process 17 (x) has a connection through /s" },
	{ "a socket without a listener", OF(tmux, HERE, AT(WRITTEN), NEVER_READ), UNKNOWN,
	  "no process was seen to listen on it" },
	{ "a socket of a process that is not seen", OF(tmux, HERE, NEVER_READ, .open = LK_UNKNOWN), UNKNOWN,
	  "not all processes could be asked" },
	{ "a socket of another machine", OF(tmux, HERE, NEVER_READ, .remote = true), UNKNOWN,
	  "other machines may use it" },
	{ "a file its program keeps open", OF(pacman, HERE, NEVER_READ, OPENED(17, "pacman", "/f")), LIVE,
	  "process 17 (pacman) has /f open" },
	{ "a file its program would have open", OF(pacman, HERE, AT(WRITTEN), NEVER_READ), STALE,
	  "pacman has it open from its making until it is deleted" },
	{ "a file its program may have open", OF(pacman, HERE, NEVER_READ, .open = LK_UNKNOWN), UNKNOWN,
	  "not all processes could be asked" },

	/* What is the lock by its second name. */
	{ "with it", OF(twin, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN), .nlink = 2), LIVE, "is alive" },
	{ "without it", OF(twin, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN), .nlink = 1), HARMLESS,
	  "it is the lock while it has a second name" },
	{ "without it, and its owner is gone", OF(twin, HERE, AT(WRITTEN), SAYS(.pid = 40), GONE, .nlink = 1), STALE,
	  "is gone" },
	{ "how many names is not known", OF(twin, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN)), LIVE,
	  "is alive" },
	{ "open in somebody", OF(pidfile, HERE, SAYS(.pid = 40), GONE, OPENED(0, NULL, NULL)), PROBABLY,
	  "a process that cannot be seen has it open" },

	/* Nothing is written, or nothing that can be used. */
	{ "a kind that writes nothing", OF(git, HERE, AT(WRITTEN - 9 * DAY), .owner_rc = -ENODATA), UNKNOWN,
	  "a lock file of git does not say who made it" },
	{ "the same, read", OF(git, HERE, AT(WRITTEN), NOTHING), UNKNOWN, "of git does not say who made it" },
	{ "not read", OF(gpg, HERE, AT(WRITTEN), .why_not_read = "there is a lease on it"), UNKNOWN,
	  "who made it is not known: there is a lease on it" },
	{ "empty", OF(pidfile, HERE, AT(WRITTEN - 9 * DAY), NOTHING), UNKNOWN, "no owner is written in it" },
	{ "of another form", OF(pidfile, HERE, AT(WRITTEN), .read = true, .owner_rc = -EBADMSG), UNKNOWN,
	  "is not what a lock file of a daemon says" },
	{ "a user and this host", OF(office, HERE, SAYS(.user = bob, .host = web)), UNKNOWN,
	  "no process is written in it, only user bob on host web" },
	{ "a host", OF(office, HERE, SAYS(.host = web)), UNKNOWN, "no process is written in it, only host web" },
	{ "a user and another host", OF(office, HERE, SAYS(.user = bob, .host = mail)), FOREIGN, "on host mail" },

	/* The host. */
	{ "another host", OF(gpg, HERE, SAYS(.pid = 40, .host = mail), GONE), FOREIGN,
	  "it was made on host mail, and this one is web" },
	{ "this host", OF(gpg, HERE, SAYS(.pid = 40, .host = web), GONE), STALE,
	  "process 40, which is written in it, is gone" },
	{ "this host, or a container of it", OF(gpg, HERE, SAYS(.pid = 40, .host = web), GONE, .may_be_inner = true),
	  UNKNOWN, "is gone" },
	{ "a container of this host that says its namespace",
	  OF(hg, HERE, SAYS(.pid = 40, .host = web, .pid_ns = NS), GONE, .may_be_inner = true), STALE, "is gone" },
	{ "a companion that others lock too",
	  OF(dotfile, HERE, NOTHING, LOCKED(17, "flock", "/d/f"), .lock_beside = true), PROBABLY,
	  "which others may use too" },
	{ "a companion that its program has open", OF(git, HERE, NOTHING, OPENED(17, "git", "/w"), .open_beside = true),
	  PROBABLY, "process 17 (git) has /w open" },
	{ "this host, other letters", OF(gpg, HERE, SAYS(.pid = 40, .host = web_upper), GONE), STALE, "is gone" },
	{ "this host, longer", OF(gpg, HERE, SAYS(.pid = 40, .host = web_long), GONE), STALE, "is gone" },
	{ "this host, shorter", OF(gpg, .host = web_long, .initial_pidns = true, SAYS(.pid = 40, .host = web), GONE),
	  STALE, "is gone" },
	{ "a name that begins so", OF(gpg, HERE, SAYS(.pid = 40, .host = web_begin), GONE), FOREIGN, "on host we" },
	{ "the same name elsewhere",
	  OF(gpg, .host = web_long, .initial_pidns = true, SAYS(.pid = 40, .host = web_other)), FOREIGN,
	  "on host web.example.net, and this one is web.example.org" },
	{ "this host has no name", OF(gpg, .initial_pidns = true, SAYS(.pid = 40, .host = web), GONE), UNKNOWN,
	  "the name of this machine is not known" },
	{ "loopback", OF(firefox, HERE, SAYS(.pid = 40, .host = loopback), GONE), STALE, "is gone" },
	{ "loopback of IPv6", OF(firefox, HERE, SAYS(.pid = 40, .host = loopback6), GONE), STALE, "is gone" },
	{ "localhost", OF(firefox, HERE, SAYS(.pid = 40, .host = localhost), GONE), STALE, "is gone" },
	{ "loopback of any machine", OF(firefox, HERE, SAYS(.pid = 40, .host = loopback), GONE, .remote = true),
	  UNKNOWN, "as every machine calls itself" },
	{ "an address", OF(firefox, HERE, SAYS(.pid = 40, .host = lan), GONE), UNKNOWN,
	  "at address 192.0.2.7, which may be of this machine or another" },
	{ "an address of this machine", OF(firefox, HERE, SAYS(.pid = 40, .host = lan), GONE, .own_address = true),
	  STALE, "is gone" },
	{ "an address of this machine, shared by machines",
	  OF(firefox, HERE, SAYS(.pid = 40, .host = lan), GONE, .own_address = true, .remote = true), UNKNOWN,
	  "at address 192.0.2.7" },
	{ "its owner had a kernel lock as well",
	  OF(firefox, HERE, SAYS(.pid = 40, .host = lan, .has_kernel_lock = true), GONE, .n_companions = 1), STALE,
	  "its owner had a kernel lock on the file beside it as well, which is free" },
	{ "its owner had a kernel lock on a file that is gone",
	  OF(firefox, HERE, SAYS(.pid = 40, .host = lan, .has_kernel_lock = true), GONE), UNKNOWN, "at address" },
	{ "its owner had a kernel lock, and may be alive",
	  OF(firefox, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = loopback, .has_kernel_lock = true),
	     RUNS("firefox-esr", BOOT_MS), .n_companions = 1),
	  LIVE, "process 40 (firefox-esr), which is written in it, is alive" },
	{ "its owner had a kernel lock, and another program has the number",
	  OF(firefox, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = loopback, .has_kernel_lock = true),
	     RUNS("cron", BOOT_MS), .n_companions = 1),
	  STALE, "which is free" },
	{ "its owner had a kernel lock, which may be held",
	  OF(firefox, HERE, SAYS(.pid = 40, .host = lan, .has_kernel_lock = true), GONE, .n_companions = 1,
	     .kernel_lock = LK_UNKNOWN),
	  UNKNOWN, "at address" },
	{ "its owner had a kernel lock, shared by machines",
	  OF(firefox, HERE, SAYS(.pid = 40, .host = lan, .has_kernel_lock = true), GONE, .n_companions = 1,
	     .remote = true),
	  UNKNOWN, "at address" },
	{ "an address of IPv6", OF(firefox, HERE, SAYS(.pid = 40, .host = lan6), GONE), UNKNOWN,
	  "at address 2001:db8::7" },
	{ "a host that is called by its address",
	  OF(firefox, .host = lan, .initial_pidns = true, SAYS(.pid = 40, .host = lan), GONE), STALE, "is gone" },
	{ "no host, shared by machines", OF(pidfile, HERE, SAYS(.pid = 40), GONE, .remote = true), UNKNOWN,
	  "process 40 is written in it without a host" },
	{ "this host, shared by machines", OF(gpg, HERE, SAYS(.pid = 40, .host = web), GONE, .remote = true), STALE,
	  "is gone" },

	/* The pid namespace. */
	{ "another namespace", OF(hg, HERE, SAYS(.pid = 40, .host = web, .pid_ns = OTHER_NS), GONE), FOREIGN,
	  "in pid namespace 4026532345, and this one is 4026531836" },
	{ "this namespace", OF(hg, HERE, SAYS(.pid = 40, .host = web, .pid_ns = NS), GONE), STALE, "is gone" },
	{ "this namespace, of a container",
	  OF(hg, .host = web, .pid_ns = OTHER_NS, SAYS(.pid = 40, .pid_ns = OTHER_NS), GONE), STALE, "is gone" },
	{ "this namespace is not known",
	  OF(hg, .host = web, .initial_pidns = true, SAYS(.pid = 40, .pid_ns = NS), GONE), UNKNOWN,
	  "that of this program is not known" },
	{ "no namespace, in a container", OF(pidfile, .host = web, .pid_ns = OTHER_NS, SAYS(.pid = 40), GONE), FOREIGN,
	  "process 40 is written in it without a pid namespace" },

	/* The boot. */
	{ "another boot", OF(emacs, HERE, AT(BOOT_MS - DAY), SAYS(.pid = 40, .boot_s = BOOT_S - 90000), GONE), STALE,
	  "its owner's machine was started at 2023-11-13 21:13:20, but this machine was at 2023-11-14 22:13:20" },
	{ "another boot, other program now",
	  OF(emacs, HERE, AT(BOOT_MS - DAY), SAYS(.pid = 40, .boot_s = BOOT_S - 90000), RUNS("cron", BOOT_MS)), STALE,
	  "its owner's machine" },
	{ "another boot, and a process that fits",
	  OF(emacs, HERE, AT(BOOT_MS - DAY), SAYS(.pid = 40, .boot_s = BOOT_S - 90000), RUNS("emacs", BOOT_MS)),
	  UNKNOWN, "process 40 (emacs) may be the owner, if the clock was set" },
	{ "another boot, and whether it is alive is not known",
	  OF(emacs, HERE, AT(BOOT_MS - DAY), SAYS(.pid = 40, .boot_s = BOOT_S - 90000), HIDDEN), UNKNOWN,
	  "whether process 40, which is written in it, is alive could not be seen" },
	{ "another boot by a clock that was set, other program",
	  OF(emacs, HERE, AT(BOOT_MS - 1), SAYS(.pid = 40, .boot_s = 1), RUNS("cron", BOOT_MS)), UNKNOWN,
	  "process 40 (cron) may be the owner, if the clock was set" },
	{ "another boot, hidden users",
	  OF(emacs, HERE, AT(BOOT_MS - DAY), SAYS(.pid = 40, .boot_s = 1), GONE, .open = LK_UNKNOWN), UNKNOWN,
	  "not all processes could be asked" },
	{ "another boot, but changed since",
	  OF(emacs, HERE, TIMES(BOOT_MS - DAY, BOOT_MS), SAYS(.pid = 40, .boot_s = 1), HIDDEN), UNKNOWN,
	  "whether process 40, which is written in it, is alive could not be seen" },
	{ "case 06: another boot, changed since, other program",
	  OF(emacs, HERE, AT(WRITTEN), SAYS(.pid = 40, .boot_s = 1), RUNS("sleep", WRITTEN - 10)), UNKNOWN,
	  "process 40 (sleep) is no program of Emacs, but it is no younger than the file" },
	{ "another boot, changed since, alive",
	  OF(emacs, HERE, AT(WRITTEN), SAYS(.pid = 40, .boot_s = BOOT_S + 2), RUNS("emacs", BOOT_MS)), PROBABLY,
	  "process 40 (emacs), which is written in it, is alive" },
	{ "a second is no other boot", OF(emacs, HERE, AT(BOOT_MS - 1), SAYS(.pid = 40, .boot_s = BOOT_S + 1), HIDDEN),
	  UNKNOWN, "whether process 40" },
	{ "two seconds are", OF(emacs, HERE, AT(BOOT_MS - 1), SAYS(.pid = 40, .boot_s = BOOT_S + 2), GONE), STALE,
	  "its owner's machine" },
	{ "a boot of long ago", OF(emacs, HERE, AT(BOOT_MS - 1), SAYS(.pid = 40, .boot_s = INT64_MIN), GONE), STALE,
	  "its owner's machine" },
	{ "a boot of the far future", OF(emacs, HERE, AT(BOOT_MS - 1), SAYS(.pid = 40, .boot_s = INT64_MAX), GONE),
	  STALE, "its owner's machine" },
	{ "this boot is not known",
	  OF(emacs, .host = web, .initial_pidns = true, AT(1), SAYS(.pid = 40, .boot_s = 1), HIDDEN), UNKNOWN,
	  "whether process 40" },
	{ "started before this boot",
	  OF(postgres, HERE, AT(BOOT_MS - 5000), SAYS(.pid = 40, .start_s = BOOT_S - 6), RUNS("cron", BOOT_MS)), STALE,
	  "its owner was started at 2023-11-14 22:13:14, before this machine was" },
	{ "older than this boot alone", OF(pidfile, HERE, AT(BOOT_MS - DAY), SAYS(.pid = 40), HIDDEN), UNKNOWN,
	  "whether process 40" },

	/* It is gone. */
	{ "case 08: dead", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), GONE), STALE,
	  "process 40, which is written in it, is gone" },
	{ "dead, hidden users", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), GONE, .open = LK_UNKNOWN), UNKNOWN,
	  "not all processes could be asked whether they have it open" },
	{ "dead, hidden locks", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), GONE, .kernel_lock = LK_UNKNOWN),
	  UNKNOWN, "whether somebody holds a kernel lock on it could not be seen" },

	/* It is alive. */
	{ "its program", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = web), RUNS("gpg", WRITTEN - 5)), LIVE,
	  "process 40 (gpg), which is written in it, is alive and no younger than the file" },
	{ "case 06: Chromium names no program",
	  OF(chromium, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = web), RUNS("sleep", WRITTEN - 10)), PROBABLY,
	  "process 40 (sleep), which is written in it, is alive" },
	{ "case 06: Firefox",
	  OF(firefox, HERE, AT(WRITTEN), SAYS(.pid = 40, .host = loopback), RUNS("sleep", WRITTEN - 10)), UNKNOWN,
	  "process 40 (sleep) is no program of Firefox, but it is no younger than the file" },
	{ "case 08: live", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN - 5)), PROBABLY,
	  "process 40 (sleep), which is written in it, is alive" },
	{ "case 08: reused",
	  OF(pidfile, HERE, TIMES(WRITTEN - 2 * DAY, WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN - 5)), UNKNOWN,
	  "process 40 (sleep) was started after the file's mtime, but before its ctime: the number may have been reused" },
	{ "its time lies ahead",
	  OF(pidfile, HERE, TIMES(WRITTEN + DAY, WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN + 5000)), UNKNOWN,
	  "was started after the file's ctime, but before its mtime" },
	{ "two seconds are not younger", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN + 2000)), LIVE,
	  "is alive" },
	{ "more than two seconds are", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN + 2001)),
	  UNKNOWN, "process 40 (gpg) was started after the file was last changed: the number may have been reused" },
	{ "younger, any program", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN + DAY)),
	  UNKNOWN, "the number may have been reused" },
	{ "other program, younger", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN + 2001)), STALE,
	  "process 40 (sleep) is no program of GnuPG, and it is younger than the file: the number was reused" },
	{ "other program, two seconds", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN + 2000)),
	  UNKNOWN, "but it is no younger than the file" },
	{ "other program, younger than one time",
	  OF(gpg, HERE, TIMES(WRITTEN - DAY, WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN)), UNKNOWN,
	  "not younger than both mtime and ctime" },
	{ "other program, younger, hidden users",
	  OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("sleep", WRITTEN + DAY), .open = LK_UNKNOWN), UNKNOWN,
	  "not all processes could be asked" },
	{ "other program, no start", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("sleep", 0)), UNKNOWN,
	  "whether it is younger than the file is not known" },
	{ "other user, younger", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS_AS(1001, "x", WRITTEN + DAY)),
	  STALE, "process 40 (x) is of user 1001, the file of user 1000, and it is younger" },
	{ "other user, older", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS_AS(1001, "gpg", WRITTEN)), UNKNOWN,
	  "process 40 (gpg) is of user 1001, the file of user 1000, but it is no younger" },
	{ "root may write for others", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS_AS(0, "x", WRITTEN + DAY)),
	  UNKNOWN, "may have been reused" },
	{ "a user without a number here", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS_AS(65534, "gpg", WRITTEN)),
	  LIVE, "is alive" },
	{ "a user who is not known", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS_AS(-1, "x", WRITTEN)),
	  PROBABLY, "is alive" },
	{ "no name", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS(NULL, WRITTEN)), PROBABLY,
	  "process 40, which is written in it, is alive" },
	{ "no name, younger", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS(NULL, WRITTEN + DAY)), UNKNOWN,
	  "process 40 was started after the file was last changed" },
	{ "its program, no start", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", 0)), PROBABLY,
	  "whether it is older than the file is not known" },
	{ "any program, no start", OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("x", 0)), UNKNOWN,
	  "whether it is older than the file is not known" },
	{ "its program, one time", OF(gpg, HERE, TIMES(0, WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN)), PROBABLY,
	  "whether it is older than the file is not known" },
	{ "a name cut by the kernel",
	  OF(long_name, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("start-stop-daem", WRITTEN)), LIVE, "is alive" },
	{ "a name cut before the asterisk",
	  OF(long_name, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("unattended-upgr", WRITTEN)), LIVE, "is alive" },
	{ "a short name is not cut", OF(long_name, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("start-stop", WRITTEN)),
	  UNKNOWN, "process 40 (start-stop) is no program of a daemon" },

	/* A number of a thread. */
	{ "a thread", OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN), .thread_of = 39), PROBABLY,
	  "the number 40 is that of a thread of process 39 (gpg)" },
	{ "a thread, younger",
	  OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("gpg", WRITTEN + 2001), .thread_of = 39), UNKNOWN,
	  "a thread of process 39" },
	{ "a thread of another program, older",
	  OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("java", WRITTEN), .thread_of = 39), UNKNOWN,
	  "process 39 (java)" },
	{ "a thread of another program",
	  OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("java", WRITTEN + DAY), .thread_of = 39), UNKNOWN,
	  "a thread of process 39 (java)" },
};

static void check_sentences(const char *what, const struct lk_verdict_answer *a)
{
	cr_assert_gt(a->because.n, 0, "%s", what);
	for (size_t i = 0; i < a->because.n; i++) {
		const char *s = a->because.v[i];
		size_t n = strlen(s), words = 1;

		for (const char *p = s; *p; p++)
			words += *p == ' ';
		cr_expect(n > 0 && s[n - 1] != '.' && words >= 4 && words <= 26, "%s: '%s'", what, s);
	}
}

Test(lockfile_verdict, rules)
{
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lk_verdict_answer a;

		lk_verdict_find(&cases[i].facts, &a);
		check_sentences(cases[i].what, &a);
		cr_expect(a.verdict == cases[i].verdict && strstr(a.because.v[0], cases[i].first), "%s: %s, '%s'",
			  cases[i].what, lk_verdict_name(a.verdict), a.because.v[0]);
		lk_verdict_done(&a);
	}
}

static bool has_sentence(const struct lk_lockfile_facts *f, const char *part)
{
	struct lk_verdict_answer a;
	bool found = false;

	lk_verdict_find(f, &a);
	for (size_t i = 0; i < a.because.n; i++)
		found = found || strstr(a.because.v[i], part);
	lk_verdict_done(&a);
	return found;
}

/* What speaks for a verdict besides. */
Test(lockfile_verdict, more_reasons)
{
	static const struct {
		struct lk_lockfile_facts facts;
		const char *part;
	} more[] = {
		{ OF(git, HERE, AT(WRITTEN), NOTHING),
		  "it was last changed at 2023-11-14 22:30:00; a time alone proves nothing" },
		{ OF(git, HERE, AT(BOOT_MS - 1000), NOTHING),
		  "22:13:19, before this machine was started at 2023-11-14 22:13:20" },
		{ OF(git, HERE, NOTHING, .open = LK_UNKNOWN), "not all processes could be asked" },
		{ OF(git, HERE, NOTHING, OPENED(17, "git", "/f")), "that is a program of git" },
		{ OF(git, HERE, NOTHING, OPENED(17, "cat", "/f")), "not proven" },
		{ OF(pidfile, HERE, SAYS(.pid = 40), GONE), "nobody has it open or holds a kernel lock on it" },
		{ OF(pidfile, HERE, SAYS(.pid = 40), GONE, .open = LK_UNKNOWN),
		  "process 40, which is written in it, is gone" },
		{ OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("x", WRITTEN)),
		  "any program may write such a file" },
		{ OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS(NULL, WRITTEN)),
		  "what program that is could not be seen" },
		{ OF(pidfile, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("x", WRITTEN + DAY)),
		  "a changed time alone proves nothing" },
		{ OF(emacs, HERE, AT(WRITTEN), SAYS(.pid = 40, .boot_s = 1), GONE), "clocks can be set" },
		{ OF(gpg, HERE, AT(WRITTEN), SAYS(.pid = 40), RUNS("x", WRITTEN + DAY)),
		  "started at 2023-11-15 22:30:00; the file was written at 2023-11-14 22:30:00 (mtime)" },
	};

	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		cr_expect(has_sentence(&more[i].facts, more[i].part), "%s", more[i].part);
}

Test(lockfile_verdict, names)
{
	for (int v = 0; v < LK_N_VERDICTS; v++) {
		const char *name = lk_verdict_name((enum lk_verdict)v);

		cr_assert(name && name[0] && !strchr(name, ' ') && lk_verdict_words((enum lk_verdict)v)[0], "%d", v);
	}
	cr_assert_str_eq(lk_verdict_name(LK_VERDICT_PROBABLY_LIVE), "probably_live");
	cr_assert_str_eq(lk_verdict_words(LK_VERDICT_PROBABLY_LIVE), "probably live");
}
