/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits in words: its nodes as lines, and what would let waiters go on. What is appended may hold raw bytes of names. */
#ifndef LK_WORDS_FOREST_H
#define LK_WORDS_FOREST_H

#include "base/buf.h"
#include "model/forest.h"

/* How the lines are wanted. Zeroed: in full, as of the look. */
struct lk_words_manner {
	/* "FLOCK W" and "3m12s" for "FLOCK WRITE" and "at least 3m12s"; a request for the same as the line above it does not repeat that */
	bool brief;
	bool past; /* the forest is no longer the newest */
	int64_t passed_ms; /* since the look */
	/* These may be NULL. How long a request has waited, as of now; -1 unknown. */
	int64_t (*age_ms)(const void *arg, const struct lk_lock *l, bool *ret_at_least);
	void (*put_range)(const void *arg, const struct lk_lock *l, lk_buf *out);
	void (*pad)(const void *arg, lk_buf *out); /* appends what stands in place of the blank behind a name */
	const void *arg;
};

/* A line in three parts: a path, and the text before and after it. */
struct lk_words_line {
	lk_buf before, path, after;
};

void lk_words_line_done(struct lk_words_line *line);

/* "3307/3309 pg_dump", of a request */
void lk_words_put_waiter(lk_buf *b, const struct lk_lock *l);
/* "FLOCK WRITE", "OFD READ 0-9" */
void lk_words_put_kind(lk_buf *b, const struct lk_lock *l, const struct lk_words_manner *m);
/* "CYCLE 1: 2 processes, 41s, cannot resolve by itself"; "ROOT 2211 pg_dump holds FLOCK WRITE /f; 2 behind, oldest 3m12s"; "3307 pg_dump
 * waits 3m12s for FLOCK WRITE, queued behind 3300". */
void lk_words_put_node(struct lk_words_line *line, const struct lk_forest *f, const struct lk_tree_node *node,
		       const struct lk_words_manner *m);
/* What would end the cycle, or why it is no deadlock: "ends if 11 or 12 goes". */
void lk_words_put_way_out(lk_buf *b, const struct lk_cycle *c);

/* ": if it ends, 2 requests can go on", of the process with that number */
void lk_words_put_freed(lk_buf *b, const struct lk_snapshot *s, int pid);

/* "1 possible circle (holders recorded, not proven)" */
void lk_words_put_possible(lk_buf *b, size_t n);

/* These append whole sentences. */

/* "Deadlock 1 ends if 11 or 12 goes." */
void lk_words_advise_cycle(lk_buf *b, const struct lk_cycle *c);
/* "Signalling 11 and 12 together would let 3 go on." */
void lk_words_advise_signal(lk_buf *b, const int *pids, size_t n, size_t freed);
void lk_words_advise_unseen(lk_buf *b, size_t n_behind);
/* What would let stopped processes at the top of a tree go on: the holders of its lock, or a stopped waiter that nothing is in the way of.
 * Returns how many sentences. */
size_t lk_words_advise_stopped(lk_buf *b, const struct lk_tree_node *top);

#endif
