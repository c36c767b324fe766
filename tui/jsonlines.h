/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON value, as out_json prints it in one line, laid out over lines. */
#ifndef LK_TUI_JSONLINES_H
#define LK_TUI_JSONLINES_H

#include "tui/pane.h"

enum lk_jsonlines {
	LK_JSONLINES_EXACT, /* JSON again, to be copied */
	LK_JSONLINES_FIELDS, /* "type: flock": names and values without the signs around them */
};

/* json: valid, printable ASCII. 0 or -ENOMEM. */
int lk_jsonlines_add(struct lk_text *x, const char *json, enum lk_jsonlines how);

/* The row in one line of JSON, everything that is known of its processes included. Heap, caller frees; 0 with *ret, or -errno. */
int lk_jsonlines_row(const struct lk_snapshot *s, const struct lk_lock *l, char **ret);

#endif
