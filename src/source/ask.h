/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file below /proc/PID, read in a helper process: whoever reads it can be made to wait for ever (source/guard.h). For acts, which
 * ask a few processes; a scan asks thousands, and goes about it in another way. */
#ifndef LK_SOURCE_ASK_H
#define LK_SOURCE_ASK_H

#include <sys/stat.h>

#include "base/vec.h"
#include "source/procroot.h"

/* Appends the file PID/what (PID/task/TID/what with tid > 0) of at most `limit` bytes. 0; -ETIMEDOUT: the process does not let itself
 * be read; -EFBIG or another -errno as of lk_io_read_at(). Without a helper to be had it is read here. */
int lk_ask_read(const struct lk_procroot *root, int pid, int tid, const char *what, size_t limit, lk_buf *out);
/* Appends the text of the link. Likewise. */
int lk_ask_link(const struct lk_procroot *root, int pid, int tid, const char *what, lk_buf *out);
/* stat(2) of what the link leads to. Likewise. */
int lk_ask_stat(const struct lk_procroot *root, int pid, int tid, const char *what, struct stat *ret);

#endif
