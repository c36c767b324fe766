/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings that count, from all the places they come from. */
#ifndef LK_TUI_CHOICES_H
#define LK_TUI_CHOICES_H

#include "cli/option.h"
#include "tui/settings.h"

/* Built-in, then the machine's file, then the user's, then the command line; readonly from any of them stays. A file that is wrong
 * leaves its sentence in *ret_warning (heap, NULL none). 0, or the status after it was said which option is wrong. */
enum lk_status lk_choices_make(const struct lk_cli *cli, struct lk_settings *set, char **ret_warning);

#endif
