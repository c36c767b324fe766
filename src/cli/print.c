/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses how rows are printed. */
#include "cli/print.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "cli/out.h"

enum lk_status lk_print_parse_sort(const struct lk_cli *cli, struct lk_sort *ret)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	if (cli->sort && lk_sort_parse(cli->sort, lk_verb_columns(cli->verb), ret, &err) < 0)
		status = lk_cli_misuse(cli->verb, "%s", lk_err_text(&err));
	lk_err_done(&err);
	return status;
}

static bool is_json(const struct lk_cli *cli)
{
	return cli->format == LK_FORMAT_JSON || cli->format == LK_FORMAT_JSONL;
}

/* `who` prints the jobs in JSON even without --full: it is asked about few processes, and what they are is half of the answer. */
static bool has_jobs(const struct lk_cli *cli)
{
	return cli->verb == &lk_verb_who;
}

unsigned lk_print_needs(const struct lk_cli *cli, const lk_columns *cols)
{
	unsigned names = cli->numeric ? 0 : LK_NEED_USER;

	if (cli->format == LK_FORMAT_PIDS || cli->format == LK_FORMAT_QUIET)
		return 0;
	if (!is_json(cli))
		return lk_columns_needs(cols) | LK_NEED_WAITS;
	return LK_NEED_WAITS | names | (cli->full || has_jobs(cli) ? LK_NEEDS_JOBS : 0) | (cli->full ? LK_NEED_NS : 0);
}

void lk_print_document(const struct lk_cli *cli, const struct lk_session *s, const struct lk_lock *const *locks,
		       size_t n, const struct lk_answer *answer)
{
	struct lk_out_json_options o = { .full = cli->full,
					 .jobs = has_jobs(cli),
					 .lines = cli->format == LK_FORMAT_JSONL };
	int rc = lk_out_json(stdout, s->snap, locks, n, answer, &o);

	if (rc < 0)
		lk_fail_output(rc);
}

static void print_json(const struct lk_cli *cli, const struct lk_session *s, const lk_rows *rows,
		       const struct lk_answer *answer)
{
	lk_auto_mem const struct lk_lock **locks = lk_alloc(rows->n, sizeof(*locks));

	for (size_t i = 0; i < rows->n; i++)
		locks[i] = rows->v[i].lock;
	lk_print_document(cli, s, locks, rows->n, answer);
}

void lk_print_rows(const struct lk_cli *cli, const struct lk_session *s, lk_columns *cols, const lk_rows *rows,
		   const struct lk_answer *answer)
{
	struct lk_out o;

	lk_out_init(&o, cli);
	switch (cli->format) {
	case LK_FORMAT_QUIET:
		break;
	case LK_FORMAT_JSON:
	case LK_FORMAT_JSONL:
		print_json(cli, s, rows, answer);
		break;
	case LK_FORMAT_PIDS:
		lk_out_pids(&o, rows->v, rows->n);
		break;
	case LK_FORMAT_RAW:
		lk_out_raw(&o, cols, rows->v, rows->n);
		break;
	case LK_FORMAT_TABLE:
		lk_out_show_wanted(cli, cols, rows->v, rows->n);
		lk_out_table(&o, cols, rows->v, rows->n);
		break;
	}
}
