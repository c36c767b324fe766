/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help with a file whose path does not lead to it from here: a path of another mount namespace, on a detached mount, or outside of our
 * root directory. */
#ifndef LK_TABLE_PATH_HINT_H
#define LK_TABLE_PATH_HINT_H

#include "base/buf.h"
#include "model/snapshot.h"

/* Appends a name by which the file of this lock is found from here as long as its holder or waiter lives: /proc/PID/root/path for a path
 * of another mount namespace, else /proc/PID/fd/N. Nothing where the path is not known to be unreachable, or where nobody is known to have
 * the file open. */
void lk_path_from_here(const struct lk_lock *l, lk_buf *out);
/* Appends a clause that says what kind of path it is and, if live, the name above; nothing where the path leads to the file. live: the
 * snapshot is of this machine and of now, so that the name can be used. */
void lk_path_hint(const struct lk_lock *l, bool live, lk_buf *out);

#endif
