/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --filter: expressions over the columns.
 *
 *   expr   := or ; or := and ("||" and)* ; and := not ("&&" not)* ; not := "!" not | "(" or ")" | test
 *   test   := COLUMN op value | COLUMN          (a bare column: is it known, and true / non-empty / non-zero)
 *   op     := == != < <= > >= =~ !~             (=~ is a POSIX extended regular expression)
 *   value  := NUMBER (decimal, 0x hex, K M G T suffix) | "string" (\" and \\ inside; other backslashes are kept)
 *             | bareword | true | false | null | EOF
 *
 * A column has two names; both are accepted, in any case. EOF is the end of a lock that reaches to the end of the file: greater than
 * every number.
 * A comparison with an unknown value is false, except == null and != null. */
#ifndef LK_TABLE_FILTER_H
#define LK_TABLE_FILTER_H

#include <stdbool.h>

#include "table/column.h"

struct lk_filter;

/* The columns are those of the list `columns`. 0 with *ret, which the caller frees with lk_filter_free(); or -EINVAL with three lines in err: a sentence, the expression, and a caret
 * under the place of the error. */
int lk_filter_parse(const char *text, const struct lk_column *columns, struct lk_filter **ret, struct lk_err *err);
void lk_filter_free(struct lk_filter *f);
unsigned lk_filter_needs(const struct lk_filter *f); /* NULL: 0 */
/* NULL filter: true. */
bool lk_filter_match(const struct lk_filter *f, const struct lk_row *row);

#endif
