/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that may block for ever (a dead file server, a process stuck in the kernel), done in a child process that the parent can
 * give up on: it is killed and, if even that does not end it, left behind. */
#ifndef LK_SOURCE_HELPER_H
#define LK_SOURCE_HELPER_H

#include <stddef.h>
#include <stdint.h>

struct lk_helper_out;

struct lk_helper_job {
	size_t n_items;
	/* In the child, once for each item. What it emits reaches take(). Must not touch stdio. Non-zero ends the child. */
	int (*work)(void *arg, size_t item, struct lk_helper_out *out);
	/* In the parent, for each emitted record; data is borrowed. Non-zero stops everything and is returned. */
	int (*take)(void *arg, size_t item, const char *data, size_t n);
	/* In the parent, for each item that is given up; NULL: not told. */
	void (*gave_up)(void *arg, size_t item);
	void *arg;
	int keep_fd; /* a descriptor that work() needs: all others of ours, and those we were started with, are closed in the child */
	uint32_t stall_ms; /* an item silent for so long is given up */
	int64_t deadline_ms; /* lk_io_now_ms() time at which to stop; 0: none */
	size_t max_given_up; /* after so many, the rest is not tried */
};

struct lk_helper_result {
	size_t n_done;
	size_t n_given_up; /* items that did not answer, or whose child died */
	size_t n_left; /* items not tried: deadline or max_given_up */
	size_t first_given_up; /* item; valid when n_given_up > 0 */
};

/* 0, -errno when no child could be made, or what take() returned. *ret is always filled. */
int lk_helper_run(const struct lk_helper_job *job, struct lk_helper_result *ret);

/* In work(): sends a record of at most 16 MiB. 0 or -errno. n may be 0: a sign of life. */
int lk_helper_emit(struct lk_helper_out *out, const void *data, size_t n);

/* In any child: closes all descriptors but these two; 0, 1 and 2 are /dev/null then. */
void lk_helper_keep_only(int keep1, int keep2);

#endif
