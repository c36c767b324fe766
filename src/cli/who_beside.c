/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/who_beside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/uses.h"
#include "source/file_name.h"

/* Names of lock files that programs lock, made of the name of the file: "dump.sql.lock". */
static const struct {
	const char *before, *after;
} made_of_name[] = {
	{ "", ".lock" },  { "", ".lck" },  { "", "-lock" }, /* LMDB with MDB_NOSUBDIR */
	{ ".", ".lock" }, { ".", ".lck" }, { ".", ".swp" }, { ".~lock.", "#" },
};

/* Those of a whole directory. */
static const char *const of_directory[] = {
	"lock",        ".lock", "lock-frontend", /* dpkg */
	"LOCK", /* LevelDB, RocksDB */
	"lock.mdb", /* LMDB */
	".parentlock", /* Mozilla */
	"write.lock", /* Lucene */
};

#define N(list) (sizeof(list) / sizeof(*(list)))
#define SHOWN_MAX 10

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Only these are worth asking a file system for. The name of a locked file is not known where its holder could not be read. */
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

static void free_beside(struct lk_beside *b)
{
	lk_who_done(&b->who);
	lk_uses_done(&b->uses);
	free(b);
}

/* NULL with *ret_rc: -ENOMEM, or 0 where there is no such file. */
static struct lk_beside *look_up(struct lk_session *s, const char *path, int *ret_rc)
{
	struct lk_beside *b = calloc(1, sizeof(*b));
	struct lk_fact_file file = { 0 };
	struct lk_err err = { 0 };
	int rc = b && path ? lk_source_resolve(s->source, path, false, &file, &err) : -ENOMEM;

	lk_err_done(&err);
	if (rc == 0) {
		b->asked = (struct lk_asked){ .path = path, .resolved = true };
		rc = lk_session_copy_file(s, &file, &b->asked.file);
		rc = rc ? rc : lk_who_find(s, &b->asked, &b->who);
	}
	*ret_rc = rc == -ENOMEM ? rc : 0;
	if (rc == 0)
		return b;
	if (b)
		free_beside(b);
	return NULL;
}

static int keep(lk_besides *list, struct lk_beside *b)
{
	struct lk_beside **slot = lk_vec_push(list);

	if (!slot) {
		free_beside(b);
		return -ENOMEM;
	}
	*slot = b;
	return 0;
}

static int try_name(struct lk_session *s, const struct lk_fact_file *file, const char *dir, const char *name,
		    lk_besides *ret)
{
	struct lk_beside *b;
	int rc;

	if (!name)
		return -ENOMEM;
	if (!may_be_locked(s, file, name))
		return 0;
	b = look_up(s, lk_arena_printf(&s->arena, "%s/%s", dir, name), &rc);
	if (!b)
		return rc;
	if (b->who.locked == LK_YES && !lk_key_equal(&b->asked.file.key, &file->key))
		return keep(ret, b);
	free_beside(b);
	return 0;
}

/* Of a directory, what is in it and what is beside it. */
static int find_companions(struct lk_session *s, const struct lk_fact_file *file, lk_besides *ret)
{
	const char *name = last_part(file->path);
	const char *dir = lk_arena_strndup(&s->arena, file->path, (size_t)(name - file->path) - 1);
	bool is_dir = S_ISDIR(file->mode);
	int rc = dir ? 0 : -ENOMEM;

	for (size_t i = 0; name[0] && i < N(made_of_name) && !rc; i++)
		rc = try_name(s, file, dir,
			      lk_arena_printf(&s->arena, "%s%s%s", made_of_name[i].before, name, made_of_name[i].after),
			      ret);
	if (is_dir)
		dir = name[0] ? file->path : "";
	for (size_t i = 0; i < N(of_directory) && !rc; i++)
		rc = try_name(s, file, dir, of_directory[i], ret);
	return rc;
}

static int find_overlay(struct lk_session *s, const struct lk_use *use, lk_besides *ret)
{
	struct lk_uses_request req = { .n_files = 1, .timeout_ms = s->cli->timeout_ms };
	struct lk_err err = { 0 };
	struct lk_beside *b;
	int rc;

	b = look_up(s, lk_arena_strdup(&s->arena, use->what), &rc);
	if (!b)
		return rc;
	b->overlay = true;
	req.files = &b->asked.file;
	rc = lk_uses_find(s->source, &req, &b->uses, &err);
	lk_err_done(&err);
	if (rc == -ENOMEM) {
		free_beside(b);
		return rc;
	}
	return keep(ret, b);
}

/* Another /proc tree is looked through as a whole for each name. */
static bool can_look(const struct lk_session *s, const struct lk_asked *target)
{
	const struct lk_fact_file *file = &target->file;

	return !s->cli->proc && target->resolved && !file->key.none && file->local == LK_YES && file->path &&
	       file->path[0] == '/' && file->unreachable != LK_YES;
}

int lk_beside_find(struct lk_session *s, size_t i, const struct lk_uses *uses, lk_besides *ret)
{
	const struct lk_asked *target = &s->targets[i];
	int rc = can_look(s, target) ? find_companions(s, &target->file, ret) : 0;

	for (size_t k = 0; uses && k < uses->v.n && !rc; k++) {
		if (uses->v.v[k].file == i && uses->v.v[k].kind == LK_USE_OVERLAY)
			rc = find_overlay(s, &uses->v.v[k], ret);
	}
	return rc;
}

void lk_beside_done(lk_besides *b)
{
	for (size_t i = 0; i < b->n; i++)
		free_beside(b->v[i]);
	lk_vec_done(b);
}

/* -- below a directory -- */

int64_t lk_beside_count_below(const struct lk_session *s, const struct lk_asked *target)
{
	const struct lk_fact_file *dir = &target->file;
	const struct lk_snapshot *snap = s->snap;
	lk_auto_mem bool *counted = calloc(snap->n_files ? snap->n_files : 1, sizeof(*counted));
	struct lk_arena a = { 0 };
	const char *name;
	int64_t n = 0;

	if (!counted || !target->resolved || !S_ISDIR(dir->mode) || !dir->path)
		return -1;
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

int lk_beside_fill(const lk_besides *b, struct lk_answer_file *ret)
{
	ret->companions = calloc(b->n ? b->n : 1, sizeof(*ret->companions));
	if (!ret->companions)
		return -ENOMEM;
	ret->n_companions = b->n;
	for (size_t i = 0; i < b->n; i++) {
		const struct lk_beside *e = b->v[i];

		ret->companions[i] = (struct lk_answer_companion){
			.path = e->asked.path,
			.overlay = e->overlay,
			.locked = e->who.locked,
			.holders = e->who.holders.v,
			.n_holders = e->who.holders.n,
		};
	}
	return 0;
}

/* -- in words -- */

static const char *comm_of(const struct lk_who *w, int pid)
{
	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		for (size_t k = 0; k < l->n_holders; k++) {
			if (l->holders[k].pid == pid)
				return l->holders[k].proc && l->holders[k].proc->comm ? l->holders[k].proc->comm : "?";
		}
	}
	return "?";
}

static void print_holders(const struct lk_out *o, const struct lk_who *w)
{
	if (w->locked != LK_YES) {
		fputs(w->locked == LK_NO ? "not locked" : "it cannot be told whether it is locked", o->f);
		return;
	}
	if (!w->holders.n) {
		fputs("locked, but who holds it is not proven", o->f);
		return;
	}
	fprintf(o->f, "locked by %zu %s", w->holders.n, w->holders.n == 1 ? "process" : "processes");
	for (size_t i = 0; i < w->holders.n && i < SHOWN_MAX; i++) {
		fprintf(o->f, "%s%d (", i ? ", " : ": ", w->holders.v[i]);
		lk_out_puts(o, comm_of(w, w->holders.v[i]));
		putc(')', o->f);
	}
	if (w->holders.n > SHOWN_MAX)
		fprintf(o->f, " and %zu more", w->holders.n - SHOWN_MAX);
}

static const char *where_is(const struct lk_beside *e, const struct lk_asked *target)
{
	if (e->overlay)
		return "Also seen as ";
	return lk_text_below(e->asked.path, target->file.path) ? "In it: " : "Beside it: ";
}

void lk_beside_print(const struct lk_out *o, const struct lk_asked *target, const lk_besides *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct lk_beside *e = b->v[i];
		struct lk_uses_skip skip = { e->who.holders.v, e->who.holders.n };

		fputs(where_is(e, target), o->f);
		lk_out_puts(o, e->asked.path);
		fputs(": ", o->f);
		print_holders(o, &e->who);
		lk_uses_print(o, &e->uses, 0, false, &skip, 1, "; ");
		putc('\n', o->f);
	}
}

void lk_beside_print_below(const struct lk_out *o, const struct lk_session *s, const struct lk_asked *target)
{
	int64_t n = s->cli->recursive ? 0 : lk_beside_count_below(s, target);

	if (n > 0)
		fprintf(o->f, "At least %" PRId64 " %s below it %s locked: who -R tells by whom.\n", n,
			n == 1 ? "file" : "files", n == 1 ? "is" : "are");
}
