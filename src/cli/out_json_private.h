/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the JSON document. `name`: the name of the member, as in base/json.h. */
#ifndef LK_CLI_OUT_JSON_PRIVATE_H
#define LK_CLI_OUT_JSON_PRIVATE_H

#include "cli/out_json.h"

void lk_out_json_tri(struct lk_json *j, const char *name, enum lk_tri v); /* unknown: null */
void lk_out_json_range(struct lk_json *j, struct lk_range range); /* "start", "end" and "to_eof" */
void lk_out_json_ids(struct lk_json *j, const char *name, const struct lk_lock *const *locks, size_t n);
void lk_out_json_file(struct lk_json *j, const char *name, const struct lk_file *file);
void lk_out_json_unread(struct lk_json *j, const char *name, const struct lk_fact_unread *u, size_t n);
/* A lock file with all that is known of it. */
void lk_out_json_lockfile(struct lk_json *j, const struct lk_lockfile *l);
/* Prints the member "answer"; lines: without the rows of lock files, which follow it. */
void lk_out_json_answer(struct lk_json *j, const struct lk_answer *a, bool lines);

#endif
