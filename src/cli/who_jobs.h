/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Below the table of `who`: which jobs the processes are. */
#ifndef LK_CLI_WHO_JOBS_H
#define LK_CLI_WHO_JOBS_H

#include "cli/out.h"
#include "cli/select.h"

/* Are they wanted? Not by who chose the columns, or asked for lines without headings. */
bool lk_who_wants_jobs(const struct lk_cli *cli);
/* Each process of the rows once, those that hold a lock first: its command line, and who it is in words. 0 or -ENOMEM. */
int lk_who_put_jobs(const struct lk_out *o, const lk_rows *rows);

#endif
