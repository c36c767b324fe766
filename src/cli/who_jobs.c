/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/who_jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/sanitize.h"
#include "table/get.h"
#include "words/words.h"

#define JOBS_MAX 8 /* processes; the rows and JSON have them all */
#define INDENT 10 /* cells before what is said of one */
#define CELLS_MAX 1000 /* of a command line where the terminal sets no limit */

bool lk_who_wants_jobs(const struct lk_cli *cli)
{
	return cli->format == LK_FORMAT_TABLE && !cli->no_headings && !cli->all_columns &&
	       !(cli->columns && cli->columns[0] != '+');
}

/* Cut on its right to the width that is left. */
static int put_command(const struct lk_out *o, const struct lk_proc *p)
{
	const struct lk_column *col = lk_column_find("CMDLINE", 7);
	size_t cells = o->width > INDENT ? o->width - INDENT : CELLS_MAX;
	lk_auto_mem char *safe = NULL, *cut = NULL;

	if (p->cmdline && *p->cmdline)
		safe = lk_sanitize_str(p->cmdline, o->utf8);
	else
		/* As ps(1) does where there is none. */
		safe = lk_sanitize_str(p->comm ? p->comm : "?", o->utf8);
	cut = safe ? lk_out_cut(o, col, safe, cells) : NULL;
	if (!cut)
		return -ENOMEM;
	fprintf(o->f, p->cmdline && *p->cmdline ? "%8d  %s\n" : "%8d  [%s]\n", p->pid, cut);
	return 0;
}

/* Lines are broken between what stands apart by "; ". */
static void put_wrapped(const struct lk_out *o, const char *safe)
{
	size_t room = o->width > INDENT ? o->width - INDENT : SIZE_MAX, column = 0;

	while (*safe) {
		const char *end = strstr(safe, "; ");
		size_t n = end ? (size_t)(end - safe) + 1 : strlen(safe);
		size_t cells = lk_sanitize_width_n(safe, n, o->utf8);

		if (column && column + 1 + cells > room) {
			putc('\n', o->f);
			column = 0;
		}
		fprintf(o->f, "%*s%.*s", column ? 1 : INDENT, "", (int)n, safe);
		column += cells + (column ? 1 : 0);
		safe += n + (end ? 1 : 0);
	}
	putc('\n', o->f);
}

static int put_job(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_proc *p)
{
	lk_auto_mem char *safe = NULL;
	lk_buf words = { 0 };
	int rc = put_command(o, p);

	lk_words_put_job(p, s->host.time_unix_ms, &words);
	if (!rc && words.n) {
		safe = lk_buf_str(&words) ? lk_sanitize_str(words.v, o->utf8) : NULL;
		rc = safe ? 0 : -ENOMEM;
	}
	if (safe)
		put_wrapped(o, safe);
	lk_vec_done(&words);
	return rc;
}

struct jobs {
	const struct lk_out *o;
	struct lk_map seen;
	size_t n;
};

static int take_row(struct jobs *j, const struct lk_row *row)
{
	const struct lk_proc *p = lk_row_proc(row);
	size_t seen;
	int rc;

	if (!p || p->flags & LK_PROC_GONE || lk_map_find(&j->seen, &p->pid, sizeof(p->pid), &seen))
		return 0;
	rc = lk_map_set(&j->seen, &p->pid, sizeof(p->pid), 1);
	return rc || j->n++ >= JOBS_MAX ? rc : put_job(j->o, row->snap, p);
}

int lk_who_put_jobs(const struct lk_out *o, const lk_rows *rows)
{
	struct jobs j = { .o = o };
	int rc = 0;

	for (int waiting = 0; waiting < 2; waiting++) {
		for (size_t i = 0; i < rows->n && !rc; i++) {
			if (lk_lock_is_waiting(rows->v[i].lock) == waiting)
				rc = take_row(&j, &rows->v[i]);
		}
	}
	if (!rc && j.n > JOBS_MAX)
		fprintf(o->f, "%*sand %zu more processes; -o +CMDLINE shows them all\n", INDENT, "", j.n - JOBS_MAX);
	lk_map_done(&j.seen);
	return rc;
}
