/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm and mv: the check before the run, the run, and looking whether it had its effect. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "action/file_private.h"
#include "model/build.h"
#include "source/host/rights.h"

static int take_snapshot(struct file_action *f, struct lk_snapshot **ret, struct lk_err *err)
{
	struct lk_request req = { .timeout_ms = f->req.timeout_ms };
	int rc = lk_snapshot_take(f->base.source, &req, ret, err);

	return rc < 0 ? lk_err_set(err, rc, "cannot read the locks: %s", strerror(-rc)) : 0;
}

/* -- check -- */

static int check_users(struct file_action *f, const struct file_look *look, const struct file_place *p,
		       struct lk_err *err)
{
	struct file_users users = { 0 };
	int rc = p->fd >= 0 ? lk_file_users_find(look, p, &users, err) : 0;

	if (!rc && !f->req.even_if_used && lk_file_users_any(&users))
		rc = lk_err_set(err, -ESTALE, "target changed since you looked: %s is %s now: %s", p->path,
				users.n_locks ? "locked" : "in use", users.first ? users.first : "by somebody");
	else if (!rc && !f->req.even_if_unknown && users.unknown)
		rc = lk_err_set(err, -EAGAIN, "%s may be in use now, %s", p->path, users.unknown);
	lk_file_users_done(&users);
	return rc;
}

/* Nobody was in the way when the plan was made: is that still so? base.unknown is set if that cannot be found out. */
static int check_all_users(struct file_action *f, struct lk_err *err)
{
	struct file_look look = { .source = f->base.source, .timeout_ms = f->req.timeout_ms };
	struct lk_snapshot *snap = NULL;
	int rc = take_snapshot(f, &snap, err);

	look.snap = snap;
	if (!rc)
		rc = f->req.only_stale ? lk_file_judge_again(f, &look, err) : check_users(f, &look, &f->from, err);
	if (!rc && f->moves)
		rc = check_users(f, &look, &f->to, err);
	f->base.unknown = rc < 0 && rc != -ESTALE;
	if (snap)
		lk_snapshot_free(snap);
	return rc;
}

static int check_names(struct file_action *f, struct lk_err *err)
{
	int rc = f->moves ? lk_place_check(&f->to, f->base.sys, err) : 0;

	return rc ? rc : lk_place_check(&f->from, f->base.sys, err);
}

/* The names are checked first, so that users of another file are not searched for, and again afterwards: after a change that is seen
 * here no file has to be given back. */
int lk_file_check(struct lk_action *a, struct lk_err *err)
{
	struct file_action *f = (struct file_action *)a;
	int rc = check_names(f, err);

	if (!rc && !(f->req.even_if_used && f->req.even_if_unknown)) {
		rc = check_all_users(f, err);
		rc = rc ? rc : check_names(f, err);
	}
	if (!rc && f->req.only_stale) {
		rc = lk_stale_begin(f, err);
		a->unknown = rc < 0 && rc != -ESTALE;
	}
	return rc ? rc : lk_aside_open(&f->aside, a->sys, &f->from, f->req.by_existing, err);
}

/* -- run -- */

static const char *words_of(const struct file_action *f, int rc)
{
	switch (-rc) {
	case ESTALE:
		if (f->stale.why)
			return f->stale.why;
		if (f->aside.not_compared)
			return "it could not be made sure that it is still the same file, and it was left alone";
		return "target changed since you looked: it is another file now, and was left alone";
	case EXDEV:
		return "the file system cannot move it, or the new name is on another one; copy it and delete the old one";
	case EEXIST:
		return "the new name was taken meanwhile; nothing was overwritten";
	case EBUSY:
		return "the kernel uses it, most likely something is mounted on it";
	case EROFS:
		return "the file system is mounted read-only";
	case EACCES:
		return "you may not write to the directory; ";
	case EPERM:
		if (f->from.dir_st.stx_mode & S_ISVTX)
			return "the directory is sticky: only the owner of the file or of the directory, and root, may do this";
		return "the kernel does not allow it: the file or the directory may be immutable, append-only or a swap file";
	case EINVAL:
	case ENOSYS:
	case EOPNOTSUPP:
		return "a directory cannot be moved into itself, and this file system may not be able to rename without the risk of "
		       "hitting another file: then it is not done";
	default:
		return strerror(-rc);
	}
}

/* The pinned file is in the private directory: deletes it, or gives it its new name. */
static int finish(struct file_action *f)
{
	struct statx st;
	int rc;

	if (!f->moves) {
		rc = f->base.sys->stat_at(f->base.sys->arg, f->from.fd, "", AT_EMPTY_PATH, &st);
		f->n_names = st.stx_nlink;
		if (rc < 0)
			return rc;
		lk_stale_delete_along(f);
		return lk_aside_delete(&f->aside, false);
	}
	/* A file that the plan did not show is never overwritten, not even with --replace. */
	rc = lk_aside_move(&f->aside, &f->to, f->req.replace);
	if (rc < 0 || !f->req.replace || f->to.fd < 0)
		return rc;
	rc = lk_aside_delete(&f->aside, S_ISDIR(f->to.st.stx_mode));
	if (rc < 0)
		lk_aside_swap(&f->aside, &f->to, f->from.fd);
	return rc;
}

/* Allocates no memory: without memory the program ends, and the file would not be given back. */
static int carry_out(struct file_action *f)
{
	int taken = lk_aside_take(&f->aside), rc = taken;
	bool back;

	if (taken == 1 && f->req.only_stale && !lk_stale_holds(f))
		taken = 0;
	back = taken == 0;
	if (taken == 0)
		rc = -ESTALE;
	if (taken == 1) {
		rc = finish(f);
		back = lk_aside_has(&f->aside, f->from.fd);
		/* A file that could not be deleted is still there, even if it could not be compared. */
		back = back || (rc < 0 && !f->moves && f->aside.not_compared);
		if (back && rc >= 0)
			rc = -EIO; /* the file system reported success but did nothing */
	}
	if (back)
		f->back_rc = lk_aside_give_back(&f->aside);
	f->untouched = taken < 0 || (back && f->back_rc >= 0);
	f->remove_rc = lk_aside_remove(&f->aside);
	return rc;
}

/* All signals are blocked, so that only SIGKILL can end the program between taking the file and giving it back. */
int lk_file_run(struct lk_action *a, struct lk_err *err)
{
	struct file_action *f = (struct file_action *)a;
	const char *remedy;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	f->run_rc = carry_out(f);
	lk_stale_end(f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (f->run_rc >= 0)
		return 0;
	remedy = f->run_rc == -EACCES ? lk_rights_advice(LK_RIGHT_WRITE) : "";
	if (f->moves)
		return lk_err_set(err, f->run_rc, "cannot rename %s to %s: %s%s", f->from.path, f->to.path,
				  words_of(f, f->run_rc), remedy);
	return lk_err_set(err, f->run_rc, "cannot delete %s: %s%s", f->from.path, words_of(f, f->run_rc), remedy);
}

/* -- verify -- */

static void conclude(struct file_action *f, enum lk_outcome outcome, const char *path, const char *words)
{
	f->base.outcome = outcome;
	lk_action_say(&f->base, LK_LINE_RESULT, "%s %s", path, words);
}

static const char *why_not_back(int rc)
{
	switch (-rc) {
	case 0: /* it is another file than the one that was taken */
	case EEXIST:
		return "somebody has made a new file of that name";
	case EBUSY:
		return "somebody puts others there all the time";
	default:
		return strerror(-rc);
	}
}

static void say_left_over(struct file_action *f)
{
	bool is_it = lk_aside_has(&f->aside, f->from.fd);

	if (f->remove_rc != -ENOTEMPTY) {
		lk_action_say(&f->base, LK_LINE_RESULT, "The empty directory %s%s could not be removed: %s",
			      f->from.dir, f->aside.dir, strerror(-f->remove_rc));
		return;
	}
	f->base.outcome = LK_OUTCOME_PARTLY;
	lk_action_say(&f->base, LK_LINE_RESULT, "%s could not be put back under the name %s (%s): it is kept as %s",
		      is_it ? "The file" : "Another file, which had the name meanwhile,", f->from.path,
		      why_not_back(f->back_rc), f->aside.path);
}

/* Was nothing changed because the name led to another file, or the file system cannot do it without a risk? */
static bool is_refusal(const struct file_action *f)
{
	static const int codes[] = { ESTALE, ENOENT, EEXIST, EINVAL, ENOSYS, EOPNOTSUPP };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (f->run_rc == -codes[i])
			return f->untouched;
	}
	return false;
}

static void look_at_old_name(struct file_action *f)
{
	int old = lk_place_look(&f->from, f->base.sys);

	if (f->run_rc >= 0 && old == 0)
		lk_action_say(&f->base, LK_LINE_RESULT,
			      "%s was there again at once: somebody made a new file of that name.", f->from.path);
	if (f->run_rc >= 0)
		return;
	if (old == 1)
		conclude(f, LK_OUTCOME_NOT_DONE, f->from.path, "is still there; nothing was changed.");
	else if (old < 0 && old != -ENOENT)
		conclude(f, LK_OUTCOME_UNKNOWN, f->from.path,
			 "cannot be looked at any more; whether it is gone is not known.");
	else
		conclude(f, LK_OUTCOME_NOT_DONE, f->from.path,
			 old == -ENOENT ? "is not there any more, but somebody else did that."
					: "is another file now, and was left alone.");
}

/* Looks at the pinned file itself, because its name may lead to another file by now. */
static void look_at_file(struct file_action *f)
{
	struct statx st;
	int rc = f->base.sys->stat_at(f->base.sys->arg, f->from.fd, "", AT_EMPTY_PATH, &st);

	if (rc < 0)
		conclude(f, LK_OUTCOME_UNKNOWN, f->from.path,
			 "cannot be looked at any more; whether it is deleted is not known.");
	else if (st.stx_nlink >= f->n_names)
		conclude(f, LK_OUTCOME_UNKNOWN, f->from.path,
			 "has as many names as before: it was not deleted, or somebody gave it another name at once.");
	else
		conclude(f, LK_OUTCOME_DONE, f->from.path, "is deleted.");
}

static void look_at_new_name(struct file_action *f)
{
	struct file_place moved = f->to;
	int now;

	/* The file that was pinned under the old name must have the new name. */
	moved.fd = f->from.fd;
	now = lk_place_look(&moved, f->base.sys);
	f->base.outcome = LK_OUTCOME_DONE;
	if (now == 1)
		lk_action_say(&f->base, LK_LINE_RESULT, "%s is %s now.", f->from.path, f->to.path);
	else
		conclude(f, now == 0 || now == -ENOENT ? LK_OUTCOME_NOT_DONE : LK_OUTCOME_UNKNOWN, f->to.path,
			 now == 0         ? "is another file: somebody replaced it at once."
			 : now == -ENOENT ? "is not there: somebody moved it away at once."
					  : "cannot be looked at; whether the file has this name now is not known.");
}

/* Says how many locks are still held on the file; as long as they are, the file lives on. */
static void count_locks(struct file_action *f)
{
	struct lk_err err = { 0 };
	struct lk_snapshot *snap = NULL;
	const struct statx *st = &f->from.st;
	size_t n = 0;
	int rc = take_snapshot(f, &snap, &err);

	for (size_t i = 0; !rc && i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		n += !lk_lock_is_waiting(l) && l->file->has_stat && l->file->st_ino == st->stx_ino &&
		     l->file->st_major == st->stx_dev_major && l->file->st_minor == st->stx_dev_minor;
	}
	if (snap)
		lk_snapshot_free(snap);
	lk_err_done(&err);
	if (!rc && n)
		lk_action_say(&f->base, LK_LINE_RESULT, "%zu %s still held on the file, %s.", n,
			      n == 1 ? "lock is" : "locks are",
			      f->moves ? "under its new name" : "which this name does not lead to any more");
}

int lk_file_verify(struct lk_action *a, struct lk_err *err __attribute__((unused)))
{
	struct file_action *f = (struct file_action *)a;

	if (is_refusal(f)) {
		a->outcome = LK_OUTCOME_REFUSED;
		return 0;
	}
	if (f->run_rc >= 0)
		f->moves ? look_at_new_name(f) : look_at_file(f);
	look_at_old_name(f);
	lk_stale_report(f);
	if (a->outcome == LK_OUTCOME_DONE && f->n_held)
		count_locks(f);
	if (f->remove_rc < 0)
		say_left_over(f);
	return 0;
}
