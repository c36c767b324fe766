/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "action/command.h"
#include "action/probe.h"

/* Locks that the scripted kernel knows; it answers with the last one that fits, as the real one may. */
struct script {
	int open[3]; /* results of successive calls: -errno, or 0 for the real one */
	int n_open, n_closed;
	int lock; /* -errno of fcntl and flock */
	struct lk_range locks[4];
	int n_locks, n_asked;
};

static int s_open(void *arg, int dirfd, const char *path, int flags, mode_t mode)
{
	struct script *s = arg;
	int i = s->n_open++;

	if (i < 3 && s->open[i])
		return s->open[i];
	return lk_sys_real.open_at(NULL, dirfd, path, flags, mode);
}

static int s_fcntl(void *arg, int fd __attribute__((unused)), int cmd, struct flock *fl)
{
	struct script *s = arg;
	int64_t end = fl->l_len ? fl->l_start + fl->l_len - 1 : LK_RANGE_EOF;

	s->n_asked++;
	if (s->lock || cmd != F_OFD_GETLK)
		return s->lock;
	for (int i = s->n_locks - 1; i >= 0; i--) {
		struct lk_range r = s->locks[i];

		if (!lk_range_overlaps(r, (struct lk_range){ fl->l_start, end }))
			continue;
		*fl = (struct flock){ .l_type = F_WRLCK,
				      .l_start = r.start,
				      .l_len = r.end == LK_RANGE_EOF ? 0 : r.end - r.start + 1,
				      .l_pid = i ? 77 : -1 };
		return 0;
	}
	fl->l_type = F_UNLCK;
	return 0;
}

static int s_flock(void *arg, int fd __attribute__((unused)), int op __attribute__((unused)))
{
	return ((struct script *)arg)->lock;
}

static int s_close(void *arg, int fd)
{
	((struct script *)arg)->n_closed++;
	return close(fd);
}

static struct lk_sys sys_of(struct script *s)
{
	return (struct lk_sys){
		.arg = s, .open_at = s_open, .fcntl_lock = s_fcntl, .flock = s_flock, .close = s_close
	};
}

static struct lk_fact_file fact_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return (struct lk_fact_file){ .local = LK_YES,
				      .has_stat = true,
				      .st_major = major(st.st_dev),
				      .st_minor = minor(st.st_dev),
				      .st_ino = st.st_ino };
}

static char *new_file(void)
{
	char *path = strdup("/tmp/lockscope-probe-XXXXXX");
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	return path;
}

Test(probe, asks_beside_what_was_found)
{
	struct script script = { .locks = { { 300, 309 }, { 100, 109 }, { 500, LK_RANGE_EOF } }, .n_locks = 3 };
	struct lk_sys sys = sys_of(&script);
	struct lk_probe_wish wish = { LK_TYPE_OFD, LK_MODE_WRITE, LK_RANGE_WHOLE };
	char *path = new_file();
	struct lk_fact_file fact = fact_of(path);
	lk_probe_list found = { 0 };
	struct lk_probe p;

	cr_assert_eq(lk_probe_pin(&p, &sys, path, &fact, NULL), 0);
	cr_assert_eq(script.n_open, 1);
	cr_assert_eq(lk_probe_ask(&p, &wish, &found, NULL), 0);
	cr_assert_eq(found.n, 3);
	cr_assert_eq(found.v[0].range.start, 100);
	cr_assert_eq(found.v[1].range.start, 300);
	cr_assert_eq(found.v[1].pid, 0);
	cr_assert_eq(found.v[2].range.end, LK_RANGE_EOF);
	cr_assert_eq(found.v[2].pid, 77);
	cr_assert_eq(p.fd, -1, "a lock that is taken next needs a description of its own");
	lk_vec_done(&found);
	lk_probe_done(&p);
	cr_assert_eq(script.n_closed, 2);
	unlink(path);
	free(path);
}

Test(probe, refuses_what_opening_could_hurt)
{
	struct lk_fact_file fact = { .local = LK_YES }, remote = { .local = LK_NO };
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_err err = { 0 };
	char *path = new_file();
	struct lk_probe p;

	cr_assert_eq(lk_probe_pin(&p, &sys, "/dev/null", &fact, &err), -EINVAL);
	lk_probe_done(&p);
	lk_err_done(&err);
	script.n_open = 0;
	cr_assert_eq(lk_probe_pin(&p, &sys, path, &remote, &err), -EOPNOTSUPP);
	cr_assert_eq(script.n_open, 0);
	lk_probe_done(&p);
	lk_err_done(&err);
	fact = fact_of("/");
	cr_assert_eq(lk_probe_pin(&p, &sys, path, &fact, &err), -ESTALE);
	cr_assert(strstr(lk_err_text(&err), "target changed"));
	lk_probe_done(&p);
	lk_err_done(&err);
	unlink(path);
	free(path);
}

Test(probe, every_call_may_fail)
{
	static const enum lk_type types[] = { LK_TYPE_POSIX, LK_TYPE_OFD, LK_TYPE_FLOCK };
	char *path = new_file();
	struct lk_fact_file fact = fact_of(path);
	struct script script = { .open = { -EACCES } };
	struct lk_sys sys = sys_of(&script);
	lk_probe_list found = { 0 };
	struct lk_err err = { 0 };
	struct lk_probe p;

	cr_assert_eq(lk_probe_pin(&p, &sys, path, &fact, &err), -EACCES);
	lk_probe_done(&p);
	lk_err_done(&err);
	for (size_t i = 0; i < 3; i++) {
		struct lk_probe_wish wish = { types[i], LK_MODE_WRITE, LK_RANGE_WHOLE };

		/* O_NOATIME is for owners; without it, it works. */
		script = (struct script){ .open = { 0, -EPERM, 0 } };
		cr_assert_eq(lk_probe_pin(&p, &sys, path, &fact, &err), 0);
		cr_assert_eq(lk_probe_take(&p, &wish, &err), 0);
		lk_probe_done(&p);
		script = (struct script){ .open = { 0, -EAGAIN } };
		cr_assert_eq(lk_probe_pin(&p, &sys, path, &fact, &err), 0);
		cr_assert_eq(lk_probe_take(&p, &wish, &err), -EAGAIN);
		cr_assert(strstr(lk_err_text(&err), "lease"), "%s", lk_err_text(&err));
		lk_probe_done(&p);
		lk_err_done(&err);
		script = (struct script){ .lock = -EACCES };
		cr_assert_eq(lk_probe_pin(&p, &sys, path, &fact, &err), 0);
		cr_assert_eq(lk_probe_try(&p, &wish, &err), -EAGAIN);
		lk_err_done(&err);
		script.lock = -ENOLCK;
		cr_assert_eq(lk_probe_try(&p, &wish, &err), -ENOLCK);
		cr_assert(strstr(lk_err_text(&err), "cannot be taken"));
		lk_err_done(&err);
		cr_assert_eq(p.fd, -1, "a try opens nothing here");
		cr_assert_eq(lk_probe_ask(&p, &wish, &found, &err), -ENOLCK);
		lk_probe_done(&p);
		lk_err_done(&err);
	}
	lk_vec_done(&found);
	unlink(path);
	free(path);
}

Test(probe, commands)
{
	char *const ok[] = { (char *)"sh", (char *)"-c", (char *)"exit 7", NULL };
	char *const killed[] = { (char *)"sh", (char *)"-c", (char *)"kill -9 $$", NULL };
	char *const none[] = { (char *)"/nonexistent/command", NULL };
	char *const no_program[] = { (char *)"/", NULL };
	int status = -1;

	cr_assert_eq(lk_command_run(ok, &status, NULL), 0);
	cr_assert_eq(status, 7);
	cr_assert_eq(lk_command_run(killed, &status, NULL), 0);
	cr_assert_eq(status, 128 + 9);
	cr_assert_eq(lk_command_run(none, &status, NULL), 0);
	cr_assert_eq(status, 127);
	cr_assert_eq(lk_command_run(no_program, &status, NULL), 0);
	cr_assert_eq(status, 126);
}
