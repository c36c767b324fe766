/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is locking this file? The finding, without the printing. */
#include "query/who.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/text.h"
#include "source/file_name.h"

/* The bytes of struct lk_key that identify a file; `none` and padding follow. */
#define KEY_BYTES offsetof(struct lk_key, none)

/* ---- which files ---- */

struct walk {
	struct lk_session *session;
	struct lk_who *who;
};

static int keep_file(void *arg, const struct lk_fact_file *file)
{
	struct walk *walk = arg;

	*lk_vec_push(&walk->who->below) = lk_session_copy_file(walk->session, file);
	return 0;
}

static void find_below(struct lk_session *s, struct lk_who *w)
{
	struct walk walk = { .session = s, .who = w };
	lk_auto_mem struct lk_key *keys = lk_alloc(s->snap->n_files, sizeof(*keys));
	struct lk_walk_request req = { .path = w->target->path,
				       .follow = !s->physical,
				       .keys = keys,
				       .seen_ms = s->snap->host.time_unix_ms + (int64_t)s->snap->end.scan_ms + 1 };
	struct lk_err err = { 0 };
	int rc;

	for (size_t i = 0; i < s->snap->n_files; i++) {
		if (!s->snap->files[i].key.none)
			keys[req.n_keys++] = s->snap->files[i].key;
	}
	rc = lk_source_walk(s->source, &req, keep_file, &walk, &err);
	w->by_path = rc == -EOPNOTSUPP;
	if (rc < 0 && rc != -ENOTDIR && !w->by_path)
		w->walk_failed = lk_arena_strdup(&s->arena, lk_err_text(&err));
	lk_err_done(&err);
}

static const char *dir_name(struct lk_session *s, const struct lk_who *w)
{
	const struct lk_fact_file *dir = &w->target->file;

	return dir->path ? lk_file_name(&s->arena, dir, dir->path) : w->target->path;
}

/* -R by comparing paths: for deleted names, which the walk cannot meet, and where there are no directories to walk. */
static bool is_below_by_path(const struct lk_who *w, const struct lk_lock *l)
{
	const struct lk_fact_file *dir = &w->target->file;
	const char *dir_path = w->dir_name;
	const struct lk_file *file = l->file;

	if (!file->path || !lk_text_below(file->path, dir_path))
		return false;
	if (w->by_path)
		return true;
	/* A name that exists, but was not met by a whole walk, belongs to another view of the tree (another mount namespace), unless it is
	 * known to lead to the file from here. */
	if (file->deleted != LK_YES)
		return w->walk_failed || (file->unreachable == LK_NO && file->replaced == LK_NO);
	return (file->key.major == dir->key.major && file->key.minor == dir->key.minor) ||
	       (file->mount_point && lk_text_below(file->mount_point, dir_path));
}

/* Files of the tree by key. `next` links those with the same key: hard links, and different files that share a key. */
struct below_index {
	struct lk_map map;
	size_t *next;
};

static void index_done(struct below_index *index)
{
	lk_map_done(&index->map);
	free(index->next);
}

static void index_fill(struct below_index *index, const struct lk_who *w)
{
	index->next = lk_alloc(w->below.n, sizeof(*index->next));
	for (size_t i = 0; i < w->below.n; i++) {
		const struct lk_key *key = &w->below.v[i].key;
		size_t before;

		index->next[i] = lk_map_find(&index->map, key, KEY_BYTES, &before) ? before : SIZE_MAX;
		lk_map_set(&index->map, key, KEY_BYTES, i);
	}
}

/* YES beats UNKNOWN beats NO. */
static enum lk_tri stronger(enum lk_tri a, enum lk_tri b)
{
	if (a == LK_YES || b == LK_YES)
		return LK_YES;
	return a == LK_UNKNOWN || b == LK_UNKNOWN ? LK_UNKNOWN : LK_NO;
}

static enum lk_tri is_on(const struct lk_session *s, const struct lk_who *w, const struct below_index *index,
			 const struct lk_lock *l)
{
	enum lk_tri on = w->target->resolved ? lk_lock_is_on(l, &w->target->file) : LK_NO;
	size_t i;

	if (!s->recursive || on == LK_YES)
		return on;
	if (lk_map_find(&index->map, &l->file->key, KEY_BYTES, &i)) {
		for (; i != SIZE_MAX; i = index->next[i])
			on = stronger(on, lk_lock_is_on(l, &w->below.v[i]));
	}
	return on != LK_YES && is_below_by_path(w, l) ? LK_YES : on;
}

static void add_lock(struct lk_who *w, const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l)) {
		if (l->pid > 0)
			*lk_vec_push(&w->waiters) = l->pid;
		else
			w->n_nameless_waiters++;
		return;
	}
	for (size_t i = 0; i < l->n_holders; i++)
		*lk_vec_push(&w->holders) = l->holders[i].pid;
	if (!l->n_holders)
		w->n_nameless++;
}

static void take_lock(struct lk_session *s, struct lk_who *w, const struct below_index *index, const struct lk_lock *l)
{
	enum lk_tri on = is_on(s, w, index, l);

	if (on == LK_NO)
		return;
	if (s->has_range && !lk_range_overlaps(s->range, l->rec.range)) {
		w->held_elsewhere = w->held_elsewhere || (on == LK_YES && !lk_lock_is_waiting(l));
		return;
	}
	*lk_vec_push(&w->locks) = l;
	/* A lock that may be on another file is shown, but it proves nothing. */
	if (on == LK_YES)
		add_lock(w, l);
	else
		w->ambiguous = true;
}

/* Files without a path, because no descriptor of theirs could be read, get the path under which the walk met them. */
static void name_below(struct lk_session *s, const struct lk_who *w, const struct below_index *index)
{
	for (size_t i = 0; i < s->snap->n_files; i++) {
		struct lk_file *f = &s->snap->files[i];
		size_t at;

		if (f->path || !lk_map_find(&index->map, &f->key, KEY_BYTES, &at))
			continue;
		for (; at != SIZE_MAX && !f->path; at = index->next[at])
			lk_session_name_file(f, &w->below.v[at]);
	}
}

static void find_locks(struct lk_session *s, struct lk_who *w)
{
	struct below_index index = { 0 };

	index_fill(&index, w);
	name_below(s, w, &index);
	for (size_t i = 0; i < s->snap->n_locks; i++)
		take_lock(s, w, &index, &s->snap->locks[i]);
	index_done(&index);
}

/* ---- the answer ---- */

static bool is_held(const struct lk_who *w)
{
	return w->holders.n || w->n_nameless;
}

/* A request in the kernel's queue shows that somebody holds a lock on the file, even if that lock is hidden from us. */
static bool is_queued_for(const struct lk_who *w)
{
	for (size_t i = 0; i < w->locks.n; i++) {
		if (lk_lock_is_waiting(w->locks.v[i]) && w->locks.v[i]->state != LK_STATE_STOPPED_WAITING)
			return true;
	}
	return false;
}

static bool has_remote_below(const struct lk_session *s, const struct lk_who *w)
{
	for (size_t i = 0; s->recursive && i < s->snap->n_mounts; i++) {
		const struct lk_fact_mount *m = &s->snap->mounts[i];

		if (m->local == LK_NO && m->mount_point && lk_text_below(m->mount_point, w->dir_name))
			return true;
	}
	return false;
}

/* Why a file whose key no lock has may be locked all the same. */
static const char *why_not_proven(const struct lk_snapshot *snap)
{
	if (!snap->host.has_locks_file)
		return "the kernel's list of locks (/proc/locks) could not be read, so a lock could be hidden";
	if (!snap->host.initial_pidns)
		return "inside a pid namespace the kernel hides locks of processes outside of it";
	if (lk_snapshot_problem(snap, LK_UNREAD_UNLISTED))
		return lk_snapshot_problem(snap, LK_UNREAD_UNLISTED)->text;
	if (lk_snapshot_problem(snap, LK_UNREAD_TIMEOUT))
		return lk_snapshot_problem(snap, LK_UNREAD_TIMEOUT)->text;
	if (!snap->end.stable)
		return "the kernel's list of locks kept changing while it was read; try again";
	for (size_t i = 0; i < snap->n_problems; i++) {
		if (snap->problems[i].hides_locks)
			return snap->problems[i].text;
	}
	return "not everything that could show a lock could be read";
}

const char *lk_who_doubt(struct lk_session *s, const struct lk_who *w)
{
	const struct lk_fact_file *file = &w->target->file;

	if (file->local == LK_NO)
		return lk_arena_printf(&s->arena, "locks on %s live elsewhere: not locked by this host",
				       file->fstype ? file->fstype : "this file system");
	if (file->key.none)
		return "the number that the kernel lists its locks under could not be found out";
	if (file->local == LK_UNKNOWN)
		return "it could not be found out whether locks on its file system are kept by this kernel";
	if (w->ambiguous)
		return "a lock stands on this file or on another with the same number; its holder could not be read";
	if (w->walk_failed)
		return w->walk_failed;
	if (has_remote_below(s, w))
		return "a file system below it keeps its locks elsewhere";
	if (is_queued_for(w) && !w->held_elsewhere && !is_held(w))
		return "a process waits for a lock on it, but the lock itself could not be seen";
	if (s->snap->locks_proven || (!s->recursive && lk_snapshot_proves(s->snap, &file->key)))
		return NULL;
	return why_not_proven(s->snap);
}

/* With another /proc tree or a capture there are no directories to look in, only the recorded paths. */
static bool knows_no_paths(const struct lk_asked *t)
{
	return t->code == -ENODATA || t->code == -EOPNOTSUPP;
}

void lk_who_find(struct lk_session *s, const struct lk_asked *target, struct lk_who *ret)
{
	*ret = (struct lk_who){ .target = target, .locked = LK_UNKNOWN, .reason = target->reason };
	ret->by_path = knows_no_paths(target);
	ret->dir_name = dir_name(s, ret);
	if (!target->resolved && !(s->recursive && ret->by_path))
		return;
	if (s->recursive && target->resolved && (S_ISDIR(target->file.mode) || !target->file.mode))
		find_below(s, ret);
	find_locks(s, ret);
	lk_ints_sort(&ret->holders);
	lk_ints_sort(&ret->waiters);
	if (is_held(ret))
		ret->reason = NULL;
	else if (target->resolved)
		ret->reason = lk_who_doubt(s, ret);
	ret->locked = is_held(ret) ? LK_YES : ret->reason ? LK_UNKNOWN : LK_NO;
}

void lk_who_done(struct lk_who *w)
{
	lk_vec_done(&w->below);
	lk_vec_done(&w->locks);
	lk_vec_done(&w->holders);
	lk_vec_done(&w->waiters);
}

bool lk_who_may_have_mutex(const struct lk_who *w)
{
	const char *path = w->target->resolved && w->target->file.path ? w->target->file.path : w->target->path;

	return lk_known_may_have_mutex(lk_known_find(w->locks.v, w->locks.n, path), path);
}

bool lk_who_root_sees_more(const struct lk_snapshot *s)
{
	return s->host.euid && (lk_snapshot_problem(s, LK_UNREAD_FDINFO) || lk_snapshot_problem(s, LK_UNREAD_HIDDEN));
}

void lk_who_find_deleted(const struct lk_session *s, const struct lk_asked *target, lk_namesakes *ret)
{
	/* A file system that did not answer is not asked a second time. */
	if (target->code == -ETIMEDOUT || !target->path[0])
		return;
	lk_namesakes_find(s->source, s->snap, target->path, target->resolved ? &target->file : NULL, !s->physical, ret);
}

/* ---- about all FILEs ---- */

int lk_who_find_all(struct lk_session *s, bool remarks, bool uses, struct lk_who_all *ret, struct lk_err *err)
{
	int rc;

	*ret = (struct lk_who_all){ .files = lk_alloc(s->n_targets, sizeof(*ret->files)), .n = s->n_targets };
	for (size_t i = 0; i < ret->n; i++) {
		struct lk_who_file *f = &ret->files[i];

		lk_who_find(s, &s->targets[i], &f->who);
		lk_who_sqlite_find(s, &f->who, &f->sqlite);
		lk_who_find_deleted(s, &s->targets[i], &f->deleted);
	}
	rc = lk_who_users_find(s, ret, remarks, uses && remarks, err);
	for (size_t i = 0; i < ret->n && remarks; i++)
		lk_beside_find(s, i, ret->has_uses ? &ret->uses : NULL, &ret->files[i].beside);
	return rc;
}

void lk_who_all_done(struct lk_who_all *all)
{
	for (size_t i = 0; i < all->n; i++) {
		lk_who_sqlite_done(&all->files[i].sqlite);
		lk_lockfile_done(&all->files[i].lockfile);
		lk_who_done(&all->files[i].who);
		lk_vec_done(&all->files[i].deleted);
		lk_beside_done(&all->files[i].beside);
	}
	free(all->files);
	lk_uses_done(&all->uses);
}

enum lk_tri lk_who_any(const struct lk_who_all *all)
{
	enum lk_tri any = LK_NO;

	for (size_t i = 0; i < all->n; i++)
		any = stronger(any, all->files[i].who.locked);
	return any;
}
