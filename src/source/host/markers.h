/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks that the bpf scanner takes on a private file, one on each processor, to find the kernel's lists of locks by them: what
 * they look like, so that no lockscope lists those of another one. */
#ifndef LK_SOURCE_MARKERS_H
#define LK_SOURCE_MARKERS_H

#include "record/record.h"

#define LK_MARKERS_MAX_CPUS 8192U
/* So many files that may be another lockscope's are looked at, so that nobody can make it dear; the rest is listed. */
#define LK_MARKERS_MAX_OTHERS 64
/* The private file is a memfd with this name. */
#define LK_MARKERS_NAME "lockscope-markers"

/* Ranges that touch would be merged into one lock; these do not. */
static inline int64_t lk_marker_byte(unsigned cpu)
{
	return (int64_t)cpu * 2;
}

/* It is one such byte. */
bool lk_marker_has_range(struct lk_range r);

/* Makes a private file: its descriptor, or -errno. *ret: its key, whose device is that of every memfd and of nothing that has a
 * path. */
int lk_markers_open(struct lk_key *ret);

#endif
