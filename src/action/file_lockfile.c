/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm and mv of a lock file: whether it is in use is looked at as `who` looks at it. */
#include <errno.h>
#include <string.h>

#include "action/file_private.h"

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
	ret->fstype = lk_arena_strdup(&f->base.arena, ret->fstype);
	ret->mount_point = NULL;
	return ret->path[0] == '/' && ret->unreachable != LK_YES ? 0 : -EOPNOTSUPP;
}

struct judgement {
	const struct lk_lockfile_kind *kind;
	struct lk_evidence evidence;
	struct lk_verdict_answer answer;
};

/* 1: it is a lock file; call judgement_done(). 0: it is not known to be one. -ESTALE: it is another file by now; or another -errno. */
static int judge(struct file_action *f, const struct file_look *look, struct judgement *ret)
{
	struct lk_fact_file file;
	struct lk_evidence_item item = { .file = &file };
	struct lk_evidence_request req = {
		.source = look->source, .snap = look->snap, .items = &item, .n_items = 1, .timeout_ms = look->timeout_ms
	};
	struct lk_err err = { 0 };
	int rc = look->snap->host.live ? look_up(f, &file) : 0;

	if (rc < 0 || !look->snap->host.live)
		return rc;
	ret->kind = item.kind = lk_lockfile_of(file.path, f->from.st.stx_mode);
	if (!item.kind)
		return 0;
	lk_evidence_gather(&req, &ret->evidence, NULL, &err);
	lk_err_done(&err);
	if (lk_verdict_is_mistaken(&ret->evidence.facts)) {
		lk_evidence_done(&ret->evidence);
		return 0;
	}
	lk_verdict_find(&ret->evidence.facts, &ret->answer);
	return 1;
}

static void judgement_done(struct judgement *j)
{
	lk_verdict_done(&j->answer);
	lk_evidence_done(&j->evidence);
}

static const char *why_of(const struct lk_verdict_answer *a)
{
	return a->because.n ? a->because.v[0] : "nothing more is known";
}

/* even: a consent makes it a mere risk. */
static void say_not_to_be_deleted(struct file_action *f, const struct judgement *j, bool even)
{
	lk_action_say(&f->base, even ? LK_LINE_RISK : LK_LINE_REFUSED, "%s is not to be deleted: %s. What to do: %s.",
		      f->from.path, why_of(&j->answer), j->kind->advice ? j->kind->advice : "nothing");
}

static void say_stale(struct file_action *f, const struct judgement *j)
{
	lk_action_say(&f->base, LK_LINE_STEP, "%s is a stale %s of %s: %s.", f->from.path, lk_lockfile_noun(j->kind),
		      j->kind->maker, why_of(&j->answer));
}

static void say_verdict(struct file_action *f, const struct judgement *j)
{
	const char *path = f->from.path, *maker = j->kind->maker, *why = why_of(&j->answer),
		   *noun = lk_lockfile_noun(j->kind);
	enum lk_verdict verdict = j->answer.verdict;

	switch (verdict) {
	case LK_VERDICT_LIVE:
	case LK_VERDICT_PROBABLY_LIVE:
		lk_action_say(&f->base, f->req.even_if_used ? LK_LINE_RISK : LK_LINE_REFUSED,
			      "%s is a %s of %s, %s: %s. Wait until it is gone, or %s.", path, noun, maker,
			      lk_verdict_words(verdict), why, f->req.ways->used);
		break;
	case LK_VERDICT_HARMLESS:
		say_not_to_be_deleted(f, j, f->req.even_if_used);
		break;
	case LK_VERDICT_STALE:
		say_stale(f, j);
		if (j->kind->advice)
			lk_action_say(&f->base, LK_LINE_RISK, "%s: before that, or instead: %s.", path,
				      j->kind->advice);
		break;
	case LK_VERDICT_NO_LOCK:
		lk_action_say(&f->base, LK_LINE_RISK, "%s is no lock file: %s.", path, why);
		break;
	default:
		if (f->req.even_if_unknown)
			lk_action_say(&f->base, LK_LINE_RISK,
				      "%s is a %s of %s, and whether it is in use is not known: %s.", path, noun, maker,
				      why);
		else
			lk_action_say_unknown(
				&f->base,
				"%s is a %s of %s, and whether it is in use is not known: %s. Make sure of "
				"that, or %s.",
				path, noun, maker, why, f->req.ways->unknown);
	}
}

/* Where only a stale one is meant. What to do instead is no advice about a live one. */
static void say_if_stale(struct file_action *f, const struct judgement *j)
{
	const char *path = f->from.path, *maker = j->kind->maker, *why = why_of(&j->answer),
		   *noun = lk_lockfile_noun(j->kind), *advice = j->kind->advice;
	enum lk_verdict v = j->answer.verdict;
	const char *verdict = lk_verdict_words(v);
	bool is_open = v == LK_VERDICT_UNKNOWN || v == LK_VERDICT_FOREIGN;

	if (j->kind->keep)
		say_not_to_be_deleted(f, j, false);
	else if (v == LK_VERDICT_STALE && !advice)
		say_stale(f, j);
	else if (v == LK_VERDICT_STALE || (is_open && advice))
		lk_action_say(&f->base, LK_LINE_REFUSED,
			      "%s is a %s of %s, %s: %s. It is not for this to delete it; what to do%s: %s.", path,
			      noun, maker, verdict, why, is_open ? ", if nobody has it any more" : "", advice);
	else if (is_open)
		lk_action_say_unknown(&f->base, "%s is a %s of %s, and not proven to be stale: it is %s: %s.", path,
				      noun, maker, verdict, why);
	else
		lk_action_say(&f->base, LK_LINE_REFUSED, "%s is a %s of %s, and not stale: it is %s: %s.", path, noun,
			      maker, verdict, why);
}

static void say_not_judged(struct file_action *f, int rc)
{
	const char *path = f->from.path;
	const char *why = rc == -EOPNOTSUPP ? "its path does not lead to it from here" : strerror(-rc);

	if (rc == -ESTALE)
		lk_action_say(&f->base, LK_LINE_REFUSED, "%s is another file now than a moment ago.", path);
	else if (f->req.even_if_unknown)
		lk_action_say(&f->base, LK_LINE_RISK, "Whether %s is a lock file in use is not known: %s.", path, why);
	else
		lk_action_say_unknown(&f->base,
				      "Whether %s is a lock file in use is not known: %s. Make sure of it%s%s.", path,
				      why, f->req.only_stale ? "" : ", or ",
				      f->req.only_stale ? "" : f->req.ways->unknown);
}

void lk_file_judge(struct file_action *f, const struct file_look *look)
{
	struct judgement j;
	int rc = judge(f, look, &j);

	if (rc < 0) {
		say_not_judged(f, rc);
		return;
	}
	if (!rc && f->req.only_stale)
		lk_action_say(&f->base, LK_LINE_REFUSED,
			      "%s is not known to be a lock file, so that nothing tells whether it is stale.",
			      f->from.path);
	if (!rc)
		return;
	f->req.only_stale ? say_if_stale(f, &j) : say_verdict(f, &j);
	if (f->req.only_stale && !f->base.refused)
		lk_stale_plan(f, &j.evidence);
	judgement_done(&j);
}

int lk_file_judge_again(struct file_action *f, const struct file_look *look, struct lk_err *err)
{
	struct judgement j;
	int rc;

	lk_stale_pin_owner(f);
	rc = judge(f, look, &j);
	if (rc <= 0)
		return lk_err_set(err, rc ? rc : -ESTALE, "%s could not be judged once more: %s", f->from.path,
				  rc ? strerror(-rc) : "it is not known to be a lock file any more");
	rc = j.answer.verdict == LK_VERDICT_STALE ? 0 : j.answer.verdict == LK_VERDICT_UNKNOWN ? -EAGAIN : -ESTALE;
	if (rc)
		lk_err_set(err, rc, "%s%s is not proven to be stale any more: %s",
			   rc == -ESTALE ? "target changed since you looked: " : "", f->from.path, why_of(&j.answer));
	else
		lk_stale_keep(f, &j.evidence);
	judgement_done(&j);
	return rc;
}
