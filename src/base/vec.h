/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays. LK_VEC(T) is a struct that holds a vector of T; zero-initialised is empty. */
#ifndef LK_BASE_VEC_H
#define LK_BASE_VEC_H

#include <stddef.h>

#define LK_VEC(type) \
	struct { \
		type *v; \
		size_t n; \
		size_t cap; \
	}

/* Running out of memory ends the program (base/alloc.h). */

/* Makes room for n more elements of `size` bytes. */
void lk_vec_reserve(void *v, size_t *cap, size_t used, size_t n, size_t size);

/* Room for one more element; evaluates to a pointer to it (uninitialised). */
#define lk_vec_push(vec) (lk_vec_reserve(&(vec)->v, &(vec)->cap, (vec)->n, 1, sizeof(*(vec)->v)), &(vec)->v[(vec)->n++])

#define lk_vec_done(vec) lk_vec_free(&(vec)->v, &(vec)->n, &(vec)->cap)
void lk_vec_free(void *v, size_t *n, size_t *cap);

#endif
