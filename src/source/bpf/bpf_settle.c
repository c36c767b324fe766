/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump reads descriptors and lists of locks one after the other while both change. The possible mistakes, a lock whose holder was missed
 * or a descriptor that was taken for another, are checked by dumping again; at the end it is judged whether locks may still be missing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/debug.h"
#include "source/bpf/bpf_private.h"

#define MAX_ROUNDS 3
/* With up to so many locks, a read of /proc/locks does not noticeably delay anybody. */
#define FEW_LOCKS 4000
/* Limit of the descriptors whose fdinfo is read to check them; the others are left to another dump. */
#define MAX_ASKED 64
#define ASK_STALL_MS 300

static int compare_rechecks(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct bpf_recheck));
}

static bool is_in(const bpf_rechecks *all, const struct bpf_recheck *d)
{
	return all->n && bsearch(d, all->v, all->n, sizeof(*d), compare_rechecks);
}

static struct bpf_recheck lost_lock(const struct lk_bpf_lock *l)
{
	return (struct bpf_recheck){ { l->addr, l->file, (uint64_t)l->start, (uint64_t)l->end,
				       (uint64_t)l->flags << 32 | (uint32_t)l->pid, 0 } };
}

static struct bpf_recheck passed_on(const struct lk_bpf_hold *h, const struct lk_bpf_lock *l)
{
	return (struct bpf_recheck){ { l->addr, l->file, (uint64_t)h->tgid << 32 | h->tid, (uint64_t)h->fd, h->files,
				       1 } };
}

/* ---- one round ---- */

/* A descriptor, and the locks that its fdinfo shows. */
struct asked_hold {
	uint32_t hold;
	lk_u64s shown; /* hashes of lock lines, sorted */
};

struct round {
	struct bpf_scan *b;
	const bpf_rechecks *before; /* those of the dump before: one that is met again is confirmed */
	bpf_rechecks now;
	bool drop; /* the last round: holds that are not confirmed are dropped */
	LK_VEC(struct asked_hold) asked; /* descriptors whose fdinfo was read to check them */
};

static void find_lost(struct round *r)
{
	const struct lk_bpf_dump *d = &r->b->dump;

	for (uint32_t i = 0; i < d->n_inodes; i++) {
		const struct lk_bpf_inode *inode = &d->inodes[i];

		for (uint32_t k = 0; k < inode->n_held && !lk_bpf_is_ours(r->b, i); k++) {
			if (!r->b->held[inode->first_lock + k])
				*lk_vec_push(&r->now) = lost_lock(&d->locks[inode->first_lock + k]);
		}
	}
}

/* The hold shows a lock that another process took. Either their open file description was passed on by fork(2) or a socket; or it was
 * closed, and its address given to another one, between the reads of descriptor and lock. */
static bool is_passed_on(const struct bpf_scan *b, uint32_t hold, uint32_t lock)
{
	const struct lk_bpf_hold *h = &b->dump.holds[hold];
	const struct lk_bpf_lock *l = &b->dump.locks[lock];

	return l->owner == h->file && (uint32_t)l->pid != h->tgid;
}

/* Chooses a hold whose fdinfo is to be read as a check, where that is cheap. */
static int want_hold(void *arg, uint32_t hold, uint32_t lock)
{
	struct round *r = arg;
	const struct bpf_scan *b = r->b;
	struct bpf_recheck recheck = passed_on(&b->dump.holds[hold], &b->dump.locks[lock]);

	if (!is_passed_on(b, hold, lock) || is_in(r->before, &recheck) || r->asked.n >= MAX_ASKED ||
	    b->dump.inodes[b->dump.locks[lock].inode].n_locks > FEW_LOCKS)
		return 0;
	*lk_vec_push(&r->asked) = (struct asked_hold){ .hold = hold };
	return 1;
}

static int show_hold(void *arg, size_t item, struct lk_helper_out *out)
{
	struct round *r = arg;
	const struct lk_bpf_hold *h = &r->b->dump.holds[r->asked.v[item].hold];
	struct scan_fd fd = { .pid = (int)h->tgid, .tid = (int)h->tid, .fd = h->fd };
	lk_u64s shown = { 0 };
	int rc = 0;

	lk_scan_show(&r->b->s, &fd, &shown);
	if (shown.n)
		rc = lk_helper_emit(out, shown.v, shown.n * sizeof(*shown.v));
	lk_vec_done(&shown);
	return rc < 0 ? rc : 0;
}

static int take_shown(void *arg, size_t item, const char *data, size_t n)
{
	struct round *r = arg;
	lk_u64s *shown = &r->asked.v[item].shown;

	if (n % sizeof(*shown->v))
		return -EBADMSG;
	lk_vec_reserve(&shown->v, &shown->cap, 0, n / sizeof(*shown->v), sizeof(*shown->v));
	memcpy(shown->v, data, n);
	shown->n = n / sizeof(*shown->v);
	return 0;
}

static struct lk_helper_about about_hold(void *arg, size_t item)
{
	const struct round *r = arg;

	return lk_guard_about(r->b->s.root, (int)r->b->dump.holds[r->asked.v[item].hold].tgid);
}

/* Reads the fdinfo of the chosen holds in a helper. Without an answer the next dump decides. */
static void ask_holds(struct round *r)
{
	struct lk_helper_job job = { .work = show_hold,
				     .take = take_shown,
				     .about = about_hold,
				     .arg = r,
				     .keep_fd = r->b->s.root->fd,
				     .stall_ms = ASK_STALL_MS,
				     .deadline_ms = r->b->s.deadline_ms };
	struct lk_helper_result res;

	for (size_t i = 0; i < r->b->n_holds; i++)
		lk_bpf_each_shown(r->b, r->b->holds[i], want_hold, r);
	job.n_items = r->asked.n;
	lk_helper_run(&job, &res);
}

static void forget_asked(struct round *r)
{
	for (size_t i = 0; i < r->asked.n; i++)
		lk_vec_done(&r->asked.v[i].shown);
	r->asked.n = 0;
}

static bool is_shown(const struct round *r, uint32_t hold, uint32_t lock)
{
	const struct lk_bpf_lock *l = &r->b->dump.locks[lock];
	struct lk_record rec = lk_bpf_record(&r->b->dump.inodes[l->inode], l);
	uint64_t hash = lk_record_hash(&rec);

	for (size_t i = 0; i < r->asked.n; i++) {
		const lk_u64s *shown = &r->asked.v[i].shown;

		if (r->asked.v[i].hold == hold)
			return lk_u64s_has(shown, hash);
	}
	return false;
}

static int check_shown(void *arg, uint32_t hold, uint32_t lock)
{
	struct round *r = arg;
	struct bpf_recheck recheck = passed_on(&r->b->dump.holds[hold], &r->b->dump.locks[lock]);

	if (!is_passed_on(r->b, hold, lock))
		return 0;
	if (is_in(r->before, &recheck) || is_shown(r, hold, lock)) {
		*lk_vec_push(&r->now) = recheck;
		return 0;
	}
	if (r->drop)
		r->b->dropped[hold] = 1;
	else
		*lk_vec_push(&r->now) = recheck;
	return 1;
}

/* Collects what of this dump has to be checked again. true: some are new, or something else calls for another dump. */
static bool find_rechecks(struct round *r)
{
	bool unsettled = false, dropped = false;

	r->now.n = 0;
	for (size_t i = 0; i < r->b->n_holds; i++) {
		uint32_t hold = r->b->holds[i];

		if (lk_bpf_each_shown(r->b, hold, check_shown, r) > 0)
			unsettled = true;
		dropped = dropped || r->b->dropped[hold];
	}
	if (dropped)
		lk_bpf_rematch(r->b);
	find_lost(r);
	if (r->now.n)
		qsort(r->now.v, r->now.n, sizeof(*r->now.v), compare_rechecks);
	for (size_t i = 0; i < r->now.n && !unsettled; i++)
		unsettled = r->now.v[i].v[5] == 0 && !is_in(r->before, &r->now.v[i]);
	return unsettled || r->b->dump.stats.n_torn || r->b->dump.stats.n_changing || r->b->unlisted.n;
}

/* ---- where the per-processor lists could not be followed ---- */

static void count_dump(const struct bpf_scan *b, struct scan_counts *ret)
{
	/* The held locks of the dump, as if they were lines of /proc/locks. */
	struct scan_lines l = { 0 };
	struct scan s = { 0 };

	for (uint32_t i = 0; i < b->dump.n_inodes; i++) {
		const struct lk_bpf_inode *inode = &b->dump.inodes[i];

		for (uint32_t k = 0; k < inode->n_held; k++) {
			struct scan_line *slot = lk_vec_push(&l.v);

			slot->rec = lk_bpf_record(inode, &b->dump.locks[inode->first_lock + k]);
			slot->hash = lk_record_hash(&slot->rec);
		}
	}
	lk_scan_count(&s, &l, ret);
	lk_scan_lines_done(&l);
}

static void find_unlisted(struct bpf_scan *b)
{
	struct scan_counts c;

	b->unlisted.n = 0;
	count_dump(b, &c);
	for (size_t i = 0; i < b->listed.v.n; i++) {
		const struct scan_line *l = &b->listed.v.v[i];
		struct scan_count *n = l->rec.depth ? NULL : lk_scan_count_of(&c, l->hash);

		if (!l->rec.depth && (!n || n->next_seen++ >= n->n_lines))
			*lk_vec_push(&b->unlisted) = i;
	}
	lk_scan_counts_done(&c);
}

/* Locks to which no descriptor leads are in /proc/locks. A long list is read only if the request is `exact`. */
static void read_listed(struct bpf_scan *b)
{
	struct scan_lines before = { 0 };
	int rc;

	lk_scan_lines_done(&b->listed);
	b->unlisted.n = 0;
	b->listed_sure = false;
	if (b->dump.links_complete || (!b->s.req->exact && b->dump.n_locks > FEW_LOCKS))
		return;
	rc = lk_scan_read_lines(&b->s, &before);
	rc = rc ? rc : lk_scan_read_settled(&b->s, &before, &b->listed, &b->listed_sure);
	lk_scan_lines_done(&before);
	/* If the list could not be read, listed_sure stays false, and judge() says so. */
	if (rc == 0)
		find_unlisted(b);
}

/* ---- the judgement ---- */

/* An inode is torn, or it changed all the while and no held lock was found: it may have locks all the same. */
static bool is_one_in_doubt(const struct bpf_scan *b)
{
	for (uint32_t i = 0; i < b->dump.n_inodes; i++) {
		const struct lk_bpf_inode *inode = &b->dump.inodes[i];

		if (inode->flags & LK_BPF_INODE_TORN || (inode->flags & LK_BPF_INODE_CHANGING && !inode->n_held))
			return true;
	}
	return false;
}

static void judge(struct bpf_scan *b)
{
	const struct lk_bpf_dump *d = &b->dump;
	bool reconciled = d->links_complete || b->listed_sure;

	b->sure = reconciled && !is_one_in_doubt(b);
	if (!reconciled && b->listed.n_reads)
		lk_scan_deny(&b->s, LK_UNREAD_UNSTABLE, -EAGAIN);
	else if (!reconciled)
		lk_scan_deny(&b->s, LK_UNREAD_UNLISTED, -ENODATA)->more =
			d->links_why ? lk_arena_printf(&b->s.arena, ", for %s", d->links_why) : NULL;
	if (d->stats.n_torn)
		lk_scan_deny(&b->s, LK_UNREAD_TORN, -EAGAIN)->count = d->stats.n_torn;
	if (d->stats.n_changing)
		lk_scan_deny(&b->s, LK_UNREAD_CHANGING, -EAGAIN)->count = d->stats.n_changing;
}

static int dump_once(struct bpf_scan *b, bool all_links, struct lk_err *err)
{
	int rc = lk_bpf_dump(b->source->bpf, all_links, &b->dump, err);

	if (rc)
		return rc;
	lk_bpf_match(b);
	read_listed(b);
	return 0;
}

/* Dumps once more, with descriptors of our own open: no lock on those files, at least, is missing then. */
static int dump_asked(struct bpf_scan *b, struct lk_err *err)
{
	const char *why = b->dump.links_why;
	int rc = dump_once(b, false, err);

	b->dump.links_why = why;
	return rc;
}

int lk_bpf_settle(struct bpf_scan *b, struct lk_err *err)
{
	bpf_rechecks before = b->source->rechecks;
	struct round r = { .b = b, .before = &before };
	bool open = true;
	int rc = 0;

	b->source->rechecks = (bpf_rechecks){ 0 };
	for (int round = 0; open && round < MAX_ROUNDS; round++) {
		if (round) {
			lk_vec_done(&before);
			before = r.now;
			r.now = (bpf_rechecks){ 0 };
		}
		rc = dump_once(b, true, err);
		r.drop = round == MAX_ROUNDS - 1;
		forget_asked(&r);
		if (rc)
			break;
		ask_holds(&r);
		open = find_rechecks(&r) && !lk_scan_is_late(&b->s);
		lk_debug(LK_DEBUG_BPF, "round %d: %zu files, %zu locks, %zu descriptors, lists %s; %s", round + 1,
			 (size_t)b->dump.n_inodes, (size_t)b->dump.n_locks, (size_t)b->n_holds,
			 b->dump.links_complete ? "complete" : "incomplete", open ? "once more" : "settled");
	}
	b->source->rechecks = r.now;
	lk_vec_done(&before);
	forget_asked(&r);
	lk_vec_done(&r.asked);
	if (!rc && !b->dump.links_complete && !b->listed_sure && lk_bpf_open_asked(b))
		rc = dump_asked(b, err);
	if (!rc)
		judge(b);
	return rc;
}
