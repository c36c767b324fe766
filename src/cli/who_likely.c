/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where no holder is proven: who it most likely is, and what else remains possible, in words. */
#include <errno.h>
#include <string.h>

#include "cli/who.h"
#include "words/words.h"

#define NAMED_MAX 3

static bool is_named(const struct lk_proc *const *named, size_t n, const struct lk_proc *p)
{
	for (size_t i = 0; i < n; i++) {
		if (named[i] == p)
			return true;
	}
	return false;
}

/* The takers of locks whose holders are not proven, each once. */
static size_t find_takers(const struct lk_who *w, const struct lk_proc *named[NAMED_MAX], bool *ret_more)
{
	size_t n = 0;

	*ret_more = false;
	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		if (lk_lock_is_waiting(l) || l->n_holders)
			continue;
		if (l->how != LK_HOW_RECORDED || !l->proc || (n == NAMED_MAX && !is_named(named, n, l->proc)))
			*ret_more = true;
		else if (!is_named(named, n, l->proc))
			named[n++] = l->proc;
	}
	return n;
}

int lk_who_put_likely(const struct lk_who *w, lk_buf *out)
{
	const struct lk_proc *named[NAMED_MAX];
	bool more;
	size_t n = find_takers(w, named, &more);
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		rc = lk_buf_puts(out, !i ? "" : i + 1 == n && !more ? " and " : ", ");
		lk_words_put_owner(named[i], out);
	}
	if (rc || !n)
		return rc;
	return lk_buf_puts(out, more ? " and others, who took it" : ", who took it");
}

bool lk_who_root_sees_more(const struct lk_snapshot *s)
{
	return s->host.euid && (lk_snapshot_problem(s, LK_UNREAD_FDINFO) || lk_snapshot_problem(s, LK_UNREAD_HIDDEN));
}

void lk_who_say_not_proven(const struct lk_snapshot *s, const struct lk_lock *l)
{
	const char *root = lk_who_root_sees_more(s) ? "; root could prove it" : "; see 'lockscope who'";
	unsigned long long id = l->id;
	lk_buf likely = { 0 };

	if (!l->n_holders && l->how == LK_HOW_RECORDED && l->proc)
		lk_words_put_owner(l->proc, &likely);
	if (likely.n)
		lk_say("nothing was done: lock %016llx is most likely held by %s, who took it, but that is not proven%s",
		       id, lk_buf_str(&likely), root);
	else
		lk_say("nothing was done: who holds lock %016llx is not proven, so nobody can be signalled for it%s",
		       id, root);
	lk_vec_done(&likely);
}

#define REASONS_MAX 16 /* distinct ones that are printed */

struct reasons {
	const char *told[REASONS_MAX];
	size_t n;
};

/* How many could not be read is said once, behind the answer (lk_session_badge()). */
static const char *words_of(const struct lk_snapshot *s, const char *reason)
{
	const char *text = lk_words_reason(reason);
	const struct lk_problem *unread = lk_snapshot_problem(s, LK_UNREAD_FDINFO);

	return unread && strcmp(unread->text, text) == 0 ? "one of the processes that could not be read may have it"
							 : text;
}

static void put_reason(const struct lk_out *o, struct reasons *r, const char *reason)
{
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->told[i], reason) == 0)
			return;
	}
	if (r->n == REASONS_MAX)
		return;
	if (!r->n)
		fputs("Where no holder is proven, these reasons remain possible:\n", o->f);
	r->told[r->n++] = reason;
	fputs("  ", o->f);
	lk_out_puts(o, reason);
	putc('\n', o->f);
}

void lk_who_put_reasons(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_who *w)
{
	struct reasons r = { .n = 0 };

	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		if (l->n_holders || lk_lock_is_waiting(l))
			continue;
		for (size_t k = 0; k < l->n_because; k++)
			put_reason(o, &r, words_of(s, l->no_holder_because[k]));
	}
}
