/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm of a stale lock file, in a real directory, with something done to it just before a certain system call. Nobody uses it, as far as a
 * source is asked: what happens meanwhile must be seen by the calls themselves. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/file.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "model/build.h"
#include "source/uses.h"

#define HOST "here"

enum call { NEVER, OPEN, LEASE, LOOK_AT_LEASE, RENAME, UNLINK, PIDFD };

/* A temporary directory with a lock file in it, and what is done to it before the nth call of a kind. */
static struct world {
	char dir[64], outside[80];
	const char *name;
	char text[80]; /* what is written in it */
	enum call call;
	int nth;
	void (*act)(void);
	int n_open, kept_fd;
	bool owner_is_back, contended, taken, unreachable;
	uint64_t claimed; /* inode of a lock that somebody took */
	int looks; /* at who has it open */
} w;

static char *in(const char *name)
{
	return lk_printf("%s/%s", w.dir, name);
}

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_ino;
}

static uint64_t inode_now(void)
{
	lk_auto_mem char *path = in(w.name);

	return inode_of(path);
}

static void put(const char *path, int flags, const char *text)
{
	int fd = open(path, flags | O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* -- what happens meanwhile -- */

static void claim(void)
{
	w.claimed = inode_now();
}

static void open_it(void)
{
	lk_auto_mem char *path = in(w.name);

	w.kept_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static void rewrite(void)
{
	lk_auto_mem char *path = in(w.name);

	put(path, O_TRUNC, "1\n");
}

/* The same length, and the time as before. */
static void forge(void)
{
	lk_auto_mem char *path = in(w.name);
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	put(path, 0, "1");
	cr_assert_eq(utimensat(AT_FDCWD, path, (struct timespec[]){ st.st_atim, st.st_mtim }, 0), 0);
}

static void replace(void)
{
	lk_auto_mem char *path = in(w.name), *other = in("other");

	put(other, O_CREAT, w.text);
	cr_assert_eq(rename(other, path), 0);
	claim();
}

static void take_over(void)
{
	lk_auto_mem char *path = in(w.name);

	cr_assert_eq(unlink(path), 0);
	put(path, O_CREAT | O_EXCL, w.text);
	claim();
}

static void delete_it(void)
{
	lk_auto_mem char *path = in(w.name);

	cr_assert_eq(unlink(path), 0);
}

static void owner_back(void)
{
	w.owner_is_back = true;
}

/* The directory becomes a link to one where there is another file of that name. */
static void swap_dir(void)
{
	lk_auto_mem char *away = lk_printf("%s.away", w.dir);

	cr_assert_eq(rename(w.dir, away), 0);
	cr_assert_eq(symlink(w.outside, w.dir), 0);
}

static void swap_dir_back(void)
{
	lk_auto_mem char *away = lk_printf("%s.away", w.dir);

	if (access(away, F_OK) < 0)
		return;
	cr_assert_eq(unlink(w.dir), 0);
	cr_assert_eq(rename(away, w.dir), 0);
}

/* -- the calls -- */

static void before(enum call call)
{
	lk_auto_mem char *path = in(w.name);

	if (w.contended && symlink("me", path) == 0) {
		w.taken = true;
		claim();
	}
	if (w.call == call && --w.nth == 0)
		w.act();
}

static int s_open(void *arg, int dirfd, const char *path, int flags, mode_t mode)
{
	int rc;

	if (!(flags & O_PATH))
		before(OPEN);
	rc = lk_sys_real.open_at(arg, dirfd, path, flags, mode);
	w.n_open += rc >= 0;
	return rc;
}

static int s_open_no_links(void *arg, const char *path, int flags)
{
	int rc = lk_sys_real.open_no_links(arg, path, flags);

	w.n_open += rc >= 0;
	return rc;
}

static int s_close(void *arg, int fd)
{
	w.n_open--;
	return lk_sys_real.close(arg, fd);
}

static int s_set_lease(void *arg, int fd, int type)
{
	before(LEASE);
	return lk_sys_real.set_lease(arg, fd, type);
}

static int s_get_lease(void *arg, int fd)
{
	before(LOOK_AT_LEASE);
	return lk_sys_real.get_lease(arg, fd);
}

static int s_rename(void *arg, int olddir, const char *old, int newdir, const char *new_name, unsigned flags)
{
	before(RENAME);
	return lk_sys_real.rename_at2(arg, olddir, old, newdir, new_name, flags);
}

static int s_unlink(void *arg, int dirfd, const char *name, int flags)
{
	before(UNLINK);
	return lk_sys_real.unlink_at(arg, dirfd, name, flags);
}

static int s_pidfd_open(void *arg, int pid, unsigned flags)
{
	int rc;

	before(PIDFD);
	rc = lk_sys_real.pidfd_open(arg, w.owner_is_back ? getpid() : pid, flags);
	w.n_open += rc >= 0;
	return rc;
}

static struct lk_sys make_sys(void)
{
	struct lk_sys sys = lk_sys_real;

	sys.open_at = s_open;
	sys.open_no_links = s_open_no_links;
	sys.close = s_close;
	sys.set_lease = s_set_lease;
	sys.get_lease = s_get_lease;
	sys.rename_at2 = s_rename;
	sys.unlink_at = s_unlink;
	sys.pidfd_open = s_pidfd_open;
	sys.log = NULL;
	return sys;
}

/* -- the machine -- */

static int fake_scan(struct lk_source *s __attribute__((unused)), const struct lk_request *req __attribute__((unused)),
		     const struct lk_sink *sink, struct lk_err *err __attribute__((unused)))
{
	struct lk_fact_host host = { .scanner = "test",
				     .host = HOST,
				     .boot_id = "b",
				     .initial_pidns = true,
				     .has_locks_file = true,
				     .live = true };

	lk_sink_host(sink, &host);
	return lk_sink_end(sink, &(struct lk_fact_end){ .stable = true, .n_procs = 1 });
}

/* The way without links, as a source shows it; valid until the next call. */
static const char *real_path(const char *path)
{
	static char *kept;
	const char *name = strrchr(path, '/');
	lk_auto_mem char *dir = lk_strndup(path, (size_t)(name - path)), *real = realpath(dir, NULL);

	free(kept);
	kept = lk_printf("%s%s", real ? real : dir, name);
	return kept;
}

static int fake_resolve(struct lk_source *s __attribute__((unused)), const char *path,
			bool follow __attribute__((unused)), struct lk_fact_file *ret, struct lk_err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return lk_err_set(err, -errno, "%s", path);
	*ret = (struct lk_fact_file){ .key = { major(st.st_dev), minor(st.st_dev), st.st_ino, false },
				      .local = LK_YES,
				      .has_stat = true,
				      .st_major = major(st.st_dev),
				      .st_minor = minor(st.st_dev),
				      .st_ino = st.st_ino,
				      .mode = st.st_mode,
				      .path = real_path(path),
				      .unreachable = w.unreachable ? LK_YES : LK_NO };
	return 0;
}

static int fake_resolve_all(struct lk_source *s, const char *const *paths, size_t n, lk_resolve_cb cb, void *arg,
			    struct lk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		struct lk_fact_file file;
		int one = fake_resolve(s, paths[i], false, &file, err);

		lk_err_done(err);
		rc = cb(arg, i, one, &file);
	}
	return rc;
}

static int fake_uses(struct lk_source *s __attribute__((unused)),
		     const struct lk_uses_request *req __attribute__((unused)), struct lk_uses *ret,
		     struct lk_err *err __attribute__((unused)))
{
	ret->n_procs = 1;
	lk_uses_finish(ret);
	w.looks++;
	return 0;
}

static const struct lk_source_ops ops = {
	.scan = fake_scan, .resolve = fake_resolve, .resolve_all = fake_resolve_all, .uses = fake_uses
};
static struct lk_source source = { .ops = &ops };

/* -- one run -- */

static int dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	cr_assert(pid > 0 && waitpid(pid, NULL, 0) == pid);
	return pid;
}

static void begin(const char *name, bool is_link)
{
	lk_auto_mem char *path = NULL, *same = NULL;

	w = (struct world){ .dir = "/tmp/lockscope-stale-XXXXXX", .name = name, .kept_fd = -1 };
	cr_assert_not_null(mkdtemp(w.dir));
	snprintf(w.outside, sizeof(w.outside), "%s.outside", w.dir);
	cr_assert_eq(mkdir(w.outside, 0700), 0);
	snprintf(w.text, sizeof(w.text), is_link ? HOST "-%d" : "%d\n", dead_pid());
	path = in(name);
	same = lk_printf("%s/%s", w.outside, name);
	if (is_link)
		cr_assert(symlink(w.text, path) == 0 && symlink(w.text, same) == 0);
	put(path, O_CREAT, w.text);
	put(same, O_CREAT, w.text);
}

static int remove_entry(void *arg __attribute__((unused)), int dirfd, const char *name)
{
	return unlinkat(dirfd, name, 0) < 0 ? unlinkat(dirfd, name, AT_REMOVEDIR) : 0;
}

static void remove_dir(const char *dir)
{
	lk_io_each_entry(AT_FDCWD, dir, remove_entry, NULL);
	cr_assert_eq(rmdir(dir), 0);
}

static void end(void)
{
	if (w.kept_fd >= 0)
		close(w.kept_fd);
	remove_dir(w.dir);
	remove_dir(w.outside);
}

struct result {
	int plan_rc, rc;
	bool refused, unknown;
	enum lk_outcome outcome;
	char words[8192];
};

static void add_words(struct result *r, const char *text)
{
	size_t n = strlen(r->words);

	snprintf(r->words + n, sizeof(r->words) - n, "%s\n", text ? text : "");
}

static struct result run_request(struct lk_file_request req)
{
	static const struct lk_file_ways ways = { "force it", "do not ask", "give --replace" };
	struct lk_sys sys = make_sys();
	struct lk_action *a = NULL;
	struct lk_snapshot *snap = NULL;
	struct lk_err err = { 0 };
	struct result r = { .rc = -1 };

	cr_assert_eq(lk_snapshot_take(&source, &(struct lk_request){ 0 }, &snap, &err), 0);
	req.ways = &ways;
	r.plan_rc = lk_file_plan(&sys, &source, snap, &req, &a, &err);
	lk_snapshot_free(snap);
	if (a) {
		r.refused = a->refused;
		r.rc = lk_action_execute(a, &err);
		r.outcome = a->outcome;
		r.unknown = a->unknown;
		for (size_t i = 0; i < a->lines.n; i++)
			add_words(&r, a->lines.v[i].text);
	}
	add_words(&r, err.text);
	lk_err_done(&err);
	lk_file_free(a);
	cr_assert_eq(w.n_open, 0, "descriptors are left open");
	return r;
}

/* No consent changes what is deleted. */
static struct result run(const char *path)
{
	return run_request((struct lk_file_request){
		.path = path, .only_stale = true, .even_if_used = true, .even_if_unknown = true });
}

static struct result run_here(void)
{
	lk_auto_mem char *path = in(w.name);

	return run(path);
}

static int on_entry(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	size_t *n = arg;

	*n += strncmp(name, ".lockscope-", 11) == 0;
	return 0;
}

static size_t n_private(void)
{
	size_t n = 0;

	lk_io_each_entry(AT_FDCWD, w.dir, on_entry, &n);
	return n;
}

static bool is_outside_untouched(void)
{
	lk_auto_mem char *same = lk_printf("%s/%s", w.outside, w.name);

	return inode_of(same) != 0;
}

/* -- tests -- */

Test(file_stale, deleted)
{
	static const struct {
		const char *name;
		bool is_link;
	} cases[] = { { "a.pid", false }, { "passwd.lock", false }, { "SingletonLock", true } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct result r;

		begin(cases[i].name, cases[i].is_link);
		r = run_here();
		cr_assert(r.rc == 0 && r.outcome == LK_OUTCOME_DONE && !inode_now(), "%s: %s", cases[i].name, r.words);
		cr_assert(n_private() == 0 && is_outside_untouched());
		end();
	}
}

Test(file_stale, what_belongs_to_it)
{
	lk_auto_mem char *socket = NULL, *cookie = NULL, *other = NULL;
	struct result r;

	begin("SingletonLock", true);
	socket = in("SingletonSocket");
	cookie = in("SingletonCookie");
	other = in("Preferences");
	cr_assert(symlink("/nowhere", socket) == 0 && symlink("1", cookie) == 0);
	put(other, O_CREAT, "x");
	r = run_here();
	cr_assert(r.outcome == LK_OUTCOME_DONE && strstr(r.words, "SingletonSocket is deleted, too"), "%s", r.words);
	cr_assert(!inode_of(socket) && !inode_of(cookie) && inode_of(other));
	end();
}

/* What is not of a kind that is deleted when stale stays, whatever the consents say. */
Test(file_stale, refused)
{
	static const struct {
		const char *name, *text, *words;
		bool unknown;
	} cases[] = {
		{ "plain", "1\n", "not known to be a lock file", false },
		{ "Cargo.lock", "1\n", "not to be deleted", false },
		{ ".parentlock", "", "not to be deleted", false },
		{ "postmaster.pid", NULL, "pg_ctl", false },
		{ "a.pid", "?", "not proven to be stale", true },
		{ "index.lock", "", "not proven to be stale", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		lk_auto_mem char *path = NULL;
		struct result r;

		begin(cases[i].name, false);
		path = in(w.name);
		if (cases[i].text)
			put(path, O_TRUNC, cases[i].text);
		r = run_here();
		cr_assert(r.refused && r.rc == -EPERM && r.unknown == cases[i].unknown && inode_now(), "%s: %s",
			  cases[i].name, r.words);
		cr_assert(strstr(r.words, cases[i].words), "%s: %s", cases[i].name, r.words);
		end();
	}
}

/* What cannot be looked at is not known to be no lock file. */
Test(file_stale, not_looked_at)
{
	for (int i = 0; i < 3; i++) {
		struct lk_file_request req = { .only_stale = i == 0, .even_if_unknown = i == 2 };
		lk_auto_mem char *path = NULL;
		struct result r;

		begin("plain", false);
		req.path = path = in(w.name);
		w.unreachable = true;
		r = run_request(req);
		cr_assert_eq(r.outcome, i == 2 ? LK_OUTCOME_DONE : LK_OUTCOME_REFUSED, "%d: %s", i, r.words);
		cr_assert(r.unknown == (i < 2) && strstr(r.words, "is not known: its path"), "%d: %s", i, r.words);
		end();
	}
}

Test(file_stale, changed_at_the_last_moment)
{
	static const struct {
		const char *name;
		bool is_link;
		enum call call;
		int nth;
		void (*act)(void);
		const char *words;
	} cases[] = {
		{ "a.pid", false, OPEN, 1, open_it, "somebody has opened" },
		{ "a.pid", false, LEASE, 1, open_it, "somebody has opened" },
		{ "a.pid", false, OPEN, 1, rewrite, "has been changed" },
		{ "a.pid", false, OPEN, 1, forge, "has been changed" },
		{ "a.pid", false, LEASE, 1, forge, "has been changed" },
		{ "a.pid", false, RENAME, 1, open_it, "opened it at the last moment" },
		{ "a.pid", false, RENAME, 1, rewrite, "opened it at the last moment" },
		{ "a.pid", false, RENAME, 1, replace, "another file now" },
		{ "a.pid", false, RENAME, 1, take_over, "another file now" },
		{ "a.pid", false, RENAME, 1, delete_it, "No such file" },
		{ "a.pid", false, OPEN, 1, replace, "has been changed" },
		{ "a.pid", false, PIDFD, 2, owner_back, "a process has the number" },
		{ "passwd.lock", false, RENAME, 1, open_it, "opened it at the last moment" },
		{ "passwd.lock", false, RENAME, 1, replace, "another file now" },
		{ "passwd.lock", false, RENAME, 1, take_over, "another file now" },
		{ "passwd.lock", false, PIDFD, 2, owner_back, "a process has the number" },
		{ "SingletonLock", true, RENAME, 1, replace, "another file now" },
		{ "SingletonLock", true, RENAME, 1, take_over, "another file now" },
		{ "SingletonLock", true, PIDFD, 2, owner_back, "a process has the number" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t was;
		struct result r;

		begin(cases[i].name, cases[i].is_link);
		was = inode_now();
		w.call = cases[i].call;
		w.nth = cases[i].nth;
		w.act = cases[i].act;
		r = run_here();
		cr_assert_leq(w.nth, 0, "%zu: that call was not made", i);
		cr_assert(r.rc < 0 && (r.outcome == LK_OUTCOME_REFUSED), "%zu: %d: %s", i, (int)r.outcome, r.words);
		cr_assert(strstr(r.words, cases[i].words), "%zu: %s", i, r.words);
		cr_assert_eq(inode_now(), w.act == delete_it ? 0 : w.claimed ? w.claimed : was, "%zu", i);
		cr_assert(n_private() == 0, "%zu", i);
		end();
	}
}

/* Its old owner's directory is what is acted on, whatever its name leads to by now. */
Test(file_stale, directory_swapped)
{
	static const struct {
		enum call call;
		int nth;
	} cases[] = { { PIDFD, 1 }, { OPEN, 1 }, { LEASE, 1 }, { RENAME, 1 }, { PIDFD, 2 }, { UNLINK, 1 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct result r;

		begin("a.pid", false);
		w.call = cases[i].call;
		w.nth = cases[i].nth;
		w.act = swap_dir;
		r = run_here();
		cr_assert_leq(w.nth, 0, "%zu: that call was not made", i);
		cr_assert(is_outside_untouched(), "%zu: %s", i, r.words);
		swap_dir_back();
		cr_assert_eq(inode_now() == 0, r.outcome == LK_OUTCOME_DONE, "%zu: %s", i, r.words);
		end();
	}
}

/* Somebody tries to take the lock before each call: it is not to be had before the stale one is gone, and whoever has it keeps it. */
Test(file_stale, name_stays_taken)
{
	for (int i = 0; i < 2; i++) {
		struct result r;

		begin(i ? "SingletonLock" : "passwd.lock", i);
		w.contended = true;
		r = run_here();
		cr_assert_eq(r.outcome, LK_OUTCOME_DONE, "%s", r.words);
		cr_assert_eq(inode_now(), w.claimed, "whoever took the lock has lost it");
		end();
		begin(i ? "SingletonLock" : "passwd.lock", i);
		w.contended = true;
		w.call = RENAME;
		w.nth = 1;
		w.act = replace;
		r = run_here();
		cr_assert(r.outcome == LK_OUTCOME_REFUSED && !w.taken, "%s", r.words);
		cr_assert_eq(inode_now(), w.claimed);
		end();
	}
}

/* A link on the way is followed only if root or the caller has made it. */
Test(file_stale, links_on_the_way)
{
	for (int other = 0; other < 2; other++) {
		lk_auto_mem char *way = NULL, *path = NULL;
		struct result r;

		if (other && geteuid())
			break;
		begin("a.pid", false);
		way = lk_printf("%s.way", w.dir);
		path = lk_printf("%s/./a.pid", way);
		cr_assert_eq(symlink(strrchr(w.dir, '/') + 1, way), 0);
		if (other)
			cr_assert_eq(lchown(way, 65534, 65534), 0);
		r = run(path);
		cr_assert_eq(unlink(way), 0);
		if (other)
			cr_assert(r.plan_rc == -ELOOP && inode_now() && strstr(r.words, "that user 65534 has made"),
				  "%s", r.words);
		else
			cr_assert(r.outcome == LK_OUTCOME_DONE && !inode_now(), "%s", r.words);
		end();
	}
}
