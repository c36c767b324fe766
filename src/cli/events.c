/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lines: for people, or one JSON object each. */
#include "cli/events.h"

#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "cli/out_json.h"
#include "table/get.h"
#include "words/waits.h"

void lk_events_init(struct lk_events *e, const struct lk_cli *cli)
{
	*e = (struct lk_events){ .json = cli->format == LK_FORMAT_JSONL, .full = cli->full, .day = -1 };
	lk_out_init(&e->out, cli);
}

/* ---- JSON ---- */

/* Members of an event's JSON object that are not in struct lk_event. */
struct extra {
	const char *name;
	int64_t interval_ms; /* -1: null */
	const struct lk_snapshot *summary; /* NULL: null */
};

static void put_summary(struct lk_json *j, const struct lk_snapshot *s)
{
	if (!s) {
		lk_json_null(j, "summary");
		return;
	}
	lk_json_begin(j, "summary");
	lk_json_unsigned(j, "held", s->n_held);
	lk_json_unsigned(j, "waiting", s->n_waiting);
	lk_json_unsigned(j, "deadlocks", s->n_deadlocks);
	lk_json_end(j);
}

static void put_row(struct lk_json *j, const char *name, const struct lk_snapshot *s, const struct lk_lock *l,
		    bool full)
{
	struct lk_out_json_options o = { .full = full };

	if (l)
		lk_out_json_row(j, name, s, l, &o);
	else
		lk_json_null(j, name);
}

static void put_json(const struct lk_events *e, const struct lk_event *ev, const struct extra *extra)
{
	const struct lk_cycle *c = ev->cycle;
	struct lk_json j = { .f = e->out.f };

	lk_json_begin(&j, NULL);
	lk_json_string(&j, "event", extra->name);
	lk_json_number(&j, "time_unix_ms", ev->time_unix_ms);
	lk_json_number_if(&j, "held_ms", ev->held_ms, ev->held_ms >= 0);
	lk_json_number_if(&j, "waited_ms", ev->waited_ms, ev->waited_ms >= 0);
	lk_json_bool(&j, "at_least", ev->at_least);
	lk_json_bool(&j, "certain", ev->certain);
	lk_json_number_if(&j, "gap_ms", ev->gap_ms, ev->gap_ms >= 0);
	lk_json_number_if(&j, "interval_ms", extra->interval_ms, extra->interval_ms >= 0);
	lk_out_json_pids(&j, "pids", c ? c->pids : NULL, c ? c->n_pids : 0);
	lk_out_json_pids(&j, "breakers", c ? c->breakers : NULL, c ? c->n_breakers : 0);
	put_summary(&j, extra->summary);
	lk_json_string(&j, "text", ev->text);
	put_row(&j, "lock", ev->snap, ev->lock, e->full);
	put_row(&j, "before", ev->before_snap, ev->before, e->full);
	lk_json_end(&j);
	lk_json_done(&j);
}

static void put_json_state(const struct lk_events *e, const char *name, const struct lk_snapshot *s,
			   uint32_t interval_ms)
{
	struct lk_event ev = {
		.time_unix_ms = s->host.time_unix_ms, .held_ms = -1, .waited_ms = -1, .gap_ms = -1, .certain = true
	};
	struct extra extra = { .name = name, .interval_ms = interval_ms, .summary = s };

	put_json(e, &ev, &extra);
}

/* ---- for people ---- */

static struct tm local_time(int64_t unix_ms)
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	return tm;
}

/* Lines for people show the time without a date, so a new day gets a line of its own. */
static void put_time(struct lk_events *e, int64_t unix_ms)
{
	struct tm tm = local_time(unix_ms);
	char buf[64];

	if (e->day >= 0 && e->day != tm.tm_yday) {
		strftime(buf, sizeof(buf), "%Y-%m-%d", &tm);
		fprintf(e->out.f, "00:00:00         DAY                 -                 %s\n", buf);
	}
	e->day = tm.tm_yday;
	strftime(buf, sizeof(buf), "%H:%M:%S", &tm);
	fputs(buf, e->out.f);
}

/* Prints a blank and a cell of the table of locks, sanitized; nothing if the cell is empty. */
static void put_cell(const struct lk_events *e, const char *column, const struct lk_row *row)
{
	const struct lk_column *col = lk_column_find(column, strlen(column));
	lk_auto_mem char *cell = lk_out_cell(&e->out, col, row);

	if (cell[0])
		fprintf(e->out.f, " %s", cell);
}

static void put_front(struct lk_events *e, int64_t unix_ms, const char *word, int64_t ms, bool at_least)
{
	lk_buf age = { 0 };

	put_time(e, unix_ms);
	/* A watch may look many times a second: tenths tell such locks apart. */
	if (ms >= 0 && ms < 10000)
		lk_buf_printf(&age, "%.1fs%s", (double)ms / 1000, at_least ? "+" : "");
	else
		lk_age_text(ms, at_least, &age);
	fprintf(e->out.f, " %7s %-13s", age.n ? lk_buf_str(&age) : "-", word);
	lk_vec_done(&age);
}

static void put_owner(const struct lk_events *e, const struct lk_row *row)
{
	const struct lk_column *col = lk_column_find("COMMAND", 7);
	lk_auto_mem char *command = row->lock ? lk_out_cell(&e->out, col, row) : NULL;

	if (row->lock && row->lock->pid > 0)
		fprintf(e->out.f, " %7d", row->lock->pid);
	else
		fprintf(e->out.f, " %7s", "-");
	fprintf(e->out.f, " %-15s", command && command[0] ? command : "-");
}

static void put_cells(const struct lk_events *e, const struct lk_row *row)
{
	static const char *const cells[] = { "TYPE", "MODE", "RANGE", "PATH" };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		put_cell(e, cells[i], row);
}

static void put_words(struct lk_events *e, const struct lk_event *ev)
{
	int64_t ms = ev->kind == LK_EVENT_ACQUIRED ? -1 : lk_words_event_ms(ev);
	struct lk_row row = { .snap = ev->snap, .lock = ev->lock };
	bool one_lock = ev->lock && !ev->cycle;
	lk_buf text = { 0 };

	put_front(e, ev->time_unix_ms, lk_words_event(ev->kind), ms, ev->at_least);
	put_owner(e, &row);
	if (one_lock)
		put_cells(e, &row);
	lk_words_put_event(&text, ev);
	fputs(one_lock ? "" : " ", e->out.f);
	lk_out_puts(&e->out, lk_buf_str(&text));
	putc('\n', e->out.f);
	lk_vec_done(&text);
}

static void put_head(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms)
{
	struct tm tm = local_time(s->host.time_unix_ms);
	char when[64];
	FILE *f = e->out.f;

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	e->day = tm.tm_yday;
	lk_out_puts(&e->out, s->host.host && *s->host.host ? s->host.host : "this machine");
	fprintf(f, " since %s, a look every %g s: shorter locks can be missed. %zu held, %zu waiting now.\n", when,
		(double)interval_ms / 1000, s->n_held, s->n_waiting);
	fprintf(f, "%-8s %7s %-13s %7s %-15s %s\n", "TIME", "FOR", "EVENT", "PID", "COMMAND", "LOCK");
}

/* ---- both ---- */

void lk_events_start(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms)
{
	struct lk_out_json_options o = { .full = e->full, .lines = true };

	if (!e->json) {
		put_head(e, s, interval_ms);
		return;
	}
	lk_out_json(e->out.f, s, NULL, 0, NULL, &o);
	put_json_state(e, "start", s, interval_ms);
}

void lk_events_put(struct lk_events *e, const struct lk_event *ev)
{
	struct extra extra = { .name = lk_event_name(ev->kind), .interval_ms = -1 };

	if (e->json)
		put_json(e, ev, &extra);
	else
		put_words(e, ev);
}

void lk_events_heartbeat(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms)
{
	if (e->json) {
		put_json_state(e, "heartbeat", s, interval_ms);
		return;
	}
	put_front(e, s->host.time_unix_ms, "HEARTBEAT", -1, false);
	fprintf(e->out.f, " %7s %-15s %zu held, %zu waiting, %zu deadlocks\n", "-", "-", s->n_held, s->n_waiting,
		s->n_deadlocks);
}
