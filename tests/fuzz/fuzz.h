/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fuzz target is this one function. libFuzzer's main calls it (configure --enable-fuzzing), or replay.c's for files. */
#ifndef LK_TESTS_FUZZ_H
#define LK_TESTS_FUZZ_H

#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For targets that print as on a UTF-8 terminal: libraries that measure text go by the locale. */
static inline void lk_fuzz_use_utf8(void)
{
	static int done;

	if (!done)
		done = setlocale(LC_ALL, "C.UTF-8") != NULL;
}

/* A promise of the code under test; breaking it is a crash, also with NDEBUG. */
#define LK_FUZZ_MUST(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

#endif
