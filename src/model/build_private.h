/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that make a snapshot out of facts. */
#ifndef LK_MODEL_BUILD_PRIVATE_H
#define LK_MODEL_BUILD_PRIVATE_H

#include "base/map.h"
#include "base/vec.h"
#include "model/build.h"

struct build_hit {
	int pid, tid, fd;
	struct lk_record rec;
	struct lk_body body; /* of rec */
	size_t ofd;
	struct lk_file *file;
};

struct build_waiter {
	struct lk_fact_waiter f;
	struct lk_file *file; /* NULL unknown */
	bool used; /* a line of /proc/locks is this one */
};

/* A set of descriptors that show one lock. */
struct build_group {
	size_t first, n; /* in build->hits, sorted */
	bool taken; /* by a line of /proc/locks */
	bool shared_out; /* its descriptors are candidates for several equal lines */
	size_t n_out; /* in the first with its body: how many with a known owner are given to lines */
};

/* A file as files are told apart; compared as bytes, so zero it first. */
struct build_ident {
	struct lk_key key;
	uint64_t st_ino;
	uint32_t st_major, st_minor;
	uint32_t has_stat;
	uint32_t path_hash; /* only where the name tells files apart */
};

/* What becomes a row. */
struct build_row {
	struct lk_lock lock;
	size_t group; /* of hits, SIZE_MAX none */
	size_t waiter; /* index in build->waiters, SIZE_MAX none */
	size_t root; /* index of its root row; itself when held */
};

struct lk_build {
	struct lk_sink sink;
	struct lk_snapshot *snap; /* being filled */
	LK_VEC(struct lk_fact_lock) lines;
	LK_VEC(struct build_hit) hits;
	LK_VEC(struct build_waiter) waiters;
	LK_VEC(struct lk_proc) procs;
	LK_VEC(struct lk_fact_mount) mounts;
	LK_VEC(struct lk_fact_orphan) orphans;
	LK_VEC(struct lk_fact_denied) denied;
	LK_VEC(struct lk_file *) files; /* in the arena */
	struct lk_map by_ident;
	struct lk_map by_key; /* key -> the only file with it, SIZE_MAX: there are several */
	LK_VEC(struct build_group) groups; /* in the order of hits */
	LK_VEC(struct build_row) rows;
	struct lk_map by_body; /* struct lk_body -> first group with it */
};

/* -- files.c -- */
/* The file of a fact, made on first sight. NULL: no memory. */
struct lk_file *lk_build_file(struct lk_build *b, const struct lk_fact_file *f);
/* By device and inode, for qsort(3) and bsearch(3). */
int lk_build_compare_keys(const struct lk_key *a, const struct lk_key *b);
/* The file of a line that no descriptor shows. */
struct lk_file *lk_build_file_by_key(struct lk_build *b, const struct lk_key *key);

/* -- join.c -- */
/* Lines and descriptors to rows. 0 or -ENOMEM. */
int lk_build_join(struct lk_build *b);
/* A row that stands for itself (its own root). NULL: no memory. */
struct build_row *lk_build_add_row(struct lk_build *b, const struct lk_record *rec, size_t line, size_t group);

/* -- waiters.c -- */
/* Blocked calls to the rows they are; requests that the list does not have become rows. 0 or -ENOMEM. */
int lk_build_match_waiters(struct lk_build *b);

/* -- explain.c -- */
/* Who holds it and how that is known, or why nobody is named; ids; completeness. 0 or -ENOMEM. */
int lk_build_explain(struct lk_build *b, struct build_row *row);
void lk_build_name_ids(struct lk_snapshot *s);
int lk_build_completeness(struct lk_build *b);

#endif
