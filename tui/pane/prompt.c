/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prompt, a line to type in; and the prompts of views: find, filter, the name of a file to write a snapshot to. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/core/app.h"
#include "tui/frame/snapfile.h"

#define FIELD_MIN 8 /* cells; where the field would have less, the label is left out */

struct prompt {
	struct lk_pane pane;
	const struct lk_prompt_ops *ops;
	void *arg; /* owned */
	struct lk_field field;
	char *note; /* owned; NULL none */
};

/* What is wrong with the text stands under it, in place of the key bar: only the sentence, of which the rest of the text is the place. */
static void paint_note(const struct prompt *p, struct lk_canvas *c, struct lk_rect r)
{
	int y = r.y + 1 < c->h ? r.y + 1 : r.y - 1;

	if (!p->note || y < 0)
		return;
	lk_canvas_fill(c, (struct lk_rect){ r.x, y, r.w, 1 }, LK_STYLE_PLAIN, ' ');
	lk_canvas_bytes(c, r.x, y, r.w, LK_STYLE_ALARM, LK_FIT_LEFT, p->note, strcspn(p->note, "\n"));
}

static void paint(struct lk_pane *pane, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct prompt *p = (struct prompt *)pane;
	int label = (int)strlen(p->ops->label);

	(void)t;
	if (r.w < 1 || r.h < 1)
		return;
	lk_canvas_fill(c, (struct lk_rect){ r.x, r.y, r.w, 1 }, LK_STYLE_INPUT, ' ');
	label = label + FIELD_MIN <= r.w ? label : 0;
	if (label)
		lk_canvas_put(c, r.x, r.y, label, LK_STYLE_BRIGHT, p->ops->label);
	paint_note(p, c, r);
	lk_field_paint(&p->field, c, r.x + label, r.y, r.w - label, true);
}

/* Closing frees the prompt before enter() or cancel() is called. */
static unsigned finish(struct prompt *p, struct lk_tui *t, bool enter)
{
	const struct lk_prompt_ops *ops = p->ops;
	lk_auto_mem char *text = lk_strdup(lk_field_str(&p->field));
	lk_auto_mem void *arg = p->arg;
	unsigned dirty;

	p->arg = NULL;
	dirty = lk_pane_close(t, &p->pane);
	if (enter)
		dirty |= ops->enter(t, arg, text);
	else if (ops->cancel)
		dirty |= ops->cancel(t, arg);
	return dirty | LK_DIRTY_PAINT;
}

static void set_note(struct prompt *p, const char *text)
{
	free(p->note);
	p->note = lk_strdup(text);
}

static unsigned edited(struct prompt *p, struct lk_tui *t)
{
	set_note(p, NULL);
	if (p->ops->changed)
		return p->ops->changed(t, p->arg, lk_field_str(&p->field)) | LK_DIRTY_PAINT;
	return LK_DIRTY_PAINT;
}

/* Text that cannot be understood stays, with the reason under it. */
static unsigned enter(struct prompt *p, struct lk_tui *t)
{
	struct lk_err err = { 0 };
	int rc = p->ops->check ? p->ops->check(t, p->arg, lk_field_str(&p->field), &err) : 0;

	if (rc < 0)
		set_note(p, lk_err_text(&err));
	lk_err_done(&err);
	return rc < 0 ? LK_DIRTY_PAINT : finish(p, t, true);
}

static unsigned key(struct lk_pane *pane, struct lk_tui *t, lk_press k)
{
	struct prompt *p = (struct prompt *)pane;

	if (k == LK_KEY_ENTER || k == '\n')
		return enter(p, t);
	if (k == LK_KEY_ESC)
		return finish(p, t, false);
	if (!lk_field_key(&p->field, k))
		return p->ops->key ? p->ops->key(t, p->arg, lk_field_str(&p->field), k) : LK_DIRTY_NOT_MINE;
	return edited(p, t);
}

static unsigned paste(struct lk_pane *pane, struct lk_tui *t, const char *text)
{
	struct prompt *p = (struct prompt *)pane;

	lk_field_paste(&p->field, text);
	return edited(p, t);
}

static void free_prompt(struct lk_pane *pane, struct lk_tui *t)
{
	struct prompt *p = (struct prompt *)pane;

	(void)t;
	lk_field_done(&p->field);
	free(p->note);
	free(p->arg);
	free(p);
}

static const struct lk_pane_ops pane_ops = {
	.name = "prompt",
	.place = LK_PANE_LINE,
	.context = LK_KEYS_NONE,
	.paint = paint,
	.key = key,
	.paste = paste,
	.free = free_prompt,
};

/* Says under the prompt, if that is the top pane, what is wrong with its text, until that changes. Raw bytes. */
static void say_under(struct lk_tui *t, const char *text)
{
	struct lk_pane *top = lk_pane_top(t);

	if (top && top->ops == &pane_ops)
		set_note((struct prompt *)top, text);
}

unsigned lk_prompt_open(struct lk_tui *t, const struct lk_prompt_ops *ops, void *arg, const char *initial)
{
	struct prompt *p = lk_alloc(1, sizeof(*p));

	lk_field_set(&p->field, initial ? initial : "");
	p->pane = (struct lk_pane){ .ops = &pane_ops, .keys = ops->keys };
	p->ops = ops;
	p->arg = arg;
	return lk_pane_push(t, &p->pane);
}

/* -- find -- */

struct find {
	uint64_t origin; /* the row it started from */
	uint64_t from; /* the row to search from: origin, or the last one that F3 went to */
	char before[]; /* the search text from before the prompt */
};

static void set_search(struct lk_list *l, const char *text)
{
	free(l->search);
	l->search = *text ? lk_strdup(text) : NULL;
}

/* Selects the first row from f->from on that has the text. false: there is none, and the cursor is at f->from. */
static bool find(struct lk_list *l, const struct find *f, const char *text)
{
	set_search(l, text);
	lk_list_select_id(l, f->from);
	return !*text || lk_list_search(l, l->cursor_at, 1);
}

static unsigned find_changed(struct lk_tui *t, void *arg, const char *text)
{
	if (!find(&lk_tui_view(t)->list, arg, text))
		say_under(t, "No row says this.");
	return LK_DIRTY_PAINT;
}

/* While nothing is typed, the text of the search before is wanted. */
static const char *wanted(const struct find *f, const char *text)
{
	return *text ? text : f->before;
}

/* F3 and Shift-F3 go on as n and N do, with the prompt open. */
static unsigned find_key(struct lk_tui *t, void *arg, const char *text, lk_press k)
{
	struct lk_list *l = &lk_tui_view(t)->list;
	struct find *f = arg;

	if (k != LK_KEY_F3 && k != LK_KEY_SHIFT_F3)
		return LK_DIRTY_NOT_MINE;
	set_search(l, wanted(f, text));
	if (!l->search || !lk_list_search_on(l, k == LK_KEY_F3 ? 1 : -1))
		say_under(t, l->search ? "No row says this." : "Type what to search for.");
	f->from = l->cursor;
	return LK_DIRTY_PAINT;
}

static unsigned find_enter(struct lk_tui *t, void *arg, const char *text)
{
	text = wanted(arg, text);
	if (!find(&lk_tui_view(t)->list, arg, text))
		lk_tui_say(t, LK_STYLE_ALARM, "No row says \"%s\".", text);
	return LK_DIRTY_PAINT;
}

static unsigned find_cancel(struct lk_tui *t, void *arg)
{
	const struct find *f = arg;
	struct lk_list *l = &lk_tui_view(t)->list;

	set_search(l, f->before);
	lk_list_select_id(l, f->origin);
	return LK_DIRTY_PAINT;
}

unsigned lk_do_find(struct lk_tui *t)
{
	static const struct lk_prompt_ops ops = {
		.label = "Find: ",
		.keys = "Enter stay here   F3 next   Shift-F3 previous   (later: n N)   Esc go back",
		.changed = find_changed,
		.enter = find_enter,
		.cancel = find_cancel,
		.key = find_key,
	};
	const struct lk_list *l = &lk_tui_view(t)->list;
	const char *before = l->search ? l->search : "";
	struct find *f = lk_alloc(1, sizeof(*f) + strlen(before) + 1);

	f->origin = f->from = l->cursor;
	memcpy(f->before, before, strlen(before) + 1);
	return lk_prompt_open(t, &ops, f, NULL);
}

/* -- filter -- */

static int filter_check(struct lk_tui *t, void *arg, const char *text, struct lk_err *err)
{
	(void)arg;
	return lk_list_set_filter(&lk_tui_view(t)->list, text, err);
}

static unsigned filter_changed(struct lk_tui *t, void *arg, const char *text)
{
	struct lk_err err = { 0 };

	if (filter_check(t, arg, text, &err) < 0)
		say_under(t, lk_err_text(&err));
	lk_err_done(&err);
	return LK_DIRTY_PAINT;
}

/* filter_check() has set it. */
static unsigned filter_enter(struct lk_tui *t, void *arg, const char *text)
{
	(void)t, (void)arg, (void)text;
	return LK_DIRTY_PAINT;
}

static unsigned filter_cancel(struct lk_tui *t, void *arg)
{
	filter_check(t, arg, NULL, NULL);
	return LK_DIRTY_PAINT;
}

unsigned lk_do_filter(struct lk_tui *t)
{
	static const struct lk_prompt_ops ops = {
		.label = "Filter: ",
		.keys = "Enter keep it   Esc no filter   a|b either   !x not   =EXPR as list --filter",
		.changed = filter_changed,
		.check = filter_check,
		.enter = filter_enter,
		.cancel = filter_cancel,
	};

	return lk_prompt_open(t, &ops, NULL, lk_tui_view(t)->list.filter_text);
}

/* -- write -- */

static unsigned write_enter(struct lk_tui *t, void *arg, const char *text)
{
	(void)arg;
	if (*text)
		return lk_snapfile_write(t, text);
	return lk_tui_say(t, LK_STYLE_ALARM, "Nothing was written: a file needs a name.");
}

/* A file name of host and time. Caller frees. */
static char *propose(const struct lk_frame *f)
{
	const char *host = f->snap->host.host;
	int64_t unix_ms = f->snap->host.time_unix_ms ? f->snap->host.time_unix_ms : f->wall_ms;
	char time[LK_TIME_TEXT];
	char *name = lk_printf("lockscope-%s%s%s.json", host ? host : "", host ? "-" : "",
			       lk_tui_time(unix_ms, "%Y%m%d-%H%M%S", time));

	for (char *p = name; *p; p++) {
		if (strchr("/\\ \"'", *p) || *p < ' ' || *p == 0x7f)
			*p = '_';
	}
	return name;
}

unsigned lk_do_write(struct lk_tui *t)
{
	static const struct lk_prompt_ops ops = {
		.label = "Write to: ",
		.keys = "Enter write   Esc cancel   (*.txt a table, else JSON; never overwrites a file)",
		.enter = write_enter,
	};
	lk_auto_mem char *name = NULL;

	if (!t->frame || !t->frame->snap)
		return lk_tui_say(t, LK_STYLE_ALARM, "There is nothing to write yet: no look has been finished.");
	name = propose(t->frame);
	return lk_prompt_open(t, &ops, NULL, name);
}
