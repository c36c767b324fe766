/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to the row's file and has no key of its own. */
#ifndef LK_TUI_FILEACT_H
#define LK_TUI_FILEACT_H

#include "tui/app.h"

/* The dialog of lk_do_rename() with the folder of the file to start from. LK_DIRTY_*. */
unsigned lk_fileact_move(struct lk_tui *t);

/* Why nothing can be done to the file, as far as no plan is needed for to know; NULL: it can. Static. */
const char *lk_fileact_why_not(const struct lk_subject *s);

#endif
