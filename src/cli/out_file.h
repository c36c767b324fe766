/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output to a file that appears whole or not at all. */
#ifndef LK_CLI_OUT_FILE_H
#define LK_CLI_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/status.h"

/* The output replaces what has its name by rename(2), so only a regular file may have it: not a device, FIFO or link. 0, or LK_STATUS_ERROR
 * after the reason was printed. */
enum lk_status lk_out_file_check(const char *path, bool replace);

/* Lets `write` write all of it, which returns 0 or -errno with a sentence. The file is made with the rights of the caller. 0, or -errno
 * with a sentence; then what had the name before has it still. */
int lk_out_file_write(const char *path, mode_t mode, int (*write)(void *arg, FILE *f, struct lk_err *err), void *arg,
		      struct lk_err *err);

#endif
