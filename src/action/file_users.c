/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds a file, waits for it or uses it, as lines of the plan and in numbers. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action/file_private.h"
#include "action/words.h"
#include "base/cleanup.h"

#define LINES_MAX 20 /* of one kind; the others are counted */

/* One look at one file. */
struct view {
	const struct file_look *look;
	const struct file_place *place;
	struct lk_fact_file file; /* strings of the source: not valid after another look-up */
	struct file_users *users;
	bool ambiguous;
	size_t n_said;
};

static int say(struct view *v, enum lk_line_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int say(struct view *v, enum lk_line_kind kind, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;
	int n;

	if (!v->look->plan)
		return 0;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return lk_action_say(&v->look->plan->base, kind, "%s", text);
}

/* Somebody in the way: a line, unless there are too many, and the first one in words for a short message. */
static int say_user(struct view *v, bool proven, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int say_user(struct view *v, bool proven, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	if (proven && !v->users->first) {
		v->users->first = strdup(text);
		if (!v->users->first)
			return -ENOMEM;
	}
	return ++v->n_said > LINES_MAX ? 0 : say(v, LK_LINE_RISK, "%s: %s", v->place->path, text);
}

static int say_rest(struct view *v)
{
	size_t n = v->n_said > LINES_MAX ? v->n_said - LINES_MAX : 0;

	v->n_said = 0;
	return n ? say(v, LK_LINE_RISK, "%s: and %zu more.", v->place->path, n) : 0;
}

static int resolve(struct view *v, struct lk_err *err)
{
	const struct statx *st = &v->place->st;
	int rc = lk_source_resolve(v->look->source, v->place->path, false, &v->file, err);

	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", v->place->path, strerror(-rc));
	if (v->file.has_stat && (v->file.st_ino != st->stx_ino || v->file.st_major != st->stx_dev_major ||
				 v->file.st_minor != st->stx_dev_minor))
		return lk_err_set(err, -ESTALE, "target changed since you looked: %s is another file now",
				  v->place->path);
	return 0;
}

/* -- locks -- */

static int keep_lock(struct view *v, const struct lk_lock *l)
{
	size_t *slot;

	if (!v->look->plan)
		return 0;
	slot = lk_vec_push(&v->look->plan->locks);
	if (!slot)
		return -ENOMEM;
	*slot = l->index;
	return 0;
}

static const char *comm_of(const struct lk_proc *p)
{
	return p && p->comm ? p->comm : "?";
}

static int say_held(struct view *v, const struct lk_lock *l)
{
	const char *type = lk_type_name(l->rec.type), *mode = lk_record_mode_words(&l->rec);
	const char *range;
	char buf[LK_RANGE_TEXT];
	int rc = 0;

	range = lk_range_format(l->rec.range, buf);
	v->users->n_locks++;
	if (!l->n_holders && l->how == LK_HOW_RECORDED && l->proc)
		return say_user(v, true, "most likely process %d (%s%s), who took it, holds a %s lock (%s, range %s).",
				l->pid, comm_of(l->proc), lk_words_mark(l->proc), type, mode, range);
	if (!l->n_holders)
		return say_user(v, true, "somebody who could not be found holds a %s lock (%s, range %s).", type, mode,
				range);
	for (size_t i = 0; i < l->n_holders && !rc; i++)
		rc = say_user(v, true, "process %d (%s%s) holds a %s lock (%s, range %s).", l->holders[i].pid,
			      comm_of(l->holders[i].proc), lk_words_mark(l->holders[i].proc), type, mode, range);
	return rc;
}

static int take_lock(struct view *v, const struct lk_lock *l)
{
	enum lk_tri on = lk_lock_is_on(l, &v->file);
	int rc;

	if (on == LK_NO)
		return 0;
	rc = keep_lock(v, l);
	if (on == LK_UNKNOWN) {
		v->ambiguous = true;
		return rc;
	}
	if (rc)
		return rc;
	if (!lk_lock_is_waiting(l))
		return say_held(v, l);
	if (l->pid > 0)
		return say_user(v, false, "process %d (%s%s) waits for a %s lock.", l->pid, comm_of(l->proc),
				lk_words_mark(l->proc), lk_type_name(l->rec.type));
	return say_user(v, false, "somebody who could not be found waits for a %s lock.", lk_type_name(l->rec.type));
}

/* What the numbers leave open. */
static int say_doubt(struct view *v)
{
	const char *path = v->place->path;

	if (v->file.local == LK_NO)
		return say(v, LK_LINE_RISK,
			   "%s: locks on %s are kept elsewhere; others may hold one that cannot be seen from here.",
			   path, v->file.fstype ? v->file.fstype : "this file system");
	if (v->ambiguous)
		return say(
			v, LK_LINE_RISK,
			"%s: a lock stands on this file or on another with the same number; whose it is could not be read.",
			path);
	if (!v->users->n_locks && (v->file.key.none || !lk_snapshot_proves(v->look->snap, &v->file.key)))
		return say(v, LK_LINE_RISK, "%s: no lock was found, but one could be hidden from this user.", path);
	return 0;
}

static int find_locks(struct view *v)
{
	int rc = 0;

	for (size_t i = 0; i < v->look->snap->n_locks && !rc; i++)
		rc = take_lock(v, &v->look->snap->locks[i]);
	rc = rc ? rc : say_rest(v);
	return rc ? rc : say_doubt(v);
}

/* -- uses -- */

static int say_use(struct view *v, const struct lk_use *use)
{
	const struct lk_use_words *words = lk_use_words(use->kind);
	bool proven = lk_use_is_proven(use);
	const char *doubt = proven ? "" : ", or a file with the same number";

	v->users->swap = v->users->swap || use->kind == LK_USE_SWAP;
	if (use->pid > 0)
		return say_user(v, proven, "process %d (%s) %sit%s%s.", use->pid, use->comm ? use->comm : "?",
				words->before, words->after, doubt);
	if (words->by_process)
		return say_user(v, proven, "a process that could not be found (%s) %sit%s%s.",
				use->what ? use->what : "?", words->before, words->after, doubt);
	return say_user(v, proven, "%s%s%s%s.", words->before, use->what ? use->what : "", words->after, doubt);
}

/* Descriptors of one process follow each other; one line will do. */
static bool is_said(const struct lk_uses *uses, size_t i)
{
	const struct lk_use *a = &uses->v.v[i], *b = a - 1;

	return i > 0 && a->pid > 0 && a->pid == b->pid && a->kind == b->kind && !b->locked && a->certain == b->certain;
}

#define NOBODY_ASKED "who uses it without a lock could not be found out"

/* Those who are refused to the caller stay a risk. */
static int say_unread(struct view *v, const struct lk_uses *uses)
{
	struct lk_uses refused = lk_uses_unread_part(uses, false);
	lk_buf b = { 0 };
	int rc;

	if (!refused.n_unreadable)
		return 0;
	rc = lk_uses_put_unread(&b, &refused, true);
	rc = rc ? rc : say(v, LK_LINE_RISK, "%s: %.*s.", v->place->path, (int)b.n, b.v);
	lk_vec_done(&b);
	return rc;
}

static int put_unanswered(lk_buf *b, const struct lk_uses *uses)
{
	struct lk_uses silent = lk_uses_unread_part(uses, true);
	int rc = silent.n_unreadable ? lk_uses_put_unread(b, &silent, true) : 0;

	if (!rc && uses->n_kernel_unanswered)
		rc = lk_buf_printf(b, "%swhether the kernel uses it itself could not be found out in time",
				   b->n ? "; " : "");
	return rc;
}

static int note_unanswered(struct file_users *users, const struct lk_uses *uses)
{
	lk_buf b = { 0 };
	int rc = put_unanswered(&b, uses);

	if (!rc && b.n) {
		users->unknown = strndup(b.v, b.n);
		rc = users->unknown ? 0 : -ENOMEM;
	}
	lk_vec_done(&b);
	return rc;
}

static int say_uses(struct view *v, const struct lk_uses *uses)
{
	const char *doubt;
	int rc = 0;

	for (size_t i = 0; i < uses->v.n && !rc; i++) {
		const struct lk_use *use = &uses->v.v[i];

		/* What is below a directory does not matter to its name; directories are refused as such. */
		if (use->locked || use->below)
			continue;
		v->users->n_uses += lk_use_is_proven(use);
		if (!is_said(uses, i))
			rc = say_use(v, use);
	}
	rc = rc ? rc : say_rest(v);
	rc = rc ? rc : say_unread(v, uses);
	rc = rc ? rc : note_unanswered(v->users, uses);
	for (size_t i = 0; !rc && (doubt = lk_uses_doubt(uses, i)) != NULL; i++)
		rc = say(v, LK_LINE_RISK, "%s: %s.", v->place->path, doubt);
	return rc;
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
		v->users->unknown = strdup(NOBODY_ASKED);
		return v->users->unknown ? 0 : -ENOMEM;
	}
	rc = rc ? rc : say_uses(v, &uses);
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
	rc = rc ? rc : find_locks(&v);
	rc = rc ? rc : find_uses(&v, err);
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
