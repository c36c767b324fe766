/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building blocks of the JSON document. The only header here that shows jansson. Every function that returns a value returns one the
 * caller owns, or NULL when memory was out. */
#ifndef LK_CLI_OUT_JSON_PRIVATE_H
#define LK_CLI_OUT_JSON_PRIVATE_H

#include <jansson.h>

#include "cli/out_json.h"

static inline void lk_json_cleanup(json_t **j)
{
	json_decref(*j);
}
#define lk_auto_json __attribute__((cleanup(lk_json_cleanup))) json_t

/* An object under construction. Once something fails, what follows does nothing. */
struct lk_json_object {
	json_t *json;
	bool failed; /* memory was out */
};

struct lk_json_object lk_json_new(void);
/* v is taken over; NULL means that memory was out. */
void lk_json_put(struct lk_json_object *o, const char *name, json_t *v);
/* The finished value, NULL when something failed. */
json_t *lk_json_finish(struct lk_json_object *o);

/* Likewise for a list. */
void lk_json_append(json_t *list, json_t *v, bool *failed);
json_t *lk_json_finish_list(json_t *list, bool failed);

json_t *lk_json_integer(int64_t v, bool known); /* else null */
json_t *lk_json_tri(enum lk_tri v); /* unknown: null */
json_t *lk_json_text(const char *s); /* valid UTF-8, whatever the bytes; NULL: null */
json_t *lk_json_base64_of(const char *s); /* base64, or null when the text is exact */
json_t *lk_json_id(uint64_t id);
json_t *lk_json_ids(const struct lk_lock *const *locks, size_t n);
json_t *lk_json_unread(const struct lk_fact_unread *u, size_t n);
json_t *lk_json_file(const struct lk_file *file);

/* What the verb says. */
json_t *lk_json_answer(const struct lk_answer *a);

#endif
