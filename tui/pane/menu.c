/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Menus, lists to choose one line from: the order, the user, the actions. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "tui/core/app.h"
#include "tui/dialog/dialog.h"
#include "tui/dialog/targets.h"
#include "tui/frame/watch_target.h"
#include "tui/view/view_locks.h"

struct row {
	char *text; /* owned; raw bytes */
	char *why_not; /* owned: it cannot be chosen, and why; NULL: it can */
	long value;
	struct lk_subject about; /* in lk_menu.frame; NULL members: the menu does not need it */
};

/* Called when the menu is closed already. subject: id of the view's row that the menu was opened for. */
typedef unsigned (*chosen_fn)(struct lk_tui *t, const struct row *row, uint64_t subject);

struct menu {
	struct lk_pane pane;
	LK_VEC(struct row) rows;
	size_t selected, top;
	size_t page; /* rows that fitted when painted last */
	int w; /* cells of them */
	chosen_fn chosen;
	uint64_t subject;
	const struct lk_frame *frame; /* held; NULL: no row needs one */
	lk_subject_fn act; /* of a menu of targets */
};

/* text and why_not are taken over. */
static void add(struct menu *m, char *text, char *why_not, long value)
{
	*lk_vec_push(&m->rows) = (struct row){ .text = text, .why_not = why_not, .value = value };
}

static void free_menu(struct lk_pane *p, struct lk_tui *t)
{
	struct menu *m = (struct menu *)p;

	(void)t;
	for (size_t i = 0; i < m->rows.n; i++) {
		free(m->rows.v[i].text);
		free(m->rows.v[i].why_not);
	}
	lk_vec_done(&m->rows);
	lk_frame_drop(m->frame);
	free(m);
}

/* ---- painting ---- */

static int cells_of(const char *bytes)
{
	return lk_canvas_cells(bytes, strlen(bytes), lk_sanitize_locale_is_utf8());
}

/* Puts a row without its marker; why it cannot be chosen stands behind it, or below it where there is no room. c NULL: nothing is put.
 * Returns its lines. */
static int put_row(const struct row *row, struct lk_canvas *c, struct lk_rect r)
{
	enum lk_style style = row->why_not ? LK_STYLE_OFF : LK_STYLE_PLAIN;
	lk_auto_mem char *why = row->why_not ? lk_printf("[%s]", row->why_not) : NULL;
	int cells = cells_of(row->text), left = r.w - 2, lines = 1;

	cells = cells < left ? cells : left;
	if (c)
		lk_canvas_bytes(c, r.x + 2, r.y, cells, style, LK_FIT_LEFT, row->text, strlen(row->text));
	if (!why)
		return 1;
	if (cells + 2 + cells_of(why) <= left) {
		if (c)
			lk_canvas_bytes(c, r.x + cells + 4, r.y, left - cells - 2, style, LK_FIT_LEFT, why,
					strlen(why));
		return 1;
	}
	lines += lk_canvas_wrap(c, r.x + 4, r.y + 1, r.w - 5, 1000, style, why);
	return lines;
}

static void size(struct lk_pane *p, struct lk_tui *t, int *w, int *h)
{
	const struct menu *m = (const struct menu *)p;
	int widest = (int)strlen(p->title) + 4, lines = 2;

	(void)t;
	for (size_t i = 0; i < m->rows.n; i++) {
		const struct row *row = &m->rows.v[i];
		int cells = cells_of(row->text) + (row->why_not ? cells_of(row->why_not) + 4 : 0);

		widest = cells > widest ? cells : widest;
	}
	/* The border, the marker, and a blank on either side. */
	*w = widest + 6 < *w ? widest + 6 : *w;
	for (size_t i = 0; i < m->rows.n; i++)
		lines += put_row(&m->rows.v[i], NULL, (struct lk_rect){ 0, 0, *w - 2, 1 });
	*h = lines < *h ? lines : *h;
}

static void paint_row(const struct menu *m, size_t i, struct lk_canvas *c, struct lk_rect r)
{
	lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_BRIGHT, i == m->selected ? ">" : " ");
	put_row(&m->rows.v[i], c, r);
	if (i != m->selected)
		return;
	lk_canvas_mark(c, (struct lk_rect){ r.x, r.y, r.w, 1 }, LK_MARK_SELECTED);
	c->cursor_x = r.x;
	c->cursor_y = r.y;
}

/* The row at line y; m->rows.n: none. */
static size_t row_at(const struct menu *m, int w, int y)
{
	size_t i = m->top;

	for (; i < m->rows.n; i++) {
		y -= put_row(&m->rows.v[i], NULL, (struct lk_rect){ 0, 0, w, 1 });
		if (y < 0)
			break;
	}
	return i;
}

static void paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct menu *m = (struct menu *)p;

	(void)t;
	if (r.w < 1 || r.h < 1)
		return;
	m->w = r.w;
	if (m->selected < m->top)
		m->top = m->selected;
	while (m->top < m->selected && row_at(m, r.w, r.h - 1) < m->selected)
		m->top++;
	m->page = row_at(m, r.w, r.h - 1) - m->top + 1;
	for (size_t i = m->top; i < m->rows.n && r.h > 0; i++) {
		int lines = put_row(&m->rows.v[i], NULL, r);

		if (lines <= r.h)
			paint_row(m, i, c, r);
		r.y += lines;
		r.h -= lines;
	}
}

/* ---- keys ---- */

static unsigned say_why_not(struct lk_tui *t, const struct row *row)
{
	return lk_tui_say(t, LK_STYLE_ALARM, "%s: not possible, %s.", row->text, row->why_not);
}

/* The frame of the target outlives the menu. */
static unsigned choose_target(struct menu *m, struct lk_tui *t)
{
	const struct lk_frame *f = lk_frame_hold(m->frame);
	struct lk_subject about = m->rows.v[m->selected].about;
	lk_subject_fn act = m->act;
	unsigned dirty = lk_pane_close(t, &m->pane) | act(t, &about);

	lk_frame_drop(f);
	return dirty;
}

/* Closing frees the menu before `chosen` is called: what that needs is copied. */
static unsigned choose(struct menu *m, struct lk_tui *t)
{
	struct row row = m->rows.v[m->selected];
	chosen_fn chosen = m->chosen;
	uint64_t subject = m->subject;
	unsigned dirty;

	if (row.why_not)
		return say_why_not(t, &row);
	if (m->act)
		return choose_target(m, t);
	m->rows.v[m->selected].text = NULL;
	dirty = lk_pane_close(t, &m->pane);
	dirty |= chosen(t, &row, subject);
	free(row.text);
	return dirty;
}

/* What cannot be chosen is stepped over: in this direction first, and around the ends. */
static unsigned select_row(struct menu *m, size_t i, int step)
{
	size_t n = m->rows.n;

	i = i < n ? i : n - 1;
	for (size_t tried = 0; tried < n && m->rows.v[i].why_not; tried++)
		i = (i + n + (size_t)(ptrdiff_t)step) % n;
	m->selected = i;
	return LK_DIRTY_PAINT;
}

/* The next row that begins with this letter. */
static unsigned jump(struct menu *m, lk_press k)
{
	for (size_t i = 1; i <= m->rows.n && k < 0x80; i++) {
		size_t at = (m->selected + i) % m->rows.n;
		char first = m->rows.v[at].text[0];

		if (first == (char)k || (first >= 'A' && first <= 'Z' && first - 'A' + 'a' == (char)k))
			return select_row(m, at, 1);
	}
	return LK_DIRTY_NOT_MINE;
}

static unsigned key(struct lk_pane *p, struct lk_tui *t, lk_press k)
{
	struct menu *m = (struct menu *)p;
	size_t page = m->page > 1 ? m->page - 1 : 1;

	switch (k) {
	case LK_KEY_UP:
	case 'k':
		return select_row(m, m->selected ? m->selected - 1 : m->rows.n, -1);
	case LK_KEY_DOWN:
	case 'j':
		return select_row(m, m->selected + 1 < m->rows.n ? m->selected + 1 : 0, 1);
	case LK_KEY_PAGE_UP:
		return select_row(m, m->selected > page ? m->selected - page : 0, -1);
	case LK_KEY_PAGE_DOWN:
		return select_row(m, m->selected + page, 1);
	case LK_KEY_HOME:
	case 'g':
		return select_row(m, 0, 1);
	case LK_KEY_END:
	case 'G':
		return select_row(m, m->rows.n, -1);
	case LK_KEY_ENTER:
	case LK_KEY_RIGHT:
		return choose(m, t);
	case LK_KEY_LEFT:
	case LK_KEY_BACKSPACE:
	case 'q':
		return lk_pane_close(t, p);
	default:
		return jump(m, k);
	}
}

/* The first click selects, another one on the same row chooses. */
static unsigned mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *e)
{
	struct menu *m = (struct menu *)p;
	size_t at = row_at(m, m->w, e->y > 0 ? e->y : 0);

	if (e->kind == LK_MOUSE_WHEEL_UP)
		return select_row(m, m->selected ? m->selected - 1 : 0, -1);
	if (e->kind == LK_MOUSE_WHEEL_DOWN)
		return select_row(m, m->selected + 1, 1);
	if (at >= m->rows.n)
		return LK_DIRTY_NONE;
	if (m->rows.v[at].why_not)
		return say_why_not(t, &m->rows.v[at]);
	return m->selected == at ? choose(m, t) : select_row(m, at, 1);
}

static const struct lk_pane_ops ops = {
	.name = "menu",
	.place = LK_PANE_BOX,
	.context = LK_KEYS_NONE,
	.size = size,
	.paint = paint,
	.key = key,
	.mouse = mouse,
	.free = free_menu,
	.keys = "Enter choose   Esc cancel",
};

static struct menu *menu_new(const char *title, chosen_fn chosen)
{
	struct menu *m = lk_alloc(1, sizeof(*m));

	m->pane = (struct lk_pane){ .ops = &ops, .title = title };
	m->chosen = chosen;
	return m;
}

/* ---- the order ---- */

#define NATURAL (-1)

static unsigned sort_chosen(struct lk_tui *t, const struct row *row, uint64_t subject)
{
	(void)subject;
	lk_list_sort_by(&lk_tui_view(t)->list, row->value == NATURAL ? SIZE_MAX : (size_t)row->value);
	return LK_DIRTY_ORDER;
}

unsigned lk_do_sort(struct lk_tui *t)
{
	struct menu *m = menu_new("Order by", sort_chosen);
	const struct lk_view *v = lk_tui_view(t);
	size_t order[LK_COLUMNS_MAX], n = lk_table_order(t, v, order);
	const char *now = v->list.descending ? " (orders now, downwards)" : " (orders now, upwards)";
	int width = 0;

	for (size_t i = 0; i < n; i++) {
		int len = (int)strlen(v->ops->list.columns[i].name);

		width = len > width ? len : width;
	}
	add(m, lk_strdup("natural order, as the kernel lists them"), NULL, NATURAL);
	for (size_t i = 0; i < n; i++) {
		const struct lk_column *col = &v->ops->list.columns[order[i]];
		bool on = v->list.sort_column == order[i];

		if (on)
			m->selected = i + 1;
		add(m, lk_printf("%-*s %s%s", width, col->name, col->help, on ? now : ""), NULL, (long)order[i]);
	}
	return lk_pane_push(t, &m->pane);
}

/* ---- the user ---- */

enum { EVERYBODY, ONE };

static unsigned user_chosen(struct lk_tui *t, const struct row *row, uint64_t subject)
{
	struct lk_err err = { 0 };

	(void)subject;
	if (lk_list_set_user(&lk_tui_view(t)->list, row->value == ONE ? row->text : NULL, &err) < 0)
		lk_tui_say(t, LK_STYLE_ALARM, "%s", lk_err_text(&err));
	lk_err_done(&err);
	return LK_DIRTY_PAINT;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

unsigned lk_do_user(struct lk_tui *t)
{
	const struct lk_snapshot *snap = t->frame ? t->frame->snap : NULL;
	const char *now = lk_tui_view(t)->list.user;
	lk_auto_mem const char **names = NULL;
	struct menu *m;
	size_t n = 0;

	if (!snap)
		return lk_tui_say(t, LK_STYLE_ALARM, "No look has been finished yet.");
	names = lk_alloc(snap->n_procs, sizeof(*names));
	for (size_t i = 0; i < snap->n_procs; i++) {
		if (snap->procs[i].user)
			names[n++] = snap->procs[i].user;
	}
	qsort(names, n, sizeof(*names), compare_names);
	m = menu_new("Only locks of", user_chosen);
	add(m, lk_strdup("everybody"), NULL, EVERYBODY);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(names[i - 1], names[i]) == 0)
			continue;
		if (now && strcmp(now, names[i]) == 0)
			m->selected = m->rows.n;
		add(m, lk_strdup(names[i]), NULL, ONE);
	}
	return lk_pane_push(t, &m->pane);
}

/* ---- a file for the map ---- */

static unsigned file_chosen(struct lk_tui *t, const struct row *row, uint64_t subject)
{
	const struct lk_snapshot *s = t->frame->snap;

	(void)subject;
	for (size_t i = 0; i < s->n_files; i++) {
		if ((long)lk_locks_file_id(&s->files[i]) != row->value)
			continue;
		lk_view_map_show(t, &(struct lk_subject){ .frame = t->frame, .file = &s->files[i] });
		return lk_tui_switch(t, LK_VIEW_MAP);
	}
	return lk_tui_say(t, LK_STYLE_ALARM, "There are no more locks on that file.");
}

unsigned lk_menu_of_files(struct lk_tui *t, const lk_map_files *files)
{
	struct menu *m = menu_new("Map of which file?", file_chosen);

	for (size_t i = 0; i < files->n; i++) {
		lk_buf text = { 0 };

		lk_locks_put_path(files->v[i], &text);
		add(m, lk_buf_str(&text), NULL, (long)lk_locks_file_id(files->v[i]));
	}
	return lk_pane_push(t, &m->pane);
}

/* ---- whom an action is for ---- */

unsigned lk_menu_of_targets(struct lk_tui *t, const char *title, const struct lk_frame *f, lk_menu_targets *targets,
			    lk_subject_fn act)
{
	struct menu *m = menu_new(title, NULL);

	m->frame = lk_frame_hold(f);
	m->act = act;
	for (size_t i = 0; i < targets->n; i++) {
		const char *why = act == lk_signal_open ? lk_targets_why_not(&targets->v[i].about) : NULL;

		add(m, targets->v[i].text, lk_strdup(why), 0);
		m->rows.v[i].about = targets->v[i].about;
	}
	lk_vec_done(targets);
	select_row(m, 0, 1);
	return lk_pane_push(t, &m->pane);
}

/* ---- the actions ---- */

static const struct {
	const char *label, *command;
	unsigned (*run)(struct lk_tui *t); /* NULL: as the command */
	const char *(*why_not)(const struct lk_subject *s); /* reasons beside those of the command; NULL: none */
} actions[] = {
	{ "Release the lock ...", "release", NULL, NULL },
	{ "Signal the process ...", "signal", NULL, lk_targets_why_not },
	{ "Test a lock ...", "test", NULL, NULL },
	{ "Wait until it is free ...", "wait", NULL, lk_watch_target_why_not },
	{ "Delete the file ...", "delete", NULL, lk_fileact_why_not },
	{ "Rename the file ...", "rename", NULL, lk_fileact_why_not },
	{ "Move the file ...", "rename", lk_fileact_move, lk_fileact_why_not },
	{ "Copy command, JSON ...", "show", NULL, NULL },
};
#define N_ACTIONS (sizeof(actions) / sizeof(*actions))

static const struct lk_command *command_of(const struct lk_tui *t, size_t i)
{
	return lk_command_find(t->keymap.commands, actions[i].command, strlen(actions[i].command));
}

static unsigned action_chosen(struct lk_tui *t, const struct row *row, uint64_t subject)
{
	const struct lk_command *cmd = command_of(t, (size_t)row->value);
	struct lk_subject s;

	lk_tui_subject(t, &s);
	if (s.id != subject)
		return lk_tui_say(t, LK_STYLE_ALARM, "The target changed: that row is gone. Nothing was done.");
	/* What refuses the command refuses this variant of it, too. */
	if (actions[row->value].run && !lk_command_refusal(t, cmd))
		return actions[row->value].run(t);
	return lk_command_invoke(t, cmd);
}

static void add_action(struct lk_tui *t, struct menu *m, const struct lk_subject *s, size_t i)
{
	const struct lk_command *cmd = command_of(t, i);
	const char *why = lk_command_refusal(t, cmd);
	char key[LK_KEY_NAME] = "";
	lk_press k;

	if (!why && actions[i].why_not)
		why = actions[i].why_not(s);
	if (!actions[i].run && lk_keymap_keys(&t->keymap, cmd, &k, 1))
		lk_press_name(k, key);
	add(m, lk_printf("%-25s %-3s", actions[i].label, key), lk_strdup(why), (long)i);
}

unsigned lk_do_actions(struct lk_tui *t)
{
	struct lk_subject s;
	struct menu *m;

	lk_tui_subject(t, &s);
	if (!s.frame)
		return lk_tui_say(t, LK_STYLE_ALARM, "No row is selected.");
	m = menu_new("Actions", action_chosen);
	m->subject = s.id;
	for (size_t i = 0; i < N_ACTIONS; i++)
		add_action(t, m, &s, i);
	select_row(m, 0, 1);
	return lk_pane_push(t, &m->pane);
}
