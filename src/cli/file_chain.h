/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --signal and --release of rm and mv do before: signal the holders of the file, or take their locks away. */
#ifndef LK_CLI_FILE_CHAIN_H
#define LK_CLI_FILE_CHAIN_H

#include "cli/option.h"

/* Is there anything to do before? */
bool lk_file_chain_wanted(const struct lk_cli *cli);
/* 0, or the status of a misuse after it was said. */
enum lk_status lk_file_chain_check(const struct lk_cli *cli);
/* Shows, asks and does it. 0: go on (also where nobody holds the file); else the status to end with, after it was said why. */
enum lk_status lk_file_chain(const struct lk_cli *cli);

#endif
