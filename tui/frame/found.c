/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searches lock files for the screen. */
#include "tui/frame/found.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"

#define SEARCH_MS 30000 /* for the search, and for each look at the machine */

static struct lk_file file_of(const struct lk_fact_file *f)
{
	return (struct lk_file){
		.index = LK_FOUND_NO_INDEX,
		.key = f->key,
		.has_stat = f->has_stat,
		.st_major = f->st_major,
		.st_minor = f->st_minor,
		.st_ino = f->st_ino,
		.nlink = f->nlink,
		.size = f->size,
		.path = f->path,
		.seen_path = f->path,
		.deleted = f->deleted,
		.replaced = f->replaced,
		.local = f->local,
		.unreachable = f->unreachable,
		.fstype = f->fstype,
		.mount_point = f->mount_point,
		.seen_mount_point = f->mount_point,
	};
}

struct lk_found *lk_found_make(struct lk_source *source)
{
	struct lk_found *f = lk_alloc(1, sizeof(*f));

	f->refs = 1;
	f->began_ms = lk_io_now_ms();
	f->session.source = source;
	f->session.timeout_ms = SEARCH_MS;
	lk_lockfiles_find(&f->session, SEARCH_MS, &f->all, &f->failure);
	f->files = lk_alloc(f->all.v.n, sizeof(*f->files));
	for (size_t i = 0; i < f->all.v.n; i++)
		f->files[i] = file_of(f->all.v.v[i].file);
	f->took_ms = lk_io_now_ms() - f->began_ms;
	return f;
}

struct lk_found *lk_found_hold(const struct lk_found *f)
{
	struct lk_found *own = (struct lk_found *)f;

	if (own)
		__atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
	return own;
}

void lk_found_drop(const struct lk_found *f)
{
	struct lk_found *own = (struct lk_found *)f;

	if (!own || __atomic_sub_fetch(&own->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free(own->files);
	lk_lockfiles_done(&own->all);
	lk_session_done(&own->session);
	lk_err_done(&own->failure);
	free(own);
}

const struct lk_lockfile *lk_found_of(const struct lk_found *found, const struct lk_file *file)
{
	for (size_t i = 0; found && !file->key.none && i < found->all.v.n; i++) {
		const struct lk_lockfile *l = &found->all.v.v[i];

		if (l->kind && lk_key_equal(&l->file->key, &file->key) && file->path &&
		    strcmp(file->path, l->file->path) == 0)
			return l;
	}
	return NULL;
}
