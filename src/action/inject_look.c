/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "action/inject_private.h"
#include "base/text.h"
#include "record/parse.h"
#include "source/procroot.h"

/* Only once a thread of it is stopped does the number surely stay with its process. */
int lk_tracee_check_process(const struct lk_tracee *t, struct lk_err *err)
{
	const struct lk_inject *job = t->job;
	struct lk_stat now = { 0 };
	lk_buf b = { 0 };
	int rc;

	if (!job->start_ticks)
		return 0;
	rc = t->trace->read_task(t->trace->arg, job->pid, 0, "stat", &b);
	if (rc == 0)
		rc = lk_parse_stat(b.v, b.n, &now);
	lk_vec_done(&b);
	if (rc < 0)
		return lk_err_set(err, rc == -ENOENT ? -ESRCH : rc,
				  "cannot see whether process %d is still the same: %s", job->pid, strerror(-rc));
	if (now.start_ticks == job->start_ticks)
		return 0;
	return lk_err_set(err, -ESTALE, "target changed since you looked: number %d belongs to another process by now",
			  job->pid);
}

static int is_that_lock(void *arg, const struct lk_record *now, const char *line __attribute__((unused)),
			size_t n __attribute__((unused)))
{
	const struct lk_inject *job = arg;

	return now->type == job->rec.type && lk_key_equal(&now->key, &job->rec.key) && now->mode == job->rec.mode &&
	       lk_range_overlaps(now->range, job->range);
}

int lk_tracee_check_lock(const struct lk_tracee *t, struct lk_err *err)
{
	struct lk_proc_name name = lk_procroot_name("fdinfo/%d", t->job->fd);
	struct lk_inject job = *t->job;
	struct lk_fdinfo info;
	lk_buf b = { 0 };
	int rc = t->trace->read_task(t->trace->arg, job.pid, t->tid, name.s, &b);

	if (rc == 0)
		rc = lk_parse_fdinfo(b.v, b.n, &info, is_that_lock, &job) == 1 ? 0 : -ENOENT;
	lk_vec_done(&b);
	if (rc == -ENOENT)
		return lk_err_set(
			err, -ESTALE,
			"target changed since you looked: the lock is no longer on descriptor %d of process %d", job.fd,
			job.pid);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot see whether process %d still has the lock: %s", job.pid,
				  strerror(-rc));
	return 0;
}

static uint64_t number_behind(const lk_buf *b, const char *word, unsigned base)
{
	const char *p = memmem(b->v, b->n, word, strlen(word)), *end;
	uint64_t number = 0;

	if (!p)
		return 0;
	p += strlen(word);
	end = memchr(p, '\n', (size_t)(b->v + b->n - p));
	if (!end || lk_text_u64(p, (size_t)(end - p), base, &number) < 0)
		return 0;
	return number;
}

uint64_t lk_tracee_status(const struct lk_trace *trace, int pid, int tid, const char *word, unsigned base)
{
	lk_buf b = { 0 };
	uint64_t number = 0;

	if (trace->read_task(trace->arg, pid, tid, "status", &b) == 0)
		number = number_behind(&b, word, base);
	lk_vec_done(&b);
	return number;
}

static uint64_t bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

int lk_tracee_signals(const struct lk_tracee *t, struct lk_tracee_signals *ret)
{
	uint64_t harmless = bit(SIGCHLD) | bit(SIGCONT) | bit(SIGURG) | bit(SIGWINCH);
	lk_buf b = { 0 };
	int rc = t->trace->read_task(t->trace->arg, t->job->pid, t->tid, "status", &b);

	if (rc == 0) {
		uint64_t caught = number_behind(&b, "\nSigCgt:\t", 16);

		ret->pending = number_behind(&b, "\nSigPnd:\t", 16) | number_behind(&b, "\nShdPnd:\t", 16);
		ret->blocked = number_behind(&b, "\nSigBlk:\t", 16);
		ret->ignored = number_behind(&b, "\nSigIgn:\t", 16) | (harmless & ~caught);
	}
	lk_vec_done(&b);
	return rc;
}
