/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the nearest of some words, by the number of edits. */
#include "table/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 32

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The number of edits (insert, delete, replace, swap neighbours) from a to b, ignoring case. Both at most WORD_MAX long. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= n_a; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= n_b; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		for (size_t j = 1; j <= n_b; j++) {
			size_t replaced = d[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, replaced);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				d[i][j] = min3(d[i][j], d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n_a][n_b];
}

void lk_suggest_try(struct lk_suggest *s, const char *word)
{
	size_t n = strlen(word), d;

	if (s->n < 2 || s->n > WORD_MAX || n > WORD_MAX)
		return;
	d = distance(s->text, s->n, word, n);
	/* A word with more edits is a different word rather than a misspelt one. */
	if (d > 2 || d * 2 > s->n)
		return;
	if (s->best && d >= s->distance)
		return;
	s->best = word;
	s->distance = d;
}
