/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The markers: locks that the bpf scanner takes on a private file, one on each processor, to find the kernel's lists of locks by them. Here
 * is what markers look like, so that no lockscope lists those of another one. */
#ifndef LK_SOURCE_MARKERS_H
#define LK_SOURCE_MARKERS_H

#include "record/record.h"

#define LK_MARKERS_MAX_CPUS 8192U
/* At most so many files that may be another lockscope's are examined, so that nobody can make that expensive; the locks of others are
 * listed. */
#define LK_MARKERS_MAX_OTHERS 64
/* The private file is a memfd with this name. */
#define LK_MARKERS_NAME "lockscope-markers"

/* The byte that marks a processor. The kernel would merge adjacent ranges into one lock, so every second byte is used. */
static inline int64_t lk_marker_byte(unsigned cpu)
{
	return (int64_t)cpu * 2;
}

/* Is it the byte of some processor? */
bool lk_marker_has_range(struct lk_range r);

/* Makes the private file. Its descriptor, or -errno. *ret: its key, whose device is that of all memfds and of no file that has a path. */
int lk_markers_open(struct lk_key *ret);

#endif
