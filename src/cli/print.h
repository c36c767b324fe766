/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows in the format the command line asks for. */
#ifndef LK_CLI_PRINT_H
#define LK_CLI_PRINT_H

#include "cli/out_json.h"
#include "cli/select.h"
#include "table/column.h"
#include "table/sort.h"

/* LK_NEED_* of the format and its columns. */
unsigned lk_print_needs(const struct lk_cli *cli, const lk_columns *cols);

/* --sort, if it was given; *ret is left alone otherwise. What is wrong with it is said. 0 or LK_STATUS_ERROR. */
enum lk_status lk_print_parse_sort(const struct lk_cli *cli, struct lk_sort *ret);

/* The JSON document about these locks, as the command line wants it. answer: NULL where the verb has none. */
void lk_print_document(const struct lk_cli *cli, const struct lk_session *s, const struct lk_lock *const *locks,
		       size_t n, const struct lk_answer *answer);

/* Any format but LK_FORMAT_QUIET, which prints nothing. answer: as above. cols may get HOW added. Write
 * errors of tables stay in the stream and are found when it is closed. */
void lk_print_rows(const struct lk_cli *cli, const struct lk_session *s, lk_columns *cols, const lk_rows *rows,
		   const struct lk_answer *answer);

#endif
