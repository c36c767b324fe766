/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows as JSON objects, for many of them: what a row shares with the one before is not made anew. */
#ifndef LK_CLI_OUT_JSON_ROW_H
#define LK_CLI_OUT_JSON_ROW_H

#include "base/vec.h"
#include "model/snapshot.h"

/* In place; zero-initialised but for `full` and `jobs`. */
struct lk_json_rows {
	const struct lk_snapshot *snap; /* of the rows; NULL: what they mean is not told */
	bool full, jobs; /* as in lk_json_options */
	lk_buf text; /* what was made; the caller writes it and sets text.n to 0 */
	bool failed; /* memory was out */
	const struct lk_file *file; /* whose object file_text is; NULL: none */
	lk_buf file_text;
	const struct lk_proc *proc; /* whose members proc_text has; NULL: none */
	lk_buf proc_text;
	lk_buf meaning;
};

void lk_json_rows_done(struct lk_json_rows *r);

/* Appends one row to text, after `before`, in ASCII and without a line break in it. 0 or -ENOMEM. */
int lk_json_rows_add(struct lk_json_rows *r, const struct lk_lock *l, const char *before);

#endif
