/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps one copy of each word of lock lines for as long as the program runs. */
#include "record/word.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* The words that known kernels print. */
static const char *const known[] = {
	"POSIX",   "OFDLCK",    "FLOCK", "LEASE",     "DELEG", "ADVISORY", "ACTIVE", "BREAKING",
	"BREAKER", "MANDATORY", "MSNFS", "*NOINODE*", "READ",  "WRITE",    "UNLCK",  "UNKNOWN",
};

static struct {
	pthread_mutex_t mutex;
	size_t n;
	char words[LK_WORDS_NEW_MAX][LK_WORD_MAX];
} new = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool is_word(const char *word, const char *s, size_t n)
{
	return strncmp(word, s, n) == 0 && !word[n];
}

static const char *keep_new(const char *s, size_t n)
{
	for (size_t i = 0; i < new.n; i++) {
		if (is_word(new.words[i], s, n))
			return new.words[i];
	}
	if (new.n == LK_WORDS_NEW_MAX)
		return NULL;
	memcpy(new.words[new.n], s, n);
	return new.words[new.n++];
}

const char *lk_word_keep(const char *s, size_t n)
{
	const char *kept;

	if (!n || n >= LK_WORD_MAX || memchr(s, '\0', n))
		return NULL;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (is_word(known[i], s, n))
			return known[i];
	}
	pthread_mutex_lock(&new.mutex);
	kept = keep_new(s, n);
	pthread_mutex_unlock(&new.mutex);
	return kept;
}
