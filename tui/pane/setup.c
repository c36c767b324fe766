/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The setup pane: the settings that have a place in it, and the columns of the Locks view. Every change takes effect at once, and is saved
 * only by the row "Save". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/core/app.h"

#define LABEL_CELLS 24
#define VALUE_CELLS 14

enum row_kind { ROW_SETTING, ROW_TITLE, ROW_COLUMN, ROW_SAVE };

/* Texts are static. */
struct setup_row {
	enum row_kind kind;
	const char *label;
	const struct lk_option *option; /* of a setting */
	const struct lk_column *column;
	bool on; /* a column that is shown */
};
typedef LK_VEC(struct setup_row) setup_rows;

struct setup {
	struct lk_pane pane;
	setup_rows rows;
	size_t at; /* selected; never a title */
	size_t top, page; /* first visible row, visible rows */
};

/* -- what can be set up -- */

static void add_row(setup_rows *rows, struct setup_row row)
{
	*lk_vec_push(rows) = row;
}

static void add_settings(setup_rows *rows)
{
	size_t before = SIZE_MAX;

	for (unsigned place = 1; rows->n != before; place++) {
		before = rows->n;
		for (const struct lk_option *o = NULL; (o = lk_option_next(o, LK_OPTIONS_SETTING));) {
			if (o->place == place)
				add_row(rows, (struct setup_row){ ROW_SETTING, o->label, .option = o });
		}
	}
}

/* Columns that are shown come first. The very first one, the state, cannot be hidden and is left out here. */
static void add_columns(struct lk_tui *t, setup_rows *rows)
{
	const struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	size_t order[LK_COLUMNS_MAX], n_shown = lk_table_shown(t, v, order), n = lk_table_order(t, v, order);

	for (size_t i = 1; i < n; i++) {
		const struct lk_column *c = &v->ops->list.columns[order[i]];

		add_row(rows, (struct setup_row){ ROW_COLUMN, c->name, .column = c, .on = i < n_shown });
	}
}

static void make_rows(struct lk_tui *t, setup_rows *ret)
{
	add_settings(ret);
	add_row(ret, (struct setup_row){ ROW_SAVE, .label = "Save" });
	add_row(ret, (struct setup_row){ ROW_TITLE, .label = "Columns of the Locks view" });
	add_columns(t, ret);
}

static unsigned step(struct lk_tui *t, const struct lk_option *o, int by)
{
	uint32_t delay_ms = t->set.delay_ms;
	enum lk_header header = t->set.header;

	lk_settings_step(&t->set, o, by);
	if (t->set.header != header)
		t->show_header = t->set.header == LK_HEADER_FULL;
	/* A look now, so that the new interval begins at once. */
	return t->set.delay_ms != delay_ms ? LK_DIRTY_PAINT | LK_DIRTY_SCAN : LK_DIRTY_PAINT | LK_DIRTY_ROWS;
}

/* -- columns -- */

static bool same_as_default(struct lk_tui *t, const setup_rows *rows)
{
	const struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	char *own = t->set.columns;
	size_t order[LK_COLUMNS_MAX], n, at = 1;
	bool same = true;

	t->set.columns = NULL;
	n = lk_table_shown(t, v, order);
	t->set.columns = own;
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->v[i].kind != ROW_COLUMN || !rows->v[i].on)
			continue;
		same = same && at < n && &v->ops->list.columns[order[at]] == rows->v[i].column;
		at++;
	}
	return same && at == n;
}

static unsigned use_columns(struct lk_tui *t, const setup_rows *rows)
{
	lk_buf b = { 0 };

	for (size_t i = 0; i < rows->n; i++) {
		if (rows->v[i].kind == ROW_COLUMN && rows->v[i].on)
			lk_buf_printf(&b, "%s%s", b.n ? "," : "", rows->v[i].column->filter_name);
	}
	free(t->set.columns);
	t->set.columns = lk_buf_str(&b);
	if (same_as_default(t, rows)) {
		free(t->set.columns);
		t->set.columns = NULL;
	}
	return LK_DIRTY_PAINT | LK_DIRTY_ROWS;
}

/* -- saving -- */

struct saving {
	struct lk_settings set; /* a copy */
	char *path;
	struct lk_err err;
	int rc;
};

static void saving_free(struct saving *s)
{
	lk_settings_done(&s->set);
	lk_err_done(&s->err);
	free(s->path);
	free(s);
}

static void take_over(struct lk_settings *file, const struct lk_settings *set, const struct lk_option *o)
{
	lk_auto_mem char *value = lk_settings_text(set, o);

	lk_settings_set(file, o->name, value, NULL);
}

/* Writes the settings that have a row in the pane. Others keep the value of the file, also when the command line gave another one. */
static void save_work(void *arg)
{
	struct saving *s = arg;
	struct lk_settings file;

	lk_settings_init(&file);
	s->rc = lk_settings_read(&file, s->path, NULL);
	/* Lines that are wrong are left out; a file that cannot be read is not replaced. */
	s->rc = s->rc == -EINVAL ? 0 : s->rc;
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, LK_OPTIONS_SETTING));) {
		if (o->place)
			take_over(&file, &s->set, o);
	}
	if (s->rc == 0) {
		free(file.columns);
		file.columns = s->set.columns;
		s->set.columns = NULL;
		s->rc = lk_settings_save(&file, s->path, &s->err);
	}
	lk_settings_done(&file);
}

static void save_done(struct lk_tui *t, void *arg)
{
	struct saving *s = arg;

	if (s->rc < 0) {
		lk_err_set(&s->err, s->rc, "%s could not be read: %s", s->path, strerror(-s->rc));
		lk_tui_say(t, LK_STYLE_ALARM, "Not saved: %s.", lk_err_text(&s->err));
	} else {
		lk_tui_say(t, LK_STYLE_GOOD, "Saved in %s.", s->path);
	}
	saving_free(s);
}

static unsigned save(struct lk_tui *t)
{
	struct saving *s = lk_alloc(1, sizeof(*s));
	int rc;

	lk_settings_copy(&s->set, &t->set);
	s->path = lk_settings_path();
	rc = s->path ? 0 : -ENOENT;
	if (rc == 0)
		rc = t->host.start ? t->host.start(t->host.arg, save_work, save_done, s) : -ENOTSUP;
	if (rc == -ENOENT)
		lk_tui_say(t, LK_STYLE_ALARM,
			   "Not saved: there is no home folder to write to (HOME, XDG_CONFIG_HOME).");
	else if (rc < 0)
		lk_tui_say(t, LK_STYLE_ALARM, "Not saved: %s.", strerror(-rc));
	if (rc < 0)
		saving_free(s);
	return LK_DIRTY_PAINT;
}

/* -- moving -- */

static void scroll(struct setup *s, size_t page)
{
	s->page = page ? page : 1;
	if (s->at < s->top)
		s->top = s->at;
	if (s->at >= s->top + s->page)
		s->top = s->at + 1 - s->page;
	if (s->top + s->page > s->rows.n)
		s->top = s->rows.n > s->page ? s->rows.n - s->page : 0;
}

static unsigned select_row(struct setup *s, size_t at, int direction)
{
	at = at < s->rows.n ? at : s->rows.n - 1;
	/* Titles stand between rows, never at an end. */
	if (s->rows.v[at].kind == ROW_TITLE)
		at = direction < 0 ? at - 1 : at + 1;
	s->at = at < s->rows.n ? at : s->at;
	return LK_DIRTY_PAINT;
}

static unsigned move(struct setup *s, size_t by, int direction)
{
	if (direction < 0)
		return select_row(s, s->at > by ? s->at - by : 0, -1);
	return select_row(s, s->at + by, 1);
}

/* -- changing -- */

static unsigned toggle_column(struct setup *s, struct lk_tui *t)
{
	s->rows.v[s->at].on = !s->rows.v[s->at].on;
	return use_columns(t, &s->rows);
}

static unsigned move_column(struct setup *s, struct lk_tui *t, int by)
{
	size_t other = s->at + (size_t)by;
	struct setup_row row = s->rows.v[s->at];

	if (row.kind != ROW_COLUMN || other >= s->rows.n || s->rows.v[other].kind != ROW_COLUMN)
		return LK_DIRTY_NONE;
	s->rows.v[s->at] = s->rows.v[other];
	s->rows.v[other] = row;
	s->at = other;
	return use_columns(t, &s->rows);
}

static unsigned change(struct setup *s, struct lk_tui *t, int by)
{
	const struct setup_row *row = &s->rows.v[s->at];

	switch (row->kind) {
	case ROW_SETTING:
		return step(t, row->option, by);
	case ROW_COLUMN:
		return toggle_column(s, t);
	default:
		return LK_DIRTY_NONE;
	}
}

static unsigned enter(struct setup *s, struct lk_tui *t)
{
	return s->rows.v[s->at].kind == ROW_SAVE ? save(t) : change(s, t, 1);
}

/* The keys of a list, and some of its own. */
static unsigned key(struct lk_pane *p, struct lk_tui *t, lk_press k)
{
	struct setup *s = (struct setup *)p;

	switch (k) {
	case LK_KEY_UP:
	case 'k':
		return move(s, 1, -1);
	case LK_KEY_DOWN:
	case 'j':
		return move(s, 1, 1);
	case LK_KEY_PAGE_UP:
	case LK_KEY_CTRL('B'):
		return move(s, s->page, -1);
	case LK_KEY_PAGE_DOWN:
	case LK_KEY_CTRL('F'):
		return move(s, s->page, 1);
	case LK_KEY_HOME:
	case 'g':
		return select_row(s, 0, 1);
	case LK_KEY_END:
	case 'G':
		return select_row(s, s->rows.n - 1, -1);
	case LK_KEY_LEFT:
	case 'h':
	case '-':
		return change(s, t, -1);
	case LK_KEY_RIGHT:
	case 'l':
	case '+':
	case ' ':
		return change(s, t, 1);
	case LK_KEY_ENTER:
		return enter(s, t);
	case '<':
	case '[':
		return move_column(s, t, -1);
	case '>':
	case ']':
		return move_column(s, t, 1);
	case 'q':
	case 'S':
	case LK_KEY_F1 + 1:
		return lk_pane_close(t, p);
	default:
		return LK_DIRTY_NOT_MINE;
	}
}

static unsigned mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m)
{
	struct setup *s = (struct setup *)p;
	size_t at = s->top + (size_t)(m->y < 0 ? 0 : m->y);

	if (m->kind == LK_MOUSE_WHEEL_UP)
		return move(s, 3, -1);
	if (m->kind == LK_MOUSE_WHEEL_DOWN)
		return move(s, 3, 1);
	if (at >= s->rows.n || s->rows.v[at].kind == ROW_TITLE)
		return LK_DIRTY_NONE;
	select_row(s, at, 1);
	return m->kind == LK_MOUSE_DOUBLE ? enter(s, t) : LK_DIRTY_PAINT;
}

/* -- painting -- */

/* "0.1 to 3600", "iec bytes hex", "yes no; for screen readers": what it can be, and what that means. */
static char *hint_of(const struct lk_option *o)
{
	lk_buf b = { 0 };

	if (o->kind == LK_KIND_FLAG)
		lk_buf_puts(&b, "yes no");
	else if (o->kind == LK_KIND_SECONDS)
		lk_buf_printf(&b, "%g to %g", (double)o->min / 1000, (double)o->max / 1000);
	for (size_t i = 0; o->words && o->words[i]; i++)
		lk_buf_printf(&b, "%s%s", i ? " " : "", o->words[i]);
	if (o->note)
		lk_buf_printf(&b, "%s%s", b.n ? "; " : "", o->note);
	return lk_buf_str(&b);
}

static void paint_setting(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r, const struct setup_row *row)
{
	lk_auto_mem char *value = lk_settings_text(&t->set, row->option), *hint = hint_of(row->option);
	int x = r.x + LABEL_CELLS, end = r.x + r.w;

	lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_PLAIN, row->label);
	lk_canvas_put(c, x, r.y, end - x, LK_STYLE_BRIGHT, value);
	x += VALUE_CELLS;
	lk_canvas_put(c, x, r.y, end - x, LK_STYLE_DIM, hint);
}

static void paint_column(struct lk_canvas *c, struct lk_rect r, const struct setup_row *row)
{
	lk_canvas_put(c, r.x, r.y, r.w, row->on ? LK_STYLE_BRIGHT : LK_STYLE_DIM, row->on ? "[x]" : "[ ]");
	lk_canvas_put(c, r.x + 4, r.y, r.w - 4, row->on ? LK_STYLE_PLAIN : LK_STYLE_DIM, row->label);
	lk_canvas_put(c, r.x + LABEL_CELLS, r.y, r.w - LABEL_CELLS, LK_STYLE_DIM, row->column->help);
}

static void paint_save(struct lk_canvas *c, struct lk_rect r)
{
	lk_auto_mem char *path = lk_settings_path();
	int x = r.x + LABEL_CELLS;

	lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_BUTTON, "[ Save ]");
	if (path)
		lk_canvas_bytes(c, x, r.y, r.x + r.w - x, LK_STYLE_DIM, LK_FIT_PATH, path, strlen(path));
	else
		lk_canvas_put(c, x, r.y, r.x + r.w - x, LK_STYLE_DIM, "there is no home folder to write to");
}

static void paint_row(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r, const struct setup_row *row)
{
	switch (row->kind) {
	case ROW_SETTING:
		paint_setting(t, c, r, row);
		break;
	case ROW_COLUMN:
		paint_column(c, r, row);
		break;
	case ROW_SAVE:
		paint_save(c, r);
		break;
	case ROW_TITLE:
		lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_METER, row->label);
		break;
	}
}

static void paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct setup *s = (struct setup *)p;

	if (r.h <= 0 || r.w <= 0)
		return;
	scroll(s, (size_t)r.h);
	for (int y = 0; y < r.h && s->top + (size_t)y < s->rows.n; y++) {
		size_t at = s->top + (size_t)y;
		struct lk_rect line = { r.x, r.y + y, r.w, 1 }, inside = { r.x + 2, r.y + y, r.w - 2, 1 };

		paint_row(t, c, inside, &s->rows.v[at]);
		if (at != s->at)
			continue;
		lk_canvas_put(c, r.x, r.y + y, 1, LK_STYLE_PLAIN, ">");
		lk_canvas_mark(c, line, LK_MARK_SELECTED);
		c->cursor_x = r.x;
		c->cursor_y = r.y + y;
	}
}

static void pane_free(struct lk_pane *p, struct lk_tui *t)
{
	struct setup *s = (struct setup *)p;

	(void)t;
	lk_vec_done(&s->rows);
	free(s);
}

static const struct lk_pane_ops ops = {
	.name = "setup",
	.place = LK_PANE_BODY,
	.context = LK_KEYS_TEXT,
	.paint = paint,
	.key = key,
	.mouse = mouse,
	.free = pane_free,
	.keys = "Left/Right change  Space column on/off  < > move column  Enter save  Esc close",
};

unsigned lk_do_setup(struct lk_tui *t)
{
	struct setup *s = lk_alloc(1, sizeof(*s));

	make_rows(t, &s->rows);
	s->pane.ops = &ops;
	s->pane.title = "Setup";
	return lk_pane_push(t, &s->pane);
}
