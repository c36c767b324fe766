/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wakes up when something is done to a name in a directory (inotify(7)). Not everything is told: what another machine does is not, and a
 * directory that is exchanged is watched no longer. */
#ifndef LK_CLI_NAME_WATCH_H
#define LK_CLI_NAME_WATCH_H

#include <stdbool.h>

struct lk_name_watch {
	int fd; /* for poll(2); -1: nothing is watched */
	char *name; /* owned */
};

/* path: of a file on a local file system, beginning with '/'. Where it cannot be watched, fd is -1. */
void lk_name_watch_open(struct lk_name_watch *w, const char *path);
void lk_name_watch_done(struct lk_name_watch *w);
/* Reads what has been told. Was any of it about the name, or the directory itself? */
bool lk_name_watch_read(struct lk_name_watch *w);

#endif
