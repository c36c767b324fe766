/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the locks on files that had a certain name and lost it. */
#include "action/namesake.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "source/file_name.h"
#include "words/words.h"

#define LINKS_MAX 8 /* links of a chain that are followed */
#define NAMED_MAX 10 /* sentences */

struct search {
	struct lk_source *source;
	const struct lk_snapshot *snap;
	struct lk_arena arena;
	LK_VEC(const char *) names;
};

/* The name of a memfd, or of a file on a detached mount, identifies nothing: another file may have the same name. */
static bool is_name(enum lk_tri unreachable, uint64_t foreign_mnt_ns)
{
	return unreachable != LK_YES || foreign_mnt_ns;
}

static bool has_lost_name(const struct lk_file *f)
{
	return f->path && (f->deleted == LK_YES || f->replaced == LK_YES) && is_name(f->unreachable, f->foreign_mnt_ns);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Has a file of the snapshot lost a name whose last part is `base`? base NULL: any name. */
static bool may_be_named(const struct lk_snapshot *snap, const char *base)
{
	for (size_t i = 0; i < snap->n_files; i++) {
		const struct lk_file *f = &snap->files[i];

		if (has_lost_name(f) && (!base || strcmp(last_part(f->path), base) == 0))
			return true;
	}
	return false;
}

static int look_up(struct search *s, const char *path, bool follow, struct lk_fact_file *ret)
{
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(s->source, path, follow, ret, &err);

	lk_err_done(&err);
	return rc;
}

/* `path` made absolute, with the links in its directory resolved, but not a link in its last part. Directories that do not exist any
 * more are kept as given. NULL: `path` does not end in a name, or its directory is not known. */
static const char *absolute(struct search *s, const char *path)
{
	char *dir = lk_arena_strdup(&s->arena, path), *slash;
	const char *where = ".", *base;
	struct lk_fact_file file = { 0 };
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
	base = last_part(dir);
	if (!base[0] || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return NULL;
	slash = strrchr(dir, '/');
	if (slash) {
		*slash = '\0';
		where = slash == dir ? "/" : dir;
	}
	if (look_up(s, where, true, &file) == 0) {
		where = file.path && is_name(file.unreachable, file.foreign_mnt_ns)
				? lk_file_name(&s->arena, &file, file.path)
				: NULL;
	} else {
		where = slash && slash != dir ? absolute(s, where) : NULL;
	}
	if (!where)
		return NULL;
	return lk_arena_printf(&s->arena, "%s/%s", strcmp(where, "/") == 0 ? "" : where, base);
}

/* The target of a symbolic link on a local file system, as a path from here; NULL: `path` is no such link. */
static const char *where_it_leads(struct search *s, const char *path)
{
	struct lk_fact_file file = { 0 };
	const char *to = NULL;
	lk_buf link = { 0 };

	if (look_up(s, path, false, &file) < 0 || file.local != LK_YES || !S_ISLNK(file.mode))
		return NULL;
	if (lk_io_readlink_at(AT_FDCWD, path, &link) == 0)
		to = lk_arena_printf(&s->arena, "%.*s%s", link.v[0] == '/' ? 0 : (int)(last_part(path) - path), path,
				     lk_buf_str(&link));
	lk_vec_done(&link);
	return to;
}

static void add_name(struct search *s, const char *name)
{
	if (name)
		*lk_vec_push(&s->names) = name;
}

static void add_names(struct search *s, const char *path, const struct lk_fact_file *file, bool follow)
{
	if (file && file->path && is_name(file->unreachable, file->foreign_mnt_ns))
		add_name(s, lk_file_name(&s->arena, file, file->path));
	/* With a capture or another /proc tree there are no directories in which to look up `path`. */
	if (!s->snap->host.live) {
		add_name(s, path);
		return;
	}
	if (may_be_named(s->snap, last_part(path)))
		add_name(s, absolute(s, path));
	for (int n = 0; !file && follow && n < LINKS_MAX && (path = where_it_leads(s, path)) != NULL; n++)
		add_name(s, absolute(s, path));
}

static bool is_meant(const struct search *s, const struct lk_lock *l, const struct lk_fact_file *file)
{
	if (!has_lost_name(l->file) || (file && lk_lock_is_on(l, file) != LK_NO))
		return false;
	for (size_t i = 0; i < s->names.n; i++) {
		if (strcmp(s->names.v[i], l->file->path) == 0)
			return true;
	}
	return false;
}

void lk_namesakes_find(struct lk_source *source, const struct lk_snapshot *snap, const char *path,
		       const struct lk_fact_file *file, bool follow, lk_namesakes *ret)
{
	struct search s = { .source = source, .snap = snap };

	if (!may_be_named(snap, NULL))
		return;
	lk_arena_init(&s.arena);
	add_names(&s, path, file, follow);
	for (size_t i = 0; i < snap->n_locks; i++) {
		if (is_meant(&s, &snap->locks[i], file))
			*lk_vec_push(ret) = &snap->locks[i];
	}
	lk_vec_done(&s.names);
	lk_arena_done(&s.arena);
}

/* -- in words -- */

struct said {
	const struct lk_proc *proc; /* NULL: no process is proven */
	const char *does, *what;
};

typedef LK_VEC(struct said) said_list;

static void add_said(said_list *list, const struct lk_lock *l, const struct lk_proc *p)
{
	struct said one = {
		.proc = p,
		.does = lk_lock_is_waiting(l) ? "waits for" : "holds",
		.what = l->file->deleted == LK_YES ? "a deleted file of this name" : "another file that had this name",
	};

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].proc == p && list->v[i].does == one.does && list->v[i].what == one.what)
			return;
	}
	if (list->n <= NAMED_MAX)
		*lk_vec_push(list) = one;
}

static void collect(const lk_namesakes *locks, said_list *ret)
{
	for (size_t i = 0; i < locks->n; i++) {
		const struct lk_lock *l = locks->v[i];

		for (size_t k = 0; k < l->n_holders; k++)
			add_said(ret, l, l->holders[k].proc);
		if (!l->n_holders)
			add_said(ret, l, lk_lock_is_waiting(l) ? l->proc : NULL);
	}
}

void lk_namesakes_tell(const lk_namesakes *list, lk_namesake_cb cb, void *arg)
{
	struct lk_arena a = { 0 };
	said_list said = { 0 };

	collect(list, &said);
	for (size_t i = 0; i < said.n && i < NAMED_MAX; i++) {
		const struct said *one = &said.v[i];
		const char *who = one->proc ? lk_words_proc(&a, one->proc) : "somebody who is not proven";

		cb(arg, lk_arena_printf(&a, "%s %s a lock on %s", who, one->does, one->what));
	}
	if (said.n > NAMED_MAX)
		cb(arg, "so do more processes");
	lk_vec_done(&said);
	lk_arena_done(&a);
}
