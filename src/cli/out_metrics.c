/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The series of `metrics`. A label is never a pid, an inode or a user: there would be no end of series. */
#include "cli/out_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"

#define LABEL_MOST 200 /* bytes of a sanitized path in a label; of a longer one the middle is left out */
#define LEFT_OUT "..."

static void put_head(lk_buf *b, const char *name, const char *help)
{
	lk_buf_printf(b, "# HELP lockscope_%s %s\n# TYPE lockscope_%s gauge\n", name, help, name);
}

static void put_number(lk_buf *b, const char *name, const char *help, double value)
{
	put_head(b, name, help);
	lk_buf_printf(b, "lockscope_%s %.15g\n", name, value);
}

/* Of sanitized text: an escape of the sanitizer or one character. */
static size_t unit_at(const char *p)
{
	size_t n = 1;

	if (*p == '\\')
		return p[1] == 'x' ? 4 : 2;
	while (((unsigned char)p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static void put_label(lk_buf *b, const char *safe, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (safe[i] == '\\' || safe[i] == '"')
			lk_buf_puts(b, "\\");
		lk_buf_add(b, safe + i, 1);
	}
}

/* Sanitized, so that it is UTF-8 without control characters. */
static void put_path(lk_buf *b, const char *path)
{
	lk_auto_mem char *safe = lk_sanitize_str(path, true);
	size_t n = strlen(safe), head = 0, tail = 0;

	if (n <= LABEL_MOST) {
		put_label(b, safe, n);
		return;
	}
	while (head + unit_at(safe + head) <= LABEL_MOST / 2)
		head += unit_at(safe + head);
	while (tail < n - LABEL_MOST / 2)
		tail += unit_at(safe + tail);
	put_label(b, safe, head);
	lk_buf_puts(b, LEFT_OUT);
	put_label(b, safe + tail, n - tail);
}

static const char *const state_words[LK_N_METRIC_STATES] = { "held", "waiting", "breaking" };

/* Series that are always there. */
static bool is_usual(enum lk_type type, enum lk_mode mode, enum lk_metric_state state)
{
	bool lease = type == LK_TYPE_LEASE || type == LK_TYPE_DELEG;

	if (type == LK_TYPE_UNKNOWN)
		return false;
	if (state == LK_METRIC_BREAKING)
		return lease && mode != LK_MODE_UNLOCK;
	return mode == LK_MODE_READ || mode == LK_MODE_WRITE;
}

static void put_locks(lk_buf *b, const struct lk_metrics *m)
{
	put_head(b, "locks", "File locks, and requests that wait for one.");
	for (int t = 0; t < LK_N_METRIC_TYPES; t++) {
		for (int o = 0; o < LK_N_METRIC_MODES; o++) {
			for (int s = 0; s < LK_N_METRIC_STATES; s++) {
				size_t n = m->locks[t][o][s];

				if (n || is_usual((enum lk_type)t, (enum lk_mode)o, (enum lk_metric_state)s))
					lk_buf_printf(b, "lockscope_locks{type=\"%s\",mode=\"%s\",state=\"%s\"} %zu\n",
						      lk_type_name((enum lk_type)t), lk_mode_name((enum lk_mode)o),
						      state_words[s], n);
			}
		}
	}
}

static double held_of(const struct lk_metric_file *f)
{
	return (double)f->n_held;
}

static double waiting_of(const struct lk_metric_file *f)
{
	return (double)f->n_waiting;
}

static double wait_of(const struct lk_metric_file *f)
{
	return (double)f->oldest_wait_ms / 1000;
}

struct labelled {
	char *label; /* owned */
	const struct lk_metric_file *file;
};

typedef LK_VEC(struct labelled) labelled_files;

/* Two labels may be the same where the middle of paths was left out: the first one counts, for a series that stands there twice makes the
 * whole file invalid. */
static void add_file(labelled_files *files, const struct lk_metric_file *f)
{
	lk_buf label = { 0 };

	put_path(&label, f->path);
	lk_buf_str(&label);
	for (size_t i = 0; i < files->n; i++) {
		if (strcmp(files->v[i].label, label.v) == 0) {
			lk_vec_done(&label);
			return;
		}
	}
	*lk_vec_push(files) = (struct labelled){ label.v, f };
}

static void put_files(lk_buf *b, const struct lk_metrics *m)
{
	static const struct {
		const char *name, *help;
		double (*get)(const struct lk_metric_file *);
	} series[] = {
		{ "file_held", "Locks held on files of this path or pattern.", held_of },
		{ "file_waiting", "Requests that wait for a lock on such a file.", waiting_of },
		{ "file_oldest_wait_seconds", "How long the oldest of them has waited.", wait_of },
	};
	labelled_files files = { 0 };

	for (size_t i = 0; i < m->watched.n; i++)
		add_file(&files, &m->watched.v[i]);
	for (size_t i = 0; i < m->top.n; i++)
		add_file(&files, &m->top.v[i]);
	for (size_t k = 0; files.n && k < sizeof(series) / sizeof(*series); k++) {
		put_head(b, series[k].name, series[k].help);
		for (size_t i = 0; i < files.n; i++)
			lk_buf_printf(b, "lockscope_%s{path=\"%s\"} %.15g\n", series[k].name, files.v[i].label,
				      series[k].get(files.v[i].file));
	}
	for (size_t i = 0; i < files.n; i++)
		free(files.v[i].label);
	lk_vec_done(&files);
}

static void put_build(lk_buf *b, const struct lk_snapshot *s)
{
	put_head(b, "build_info", "The program and how it looked; always 1.");
	lk_buf_puts(b, "lockscope_build_info{version=\"" PACKAGE_VERSION "\",scanner=\"");
	put_path(b, s->host.scanner ? s->host.scanner : "");
	lk_buf_puts(b, "\"} 1\n");
}

void lk_out_metrics(lk_buf *b, const struct lk_metrics *m, const struct lk_snapshot *s, bool with_top)
{
	put_build(b, s);
	put_locks(b, m);
	put_number(b, "waiting_processes", "Processes that wait for a file lock.", (double)m->n_waiting_processes);
	put_number(b, "oldest_wait_seconds", "How long the longest wait for a file lock has lasted; a lower bound.",
		   (double)m->oldest_wait_ms / 1000);
	put_number(b, "blocking_max", "Most requests that wait for one held lock.", (double)m->blocking_max);
	put_number(b, "deadlocks", "Circles of processes that wait for each other.", (double)s->n_deadlocks);
	put_number(b, "unproven_holders", "Held locks whose holder is not proven.", (double)m->n_unproven);
	put_number(b, "unreadable_processes", "Processes whose open files could not be read.",
		   (double)s->end.n_unreadable);
	put_number(b, "scan_complete", "1 if nothing that could not be read could change these figures.", s->complete);
	put_number(b, "scan_duration_seconds", "How long the look took.",
		   (double)(int64_t)(s->end.scan_ms + 0.5) / 1000);
	put_number(b, "scan_timestamp_seconds", "When it was, since 1970.", (double)s->host.time_unix_ms / 1000);
	if (with_top)
		put_number(b, "top_truncated", "1 if more files have waiters than are listed.", m->top_cut);
	put_files(b, m);
}
