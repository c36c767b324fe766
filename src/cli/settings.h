/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of the screen, which the user can change by options, in the configuration files and in the setup pane. They are the rows of
 * the table of options (cli/option.h) that have LK_OPTIONS_SETTING. */
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
	char *filter; /* of the Locks view, an expression of list --filter; owned; NULL none */
	LK_VEC(char *) binds; /* owned; arguments of `bind` */
};

void lk_settings_init(struct lk_settings *s); /* the defaults */
void lk_settings_done(struct lk_settings *s);
void lk_settings_copy(struct lk_settings *ret, const struct lk_settings *s);

/* Sets the setting with that name. Numbers out of bounds are brought within them. value NULL: only the name was given, as for a flag. 0,
 * or with a sentence -ENOENT: there is no such setting, or -EINVAL. */
int lk_settings_set(struct lk_settings *s, const char *name, const char *value, struct lk_err *err);
/* What --columns, --sort and --filter can be: 0, or -EINVAL with a sentence. The same rules as for `list`. */
int lk_settings_check_columns(const char *value, struct lk_err *err);
int lk_settings_check_sort(const char *value, struct lk_err *err);
int lk_settings_check_filter(const char *value, struct lk_err *err);
/* The value of setting o as in the file. Heap; NULL: it is empty, or o is an alias or `bind`. */
char *lk_settings_text(const struct lk_settings *s, const struct lk_option *o);
/* The same, but NULL also if the value is the default. */
char *lk_settings_changed(const struct lk_settings *s, const struct lk_option *o);
/* Changes a flag, a word or a number to the next value (by 1) or the previous one (by -1). */
void lk_settings_step(struct lk_settings *s, const struct lk_option *o, int by);

/* Sets *set, which has the defaults, from the machine's file, then from the user's, then from the command line; the last one wins, but
 * readonly from any of them stays. *ret_warning, NULL before, gets a sentence about the first file that is wrong (heap). 0, or the exit
 * status after a wrong option was reported. */
enum lk_status lk_settings_choose(const struct lk_cli *cli, struct lk_settings *set, char **ret_warning);

/* Reports a wrong value of an option of the screen on standard error. The exit status. */
enum lk_status lk_settings_refuse(const struct lk_cli *cli, const struct lk_option *o, const struct lk_err *why);

/* $XDG_CONFIG_HOME/lockscope/config, or ~/.config/lockscope/config when that is unset. Heap; NULL: no file may be used (no absolute path,
 * effective and real user or group differ, or the program has rights that its caller lacks). */
char *lk_settings_path(void);
/* Reads one long option a line, as in /etc/lockscope.conf. A missing file counts as empty. 0, or -EINVAL with a sentence that names the
 * first line that is wrong (the others count), or -errno. */
int lk_settings_read(struct lk_settings *s, const char *path, struct lk_err *err);
/* Writes the settings that differ from the defaults to a new file (0600), which then replaces `path`; missing directories are made (0700).
 * 0 or -errno with a sentence; -EPERM: under sudo, or where a directory is a link or belongs to another user. */
int lk_settings_save(const struct lk_settings *s, const char *path, struct lk_err *err);

#endif
