/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm and mv of a lock file: whether it is in use is looked at as `who` looks at it. */
#include <errno.h>
#include <string.h>

#include "action/file_private.h"
#include "lockfile/evidence.h"

/* A copy whose path does not end with the next look-up, which gathering the evidence makes. */
static int look_up(struct file_action *f, struct lk_fact_file *ret)
{
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(f->base.source, f->from.path, false, ret, &err);

	lk_err_done(&err);
	if (rc || !ret->path)
		return rc ? rc : -ENOENT;
	/* The name could lead elsewhere by now: what is judged must be the file that is pinned. */
	if (!ret->has_stat ||
	    !lk_fact_file_has_numbers(ret, f->from.st.stx_ino, f->from.st.stx_dev_major, f->from.st.stx_dev_minor))
		return -ESTALE;
	ret->path = lk_arena_strdup(&f->base.arena, ret->path);
	ret->fstype = ret->mount_point = NULL;
	return ret->path[0] == '/' && ret->unreachable != LK_YES ? 0 : -EOPNOTSUPP;
}

static void say_verdict(struct file_action *f, const struct lk_lockfile_kind *k, const struct lk_verdict_answer *a)
{
	const char *why = a->because.n ? a->because.v[0] : "nothing more is known";
	const char *path = f->from.path;

	switch (a->verdict) {
	case LK_VERDICT_LIVE:
	case LK_VERDICT_PROBABLY_LIVE:
		lk_action_say(&f->base, f->req.even_if_used ? LK_LINE_RISK : LK_LINE_REFUSED,
			      "%s is a lock file of %s, %s: %s. Wait until it is gone, or %s.", path, k->maker,
			      lk_verdict_words(a->verdict), why, f->req.ways->used);
		break;
	case LK_VERDICT_HARMLESS:
		lk_action_say(&f->base, f->req.even_if_used ? LK_LINE_RISK : LK_LINE_REFUSED,
			      "%s is not to be deleted: %s. What to do: %s.", path, why,
			      k->advice ? k->advice : "nothing");
		break;
	case LK_VERDICT_STALE:
		lk_action_say(&f->base, LK_LINE_STEP, "%s is a stale lock file of %s: %s.", path, k->maker, why);
		if (k->advice)
			lk_action_say(&f->base, LK_LINE_RISK, "%s: before that, or instead: %s.", path, k->advice);
		break;
	case LK_VERDICT_NO_LOCK:
		lk_action_say(&f->base, LK_LINE_RISK, "%s is no lock file: %s.", path, why);
		break;
	default:
		if (f->req.even_if_unknown)
			lk_action_say(&f->base, LK_LINE_RISK,
				      "%s is a lock file of %s, and whether it is in use is not known: %s.", path,
				      k->maker, why);
		else
			lk_action_say_unknown(
				&f->base,
				"%s is a lock file of %s, and whether it is in use is not known: %s. Make sure of "
				"that, or %s.",
				path, k->maker, why, f->req.ways->unknown);
	}
}

void lk_file_judge(struct file_action *f, const struct file_look *look)
{
	struct lk_fact_file file;
	struct lk_evidence_item item = { .file = &file };
	struct lk_evidence_request req = {
		.source = look->source, .snap = look->snap, .items = &item, .n_items = 1, .timeout_ms = look->timeout_ms
	};
	struct lk_verdict_answer answer;
	struct lk_evidence evidence;
	struct lk_err err = { 0 };

	if (!look->snap->host.live || look_up(f, &file) < 0)
		return;
	item.kind = lk_lockfile_of(file.path, f->from.st.stx_mode);
	if (!item.kind)
		return;
	lk_evidence_gather(&req, &evidence, NULL, &err);
	lk_err_done(&err);
	lk_verdict_find(&evidence.facts, &answer);
	say_verdict(f, item.kind, &answer);
	lk_verdict_done(&answer);
	lk_evidence_done(&evidence);
}
