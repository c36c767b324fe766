/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the detail that are about a lock or a request. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "table/get.h"
#include "table/meaning.h"
#include "table/path_hint.h"
#include "tui/core/words.h"
#include "tui/pane/detail.h"
#include "words/words.h"

#define MOST_NAMED 20 /* in one list */
#define MOST_CHAIN 12 /* steps */

void lk_detail_put_kind(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	lk_words_put_type(l, out);
	lk_buf_puts(out, " ");
	if (lk_range_is_whole(l->rec.range))
		lk_buf_puts(out, "whole file");
	else
		lk_tui_range_text(t, l, out);
}

/* ---- the lock ---- */

static void put_state(struct lk_maker *m, const struct lk_lock *l)
{
	if (l->state == LK_STATE_HELD || l->state == LK_STATE_WAITING)
		return;
	lk_maker_line(m, "");
	if (l->state == LK_STATE_BREAKING) {
		lk_maker_put(m, "somebody wants the file: ");
		lk_break_text(l, &m->line);
		return;
	}
	lk_maker_put(m, "%s",
		     l->state == LK_STATE_BREAKER ? "an open(2) that waits for a lease to end"
						  : "asked for it, then was stopped by a signal");
}

static void put_title(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s)
{
	enum lk_style style;
	lk_buf meaning = { 0 };

	lk_maker_line(m, "lock");
	lk_maker_put(m, "%c ", lk_tui_state_letter(s->lock, s->ghost, &style));
	lk_detail_put_kind(t, s->lock, &m->line);
	lk_meaning_text(s->frame->snap, s->lock, &meaning);
	if (meaning.n) {
		lk_maker_line(m, "");
		lk_maker_put(m, "%s", lk_buf_str(&meaning));
	}
	lk_vec_done(&meaning);
	put_state(m, s->lock);
	if (s->lock->deadlock) {
		lk_maker_line(m, "");
		lk_maker_put(m, "part of deadlock %u", s->lock->deadlock);
	}
}

/* What the path means where it is not one of our mount namespace. */
static void put_path_hint(struct lk_maker *m, const struct lk_subject *s)
{
	lk_buf hint = { 0 };

	lk_path_hint(s->lock, s->frame->snap->host.live, &hint);
	if (hint.n) {
		lk_maker_line(m, "");
		lk_maker_put(m, "%s", lk_buf_str(&hint));
	}
	lk_vec_done(&hint);
}

static void put_file(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s)
{
	const struct lk_file *f = s->lock->file;

	lk_maker_line(m, "file");
	if (f->path)
		lk_maker_put(m, "%s", f->path);
	else
		lk_words_put_file(f, &m->line);
	lk_maker_line(m, "");
	if (!f->key.none)
		lk_maker_put(m, "%" PRIu32 ":%" PRIu32 " ino %" PRIu64 "  ", f->key.major, f->key.minor, f->key.ino);
	if (f->size >= 0) {
		lk_tui_size_text(t, f->size, &m->line);
		lk_maker_put(m, "%s", t->set.units == LK_UNITS_BYTES ? " B " : " ");
	}
	lk_maker_put(m, "%s", f->fstype ? f->fstype : "file system not known");
	if (f->deleted == LK_YES || f->replaced == LK_YES) {
		lk_maker_line(m, "");
		lk_maker_put(m, "%s",
			     f->deleted == LK_YES ? "deleted: the name is gone"
						  : "replaced: the name belongs to another file by now");
	}
	put_path_hint(m, s);
	if (f->local == LK_NO) {
		lk_maker_line(m, "");
		lk_maker_put(m, "other hosts' locks on it are not seen here");
	}
}

/* When the lock was seen first; unit and container of the process. */
static void put_since(struct lk_maker *m, const struct lk_subject *s, const struct lk_proc *p)
{
	bool at_least = false;
	int64_t ms = lk_frame_age_ms(s->frame, s->lock, s->frame->taken_ms, &at_least);
	bool known = ms >= 0 && s->frame->snap->host.live;
	char time[LK_TIME_TEXT];

	if (!known && !(p && (p->unit || p->container)))
		return;
	lk_maker_line(m, "");
	if (known)
		lk_maker_put(m, "since %s%s  ", at_least ? "before " : "",
			     lk_tui_time(s->frame->snap->host.time_unix_ms - ms, LK_CLOCK, time));
	if (p && p->unit)
		lk_maker_put(m, "%s ", p->unit);
	if (p && p->user_unit)
		lk_maker_put(m, "(user unit %s) ", p->user_unit);
	if (p && p->container)
		lk_maker_put(m, "%s", p->container);
}

static void put_owner(struct lk_maker *m, const struct lk_subject *s)
{
	const struct lk_lock *l = s->lock;
	const struct lk_holder *h = l->waiter ? l->waiter : s->holder;
	const struct lk_proc *p = h ? h->proc : s->proc ? s->proc : l->proc;

	lk_maker_line(m, lk_lock_is_waiting(l) ? "asker" : "owner");
	if (p)
		lk_words_put_pid_user(p, &m->line);
	else
		lk_maker_put(m, "not visible from here");
	if (h && h->tid > 0 && h->tid != h->pid)
		lk_maker_put(m, " thread %d", h->tid);
	if (l->how != LK_HOW_EXACT) {
		lk_maker_line(m, "");
		lk_maker_put(m, "%s",
			     l->how == LK_HOW_MATCHED     ? "inferred from the call it is blocked in"
			     : l->how == LK_HOW_RECORDED  ? "only recorded by the kernel: not proven"
			     : l->how == LK_HOW_AMBIGUOUS ? "several files share this key: one of them"
							  : "nothing says who it is");
	}
	put_since(m, s, p);
	for (size_t i = 0; i < l->n_because; i++) {
		lk_maker_line(m, i ? "" : "why");
		lk_maker_put(m, "%s", lk_words_reason(l->no_holder_because[i]));
	}
}

static bool is_shared(const struct lk_lock *l)
{
	for (size_t i = 1; i < l->n_holders; i++) {
		if (l->holders[i].pid != l->holders[0].pid)
			return true;
	}
	return false;
}

static void put_fds(struct lk_maker *m, const struct lk_lock *l)
{
	const struct lk_holder *h = l->waiter ? l->waiter : l->holders;
	size_t n = l->waiter ? 1 : l->n_holders;

	if (!n || (l->waiter && l->waiter->fd < 0))
		return;
	lk_maker_line(m, "fds");
	for (size_t i = 0; i < n && i < MOST_NAMED; i++) {
		lk_maker_put(m, "%s%d", i ? " " : "", h[i].pid);
		if (h[i].tid > 0 && h[i].tid != h[i].pid)
			lk_maker_put(m, "/%d", h[i].tid);
		if (h[i].fd >= 0)
			lk_maker_put(m, ":%d", h[i].fd);
	}
	if (n > MOST_NAMED)
		lk_maker_put(m, " and %zu more", n - MOST_NAMED);
	if (is_shared(l))
		lk_maker_put(m, " (shared by fork or passing: each must close it)");
}

static void put_wait_of(struct lk_maker *m, const struct lk_subject *s, const struct lk_tui *t, const struct lk_lock *l)
{
	bool at_least = false;
	int64_t ms = lk_frame_age_ms(s->frame, l, lk_tui_now_of(t, s->frame), &at_least);

	if (l->pid > 0)
		lk_maker_put(m, "%d ", l->pid);
	else
		lk_maker_put(m, LK_WORDS_UNSEEN " ");
	lk_age_text(ms, at_least, &m->line);
}

static void put_waits(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s)
{
	const struct lk_lock *l = s->lock;

	if (lk_lock_is_waiting(l)) {
		lk_maker_line(m, "waits");
		put_wait_of(m, s, t, l);
		for (size_t i = 0; i < l->n_blocked_by && i < MOST_NAMED; i++) {
			const struct lk_lock *by = l->blocked_by[i];

			lk_maker_put(m, "%s", i ? ", " : " behind ");
			if (by->pid > 0)
				lk_words_put_pid(by->pid, by->proc ? by->proc->comm : NULL, &m->line);
			else
				lk_maker_put(m, LK_WORDS_UNSEEN_HOLDER);
		}
		if (l->n_blocked_by > MOST_NAMED)
			lk_maker_put(m, " and %zu more", l->n_blocked_by - MOST_NAMED);
		return;
	}
	if (l->n_blocks)
		lk_maker_line(m, "wait");
	for (size_t i = 0; i < l->n_blocks && i < MOST_NAMED; i++) {
		lk_maker_put(m, "%s", i ? ", " : "");
		put_wait_of(m, s, t, l->blocks[i]);
	}
	if (l->n_blocks > MOST_NAMED)
		lk_maker_put(m, " and %zu more", l->n_blocks - MOST_NAMED);
}

/* Where it was seen: in /proc/locks, in the system call of its waiter, in the fdinfo of a holder. */
static void put_seen(struct lk_maker *m, const struct lk_lock *l)
{
	const struct lk_holder *h = l->waiter ? l->waiter : l->n_holders ? l->holders : NULL;

	lk_maker_line(m, "seen");
	if (l->line)
		lk_maker_put(m, "the kernel's list");
	if (h && l->waiter)
		lk_maker_put(m, "%sthe call that thread %d sleeps in", l->line ? ", " : "",
			     h->tid > 0 ? h->tid : h->pid);
	else if (h && h->fd >= 0)
		lk_maker_put(m, "%sfdinfo %d/%d", l->line ? ", " : "", h->pid, h->fd);
	else if (!l->line)
		lk_maker_put(m, "in the descriptors of its holder only");
	if (l->n_holders > 1)
		lk_maker_put(m, " and %zu more", l->n_holders - 1);
}

void lk_detail_lock(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret, .cells = LK_DETAIL_LABEL };

	put_title(&m, t, s);
	put_file(&m, t, s);
	put_owner(&m, s);
	put_fds(&m, s->lock);
	put_waits(&m, t, s);
	put_seen(&m, s->lock);
	lk_maker_done(&m);
}

/* ---- the chain ---- */

/* A request for which the holder of `held` waits itself; NULL: none is known. */
static const struct lk_lock *request_of(const struct lk_frame *f, const struct lk_lock *held)
{
	for (size_t i = 0; i < f->forest.n && held->n_holders; i++) {
		const struct lk_tree_node *node = &f->forest.nodes[i];

		if (node->kind == LK_TREE_REQUEST && node->lock->pid == held->holders[0].pid)
			return node->lock;
	}
	return NULL;
}

static void put_held(struct lk_maker *m, const struct lk_tui *t, const struct lk_lock *by, size_t depth)
{
	lk_maker_line(m, NULL);
	lk_maker_put(m, "%*s`- ", (int)depth * 3, "");
	if (by->proc && by->n_holders)
		lk_words_put_pid_user(by->holders[0].proc, &m->line);
	else if (by->proc)
		lk_words_put_pid_user(by->proc, &m->line);
	else
		lk_maker_put(m, LK_WORDS_UNSEEN_HOLDER);
	lk_maker_put(m, by->n_holders || !by->proc ? " holds " : " (recorded, not proven) holds ");
	lk_detail_put_kind(t, by, &m->line);
	lk_maker_put(m, " of ");
	lk_words_put_file(by->file, &m->line);
}

static void put_request(struct lk_maker *m, const struct lk_subject *s, const struct lk_tui *t,
			const struct lk_lock *request)
{
	bool at_least = false;
	int64_t ms = lk_frame_age_ms(s->frame, request, lk_tui_now_of(t, s->frame), &at_least);

	lk_maker_put(m, request->state == LK_STATE_BREAKER ? "waits " : "waits for ");
	lk_detail_put_kind(t, request, &m->line);
	lk_maker_put(m, " of ");
	lk_words_put_file(request->file, &m->line);
	lk_maker_put(m, ms >= 0 ? ", " : "");
	lk_age_text(ms, at_least, &m->line);
}

static void put_chain(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s)
{
	const struct lk_lock *l = s->lock, *by;

	lk_maker_line(m, NULL);
	if (l->proc)
		lk_words_put_pid_user(l->proc, &m->line);
	lk_maker_put(m, " ");
	put_request(m, s, t, l);
	for (size_t depth = 0; l && l->n_blocked_by && depth < MOST_CHAIN; depth++) {
		by = l->root && l->root->n_holders ? l->root : l->blocked_by[0];
		put_held(m, t, by, depth);
		if (l->n_blocked_by > 1)
			lk_maker_put(m, " (one of %zu in the way)", l->n_blocked_by);
		l = request_of(s->frame, by);
		if (l == s->lock) {
			lk_maker_put(m, " and waits for the first: a circle");
			return;
		}
		if (!l)
			return;
		lk_maker_put(m, " and ");
		put_request(m, s, t, l);
	}
	if (l && l->n_blocked_by)
		lk_maker_note(m, "... and so on.");
	else if (l)
		lk_maker_note(m, "What is in its way cannot be seen from here.");
}

static void put_those_behind(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s)
{
	const struct lk_lock *l = s->lock;

	for (size_t i = 0; i < l->n_blocks && i < MOST_NAMED; i++) {
		lk_maker_line(m, NULL);
		if (l->blocks[i]->proc)
			lk_words_put_pid_user(l->blocks[i]->proc, &m->line);
		else
			lk_maker_put(m, LK_WORDS_UNSEEN);
		lk_maker_put(m, " ");
		put_request(m, s, t, l->blocks[i]);
	}
	if (l->n_blocks > MOST_NAMED)
		lk_maker_note(m, "... and %zu more.", l->n_blocks - MOST_NAMED);
}

void lk_detail_chain(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret };

	lk_maker_title(&m, "Who waits for whom");
	if (lk_lock_is_waiting(s->lock))
		put_chain(&m, t, s);
	else if (s->lock->n_blocks)
		put_those_behind(&m, t, s);
	else
		lk_maker_note(&m, "Nobody is seen to wait for it. Programs that try again and again are not seen.");
	lk_maker_done(&m);
}
