/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that make a snapshot out of facts. Everything is referred to by its index in an array, because arrays move while
 * facts come in. The arrays of rows and files become the snapshot's own. */
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
	uint32_t shows; /* index of the row that it shows if knows_line, else of a body */
	bool knows_line;
};

/* What a line and a descriptor print alike (lk_record_same_body()): equal locks have one body. */
struct build_body {
	uint32_t row; /* the first line with it; BUILD_NONE: only descriptors have it */
	uint32_t rec; /* if row is BUILD_NONE: in build->recs */
	uint32_t group; /* the first group of descriptors with this body */
	uint32_t n_groups;
	uint32_t n_out; /* how many groups with a known owner are given to lines */
};

struct build_waiter {
	struct lk_fact_waiter f;
	uint32_t file; /* BUILD_NONE unknown */
	bool used; /* a row has been found or made for it */
};

/* A set of descriptors that show one lock. */
struct build_group {
	uint32_t first, n; /* in build->order, sorted */
	bool taken; /* a row has it */
	bool shared_out; /* its descriptors are candidates for several equal lines */
};

/* What is known of a row but does not go into the snapshot. */
struct build_link {
	uint32_t group; /* in build->groups, BUILD_NONE none */
	uint32_t waiter; /* in build->waiters, BUILD_NONE none */
	uint32_t root; /* its root row; itself when held or without a root */
	uint32_t file;
};

/* The same for a file. */
struct build_name {
	uint32_t path_hash; /* where the name tells files apart, else 0 */
	bool shares_key; /* the first of several files with one key */
};

struct lk_build {
	struct lk_sink sink;
	struct lk_snapshot *snap; /* being filled */
	LK_VEC(struct lk_key) proven;
	LK_VEC(struct lk_lock) rows; /* first the lines in their order; before explain.c: rec, line, what join.c sets */
	LK_VEC(struct build_link) links; /* by row */
	size_t n_lines;
	LK_VEC(struct build_hit) hits;
	LK_VEC(struct build_waiter) waiters;
	LK_VEC(struct lk_proc) procs;
	struct lk_index by_pid; /* procs, once sorted */
	LK_VEC(struct lk_fact_mount) mounts;
	const struct lk_fact_mount *last_mount; /* the one found last; NULL: none */
	LK_VEC(struct lk_fact_orphan) orphans;
	LK_VEC(struct lk_fact_denied) denied;
	LK_VEC(struct lk_fact_unread) unread;
	LK_VEC(struct lk_file) files;
	LK_VEC(struct build_name) names; /* by file */
	struct lk_index by_ident; /* files */
	struct lk_index by_key; /* the first file of each key */
	LK_VEC(struct build_body) bodies;
	struct lk_index by_body; /* bodies */
	size_t n_body_lines; /* how many lines have been looked at for bodies */
	LK_VEC(struct lk_record) recs; /* of bodies that no line has */
	uint32_t *order; /* hits, group by group */
	LK_VEC(struct build_group) groups;
	const char *hidden[4]; /* sentences of explain.c about what could not be read; NULL: not made yet */
	uint32_t explained; /* the last row explained as held by nobody known, +1; 0: none */
	const char *words[4]; /* the last strings put in the arena: most facts repeat one of them */
	size_t n_words;
};

/* -- build.c -- */
/* A copy in the arena, shared with an earlier equal one where that is cheap to find. NULL in, NULL out. */
const char *lk_build_string(struct lk_build *b, const char *s);
/* NULL: there is none. */
const struct lk_proc *lk_build_proc(const struct lk_build *b, int64_t pid);

/* -- files.c -- */
/* The index of a fact's file, which is added when it is new. */
uint32_t lk_build_file(struct lk_build *b, const struct lk_fact_file *f);
/* The index of the file of a line that no descriptor shows; added when it is new. */
uint32_t lk_build_file_by_key(struct lk_build *b, const struct lk_key *key);

/* -- group.c -- */
/* Adds a descriptor that shows a lock; file: its index. */
void lk_build_add_hit(struct lk_build *b, const struct lk_fact_fd *f, uint32_t file);
/* Puts the descriptors of each lock together. */
void lk_build_group(struct lk_build *b);
/* Equal for records with the same body. */
uint64_t lk_build_hash_body(const struct lk_record *r);
/* Takes the group of descriptors that shows the line of this row, and returns it; BUILD_NONE: none is left. */
uint32_t lk_build_take_group(struct lk_build *b, uint32_t row);
/* The first descriptor of a group, and the line that all of them print. */
const struct build_hit *lk_build_first_hit(const struct lk_build *b, uint32_t group);
const struct lk_record *lk_build_group_record(const struct lk_build *b, uint32_t group);
/* Orders groups that no line has, by what they print and who owns them. */
int lk_build_compare_groups(const struct lk_build *b, uint32_t x, uint32_t y);

/* -- join.c -- */
/* Turns lines and descriptors into rows. */
void lk_build_join(struct lk_build *b);
/* Adds a row that is its own root; returns its index. line 0: it is in no list. */
uint32_t lk_build_add_row(struct lk_build *b, const struct lk_record *rec, size_t line, uint32_t group);

/* -- order.c -- */
/* Sorts the rows by file and range; requests follow their root. */
void lk_build_sort(struct lk_build *b);

/* -- waiters.c -- */
/* Matches blocked calls with the rows of their requests; requests that the list does not have become rows. */
void lk_build_match_waiters(struct lk_build *b);

/* Finds rows that print the same. Zero-initialised. */
struct lk_equals {
	struct lk_index by_kind; /* the first root row of each kind: file and body */
	uint32_t *next; /* by row: the next of its kind; NULL: not filled in yet */
	struct lk_index below; /* waiting rows, by root and open file description */
};

/* Sets the file of a waiting row. Root lines of two files that share a key can be equal: the file of the waiter's own descriptor tells
 * which root it waits for. */
void lk_equals_move(struct lk_build *b, struct lk_equals *eq, uint32_t row, uint32_t file);
/* Tells lines of equal OFD locks apart, by the only rule there is: no waiter is listed under its own lock. */
void lk_equals_part(struct lk_build *b, struct lk_equals *eq);
void lk_equals_done(struct lk_equals *eq);

/* -- explain.c -- */
/* lk_build_explain(): who holds a row and how that is known, or why nobody is named. lk_build_completeness(): what could not be read, and
 * whether it could change the answer. */
void lk_build_explain(struct lk_build *b, uint32_t row);
void lk_build_completeness(struct lk_build *b);
/* Sets the mode that leases being broken still have, and how long they have left. Needs lk_relate(). */
void lk_build_settle_leases(struct lk_snapshot *s);

/* Sets the ids of rows, and marks rows that share one. */
void lk_build_name_ids(struct lk_snapshot *s);

#endif
