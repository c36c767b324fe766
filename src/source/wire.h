/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a scan as bytes, from the helper that scans to the process that asked. Both are the same program: structures travel
 * as they are in memory, and the strings that they point to behind them. */
#ifndef LK_SOURCE_WIRE_H
#define LK_SOURCE_WIRE_H

#include "base/arena.h"
#include "base/vec.h"
#include "source/source.h"

/* The sending side: a sink that keeps whole frames. Zero-initialised is empty. */
struct lk_wire_out {
	lk_buf bytes; /* frames, each with its length (size_t, without itself) in front */
	size_t frame; /* where the one under construction begins */
	const struct lk_fact_file *last; /* what the last fd was of: it is not said again and again */
};

/* A sink that appends to o, which must outlive it. Its functions return 0 or -ENOMEM. */
struct lk_sink lk_wire_sink(struct lk_wire_out *o);
/* How many bytes from `at` on are whole frames, as many as fit into `room`, but at least one; 0 at the end. */
size_t lk_wire_chunk(const struct lk_wire_out *o, size_t at, size_t room);
void lk_wire_out_done(struct lk_wire_out *o);

/* The receiving side. Zero-initialised is ready. */
struct lk_wire_in {
	/* Before the sink gets it; NULL: nobody wants to see it. */
	void (*saw_proc)(void *arg, const struct lk_fact_proc *f);
	void *arg;
	struct lk_arena arena; /* of the last file */
	struct lk_fact_file last;
};

/* Each of the whole frames in data becomes one call of the sink. 0, what the sink returned, or -EBADMSG. Strings are borrowed from
 * data. */
int lk_wire_take(struct lk_wire_in *in, const char *data, size_t n, const struct lk_sink *sink);
void lk_wire_in_done(struct lk_wire_in *in);

#endif
