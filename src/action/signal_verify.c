/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of the processes and of their locks. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "action/signal_private.h"
#include "model/build.h"
#include "words/words.h"

#define LOCKS_SHOWN 8
#define LOOKS 10 /* more, until a waiter that was woken has the lock */

static bool same_place(const struct lk_lock *then, const struct lk_lock *now)
{
	return lk_type_same_space(then->rec.type, now->rec.type) && lk_key_equal(&then->rec.key, &now->rec.key) &&
	       lk_range_overlaps(then->rec.range, now->rec.range) && !lk_lock_is_waiting(now);
}

static void say_lock(struct lk_signal *s, const struct lk_signal_target *t, const struct lk_signal_lock *sl,
		     const struct lk_snapshot *now)
{
	const struct lk_lock *other = NULL;

	for (size_t i = 0; i < now->n_locks; i++) {
		const struct lk_lock *l = &now->locks[i];

		if (!same_place(sl->lock, l))
			continue;
		if (lk_lock_involves(l, t->target.pid)) {
			lk_action_say(&s->base, LK_LINE_RESULT, "%s is still there, and %s still has it.", sl->words,
				      t->words);
			return;
		}
		if (!other || (l->pid > 0 && other->pid <= 0))
			other = l;
	}
	if (!other)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s is gone.", sl->words);
	else if (other->pid > 0)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s is gone; %s has a lock there now.", sl->words,
			      lk_words_who(&s->base.arena, other));
	else
		lk_action_say(&s->base, LK_LINE_RESULT, "%s: somebody who is not known has a lock there.", sl->words);
}

static bool ignores(const struct lk_look *now, int sig)
{
	return sig >= 1 && sig <= 64 && now->ignored >> (sig - 1) & 1;
}

static void say_alive(struct lk_signal *s, const struct lk_signal_target *t)
{
	char name[LK_SIGNAL_NAME];
	struct lk_look now;

	lk_signal_name(t->last_sig, name);
	if (lk_look_at(t->target.pid, &now, NULL) < 0)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s cannot be seen any more.", t->words);
	else if (ignores(&now, t->last_sig))
		lk_action_say(&s->base, LK_LINE_RESULT, "%s is still there: it ignores %s.", t->words, name);
	else if (now.state == 'D')
		lk_action_say(&s->base, LK_LINE_RESULT,
			      "%s is still there: it is in an uninterruptible sleep, and %s waits for that.", t->words,
			      name);
	else if (now.state == 'T' || now.state == 't')
		lk_action_say(&s->base, LK_LINE_RESULT, "%s got %s and is stopped.", t->words, name);
	else
		lk_action_say(&s->base, LK_LINE_RESULT, "%s got %s and still runs.", t->words, name);
}

static void say_process(struct lk_signal *s, const struct lk_signal_target *t)
{
	struct lk_look now;

	if (t->failed)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s could not be signalled: %s.", t->words,
			      strerror(-t->failed));
	else if (t->left_alone && !t->ended)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s was left alone: %s.", t->words, t->left_alone);
	else if (t->let_go)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s let go of the lock and lives on; it was sent nothing more.",
			      t->words);
	else if (!t->ended)
		say_alive(s, t);
	else if (lk_look_at(t->target.pid, &now, NULL) == 0 && now.start_ticks == t->target.start_ticks &&
		 now.state == 'Z')
		lk_action_say(&s->base, LK_LINE_RESULT, "%s has ended; it is a zombie until its parent notices.",
			      t->words);
	else
		lk_action_say(&s->base, LK_LINE_RESULT, "%s has ended.", t->words);
}

static bool reached_its_end(const struct lk_signal *s, const struct lk_signal_target *t)
{
	int sig = s->steps[s->n_steps - 1].sig;
	struct lk_target now = t->target;

	if (t->ended || t->let_go)
		return true;
	if (t->failed || t->left_alone)
		return false;
	/* A signal that the program handles, other than one that asks it to go, was only to be delivered. */
	if (!lk_signal_ends(sig) ||
	    (sig != SIGTERM && sig != SIGINT && sig != SIGQUIT && sig != SIGKILL && t->look.caught >> (sig - 1) & 1))
		return true;
	return t->target.has_lock && lk_target_check(&now, s->base.sys, NULL) == -ESTALE;
}

static void conclude(struct lk_signal *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_targets; i++)
		n += reached_its_end(s, &s->targets[i]);
	if (n == s->n_targets && !s->n_missing)
		s->base.outcome = LK_OUTCOME_DONE;
	else
		s->base.outcome = n ? LK_OUTCOME_PARTLY : LK_OUTCOME_NOT_DONE;
}

static bool has_successor(const struct lk_signal_lock *sl, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < now->n_locks; i++) {
		if (same_place(sl->lock, &now->locks[i]))
			return true;
	}
	return false;
}

/* Between being woken and having the lock, who waited for it stands in no list. */
static bool is_between(const struct lk_signal *s, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		for (size_t k = 0; k < s->targets[i].n_locks; k++) {
			const struct lk_signal_lock *sl = &s->targets[i].locks[k];

			if (sl->lock->n_blocks && !has_successor(sl, now))
				return true;
		}
	}
	return false;
}

static int look_again(const struct lk_signal *s, const struct lk_request *req, struct lk_snapshot **ret,
		      struct lk_err *err)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int rc = lk_snapshot_take(s->base.source, req, ret, err);

	for (int i = 0; rc == 0 && i < LOOKS && is_between(s, *ret); i++) {
		nanosleep(&pause, NULL);
		lk_snapshot_free(*ret);
		*ret = NULL;
		rc = lk_snapshot_take(s->base.source, req, ret, err);
	}
	return rc;
}

int lk_signal_verify(struct lk_action *a, struct lk_err *err)
{
	struct lk_request req = { .needs = LK_NEED_WAITS, .timeout_ms = 30000 };
	struct lk_signal *s = (struct lk_signal *)a;
	struct lk_snapshot *now = NULL;
	int rc = 0;

	for (size_t i = 0; i < s->n_targets; i++)
		say_process(s, &s->targets[i]);
	conclude(s);
	if (!a->source)
		return 0;
	rc = look_again(s, &req, &now, err);
	if (rc < 0)
		return lk_err_set(err, rc, "the signal was sent, but the locks could not be read again: %s",
				  strerror(-rc));
	for (size_t i = 0; i < s->n_targets; i++) {
		for (size_t k = 0; k < s->targets[i].n_locks && k < LOCKS_SHOWN; k++)
			say_lock(s, &s->targets[i], &s->targets[i].locks[k], now);
	}
	lk_snapshot_free(now);
	return 0;
}
