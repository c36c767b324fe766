/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every question begins with: FILEs are looked up, and the locks are read. */
#include "query/session.h"

#include <errno.h>
#include <string.h>

#include "lockfile/kinds.h"
#include "model/build.h"

#define LOOK_SHARE 10 /* looks may use 1 / LOOK_SHARE of a processor's time */

void lk_session_name_file(struct lk_file *f, const struct lk_fact_file *file)
{
	struct lk_lock any = { .file = f };

	if (f->path || !file->path || lk_lock_is_on(&any, file) != LK_YES)
		return;
	f->path = file->path;
	f->deleted = file->deleted;
	f->replaced = file->replaced;
	if (f->size < 0)
		f->size = file->size;
}

/* Gives files of the snapshot that have no path the path of the FILE that was resolved to them. */
static void name_targets(struct lk_session *s)
{
	for (size_t i = 0; i < s->snap->n_files; i++) {
		for (size_t k = 0; k < s->n_targets && !s->snap->files[i].path; k++) {
			if (s->targets[k].resolved)
				lk_session_name_file(&s->snap->files[i], &s->targets[k].file);
		}
	}
}

int lk_session_look(struct lk_session *s, unsigned needs, struct lk_err *err)
{
	struct lk_request req = { .needs = needs, .timeout_ms = s->timeout_ms, .exact = s->exact };
	int rc = lk_snapshot_take(s->source, &req, &s->snap, err);

	if (rc < 0)
		return lk_err_set(err, rc, "cannot read the locks: %s", strerror(-rc));
	name_targets(s);
	return 0;
}

struct lk_fact_file lk_session_copy_file(struct lk_session *s, const struct lk_fact_file *file)
{
	struct lk_fact_file copy = *file;

	copy.path = lk_arena_strdup(&s->arena, file->path);
	copy.fstype = lk_arena_strdup(&s->arena, file->fstype);
	copy.mount_point = lk_arena_strdup(&s->arena, file->mount_point);
	return copy;
}

/* Such a link says in its target who made it; usually there is no file of that name, but anybody could make one. */
static bool is_lock_link(const struct lk_session *s, const char *path, int rc, const struct lk_fact_file *target)
{
	const struct lk_lockfile_kind *kind = s->lock_links ? lk_lockfile_find(path, LK_LOCKFILE_LINK) : NULL;
	const char *slash = rc == 0 && target->path ? strrchr(target->path, '/') : NULL;
	struct lk_owner owner;
	bool says_owner;

	if (!kind || rc != 0)
		return kind && rc == -ENOENT;
	says_owner = slash && lk_owner_parse(kind->owner, slash + 1, strlen(slash + 1), &owner) == 0;
	if (says_owner)
		lk_owner_done(&owner);
	return says_owner;
}

void lk_session_resolve_one(struct lk_session *s, struct lk_asked *t)
{
	struct lk_fact_file file = { 0 };
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(s->source, t->path, !s->physical, &file, &err);

	if (is_lock_link(s, t->path, rc, &file)) {
		lk_err_done(&err);
		rc = lk_source_resolve(s->source, t->path, false, &file, &err);
	}
	if (rc == 0) {
		t->resolved = true;
		t->file = lk_session_copy_file(s, &file);
		return;
	}
	lk_err_set(&err, rc, "%s: %s", t->path, strerror(-rc));
	t->code = rc;
	t->reason = t->path[0] ? lk_arena_strdup(&s->arena, lk_err_text(&err)) : "an empty name is no name of a file";
	lk_err_done(&err);
}

void lk_session_resolve(struct lk_session *s)
{
	s->targets = lk_arena_array(&s->arena, s->n_names, sizeof(*s->targets));
	s->n_targets = s->n_names;
	for (size_t i = 0; i < s->n_names; i++) {
		s->targets[i].path = s->names[i];
		lk_session_resolve_one(s, &s->targets[i]);
	}
}

bool lk_asked_is_missing(const struct lk_asked *t)
{
	switch (-t->code) {
	case 0:
	/* The FILE may exist, but that cannot be found out from here. */
	case EACCES:
	case EPERM:
	case ETIMEDOUT:
	case EOPNOTSUPP:
	case ENODATA:
		return false;
	default:
		return true;
	}
}

bool lk_session_lacks_relations(const struct lk_session *s)
{
	const struct lk_snapshot *snap = s->snap;

	if (!snap->relations_cut || !s->n_targets || s->recursive)
		return snap->relations_cut;
	for (size_t i = 0; i < snap->n_locks; i++) {
		for (size_t k = 0; k < s->n_targets && snap->locks[i].file->relations_cut; k++) {
			if (s->targets[k].resolved && lk_lock_is_on(&snap->locks[i], &s->targets[k].file) != LK_NO)
				return true;
		}
	}
	return false;
}

void lk_session_done(struct lk_session *s)
{
	if (s->snap)
		lk_snapshot_free(s->snap);
	lk_source_free(s->source);
	lk_arena_done(&s->arena);
	*s = (struct lk_session){ 0 };
}

uint32_t lk_look_interval_ms(double cost_ms, uint32_t delay_ms)
{
	double slow = cost_ms * LOOK_SHARE;

	return slow > delay_ms ? (uint32_t)(slow < UINT32_MAX / 2 ? slow : UINT32_MAX / 2) : delay_ms;
}
