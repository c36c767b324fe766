/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "words/words.h"

#define NOW INT64_C(1795319412123) /* 2026-11-22 03:50:12 UTC */
#define HOURS(n) ((n)*INT64_C(3600000))

static void utc(void)
{
	setenv("TZ", "UTC", 1);
}

TestSuite(words, .init = utc);

static void job_is(struct lk_proc p, const char *want)
{
	lk_buf b = { 0 };

	lk_words_put_job(&p, NOW, &b);
	cr_assert(lk_buf_str(&b));
	cr_expect_str_eq(b.v, want);
	lk_vec_done(&b);
}

Test(words, a_job_says_what_is_known)
{
	job_is((struct lk_proc){ .pid = 9 }, "");
	job_is((struct lk_proc){ .pid = 9, .state = 'S', .ppid = 7 }, "child of process 7");
	job_is((struct lk_proc){ .pid = 9,
				 .state = 'S',
				 .started_unix_ms = NOW - HOURS(2),
				 .ppid = 812,
				 .parent_comm = "cron",
				 .session = 812,
				 .session_comm = "cron",
				 .tty = "pts/3",
				 .unit = "cron.service",
				 .container = "docker:0123456789ab" },
	       "since 01:50 (2h00m); child of cron[812]; tty pts/3; cron.service; docker:0123456789ab");
	job_is((struct lk_proc){ .pid = 9, .started_unix_ms = NOW - HOURS(26), .session = 5 },
	       "since 2026-11-21 01:50 (1d02h); session of the late process 5");
	job_is((struct lk_proc){ .pid = 9, .session = 9 }, "");
	job_is((struct lk_proc){ .pid = 9, .session = 5, .session_comm = "bash" }, "session of bash[5]");
	/* The clock was set back since. */
	job_is((struct lk_proc){ .pid = 9, .started_unix_ms = NOW + 5000 }, "since 03:50 (0s)");
}

Test(words, who_cannot_go_on_is_said_first)
{
	job_is((struct lk_proc){ .pid = 9, .state = 'T', .started_unix_ms = NOW - 5000 },
	       "stopped (Ctrl-Z or SIGSTOP): SIGCONT lets it go on; since 03:50 (5s)");
	job_is((struct lk_proc){ .pid = 9, .state = 't', .tracer = 55, .tracer_comm = "gdb" },
	       "stopped while it is traced by gdb[55]");
	job_is((struct lk_proc){ .pid = 9, .state = 't' }, "stopped while it is traced by a debugger");
	job_is((struct lk_proc){ .pid = 9, .state = 'S', .tracer = 56 }, "traced by process 56");
	job_is((struct lk_proc){ .pid = 9, .state = 'Z', .num_threads = 3 },
	       "zombie: its first thread has ended, 2 of its threads live on");
	job_is((struct lk_proc){ .pid = 9, .state = 'Z', .num_threads = 1 },
	       "zombie: it has ended, its parent has not taken notice");
	job_is((struct lk_proc){ .pid = 9, .state = 'D' },
	       "in the kernel (disk sleep): a signal waits until it comes back");
}

Test(words, names_carry_a_mark)
{
	struct lk_proc p = { .pid = 12, .comm = "cat", .state = 'T' };
	struct lk_arena a;

	lk_arena_init(&a);
	cr_expect_str_eq(lk_words_proc(&a, &p), "process 12 (cat, stopped)");
	p.comm = NULL;
	cr_expect_str_eq(lk_words_proc(&a, &p), "process 12, stopped");
	p.state = 'S';
	cr_expect_str_eq(lk_words_proc(&a, &p), "process 12");
	cr_expect_str_eq(lk_words_mark(NULL), "");
	lk_arena_done(&a);
}

Test(words, states_have_names)
{
	cr_expect_str_eq(lk_proc_state_name('R'), "running");
	cr_expect_str_eq(lk_proc_state_name('D'), "disk_sleep");
	cr_expect_str_eq(lk_proc_state_name('t'), "traced");
	cr_expect_str_eq(lk_proc_state_name('x'), "dead");
	cr_expect_str_eq(lk_proc_state_name('I'), "idle");
	cr_expect_null(lk_proc_state_name('\0'));
	cr_expect_null(lk_proc_state_name('P'));
}

/* Every word that model/explain.c begins a reason with. */
Test(words, reasons_have_words_of_their_own)
{
	static const char *const because[] = { "exited: x",  "kernel: x",    "unreadable: x", "stranger: x",
					       "mapped: x",  "in_flight: x", "hidden: x",     "processes: x",
					       "timeout: x", "namespace: x", "released: x",   "unreadable: again" };
	size_t n = sizeof(because) / sizeof(*because);

	for (size_t i = 0; i < n; i++) {
		struct lk_lock l = { .no_holder_because = &because[i], .n_because = 1 };
		lk_buf b = { 0 };

		lk_words_put_reasons(&l, &b);
		cr_expect(b.n && !memchr(b.v, '_', b.n), "%s", because[i]);
		lk_vec_done(&b);
	}
	cr_expect_str_eq(lk_words_reason("in_flight: it is: somewhere"), "it is: somewhere");
	cr_expect_str_eq(lk_words_reason("nothing"), "nothing");
}

Test(words, each_reason_is_said_once)
{
	static const char *const because[] = { "in_flight: x", "unreadable: x", "unreadable: y" };
	struct lk_lock l = { .no_holder_because = because, .n_because = 3 };
	lk_buf b = { 0 };

	lk_words_put_reasons(&l, &b);
	cr_assert(lk_buf_str(&b));
	cr_expect_str_eq(b.v, "of a process that cannot be read, sent through a socket");
	lk_vec_done(&b);
}
