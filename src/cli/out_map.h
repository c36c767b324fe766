/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of the locks of one file, on standard output. */
#ifndef LK_CLI_OUT_MAP_H
#define LK_CLI_OUT_MAP_H

#include "cli/out.h"
#include "table/lanes.h"

/* No more lanes than this are drawn without --all. */
#define LK_MAP_LANES 50

/* The picture, its legend, and what each lane is in words. all: every lane. Write errors stay in the stream. */
void lk_out_map(const struct lk_out *o, const struct lk_lanes *lanes, bool all);

#endif
