/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of rm and mv. */
#include "action/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/file_private.h"
#include "action/namesake.h"
#include "base/alloc.h"
#include "base/ints.h"
#include "lockfile/kinds.h"

#define LEFT_MAX 5 /* lines about private directories that were left */

static void file_done(struct lk_action *a)
{
	struct file_action *f = (struct file_action *)a;

	lk_stale_done(f);
	lk_place_done(&f->from, a->sys);
	lk_place_done(&f->to, a->sys);
	lk_aside_done(&f->aside);
	lk_vec_done(&f->locks);
}

static const struct lk_action_ops rm_ops = {
	.name = "rm",
	.check = lk_file_check,
	.run = lk_file_run,
	.verify = lk_file_verify,
	.done = file_done,
};
static const struct lk_action_ops mv_ops = {
	.name = "mv",
	.check = lk_file_check,
	.run = lk_file_run,
	.verify = lk_file_verify,
	.done = file_done,
};

static const char *kind_of(const struct statx *st)
{
	switch (st->stx_mode & S_IFMT) {
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

/* -- what will happen -- */

static void say_last_name(struct file_action *f)
{
	const struct statx *st = &f->from.st;

	if (S_ISDIR(st->stx_mode))
		return; /* refused anyway */
	if (S_ISLNK(st->stx_mode))
		lk_action_say(&f->base, LK_LINE_NOT,
			      "What the symbolic link points to is not touched; it is the link itself that goes.");
	else if (st->stx_nlink > 1)
		lk_action_say(&f->base, LK_LINE_NOT, "The file has %u other %s: its contents stay.", st->stx_nlink - 1,
			      st->stx_nlink == 2 ? "name" : "names");
	else
		lk_action_say(
			&f->base, LK_LINE_RISK,
			"This is the last name of the file: its contents are lost as soon as nobody has it open.");
}

static void say_rm(struct file_action *f)
{
	const struct statx *st = &f->from.st;

	lk_action_say(&f->base, LK_LINE_STEP,
		      "The name %s will be deleted; it is %s of %" PRIu64 " bytes, inode %" PRIu64 ".", f->from.path,
		      kind_of(st), (uint64_t)st->stx_size, (uint64_t)st->stx_ino);
	say_last_name(f);
	lk_action_say(
		&f->base, LK_LINE_NOT,
		"No lock is released: deleting a file only takes its name away. Who holds a lock keeps it on the file that has "
		"no name any more, who waits for it goes on waiting, and a program that makes the file anew locks another file.");
}

static void say_mv(struct file_action *f)
{
	const struct statx *st = &f->from.st;

	lk_action_say(&f->base, LK_LINE_STEP,
		      "%s will get the name %s; it is %s of %" PRIu64 " bytes, inode %" PRIu64 ".", f->from.path,
		      f->to.path, kind_of(st), (uint64_t)st->stx_size, (uint64_t)st->stx_ino);
	if (f->to.fd >= 0 && f->req.replace)
		lk_action_say(&f->base, LK_LINE_STEP,
			      "What has that name now is replaced: %s of %" PRIu64 " bytes, inode %" PRIu64 ".",
			      kind_of(&f->to.st), (uint64_t)f->to.st.stx_size, (uint64_t)f->to.st.stx_ino);
	lk_action_say(
		&f->base, LK_LINE_NOT,
		"No lock is released: locks stay with the file under its new name. Who has it open goes on with it; a program "
		"that opens the old name does not find it, or makes another file and locks that.");
}

static void say_kind(struct file_action *f)
{
	const struct lk_lockfile_kind *kind = lk_lockfile_by_existing(f->from.path, f->from.st.stx_mode);
	bool is_link = S_ISLNK(f->from.st.stx_mode);

	if (!kind || kind->object == LK_LOCKFILE_DIR)
		return;
	f->req.by_existing = true;
	lk_action_say(&f->base, LK_LINE_RISK,
		      "Whoever makes this %s has the lock, so %s keeps the name until the right one is taken away.",
		      is_link ? "link" : "file", is_link ? "a copy of it" : "an empty file");
}

static int on_left(void *arg, const char *path, unsigned uid)
{
	struct file_action *f = arg;

	if (f->n_left++ == LEFT_MAX)
		return 1;
	lk_action_say(
		&f->base, LK_LINE_RISK,
		"%s was left by lockscope, run by user %u and killed half way, or is in use by it now: a file in there had "
		"its name here.",
		path, uid);
	return 0;
}

struct namesakes {
	struct file_action *f;
	const char *path;
};

static void on_namesake(void *arg, const char *sentence)
{
	const struct namesakes *n = arg;

	lk_action_say(&n->f->base, LK_LINE_RISK, "%s: %s.", n->path, sentence);
}

/* Somebody may hold a lock on a former file of this name: whoever makes or opens the name now locks another file. */
static void say_namesakes(struct file_action *f, const struct lk_snapshot *snap, const char *path)
{
	struct namesakes n = { .f = f, .path = path };
	lk_namesakes list = { 0 };

	lk_namesakes_find(f->base.source, snap, path, NULL, false, &list);
	lk_namesakes_tell(&list, on_namesake, &n);
	lk_vec_done(&list);
}

/* -- why it will not be done -- */

static void refuse(struct file_action *f, const char *path, const char *why)
{
	lk_action_say(&f->base, LK_LINE_REFUSED, "%s %s", path, why);
}

static bool has_attribute(const struct statx *st, uint64_t attribute)
{
	return st->stx_attributes_mask & st->stx_attributes & attribute;
}

/* What the kernel refuses even to root, and what to do about it. */
static void check_attributes(struct file_action *f, const struct file_place *p)
{
	if (p->fd >= 0 && has_attribute(&p->st, STATX_ATTR_IMMUTABLE))
		refuse(f, p->path, "is immutable: take the attribute away with 'chattr -i' first.");
	if (p->fd >= 0 && has_attribute(&p->st, STATX_ATTR_APPEND))
		refuse(f, p->path, "may only be appended to: take the attribute away with 'chattr -a' first.");
	if (p->fd >= 0 && has_attribute(&p->st, STATX_ATTR_MOUNT_ROOT))
		refuse(f, p->path, "has something mounted on it: unmount that first.");
	if (has_attribute(&p->dir_st, STATX_ATTR_IMMUTABLE))
		refuse(f, p->path, "lies in an immutable directory: take the attribute away with 'chattr -i' first.");
	if (p->fd >= 0 && has_attribute(&p->dir_st, STATX_ATTR_APPEND))
		refuse(f, p->path,
		       "lies in a directory that may only be added to: take the attribute away with 'chattr -a' first.");
}

/* Only a warning, because the kernel also allows it with CAP_FOWNER. */
static void warn_sticky(struct file_action *f, const struct file_place *p)
{
	uid_t me = geteuid();

	if (p->fd < 0 || !(p->dir_st.stx_mode & S_ISVTX) || !me || me == p->st.stx_uid || me == p->dir_st.stx_uid)
		return;
	lk_action_say(
		&f->base, LK_LINE_RISK,
		"%s belongs to user %u and lies in a sticky directory: most likely the kernel lets only that user and root do this.",
		p->path, p->st.stx_uid);
}

static void check_rm(struct file_action *f)
{
	if (S_ISDIR(f->from.st.stx_mode))
		refuse(f, f->from.path, "is a directory, and this deletes files only: use rmdir(1).");
}

static bool is_other_file_system(const struct file_action *f)
{
	const struct statx *a = &f->from.dir_st, *b = &f->to.dir_st;

	/* rename(2) never goes from one mount to another, even of the same file system. */
	if (a->stx_mask & b->stx_mask & STATX_MNT_ID)
		return a->stx_mnt_id != b->stx_mnt_id;
	return a->stx_dev_major != b->stx_dev_major || a->stx_dev_minor != b->stx_dev_minor;
}

static void check_mv(struct file_action *f)
{
	if (is_other_file_system(f))
		refuse(f, f->to.path,
		       "is on another file system or mount: the file would have to be copied, and locks and users would stay with the old one.");
	if (f->to.fd < 0)
		return;
	if (lk_place_same_file(&f->from.st, &f->to.st))
		refuse(f, f->to.path, "is the same file already: the kernel would do nothing.");
	else if (!f->req.replace)
		lk_action_say(&f->base, LK_LINE_REFUSED, "%s exists already: %s to replace it.", f->to.path,
			      f->req.ways->replace);
	else if (S_ISDIR(f->to.st.stx_mode) != S_ISDIR(f->from.st.stx_mode))
		refuse(f, f->to.path, "cannot be replaced: a directory and a file cannot take each other's place.");
	else
		check_attributes(f, &f->to);
}

/* ", or give --even-if-used"; nothing where no consent counts. In the action's arena. */
static const char *or_way(struct file_action *f, const char *way)
{
	return f->req.only_stale ? "" : lk_arena_printf(&f->base.arena, ", or %s", way);
}

static void check_place(struct file_action *f, const struct file_place *p, const struct file_users *u)
{
	if (u->swap)
		refuse(f, p->path, "is swapped to by the kernel, which keeps it: give it up with swapoff(8) first.");
	else if (lk_file_users_any(u) && !f->req.even_if_used)
		lk_action_say(&f->base, LK_LINE_REFUSED, "%s is %s%s.", p->path,
			      u->n_locks ? "locked: wait until it is free" : "in use: wait until nobody uses it",
			      or_way(f, f->req.ways->used));
}

static void check_unknown(struct file_action *f, const struct file_place *p, const struct file_users *u)
{
	if (!u->unknown)
		return;
	if (f->req.even_if_unknown)
		lk_action_say(&f->base, LK_LINE_RISK, "%s: %s.", p->path, u->unknown);
	else
		lk_action_say_unknown(&f->base, "%s may be in use, %s: try again later%s.", p->path, u->unknown,
				      or_way(f, f->req.ways->unknown));
}

/* -- putting it together -- */

static int look_at(struct file_action *f, const struct file_look *look, const struct file_place *p, struct lk_err *err)
{
	struct file_users users = { 0 };
	int rc = p->fd >= 0 ? lk_file_users_find(look, p, &users, err) : 0;

	if (!rc) {
		check_place(f, p, &users);
		check_unknown(f, p, &users);
	}
	f->n_held += users.n_locks;
	lk_file_users_done(&users);
	return rc;
}

/* Looking up a name can wait for ever for a file server, so the source does it first, in a process that can be given up. Only that is
 * checked here; other errors are reported better by the code that opens the name. */
static int check_answers(struct file_action *f, const char *path, bool follow, struct lk_err *err)
{
	struct lk_fact_file file;
	struct lk_err own = { 0 };
	int rc = lk_source_resolve(f->base.source, path, follow, &file, &own);

	if (rc == -ETIMEDOUT)
		lk_err_set(err, rc, "%s", lk_err_text(&own));
	lk_err_done(&own);
	return rc == -ETIMEDOUT ? rc : 0;
}

static int open_places(struct file_action *f, const struct lk_file_request *req, struct lk_err *err)
{
	const struct lk_sys *sys = f->base.sys;
	int rc = check_answers(f, req->path, false, err);

	if (!rc && f->moves)
		rc = check_answers(f, req->new_path, true, err);
	rc = rc ? rc : lk_place_open(&f->from, sys, req->path, false, err);
	if (rc || !f->moves)
		return rc;
	rc = lk_place_open_below(&f->to, sys, req->new_path, f->from.name, err);
	if (rc == -ENOENT || rc == -ENOTDIR)
		rc = lk_place_open(&f->to, sys, req->new_path, true, err);
	return rc;
}

static int make_plan(struct file_action *f, const struct lk_snapshot *snap, const struct lk_file_request *req,
		     struct lk_err *err)
{
	struct file_look look = { .source = f->base.source, .snap = snap, .timeout_ms = req->timeout_ms, .plan = f };
	int rc = open_places(f, req, err);

	if (rc)
		return rc;
	lk_action_name(&f->base, f->moves ? "%s to %s" : "%s", f->from.path, f->to.path);
	f->moves ? say_mv(f) : say_rm(f);
	say_kind(f);
	/* Files that an earlier run, which was killed, could not give back. */
	lk_aside_find_left(f->base.sys, &f->from, on_left, f);
	say_namesakes(f, snap, f->from.path);
	if (f->moves)
		say_namesakes(f, snap, f->to.path);
	check_attributes(f, &f->from);
	f->moves ? check_mv(f) : check_rm(f);
	warn_sticky(f, &f->from);
	lk_file_judge(f, &look);
	rc = look_at(f, &look, &f->from, err);
	if (!rc && f->moves && f->req.replace && !f->base.refused) {
		warn_sticky(f, &f->to);
		rc = look_at(f, &look, &f->to, err);
	}
	if (f->locks.n)
		qsort(f->locks.v, f->locks.n, sizeof(*f->locks.v), lk_compare_size);
	return rc;
}

int lk_file_plan(const struct lk_sys *sys, struct lk_source *source, const struct lk_snapshot *snap,
		 const struct lk_file_request *req, struct lk_action **ret, struct lk_err *err)
{
	struct file_action *f = lk_alloc(1, sizeof(*f));
	int rc;

	f->moves = req->new_path != NULL;
	f->req = *req;
	f->req.path = f->req.new_path = NULL;
	f->req.even_if_used = req->even_if_used && !req->only_stale;
	f->req.even_if_unknown = req->even_if_unknown && !req->only_stale;
	lk_place_init(&f->from);
	lk_place_init(&f->to);
	lk_stale_init(f);
	f->from.own_links = req->only_stale;
	lk_action_init(&f->base, f->moves ? &mv_ops : &rm_ops, sys, source);
	rc = make_plan(f, snap, req, err);
	if (rc < 0) {
		lk_file_free(&f->base);
		return lk_err_set(err, rc, "%s: %s", req->path, strerror(-rc));
	}
	*ret = &f->base;
	return 0;
}

void lk_file_free(struct lk_action *a)
{
	if (!a)
		return;
	lk_action_free(a);
	free(a);
}

const size_t *lk_file_locks(const struct lk_action *a, size_t *ret_n)
{
	const struct file_action *f = (const struct file_action *)a;

	*ret_n = f->locks.n;
	return f->locks.v;
}

const struct statx *lk_file_stat(const struct lk_action *a)
{
	return &((const struct file_action *)a)->from.st;
}
