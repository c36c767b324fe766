/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow. */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

void lk_vec_reserve(void *v, size_t *cap, size_t used, size_t n, size_t size)
{
	void **mem = v;
	size_t want;

	if (__builtin_add_overflow(used, n, &want))
		lk_alloc_fail();
	if (want <= *cap)
		return;
	if (want < 16)
		want = 16;
	if (*cap <= SIZE_MAX / 2 && want < *cap * 2)
		want = *cap * 2;
	*mem = lk_realloc(*mem, want, size);
	*cap = want;
}

void lk_vec_free(void *v, size_t *n, size_t *cap)
{
	void **mem = v;

	free(*mem);
	*mem = NULL;
	*n = 0;
	*cap = 0;
}
