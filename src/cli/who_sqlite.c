/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/who_sqlite.h"

#include <errno.h>
#include <string.h>

#define MOST_USERS 20 /* lines */

enum { SHM, WAL, JOURNAL };

static const char *const suffixes[LK_SQLITE_N_BESIDE] = { [SHM] = "-shm", [WAL] = "-wal", [JOURNAL] = "-journal" };

/* By the name that was given, and where there is none, by the one that the file has here: a link has nothing beside it. */
static int look_beside(struct lk_session *s, const struct lk_asked *t, const char *suffix, struct lk_asked *ret)
{
	const char *names[] = { t->path, t->file.unreachable == LK_YES ? NULL : t->file.path };
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0 && !ret->resolved; i++) {
		if (!names[i] || (i && ret->code != -ENOENT))
			continue;
		*ret = (struct lk_asked){ .path = lk_arena_printf(&s->arena, "%s%s", names[i], suffix) };
		rc = ret->path ? lk_session_resolve_one(s, ret) : -ENOMEM;
	}
	return rc;
}

static struct lk_sqlite_locks locks_of(const struct lk_who *w)
{
	return (struct lk_sqlite_locks){ w->locks.v, w->locks.n };
}

/* Nobody uses a log: there is no X-shm, or nobody has locked it; a connection that alone has the database keeps no X-shm, but then
 * there is X-wal. */
static bool has_no_log(const struct lk_who_sqlite *q)
{
	const struct lk_asked *shm = &q->beside[SHM], *wal = &q->beside[WAL];

	return (shm->code == -ENOENT || (shm->resolved && q->index.locked == LK_NO)) && wal->code == -ENOENT;
}

static enum lk_tri writable(const struct lk_who *w, const struct lk_who_sqlite *q)
{
	bool seen = q->s.mode == LK_SQLITE_ROLLBACK ||
		    (q->s.mode == LK_SQLITE_WAL && q->index.locked == LK_YES && !q->index.ambiguous);

	for (size_t i = 0; i < q->s.n_users; i++) {
		unsigned roles = q->s.users[i].roles;

		/* Who reads is in the way or is not, by the mode; anybody else always is. */
		if (q->s.users[i].in_the_way && (q->s.mode != LK_SQLITE_UNKNOWN || roles & ~(unsigned)LK_SQLITE_READS))
			return LK_NO;
	}
	if (q->s.n_in_the_way)
		return LK_UNKNOWN;
	return seen && !w->ambiguous ? LK_YES : LK_UNKNOWN;
}

/* Of a writer that died, unless journals are kept on purpose. */
static bool has_journal_left(const struct lk_who_sqlite *q)
{
	const unsigned writers = LK_SQLITE_WRITES | LK_SQLITE_EXCLUSIVE;
	bool writes = false;

	for (size_t i = 0; i < q->s.n_users; i++)
		writes = writes || q->s.users[i].roles & writers;
	return !writes && q->s.mode != LK_SQLITE_WAL && q->beside[JOURNAL].resolved && q->beside[JOURNAL].file.size > 0;
}

int lk_who_sqlite_find(struct lk_session *s, const struct lk_who *w, struct lk_who_sqlite *ret)
{
	const struct lk_known_layout *layout = lk_known_find(w->locks.v, w->locks.n, NULL);
	int rc = 0;

	*ret = (struct lk_who_sqlite){ .writable = LK_UNKNOWN };
	if (s->cli->recursive || s->cli->has_range || !w->target->resolved || !layout ||
	    strcmp(layout->word, "sqlite") != 0)
		return 0;
	for (size_t i = 0; i < LK_SQLITE_N_BESIDE && rc == 0; i++)
		rc = look_beside(s, w->target, suffixes[i], &ret->beside[i]);
	if (rc == 0)
		rc = lk_who_find(s, &ret->beside[SHM], &ret->index);
	if (rc == 0)
		rc = lk_sqlite_find(&ret->s, locks_of(w), locks_of(&ret->index), has_no_log(ret));
	ret->found = rc == 1;
	ret->writable = ret->found ? writable(w, ret) : LK_UNKNOWN;
	ret->s.journal_left = ret->found && has_journal_left(ret);
	return rc < 0 ? rc : 0;
}

void lk_who_sqlite_done(struct lk_who_sqlite *q)
{
	lk_sqlite_done(&q->s);
	lk_who_done(&q->index);
}

static void put_who(const struct lk_out *o, const struct lk_lock *l)
{
	if (l->pid <= 0) {
		fputs("a process that is not visible", o->f);
		return;
	}
	fprintf(o->f, "%d ", l->pid);
	lk_out_puts(o, l->proc && l->proc->comm ? l->proc->comm : "?");
	if (!l->n_holders)
		fputs(" (recorded, not proven)", o->f);
}

static void put_head(const struct lk_out *o, const struct lk_who_sqlite *q)
{
	static const char *const modes[] = {
		[LK_SQLITE_UNKNOWN] = "whether it has a write-ahead log is not known",
		[LK_SQLITE_ROLLBACK] = "with a rollback journal",
		[LK_SQLITE_WAL] = "with a write-ahead log",
	};
	static const char *const answers[] = { "it cannot be written now", "it can be written now" };

	fprintf(o->f, "By its locks it is a SQLite database, %s: %s.\n", modes[q->s.mode],
		q->writable == LK_UNKNOWN ? "whether it can be written now cannot be told" : answers[q->writable]);
}

int lk_who_sqlite_put(const struct lk_out *o, const struct lk_who_sqlite *q)
{
	if (!q->found)
		return 0;
	put_head(o, q);
	/* First those who are in the way. */
	for (int way = 1, shown = 0; way >= 0; way--) {
		for (size_t i = 0; i < q->s.n_users; i++) {
			const struct lk_sqlite_user *u = &q->s.users[i];

			if (u->in_the_way != (bool)way || shown++ >= MOST_USERS)
				continue;
			fputs("  ", o->f);
			put_who(o, u->lock);
			fprintf(o->f, " %s\n", lk_sqlite_user_words(&q->s, u));
		}
	}
	if (q->s.n_users > MOST_USERS)
		fprintf(o->f, "  and %zu more\n", q->s.n_users - MOST_USERS);
	if (q->s.journal_left) {
		lk_out_puts(o, q->beside[JOURNAL].path);
		fputs(" is there though nobody writes: unless journals are kept (journal_mode), a writer has died, and "
		      "the next to read rolls back what it wrote.\n",
		      o->f);
	}
	return 0;
}

int lk_who_sqlite_as_writer(struct lk_who *w, const struct lk_who_sqlite *q)
{
	if (!q->found)
		return 0;
	w->holders.n = 0;
	w->n_nameless = 0;
	for (size_t i = 0; i < q->s.n_users; i++) {
		const struct lk_sqlite_user *u = &q->s.users[i];
		int *slot = u->in_the_way && u->lock->n_holders ? lk_vec_push(&w->holders) : NULL;

		if (slot)
			*slot = u->lock->pid;
		else if (u->in_the_way && u->lock->n_holders)
			return -ENOMEM;
		w->n_nameless += u->in_the_way && !u->lock->n_holders;
	}
	/* One who may be in the way is waited for. */
	w->locked = q->s.n_in_the_way ? LK_YES : q->writable == LK_YES ? LK_NO : LK_UNKNOWN;
	if (w->locked == LK_UNKNOWN)
		w->reason = "by its locks it is a SQLite database, and not all of who writes to it could be seen";
	return 0;
}
