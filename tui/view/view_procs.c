/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Procs view: a row for each process that holds a lock or waits for one; as a tree, by parent process. */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "tui/core/words.h"
#include "tui/view/view_locks.h"

enum { PID, USER, STATE, HELD, WAIT, BLOCKS, OLDEST, UNIT, COMMAND };

/* How many ancestors of a process are looked at. */
#define MAX_DEPTH 256

#define COUNT_FLAGS (LK_COL_RIGHT | LK_COL_DESCENDING)

/* clang-format off */
static const struct lk_column columns[COMMAND + 2] = {
	[PID] = { "pid", "PID", "number of the process", 7, 4, 2, LK_COL_RIGHT },
	[USER] = { "user", "USER", "user it runs as", 8, 8, 7, 0, LK_COL_STRING, .unknown = "?" },
	[STATE] = { "state", "ST", "R runs, S sleeps, D sleeps and no signal reaches it, T stopped, Z zombie; x: holds and waits for nothing any more", 2, 2, 3, 0 },
	[HELD] = { "held", "HELD", "locks it holds; ?: only recorded for it, not proven", 7, 4, 4, COUNT_FLAGS },
	[WAIT] = { "waiting", "WAIT", "requests it waits with", 7, 4, 4, COUNT_FLAGS },
	[BLOCKS] = { "blocks", "BLOCKS", "requests that its locks are in the way of", 7, 6, 5, COUNT_FLAGS },
	[OLDEST] = { "oldest", "OLDEST", "its longest wait, else the longest it lets others wait, else its oldest lock", 8, 6, 6, COUNT_FLAGS },
	[UNIT] = { "unit", "UNIT", "systemd unit", 20, 4, 8, LK_COL_WHOLE, LK_COL_STRING },
	[COMMAND] = { "command", "COMMAND", "command line, or the name where it is not known", 12, 10, 0, LK_COL_GROW | LK_COL_TREE, LK_COL_STRING },
};
/* clang-format on */

static const struct lk_proc *proc_of(const struct lk_item *it)
{
	return &it->frame->snap->procs[it->index];
}

static struct lk_proc_sum sum_of(const struct lk_item *it)
{
	return lk_totals_proc(it->frame, proc_of(it));
}

static uint64_t id_of(const struct lk_proc *p)
{
	uint64_t h = lk_hash_fnv(LK_HASH_FNV, &p->pid, sizeof(p->pid));

	h = lk_hash_fnv(h, &p->start_ticks, sizeof(p->start_ticks));
	return h ? h : 1;
}

static bool is_concerned(const struct lk_proc_sum *sum)
{
	return sum->n_held || sum->n_recorded || sum->n_waiting;
}

/* ---- rows ---- */

/* The nearest ancestor that has a row of its own; NULL: none is known. */
static const struct lk_proc *parent_of(const struct lk_frame *f, const struct lk_proc *p)
{
	for (int depth = 0; p && p->ppid > 0 && depth < MAX_DEPTH; depth++) {
		const struct lk_proc *parent = lk_snapshot_proc(f->snap, p->ppid);

		if (parent && is_concerned(&f->totals.procs[parent - f->snap->procs]))
			return parent;
		p = parent;
	}
	return NULL;
}

static void add_proc(const struct lk_frame *f, size_t index, const struct lk_proc *parent, lk_items *ret)
{
	const struct lk_proc_sum *sum = &f->totals.procs[index];
	struct lk_item *it = lk_vec_push(ret);

	*it = (struct lk_item){ .id = id_of(&f->snap->procs[index]), .frame = f, .index = index };
	it->parent = parent ? id_of(parent) : 0;
	if (sum->n_waiting)
		it->flags |= LK_ITEM_WAITING;
	if (sum->n_waiting || sum->n_blocks)
		it->flags |= LK_ITEM_CONTENDED;
}

/* Parents must stand before their children, whatever their pids are, so each turn of the last loop adds one level of the tree. */
static void fill_tree(const struct lk_frame *f, lk_items *ret)
{
	const struct lk_snapshot *s = f->snap;
	LK_VEC(size_t) left = { 0 };
	LK_VEC(size_t) depths = { 0 };
	size_t deepest = 0;

	for (size_t i = 0; i < s->n_procs; i++) {
		const struct lk_proc *p = &s->procs[i];
		size_t depth = 0;

		if (!is_concerned(&f->totals.procs[i]))
			continue;
		while (depth < MAX_DEPTH && (p = parent_of(f, p)))
			depth++;
		*lk_vec_push(&left) = i;
		*lk_vec_push(&depths) = depth;
		deepest = depth > deepest ? depth : deepest;
	}
	for (size_t depth = 0; depth <= deepest; depth++) {
		for (size_t i = 0; i < left.n; i++) {
			if (depths.v[i] == depth)
				add_proc(f, left.v[i], parent_of(f, &s->procs[left.v[i]]), ret);
		}
	}
	lk_vec_done(&left);
	lk_vec_done(&depths);
}

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	(void)view;
	if (tree)
		fill_tree(f, ret);
	for (size_t i = 0; i < f->snap->n_procs && !tree; i++) {
		if (is_concerned(&f->totals.procs[i]))
			add_proc(f, i, NULL, ret);
	}
}

/* ---- order ---- */

static size_t oldest_of(const struct lk_proc_sum *sum)
{
	if (sum->n_waiting)
		return sum->oldest_waiting;
	return sum->n_blocks ? sum->oldest_blocked : sum->oldest_held;
}

static struct lk_value user_value(const struct lk_proc *p, lk_buf *scratch)
{
	if (p->user || p->uid < 0)
		return lk_view_string(p->user);
	lk_buf_printf(scratch, "%" PRId64, p->uid);
	return lk_view_string(lk_buf_str(scratch));
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_proc *p = proc_of(it);
	struct lk_proc_sum sum = sum_of(it);

	(void)view;
	switch (column) {
	case PID:
		return lk_view_number(p->pid, true);
	case USER:
		return user_value(p, scratch);
	case STATE:
		return lk_view_number(p->state, p->state);
	case HELD:
		return lk_view_number((int64_t)(sum.n_held ? sum.n_held : sum.n_recorded), true);
	case WAIT:
		return lk_view_number((int64_t)sum.n_waiting, true);
	case BLOCKS:
		/* Among processes that block equally many requests, those that wait come first. */
		return lk_view_number((int64_t)sum.n_blocks * 2 + (sum.n_waiting > 0), true);
	case OLDEST:
		return lk_view_age(it, oldest_of(&sum));
	case UNIT:
		return lk_view_string(p->unit);
	default:
		return lk_view_string(p->cmdline && *p->cmdline ? p->cmdline : p->comm);
	}
}

/* ---- cells ---- */

static void put_state(const struct lk_proc *p, bool ghost, lk_buf *out, enum lk_style *ret_style)
{
	char letter = p->state ? p->state : '?';

	if (ghost)
		letter = 'x';
	else if (letter == 'D' || letter == 'Z')
		*ret_style = LK_STYLE_ALARM;
	lk_buf_add(out, &letter, 1);
}

static void put_held(const struct lk_proc_sum *sum, lk_buf *out)
{
	if (!sum->n_held && sum->n_recorded)
		lk_buf_printf(out, "%zu?", sum->n_recorded);
	else
		lk_buf_unsigned(out, sum->n_held);
}

/* With a note, the name replaces the command line, so that the note is not cut. */
static void put_command(const struct lk_proc *p, lk_buf *out)
{
	const char *text = p->cmdline && *p->cmdline ? p->cmdline : p->comm, *note = "";

	if (p->flags & LK_PROC_GONE)
		note = " (gone)";
	else if (p->flags & LK_PROC_ZOMBIE)
		note = " (zombie)";
	else if (p->state == 'D')
		note = " (signal waits)";
	if (*note && p->comm)
		text = p->comm;
	lk_buf_printf(out, "%s%s", text ? text : "?", note);
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_proc *p = proc_of(it);
	struct lk_proc_sum sum = sum_of(it);

	switch (column) {
	case STATE:
		put_state(p, it->flags & LK_ITEM_GHOST, out, ret_style);
		return true;
	case HELD:
		*ret_style = sum.cycle ? LK_STYLE_CYCLE : LK_STYLE_PLAIN;
		put_held(&sum, out);
		return true;
	case WAIT:
		*ret_style = sum.n_waiting ? LK_STYLE_WAITING : LK_STYLE_PLAIN;
		return false;
	case BLOCKS:
		*ret_style = sum.n_blocks ? LK_STYLE_BLOCKING : LK_STYLE_PLAIN;
		lk_buf_unsigned(out, sum.n_blocks);
		return true;
	case OLDEST:
		lk_locks_put_age(t, it, oldest_of(&sum), out, ret_style);
		return true;
	case COMMAND:
		put_command(p, out);
		return true;
	default:
		return false;
	}
}

/* ---- what commands and searches ask ---- */

/* A process matches if one of the locks that it holds or waits for does. */
static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	const struct lk_snapshot *s = it->frame->snap;
	const struct lk_proc *p = proc_of(it);
	struct lk_proc_sum sum = sum_of(it);

	(void)view;
	for (size_t i = 0; i < sum.n; i++) {
		const struct lk_lock *l = &s->locks[it->frame->totals.by_proc[sum.first + i]];
		struct lk_row row = { .snap = s, .lock = l };

		for (size_t k = 0; k < l->n_holders && !row.holder; k++)
			row.holder = l->holders[k].proc == p ? &l->holders[k] : NULL;
		if (lk_filter_match(f, &row))
			return true;
	}
	return false;
}

static int pid(const void *view, const struct lk_item *it)
{
	(void)view;
	return proc_of(it)->pid;
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	(void)t;
	ret->frame = it->frame;
	ret->proc = proc_of(it);
}

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	lk_words_of_process(t, it->frame, proc_of(it), out);
}

const struct lk_view_ops lk_view_procs = {
	.id = LK_VIEW_PROCS,
	.title = "Procs",
	.nothing = "No process is known to hold a file lock or to wait for one.",
	.help = "Every process that holds a lock or waits for one. Those that the most requests are behind come first. F5 shows who started "
		"whom, as far as the parents hold or wait too.",
	.sort_column = BLOCKS,
	.list = { .ghosts = true,
		  .columns = columns,
		  .fill = fill,
		  .value = value,
		  .words = lk_table_words,
		  .match = match,
		  .pid = pid },
	.cell = cell,
	.subject = subject,
	.label = lk_view_tree_label,
	.describe = describe,
};
