/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of memory that are handed out piece by piece and freed together. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define ARENA_BLOCK ((size_t)64 * 1024)
#define ARENA_ALIGN _Alignof(max_align_t)

struct lk_arena_block {
	struct lk_arena_block *next;
	size_t size; /* bytes usable after the header */
	_Alignas(max_align_t) unsigned char data[];
};

/* An entry of the list of memory from malloc(3) that is freed with the arena. The entry itself lies in the arena. */
struct lk_arena_kept {
	struct lk_arena_kept *next;
	void *p;
};

void lk_arena_init(struct lk_arena *a)
{
	*a = (struct lk_arena){ 0 };
}

void lk_arena_done(struct lk_arena *a)
{
	struct lk_arena_block *next;

	for (struct lk_arena_kept *k = a->kept; k; k = k->next)
		free(k->p);
	for (struct lk_arena_block *b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	lk_arena_init(a);
}

static void arena_grow(struct lk_arena *a, size_t n)
{
	size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
	struct lk_arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		lk_alloc_fail();
	b = lk_realloc(NULL, sizeof(*b) + size, 1);
	b->next = a->head;
	b->size = size;
	a->head = b;
	a->used = 0;
	a->total += sizeof(*b) + size;
}

/* align: a power of two, ARENA_ALIGN at most. */
static void *alloc(struct lk_arena *a, size_t n, size_t align)
{
	size_t begin = (a->used + align - 1) & ~(align - 1);
	void *p;

	if (!a->head || begin > a->head->size || a->head->size - begin < n) {
		arena_grow(a, n);
		begin = 0;
	}
	p = a->head->data + begin;
	a->used = begin + n;
	return p;
}

void *lk_arena_alloc(struct lk_arena *a, size_t n)
{
	return alloc(a, n, ARENA_ALIGN);
}

void *lk_arena_zalloc(struct lk_arena *a, size_t n)
{
	return memset(lk_arena_alloc(a, n), 0, n);
}

void *lk_arena_array(struct lk_arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		lk_alloc_fail();
	return lk_arena_zalloc(a, bytes);
}

void *lk_arena_memdup(struct lk_arena *a, const void *p, size_t n)
{
	void *copy = lk_arena_alloc(a, n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *lk_arena_strndup(struct lk_arena *a, const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		lk_alloc_fail();
	copy = alloc(a, n + 1, 1);
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *lk_arena_strdup(struct lk_arena *a, const char *s)
{
	return s ? lk_arena_strndup(a, s, strlen(s)) : NULL;
}

void lk_arena_keep(struct lk_arena *a, void *p)
{
	struct lk_arena_kept *k;

	if (!p)
		return;
	k = lk_arena_alloc(a, sizeof(*k));
	*k = (struct lk_arena_kept){ a->kept, p };
	a->kept = k;
}

char *lk_arena_printf(struct lk_arena *a, const char *fmt, ...)
{
	char *copy, *s;
	va_list ap;

	va_start(ap, fmt);
	s = lk_vprintf(fmt, ap);
	va_end(ap);
	copy = lk_arena_strdup(a, s);
	free(s);
	return copy;
}
