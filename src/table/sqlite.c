/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what with a SQLite database, judged by the locks alone. */
#include "table/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const role_names[LK_SQLITE_N_ROLES] = { "open",        "reads",    "writes",   "pending",
							   "checkpoints", "recovers", "exclusive" };

const char *lk_sqlite_role_name(unsigned bit)
{
	return role_names[bit];
}

const char *lk_sqlite_mode_name(enum lk_sqlite_mode mode)
{
	static const char *const names[] = { NULL, "rollback", "wal" };

	return names[mode];
}

/* What a lock on a WAL-index range of known_ranges.c tells about its holder, if it has the mode `of`. */
static const struct {
	const char *name;
	enum lk_mode of;
	unsigned roles;
} index_roles[] = {
	{ "WRITE", LK_MODE_WRITE, LK_SQLITE_WRITES },     { "CKPT", LK_MODE_WRITE, LK_SQLITE_CHECKPOINTS },
	{ "RECOVER", LK_MODE_WRITE, LK_SQLITE_RECOVERS }, { "READ0", LK_MODE_READ, LK_SQLITE_READS },
	{ "READ1", LK_MODE_READ, LK_SQLITE_READS },       { "READ2", LK_MODE_READ, LK_SQLITE_READS },
	{ "READ3", LK_MODE_READ, LK_SQLITE_READS },       { "READ4", LK_MODE_READ, LK_SQLITE_READS },
};

static unsigned roles_in_index(const struct lk_known_layout *layout, const struct lk_lock *l)
{
	unsigned roles = LK_SQLITE_OPEN;

	for (size_t i = 0; i < layout->n_ranges; i++) {
		if (!lk_range_overlaps(layout->ranges[i].range, l->rec.range))
			continue;
		for (size_t k = 0; k < sizeof(index_roles) / sizeof(*index_roles); k++) {
			if (index_roles[k].of == l->rec.mode &&
			    strcmp(index_roles[k].name, layout->ranges[i].name) == 0)
				roles |= index_roles[k].roles;
		}
	}
	return roles;
}

static unsigned roles_of_state(const struct lk_known_state *state, enum lk_sqlite_mode mode)
{
	if (!state)
		return 0;
	if (strcmp(state->name, "EXCLUSIVE") == 0)
		return LK_SQLITE_EXCLUSIVE;
	if (strcmp(state->name, "PENDING") == 0)
		return LK_SQLITE_WRITES | LK_SQLITE_PENDING;
	if (strcmp(state->name, "RESERVED") == 0)
		return LK_SQLITE_WRITES;
	return mode == LK_SQLITE_WAL ? LK_SQLITE_OPEN : LK_SQLITE_READS;
}

/* One user for each process: its connections share its locks. */
static struct lk_sqlite_user *user_of(struct lk_sqlite *s, const struct lk_lock *l)
{
	for (size_t i = 0; i < s->n_users; i++) {
		const struct lk_lock *known = s->users[i].lock;

		if (known == l || (l->pid > 0 && known->pid == l->pid))
			return &s->users[i];
	}
	s->users[s->n_users].lock = l;
	return &s->users[s->n_users++];
}

static bool is_in_the_way(enum lk_sqlite_mode mode, unsigned roles)
{
	if (roles & (LK_SQLITE_WRITES | LK_SQLITE_RECOVERS | LK_SQLITE_EXCLUSIVE))
		return true;
	return mode != LK_SQLITE_WAL && roles & LK_SQLITE_READS;
}

/* A lock that fits no state, such as that of a tool that locks the whole file, keeps out writers, and readers too if it is a write lock. */
static void add_database(struct lk_sqlite *s, const struct lk_known_layout *layout, struct lk_sqlite_locks database)
{
	for (size_t i = 0; i < database.n; i++) {
		const struct lk_lock *l = database.v[i];
		const struct lk_known_state *state;

		if (lk_lock_is_waiting(l) || !(l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD))
			continue;
		state = lk_known_state_of(layout, l, database.v, database.n);
		if (state)
			user_of(s, l)->roles |= roles_of_state(state, s->mode);
		else
			user_of(s, l)->roles |= l->rec.mode == LK_MODE_WRITE ? LK_SQLITE_EXCLUSIVE : LK_SQLITE_READS;
	}
}

static void add_index(struct lk_sqlite *s, const struct lk_known_layout *layout, struct lk_sqlite_locks index)
{
	for (size_t i = 0; i < index.n; i++) {
		if (!lk_lock_is_waiting(index.v[i]))
			user_of(s, index.v[i])->roles |= roles_in_index(layout, index.v[i]);
	}
}

bool lk_sqlite_find(struct lk_sqlite *ret, struct lk_sqlite_locks database, struct lk_sqlite_locks index, bool no_log)
{
	const struct lk_known_layout *layout = lk_known_find(database.v, database.n, NULL), *wal;

	*ret = (struct lk_sqlite){ .mode = LK_SQLITE_UNKNOWN };
	if (!layout || strcmp(layout->word, "sqlite") != 0)
		return false;
	/* Any path that ends in "-shm" will do. */
	wal = lk_known_find(index.v, index.n, "x-shm");
	wal = wal && strcmp(wal->word, "wal") == 0 ? wal : NULL;
	ret->mode = wal ? LK_SQLITE_WAL : no_log ? LK_SQLITE_ROLLBACK : LK_SQLITE_UNKNOWN;
	ret->users = lk_alloc(database.n + index.n, sizeof(*ret->users));
	add_database(ret, layout, database);
	if (wal)
		add_index(ret, wal, index);
	for (size_t i = 0; i < ret->n_users; i++) {
		ret->users[i].in_the_way = is_in_the_way(ret->mode, ret->users[i].roles);
		ret->n_in_the_way += ret->users[i].in_the_way;
	}
	return true;
}

void lk_sqlite_done(struct lk_sqlite *s)
{
	free(s->users);
	*s = (struct lk_sqlite){ 0 };
}

const char *lk_sqlite_user_words(const struct lk_sqlite *s, const struct lk_sqlite_user *u)
{
	if (u->roles & LK_SQLITE_EXCLUSIVE)
		return "has it for itself";
	if (u->roles & LK_SQLITE_RECOVERS)
		return "rebuilds the index of the log";
	if (u->roles & LK_SQLITE_WRITES && u->roles & LK_SQLITE_CHECKPOINTS)
		return "writes, and runs a checkpoint";
	if (u->roles & LK_SQLITE_PENDING)
		return "writes, and waits for the readers to leave";
	if (u->roles & LK_SQLITE_WRITES)
		return "writes";
	if (u->roles & LK_SQLITE_CHECKPOINTS)
		return "runs a checkpoint, which is in no writer's way";
	if (u->roles & LK_SQLITE_READS && s->mode == LK_SQLITE_WAL)
		return "reads a snapshot, which is in no writer's way; a checkpoint cannot pass it";
	if (u->roles & LK_SQLITE_READS)
		return s->mode == LK_SQLITE_ROLLBACK ? "reads: nobody can commit meanwhile"
						     : "reads, or only has it open";
	return "only has it open, in nobody's way";
}
