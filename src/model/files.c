/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling files apart: by key, and where keys may collide by st_dev and st_ino, on overlay hard links by name. */
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "model/build_private.h"
#include "source/file_name.h"
#include "source/host/mounts.h"

/* What tells one file from another. */
struct ident {
	struct lk_key key;
	bool has_stat;
	uint32_t st_major, st_minor;
	uint64_t st_ino;
	uint32_t path_hash; /* only where the name tells files apart */
};

static uint64_t hash_key(const struct lk_key *k)
{
	return lk_hash_add(lk_hash_begin() + k->none, (uint64_t)k->major << 32 | k->minor, k->ino);
}

static uint64_t hash_ident(const struct ident *id)
{
	uint64_t h = hash_key(&id->key);

	if (id->has_stat)
		h = lk_hash_add(h, (uint64_t)id->st_major << 32 | id->st_minor, id->st_ino);
	return h + id->path_hash;
}

static bool is_ident(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;
	const struct lk_file *f = &b->files.v[value];
	const struct ident *id = key;

	if (!lk_key_equal(&f->key, &id->key) || f->has_stat != id->has_stat ||
	    b->names.v[value].path_hash != id->path_hash)
		return false;
	return !id->has_stat || (f->st_major == id->st_major && f->st_minor == id->st_minor && f->st_ino == id->st_ino);
}

static bool has_key(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;

	return lk_key_equal(&b->files.v[value].key, key);
}

static uint32_t first_of_key(const struct lk_build *b, const struct lk_key *key)
{
	return lk_index_find(&b->by_key, hash_key(key), has_key, b, key);
}

/* The file must not be in by_key yet. */
static void note_key(struct lk_build *b, uint32_t file)
{
	const struct lk_key *key = &b->files.v[file].key;
	uint32_t before = first_of_key(b, key);

	if (before == BUILD_NONE)
		lk_index_add(&b->by_key, hash_key(key), file);
	else
		b->names.v[before].shares_key = true;
}

static uint32_t add_file(struct lk_build *b, const struct ident *id)
{
	struct lk_file *f = lk_vec_push(&b->files);
	uint32_t at = (uint32_t)(b->files.n - 1);

	*lk_vec_push(&b->names) = (struct build_name){ .path_hash = id->path_hash };
	*f = (struct lk_file){ .index = at, .key = id->key, .size = -1 };
	f->deleted = f->replaced = f->local = f->unreachable = LK_UNKNOWN;
	f->has_stat = id->has_stat;
	f->st_major = id->st_major;
	f->st_minor = id->st_minor;
	f->st_ino = id->st_ino;
	lk_index_add(&b->by_ident, hash_ident(id), at);
	note_key(b, at);
	return at;
}

static uint32_t find_file(const struct lk_build *b, const struct ident *id)
{
	return lk_index_find(&b->by_ident, hash_ident(id), is_ident, b, id);
}

static bool name_tells_apart(const struct lk_fact_file *f)
{
	return f->has_stat && f->nlink > 1 && f->fstype && f->path && strcmp(f->fstype, "overlay") == 0;
}

static void describe(struct lk_build *b, struct lk_file *f, const struct lk_fact_file *fact)
{
	f->has_stat = fact->has_stat;
	f->st_major = fact->st_major;
	f->st_minor = fact->st_minor;
	f->st_ino = fact->st_ino;
	f->nlink = fact->nlink;
	f->size = fact->size;
	f->local = fact->local;
	f->fstype = lk_build_string(b, fact->fstype);
	f->seen_mount_point = lk_build_string(b, fact->mount_point);
	f->mount_point = lk_file_name(&b->snap->arena, fact, f->seen_mount_point);
	f->seen_path = lk_arena_strdup(&b->snap->arena, fact->path);
	f->path = lk_file_name(&b->snap->arena, fact, f->seen_path);
	f->deleted = fact->deleted;
	f->replaced = fact->replaced;
	f->unreachable = fact->unreachable;
	f->foreign_mnt_ns = fact->foreign_mnt_ns;
	f->ambiguous = !fact->has_stat && fact->fstype && !lk_mounts_fs_keys_unique(fact->fstype);
}

/* Of several names of a file, one that leads to it from here is better than one of another mount namespace, then an existing one better
 * than a deleted one. */
static int name_rank(const char *path, enum lk_tri unreachable, enum lk_tri deleted)
{
	return !path ? 0 : 1 + 2 * (unreachable != LK_YES) + (deleted == LK_NO);
}

static bool is_better_name(const struct lk_file *f, const struct lk_fact_file *fact)
{
	return name_rank(fact->path, fact->unreachable, fact->deleted) > name_rank(f->path, f->unreachable, f->deleted);
}

uint32_t lk_build_file(struct lk_build *b, const struct lk_fact_file *fact)
{
	struct ident id = { .key = fact->key, .has_stat = fact->has_stat };
	uint32_t at;

	if (fact->has_stat) {
		id.st_major = fact->st_major;
		id.st_minor = fact->st_minor;
		id.st_ino = fact->st_ino;
	}
	if (name_tells_apart(fact))
		id.path_hash = (uint32_t)lk_hash_fnv(LK_HASH_FNV, fact->path, strlen(fact->path));
	at = find_file(b, &id);
	if (at != BUILD_NONE && !is_better_name(&b->files.v[at], fact))
		return at;
	if (at == BUILD_NONE)
		at = add_file(b, &id);
	describe(b, &b->files.v[at], fact);
	return at;
}

/* Called when all facts are in. */
static const struct lk_fact_mount *find_mount(struct lk_build *b, const struct lk_key *key)
{
	const struct lk_fact_mount *m = b->last_mount;

	if (m && m->major == key->major && m->minor == key->minor)
		return m;
	for (size_t i = 0; i < b->mounts.n; i++) {
		m = &b->mounts.v[i];
		if (m->major == key->major && m->minor == key->minor)
			return b->last_mount = m;
	}
	return NULL;
}

/* The only file known under this key; BUILD_NONE when there is none or more than one. */
static uint32_t only_file(const struct lk_build *b, const struct lk_key *key)
{
	uint32_t at = first_of_key(b, key);

	return at != BUILD_NONE && !b->names.v[at].shares_key ? at : BUILD_NONE;
}

uint32_t lk_build_file_by_key(struct lk_build *b, const struct lk_key *key)
{
	const struct lk_fact_mount *m;
	struct ident id = { .key = *key };
	uint32_t at = find_file(b, &id);
	struct lk_file *f;
	bool unique;

	if (at != BUILD_NONE)
		return at;
	m = find_mount(b, key);
	unique = !m || m->keys_unique;
	at = unique ? only_file(b, key) : BUILD_NONE;
	if (at != BUILD_NONE)
		return at;
	at = add_file(b, &id);
	if (!m)
		return at;
	f = &b->files.v[at];
	f->fstype = lk_build_string(b, m->fstype);
	f->mount_point = f->seen_mount_point = lk_build_string(b, m->mount_point);
	f->local = m->local;
	f->ambiguous = !unique;
	return at;
}
