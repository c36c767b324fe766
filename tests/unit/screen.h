/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen without a terminal, over snapshots made of facts. */
#ifndef LK_TESTS_SCREEN_H
#define LK_TESTS_SCREEN_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tui/core/app.h"

#define SCREEN_WALL_MS INT64_C(1700000000000)

/* A look, two seconds after the one before; s is taken over. */
static inline struct lk_frame *screen_frame(struct lk_snapshot *s, uint64_t number)
{
	struct lk_frame *f = calloc(1, sizeof(*f));

	cr_assert(f);
	s->host.live = true;
	s->host.time_unix_ms = SCREEN_WALL_MS + (int64_t)number * 2000;
	*f = (struct lk_frame){ .refs = 1, .number = number, .snap = s, .taken_ms = (int64_t)number * 2000 };
	f->wall_ms = s->host.time_unix_ms;
	f->since_ms = calloc(s->n_locks + 1, sizeof(*f->since_ms));
	f->at_least = calloc(s->n_locks + 1, sizeof(*f->at_least));
	for (size_t i = 0; i < s->n_locks; i++)
		f->since_ms[i] = f->taken_ms;
	f->forest = lk_forest_make(s);
	lk_totals_make(f, &f->totals);
	return f;
}

static inline struct lk_tui *screen_new(enum lk_view_id view)
{
	struct lk_tui_host host = { 0 };
	struct lk_settings set;
	struct lk_tui *t = NULL;

	lk_settings_init(&set);
	set.start_view = view;
	t = lk_tui_new(&host, &set);
	return t;
}

static inline void screen_look(struct lk_tui *t, struct lk_snapshot *s, uint64_t number)
{
	struct lk_frame *f = screen_frame(s, number);

	t->now_ms = f->taken_ms;
	t->wall_ms = f->wall_ms;
	lk_tui_frame(t, f);
}

/* Everything that is shown, as text; heap. */
static inline char *screen_text(struct lk_tui *t, int w, int h)
{
	struct lk_canvas c = { 0 };
	lk_buf out = { 0 };

	lk_canvas_resize(&c, w, h);
	c.ascii = true;
	t->w = w, t->h = h;
	lk_tui_paint(t, &c);
	lk_canvas_dump(&c, &out);
	lk_canvas_done(&c);
	cr_assert(lk_buf_str(&out));
	return out.v;
}

static inline void screen_says(struct lk_tui *t, int w, int h, const char *text)
{
	char *shown = screen_text(t, w, h);

	cr_expect(strstr(shown, text), "\"%s\" is not on the screen:\n%s", text, shown);
	free(shown);
}

static inline void screen_does_not_say(struct lk_tui *t, int w, int h, const char *text)
{
	char *shown = screen_text(t, w, h);

	cr_expect_not(strstr(shown, text), "\"%s\" is on the screen:\n%s", text, shown);
	free(shown);
}

/* Every size can be painted. */
static inline void screen_any_size(struct lk_tui *t)
{
	for (int w = 1; w < 130; w = w < 30 ? w + 1 : w + 9) {
		for (int h = 1; h < 45; h = h < 14 ? h + 1 : h + 5)
			free(screen_text(t, w, h));
	}
}

#endif
