/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of lock lines, each kept once for as long as the program runs: a machine with a hundred thousand locks has a handful of
 * them. */
#ifndef LK_RECORD_WORD_H
#define LK_RECORD_WORD_H

#include <stddef.h>

#define LK_WORD_MAX 32 /* bytes, the NUL included */
/* Words that this version does not know; the kernel has few, so more of them are no lines of a kernel. */
#define LK_WORDS_NEW_MAX 1024

/* The kept copy of s[0..n), the same for the same word. NULL: it is empty, too long, has a NUL in it, or too many words that this
 * version does not know were seen. From any thread. */
const char *lk_word_keep(const char *s, size_t n);

#endif
