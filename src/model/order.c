/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorts the rows by file, then range, in the same order from run to run. Waiters follow their root. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "model/build_private.h"

/* Sort key of a file. */
struct path_key {
	uint64_t text; /* the 8 bytes of the path after what all paths begin with, the first byte highest */
	uint32_t file;
};

/* Sort key of a held row, or of a request without a root. 32 bytes, so that qsort(3) moves the keys and not pointers to them. */
struct root_key {
	int64_t start, end;
	uint32_t file; /* its rank among the files */
	uint32_t kind;
	int32_t pid;
	uint32_t row;
};

static int compare_paths(const struct lk_file *a, const struct lk_file *b)
{
	if (!a->path || !b->path)
		return a->path ? -1 : b->path ? 1 : 0;
	return strcmp(a->path, b->path);
}

static int compare_files(const struct lk_file *a, const struct lk_file *b)
{
	int rc = compare_paths(a, b);

	rc = rc ? rc : lk_key_compare(&a->key, &b->key);
	rc = rc ? rc : lk_compare(a->st_major, b->st_major);
	return rc ? rc : lk_compare(a->st_minor, b->st_minor);
}

static int compare_path_keys(const void *x, const void *y, void *arg)
{
	const struct lk_build *b = arg;
	const struct path_key *p = x, *q = y;
	int rc = lk_compare(p->text, q->text);

	rc = rc ? rc : compare_files(&b->files.v[p->file], &b->files.v[q->file]);
	return rc ? rc : lk_compare(p->file, q->file);
}

/* The length of what all paths begin with. */
static size_t common_prefix(const struct lk_build *b)
{
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < b->files.n; i++) {
		const char *path = b->files.v[i].path;
		size_t k = 0;

		if (!path)
			continue;
		if (!first) {
			first = path;
			n = strlen(path);
		}
		while (k < n && path[k] == first[k])
			k++;
		n = k;
	}
	return n;
}

/* A file without a path comes last; if a path has eight bytes 0xff here, the rest of the comparison decides. */
static uint64_t path_text(const char *path, size_t prefix)
{
	unsigned char text[8] = { 0 };
	uint64_t v = 0;

	if (!path)
		return UINT64_MAX;
	for (size_t i = 0; i < sizeof(text) && path[prefix + i]; i++)
		text[i] = (unsigned char)path[prefix + i];
	for (size_t i = 0; i < sizeof(text); i++)
		v = v << 8 | text[i];
	return v;
}

/* ret_rank[file]: its place among the files. */
static void rank_files(struct lk_build *b, uint32_t *ret_rank)
{
	size_t n = b->files.n, prefix = common_prefix(b);
	lk_auto_mem struct path_key *keys = lk_alloc(n, sizeof(*keys));
	bool sorted = true;

	for (size_t i = 0; i < n; i++) {
		keys[i] = (struct path_key){ path_text(b->files.v[i].path, prefix), (uint32_t)i };
		sorted = sorted && (!i || compare_path_keys(&keys[i - 1], &keys[i], b) < 0);
	}
	if (!sorted)
		qsort_r(keys, n, sizeof(*keys), compare_path_keys, b);
	for (size_t i = 0; i < n; i++)
		ret_rank[keys[i].file] = (uint32_t)i;
}

static int fd_of(const struct lk_build *b, uint32_t row)
{
	uint32_t group = b->links.v[row].group;

	return group == BUILD_NONE ? -1 : lk_build_first_hit(b, group)->fd;
}

static int compare_roots(const void *x, const void *y, void *arg)
{
	const struct root_key *p = x, *q = y;
	const struct lk_build *b = arg;
	int rc = lk_compare(p->file, q->file);

	rc = rc ? rc : lk_compare(p->start, q->start);
	rc = rc ? rc : lk_compare(p->end, q->end);
	rc = rc ? rc : lk_compare(p->kind, q->kind);
	rc = rc ? rc : lk_compare(p->pid, q->pid);
	rc = rc ? rc : lk_compare(fd_of(b, p->row), fd_of(b, q->row));
	return rc ? rc : lk_compare(p->row, q->row);
}

static struct root_key root_key(const struct lk_build *b, uint32_t row, const uint32_t *rank)
{
	const struct lk_lock *l = &b->rows.v[row];
	const struct build_link *link = &b->links.v[row];

	return (struct root_key){
		.start = l->rec.range.start,
		.end = l->rec.range.end,
		.file = rank[link->file],
		.kind = (uint32_t)l->rec.type << 8 | (uint32_t)l->rec.mode,
		.pid = link->group == BUILD_NONE ? (int)l->rec.pid : lk_build_first_hit(b, link->group)->pid,
		.row = row,
	};
}

/* ret_place[root row]: its place among the roots. Returns how many roots there are. */
static size_t rank_roots(struct lk_build *b, const uint32_t *rank, uint32_t *ret_place)
{
	lk_auto_mem struct root_key *keys = lk_alloc(b->rows.n, sizeof(*keys));
	bool sorted = true;
	size_t n = 0;

	for (uint32_t i = 0; i < b->rows.n; i++) {
		if (b->links.v[i].root != i)
			continue;
		keys[n] = root_key(b, i, rank);
		sorted = sorted && (!n || compare_roots(&keys[n - 1], &keys[n], b) < 0);
		n++;
	}
	if (!sorted)
		qsort_r(keys, n, sizeof(*keys), compare_roots, b);
	for (size_t i = 0; i < n; i++)
		ret_place[keys[i].row] = (uint32_t)i;
	return n;
}

/* ret_place[row]: its new index. The rows of one root keep their order. */
static void place_rows(struct lk_build *b, const uint32_t *place_of_root, size_t n_roots, uint32_t *ret_place)
{
	lk_auto_mem uint32_t *next = lk_alloc(n_roots + 1, sizeof(*next));

	for (size_t i = 0; i < b->rows.n; i++)
		next[place_of_root[b->links.v[i].root] + 1]++;
	for (size_t i = 0; i < n_roots; i++)
		next[i + 1] += next[i];
	for (size_t i = 0; i < b->rows.n; i++)
		ret_place[i] = next[place_of_root[b->links.v[i].root]]++;
}

/* Moves the rows in place, because they are large, cycle by cycle of the permutation. from[place]: the row that goes there; overwritten. */
static void move_rows(struct lk_build *b, uint32_t *from)
{
	for (uint32_t i = 0; i < b->rows.n; i++) {
		struct build_link link = b->links.v[i];
		struct lk_lock row;
		uint32_t to = i;

		if (from[i] == i)
			continue;
		row = b->rows.v[i];
		while (from[to] != i) {
			uint32_t next = from[to];

			b->rows.v[to] = b->rows.v[next];
			b->links.v[to] = b->links.v[next];
			from[to] = to;
			to = next;
		}
		b->rows.v[to] = row;
		b->links.v[to] = link;
		from[to] = to;
	}
}

void lk_build_sort(struct lk_build *b)
{
	size_t n = b->rows.n;
	lk_auto_mem uint32_t *rank = lk_alloc(b->files.n, sizeof(*rank));
	lk_auto_mem uint32_t *roots = lk_alloc(n, sizeof(*roots));
	lk_auto_mem uint32_t *place = lk_alloc(n, sizeof(*place));

	rank_files(b, rank);
	place_rows(b, roots, rank_roots(b, rank, roots), place);
	for (size_t i = 0; i < n; i++)
		b->links.v[i].root = place[b->links.v[i].root];
	for (size_t i = 0; i < n; i++)
		roots[place[i]] = (uint32_t)i;
	move_rows(b, roots);
}
