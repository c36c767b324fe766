/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A FILE that is a lock by what it is, not by a kernel lock on it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "lockfile/search.h"
#include "query/who.h"

static bool can_look_at(const struct lk_session *s, const struct lk_asked *t)
{
	return s->source && s->snap->host.live && !s->other_tree && !s->kernel_only && !s->has_range && t->resolved &&
	       t->file.path && t->file.path[0] == '/' && t->file.unreachable != LK_YES;
}

static enum lk_tri locked_by(enum lk_verdict v)
{
	switch (v) {
	case LK_VERDICT_LIVE:
		return LK_YES;
	case LK_VERDICT_STALE:
	case LK_VERDICT_HARMLESS:
		return LK_NO;
	default:
		return LK_UNKNOWN;
	}
}

static void answer_by(struct lk_session *s, struct lk_who *w, const struct lk_lockfile *l)
{
	enum lk_tri locked = locked_by(l->verdict.verdict);

	if (!l->kind || w->locked == LK_YES || l->verdict.verdict == LK_VERDICT_NO_LOCK)
		return;
	/* A doubt about kernel locks is not settled by what the file is. */
	if (w->locked == LK_UNKNOWN && locked == LK_NO)
		return;
	w->locked = locked;
	w->reason = NULL;
	if (w->locked == LK_UNKNOWN)
		w->reason = lk_arena_printf(&s->arena, "it is a %s of %s, %s", lk_lockfile_noun(l->kind),
					    l->kind->maker,
					    l->verdict.verdict == LK_VERDICT_UNKNOWN
						    ? "and whether it is in use is not known"
					    : l->verdict.verdict == LK_VERDICT_FOREIGN
						    ? "made on another machine or in another container"
						    : "and probably in use");
}

/* ---- beside and below a FILE ---- */

/* Paths to look at, and the FILE that each belongs to. */
struct candidates {
	struct lk_session *session;
	struct lk_who_all *all;
	lk_lockfile_paths paths;
	LK_VEC(size_t) of;
};

static void add_path(struct candidates *c, size_t i, const char *path)
{
	*lk_vec_push(&c->paths) = lk_strdup(path);
	*lk_vec_push(&c->of) = i;
}

static void add_beside(struct candidates *c, size_t i)
{
	const struct lk_fact_file *file = &c->session->targets[i].file;

	lk_lockfile_paths_of(file->path, S_ISDIR(file->mode), &c->paths);
	while (c->of.n < c->paths.n)
		*lk_vec_push(&c->of) = i;
}

static void not_searched(struct lk_session *s, struct lk_who *w, const char *why)
{
	if (w->locked != LK_NO)
		return;
	w->locked = LK_UNKNOWN;
	w->reason = lk_arena_printf(&s->arena, "not everything was searched for lock files: %s", why);
}

/* -R: what was not searched makes the answer unknown, as what was not walked does. */
static void add_below(struct candidates *c, size_t i)
{
	struct lk_session *s = c->session;
	struct lk_who *w = &c->all->files[i].who;
	struct lk_search search;
	struct lk_err err = { 0 };

	if (lk_search_run(&s->targets[i].file.path, 1, s->timeout_ms, &search, &err) < 0)
		not_searched(s, w, lk_err_text(&err));
	for (size_t k = 0; k < search.paths.n; k++)
		add_path(c, i, search.paths.v[k]);
	for (unsigned b = 0; b < LK_N_BOUNDS; b++) {
		if (search.bounds & 1u << b)
			not_searched(s, w, lk_search_bound_words(b));
	}
	if (search.unread.n)
		not_searched(s, w, "a directory could not be read");
	if (search.mounts.n)
		not_searched(s, w, "a file system of a container or another machine was not entered");
	lk_err_done(&err);
	lk_search_done(&search);
}

static int take_candidate(void *arg, size_t i, int rc, const struct lk_fact_file *file)
{
	struct candidates *c = arg;
	struct lk_who_file *f = &c->all->files[c->of.v[i]];
	struct lk_beside *b;

	if (rc < 0 && rc != -ENOENT && c->session->recursive)
		not_searched(c->session, &f->who, strerror(-rc));
	if (rc < 0 || !file->path || file->path[0] != '/' || file->unreachable == LK_YES ||
	    !lk_lockfile_of(file->path, file->mode))
		return 0;
	b = lk_beside_new(c->session, file->path, file);
	b->lockfile = lk_lockfile_as(&b->asked.file);
	*lk_vec_push(&f->beside) = b;
	return 0;
}

static void find_candidates(struct lk_session *s, struct lk_who_all *all)
{
	struct candidates c = { .session = s, .all = all };
	struct lk_err err = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		/* A file server is not asked for names that may not be there. */
		if (!can_look_at(s, &s->targets[i]) || s->targets[i].file.local != LK_YES)
			continue;
		add_beside(&c, i);
		if (s->recursive && S_ISDIR(s->targets[i].file.mode))
			add_below(&c, i);
	}
	lk_source_resolve_all(s->source, (const char *const *)c.paths.v, c.paths.n, take_candidate, &c, &err);
	lk_err_done(&err);
	lk_lockfile_paths_done(&c.paths);
	lk_vec_done(&c.of);
}

static int compare_paths(const void *a, const void *b)
{
	const struct lk_beside *const *x = a, *const *y = b;

	return strcmp((*x)->asked.path, (*y)->asked.path);
}

/* What means nothing is left out, and what was found twice. */
static void keep_telling(lk_besides *list)
{
	size_t n = 0;

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare_paths);
	for (size_t i = 0; i < list->n; i++) {
		struct lk_beside *b = list->v[i];
		enum lk_verdict v = b->lockfile.verdict.verdict;
		bool again = n && strcmp(list->v[n - 1]->asked.path, b->asked.path) == 0;

		if (again || v == LK_VERDICT_HARMLESS || v == LK_VERDICT_NO_LOCK)
			lk_beside_free(b);
		else
			list->v[n++] = b;
	}
	list->n = n;
}

/* The FILE itself, and what is beside it. Below a directory, which is asked about as a whole, a live one counts for it. */
static void answer_file(struct lk_session *s, struct lk_who_file *f)
{
	answer_by(s, &f->who, &f->lockfile);
	for (size_t i = 0; i < f->beside.n; i++) {
		struct lk_beside *b = f->beside.v[i];

		answer_by(s, &b->who, &b->lockfile);
		if (s->recursive && b->who.locked == LK_YES) {
			f->who.locked = LK_YES;
			f->who.reason = NULL;
		}
	}
	keep_telling(&f->beside);
}

typedef LK_VEC(struct lk_lockfile *) lockfiles;

static void collect(struct lk_who_file *f, lockfiles *ret)
{
	*lk_vec_push(ret) = &f->lockfile;
	for (size_t i = 0; i < f->beside.n; i++)
		*lk_vec_push(ret) = &f->beside.v[i]->lockfile;
}

int lk_who_users_find(struct lk_session *s, struct lk_who_all *all, bool remarks, bool uses, struct lk_err *err)
{
	lk_auto_mem struct lk_fact_file *files = lk_alloc(all->n, sizeof(*files));
	lk_auto_mem size_t *place = lk_alloc(all->n, sizeof(*place));
	struct lk_evidence_request req = {
		.source = s->source, .snap = s->snap, .files = files, .tree = s->recursive, .timeout_ms = s->timeout_ms
	};
	lockfiles list = { 0 };
	int rc;

	if (remarks || s->recursive)
		find_candidates(s, all);
	for (size_t i = 0; i < all->n; i++) {
		const struct lk_asked *t = &s->targets[i];

		if (can_look_at(s, t) && !s->recursive)
			all->files[i].lockfile = lk_lockfile_as(&t->file);
		collect(&all->files[i], &list);
		if (!uses || !t->resolved || t->file.key.none)
			continue;
		place[req.n_files] = i;
		files[req.n_files++] = t->file;
	}
	rc = lk_lockfile_judge(list.v, list.n, req, &all->uses, err);
	all->has_uses = uses && rc == 0;
	for (size_t i = 0; i < all->n; i++)
		answer_file(s, &all->files[i]);
	for (size_t i = 0; i < all->uses.v.n; i++)
		all->uses.v.v[i].file = place[all->uses.v.v[i].file];
	lk_vec_done(&list);
	return uses ? rc : 0;
}
