/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is known of a row. */
#ifndef LK_TUI_DETAIL_H
#define LK_TUI_DETAIL_H

#include "base/buf.h"
#include "tui/core/app.h"

/* Paints the short form for the selected row, as much as fits. */
void lk_detail_paint(struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
unsigned lk_detail_scroll(struct lk_tui *t, int64_t by); /* by lines. LK_DIRTY_* */

/* -- detail_lock.c, detail_text.c: the detail as lines of text. s->frame is not NULL. -- */
#define LK_DETAIL_LABEL 7 /* cells */
/* The short form, for beside the list. */
void lk_detail_brief(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* Everything: every field of the JSON by its name, the chain of waits, where it was seen, and the command lines. */
void lk_detail_full(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* A row of the History view: what happened. */
void lk_detail_event(const struct lk_tui *t, const struct lk_item *it, struct lk_text *ret);

/* The parts about a lock: who has it, who waits, where it was seen. */
void lk_detail_lock(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* Who waits for whom: of a request its blockers, up to one that does not wait itself; of a held lock its waiters. */
void lk_detail_chain(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* A circle in words: who waits for what, of which unit, who is in the way; what it would take to end it. */
void lk_detail_cycle(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* "FLOCK WRITE whole file", "POSIX READ 0-9" */
void lk_detail_put_kind(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out);

#endif
