/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands by name, and whether one can be run now. */
#include "tui/core/command.h"

#include <string.h>

#include "base/debug.h"
#include "tui/chrome/paint.h"
#include "tui/core/app.h"

const struct lk_command *lk_command_find(const struct lk_command *table, const char *name, size_t n)
{
	for (; table->name; table++) {
		if (strlen(table->name) == n && memcmp(table->name, name, n) == 0)
			return table;
	}
	return NULL;
}

const char *lk_command_group_title(enum lk_command_group g)
{
	static const char *const titles[LK_GROUPS] = {
		[LK_GROUP_MOVE] = "Moving",         [LK_GROUP_VIEW] = "Views", [LK_GROUP_FIND] = "Finding and order",
		[LK_GROUP_MARK] = "Tags",           [LK_GROUP_ACT] = "Acting", [LK_GROUP_LOOK] = "Looking closer",
		[LK_GROUP_PROGRAM] = "The program",
	};

	return titles[g];
}

static const char *missing(const struct lk_command *cmd, const struct lk_subject *s)
{
	if (!s->frame && (cmd->flags & (LK_COMMAND_NEEDS_LOCK | LK_COMMAND_NEEDS_FILE)))
		return "no row is selected";
	if ((cmd->flags & LK_COMMAND_NEEDS_LOCK) && !s->lock)
		return "this row is not about one lock";
	if ((cmd->flags & LK_COMMAND_NEEDS_FILE) && (!s->file || !s->file->path))
		return "the file of this row is not known by name";
	return NULL;
}

const char *lk_command_refusal(const struct lk_tui *t, const struct lk_command *cmd)
{
	struct lk_subject s;

	if ((cmd->flags & LK_COMMAND_CHANGES) && !t->can_act)
		return t->cannot_act ? t->cannot_act : "nothing can be changed here";
	lk_tui_subject(t, &s);
	if (s.ghost && (cmd->flags & LK_COMMAND_REFUSES_GHOST))
		return "the lock was released";
	return missing(cmd, &s);
}

/* The refusal with the time: "lock released 1.2 s ago". */
static void say_ghost(struct lk_tui *t, const struct lk_command *cmd, const struct lk_subject *s)
{
	char ago[LK_AGO_TEXT];

	lk_tui_say(t, LK_STYLE_ALARM, "%s: this row is gone: lock released %s ago.", cmd->label,
		   lk_tui_ago(t, s->gone_ms, ago));
}

/* A view may give a command a meaning of its own. */
static unsigned run_here(struct lk_tui *t, const struct lk_command *cmd)
{
	struct lk_view *v = lk_tui_view(t);
	unsigned dirty = LK_DIRTY_NOT_MINE;

	if (v->ops->command && !t->panes.n)
		dirty = v->ops->command(t, v, cmd);
	if (!(dirty & LK_DIRTY_NOT_MINE))
		return dirty;
	lk_debug(LK_DEBUG_TUI, "command %s", cmd->name);
	return cmd->run ? cmd->run(t) : cmd->run_with(t, cmd->arg);
}

/* Where looks are many seconds apart, whoever looks closer, goes to another view or acts does not wait for the next one. */
static bool wants_new_look(const struct lk_tui *t, const struct lk_command *cmd)
{
	bool needs = cmd->group == LK_GROUP_VIEW || cmd->group == LK_GROUP_ACT || cmd->group == LK_GROUP_LOOK;

	return needs && t->frame && !t->looking && lk_header_is_far_apart(t) &&
	       t->now_ms - t->frame->taken_ms > t->set.delay_ms;
}

unsigned lk_command_invoke(struct lk_tui *t, const struct lk_command *cmd)
{
	const char *why = lk_command_refusal(t, cmd);
	struct lk_subject s;

	if (!why)
		return run_here(t, cmd) | (wants_new_look(t, cmd) ? LK_DIRTY_SCAN : LK_DIRTY_NONE);
	lk_tui_subject(t, &s);
	if (s.ghost && (cmd->flags & LK_COMMAND_REFUSES_GHOST) && (t->can_act || !(cmd->flags & LK_COMMAND_CHANGES)))
		say_ghost(t, cmd, &s);
	else
		lk_tui_say(t, LK_STYLE_ALARM, "%s: not possible, %s.", cmd->label, why);
	return LK_DIRTY_PAINT;
}
