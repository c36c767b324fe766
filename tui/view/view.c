/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the views have in common: labels of commands, tree or flat, values and marks of rows, the subject of a row. */
#include "tui/core/app.h"

const char *lk_view_label(const struct lk_view *v, const struct lk_command *cmd)
{
	const char *own = v->ops->label ? v->ops->label(v, cmd) : NULL;

	return own ? own : cmd->label;
}

unsigned lk_do_tree(struct lk_tui *t)
{
	struct lk_view *v = lk_tui_view(t);

	if (!*lk_view_label(v, lk_command_find(t->keymap.commands, "tree", 4)))
		return lk_tui_say(t, LK_STYLE_WORDS, "%s has no tree.", v->ops->title);
	v->list.tree = !v->list.tree;
	return LK_DIRTY_ROWS | LK_DIRTY_PAINT;
}

const char *lk_view_tree_label(const struct lk_view *v, const struct lk_command *cmd)
{
	if (cmd->run != lk_do_tree)
		return NULL;
	return v->list.tree ? "Flat" : "Tree";
}

const char *lk_view_flat_label(const struct lk_view *v, const struct lk_command *cmd)
{
	(void)v;
	return cmd->run == lk_do_tree ? "" : NULL;
}

void lk_view_put_cell(const struct lk_view *v, const struct lk_item *it, size_t column, lk_buf *out,
		      enum lk_style *ret_style)
{
	const struct lk_column *col = &v->ops->list.columns[column];
	lk_buf scratch = { 0 };
	struct lk_value value;

	*ret_style = LK_STYLE_PLAIN;
	if (v->ops->cell(v->tui, it, column, out, ret_style))
		return;
	value = v->ops->list.value(v, it, column, &scratch);
	if (!value.known)
		lk_buf_puts(out, col->unknown ? col->unknown : "");
	else if (col->type == LK_COL_STRING)
		lk_buf_puts(out, value.s);
	else
		lk_buf_number(out, value.i);
	lk_vec_done(&scratch);
}

struct lk_value lk_view_number(int64_t i, bool known)
{
	return (struct lk_value){ .known = known, .i = i };
}

struct lk_value lk_view_string(const char *s)
{
	return (struct lk_value){ .known = s, .s = s };
}

struct lk_value lk_view_age(const struct lk_item *it, size_t lock)
{
	bool at_least;
	int64_t age = -1;

	if (lock != LK_TOTALS_NONE)
		age = lk_frame_age_ms(it->frame, &it->frame->snap->locks[lock], it->frame->taken_ms, &at_least);
	return lk_view_number(age, age >= 0);
}

void lk_subject_set_lock(struct lk_subject *s, const struct lk_lock *l)
{
	s->lock = l;
	s->file = l->file;
	s->proc = l->proc;
	s->holder = l->waiter ? l->waiter : l->n_holders ? l->holders : NULL;
}

void lk_view_mark_row(const struct lk_list *l, const struct lk_item *it, struct lk_canvas *c, struct lk_rect r)
{
	bool selected = it->id && it->id == l->cursor, tagged = lk_list_is_tagged(l, it->id);

	if (it->flags & LK_ITEM_GHOST)
		lk_canvas_put(c, r.x + 1, r.y, 1, LK_STYLE_GHOST, "x");
	if (tagged)
		lk_canvas_put(c, r.x + 1, r.y, 1, LK_STYLE_BRIGHT, "*");
	if (selected)
		lk_canvas_put(c, r.x, r.y, 1, LK_STYLE_BRIGHT, ">");
	lk_canvas_mark(c, r, (selected ? LK_MARK_SELECTED : 0u) | (tagged ? LK_MARK_TAGGED : 0u));
	if (l->search && *l->search && it->id && lk_list_says(l, it, l->search))
		lk_canvas_mark(c, (struct lk_rect){ r.x + LK_ROW_GUTTER, r.y, r.w - LK_ROW_GUTTER, 1 }, LK_MARK_FOUND);
	if (selected || c->cursor_y < 0) {
		c->cursor_x = r.x;
		c->cursor_y = r.y;
	}
}
