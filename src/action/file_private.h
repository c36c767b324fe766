/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the file operations only. */
#ifndef LK_ACTION_FILE_PRIVATE_H
#define LK_ACTION_FILE_PRIVATE_H

#include <sys/stat.h>

#include "action/file.h"
#include "source/uses.h"

/* A name in a directory, and the file that has it. While fd is open the kernel gives its inode number to no other file. */
struct file_place {
	char *path; /* as given, for words; owned, as are dir and name */
	char *dir; /* its directory, for words: what stands before a name in it */
	char *name; /* in the directory: neither empty, "." or "..", nor with a slash */
	int dirfd; /* O_PATH; -1 not open */
	int fd; /* O_PATH of the file; -1: the name is free */
	struct statx dir_st, st;
};

/* The kernel deletes and renames whatever has a name at that moment, never a certain file. So the name is first moved into a directory
 * that nobody else can write to: there it is seen which file had it, and from there it is deleted or moved on. */
struct lk_aside {
	const struct lk_sys *sys;
	const struct file_place *place; /* borrowed: whose name it is */
	char *dir; /* the directory's name beside the file; owned, as is path */
	char *path; /* of the name in it, for words */
	int dirfd; /* O_PATH; -1: there is no directory */
	int holder_fd; /* the empty file that keeps the name; -1: none */
	bool not_compared; /* two files could not be compared, and so counted as different */
};

/* Who is in the way, in numbers; the words are lines of the plan. */
struct file_users {
	size_t n_locks; /* held and proven to be on it */
	size_t n_uses; /* proven */
	bool swap;
	char *first; /* one of them in words, owned; NULL: nobody */
	char *unknown; /* who could use it, could be asked and did not answer, in words, owned; NULL: nobody */
};

struct file_action {
	struct lk_action base;
	struct lk_file_request req; /* without the paths */
	bool moves;
	struct file_place from, to; /* to: of a move */
	LK_VEC(size_t) locks; /* in the snapshot of the plan */
	unsigned n_left; /* private directories beside it that an earlier run has left */
	size_t n_held; /* locks when the plan was made */
	struct lk_aside aside;
	int run_rc, back_rc, remove_rc; /* the action, giving back what was taken, removing the private directory */
	bool untouched; /* nothing was taken, or it was given back */
	uint32_t n_names; /* of the file before one was deleted */
};

/* -- file_place.c -- */
void lk_place_init(struct file_place *p);
void lk_place_done(struct file_place *p, const struct lk_sys *sys);
/* Pins the directory and the file. A name that is free: -ENOENT, or 0 with fd -1 where may_be_free. */
int lk_place_open(struct file_place *p, const struct lk_sys *sys, const char *path, bool may_be_free,
		  struct lk_err *err);
/* The same name in the directory at path; -ENOTDIR or -ENOENT without a sentence: path is no directory. */
int lk_place_open_below(struct file_place *p, const struct lk_sys *sys, const char *path, const char *name,
			struct lk_err *err);
/* 0: the name still has the pinned file (or is still free); -ESTALE with a sentence, or -errno. */
int lk_place_check(const struct file_place *p, const struct lk_sys *sys, struct lk_err *err);
/* What has the name now: 1 the pinned file, 0 another, -ENOENT nothing, -errno. */
int lk_place_look(const struct file_place *p, const struct lk_sys *sys);
bool lk_place_same_file(const struct statx *a, const struct statx *b);

/* -- file_aside.c -- */
/* Makes the directory, ".lockscope-" and 16 hex digits. keep_name: an empty file has the name while it is judged and until
 * lk_aside_remove(), for files that lock by existing. 0, or -errno with a sentence and nothing was changed. */
int lk_aside_open(struct lk_aside *a, const struct lk_sys *sys, const struct file_place *p, bool keep_name,
		  struct lk_err *err);
/* Closes and frees; a zero-initialised one is fine too. Removes nothing. */
void lk_aside_done(struct lk_aside *a);

/* The others allocate nothing. */

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

/* -- file_users.c -- */
/* Finds holders, waiters and users of the file at a place. a: lines are added to its plan; NULL: none. locks: gets the indexes of
 * its locks; may be NULL. 0 or -errno with a sentence. lk_file_users_done() in either case. */
struct file_look {
	struct lk_source *source;
	const struct lk_snapshot *snap;
	uint32_t timeout_ms;
	struct file_action *plan;
};
int lk_file_users_find(const struct file_look *look, const struct file_place *p, struct file_users *ret,
		       struct lk_err *err);
void lk_file_users_done(struct file_users *u);
bool lk_file_users_any(const struct file_users *u);

/* -- file_run.c -- */
int lk_file_check(struct lk_action *a, struct lk_err *err);
int lk_file_run(struct lk_action *a, struct lk_err *err);
int lk_file_verify(struct lk_action *a, struct lk_err *err);

#endif
