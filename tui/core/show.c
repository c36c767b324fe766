/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row as command lines and as JSON, to be copied. */
#include "tui/core/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/shell.h"
#include "cli/out_json.h"
#include "table/path_hint.h"

/* ---- commands ---- */

struct lines {
	const struct lk_tui *t;
	const struct lk_subject *s;
	struct lk_text *text;
	const char *file; /* its path, quoted for a shell; NULL: not known */
};

/* The option that names the source; the user has to fill in the capture's file or the directory. */
static const char *where_from(const struct lines *x)
{
	if (!x->t->source_name)
		return "";
	return strncmp(x->t->source_name, "capture", 7) == 0 ? " --from CAPTURE" : " --proc DIR";
}

static void put(struct lines *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct lines *x, const char *fmt, ...)
{
	lk_auto_mem char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	line = lk_vprintf(fmt, ap);
	va_end(ap);
	lk_text_add(x->text, LK_STYLE_PLAIN, "lockscope %s%s", line, where_from(x));
	x->text->lines.v[x->text->lines.n - 1].exact = true;
}

static bool has_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD;
}

static void put_lock(struct lines *x, const struct lk_lock *l)
{
	char range[LK_RANGE_TEXT];

	put(x, "list --json --full --filter 'id == \"%016" PRIx64 "\"'", l->id);
	if (!x->file)
		return;
	if (!has_range(l)) {
		put(x, "test %s%s %s", l->rec.type == LK_TYPE_FLOCK ? "--flock " : "",
		    l->rec.mode == LK_MODE_READ ? "--read" : "--write", x->file);
		return;
	}
	lk_range_format(l->rec.range, range);
	put(x, "who --range %s %s", range, x->file);
	put(x, "test --%s --%s --range %s %s", lk_type_name(l->rec.type),
	    l->rec.mode == LK_MODE_READ ? "read" : "write", range, x->file);
}

static void put_file(struct lines *x)
{
	put(x, "who %s", x->file);
	put(x, "map %s", x->file);
	put(x, "wait %s", x->file);
}

static void put_process(struct lines *x, const struct lk_proc *p)
{
	if (p->start_ticks)
		put(x, "list --pid %d@%" PRIu64, p->pid, p->start_ticks);
	else
		put(x, "list --pid %d", p->pid);
}

static void put_acts(struct lines *x)
{
	const struct lk_proc *p = x->s->proc;
	const struct lk_lock *l = x->s->lock;

	if (!x->s->frame->snap->host.live)
		return;
	if (p && p->start_ticks && !(p->flags & LK_PROC_GONE))
		put(x, "signal --signal TERM --dry-run %d@%" PRIu64, p->pid, p->start_ticks);
	if (l && !lk_lock_is_waiting(l) && !l->id_shared && l->n_holders)
		put(x, "release --dry-run %016" PRIx64, l->id);
	if (x->file)
		put(x, "rm --dry-run %s", x->file);
}

/* The file has no path in our mount namespace: `who` still finds it by a name below its holder's /proc/PID. */
static void put_elsewhere(struct lines *x, const struct lk_lock *l)
{
	lk_buf name = { 0 }, quoted = { 0 };

	lk_path_from_here(l, &name);
	if (name.n)
		lk_shell_quote(lk_buf_str(&name), x->t->utf8, &quoted);
	if (quoted.n)
		put(x, "who %s", lk_buf_str(&quoted));
	lk_vec_done(&name);
	lk_vec_done(&quoted);
}

void lk_show_commands(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	struct lines x = { .t = t, .s = s, .text = ret };
	lk_buf file = { 0 };

	if (s->file && !lk_file_why_nameless(s->file)) {
		lk_shell_quote(s->file->path, t->utf8, &file);
		x.file = lk_buf_str(&file);
	}
	if (s->lock)
		put_lock(&x, s->lock);
	if (x.file)
		put_file(&x);
	else if (s->lock && s->frame->snap->host.live)
		put_elsewhere(&x, s->lock);
	if (s->proc)
		put_process(&x, s->proc);
	if (s->lock && (s->lock->n_blocked_by || s->lock->n_blocks))
		put(&x, "waits");
	put_acts(&x);
	lk_vec_done(&file);
}

/* ---- the pane ---- */

void lk_show_json(const struct lk_subject *s, enum lk_json_layout layout, struct lk_text *ret)
{
	struct lk_out_json_options o = { .full = true };
	struct lk_json j = { .layout = layout };

	lk_out_json_row(&j, NULL, s->frame->snap, s->lock, &o);
	for (char *line = lk_buf_str(&j.text), *end; (end = strchr(line, '\n')); line = end + 1) {
		lk_text_add(ret, LK_STYLE_PLAIN, "%.*s", (int)(end - line), line);
		ret->lines.v[ret->lines.n - 1].exact = true;
	}
	lk_json_done(&j);
}

static void fill(struct lk_tui *t, const struct lk_subject *s, const struct lk_item *it, struct lk_text *ret)
{
	(void)it;
	lk_show_commands(t, s, ret);
	if (!ret->lines.n)
		lk_text_add(ret, LK_STYLE_DIM, "There is no command line for this row.");
	lk_text_add(ret, LK_STYLE_PLAIN, "%s", "");
	if (s->lock)
		lk_show_json(s, LK_JSON_INDENTED, ret);
	else
		lk_text_add(ret, LK_STYLE_DIM, "This row is not about one lock, so there is no row of JSON for it.");
}

unsigned lk_do_show(struct lk_tui *t)
{
	return lk_text_open_row(t, "This row as command lines and as JSON (Shift and the mouse select)", fill);
}
