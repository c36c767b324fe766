/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --readonly: what it refuses. What the process gives up: cli/privilege.h. */
#ifndef LK_CLI_READONLY_H
#define LK_CLI_READONLY_H

#include "cli/option.h"

/* What a verb that changes something must not do here: with --readonly, on a capture, in another /proc tree, or while the
 * configuration file cannot be understood. 0, or the status after it was said why. what: "signal", "test --acquire". */
enum lk_status lk_readonly_check(const struct lk_cli *cli, const char *what);

#endif
