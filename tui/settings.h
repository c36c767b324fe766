/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user can choose about the screen: options, the configuration files, the setup pane. One const table of settings. */
#ifndef LK_TUI_SETTINGS_H
#define LK_TUI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

enum lk_units { LK_UNITS_IEC, LK_UNITS_BYTES, LK_UNITS_HEX };
enum lk_glyphs { LK_GLYPHS_AUTO, LK_GLYPHS_ASCII, LK_GLYPHS_UNICODE };
enum lk_screen_color { LK_SCREEN_COLOR_AUTO, LK_SCREEN_COLOR_ALWAYS, LK_SCREEN_COLOR_NEVER };

struct lk_settings {
	uint32_t delay_ms; /* 100 .. 3,600,000 */
	uint32_t highlight_looks; /* how many refreshes a new row stands out; 0: off */
	enum lk_units units;
	enum lk_glyphs glyphs;
	enum lk_screen_color color;
	bool mouse, readonly, accessible, header;
	int start_view; /* enum lk_view_id */
	char *columns; /* of the Locks view, names separated by commas; owned; NULL: the default set */
	char *sort; /* of the Locks view, "-" in front for descending; owned; NULL: default */
	char *filter; /* of the Locks view; owned; NULL none */
	LK_VEC(char *) binds; /* owned; arguments of `bind` */
};

void lk_settings_init(struct lk_settings *s); /* the defaults */
void lk_settings_done(struct lk_settings *s);
void lk_settings_copy(struct lk_settings *ret, const struct lk_settings *s);

struct lk_setting {
	const char *name; /* "delay", as in options and files */
	const char *help; /* one line */
	const char *const *words; /* what it can be, NULL at the end; NULL: free text, a number, or yes/no */
	bool is_flag;
};
const struct lk_setting *lk_setting_table(size_t *ret_n);
/* Sets one by its name. Numbers out of bounds are brought within them. 0, -ENOENT: there is none of that name; -EINVAL with a
 * sentence. value NULL: a flag that was only named. */
int lk_settings_set(struct lk_settings *s, const char *name, const char *value, struct lk_err *err);
/* The value as the file would have it; heap; NULL: the default. */
char *lk_settings_get(const struct lk_settings *s, const char *name);

/* $XDG_CONFIG_HOME/lockscope/config, or ~/.config/... when that is unset; heap; NULL: there is none to be used (not an absolute path,
 * effective and real user differ). */
char *lk_settings_path(void);
/* One long option a line, as in /etc/lockscope.conf. A file that is not there is empty. 0, or -EINVAL with a sentence that names the first line
 * that is wrong (the others count), or -errno. */
int lk_settings_read(struct lk_settings *s, const char *path, struct lk_err *err);
/* Those that differ from the defaults, to a new file that then takes the name's place: 0600, missing folders are made 0700. 0 or -errno
 * with a sentence; -EPERM: not as root in another user's home. */
int lk_settings_save(const struct lk_settings *s, const char *path, struct lk_err *err);

#endif
