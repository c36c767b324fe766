/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look on the screen as a file: exactly the bytes that `lockscope list --json` would print, or `lockscope list` for a name that ends
 * in .txt. */
#ifndef LK_TUI_SNAPFILE_H
#define LK_TUI_SNAPFILE_H

#include "tui/core/app.h"

/* Writes off the input path; the message line tells the result. An existing file is never replaced. A leading "~/" means $HOME.
 * LK_DIRTY_*. */
unsigned lk_snapfile_write(struct lk_tui *t, const char *path);

#endif
