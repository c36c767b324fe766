/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "source/uses.h"

static void check(const struct lk_uses *u, bool names, const char *expected)
{
	lk_buf b = { 0 };

	lk_uses_put_unread(&b, u, names);
	cr_assert_str_eq(lk_buf_str(&b), expected);
	lk_vec_done(&b);
}

Test(unread, one_is_named)
{
	struct lk_uses u = { .n_procs = 53, .n_unreadable = 1 };
	struct lk_fact_unread one = { .pid = 1, .code = -EACCES, .comm = "in\nit" };

	lk_arena_init(&u.arena);
	lk_unread_add(&u.unread, &u.arena, &one);
	check(&u, false, "process 1 (in?it) could not be asked whether it uses it (Permission denied)");
	check(&u, true, "process 1 (in?it) could not be asked whether it uses it (Permission denied)");
	cr_assert_str_eq(u.unread.v[0].comm, "in\nit", "the exact bytes stay");
	lk_uses_done(&u);
}

Test(unread, several_are_counted_and_named_on_request)
{
	struct lk_uses u = { .n_procs = 53, .n_unreadable = 3 };
	struct lk_fact_unread a = { .pid = 7, .code = -ETIMEDOUT, .comm = "x" }, b = { .pid = 9, .code = -EACCES };

	lk_arena_init(&u.arena);
	check(&u, true, "3 of 53 processes could not be asked whether they use it");
	lk_unread_add(&u.unread, &u.arena, &a);
	lk_unread_add(&u.unread, &u.arena, &b);
	check(&u, false, "3 of 53 processes could not be asked whether they use it");
	check(&u, true,
	      "3 of 53 processes could not be asked whether they use it: 7 (x): it does not answer, 9 (?): Permission "
	      "denied, and 1 more");
	for (int i = 0; i < 50; i++)
		lk_unread_add(&u.unread, &u.arena, &a);
	cr_assert_eq(u.unread.n, LK_UNREAD_MAX, "the list is bounded");
	lk_uses_done(&u);
}

static void add_unread(struct lk_uses *u, int pid, int code)
{
	lk_uses_add_unread(u, &(struct lk_fact_unread){ .pid = pid, .code = code, .comm = "p" });
}

/* Among hundreds that are refused, those few that could be asked again are named first. */
Test(unread, unanswered_come_first)
{
	struct lk_uses u = { .n_procs = 500 }, part;

	for (int pid = 300; pid > 200; pid--)
		add_unread(&u, pid, pid & 1 ? -EACCES : -EPERM);
	add_unread(&u, 402, -ETIMEDOUT);
	add_unread(&u, 401, -EIO);
	lk_uses_finish(&u);
	cr_assert(u.n_unreadable == 102 && u.n_unanswered == 2 && u.unread.n == LK_UNREAD_MAX);
	part = lk_uses_unread_part(&u, true);
	cr_assert(part.n_unreadable == 2 && part.unread.n == 2);
	cr_assert(part.unread.v[0].pid == 401 && part.unread.v[1].pid == 402);
	part = lk_uses_unread_part(&u, false);
	cr_assert(part.n_unreadable == 100 && part.unread.n == LK_UNREAD_MAX - 2);
	for (size_t i = 0; i < part.unread.n; i++)
		cr_assert(part.unread.v[i].pid > 200 && part.unread.v[i].pid <= 300);
	lk_uses_done(&u);
}

Test(unread, more_unanswered_than_are_kept)
{
	struct lk_uses u = { .n_procs = 500 }, part;

	for (int pid = 1; pid <= 30; pid++)
		add_unread(&u, pid, pid & 1 ? -EACCES : -ETIMEDOUT);
	lk_uses_finish(&u);
	part = lk_uses_unread_part(&u, true);
	cr_assert(part.n_unreadable == 15 && part.unread.n == LK_UNREAD_MAX);
	for (size_t i = 0; i < part.unread.n; i++)
		cr_assert_eq(part.unread.v[i].code, -ETIMEDOUT);
	part = lk_uses_unread_part(&u, false);
	cr_assert(part.n_unreadable == 15 && part.unread.n == 0);
	lk_uses_done(&u);
}

Test(unread, words)
{
	cr_assert_eq(lk_unread_find("timeout", 7), LK_UNREAD_TIMEOUT);
	cr_assert_eq(lk_unread_find("timeouts", 8), LK_UNREAD_OTHER, "a word of another version");
	cr_assert_eq(lk_unread_find("", 0), LK_UNREAD_OTHER);
	cr_assert_str_eq(lk_unread_word((enum lk_unread_what)1000), "other");
	for (int i = LK_UNREAD_OTHER; i <= LK_UNREAD_RELATIONS; i++) {
		const char *word = lk_unread_word((enum lk_unread_what)i);

		cr_assert_str_eq(lk_unread_word(lk_unread_find(word, strlen(word))), word);
	}
	cr_assert(lk_unread_hides_locks(LK_UNREAD_OTHER) && !lk_unread_hides_locks(LK_UNREAD_MAPS));
}

Test(unread, sentences)
{
	struct lk_arena a = { 0 };
	struct lk_unread_count c = { .code = -EACCES, .n = 3, .of = 40, .more = ": run as root" };

	cr_assert_str_eq(lk_unread_text(LK_UNREAD_FDINFO, &c, &a),
			 "3 of 40 processes could not be read (Permission denied): run as root");
	c = (struct lk_unread_count){ .n = 1 };
	cr_assert_str_eq(lk_unread_text(LK_UNREAD_BAD_LINE, &c, &a), "1 line of the lock list could not be understood");
	c.subject = "/50%@+";
	cr_assert_str_eq(lk_unread_text(LK_UNREAD_RELATIONS, &c, &a),
			 "there are too many locks and requests on /50%@+ to list everything that is in the way of "
			 "each: a deadlock may be missed");
	lk_arena_done(&a);
}
