/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of each verb: the member "answer" of the JSON document. */
#include "base/cleanup.h"
#include "base/ints.h"
#include "base/sanitize.h"
#include "cli/out_json_private.h"
#include "query/lockfiles.h"
#include "query/who.h"
#include "source/file_name.h"

/* ---- of a FILE ---- */

static void put_resolved(struct lk_json *j, const struct lk_fact_file *f)
{
	struct lk_arena arena = { 0 };
	struct lk_file file;

	if (!f) {
		lk_json_null(j, "file");
		return;
	}
	file = (struct lk_file){
		.key = f->key,
		.size = f->size,
		.path = lk_file_name(&arena, f, f->path),
		.seen_path = f->path,
		.deleted = f->deleted,
		.replaced = f->replaced,
		.unreachable = f->unreachable,
		.foreign_mnt_ns = f->foreign_mnt_ns,
		.fstype = f->fstype,
		.seen_mount_point = f->mount_point,
	};
	lk_out_json_file(j, "file", &file);
	lk_arena_done(&arena);
}

static void put_use(struct lk_json *j, const struct lk_use *use)
{
	lk_json_begin(j, NULL);
	lk_json_string(j, "kind", lk_use_words(use->kind)->name);
	lk_json_number_if(j, "pid", use->pid, use->pid > 0);
	lk_json_number_if(j, "start_ticks", (int64_t)use->start_ticks, use->start_ticks > 0);
	lk_json_bytes(j, "comm", use->comm);
	lk_json_number_if(j, "fd", use->fd, use->fd >= 0);
	lk_json_bytes(j, "what", use->what);
	lk_json_bool(j, "below", use->below);
	lk_json_bool(j, "certain", use->certain);
	lk_json_end(j);
}

static void put_uses(struct lk_json *j, const struct lk_answer_file *f)
{
	const struct lk_uses *uses = f->uses;
	bool hidden = uses && (uses->n_unreadable || uses->n_kernel_unknown || uses->hidden);

	lk_json_begin_list(j, "uses");
	for (size_t i = 0; uses && i < uses->v.n; i++) {
		const struct lk_use *use = &uses->v.v[i];

		if (use->file == f->uses_file && !use->locked)
			put_use(j, use);
	}
	lk_json_end(j);
	lk_out_json_tri(j, "uses_complete", !uses ? LK_UNKNOWN : hidden ? LK_NO : LK_YES);
	lk_json_number_if(j, "uses_unread_count", uses ? (int64_t)uses->n_unreadable : 0, uses);
	lk_out_json_unread(j, "uses_unread", uses ? uses->unread.v : NULL, uses ? uses->unread.n : 0);
}

static void put_sqlite_user(struct lk_json *j, const struct lk_sqlite_user *u)
{
	lk_json_begin(j, NULL);
	lk_json_number_if(j, "pid", u->lock->pid, u->lock->pid > 0);
	lk_json_bytes(j, "comm", u->lock->proc ? u->lock->proc->comm : NULL);
	lk_json_string(j, "how_known", lk_how_name(u->lock->how));
	lk_json_begin_list(j, "roles");
	for (unsigned bit = 0; bit < LK_SQLITE_N_ROLES; bit++) {
		if (u->roles & 1u << bit)
			lk_json_string(j, NULL, lk_sqlite_role_name(bit));
	}
	lk_json_end(j);
	lk_json_bool(j, "in_the_way", u->in_the_way);
	lk_json_end(j);
}

static void put_owner(struct lk_json *j, const struct lk_lockfile_facts *f)
{
	const struct lk_owner *o = &f->owner;

	lk_json_begin(j, "owner");
	lk_json_number_if(j, "pid", o->pid, o->pid);
	lk_json_bytes(j, "host", o->host);
	lk_json_bytes(j, "user", o->user);
	lk_json_bytes(j, "path", o->path);
	lk_out_json_tri(j, "alive", o->pid ? f->alive : LK_UNKNOWN);
	lk_json_bytes(j, "comm", f->comm);
	lk_json_end(j);
}

/* One of those who use it. */
static void put_user(struct lk_json *j, const char *name, bool known, int pid, const char *comm, const char *what)
{
	if (!known) {
		lk_json_null(j, name);
		return;
	}
	lk_json_begin(j, name);
	lk_json_number_if(j, "pid", pid, pid > 0);
	lk_json_bytes(j, "comm", comm);
	lk_json_bytes(j, "what", what);
	lk_json_end(j);
}

static void put_facts(struct lk_json *j, const struct lk_lockfile_facts *f)
{
	lk_json_number_if(j, "mtime_unix_ms", f->mtime_ms, f->mtime_ms);
	lk_json_number_if(j, "uid", f->uid, f->uid >= 0);
	put_owner(j, f);
	put_user(j, "locked_by", f->kernel_lock == LK_YES, f->lock_pid, f->lock_comm, f->lock_what);
	put_user(j, "open_by", f->open == LK_YES, f->open_pid, f->open_comm, f->open_what);
}

static void put_lockfile(struct lk_json *j, const struct lk_lockfile *l)
{
	if (!l) {
		lk_json_null(j, "lockfile");
		return;
	}
	lk_json_begin(j, "lockfile");
	lk_json_string(j, "kind", l->kind->word);
	lk_json_string(j, "maker", l->kind->maker);
	lk_json_string(j, "verdict", lk_verdict_name(l->verdict.verdict));
	lk_json_begin_list(j, "because");
	for (size_t i = 0; i < l->verdict.because.n; i++) {
		lk_auto_mem char *safe = lk_sanitize_str(l->verdict.because.v[i], true);

		lk_json_string(j, NULL, safe);
	}
	lk_json_end(j);
	put_facts(j, &l->evidence.facts);
	lk_json_bool(j, "keep", l->kind->keep);
	lk_json_string(j, "advice", l->kind->advice);
	lk_json_end(j);
}

void lk_out_json_lockfile(struct lk_json *j, const struct lk_lockfile *l)
{
	lk_json_begin(j, NULL);
	put_resolved(j, l->file);
	put_lockfile(j, l);
	lk_json_end(j);
}

static void put_sqlite(struct lk_json *j, const struct lk_answer_file *f)
{
	if (!f->sqlite) {
		lk_json_null(j, "sqlite");
		return;
	}
	lk_json_begin(j, "sqlite");
	lk_json_string(j, "mode", lk_sqlite_mode_name(f->sqlite->mode));
	lk_out_json_tri(j, "writable", f->sqlite_writable);
	lk_json_bool(j, "journal_left", f->sqlite->journal_left);
	lk_json_begin_list(j, "users");
	for (size_t i = 0; i < f->sqlite->n_users; i++)
		put_sqlite_user(j, &f->sqlite->users[i]);
	lk_json_end(j);
	lk_json_end(j);
}

static void put_companion(struct lk_json *j, const struct lk_answer_companion *c)
{
	lk_json_begin(j, NULL);
	lk_json_bytes(j, "path", c->path);
	lk_json_bool(j, "overlay", c->overlay);
	lk_out_json_tri(j, "locked", c->locked);
	lk_out_json_pids(j, "holders", c->holders, c->n_holders);
	put_lockfile(j, c->lockfile);
	lk_json_end(j);
}

/* Adds pid unless it is there already; the list is not sorted. */
static void add_pid(lk_ints *pids, int pid)
{
	for (size_t i = 0; i < pids->n; i++) {
		if (pids->v[i] == pid)
			return;
	}
	*lk_vec_push(pids) = pid;
}

/* i: the first lock of the list on its file. Prints that file and all locks of the list that are on it. */
static void put_namesake(struct lk_json *j, const lk_namesakes *list, size_t i)
{
	const struct lk_file *file = list->v[i]->file;
	lk_ints holders = { 0 }, waiters = { 0 };

	lk_json_begin(j, NULL);
	lk_out_json_file(j, "file", file);
	lk_json_begin_list(j, "locks");
	for (; i < list->n; i++) {
		const struct lk_lock *l = list->v[i];

		if (l->file != file)
			continue;
		lk_json_hex(j, NULL, l->id, 16);
		for (size_t k = 0; k < l->n_holders; k++)
			add_pid(&holders, l->holders[k].pid);
		if (lk_lock_is_waiting(l) && l->pid > 0)
			add_pid(&waiters, l->pid);
	}
	lk_json_end(j);
	lk_out_json_pids(j, "holders", holders.v, holders.n);
	lk_out_json_pids(j, "waiters", waiters.v, waiters.n);
	lk_json_end(j);
	lk_vec_done(&holders);
	lk_vec_done(&waiters);
}

static void put_namesakes(struct lk_json *j, const lk_namesakes *list)
{
	lk_json_begin_list(j, "deleted_namesakes");
	for (size_t i = 0, k; list && i < list->n; i++) {
		for (k = 0; k < i && list->v[k]->file != list->v[i]->file;)
			k++;
		if (k == i)
			put_namesake(j, list, i);
	}
	lk_json_end(j);
}

static void put_file(struct lk_json *j, const char *name, const struct lk_answer_file *f)
{
	lk_json_begin(j, name);
	lk_json_bytes(j, "path", f->path);
	put_resolved(j, f->file);
	lk_out_json_tri(j, "locked", f->locked);
	lk_out_json_pids(j, "holders", f->holders, f->n_holders);
	lk_out_json_pids(j, "waiters", f->waiters, f->n_waiters);
	lk_json_string(j, "reason", f->reason);
	put_lockfile(j, f->lockfile);
	put_sqlite(j, f);
	lk_json_bool(j, "may_have_mutex", f->may_have_mutex);
	put_uses(j, f);
	lk_json_begin_list(j, "companions");
	for (size_t i = 0; i < f->n_companions; i++)
		put_companion(j, &f->companions[i]);
	lk_json_end(j);
	lk_json_number_if(j, "locked_below", f->locked_below, f->has_locked_below);
	put_namesakes(j, f->deleted);
	lk_json_end(j);
}

/* ---- who, map ---- */

static void put_segment(struct lk_json *j, const struct lk_segment *s)
{
	lk_json_begin(j, NULL);
	lk_json_number(j, "start", s->range.start);
	lk_json_number_if(j, "end", s->range.end, !lk_range_is_to_eof(s->range));
	lk_json_string(j, "name", s->known ? s->known->name : NULL);
	lk_json_bool(j, "conflict", s->flags & LK_SEGMENT_CONFLICT);
	lk_json_end(j);
}

static void put_lane(struct lk_json *j, const struct lk_lane *lane)
{
	const struct lk_lock *l = lane->spans->lock;
	int tid = l->waiter ? l->waiter->tid : 0;

	lk_json_begin(j, NULL);
	lk_json_number_if(j, "pid", l->pid, l->pid > 0);
	lk_json_number_if(j, "tid", tid, tid > 0);
	lk_json_string(j, "owner_state", lane->state ? lane->state->name : NULL);
	lk_json_string(j, "kind", lk_type_name(l->rec.type));
	lk_json_bool(j, "waiting", lane->waiting);
	lk_json_bool(j, "whole", lane->whole);
	lk_json_begin_list(j, "cells");
	for (size_t i = 0; i < lane->n_spans; i++) {
		const struct lk_span *span = &lane->spans[i];

		lk_json_begin(j, NULL);
		lk_json_hex(j, "id", span->lock->id, 16);
		lk_json_string(j, "mode", lk_mode_name(span->lock->rec.mode));
		lk_json_unsigned(j, "first", span->first);
		lk_json_unsigned(j, "last", span->last);
		lk_json_end(j);
	}
	lk_json_end(j);
	lk_json_end(j);
}

static void put_map(struct lk_json *j, const struct lk_lanes *map)
{
	lk_json_string(j, "looks_like", map->layout ? map->layout->word : NULL);
	lk_json_begin_rows(j, "segments");
	for (size_t i = 0; i < map->n_segments; i++)
		put_segment(j, &map->segments[i]);
	lk_json_end(j);
	lk_json_begin_rows(j, "lanes");
	for (size_t i = 0; i < map->n_lanes; i++)
		put_lane(j, &map->lanes[i]);
	lk_json_end(j);
}

static void put_files(struct lk_json *j, const struct lk_answer *a)
{
	lk_out_json_tri(j, "locked", a->locked);
	if (a->map) {
		put_file(j, "file", a->files);
		put_map(j, a->map);
		return;
	}
	lk_json_begin_list(j, "files");
	for (size_t i = 0; i < a->n_files; i++)
		put_file(j, NULL, &a->files[i]);
	lk_json_end(j);
}

/* ---- waits ---- */

static void put_cycle(struct lk_json *j, const struct lk_cycle *c)
{
	lk_json_begin(j, NULL);
	if (c->dead)
		lk_json_number(j, "number", c->number);
	lk_out_json_pids(j, "pids", c->pids, c->n_pids);
	lk_out_json_ids(j, "rows", c->rows, c->n_rows);
	if (c->dead) {
		lk_out_json_pids(j, "breakers", c->breakers, c->n_breakers);
	} else {
		lk_json_number_if(j, "escape_pid", c->escape_pid, c->escape_pid > 0);
		lk_json_string(j, "escape", c->escape);
	}
	lk_json_end(j);
}

static void put_cycles(struct lk_json *j, const char *name, const struct lk_answer_waits *w, bool dead)
{
	lk_json_begin_list(j, name);
	for (size_t i = 0; i < w->n_cycles; i++) {
		if (w->cycles[i].dead == dead)
			put_cycle(j, &w->cycles[i]);
	}
	lk_json_end(j);
}

static void put_root(struct lk_json *j, const struct lk_answer_root *r)
{
	lk_json_begin(j, NULL);
	if (r->lock)
		lk_json_hex(j, "id", r->lock->id, 16);
	else
		lk_json_null(j, "id");
	lk_out_json_pids(j, "pids", r->pids, r->n_pids);
	lk_json_unsigned(j, "n_behind", r->n_behind);
	lk_json_number_if(j, "oldest_wait_ms", r->oldest_wait_ms, r->oldest_wait_ms >= 0);
	lk_json_end(j);
}

static void put_waits(struct lk_json *j, const struct lk_answer_waits *w)
{
	put_cycles(j, "deadlocks", w, true);
	put_cycles(j, "cycles", w, false);
	lk_json_begin_list(j, "roots");
	for (size_t i = 0; i < w->n_roots; i++)
		put_root(j, &w->roots[i]);
	lk_json_end(j);
}

/* ---- actions ---- */

/* results: the lines that say what happened; else the lines of the plan. */
static void put_lines(struct lk_json *j, const char *name, const struct lk_action *a, bool results)
{
	lk_json_begin_list(j, name);
	for (size_t i = 0; i < a->lines.n; i++) {
		const struct lk_line *line = &a->lines.v[i];

		if ((line->kind == LK_LINE_RESULT) != results)
			continue;
		lk_json_begin(j, NULL);
		lk_json_string(j, "kind", lk_line_kind_name(line->kind));
		lk_json_string(j, "text", line->text);
		lk_json_end(j);
	}
	lk_json_end(j);
}

static void put_action(struct lk_json *j, const struct lk_answer *a)
{
	lk_json_bool(j, "dry_run", a->dry_run);
	put_lines(j, "plan", a->action, false);
	lk_json_string(j, "outcome", lk_outcome_name(a->action->outcome));
	lk_json_bool(j, "refused_unknown", a->action->unknown);
	put_lines(j, "result", a->action, true);
	lk_json_string(j, "error", a->error);
}

/* ---- test ---- */

static void put_kind(struct lk_json *j, const struct lk_answer_kind *k)
{
	lk_json_begin(j, NULL);
	lk_json_string(j, "kind", k->kind);
	lk_out_json_tri(j, "granted", k->granted);
	lk_out_json_ids(j, "in_the_way", k->in_the_way, k->n_in_the_way);
	lk_json_string(j, "reason", k->reason);
	lk_json_end(j);
}

static void put_kernel(struct lk_json *j, const struct lk_answer_test *t)
{
	if (!t->asked) {
		lk_json_null(j, "kernel");
		return;
	}
	lk_json_begin(j, "kernel");
	lk_out_json_tri(j, "granted", t->kernel_granted);
	lk_json_begin_list(j, "in_the_way");
	for (size_t i = 0; i < t->n_found; i++) {
		lk_json_begin(j, NULL);
		lk_json_string(j, "mode", lk_mode_name(t->found[i].mode));
		lk_out_json_range(j, t->found[i].range);
		lk_json_number_if(j, "pid", t->found[i].pid, t->found[i].pid > 0);
		lk_json_end(j);
	}
	lk_json_end(j);
	lk_json_end(j);
}

static void put_test(struct lk_json *j, const struct lk_answer_test *t)
{
	lk_json_bytes(j, "path", t->path);
	put_resolved(j, t->file);
	lk_json_string(j, "mode", lk_mode_name(t->mode));
	lk_out_json_range(j, t->range);
	lk_out_json_tri(j, "granted", t->granted);
	lk_json_begin_list(j, "kinds");
	for (size_t i = 0; i < t->n_kinds; i++)
		put_kind(j, &t->kinds[i]);
	lk_json_end(j);
	put_kernel(j, t);
	lk_out_json_tri(j, "acquired", t->acquired);
	put_lockfile(j, t->lockfile);
	put_namesakes(j, t->deleted);
}

/* ---- lockfiles ---- */

static void put_gap(struct lk_json *j, const char *name, const struct lk_search_gap *gap)
{
	lk_json_begin(j, name);
	lk_json_unsigned(j, "count", gap->n);
	lk_json_bytes(j, "first", gap->first);
	lk_json_string(j, "errno", gap->code ? lk_err_name(gap->code) : NULL);
	lk_json_end(j);
}

static void put_lockfiles(struct lk_json *j, const struct lk_answer_lockfiles *a, bool lines)
{
	const struct lk_search *s = &a->all->search;

	lk_json_bool(j, "complete", lk_lockfiles_is_complete(a->all));
	put_gap(j, "unread", &s->unread);
	put_gap(j, "lost", &a->all->lost);
	put_gap(j, "not_entered", &s->mounts);
	lk_json_begin_list(j, "bounds");
	for (unsigned b = 0; b < LK_N_BOUNDS; b++) {
		if (s->bounds & 1u << b)
			lk_json_string(j, NULL, lk_search_bound_words(b));
	}
	lk_json_end(j);
	if (lines)
		lk_json_begin_list(j, "lockfiles");
	else
		lk_json_begin_rows(j, "lockfiles");
	for (size_t i = 0; !lines && i < a->n_rows; i++)
		lk_out_json_lockfile(j, a->rows[i].lockfile);
	lk_json_end(j);
}

void lk_out_json_answer(struct lk_json *j, const struct lk_answer *a, bool lines)
{
	lk_json_begin(j, "answer");
	lk_json_string(j, "verb", a->test ? "test" : a->verb);
	if (a->test)
		put_test(j, a->test);
	else if (a->lockfiles)
		put_lockfiles(j, a->lockfiles, lines);
	else if (a->action)
		put_action(j, a);
	else if (a->waits)
		put_waits(j, a->waits);
	else
		put_files(j, a);
	lk_json_end(j);
}
