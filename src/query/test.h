/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a lock be granted now? Computed from what the kernel lists: the file is not touched. */
#ifndef LK_QUERY_TEST_H
#define LK_QUERY_TEST_H

#include "query/who.h"

enum lk_test_kind { LK_TEST_FLOCK, LK_TEST_RANGE, LK_TEST_LEASE, LK_TEST_KINDS };
const char *lk_test_kind_name(enum lk_test_kind kind); /* "flock", "range", "lease" */

struct lk_test_request {
	unsigned kinds; /* 1 << LK_TEST_… */
	enum lk_mode mode;
	struct lk_range range; /* of a POSIX or OFD lock */
};

/* The answer for one kind of lock. */
struct lk_test_answer {
	enum lk_test_kind kind;
	enum lk_tri granted;
	LK_VEC(const struct lk_lock *)
	in_the_way; /* all that are seen, by index; also those that may be on another file with the same key */
	const char *reason; /* why it is unknown; NULL: it is known. Lives as long as the session */
};

struct lk_test {
	struct lk_who who; /* every lock on the file */
	struct lk_test_answer answers[LK_TEST_KINDS]; /* of the kinds asked for */
	size_t n_answers;
};

/* Answers about the first target of the session. Call lk_test_done() when done. */
void lk_test_find(struct lk_session *s, const struct lk_test_request *req, struct lk_test *ret);
void lk_test_done(struct lk_test *t);

/* Could opening the file break this lock, because it is or may be a lease or a delegation? */
bool lk_test_is_lease(const struct lk_lock *l);
/* The first such lock on the file; NULL: none. */
const struct lk_lock *lk_test_lease(const struct lk_test *t);

#endif
