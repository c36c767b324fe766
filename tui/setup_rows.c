/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be set up, and what becomes of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/setup_private.h"

static const struct {
	const char *name, *label, *hint;
} shown[] = {
	{ "delay", "Seconds between looks", "0.1 to 3600" },
	{ "start-view", "View to begin with", "locks files procs waits map history" },
	{ "units", "Units", "iec bytes hex" },
	{ "color", "Colours", "auto always never" },
	{ "glyphs", "Lines and frames", "auto ascii unicode" },
	{ "header", "Figures at the top", "full none" },
	{ "highlight-changes", "New rows stand out", "so many looks; 0: they do not" },
	{ "mouse", "Mouse", "yes no; Shift and dragging selects text" },
	{ "accessible", "Cursor always shown", "yes no; for screen readers and braille displays" },
};
#define N_SHOWN (sizeof(shown) / sizeof(*shown))

static const char *const delays[] = { "0.1", "0.2",  "0.5",  "1.0",  "2.0",   "3.0",
				      "5.0", "10.0", "30.0", "60.0", "300.0", "3600.0" };
#define N_DELAYS (sizeof(delays) / sizeof(*delays))

static const struct lk_setting *setting(const char *name)
{
	size_t n;
	const struct lk_setting *table = lk_setting_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static void add(lk_setup_rows *rows, struct lk_setup_row row)
{
	*lk_vec_push(rows) = row;
}

static void add_column(lk_setup_rows *rows, const struct lk_view_ops *ops, size_t i, bool on)
{
	const struct lk_column *c = &ops->list.columns[i];

	add(rows, (struct lk_setup_row){ LK_SETUP_COLUMN, c->filter_name, c->name, c->help, on });
}

/* The first one, the state, is always there. */
static void add_columns(struct lk_tui *t, lk_setup_rows *rows)
{
	const struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	size_t order[LK_COLUMNS_MAX], n_shown = lk_table_shown(t, v, order), n = lk_table_order(t, v, order);

	for (size_t i = 1; i < n; i++)
		add_column(rows, v->ops, order[i], i < n_shown);
}

void lk_setup_make(struct lk_tui *t, lk_setup_rows *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < N_SHOWN; i++)
		add(ret,
		    (struct lk_setup_row){ LK_SETUP_SETTING, shown[i].name, shown[i].label, shown[i].hint, false });
	add(ret, (struct lk_setup_row){ LK_SETUP_SAVE, "save", "Save", "write these settings to your file", false });
	add(ret, (struct lk_setup_row){ LK_SETUP_TITLE, "", "Columns of the Locks view", "", false });
	add_columns(t, ret);
}

/* -- values -- */

static const char *default_of(const struct lk_setting *s)
{
	if (s->words)
		return s->words[0];
	if (strcmp(s->name, "delay") == 0)
		return "2.0";
	if (strcmp(s->name, "highlight-changes") == 0)
		return "3";
	return strcmp(s->name, "mouse") == 0 ? "yes" : "no";
}

char *lk_setup_value(const struct lk_settings *set, const char *name)
{
	char *value = lk_settings_get(set, name);

	return value ? value : lk_strdup(default_of(setting(name)));
}

/* The next word of a list, around its ends. */
static const char *step_word(const char *const *words, size_t n, const char *now, int by)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], now) == 0)
			return words[(i + n + (size_t)(by < 0 ? n - 1 : 1)) % n];
	}
	return words[0];
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* A value that is none of the steps goes to the nearest in that direction. */
static const char *step_delay(uint32_t now_ms, int by)
{
	for (size_t i = 0; i < N_DELAYS; i++) {
		const char *step = delays[by > 0 ? i : N_DELAYS - 1 - i];
		double ms = strtod(step, NULL) * 1000;

		if (by > 0 ? ms > now_ms : ms < now_ms)
			return step;
	}
	return delays[by > 0 ? N_DELAYS - 1 : 0];
}

static char *next_value(const struct lk_settings *set, const char *name, int by)
{
	static const char *const yes_no[] = { "yes", "no" };
	const struct lk_setting *s = setting(name);
	lk_auto_mem char *now = lk_setup_value(set, name);
	uint32_t looks = set->highlight_looks;

	if (s->is_flag)
		return lk_strdup(step_word(yes_no, 2, now, by));
	if (s->words)
		return lk_strdup(step_word(s->words, count_words(s->words), now, by));
	if (strcmp(name, "delay") == 0)
		return lk_strdup(step_delay(set->delay_ms, by));
	return lk_printf("%u", by > 0 ? looks + 1 : looks ? looks - 1 : 0);
}

unsigned lk_setup_step(struct lk_tui *t, const char *name, int by)
{
	lk_auto_mem char *value = next_value(&t->set, name, by);
	struct lk_err err = { 0 };

	if (lk_settings_set(&t->set, name, value, &err) < 0)
		lk_tui_say(t, LK_STYLE_ALARM, "%s", lk_err_text(&err));
	lk_err_done(&err);
	if (strcmp(name, "header") == 0)
		t->show_header = t->set.header;
	/* A shorter time begins now. */
	return strcmp(name, "delay") == 0 ? LK_DIRTY_PAINT | LK_DIRTY_SCAN : LK_DIRTY_PAINT | LK_DIRTY_ROWS;
}

/* -- columns -- */

static bool same_as_default(struct lk_tui *t, const lk_setup_rows *rows)
{
	const struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	char *own = t->set.columns;
	size_t order[LK_COLUMNS_MAX], n, at = 1;
	bool same = true;

	t->set.columns = NULL;
	n = lk_table_shown(t, v, order);
	t->set.columns = own;
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->v[i].kind != LK_SETUP_COLUMN || !rows->v[i].on)
			continue;
		same = same && at < n && strcmp(v->ops->list.columns[order[at]].filter_name, rows->v[i].name) == 0;
		at++;
	}
	return same && at == n;
}

unsigned lk_setup_use_columns(struct lk_tui *t, const lk_setup_rows *rows)
{
	lk_buf b = { 0 };

	for (size_t i = 0; i < rows->n; i++) {
		if (rows->v[i].kind == LK_SETUP_COLUMN && rows->v[i].on)
			lk_buf_printf(&b, "%s%s", b.n ? "," : "", rows->v[i].name);
	}
	free(t->set.columns);
	t->set.columns = lk_buf_str(&b);
	if (same_as_default(t, rows)) {
		free(t->set.columns);
		t->set.columns = NULL;
	}
	return LK_DIRTY_PAINT | LK_DIRTY_ROWS;
}

/* -- saving -- */

struct saving {
	struct lk_settings set; /* a copy */
	char *path;
	struct lk_err err;
	int rc;
};

static void saving_free(struct saving *s)
{
	lk_settings_done(&s->set);
	lk_err_done(&s->err);
	free(s->path);
	free(s);
}

static int take_over(struct lk_settings *file, const struct lk_settings *set, const char *name)
{
	lk_auto_mem char *value = lk_setup_value(set, name);

	return lk_settings_set(file, name, value, NULL);
}

/* What only an option said this time is not written; what is in the file and no row of the pane stays. */
static void save_work(void *arg)
{
	struct saving *s = arg;
	struct lk_settings file;

	lk_settings_init(&file);
	s->rc = lk_settings_read(&file, s->path, NULL);
	/* Lines that are wrong are left out; a file that cannot be read is not replaced. */
	s->rc = s->rc == -EINVAL ? 0 : s->rc;
	for (size_t i = 0; i < N_SHOWN && s->rc == 0; i++)
		s->rc = take_over(&file, &s->set, shown[i].name);
	if (s->rc == 0) {
		free(file.columns);
		file.columns = s->set.columns;
		s->set.columns = NULL;
		s->rc = lk_settings_save(&file, s->path, &s->err);
	}
	lk_settings_done(&file);
}

static void save_done(struct lk_tui *t, void *arg)
{
	struct saving *s = arg;

	if (s->rc < 0) {
		lk_err_set(&s->err, s->rc, "%s could not be read: %s", s->path, strerror(-s->rc));
		lk_tui_say(t, LK_STYLE_ALARM, "Not saved: %s.", lk_err_text(&s->err));
	} else {
		lk_tui_say(t, LK_STYLE_GOOD, "Saved in %s.", s->path);
	}
	saving_free(s);
}

unsigned lk_setup_save(struct lk_tui *t)
{
	struct saving *s = lk_alloc(1, sizeof(*s));
	int rc;

	lk_settings_copy(&s->set, &t->set);
	s->path = lk_settings_path();
	rc = s->path ? 0 : -ENOENT;
	if (rc == 0)
		rc = t->host.start ? t->host.start(t->host.arg, save_work, save_done, s) : -ENOTSUP;
	if (rc == -ENOENT)
		lk_tui_say(t, LK_STYLE_ALARM,
			   "Not saved: there is no home folder to write to (HOME, XDG_CONFIG_HOME).");
	else if (rc < 0)
		lk_tui_say(t, LK_STYLE_ALARM, "Not saved: %s.", strerror(-rc));
	if (rc < 0)
		saving_free(s);
	return LK_DIRTY_PAINT;
}
