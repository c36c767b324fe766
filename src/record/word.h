/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of lock lines, each kept once for as long as the program runs: a machine with a hundred thousand locks has a handful of
 * them. */
#ifndef LK_RECORD_WORD_H
#define LK_RECORD_WORD_H

#include <stddef.h>

#define LK_WORD_MAX 32 /* bytes, the NUL included */
/* How many words are kept that this version does not know. The kernel has few words: input with more of them is not from a kernel. */
#define LK_WORDS_NEW_MAX 1024

/* The kept copy of s[0..n), the same pointer for the same word. NULL: the word is empty, too long or contains a NUL, or LK_WORDS_NEW_MAX
 * unknown words are kept already. Callable from any thread. */
const char *lk_word_keep(const char *s, size_t n);

#endif
