/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help with a file whose path is none of this machine's: of another mount namespace, on a detached mount, outside of our root. */
#ifndef LK_TABLE_PATH_HINT_H
#define LK_TABLE_PATH_HINT_H

#include "base/vec.h"
#include "model/snapshot.h"

/* A name under which the file of this lock is found from here while its holder or waiter lives: /proc/PID/root/path where the path
 * is one of its mount namespace, else /proc/PID/fd/N. Nothing where the file's path leads there itself, or nobody is known to have
 * it open.*/
void lk_path_from_here(const struct lk_lock *l, lk_buf *out);
/* The same as half a sentence that begins with what the path is; nothing where it is one of ours. live: the machine is this one, now. */
void lk_path_hint(const struct lk_lock *l, bool live, lk_buf *out);

#endif
