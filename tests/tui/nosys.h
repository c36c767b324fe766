/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A system without any process or file, which counts who would change it. */
#ifndef LK_TESTS_TUI_NOSYS_H
#define LK_TESTS_TUI_NOSYS_H

#include <stddef.h>

#include "action/sys.h"

/* *n_changes counts every call that would have changed something; it must outlive the table. */
struct lk_sys nosys_make(size_t *n_changes);

#endif
