/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel deletes and renames whatever has a name at that moment, never a certain file. So the name is first moved into a directory
 * that nobody else can write to: there it is seen which file had it, and from there it is deleted or moved on. */
#ifndef LK_ACTION_FILE_ASIDE_H
#define LK_ACTION_FILE_ASIDE_H

#include <stdbool.h>

#include "action/sys.h"
#include "base/err.h"

struct file_place;

struct lk_aside {
	const struct lk_sys *sys;
	const struct file_place *place; /* borrowed: whose name it is */
	char *dir; /* the directory's name beside the file; owned, as is path */
	char *path; /* of the name in it, for words */
	int dirfd; /* O_PATH; -1: there is no directory */
	int holder_fd; /* the empty file that keeps the name; -1: none */
	bool not_compared; /* two files could not be compared, and so counted as different */
};

/* Makes the directory, ".lockscope-" and 16 hex digits. keep_name: an empty file has the name while it is judged and until
 * lk_aside_remove(), for files that lock by existing. 0, or -errno with a sentence and nothing was changed. */
int lk_aside_open(struct lk_aside *a, const struct lk_sys *sys, const struct file_place *p, bool keep_name,
		  struct lk_err *err);
/* Closes and frees; a zero-initialised one is fine too. Removes nothing. */
void lk_aside_done(struct lk_aside *a);

/* -- These allocate nothing. -- */

/* Moves the name into the directory. 1: the pinned file had it, 0: another one, -errno: nothing was moved. */
int lk_aside_take(struct lk_aside *a);
/* Is it the file of fd that lies in the directory? */
bool lk_aside_has(struct lk_aside *a, int fd);
/* Puts back what lies there. 0, or -errno and it lies there still; -EEXIST: somebody made a new file of that name. */
int lk_aside_give_back(struct lk_aside *a);
/* Deletes what lies there. 0 or -errno. */
int lk_aside_delete(struct lk_aside *a, bool is_dir);
/* Moves what lies there to a name. The name has to be free, or, where it leads to a pinned file and `replace` is set, is exchanged, and
 * that file lies there afterwards. 0, -ESTALE: another file had the name, or -errno. On failure the new name has again what it had. */
int lk_aside_move(struct lk_aside *a, const struct file_place *to, bool replace);
/* Exchanges name and content of the directory until the file of fd lies there. 0, or -errno: it cannot be had. */
int lk_aside_swap(struct lk_aside *a, const struct file_place *p, int fd);
/* Removes the name that was kept, unless something else has it by now, and the directory. 0; -ENOTEMPTY: a file lies there, and stays;
 * or -errno: the empty directory stays. */
int lk_aside_remove(struct lk_aside *a);

/* Calls cb for each such directory beside the file: path is the directory, or what lies in it where that can be seen. They are left
 * where a run was killed. cb returns 0 to go on. 0, what cb returned, or -errno. */
typedef int (*lk_aside_left_cb)(void *arg, const char *path, unsigned uid);
int lk_aside_find_left(const struct lk_sys *sys, const struct file_place *p, lk_aside_left_cb cb, void *arg);

#endif
