/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph of waiting: a request points to the locks in its way, a lock to the processes that hold it, a process to its own
 * requests. Nodes are the snapshot's rows, then its processes. */
#ifndef LK_MODEL_GRAPH_H
#define LK_MODEL_GRAPH_H

#include "model/snapshot.h"

#define LK_GRAPH_NONE SIZE_MAX

struct lk_graph {
	size_t n_nodes, n_rows;
	bool recorded; /* of a lock without a proven holder the recorded one counts */
	size_t *first; /* n_nodes + 1 offsets into to */
	size_t *to;
	size_t *first_back, *back; /* the same edges the other way round */
	int64_t *n_waiting; /* by process: how many of its threads wait */
};

void lk_graph_make(struct lk_graph *g, const struct lk_snapshot *s);
/* As it would be if the recorded holders were the real ones. */
void lk_graph_make_recorded(struct lk_graph *g, const struct lk_snapshot *s);
void lk_graph_done(struct lk_graph *g);

/* Which nodes can move sooner or later (a request is granted, a lock is released, a process can go on), and which could if a process were
 * gone, with its locks and its requests: a trial costs as much as it changes. g and s are borrowed. */
struct lk_graph_what_if;
struct lk_graph_what_if *lk_graph_what_if_new(const struct lk_graph *g, const struct lk_snapshot *s);
void lk_graph_what_if_free(struct lk_graph_what_if *w);
/* By node: non-zero if it can move. Borrowed, and changed by the next two functions. */
const unsigned char *lk_graph_what_if_moves(const struct lk_graph_what_if *w);
/* Assumes that a process is gone; undoes that. proc: its index in s->procs. Only one process at a time. */
void lk_graph_what_if_gone(struct lk_graph_what_if *w, size_t proc);
void lk_graph_what_if_back(struct lk_graph_what_if *w, size_t proc);

/* Sets moves[node] for all nodes that could move if these processes were gone (out[process] is set, by index in procs) and nobody else
 * released a lock of their own accord. */
void lk_graph_who_follows(const struct lk_graph *g, const struct lk_snapshot *s, const unsigned char *out,
			  unsigned char *moves);

/* At least one of its threads waits for no lock. True if it is not known how many threads there are. */
bool lk_graph_has_free_thread(const struct lk_graph *g, const struct lk_snapshot *s, const struct lk_proc *p);

/* Strongly connected components of more than one node among the nodes that do not move (moves NULL: among all). component[node] is its
 * number from 0, LK_GRAPH_NONE for the others. Returns how many there are. Not recursive. */
size_t lk_graph_components(const struct lk_graph *g, const unsigned char *moves, size_t *component);

#endif
