/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The all-links pass: every held lock is in the list of the processor on which it was taken (flc_link). User space has taken one lock on
 * each processor, on a private file; from these markers the lists are followed to their ends. Included by lock_dump.bpf.c only.
 *
 * The kernel puts new locks at the head, before the marker: behind the marker the list only gets shorter, so every lock that is held
 * throughout the pass is met. A step counts only if the previous node still leads to the current one. PREV() of these nodes is the address
 * of the pointer that points to the node, which is also the address of the previous node. */
#ifndef LK_SOURCE_BPF_LINKS_H
#define LK_SOURCE_BPF_LINKS_H

#include "source/bpf/inode.h"

#define LINK_TRIES 8

struct lk_bpf_chain l;
uint64_t markers_head, marker; /* head of the list of locks on the private file; the marker whose turn it is */

/* Dumps the inode of this lock unless it was met before. */
static __always_inline void meet_lock(uint64_t node)
{
	uint64_t lock = node - LOCK_OFFSET(link), file = LOCK_GET(lock, file), inode = GET64(file, file, f_inode);

	if (inode == l.last_inode)
		return;
	/* The lock was freed, or its memory reused, meanwhile; the checks of the caller fail then, too. */
	if (PREV(node) != l.cur || LOCK_GET(lock, file) != file || !inode) {
		l.bad = 1;
		return;
	}
	if (meet_inode(number(inode), number(file)) == FULL)
		l.full = 1;
	l.last_inode = inode;
}

static long link_step(uint32_t i, void *unused)
{
	uint64_t next = NEXT(l.cur);

	if (l.prev && NEXT(l.prev) != l.cur) {
		l.bad = 1;
		return 1;
	}
	if (!next) {
		l.ended = 1;
		return 1;
	}
	if (PREV(next) != l.cur) {
		l.bad = 1;
		return 1;
	}
	meet_lock(next);
	l.prev = l.cur;
	l.cur = next;
	return l.bad || l.full;
}

/* One try to follow the list of one marker. */
static long marker_step(uint32_t i, void *unused)
{
	if (!marker || marker == markers_head)
		return 1;
	l = (struct lk_bpf_chain){ .cur = marker - LOCK_OFFSET(list) + LOCK_OFFSET(link), .tries = l.tries + 1 };
	bpf_loop(MANY, link_step, 0, 0);
	if (l.full)
		return 1;
	if ((l.bad || !l.ended) && l.tries < LINK_TRIES)
		return 0;
	ctl.stats.n_links_lists++;
	ctl.stats.n_links_torn += l.bad || !l.ended;
	marker = NEXT(marker);
	l.tries = 0;
	return 0;
}

/* 0: done; 1: empty the buffers and call again. */
static __always_inline int follow_links(struct task_struct *task)
{
	uint64_t files = READ64(task, files), fds, file = 0, inode;

	if ((uint32_t)READ(task, tgid) != ctl.self_tgid || READ(task, pid) != READ(task, tgid))
		return 0;
	fds = GET64(fdtable, GET64(files_struct, files, fdt), fd);
	bpf_probe_read_kernel(&file, sizeof(file),
			      (const void *)(fds + (uint64_t)(uint32_t)ctl.marker_fd * sizeof(file)));
	inode = GET64(file, file, f_inode);
	markers_head = ADDR(file_lock_context, GET64(inode, inode, i_flctx), flc_posix);
	marker = NEXT(markers_head);
	l = (struct lk_bpf_chain){ 0 };
	ctl.stats.n_links_lists = 0;
	ctl.stats.n_links_torn = 0;
	bpf_loop(MANY, marker_step, 0, 0);
	return l.full ? 1 : 0;
}

#endif
