/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about a snapshot and its rows. */
#include "model/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ints.h"
#include "source/host/mounts.h"

const char *const lk_state_words[] = { "held", "waiting", "breaking", "breaker", "stopped_waiting", NULL };
const char *const lk_how_words[] = { "exact", "matched", "recorded", "ambiguous", "unknown", NULL };

const char *lk_state_name(enum lk_state s)
{
	return lk_state_words[s];
}

const char *lk_how_name(enum lk_how h)
{
	return lk_how_words[h];
}

struct lk_snapshot *lk_snapshot_hold(struct lk_snapshot *s)
{
	atomic_fetch_add_explicit(&s->n_refs, 1, memory_order_relaxed);
	return s;
}

/* A zeroed snapshot has one owner. */
void lk_snapshot_free(struct lk_snapshot *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->n_refs, 1, memory_order_acq_rel) > 0)
		return;
	lk_arena_done(&s->arena);
	free(s);
}

const struct lk_proc *lk_snapshot_proc(const struct lk_snapshot *s, int pid)
{
	return s->n_procs ? bsearch(&pid, s->procs, s->n_procs, sizeof(*s->procs), lk_compare_int) : NULL;
}

bool lk_lock_is_waiting(const struct lk_lock *l)
{
	return l->state == LK_STATE_WAITING || l->state == LK_STATE_BREAKER || l->state == LK_STATE_STOPPED_WAITING;
}

bool lk_lock_is_taken_away(const struct lk_snapshot *s, const struct lk_lock *l)
{
	return (l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG) && s->host.lease_break_s != 0;
}

bool lk_lock_is_held_by(const struct lk_lock *l, int pid)
{
	for (size_t i = 0; i < l->n_holders; i++) {
		if (l->holders[i].pid == pid)
			return true;
	}
	return false;
}

bool lk_lock_involves(const struct lk_lock *l, int pid)
{
	return l->pid == pid || lk_lock_is_held_by(l, pid);
}

const char *const lk_proc_state_words[] = { "running", "sleeping", "disk_sleep", "stopped", "traced",
					    "zombie",  "dead",     "idle",       NULL };

const char *lk_proc_state_name(char state)
{
	static const char letters[] = "RSDTtZXI";
	const char *found = state ? strchr(letters, state == 'x' ? 'X' : state) : NULL;

	return found ? lk_proc_state_words[found - letters] : NULL;
}

bool lk_proc_is_over(const struct lk_proc *p)
{
	return p->state == 'X' || p->state == 'x' || (p->state == 'Z' && p->num_threads <= 1);
}

bool lk_proc_is_stopped(const struct lk_proc *p)
{
	return p->state == 'T' || p->state == 't';
}

bool lk_proc_is_unusual(const struct lk_proc *p)
{
	switch (p->state) {
	case 'T':
	case 't':
	case 'Z':
	case 'X':
	case 'x':
		return true;
	default:
		return false;
	}
}

size_t lk_lock_n_processes(const struct lk_lock *l)
{
	size_t n = 0;

	/* Holders are sorted by pid. */
	for (size_t i = 0; i < l->n_holders; i++)
		n += !i || l->holders[i].pid != l->holders[i - 1].pid;
	return n;
}

bool lk_snapshot_proves(const struct lk_snapshot *s, const struct lk_key *key)
{
	for (size_t i = 0; i < s->n_proven; i++) {
		if (lk_key_equal(&s->proven[i], key))
			return true;
	}
	return s->locks_proven;
}

const struct lk_problem *lk_snapshot_problem(const struct lk_snapshot *s, enum lk_unread_what what)
{
	for (size_t i = 0; i < s->n_problems; i++) {
		if (s->problems[i].what == what)
			return &s->problems[i];
	}
	return NULL;
}

bool lk_lock_is_exact(const struct lk_lock *l)
{
	return l->how == LK_HOW_EXACT;
}

enum lk_tri lk_file_reachable(const struct lk_file *f)
{
	if (!f->seen_path || f->seen_path[0] != '/' || f->unreachable == LK_UNKNOWN)
		return LK_UNKNOWN;
	return f->unreachable == LK_YES ? LK_NO : LK_YES;
}

const char *lk_file_why_nameless(const struct lk_file *f)
{
	if (!f->path)
		return "the file of this row is not known by name";
	if (f->deleted == LK_YES)
		return "this name is gone already; the file lives on only as long as somebody has it open";
	if (f->unreachable != LK_YES)
		return NULL;
	return f->foreign_mnt_ns
		       ? "its path is one of another mount namespace; here it would be another file, or none"
		       : "no path leads there from here (a detached mount, or outside of this root directory)";
}

/* Hard links on an overlay without an index are several inodes with one inode number: only the name tells them apart. */
static enum lk_tri same_overlay_link(const struct lk_file *f, const struct lk_fact_file *file)
{
	if (!file->fstype || strcmp(file->fstype, "overlay") != 0 || file->nlink < 2)
		return LK_YES;
	return f->seen_path && file->path && strcmp(f->seen_path, file->path) == 0 &&
			       f->foreign_mnt_ns == file->foreign_mnt_ns
		       ? LK_YES
		       : LK_UNKNOWN;
}

enum lk_tri lk_lock_is_on(const struct lk_lock *l, const struct lk_fact_file *file)
{
	const struct lk_file *f = l->file;

	if (f->key.none || file->key.none || !lk_key_equal(&f->key, &file->key))
		return LK_NO;
	if (f->has_stat && file->has_stat) {
		if (f->st_major != file->st_major || f->st_minor != file->st_minor || f->st_ino != file->st_ino)
			return LK_NO;
		return same_overlay_link(f, file);
	}
	if (file->fstype)
		return lk_mounts_fs_keys_unique(file->fstype) ? LK_YES : LK_UNKNOWN;
	return f->ambiguous ? LK_UNKNOWN : LK_YES;
}
