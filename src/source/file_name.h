/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is called for people. The one place that decides how a path is written that is none of ours. */
#ifndef LK_SOURCE_FILE_NAME_H
#define LK_SOURCE_FILE_NAME_H

#include "base/arena.h"
#include "source/source.h"

/* `path` is the path of f, or its mount point. The path itself where it leads there from here, as far as is known; else a form that
 * does not begin with "/": "mnt:[4026532451]:/path" in another mount namespace, "memfd:name", and "(unreachable)/path", as getcwd(2)
 * has it, on a detached mount or outside of our root directory. NULL for NULL. Borrowed from `path`, or in
 * the arena. */
const char *lk_file_name(struct lk_arena *a, const struct lk_fact_file *f, const char *path);
/* That is what it is called. */
bool lk_file_is_called(const struct lk_fact_file *f, const char *name);

#endif
