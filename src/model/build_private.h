/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that make a snapshot out of facts. Everything is told by its number in an array: the arrays grow while facts
 * come in. The arrays of rows, files and processes become the snapshot's own. */
#ifndef LK_MODEL_BUILD_PRIVATE_H
#define LK_MODEL_BUILD_PRIVATE_H

#include "base/map.h"
#include "base/vec.h"
#include "model/build.h"

#define BUILD_NONE LK_INDEX_NONE

/* A descriptor that shows a lock. */
struct build_hit {
	int pid, tid, fd;
	uint32_t file;
	size_t ofd;
	uint32_t shows; /* the row of its line, where the source knows it; else a body */
	bool knows_line;
};

/* What lines and descriptors print alike. */
struct build_body {
	uint32_t row; /* the first line with it; BUILD_NONE: only descriptors have it */
	uint32_t rec; /* then: in build->recs */
	uint32_t group; /* the first with this body */
	uint32_t n_groups;
	uint32_t n_out; /* how many with a known owner are given to lines */
};

struct build_waiter {
	struct lk_fact_waiter f;
	uint32_t file; /* BUILD_NONE unknown */
	bool used; /* a line of /proc/locks is this one */
};

/* A set of descriptors that show one lock. */
struct build_group {
	uint32_t first, n; /* in build->order, sorted */
	bool taken; /* by a line of /proc/locks */
	bool shared_out; /* its descriptors are candidates for several equal lines */
};

/* What is known of a row beyond what will be in the snapshot. */
struct build_link {
	uint32_t group; /* of hits, BUILD_NONE none */
	uint32_t waiter; /* in build->waiters, BUILD_NONE none */
	uint32_t root; /* its root row; itself when held */
	uint32_t file;
};

/* Likewise of a file. */
struct build_name {
	uint32_t path_hash; /* where the name tells files apart, else 0 */
	bool shares_key; /* the first of several files with one key */
};

struct lk_build {
	struct lk_sink sink;
	struct lk_snapshot *snap; /* being filled */
	LK_VEC(struct lk_key) proven;
	LK_VEC(struct lk_lock) rows; /* first the lines, each in its place; rec, line, and what join.c says of it */
	LK_VEC(struct build_link) links; /* by row */
	size_t n_lines;
	LK_VEC(struct build_hit) hits;
	LK_VEC(struct build_waiter) waiters;
	LK_VEC(struct lk_proc) procs;
	struct lk_index by_pid; /* procs, once sorted */
	LK_VEC(struct lk_fact_mount) mounts;
	const struct lk_fact_mount *last_mount; /* that was looked for; NULL: none */
	LK_VEC(struct lk_fact_orphan) orphans;
	LK_VEC(struct lk_fact_denied) denied;
	LK_VEC(struct lk_fact_unread) unread;
	LK_VEC(struct lk_file) files;
	LK_VEC(struct build_name) names; /* by file */
	struct lk_index by_ident; /* files */
	struct lk_index by_key; /* the first file of each key */
	LK_VEC(struct build_body) bodies;
	struct lk_index by_body; /* bodies */
	size_t n_body_lines; /* so many lines have been looked at for bodies */
	LK_VEC(struct lk_record) recs; /* of bodies that no line has */
	uint32_t *order; /* hits, group by group */
	LK_VEC(struct build_group) groups;
	const char *hidden[4]; /* sentences of explain.c about what could not be read, once made */
	uint32_t explained; /* the last row that nobody is proven to hold, +1; 0: none */
	const char *words[4]; /* strings that came last, in the arena: most facts repeat them */
	size_t n_words;
};

/* -- build.c -- */
/* A copy in the arena, shared with an earlier equal one where that is cheap to find. NULL in, NULL out. */
const char *lk_build_string(struct lk_build *b, const char *s);
/* NULL: there is none. */
const struct lk_proc *lk_build_proc(const struct lk_build *b, int64_t pid);

/* -- files.c -- */
/* The number of a fact's file, made on first sight. */
uint32_t lk_build_file(struct lk_build *b, const struct lk_fact_file *f);
/* The file of a line that no descriptor shows. */
uint32_t lk_build_file_by_key(struct lk_build *b, const struct lk_key *key);

/* -- group.c -- */
/* A descriptor that shows a lock; file: its number. */
void lk_build_add_hit(struct lk_build *b, const struct lk_fact_fd *f, uint32_t file);
/* Puts the descriptors of each lock together. */
void lk_build_group(struct lk_build *b);
/* Equal for records with the same body. */
uint64_t lk_build_hash_body(const struct lk_record *r);
/* The group that shows this line and is taken by it; BUILD_NONE: none (is left). */
uint32_t lk_build_take_group(struct lk_build *b, uint32_t row);
/* The first descriptor of a group, and the line that all of them print. */
const struct build_hit *lk_build_first_hit(const struct lk_build *b, uint32_t group);
const struct lk_record *lk_build_group_record(const struct lk_build *b, uint32_t group);
/* By what they print and who owns them: for groups that no line has. */
int lk_build_compare_groups(const struct lk_build *b, uint32_t x, uint32_t y);

/* -- join.c -- */
/* Lines and descriptors to rows. */
void lk_build_join(struct lk_build *b);
/* A row that stands for itself (its own root). Its number. */
uint32_t lk_build_add_row(struct lk_build *b, const struct lk_record *rec, size_t line, uint32_t group);

/* -- order.c -- */
/* Sorts the rows. */
void lk_build_sort(struct lk_build *b);

/* -- waiters.c -- */
/* Blocked calls to the rows they are; requests that the list does not have become rows. */
void lk_build_match_waiters(struct lk_build *b);

/* Rows that print the same. Zero-initialised. */
struct lk_equals {
	struct lk_index by_kind; /* the first row of each */
	uint32_t *next; /* by row: the next of its kind; NULL: nobody asked yet */
	struct lk_index below; /* rows that wait, by root and description */
};

/* Equal root lines of two files that share a key: the waiter's own descriptor tells which of them it waits for. */
void lk_equals_move(struct lk_build *b, struct lk_equals *eq, uint32_t row, uint32_t file);
/* Lines of equal OFD locks are told apart by nothing but this: no waiter is listed under its own lock. */
void lk_equals_part(struct lk_build *b, struct lk_equals *eq);
void lk_equals_done(struct lk_equals *eq);

/* -- explain.c -- */
/* Who holds it and how that is known, or why nobody is named; completeness. */
void lk_build_explain(struct lk_build *b, uint32_t row);
void lk_build_completeness(struct lk_build *b);
/* What leases that are being broken still are, and how long they have left. Relations are known. */
void lk_build_settle_leases(struct lk_snapshot *s);

/* Ids, and which rows share one. */
void lk_build_name_ids(struct lk_snapshot *s);

#endif
