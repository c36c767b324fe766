/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph of waiting: a request points to the locks in its way, a lock to the processes that hold it, a process to its own
 * requests. Nodes are the snapshot's rows, then its processes. */
#ifndef LK_MODEL_GRAPH_H
#define LK_MODEL_GRAPH_H

#include "model/snapshot.h"

#define LK_GRAPH_NONE SIZE_MAX

struct lk_graph {
	size_t n_nodes, n_rows;
	size_t *first; /* n_nodes + 1 offsets into to */
	size_t *to;
	size_t *first_back, *back; /* the same edges the other way round */
	int64_t *n_waiting; /* by process: how many of its threads wait */
};

void lk_graph_make(struct lk_graph *g, const struct lk_snapshot *s);
void lk_graph_done(struct lk_graph *g);

/* Who can get on sooner or later, and who could if a process went, with its locks and its requests: a trial costs as much as it
 * changes. g and s are borrowed. */
struct lk_graph_what_if;
struct lk_graph_what_if *lk_graph_what_if_new(const struct lk_graph *g, const struct lk_snapshot *s);
void lk_graph_what_if_free(struct lk_graph_what_if *w);
/* By node; borrowed, and changed by the next two. */
const unsigned char *lk_graph_what_if_moves(const struct lk_graph_what_if *w);
/* proc: its index in procs. One at a time: it has to be taken back before the next. */
void lk_graph_what_if_gone(struct lk_graph_what_if *w, size_t proc);
void lk_graph_what_if_back(struct lk_graph_what_if *w, size_t proc);

/* Sets moves[node] for all that would get on if these processes went (out[process] is set, by index in procs) and nobody else let go
 * of a lock of their own accord. */
void lk_graph_who_follows(const struct lk_graph *g, const struct lk_snapshot *s, const unsigned char *out,
			  unsigned char *moves);

/* One of its threads, at least, waits for no lock. Not known how many it has: yes. */
bool lk_graph_has_free_thread(const struct lk_graph *g, const struct lk_snapshot *s, const struct lk_proc *p);

/* Strongly connected components of more than one node among the nodes that do not move (moves NULL: among all).
 * component[node] is its number from 0, LK_GRAPH_NONE for the others. How many there are. Not recursive. */
size_t lk_graph_components(const struct lk_graph *g, const unsigned char *moves, size_t *component);

#endif
