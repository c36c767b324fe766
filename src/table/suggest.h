/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean …": the nearest of a list of words. */
#ifndef LK_TABLE_SUGGEST_H
#define LK_TABLE_SUGGEST_H

#include <stddef.h>

/* A search for the word nearest to `text`; start with { .text, .n } and feed it every candidate. */
struct lk_suggest {
	const char *text; /* borrowed */
	size_t n;
	const char *best; /* borrowed from the candidates; NULL: none is near */
	size_t distance; /* of best */
};

void lk_suggest_try(struct lk_suggest *s, const char *word);

#endif
