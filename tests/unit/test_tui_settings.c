/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/settings.h"

static void expect(const struct lk_settings *s, const char *name, const char *value)
{
	char *got = lk_settings_changed(s, lk_option_find(name, strlen(name), LK_OPTIONS_SETTING));

	if (value)
		cr_assert_str_eq(got ? got : "(default)", value, "%s", name);
	else
		cr_assert_null(got, "%s is %s, not the default", name, got);
	free(got);
}

/* The defaults are what is not written. */
Test(tui_settings, defaults)
{
	struct lk_settings s;

	lk_settings_init(&s);
	cr_assert_eq(s.delay_ms, 2000);
	cr_assert(s.mouse && !s.header && !s.readonly);
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, LK_OPTIONS_SETTING));)
		expect(&s, o->name, NULL);
	lk_settings_done(&s);
}

/* What is set comes back as it would be written. */
Test(tui_settings, set_and_get)
{
	static const char *const rows[][3] = {
		{ "delay", "0.5", "0.5" },
		{ "delay", "0", "0.1" },
		{ "delay", "1e9", NULL },
		{ "delay", "99999999999", "3600.0" },
		{ "delay", "-1", NULL },
		{ "delay", "2.25", "2.25" },
		{ "units", "hex", "hex" },
		{ "units", "miles", NULL },
		{ "mouse", "no", "no" },
		{ "mouse", "maybe", NULL },
		{ "color", "never", "never" },
		{ "header", "none", "none" },
		{ "start-view", "map", "map" },
		{ "highlight-changes", "4294967299", "1000" },
		{ "highlight-changes", "0", "0" },
		{ "highlight-changes", "x", NULL },
		{ "columns", "pid,path", "pid,path" },
		{ "columns", "pid,bogus", NULL },
		{ "columns", "+user", "+user" },
		{ "sort", "-pid", "-pid" },
		{ "sort", "s", "s" },
		{ "sort", "-nothing", NULL },
		{ "filter", "a\nb", NULL },
		{ "filter", "pid > 1 && state==held", "pid > 1 && state==held" },
		{ "filter", "=blocked", NULL },
		{ "filter", "=state == held", "=state == held" },
		{ "filter", "just words", NULL },
		{ "readonly", "yes", "yes" },
		{ "accessible", "yes", "yes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lk_settings s;
		struct lk_err err = { 0 };
		int rc;

		lk_settings_init(&s);
		rc = lk_settings_set(&s, rows[i][0], rows[i][1], &err);
		cr_assert_eq(rc, rows[i][2] ? 0 : -EINVAL, "%s %s", rows[i][0], rows[i][1]);
		cr_assert_eq(!err.text, rc == 0, "a sentence for %s %s", rows[i][0], rows[i][1]);
		expect(&s, rows[i][0], rows[i][2]);
		lk_err_done(&err);
		lk_settings_done(&s);
	}
}

Test(tui_settings, flags)
{
	struct lk_settings s;

	lk_settings_init(&s);
	cr_assert_eq(lk_settings_set(&s, "no-mouse", NULL, NULL), 0);
	cr_assert(!s.mouse);
	cr_assert_eq(lk_settings_set(&s, "mouse", NULL, NULL), 0);
	cr_assert(s.mouse);
	cr_assert_eq(lk_settings_set(&s, "ascii", NULL, NULL), 0);
	cr_assert_eq(s.glyphs, LK_GLYPHS_ASCII);
	cr_assert_eq(lk_settings_set(&s, "readonly", NULL, NULL), 0);
	cr_assert_eq(lk_settings_set(&s, "readonly", "no", NULL), 0);
	cr_assert(s.readonly, "what asked for it cannot be undone");
	cr_assert_eq(lk_settings_set(&s, "nosuch", "1", NULL), -ENOENT);
	cr_assert_eq(lk_settings_set(&s, "no-delay", NULL, NULL), -ENOENT);
	cr_assert_eq(lk_settings_set(&s, "delay", NULL, NULL), -EINVAL);
	lk_settings_done(&s);
}

static char folder[] = "/tmp/lk-settings-XXXXXX";

static char *file_in(const char *name)
{
	char *path = NULL;

	cr_assert(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

/* A wrong line is named, the others count; saved and read again it is the same. */
Test(tui_settings, file)
{
	struct lk_settings s, again;
	struct lk_err err = { 0 };
	struct stat st;
	char *path, *saved;

	unsetenv("SUDO_UID");
	cr_assert(mkdtemp(folder));
	path = file_in("config");
	saved = file_in("a/b/config");
	write_file(path,
		   "# mine\n--delay 5\nnosuch = 1\nunits=hex\n\nbind = F11 signal\nmouse = no\nfilter = pid > 7\n");
	lk_settings_init(&s);
	cr_assert_eq(lk_settings_read(&s, path, &err), -EINVAL);
	cr_assert(strstr(lk_err_text(&err), "line 3") && strstr(lk_err_text(&err), "nosuch"), "%s", lk_err_text(&err));
	lk_err_done(&err);
	cr_assert_eq(s.delay_ms, 5000);
	cr_assert_eq(s.binds.n, 1);
	cr_assert_eq(lk_settings_save(&s, saved, &err), 0, "%s", lk_err_text(&err));
	cr_assert_eq(stat(saved, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	lk_settings_init(&again);
	cr_assert_eq(lk_settings_read(&again, saved, &err), 0, "%s", lk_err_text(&err));
	expect(&again, "delay", "5.0");
	expect(&again, "units", "hex");
	expect(&again, "mouse", "no");
	expect(&again, "filter", "pid > 7");
	cr_assert_eq(again.binds.n, 1);
	cr_assert_str_eq(again.binds.v[0], "F11 signal");
	setenv("SUDO_UID", "1000", 1);
	cr_assert_eq(lk_settings_save(&s, saved, &err), -EPERM);
	lk_err_done(&err);
	lk_settings_done(&s);
	lk_settings_done(&again);
	unlink(saved);
	unlink(path);
	free(path);
	free(saved);
	path = file_in("a/b");
	rmdir(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
	rmdir(folder);
}

static void is_not_saved(const char *path, const char *because)
{
	struct lk_settings s;
	struct lk_err err = { 0 };

	lk_settings_init(&s);
	cr_assert_eq(lk_settings_save(&s, path, &err), -EPERM, "%s", path);
	cr_assert(strstr(lk_err_text(&err), because), "%s", lk_err_text(&err));
	lk_err_done(&err);
	lk_settings_done(&s);
}

/* A link on the way, or a folder of somebody else, could lead the file anywhere. */
Test(tui_settings, not_saved_through_links_and_others)
{
	struct stat st;
	char *precious, *link, *path;

	unsetenv("SUDO_UID");
	cr_assert(mkdtemp(folder));
	path = file_in(".config");
	cr_assert(mkdir(path, 0700) == 0);
	free(path);
	path = file_in("victim");
	cr_assert(mkdir(path, 0700) == 0);
	precious = file_in("victim/config");
	write_file(precious, "precious");
	link = file_in(".config/lockscope");
	cr_assert(symlink(path, link) == 0);
	free(path);
	path = file_in(".config/lockscope/config");
	is_not_saved(path, "is a link");
	cr_assert(stat(precious, &st) == 0 && st.st_size == 8, "another file was replaced");
	if (geteuid() == 0) {
		cr_assert(unlink(link) == 0 && mkdir(link, 0777) == 0 && chown(link, 65534, 65534) == 0);
		is_not_saved(path, "another user");
		cr_assert(chown(folder, 65534, 65534) == 0 && chown(link, 0, 0) == 0);
		is_not_saved(path, "another user");
	}
	cr_assert(unlink(precious) == 0);
	remove(link);
	free(link);
	free(path);
	free(precious);
	for (size_t i = 0; i < 2; i++) {
		path = file_in(i ? ".config" : "victim");
		rmdir(path);
		free(path);
	}
	rmdir(folder);
}

/* A pipe in its place keeps nobody waiting, no file is no error. */
Test(tui_settings, odd_files, .timeout = 20)
{
	struct lk_settings s;
	struct lk_err err = { 0 };

	lk_settings_init(&s);
	cr_assert_eq(lk_settings_read(&s, "/nonexistent/config", &err), 0);
	cr_assert_eq(lk_settings_read(&s, "/dev/null/config", &err), 0);
	cr_assert_lt(lk_settings_read(&s, "/dev/zero", &err), 0);
	lk_err_done(&err);
	lk_settings_done(&s);
}

Test(tui_settings, path)
{
	char *path;

	setenv("HOME", "/home/x", 1);
	setenv("XDG_CONFIG_HOME", "/xdg", 1);
	path = lk_settings_path();
	cr_assert_str_eq(path, "/xdg/lockscope/config");
	free(path);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	cr_assert_null(lk_settings_path());
	setenv("XDG_CONFIG_HOME", "", 1);
	path = lk_settings_path();
	cr_assert_str_eq(path, "/home/x/.config/lockscope/config");
	free(path);
	setenv("HOME", "relative", 1);
	cr_assert_null(lk_settings_path());
}
