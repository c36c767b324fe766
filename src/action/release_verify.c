/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking again after a release: is the lock gone, and who has it now? */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "action/release.h"
#include "base/io.h"
#include "model/build.h"
#include "words/words.h"

#define NAP_MS 25

static bool is_same_file(const struct lk_lock *then, const struct lk_lock *now)
{
	const struct lk_file *a = then->file, *b = now->file;

	if (!lk_key_equal(&then->rec.key, &now->rec.key))
		return false;
	return !a->has_stat || !b->has_stat ||
	       (a->st_ino == b->st_ino && a->st_major == b->st_major && a->st_minor == b->st_minor);
}

static bool is_holder(const struct lk_release *r, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_holders; i++) {
		const struct lk_holder *h = &l->holders[i];

		/* A POSIX lock belongs to the process, whatever descriptor it was taken through. */
		if (h->pid == r->target.pid && (h->fd == r->target.fd || l->rec.type == LK_TYPE_POSIX))
			return true;
	}
	return false;
}

static bool is_held_here(const struct lk_release *r, const struct lk_lock *l)
{
	return !lk_lock_is_waiting(l) && is_same_file(r->lock, l) && lk_range_overlaps(l->rec.range, r->range);
}

/* A lock that the holder still has, or has again, on bytes that were to be released; NULL: none. */
static const struct lk_lock *find_left(const struct lk_release *r, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < now->n_locks; i++) {
		const struct lk_lock *l = &now->locks[i];

		if (l->rec.type == r->lock->rec.type && is_held_here(r, l) && is_holder(r, l))
			return l;
	}
	return NULL;
}

/* Is there a lock of the same kind that nobody is proven to hold? It may be the one that was to be released. */
static bool has_nameless(const struct lk_release *r, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < now->n_locks; i++) {
		const struct lk_lock *l = &now->locks[i];

		if (l->rec.type == r->lock->rec.type && is_held_here(r, l) && !l->n_holders)
			return true;
	}
	return false;
}

static bool was_held_before(const struct lk_release *r, const struct lk_lock *now)
{
	for (size_t i = 0; i < r->snap->n_locks; i++) {
		const struct lk_lock *l = &r->snap->locks[i];

		if (l->id == now->id && !lk_lock_is_waiting(l))
			return true;
	}
	return false;
}

/* A lock of somebody else on these bytes: with is_new one taken since the plan, else one that was held beside it all the time. */
static const struct lk_lock *find_other(const struct lk_release *r, const struct lk_snapshot *now, bool is_new)
{
	for (size_t i = 0; i < now->n_locks; i++) {
		const struct lk_lock *l = &now->locks[i];

		if (lk_type_same_space(l->rec.type, r->lock->rec.type) && is_held_here(r, l) && !is_holder(r, l) &&
		    l->pid > 0 && was_held_before(r, l) != is_new)
			return l;
	}
	return NULL;
}

static const char *what_was_released(struct lk_release *r)
{
	char range[LK_RANGE_WORDS];

	if (r->lock->rec.type == LK_TYPE_LEASE)
		return "the lease";
	if (lk_range_compare(r->range, r->lock->rec.range) == 0)
		return "the lock";
	return lk_arena_strdup(&r->action.arena, lk_range_words(r->range, range));
}

static void say_gone(struct lk_release *r, const struct lk_snapshot *now)
{
	const struct lk_lock *next = find_other(r, now, true), *beside = find_other(r, now, false);
	const char *what = what_was_released(r);
	struct lk_action *a = &r->action;

	a->outcome = LK_OUTCOME_DONE;
	if (next)
		lk_action_say(a, LK_LINE_RESULT, "released: %s; %s has it now.", what, lk_words_who(&a->arena, next));
	else if (beside)
		lk_action_say(a, LK_LINE_RESULT, "released: %s; %s still has its own lock there.", what,
			      lk_words_who(&a->arena, beside));
	else if (r->lock->rec.type == LK_TYPE_LEASE)
		lk_action_say(a, LK_LINE_RESULT, "released: the lease; whoever waited to open the file goes on.");
	else
		lk_action_say(a, LK_LINE_RESULT, "released: %s; nobody else has it now.", what);
}

static void judge(struct lk_release *r, const struct lk_snapshot *now)
{
	const struct lk_lock *left = find_left(r, now);
	struct lk_action *a = &r->action;

	if (left) {
		a->outcome = LK_OUTCOME_NOT_DONE;
		lk_action_say(
			a, LK_LINE_RESULT,
			"still there: process %d has %s; either the release failed, or it has taken the lock again.",
			r->target.pid, lk_words_lock(&a->arena, left));
	} else if (!now->complete && has_nameless(r, now)) {
		a->outcome = LK_OUTCOME_UNKNOWN;
		lk_action_say(a, LK_LINE_RESULT,
			      "a lock of this kind is there, but nobody is proven to hold it, so it cannot be "
			      "told whether it is this one.");
	} else {
		say_gone(r, now);
	}
}

/* Waiters need a moment to wake up and get the lock. */
static bool is_settled(const struct lk_release *r, const struct lk_snapshot *now)
{
	return !r->lock->n_blocks || r->lock->rec.type == LK_TYPE_LEASE || find_left(r, now) ||
	       find_other(r, now, true);
}

static int look(struct lk_release *r, struct lk_snapshot **ret, struct lk_err *err)
{
	struct lk_request request = { .needs = 0 };
	int64_t deadline = lk_io_now_ms() + r->settle_ms;
	struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };
	int rc;

	for (;;) {
		rc = lk_snapshot_take(r->action.source, &request, ret, err);
		if (rc < 0 || is_settled(r, *ret) || lk_io_now_ms() >= deadline)
			return rc;
		lk_snapshot_free(*ret);
		*ret = NULL;
		nanosleep(&nap, NULL);
	}
}

int lk_release_verify(struct lk_action *a, struct lk_err *err)
{
	struct lk_release *r = (struct lk_release *)a;
	struct lk_snapshot *now = NULL;
	int rc;

	if (r->unchanged) {
		a->outcome = LK_OUTCOME_REFUSED;
		return 0;
	}
	rc = look(r, &now, err);
	if (rc < 0) {
		a->outcome = LK_OUTCOME_UNKNOWN;
		lk_action_say(a, LK_LINE_RESULT, "it could not be seen whether the lock is gone.");
		return rc;
	}
	judge(r, now);
	lk_snapshot_free(now);
	return 0;
}
