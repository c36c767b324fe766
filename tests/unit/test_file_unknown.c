/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm and mv where it is not known who uses the file. */
#include "file_run.h"

/* Who could have been asked and did not answer may use it: that is no "nobody". */
Test(file_unknown, unknown_refuses)
{
	static const struct {
		size_t n_refused, n_unanswered, n_kernel_unanswered;
		int uses_rc;
		const char *words;
	} cases[] = {
		{ 0, 1, 0, 0,
		  "/d/f may be in use, process 200 (silent) could not be asked whether it uses it (it does not answer): try again "
		  "later, or do not ask." },
		{ 20, 12, 0, 0,
		  "may be in use, 12 of 40 processes could not be asked whether they use it: 200 (silent): it" },
		{ 1, 2, 0, 0, "process 100 (silent) could not be asked whether it uses it (Permission denied)." },
		{ 0, 0, 1, 0, "may be in use, whether the kernel uses it itself could not be found out in time" },
		{ 0, 0, 0, -EOPNOTSUPP, "may be in use, who uses it without a lock could not be found out" },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct lk_file_request req = i & 1 ? mv : rm;
		struct world world = fresh();
		struct result r;

		world.n_refused = cases[i / 2].n_refused;
		world.n_unanswered = cases[i / 2].n_unanswered;
		world.n_kernel_unanswered = cases[i / 2].n_kernel_unanswered;
		world.uses_rc = cases[i / 2].uses_rc;
		expect_refused(&world, req, cases[i / 2].words);
		req.even_if_used = true;
		cr_assert(run(&world, req).unknown, "whoever is known to use it is another question");
		req.even_if_used = false;
		req.even_if_unknown = true;
		r = run(&world, req);
		cr_assert(r.outcome == LK_OUTCOME_DONE && !r.unknown, "%zu: %s", i, r.words);
	}
}

/* What is proven says more than what is not known. */
Test(file_unknown, proven_use_beside_unknown)
{
	struct lk_file_request req = rm;
	struct world world = fresh();
	struct result r;

	world.n_unanswered = 3;
	cr_assert(run(&world, rm).unknown);
	world.used = true;
	expect_refused(&world, rm, "is in use");
	cr_assert_not(run(&world, rm).unknown);
	req.even_if_unknown = true;
	r = run(&world, req);
	cr_assert(r.refused && !r.unknown, "%s", r.words);
	world.used = false;
	world.names[0].attributes = STATX_ATTR_IMMUTABLE;
	cr_assert_not(run(&world, rm).unknown);
}

/* It answered when the plan was made, and does not any more; or nobody can be asked any more. */
Test(file_unknown, unknown_meanwhile)
{
	struct lk_file_request req = rm;
	struct world world = fresh();
	struct result r;

	world.n_unanswered = 2;
	world.silent_later = true;
	r = run(&world, rm);
	cr_assert(!r.refused && r.rc == -EAGAIN && r.outcome == LK_OUTCOME_REFUSED && r.unknown, "%s", r.words);
	cr_assert(at(&world, HERE, "f") == 10 && strstr(r.words, "may be in use now, 2 of 40"), "%s", r.words);
	world.looks = 0;
	req.even_if_unknown = true;
	cr_assert_eq(run(&world, req).outcome, LK_OUTCOME_DONE);
	world = fresh();
	world.scan_rc = -ETIMEDOUT;
	r = run(&world, rm);
	cr_assert(r.rc == -ETIMEDOUT && r.outcome == LK_OUTCOME_REFUSED && r.unknown, "%s", r.words);
	world = fresh();
	world.between = lock_it;
	r = run(&world, rm);
	cr_assert(r.rc == -ESTALE && !r.unknown, "%s", r.words);
}
