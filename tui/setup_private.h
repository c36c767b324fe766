/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the setup pane. */
#ifndef LK_TUI_SETUP_PRIVATE_H
#define LK_TUI_SETUP_PRIVATE_H

#include "tui/app.h"

enum lk_setup_kind { LK_SETUP_SETTING, LK_SETUP_TITLE, LK_SETUP_COLUMN, LK_SETUP_SAVE };

struct lk_setup_row {
	enum lk_setup_kind kind;
	const char *name; /* of the setting or the column; static */
	const char *label; /* static */
	const char *help; /* static */
	bool on; /* a column that is shown */
};
typedef LK_VEC(struct lk_setup_row) lk_setup_rows;

/* All rows; columns of the Locks view that are shown come first, in their order. */
void lk_setup_make(struct lk_tui *t, lk_setup_rows *ret);
/* What a setting is now; heap. */
char *lk_setup_value(const struct lk_settings *set, const char *name);
/* The next value (by 1) or the one before (by -1); applied. LK_DIRTY_*. */
unsigned lk_setup_step(struct lk_tui *t, const char *name, int by);
/* The columns as the rows have them; applied. LK_DIRTY_*. */
unsigned lk_setup_use_columns(struct lk_tui *t, const lk_setup_rows *rows);
/* Writes what the pane can change to the user's file, off the input path; what else is in the file stays. LK_DIRTY_*. */
unsigned lk_setup_save(struct lk_tui *t);

#endif
