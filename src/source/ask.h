/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads one file below /proc/PID in a helper process, because such a read can block for ever (source/host/guard.h). For acts, which read a
 * few processes; a scan reads thousands and runs in a helper as a whole. */
#ifndef LK_SOURCE_ASK_H
#define LK_SOURCE_ASK_H

#include "base/buf.h"
#include "source/host/procroot.h"

/* Appends the file PID/what, at most `limit` bytes. 0; -ETIMEDOUT: the read did not return in time; -EBUSY: too many helpers are stuck;
 * -EFBIG or another -errno as of lk_io_read_at(). If no helper can be started, the file is read in this process. */
int lk_ask_read(const struct lk_procroot *root, int pid, const char *what, size_t limit, lk_buf *out);

#endif
