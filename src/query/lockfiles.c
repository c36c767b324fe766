/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds lock files and judges them. */
#include "query/lockfiles.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/text.h"

typedef LK_VEC(const char *) strings;

/* ---- where to look ---- */

/* Who became root by sudo(8) or su(1) means his own files as well. */
static const char *home_of_sudo_user(struct lk_arena *a)
{
	const char *uid = getenv("SUDO_UID");
	const struct passwd *pw;
	uint64_t u;

	if (!uid || lk_text_u64(uid, strlen(uid), 10, &u) < 0 || u > UINT32_MAX)
		return NULL;
	pw = getpwuid((uid_t)u);
	return pw ? lk_arena_strdup(a, pw->pw_dir) : NULL;
}

static void add_usual_places(struct lk_session *s, strings *dirs)
{
	/* Where programs keep them by the Filesystem Hierarchy Standard 3.0, and where people work. */
	static const char *const places[] = { "/run", "/var/lock", "/tmp",       "/var/tmp",
					      "/etc", "/var/lib",  "/var/cache", "/var/spool" };
	const char *homes[] = { getenv("HOME"), home_of_sudo_user(&s->arena) };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		*lk_vec_push(dirs) = places[i];
	for (size_t i = 0; i < sizeof(homes) / sizeof(*homes); i++) {
		if (homes[i] && homes[i][0] == '/' && homes[i][1] &&
		    (!i || !homes[0] || strcmp(homes[0], homes[1]) != 0))
			*lk_vec_push(dirs) = homes[i];
	}
}

static void add_file(struct lk_lockfiles *l, const struct lk_fact_file *file)
{
	*lk_vec_push(&l->files) = *file;
}

/* A directory can be a lock file itself. */
static void sort_names(struct lk_session *s, struct lk_lockfiles *l, strings *dirs)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		const struct lk_asked *t = &s->targets[i];
		bool has_path = t->resolved && t->file.path && t->file.path[0] == '/' && t->file.unreachable != LK_YES;

		if (has_path && lk_lockfile_of(t->file.path, t->file.mode))
			add_file(l, &t->file);
		else if (t->resolved && (S_ISDIR(t->file.mode) || !t->file.mode))
			*lk_vec_push(dirs) = t->path;
		else if (t->resolved)
			*lk_vec_push(&l->others) = t;
	}
}

/* ---- what was found ---- */

struct found {
	struct lk_session *session;
	struct lk_lockfiles *l;
};

static void lose(struct lk_lockfiles *l, const char *path, int rc)
{
	if (!l->lost.n++) {
		l->lost.first = path;
		l->lost.code = rc;
	}
}

/* What vanished, or is no lock file any more, is none. */
static int take_found(void *arg, size_t i, int rc, const struct lk_fact_file *file)
{
	struct found *f = arg;
	struct lk_fact_file copy;

	if (rc == -ENOENT || rc == -ENOTDIR || (rc == 0 && !lk_lockfile_of(f->l->search.paths.v[i], file->mode)))
		return 0;
	if (rc < 0 || !file->path || file->path[0] != '/' || file->unreachable == LK_YES) {
		lose(f->l, f->l->search.paths.v[i], rc);
		return 0;
	}
	copy = lk_session_copy_file(f->session, file);
	add_file(f->l, &copy);
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct lk_fact_file *)a)->path, ((const struct lk_fact_file *)b)->path);
}

/* A FILE may have been found below a DIR as well. */
static void sort_files(struct lk_lockfiles *l)
{
	size_t n = 0;

	if (l->files.n)
		qsort(l->files.v, l->files.n, sizeof(*l->files.v), compare_files);
	for (size_t i = 0; i < l->files.n; i++) {
		if (!n || strcmp(l->files.v[n - 1].path, l->files.v[i].path) != 0)
			l->files.v[n++] = l->files.v[i];
	}
	l->files.n = n;
}

static void judge(struct lk_session *s, struct lk_lockfiles *l)
{
	struct lk_evidence_request req = { .source = s->source, .snap = s->snap, .timeout_ms = s->timeout_ms };
	lk_auto_mem struct lk_lockfile **list = lk_alloc(l->files.n, sizeof(*list));
	struct lk_err err = { 0 };

	for (size_t i = 0; i < l->files.n; i++)
		*lk_vec_push(&l->v) = lk_lockfile_as(&l->files.v[i]);
	for (size_t i = 0; i < l->v.n; i++)
		list[i] = &l->v.v[i];
	/* If users could not be looked for, each verdict says so. */
	lk_lockfile_judge(list, l->v.n, req, NULL, &err);
	lk_err_done(&err);
}

int lk_lockfiles_find(struct lk_session *s, uint32_t search_ms, struct lk_lockfiles *ret, struct lk_err *err)
{
	struct found found = { s, ret };
	strings dirs = { 0 };
	int rc;

	*ret = (struct lk_lockfiles){ 0 };
	if (s->other_tree || !s->source->ops->resolve_all)
		return lk_err_set(err, -EOPNOTSUPP, "lock files can only be looked for on the live machine");
	s->lock_links = true;
	lk_session_resolve(s);
	if (s->n_names)
		sort_names(s, ret, &dirs);
	else
		add_usual_places(s, &dirs);
	rc = dirs.n ? lk_search_run(dirs.v, dirs.n, search_ms, &ret->search, err) : 0;
	/* They are looked up before the locks are read: then a scan that cannot see all locks sees at least those on them. */
	rc = rc ? rc
		: lk_source_resolve_all(s->source, ret->search.paths.v, ret->search.paths.n, take_found, &found, err);
	rc = rc ? rc : lk_session_look(s, 0, err);
	if (!rc) {
		sort_files(ret);
		judge(s, ret);
	}
	lk_vec_done(&dirs);
	return rc;
}

void lk_lockfiles_done(struct lk_lockfiles *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		lk_lockfile_done(&l->v.v[i]);
	lk_vec_done(&l->v);
	lk_vec_done(&l->files);
	lk_vec_done(&l->others);
	lk_search_done(&l->search);
}

bool lk_lockfiles_is_complete(const struct lk_lockfiles *l)
{
	return lk_search_is_complete(&l->search) && !l->lost.n;
}

bool lk_verdict_is_open(enum lk_verdict v)
{
	return v == LK_VERDICT_UNKNOWN || v == LK_VERDICT_FOREIGN;
}
