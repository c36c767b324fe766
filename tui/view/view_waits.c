/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Waits view: who must move first, as a forest of waits, or its requests as a table. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "table/get.h"
#include "tui/core/words.h"
#include "tui/view/view_waits.h"
#include "words/forest.h"

#define MOST_ORDERED 64 /* a cycle with more requests than this is not put in the order of waiting */

enum { COL_STATE, COL_PID, COL_COMMAND, COL_WAIT, COL_TYPE, COL_MODE, COL_RANGE, COL_BEHIND, COL_PATH, N_COLS };

static const struct lk_column columns[N_COLS + 1] = {
	[COL_STATE] = { "state", "S", "W waits, C part of a deadlock, B blocks, x gone", 1, 1, 0, 0 },
	[COL_PID] = { "pid", "PID", "the process that waits", 7, 5, 1, LK_COL_RIGHT, .unknown = "?" },
	[COL_COMMAND] = { "command", "COMMAND", "the name of that process", 11, 7, 3, 0, LK_COL_STRING },
	[COL_WAIT] = { "wait", "WAIT", "how long it has waited at least: each wake-up starts the kernel's clock anew",
		       7, 6, 4, LK_COL_RIGHT | LK_COL_DESCENDING },
	[COL_TYPE] = { "type", "TYPE", "the kind of lock: POSIX, OFD, FLOCK, LEASE", 5, 5, 6, 0, LK_COL_STRING },
	[COL_MODE] = { "mode", "MODE", "READ (shared) or WRITE (exclusive)", 5, 1, 5, LK_COL_INITIAL, LK_COL_STRING },
	[COL_RANGE] = { "range", "RANGE", "the bytes, both ends included", 12, 5, 8, LK_COL_RIGHT },
	[COL_BEHIND] = { "behind", "BEHIND", "who is in its way", 12, 6, 7, 0 },
	[COL_PATH] = { "path", "PATH", "the file", 24, 12, 2, LK_COL_TRUNC_LEFT | LK_COL_GROW, LK_COL_STRING },
};

const struct lk_tree_node *lk_waits_node(const struct lk_item *it)
{
	return it->frame && it->index < it->frame->forest.n ? &it->frame->forest.nodes[it->index] : NULL;
}

/* ---- rows ---- */

static uint64_t hash_of(char kind, uint64_t id, uint64_t more)
{
	uint64_t h = lk_hash_fnv(LK_HASH_FNV, &kind, sizeof(kind));

	h = lk_hash_fnv(h, &id, sizeof(id));
	return lk_hash_fnv(h, &more, sizeof(more));
}

static uint64_t id_of_cycle(const struct lk_cycle *c)
{
	uint64_t h = LK_HASH_FNV;

	for (size_t i = 0; i < c->n_pids; i++)
		h = lk_hash_fnv(h, &c->pids[i], sizeof(c->pids[i]));
	return c->n_rows ? hash_of('c', h, c->rows[0]->rec.key.ino) : hash_of('c', h, 0);
}

static uint64_t id_of(const struct lk_frame *f, const struct lk_tree_node *node)
{
	static const char kinds[] = { [LK_TREE_LOCK] = 'l', [LK_TREE_UNSEEN] = 'u', [LK_TREE_REQUEST] = 'r' };
	uint64_t id;

	if (node->kind == LK_TREE_CYCLE)
		id = id_of_cycle(node->cycle);
	else
		id = hash_of(kinds[node->kind], lk_frame_row(f, node->lock), 0);
	return id ? id : 1;
}

static void add(lk_items *ret, const struct lk_frame *f, size_t index, uint64_t parent, enum lk_waits_place place)
{
	const struct lk_tree_node *node = &f->forest.nodes[index];
	struct lk_item *it = lk_vec_push(ret);

	*it = (struct lk_item){ .frame = f, .index = index, .parent = parent, .sub = place };
	if (place == LK_WAITS_END) {
		it->flags = LK_ITEM_FIXED;
		return;
	}
	it->id = id_of(f, node);
	it->flags = LK_ITEM_CONTENDED;
	if (node->kind == LK_TREE_REQUEST)
		it->flags |= LK_ITEM_WAITING;
}

/* The index after the last node of the tree below i. */
static size_t end_of(const struct lk_forest *f, size_t i)
{
	size_t end = i + 1;

	while (end < f->n && f->nodes[end].level > f->nodes[i].level)
		end++;
	return end;
}

static void add_tree(lk_items *ret, const struct lk_frame *f, size_t begin, size_t end, uint64_t parent)
{
	for (size_t i = begin; i < end; i++) {
		const struct lk_tree_node *node = &f->forest.nodes[i];
		uint64_t above = i == begin ? parent : id_of(f, &f->forest.nodes[node->parent]);

		add(ret, f, i, above, LK_WAITS_PLAIN);
	}
}

static bool holds(const struct lk_lock *l, int pid)
{
	for (size_t i = 0; l && i < l->n_holders; i++) {
		if (l->holders[i].pid == pid)
			return true;
	}
	return false;
}

/* Puts the requests of a cycle in an order in which each waits for what the next one holds, where that can be. */
static void order_ring(const struct lk_forest *f, size_t *children, size_t n)
{
	for (size_t i = 0; i + 1 < n && n <= MOST_ORDERED; i++) {
		const struct lk_lock *by = f->nodes[children[i]].by;

		for (size_t k = i + 1; k < n; k++) {
			size_t found = children[k];

			if (!holds(by, f->nodes[found].lock->pid))
				continue;
			children[k] = children[i + 1];
			children[i + 1] = found;
			break;
		}
	}
}

static void add_cycle(lk_items *ret, const struct lk_frame *f, size_t cycle)
{
	const struct lk_forest *forest = &f->forest;
	uint64_t id = id_of(f, &forest->nodes[cycle]);
	size_t n = 0, end = end_of(forest, cycle);
	lk_auto_mem size_t *children = lk_alloc(end - cycle, sizeof(*children));

	for (size_t i = cycle + 1; i < end; i = end_of(forest, i))
		children[n++] = i;
	order_ring(forest, children, n);
	add(ret, f, cycle, 0, LK_WAITS_PLAIN);
	for (size_t i = 0; i < n; i++) {
		size_t first = ret->n;

		add_tree(ret, f, children[i], end_of(forest, children[i]), id);
		ret->v[first].sub = n == 1       ? LK_WAITS_ALONE
				    : i == 0     ? LK_WAITS_FIRST
				    : i + 1 == n ? LK_WAITS_LAST
						 : LK_WAITS_MIDDLE;
	}
	if (n)
		add(ret, f, cycle, id, LK_WAITS_END);
}

static void fill_tree(const struct lk_frame *f, lk_items *ret)
{
	for (size_t i = 0, end; i < f->forest.n; i = end) {
		end = end_of(&f->forest, i);
		if (f->forest.nodes[i].kind == LK_TREE_CYCLE)
			add_cycle(ret, f, i);
		else
			add_tree(ret, f, i, end, 0);
	}
}

static void fill_flat(const struct lk_frame *f, lk_items *ret)
{
	for (size_t i = 0; i < f->forest.n; i++) {
		if (f->forest.nodes[i].kind == LK_TREE_REQUEST)
			add(ret, f, i, 0, LK_WAITS_PLAIN);
	}
}

static void count(struct lk_waits *w, const struct lk_forest *f)
{
	w->n_cycles = w->n_roots = 0;
	for (size_t i = 0; i < f->n; i++) {
		if (f->nodes[i].level)
			continue;
		if (f->nodes[i].kind == LK_TREE_CYCLE)
			w->n_cycles++;
		else
			w->n_roots++;
	}
}

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	const struct lk_view *v = view;

	count(v->own, &f->forest);
	if (tree)
		fill_tree(f, ret);
	else
		fill_flat(f, ret);
}

static void init(struct lk_view *v)
{
	v->own = lk_alloc(1, sizeof(struct lk_waits));
}

static void done(struct lk_view *v)
{
	struct lk_waits *w = v->own;

	lk_vec_done(&w->advice);
	lk_vec_done(&w->has_next);
	free(w);
}

/* ---- values ---- */

/* How long a request has waited, in ms; for any other node the longest wait below it; -1 unknown. */
static int64_t wait_of(const struct lk_tui *t, const struct lk_item *it, const struct lk_tree_node *node)
{
	bool at_least;

	if (node->kind == LK_TREE_REQUEST)
		return lk_frame_age_ms(it->frame, node->lock, lk_tui_now_of(t, it->frame), &at_least);
	return node->oldest_wait_ms;
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_view *v = view;
	const struct lk_tree_node *node = lk_waits_node(it);
	const struct lk_lock *l = node ? node->lock : NULL;
	int64_t ms;

	if (!node || (it->flags & LK_ITEM_FIXED))
		return lk_view_number(0, false);
	if (column == COL_WAIT) {
		ms = wait_of(v->tui, it, node);
		return lk_view_number(ms, ms >= 0);
	}
	if (!l)
		return lk_view_number(0, false);
	switch (column) {
	case COL_STATE:
		return lk_view_number(l->deadlock ? 0 : 1, true);
	case COL_PID:
		return lk_view_number(l->pid, l->pid > 0);
	case COL_RANGE:
		return lk_view_number(l->rec.range.start, true);
	case COL_BEHIND:
		return lk_view_number(l->n_blocked_by ? l->blocked_by[0]->pid : 0, l->n_blocked_by > 0);
	default:
		(void)scratch;
		return lk_view_string(column == COL_COMMAND ? (l->proc ? l->proc->comm : NULL)
				      : column == COL_TYPE  ? lk_type_name(l->rec.type)
				      : column == COL_MODE  ? lk_mode_name(l->rec.mode)
							    : l->file->path);
	}
}

static bool match_cycle(const struct lk_item *it, const struct lk_cycle *c, const struct lk_filter *f)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		struct lk_row row = { .snap = it->frame->snap, .lock = c->rows[i] };

		if (lk_filter_match(f, &row))
			return true;
	}
	return false;
}

static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	const struct lk_tree_node *node = lk_waits_node(it);
	struct lk_row row = { .lock = node ? node->lock : NULL };

	(void)view;
	if (!node)
		return false;
	if (node->kind == LK_TREE_CYCLE)
		return match_cycle(it, node->cycle, f);
	row.snap = it->frame->snap;
	return lk_filter_match(f, &row);
}

static int pid_of(const void *view, const struct lk_item *it)
{
	const struct lk_tree_node *node = lk_waits_node(it);

	(void)view;
	return node && node->lock ? node->lock->pid : 0;
}

/* ---- cells of the table ---- */

static void put_behind(const struct lk_lock *l, lk_buf *out)
{
	for (size_t i = 0; i < l->n_blocked_by && i < 3; i++) {
		lk_buf_puts(out, i ? "," : "");
		lk_tui_put_pid(l->blocked_by[i]->pid, out);
	}
	if (l->n_blocked_by > 3)
		lk_buf_printf(out, "+%zu", l->n_blocked_by - 3);
}

static void put_column(const char *name, const struct lk_item *it, const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .snap = it->frame->snap, .lock = l };

	lk_column_text(lk_column_find(name, strlen(name)), &row, true, out);
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_tree_node *node = lk_waits_node(it);
	const struct lk_lock *l = node ? node->lock : NULL;
	bool ghost = it->flags & LK_ITEM_GHOST;
	char letter;

	if (!l) {
		lk_buf_puts(out, node && column == COL_COMMAND ? "CYCLE" : "");
		return true;
	}
	switch (column) {
	case COL_STATE:
		letter = lk_tui_state_letter(l, ghost, ret_style);
		lk_buf_add(out, &letter, 1);
		return true;
	case COL_PID:
		return false;
	case COL_WAIT:
		if (ghost)
			lk_buf_puts(out, "gone");
		else
			lk_age_text(wait_of(t, it, node), false, out);
		return true;
	case COL_RANGE:
		lk_tui_range_cell(t, l, out);
		return true;
	case COL_BEHIND:
		put_behind(l, out);
		return true;
	default:
		put_column(columns[column].name, it, l, out);
		return true;
	}
}

/* The lock of an unseen root is its first request; the root itself is only about the file. */
static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	const struct lk_tree_node *node = lk_waits_node(it);

	(void)t;
	*ret = (struct lk_subject){ .frame = it->frame, .cycle = node ? node->cycle : NULL };
	if (!node || !node->lock)
		return;
	if (node->kind == LK_TREE_UNSEEN)
		ret->file = node->lock->file;
	else
		lk_subject_set_lock(ret, node->lock);
}

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	const struct lk_tree_node *node = lk_waits_node(it);

	if (!node)
		return;
	if (node->lock)
		lk_words_put_lock(t, it->frame, node->lock, out);
	else if (!node->cycle->dead)
		lk_buf_printf(out, "no deadlock: %s", node->cycle->escape ? node->cycle->escape : "it can resolve");
	else
		lk_buf_printf(out, "%zu process%s for each other; the kernel refuses such circles of POSIX locks only",
			      node->cycle->n_pids, node->cycle->n_pids == 1 ? " waits" : "es wait");
}

static void title_words(const struct lk_tui *t, const struct lk_view *v, lk_buf *out)
{
	const struct lk_waits *w = v->own;
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;
	size_t n = s ? s->n_waiting : 0;

	lk_buf_printf(out, "%zu waiter%s, ", n, n == 1 ? "" : "s");
	if (s && s->n_possible_cycles)
		lk_words_put_possible(out, s->n_possible_cycles);
	else
		lk_buf_printf(out, "%zu root%s, ", w->n_roots, w->n_roots == 1 ? "" : "s");
	if (w->n_cycles || !s || !s->n_possible_cycles)
		lk_buf_printf(out, "%s%zu cycle%s", s && s->n_possible_cycles ? ", " : "", w->n_cycles,
			      w->n_cycles == 1 ? "" : "s");
	lk_buf_printf(out, "\nF5 %s", v->list.tree ? "flat" : "tree");
}

static const lk_press bar[] = { LK_KEY_F1, LK_KEY_F3, LK_KEY_F4,    LK_KEY_F5,  LK_KEY_F7, LK_KEY_F8,
				LK_KEY_F9, '5',       LK_KEY_ENTER, LK_KEY_F10, 0 };

const struct lk_view_ops lk_view_waits = {
	.id = LK_VIEW_WAITS,
	.title = "Waits",
	.nothing = "Nobody waits for a file lock.",
	.help = "Who must move first. At the top stand cycles, which cannot end by themselves, and locks whose holders do not "
		"wait; below each hang those who wait for it, and below them those who wait for what they hold. The "
		"kernel finds circles of POSIX locks only; those of flock, OFD locks and mixtures are found here.",
	.sort_column = SIZE_MAX,
	.tree = true,
	.list = {
		.ghosts = true,
		.columns = columns,
		.fill = fill,
		.value = value,
		.words = lk_table_words,
		.match = match,
		.pid = pid_of,
	},
	.init = init,
	.done = done,
	.cell = cell,
	.subject = subject,
	.describe = describe,
	.paint = lk_waits_paint,
	.lines_above = lk_waits_lines_above,
	.title_words = title_words,
	.label = lk_view_tree_label,
	.bar = bar,
	.footer_height = lk_waits_footer_height,
	.paint_footer = lk_waits_paint_footer,
};
