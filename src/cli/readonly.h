/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --readonly: the process gives up what it would need to change something. */
#ifndef LK_CLI_READONLY_H
#define LK_CLI_READONLY_H

#include "cli/option.h"

/* Drops every capability (capabilities(7)) but those needed to read: CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_BPF, CAP_PERFMON.
 * 0 or -errno with a sentence. */
int lk_readonly_enter(struct lk_err *err);

/* What a verb that changes something must not do here: with --readonly, on a capture, in another /proc tree, or while the
 * configuration file cannot be understood. 0, or the status after it was said why. what: "signal", "test --acquire". */
enum lk_status lk_readonly_check(const struct lk_cli *cli, const char *what);

#endif
