/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/io.h"
#include "query/session.h"
#include "tui/frame/worker.h"

/* A machine that the test makes slow, or lets hang. */
struct slow {
	struct lk_source source;
	pthread_mutex_t *gate; /* a look passes when it is open */
	atomic_int looks;
};

static int scan(struct lk_source *source, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err)
{
	struct slow *s = (struct slow *)source;
	struct lk_fact_host host = { .scanner = "test", .host = "h", .boot_id = "", .euid = 1, .live = true };
	struct lk_fact_end end = { .stable = true };

	(void)req;
	(void)err;
	atomic_fetch_add(&s->looks, 1);
	if (s->gate) {
		pthread_mutex_lock(s->gate);
		pthread_mutex_unlock(s->gate);
	}
	lk_sink_host(sink, &host);
	return lk_sink_end(sink, &end);
}

static void free_slow(struct lk_source *source)
{
	(void)source;
}

static const struct lk_source_ops ops = { .scan = scan, .free = free_slow };

static struct lk_worker *begin(struct slow *s, uint32_t delay_ms, bool once)
{
	struct lk_worker_plan plan = { .source = &s->source, .delay_ms = delay_ms, .once = once };
	struct lk_worker *w = NULL;

	s->source.ops = &ops;
	cr_assert_eq(lk_worker_new(&plan, &w), 0);
	return w;
}

static bool wait_for(const struct lk_worker *w, int ms)
{
	struct pollfd p = { .fd = lk_worker_fd(w), .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static struct lk_frame *next_frame(struct lk_worker *w)
{
	int64_t end = lk_io_now_ms() + 10000;
	struct lk_frame *f;

	while (!(f = lk_worker_take(w)) && lk_io_now_ms() < end)
		wait_for(w, 100);
	cr_assert(f, "no frame came");
	return f;
}

/* Every frame comes, in order, however late it is taken. */
Test(tui_worker, frames_in_order, .timeout = 30)
{
	struct slow s = { 0 };
	struct lk_worker *w = begin(&s, 1, false);
	int64_t end = lk_io_now_ms() + 10000;

	while (atomic_load(&s.looks) < 5 && lk_io_now_ms() < end)
		wait_for(w, 1);
	for (uint64_t i = 1; i <= 4; i++) {
		struct lk_frame *f = next_frame(w);

		cr_assert_eq(f->number, i);
		lk_frame_drop(f);
	}
	cr_assert(lk_worker_stop(w, NULL, 5000));
}

/* A capture is looked at once, and again only when that is asked for. */
Test(tui_worker, once, .timeout = 30)
{
	struct slow s = { 0 };
	struct lk_worker *w = begin(&s, 1, true);

	lk_frame_drop(next_frame(w));
	cr_assert_not(wait_for(w, 100));
	cr_assert_eq(atomic_load(&s.looks), 1);
	lk_worker_look(w);
	lk_frame_drop(next_frame(w));
	cr_assert(lk_worker_stop(w, NULL, 5000));
}

static void add_one(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void add_ten(struct lk_tui *t, void *arg)
{
	(void)t;
	atomic_fetch_add((atomic_int *)arg, 10);
}

/* While a look hangs: it is said, jobs go on, nothing waits for it; it is not freed under its feet. */
Test(tui_worker, hanging_look, .timeout = 30)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct slow s = { .gate = &gate };
	atomic_int sum = 0;
	int64_t since, begin_ms;
	struct lk_worker *w;

	pthread_mutex_lock(&gate);
	w = begin(&s, 1, false);
	while (!lk_worker_is_looking(w, &since))
		wait_for(w, 1);
	cr_assert_leq(since, lk_io_now_ms());
	cr_assert_null(lk_worker_take(w));
	cr_assert_eq(lk_worker_start(w, add_one, add_ten, &sum), 0);
	cr_assert(wait_for(w, 10000));
	cr_assert_eq(atomic_load(&sum), 1, "done() is not called by the thread");
	cr_assert_eq(lk_worker_finish(w, NULL), 1);
	cr_assert_eq(atomic_load(&sum), 11);
	begin_ms = lk_io_now_ms();
	cr_assert_not(lk_worker_stop(w, NULL, 50));
	cr_assert_lt(lk_io_now_ms() - begin_ms, 5000);
	cr_assert_eq(lk_worker_start(w, add_one, add_ten, &sum), -ECANCELED);
	pthread_mutex_unlock(&gate);
	cr_assert(lk_worker_stop(w, NULL, 10000));
}

Test(tui_worker, the_next_look_waits_for_what_the_last_one_cost)
{
	cr_assert_eq(lk_look_interval_ms(0, 100), 100);
	cr_assert_eq(lk_look_interval_ms(10, 100), 100);
	cr_assert_eq(lk_look_interval_ms(10.5, 100), 105);
	cr_assert_eq(lk_look_interval_ms(1e300, 100), UINT32_MAX / 2);
}

/* One slow look counts as little as one quick one. */
Test(tui_worker, the_median_of_the_costs_counts)
{
	struct slow s = { .source = { .ops = &ops } };
	struct lk_looker *l = lk_looker_new(&s.source, 0, 0);
	uint64_t n = 0;

	cr_expect_eq(lk_looker_usual_cost(l, ++n, 20), 20);
	cr_expect_eq(lk_looker_usual_cost(l, ++n, 3000), 20, "of two the cheaper one");
	cr_expect_eq(lk_looker_usual_cost(l, ++n, 22), 22);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(lk_looker_usual_cost(l, ++n, 22), 22);
	cr_expect_eq(lk_looker_usual_cost(l, ++n, 4000), 22);
	for (int i = 0; i < 3; i++)
		lk_looker_usual_cost(l, ++n, 4000);
	cr_expect_eq(lk_looker_usual_cost(l, ++n, 4000), 4000, "they are slow now");
	lk_looker_free(l);
}
