/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A FILE that is a lock by what it is, not by a kernel lock on it. */
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

static void answer_by(struct lk_session *s, struct lk_who *w, const struct lk_who_lockfile *l)
{
	enum lk_tri locked = locked_by(l->verdict.verdict);

	/* A doubt about kernel locks is not settled by what the file is. */
	if (w->locked == LK_UNKNOWN && locked == LK_NO)
		return;
	w->locked = locked;
	w->reason = NULL;
	if (w->locked == LK_UNKNOWN)
		w->reason = lk_arena_printf(&s->arena, "it is a lock file of %s, %s", l->kind->maker,
					    l->verdict.verdict == LK_VERDICT_UNKNOWN
						    ? "and whether it is in use is not known"
					    : l->verdict.verdict == LK_VERDICT_FOREIGN
						    ? "made on another machine or in another container"
						    : "and probably in use");
}

void lk_who_lockfile_find(struct lk_session *s, struct lk_who *w, struct lk_who_lockfile *ret)
{
	const struct lk_asked *t = w->target;
	struct lk_evidence_request req = { .source = s->source, .snap = s->snap, .timeout_ms = s->timeout_ms };

	*ret = (struct lk_who_lockfile){ 0 };
	if (!can_look_at(s, t))
		return;
	req.kind = lk_lockfile_of(t->file.path, t->file.mode);
	if (!req.kind)
		return;
	ret->kind = req.kind;
	req.file = &t->file;
	lk_evidence_gather(&req, &ret->evidence);
	lk_verdict_find(&ret->evidence.facts, &ret->verdict);
	if (w->locked != LK_YES && ret->verdict.verdict != LK_VERDICT_NO_LOCK)
		answer_by(s, w, ret);
}

void lk_who_lockfile_done(struct lk_who_lockfile *l)
{
	if (!l->kind)
		return;
	lk_verdict_done(&l->verdict);
	lk_evidence_done(&l->evidence);
}
