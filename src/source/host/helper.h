/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that may block for ever (a dead file server, a process stuck in the kernel), done in child processes that the parent can
 * give up on: they are killed and, if even that does not end them, left behind. A job begins with one child; while one is silent
 * others go on with the rest, so that a stall costs nothing but its own item. */
#ifndef LK_SOURCE_HELPER_H
#define LK_SOURCE_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lk_helper_out;

/* What an item is about. */
struct lk_helper_about {
	uint64_t
		what; /* the process or file system that it reads: not tried again while a child that read it is stuck; 0: unknown */
	uint64_t group; /* who may make several items stall, such as a user; 0: nobody */
};

struct lk_helper_job {
	size_t n_items;
	/* In a child, once for each item. What it emits reaches take(). Must not touch stdio. Non-zero ends the child. */
	int (*work)(void *arg, size_t item, struct lk_helper_out *out);
	/* In the parent, for each emitted record, in any order of items; data is borrowed. Non-zero stops everything and is returned. */
	int (*take)(void *arg, size_t item, const char *data, size_t n);
	/* In the parent. NULL: nothing is known. Once an item of a group has stalled, the other items of the group come last; after several
	 * stalls they are not tried. */
	struct lk_helper_about (*about)(void *arg, size_t item);
	/* In the parent, for each item that was given up or not tried; NULL: they are counted only. */
	void (*gave_up)(void *arg, size_t item);
	/* In the parent, after a silence of stall_ms: true if the child is at work all the same. NULL: it is unless it is asleep. */
	bool (*is_busy)(void *arg, pid_t child);
	void *arg;
	int keep_fd; /* a descriptor that work() needs: all others of ours, and those we were started with, are closed in the child */
	uint32_t stall_ms; /* an item silent for so long is given up */
	int64_t deadline_ms; /* lk_io_now_ms() time at which to stop; 0: none */
};

struct lk_helper_result {
	size_t n_done;
	size_t n_given_up; /* items that did not answer, or whose child died */
	size_t n_left; /* items not tried: the deadline, others of a group that stalled, or too many children are stuck */
};

/* 0, -errno when no child could be made, or what take() returned. -EBUSY: so many children of this program are stuck that there
 * will be no more. *ret is always filled. */
int lk_helper_run(const struct lk_helper_job *job, struct lk_helper_result *ret);

/* In the parent: a child of ours sleeps, or /proc does not show our process numbers. One that runs, or waits for a processor, is not stuck.
 * Reading the state of our own child cannot stall. */
bool lk_helper_is_asleep(pid_t child);

/* In work(): sends a record of at most 16 MiB. mark: a byte to put in front of it; NULL: none. 0 or -errno. */
int lk_helper_emit_marked(struct lk_helper_out *out, const char *mark, const void *data, size_t n);

/* The same without a mark. n may be 0: that is only a sign of life. */
static inline int lk_helper_emit(struct lk_helper_out *out, const void *data, size_t n)
{
	return lk_helper_emit_marked(out, NULL, data, n);
}

/* In any child: closes all descriptors but these two and that of debug output; 0, 1 and 2 are /dev/null then, unless they are to be
 * kept. */
void lk_helper_keep_only(int keep1, int keep2);

/* A child that was given up and still exists. */
struct lk_helper_stuck {
	pid_t pid;
	uint64_t what; /* as in lk_helper_about */
};

#define LK_HELPER_MAX_STUCK 8

/* The children that this process left behind, adopted ones included: how many are now in ret, which has room for LK_HELPER_MAX_STUCK. */
size_t lk_helper_list_stuck(struct lk_helper_stuck *ret);
/* From now on, a process that a child of ours left behind counts as left behind by us. */
void lk_helper_adopt(const struct lk_helper_stuck *stuck);

#endif
