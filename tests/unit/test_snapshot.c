/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdlib.h>

#include "facts.h"

static struct lk_snapshot *small_snapshot(void)
{
	struct facts f = facts_begin();

	return facts_end(&f);
}

Test(snapshot, the_last_owner_frees)
{
	struct lk_snapshot *s = small_snapshot();

	cr_assert_eq(lk_snapshot_hold(s), s);
	lk_snapshot_free(s);
	cr_assert_str_eq(s->host.host, "h");
	cr_assert_eq(s->n_refs, 0);
	lk_snapshot_free(s);
	lk_snapshot_free(NULL);
}

static void *hold_and_free(void *arg)
{
	struct lk_snapshot *s = arg;

	for (int i = 0; i < 10000; i++) {
		lk_snapshot_hold(s);
		lk_snapshot_free(s);
	}
	lk_snapshot_free(s);
	return NULL;
}

Test(snapshot, threads_share_it)
{
	struct lk_snapshot *s = small_snapshot();
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, hold_and_free, lk_snapshot_hold(s)), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(s->n_refs, 0);
	cr_assert_str_eq(s->host.host, "h");
	lk_snapshot_free(s);
}
