/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins pieces of a lock list at the locks that they have in common; reads nothing itself. */
#include <string.h>

#include "source/procfs/procfs_splice.h"

/* So many neighbouring locks in common are no accident: a single one could have been released and taken anew in between. */
#define MIN_RUN 4

void lk_piece_reset(struct scan_piece *t)
{
	t->lines.v.n = 0;
	t->lines.n_bad = 0;
	t->groups.n = 0;
	t->n_bytes = 0;
	t->cut = false;
}

void lk_piece_done(struct scan_piece *t)
{
	lk_scan_lines_done(&t->lines);
	lk_vec_done(&t->groups);
}

static void piece_add(struct scan_piece *to, const struct scan_line *l)
{
	if (!l->rec.depth)
		*lk_vec_push(&to->groups) = to->lines.v.n;
	*lk_vec_push(&to->lines.v) = *l;
}

/* One past the last line of group i. */
static size_t group_end(const struct scan_piece *t, size_t i)
{
	return i + 1 < t->groups.n ? t->groups.v[i + 1] : t->lines.v.n;
}

static uint64_t group_hash(const struct scan_piece *t, size_t i)
{
	return t->lines.v.v[t->groups.v[i]].hash;
}

static void add_groups(struct scan_piece *to, const struct scan_piece *from, size_t first)
{
	size_t i = first < from->groups.n ? from->groups.v[first] : from->lines.v.n;

	for (; i < from->lines.v.n; i++)
		piece_add(to, &from->lines.v.v[i]);
}

static void truncate_groups(struct scan_piece *t, size_t n)
{
	t->lines.v.n = n ? group_end(t, n - 1) : 0;
	t->groups.n = n;
}

void lk_piece_take(struct scan_piece *t, const char *text, size_t n, bool mid_line)
{
	struct scan_lines l = { 0 };
	const char *first = mid_line ? memchr(text, '\n', n) : NULL;
	size_t at = first ? (size_t)(first - text) + 1 : mid_line ? n : 0;

	while (at < n) {
		const char *nl = memchr(text + at, '\n', n - at);
		size_t len = (nl ? (size_t)(nl - text) : n) - at;

		l.v.n = 0;
		if (nl)
			lk_scan_add_line(&l, text + at, len);
		if (l.v.n && (t->groups.n || !l.v.v[0].rec.depth))
			piece_add(t, &l.v.v[0]);
		at += len + 1;
	}
	t->lines.n_bad = l.n_bad;
	lk_scan_lines_done(&l);
	if (t->cut && t->groups.n)
		truncate_groups(t, t->groups.n - 1);
}

void lk_splice_begin(struct scan_splice *j)
{
	lk_piece_reset(&j->all);
	j->from = j->base = 0;
	add_groups(&j->all, &j->before, 0);
	j->all.lines.n_bad = j->before.lines.n_bad;
}

static void note_places(struct scan_splice *j)
{
	lk_map_done(&j->places);
	for (size_t i = 0; i < j->now.groups.n; i++) {
		const uint64_t *hash = &j->now.lines.v.v[j->now.groups.v[i]].hash;
		size_t other;
		bool twice = lk_map_find(&j->places, hash, sizeof(*hash), &other);

		lk_map_set(&j->places, hash, sizeof(*hash), twice ? SIZE_MAX : i);
	}
}

struct run {
	size_t before, now, n; /* its first group in either piece; its length in groups */
};

/* The longest run of consecutive groups that both pieces have. */
static struct run find_run(struct scan_splice *j)
{
	struct run best = { 0 };

	note_places(j);
	for (size_t i = j->from; i < j->before.groups.n;) {
		uint64_t hash = group_hash(&j->before, i);
		struct run r = { .before = i };

		if (!lk_map_find(&j->places, &hash, sizeof(hash), &r.now) || r.now == SIZE_MAX) {
			i++;
			continue;
		}
		while (i + r.n < j->before.groups.n && r.now + r.n < j->now.groups.n &&
		       group_hash(&j->before, i + r.n) == group_hash(&j->now, r.now + r.n))
			r.n++;
		best = r.n > best.n ? r : best;
		i += r.n;
	}
	return best;
}

bool lk_splice_join(struct scan_splice *j, bool *ret_moved)
{
	struct scan_piece spare;
	struct run r = find_run(j);

	*ret_moved = false;
	if (r.n < MIN_RUN)
		return false;
	/* The piece was cut short and brings nothing beyond what is known. */
	if (j->now.cut && r.now + r.n == j->now.groups.n)
		return true;
	j->base += r.before - j->from;
	j->from = r.now;
	truncate_groups(&j->all, j->base + r.n);
	add_groups(&j->all, &j->now, r.now + r.n);
	j->all.lines.n_bad += j->now.lines.n_bad;
	spare = j->before;
	j->before = j->now;
	j->now = spare;
	*ret_moved = true;
	return true;
}

bool lk_splice_is_same_end(struct scan_splice *j)
{
	struct run r = find_run(j);

	return !j->now.cut && r.n && r.n == j->now.groups.n && r.before + r.n == j->before.groups.n;
}

void lk_splice_done(struct scan_splice *j)
{
	lk_map_done(&j->places);
	lk_piece_done(&j->now);
	lk_piece_done(&j->before);
	lk_piece_done(&j->all);
}
