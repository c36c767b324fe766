/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the Map view: which file it shows, which of its bytes, and where the cursor is. */
#ifndef LK_TUI_VIEW_MAP_H
#define LK_TUI_VIEW_MAP_H

#include "table/picture.h"
#include "tui/core/app.h"

struct lk_view_map_own {
	bool chosen; /* a file has been chosen */
	struct lk_key key;
	bool has_stat; /* st_* are known */
	uint32_t st_major, st_minor;
	uint64_t st_ino;
	char *path; /* owned; NULL unknown */
	const struct lk_frame *frame; /* held: the frame that file, all and part are from; NULL: none yet */
	const struct lk_file *file; /* NULL: it has no locks any more */
	struct lk_lanes all, part; /* the whole file; the bytes in view, empty when not zoomed */
	struct lk_range view; /* bytes; LK_RANGE_WHOLE: not zoomed */
	int64_t cursor; /* offset of a byte; -1: not set yet */
	size_t n_held, n_waiting;
};

void lk_view_map_done(struct lk_view_map_own *m);
/* Chooses another file, seen whole, with the cursor where the lock of s begins. s->file must not be NULL. */
void lk_view_map_choose(struct lk_view_map_own *m, const struct lk_subject *s);
/* Looks for the same file in this frame, which is held. */
void lk_view_map_refresh(struct lk_view_map_own *m, const struct lk_frame *f);

/* The lane of a row; NULL: the row is a ghost. */
const struct lk_lane *lk_view_map_lane(const struct lk_view_map_own *m, const struct lk_item *it);
/* The first lock of a row, also of a ghost; NULL: none. */
const struct lk_lock *lk_view_map_first_lock(const struct lk_item *it);
/* The lanes of the bytes in view. m->file must not be NULL. */
const struct lk_lanes *lk_view_map_shown(const struct lk_view_map_own *m);
/* The part of the lane that is in view; NULL: none of it is. */
const struct lk_lane *lk_view_map_part(const struct lk_view_map_own *m, const struct lk_lane *lane);

/* The segment that the cursor is on. m->file must not be NULL. */
const struct lk_segment *lk_view_map_segment(const struct lk_view_map_own *m);

/* -- view_map_paint.c -- */
void lk_view_map_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
int lk_view_map_lines_above(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);

#endif
