/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The id of a row: 64-bit FNV-1a of what makes it that lock. */
#include <string.h>

#include "base/map.h"
#include "model/build_private.h"

#define FNV_PRIME UINT64_C(0x100000001b3)

/* lk_hash() of the 8 bytes, lowest first. A zero byte only multiplies, and most numbers are small. */
static uint64_t hash_number(uint64_t h, int64_t v)
{
	static const uint64_t power[] = {
		1,
		FNV_PRIME,
		FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
	};
	size_t n_zero = 8;

	for (uint64_t rest = (uint64_t)v; rest; rest >>= 8, n_zero--)
		h = (h ^ (rest & 0xff)) * FNV_PRIME;
	return h * power[n_zero];
}

static uint64_t hash_file(uint64_t h, const struct lk_file *f)
{
	h = hash_number(h, (int64_t)((uint64_t)f->key.major << 32 | f->key.minor));
	h = hash_number(h, (int64_t)f->key.ino);
	h = hash_number(h, f->has_stat ? (int64_t)((uint64_t)f->st_major << 32 | f->st_minor) : -1);
	return hash_number(h, f->has_stat ? (int64_t)f->st_ino : -1);
}

static uint64_t hash_owner(uint64_t h, const struct lk_lock *l)
{
	const struct lk_holder *o = l->waiter ? l->waiter : l->n_holders ? &l->holders[0] : NULL;

	/* Not every source knows the taker of an OFD lock. */
	if (!o)
		return hash_number(h, l->rec.type == LK_TYPE_OFD ? -1 : l->rec.pid);
	h = hash_number(h, o->pid);
	h = hash_number(h, (int64_t)o->proc->start_ticks);
	return hash_number(h, l->waiter ? o->tid : o->fd);
}

/* h: of the machine and the file. */
static uint64_t hash_lock(uint64_t h, const struct lk_lock *l)
{
	/* A lease is one whatever its mode becomes, and that of one being broken is not always known. */
	bool held_lease = lk_type_same_space(l->rec.type, LK_TYPE_LEASE) && !lk_lock_is_waiting(l);

	h = hash_number(h, (int64_t)l->rec.type << 8 | (int64_t)(held_lease ? LK_MODE_UNKNOWN : l->rec.mode));
	h = hash_number(h, lk_lock_is_waiting(l));
	h = hash_number(h, l->rec.range.start);
	h = hash_number(h, l->rec.range.end);
	return hash_owner(h, l);
}

static bool has_id(const void *arg, uint32_t value, const void *key)
{
	const struct lk_snapshot *s = arg;

	return s->locks[value].id == *(const uint64_t *)key;
}

static void note_id(struct lk_snapshot *s, struct lk_index *ids, uint32_t row)
{
	struct lk_lock *l = &s->locks[row];
	uint64_t hash = lk_mix(lk_mix_begin(), l->id, 0);
	uint32_t other = lk_index_find(ids, hash, has_id, s, &l->id);

	if (other == LK_INDEX_NONE)
		lk_index_add(ids, hash, row);
	else
		l->id_shared = s->locks[other].id_shared = true;
}

void lk_build_name_ids(struct lk_snapshot *s)
{
	uint64_t machine = lk_hash(LK_HASH_INIT, s->host.boot_id, strlen(s->host.boot_id)), of_file = 0;
	const struct lk_file *file = NULL;
	struct lk_index ids = { 0 };

	for (size_t i = 0; i < s->n_locks; i++) {
		struct lk_lock *l = &s->locks[i];

		if (l->file != file)
			of_file = hash_file(machine, l->file);
		file = l->file;
		l->id = hash_lock(of_file, l);
		note_id(s, &ids, (uint32_t)i);
	}
	lk_index_done(&ids);
}
