/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes of a scan, cheapest first; a later one runs only for what the earlier ones left open. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/debug.h"
#include "source/procfs/procfs_private.h"

/* Enough for two looks at a few processes, the whole sweep that they can lead to, and a last round. */
#define MAX_ROUNDS 4

/* If /proc/locks is missing or forbidden, fdinfo still shows locks; any other error ends the scan. */
static int tolerate_no_locks(struct scan *s, int rc, struct lk_err *err)
{
	if (rc == -ENOENT || rc == -EACCES || rc == -EPERM) {
		s->has_locks_file = false;
		lk_scan_deny(s, LK_UNREAD_LOCKS, rc);
		return 0;
	}
	return rc < 0 ? lk_err_set(err, rc, "cannot read the kernel's lock list (proc file 'locks'): %s", strerror(-rc))
		      : 0;
}

typedef LK_VEC(size_t) indexes;

/* Finds the orphans: held lines that no descriptor shows. */
static void find_orphans(const struct scan *s, indexes *ret)
{
	struct scan_counts c;

	ret->n = 0;
	lk_scan_count(s, &s->lines, &c);
	for (size_t i = 0; i < s->lines.v.n; i++) {
		const struct scan_line *l = &s->lines.v.v[i];
		struct scan_count *n = l->rec.depth ? NULL : lk_scan_count_of(&c, l->hash);

		if (n && n->next_seen++ >= n->n_groups)
			*lk_vec_push(ret) = i;
	}
	lk_scan_counts_done(&c);
}

static size_t count_lines(struct scan_counts *c, uint64_t hash)
{
	const struct scan_count *n = lk_scan_count_of(c, hash);

	return n ? n->n_lines : 0;
}

/* Keeps only orphans whose line is fewer times in `other` than in s->lines. If `other` is older, these are locks taken since; if it is
 * newer, locks released since, or listed twice by a torn read. Orphans of d (NULL: none), which another look has not explained, are kept
 * too. */
static void keep_fewer(const struct scan *s, const struct scan_lines *other, const struct scan_recheck *d, indexes *o)
{
	struct scan_counts there, here;
	size_t kept = 0;

	lk_scan_count(s, other, &there);
	lk_scan_count(s, &s->lines, &here);
	for (size_t i = 0; i < o->n; i++) {
		uint64_t hash = s->lines.v.v[o->v[i]].hash;

		if (count_lines(&there, hash) < count_lines(&here, hash) || (d && lk_scan_is_rechecked(d, hash)))
			o->v[kept++] = o->v[i];
	}
	o->n = kept;
	lk_scan_counts_done(&there);
	lk_scan_counts_done(&here);
}

/* The processes that lines name, each once. */
static void recorded_pids(const struct scan *s, const indexes *o, lk_ints *ret)
{
	for (size_t i = 0; i < o->n; i++)
		lk_scan_add_pid(ret, s->lines.v.v[o->v[i]].rec.pid);
	lk_ints_sort(ret);
}

static void sweep_recorded_threads(struct scan *s, const indexes *o)
{
	lk_ints p = { 0 };

	recorded_pids(s, o, &p);
	for (size_t i = 0; i < p.n && !lk_scan_is_late(s); i++)
		lk_scan_sweep_threads(s, p.v[i]);
	lk_vec_done(&p);
}

static void copy_lines(struct scan_lines *to, const struct scan_lines *from)
{
	lk_scan_lines_done(to);
	lk_vec_reserve(&to->v.v, &to->v.cap, 0, from->v.n, sizeof(*to->v.v));
	if (from->v.n)
		memcpy(to->v.v, from->v.v, from->v.n * sizeof(*to->v.v));
	to->v.n = from->v.n;
	to->n_reads = from->n_reads;
	to->n_bytes = from->n_bytes;
	to->n_bad = from->n_bad;
}

/* Reads the list again, and the skipped descriptors whose files are in it. An unreliable list is no reason to skip anything: then
 * everything is swept and read. */
static int read_list(struct scan *s, struct scan_lines *before, struct lk_err *err)
{
	int rc = tolerate_no_locks(s, lk_scan_stable_lines(s, before), err);

	if (rc < 0 || !s->has_locks_file)
		return rc;
	if (s->stable || !s->skip.n) {
		lk_scan_look_at_skipped(s);
		return 0;
	}
	s->skip.never = true;
	return lk_scan_sweep(s);
}

static bool is_denied(const struct scan *s, int64_t pid)
{
	int key = (int)pid;
	const struct scan_proc *p = NULL;

	if (pid > 0 && pid <= INT32_MAX && s->procs.n)
		p = bsearch(&key, s->procs.v, s->procs.n, sizeof(*s->procs.v), lk_compare_int);
	return p && p->denied;
}

/* A lock that is in both lists, before and after the sweep, may have been released when its process was swept, and taken again since. So
 * all orphans are looked at once more, whether or not they are in the list before. */
static int look_at_repeated(struct scan *s, indexes *o)
{
	struct scan_recheck once = { 0 };
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (!is_denied(s, s->lines.v.v[o->v[i]].rec.pid))
			o->v[n++] = o->v[i];
	}
	if (n)
		rc = lk_scan_recheck(s, o->v, n, &once);
	lk_scan_recheck_done(&once);
	lk_scan_number_ofds(s);
	find_orphans(s, o);
	return rc;
}

/* The sweep and the lock list are made one after the other; where they disagree because something changed, both are made again. */
static int settle(struct scan *s, struct scan_lines *before, indexes *o, struct lk_err *err)
{
	struct scan_recheck recheck = { 0 };
	int rc = 0;

	for (int round = 0; rc == 0 && round < MAX_ROUNDS; round++) {
		rc = read_list(s, before, err);
		if (rc < 0 || !s->has_locks_file || lk_scan_is_late(s))
			break;
		lk_scan_number_ofds(s);
		find_orphans(s, o);
		if (round == 0 && o->n)
			rc = look_at_repeated(s, o);
		keep_fewer(s, before, &recheck, o);
		lk_debug(LK_DEBUG_SCAN,
			 "round %d: %zu lines in %zu reads, %s; %zu of them new and shown by no descriptor", round + 1,
			 s->lines.v.n, s->lines.n_reads,
			 s->stable ? "nothing is missing" : "the list does not stand still", o->n);
		if (!o->n || lk_scan_is_late(s))
			break;
		rc = lk_scan_recheck(s, o->v, o->n, &recheck);
		copy_lines(before, &s->lines);
	}
	lk_scan_recheck_done(&recheck);
	return rc;
}

static bool key_in(const struct lk_key *keys, size_t n, const struct lk_key *k)
{
	return n && !k->none && bsearch(k, keys, n, sizeof(*keys), lk_key_compare);
}

/* The files of the orphans, each once, sorted. */
static struct lk_key *orphan_keys(const struct scan *s, const indexes *o, size_t *ret_n)
{
	struct lk_key *keys = lk_alloc(o->n, sizeof(*keys));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (!s->lines.v.v[o->v[i]].rec.key.none)
			keys[n++] = s->lines.v.v[o->v[i]].rec.key;
	}
	qsort(keys, n, sizeof(*keys), lk_key_compare);
	for (size_t i = 0; i < n; i++) {
		if (!kept || lk_key_compare(&keys[kept - 1], &keys[i]) != 0)
			keys[kept++] = keys[i];
	}
	*ret_n = kept;
	return keys;
}

/* Appends the groups (a held line and the waiters under it) whose file is, or is not, among the keys. */
static void add_groups(struct scan_lines *to, const struct scan_lines *from, const struct lk_key *keys, size_t n,
		       bool want)
{
	bool take = false;

	for (size_t i = 0; i < from->v.n; i++) {
		const struct scan_line *l = &from->v.v[i];

		if (!l->rec.depth)
			take = key_in(keys, n, &l->rec.key) == want;
		if (take)
			*lk_vec_push(&to->v) = *l;
	}
}

/* Orphans that are missing from the newer list were released during the scan: all lines of their files are taken from that list instead,
 * and the processes that have the locks it adds are looked for. true: it added locks that no descriptor shows. */
static bool replace_released(struct scan *s, const struct scan_lines *now, indexes *o)
{
	lk_auto_mem struct lk_key *keys = NULL;
	struct scan_lines mixed = { .n_reads = s->lines.n_reads, .n_bad = s->lines.n_bad }, old = s->lines;
	struct scan_recheck once = { 0 };
	size_t n_keys;

	keep_fewer(s, now, NULL, o);
	if (!o->n)
		return false;
	keys = orphan_keys(s, o, &n_keys);
	add_groups(&mixed, &old, keys, n_keys, false);
	add_groups(&mixed, now, keys, n_keys, true);
	s->lines = mixed;
	find_orphans(s, o);
	keep_fewer(s, &old, NULL, o);
	lk_scan_lines_done(&old);
	if (!o->n || lk_scan_is_late(s))
		return false;
	if (lk_scan_recheck(s, o->v, o->n, &once) == 0)
		lk_scan_number_ofds(s);
	lk_scan_recheck_done(&once);
	return true;
}

/* Drops orphans that a newer read of the list does not have. A torn read would drop locks that are still held: it is used only if s->lines
 * is not trusted anyway. true: it may be worth another round. */
static bool drop_released(struct scan *s, indexes *o)
{
	struct scan_lines now = { 0 };
	bool sure, any_new = false;

	if (lk_scan_read_settled(s, &s->lines, &now, &sure) < 0)
		return false;
	if (sure || !s->stable)
		any_new = replace_released(s, &now, o);
	lk_scan_lines_done(&now);
	find_orphans(s, o);
	return any_new;
}

/* Two equal exclusive locks cannot exist at once, unless two files share the key. */
static bool is_impossible_twice(const struct scan *s, const struct lk_record *r)
{
	const struct lk_mount *m = lk_mounts_by_dev(&s->mounts, r->key.major, r->key.minor);

	return r->mode == LK_MODE_WRITE && (!s->stable || (m && lk_mounts_fs_keys_unique(m->fstype)));
}

/* Drops lines that a torn read met twice: a second line of an exclusive lock is the same lock, met again further down. Even two equal
 * reads in a row can have met it twice. */
static void drop_repeated(struct scan *s, indexes *o)
{
	struct scan_counts c;
	size_t n = 0, next = 0;
	bool drop = false;

	lk_scan_count(s, &s->lines, &c);
	for (size_t i = 0; i < s->lines.v.n; i++) {
		const struct scan_line *l = &s->lines.v.v[i];

		if (!l->rec.depth) {
			bool orphan = next < o->n && o->v[next] == i;

			next += orphan;
			drop = orphan && is_impossible_twice(s, &l->rec) && lk_scan_count_of(&c, l->hash)->n_groups > 0;
		}
		if (!drop)
			s->lines.v.v[n++] = *l;
	}
	s->lines.v.n = n;
	lk_scan_counts_done(&c);
	find_orphans(s, o);
}

/* Another lockscope may have begun to scan after its descriptors were swept, or have ended since. */
static void look_for_markers(struct scan *s, indexes *o)
{
	lk_scan_sweep_lockscopes(s);
	lk_scan_number_ofds(s);
	lk_scan_leave_out_markers(s);
	find_orphans(s, o);
	if (lk_scan_any_may_be_marker(s, o->v, o->n))
		drop_released(s, o);
}

/* Private tables of threads first, then mappings; each only while something is left to explain. */
static void explain_orphans(struct scan *s, indexes *o)
{
	lk_auto_mem struct lk_key *keys = NULL;
	size_t n_keys;

	sweep_recorded_threads(s, o);
	lk_scan_number_ofds(s);
	find_orphans(s, o);
	if (!o->n)
		return;
	lk_scan_sweep_threads(s, 0);
	lk_scan_number_ofds(s);
	find_orphans(s, o);
	if (!o->n)
		return;
	keys = orphan_keys(s, o, &n_keys);
	lk_scan_find_maps(s, keys, n_keys);
}

/* A descriptor showed a lock that the list does not have: it was released since, or the list hides it (a child pid namespace). So the
 * descriptor is read again. */
static void drop_stale_of(struct scan *s, struct scan_counts *c, size_t first, size_t n, lk_u64s *shown)
{
	bool looked = false;

	for (size_t i = first; i < first + n; i++) {
		struct scan_hit *h = &s->hits.v[i];
		struct scan_count *count = h->dead ? NULL : lk_scan_count_of(c, h->hash);

		if (!count || count->n_groups <= count->n_lines)
			continue;
		/* Once for all locks of a descriptor: its fdinfo is long if they are many. */
		if (!looked)
			lk_scan_show(s, &s->fds.v[h->fd], shown);
		looked = true;
		h->dead = !lk_u64s_has(shown, h->hash);
	}
}

static void drop_stale_hits(struct scan *s)
{
	struct scan_counts c;
	lk_u64s shown = { 0 };

	lk_scan_count(s, &s->lines, &c);
	for (size_t i = 0, n; i < s->hits.n; i += n) {
		for (n = 1; i + n < s->hits.n && s->hits.v[i + n].fd == s->hits.v[i].fd;)
			n++;
		drop_stale_of(s, &c, i, n, &shown);
	}
	lk_scan_counts_done(&c);
	lk_vec_done(&shown);
}

/* Prepares what was found when the time is up; the facts say that they are not complete. */
static void tell_what_there_is(struct scan *s)
{
	lk_scan_number_ofds(s);
	lk_scan_leave_out_markers(s);
	lk_scan_describe_files(s);
}

static void explain(struct scan *s, indexes *o)
{
	lk_scan_number_ofds(s);
	lk_scan_leave_out_markers(s);
	if (s->has_locks_file)
		find_orphans(s, o);
	for (int round = 0; o->n && round < MAX_ROUNDS; round++) {
		if (!drop_released(s, o))
			break;
	}
	if (o->n)
		drop_repeated(s, o);
	if (lk_scan_any_may_be_marker(s, o->v, o->n))
		look_for_markers(s, o);
	if (o->n && !lk_scan_is_late(s))
		explain_orphans(s, o);
	drop_stale_hits(s);
	lk_scan_collect_openers(s);
	lk_scan_find_waiters(s);
	lk_scan_describe_files(s);
	/* Once more with the waiters' descriptors, whose files are known only now. */
	if (s->waiters.n)
		lk_scan_number_ofds(s);
}

static int run_passes(struct scan *s, struct scan_lines *before, indexes *o, struct lk_err *err)
{
	int rc, list_rc;

	s->has_locks_file = true;
	rc = lk_scan_load_own_mounts(s->root, &s->mounts);
	if (rc < 0 && rc != -ENOENT)
		lk_scan_deny(s, LK_UNREAD_MOUNTS, rc);
	rc = lk_scan_first_sweep(s, before, &list_rc);
	lk_debug(LK_DEBUG_SCAN,
		 "swept %zu processes: %zu descriptors show locks, %zu were skipped by their inode number", s->procs.n,
		 s->fds.n, s->skip.n);
	list_rc = tolerate_no_locks(s, list_rc, err);
	if (list_rc < 0)
		return list_rc;
	if (rc < 0 && !s->has_locks_file)
		return lk_err_set(err, rc, "cannot list the processes: %s", strerror(-rc));
	if (rc < 0)
		lk_scan_deny(s, LK_UNREAD_PROCESSES, rc);
	rc = s->has_locks_file ? settle(s, before, o, err) : 0;
	if (rc < 0)
		return rc;
	if (lk_scan_is_late(s))
		tell_what_there_is(s);
	else
		explain(s, o);
	lk_debug(LK_DEBUG_SCAN, "%s: %zu locks without a descriptor, %zu waiters, %zu kinds of things not read",
		 s->late ? "the time is up" : "done", o->n, s->waiters.n, s->denied.n);
	return 0;
}

int lk_scan_run(struct scan *s, struct lk_err *err)
{
	struct scan_lines before = { 0 };
	indexes o = { 0 };
	int rc = run_passes(s, &before, &o, err);

	lk_scan_lines_done(&before);
	lk_vec_done(&o);
	return rc < 0 ? lk_err_set(err, rc, "cannot read the locks: %s", strerror(-rc)) : 0;
}
