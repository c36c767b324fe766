/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that hang cost nothing but the item they hang on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "source/host/helper.h"

#define MAX_ITEMS 400

struct world {
	bool hangs[MAX_ITEMS], dies[MAX_ITEMS], taken[MAX_ITEMS], lost[MAX_ITEMS];
	uint64_t group[MAX_ITEMS];
	bool is_busy;
};

static int work(void *arg, size_t item, struct lk_helper_out *out)
{
	struct world *w = arg;
	char text[16] = "";

	if (w->hangs[item])
		for (;;)
			pause();
	if (w->dies[item])
		_exit(3);
	snprintf(text, sizeof(text), "%zu", item);
	return lk_helper_emit(out, text, strlen(text) + 1);
}

static int take(void *arg, size_t item, const char *data, size_t n)
{
	struct world *w = arg;
	char text[16] = "";

	snprintf(text, sizeof(text), "%zu", item);
	cr_expect(n == strlen(text) + 1 && memcmp(data, text, n) == 0);
	cr_expect(!w->taken[item], "item %zu was done twice", item);
	w->taken[item] = true;
	return 0;
}

static void lose(void *arg, size_t item)
{
	struct world *w = arg;

	cr_expect(!w->lost[item] && !w->taken[item]);
	w->lost[item] = true;
}

static struct lk_helper_about about(void *arg, size_t item)
{
	struct world *w = arg;

	return (struct lk_helper_about){ .group = w->group[item] };
}

static struct lk_helper_result run(struct world *w, size_t n, int64_t deadline_ms)
{
	struct lk_helper_job job = { .n_items = n,
				     .work = work,
				     .take = take,
				     .gave_up = lose,
				     .about = about,
				     .arg = w,
				     .keep_fd = -1,
				     .stall_ms = 100,
				     .deadline_ms = deadline_ms };
	struct lk_helper_result res;

	cr_assert_eq(lk_helper_run(&job, &res), 0);
	cr_expect_eq(res.n_done + res.n_given_up + res.n_left, n);
	for (size_t i = 0; i < n; i++)
		cr_expect(w->taken[i] != w->lost[i], "item %zu", i);
	return res;
}

Test(helper, every_item_is_done_once)
{
	static struct world w;

	cr_expect_eq(run(&w, MAX_ITEMS, 0).n_done, MAX_ITEMS);
}

Test(helper, one_that_hangs_or_dies_costs_only_itself)
{
	static struct world w = { .hangs = { [0] = true, [7] = true, [399] = true }, .dies = { [9] = true } };
	struct lk_helper_result res = run(&w, MAX_ITEMS, 0);

	cr_expect_eq(res.n_done, MAX_ITEMS - 4);
	cr_expect_eq(res.n_given_up, 4);
	cr_expect(w.lost[0] && w.lost[7] && w.lost[9] && w.lost[399]);
}

Test(helper, the_rest_of_a_group_that_stalls_is_left)
{
	static struct world w;
	struct lk_helper_result res;

	for (size_t i = 0; i < 100; i++) {
		w.hangs[i] = true;
		w.group[i] = 5;
	}
	res = run(&w, MAX_ITEMS, 0);
	cr_expect_eq(res.n_done, MAX_ITEMS - 100, "the others are all done");
	cr_expect(res.n_given_up < 10, "%zu were tried", res.n_given_up);
	cr_expect(res.n_left > 90);
}

Test(helper, the_time_is_kept)
{
	static struct world w;

	memset(w.hangs, true, sizeof(w.hangs));
	cr_expect_eq(run(&w, MAX_ITEMS, lk_io_now_ms() + 250).n_done, 0);
}

static bool busy(void *arg, pid_t child)
{
	struct world *w = arg;

	cr_expect(child > 0);
	w->hangs[0] = false;
	return w->is_busy;
}

static int work_slowly(void *arg, size_t item, struct lk_helper_out *out)
{
	usleep(200 * 1000);
	return work(arg, item, out);
}

Test(helper, silence_is_no_stall_where_the_job_knows_better)
{
	static struct world w = { .is_busy = true };
	struct lk_helper_job job = { .n_items = 1,
				     .work = work_slowly,
				     .take = take,
				     .is_busy = busy,
				     .arg = &w,
				     .keep_fd = -1,
				     .stall_ms = 20 };
	struct lk_helper_result res;

	cr_assert_eq(lk_helper_run(&job, &res), 0);
	cr_expect_eq(res.n_done, 1);
	w = (struct world){ .is_busy = false };
	cr_assert_eq(lk_helper_run(&job, &res), 0);
	cr_expect_eq(res.n_given_up, 1);
}

static int refuse(void *arg, size_t item, const char *data, size_t n)
{
	(void)arg;
	(void)item;
	(void)data;
	(void)n;
	return -ENOSPC;
}

Test(helper, what_take_says_ends_it)
{
	static struct world w;
	struct lk_helper_job job = {
		.n_items = 50, .work = work, .take = refuse, .arg = &w, .keep_fd = -1, .stall_ms = 100
	};
	struct lk_helper_result res;

	cr_expect_eq(lk_helper_run(&job, &res), -ENOSPC);
	cr_expect_lt(res.n_done, 50);
}
