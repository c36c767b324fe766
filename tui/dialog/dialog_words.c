/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets, plans and reports in the words of dialogs. */
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "table/get.h"
#include "tui/dialog/dialog.h"
#include "words/words.h"

void lk_dialog_put_lock(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	char key[LK_KEY_TEXT];

	lk_words_put_type(l, out);
	lk_buf_printf(out, " %s", l->file->path ? l->file->path : lk_key_format(&l->rec.key, key));
	if (lk_range_is_whole(l->rec.range))
		return;
	lk_buf_puts(out, ", ");
	lk_tui_bytes_text(t, l, out);
}

/* When a process started, in Unix ms; -1: it is not known, or the snapshot is not of this machine (a capture, or made up by a test). */
static int64_t started_ms(const struct lk_tui *t, const struct lk_frame *f, const struct lk_proc *p)
{
	struct timespec ts;
	long hz = sysconf(_SC_CLK_TCK);

	if (!f->snap->host.live || t->host.sys != &lk_sys_real || !p->start_ticks || hz <= 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &ts) < 0)
		return -1;
	return t->wall_ms - lk_io_to_ms(ts) + (int64_t)(p->start_ticks * 1000 / (uint64_t)hz);
}

static void put_process(const struct lk_tui *t, const struct lk_frame *f, const struct lk_proc *p, lk_buf *out)
{
	int64_t ms = started_ms(t, f, p);
	char clock[LK_TIME_TEXT];

	lk_words_put_pid_user(p, out);
	/* Within the last 24 hours the time of day is enough. */
	if (ms >= 0)
		lk_buf_printf(out, "  started %s",
			      lk_tui_time(ms, t->wall_ms - ms < 86400000 ? LK_CLOCK : "%Y-%m-%d %H:%M", clock));
}

void lk_dialog_head_process(struct lk_dialog *d, const struct lk_tui *t, const struct lk_frame *f,
			    const struct lk_proc *p, bool brief)
{
	const char *command = p->cmdline && *p->cmdline ? p->cmdline : "";
	lk_buf b = { 0 };

	put_process(t, f, p, &b);
	lk_text_add(&d->head, LK_STYLE_BRIGHT, "%s", lk_buf_str(&b));
	lk_vec_done(&b);
	if (!brief && (*command || p->unit))
		lk_text_add(&d->head, LK_STYLE_PLAIN, "%s%s%s%s%s%s", command, *command && p->unit ? "   " : "",
			    p->unit ? "unit " : "", p->unit ? p->unit : "", p->user_unit ? ", user unit " : "",
			    p->user_unit ? p->user_unit : "");
}

void lk_dialog_head_file(struct lk_dialog *d, const struct lk_file *file)
{
	char key[LK_KEY_TEXT];

	if (file->has_stat)
		lk_text_add(&d->head, LK_STYLE_BRIGHT, "%s  %u:%u inode %" PRIu64, file->path ? file->path : "?",
			    file->st_major, file->st_minor, file->st_ino);
	else
		lk_text_add(&d->head, LK_STYLE_BRIGHT, "%s  %s", file->path ? file->path : "?",
			    lk_key_format(&file->key, key));
}

/* ---- plans and reports ---- */

static const struct {
	enum lk_style title, text;
} styles[] = {
	[LK_LINE_REFUSED] = { LK_STYLE_ALARM, LK_STYLE_PLAIN },
	[LK_LINE_STEP] = { LK_STYLE_BRIGHT, LK_STYLE_PLAIN },
	[LK_LINE_RISK] = { LK_STYLE_ALARM, LK_STYLE_PLAIN },
	[LK_LINE_NOT] = { LK_STYLE_DIM, LK_STYLE_DIM },
};

static void put_part(struct lk_dialog *d, const struct lk_action *a, enum lk_line_kind kind)
{
	bool first = true;

	for (size_t i = 0; i < a->lines.n; i++) {
		if (a->lines.v[i].kind != kind)
			continue;
		if (first)
			lk_text_add(&d->body, styles[kind].title, "%s", lk_line_kind_title(kind, !a->refused));
		first = false;
		lk_text_add(&d->body, styles[kind].text, "- %s", a->lines.v[i].text);
	}
}

void lk_dialog_put_plan(struct lk_dialog *d, const struct lk_action *a)
{
	for (size_t i = 0; i < LK_PLAN_PARTS; i++)
		put_part(d, a, lk_plan_order[i]);
}

static const char *outcome_words(const struct lk_job *j)
{
	static const char *const words[] = {
		[LK_OUTCOME_NONE] = "It was not done.",
		[LK_OUTCOME_DONE] = "Done, and looked at again:",
		[LK_OUTCOME_NOT_DONE] = "It did not work:",
		[LK_OUTCOME_PARTLY] = "It worked for some:",
		[LK_OUTCOME_REFUSED] = "Refused, nothing was changed:",
		[LK_OUTCOME_UNKNOWN] = "It cannot be told whether it worked:",
	};

	return j->action ? words[j->action->outcome] : j->rc < 0 ? "It did not work:" : "Done:";
}

void lk_dialog_put_report(struct lk_dialog *d, const struct lk_job *j)
{
	const struct lk_action *a = j->action;

	lk_text_add(&d->body, lk_job_succeeded(j) ? LK_STYLE_GOOD : LK_STYLE_ALARM, "%s", outcome_words(j));
	if (j->rc < 0)
		lk_text_add(&d->body, LK_STYLE_PLAIN, "- %s", lk_err_text(&j->err));
	for (size_t i = 0; a && i < a->lines.n; i++) {
		if (a->lines.v[i].kind == LK_LINE_RESULT)
			lk_text_add(&d->body, LK_STYLE_PLAIN, "- %s", a->lines.v[i].text);
	}
	for (size_t i = 0; i < j->report.lines.n; i++)
		lk_text_add(&d->body, j->report.lines.v[i].style, "- %s", j->report.lines.v[i].text);
}

const char *lk_dialog_refusal(const struct lk_action *a)
{
	for (size_t i = 0; i < a->lines.n; i++) {
		if (a->lines.v[i].kind == LK_LINE_REFUSED)
			return a->lines.v[i].text;
	}
	return NULL;
}
