/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is believed of a process from scan to scan. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "source/host/procfacts.h"
#include "source/procfs/procfs_private.h"

static struct lk_fact_proc fact(int pid, const char *comm)
{
	return (struct lk_fact_proc){ .pid = pid,
				      .ppid = 1,
				      .start_ticks = 77,
				      .uid = 5,
				      .comm = comm,
				      .comm_len = strlen(comm),
				      .cmdline = "cmd line",
				      .cgroup = "/a.service" };
}

Test(cache, known_again_only_as_the_same_and_for_a_while)
{
	struct lk_fact_proc p[] = { fact(10, "one"), fact(20, "two"), fact(30, "three") }, other;
	struct scan_cache m = { 0 };
	const struct scan_cached *e;

	p[1].cmdline = NULL;
	for (size_t i = 0; i < 3; i++)
		lk_scan_cache_put(&m, &p[i], LK_NEED_CMDLINE | LK_NEED_CGROUP, 1000);
	lk_scan_cache_turn(&m);
	e = lk_scan_cache_find(&m, &p[0], LK_NEED_CMDLINE, 2000);
	cr_assert_not_null(e);
	cr_expect_str_eq(e->cmdline, "cmd line");
	cr_expect_str_eq(e->cgroup, "/a.service");
	cr_expect_null(e->user);
	/* One that was not read, something that was not asked for, too long ago. */
	cr_expect_null(lk_scan_cache_find(&m, &p[1], LK_NEED_CMDLINE, 2000));
	cr_expect_null(lk_scan_cache_find(&m, &p[0], LK_NEED_USER, 2000));
	cr_expect_null(lk_scan_cache_find(&m, &p[0], LK_NEED_CMDLINE, 1000 + 20000));
	/* Another process by now, or another program. */
	other = p[2];
	other.start_ticks++;
	cr_expect_null(lk_scan_cache_find(&m, &other, LK_NEED_CMDLINE, 2000));
	other = p[2];
	other.uid = 6;
	cr_expect_null(lk_scan_cache_find(&m, &other, LK_NEED_CMDLINE, 2000));
	other = fact(30, "thre");
	cr_expect_null(lk_scan_cache_find(&m, &other, LK_NEED_CMDLINE, 2000));
	/* Only those of the last scan stay, and are no younger for having been met again. */
	lk_scan_cache_put(&m, &p[2], LK_NEED_CMDLINE, 5000);
	lk_scan_cache_turn(&m);
	cr_expect_null(lk_scan_cache_find(&m, &p[2], LK_NEED_CMDLINE, 1000 + 20000));
	cr_expect_null(lk_scan_cache_find(&m, &p[0], LK_NEED_CMDLINE, 2000));
	cr_expect_not_null(lk_scan_cache_find(&m, &p[2], LK_NEED_CMDLINE, 2000));
	lk_scan_cache_done(&m);
}

static int take_cgroup(void *arg, size_t i, const struct lk_procfacts *f)
{
	(void)i;
	*(bool *)arg = f->cgroup != NULL;
	return 0;
}

/* What is in no unit is told as such: what is not told is asked for again by each scan. */
Test(cache, the_answer_that_there_is_no_unit_is_an_answer)
{
	struct lk_procfacts_who me = { .pid = getpid(), .uid = getuid() };
	struct lk_helper_result res;
	struct lk_procroot root;
	bool told = false;

	cr_assert_eq(lk_procroot_open(&root, NULL, NULL), 0);
	cr_assert_eq(lk_procfacts_read(&root, &me, 1, LK_NEED_CGROUP, 0, take_cgroup, &told, &res), 0);
	cr_expect(told);
	lk_procroot_done(&root);
}
