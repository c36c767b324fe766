/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines that say on a shell what the screen says here. */
#ifndef LK_TUI_SHOW_H
#define LK_TUI_SHOW_H

#include "base/json.h"
#include "tui/core/app.h"

/* "lockscope who /srv/base.lck" and so on, a line each, those that apply. What changes something has --dry-run. */
void lk_show_commands(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* The subject's lock, which it has, with all that is known of its processes, as out_json prints it. */
void lk_show_json(const struct lk_subject *s, enum lk_json_layout layout, struct lk_text *ret);

#endif
