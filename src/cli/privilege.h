/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do: nothing that its caller may not, and no more than what was asked for takes. */
#ifndef LK_CLI_PRIVILEGE_H
#define LK_CLI_PRIVILEGE_H

#include "cli/option.h"

/* What a verb needs beside looking; struct lk_verb. */
enum lk_privilege {
	LK_PRIVILEGE_SIGNAL = 1 << 0, /* signals to others' processes */
	LK_PRIVILEGE_RELEASE = 1 << 1, /* tracing others, their leases */
	LK_PRIVILEGE_FILES = 1 << 2, /* others' directories */
	LK_PRIVILEGE_USES = 1 << 3, /* a look into other network namespaces, in a helper process */
};

/* For main(), before anything else is read. A set-user-ID or set-group-ID program is refused: LK_STATUS_REFUSED after it was said
 * why. Where the program has rights that its caller lacks (AT_SECURE, getauxval(3)), the environment is not believed. 0: go on. */
enum lk_status lk_privilege_begin(void);
/* The program has rights that its caller lacks: it only looks, and reads no configuration of the user. */
bool lk_privilege_is_lent(void);

/* Gives up everything that the command line does not need, before anything is read that others can write. 0 or -errno with a
 * sentence. */
int lk_privilege_limit(const struct lk_cli *cli, struct lk_err *err);
/* The same for --readonly, whatever was asked for. */
int lk_privilege_look_only(struct lk_err *err);

/* What a verb that changes something must not do here: with --readonly, on a capture, in another /proc tree, or while the
 * configuration file cannot be understood. 0, or the status after it was said why. what: "signal", "test --acquire". */
enum lk_status lk_privilege_refuse(const struct lk_cli *cli, const char *what);

/* An output file is made and named with the rights of the caller. end() gets what begin() returned. */
uint64_t lk_privilege_output_begin(void);
void lk_privilege_output_end(uint64_t before);

#endif
