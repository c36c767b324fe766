/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events in words, and the ring that keeps them. */
#include "tui/frame/history.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "table/get.h"
#include "words/forest.h"
#include "words/waits.h"
#include "words/words.h"

#define N_BEHIND (sizeof(((struct lk_history_entry *)0)->behind) / sizeof(int))

static const struct {
	bool alarm;
	char before, after; /* as in an entry */
} kinds[] = {
	[LK_EVENT_GAP] = { true, ' ', ' ' },       [LK_EVENT_RELEASED] = { false, '=', ' ' },
	[LK_EVENT_GAVE_UP] = { false, '.', ' ' },  [LK_EVENT_DEADLOCK_OVER] = { false, ' ', ' ' },
	[LK_EVENT_BREAKING] = { false, '=', '=' }, [LK_EVENT_CHANGED] = { false, '=', '=' },
	[LK_EVENT_GRANTED] = { false, '.', '=' },  [LK_EVENT_ACQUIRED] = { false, ' ', '=' },
	[LK_EVENT_WAITING] = { false, '.', '.' },  [LK_EVENT_DEADLOCK] = { true, '.', '.' },
};

/* ---- words ---- */

/* "POSIX R 100-199 app.db" */
static void put_lock(const struct lk_lock *l, lk_buf *out)
{
	lk_words_put_kind(out, l, &(struct lk_words_manner){ .brief = true });
	lk_buf_puts(out, " ");
	lk_words_put_file(l->file, out);
}

static void put_time(lk_buf *out, const char *before, int64_t ms, bool at_least)
{
	if (ms < 0)
		return;
	lk_buf_printf(out, " (%s ", before);
	lk_age_text(ms, at_least, out);
	lk_buf_puts(out, ")");
}

static void put_text(const struct lk_event *ev, lk_buf *out)
{
	if (ev->lock && !ev->cycle)
		put_lock(ev->lock, out);
	if (ev->kind == LK_EVENT_RELEASED)
		put_time(out, "held", ev->held_ms, ev->at_least);
	else if (ev->kind == LK_EVENT_GAVE_UP || ev->kind == LK_EVENT_GRANTED)
		put_time(out, "waited", ev->waited_ms, ev->at_least);
	lk_words_put_event(out, ev);
}

/* ---- entries ---- */

static void find_behind(struct lk_history_entry *e, const struct lk_lock *l)
{
	lk_ints pids = { 0 };

	lk_lock_blockers(l, &pids);
	for (size_t i = 0; i < pids.n && i < N_BEHIND; i++)
		e->behind[i] = pids.v[i];
	lk_vec_done(&pids);
}

static void fill_from_lock(struct lk_history_entry *e, const struct lk_lock *l)
{
	e->pid = l->pid > 0 ? l->pid : 0;
	e->start_ticks = l->proc ? l->proc->start_ticks : 0;
	e->lock_id = l->id;
	find_behind(e, l);
	e->comm = lk_strdup(l->proc ? l->proc->comm : NULL);
	e->path = lk_strdup(l->file->path);
}

void lk_history_entry_set_kind(struct lk_history_entry *e, enum lk_event_kind kind)
{
	e->word = lk_words_event(kind);
	e->alarm = kinds[kind].alarm;
	e->before = kinds[kind].before;
	e->after = kinds[kind].after;
}

/* Which row is over by this event. */
static uint64_t ended_row(const struct lk_event *ev)
{
	switch (ev->kind) {
	case LK_EVENT_RELEASED:
	case LK_EVENT_GAVE_UP:
	case LK_EVENT_DEADLOCK_OVER:
		return ev->row;
	case LK_EVENT_GRANTED:
		return ev->before_row;
	default:
		return 0;
	}
}

void lk_history_entry_make(struct lk_history_entry *ret, const struct lk_event *ev)
{
	struct lk_history_entry e = {
		.wall_ms = ev->time_unix_ms,
		.for_ms = lk_words_event_ms(ev),
		.at_least = ev->at_least,
		.certain = ev->certain,
		.row = ev->row,
		.ends = ended_row(ev),
		.deadlock = ev->cycle,
	};
	lk_buf text = { 0 };

	lk_history_entry_set_kind(&e, ev->kind);
	if (ev->lock)
		fill_from_lock(&e, ev->lock);
	put_text(ev, &text);
	e.text = lk_buf_str(&text);
	*ret = e;
}

void lk_history_entry_own(struct lk_history_entry *ret, const char *static_word, int64_t wall_ms, int pid,
			  const char *comm, const char *text)
{
	*ret = (struct lk_history_entry){
		.wall_ms = wall_ms,
		.for_ms = -1,
		.certain = true,
		.word = static_word,
		.before = ' ',
		.after = ' ',
		.pid = pid > 0 ? pid : 0,
		.comm = lk_strdup(comm),
		.text = lk_strdup(text),
	};
}

void lk_history_entry_done(struct lk_history_entry *e)
{
	free(e->comm);
	free(e->path);
	free(e->text);
	*e = (struct lk_history_entry){ 0 };
}

/* ---- the ring ---- */

void lk_history_done(struct lk_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		lk_history_entry_done(&h->ring[(h->first + i) % LK_HISTORY_MAX]);
	free(h->ring);
	*h = (struct lk_history){ 0 };
}

void lk_history_add(struct lk_history *h, struct lk_history_entry *e)
{
	struct lk_history_entry *slot;

	if (!h->ring)
		h->ring = lk_alloc(LK_HISTORY_MAX, sizeof(*h->ring));
	if (h->n == LK_HISTORY_MAX) {
		lk_history_entry_done(&h->ring[h->first]);
		h->first = (h->first + 1) % LK_HISTORY_MAX;
		h->n--;
		h->n_lost++;
	}
	slot = &h->ring[(h->first + h->n++) % LK_HISTORY_MAX];
	*slot = *e;
	slot->serial = ++h->next_serial;
	*e = (struct lk_history_entry){ 0 };
}

const struct lk_history_entry *lk_history_at(const struct lk_history *h, size_t i)
{
	return i < h->n ? &h->ring[(h->first + h->n - 1 - i) % LK_HISTORY_MAX] : NULL;
}

const struct lk_history_entry *lk_history_find(const struct lk_history *h, uint64_t serial)
{
	/* Serials have no gaps; the newest is next_serial. */
	if (!serial || serial > h->next_serial || h->next_serial - serial >= h->n)
		return NULL;
	return lk_history_at(h, (size_t)(h->next_serial - serial));
}
