/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen without a machine: shows snapshots made by hand, painted as text. */
#ifndef LK_TESTS_TUI_WORLD_H
#define LK_TESTS_TUI_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facts.h"
#include "tui/chrome/paint.h"
#include "tui/core/app.h"

#define WORLD_MS 100000

static inline struct lk_tui *world_new(const char *columns)
{
	struct lk_tui_host host = { 0 };
	struct lk_settings set;
	struct lk_tui *t = NULL;

	lk_settings_init(&set);
	if (columns)
		set.columns = strdup(columns);
	t = lk_tui_new(&host, &set);
	t->now_ms = WORLD_MS;
	t->utf8 = false;
	return t;
}

/* Every lock was first seen `age_ms` ago. The snapshot is the frame's. */
static inline struct lk_frame *world_frame(struct lk_snapshot *s, int64_t age_ms)
{
	struct lk_frame *f = calloc(1, sizeof(*f));

	cr_assert(f);
	*f = (struct lk_frame){ .refs = 1, .number = 1, .snap = s, .taken_ms = WORLD_MS };
	s->host.live = true;
	f->since_ms = calloc(s->n_locks + 1, sizeof(*f->since_ms));
	f->at_least = calloc(s->n_locks + 1, sizeof(*f->at_least));
	cr_assert(f->since_ms && f->at_least);
	for (size_t i = 0; i < s->n_locks; i++)
		f->since_ms[i] = WORLD_MS - age_ms;
	f->forest = lk_forest_make(s);
	lk_totals_make(f, &f->totals);
	return f;
}

static inline void world_show(struct lk_tui *t, struct lk_snapshot *s)
{
	lk_tui_frame(t, world_frame(s, 5000));
}

static inline void world_paint(struct lk_tui *t, struct lk_canvas *c, int w, int h)
{
	lk_canvas_resize(c, w, h);
	t->w = w;
	t->h = h;
	lk_tui_paint(t, c);
}

/* Line y as text; free(3). */
static inline char *world_line(const struct lk_canvas *c, int y)
{
	lk_buf b = { 0 };
	const char *p;

	lk_canvas_dump(c, &b);
	p = lk_buf_str(&b);
	cr_assert(p);
	for (int i = 0; i < y && p; i++)
		p = strchr(p, '\n') + 1;
	p = strndup(p, strcspn(p, "\n"));
	lk_vec_done(&b);
	return (char *)p;
}

static inline bool world_says(const struct lk_canvas *c, const char *text)
{
	lk_buf b = { 0 };
	bool is;

	lk_canvas_dump(c, &b);
	is = strstr(lk_buf_str(&b), text) != NULL;
	lk_vec_done(&b);
	return is;
}

/* n flocks on as many files, and one more with two requests behind it. */
static inline struct lk_snapshot *world_of(int n)
{
	struct facts f = facts_begin();

	add_proc(&f, 50, 1);
	add_proc(&f, 60, 1);
	add_proc(&f, 70, 1);
	for (int i = 0; i < n; i++) {
		add_proc(&f, 1000 + i, 1);
		add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, (uint64_t)(100 + i), 1000 + i), 1000 + i, 0);
	}
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 7, 50), 50, 0);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 7, 60), 60, 60, 0);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 7, 70), 70, 70, 0);
	return facts_end(&f);
}

#endif
