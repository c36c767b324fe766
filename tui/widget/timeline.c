/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one process did with one file over time, drawn from the events of the history. */
#include "tui/widget/timeline.h"

#include <string.h>

static bool is_about(const struct lk_timeline *l, const struct lk_history_entry *e, int pid)
{
	if (e->pid != pid)
		return false;
	return !l->path || (e->path && strcmp(e->path, l->path) == 0);
}

/* What the process did before the event, and since when; ' ': nothing known. */
static char before(const struct lk_history_entry *e, int64_t *ret_since)
{
	if (e->for_ms < 0 || e->before == ' ')
		return ' ';
	*ret_since = e->wall_ms - e->for_ms;
	return e->before;
}

static size_t cell_of(const struct lk_timeline *l, int64_t ms, size_t cells)
{
	int64_t span = l->to_ms > l->from_ms ? l->to_ms - l->from_ms : 1;
	double part = (double)(ms - l->from_ms) / (double)span;

	if (part <= 0)
		return 0;
	return part >= 1 ? cells - 1 : (size_t)(part * (double)cells);
}

/* Waiting does not cover holding: a process may do both. */
static void draw(const struct lk_timeline *l, int64_t from, int64_t to, char glyph, size_t cells, char *ret)
{
	size_t first = cell_of(l, from, cells), last = cell_of(l, to, cells);

	if (to < l->from_ms || from > l->to_ms)
		return;
	for (size_t i = first; i <= last; i++) {
		if (glyph == '=' || ret[i] == ' ')
			ret[i] = glyph;
	}
}

static void draw_events(const struct lk_timeline *l, int pid, size_t cells, char *ret)
{
	int64_t since = l->from_ms;
	char state = ' ';

	for (size_t i = l->history->n; i > 0; i--) {
		const struct lk_history_entry *e = lk_history_at(l->history, i - 1);
		int64_t begin;
		char glyph;

		if (!is_about(l, e, pid))
			continue;
		glyph = before(e, &begin);
		if (state == ' ' && glyph != ' ')
			draw(l, begin, e->wall_ms, glyph, cells, ret);
		else if (state != ' ')
			draw(l, since, e->wall_ms, state, cells, ret);
		if (e->after == ' ' && e->wall_ms >= l->from_ms)
			ret[cell_of(l, e->wall_ms, cells)] = '|';
		/* An action of ours changes nothing by itself. */
		if (e->after != ' ' || glyph != ' ') {
			state = e->after;
			since = e->wall_ms;
		}
	}
	if (state != ' ')
		draw(l, since, l->to_ms, state, cells, ret);
}

void lk_timeline_draw(const struct lk_timeline *l, int pid, enum lk_timeline_now now, size_t cells, char *ret)
{
	memset(ret, ' ', cells);
	ret[cells] = '\0';
	if (!cells)
		return;
	draw_events(l, pid, cells, ret);
	/* A lock that stood before the first look has no event. */
	if (now == LK_TIMELINE_HOLDS && strspn(ret, " ") == cells)
		memset(ret, '=', cells);
	if (now == LK_TIMELINE_NOTHING) {
		/* It ended without an event, for example while a look was missed. */
		if (ret[cells - 1] != ' ' && ret[cells - 1] != '|')
			ret[cells - 1] = '|';
		return;
	}
	if (cells > 1 && now == LK_TIMELINE_WAITS)
		ret[cells - 2] = 'w';
	ret[cells - 1] = '>';
}

int64_t lk_timeline_begin(const struct lk_timeline *l, int pid)
{
	int64_t first = l->to_ms;

	for (size_t i = 0; i < l->history->n; i++) {
		const struct lk_history_entry *e = lk_history_at(l->history, i);
		int64_t begin = e->wall_ms;

		if (!is_about(l, e, pid))
			continue;
		before(e, &begin);
		first = begin < first ? begin : first;
	}
	return first;
}
