/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document of every verb, also as JSON Lines. Its schema is lockscope-1.schema.json. */
#ifndef LK_CLI_OUT_JSON_H
#define LK_CLI_OUT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "action/action.h"
#include "action/namesake.h"
#include "action/probe.h"
#include "base/json.h"
#include "model/snapshot.h"
#include "source/uses.h"
#include "table/column.h"
#include "table/lanes.h"
#include "table/sqlite.h"

struct lk_out_json_options {
	bool full; /* namespaces of each process, and all that `jobs` adds */
	bool jobs; /* its command line, unit, container, parent, session, terminal and tracer */
	bool lines; /* a header line, then a row a line */
};

/* A lock file beside or below the FILE, or the FILE as an overlay file system shows it. */
struct lk_answer_companion {
	const char *path;
	bool overlay;
	enum lk_tri locked;
	const int *holders; /* pids */
	size_t n_holders;
	const struct lk_lockfile *lockfile; /* NULL: it is not known as one */
};

/* What `who` or `map` found out about one FILE. Everything is borrowed. */
struct lk_answer_file {
	const char *path; /* as asked */
	struct lk_fact_file *file; /* what path was resolved to; NULL: it could not be */
	enum lk_tri locked;
	int *holders; /* pids */
	size_t n_holders;
	int *waiters;
	size_t n_waiters;
	const char *reason; /* NULL, or a sentence that says why it is unknown */
	const struct lk_uses *uses; /* of all files; NULL: not looked for */
	size_t uses_file; /* the index of this FILE in it */
	const struct lk_lockfile *lockfile; /* NULL: it is not known to be a lock file */
	const struct lk_sqlite *sqlite; /* its locks are those of a SQLite database; NULL: they are not */
	enum lk_tri sqlite_writable;
	bool may_have_mutex; /* there may be a mutex inside the file, which is no lock of the kernel */
	struct lk_answer_companion *companions;
	size_t n_companions;
	const lk_namesakes *deleted; /* locks on deleted files of that name; NULL: none */
	bool has_locked_below; /* it is a directory */
	int64_t locked_below; /* how many files below it are locked, at least */
};

/* The top of a tree of waits: a lock whose holders do not wait themselves. */
struct lk_answer_root {
	const struct lk_lock *lock; /* NULL: what is in the way cannot be seen */
	const int *pids; /* its holders, sorted; empty where nobody is proven */
	size_t n_pids;
	size_t n_behind; /* requests below it in the tree */
	int64_t oldest_wait_ms; /* the longest wait of those; -1 unknown */
};

/* What `waits` found out. Everything is borrowed. */
struct lk_answer_waits {
	const struct lk_cycle *cycles; /* deadlocks first */
	size_t n_cycles;
	const struct lk_answer_root *roots;
	size_t n_roots;
};

/* What `test` found out about one kind of lock. Everything is borrowed, here and in struct lk_answer_test. */
struct lk_answer_kind {
	const char *kind; /* "flock", "range", "lease" */
	enum lk_tri granted;
	const struct lk_lock *const *in_the_way;
	size_t n_in_the_way;
	const char *reason; /* why it is unknown; NULL otherwise */
};

struct lk_answer_test {
	const char *path; /* as asked */
	const struct lk_fact_file *file; /* NULL: it could not be looked up */
	enum lk_mode mode;
	struct lk_range range;
	enum lk_tri granted;
	const struct lk_answer_kind *kinds;
	size_t n_kinds;
	bool asked; /* the kernel was asked, and the next three are its answer */
	enum lk_tri kernel_granted;
	const struct lk_probe_found *found;
	size_t n_found;
	enum lk_tri acquired; /* LK_UNKNOWN: it was not tried */
	const lk_namesakes *deleted; /* as in struct lk_answer_file */
	const struct lk_lockfile
		*lockfile; /* NULL: it is none, or is not asked about as one; else `granted` is about that */
};

/* What `lockfiles` found. Everything is borrowed. */
struct lk_answer_lockfiles {
	const struct lk_lockfiles *all; /* how the search went */
	const struct lk_row *rows; /* those that are shown */
	size_t n_rows;
};

struct lk_answer {
	const char *verb;
	struct lk_answer_file *files;
	size_t n_files;
	enum lk_tri locked; /* any of the files */
	const struct lk_answer_waits *waits; /* NULL: another verb; else `files` and `locked` are not printed */
	const struct lk_answer_test *test; /* NULL, or: the whole answer */
	const struct lk_action
		*action; /* NULL, or: its plan and outcome, and the two members below, are the whole answer */
	bool dry_run;
	const char *error; /* why it was not done or failed; NULL: none */
	const struct lk_answer_lockfiles *lockfiles; /* NULL, or: the whole answer */
	const struct lk_lanes *map; /* NULL, or: there is one file, and these are its segments and lanes */
};

/* Prints the document about these rows, one row at a time. answer: NULL for a verb that has none. 0, or -errno when f could not be
 * written. Does not flush. */
int lk_out_json(FILE *f, const struct lk_snapshot *s, const struct lk_lock *const *rows, size_t n_rows,
		const struct lk_answer *answer, const struct lk_out_json_options *o);

/* Prints one row. name: of the member, as in base/json.h. s: of the row; NULL: "meaning" is null. */
void lk_out_json_row(struct lk_json *j, const char *name, const struct lk_snapshot *s, const struct lk_lock *l,
		     const struct lk_out_json_options *o);

void lk_out_json_pids(struct lk_json *j, const char *name, const int *pids, size_t n);

#endif
