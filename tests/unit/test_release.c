/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/release.h"
#include "model/build.h"
#include "source/host/rights.h"
#include "source/procfs/procfs.h"

/* The real system calls, of which one fails. */
struct script {
	int pidfd_open, getfd, flock, fcntl, lease; /* -errno; 0: the real one */
	bool lies; /* unlocking says 0 and does nothing */
	bool wrong_file; /* getfd gives a descriptor of another file */
	bool close_hangs; /* closing a duplicate does not come back */
	int n_open, duplicate;
};

static int s_pidfd_open(void *arg, int pid, unsigned flags)
{
	struct script *s = arg;
	int fd = s->pidfd_open ? s->pidfd_open : lk_sys_real.pidfd_open(NULL, pid, flags);

	s->n_open += fd >= 0;
	return fd;
}

static int s_getfd(void *arg, int pidfd, int fd)
{
	struct script *s = arg;
	int got = s->getfd        ? s->getfd
		  : s->wrong_file ? open("/dev/null", O_RDONLY)
				  : lk_sys_real.pidfd_getfd(NULL, pidfd, fd);

	/* In the helper, and not seen here: it must be closed there. */
	s->n_open += got >= 0;
	s->duplicate = got;
	return got;
}

static int s_flock(void *arg, int fd, int op)
{
	struct script *s = arg;

	if (s->flock || s->lies)
		return s->flock;
	return lk_sys_real.flock(NULL, fd, op);
}

static int s_fcntl(void *arg, int fd, int cmd, struct flock *fl)
{
	struct script *s = arg;

	if (s->fcntl || s->lies)
		return s->fcntl;
	return lk_sys_real.fcntl_lock(NULL, fd, cmd, fl);
}

static int s_lease(void *arg, int fd, int type)
{
	struct script *s = arg;

	return s->lease ? s->lease : lk_sys_real.set_lease(NULL, fd, type);
}

static int s_close(void *arg, int fd)
{
	struct script *s = arg;

	while (s->close_hangs && fd == s->duplicate)
		pause();
	s->n_open--;
	return close(fd);
}

static struct lk_sys sys_of(struct script *s)
{
	return (struct lk_sys){ .arg = s,
				.pidfd_open = s_pidfd_open,
				.pidfd_getfd = s_getfd,
				.poll_exit = lk_sys_real.poll_exit,
				.flock = s_flock,
				.fcntl_lock = s_fcntl,
				.set_lease = s_lease,
				.close = s_close };
}

struct scene {
	char path[64];
	pid_t pid;
	struct lk_source *source;
	struct lk_snapshot *snap;
	const struct lk_lock *lock;
};

static void hold(enum lk_type type, const char *path, int ready)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	int rc = type == LK_TYPE_FLOCK   ? flock(fd, LOCK_EX)
		 : type == LK_TYPE_LEASE ? fcntl(fd, F_SETLEASE, F_WRLCK)
					 : fcntl(fd, F_OFD_SETLK, &l);

	if (rc < 0 || write(ready, "x", 1) != 1)
		_exit(1);
	close(ready);
	pause();
	_exit(0);
}

static struct scene scene(enum lk_type type)
{
	struct scene s = { .pid = -1 };
	struct lk_request request = { .needs = 0 };
	int ready[2];
	char c;

	snprintf(s.path, sizeof(s.path), "/tmp/lockscope-release-%d", (int)getpid());
	cr_assert_eq(pipe(ready), 0);
	s.pid = fork();
	cr_assert_geq(s.pid, 0);
	if (s.pid == 0)
		hold(type, s.path, ready[1]);
	close(ready[1]);
	cr_assert_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	cr_assert_eq(lk_procfs_new(NULL, &s.source, NULL), 0);
	cr_assert_eq(lk_snapshot_take(s.source, &request, &s.snap, NULL), 0);
	for (size_t i = 0; i < s.snap->n_locks; i++) {
		if (lk_lock_involves(&s.snap->locks[i], s.pid))
			s.lock = &s.snap->locks[i];
	}
	cr_assert_not_null(s.lock);
	return s;
}

static void scene_done(struct scene *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	lk_snapshot_free(s->snap);
	lk_source_free(s->source);
	unlink(s->path);
}

static bool is_locked(const struct scene *s)
{
	int fd = open(s->path, O_RDWR);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	bool locked = flock(fd, LOCK_EX | LOCK_NB) < 0 || fcntl(fd, F_OFD_GETLK, &l) < 0 || l.l_type != F_UNLCK;

	close(fd);
	return locked;
}

static int run(const struct scene *sc, struct script *s, enum lk_outcome *ret_outcome, struct lk_err *err)
{
	struct lk_sys sys = sys_of(s);
	struct lk_release r;
	int rc;

	lk_release_plan(&r, &sys, &lk_trace_real, sc->source, sc->snap, sc->lock, 0, NULL);
	rc = lk_action_execute(&r.action, err);
	*ret_outcome = r.action.outcome;
	lk_action_free(&r.action);
	cr_assert_eq(s->n_open, 0, "a descriptor was not closed");
	return rc;
}

static void expect(enum lk_type type, struct script s, int rc, enum lk_outcome outcome, bool locked, const char *words)
{
	struct scene sc = scene(type);
	struct lk_err err = { 0 };
	enum lk_outcome got;

	cr_assert_eq(run(&sc, &s, &got, &err), rc, "%s", lk_err_text(&err));
	cr_assert_eq(got, outcome, "%s: %s", words, lk_outcome_name(got));
	cr_assert(rc == 0 || strstr(lk_err_text(&err), words), "%s", lk_err_text(&err));
	if (type != LK_TYPE_LEASE)
		cr_assert_eq(is_locked(&sc), locked);
	lk_err_done(&err);
	scene_done(&sc);
}

Test(release, works)
{
	expect(LK_TYPE_FLOCK, (struct script){ 0 }, 0, LK_OUTCOME_DONE, false, "");
	expect(LK_TYPE_OFD, (struct script){ 0 }, 0, LK_OUTCOME_DONE, false, "");
	expect(LK_TYPE_LEASE, (struct script){ 0 }, 0, LK_OUTCOME_DONE, false, "");
}

Test(release, getfd_fails)
{
	expect(LK_TYPE_FLOCK, (struct script){ .getfd = -EPERM }, -EPERM, LK_OUTCOME_REFUSED, true,
	       lk_rights_advice(LK_RIGHT_ATTACH));
	expect(LK_TYPE_OFD, (struct script){ .getfd = -EBADF }, -ESTALE, LK_OUTCOME_REFUSED, true,
	       "changed since you looked");
	expect(LK_TYPE_OFD, (struct script){ .getfd = -ESRCH }, -ESTALE, LK_OUTCOME_REFUSED, true,
	       "changed since you looked");
	expect(LK_TYPE_FLOCK, (struct script){ .getfd = -EMFILE }, -EMFILE, LK_OUTCOME_NOT_DONE, true,
	       "cannot duplicate");
}

Test(release, unlocking_fails)
{
	expect(LK_TYPE_FLOCK, (struct script){ .flock = -EIO }, -EIO, LK_OUTCOME_NOT_DONE, true, "did not release");
	expect(LK_TYPE_OFD, (struct script){ .fcntl = -ENOLCK }, -ENOLCK, LK_OUTCOME_NOT_DONE, true, "did not release");
	expect(LK_TYPE_LEASE, (struct script){ .lease = -EACCES }, -EACCES, LK_OUTCOME_REFUSED, true,
	       lk_rights_advice(LK_RIGHT_LEASE));
}

/* A return code of 0 is no proof. */
Test(release, looks_again)
{
	expect(LK_TYPE_FLOCK, (struct script){ .lies = true }, 0, LK_OUTCOME_NOT_DONE, true, "");
	expect(LK_TYPE_OFD, (struct script){ .lies = true }, 0, LK_OUTCOME_NOT_DONE, true, "");
}

/* The number of the descriptor was given to another file after the check. */
Test(release, duplicate_of_another_file)
{
	expect(LK_TYPE_FLOCK, (struct script){ .wrong_file = true }, -ESTALE, LK_OUTCOME_REFUSED, true,
	       "changed since you looked");
	expect(LK_TYPE_OFD, (struct script){ .wrong_file = true }, -ESTALE, LK_OUTCOME_REFUSED, true,
	       "changed since you looked");
}

/* A file server is asked when the duplicate is closed, and does not answer. */
Test(release, closing_does_not_come_back)
{
	expect(LK_TYPE_FLOCK, (struct script){ .close_hangs = true }, 0, LK_OUTCOME_DONE, false, "");
}

static bool refuses(const struct lk_snapshot *snap, const struct lk_lock *l, int pid, const struct lk_range *range,
		    const char *words)
{
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_release r;
	bool found = false;

	lk_release_plan(&r, &sys, &lk_trace_real, NULL, snap, l, pid, range);
	cr_assert(r.action.refused);
	for (size_t i = 0; i < r.action.lines.n; i++)
		found = found || strstr(r.action.lines.v[i].text, words);
	lk_action_free(&r.action);
	return found;
}

Test(release, plan_cannot_pin)
{
	struct scene sc = scene(LK_TYPE_FLOCK);
	struct script script = { .pidfd_open = -EMFILE };
	struct lk_sys sys = sys_of(&script);
	struct lk_release r;

	lk_release_plan(&r, &sys, &lk_trace_real, sc.source, sc.snap, sc.lock, 0, NULL);
	cr_assert(r.action.refused && is_locked(&sc));
	lk_action_free(&r.action);
	scene_done(&sc);
}

Test(release, plan_refuses)
{
	struct scene sc = scene(LK_TYPE_FLOCK);
	struct lk_range part = { 0, 9 };
	struct lk_lock l = *sc.lock;

	cr_assert(refuses(sc.snap, &l, 0, &part, "no parts"));
	cr_assert(refuses(sc.snap, &l, 1, NULL, "does not hold this lock"));
	l.state = LK_STATE_WAITING;
	cr_assert(refuses(sc.snap, &l, 0, NULL, "a request"));
	l = *sc.lock;
	l.rec.type = LK_TYPE_DELEG;
	cr_assert(refuses(sc.snap, &l, 0, NULL, "delegation"));
	l = *sc.lock;
	l.how = LK_HOW_RECORDED;
	cr_assert(refuses(sc.snap, &l, 0, NULL, "proven"));
	scene_done(&sc);
}
