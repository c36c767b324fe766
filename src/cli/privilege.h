/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do: no more than the command line needs; and only look, where it has rights that its caller lacks. */
#ifndef LK_CLI_PRIVILEGE_H
#define LK_CLI_PRIVILEGE_H

#include "cli/option.h"

/* What a verb needs besides looking; lk_verb.privileges. */
enum lk_privilege {
	LK_PRIVILEGE_SIGNAL = 1 << 0, /* send signals to processes of other users */
	LK_PRIVILEGE_RELEASE = 1 << 1, /* ptrace(2) processes of other users, release leases on their files */
	LK_PRIVILEGE_FILES = 1 << 2, /* open and change files and directories of other users */
	LK_PRIVILEGE_LEASE = 1 << 4, /* take leases on files of other users */
	LK_PRIVILEGE_USES = 1 << 3, /* look into other network namespaces, in a helper process */
};

/* For main(), before anything else is read. Refuses to run as a set-user-ID or set-group-ID program: LK_STATUS_REFUSED after the reason
 * was printed. Where the program has rights that its caller lacks (AT_SECURE, getauxval(3)), removes environment variables that tell
 * libraries where to find files. 0: go on. */
enum lk_status lk_privilege_begin(void);
/* The program has rights that its caller lacks: it only looks, and reads no configuration of the user. */
bool lk_privilege_is_lent(void);

/* Gives up all capabilities that the command line does not need, before anything is read that other users can write. 0 or -errno with a
 * sentence. */
int lk_privilege_limit(const struct lk_cli *cli, struct lk_err *err);
/* Gives up all capabilities but those for reading, as --readonly does, whatever the command line says. 0 or -errno with a sentence. */
int lk_privilege_look_only(struct lk_err *err);

/* Whether a verb that changes something is refused here: with --readonly, on a capture, in another /proc tree, or while the configuration
 * file cannot be understood. what: its name, "signal", "test --acquire". 0, or the exit status after the reason was printed. */
enum lk_status lk_privilege_refuse(const struct lk_cli *cli, const char *what);

/* Around the calls that create, rename or remove an output file: these are made with the rights of the caller. end() gets what begin()
 * returned. */
uint64_t lk_privilege_output_begin(void);
void lk_privilege_output_end(uint64_t before);

#endif
