/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds locks on a file, waits for them or uses the file, as lines of the plan and as counts. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "action/file_private.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "words/words.h"

#define LINES_MAX 20 /* about locks, and as many about uses; the rest is only counted */

/* One look at one file. */
struct view {
	const struct file_look *look;
	const struct file_place *place;
	struct lk_fact_file file; /* strings of the source: not valid after another look-up */
	struct file_users *users;
	bool ambiguous;
	size_t n_said;
	struct lk_arena arena; /* owns names of processes */
};

/* Adds a RISK line to the plan, if there is one: the path, then the text. */
static void __attribute__((format(printf, 2, 3))) say(struct view *v, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;

	if (!v->look->plan)
		return;
	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	lk_action_say(&v->look->plan->base, LK_LINE_RISK, "%s: %s.", v->place->path, text);
}

/* Adds a line about somebody in the way, at most LINES_MAX times. users->first gets the first text about a proven one. */
static void __attribute__((format(printf, 3, 4))) say_user(struct view *v, bool proven, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	if (++v->n_said <= LINES_MAX)
		say(v, "%s", text);
	if (proven && !v->users->first) {
		v->users->first = text;
		text = NULL;
	}
}

static void say_rest(struct view *v)
{
	if (v->n_said > LINES_MAX)
		say(v, "and %zu more", v->n_said - LINES_MAX);
	v->n_said = 0;
}

static int resolve(struct view *v, struct lk_err *err)
{
	const struct statx *st = &v->place->st;
	int rc = lk_source_resolve(v->look->source, v->place->path, false, &v->file, err);

	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", v->place->path, strerror(-rc));
	if (v->file.has_stat && !lk_fact_file_has_numbers(&v->file, st->stx_ino, st->stx_dev_major, st->stx_dev_minor))
		return lk_err_set(err, -ESTALE, "target changed since you looked: %s is another file now",
				  v->place->path);
	return 0;
}

/* -- locks -- */

static void say_held(struct view *v, const struct lk_lock *l)
{
	const char *type = lk_type_name(l->rec.type), *mode = lk_record_mode_words(&l->rec);
	char buf[LK_RANGE_TEXT];
	const char *range = lk_range_format(l->rec.range, buf);

	v->users->n_locks++;
	if (!l->n_holders && l->how == LK_HOW_RECORDED && l->proc)
		say_user(v, true, "most likely %s, who took it, holds a %s lock (%s, range %s)",
			 lk_words_proc(&v->arena, l->proc), type, mode, range);
	else if (!l->n_holders)
		say_user(v, true, "somebody who could not be found holds a %s lock (%s, range %s)", type, mode, range);
	for (size_t i = 0; i < l->n_holders; i++)
		say_user(v, true, "%s holds a %s lock (%s, range %s)", lk_words_proc(&v->arena, l->holders[i].proc),
			 type, mode, range);
}

static void take_lock(struct view *v, const struct lk_lock *l)
{
	enum lk_tri on = lk_lock_is_on(l, &v->file);

	if (on == LK_NO)
		return;
	if (v->look->plan)
		*lk_vec_push(&v->look->plan->locks) = l->index;
	if (on == LK_UNKNOWN)
		v->ambiguous = true;
	else if (!lk_lock_is_waiting(l))
		say_held(v, l);
	else
		say_user(v, false, "%s waits for a %s lock",
			 l->pid > 0 ? lk_words_who(&v->arena, l) : "somebody who could not be found",
			 lk_type_name(l->rec.type));
}

/* Says why there may be locks that were not counted. */
static void say_doubt(struct view *v)
{
	if (v->file.local == LK_NO)
		say(v, "locks on %s are kept elsewhere; others may hold one that cannot be seen from here",
		    v->file.fstype ? v->file.fstype : "this file system");
	else if (v->ambiguous)
		say(v, "a lock stands on this file or on another with the same number; whose it is could not be read");
	else if (!v->users->n_locks && (v->file.key.none || !lk_snapshot_proves(v->look->snap, &v->file.key)))
		say(v, "no lock was found, but one could be hidden from this user");
}

static void find_locks(struct view *v)
{
	for (size_t i = 0; i < v->look->snap->n_locks; i++)
		take_lock(v, &v->look->snap->locks[i]);
	say_rest(v);
	say_doubt(v);
}

/* -- uses -- */

static void say_use(struct view *v, const struct lk_use *use)
{
	const struct lk_use_words *words = lk_use_words(use->kind);
	bool proven = lk_use_is_proven(use);
	const char *doubt = proven ? "" : ", or a file with the same number";

	v->users->swap = v->users->swap || use->kind == LK_USE_SWAP;
	if (use->pid > 0)
		say_user(v, proven, "%s %sit%s%s", lk_words_process(&v->arena, use->pid, use->comm), words->before,
			 words->after, doubt);
	else if (words->by_process)
		say_user(v, proven, "a process that could not be found (%s) %sit%s%s", use->what ? use->what : "?",
			 words->before, words->after, doubt);
	else
		say_user(v, proven, "%s%s%s%s", words->before, use->what ? use->what : "", words->after, doubt);
}

/* Uses by one process follow each other in the list; several of one kind need only one line. */
static bool is_said(const struct lk_uses *uses, size_t i)
{
	const struct lk_use *a = &uses->v.v[i], *b = a - 1;

	return i > 0 && a->pid > 0 && a->pid == b->pid && a->kind == b->kind && !b->locked && a->certain == b->certain;
}

#define NOBODY_ASKED "who uses it without a lock could not be found out"

/* Processes that this user may not look into are only a risk: they do not refuse the plan. */
static void say_unread(struct view *v, const struct lk_uses *uses)
{
	struct lk_uses refused = lk_uses_unread_part(uses, false);
	lk_buf b = { 0 };

	if (!refused.n_unreadable)
		return;
	lk_uses_put_unread(&b, &refused, true);
	say(v, "%s", lk_buf_str(&b));
	lk_vec_done(&b);
}

static void note_unanswered(struct file_users *users, const struct lk_uses *uses)
{
	struct lk_uses silent = lk_uses_unread_part(uses, true);
	lk_buf b = { 0 };

	if (silent.n_unreadable)
		lk_uses_put_unread(&b, &silent, true);
	if (uses->n_kernel_unanswered)
		lk_buf_printf(&b, "%swhether the kernel uses it itself could not be found out in time",
			      b.n ? "; " : "");
	users->unknown = b.n ? lk_buf_str(&b) : NULL;
}

static void say_uses(struct view *v, const struct lk_uses *uses)
{
	const char *doubt;

	for (size_t i = 0; i < uses->v.n; i++) {
		const struct lk_use *use = &uses->v.v[i];

		/* Uses of what is below a directory do not matter to the directory's own name. */
		if (use->locked || use->below)
			continue;
		v->users->n_uses += lk_use_is_proven(use);
		if (!is_said(uses, i))
			say_use(v, use);
	}
	say_rest(v);
	say_unread(v, uses);
	note_unanswered(v->users, uses);
	for (size_t i = 0; (doubt = lk_uses_doubt(uses, i)) != NULL; i++)
		say(v, "%s", doubt);
}

static int find_uses(struct view *v, struct lk_err *err)
{
	struct lk_uses uses;
	struct lk_uses_request req = { .files = &v->file, .n_files = 1, .timeout_ms = v->look->timeout_ms };
	int rc = v->file.key.none ? -EOPNOTSUPP : lk_uses_find(v->look->source, &req, &uses, err);

	if (rc == -EOPNOTSUPP) {
		if (!v->file.key.none)
			lk_uses_done(&uses);
		lk_err_done(err);
		v->users->unknown = lk_strdup(NOBODY_ASKED);
		return 0;
	}
	if (!rc)
		say_uses(v, &uses);
	lk_uses_done(&uses);
	return rc;
}

int lk_file_users_find(const struct file_look *look, const struct file_place *p, struct file_users *ret,
		       struct lk_err *err)
{
	struct view v = { .look = look, .place = p, .users = ret };
	int rc;

	*ret = (struct file_users){ 0 };
	rc = resolve(&v, err);
	if (!rc) {
		find_locks(&v);
		rc = find_uses(&v, err);
	}
	lk_arena_done(&v.arena);
	return rc < 0 ? lk_err_set(err, rc, "%s: cannot find out who uses it: %s", p->path, strerror(-rc)) : 0;
}

void lk_file_users_done(struct file_users *u)
{
	free(u->first);
	free(u->unknown);
	*u = (struct file_users){ 0 };
}

bool lk_file_users_any(const struct file_users *u)
{
	return u->n_locks || u->n_uses;
}
