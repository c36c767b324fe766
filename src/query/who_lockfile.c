/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A FILE that is a lock by what it is, not by a kernel lock on it. */
#include "base/alloc.h"
#include "base/cleanup.h"
#include "query/who.h"

static bool can_look_at(const struct lk_session *s, const struct lk_asked *t)
{
	return s->source && s->snap->host.live && !s->other_tree && !s->kernel_only && !s->recursive && !s->has_range &&
	       t->resolved && t->file.path && t->file.path[0] == '/' && t->file.unreachable != LK_YES;
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

int lk_who_users_find(struct lk_session *s, struct lk_who_all *all, bool uses, struct lk_err *err)
{
	lk_auto_mem struct lk_lockfile **lockfiles = lk_alloc(all->n, sizeof(*lockfiles));
	lk_auto_mem struct lk_fact_file *files = lk_alloc(all->n, sizeof(*files));
	lk_auto_mem size_t *place = lk_alloc(all->n, sizeof(*place));
	struct lk_evidence_request req = {
		.source = s->source, .snap = s->snap, .files = files, .tree = s->recursive, .timeout_ms = s->timeout_ms
	};
	int rc;

	for (size_t i = 0; i < all->n; i++) {
		const struct lk_asked *t = &s->targets[i];

		lockfiles[i] = &all->files[i].lockfile;
		if (can_look_at(s, t))
			*lockfiles[i] = lk_lockfile_as(&t->file);
		if (!uses || !t->resolved || t->file.key.none)
			continue;
		place[req.n_files] = i;
		files[req.n_files++] = t->file;
	}
	rc = lk_lockfile_judge(lockfiles, all->n, req, &all->uses, err);
	all->has_uses = uses && rc == 0;
	for (size_t i = 0; i < all->n; i++)
		answer_by(s, &all->files[i].who, lockfiles[i]);
	for (size_t i = 0; i < all->uses.v.n; i++)
		all->uses.v.v[i].file = place[all->uses.v.v[i].file];
	return uses ? rc : 0;
}
