/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory allocation that never fails: when no memory is left, or a size overflows, the program ends. Code that reads a file or another
 * process must itself limit how much it asks for. Code that holds another process stopped calls nothing here: it allocates beforehand. */
#ifndef LK_BASE_ALLOC_H
#define LK_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* Sets the function that is called when no memory is left, before the program ends: it restores the terminal and prints a message. It must
 * not allocate. NULL: no function, as in a child whose parent notices that the child has ended. Returns the hook that was set before. */
typedef void (*lk_alloc_hook)(void);
lk_alloc_hook lk_alloc_on_failure(lk_alloc_hook hook);
/* Calls the hook and ends the program with status 2. */
_Noreturn void lk_alloc_fail(void);

/* The caller frees the memory with free(3). Never NULL, except lk_strdup(NULL). */
void *lk_alloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull)); /* n * size bytes, zeroed */
void *lk_realloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull)); /* n * size bytes; p may be NULL */
char *lk_strdup(const char *s) __attribute__((malloc)); /* NULL in, NULL out */
char *lk_strndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull)); /* n bytes at most */
char *lk_printf(const char *fmt, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
char *lk_vprintf(const char *fmt, va_list ap) __attribute__((malloc, returns_nonnull, format(printf, 1, 0)));

#endif
