/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error object: a negative errno plus one sentence that says what was being done to what. */
#ifndef LK_BASE_ERR_H
#define LK_BASE_ERR_H

/* The caller provides the storage; zero-initialised means "no error". */
struct lk_err {
	int code; /* -errno, 0: none */
	char *text; /* owned; NULL: none. Raw bytes: sanitize before printing to a terminal */
};

void lk_err_done(struct lk_err *e);

/* Records the first error only: what is nearest to the cause is kept. Returns code (-errno), so that
 * `return lk_err_set(err, -EINVAL, "...")` reads well. e may be NULL. */
int lk_err_set(struct lk_err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Never NULL: the text, else strerror(3) of the code. */
const char *lk_err_text(const struct lk_err *e);

/* "EACCES" for EACCES (sign ignored), "E123" for an unknown number. Borrowed, static per thread. */
const char *lk_err_name(int code);

#endif
