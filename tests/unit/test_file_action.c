/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm and mv against a directory and a machine that exist only here, where every call can be made to fail. */
#include "file_world.h"
#include "model/build.h"

/* -- running it -- */

static struct world fresh(void)
{
	return (struct world){ .names = { { "f", 10, S_IFREG | 0644, 0, 1 }, { "h", 0, S_IFREG | 0644, 0, 1 } },
			       .dir_mode = S_IFDIR | 0755,
			       .other_mount = 1 };
}

struct result {
	int plan_rc, rc;
	bool refused;
	enum lk_outcome outcome;
	size_t n_results;
	bool has_words;
	char words[8192]; /* all lines and the error */
};

static void add_words(struct result *r, const char *text)
{
	size_t n = strlen(r->words);

	snprintf(r->words + n, sizeof(r->words) - n, "%s\n", text);
}

static struct result run(struct world *world, struct lk_file_request req)
{
	struct result r = { .plan_rc = -1 };
	struct lk_request scan = { 0 };
	struct lk_snapshot *snap = NULL;
	struct lk_action *a = NULL;
	struct lk_err err = { 0 };
	int scan_rc = world->scan_rc;

	w = world;
	w->scan_rc = 0;
	cr_assert_eq(lk_snapshot_take(&source, &scan, &snap, &err), 0);
	w->scan_rc = scan_rc;
	r.plan_rc = lk_file_plan(&sys, &source, snap, &req, &a, &err);
	lk_snapshot_free(snap);
	if (r.plan_rc == 0) {
		r.refused = a->refused;
		r.rc = lk_action_execute(a, &err);
		r.outcome = a->outcome;
		for (size_t i = 0; i < a->lines.n; i++) {
			add_words(&r, a->lines.v[i].text);
			r.n_results += a->lines.v[i].kind == LK_LINE_RESULT;
		}
	}
	r.has_words = err.text && *err.text;
	if (err.text)
		add_words(&r, err.text);
	lk_err_done(&err);
	lk_file_free(a);
	cr_assert_eq(w->n_open, 0, "a descriptor is left open");
	return r;
}

static const struct lk_file_request rm = { .path = "/d/f" };
static const struct lk_file_request mv = { .path = "/d/f", .new_path = "/d/g" };

static void expect_refused(struct world *world, struct lk_file_request req, const char *words)
{
	struct result r = run(world, req);

	cr_assert(r.plan_rc == 0 && r.refused && r.rc == -EPERM && r.outcome == LK_OUTCOME_REFUSED, "%s", r.words);
	cr_assert(strstr(r.words, words), "%s is not in %s", words, r.words);
	cr_assert_eq(world->n_changes, 0);
}

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
	cr_assert_str_eq(world.names[0].name, "g");
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
	cr_assert_eq(world.rename_flags, 0);
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

/* What is only suspected is told, and stops nothing. */
Test(file_action, doubts_warn)
{
	struct world world = fresh();
	struct result r;

	world.used = world.uncertain = true;
	world.n_unreadable = 4;
	r = run(&world, rm);
	cr_assert(r.outcome == LK_OUTCOME_DONE && strstr(r.words, "4 of 9 processes"), "%s", r.words);
	cr_assert(strstr(r.words, "or a file with the same number"), "%s", r.words);
	world = fresh();
	world.uses_rc = -EOPNOTSUPP;
	r = run(&world, rm);
	cr_assert(r.outcome == LK_OUTCOME_DONE && strstr(r.words, "could not be found out"), "%s", r.words);
}

static void replace_it(struct world *world)
{
	world->names[0].ino = 11;
}

static void remove_it(struct world *world)
{
	world->names[0].ino = 0;
}

static void lock_it(struct world *world)
{
	world->locked = true;
	world->used = true;
}

static void make_target(struct world *world)
{
	world->names[1].name = "g";
	world->names[1].ino = 21;
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

/* Every call fails once, in every way: nothing is changed without a word, and never the wrong thing. */
static void fail_everywhere(struct lk_file_request req, const char *new_name, uint64_t new_ino)
{
	static const int codes[] = { -EPERM, -EACCES, -EIO,    -ENOENT, -EXDEV, -EEXIST,
				     -EBUSY, -EROFS,  -EINVAL, -ENOMEM, -EMFILE };

	for (size_t k = 0; k < sizeof(codes) / sizeof(*codes); k++) {
		bool reached = true;

		for (size_t at = 1; reached; at++) {
			struct world world = fresh();
			struct result r;

			world.names[1].name = new_name;
			world.names[1].ino = new_ino;
			world.fail_at = at;
			world.fail_with = codes[k];
			r = run(&world, req);
			reached = world.n_calls >= at;
			if (!reached)
				continue;
			if (r.plan_rc < 0 || r.rc < 0)
				cr_assert(r.has_words, "call %zu, %d: no words", at, codes[k]);
			else
				cr_assert(r.refused || r.n_results > 0, "call %zu, %d: no result", at, codes[k]);
			if (r.plan_rc == 0 && r.outcome == LK_OUTCOME_DONE)
				cr_assert_eq(world.n_changes, 1, "call %zu, %d: said done", at, codes[k]);
			if (world.n_changes)
				cr_assert(r.outcome == LK_OUTCOME_DONE || r.outcome == LK_OUTCOME_UNKNOWN ||
						  codes[k] == -ENOENT,
					  "call %zu, %d: changed, but the outcome is %d", at, codes[k], (int)r.outcome);
		}
	}
}

Test(file_action, every_failure)
{
	struct lk_file_request forced = rm, replace = mv, both = mv;

	fail_everywhere(rm, "h", 0);
	fail_everywhere(mv, "h", 0);
	forced.even_if_used = true;
	fail_everywhere(forced, "h", 0);
	replace.replace = true;
	fail_everywhere(replace, "g", 20);
	both.replace = both.even_if_used = true;
	fail_everywhere(both, "g", 20);
}

/* The call says yes, the machine says no. */
Test(file_action, success_is_verified)
{
	struct world world = fresh();
	struct result r;

	world.lie = true;
	r = run(&world, rm);
	cr_assert(r.rc == 0 && r.outcome == LK_OUTCOME_NOT_DONE && strstr(r.words, "still there"), "%s", r.words);
	world = fresh();
	world.lie = true;
	r = run(&world, mv);
	cr_assert(r.rc == 0 && r.outcome == LK_OUTCOME_NOT_DONE, "%s", r.words);
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
