/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures: the facts of one scan as lines of JSON. Writing is a sink, reading is a source; see lockscope-capture(5). */
#ifndef LK_SOURCE_CAPTURE_H
#define LK_SOURCE_CAPTURE_H

#include <stdio.h>

#include "source/source.h"

/* A sink that writes the facts as they come, one a line. */
struct lk_capture_writer;

/* f is borrowed and not closed. */
struct lk_capture_writer *lk_capture_writer_new(FILE *f);
/* The sink to pass to lk_source_scan(); valid until the writer is freed. */
const struct lk_sink *lk_capture_writer_sink(struct lk_capture_writer *w);
/* Writes what is left and flushes. 0 or -errno: the capture is incomplete. To be called once. */
int lk_capture_writer_finish(struct lk_capture_writer *w);
void lk_capture_writer_free(struct lk_capture_writer *w);

/* Reads a capture ("-": standard input). 0 with *ret, or -errno with a sentence in err that names the file and the place. scan replays the
 * facts; resolve finds a path by the bytes recorded in the capture, or "MAJ:MIN:INO" by key, and returns -ENODATA with a sentence when the
 * capture does not know it or knows several. A directory above a recorded path resolves to a file without a key, whose path is the caller's
 * string. */
int lk_capture_open(const char *path, struct lk_source **ret, struct lk_err *err);
/* The same for the text of a capture, which may be freed afterwards; name stands for the file in messages. */
int lk_capture_open_text(const char *name, const char *text, size_t n, struct lk_source **ret, struct lk_err *err);

#endif
