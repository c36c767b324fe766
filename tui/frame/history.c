/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events in words, and the ring that keeps them. */
#include "tui/frame/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "table/get.h"
#include "words/waits.h"

#define LONG_OFFSET 100000
#define N_BEHIND (sizeof(((struct lk_history_entry *)0)->behind) / sizeof(int))

static const struct {
	const char *word;
	bool alarm;
	char before, after; /* as in an entry */
} kinds[] = {
	[LK_EVENT_GAP] = { "GAP", true, ' ', ' ' },
	[LK_EVENT_RELEASED] = { "RELEASED", false, '=', ' ' },
	[LK_EVENT_GAVE_UP] = { "GAVE UP", false, '.', ' ' },
	[LK_EVENT_DEADLOCK_OVER] = { "RESOLVED", false, ' ', ' ' },
	[LK_EVENT_BREAKING] = { "BREAKING", false, '=', '=' },
	[LK_EVENT_CHANGED] = { "CHANGED", false, '=', '=' },
	[LK_EVENT_GRANTED] = { "GRANTED", false, '.', '=' },
	[LK_EVENT_ACQUIRED] = { "ACQUIRED", false, ' ', '=' },
	[LK_EVENT_WAITING] = { "WAITING", false, '.', '.' },
	[LK_EVENT_DEADLOCK] = { "DEADLOCK", true, '.', '.' },
};

/* ---- words ---- */

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : path;
}

/* "whole", "100-199", "100", "1073741826+510": the short form, because the name of the file stands behind it. */
static void put_range(struct lk_range r, lk_buf *out)
{
	char range[LK_RANGE_TEXT];

	if (r.start == r.end)
		lk_buf_printf(out, " %" PRId64, r.start);
	else if (r.start >= LONG_OFFSET && r.end != LK_RANGE_EOF)
		lk_buf_printf(out, " %" PRId64 "+%" PRId64, r.start, r.end - r.start + 1);
	else
		lk_buf_printf(out, " %s", lk_range_format(r, range));
}

/* "POSIX R 100-199", "FLOCK W" */
static void put_kind(const struct lk_lock *l, lk_buf *out)
{
	if (lk_words_put_short_kind(out, l))
		put_range(l->rec.range, out);
}

static void put_lock(const struct lk_lock *l, lk_buf *out)
{
	const struct lk_file *f = l->file;
	char key[LK_KEY_TEXT];

	put_kind(l, out);
	if (f->path)
		lk_buf_printf(out, " %s%s", file_name(f->path), f->deleted == LK_YES ? " (deleted)" : "");
	else if (!f->key.none)
		lk_buf_printf(out, " file %s", lk_key_format(&f->key, key));
}

static void put_time(lk_buf *out, const char *before, int64_t ms, bool at_least)
{
	if (ms < 0)
		return;
	lk_buf_printf(out, " (%s ", before);
	lk_age_text(ms, at_least, out);
	lk_buf_puts(out, ")");
}

/* What the lock was before, for how long, and what is not certain. */
static void put_rest(const struct lk_history_entry *e, const struct lk_event *ev, lk_buf *out)
{
	switch (ev->kind) {
	case LK_EVENT_RELEASED:
		put_time(out, "held", ev->held_ms, ev->at_least);
		break;
	case LK_EVENT_GAVE_UP:
	case LK_EVENT_GRANTED:
		put_time(out, "waited", ev->waited_ms, ev->at_least);
		break;
	case LK_EVENT_WAITING:
		for (size_t i = 0; i < N_BEHIND && e->behind[i]; i++)
			lk_buf_printf(out, "%s%d", i ? ", " : " behind ", e->behind[i]);
		break;
	case LK_EVENT_CHANGED:
	case LK_EVENT_BREAKING:
		if (!ev->before)
			break;
		lk_buf_puts(out, " (was ");
		put_kind(ev->before, out);
		lk_buf_puts(out, ")");
		break;
	default:
		break;
	}
	lk_buf_puts(out, lk_words_event_doubt(ev));
}

static void put_text(const struct lk_history_entry *e, const struct lk_event *ev, lk_buf *out)
{
	if (!ev->lock) {
		lk_buf_puts(out, ev->text ? ev->text : "something may have been missed");
	} else if (ev->cycle) {
		lk_words_put_circle(out, ev);
	} else {
		put_lock(ev->lock, out);
		put_rest(e, ev, out);
	}
}

/* ---- entries ---- */

static bool is_behind(const struct lk_history_entry *e, int pid, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (e->behind[i] == pid)
			return true;
	}
	return false;
}

static void add_behind(struct lk_history_entry *e, int pid, size_t *n)
{
	if (*n < N_BEHIND && pid > 0 && !is_behind(e, pid, *n))
		e->behind[(*n)++] = pid;
}

static void find_behind(struct lk_history_entry *e, const struct lk_lock *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_blocked_by && n < N_BEHIND; i++) {
		const struct lk_lock *by = l->blocked_by[i];

		for (size_t k = 0; k < by->n_holders && n < N_BEHIND; k++)
			add_behind(e, by->holders[k].pid, &n);
		if (!by->n_holders)
			add_behind(e, by->pid, &n);
	}
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
	e->word = kinds[kind].word;
	e->alarm = kinds[kind].alarm;
	e->before = kinds[kind].before;
	e->after = kinds[kind].after;
}

void lk_history_entry_make(struct lk_history_entry *ret, const struct lk_event *ev)
{
	struct lk_history_entry e = {
		.wall_ms = ev->time_unix_ms,
		.for_ms = lk_words_event_ms(ev),
		.at_least = ev->at_least,
		.certain = ev->certain,
	};
	lk_buf text = { 0 };

	lk_history_entry_set_kind(&e, ev->kind);
	if (ev->lock)
		fill_from_lock(&e, ev->lock);
	put_text(&e, ev, &text);
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
