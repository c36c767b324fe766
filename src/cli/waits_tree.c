/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/waits_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "table/get.h"
#include "words/words.h"

#define MAX_LEVEL 12 /* deeper branches stand at this level; they say behind whom they are */
#define MAX_NAMED 4 /* processes named in a sentence */

int *lk_waits_holders(const struct lk_lock *l, size_t *ret_n)
{
	int *pids = calloc(l->n_holders + 1, sizeof(*pids));
	size_t n = 0;

	for (size_t i = 0; pids && i < l->n_holders; i++) {
		if (!n || pids[n - 1] != l->holders[i].pid)
			pids[n++] = l->holders[i].pid;
	}
	*ret_n = n;
	return pids;
}

/* ---- words; without memory a text may be short ---- */

static void put_cell(lk_buf *b, const char *column, const struct lk_lock *l)
{
	lk_column_text(lk_column_find(column, strlen(column)), &(struct lk_row){ .lock = l }, true, b);
}

/* ", at least 3m12s"; nothing when it is not known. */
static void put_time(lk_buf *b, const char *before, int64_t ms)
{
	struct lk_lock l = { .wait_ms = ms };

	if (ms < 0)
		return;
	lk_buf_printf(b, "%sat least ", before);
	put_cell(b, "AGE", &l);
}

/* "FLOCK WRITE", "OFD READ 0-9" */
static void put_lock(lk_buf *b, const struct lk_lock *l)
{
	bool has_range = l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD || !lk_range_is_whole(l->rec.range);

	put_cell(b, "TYPE", l);
	lk_buf_puts(b, " ");
	put_cell(b, "MODE", l);
	if (l->state == LK_STATE_BREAKING) {
		lk_buf_puts(b, " (");
		lk_break_text(l, b);
		lk_buf_puts(b, ")");
		return;
	}
	if (has_range) {
		lk_buf_puts(b, " ");
		put_cell(b, "RANGE", l);
	}
}

/* "3307", "3307/3309" for another thread of it than the first */
static void put_thread(lk_buf *b, int pid, int tid)
{
	lk_buf_printf(b, "%d", pid);
	if (tid > 0 && tid != pid)
		lk_buf_printf(b, "/%d", tid);
}

static void put_process(lk_buf *b, const struct lk_proc *p, int tid)
{
	put_thread(b, p->pid, tid);
	if (p->comm)
		lk_buf_printf(b, " %s", p->comm);
}

void lk_waits_put_pids(lk_buf *b, const int *pids, size_t n, const char *last_word, const char *more)
{
	size_t shown = n > MAX_NAMED ? MAX_NAMED : n;

	for (size_t i = 0; i < shown; i++)
		lk_buf_printf(b, "%s%d", i == 0 ? "" : i == n - 1 ? last_word : ", ", pids[i]);
	if (n > shown)
		lk_buf_printf(b, "%s%s%zu more", last_word, more, n - shown);
}

/* "5121", "5121 and 5122", "itself" */
static void put_holders(lk_buf *b, const struct lk_lock *held, int waiter)
{
	size_t n;
	lk_auto_mem int *pids = lk_waits_holders(held, &n);

	if (pids && n == 1 && pids[0] == waiter)
		lk_buf_puts(b, "itself");
	else if (pids && n)
		lk_waits_put_pids(b, pids, n, " and ", "");
	else if (held->pid > 0)
		lk_buf_printf(b, "%d (recorded, not proven)", held->pid);
	else
		lk_buf_puts(b, "an owner that is not visible");
}

/* ---- who else is in the way ---- */

static bool holds(const struct lk_lock *l, int pid)
{
	for (size_t i = 0; i < l->n_holders; i++) {
		if (l->holders[i].pid == pid)
			return true;
	}
	return false;
}

static int by_pid(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Adds the holders of `held` that do not hold `by`. *ret_unseen: counts locks without a proven one. */
static void add_others(lk_pid_list *list, const struct lk_lock *held, const struct lk_lock *by, size_t *ret_unseen)
{
	*ret_unseen += !held->n_holders;
	for (size_t i = 0; i < held->n_holders; i++) {
		int *slot = holds(by, held->holders[i].pid) ? NULL : lk_vec_push(list);

		if (slot)
			*slot = held->holders[i].pid;
	}
}

void lk_waits_sort_pids(lk_pid_list *list)
{
	size_t n = 0;

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_pid);
	for (size_t i = 0; i < list->n; i++) {
		if (!n || list->v[n - 1] != list->v[i])
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

int lk_waits_add_blockers(lk_pid_list *list, const struct lk_lock *request)
{
	for (size_t i = 0; i < request->n_blocked_by; i++) {
		for (size_t k = 0; k < request->blocked_by[i]->n_holders; k++) {
			int *slot = lk_vec_push(list);

			if (!slot)
				return -ENOMEM;
			*slot = request->blocked_by[i]->holders[k].pid;
		}
	}
	lk_waits_sort_pids(list);
	return 0;
}

static void put_others(lk_buf *b, const struct lk_lock *l, const struct lk_lock *by)
{
	lk_pid_list list = { 0 };
	size_t unseen = 0;

	for (size_t i = 0; i < l->n_blocked_by; i++) {
		if (l->blocked_by[i] != by)
			add_others(&list, l->blocked_by[i], by, &unseen);
	}
	lk_waits_sort_pids(&list);
	if (list.n || unseen)
		lk_buf_puts(b, "; also blocked by ");
	lk_waits_put_pids(b, list.v, list.n, " and ", "");
	if (unseen)
		lk_buf_printf(b, "%san owner that is not visible", list.n ? ", and " : "");
	lk_vec_done(&list);
}

/* ---- branches ---- */

struct branch {
	lk_buf before, path, after;
	bool alarm;
};

/* The cycle is as old as the latest of its requests. */
static int64_t cycle_age(const struct lk_cycle *c)
{
	int64_t age = INT64_MAX;

	for (size_t i = 0; i < c->n_rows; i++) {
		if (lk_lock_is_waiting(c->rows[i]) && c->rows[i]->wait_ms < age)
			age = c->rows[i]->wait_ms;
	}
	return age == INT64_MAX ? -1 : age;
}

static void say_cycle(struct branch *b, const struct lk_cycle *c)
{
	lk_buf_puts(&b->before, "CYCLE");
	if (c->dead)
		lk_buf_printf(&b->before, " %u", c->number);
	lk_buf_printf(&b->before, ": %zu process%s", c->n_pids, c->n_pids == 1 ? "" : "es");
	put_time(&b->before, ", ", cycle_age(c));
	if (c->dead)
		lk_buf_puts(&b->before, ", cannot resolve by itself");
	else if (c->escape_pid)
		lk_buf_printf(&b->before, ", but PID %d could still release", c->escape_pid);
	else
		lk_buf_puts(&b->before, ", but it can still resolve");
	b->alarm = c->dead;
}

/* The line below it: what would end it, or why it is none. */
static void say_way_out(struct branch *b, const struct lk_cycle *c)
{
	if (!c->dead) {
		lk_buf_printf(&b->before, "no deadlock: %s", c->escape);
	} else if (c->n_breakers) {
		lk_buf_puts(&b->before, "ends if ");
		lk_waits_put_pids(&b->before, c->breakers, c->n_breakers, " or ", "one of ");
		lk_buf_puts(&b->before, " goes");
	} else {
		lk_buf_puts(&b->before, "no process alone would end it");
	}
}

/* "2211 pg_dump", "2211 pg_dump and 2 more" */
static void put_owner(struct branch *b, const struct lk_lock *l)
{
	size_t n;
	lk_auto_mem int *pids = lk_waits_holders(l, &n);

	if (pids && n) {
		put_process(&b->before, l->holders[0].proc, 0);
		if (n > 1)
			lk_buf_printf(&b->before, " and %zu more", n - 1);
		lk_note_state(&(struct lk_row){ .lock = l }, &b->before);
	} else if (l->proc) {
		put_process(&b->before, l->proc, 0);
		lk_note_state(&(struct lk_row){ .lock = l }, &b->before);
		lk_buf_puts(&b->before, " (recorded, not proven)");
	} else {
		lk_buf_puts(&b->before, l->n_because ? "(owner not visible, perhaps: " : "(owner not visible");
		lk_words_put_reasons(l, &b->before);
		lk_buf_puts(&b->before, ")");
	}
	lk_buf_puts(&b->before, n > 1 ? " hold " : n || l->proc ? " holds " : " ");
}

static void put_behind(lk_buf *b, const struct lk_tree_node *t)
{
	lk_buf_printf(b, "; %zu behind", t->n_behind);
	put_time(b, ", oldest ", t->oldest_wait_ms);
}

static void say_top(struct branch *b, const struct lk_tree_node *t)
{
	lk_buf_puts(&b->before, "ROOT ");
	if (t->kind == LK_TREE_LOCK) {
		put_owner(b, t->lock);
		put_lock(&b->before, t->lock);
		lk_buf_puts(&b->before, " ");
	} else if (t->lock->state == LK_STATE_STOPPED_WAITING) {
		lk_buf_puts(&b->before, "(nothing is in the way any more) ");
	} else {
		lk_buf_puts(&b->before, "(owner not visible: nor is its lock) ");
	}
	put_cell(&b->path, "PATH", t->lock);
	put_behind(&b->after, t);
}

static void say_request(struct branch *b, const struct lk_forest *f, const struct lk_tree_node *t)
{
	const struct lk_lock *l = t->lock, *above = f->nodes[t->parent].lock;
	bool same_file = above && above->file == l->file;
	bool opens = l->state == LK_STATE_BREAKER, stopped = l->state == LK_STATE_STOPPED_WAITING;

	if (l->waiter)
		put_process(&b->before, l->waiter->proc, l->waiter->tid);
	else
		lk_buf_puts(&b->before, "a process that is not visible");
	lk_buf_puts(&b->before, stopped ? " is stopped and waits" : " waits");
	put_time(&b->before, " ", l->wait_ms);
	lk_buf_puts(&b->before, opens ? same_file ? " to open it" : " to open" : " for ");
	if (!opens)
		put_lock(&b->before, l);
	if (!same_file) {
		lk_buf_puts(&b->before, " ");
		put_cell(&b->path, "PATH", l);
	}
	if (opens)
		lk_buf_printf(&b->after, " for %s", l->rec.mode == LK_MODE_READ ? "reading" : "writing");
	if (t->why == LK_TREE_QUEUED && above && above->waiter) {
		lk_buf_puts(&b->after, ", queued behind ");
		put_thread(&b->after, above->pid, above->waiter->tid);
	} else if (t->by && (t->why == LK_TREE_CHAINED || !above)) {
		lk_buf_puts(&b->after, ", held by ");
		put_holders(&b->after, t->by, l->pid);
	}
	if (t->by)
		put_others(&b->after, l, t->by);
}

typedef LK_VEC(struct lk_out_branch) branches;

/* The texts become the line's. */
static int add_branch(branches *lines, struct branch *b, size_t parent)
{
	struct lk_out_branch *line = lk_vec_push(lines);

	if (!line)
		return -ENOMEM;
	*line = (struct lk_out_branch){ .parent = parent, .alarm = b->alarm };
	line->before = lk_buf_str(&b->before);
	line->path = lk_buf_str(&b->path);
	line->after = lk_buf_str(&b->after);
	*b = (struct branch){ 0 };
	return line->before && line->path && line->after ? 0 : -ENOMEM;
}

static void branch_done(struct branch *b)
{
	lk_vec_done(&b->before);
	lk_vec_done(&b->path);
	lk_vec_done(&b->after);
}

static int add_node(branches *lines, const struct lk_forest *f, const struct lk_tree_node *t, size_t parent)
{
	struct branch b = { 0 };
	size_t here = lines->n;
	int rc;

	if (t->kind == LK_TREE_CYCLE)
		say_cycle(&b, t->cycle);
	else if (t->kind == LK_TREE_REQUEST)
		say_request(&b, f, t);
	else
		say_top(&b, t);
	rc = add_branch(lines, &b, parent);
	if (!rc && t->kind == LK_TREE_CYCLE) {
		say_way_out(&b, t->cycle);
		rc = add_branch(lines, &b, here);
	}
	branch_done(&b);
	return rc;
}

static bool is_wanted(const struct lk_tree_node *top, bool only_deadlocks)
{
	return !only_deadlocks || (top->kind == LK_TREE_CYCLE && top->cycle->dead);
}

static int add_nodes(branches *lines, const struct lk_forest *f, bool only_deadlocks)
{
	lk_auto_mem size_t *line_of = calloc(f->n + 1, sizeof(*line_of)); /* by node */
	lk_auto_mem size_t *parent = calloc(f->n + 1, sizeof(*parent)); /* by node: the line above it */
	bool wanted = false;
	int rc = line_of && parent ? 0 : -ENOMEM;

	for (size_t i = 0; i < f->n && !rc; i++) {
		const struct lk_tree_node *t = &f->nodes[i];

		if (!t->level)
			wanted = is_wanted(t, only_deadlocks);
		if (!wanted)
			continue;
		parent[i] = !t->level ? SIZE_MAX : t->level > MAX_LEVEL ? parent[t->parent] : line_of[t->parent];
		line_of[i] = lines->n;
		rc = add_node(lines, f, t, parent[i]);
	}
	return rc;
}

int lk_waits_put_tree(const struct lk_out *o, const struct lk_forest *f, bool only_deadlocks)
{
	branches lines = { 0 };
	int rc = add_nodes(&lines, f, only_deadlocks);

	if (!rc)
		rc = lk_out_tree(o, lines.v, lines.n);
	for (size_t i = 0; i < lines.n; i++) {
		free(lines.v[i].before);
		free(lines.v[i].path);
		free(lines.v[i].after);
	}
	lk_vec_done(&lines);
	return rc;
}
