/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs say, as JSON. */
#include "cli/out_json_private.h"
#include "source/file_name.h"

static json_t *pid_list(const int *pids, size_t n)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < n; i++)
		lk_json_append(list, json_integer(pids[i]), &failed);
	return lk_json_finish_list(list, failed);
}

/* Each once. */
static void add_pid(json_t *list, int pid, bool *failed)
{
	for (size_t i = 0; list && i < json_array_size(list); i++) {
		if (json_integer_value(json_array_get(list, i)) == pid)
			return;
	}
	lk_json_append(list, json_integer(pid), failed);
}

static json_t *resolved_object(const struct lk_fact_file *f)
{
	struct lk_arena arena = { 0 };
	struct lk_file file;
	json_t *object;

	if (!f)
		return json_null();
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
	object = lk_json_file(&file);
	lk_arena_done(&arena);
	return object;
}

static json_t *use_object(const struct lk_use *use)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "kind", lk_json_text(lk_use_words(use->kind)->name));
	lk_json_put(&o, "pid", lk_json_integer(use->pid, use->pid > 0));
	lk_json_put(&o, "start_ticks", lk_json_integer((int64_t)use->start_ticks, use->start_ticks > 0));
	lk_json_put(&o, "comm", lk_json_text(use->comm));
	lk_json_put(&o, "comm_b64", lk_json_base64_of(use->comm));
	lk_json_put(&o, "fd", lk_json_integer(use->fd, use->fd >= 0));
	lk_json_put(&o, "what", lk_json_text(use->what));
	lk_json_put(&o, "what_b64", lk_json_base64_of(use->what));
	lk_json_put(&o, "below", json_boolean(use->below));
	lk_json_put(&o, "certain", json_boolean(use->certain));
	return lk_json_finish(&o);
}

static json_t *use_list(const struct lk_answer_file *f)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; f->uses && i < f->uses->v.n; i++) {
		const struct lk_use *use = &f->uses->v.v[i];

		if (use->file == f->uses_file && !use->locked)
			lk_json_append(list, use_object(use), &failed);
	}
	return lk_json_finish_list(list, failed);
}

/* Unknown where nobody looked. */
static enum lk_tri uses_complete(const struct lk_answer_file *f)
{
	if (!f->uses)
		return LK_UNKNOWN;
	return f->uses->n_unreadable || f->uses->n_kernel_unknown || f->uses->hidden ? LK_NO : LK_YES;
}

static json_t *sqlite_user_object(const struct lk_sqlite_user *u)
{
	struct lk_json_object o = lk_json_new();
	const char *comm = u->lock->proc ? u->lock->proc->comm : NULL;
	json_t *roles = json_array();
	bool failed = !roles;

	for (unsigned bit = 0; bit < LK_SQLITE_N_ROLES; bit++) {
		if (u->roles & 1u << bit)
			lk_json_append(roles, lk_json_text(lk_sqlite_role_name(bit)), &failed);
	}
	lk_json_put(&o, "pid", lk_json_integer(u->lock->pid, u->lock->pid > 0));
	lk_json_put(&o, "comm", lk_json_text(comm));
	lk_json_put(&o, "comm_b64", lk_json_base64_of(comm));
	lk_json_put(&o, "how_known", lk_json_text(lk_how_name(u->lock->how)));
	lk_json_put(&o, "roles", lk_json_finish_list(roles, failed));
	lk_json_put(&o, "in_the_way", json_boolean(u->in_the_way));
	return lk_json_finish(&o);
}

static json_t *sqlite_object(const struct lk_answer_file *f)
{
	struct lk_json_object o = lk_json_new();
	json_t *users = json_array();
	bool failed = !users;

	for (size_t i = 0; i < f->sqlite->n_users; i++)
		lk_json_append(users, sqlite_user_object(&f->sqlite->users[i]), &failed);
	lk_json_put(&o, "mode", lk_json_text(lk_sqlite_mode_name(f->sqlite->mode)));
	lk_json_put(&o, "writable", lk_json_tri(f->sqlite_writable));
	lk_json_put(&o, "journal_left", json_boolean(f->sqlite->journal_left));
	lk_json_put(&o, "users", lk_json_finish_list(users, failed));
	return lk_json_finish(&o);
}

static json_t *companion_object(const struct lk_answer_companion *c)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "path", lk_json_text(c->path));
	lk_json_put(&o, "path_b64", lk_json_base64_of(c->path));
	lk_json_put(&o, "overlay", json_boolean(c->overlay));
	lk_json_put(&o, "locked", lk_json_tri(c->locked));
	lk_json_put(&o, "holders", pid_list(c->holders, c->n_holders));
	return lk_json_finish(&o);
}

static json_t *companion_list(const struct lk_answer_file *f)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < f->n_companions; i++)
		lk_json_append(list, companion_object(&f->companions[i]), &failed);
	return lk_json_finish_list(list, failed);
}

/* The locks on the file that the i-th of them is on. */
static json_t *namesake_object(const lk_namesakes *list, size_t i)
{
	struct lk_json_object o = lk_json_new();
	json_t *ids = json_array(), *holders = json_array(), *waiters = json_array();
	const struct lk_file *file = list->v[i]->file;
	bool failed = !ids || !holders || !waiters;

	for (; i < list->n; i++) {
		const struct lk_lock *l = list->v[i];

		if (l->file != file)
			continue;
		lk_json_append(ids, lk_json_id(l->id), &failed);
		for (size_t k = 0; k < l->n_holders; k++)
			add_pid(holders, l->holders[k].pid, &failed);
		if (lk_lock_is_waiting(l) && l->pid > 0)
			add_pid(waiters, l->pid, &failed);
	}
	lk_json_put(&o, "file", lk_json_file(file));
	lk_json_put(&o, "locks", lk_json_finish_list(ids, failed));
	lk_json_put(&o, "holders", lk_json_finish_list(holders, failed));
	lk_json_put(&o, "waiters", lk_json_finish_list(waiters, failed));
	return lk_json_finish(&o);
}

static json_t *namesake_list(const lk_namesakes *list)
{
	json_t *files = json_array();
	bool failed = !files;

	for (size_t i = 0, k; list && i < list->n; i++) {
		for (k = 0; k < i && list->v[k]->file != list->v[i]->file;)
			k++;
		if (k == i)
			lk_json_append(files, namesake_object(list, i), &failed);
	}
	return lk_json_finish_list(files, failed);
}

static json_t *answer_file_object(const struct lk_answer_file *f)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "path", lk_json_text(f->path));
	lk_json_put(&o, "path_b64", lk_json_base64_of(f->path));
	lk_json_put(&o, "file", resolved_object(f->file));
	lk_json_put(&o, "locked", lk_json_tri(f->locked));
	lk_json_put(&o, "holders", pid_list(f->holders, f->n_holders));
	lk_json_put(&o, "waiters", pid_list(f->waiters, f->n_waiters));
	lk_json_put(&o, "reason", lk_json_text(f->reason));
	lk_json_put(&o, "sqlite", f->sqlite ? sqlite_object(f) : json_null());
	lk_json_put(&o, "may_have_mutex", json_boolean(f->may_have_mutex));
	lk_json_put(&o, "uses", use_list(f));
	lk_json_put(&o, "uses_complete", lk_json_tri(uses_complete(f)));
	lk_json_put(&o, "uses_unread_count",
		    lk_json_integer(f->uses ? (int64_t)f->uses->n_unreadable : 0, f->uses != NULL));
	lk_json_put(&o, "uses_unread",
		    f->uses ? lk_json_unread(f->uses->unread.v, f->uses->unread.n) : lk_json_unread(NULL, 0));
	lk_json_put(&o, "companions", companion_list(f));
	lk_json_put(&o, "locked_below", lk_json_integer(f->locked_below, f->has_locked_below));
	lk_json_put(&o, "deleted_namesakes", namesake_list(f->deleted));
	return lk_json_finish(&o);
}

static json_t *cycle_object(const struct lk_cycle *c)
{
	struct lk_json_object o = lk_json_new();

	if (c->dead)
		lk_json_put(&o, "number", json_integer(c->number));
	lk_json_put(&o, "pids", pid_list(c->pids, c->n_pids));
	lk_json_put(&o, "rows", lk_json_ids(c->rows, c->n_rows));
	if (c->dead) {
		lk_json_put(&o, "breakers", pid_list(c->breakers, c->n_breakers));
	} else {
		lk_json_put(&o, "escape_pid", lk_json_integer(c->escape_pid, c->escape_pid > 0));
		lk_json_put(&o, "escape", lk_json_text(c->escape));
	}
	return lk_json_finish(&o);
}

static json_t *cycle_list(const struct lk_answer_waits *w, bool dead)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < w->n_cycles; i++) {
		if (w->cycles[i].dead == dead)
			lk_json_append(list, cycle_object(&w->cycles[i]), &failed);
	}
	return lk_json_finish_list(list, failed);
}

static json_t *root_object(const struct lk_answer_root *r)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "id", r->lock ? lk_json_id(r->lock->id) : json_null());
	lk_json_put(&o, "pids", pid_list(r->pids, r->n_pids));
	lk_json_put(&o, "n_behind", json_integer((json_int_t)r->n_behind));
	lk_json_put(&o, "oldest_wait_ms", lk_json_integer(r->oldest_wait_ms, r->oldest_wait_ms >= 0));
	return lk_json_finish(&o);
}

static json_t *waits_object(const struct lk_answer *a)
{
	struct lk_json_object o = lk_json_new();
	json_t *roots = json_array();
	bool failed = !roots;

	for (size_t i = 0; i < a->waits->n_roots; i++)
		lk_json_append(roots, root_object(&a->waits->roots[i]), &failed);
	lk_json_put(&o, "verb", lk_json_text(a->verb));
	lk_json_put(&o, "deadlocks", cycle_list(a->waits, true));
	lk_json_put(&o, "cycles", cycle_list(a->waits, false));
	lk_json_put(&o, "roots", lk_json_finish_list(roots, failed));
	return lk_json_finish(&o);
}

static json_t *line_object(const struct lk_line *line)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "kind", lk_json_text(lk_line_kind_name(line->kind)));
	lk_json_put(&o, "text", lk_json_text(line->text));
	return lk_json_finish(&o);
}

/* results: those that say what happened; else those that were said before. */
static json_t *line_list(const struct lk_action *a, bool results)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < a->lines.n; i++) {
		if ((a->lines.v[i].kind == LK_LINE_RESULT) == results)
			lk_json_append(list, line_object(&a->lines.v[i]), &failed);
	}
	return lk_json_finish_list(list, failed);
}

static json_t *action_object(const struct lk_answer *a)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "verb", lk_json_text(a->verb));
	lk_json_put(&o, "dry_run", json_boolean(a->dry_run));
	lk_json_put(&o, "plan", line_list(a->action, false));
	lk_json_put(&o, "outcome", lk_json_text(lk_outcome_name(a->action->outcome)));
	lk_json_put(&o, "refused_unknown", json_boolean(a->action->unknown));
	lk_json_put(&o, "result", line_list(a->action, true));
	lk_json_put(&o, "error", lk_json_text(a->error));
	return lk_json_finish(&o);
}

static json_t *files_object(const struct lk_answer *a)
{
	struct lk_json_object o = lk_json_new();
	json_t *files = a->more ? answer_file_object(a->files) : json_array();
	bool failed = !files;

	for (size_t i = 0; !a->more && i < a->n_files; i++)
		lk_json_append(files, answer_file_object(&a->files[i]), &failed);
	lk_json_put(&o, "verb", lk_json_text(a->verb));
	lk_json_put(&o, "locked", lk_json_tri(a->locked));
	lk_json_put(&o, a->more ? "file" : "files", lk_json_finish_list(files, failed));
	return lk_json_finish(&o);
}

static void put_range(struct lk_json_object *o, struct lk_range range)
{
	bool to_eof = lk_range_is_to_eof(range);

	lk_json_put(o, "start", json_integer(range.start));
	lk_json_put(o, "end", lk_json_integer(range.end, !to_eof));
	lk_json_put(o, "to_eof", json_boolean(to_eof));
}

static json_t *kind_object(const struct lk_answer_kind *k)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "kind", lk_json_text(k->kind));
	lk_json_put(&o, "granted", lk_json_tri(k->granted));
	lk_json_put(&o, "in_the_way", lk_json_ids(k->in_the_way, k->n_in_the_way));
	lk_json_put(&o, "reason", lk_json_text(k->reason));
	return lk_json_finish(&o);
}

static json_t *found_object(const struct lk_probe_found *f)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "mode", lk_json_text(lk_mode_name(f->mode)));
	put_range(&o, f->range);
	lk_json_put(&o, "pid", lk_json_integer(f->pid, f->pid > 0));
	return lk_json_finish(&o);
}

static json_t *kernel_object(const struct lk_answer_test *t)
{
	struct lk_json_object o;
	json_t *list;
	bool failed;

	if (!t->asked)
		return json_null();
	o = lk_json_new();
	list = json_array();
	failed = !list;
	for (size_t i = 0; i < t->n_found; i++)
		lk_json_append(list, found_object(&t->found[i]), &failed);
	lk_json_put(&o, "granted", lk_json_tri(t->kernel_granted));
	lk_json_put(&o, "in_the_way", lk_json_finish_list(list, failed));
	return lk_json_finish(&o);
}

static json_t *test_object(const struct lk_answer_test *t)
{
	struct lk_json_object o = lk_json_new();
	json_t *kinds = json_array();
	bool failed = !kinds;

	for (size_t i = 0; i < t->n_kinds; i++)
		lk_json_append(kinds, kind_object(&t->kinds[i]), &failed);
	lk_json_put(&o, "verb", lk_json_text("test"));
	lk_json_put(&o, "path", lk_json_text(t->path));
	lk_json_put(&o, "path_b64", lk_json_base64_of(t->path));
	lk_json_put(&o, "file", resolved_object(t->file));
	lk_json_put(&o, "mode", lk_json_text(lk_mode_name(t->mode)));
	put_range(&o, t->range);
	lk_json_put(&o, "granted", lk_json_tri(t->granted));
	lk_json_put(&o, "kinds", lk_json_finish_list(kinds, failed));
	lk_json_put(&o, "kernel", kernel_object(t));
	lk_json_put(&o, "acquired", lk_json_tri(t->acquired));
	lk_json_put(&o, "deleted_namesakes", namesake_list(t->deleted));
	return lk_json_finish(&o);
}

json_t *lk_json_answer(const struct lk_answer *a)
{
	if (a->test)
		return test_object(a->test);
	if (a->action)
		return action_object(a);
	return a->waits ? waits_object(a) : files_object(a);
}
