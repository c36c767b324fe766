/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two answers of the test dialog: the computed one, and that of the kernel when the lock is really asked for. */
#ifndef LK_TUI_TESTJOB_H
#define LK_TUI_TESTJOB_H

#include "action/probe.h"
#include "query/test.h"
#include "tui/job.h"

/* The computed answer, in test.answers[0]. */
struct lk_test_ask {
	struct lk_session session;
	struct lk_asked asked;
	struct lk_test test;
};

/* From the frame alone; file is one of its. lk_test_ask_done(). In place; ret must not be moved. */
void lk_test_compute(struct lk_test_ask *ret, const struct lk_frame *f, const struct lk_file *file,
		     const struct lk_probe_wish *wish);
void lk_test_ask_done(struct lk_test_ask *a);

/* Why the lock cannot really be tried, as far as the frame knows; NULL: it can. Static. */
const char *lk_test_why_not(const struct lk_snapshot *snap, const struct lk_file *file);

/* A job without a plan, whose run takes the lock in a child process without waiting and releases it at once.*/
struct lk_job *lk_test_job_new(const struct lk_tui *t, const struct lk_frame *f, const struct lk_file *file);
/* What to try; not while it is busy. */
void lk_test_job_set(struct lk_job *j, const struct lk_probe_wish *wish);

#endif
