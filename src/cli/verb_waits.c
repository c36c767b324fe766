/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockscope waits: who waits for whom, and deadlocks. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "cli/print.h"
#include "cli/waits_tree.h"
#include "query/waits.h"
#include "table/sort.h"

#define FLAT_COLUMNS "PID,TID,COMMAND,USER,TYPE,MODE,RANGE,AGE,BLOCKEDBY,PATH"

/* Everything one run of `waits` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_sort sort;
	lk_columns cols;
	struct lk_forest forest;
	lk_rows rows;
};

static bool is_flat(const struct lk_cli *cli)
{
	return cli->flat || cli->columns || cli->all_columns || cli->sort;
}

static bool is_json(const struct lk_cli *cli)
{
	return cli->format == LK_FORMAT_JSON || cli->format == LK_FORMAT_JSONL;
}

static enum lk_status prepare(struct inquiry *q)
{
	enum lk_status status = lk_print_parse_sort(q->cli, &q->sort);

	return status ? status : lk_out_columns_from(q->cli, FLAT_COLUMNS, &q->cols);
}

static enum lk_status look(struct inquiry *q)
{
	unsigned needs = LK_NEED_WAITS | (q->sort.column ? q->sort.column->needs : 0);
	enum lk_status status = lk_session_open(&q->session, q->cli);

	if (is_flat(q->cli) || q->cli->format != LK_FORMAT_TABLE)
		needs |= lk_print_needs(q->cli, &q->cols);
	return status ? status : lk_session_take(&q->session, needs);
}

static enum lk_status conclude(const struct lk_cli *cli, const struct lk_snapshot *s)
{
	switch (lk_waits_any(s, cli->only_deadlocks)) {
	case LK_YES:
		return LK_STATUS_YES;
	case LK_NO:
		return LK_STATUS_NO;
	default:
		return LK_STATUS_UNKNOWN;
	}
}

/* ---- a tree for people ---- */

static const char *nothing_found(const struct lk_cli *cli, const struct lk_snapshot *s)
{
	bool proven = lk_waits_any(s, cli->only_deadlocks) == LK_NO;

	if (cli->only_deadlocks)
		return proven ? "There is no deadlock."
			      : "Cannot tell: no deadlock was found, but a waiter or what blocks it could not be resolved.";
	return proven ? "Nobody waits for a lock."
		      : "Cannot tell: nobody was found who waits, but some could be hidden.";
}

static void print_tree(struct inquiry *q)
{
	const struct lk_snapshot *s = q->session.snap;
	bool only_deadlocks = q->cli->only_deadlocks;
	struct lk_out o;

	lk_out_init(&o, q->cli);
	if (lk_waits_any(s, only_deadlocks) != LK_YES) {
		fprintf(o.f, "%s\n", nothing_found(q->cli, s));
		return;
	}
	lk_waits_put_tree(&o, &q->forest, only_deadlocks);
	lk_waits_put_advice(&o, s, &q->forest, only_deadlocks);
}

/* ---- rows ---- */

/* A table has the waiters only; JSON also has the locks in their way. */
static bool is_wanted(const struct lk_cli *cli, const struct lk_lock *l)
{
	if (cli->only_deadlocks && !l->deadlock)
		return false;
	return lk_lock_is_waiting(l) || (is_json(cli) && l->n_blocks);
}

static void choose_rows(struct inquiry *q)
{
	const struct lk_snapshot *s = q->session.snap;

	for (size_t i = 0; i < s->n_locks; i++) {
		if (is_wanted(q->cli, &s->locks[i]))
			*lk_vec_push(&q->rows) = (struct lk_row){ .snap = s, .lock = &s->locks[i] };
	}
	lk_sort_rows(&q->sort, q->rows.v, q->rows.n);
}

/* A waiter is normally LK_HOW_MATCHED, by the call it sleeps in; HOW is added only if a row is less certain than that. */
static void show_wanted(struct inquiry *q)
{
	for (size_t i = 0; i < q->rows.n; i++) {
		enum lk_how how = q->rows.v[i].lock->how;

		if (how != LK_HOW_MATCHED && how != LK_HOW_EXACT) {
			lk_out_show_wanted(q->cli, &q->cols, q->rows.v, q->rows.n);
			return;
		}
	}
}

static void print_table(struct inquiry *q)
{
	struct lk_out o;

	show_wanted(q);
	lk_out_init(&o, q->cli);
	lk_out_table(&o, &q->cols, q->rows.v, q->rows.n);
}

/* ---- the document ---- */

static struct lk_answer_root root_of(const struct lk_tree_node *t)
{
	struct lk_answer_root ret = { .n_behind = t->n_behind, .oldest_wait_ms = t->oldest_wait_ms };
	lk_ints pids = { 0 };

	if (t->kind != LK_TREE_LOCK)
		return ret;
	lk_waits_holders(t->lock, &pids);
	ret.lock = t->lock;
	ret.pids = pids.v; /* freed by print_document() */
	ret.n_pids = pids.n;
	return ret;
}

static void print_document(struct inquiry *q)
{
	const struct lk_snapshot *s = q->session.snap;
	lk_auto_mem struct lk_answer_root *roots = lk_alloc(q->forest.n, sizeof(*roots));
	struct lk_answer_waits waits = {
		.cycles = s->cycles,
		.n_cycles = q->cli->only_deadlocks ? s->n_deadlocks : s->n_cycles,
		.roots = roots,
	};
	struct lk_answer answer = { .verb = "waits", .waits = &waits };

	for (size_t i = 0; i < q->forest.n && !q->cli->only_deadlocks; i++) {
		const struct lk_tree_node *t = &q->forest.nodes[i];

		if (t->kind == LK_TREE_LOCK || t->kind == LK_TREE_UNSEEN)
			roots[waits.n_roots++] = root_of(t);
	}
	lk_print_rows(q->cli, &q->session, &q->cols, &q->rows, &answer);
	for (size_t i = 0; i < waits.n_roots; i++)
		free((void *)roots[i].pids);
}

static void print(struct inquiry *q)
{
	bool table = q->cli->format == LK_FORMAT_TABLE;

	if (table && !is_flat(q->cli)) {
		print_tree(q);
		return;
	}
	choose_rows(q);
	if (is_json(q->cli))
		print_document(q);
	else if (table)
		print_table(q);
	else
		lk_print_rows(q->cli, &q->session, &q->cols, &q->rows, NULL);
}

static enum lk_status answer(struct inquiry *q)
{
	q->forest = lk_forest_make(q->session.snap);
	if (q->cli->format != LK_FORMAT_QUIET) {
		print(q);
		lk_session_badge(&q->session);
	}
	return conclude(q->cli, q->session.snap);
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli };
	enum lk_status status = prepare(&q);

	if (!status)
		status = look(&q);
	if (!status)
		status = answer(&q);
	lk_forest_done(&q.forest);
	lk_vec_done(&q.rows);
	lk_vec_done(&q.cols);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_waits = {
	.name = "waits",
	.args = "",
	.brief = "who waits for whom, and deadlocks",
	.text = "Prints who must move first: deadlocks, then other cycles, then the locks whose holders do not wait themselves; below\n"
		"each, the requests that hang behind it. Each request stands in the tree once; who else is in its way is named.\n"
		"\n"
		"A waiter is a thread that sleeps in the kernel until it gets a lock: in fcntl(2) F_SETLKW or F_OFD_SETLKW, in flock(2),\n"
		"or in open(2) of a leased file. Programs that try again and again, such as SQLite with a busy timeout or any loop\n"
		"around F_SETLK, never sleep there: they are not waiters and are not seen.\n"
		"\n"
		"A deadlock is a cycle in which nobody can move: every thread of every process that shares one of its locks waits in\n"
		"it. Where one of them could still let go, it is a cycle, and it is said who could. A cycle is reported when it\n"
		"stands in two looks, one after the other.\n"
		"\n"
		"Times are lower bounds: each time a waiter wakes up and goes on waiting, its time starts anew.\n"
		"\n"
		"The exit status is 0 if somebody waits, 1 if nobody does, and 4 if that cannot be told. With --deadlocks it is 0 if\n"
		"there is a deadlock; 1 if there is none, and all that is in the way of every waiter is known; else 4.",
	.options = LK_OPTIONS_WAITS,
	.max_args = 0,
	.run = run,
};
