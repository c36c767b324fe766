/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list widget's state, with rows that are numbers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/widget/list.h"

/* A world of numbered rows. */
struct world {
	uint64_t ids[512];
	uint64_t parents[512];
	size_t n;
};

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	const struct world *w = view;

	(void)tree;
	for (size_t i = 0; i < w->n; i++) {
		struct lk_item *it = lk_vec_push(ret);

		*it = (struct lk_item){ .id = w->ids[i], .parent = w->parents[i], .frame = f, .index = w->ids[i] };
		if (w->ids[i] % 10 == 7)
			it->flags |= LK_ITEM_CONTENDED | LK_ITEM_WAITING;
	}
}

/* Column 0: the number; column 1: a word; column 2: known for even ones only. */
static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	(void)view;
	if (column == 1) {
		lk_buf_printf(scratch, "w%zu", it->index % 3);
		return (struct lk_value){ .known = true, .s = lk_buf_str(scratch) };
	}
	return (struct lk_value){ .known = column == 0 || it->index % 2 == 0, .i = (int64_t)it->index };
}

static void words(const void *view, const struct lk_item *it, lk_buf *out)
{
	(void)view;
	lk_buf_printf(out, "Row %zu of the World", it->index);
}

static int pid(const void *view, const struct lk_item *it)
{
	(void)view;
	return (int)it->index + 1000;
}

static const struct lk_column columns[] = {
	{ .name = "NUMBER" }, { .name = "WORD", .type = LK_COL_STRING }, { .name = "EVEN" }, { 0 }
};

static const struct lk_list_ops ops = {
	.ghosts = true, .columns = columns, .fill = fill, .value = value, .words = words, .pid = pid
};

static void set_world(struct world *w, uint64_t first, size_t n)
{
	*w = (struct world){ .n = n };
	for (size_t i = 0; i < n; i++)
		w->ids[i] = first + i;
}

static uint64_t number;

static void refresh(struct lk_list *l)
{
	struct lk_frame *f = calloc(1, sizeof(*f));

	cr_assert(f);
	f->refs = 1;
	f->number = ++number;
	f->taken_ms = (int64_t)number * 1000;
	lk_list_refresh(l, f);
	lk_frame_drop(f);
}

static uint64_t id_at(const struct lk_list *l, size_t i)
{
	const struct lk_item *it = lk_list_at(l, i);

	return it ? it->id : 0;
}

Test(tui_list, first_row_is_selected_at_the_start)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 0);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	cr_expect_null(lk_list_selected(&l));
	set_world(&w, 1, 3);
	refresh(&l);
	cr_expect_eq(lk_list_selected(&l)->id, 1);
	lk_list_done(&l);
}

Test(tui_list, selection_stays_on_its_row_over_a_thousand_refreshes)
{
	struct world w;
	struct lk_list l;
	unsigned seed = 42;

	set_world(&w, 100, 200);
	lk_list_init(&l, &ops, &w);
	l.page = 20;
	refresh(&l);
	cr_assert(lk_list_select_id(&l, 177));
	for (int round = 0; round < 1000; round++) {
		for (size_t k = 0; k < 20; k++) {
			size_t i = (size_t)rand_r(&seed) % w.n, j = (size_t)rand_r(&seed) % w.n;
			uint64_t other = w.ids[j];

			/* A tenth of them change places or are replaced. */
			w.ids[j] = w.ids[i];
			w.ids[i] = other;
			if (w.ids[i] != 177 && k % 2)
				w.ids[i] = 1000 + (uint64_t)round * 20 + k;
		}
		l.sort_column = (size_t)round % 4;
		refresh(&l);
		cr_assert_not_null(lk_list_selected(&l), "round %d", round);
		cr_assert_eq(lk_list_selected(&l)->id, 177);
		cr_assert(l.cursor_at >= l.top && l.cursor_at < l.top + l.page, "round %d: not on the page", round);
	}
	lk_list_done(&l);
}

Test(tui_list, gone_row_stays_as_a_ghost_and_then_nothing_is_selected)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 5);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	lk_list_select_id(&l, 3);
	w.ids[2] = 30;
	for (int look = 0; look < LK_GHOST_LOOKS; look++) {
		const struct lk_item *it;

		refresh(&l);
		it = lk_list_selected(&l);
		cr_assert_not_null(it);
		cr_expect_eq(it->id, 3);
		cr_expect(it->flags & LK_ITEM_GHOST);
		cr_expect_eq(it->gone_ms, (int64_t)(number - (uint64_t)look) * 1000);
		cr_expect_eq(l.shown.n, 6);
		cr_expect_eq(l.n_total, 5);
	}
	refresh(&l);
	cr_expect_null(lk_list_selected(&l), "it must not slide onto a neighbour");
	cr_expect_eq(l.shown.n, 5);
	/* The next step selects what is at that place. */
	cr_expect(lk_list_move(&l, 1));
	cr_expect_eq(lk_list_selected(&l)->id, id_at(&l, 2));
	lk_list_done(&l);
}

Test(tui_list, refilling_with_the_same_frame_makes_no_ghosts)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 5);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	w.n = 3;
	lk_list_refresh(&l, l.frame);
	cr_expect_eq(l.shown.n, 3);
	lk_list_done(&l);
}

Test(tui_list, order_is_stable_and_unknown_comes_last_either_way)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 6);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	l.sort_column = 2;
	lk_list_arrange(&l);
	cr_expect_eq(id_at(&l, 0), 2);
	cr_expect_eq(id_at(&l, 3), 1);
	l.descending = true;
	lk_list_arrange(&l);
	cr_expect_eq(id_at(&l, 0), 6);
	cr_expect_eq(id_at(&l, 3), 1);
	l.sort_column = 1;
	l.descending = false;
	lk_list_arrange(&l);
	cr_expect_eq(id_at(&l, 0), 3);
	cr_expect_eq(id_at(&l, 1), 6);
	cr_expect_eq(id_at(&l, 2), 1);
	lk_list_done(&l);
}

Test(tui_list, filter_words)
{
	static const struct {
		const char *filter;
		size_t n;
	} cases[] = { { NULL, 20 },           { "", 20 },      { "row 1", 11 },  { "Row 1", 11 }, { "ROW 1", 0 },
		      { "row 2 |row 3 ", 2 }, { "!row 1", 9 }, { "nothing", 0 }, { "world", 20 }, { "=", 20 },
		      { "!world|row 5 ", 1 } };
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 20);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_assert_eq(lk_list_set_filter(&l, cases[i].filter, NULL), 0);
		cr_expect_eq(l.shown.n, cases[i].n, "%s: %zu", cases[i].filter, l.shown.n);
	}
	/* Rows 7 and 17 wait. */
	lk_list_set_filter(&l, "row 2", NULL);
	cr_expect_eq(l.n_hidden_waiting, 2);
	lk_list_done(&l);
}

Test(tui_list, bad_expression_leaves_the_filter_as_it_was)
{
	struct lk_err err = { 0 };
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 20);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	lk_list_set_filter(&l, "row 2", NULL);
	cr_expect_lt(lk_list_set_filter(&l, "=pid ==", &err), 0);
	cr_expect_eq(err.code, -22);
	cr_expect_str_eq(l.filter_text, "row 2");
	lk_err_done(&err);
	lk_list_done(&l);
}

Test(tui_list, search_finds_pids_first)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 200);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	/* "Row 101" is row 101; pid 1010 is row 10. */
	l.search = strdup("101");
	cr_expect(lk_list_search(&l, 0, 1));
	cr_expect_eq(lk_list_selected(&l)->id, 10);
	free(l.search);
	l.search = strdup("row 55");
	cr_expect(lk_list_search(&l, 0, 1));
	cr_expect_eq(lk_list_selected(&l)->id, 55);
	free(l.search);
	l.search = strdup("ROW 55");
	cr_expect_not(lk_list_search(&l, 0, 1));
	lk_list_done(&l);
}

Test(tui_list, contended_rows_both_ways_and_around)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 20);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	cr_expect(lk_list_contended(&l, 1));
	cr_expect_eq(lk_list_selected(&l)->id, 7);
	cr_expect(lk_list_contended(&l, 1));
	cr_expect_eq(lk_list_selected(&l)->id, 17);
	lk_list_contended(&l, 1);
	cr_expect_eq(lk_list_selected(&l)->id, 7);
	lk_list_contended(&l, -1);
	cr_expect_eq(lk_list_selected(&l)->id, 17);
	set_world(&w, 1, 10);
	refresh(&l);
	lk_list_contended(&l, 1);
	cr_expect(lk_list_contended(&l, 1), "the only one is selected already");
	cr_expect_eq(lk_list_selected(&l)->id, 7);
	lk_list_done(&l);
}

Test(tui_list, tree_orders_siblings_keeps_parents_of_what_is_found_and_folds)
{
	struct world w = { .ids = { 1, 2, 3, 4, 5, 6 }, .parents = { 0, 1, 1, 0, 4, 5 }, .n = 6 };
	struct lk_list l;

	lk_list_init(&l, &ops, &w);
	l.tree = true;
	refresh(&l);
	cr_expect_eq(l.shown.n, 6);
	cr_expect_eq(lk_list_at(&l, 5)->level, 2);
	l.sort_column = 0;
	l.descending = true;
	lk_list_arrange(&l);
	cr_expect_eq(id_at(&l, 0), 4);
	cr_expect_eq(id_at(&l, 3), 1);
	cr_expect_eq(id_at(&l, 4), 3);
	lk_list_fold(&l, 4, true);
	cr_expect_eq(l.shown.n, 4);
	cr_expect(lk_list_at(&l, 0)->flags & LK_ITEM_HAS_CHILDREN);
	lk_list_fold(&l, 4, false);
	lk_list_set_filter(&l, "row 6", NULL);
	cr_expect_eq(l.shown.n, 3);
	cr_expect_eq(id_at(&l, 2), 6);
	lk_list_done(&l);
}

Test(tui_list, tags_are_a_set)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 5);
	lk_list_init(&l, &ops, &w);
	lk_list_tag(&l, 3, true);
	lk_list_tag(&l, 1, true);
	lk_list_tag(&l, 3, true);
	lk_list_tag(&l, 0, true);
	cr_expect_eq(l.tags.n, 2);
	cr_expect(lk_list_is_tagged(&l, 1));
	lk_list_tag(&l, 1, false);
	cr_expect_not(lk_list_is_tagged(&l, 1));
	cr_expect(lk_list_is_tagged(&l, 3));
	lk_list_done(&l);
}

Test(tui_list, a_tag_goes_with_its_row)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 5);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	lk_list_tag(&l, 2, true);
	lk_list_tag(&l, 4, true);
	w.ids[3] = 40;
	refresh(&l);
	cr_expect_not(lk_list_is_tagged(&l, 4), "it is a ghost");
	cr_expect(lk_list_is_tagged(&l, 2));
	cr_expect_eq(l.n_tags_dropped, 1);
	refresh(&l);
	cr_expect_eq(l.n_tags_dropped, 1);
	lk_list_done(&l);
}

Test(tui_list, hidden_tags_are_counted)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 5);
	lk_list_init(&l, &ops, &w);
	refresh(&l);
	lk_list_tag(&l, 2, true);
	lk_list_tag(&l, 4, true);
	cr_expect_eq(lk_list_hidden_tags(&l), 0);
	lk_list_set_filter(&l, "Row 4", NULL);
	cr_expect_eq(lk_list_hidden_tags(&l), 1);
	lk_list_done(&l);
}

Test(tui_list, moving_stops_at_the_ends)
{
	struct world w;
	struct lk_list l;

	set_world(&w, 1, 30);
	lk_list_init(&l, &ops, &w);
	l.page = 10;
	refresh(&l);
	lk_list_move(&l, -5);
	cr_expect_eq(lk_list_selected(&l)->id, 1);
	lk_list_move(&l, INT64_MAX);
	cr_expect_eq(lk_list_selected(&l)->id, 30);
	cr_expect_eq(l.top, 20);
	lk_list_move(&l, INT64_MIN + 1);
	cr_expect_eq(l.top, 0);
	lk_list_done(&l);
}
