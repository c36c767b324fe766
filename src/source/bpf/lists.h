/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the lists of locks of one inode, and the trees of waiters behind the locks. Included by lock_dump.bpf.c only.
 *
 * The lists are read without the kernel's spinlock, so that nobody waits for us, while others add, change and free locks. A reading is
 * sound if:
 * - each node leads back to the one it was reached from, and that one still leads to it after the next was read;
 * - no node leads to itself (a removed one does);
 * - each lock's file has this inode, each waiter's blocker is the lock it was found behind;
 * - a second reading finds the same locks in the same order with the same contents.
 * Otherwise the reading is thrown away and made again, a bounded number of times. */
#ifndef LK_SOURCE_BPF_LISTS_H
#define LK_SOURCE_BPF_LISTS_H

#include "source/bpf/state.h"

/* STRICT_TRIES: after so many readings that failed, one is accepted that is sound by itself, although the second reading found changes
 * (LK_BPF_INODE_CHANGING). TRIES: after so many, reading is given up (LK_BPF_INODE_TORN). */
#define STRICT_TRIES 8
#define TRIES 12
/* Limit of the locks read for one inode: where the kernel does not preempt, nothing else runs on this processor meanwhile. */
#define WORK_MAX 400000

#define OFFSET_MAX 0x7fffffffffffffffLL

struct lk_bpf_reading w;
struct lk_bpf_walk walk; /* the list being walked */

static __always_inline bool has_waiters(uint64_t lock)
{
	uint64_t head = lock + LOCK_OFFSET(blocked_requests);

	return NEXT(head) != head;
}

/* The members of a lock that are kept, from either layout. */
struct image {
	uint64_t file, owner;
	uint32_t flags;
	int32_t pid;
	uint8_t type;
};

static __always_inline struct image read_lock(uint64_t lock)
{
	if (NEW_LAYOUT) {
		struct file_lock_core *p = AS(file_lock_core, lock);

		return (struct image){ READ64(p, flc_file), READ64(p, flc_owner), READ(p, flc_flags), READ(p, flc_pid),
				       READ(p, flc_type) };
	} else {
		struct file_lock___old *p = AS(file_lock___old, lock);

		return (struct image){ READ64(p, fl_file), READ64(p, fl_owner), READ(p, fl_flags), (int)READ(p, fl_pid),
				       READ(p, fl_type) };
	}
}

static __always_inline void fill_lock(struct lk_bpf_lock *r, uint64_t lock, const struct image *m)
{
	struct file_lock *p = AS(file_lock, lock);

	r->addr = lock;
	r->file = m->file;
	r->owner = m->owner;
	r->start = walk.list == LK_BPF_LIST_LEASE ? 0 : READ(p, fl_start);
	r->end = walk.list == LK_BPF_LIST_LEASE ? OFFSET_MAX : READ(p, fl_end);
	r->wait_start_ns = 0;
	r->parent = walk.parent_index;
	r->depth = walk.depth;
	r->flags = m->flags;
	r->pid = m->pid;
	r->wait_tgid = 0;
	r->wait_tid = 0;
	r->wait_fd = -1;
	r->inode = w.index;
	r->list = (uint8_t)walk.list;
	r->type = m->type;
	r->has_waiters = has_waiters(lock);
}

/* Compares everything but the address, which the caller has compared. */
static __always_inline bool same_lock(const struct lk_bpf_lock *r, uint64_t lock, const struct image *m)
{
	struct file_lock *p = AS(file_lock, lock);

	if (r->file != m->file || r->owner != m->owner || r->flags != m->flags || r->type != m->type ||
	    r->parent != walk.parent_index || r->has_waiters != (uint8_t)has_waiters(lock))
		return false;
	return walk.list == LK_BPF_LIST_LEASE || (r->start == READ(p, fl_start) && r->end == READ(p, fl_end));
}

static __always_inline void add_lock(uint64_t lock)
{
	struct image m = read_lock(lock);
	uint32_t key = w.base + w.n;
	struct lk_bpf_lock *r;

	/* A lease breaker has no file; everything else has one. */
	if (m.file ? GET64(file, m.file, f_inode) != w.inode : walk.parent == 0) {
		w.bad = 1;
		return;
	}
	w.n++;
	r = bpf_map_lookup_elem(&locks, &key);
	if (!r) {
		w.full = 1;
		return;
	}
	if (!w.verify)
		fill_lock(r, lock, &m);
	else if (w.n > w.total || r->addr != lock || !same_lock(r, lock, &m))
		w.bad = 1;
	w.n_parents += r->has_waiters;
}

static long list_step(uint32_t i, void *unused)
{
	uint64_t node = walk.next, lock, next;

	if (node == walk.head) {
		walk.ended = 1;
		return 1;
	}
	lock = node - (walk.parent ? LOCK_OFFSET(blocked_member) : LOCK_OFFSET(list));
	if (PREV(node) != walk.cur || (walk.parent && LOCK_GET(lock, blocker) != walk.parent)) {
		w.bad = 1;
		return 1;
	}
	add_lock(lock);
	next = NEXT(node);
	if (next == node || NEXT(walk.cur) != node)
		w.bad = 1;
	walk.cur = node;
	walk.next = next;
	return w.bad ? 1 : 0;
}

/* Walks the list at head; the rest of `walk` says which list it is. w.bad, w.full: it could not be read. */
__attribute__((noinline)) int walk_list(uint64_t head)
{
	walk.head = walk.cur = head;
	walk.next = NEXT(head);
	walk.ended = 0;
	if (walk.next == head)
		return 0;
	bpf_loop(MANY, list_step, 0, 0);
	if (!walk.ended || PREV(head) != walk.cur)
		w.bad = 1;
	return 0;
}

/* Reads the waiters behind lock number i. They are added to the same buffer, so that their own waiters get their turn later. */
static long waiters_step(uint32_t i, void *unused)
{
	uint32_t key = w.base + i;
	struct lk_bpf_lock *r;

	if (i >= w.n || w.bad || w.full || !w.n_parents)
		return 1;
	r = bpf_map_lookup_elem(&locks, &key);
	if (!r)
		return 1;
	if (!r->has_waiters)
		return 0;
	w.n_parents--;
	walk.parent = r->addr;
	walk.parent_index = w.first + i;
	walk.depth = r->depth + 1;
	walk.list = r->list;
	walk_list(r->addr + LOCK_OFFSET(blocked_requests));
	return 0;
}

/* Reads all lists of the inode once; w.bad and w.full say whether that worked. */
static __always_inline void read_lists(void)
{
	uint32_t held;

	w.n = 0;
	w.n_parents = 0;
	w.bad = 0;
	w.full = 0;
	if (!w.context) {
		w.total = w.n_held = 0;
		return;
	}
	walk.parent = 0;
	walk.parent_index = LK_BPF_NONE;
	walk.depth = 0;
	walk.list = LK_BPF_LIST_POSIX;
	walk_list(w.context + bpf_core_field_offset(struct file_lock_context, flc_posix));
	walk.list = LK_BPF_LIST_FLOCK;
	walk_list(w.context + bpf_core_field_offset(struct file_lock_context, flc_flock));
	walk.list = LK_BPF_LIST_LEASE;
	walk_list(w.context + bpf_core_field_offset(struct file_lock_context, flc_lease));
	held = w.n;
	bpf_loop(MANY, waiters_step, 0, 0);
	if (w.verify) {
		w.bad |= held != w.n_held || w.n != w.total;
	} else {
		w.n_held = held;
		w.total = w.n;
	}
}

/* Makes one reading, or the verification of one, which leaves the buffer as it is. */
static long settle_step(uint32_t i, void *unused)
{
	bool last;

	w.verify = w.sound;
	read_lists();
	if (w.full)
		return 1;
	w.work += w.n;
	last = w.work > WORK_MAX;
	if (!w.verify && !w.bad) {
		w.sound = 1;
		return 0;
	}
	if (w.verify && (!w.bad || last || w.retries >= STRICT_TRIES)) {
		w.flags = w.bad ? LK_BPF_INODE_CHANGING : 0;
		return 1;
	}
	w.sound = 0;
	w.retries++;
	return last || w.retries >= TRIES;
}

/* Leaves a sound reading in the buffer, or none (LK_BPF_INODE_TORN in w.flags). w.full: the buffer has no room. */
static __always_inline void read_settled(void)
{
	w.work = 0;
	w.retries = 0;
	w.sound = 0;
	w.flags = LK_BPF_INODE_TORN;
	bpf_loop(2 * TRIES, settle_step, 0, 0);
}

#endif
