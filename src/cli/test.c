/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/test.h"

#include <errno.h>

const char *lk_test_kind_name(enum lk_test_kind kind)
{
	static const char *const names[] = { "flock", "range", "lease" };

	return names[kind];
}

static enum lk_status choose_kinds(struct lk_test *t)
{
	const struct lk_cli_act *act = &t->cli->act;
	bool range = act->posix || act->ofd || t->cli->has_range;

	if (act->flock && t->cli->has_range)
		return lk_cli_misuse(t->cli->verb, "flock(2) locks whole files only; leave out --range or --flock");
	if (act->flock || !range)
		t->answers[t->n_answers++].kind = LK_TEST_FLOCK;
	if (range || !act->flock)
		t->answers[t->n_answers++].kind = LK_TEST_RANGE;
	if (!range && !act->flock)
		t->answers[t->n_answers++].kind = LK_TEST_LEASE;
	return 0;
}

enum lk_status lk_test_init(struct lk_test *t, const struct lk_cli *cli)
{
	const struct lk_cli_act *act = &cli->act;
	int ways = act->acquire + (act->hold_ms > 0) + (cli->command != NULL);

	*t = (struct lk_test){ .cli = cli, .probe = { .path_fd = -1, .fd = -1 } };
	if (act->read && act->write)
		return lk_cli_misuse(cli->verb, "--read and --write exclude each other");
	if (ways > 1)
		return lk_cli_misuse(cli->verb, "--acquire, --hold and a COMMAND exclude each other");
	if (ways && act->posix + act->ofd + act->flock > 1)
		return lk_cli_misuse(cli->verb, "one lock is taken: give one of --posix, --ofd and --flock");
	if (cli->command && cli->format == LK_FORMAT_JSON)
		return lk_cli_misuse(cli->verb, "-J does not go with a COMMAND, which has standard output for itself");
	if (act->confirm && act->flock)
		return lk_cli_misuse(
			cli->verb, "the kernel cannot be asked about flock(2) locks without taking one; see --acquire");
	t->mode = act->read ? LK_MODE_READ : LK_MODE_WRITE;
	t->range = cli->has_range ? cli->range : LK_RANGE_WHOLE;
	return choose_kinds(t);
}

void lk_test_done(struct lk_test *t)
{
	if (t->probe.sys)
		lk_probe_done(&t->probe);
	for (size_t i = 0; i < t->n_answers; i++)
		lk_vec_done(&t->answers[i].in_the_way);
	lk_vec_done(&t->found);
	lk_vec_done(&t->deleted);
	lk_who_done(&t->who);
	lk_session_done(&t->session);
}

static struct lk_record wanted_record(const struct lk_test *t, enum lk_test_kind kind)
{
	static const enum lk_type types[] = { LK_TYPE_FLOCK, LK_TYPE_POSIX, LK_TYPE_LEASE };

	return (struct lk_record){ .type = types[kind],
				   .mode = t->mode,
				   .range = kind == LK_TEST_RANGE ? t->range : LK_RANGE_WHOLE };
}

static int find_one(struct lk_test *t, struct lk_test_answer *a)
{
	const struct lk_asked *file = t->who.target;
	struct lk_record wanted = wanted_record(t, a->kind);
	struct lk_who view = t->who;
	size_t n_proven = 0;

	view.ambiguous = false;
	for (size_t i = 0; i < t->who.locks.n; i++) {
		const struct lk_lock *l = t->who.locks.v[i], **slot;
		bool sure = lk_lock_is_on(l, &file->file) == LK_YES;

		if (lk_lock_is_waiting(l) || !lk_record_conflicts(&l->rec, &wanted))
			continue;
		n_proven += sure;
		view.ambiguous = view.ambiguous || !sure;
		slot = lk_vec_push(&a->in_the_way);
		if (!slot)
			return -ENOMEM;
		*slot = l;
	}
	a->reason = n_proven ? NULL : file->resolved ? lk_who_doubt(&t->session, &view) : file->reason;
	a->granted = n_proven ? LK_NO : a->reason ? LK_UNKNOWN : LK_YES;
	return 0;
}

int lk_test_find(struct lk_test *t)
{
	struct lk_cli whole = *t->cli;
	int rc;

	/* Every lock counts here, whatever bytes were asked about: some explain why it is not known who is in the way. */
	whole.has_range = false;
	t->session.cli = &whole;
	rc = lk_who_find(&t->session, &t->session.targets[0], &t->who);
	t->session.cli = t->cli;
	rc = rc ? rc : lk_who_deleted_find(&t->session, &t->session.targets[0], &t->deleted);
	for (size_t i = 0; i < t->n_answers && !rc; i++)
		rc = find_one(t, &t->answers[i]);
	return rc;
}

const struct lk_lock *lk_test_lease(const struct lk_test *t)
{
	for (size_t i = 0; i < t->who.locks.n; i++) {
		enum lk_type type = t->who.locks.v[i]->rec.type;

		if (type == LK_TYPE_LEASE || type == LK_TYPE_DELEG || type == LK_TYPE_UNKNOWN)
			return t->who.locks.v[i];
	}
	return NULL;
}

enum lk_tri lk_test_overall(const struct lk_test *t)
{
	enum lk_tri all = LK_YES;

	if (t->tried)
		return t->acquired;
	for (size_t i = 0; i < t->n_answers; i++) {
		enum lk_tri one = t->answers[i].granted;

		if (t->asked && t->answers[i].kind == LK_TEST_RANGE)
			one = t->kernel_granted;
		if (one == LK_NO)
			return LK_NO;
		if (one == LK_UNKNOWN)
			all = LK_UNKNOWN;
	}
	return all;
}

struct lk_probe_wish lk_test_wish(const struct lk_test *t)
{
	const struct lk_cli_act *act = &t->cli->act;
	struct lk_probe_wish wish = { .type = LK_TYPE_FLOCK, .mode = t->mode, .range = t->range };

	if (act->posix)
		wish.type = LK_TYPE_POSIX;
	else if (act->ofd || (t->cli->has_range && !act->flock))
		wish.type = LK_TYPE_OFD;
	return wish;
}
