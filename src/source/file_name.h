/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a file for people. The only place that decides how a path is written that does not lead to the file from here. */
#ifndef LK_SOURCE_FILE_NAME_H
#define LK_SOURCE_FILE_NAME_H

#include "base/arena.h"
#include "source/source.h"

/* `path` is the path of f, or its mount point. Returns `path` itself if it leads there from here, as far as is known; else a form that
 * does not begin with "/": "mnt:[4026532451]:/path" in another mount namespace, "memfd:name", and, on a detached mount or outside of our
 * root directory, "(unreachable)/path" as getcwd(2) has it. NULL for NULL. Borrowed from `path`, or in the arena. */
const char *lk_file_name(struct lk_arena *a, const struct lk_fact_file *f, const char *path);
/* Whether lk_file_name() of the path of f is `name`. */
bool lk_file_is_called(const struct lk_fact_file *f, const char *name);

#endif
