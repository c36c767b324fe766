/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is always there: where there is none left, or a size overflows, the program ends. What a file or a machine may ask for
 * is bounded by whoever reads it. Nothing here is for code that holds another process: that allocates beforehand. */
#ifndef LK_BASE_ALLOC_H
#define LK_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* What is done first, once memory is out: to give the terminal back and say so. It must not allocate. NULL: nothing, as in a child
 * whose parent sees that it ended. Returns the hook that it replaces. */
typedef void (*lk_alloc_hook)(void);
lk_alloc_hook lk_alloc_on_failure(lk_alloc_hook hook);
/* Calls the hook and ends the program with status 2. */
_Noreturn void lk_alloc_fail(void);

/* All return memory for free(3), never NULL. */
void *lk_alloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull)); /* n * size bytes, zeroed */
void *lk_realloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull)); /* n * size bytes; p may be NULL */
char *lk_strdup(const char *s) __attribute__((malloc)); /* NULL in, NULL out */
char *lk_strndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull)); /* n bytes at most */
char *lk_printf(const char *fmt, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
char *lk_vprintf(const char *fmt, va_list ap) __attribute__((malloc, returns_nonnull, format(printf, 1, 0)));

#endif
