/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bump allocator: many small objects, freed together. */
#ifndef LK_BASE_ARENA_H
#define LK_BASE_ARENA_H

#include <stddef.h>

struct lk_arena_block;

/* The caller provides the storage; zero-initialised is valid. */
struct lk_arena {
	struct lk_arena_block *head;
	size_t used; /* bytes handed out of the head block */
	size_t total; /* bytes of all blocks */
	struct lk_arena_kept *kept; /* memory given to lk_arena_keep(), freed with the arena */
};

void lk_arena_init(struct lk_arena *a);
/* Frees every object that came from the arena. */
void lk_arena_done(struct lk_arena *a);

/* The memory is owned by the arena and aligned for any object (strings are not aligned). Running out of memory ends the program
 * (base/alloc.h). */
void *lk_arena_alloc(struct lk_arena *a, size_t n);
void *lk_arena_zalloc(struct lk_arena *a, size_t n);
void *lk_arena_array(struct lk_arena *a, size_t n, size_t size); /* zeroed */
void *lk_arena_memdup(struct lk_arena *a, const void *p, size_t n);
char *lk_arena_strdup(struct lk_arena *a, const char *s); /* NULL in, NULL out */
char *lk_arena_strndup(struct lk_arena *a, const char *s, size_t n); /* always NUL-terminated */
/* Takes over p, memory from malloc(3), and frees it in lk_arena_done(). p may be NULL. */
void lk_arena_keep(struct lk_arena *a, void *p);
char *lk_arena_printf(struct lk_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
