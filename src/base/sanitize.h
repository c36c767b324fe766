/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one sanitizer: every byte string that came from the machine passes it before a terminal.
 *
 * Printable characters stay. Everything else becomes \xNN byte by byte (as lsof does), and a backslash becomes \\ so that
 * an escape cannot be mistaken for a literal. "Everything else" is: control characters, invalid UTF-8, bidirectional
 * and other format characters, private and unassigned code points, characters wcwidth(3) calls unprintable; and every
 * byte >= 0x80 when the locale is not UTF-8. */
#ifndef LK_BASE_SANITIZE_H
#define LK_BASE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* nl_langinfo(CODESET) says UTF-8. Call setlocale(3) first. */
bool lk_sanitize_locale_is_utf8(void);

/* s[0..n) made safe. Heap, caller frees. */
char *lk_sanitize(const char *s, size_t n, bool utf8);
/* The same, appended to *out. */
void lk_sanitize_add(lk_buf *out, const char *s, size_t n, bool utf8);
char *lk_sanitize_str(const char *s, bool utf8); /* NULL in, NULL out */

/* Terminal cells of an already sanitized string. */
size_t lk_sanitize_width(const char *safe, bool utf8);
size_t lk_sanitize_width_n(const char *safe, size_t n, bool utf8);

/* Cuts a sanitized string on its left to at most `cells` cells, marking the cut with '~'; never splits an escape or a
 * character. The end, where a path has its file name, stays. Heap, caller frees. */
char *lk_sanitize_cut_left(const char *safe, size_t cells, bool utf8);

#endif
