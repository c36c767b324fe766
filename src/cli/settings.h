/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user can choose about the screen: by options, in the configuration files, in the setup pane. Rows of the table of options
 * (cli/option.h) that have LK_OPTIONS_SETTING. */
#ifndef LK_CLI_SETTINGS_H
#define LK_CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "cli/option.h"

enum lk_units { LK_UNITS_IEC, LK_UNITS_BYTES, LK_UNITS_HEX };
enum lk_glyphs { LK_GLYPHS_AUTO, LK_GLYPHS_ASCII, LK_GLYPHS_UNICODE };
enum lk_header { LK_HEADER_FULL, LK_HEADER_NONE };

struct lk_settings {
	uint32_t delay_ms;
	uint64_t highlight_looks; /* how many refreshes a new row stands out; 0: off */
	enum lk_units units;
	enum lk_glyphs glyphs;
	enum lk_color color;
	enum lk_header header;
	bool mouse, readonly, accessible;
	unsigned start_view; /* enum lk_view_id */
	char *columns; /* of the Locks view, names separated by commas; owned; NULL: the default set */
	char *sort; /* of the Locks view, "-" in front for descending; owned; NULL: default */
	char *filter; /* of the Locks view; owned; NULL none */
	LK_VEC(char *) binds; /* owned; arguments of `bind` */
};

void lk_settings_init(struct lk_settings *s); /* the defaults */
void lk_settings_done(struct lk_settings *s);
void lk_settings_copy(struct lk_settings *ret, const struct lk_settings *s);

/* Sets one by its name. Numbers out of bounds are brought within them. 0, -ENOENT: there is none of that name; -EINVAL with a
 * sentence. value NULL: a flag that was only named. */
int lk_settings_set(struct lk_settings *s, const char *name, const char *value, struct lk_err *err);
/* The value of a row as the file would have it; heap; NULL: there is none, or `bind`. */
char *lk_settings_text(const struct lk_settings *s, const struct lk_option *o);
/* Likewise, but NULL: it is the default. */
char *lk_settings_changed(const struct lk_settings *s, const struct lk_option *o);
/* The next value (by 1) or the one before (by -1) of a flag, a word or a number. */
void lk_settings_step(struct lk_settings *s, const struct lk_option *o, int by);

/* Built-in, then the machine's file, then the user's, then the command line; readonly from any of them stays. A file that is wrong
 * leaves its sentence in *ret_warning (heap, NULL none). 0, or the status after it was said which option is wrong. */
enum lk_status lk_settings_choose(const struct lk_cli *cli, struct lk_settings *set, char **ret_warning);

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
