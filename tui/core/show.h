/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row as command lines for a shell, and as JSON. */
#ifndef LK_TUI_SHOW_H
#define LK_TUI_SHOW_H

#include "base/json.h"
#include "tui/core/app.h"

/* Adds the command lines that apply to the subject: "lockscope who /srv/base.lck" ... Those that would change something have --dry-run. */
void lk_show_commands(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret);
/* Adds the subject's lock, which must not be NULL, with all that is known of its processes, as cli/out_json.h prints it. */
void lk_show_json(const struct lk_subject *s, enum lk_json_layout layout, struct lk_text *ret);

#endif
