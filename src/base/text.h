/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict numbers, UTF-8 and base64. Nothing here depends on the locale. */
#ifndef LK_BASE_TEXT_H
#define LK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of s[0..n) must be digits of the base (10 or 16, no prefix, no sign, no space).
 * 0, or -EINVAL / -ERANGE with *ret untouched. */
int lk_text_u64(const char *s, size_t n, unsigned base, uint64_t *ret);
/* As above, decimal, with an optional leading '-'. */
int lk_text_i64(const char *s, size_t n, int64_t *ret);
/* A pid: 1..2^31-1. */
int lk_text_pid(const char *s, size_t n, int *ret);
/* Bytes as people write them: decimal or 0x hex, optional suffix K M G T (powers of 1024). */
int lk_text_size(const char *s, size_t n, uint64_t *ret);
/* Seconds with an optional fraction ("2", "0.25") to milliseconds. 0, -EINVAL, or -ERANGE beyond about 24 days. */
int lk_text_seconds_ms(const char *s, uint32_t *ret_ms);

/* What of `path` is below directory `dir`, by the names alone: "/f" for path "/d/f" and dir "/d" or "/d/". NULL: path is not below dir.
 * Borrowed from path. */
const char *lk_text_below(const char *path, const char *dir);

/* The first two numbers of a kernel's release (uname(2)): "6.18.44-x" is 6, 18. 0, or -EINVAL with both untouched. */
int lk_text_release(const char *s, unsigned *ret_major, unsigned *ret_minor);

/* Writes v in decimal so that it ends just before `end`, without a NUL: at most LK_TEXT_DECIMAL bytes. Returns where it begins. */
#define LK_TEXT_DECIMAL 20
char *lk_text_decimal(char *end, uint64_t v);

/* Length in bytes (1..4) of the valid UTF-8 sequence at s, 0 when invalid (overlong, surrogate, > U+10FFFF, cut).
 * ret_cp may be NULL. */
size_t lk_text_utf8(const char *s, size_t n, uint32_t *ret_cp);
/* Writes the code point cp, which must be valid, as UTF-8: 1..4 bytes, no NUL. Returns how many. */
size_t lk_text_put_utf8(uint32_t cp, char out[4]);
bool lk_text_is_utf8(const char *s, size_t n);
/* s with every invalid byte replaced by U+FFFD: always valid UTF-8. Heap, caller frees. */
char *lk_text_to_utf8(const char *s, size_t n);

/* RFC 4648 base64 with padding. Heap, caller frees. */
char *lk_text_b64(const void *p, size_t n);
/* Decodes base64, strictly. 0 or -EINVAL. *ret is on the heap, caller frees; a NUL follows its *ret_n bytes. */
int lk_text_unb64(const char *s, char **ret, size_t *ret_n);

#endif
