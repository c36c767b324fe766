/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock, a file or a process in one sentence for the line below the list, or in a few words. */
#include "tui/core/words.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "table/get.h"
#include "words/words.h"

/* If a lock blocks more requests than this, the requests are counted, not their processes. */
#define MAX_COUNTED 1000
#define NAMES_W 50 /* from this width of the screen on the brief form names also who waits */

static bool has_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD;
}

const struct lk_known_layout *lk_words_layout(const struct lk_frame *f, const struct lk_file *file)
{
	struct lk_file_sum sum = lk_totals_file(f, file);
	size_t n = sum.n_held + sum.n_waiting;
	lk_auto_mem const struct lk_lock **locks = NULL;

	if (!(sum.types & (1u << LK_TYPE_POSIX | 1u << LK_TYPE_OFD)))
		return NULL;
	locks = lk_alloc(n, sizeof(*locks));
	for (size_t i = 0; i < n; i++)
		locks[i] = &f->snap->locks[f->totals.by_file[sum.first + i]];
	return lk_known_find(locks, n, file->path);
}

/* Checks the lock alone first: when its range fits no layout by itself, the other locks of the file need not be looked at. */
static const struct lk_known_layout *layout_of(const struct lk_frame *f, const struct lk_lock *l)
{
	if (!has_range(l) || !lk_known_find(&l, 1, l->file->path))
		return NULL;
	return lk_words_layout(f, l->file);
}

/* Returns whether the range has a name; if not, nothing is added. */
static bool say_known_range(lk_buf *out, const struct lk_frame *f, const struct lk_lock *l)
{
	const struct lk_known_layout *layout = layout_of(f, l);
	lk_buf name = { 0 };
	bool known;

	lk_known_name(layout, l->rec.range, &name);
	known = name.n;
	if (known)
		lk_buf_printf(out, "the %s %.*s range of ", layout->name, (int)name.n, name.v);
	lk_vec_done(&name);
	return known;
}

static bool say_place(lk_buf *out, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	bool known = say_known_range(out, f, l);

	if (!known && has_range(l) && !lk_range_is_whole(l->rec.range)) {
		lk_tui_bytes_text(t, l, out);
		lk_buf_puts(out, " of ");
	}
	lk_words_put_file(l->file, out);
	return known;
}

/* "a flock read lock on base.lck", "the SQLite SHARED range of app.db (read)" */
static void say_lock(lk_buf *out, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	lk_buf place = { 0 };
	bool known = say_place(&place, t, f, l);
	char kind[LK_WORDS_KIND];

	if (known)
		lk_buf_printf(out, "%s (%s)", lk_buf_str(&place), lk_mode_name(l->rec.mode));
	else
		lk_buf_printf(out, "%s %s on %s", l->rec.type == LK_TYPE_OFD ? "an" : "a", lk_words_kind(l, kind),
			      lk_buf_str(&place));
	lk_vec_done(&place);
}

/* "pg_dump[2211] and 1 other (stopped)", "cron[7] (recorded, not proven)". Returns how many processes hold it; 0: nobody is proven. */
static size_t say_owner(lk_buf *out, const struct lk_lock *l)
{
	size_t n = lk_lock_n_processes(l);

	if (!n && !l->proc) {
		lk_buf_puts(out, LK_WORDS_UNSEEN);
		return 0;
	}
	lk_words_put_process(n ? l->holders[0].proc : l->proc, n ? l->holders[0].tid : 0, out);
	if (n > 1)
		lk_buf_printf(out, " and %zu other%s", n - 1, n == 2 ? "" : "s");
	lk_note_state(&(struct lk_row){ .lock = l }, out);
	lk_buf_puts(out, n ? "" : " (recorded, not proven)");
	return n;
}

/* Adds `before` and how long the lock has been held or waited for; nothing where that is not known. */
static void say_age(lk_buf *out, const char *before, const struct lk_tui *t, const struct lk_frame *f,
		    const struct lk_lock *l)
{
	bool at_least;
	int64_t age = lk_frame_age_ms(f, l, lk_tui_now_of(t, f), &at_least);

	if (age < 0)
		return;
	lk_buf_puts(out, before);
	lk_age_text(age, at_least, out);
}

/* ---- held ---- */

/* How many processes wait; SIZE_MAX: it is not known, or there are very many. */
static size_t waiting_processes(const struct lk_lock *l)
{
	lk_ints pids = { 0 };
	size_t n;

	if (l->n_blocks > MAX_COUNTED)
		return SIZE_MAX;
	for (size_t i = 0; i < l->n_blocks; i++)
		*lk_vec_push(&pids) = l->blocks[i]->pid;
	lk_ints_sort(&pids);
	n = !pids.n || pids.v[0] > 0 ? pids.n : SIZE_MAX;
	lk_vec_done(&pids);
	return n;
}

/* The request that has waited longest for l; NULL: no wait time is known. */
static const struct lk_lock *oldest_of(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	const struct lk_lock *oldest = NULL;
	int64_t most = -1;

	for (size_t i = 0; i < l->n_blocks; i++) {
		bool at_least;
		int64_t age = lk_frame_age_ms(f, l->blocks[i], lk_tui_now_of(t, f), &at_least);

		if (age > most)
			most = age, oldest = l->blocks[i];
	}
	return oldest;
}

static void say_who_waits(lk_buf *out, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	size_t n = waiting_processes(l);
	const struct lk_lock *oldest = oldest_of(t, f, l);

	if (!l->n_blocks)
		return;
	if (n == SIZE_MAX)
		lk_buf_printf(out, "; %zu request%s for it", l->n_blocks, l->n_blocks == 1 ? " waits" : "s wait");
	else
		lk_buf_printf(out, "; %zu process%s for it", n, n == 1 ? " waits" : "es wait");
	if (oldest)
		say_age(out, l->n_blocks == 1 ? ", for " : ", the oldest ", t, f, oldest);
}

static void say_reasons(lk_buf *out, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_because; i++)
		lk_buf_printf(out, "%s%s", i ? ", or " : ": ", lk_words_reason(l->no_holder_because[i]));
}

static void say_held(lk_buf *out, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	char kind[LK_WORDS_KIND];

	if (l->deadlock)
		lk_buf_printf(out, "deadlock %u: ", l->deadlock);
	if (l->state == LK_STATE_BREAKING && l->proc) {
		lk_words_put_process(l->proc, 0, out);
		lk_buf_printf(out, " was asked to give up its %s on ", lk_words_kind(l, kind));
		lk_words_put_file(l->file, out);
		lk_buf_puts(out, ": ");
		lk_break_text(l, out);
	} else {
		lk_buf_puts(out, say_owner(out, l) > 1 ? " hold " : " holds ");
		say_lock(out, t, f, l);
	}
	say_who_waits(out, t, f, l);
	if (!l->n_holders)
		say_reasons(out, l);
}

/* ---- waiting ---- */

static void say_in_the_way(lk_buf *out, const struct lk_lock *l)
{
	const struct lk_lock *by = l->n_blocked_by ? l->blocked_by[0] : l->root;

	if (!by) {
		lk_buf_puts(out, l->state == LK_STATE_STOPPED_WAITING ? "; nothing is in its way any more"
								      : "; what is in its way is not visible");
		return;
	}
	lk_buf_puts(out, "; ");
	lk_buf_puts(out, say_owner(out, by) > 1 ? " are in its way" : " is in its way");
	if (l->n_blocked_by > 1)
		lk_buf_printf(out, ", %zu locks in all", l->n_blocked_by);
}

static void say_waiting(lk_buf *out, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	bool opens = l->state == LK_STATE_BREAKER;

	if (l->deadlock)
		lk_buf_printf(out, "deadlock %u: ", l->deadlock);
	if (l->waiter)
		lk_words_put_process(l->waiter->proc, l->waiter->tid, out);
	else if (l->proc)
		lk_words_put_process(l->proc, 0, out);
	else
		lk_buf_puts(out, LK_WORDS_UNSEEN);
	lk_buf_puts(out, l->state == LK_STATE_STOPPED_WAITING ? " is stopped and has waited" : " has waited");
	say_age(out, " ", t, f, l);
	lk_buf_puts(out, opens ? " to open " : " for ");
	if (opens) {
		lk_words_put_file(l->file, out);
		lk_buf_printf(out, " for %s", l->rec.mode == LK_MODE_READ ? "reading" : "writing");
	} else {
		say_lock(out, t, f, l);
	}
	say_in_the_way(out, l);
}

void lk_words_put_lock(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	const struct lk_holder *h = l->waiter ? l->waiter : l->n_holders ? &l->holders[0] : NULL;

	if (lk_lock_is_waiting(l))
		say_waiting(out, t, f, l);
	else
		say_held(out, t, f, l);
	if (l->file->path && h && h->fd >= 0)
		lk_buf_printf(out, "  (fd %d, %s)", h->fd, l->file->path);
	else if (l->file->path)
		lk_buf_printf(out, "  (%s)", l->file->path);
}

/* ---- the brief form, where a sentence would be cut ---- */

static void put_owner(const struct lk_lock *l, lk_buf *out)
{
	if (l->proc)
		lk_words_put_process(l->proc, 0, out);
	else if (l->pid > 0)
		lk_buf_number(out, l->pid);
	else
		lk_buf_puts(out, "?");
}

static void put_holding(const struct lk_lock *l, lk_buf *out)
{
	lk_buf_puts(out, lk_lock_n_processes(l) > 1 ? " and others hold " : " holds ");
	lk_words_put_file(l->file, out);
	if (l->n_blocks)
		lk_buf_printf(out, ": %zu wait%s", l->n_blocks, l->n_blocks == 1 ? "s" : "");
}

static void put_waiting(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	const struct lk_lock *by = l->n_blocked_by ? l->blocked_by[0] : l->root;

	lk_buf_puts(out, out->n ? " waits" : "waits");
	say_age(out, " ", t, f, l);
	lk_buf_puts(out, " for ");
	if (by)
		put_owner(by, out);
	else
		lk_words_put_file(l->file, out);
	if (l->n_blocked_by > 1)
		lk_buf_printf(out, " and %zu more", l->n_blocked_by - 1);
}

void lk_words_brief(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	/* On a narrow screen the row names the one who waits, and the line who is in its way. */
	if (t->w >= NAMES_W || !lk_lock_is_waiting(l))
		put_owner(l, out);
	if (lk_lock_is_waiting(l))
		put_waiting(t, f, l, out);
	else
		put_holding(l, out);
	lk_buf_puts(out, l->deadlock ? " (deadlock)" : "");
}

/* ---- files and processes ---- */

void lk_words_of_file(const struct lk_tui *t, const struct lk_frame *f, const struct lk_file *file, lk_buf *out)
{
	struct lk_file_sum sum = lk_totals_file(f, file);
	const struct lk_known_layout *layout = lk_words_layout(f, file);

	lk_words_put_file(file, out);
	lk_buf_printf(out, ": %zu lock%s held", sum.n_held, sum.n_held == 1 ? "" : "s");
	if (sum.n_waiting) {
		lk_buf_printf(out, ", %zu request%s", sum.n_waiting, sum.n_waiting == 1 ? " waits" : "s wait");
		if (sum.oldest_waiting != LK_TOTALS_NONE)
			say_age(out, ", the oldest ", t, f, &f->snap->locks[sum.oldest_waiting]);
	} else {
		lk_buf_puts(out, ", nobody waits");
	}
	if (sum.cycle)
		lk_buf_puts(out, "; it is part of a deadlock");
	if (layout)
		lk_buf_printf(out, "; it looks like %s", layout->looks_like);
	if (file->local == LK_NO)
		lk_buf_printf(out, "; %s: locks of other hosts are not seen here",
			      file->fstype ? file->fstype : "not a local file system");
	if (file->path)
		lk_buf_printf(out, "  (%s)", file->path);
}

static void say_holdings(lk_buf *out, struct lk_proc_sum sum)
{
	if (sum.n_held)
		lk_buf_printf(out, "holds %zu lock%s", sum.n_held, sum.n_held == 1 ? "" : "s");
	else if (sum.n_recorded)
		lk_buf_printf(out, "is recorded for %zu lock%s, not proven", sum.n_recorded,
			      sum.n_recorded == 1 ? "" : "s");
	else
		lk_buf_puts(out, "holds nothing");
	if (sum.n_blocks)
		lk_buf_printf(out, " and is in the way of %zu request%s", sum.n_blocks, sum.n_blocks == 1 ? "" : "s");
}

static void say_state(lk_buf *out, const struct lk_proc *p)
{
	lk_buf state = { 0 };

	lk_words_put_state(p, &state);
	if (state.n)
		lk_buf_printf(out, "; it is %s%s", state.v[0] == 'z' ? "a " : "", lk_buf_str(&state));
	lk_vec_done(&state);
}

void lk_words_of_process(const struct lk_tui *t, const struct lk_frame *f, const struct lk_proc *p, lk_buf *out)
{
	struct lk_proc_sum sum = lk_totals_proc(f, p);

	lk_words_put_process(p, 0, out);
	lk_buf_puts(out, " ");
	say_holdings(out, sum);
	if (sum.n_waiting) {
		lk_buf_printf(out, "; it waits for %zu lock%s", sum.n_waiting, sum.n_waiting == 1 ? "" : "s");
		if (sum.oldest_waiting != LK_TOTALS_NONE)
			say_age(out, ", for ", t, f, &f->snap->locks[sum.oldest_waiting]);
	}
	if (sum.cycle)
		lk_buf_puts(out, "; it is part of a deadlock");
	say_state(out, p);
}
