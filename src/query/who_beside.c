/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other files that matter to the question about one FILE: those of SQLite, lock files beside it or in it, the FILE as an overlay shows it,
 * files below it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "query/who.h"
#include "source/file_name.h"

/* ---- SQLite ---- */

static const char *const suffixes[LK_SQLITE_N_BESIDE] = { "-shm", "-wal", "-journal" };

/* Looks beside the path that was given, and if nothing is there, beside the path of the file itself: the first may be that of a link. */
static void look_beside(struct lk_session *s, const struct lk_asked *t, const char *suffix, struct lk_asked *ret)
{
	const char *names[] = { t->path, t->file.unreachable == LK_YES ? NULL : t->file.path };

	for (size_t i = 0; i < 2 && !ret->resolved; i++) {
		if (!names[i] || (i && ret->code != -ENOENT))
			continue;
		*ret = (struct lk_asked){ .path = lk_arena_printf(&s->arena, "%s%s", names[i], suffix) };
		lk_session_resolve_one(s, ret);
	}
}

static struct lk_sqlite_locks locks_of(const struct lk_who *w)
{
	return (struct lk_sqlite_locks){ w->locks.v, w->locks.n };
}

/* Does nobody use a write-ahead log? Then X-shm is missing or not locked, and X-wal is missing: a connection that has the database for
 * itself keeps no X-shm, but it does keep X-wal. */
static bool has_no_log(const struct lk_who_sqlite *q)
{
	const struct lk_asked *shm = &q->beside[LK_SQLITE_SHM], *wal = &q->beside[LK_SQLITE_WAL_FILE];

	return (shm->code == -ENOENT || (shm->resolved && q->index.locked == LK_NO)) && wal->code == -ENOENT;
}

static enum lk_tri writable(const struct lk_who *w, const struct lk_who_sqlite *q)
{
	bool seen = q->s.mode == LK_SQLITE_ROLLBACK ||
		    (q->s.mode == LK_SQLITE_WAL && q->index.locked == LK_YES && !q->index.ambiguous);

	for (size_t i = 0; i < q->s.n_users; i++) {
		unsigned roles = q->s.users[i].roles;

		/* Whether a reader is in the way depends on the mode: if that is not known, only users in another role count. */
		if (q->s.users[i].in_the_way && (q->s.mode != LK_SQLITE_UNKNOWN || roles & ~(unsigned)LK_SQLITE_READS))
			return LK_NO;
	}
	if (q->s.n_in_the_way)
		return LK_UNKNOWN;
	return seen && !w->ambiguous ? LK_YES : LK_UNKNOWN;
}

/* A journal with content although nobody writes: left by a writer that died, unless journals are kept on purpose. */
static bool has_journal_left(const struct lk_who_sqlite *q)
{
	const unsigned writers = LK_SQLITE_WRITES | LK_SQLITE_EXCLUSIVE;
	bool writes = false;

	for (size_t i = 0; i < q->s.n_users; i++)
		writes = writes || q->s.users[i].roles & writers;
	return !writes && q->s.mode != LK_SQLITE_WAL && q->beside[LK_SQLITE_JOURNAL].resolved &&
	       q->beside[LK_SQLITE_JOURNAL].file.size > 0;
}

void lk_who_sqlite_find(struct lk_session *s, const struct lk_who *w, struct lk_who_sqlite *ret)
{
	const struct lk_known_layout *layout = lk_known_find(w->locks.v, w->locks.n, NULL);

	*ret = (struct lk_who_sqlite){ .writable = LK_UNKNOWN };
	if (s->recursive || s->has_range || !w->target->resolved || !layout || strcmp(layout->word, "sqlite") != 0)
		return;
	for (size_t i = 0; i < LK_SQLITE_N_BESIDE; i++)
		look_beside(s, w->target, suffixes[i], &ret->beside[i]);
	lk_who_find(s, &ret->beside[LK_SQLITE_SHM], &ret->index);
	ret->found = lk_sqlite_find(&ret->s, locks_of(w), locks_of(&ret->index), has_no_log(ret)) == 1;
	if (!ret->found)
		return;
	ret->writable = writable(w, ret);
	ret->s.journal_left = has_journal_left(ret);
}

void lk_who_sqlite_done(struct lk_who_sqlite *q)
{
	lk_sqlite_done(&q->s);
	lk_who_done(&q->index);
}

void lk_who_sqlite_as_writer(struct lk_who *w, const struct lk_who_sqlite *q)
{
	if (!q->found)
		return;
	w->holders.n = 0;
	w->n_nameless = 0;
	for (size_t i = 0; i < q->s.n_users; i++) {
		const struct lk_sqlite_user *u = &q->s.users[i];

		if (u->in_the_way && u->lock->n_holders)
			*lk_vec_push(&w->holders) = u->lock->pid;
		w->n_nameless += u->in_the_way && !u->lock->n_holders;
	}
	/* Users who only may be in the way count, too, so that the caller waits for them. */
	w->locked = q->s.n_in_the_way ? LK_YES : q->writable == LK_YES ? LK_NO : LK_UNKNOWN;
	if (w->locked == LK_UNKNOWN)
		w->reason = "by its locks it is a SQLite database, and not all of who writes to it could be seen";
}

/* ---- lock files ---- */

/* Names of files that programs lock with the kernel, made from the name of the file: "dump.sql.lock". What is known of lock files is in
 * lockfile/kinds.c; these names are used by too many programs to say more of them than that they are locked. */
static const struct {
	const char *before, *after;
} made_of_name[] = {
	{ "", ".lock" },  { "", ".lck" },  { "", "-lock" }, /* LMDB with MDB_NOSUBDIR */
	{ ".", ".lock" }, { ".", ".lck" },
};

/* Likewise for a whole directory. */
static const char *const of_directory[] = {
	"lock",       ".lock", "lock-frontend", /* dpkg */
	"LOCK", /* LevelDB, RocksDB */
	"lock.mdb", /* LMDB */
	"write.lock", /* Lucene */
};

#define N(list) (sizeof(list) / sizeof(*(list)))

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* May a locked file on the device of `near` have this name? Only then it is worth a look-up. A locked file without a path, because its
 * holder could not be read, may have any name. */
static bool may_be_locked(const struct lk_session *s, const struct lk_fact_file *near, const char *name)
{
	for (size_t i = 0; i < s->snap->n_files; i++) {
		const struct lk_file *f = &s->snap->files[i];

		if (f->key.major == near->key.major && f->key.minor == near->key.minor && !f->key.none &&
		    (!f->path || strcmp(last_part(f->path), name) == 0))
			return true;
	}
	return false;
}

void lk_beside_free(struct lk_beside *b)
{
	lk_lockfile_done(&b->lockfile);
	lk_who_done(&b->who);
	lk_uses_done(&b->uses);
	free(b);
}

struct lk_beside *lk_beside_new(struct lk_session *s, const char *path, const struct lk_fact_file *file)
{
	struct lk_beside *b = lk_alloc(1, sizeof(*b));

	b->asked = (struct lk_asked){ .path = lk_arena_strdup(&s->arena, path),
				      .resolved = true,
				      .file = lk_session_copy_file(s, file) };
	lk_who_find(s, &b->asked, &b->who);
	return b;
}

/* NULL: there is no such file, or it could not be looked up. */
static struct lk_beside *look_up(struct lk_session *s, const char *path)
{
	struct lk_fact_file file = { 0 };
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(s->source, path, false, &file, &err);

	lk_err_done(&err);
	return rc < 0 ? NULL : lk_beside_new(s, path, &file);
}

static bool is_there(const lk_besides *list, const struct lk_key *key)
{
	for (size_t i = 0; i < list->n; i++) {
		if (lk_key_equal(&list->v[i]->asked.file.key, key))
			return true;
	}
	return false;
}

static void try_name(struct lk_session *s, const struct lk_fact_file *file, const char *dir, const char *name,
		     lk_besides *ret)
{
	struct lk_beside *b = may_be_locked(s, file, name) ? look_up(s, lk_arena_printf(&s->arena, "%s/%s", dir, name))
							   : NULL;

	if (b && b->who.locked == LK_YES && !lk_key_equal(&b->asked.file.key, &file->key) &&
	    !is_there(ret, &b->asked.file.key))
		*lk_vec_push(ret) = b;
	else if (b)
		lk_beside_free(b);
}

/* Looks for lock files named after the file, beside it, and for lock files of a directory: of the file itself, or of the one it is in. */
static void find_companions(struct lk_session *s, const struct lk_fact_file *file, lk_besides *ret)
{
	const char *name = last_part(file->path);
	const char *dir = lk_arena_strndup(&s->arena, file->path, (size_t)(name - file->path) - 1);

	for (size_t i = 0; name[0] && i < N(made_of_name); i++)
		try_name(s, file, dir,
			 lk_arena_printf(&s->arena, "%s%s%s", made_of_name[i].before, name, made_of_name[i].after),
			 ret);
	if (S_ISDIR(file->mode))
		dir = name[0] ? file->path : "";
	for (size_t i = 0; i < N(of_directory); i++)
		try_name(s, file, dir, of_directory[i], ret);
}

/* If its uses cannot be found out, that is not reported. */
static void find_overlay(struct lk_session *s, const struct lk_use *use, lk_besides *ret)
{
	struct lk_beside *b = look_up(s, lk_arena_strdup(&s->arena, use->what));
	struct lk_uses_request req = { .n_files = 1, .timeout_ms = s->timeout_ms };
	struct lk_err err = { 0 };

	if (!b)
		return;
	b->overlay = true;
	req.files = &b->asked.file;
	lk_uses_find(s->source, &req, &b->uses, &err);
	lk_err_done(&err);
	*lk_vec_push(ret) = b;
}

static bool can_look(const struct lk_session *s, const struct lk_asked *target)
{
	const struct lk_fact_file *file = &target->file;

	return !s->other_tree && target->resolved && !file->key.none && file->local == LK_YES && file->path &&
	       file->path[0] == '/' && file->unreachable != LK_YES;
}

void lk_beside_find(struct lk_session *s, size_t i, const struct lk_uses *uses, lk_besides *ret)
{
	const struct lk_asked *target = &s->targets[i];

	if (can_look(s, target))
		find_companions(s, &target->file, ret);
	for (size_t k = 0; uses && k < uses->v.n; k++) {
		if (uses->v.v[k].file == i && uses->v.v[k].kind == LK_USE_OVERLAY)
			find_overlay(s, &uses->v.v[k], ret);
	}
}

void lk_beside_done(lk_besides *b)
{
	for (size_t i = 0; i < b->n; i++)
		lk_beside_free(b->v[i]);
	lk_vec_done(b);
}

/* ---- below a directory ---- */

int64_t lk_who_count_below(const struct lk_session *s, const struct lk_asked *target)
{
	const struct lk_fact_file *dir = &target->file;
	const struct lk_snapshot *snap = s->snap;
	lk_auto_mem bool *counted = NULL;
	struct lk_arena a = { 0 };
	const char *name;
	int64_t n = 0;

	if (!target->resolved || !S_ISDIR(dir->mode) || !dir->path)
		return -1;
	counted = lk_alloc(snap->n_files, sizeof(*counted));
	name = lk_file_name(&a, dir, dir->path);
	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_file *f = snap->locks[i].file;

		if (lk_lock_is_waiting(&snap->locks[i]) || counted[f->index] || !f->path || f->deleted == LK_YES ||
		    !lk_text_below(f->path, name))
			continue;
		counted[f->index] = true;
		n++;
	}
	lk_arena_done(&a);
	return n;
}
