/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running rm and mv in the world of file_world.h. */
#ifndef LK_TESTS_FILE_RUN_H
#define LK_TESTS_FILE_RUN_H

#include "file_world.h"
#include "model/build.h"

static inline struct world fresh(void)
{
	return (struct world){ .names = { { "f", 10, S_IFREG | 0644, 0, 1, HERE },
					  { "h", 0, S_IFREG | 0644, 0, 1, HERE } },
			       .dir_mode = S_IFDIR | 0755,
			       .other_mount = 1 };
}

struct result {
	int plan_rc, rc;
	bool refused, unknown;
	enum lk_outcome outcome;
	size_t n_results;
	bool has_words;
	char words[8192]; /* all lines and the error */
};

static inline void add_words(struct result *r, const char *text)
{
	size_t n = strlen(r->words);

	snprintf(r->words + n, sizeof(r->words) - n, "%s\n", text);
}

static const struct lk_file_ways ways = { "force it", "do not ask", "give --replace" };

static inline struct result run(struct world *world, struct lk_file_request req)
{
	struct result r = { .plan_rc = -1 };
	struct lk_request scan = { 0 };
	struct lk_snapshot *snap = NULL;
	struct lk_action *a = NULL;
	struct lk_err err = { 0 };
	int scan_rc = world->scan_rc;

	req.ways = &ways;
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
		r.unknown = a->unknown;
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
	if (!world->fail_at)
		cr_assert(!*w->private_dir || r.outcome == LK_OUTCOME_PARTLY, "a directory is left");
	return r;
}

/* The file that has a name; 0: none. */
static inline uint64_t at(const struct world *world, int dir, const char *name)
{
	for (int i = 0; i < N_NAMES; i++) {
		if (world->names[i].ino && world->names[i].dir == dir && strcmp(world->names[i].name, name) == 0)
			return world->names[i].ino;
	}
	return 0;
}

static const struct lk_file_request rm = { .path = "/d/f" };
static const struct lk_file_request mv = { .path = "/d/f", .new_path = "/d/g" };

static inline void expect_refused(struct world *world, struct lk_file_request req, const char *words)
{
	struct result r = run(world, req);

	cr_assert(r.plan_rc == 0 && r.refused && r.rc == -EPERM && r.outcome == LK_OUTCOME_REFUSED, "%s", r.words);
	cr_assert(strstr(r.words, words), "%s is not in %s", words, r.words);
	cr_assert_eq(world->n_changes, 0);
}

static inline void lock_it(struct world *world)
{
	world->locked = true;
	world->used = true;
}

#endif
