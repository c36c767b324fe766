/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows in the format the command line asks for. */
#ifndef LK_CLI_PRINT_H
#define LK_CLI_PRINT_H

#include "cli/out_json.h"
#include "cli/select.h"
#include "table/column.h"
#include "table/sort.h"

/* LK_NEED_* of the format and its columns. cols may be NULL for JSON, -t and -q. */
unsigned lk_print_needs(const struct lk_cli *cli, const lk_columns *cols);

/* Parses --sort, if it was given; *ret is left alone otherwise. 0, or LK_STATUS_ERROR after the error was printed. */
enum lk_status lk_print_parse_sort(const struct lk_cli *cli, struct lk_sort *ret);

/* Prints the JSON document about these locks, as the command line asks. answer: NULL where the verb has none. A write error goes to
 * lk_fail_output(). */
void lk_print_document(const struct lk_cli *cli, const struct lk_session *s, const struct lk_lock *const *locks,
		       size_t n, const struct lk_answer *answer);

/* Prints the rows in any format; LK_FORMAT_QUIET prints nothing. answer: as above, for JSON. cols may get HOW and SHARED added. Write
 * errors of tables stay in the stream and are found when it is closed. */
void lk_print_rows(const struct lk_cli *cli, const struct lk_session *s, lk_columns *cols, const lk_rows *rows,
		   const struct lk_answer *answer);

#endif
