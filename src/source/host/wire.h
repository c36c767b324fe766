/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a scan as bytes, sent from the helper that scans to the process that asked. Both are the same program: a structure is sent
 * as it is in memory, followed by the strings that it points to. */
#ifndef LK_SOURCE_WIRE_H
#define LK_SOURCE_WIRE_H

#include "base/buf.h"
#include "base/vec.h"
#include "source/source.h"

/* The sending side: a sink that keeps whole frames. Zero-initialised is empty. */
struct lk_wire_out {
	size_t room; /* a chunk ends with the frame that makes it at least so many bytes */
	lk_buf bytes; /* frames */
	LK_VEC(size_t) cuts; /* offsets at which chunks of whole frames end, except for the last chunk */
	const struct lk_fact_file *last; /* the file of the last fd or waiter: it is not sent again if it is the same */
};

/* A sink that appends to o, which must outlive it. Its put() returns 0. */
struct lk_sink lk_wire_sink(struct lk_wire_out *o);
/* The i-th chunk of whole frames, to be sent as one: its length, 0 after the last one; *ret is borrowed from o. i <= cuts.n. */
size_t lk_wire_chunk(const struct lk_wire_out *o, size_t i, const char **ret);
void lk_wire_out_done(struct lk_wire_out *o);

/* The receiving side. Zero-initialised is ready. */
struct lk_wire_in {
	/* Called with a process fact before the sink gets it; may be NULL. */
	void (*saw_proc)(void *arg, const struct lk_fact_proc *f);
	void *arg;
	struct lk_fact_file last;
	lk_buf file; /* holds the strings of `last` */
};

/* Each of the whole frames in data becomes one call of the sink. 0, what the sink returned, or -EBADMSG. Strings are borrowed from data,
 * those of a file from *in. */
int lk_wire_take(struct lk_wire_in *in, const char *data, size_t n, const struct lk_sink *sink);
void lk_wire_in_done(struct lk_wire_in *in);

#endif
