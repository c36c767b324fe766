/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the facts about lock files, each step for all of them, so that all processes are looked at once: what belongs to them, who uses
 * them, kernel locks on them. */
#include "lockfile/evidence.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "lockfile/evidence_private.h"

/* ---- who uses it, or what belongs to it ---- */

/* Where a companion may be. */
struct candidate {
	size_t item;
	int rc; /* of looking it up */
	struct lk_fact_file file; /* if rc is 0; strings in the arena of the item */
};

struct companions {
	struct gather *g;
	LK_VEC(struct candidate) v;
	LK_VEC(const char *) paths; /* in the arenas of the items */
};

struct item_companions {
	struct companions *c;
	size_t item;
};

static void add_candidate(void *arg, const char *path)
{
	const struct item_companions *ic = arg;

	*lk_vec_push(&ic->c->v) = (struct candidate){ .item = ic->item, .rc = -ETIMEDOUT };
	*lk_vec_push(&ic->c->paths) = lk_arena_strdup(&ic->c->g->ret[ic->item].arena, path);
}

static int take_candidate(void *arg, size_t i, int rc, const struct lk_fact_file *file)
{
	struct companions *c = arg;
	struct candidate *v = &c->v.v[i];
	struct lk_arena *a = &c->g->ret[v->item].arena;

	v->rc = rc;
	if (rc < 0)
		return 0;
	v->file = *file;
	v->file.path = file->path ? lk_arena_strdup(a, file->path) : c->paths.v[i];
	v->file.fstype = lk_arena_strdup(a, file->fstype);
	v->file.mount_point = NULL;
	return 0;
}

/* A companion that is a link to a socket stands for that. */
static void follow_to_socket(struct companions *c, size_t i)
{
	struct lk_err err = { 0 };
	struct lk_fact_file file;

	if (c->v.v[i].rc || !S_ISLNK(c->v.v[i].file.mode))
		return;
	if (lk_source_resolve(c->g->req->source, c->paths.v[i], true, &file, &err) == 0 && S_ISSOCK(file.mode))
		take_candidate(c, i, 0, &file);
	lk_err_done(&err);
}

/* The look-up follows no links in the middle: a companion behind one is not looked at, and counts as one that may be there. */
static void find_files(struct gather *g)
{
	struct companions c = { .g = g };
	struct lk_err err = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < g->req->n_items; i++)
		lk_lockfile_companions(g->req->items[i].kind, g->req->items[i].file->path, add_candidate,
				       &(struct item_companions){ &c, i });
	lk_source_resolve_all(g->req->source, c.paths.v, c.paths.n, take_candidate, &c, &err);
	for (size_t i = 0; i < c.v.n; i++)
		follow_to_socket(&c, i);
	for (size_t i = 0; i < g->req->n_files; i++)
		*lk_vec_push(&g->files) = g->req->files[i];
	for (size_t i = 0; i < g->req->n_items; i++) {
		*lk_vec_push(&g->first) = g->files.n;
		*lk_vec_push(&g->files) = *g->req->items[i].file;
		for (; at < c.v.n && c.v.v[at].item == i; at++) {
			if (c.v.v[at].rc == 0)
				*lk_vec_push(&g->files) = c.v.v[at].file;
			else if (c.v.v[at].rc != -ENOENT && c.v.v[at].rc != -ENOTDIR)
				g->ret[i].missed = true;
		}
		g->ret[i].facts.n_companions = g->files.n - g->first.v[i] - 1;
	}
	*lk_vec_push(&g->first) = g->files.n;
	lk_err_done(&err);
	lk_vec_done(&c.v);
	lk_vec_done(&c.paths);
}

static void find_kernel_locks(const struct gather *g, size_t item)
{
	struct lk_evidence *e = &g->ret[item];
	struct lk_lockfile_facts *f = &e->facts;
	const struct lk_snapshot *s = g->snap;

	f->kernel_lock = e->missed ? LK_UNKNOWN : LK_NO;
	for (size_t k = g->first.v[item]; k < g->first.v[item + 1]; k++) {
		if (!lk_snapshot_proves(s, &g->files.v[k].key) && f->kernel_lock == LK_NO)
			f->kernel_lock = LK_UNKNOWN;
		for (size_t i = 0; i < s->n_locks; i++) {
			const struct lk_lock *lock = &s->locks[i];
			enum lk_tri on = lk_lock_is_on(lock, &g->files.v[k]);

			if (on == LK_UNKNOWN)
				f->kernel_lock = LK_UNKNOWN;
			if (lk_lock_is_waiting(lock) || on != LK_YES)
				continue;
			f->kernel_lock = LK_YES;
			f->lock_pid = lock->n_holders ? lock->pid : 0;
			f->lock_comm = lock->n_holders && lock->proc ? lk_arena_strdup(&e->arena, lock->proc->comm)
								     : NULL;
			f->lock_what = lk_arena_strdup(&e->arena, g->files.v[k].path);
			f->lock_beside = k > g->first.v[item];
			return;
		}
	}
}

/* Who is named first; of equals, who listens (1 more). */
enum { RANK_ANYBODY = 1, RANK_PROGRAM = 3, RANK_OWNER = 5 };

static int rank(const struct lk_lockfile_facts *f, const struct lk_use *u)
{
	bool owner = f->owner.pid && u->pid == f->owner.pid;
	bool program = u->comm && lk_lockfile_matches(f->kind->programs, u->comm);

	return (owner ? RANK_OWNER : program ? RANK_PROGRAM : RANK_ANYBODY) + (u->kind == LK_USE_LISTENING);
}

/* It is shown by an overlay as another file: who has that one open, or locks it, is not seen here. */
static void doubt(struct lk_lockfile_facts *f)
{
	if (f->open == LK_NO)
		f->open = LK_UNKNOWN;
	if (f->kernel_lock == LK_NO)
		f->kernel_lock = LK_UNKNOWN;
}

static void take_use(const struct gather *g, size_t item, const struct lk_use *u, int *best)
{
	struct lk_evidence *e = &g->ret[item];
	struct lk_lockfile_facts *f = &e->facts;
	bool beside = u->file > g->first.v[item];

	if (u->kind == LK_USE_OVERLAY && !u->below)
		doubt(f);
	if (!lk_use_words(u->kind)->by_process || u->below)
		return;
	if (!u->certain && f->open == LK_NO)
		f->open = LK_UNKNOWN;
	if (!u->certain || rank(f, u) <= *best)
		return;
	/* To work in the directory of a lock tells something only of its own programs. */
	if (beside && S_ISDIR(g->files.v[u->file].mode) && rank(f, u) < RANK_PROGRAM)
		return;
	*best = rank(f, u);
	f->open = LK_YES;
	f->open_pid = u->pid;
	f->open_comm = lk_arena_strdup(&e->arena, u->comm);
	f->open_what = lk_arena_strdup(&e->arena, g->files.v[u->file].path);
	f->open_beside = beside;
	f->open_how = u->kind;
}

/* Uses are sorted by file. */
static void take_uses(const struct gather *g, const struct lk_uses *uses, bool complete)
{
	size_t at = 0;

	for (size_t i = 0; i < g->req->n_items; i++) {
		struct lk_evidence *e = &g->ret[i];
		int best = 0;

		e->facts.open = complete && !e->missed && !g->req->items[i].file->key.none ? LK_NO : LK_UNKNOWN;
		while (at < uses->v.n && uses->v.v[at].file < g->first.v[i])
			at++;
		for (; at < uses->v.n && uses->v.v[at].file < g->first.v[i + 1]; at++)
			take_use(g, i, &uses->v.v[at], &best);
	}
}

/* Drops the uses of files that the caller did not ask for. */
static void keep_asked(struct lk_uses *uses, size_t n_files)
{
	while (uses->v.n && uses->v.v[uses->v.n - 1].file >= n_files)
		uses->v.n--;
}

/* One look at all processes, for all files. */
static int find_users(struct gather *g, struct lk_uses *ret, struct lk_err *err)
{
	struct lk_uses_request req = {
		.files = g->files.v, .n_files = g->files.n, .timeout_ms = g->req->timeout_ms, .tree = g->req->tree
	};
	int rc;

	*ret = (struct lk_uses){ 0 };
	if (!g->files.n)
		return 0;
	rc = lk_uses_find(g->req->source, &req, ret, err);
	take_uses(g, ret, rc == 0 && !ret->n_unreadable && !ret->hidden && !ret->n_kernel_unknown);
	return rc;
}

static void begin(const struct lk_evidence_request *req, struct lk_evidence *ret)
{
	const struct lk_fact_host *host = &req->snap->host;

	for (size_t i = 0; i < req->n_items; i++) {
		const struct lk_evidence_item *item = &req->items[i];

		ret[i] = (struct lk_evidence){
			.facts = { .kind = item->kind,
				   .uid = -1,
				   .owner_rc = -ENODATA,
				   .boot_ms = host->boottime_ms ? host->time_unix_ms - host->boottime_ms : 0,
				   .pid_ns = lk_procroot_own_ns("pid"),
				   .initial_pidns = host->initial_pidns,
				   .alive = LK_UNKNOWN,
				   .process_uid = -1,
				   .open = LK_UNKNOWN,
				   .kernel_lock = LK_UNKNOWN,
				   .remote = item->file->local != LK_YES }
		};
		ret[i].facts.name = lk_arena_strdup(&ret[i].arena, strrchr(item->file->path, '/') + 1);
		ret[i].facts.host = lk_arena_strdup(&ret[i].arena, host->host);
	}
}

/* The files themselves: what is written in them, and by whom. */
static void look_at_files(struct gather *g)
{
	struct lk_err err = { 0 };
	int rc = lk_procroot_open(&g->root, NULL, &err);

	for (size_t i = 0; i < g->req->n_items && rc < 0; i++)
		g->ret[i].facts.why_not_read = lk_arena_printf(&g->ret[i].arena, "it could not be looked at: %s",
							       strerror(-rc));
	lk_err_done(&err);
	if (rc < 0)
		return;
	lk_evidence_read_files(g);
	lk_evidence_look_at_processes(g);
	lk_procroot_done(&g->root);
}

int lk_evidence_gather(const struct lk_evidence_request *req, struct lk_evidence *ret, struct lk_uses *uses,
		       struct lk_err *err)
{
	struct gather g = { .req = req, .ret = ret, .snap = req->snap };
	struct lk_uses found;
	int rc;

	begin(req, ret);
	find_files(&g);
	if (req->n_items)
		look_at_files(&g);
	for (size_t i = 0; i < req->n_items; i++)
		find_kernel_locks(&g, i);
	rc = find_users(&g, &found, err);
	lk_evidence_look_again(&g);
	keep_asked(&found, req->n_files);
	if (uses)
		*uses = found;
	else
		lk_uses_done(&found);
	if (g.own)
		lk_snapshot_free(g.own);
	lk_vec_done(&g.items);
	lk_vec_done(&g.inner);
	lk_vec_done(&g.files);
	lk_vec_done(&g.first);
	return rc;
}

void lk_evidence_done(struct lk_evidence *e)
{
	lk_owner_done(&e->facts.owner);
	lk_arena_done(&e->arena);
}
