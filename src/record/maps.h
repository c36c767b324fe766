/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of /proc/PID/maps (proc_pid_maps(5)): which file a process has mapped. No I/O; any bytes are safe input. */
#ifndef LK_RECORD_MAPS_H
#define LK_RECORD_MAPS_H

#include "record/record.h"

struct lk_maps_line {
	struct lk_key key; /* device and inode as in lock keys; inode 0: no file */
	size_t addresses; /* length of "START-END" at the beginning of the line, which is also the name of its link in map_files */
	size_t path; /* offset of the path in the line; the length of the line: there is no path */
};

/* A line without its newline. 0, or -EINVAL with *ret untouched. */
int lk_maps_parse_line(const char *s, size_t n, struct lk_maps_line *ret);

#endif
