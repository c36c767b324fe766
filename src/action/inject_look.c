/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says about a thread that is traced, and about its process. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "action/inject_private.h"
#include "action/look.h"
#include "record/parse.h"
#include "source/host/procroot.h"

#define TEXT_MIN ((size_t)64 << 10)
#define TEXT_MAX ((size_t)64 << 20) /* every lock on a descriptor is a line of its fdinfo file */

int lk_tracee_fail(struct lk_tracee *t, int rc, enum lk_inject_why why, int64_t number)
{
	if (rc == -ESRCH || rc == -ECHILD) {
		rc = -ESRCH;
		why = LK_INJECT_ENDED;
	}
	if (t->answer.rc == 0)
		t->answer = (struct lk_inject_answer){ .rc = rc, .why = why, .number = number };
	return rc;
}

/* Makes t->text at least so large; -EFBIG if that is too much, or not allowed because the thread is held. read_task() asks for twice the
 * length of what it has read, so that a file that has grown still fits while the thread is held. */
static int make_room(struct lk_tracee *t, size_t size)
{
	if (t->text.cap >= size)
		return 0;
	if (t->held || size > 2 * TEXT_MAX)
		return -EFBIG;
	lk_vec_reserve(&t->text.v, &t->text.cap, 0, size, 1);
	return 0;
}

/* Reads a file of the thread tid, or with tid 0 of the process, into t->text. 0 or -errno. */
static int read_task(struct lk_tracee *t, int tid, const char *name)
{
	int rc = make_room(t, TEXT_MIN);

	while (rc == 0) {
		ssize_t n = t->trace->read_task(t->trace->arg, t->job->pid, tid, name, t->text.v, t->text.cap);

		if (n >= 0) {
			t->text.n = (size_t)n;
			return t->held ? 0 : make_room(t, 2 * t->text.n);
		}
		rc = n == -EFBIG ? make_room(t, 2 * t->text.cap) : (int)n;
	}
	return rc;
}

/* Called while a thread is stopped: only from then on the number is sure to stay with its process. */
int lk_tracee_check_process(struct lk_tracee *t)
{
	struct lk_stat now = { 0 };
	int rc;

	if (!t->job->start_ticks)
		return 0;
	rc = read_task(t, 0, "stat");
	if (rc == 0)
		rc = lk_parse_stat(t->text.v, t->text.n, &now);
	if (rc < 0)
		return lk_tracee_fail(t, rc == -ENOENT ? -ESRCH : rc, LK_INJECT_NOT_SEEN, 0);
	return now.start_ticks == t->job->start_ticks ? 0 : lk_tracee_fail(t, -ESTALE, LK_INJECT_OTHER_PROCESS, 0);
}

static int is_that_lock(void *arg, const struct lk_record *now, const char *line __attribute__((unused)),
			size_t n __attribute__((unused)))
{
	const struct lk_inject *job = arg;

	return now->type == job->rec.type && lk_key_equal(&now->key, &job->rec.key) && now->mode == job->rec.mode &&
	       lk_range_overlaps(now->range, job->range);
}

int lk_tracee_check_lock(struct lk_tracee *t)
{
	struct lk_proc_name name = lk_procroot_name("fdinfo/%d", t->job->fd);
	struct lk_inject job = *t->job;
	struct lk_fdinfo info;
	int rc = read_task(t, t->tid, name.s);

	if (rc == 0)
		rc = lk_parse_fdinfo(t->text.v, t->text.n, &info, is_that_lock, &job) == 1 ? 0 : -ENOENT;
	if (rc == -ENOENT)
		return lk_tracee_fail(t, -ESTALE, LK_INJECT_LOCK_GONE, 0);
	return rc < 0 ? lk_tracee_fail(t, rc, LK_INJECT_NOT_SEEN, 0) : 0;
}

int lk_tracee_status(struct lk_tracee *t, const char *word, uint64_t *ret)
{
	int rc = read_task(t, t->tid, "status");

	*ret = rc == 0 ? lk_look_number(&t->text, word, 10) : 0;
	return rc;
}

static uint64_t bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

int lk_tracee_signals(struct lk_tracee *t, struct lk_tracee_signals *ret)
{
	uint64_t harmless = bit(SIGCHLD) | bit(SIGCONT) | bit(SIGURG) | bit(SIGWINCH), caught;
	int rc = read_task(t, t->tid, "status");

	if (rc < 0)
		return rc;
	caught = lk_look_number(&t->text, "\nSigCgt:\t", 16);
	ret->pending = lk_look_number(&t->text, "\nSigPnd:\t", 16) | lk_look_number(&t->text, "\nShdPnd:\t", 16);
	ret->blocked = lk_look_number(&t->text, "\nSigBlk:\t", 16);
	ret->ignored = lk_look_number(&t->text, "\nSigIgn:\t", 16) | (harmless & ~caught);
	return 0;
}
