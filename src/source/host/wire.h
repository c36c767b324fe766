/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a scan as bytes, from the helper that scans to the process that asked. Both are the same program: structures travel
 * as they are in memory, and the strings that they point to behind them. */
#ifndef LK_SOURCE_WIRE_H
#define LK_SOURCE_WIRE_H

#include "base/vec.h"
#include "source/source.h"

/* The sending side: a sink that keeps whole frames. Zero-initialised is empty. */
struct lk_wire_out {
	size_t room; /* a chunk ends with the frame that fills so many bytes */
	lk_buf bytes; /* frames */
	LK_VEC(size_t) cuts; /* where a chunk of whole frames ends, the last one excepted */
	const struct lk_fact_file *last; /* what the last fd was of: it is not said again and again */
};

/* A sink that appends to o, which must outlive it. Its functions return 0. */
struct lk_sink lk_wire_sink(struct lk_wire_out *o);
/* The i-th chunk of whole frames, to be sent as one: its length, 0 after the last one; *ret is borrowed from o. i <= cuts.n. */
size_t lk_wire_chunk(const struct lk_wire_out *o, size_t i, const char **ret);
void lk_wire_out_done(struct lk_wire_out *o);

/* The receiving side. Zero-initialised is ready. */
struct lk_wire_in {
	/* Before the sink gets it; NULL: nobody wants to see it. */
	void (*saw_proc)(void *arg, const struct lk_fact_proc *f);
	void *arg;
	struct lk_fact_file last;
	lk_buf file; /* what its strings are in */
};

/* Each of the whole frames in data becomes one call of the sink. 0, what the sink returned, or -EBADMSG. Strings are borrowed from
 * data. */
int lk_wire_take(struct lk_wire_in *in, const char *data, size_t n, const struct lk_sink *sink);
void lk_wire_in_done(struct lk_wire_in *in);

#endif
