/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling files apart: by key, and where keys may collide by st_dev and st_ino, on overlay hard links by name. */
#include <string.h>

#include "model/build_private.h"
#include "source/mounts.h"

int lk_build_compare_keys(const struct lk_key *a, const struct lk_key *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return a->ino < b->ino ? -1 : a->ino > b->ino;
}

/* An ident's key has no stray bytes in its padding, see set_key(). */
static int note_key(struct lk_build *b, const struct build_ident *kept)
{
	size_t before;
	bool again = lk_map_find(&b->by_key, &kept->key, sizeof(kept->key), &before);

	return lk_map_set(&b->by_key, &kept->key, sizeof(kept->key), again ? SIZE_MAX : b->files.n - 1);
}

static struct lk_file *add_file(struct lk_build *b, const struct build_ident *id)
{
	struct lk_arena *a = &b->snap->arena;
	struct build_ident *kept = lk_arena_memdup(a, id, sizeof(*id));
	struct lk_file *f = lk_arena_zalloc(a, sizeof(*f));
	struct lk_file **slot = kept && f ? lk_vec_push(&b->files) : NULL;

	if (!slot || lk_map_set(&b->by_ident, kept, sizeof(*kept), b->files.n - 1) < 0 || note_key(b, kept) < 0)
		return NULL;
	*slot = f;
	f->index = b->files.n - 1;
	f->key = id->key;
	f->size = -1;
	f->deleted = f->replaced = f->local = LK_UNKNOWN;
	return f;
}

static struct lk_file *find_file(struct lk_build *b, const struct build_ident *id)
{
	size_t i;

	return lk_map_find(&b->by_ident, id, sizeof(*id), &i) ? b->files.v[i] : NULL;
}

/* An ident must be all zero in its padding: it is hashed as bytes. */
static void set_key(struct build_ident *id, const struct lk_key *key)
{
	memset(id, 0, sizeof(*id));
	id->key.major = key->major;
	id->key.minor = key->minor;
	id->key.ino = key->ino;
	id->key.none = key->none;
}

static bool name_tells_apart(const struct lk_fact_file *f)
{
	return f->has_stat && f->nlink > 1 && f->fstype && f->path && strcmp(f->fstype, "overlay") == 0;
}

static int describe(struct lk_build *b, struct lk_file *f, const struct lk_fact_file *fact)
{
	struct lk_arena *a = &b->snap->arena;

	f->has_stat = fact->has_stat;
	f->st_major = fact->st_major;
	f->st_minor = fact->st_minor;
	f->st_ino = fact->st_ino;
	f->nlink = fact->nlink;
	f->size = fact->size;
	f->local = fact->local;
	f->fstype = lk_arena_strdup(a, fact->fstype);
	f->mount_point = lk_arena_strdup(a, fact->mount_point);
	f->path = lk_arena_strdup(a, fact->path);
	f->deleted = fact->deleted;
	f->replaced = fact->replaced;
	f->ambiguous = !fact->has_stat && fact->fstype && !lk_mounts_fs_keys_unique(fact->fstype);
	return fact->path && !f->path ? -1 : 0;
}

/* Of several names a living one is worth more than a deleted one. */
static bool is_better_name(const struct lk_file *f, const struct lk_fact_file *fact)
{
	return fact->path && (!f->path || (f->deleted == LK_YES && fact->deleted == LK_NO));
}

struct lk_file *lk_build_file(struct lk_build *b, const struct lk_fact_file *fact)
{
	struct build_ident id;
	struct lk_file *f;

	set_key(&id, &fact->key);
	if (fact->has_stat) {
		id.has_stat = 1;
		id.st_major = fact->st_major;
		id.st_minor = fact->st_minor;
		id.st_ino = fact->st_ino;
	}
	if (name_tells_apart(fact))
		id.path_hash = (uint32_t)lk_hash(LK_HASH_INIT, fact->path, strlen(fact->path));
	f = find_file(b, &id);
	if (f && !is_better_name(f, fact))
		return f;
	if (!f)
		f = add_file(b, &id);
	return f && describe(b, f, fact) == 0 ? f : NULL;
}

static const struct lk_fact_mount *find_mount(const struct lk_build *b, const struct lk_key *key)
{
	for (size_t i = 0; i < b->mounts.n; i++) {
		if (b->mounts.v[i].major == key->major && b->mounts.v[i].minor == key->minor)
			return &b->mounts.v[i];
	}
	return NULL;
}

/* The only file known under this key; NULL when there is none or more than one. */
static struct lk_file *only_file(const struct lk_build *b, const struct build_ident *id)
{
	size_t i;

	return lk_map_find(&b->by_key, &id->key, sizeof(id->key), &i) && i != SIZE_MAX ? b->files.v[i] : NULL;
}

struct lk_file *lk_build_file_by_key(struct lk_build *b, const struct lk_key *key)
{
	const struct lk_fact_mount *m = find_mount(b, key);
	bool unique = !m || m->keys_unique;
	struct build_ident id;
	struct lk_file *f;

	set_key(&id, key);
	f = find_file(b, &id);
	if (f)
		return f;
	f = unique ? only_file(b, &id) : NULL;
	if (f)
		return f;
	f = add_file(b, &id);
	if (!f || !m)
		return f;
	f->fstype = lk_arena_strdup(&b->snap->arena, m->fstype);
	f->mount_point = lk_arena_strdup(&b->snap->arena, m->mount_point);
	f->local = m->local;
	f->ambiguous = !unique;
	return f;
}
