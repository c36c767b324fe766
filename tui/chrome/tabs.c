/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tab line: the views, and which filters hide rows of the current one. */
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "tui/chrome/paint.h"

#define TAB_TEXT 48
#define FIRST_WORDS_DROP 7 /* a view's further words are left out before the filter is */
#define FILTER_LEAST 16 /* cells that a filter keeps when it is cut */

/* How much of the tabs is shown: the longest form that leaves room for the rest of the line. */
enum tab_form {
	TABS_ALL, /* "[1:Locks] 2:Files 3:Procs ..." */
	TABS_NUMBERS, /* "[1:Locks] 2 3 4 5 6" */
	TABS_ONE, /* "[1:Locks]" */
};

static bool has_number(const struct lk_tui *t, int id)
{
	return id == LK_VIEW_WAITS && t->frame && t->frame->snap->n_waiting;
}

/* ret: "" when this form does not show the tab. */
static void tab_text(const struct lk_tui *t, int id, enum tab_form form, char ret[TAB_TEXT])
{
	bool on = (int)t->current == id;
	char count[24] = "";

	if (has_number(t, id))
		snprintf(count, sizeof(count), "(%zu)", t->frame->snap->n_waiting);
	ret[0] = '\0';
	if (on)
		snprintf(ret, TAB_TEXT, "[%d:%.8s%.14s]", id + 1, t->views[id].ops->title, count);
	else if (form == TABS_ALL)
		snprintf(ret, TAB_TEXT, "%d:%.8s%.14s", id + 1, t->views[id].ops->title, count);
	else if (form == TABS_NUMBERS)
		snprintf(ret, TAB_TEXT, "%d", id + 1);
}

static int tabs_width(const struct lk_tui *t, enum tab_form form, struct lk_tab_spot *ret)
{
	int x = 0;

	for (int i = 0; i < LK_VIEWS; i++) {
		char text[TAB_TEXT];
		int cells;

		tab_text(t, i, form, text);
		cells = (int)lk_sanitize_width(text, false);
		ret[i] = (struct lk_tab_spot){ x, cells };
		x += cells ? cells + 1 : 0;
	}
	return x;
}

/* ---- the rest of the line ---- */

/* One piece for each line of the view's words. The first always stays; of the others the last is left out first. */
static void add_words(const struct lk_tui *t, struct lk_pieces *p)
{
	const struct lk_view *v = lk_tui_view(t);
	lk_buf words = { 0 };
	const char *line;

	if (v->ops->title_words)
		v->ops->title_words(t, v, &words);
	line = lk_buf_str(&words);
	for (int drop = 0; *line; drop = drop ? drop + 1 : FIRST_WORDS_DROP) {
		size_t n = strcspn(line, "\n");

		lk_pieces_add(p, drop, LK_STYLE_PLAIN, "%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
	lk_vec_done(&words);
}

/* A long filter is cut before anything else is left out; the counts behind it always stay. */
static void add_filter_text(const struct lk_list *l, struct lk_pieces *p)
{
	struct lk_piece *q = lk_pieces_add(p, 0, LK_STYLE_BADGE, "filter: %s [%zu/%zu]", l->filter_text, l->shown.n,
					   l->n_total);

	q->tail = strlen(strrchr(q->text, ' '));
	q->least = (int)q->tail + FILTER_LEAST;
}

/* "filter: foo [12/1284]", and what else hides rows. */
static void add_filter(const struct lk_tui *t, struct lk_pieces *p)
{
	const struct lk_view *v = lk_tui_view(t);
	const struct lk_list *l = &v->list;

	if (l->n_hidden_waiting && t->frame)
		lk_pieces_add(p, 2, LK_STYLE_BADGE, "%zu waiting (%zu hidden by filter)", t->frame->snap->n_waiting,
			      l->n_hidden_waiting);
	if (lk_list_hidden_tags(l))
		lk_pieces_add(p, 2, LK_STYLE_BADGE, "%zu tagged (%zu hidden)", l->tags.n, lk_list_hidden_tags(l));
	if (l->follow)
		lk_pieces_add(p, 5, LK_STYLE_BADGE, "FOLLOW");
	if (l->only_contended)
		lk_pieces_add(p, 3, LK_STYLE_BADGE, "only blocked");
	if (l->user)
		lk_pieces_add(p, 3, LK_STYLE_BADGE, "user: %s", l->user);
	if (l->filter_text)
		add_filter_text(l, p);
	else if (l->user || l->only_contended)
		lk_pieces_add(p, 1, LK_STYLE_BADGE, "[%zu/%zu]", l->shown.n, l->n_total);
	else if (!v->ops->title_words)
		lk_pieces_add(p, 6, LK_STYLE_DIM, "filter: (none)");
}

/* The view's own words follow the tabs; the filter is at the right end of the line. */
static void make_rest(const struct lk_tui *t, struct lk_pieces *p)
{
	size_t n_words;

	add_words(t, p);
	n_words = p->list.n;
	add_filter(t, p);
	for (size_t i = n_words; i < p->list.n; i++)
		p->list.v[i].right = true;
}

static enum tab_form choose_form(const struct lk_tui *t, int w, const struct lk_pieces *rest, struct lk_tab_spot *spots)
{
	/* That there is no filter is not worth the names of the views. */
	bool idle = rest->list.n == 1 && rest->list.v[0].style == LK_STYLE_DIM;
	int needed = rest->list.n && !idle ? lk_pieces_cells(rest) + 2 : 0;

	for (int form = TABS_ALL; form < TABS_ONE; form++) {
		if (tabs_width(t, (enum tab_form)form, spots) + needed <= w)
			return (enum tab_form)form;
	}
	tabs_width(t, TABS_ONE, spots);
	return TABS_ONE;
}

void lk_tabs_spots(const struct lk_tui *t, int w, struct lk_tab_spot ret[LK_VIEWS])
{
	struct lk_pieces rest = { .utf8 = t->utf8, .gap = 2 };

	make_rest(t, &rest);
	choose_form(t, w, &rest, ret);
	lk_pieces_done(&rest);
}

void lk_tabs_paint(struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_pieces rest = { .utf8 = c->utf8, .gap = 2 };
	struct lk_tab_spot spots[LK_VIEWS];
	enum tab_form form;
	int x = 0;

	make_rest(t, &rest);
	form = choose_form(t, r.w, &rest, spots);
	for (int i = 0; i < LK_VIEWS; i++) {
		char text[TAB_TEXT];

		tab_text(t, i, form, text);
		lk_canvas_put(c, r.x + spots[i].x, r.y, r.w - spots[i].x,
			      (int)t->current == i ? LK_STYLE_TAB_ON : LK_STYLE_TAB, text);
		if (spots[i].w)
			x = spots[i].x + spots[i].w + 2;
	}
	lk_pieces_paint(&rest, c, (struct lk_rect){ r.x + x, r.y, r.w - x - 1, r.h });
}
