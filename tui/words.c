/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/words.h"
#include "table/get.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action/words.h"
#include "base/cleanup.h"
#include "table/get.h"

/* More than that is counted in requests, not in processes. */
#define MAX_COUNTED 1000

/* A sentence in the making: the first failure stays. */
struct say {
	lk_buf *out;
	int rc;
};

static void __attribute__((format(printf, 2, 3))) say(struct say *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!s->rc)
		s->rc = lk_buf_vprintf(s->out, fmt, ap);
	va_end(ap);
}

static void say_age(struct say *s, int64_t ms, bool at_least)
{
	if (!s->rc)
		s->rc = lk_tui_age_text(ms, at_least, s->out);
}

static void say_process(struct say *s, const struct lk_proc *p, int tid)
{
	if (p->comm)
		say(s, "%s[%d", p->comm, p->pid);
	else
		say(s, "process %d", p->pid);
	if (tid > 0 && tid != p->pid)
		say(s, "/%d", tid);
	if (p->comm)
		say(s, "]");
}

int lk_words_put_process(const struct lk_proc *p, int tid, lk_buf *out)
{
	struct say s = { .out = out };

	say_process(&s, p, tid);
	return s.rc;
}

const char *lk_words_file_name(const struct lk_file *file)
{
	const char *slash = file->path ? strrchr(file->path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : file->path;
}

static void say_file(struct say *s, const struct lk_file *file)
{
	const char *name = lk_words_file_name(file);

	if (name)
		say(s, "%s%s", name,
		    file->deleted == LK_YES    ? " (deleted)"
		    : file->replaced == LK_YES ? " (replaced)"
					       : "");
	else if (file->key.none)
		say(s, "a file that is not known");
	else if (file->mount_point)
		say(s, "a file without a name (inode %" PRIu64 " on %s)", file->key.ino, file->mount_point);
	else
		say(s, "a file without a name (inode %" PRIu64 ")", file->key.ino);
}

int lk_words_file(const struct lk_file *file, lk_buf *out)
{
	struct say s = { .out = out };

	say_file(&s, file);
	return s.rc;
}

static bool has_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD;
}

const struct lk_known_layout *lk_words_layout(const struct lk_frame *f, const struct lk_file *file)
{
	struct lk_file_sum sum = lk_sums_file(f, file);
	size_t n = sum.n_held + sum.n_waiting;
	lk_auto_mem const struct lk_lock **locks = NULL;

	if (!(sum.types & (1u << LK_TYPE_POSIX | 1u << LK_TYPE_OFD)))
		return NULL;
	locks = calloc(n, sizeof(*locks));
	if (!locks)
		return NULL;
	for (size_t i = 0; i < n; i++)
		locks[i] = &f->snap->locks[f->sums.by_file[sum.first + i]];
	return lk_known_find(locks, n, file->path);
}

/* Does it need the other locks of the file at all? A range that fits no layout by itself never does. */
static const struct lk_known_layout *layout_of(const struct lk_frame *f, const struct lk_lock *l)
{
	if (!has_range(l) || !lk_known_find(&l, 1, l->file->path))
		return NULL;
	return lk_words_layout(f, l->file);
}

/* Whether there was a name for it. */
static bool say_known_range(struct say *s, const struct lk_frame *f, const struct lk_lock *l)
{
	const struct lk_known_layout *layout = layout_of(f, l);
	lk_buf name = { 0 };
	bool known = layout && !lk_known_name(layout, l->rec.range, &name) && name.n;

	if (known)
		say(s, "the %s %.*s range of ", layout->name, (int)name.n, name.v);
	lk_vec_done(&name);
	return known;
}

static bool say_place(struct say *s, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	bool known = say_known_range(s, f, l);

	if (!known && has_range(l) && !lk_range_is_whole(l->rec.range)) {
		bool one = l->rec.range.start == l->rec.range.end;

		say(s, one ? "byte " : "bytes ");
		if (!s->rc)
			s->rc = one ? lk_tui_offset_text(t, l->rec.range.start, s->out)
				    : lk_tui_range_text(t, l, s->out);
		say(s, " of ");
	}
	say_file(s, l->file);
	return known;
}

int lk_words_place(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	struct say s = { .out = out };

	say_place(&s, t, f, l);
	return s.rc;
}

static const char *type_words(const struct lk_lock *l)
{
	switch (l->rec.type) {
	case LK_TYPE_POSIX:
		return "POSIX lock";
	case LK_TYPE_OFD:
		return "OFD lock";
	case LK_TYPE_FLOCK:
		return "FLOCK";
	case LK_TYPE_LEASE:
		return "lease";
	case LK_TYPE_DELEG:
		return "delegation";
	default:
		return "lock of an unknown kind";
	}
}

static const char *mode_word(const struct lk_lock *l)
{
	return l->rec.mode == LK_MODE_UNKNOWN ? "" : lk_mode_name(l->rec.mode);
}

/* "a read FLOCK on base.lck", "the SQLite SHARED range of app.db (read)" */
static void say_lock(struct say *s, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	struct say place = { .out = &(lk_buf){ 0 } };
	bool known = say_place(&place, t, f, l);
	const char *text = place.rc ? NULL : lk_buf_str(place.out);
	const char *mode = mode_word(l);

	if (!text)
		s->rc = -ENOMEM;
	else if (known)
		say(s, "%s (%s)", text, mode);
	else
		say(s, "a %s%s%s on %s", mode, *mode ? " " : "", type_words(l), text);
	lk_vec_done(place.out);
}

/* ---- held ---- */

static void say_unproven(struct say *s, const struct lk_lock *l)
{
	if (l->proc) {
		say_process(s, l->proc, 0);
		say(s, " (recorded, not proven) holds ");
		return;
	}
	say(s, "somebody who is not visible holds ");
}

static void say_owner(struct say *s, const struct lk_lock *l)
{
	size_t n = lk_lock_n_processes(l);
	struct lk_row row = { .lock = l };

	if (!n) {
		say_unproven(s, l);
		return;
	}
	say_process(s, l->holders[0].proc, l->holders[0].tid);
	if (n > 1)
		say(s, " and %zu other%s", n - 1, n == 2 ? "" : "s");
	if (!s->rc)
		s->rc = lk_note_state(&row, s->out);
	say(s, n == 1 ? " holds " : " hold ");
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* How many processes wait; SIZE_MAX: it is not known, or there are very many. */
static size_t waiting_processes(const struct lk_lock *l)
{
	lk_auto_mem int *pids = l->n_blocks <= MAX_COUNTED ? calloc(l->n_blocks + 1, sizeof(*pids)) : NULL;
	size_t n = 0;

	if (!pids)
		return SIZE_MAX;
	for (size_t i = 0; i < l->n_blocks; i++) {
		pids[i] = l->blocks[i]->pid;
		if (pids[i] <= 0)
			return SIZE_MAX;
	}
	qsort(pids, l->n_blocks, sizeof(*pids), by_number);
	for (size_t i = 0; i < l->n_blocks; i++)
		n += !i || pids[i] != pids[i - 1];
	return n;
}

static int64_t oldest_of(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, bool *ret_at_least)
{
	int64_t oldest = -1;

	*ret_at_least = false;
	for (size_t i = 0; i < l->n_blocks; i++) {
		bool at_least;
		int64_t age = lk_frame_age_ms(f, l->blocks[i], lk_tui_now_of(t, f), &at_least);

		if (age > oldest)
			oldest = age, *ret_at_least = at_least;
	}
	return oldest;
}

static void say_who_waits(struct say *s, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	size_t n = waiting_processes(l);
	bool at_least;
	int64_t oldest = oldest_of(t, f, l, &at_least);

	if (!l->n_blocks)
		return;
	if (n == SIZE_MAX)
		say(s, "; %zu request%s for it", l->n_blocks, l->n_blocks == 1 ? " waits" : "s wait");
	else
		say(s, "; %zu process%s for it", n, n == 1 ? " waits" : "es wait");
	if (oldest >= 0) {
		say(s, l->n_blocks == 1 ? ", for " : ", the oldest ");
		say_age(s, oldest, at_least);
	}
}

static void say_reasons(struct say *s, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_because; i++) {
		say(s, "%s%s", i ? ", or " : ": ", lk_words_reason(l->no_holder_because[i]));
	}
}

static void say_held(struct say *s, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	if (l->deadlock)
		say(s, "deadlock %u: ", l->deadlock);
	if (l->state == LK_STATE_BREAKING && l->proc) {
		say_process(s, l->proc, 0);
		say(s, " was asked to give up its %s%s%s on ", mode_word(l), *mode_word(l) ? " " : "", type_words(l));
		say_file(s, l->file);
		say(s, ": ");
		if (!s->rc)
			s->rc = lk_break_text(l, s->out);
	} else {
		say_owner(s, l);
		say_lock(s, t, f, l);
	}
	say_who_waits(s, t, f, l);
	if (!l->n_holders)
		say_reasons(s, l);
}

/* ---- waiting ---- */

static void say_in_the_way(struct say *s, const struct lk_lock *l)
{
	const struct lk_lock *by = l->n_blocked_by ? l->blocked_by[0] : l->root;
	size_t n = by ? lk_lock_n_processes(by) : 0;
	struct lk_row row = { .lock = by };

	if (!by)
		say(s, l->state == LK_STATE_STOPPED_WAITING ? "; nothing is in its way any more"
							    : "; what is in its way is not visible");
	else if (!n && !by->proc)
		say(s, "; an owner that is not visible is in its way");
	if (!by || (!n && !by->proc))
		return;
	say(s, "; ");
	say_process(s, n ? by->holders[0].proc : by->proc, n ? by->holders[0].tid : 0);
	if (n > 1)
		say(s, " and %zu other%s", n - 1, n == 2 ? "" : "s");
	if (!s->rc)
		s->rc = lk_note_state(&row, s->out);
	say(s, n > 1 ? " are in its way" : n ? " is in its way" : " (recorded, not proven) is in its way");
	if (l->n_blocked_by > 1)
		say(s, ", %zu locks in all", l->n_blocked_by);
}

static void say_waiting(struct say *s, const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	bool at_least;
	int64_t age = lk_frame_age_ms(f, l, lk_tui_now_of(t, f), &at_least);
	bool opens = l->state == LK_STATE_BREAKER;

	if (l->deadlock)
		say(s, "deadlock %u: ", l->deadlock);
	if (l->waiter)
		say_process(s, l->waiter->proc, l->waiter->tid);
	else if (l->proc)
		say_process(s, l->proc, 0);
	else
		say(s, "a process that is not visible");
	say(s, l->state == LK_STATE_STOPPED_WAITING ? " is stopped and has waited " : " has waited ");
	say_age(s, age, at_least);
	say(s, "%s%s", age >= 0 ? " " : "", opens ? "to open " : "for ");
	if (opens) {
		say_file(s, l->file);
		say(s, " for %s", l->rec.mode == LK_MODE_READ ? "reading" : "writing");
	} else {
		say_lock(s, t, f, l);
	}
	say_in_the_way(s, l);
}

int lk_words_put_lock(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	struct say s = { .out = out };
	const struct lk_holder *h = l->waiter ? l->waiter : l->n_holders ? &l->holders[0] : NULL;

	if (lk_lock_is_waiting(l))
		say_waiting(&s, t, f, l);
	else
		say_held(&s, t, f, l);
	if (l->file->path && h && h->fd >= 0)
		say(&s, "  (fd %d, %s)", h->fd, l->file->path);
	else if (l->file->path)
		say(&s, "  (%s)", l->file->path);
	return s.rc;
}

/* ---- files and processes ---- */

static void say_oldest(struct say *s, const struct lk_tui *t, const struct lk_frame *f, size_t lock)
{
	bool at_least;
	int64_t age;

	if (lock == LK_SUMS_NONE)
		return;
	age = lk_frame_age_ms(f, &f->snap->locks[lock], lk_tui_now_of(t, f), &at_least);
	say(s, ", the oldest ");
	say_age(s, age, at_least);
}

int lk_words_of_file(const struct lk_tui *t, const struct lk_frame *f, const struct lk_file *file, lk_buf *out)
{
	struct say s = { .out = out };
	struct lk_file_sum sum = lk_sums_file(f, file);
	const struct lk_known_layout *layout = lk_words_layout(f, file);

	say_file(&s, file);
	say(&s, ": %zu lock%s held", sum.n_held, sum.n_held == 1 ? "" : "s");
	if (sum.n_waiting) {
		say(&s, ", %zu request%s", sum.n_waiting, sum.n_waiting == 1 ? " waits" : "s wait");
		say_oldest(&s, t, f, sum.oldest_waiting);
	} else {
		say(&s, ", nobody waits");
	}
	if (sum.cycle)
		say(&s, "; it is part of a deadlock");
	if (layout)
		say(&s, "; it looks like %s", layout->looks_like);
	if (file->local == LK_NO)
		say(&s, "; %s: locks of other hosts are not seen here",
		    file->fstype ? file->fstype : "not a local file system");
	if (file->path)
		say(&s, "  (%s)", file->path);
	return s.rc;
}

static void say_holdings(struct say *s, struct lk_proc_sum sum)
{
	if (sum.n_held)
		say(s, "holds %zu lock%s", sum.n_held, sum.n_held == 1 ? "" : "s");
	else if (sum.n_recorded)
		say(s, "is recorded for %zu lock%s, not proven", sum.n_recorded, sum.n_recorded == 1 ? "" : "s");
	else
		say(s, "holds nothing");
	if (sum.n_blocks)
		say(s, " and is in the way of %zu request%s", sum.n_blocks, sum.n_blocks == 1 ? "" : "s");
}

static void say_state(struct say *s, const struct lk_proc *p)
{
	lk_buf state = { 0 };

	lk_words_put_state(p, &state);
	if (state.n)
		say(s, "; it is %s%s", state.v[0] == 'z' ? "a " : "", lk_buf_str(&state));
	lk_vec_done(&state);
}

int lk_words_of_process(const struct lk_tui *t, const struct lk_frame *f, const struct lk_proc *p, lk_buf *out)
{
	struct say s = { .out = out };
	struct lk_proc_sum sum = lk_sums_proc(f, p);

	say_process(&s, p, 0);
	say(&s, " ");
	say_holdings(&s, sum);
	if (sum.n_waiting) {
		bool at_least = false;
		int64_t age = -1;

		if (sum.oldest_waiting != LK_SUMS_NONE)
			age = lk_frame_age_ms(f, &f->snap->locks[sum.oldest_waiting], lk_tui_now_of(t, f), &at_least);
		say(&s, "; it waits for %zu lock%s%s", sum.n_waiting, sum.n_waiting == 1 ? "" : "s",
		    age >= 0 ? ", for " : "");
		if (age >= 0)
			say_age(&s, age, at_least);
	}
	if (sum.cycle)
		say(&s, "; it is part of a deadlock");
	say_state(&s, p);
	return s.rc;
}
