/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document: its head, the answer, the rows. */
#include "cli/out_json.h"

#include "cli/out_json_private.h"
#include "source/unread.h"

/* Tenths are as much as a clock reading is worth. */
static double tenths(double ms)
{
	return ms >= 0 && ms <= 1e12 ? (double)(int64_t)(ms * 10 + 0.5) / 10 : 0;
}

void lk_out_json_unread(struct lk_json *j, const char *name, const struct lk_fact_unread *u, size_t n)
{
	lk_json_begin_list(j, name);
	for (size_t i = 0; i < n; i++) {
		lk_json_begin(j, NULL);
		lk_json_number(j, "pid", u[i].pid);
		lk_json_bytes(j, "comm", u[i].comm);
		lk_json_string(j, "errno", u[i].code ? lk_err_name(u[i].code) : NULL);
		lk_json_end(j);
	}
	lk_json_end(j);
}

static void put_problem(struct lk_json *j, const struct lk_problem *p)
{
	lk_json_begin(j, NULL);
	lk_json_string(j, "what", lk_unread_word(p->what));
	lk_json_string(j, "errno", p->code ? lk_err_name(p->code) : NULL);
	lk_json_number(j, "count", (int64_t)(p->count <= INT64_MAX ? p->count : INT64_MAX));
	lk_json_string(j, "text", p->text);
	lk_out_json_unread(j, "processes", p->unread, p->n_unread);
	lk_json_end(j);
}

static void put_head(struct lk_json *j, const struct lk_snapshot *s)
{
	const struct lk_fact_host *h = &s->host;

	lk_json_string(j, "schema", "lockscope/1");
	lk_json_string(j, "tool", PACKAGE_NAME " " PACKAGE_VERSION);
	lk_json_string(j, "scanner", h->scanner);
	lk_json_string(j, "host", h->host);
	lk_json_string(j, "boot_id", h->boot_id && *h->boot_id ? h->boot_id : NULL);
	lk_json_number(j, "time_unix_ms", h->time_unix_ms);
	lk_json_bool(j, "complete", s->complete);
	lk_json_bool(j, "relations_complete", !s->relations_cut);
	lk_json_begin_list(j, "errors");
	for (size_t i = 0; i < s->n_problems; i++)
		put_problem(j, &s->problems[i]);
	lk_json_end(j);
	lk_json_begin(j, "summary");
	lk_json_unsigned(j, "held", s->n_held);
	lk_json_unsigned(j, "waiting", s->n_waiting);
	lk_json_unsigned(j, "deadlocks", s->n_deadlocks);
	lk_json_real(j, "scan_ms", tenths(s->end.scan_ms));
	lk_json_end(j);
}

int lk_out_json(FILE *f, const struct lk_snapshot *s, const struct lk_lock *const *rows, size_t n_rows,
		const struct lk_answer *answer, const struct lk_out_json_options *o)
{
	struct lk_json j = { .f = f };

	lk_json_begin(&j, NULL);
	put_head(&j, s);
	if (answer)
		lk_out_json_answer(&j, answer);
	if (o->lines)
		lk_json_end(&j);
	else
		lk_json_begin_rows(&j, "locks");
	for (size_t i = 0; !j.error && i < n_rows; i++)
		lk_out_json_row(&j, NULL, s, rows[i], o);
	if (!o->lines) {
		lk_json_end(&j);
		lk_json_end(&j);
	}
	return lk_json_done(&j);
}
