/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a lock be granted now? From the snapshot alone. */
#include "query/test.h"

const char *lk_test_kind_name(enum lk_test_kind kind)
{
	static const char *const names[] = { "flock", "range", "lease" };

	return names[kind];
}

static struct lk_record wanted_record(const struct lk_test_request *req, enum lk_test_kind kind)
{
	static const enum lk_type types[] = { LK_TYPE_FLOCK, LK_TYPE_POSIX, LK_TYPE_LEASE };

	return (struct lk_record){ .type = types[kind],
				   .mode = req->mode,
				   .range = kind == LK_TEST_RANGE ? req->range : LK_RANGE_WHOLE };
}

static void find_one(struct lk_session *s, const struct lk_test_request *req, const struct lk_who *who,
		     struct lk_test_answer *a)
{
	const struct lk_asked *file = who->target;
	struct lk_record wanted = wanted_record(req, a->kind);
	struct lk_who view = *who;
	size_t n_proven = 0;

	view.ambiguous = false;
	for (size_t i = 0; i < who->locks.n; i++) {
		const struct lk_lock *l = who->locks.v[i];
		bool sure = lk_lock_is_on(l, &file->file) == LK_YES;

		if (lk_lock_is_waiting(l) || !lk_record_conflicts(&l->rec, &wanted))
			continue;
		n_proven += sure;
		view.ambiguous = view.ambiguous || !sure;
		*lk_vec_push(&a->in_the_way) = l;
	}
	a->reason = n_proven ? NULL : file->resolved ? lk_who_doubt(s, &view) : file->reason;
	a->granted = n_proven ? LK_NO : a->reason ? LK_UNKNOWN : LK_YES;
}

void lk_test_find(struct lk_session *s, const struct lk_test_request *req, struct lk_test *ret)
{
	bool has_range = s->has_range;

	*ret = (struct lk_test){ 0 };
	/* All locks count here, also those outside the range that was asked about: lk_who_doubt() needs them. */
	s->has_range = false;
	lk_who_find(s, &s->targets[0], &ret->who);
	s->has_range = has_range;
	for (enum lk_test_kind kind = 0; kind < LK_TEST_KINDS; kind++) {
		struct lk_test_answer *a = &ret->answers[ret->n_answers];

		if (!(req->kinds & 1U << kind))
			continue;
		ret->n_answers++;
		a->kind = kind;
		find_one(s, req, &ret->who, a);
	}
}

void lk_test_done(struct lk_test *t)
{
	for (size_t i = 0; i < t->n_answers; i++)
		lk_vec_done(&t->answers[i].in_the_way);
	lk_who_done(&t->who);
}

bool lk_test_is_lease(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG || l->rec.type == LK_TYPE_UNKNOWN;
}

const struct lk_lock *lk_test_lease(const struct lk_test *t)
{
	for (size_t i = 0; i < t->who.locks.n; i++) {
		if (lk_test_is_lease(t->who.locks.v[i]))
			return t->who.locks.v[i];
	}
	return NULL;
}
