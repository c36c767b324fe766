/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by file.c and file_*.c only. */
#ifndef LK_ACTION_FILE_PRIVATE_H
#define LK_ACTION_FILE_PRIVATE_H

#include <sys/stat.h>

#include "action/file.h"
#include "lockfile/evidence.h"
#include "source/uses.h"

/* A name in a directory, and the file that has it. While fd is open the kernel gives its inode number to no other file. */
struct file_place {
	char *path; /* as given, for messages; owned, as dir and name are */
	char *dir; /* its directory, for messages: to be put before a name in it */
	char *name; /* in the directory; never empty, "." or "..", and without a slash */
	int dirfd; /* O_PATH; -1 not open */
	int fd; /* O_PATH of the file; -1: the name is free */
	bool own_links; /* set it before opening: links on the way are followed only if they are root's or the caller's own */
	struct statx dir_st, st;
};

/* unlink(2) and rename(2) act on whichever file has the name at that moment. So the file is first moved into a private directory that
 * nobody else can write to. There it is checked which file had the name, and from there the file is deleted or moved on. */
struct lk_aside {
	const struct lk_sys *sys;
	const struct file_place *place; /* borrowed: the name that is acted on */
	char *dir; /* name of the private directory, beside the file; owned, as path is */
	char *path; /* of the file in that directory, for messages */
	int dirfd; /* O_PATH; -1: there is no directory */
	int holder_fd; /* what has the name meanwhile (keep_name): an empty file, or a copy of the link; -1: nothing */
	bool not_compared; /* two files could not be compared, and so counted as different */
};

/* Who is in the way, as counts; the sentences about them are lines of the plan. */
struct file_users {
	size_t n_locks; /* held, and proven to be on the file */
	size_t n_uses; /* those that are proven */
	bool swap;
	char *first; /* a sentence about the first of them; owned; NULL: nobody */
	char *unknown; /* what could not be found out about uses, other than for lack of rights, in words; owned; NULL: nothing */
};

/* A file that is deleted with a stale lock file. */
struct file_along {
	struct file_place place;
	int rc; /* result */
};

/* A lock file as it was judged to be stale, to see at the last moment that it still is. */
struct file_stale {
	const char *text; /* what is written in it; in the action's arena; NULL: nothing that says anything */
	size_t n_text;
	int64_t mtime_ms, ctime_ms;
	int pid; /* that is written in it; 0: none */
	int pidfd; /* the process that had this number before it was judged, and was not found to be the owner; -1: none */
	int fd; /* of the file, with a write lease: nobody else has it open; -1: it is no regular file */
	const char *why; /* why it was not deleted; static; NULL: it was, or for another reason */
	LK_VEC(struct file_along) along;
};

struct file_action {
	struct lk_action base;
	struct lk_file_request req; /* with path and new_path NULL */
	bool moves;
	struct file_place from, to; /* to: only for a move */
	LK_VEC(size_t) locks; /* indexes in the snapshot of the plan */
	unsigned n_left; /* private directories beside the file that earlier runs have left */
	size_t n_held; /* locks held when the plan was made */
	struct lk_aside aside;
	struct file_stale stale; /* only_stale */
	int run_rc, back_rc, remove_rc; /* results: the action, giving the file its name back, removing the directory */
	bool untouched; /* the file never lost its name, or got it back */
	uint32_t n_names; /* hard links of the file, before one was deleted */
};

/* -- file_place.c -- */
void lk_place_init(struct file_place *p);
void lk_place_done(struct file_place *p, const struct lk_sys *sys);
/* Pins the directory and the file. If the name is free: -ENOENT, or with may_be_free 0 and fd -1. */
int lk_place_open(struct file_place *p, const struct lk_sys *sys, const char *path, bool may_be_free,
		  struct lk_err *err);
/* The same for `name` in the directory `path`; the name may be free. -ENOTDIR or -ENOENT without a sentence: path is no directory. */
int lk_place_open_below(struct file_place *p, const struct lk_sys *sys, const char *path, const char *name,
			struct lk_err *err);
/* The same for `name` in the directory of `beside`. */
int lk_place_open_beside(struct file_place *p, const struct lk_sys *sys, const struct file_place *beside,
			 const char *name, struct lk_err *err);
/* 0: the name still leads to the pinned file (or is still free); -ESTALE: not so; or another -errno. Both with a sentence. */
int lk_place_check(const struct file_place *p, const struct lk_sys *sys, struct lk_err *err);
/* Which file has the name now: 1: the pinned one, 0: another one, -ENOENT: none, or another -errno. */
int lk_place_look(const struct file_place *p, const struct lk_sys *sys);
bool lk_place_same_file(const struct statx *a, const struct statx *b);

/* -- file_aside.c -- */
/* Makes the private directory, named ".lockscope-" and 16 hex digits. keep_name, for files and links that lock by existing: from
 * lk_aside_take() to lk_aside_remove() an empty file has the name, or a link to the same: its programs read who made a lock. 0, or -errno
 * with a sentence in *err; then nothing was changed. */
int lk_aside_open(struct lk_aside *a, const struct lk_sys *sys, const struct file_place *p, bool keep_name,
		  struct lk_err *err);
/* Closes and frees; a zero-initialised struct is fine too. Removes no file. */
void lk_aside_done(struct lk_aside *a);

/* The functions from here to lk_aside_remove() allocate no memory. */

/* Moves the file that has the name into the directory. 1: it was the pinned file, 0: another one, -errno: nothing was moved. */
int lk_aside_take(struct lk_aside *a);
/* Is the file of fd the one in the directory? */
bool lk_aside_has(struct lk_aside *a, int fd);
/* Gives the file in the directory its name back. -errno: it is still in the directory; -EEXIST: somebody made a new file of that name. */
int lk_aside_give_back(struct lk_aside *a);
/* Deletes the file in the directory. 0 or -errno. */
int lk_aside_delete(struct lk_aside *a, bool is_dir);
/* Deletes p, another file of the same directory, in the same way. 0; -ESTALE: another file had the name, and has it still; -ENOENT: nobody
 * had; or another -errno: where it could not be given back, it is still in the private directory. */
int lk_aside_delete_beside(struct lk_aside *a, const struct file_place *p);
/* Gives the file in the directory the name `to`, which must be free. With `replace`, if `to` has a pinned file, the two are exchanged,
 * and the replaced file is in the directory afterwards. 0; -ESTALE: another file had the name; or another -errno. After a failure the
 * new name leads to the same file as before. */
int lk_aside_move(struct lk_aside *a, const struct file_place *to, bool replace);
/* Exchanges the file in the directory with the one that has the name p, until the file of fd is in the directory. 0, or -errno if that
 * cannot be done; -ENOENT: the name was free, and the file that was in the directory has it now. */
int lk_aside_swap(struct lk_aside *a, const struct file_place *p, int fd);
/* Removes what had the name meanwhile, unless another file has its name by now, and the directory. 0; -ENOTEMPTY: some other file is in the
 * directory, and stays there; or another -errno: the empty directory stays. */
int lk_aside_remove(struct lk_aside *a);

/* Calls cb for each private directory beside the file: those that a killed run has left, and those in use now. path: the file in it, or
 * the directory itself if no file in it can be seen. uid: its owner. cb returns 0 to go on. 0, what cb returned, or -errno. */
typedef int (*lk_aside_left_cb)(void *arg, const char *path, unsigned uid);
int lk_aside_find_left(const struct lk_sys *sys, const struct file_place *p, lk_aside_left_cb cb, void *arg);

/* -- file_users.c -- */
struct file_look {
	struct lk_source *source;
	const struct lk_snapshot *snap;
	uint32_t timeout_ms;
	struct file_action *plan; /* gets lines and the indexes of locks; NULL: none */
};
/* Finds holders, waiters and users of the file at p. 0, or -errno with a sentence in *err. Call lk_file_users_done() in either case. */
int lk_file_users_find(const struct file_look *look, const struct file_place *p, struct file_users *ret,
		       struct lk_err *err);
void lk_file_users_done(struct file_users *u);
bool lk_file_users_any(const struct file_users *u);

/* -- file_lockfile.c -- */
/* If the file is a lock file, adds what is known of it to the plan, which is refused if it is in use or that is not known; for only_stale
 * unless it is proven to be stale. */
void lk_file_judge(struct file_action *f, const struct file_look *look);
/* For only_stale, once more before the run: is it still proven to be stale? 0; -ESTALE: it is not; or another -errno: that is not known.
 * With a sentence. */
int lk_file_judge_again(struct file_action *f, const struct file_look *look, struct lk_err *err);

/* -- file_stale.c -- */
void lk_stale_init(struct file_action *f);
void lk_stale_done(struct file_action *f);
/* Keeps what was judged. */
void lk_stale_keep(struct file_action *f, const struct lk_evidence *evidence);
/* The same for the plan: also pins what is deleted along with it, and says so. */
void lk_stale_plan(struct file_action *f, const struct lk_evidence *evidence);
/* Pins the process that has the written number, if there is one: before it is judged once more. */
void lk_stale_pin_owner(struct file_action *f);
/* After that: opens the file and takes a write lease, which the kernel gives only if nobody else has it open; and makes sure that it is as
 * it was judged. 0; -ESTALE: it is not; or another -errno: that cannot be made sure of. With a sentence. */
int lk_stale_begin(struct file_action *f, struct lk_err *err);
/* Is the file, which is in the private directory by now, still as it was judged, and its owner gone? Else stale.why says why not. Allocates
 * no memory, as lk_stale_delete_along(). */
bool lk_stale_holds(struct file_action *f);
void lk_stale_delete_along(struct file_action *f);
/* Lets go of the file: whoever has tried to open it meanwhile goes on. */
void lk_stale_end(struct file_action *f);
/* Says what became of what was deleted along with it. */
void lk_stale_report(struct file_action *f);

/* -- file_run.c -- */
int lk_file_check(struct lk_action *a, struct lk_err *err);
int lk_file_run(struct lk_action *a, struct lk_err *err);
int lk_file_verify(struct lk_action *a, struct lk_err *err);

#endif
