/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rm and mv share: look, plan, ask, do. */
#ifndef LK_CLI_FILE_ACT_H
#define LK_CLI_FILE_ACT_H

#include "cli/option.h"
#include "cli/verb.h"

/* args of cli: FILE, and NEW for mv. Returns the status of the verb. */
enum lk_status lk_file_act(const struct lk_cli *cli, const char *question);

#endif
