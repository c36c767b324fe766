/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file below /proc/PID, read in a helper process: whoever reads it can be made to wait for ever (source/host/guard.h). For acts, which
 * ask a few processes; a scan asks thousands, and goes about it in another way. */
#ifndef LK_SOURCE_ASK_H
#define LK_SOURCE_ASK_H

#include "base/vec.h"
#include "source/host/procroot.h"

/* Appends the file PID/what of at most `limit` bytes. 0; -ETIMEDOUT: the process does not let itself be read; -EFBIG or another -errno
 * as of lk_io_read_at(). Without a helper to be had it is read here. */
int lk_ask_read(const struct lk_procroot *root, int pid, const char *what, size_t limit, lk_buf *out);

#endif
