/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What prompts have beside pane.h. */
#ifndef LK_TUI_PROMPT_H
#define LK_TUI_PROMPT_H

#include "tui/app.h"

/* Lines above the prompt that is on top, until the next change: what is wrong with the text. Copied; raw bytes; NULL: none. */
void lk_prompt_note(struct lk_tui *t, const char *lines);

#endif
