/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/waits_line.h"
#include "table/get.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "cli/waits_tree.h"
#include "table/get.h"
#include "tui/words.h"
#include "words/words.h"

#define NAME_CELLS 18 /* where the words behind a name begin, where that is possible */

static void put(struct lk_waits_line *l, lk_buf *b, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void put(struct lk_waits_line *l, lk_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!l->rc)
		l->rc = lk_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

static void put_age(struct lk_waits_line *l, lk_buf *b, int64_t ms, bool at_least)
{
	if (!l->rc)
		l->rc = lk_tui_age_text(ms, at_least, b);
}

/* "FLOCK W", "OFD R 0-9" */
static void put_kind(struct lk_waits_line *l, lk_buf *b, const struct lk_tui *t, const struct lk_lock *lock)
{
	lk_put_upper(lk_type_name(lock->rec.type), b);
	put(l, b, " %c", "RW??"[lock->rec.mode]);
	if (lk_range_is_whole(lock->rec.range) && lock->rec.type != LK_TYPE_POSIX && lock->rec.type != LK_TYPE_OFD)
		return;
	put(l, b, " ");
	if (!l->rc)
		l->rc = lk_tui_range_cell(t, lock, b);
}

static void put_break(struct lk_waits_line *l, const struct lk_lock *lock)
{
	if (lock->state != LK_STATE_BREAKING)
		return;
	put(l, &l->before, "(");
	if (!l->rc)
		l->rc = lk_break_text(lock, &l->before);
	put(l, &l->before, ") ");
}

/* The whole path, or what there is instead of it. */
static void put_path(struct lk_waits_line *l, lk_buf *b, const struct lk_file *f)
{
	if (f->path)
		put(l, b, "%s%s", f->path, f->deleted == LK_YES ? " (deleted)" : "");
	else
		lk_words_put_file(f, b);
}

/* Blanks up to where the words begin. */
static void pad(struct lk_waits_line *l, const struct lk_tui *t, int indent)
{
	const char *s = lk_buf_str(&l->before);
	lk_auto_mem char *safe = s ? lk_sanitize_str(s, t->utf8) : NULL;
	int cells = safe ? (int)lk_sanitize_width(safe, t->utf8) : 0;

	put(l, &l->before, "%*s", indent + cells < NAME_CELLS ? NAME_CELLS - indent - cells : 1, "");
}

static void put_process(struct lk_waits_line *l, const struct lk_proc *p, int tid)
{
	put(l, &l->before, "%d", p->pid);
	if (tid > 0 && tid != p->pid)
		put(l, &l->before, "/%d", tid);
	put(l, &l->before, " %s", p->comm ? p->comm : "?");
}

/* ---- cycles ---- */

int64_t lk_waits_cycle_age_ms(const struct lk_tui *t, const struct lk_frame *f, const struct lk_cycle *c)
{
	int64_t age = -1;

	for (size_t i = 0; i < c->n_rows; i++) {
		bool at_least, first = age < 0;
		int64_t ms = lk_lock_is_waiting(c->rows[i])
				     ? lk_frame_age_ms(f, c->rows[i], lk_tui_now_of(t, f), &at_least)
				     : -1;

		if (ms >= 0 && (first || ms < age))
			age = ms;
	}
	return age;
}

static void say_cycle(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_frame *f,
		      const struct lk_cycle *c)
{
	int64_t age = lk_waits_cycle_age_ms(t, f, c);

	l->style = c->dead ? LK_STYLE_CYCLE : LK_STYLE_BLOCKING;
	put(l, &l->before, "CYCLE");
	if (c->dead)
		put(l, &l->before, " %u", c->number);
	put(l, &l->before, "  (%zu process%s, ", c->n_pids, c->n_pids == 1 ? "" : "es");
	put_age(l, &l->before, age, false);
	put(l, &l->before, "%s", age >= 0 ? ", " : "");
	if (c->dead)
		put(l, &l->before, "cannot resolve by itself)");
	else if (c->escape_pid)
		put(l, &l->before, "but %d could still release)", c->escape_pid);
	else
		put(l, &l->before, "but it can still resolve)");
}

/* The lock by which the process of a request is in the cycle too. */
static const struct lk_lock *held_in(const struct lk_cycle *c, int pid)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct lk_lock *l = c->rows[i];

		for (size_t k = 0; k < l->n_holders && !lk_lock_is_waiting(l); k++) {
			if (l->holders[k].pid == pid)
				return l;
		}
	}
	return NULL;
}

static void say_in_cycle(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_cycle *c,
			 const struct lk_tree_node *node, int indent)
{
	const struct lk_lock *held = held_in(c, node->lock->pid);

	pad(l, t, indent);
	if (held) {
		put(l, &l->before, "holds ");
		put_kind(l, &l->before, t, held);
		put(l, &l->before, " ");
		lk_words_put_file(held->file, &l->before);
		put(l, &l->before, "   ");
	}
	put(l, &l->before, "waits for ");
	if (!held || held->rec.type != node->lock->rec.type || held->rec.mode != node->lock->rec.mode) {
		put_kind(l, &l->before, t, node->lock);
		put(l, &l->before, " ");
		lk_words_put_file(node->lock->file, &l->before);
		return;
	}
	lk_words_put_file(node->lock->file, &l->before);
	if (lk_range_is_whole(node->lock->rec.range))
		return;
	put(l, &l->before, " ");
	if (!l->rc)
		l->rc = lk_tui_range_cell(t, node->lock, &l->before);
}

/* ---- the tops of trees ---- */

static void put_reasons(struct lk_waits_line *l, const struct lk_lock *lock)
{
	put(l, &l->before, lock->n_because ? "(owner not visible, perhaps: " : "(owner not visible");
	lk_words_put_reasons(lock, &l->before);
	put(l, &l->before, ")");
}

static void put_owner(struct lk_waits_line *l, const struct lk_lock *lock)
{
	struct lk_row row = { .lock = lock };
	size_t n;
	lk_auto_mem int *pids = lk_waits_holders(lock, &n);

	if (pids && n) {
		put_process(l, lock->holders[0].proc, 0);
		if (n > 1)
			put(l, &l->before, " and %zu more", n - 1);
	} else if (lock->proc) {
		put_process(l, lock->proc, 0);
		put(l, &l->before, " (recorded, not proven)");
	} else {
		put_reasons(l, lock);
		return;
	}
	if (!l->rc)
		l->rc = lk_note_state(&row, &l->before);
}

static void say_top(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_frame *f,
		    const struct lk_tree_node *node)
{
	int64_t now = lk_tui_now_of(t, f), passed = f->snap->host.live && now > f->taken_ms ? now - f->taken_ms : 0;

	l->style = node->kind == LK_TREE_LOCK && node->lock->n_holders ? LK_STYLE_BLOCKING : LK_STYLE_UNKNOWN;
	put(l, &l->before, "ROOT ");
	if (node->kind == LK_TREE_LOCK) {
		put_owner(l, node->lock);
		pad(l, t, 0);
		put(l, &l->before, " ");
		put_kind(l, &l->before, t, node->lock);
		put(l, &l->before, " ");
		put_break(l, node->lock);
	} else if (node->lock->state == LK_STATE_STOPPED_WAITING) {
		put(l, &l->before, "(nothing is in the way any more) ");
	} else {
		put(l, &l->before, "(owner not visible, nor is its lock) ");
	}
	put_path(l, &l->path, node->lock->file);
	put(l, &l->after, "   blocks %zu", node->n_behind);
	if (node->oldest_wait_ms >= 0)
		put(l, &l->after, ", oldest ");
	put_age(l, &l->after, node->oldest_wait_ms >= 0 ? node->oldest_wait_ms + passed : -1, false);
}

/* ---- requests ---- */

static bool asks_the_same(const struct lk_lock *a, const struct lk_lock *b)
{
	return a->rec.type == b->rec.type && a->rec.mode == b->rec.mode &&
	       lk_range_compare(a->rec.range, b->rec.range) == 0;
}

/* What it waits for, as far as the line above does not say that already. */
static void put_wanted(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_tree_node *node,
		       const struct lk_lock *above)
{
	bool same_file = above && above->file == node->lock->file;

	if (node->lock->state == LK_STATE_BREAKER)
		put(l, &l->before, " to open it for %s", node->lock->rec.mode == LK_MODE_READ ? "reading" : "writing");
	else if (!same_file || !asks_the_same(above, node->lock)) {
		put(l, &l->before, "  ");
		put_kind(l, &l->before, t, node->lock);
	}
	if (same_file)
		return;
	put(l, &l->before, " ");
	put_path(l, &l->path, node->lock->file);
}

static void put_behind(struct lk_waits_line *l, const struct lk_tree_node *node, const struct lk_lock *above)
{
	const struct lk_lock *by = node->by;
	size_t n_others = 0;

	/* Those of the same process go with it. */
	for (size_t i = 0; by && i < node->lock->n_blocked_by; i++)
		n_others += node->lock->blocked_by[i]->pid != by->pid;

	if (node->why == LK_TREE_QUEUED && above && above->pid > 0)
		put(l, &l->after, " (queued behind %d)", above->pid);
	else if (node->why == LK_TREE_CHAINED && by && by->pid > 0)
		put(l, &l->after, " (held by %d)", by->pid);
	if (n_others)
		put(l, &l->after, " (%zu more in its way)", n_others);
}

static void say_request(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent)
{
	const struct lk_tree_node *parent = node->parent < f->forest.n ? &f->forest.nodes[node->parent] : NULL;
	const struct lk_lock *lock = node->lock;
	bool at_least = false;
	int64_t ms = lk_frame_age_ms(f, lock, lk_tui_now_of(t, f), &at_least);

	l->style = lock->deadlock ? LK_STYLE_CYCLE : LK_STYLE_WAITING;
	if (lock->proc)
		put_process(l, lock->proc, lock->waiter ? lock->waiter->tid : 0);
	else
		put(l, &l->before, "? not visible");
	if (parent && parent->kind == LK_TREE_CYCLE) {
		say_in_cycle(l, t, parent->cycle, node, indent);
		return;
	}
	pad(l, t, indent);
	put(l, &l->before,
	    lock->state == LK_STATE_STOPPED_WAITING ? "was stopped while it waited"
	    : f == t->frame                         ? "waits"
						    : "waited");
	put(l, &l->before, "%s", ms >= 0 ? " " : "");
	put_age(l, &l->before, ms, at_least);
	/* An unseen root is named after its first request, which says nothing about the lock in the way. */
	put_wanted(l, t, node, parent && parent->kind != LK_TREE_UNSEEN ? parent->lock : NULL);
	put_behind(l, node, parent ? parent->lock : NULL);
}

void lk_waits_line_make(struct lk_waits_line *ret, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent)
{
	*ret = (struct lk_waits_line){ .style = LK_STYLE_PLAIN };
	if (node->kind == LK_TREE_CYCLE)
		say_cycle(ret, t, f, node->cycle);
	else if (node->kind == LK_TREE_REQUEST)
		say_request(ret, t, f, node, indent);
	else
		say_top(ret, t, f, node);
}

void lk_waits_line_done(struct lk_waits_line *l)
{
	lk_vec_done(&l->before);
	lk_vec_done(&l->path);
	lk_vec_done(&l->after);
}
