/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menus: order, user, actions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tui/app.h"
#include "tui/fileact.h"
#include "tui/targets.h"
#include "tui/vigil.h"

typedef LK_VEC(struct lk_menu_row) row_list;

/* text is taken over. 0 or -ENOMEM. */
static int add(row_list *rows, char *text, const char *why_not, long value)
{
	struct lk_menu_row *slot = text ? lk_vec_push(rows) : NULL;

	if (slot)
		*slot = (struct lk_menu_row){ text, why_not, value };
	else
		free(text);
	return slot ? 0 : -ENOMEM;
}

static unsigned fail(struct lk_tui *t, row_list *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->v[i].text);
	lk_vec_done(rows);
	return lk_tui_say(t, LK_STYLE_ALARM, "There is no memory left for that.");
}

/* -- order -- */

#define NATURAL (-1)

static unsigned sort_chosen(struct lk_tui *t, void *arg, long value)
{
	(void)arg;
	lk_list_sort_by(&lk_tui_view(t)->list, value == NATURAL ? SIZE_MAX : (size_t)value);
	return LK_DIRTY_ORDER;
}

static int add_sort_row(row_list *rows, const struct lk_view *v, size_t i, int width)
{
	const struct lk_column *col = &v->ops->list.columns[i];
	bool on = v->list.sort_column == i;
	char *text;

	if (asprintf(&text, "%-*s %s%s", width, col->name, col->help,
		     !on                  ? ""
		     : v->list.descending ? " (orders now, downwards)"
					  : " (orders now, upwards)") < 0)
		return -ENOMEM;
	return add(rows, text, NULL, (long)i);
}

unsigned lk_do_sort(struct lk_tui *t)
{
	const struct lk_view *v = lk_tui_view(t);
	row_list rows = { 0 };
	size_t order[LK_COLUMNS_MAX], n = lk_table_order(t, v, order), selected = 0;
	int width = 0, rc;

	for (size_t i = 0; i < n; i++) {
		int len = (int)strlen(v->ops->list.columns[i].name);

		width = len > width ? len : width;
	}
	rc = add(&rows, strdup("natural order, as the kernel lists them"), NULL, NATURAL);
	for (size_t i = 0; i < n && !rc; i++) {
		if (v->list.sort_column == order[i])
			selected = i + 1;
		rc = add_sort_row(&rows, v, order[i], width);
	}
	if (rc)
		return fail(t, &rows);
	return lk_menu_open(t, "Order by", rows.v, rows.n, selected, sort_chosen, NULL);
}

/* -- user -- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Borrowed from the frame, each once, sorted. 0 or -ENOMEM. */
static int collect_users(const struct lk_snapshot *snap, const char ***ret, size_t *ret_n)
{
	const char **names = calloc(snap->n_procs ? snap->n_procs : 1, sizeof(*names));
	size_t n = 0, kept = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_procs; i++) {
		if (snap->procs[i].user)
			names[n++] = snap->procs[i].user;
	}
	qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 0; i < n; i++) {
		if (!kept || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	}
	*ret = names;
	*ret_n = kept;
	return 0;
}

/* The names that the rows of the menu stand for, one behind the other; freed as one. */
struct users {
	size_t n;
	char *names[];
};

static unsigned user_chosen(struct lk_tui *t, void *arg, long value)
{
	const struct users *u = arg;
	struct lk_err err = { 0 };

	if (lk_list_set_user(&lk_tui_view(t)->list, value >= 0 && (size_t)value < u->n ? u->names[value] : NULL, &err) <
	    0)
		lk_tui_say(t, LK_STYLE_ALARM, "%s", lk_err_text(&err));
	lk_err_done(&err);
	return LK_DIRTY_PAINT;
}

static struct users *copy_users(const char *const *names, size_t n)
{
	size_t bytes = sizeof(struct users) + n * sizeof(char *);
	struct users *u;
	char *at;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(names[i]) + 1;
	u = malloc(bytes);
	if (!u)
		return NULL;
	u->n = n;
	at = (char *)&u->names[n];
	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(names[i]) + 1;

		u->names[i] = memcpy(at, names[i], size);
		at += size;
	}
	return u;
}

unsigned lk_do_user(struct lk_tui *t)
{
	const struct lk_list *l = &lk_tui_view(t)->list;
	lk_auto_mem const char **names = NULL;
	struct users *users = NULL;
	row_list rows = { 0 };
	size_t n = 0, selected = 0;
	int rc;

	if (!t->frame || !t->frame->snap)
		return lk_tui_say(t, LK_STYLE_ALARM, "No look has been finished yet.");
	rc = collect_users(t->frame->snap, &names, &n);
	if (!rc)
		users = copy_users(names, n);
	rc = rc || !users ? -ENOMEM : add(&rows, strdup("everybody"), NULL, -1);
	for (size_t i = 0; i < n && !rc; i++) {
		if (l->user && strcmp(l->user, names[i]) == 0)
			selected = i + 1;
		rc = add(&rows, strdup(names[i]), NULL, (long)i);
	}
	if (!rc)
		return lk_menu_open(t, "Only locks of", rows.v, rows.n, selected, user_chosen, users);
	free(users);
	return fail(t, &rows);
}

/* -- actions -- */

static const struct {
	const char *label, *command;
	unsigned (*run)(struct lk_tui *t); /* NULL: as the command */
	const char *(*why_not)(const struct lk_subject *s); /* beside the command's own reasons; NULL: none */
} actions[] = {
	{ "Release the lock ...", "release", NULL, NULL },
	{ "Signal the process ...", "signal", NULL, lk_targets_why_not },
	{ "Test a lock ...", "test", NULL, NULL },
	{ "Wait until it is free ...", "wait", NULL, lk_vigil_why_not },
	{ "Delete the file ...", "delete", NULL, lk_fileact_why_not },
	{ "Rename the file ...", "rename", NULL, lk_fileact_why_not },
	{ "Move the file ...", "rename", lk_fileact_move, lk_fileact_why_not },
	{ "Copy command, JSON ...", "show", NULL, NULL },
};
#define N_ACTIONS (sizeof(actions) / sizeof(*actions))

/* The row that the menu was opened for, and the reasons of its rows. */
struct acting {
	uint64_t id;
	char why_not[N_ACTIONS][160];
};

static const struct lk_command *command_of(size_t i)
{
	return lk_command_find(actions[i].command, strlen(actions[i].command));
}

static unsigned action_chosen(struct lk_tui *t, void *arg, long value)
{
	const struct acting *a = arg;
	const struct lk_command *cmd = command_of((size_t)value);
	struct lk_subject s;

	lk_tui_subject(t, &s);
	if (s.id != a->id)
		return lk_tui_say(t, LK_STYLE_ALARM, "The target changed: that row is gone. Nothing was done.");
	if (!cmd)
		return LK_DIRTY_NONE;
	/* The refusals of the command count for all that is done in its way. */
	if (actions[value].run && !lk_command_refusal(t, cmd))
		return actions[value].run(t);
	return lk_command_invoke(t, cmd);
}

static int add_action(struct lk_tui *t, row_list *rows, struct acting *a, const struct lk_subject *s, size_t i)
{
	const struct lk_command *cmd = command_of(i);
	const char *why = cmd ? lk_command_refusal(t, cmd) : "it is not built in";
	char key[LK_KEY_NAME];
	lk_press k;
	char *text;

	if (!why && actions[i].why_not)
		why = actions[i].why_not(s);
	if (why)
		snprintf(a->why_not[i], sizeof(a->why_not[i]), "%s", why);
	if (cmd && !actions[i].run && lk_keymap_keys(&t->keymap, cmd, &k, 1))
		lk_press_name(k, key);
	else
		key[0] = '\0';
	if (asprintf(&text, "%-25s %-3s", actions[i].label, key) < 0)
		return -ENOMEM;
	return add(rows, text, why ? a->why_not[i] : NULL, (long)i);
}

unsigned lk_do_actions(struct lk_tui *t)
{
	struct acting *a = calloc(1, sizeof(*a));
	row_list rows = { 0 };
	struct lk_subject s;
	int rc = a ? 0 : -ENOMEM;

	lk_tui_subject(t, &s);
	if (!s.frame) {
		free(a);
		return lk_tui_say(t, LK_STYLE_ALARM, "No row is selected.");
	}
	if (a)
		a->id = s.id;
	for (size_t i = 0; i < N_ACTIONS && !rc; i++)
		rc = add_action(t, &rows, a, &s, i);
	if (!rc)
		return lk_menu_open(t, "Actions", rows.v, rows.n, 0, action_chosen, a);
	free(a);
	return fail(t, &rows);
}
