/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm and mv against a directory and a machine that exist only here, where every call can be made to fail. */
#include "file_run.h"

Test(file_action, rm_done)
{
	struct world world = fresh();
	struct result r = run(&world, rm);

	cr_assert(r.rc == 0 && r.outcome == LK_OUTCOME_DONE && r.n_results == 1, "%s", r.words);
	cr_assert_eq(world.n_changes, 1);
	cr_assert(strstr(world.logged, "rm: /d/f: done"), "%s", world.logged);
}

Test(file_action, mv_done)
{
	struct world world = fresh();
	struct result r = run(&world, mv);

	cr_assert(r.rc == 0 && r.outcome == LK_OUTCOME_DONE, "%s", r.words);
	cr_assert_eq(world.rename_flags, RENAME_NOREPLACE);
	cr_assert_eq(at(&world, HERE, "g"), 10);
}

Test(file_action, mv_replace)
{
	struct world world = fresh();
	struct lk_file_request req = mv;

	world.names[1].name = "g";
	world.names[1].ino = 20;
	expect_refused(&world, req, "--replace");
	req.replace = true;
	world.n_calls = 0;
	cr_assert_eq(run(&world, req).outcome, LK_OUTCOME_DONE);
	cr_assert_eq(world.rename_flags, RENAME_EXCHANGE, "the new name is never free");
	cr_assert(at(&world, HERE, "g") == 10 && world.gone_ino == 20);
}

Test(file_action, refusals)
{
	struct lk_file_request forced = rm, away = mv;
	struct world world = fresh();

	world.locked = true;
	expect_refused(&world, rm, "is locked");
	world = fresh();
	world.used = true;
	expect_refused(&world, rm, "is in use");
	expect_refused(&world, mv, "is in use");
	forced.even_if_used = true;
	world.locked = true;
	cr_assert_eq(run(&world, forced).outcome, LK_OUTCOME_DONE);
	world = fresh();
	world.names[0].attributes = STATX_ATTR_IMMUTABLE;
	expect_refused(&world, forced, "immutable");
	world.names[0].attributes = STATX_ATTR_APPEND;
	expect_refused(&world, forced, "appended");
	world.names[0].attributes = STATX_ATTR_MOUNT_ROOT;
	expect_refused(&world, forced, "mounted on it");
	world = fresh();
	world.dir_attributes = STATX_ATTR_IMMUTABLE;
	expect_refused(&world, forced, "immutable directory");
	world.dir_attributes = STATX_ATTR_APPEND;
	expect_refused(&world, forced, "only be added to");
	world = fresh();
	world.names[0].mode = S_IFDIR | 0755;
	expect_refused(&world, forced, "is a directory");
	world = fresh();
	world.other_mount = 7;
	away.new_path = "/away";
	expect_refused(&world, away, "another file system");
	world = fresh();
	world.names[1].name = "g";
	world.names[1].ino = 10;
	expect_refused(&world, mv, "the same file");
}

static void replace_it(struct world *world)
{
	world->names[0].ino = 11;
}

static void remove_it(struct world *world)
{
	world->names[0].ino = 0;
}

static void make_target(struct world *world)
{
	world->names[1].name = "g";
	world->names[1].ino = 21;
}

/* What is only suspected is told, and stops nothing. */
Test(file_action, doubts_warn)
{
	const char *expected = geteuid() ? "processes that only root may look into" : "4 of 40 processes";
	struct world world = fresh();
	struct result r;

	world.used = world.uncertain = true;
	world.n_refused = 4;
	r = run(&world, rm);
	cr_assert(r.outcome == LK_OUTCOME_DONE && strstr(r.words, expected), "%s", r.words);
	cr_assert(!r.unknown && strstr(r.words, "or a file with the same number"), "%s", r.words);
}

/* Between the look of the check and the last look at the name. */
Test(file_action, changed_meanwhile)
{
	static const struct {
		void (*between)(struct world *w);
		bool moves;
		const char *words;
	} cases[] = {
		{ replace_it, false, "another file now" },
		{ remove_it, false, "not there any more" },
		{ lock_it, false, "in use now: process 43" },
		{ make_target, true, "made meanwhile" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world world = fresh();
		struct result r;

		world.between = cases[i].between;
		r = run(&world, cases[i].moves ? mv : rm);
		cr_assert(r.rc == -ESTALE && r.outcome == LK_OUTCOME_REFUSED && world.n_changes == 0, "%zu: %d %s", i,
			  r.rc, r.words);
		cr_assert(strstr(r.words, cases[i].words), "%s", r.words);
	}
}

/* Nothing is changed without a word, never the wrong thing, and no file is lost. */
static void expect_truth(const struct world *world, const struct result *r, const char *at_call)
{
	bool moved = at(world, HERE, "g") == 10 || world->gone_ino == 10;
	bool is_there = at(world, HERE, "f") == 10;

	if (r->plan_rc < 0 || r->rc < 0)
		cr_assert(r->has_words, "%s: no words", at_call);
	else
		cr_assert(r->refused || r->n_results > 0, "%s: no result", at_call);
	if (r->plan_rc == 0 && r->outcome == LK_OUTCOME_DONE)
		cr_assert(moved, "%s: said done: %s", at_call, r->words);
	if (r->plan_rc < 0 || r->outcome == LK_OUTCOME_REFUSED || r->outcome == LK_OUTCOME_NOT_DONE)
		cr_assert(is_there || world->fail_with == -ENOENT, "%s: said not done, %d: %s", at_call,
			  (int)r->outcome, r->words);
	if (!moved && !is_there)
		cr_assert(at(world, PRIVATE, "f") == 10 && r->outcome == LK_OUTCOME_PARTLY, "%s: lost: %s", at_call,
			  r->words);
	/* Who cannot be looked at cannot be told from a stranger. */
	cr_assert(world->n_changes <= 1, "%s", at_call);
}

/* Every call fails once, in every way. */
static void fail_everywhere(struct lk_file_request req, const char *new_name, uint64_t new_ino)
{
	static const int codes[] = { -EPERM, -EACCES, -EIO,    -ENOENT, -EXDEV, -EEXIST,
				     -EBUSY, -EROFS,  -EINVAL, -ENOMEM, -EMFILE };

	for (size_t k = 0; k < sizeof(codes) / sizeof(*codes); k++) {
		bool reached = true;

		for (size_t at_no = 1; reached; at_no++) {
			struct world world = fresh();
			struct result r;
			char at_call[64];

			snprintf(at_call, sizeof(at_call), "call %zu, %d", at_no, codes[k]);
			world.names[1].name = new_name;
			world.names[1].ino = new_ino;
			world.fail_at = at_no;
			world.fail_with = codes[k];
			r = run(&world, req);
			reached = world.n_calls >= at_no;
			if (!reached)
				continue;
			expect_truth(&world, &r, at_call);
		}
	}
}

Test(file_action, every_failure)
{
	struct lk_file_request forced = rm, replace = mv, both = mv, keeping = rm;

	fail_everywhere(rm, "h", 0);
	fail_everywhere(mv, "h", 0);
	forced.even_if_used = true;
	fail_everywhere(forced, "h", 0);
	replace.replace = true;
	fail_everywhere(replace, "g", 20);
	both.replace = both.even_if_used = true;
	fail_everywhere(both, "g", 20);
	keeping.by_existing = true;
	fail_everywhere(keeping, "h", 0);
	both.by_existing = true;
	fail_everywhere(both, "g", 20);
}

/* -- somebody exchanges the names -- */

static void put_other(struct world *world, size_t nth, const char *name, uint64_t ino)
{
	if (world->n_renames != nth)
		return;
	for (int i = 0; i < N_NAMES; i++) {
		if (world->names[i].ino && world->names[i].dir == HERE && strcmp(world->names[i].name, name) == 0)
			world->names[i].name = "elsewhere";
	}
	add_name(HERE, name, ino);
}

static void other_first(struct world *world)
{
	put_other(world, 1, "f", 30);
}

static void other_first_and_again(struct world *world)
{
	put_other(world, 1, "f", 30);
	put_other(world, 2, "f", 31);
}

static void other_second(struct world *world)
{
	put_other(world, 2, "f", 30);
}

static void other_new_name(struct world *world)
{
	put_other(world, 2, "g", 30);
}

static void taken_new_name_and_old(struct world *world)
{
	put_other(world, 2, "g", 30);
	put_other(world, 3, "f", 31);
}

Test(file_action, another_file_is_given_back)
{
	for (int i = 0; i < 4; i++) {
		struct lk_file_request req = i & 1 ? mv : rm;
		struct world world = fresh();
		struct result r;

		req.by_existing = i & 2;
		world.before_rename = other_first;
		r = run(&world, req);
		cr_assert(r.rc == -ESTALE && r.outcome == LK_OUTCOME_REFUSED && world.n_changes == 0, "%d: %s", i,
			  r.words);
		cr_assert(at(&world, HERE, "f") == 30 && at(&world, HERE, "elsewhere") == 10, "%d", i);
		cr_assert(strstr(r.words, "another file now, and was left alone"), "%s", r.words);
	}
}

/* The name was taken while the other file was away; or, where the name is kept, what kept it was. */
Test(file_action, what_cannot_be_put_back_is_kept)
{
	struct world world = fresh();
	struct lk_file_request keeping = rm;
	struct result r;

	world.before_rename = other_first_and_again;
	r = run(&world, rm);
	cr_assert(r.outcome == LK_OUTCOME_PARTLY && world.n_changes == 0, "%s", r.words);
	cr_assert(at(&world, HERE, "f") == 31 && at(&world, PRIVATE, "f") == 30 && at(&world, HERE, "elsewhere") == 10);
	cr_assert(strstr(r.words, "it is kept as /d/.lockscope-") && strstr(r.words, "Another file"), "%s", r.words);
	world = fresh();
	keeping.by_existing = true;
	world.before_rename = other_first_and_again;
	r = run(&world, keeping);
	cr_assert(r.outcome == LK_OUTCOME_PARTLY && world.n_changes == 0, "%s", r.words);
	cr_assert_eq(at(&world, HERE, "f") + at(&world, PRIVATE, "f"), 30 + 31);
}

Test(file_action, a_new_file_of_that_name_is_left_alone)
{
	struct lk_file_request keeping = rm;
	struct world world = fresh();
	struct result r;

	keeping.by_existing = true;
	world.before_rename = other_second;
	r = run(&world, keeping);
	cr_assert(r.outcome == LK_OUTCOME_DONE && world.n_changes == 1 && world.gone_ino == 10, "%s", r.words);
	cr_assert(at(&world, HERE, "f") == 30 && strstr(r.words, "there again at once"), "%s", r.words);
}

Test(file_action, new_name_taken_meanwhile)
{
	struct lk_file_request replace = mv;
	struct world world = fresh();
	struct result r;

	world.before_rename = other_new_name;
	r = run(&world, mv);
	cr_assert(r.rc == -EEXIST && r.outcome == LK_OUTCOME_REFUSED, "%d %s", r.rc, r.words);
	cr_assert(at(&world, HERE, "f") == 10 && at(&world, HERE, "g") == 30);
	world = fresh();
	world.before_rename = taken_new_name_and_old;
	r = run(&world, mv);
	cr_assert(r.outcome == LK_OUTCOME_PARTLY, "%s", r.words);
	cr_assert(at(&world, HERE, "f") == 31 && at(&world, HERE, "g") == 30 && at(&world, PRIVATE, "f") == 10);
	cr_assert(strstr(r.words, "The file could not be put back"), "%s", r.words);
	world = fresh();
	world.names[1].name = "g";
	world.names[1].ino = 20;
	replace.replace = true;
	world.before_rename = other_new_name;
	r = run(&world, replace);
	cr_assert(r.rc == -ESTALE && r.outcome == LK_OUTCOME_REFUSED && world.n_changes == 0, "%d %s", r.rc, r.words);
	cr_assert(at(&world, HERE, "f") == 10 && at(&world, HERE, "g") == 30);
}

/* Where the right file cannot be made sure of, nothing is done. */
Test(file_action, no_private_directory_no_action)
{
	struct world world = fresh();
	struct result r;

	world.no_flags = true;
	r = run(&world, rm);
	cr_assert(r.rc == -EINVAL && r.outcome == LK_OUTCOME_REFUSED && at(&world, HERE, "f") == 10, "%s", r.words);
	cr_assert(strstr(r.words, "rename without the risk"), "%s", r.words);
	world = fresh();
	world.private_is_open = true;
	r = run(&world, rm);
	cr_assert(r.outcome == LK_OUTCOME_REFUSED && at(&world, HERE, "f") == 10, "%s", r.words);
	cr_assert(strstr(r.words, "others can write to all directories"), "%s", r.words);
}

/* The call says yes, the machine says no. */
Test(file_action, success_is_verified)
{
	struct world world = fresh();
	struct result r;

	world.lie = true;
	r = run(&world, rm);
	cr_assert(r.rc == -EIO && r.outcome == LK_OUTCOME_NOT_DONE && strstr(r.words, "still there"), "%s", r.words);
	world = fresh();
	world.lie = true;
	r = run(&world, mv);
	cr_assert(r.rc == -EIO && r.outcome == LK_OUTCOME_NOT_DONE && at(&world, HERE, "f") == 10, "%s", r.words);
}

Test(file_action, looking_fails)
{
	struct world world = fresh();
	struct result r;

	world.resolve_rc = -ETIMEDOUT;
	r = run(&world, rm);
	cr_assert(r.plan_rc == -ETIMEDOUT && r.has_words);
	world = fresh();
	world.uses_rc = -EIO;
	r = run(&world, rm);
	cr_assert(r.plan_rc == -EIO && r.has_words);
	world = fresh();
	world.scan_rc = -EIO;
	r = run(&world, rm);
	cr_assert(r.plan_rc == 0 && r.rc == -EIO && r.has_words && world.n_changes == 0, "%s", r.words);
	cr_assert_eq(r.outcome, LK_OUTCOME_REFUSED);
}

Test(file_action, names)
{
	static const struct {
		const char *path;
		int rc;
	} cases[] = {
		{ "", -EINVAL },        { "/", -EINVAL },        { "/d/.", -EINVAL },   { "/d/..", -EINVAL },
		{ ".", -EINVAL },       { "///", -EINVAL },      { "/d/f/", -ENOTDIR }, { "/d/x", -ENOENT },
		{ "/none/f", -ENOENT }, { "/file/f", -ENOTDIR },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world world = fresh();
		struct lk_file_request req = { .path = cases[i].path };
		struct result r = run(&world, req);

		cr_assert(r.plan_rc == cases[i].rc && r.has_words, "%s: %d %s", cases[i].path, r.plan_rc, r.words);
	}
}
