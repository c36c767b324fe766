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

static void answer_by(struct lk_session *s, struct lk_who *w, const struct lk_who_lockfile *l)
{
	enum lk_tri locked = locked_by(l->verdict.verdict);

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

/* The FILEs that are lock files, and all that were resolved. */
struct asked {
	LK_VEC(struct lk_evidence_item) items;
	lk_ints item_of, file_of; /* the number of the FILE, of each of items and files */
	LK_VEC(struct lk_fact_file) files;
};

static void ask(struct lk_session *s, struct lk_who_all *all, bool uses, struct asked *a)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct lk_asked *t = &s->targets[i];
		const struct lk_lockfile_kind *kind = can_look_at(s, t) ? lk_lockfile_of(t->file.path, t->file.mode)
									: NULL;

		all->files[i].lockfile.kind = kind;
		if (kind) {
			*lk_vec_push(&a->items) = (struct lk_evidence_item){ kind, &t->file };
			*lk_vec_push(&a->item_of) = (int)i;
		}
		if (uses && t->resolved && !t->file.key.none) {
			*lk_vec_push(&a->files) = t->file;
			*lk_vec_push(&a->file_of) = (int)i;
		}
	}
}

static void judge(struct lk_session *s, struct lk_who_file *f, const struct lk_evidence *evidence)
{
	struct lk_who_lockfile *l = &f->lockfile;

	l->evidence = *evidence;
	if (lk_verdict_is_mistaken(&l->evidence.facts)) {
		lk_evidence_done(&l->evidence);
		l->kind = NULL;
		return;
	}
	lk_verdict_find(&l->evidence.facts, &l->verdict);
	if (f->who.locked != LK_YES && l->verdict.verdict != LK_VERDICT_NO_LOCK)
		answer_by(s, &f->who, l);
}

int lk_who_users_find(struct lk_session *s, struct lk_who_all *all, bool uses, struct lk_err *err)
{
	lk_auto_mem struct lk_evidence *evidence = lk_alloc(all->n, sizeof(*evidence));
	struct asked a = { 0 };
	struct lk_evidence_request req = {
		.source = s->source, .snap = s->snap, .tree = s->recursive, .timeout_ms = s->timeout_ms
	};
	int rc;

	ask(s, all, uses, &a);
	req.items = a.items.v;
	req.n_items = a.items.n;
	req.files = a.files.v;
	req.n_files = a.files.n;
	rc = lk_evidence_gather(&req, evidence, &all->uses, err);
	all->has_uses = uses && rc == 0;
	for (size_t i = 0; i < a.items.n; i++)
		judge(s, &all->files[a.item_of.v[i]], &evidence[i]);
	for (size_t i = 0; i < all->uses.v.n; i++)
		all->uses.v.v[i].file = (size_t)a.file_of.v[all->uses.v.v[i].file];
	lk_vec_done(&a.items);
	lk_vec_done(&a.item_of);
	lk_vec_done(&a.files);
	lk_vec_done(&a.file_of);
	return uses ? rc : 0;
}

void lk_who_lockfile_done(struct lk_who_lockfile *l)
{
	if (!l->kind)
		return;
	lk_verdict_done(&l->verdict);
	lk_evidence_done(&l->evidence);
}
