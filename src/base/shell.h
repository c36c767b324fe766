/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quoting of names in command lines that people copy. */
#ifndef LK_BASE_SHELL_H
#define LK_BASE_SHELL_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends `bytes` as one word for sh(1), safe for a terminal: as it is, in single quotes, or as "$(printf '...')" with odd bytes in
 * octal; dash, bash, zsh, ksh and busybox all read it back. Only a name that ends in a newline needs $'...', which dash does not know.
 * utf8: as for lk_sanitize(). */
void lk_shell_quote(const char *bytes, bool utf8, lk_buf *out);

#endif
