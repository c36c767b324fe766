/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define NOTE_LINES 3
#define FIELD_MIN 8 /* cells; the label goes before the field does */

struct prompt {
	struct lk_pane pane;
	struct lk_pane_ops pane_ops; /* with the keys of this prompt */
	const struct lk_prompt_ops *ops;
	void *arg; /* owned */
	struct lk_field field;
	char *note; /* owned; NULL none */
};

static void paint_note(const struct prompt *p, struct lk_canvas *c, struct lk_rect r)
{
	const char *line = p->note, *end;
	int n = 1, y;

	for (const char *s = p->note; s && *s; s++)
		n += *s == '\n';
	n = n < NOTE_LINES ? n : NOTE_LINES;
	/* Where there is no room for all, the sentence stands first. */
	y = r.y - n < 0 ? 0 : r.y - n;
	for (int i = 0; line && i < n && y < r.y; i++, y++) {
		end = strchrnul(line, '\n');
		lk_canvas_bytes(c, r.x, y, r.w, LK_STYLE_ALARM, LK_FIT_LEFT, line, (size_t)(end - line));
		line = *end ? end + 1 : NULL;
	}
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

/* The prompt is gone before anything is done about its text. */
static unsigned finish(struct prompt *p, struct lk_tui *t, bool enter)
{
	const struct lk_prompt_ops *ops = p->ops;
	lk_auto_mem char *text = strdup(lk_field_str(&p->field));
	lk_auto_mem void *arg = p->arg;
	unsigned dirty;

	p->arg = NULL;
	dirty = lk_pane_close(t, &p->pane);
	if (enter && text)
		dirty |= ops->enter(t, arg, text);
	else if (ops->cancel)
		dirty |= ops->cancel(t, arg);
	return dirty | LK_DIRTY_PAINT;
}

static unsigned key(struct lk_pane *pane, struct lk_tui *t, lk_press k)
{
	struct prompt *p = (struct prompt *)pane;

	if (k == LK_KEY_ENTER || k == '\n')
		return finish(p, t, true);
	if (k == LK_KEY_ESC)
		return finish(p, t, false);
	if (!lk_field_key(&p->field, k))
		return p->ops->key ? p->ops->key(t, p->arg, lk_field_str(&p->field), k) : LK_DIRTY_NOT_MINE;
	free(p->note);
	p->note = NULL;
	if (p->ops->changed)
		return p->ops->changed(t, p->arg, lk_field_str(&p->field)) | LK_DIRTY_PAINT;
	return LK_DIRTY_PAINT;
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

void lk_prompt_note(struct lk_tui *t, const char *lines)
{
	struct lk_pane *top = lk_pane_top(t);
	struct prompt *p = (struct prompt *)top;

	if (!top || top->ops->key != key)
		return;
	free(p->note);
	p->note = lines ? strdup(lines) : NULL;
}

unsigned lk_prompt_open(struct lk_tui *t, const struct lk_prompt_ops *ops, void *arg, const char *initial)
{
	struct prompt *p = calloc(1, sizeof(*p));

	if (!p || lk_field_set(&p->field, initial ? initial : "") < 0) {
		free(p);
		free(arg);
		lk_tui_say(t, LK_STYLE_ALARM, "Out of memory.");
		return LK_DIRTY_PAINT;
	}
	p->pane_ops = (struct lk_pane_ops){
		.name = "prompt",
		.place = LK_PANE_LINE,
		.context = LK_KEYS_NONE,
		.paint = paint,
		.key = key,
		.free = free_prompt,
		.keys = ops->keys,
	};
	p->pane.ops = &p->pane_ops;
	p->ops = ops;
	p->arg = arg;
	return lk_pane_push(t, &p->pane);
}
