/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks that the user waits for, and the message when one of them is gone. */
#include "tui/frame/watch_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "words/words.h"

/* A lock that is missing in this many incomplete looks, one after the other, counts as gone. */
#define DOUBTS_MAX 3

struct watch_target {
	uint64_t row; /* lk_frame_row() */
	struct lk_record rec;
	int pid;
	uint64_t start_ticks;
	int64_t since_ms; /* in the clock of frames */
	unsigned doubts;
	char *comm; /* owned; NULL unknown */
	char *words; /* owned: "the flock write lock on /srv/x" */
};

struct lk_watch_targets {
	LK_VEC(struct watch_target) v;
};

static void watch_target_done(struct watch_target *v)
{
	free(v->comm);
	free(v->words);
}

static struct watch_target *find(const struct lk_tui *t, uint64_t row)
{
	for (size_t i = 0; t->watched && i < t->watched->v.n; i++) {
		if (t->watched->v.v[i].row == row)
			return &t->watched->v.v[i];
	}
	return NULL;
}

const char *lk_watch_target_why_not(const struct lk_subject *s)
{
	if (!s->lock)
		return "this row is not about one lock";
	if (!s->frame->snap->host.live)
		return "what is shown here does not change";
	if (lk_lock_is_waiting(s->lock))
		return "this is a request that waits itself";
	return NULL;
}

bool lk_watch_target_has(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	return find(t, lk_frame_row(f, l)) != NULL;
}

size_t lk_watch_targets_count(const struct lk_tui *t)
{
	return t->watched ? t->watched->v.n : 0;
}

static void drop(struct lk_tui *t, struct watch_target *v)
{
	struct watch_target *last = &t->watched->v.v[--t->watched->v.n];

	watch_target_done(v);
	*v = *last;
}

bool lk_watch_target_stop(struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	struct watch_target *v = find(t, lk_frame_row(f, l));

	if (v)
		drop(t, v);
	return v != NULL;
}

void lk_watch_targets_free(struct lk_tui *t)
{
	while (t->watched && t->watched->v.n)
		drop(t, t->watched->v.v);
	if (t->watched)
		lk_vec_done(&t->watched->v);
	free(t->watched);
	t->watched = NULL;
}

void lk_watch_target_add(struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l)
{
	struct watch_target v = { .row = lk_frame_row(f, l), .rec = l->rec, .pid = l->pid, .since_ms = f->taken_ms };
	struct lk_arena a = { 0 };

	if (find(t, lk_frame_row(f, l)))
		return;
	v.rec.type_word = v.rec.phase_word = v.rec.mode_word = NULL;
	v.start_ticks = l->proc ? l->proc->start_ticks : 0;
	v.comm = l->proc ? lk_strdup(l->proc->comm) : NULL;
	v.words = lk_strdup(lk_words_lock(&a, l));
	lk_arena_done(&a);
	if (!t->watched)
		t->watched = lk_alloc(1, sizeof(*t->watched));
	*lk_vec_push(&t->watched->v) = v;
}

static bool in_the_same_place(const struct watch_target *v, const struct lk_lock *l)
{
	return !lk_lock_is_waiting(l) && lk_type_same_space(v->rec.type, l->rec.type) &&
	       lk_key_equal(&v->rec.key, &l->rec.key) && lk_range_overlaps(v->rec.range, l->rec.range);
}

static bool holds(const struct watch_target *v, const struct lk_lock *l)
{
	return v->pid > 0 && l->pid == v->pid &&
	       (!v->start_ticks || !l->proc || !l->proc->start_ticks || l->proc->start_ticks == v->start_ticks);
}

/* Whether the lock, or a part of it, which is another row, is still there. *ret_other, NULL before: a lock of somebody else there. */
static bool is_there(const struct watch_target *v, const struct lk_frame *f, const struct lk_lock **ret_other)
{
	const struct lk_snapshot *snap = f->snap;

	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (lk_frame_row(f, l) == v->row || (in_the_same_place(v, l) && holds(v, l)))
			return true;
		if (in_the_same_place(v, l) && (!*ret_other || (l->pid > 0 && (*ret_other)->pid <= 0)))
			*ret_other = l;
	}
	return false;
}

/* The result comes first, because the message line may be too short for the whole sentence. */
static void tell(struct lk_tui *t, const struct watch_target *v, const struct lk_lock *other, const char *doubt)
{
	struct lk_arena a = { 0 };
	const char *who = other && other->pid > 0 ? lk_words_who(&a, other) : "somebody who is not known";
	const char *news = other ? lk_arena_printf(&a, "Gone, but now %s has a lock there", who)
				 : lk_arena_printf(&a, "Free%s", doubt);

	news = lk_arena_printf(&a, "%s: %s, of %s until now", news, v->words, lk_words_process(&a, v->pid, v->comm));
	/* Beside one that nobody has seen yet. */
	if (t->message && t->message_until_ms == INT64_MAX)
		lk_tui_say(t, LK_STYLE_ALARM, "%s %s.", t->message, news);
	else
		lk_tui_say(t, other || *doubt ? LK_STYLE_ALARM : LK_STYLE_GOOD, "%s.", news);
	lk_tui_keep_message(t);
	lk_tui_note(t, "FREE", v->pid, v->comm, news);
	lk_arena_done(&a);
}

/* Returns whether the waiting is over. */
static bool judge(struct lk_tui *t, struct watch_target *v, const struct lk_frame *f)
{
	const struct lk_snapshot *snap = f->snap;
	const struct lk_lock *other = NULL;

	if (is_there(v, f, &other)) {
		v->doubts = 0;
		return false;
	}
	if (!snap->locks_proven && ++v->doubts < DOUBTS_MAX)
		return false;
	tell(t, v, other, snap->locks_proven ? "" : ", as far as can be seen");
	return true;
}

void lk_watch_target_frame(struct lk_tui *t, const struct lk_frame *f)
{
	for (size_t i = t->watched && f->snap ? t->watched->v.n : 0; i > 0; i--) {
		struct watch_target *v = &t->watched->v.v[i - 1];

		if (f->taken_ms >= v->since_ms && judge(t, v, f))
			drop(t, v);
	}
}
