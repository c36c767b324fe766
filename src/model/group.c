/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups the descriptors that show one lock. If the source knows which line a descriptor shows, that decides; otherwise what both print,
 * and who owns the lock. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/ints.h"
#include "model/build_private.h"

static struct lk_record *body_record(const struct lk_build *b, const struct build_body *body)
{
	return body->row == BUILD_NONE ? &b->recs.v[body->rec] : &b->rows.v[body->row].rec;
}

static bool is_body(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;

	return lk_record_same_body(body_record(b, &b->bodies.v[value]), key);
}

uint64_t lk_build_hash_body(const struct lk_record *r)
{
	struct lk_body body = lk_record_body(r);
	uint64_t h = lk_hash_add(lk_hash_begin(), body.words[0], body.words[1]);

	h = lk_hash_add(h, body.words[2], body.words[3]);
	return lk_hash_add(h, body.words[4], body.words[5]);
}

static uint32_t find_body(const struct lk_build *b, const struct lk_record *rec, uint64_t hash)
{
	return lk_index_find(&b->by_body, hash, is_body, b, rec);
}

static void add_body(struct lk_build *b, uint64_t hash, uint32_t row, uint32_t rec)
{
	*lk_vec_push(&b->bodies) = (struct build_body){ .row = row, .rec = rec, .group = BUILD_NONE };
	lk_index_add(&b->by_body, hash, (uint32_t)(b->bodies.n - 1));
}

/* Needed only where a source does not know which line a descriptor shows. */
static void note_lines(struct lk_build *b)
{
	for (size_t i = b->n_body_lines; i < b->rows.n; i++) {
		const struct lk_record *rec = &b->rows.v[i].rec;
		uint64_t hash = lk_build_hash_body(rec);

		if (!rec->depth && find_body(b, rec, hash) == BUILD_NONE)
			add_body(b, hash, (uint32_t)i, BUILD_NONE);
	}
	b->n_body_lines = b->rows.n;
}

static void note_body(struct lk_build *b, struct build_hit *h, const struct lk_record *rec)
{
	uint64_t hash = lk_build_hash_body(rec);

	note_lines(b);
	h->shows = find_body(b, rec, hash);
	if (h->shows != BUILD_NONE)
		return;
	*lk_vec_push(&b->recs) = *rec;
	h->shows = (uint32_t)b->bodies.n;
	add_body(b, hash, BUILD_NONE, (uint32_t)(b->recs.n - 1));
}

/* The descriptor can know the mode of a lease being broken where the line does not (lk_record_set_break()). */
static void learn_mode(struct lk_record *known, const struct lk_record *rec)
{
	if (known->break_to && known->mode == LK_MODE_UNKNOWN)
		known->mode = rec->mode;
}

void lk_build_add_hit(struct lk_build *b, const struct lk_fact_fd *f, uint32_t file)
{
	struct build_hit *h = lk_vec_push(&b->hits);

	*h = (struct build_hit){ .pid = f->pid, .tid = f->tid, .fd = f->fd, .file = file, .ofd = f->ofd };
	/* A line number that no held lock has is wrong: a capture may claim anything. */
	h->knows_line = f->line && f->line <= b->rows.n && b->rows.v[f->line - 1].line == f->line &&
			!b->rows.v[f->line - 1].rec.depth;
	if (h->knows_line) {
		h->shows = (uint32_t)(f->line - 1);
		learn_mode(&b->rows.v[h->shows].rec, &f->rec);
		return;
	}
	note_body(b, h, &f->rec);
	learn_mode(body_record(b, &b->bodies.v[h->shows]), &f->rec);
}

/* Equal bodies belong to one lock when the open file description is the same; a POSIX lock is owned by the table of descriptors instead. */
static uint64_t owner_of(const struct lk_build *b, const struct build_hit *h)
{
	if (h->knows_line)
		return 0;
	if (body_record(b, &b->bodies.v[h->shows])->type == LK_TYPE_POSIX)
		return h->tid ? (uint64_t)h->tid : 0;
	return h->ofd;
}

/* Orders descriptors that show the same line or body. */
static int compare_hits(const void *x, const void *y, void *arg)
{
	const struct lk_build *b = arg;
	const struct build_hit *p = &b->hits.v[*(const uint32_t *)x], *q = &b->hits.v[*(const uint32_t *)y];
	int rc = lk_compare(owner_of(b, p), owner_of(b, q));

	rc = rc ? rc : lk_compare((uint64_t)p->pid, (uint64_t)q->pid);
	rc = rc ? rc : lk_compare((uint64_t)p->tid, (uint64_t)q->tid);
	return rc ? rc : lk_compare((uint64_t)p->fd, (uint64_t)q->fd);
}

/* Buckets: one for each line, then one for each body. */
static size_t bucket_of(const struct lk_build *b, const struct build_hit *h)
{
	return h->knows_line ? h->shows : b->n_lines + h->shows;
}

/* Fills b->order with the hits by bucket; those of one bucket are at begin[bucket] up to begin[bucket + 1]. */
static void fill_order(struct lk_build *b, uint32_t *begin, size_t n_buckets)
{
	b->order = lk_alloc(b->hits.n, sizeof(*b->order));
	for (size_t i = 0; i < b->hits.n; i++)
		begin[bucket_of(b, &b->hits.v[i]) + 1]++;
	for (size_t i = 0; i < n_buckets; i++)
		begin[i + 1] += begin[i];
	for (size_t i = 0; i < b->hits.n; i++)
		b->order[begin[bucket_of(b, &b->hits.v[i])]++] = (uint32_t)i;
	/* Each begin[] has advanced to the beginning of the next bucket. */
	memmove(begin + 1, begin, n_buckets * sizeof(*begin));
	begin[0] = 0;
}

/* Splits a bucket into groups, one for each owner. */
static void split(struct lk_build *b, uint32_t first, uint32_t end)
{
	uint64_t last = 0;

	if (end - first > 1)
		qsort_r(b->order + first, end - first, sizeof(*b->order), compare_hits, b);
	for (uint32_t i = first; i < end; i++) {
		uint64_t owner = owner_of(b, &b->hits.v[b->order[i]]);

		if (i > first && owner == last) {
			b->groups.v[b->groups.n - 1].n++;
			continue;
		}
		*lk_vec_push(&b->groups) = (struct build_group){ .first = i, .n = 1 };
		last = owner;
	}
}

void lk_build_group(struct lk_build *b)
{
	size_t n_buckets = b->n_lines + b->bodies.n;
	lk_auto_mem uint32_t *begin = lk_alloc(n_buckets + 2, sizeof(*begin));

	/* Indexes must fit in 32 bits. */
	if (b->hits.n >= BUILD_NONE || n_buckets >= BUILD_NONE)
		lk_alloc_fail();
	fill_order(b, begin, n_buckets);
	for (size_t i = 0; i < n_buckets; i++) {
		uint32_t first = (uint32_t)b->groups.n;
		struct build_body *body = i < b->n_lines ? NULL : &b->bodies.v[i - b->n_lines];

		if (begin[i] == begin[i + 1])
			continue;
		split(b, begin[i], begin[i + 1]);
		if (body) {
			body->group = first;
			body->n_groups = (uint32_t)b->groups.n - first;
		} else {
			b->links.v[i].group = first;
		}
	}
}

static bool owner_known(const struct lk_build *b, uint32_t group)
{
	const struct build_hit *h = lk_build_first_hit(b, group);

	return lk_build_group_record(b, group)->type == LK_TYPE_POSIX || h->ofd != 0;
}

/* The group whose open file description is unknown comes first; lines for which no other group is left share it. */
uint32_t lk_build_take_group(struct lk_build *b, uint32_t row)
{
	uint32_t at = b->links.v[row].group, unknown, next;
	const struct lk_record *rec = &b->rows.v[row].rec;
	struct build_body *body;

	if (at == BUILD_NONE && b->bodies.n)
		at = find_body(b, rec, lk_build_hash_body(rec));
	else if (at != BUILD_NONE) {
		b->groups.v[at].taken = true;
		return at;
	}
	body = at == BUILD_NONE ? NULL : &b->bodies.v[at];
	if (!body || body->group == BUILD_NONE)
		return BUILD_NONE;
	unknown = owner_known(b, body->group) ? BUILD_NONE : body->group;
	next = (unknown != BUILD_NONE) + body->n_out;
	if (next < body->n_groups) {
		body->n_out++;
		b->groups.v[body->group + next].taken = true;
		return body->group + next;
	}
	if (unknown != BUILD_NONE) {
		b->groups.v[unknown].shared_out = b->groups.v[unknown].taken;
		b->groups.v[unknown].taken = true;
	}
	return unknown;
}

const struct build_hit *lk_build_first_hit(const struct lk_build *b, uint32_t group)
{
	return &b->hits.v[b->order[b->groups.v[group].first]];
}

const struct lk_record *lk_build_group_record(const struct lk_build *b, uint32_t group)
{
	const struct build_hit *h = lk_build_first_hit(b, group);

	return h->knows_line ? &b->rows.v[h->shows].rec : body_record(b, &b->bodies.v[h->shows]);
}

int lk_build_compare_groups(const struct lk_build *b, uint32_t x, uint32_t y)
{
	struct lk_body p = lk_record_body(lk_build_group_record(b, x)), q = lk_record_body(lk_build_group_record(b, y));
	int rc = memcmp(&p, &q, sizeof(p));

	rc = rc ? rc : lk_compare(owner_of(b, lk_build_first_hit(b, x)), owner_of(b, lk_build_first_hit(b, y)));
	return rc ? rc : lk_compare(x, y);
}
