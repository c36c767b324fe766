/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The getters behind the column table. */
#include "table/get.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ints.h"
#include "table/meaning.h"

#define UNUSED __attribute__((unused))
#define GETTER(name) struct lk_value lk_get_##name(const struct lk_row *row, lk_buf *scratch UNUSED)

static struct lk_value unknown(void)
{
	return (struct lk_value){ 0 };
}

static struct lk_value number(int64_t i)
{
	return (struct lk_value){ .known = true, .i = i };
}

static struct lk_value unsigned_number(uint64_t u)
{
	return (struct lk_value){ .known = true, .u = u };
}

static struct lk_value tri(enum lk_tri t)
{
	return t == LK_UNKNOWN ? unknown() : number(t);
}

const struct lk_holder *lk_row_holder(const struct lk_row *row)
{
	const struct lk_lock *l = row->lock;

	if (row->holder)
		return row->holder;
	if (l->waiter)
		return l->waiter;
	return l->n_holders ? &l->holders[0] : NULL;
}

const struct lk_proc *lk_row_proc(const struct lk_row *row)
{
	const struct lk_holder *h = lk_row_holder(row);

	return h ? h->proc : row->lock->proc;
}

GETTER(id)
{
	lk_buf_hex(scratch, row->lock->id, 16);
	return lk_value_made(scratch);
}

/* Rank for sorting: deadlocks first, then locks that block somebody and requests that wait, then the rest. */
GETTER(state)
{
	const struct lk_lock *l = row->lock;
	int rank = l->deadlock ? 0 : l->n_blocks || lk_lock_is_waiting(l) ? 1 : 2;

	return (struct lk_value){ .known = true, .i = rank, .s = lk_state_name(l->state) };
}

GETTER(type)
{
	return lk_value_string(lk_type_name(row->lock->rec.type));
}

GETTER(mode)
{
	return lk_value_string(lk_mode_name(row->lock->rec.mode));
}

GETTER(how)
{
	return lk_value_string(lk_how_name(row->lock->how));
}

GETTER(pid)
{
	const struct lk_holder *h = lk_row_holder(row);
	int pid = h ? h->pid : row->lock->pid;

	return pid > 0 ? number(pid) : unknown();
}

GETTER(tid)
{
	const struct lk_holder *h = lk_row_holder(row);

	return h && h->tid > 0 ? number(h->tid) : unknown();
}

GETTER(fd)
{
	const struct lk_holder *h = lk_row_holder(row);

	return h && h->fd >= 0 ? number(h->fd) : unknown();
}

GETTER(command)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? p->comm : NULL);
}

GETTER(user)
{
	const struct lk_proc *p = lk_row_proc(row);

	if (!p || p->user || p->uid < 0)
		return lk_value_string(p ? p->user : NULL);
	lk_buf_number(scratch, p->uid);
	return lk_value_made(scratch);
}

GETTER(uid)
{
	const struct lk_proc *p = lk_row_proc(row);

	return p && p->uid >= 0 ? number(p->uid) : unknown();
}

GETTER(unit)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? p->unit : NULL);
}

GETTER(user_unit)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? p->user_unit : NULL);
}

GETTER(container)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? p->container : NULL);
}

GETTER(cmdline)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? p->cmdline : NULL);
}

GETTER(pstate)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? lk_proc_state_name(p->state) : NULL);
}

GETTER(started)
{
	const struct lk_proc *p = lk_row_proc(row);

	return p && p->started_unix_ms ? number(p->started_unix_ms) : unknown();
}

GETTER(ppid)
{
	const struct lk_proc *p = lk_row_proc(row);

	return p && p->ppid > 0 ? number(p->ppid) : unknown();
}

GETTER(tty)
{
	const struct lk_proc *p = lk_row_proc(row);

	return lk_value_string(p ? p->tty : NULL);
}

GETTER(range)
{
	struct lk_range r = row->lock->rec.range;
	char buf[LK_RANGE_TEXT];

	lk_buf_puts(scratch, lk_range_format(r, buf));
	return (struct lk_value){ .known = true, .i = r.start, .u = (uint64_t)r.end, .s = lk_buf_str(scratch) };
}

GETTER(start)
{
	return number(row->lock->rec.range.start);
}

GETTER(end)
{
	return number(row->lock->rec.range.end);
}

GETTER(length)
{
	struct lk_range r = row->lock->rec.range;

	return number(lk_range_is_to_eof(r) ? LK_RANGE_EOF : r.end - r.start + 1);
}

GETTER(size)
{
	int64_t size = row->lock->file->size;

	return size >= 0 ? number(size) : unknown();
}

GETTER(inode)
{
	const struct lk_key *k = &row->lock->file->key;

	return k->none ? unknown() : unsigned_number(k->ino);
}

GETTER(dev)
{
	const struct lk_key *k = &row->lock->file->key;

	if (!k->none)
		lk_buf_printf(scratch, "%02" PRIx32 ":%02" PRIx32, k->major, k->minor);
	return lk_value_made(scratch);
}

GETTER(majmin)
{
	const struct lk_key *k = &row->lock->file->key;

	if (!k->none)
		lk_buf_printf(scratch, "%" PRIu32 ":%" PRIu32, k->major, k->minor);
	return lk_value_made(scratch);
}

GETTER(key)
{
	const struct lk_key *k = &row->lock->file->key;
	char buf[LK_KEY_TEXT];

	if (!k->none)
		lk_buf_puts(scratch, lk_key_format(k, buf));
	return lk_value_made(scratch);
}

GETTER(path)
{
	return lk_value_string(row->lock->file->path);
}

GETTER(deleted)
{
	return tri(row->lock->file->deleted);
}

GETTER(replaced)
{
	return tri(row->lock->file->replaced);
}

GETTER(fstype)
{
	return lk_value_string(row->lock->file->fstype);
}

GETTER(mount)
{
	return lk_value_string(row->lock->file->mount_point);
}

GETTER(mandatory)
{
	return number(row->lock->rec.phase == LK_PHASE_MANDATORY ? 1 : 0);
}

GETTER(age)
{
	int64_t ms = row->lock->wait_ms;

	return ms >= 0 ? number(ms / 1000) : unknown();
}

const struct lk_lock *lk_lock_blocker(const struct lk_lock *l)
{
	return l->root || !l->n_blocked_by ? l->root : l->blocked_by[0];
}

GETTER(blocker)
{
	const struct lk_lock *by = lk_lock_blocker(row->lock);

	return by && by->pid > 0 ? number(by->pid) : unknown();
}

/* Appends "PID:FD" or "PID/TID:FD", after a comma if it is not the first. */
static void put_holder(const struct lk_holder *h, lk_buf *out)
{
	if (out->n)
		lk_buf_puts(out, ",");
	lk_buf_number(out, h->pid);
	if (h->tid > 0) {
		lk_buf_puts(out, "/");
		lk_buf_number(out, h->tid);
	}
	if (h->fd >= 0) {
		lk_buf_puts(out, ":");
		lk_buf_number(out, h->fd);
	}
}

GETTER(holders)
{
	const struct lk_lock *l = row->lock;

	for (size_t i = 0; i < l->n_holders; i++)
		put_holder(&l->holders[i], scratch);
	return lk_value_made(scratch);
}

GETTER(nholders)
{
	size_t n = lk_lock_n_processes(row->lock);

	return n ? number((int64_t)n) : unknown();
}

#define NAMED_MAX 3 /* per cell: a lock can have thousands of holders, and each has a row */

GETTER(shared)
{
	const struct lk_lock *l = row->lock;
	const struct lk_holder *own = lk_row_holder(row);
	size_t n = 0;

	for (size_t i = 0; i < l->n_holders && n < NAMED_MAX; i++) {
		if (&l->holders[i] == own)
			continue;
		put_holder(&l->holders[i], scratch);
		n++;
	}
	if (n && l->n_holders - 1 > n)
		lk_buf_printf(scratch, ",+%zu", l->n_holders - 1 - n);
	return lk_value_made(scratch);
}

/* How many processes that hold the lock are in the same state as `first`. Holders are sorted by pid. */
static size_t count_state(const struct lk_lock *l, const struct lk_proc *first)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_holders; i++) {
		if (i && l->holders[i].pid == l->holders[i - 1].pid)
			continue;
		n += l->holders[i].proc->state == first->state;
	}
	return n;
}

void lk_note_state(const struct lk_row *row, lk_buf *out)
{
	const struct lk_lock *l = row->lock;
	const struct lk_proc *p = lk_row_proc(row);
	size_t n = row->holder || l->n_holders < 2 ? 1 : lk_lock_n_processes(l);

	for (size_t i = 0; n > 1 && i < l->n_holders; i++) {
		p = l->holders[i].proc;
		if (lk_proc_is_unusual(p))
			break;
	}
	if (!p || !lk_proc_is_unusual(p) || (p->state == 'T' && l->state == LK_STATE_STOPPED_WAITING))
		return;
	if (n > 1)
		lk_buf_printf(out, " (%zu of %zu %s)", count_state(l, p), n, lk_proc_state_name(p->state));
	else
		lk_buf_printf(out, " (%s)", lk_proc_state_name(p->state));
}

void lk_note_holders(const struct lk_row *row, lk_buf *out)
{
	size_t n = row->holder || row->lock->n_holders < 2 ? 0 : lk_lock_n_processes(row->lock);

	if (n > 1)
		lk_buf_printf(out, " +%zu", n - 1);
}

GETTER(why)
{
	const struct lk_lock *l = row->lock;

	for (size_t i = 0; i < l->n_because; i++)
		lk_buf_printf(scratch, "%s%s", i ? "; " : "", l->no_holder_because[i]);
	return lk_value_made(scratch);
}

GETTER(meaning)
{
	lk_meaning_text(row->snap, row->lock, scratch);
	return lk_value_made(scratch);
}

static void add_pid(lk_ints *list, int pid)
{
	if (pid > 0)
		*lk_vec_push(list) = pid;
}

static void add_pids_of(lk_ints *list, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_holders; i++)
		add_pid(list, l->holders[i].pid);
	if (!l->n_holders)
		add_pid(list, l->pid);
}

static void pids_of(const struct lk_lock *const *locks, size_t n, lk_ints *ret)
{
	for (size_t i = 0; i < n; i++)
		add_pids_of(ret, locks[i]);
	lk_ints_sort(ret);
}

void lk_lock_blockers(const struct lk_lock *l, lk_ints *ret)
{
	pids_of(l->blocked_by, l->n_blocked_by, ret);
}

static struct lk_value pids_of_locks(const struct lk_lock *const *locks, size_t n, lk_buf *scratch)
{
	lk_ints list = { 0 };

	pids_of(locks, n, &list);
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			lk_buf_puts(scratch, ",");
		lk_buf_number(scratch, list.v[i]);
	}
	lk_vec_done(&list);
	return lk_value_made(scratch);
}

#define COUNTED_MAX 1000 /* once a cell has counted more holders than this, it looks at no further blocker */

void lk_note_blocker(const struct lk_row *row, lk_buf *out)
{
	const struct lk_lock *l = row->lock, *by = lk_lock_blocker(l);
	lk_ints list = { 0 };
	bool all = true;

	if (!by || by->pid <= 0)
		return;
	add_pids_of(&list, by);
	for (size_t i = 0; i < l->n_blocked_by && all; i++) {
		add_pids_of(&list, l->blocked_by[i]);
		all = list.n <= COUNTED_MAX;
	}
	lk_ints_sort(&list);
	if (!all)
		lk_buf_puts(out, " +");
	else if (list.n > 1)
		lk_buf_printf(out, " +%zu", list.n - 1);
	lk_vec_done(&list);
}

GETTER(blockedby)
{
	return pids_of_locks(row->lock->blocked_by, row->lock->n_blocked_by, scratch);
}

GETTER(blocks)
{
	return pids_of_locks(row->lock->blocks, row->lock->n_blocks, scratch);
}
