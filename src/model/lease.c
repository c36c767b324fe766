/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases that are being broken: what they still are, and how long the kernel will leave them. */
#include "model/build_private.h"

static bool is_breaking(const struct lk_lock *l)
{
	return l->state == LK_STATE_BREAKING && l->rec.type == LK_TYPE_LEASE;
}

/* Leases of one file stand together. A write lease is the only one of its file, and an open for reading waits for no read lease
 * (fs/locks.c generic_add_lease(), leases_conflict()). */
static enum lk_mode mode_by_others(const struct lk_snapshot *s, const struct lk_lock *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_blocks; i++) {
		if (l->blocks[i]->root == l && l->blocks[i]->rec.mode == LK_MODE_READ)
			return LK_MODE_WRITE;
	}
	for (size_t i = l->index; i > 0 && s->locks[i - 1].file == l->file; i--)
		n += s->locks[i - 1].rec.type == LK_TYPE_LEASE && !lk_lock_is_waiting(&s->locks[i - 1]);
	for (size_t i = l->index + 1; i < s->n_locks && s->locks[i].file == l->file; i++)
		n += s->locks[i].rec.type == LK_TYPE_LEASE && !lk_lock_is_waiting(&s->locks[i]);
	return n && !l->file->ambiguous ? LK_MODE_READ : LK_MODE_UNKNOWN;
}

/* The time runs from the first open that asked for this break, and ends it only while somebody waits. How long that one has waited
 * is known as a lower bound. */
static int64_t left_ms(const struct lk_snapshot *s, const struct lk_lock *l)
{
	enum lk_mode asked = l->rec.break_to == LK_BREAK_READ ? LK_MODE_READ : LK_MODE_WRITE;
	int64_t limit = s->host.lease_break_s, waited = -1;

	for (size_t i = 0; i < l->n_blocks; i++) {
		const struct lk_lock *w = l->blocks[i];
		int64_t error = w->wait_error_ms > 0 ? w->wait_error_ms : 0;
		int64_t ms = w->wait_ms > error ? w->wait_ms - error : 0;

		if (w->state == LK_STATE_BREAKER && w->rec.mode == asked && ms > waited)
			waited = ms;
	}
	/* 0 seconds mean for ever. */
	if (waited < 0 || limit <= 0 || limit > INT32_MAX)
		return -1;
	return limit * 1000 > waited ? limit * 1000 - waited : 0;
}

void lk_build_settle_leases(struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		struct lk_lock *l = &s->locks[i];

		if (!is_breaking(l))
			continue;
		if (l->rec.mode == LK_MODE_UNKNOWN)
			l->rec.mode = mode_by_others(s, l);
		l->break_left_ms = left_ms(s, l);
	}
}
