/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lock files: a list of columns as table/column.h describes it. In its rows `lockfile` and `snap` are set. */
#ifndef LK_LOCKFILE_COLUMNS_H
#define LK_LOCKFILE_COLUMNS_H

#include "lockfile/lockfile.h"
#include "table/column.h"

extern const struct lk_column lk_lockfile_columns[];

/* What is shown without being asked for, as lk_columns_parse() takes it. */
extern const char lk_lockfile_columns_default[];

#endif
