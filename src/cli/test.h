/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a lock be granted now? The finding, without the printing. */
#ifndef LK_CLI_TEST_H
#define LK_CLI_TEST_H

#include "action/probe.h"
#include "cli/out_json.h"
#include "cli/who.h"
#include "cli/who_deleted.h"

enum lk_test_kind { LK_TEST_FLOCK, LK_TEST_RANGE, LK_TEST_LEASE };
#define LK_TEST_KINDS 3

/* The answer for one kind of lock. */
struct lk_test_answer {
	enum lk_test_kind kind;
	enum lk_tri granted;
	LK_VEC(const struct lk_lock *)
	in_the_way; /* every one that is seen, by index; of a doubtful one: those that may be */
	const char *reason; /* why it is unknown; NULL: it is known */
};

struct lk_test {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_who who; /* every lock on FILE */
	lk_namesakes deleted;
	enum lk_mode mode;
	struct lk_range range;
	struct lk_test_answer answers[LK_TEST_KINDS];
	size_t n_answers;
	struct lk_probe probe;
	bool asked; /* the kernel was asked: */
	enum lk_tri kernel_granted;
	lk_probe_list found; /* and what it said is in the way */
	bool tried; /* the lock was really asked for, or would have been if opening FILE were harmless: */
	bool not_opened; /* because of a lease */
	enum lk_tri acquired;
};

/* What was asked for, understood. 0 or a status after it was said what is wrong. */
enum lk_status lk_test_init(struct lk_test *t, const struct lk_cli *cli);
void lk_test_done(struct lk_test *t);

/* From the snapshot alone. 0 or -ENOMEM. */
int lk_test_find(struct lk_test *t);
/* A lease or delegation that stands on the file, or may; NULL: none. */
const struct lk_lock *lk_test_lease(const struct lk_test *t);
/* All kinds together, or what the kernel said. */
enum lk_tri lk_test_overall(const struct lk_test *t);
/* The lock that --acquire, --hold and COMMAND take. */
struct lk_probe_wish lk_test_wish(const struct lk_test *t);
const char *lk_test_kind_name(enum lk_test_kind kind); /* "flock", "range", "lease" */

/* As text for people, and as the document. 0 or -ENOMEM; write errors stay in the stream. */
int lk_test_print(struct lk_test *t);

#endif
