/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Map view: which file it shows, which of its bytes, and where the cursor is. */
#ifndef LK_TUI_VIEW_MAP_H
#define LK_TUI_VIEW_MAP_H

#include "table/lanes_draw.h"
#include "tui/core/app.h"

struct lk_view_map_own {
	bool chosen; /* a file is */
	struct lk_key key;
	bool has_stat; /* st_* are known */
	uint32_t st_major, st_minor;
	uint64_t st_ino;
	char *path; /* owned; NULL unknown */
	const struct lk_frame *frame; /* held: what is below is of it; NULL: nothing was looked for yet */
	const struct lk_file *file; /* NULL: there is no lock on it any more */
	struct lk_lanes all, part; /* the whole file; what is in view, empty when that is all */
	struct lk_range view; /* bytes; LK_RANGE_WHOLE: not zoomed */
	int64_t cursor; /* a byte */
	size_t n_held, n_waiting;
};

void lk_view_map_done(struct lk_view_map_own *m);
/* Another file, seen whole, with the cursor where the lock begins. */
void lk_view_map_choose(struct lk_view_map_own *m, const struct lk_subject *s);
/* The same file in this frame. */
void lk_view_map_refresh(struct lk_view_map_own *m, const struct lk_frame *f);

/* The lane of a row; NULL: the row is a ghost. */
const struct lk_lane *lk_view_map_lane(const struct lk_view_map_own *m, const struct lk_item *it);
/* Any lock of a row, also of a ghost; NULL: none. */
const struct lk_lock *lk_view_map_first_lock(const struct lk_item *it);
/* What is in view. There is a file. */
const struct lk_lanes *lk_view_map_shown(const struct lk_view_map_own *m);
/* The same lane as far as it is in view; NULL: nothing of it is. */
const struct lk_lane *lk_view_map_part(const struct lk_view_map_own *m, const struct lk_lane *lane);

/* Where the cursor is. There is a file. */
const struct lk_segment *lk_view_map_segment(const struct lk_view_map_own *m);

/* -- view_map_paint.c -- */
void lk_view_map_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
int lk_view_map_lines_above(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);

#endif
