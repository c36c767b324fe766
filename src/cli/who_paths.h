/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `who` adds below the locks of a FILE. */
#ifndef LK_CLI_WHO_PATHS_H
#define LK_CLI_WHO_PATHS_H

#include "cli/who.h"

/* One line for each file whose path is none of this machine's: whose it is, and a name that leads there from here. */
void lk_who_note_paths(const struct lk_out *o, const struct lk_who *w, bool live);

#endif
