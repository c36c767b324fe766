/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines above the list: which host, how old the look is, whether it is complete; and the counts. */
#include <inttypes.h>
#include <string.h>

#include "query/session.h"
#include "table/get.h"
#include "tui/chrome/paint.h"
#include "tui/frame/watch_target.h"

/* Where looks cost so much that they are further apart than this, and than was asked for, that is said in words. */
#define FAR_APART_MS 5000
/* A look gets a badge once it has taken this long, and at least twice as long as the one that is shown. */
#define SLOW_LOOK_MS 3000

int64_t lk_header_interval_ms(const struct lk_tui *t)
{
	return t->host.look ? lk_look_interval_ms(t->frame ? t->frame->usual_cost_ms : 0, t->set.delay_ms) : 0;
}

bool lk_header_is_far_apart(const struct lk_tui *t)
{
	int64_t ms = lk_header_interval_ms(t);

	return ms > FAR_APART_MS && ms > t->set.delay_ms;
}

static void add_figure(struct lk_pieces *p, int drop, enum lk_style style, const char *label, size_t n)
{
	lk_pieces_add(p, drop, style, "%s %zu", label, n)->figure = true;
}

/* "2s", "0.5s" */
static void add_seconds(struct lk_pieces *p, int drop, const char *before, int64_t ms)
{
	if (ms % 1000 / 100)
		lk_pieces_add(p, drop, LK_STYLE_PLAIN, "%s%" PRId64 ".%" PRId64 "s", before, ms / 1000,
			      ms % 1000 / 100);
	else
		lk_pieces_add(p, drop, LK_STYLE_PLAIN, "%s%" PRId64 "s", before, ms / 1000);
}

/* ---- badges ---- */

static void add_age_badge(struct lk_pieces *p, int drop, const char *word, int64_t ms)
{
	lk_buf age = { 0 };

	lk_age_text(ms, false, &age);
	lk_pieces_add(p, drop, LK_STYLE_BADGE, "%s%s%s", word, age.n ? " " : "", lk_buf_str(&age));
	lk_vec_done(&age);
}

static int64_t look_hangs_ms(const struct lk_tui *t)
{
	int64_t ms = t->looking ? t->now_ms - t->look_started_ms : 0;
	double last = t->frame ? t->frame->scan_ms : 0;

	return ms >= SLOW_LOOK_MS && (double)ms >= 2 * last ? ms : 0;
}

static const char *other_source(const struct lk_tui *t)
{
	if (!t->frame || t->frame->snap->host.live)
		return NULL;
	return t->host.look ? "OTHER PROC" : "CAPTURE";
}

/* PARTIAL, PAUSED, ... drop: lk_piece.drop of the badges that may be left out; the others always stay. */
static void add_badges(const struct lk_tui *t, struct lk_pieces *p, int drop)
{
	if (look_hangs_ms(t))
		add_age_badge(p, drop, "look under way for", look_hangs_ms(t));
	if (t->failed)
		lk_pieces_add(p, 0, LK_STYLE_ALARM, "LOOK FAILED");
	if (t->frame && !t->frame->snap->complete)
		lk_pieces_add(p, 0, LK_STYLE_BADGE, "PARTIAL");
	if (other_source(t))
		lk_pieces_add(p, drop, LK_STYLE_BADGE, "%s", other_source(t));
	if (t->paused)
		add_age_badge(p, 0, "PAUSED", t->frame && !other_source(t) ? t->now_ms - t->frame->taken_ms : -1);
	if (lk_watch_targets_count(t))
		lk_pieces_add(p, 0, LK_STYLE_BADGE, "WAIT %zu", lk_watch_targets_count(t));
	if (t->set.readonly)
		lk_pieces_add(p, 0, LK_STYLE_BADGE, "RO");
}

/* ---- the header ---- */

static void add_clock(const struct lk_tui *t, struct lk_pieces *p, int drop)
{
	const struct lk_fact_host *host = &t->frame->snap->host;
	const char *format = host->live ? LK_CLOCK : "%Y-%m-%d " LK_CLOCK;
	char text[LK_TIME_TEXT];

	/* The time of the look, not the current time: what is shown is that old. For a capture the date matters too. */
	lk_pieces_add(p, drop, LK_STYLE_PLAIN, "%s", lk_tui_time(host->time_unix_ms, format, text));
}

static void add_scan(const struct lk_tui *t, struct lk_pieces *p, int drop)
{
	double ms = t->frame->scan_ms;

	if (ms < 1000)
		lk_pieces_add(p, drop, LK_STYLE_PLAIN, "scan %dms", (int)(ms + 0.5));
	else
		add_seconds(p, drop, "scan ", ms < 1e9 ? (int64_t)ms : INT64_C(1000000000));
}

/* Only a name that the snapshot has: asking the user database here could block for ever. */
static const char *name_of_user(const struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_procs; i++) {
		if (s->procs[i].uid == s->host.euid && s->procs[i].user)
			return s->procs[i].user;
	}
	return s->host.euid ? NULL : "root";
}

static void add_user(const struct lk_tui *t, struct lk_pieces *p, int drop)
{
	const struct lk_snapshot *s = t->frame->snap;
	const char *name = name_of_user(s);

	lk_pieces_add(p, drop, LK_STYLE_PLAIN, "uid %u%s%s", s->host.euid, name ? " " : "", name ? name : "");
}

static struct lk_rect inside(struct lk_rect r)
{
	return (struct lk_rect){ r.x + 1, r.y, r.w - 2, r.h };
}

static void add_interval(const struct lk_tui *t, struct lk_pieces *p)
{
	int64_t ms = lk_header_interval_ms(t);

	if (lk_header_is_far_apart(t))
		add_age_badge(p, 0, "looks cost much: one in", ms);
	else if (ms)
		add_seconds(p, 6, "every ", ms);
}

void lk_header_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_pieces p = { .utf8 = c->utf8, .gap = 2 };
	size_t n_left;

	lk_pieces_add(&p, 1, LK_STYLE_BRIGHT, "lockscope");
	if (t->frame)
		lk_pieces_add(&p, 4, LK_STYLE_BRIGHT, "%s", t->frame->snap->host.host);
	n_left = p.list.n;
	if (t->frame)
		add_clock(t, &p, 3);
	add_interval(t, &p);
	if (t->frame) {
		add_scan(t, &p, 7);
		add_user(t, &p, 8);
	}
	add_badges(t, &p, 2);
	for (size_t i = n_left; i < p.list.n; i++)
		p.list.v[i].right = true;
	lk_pieces_paint(&p, c, inside(r));
}

/* ---- the counts ---- */

static void add_types(const struct lk_totals *s, struct lk_pieces *p)
{
	static const struct {
		const char *label;
		enum lk_type type;
		bool always;
	} rows[] = { { "POSIX", LK_TYPE_POSIX, true },  { "OFD", LK_TYPE_OFD, true },
		     { "FLOCK", LK_TYPE_FLOCK, true },  { "LEASE", LK_TYPE_LEASE, true },
		     { "DELEG", LK_TYPE_DELEG, false }, { "OTHER", LK_TYPE_UNKNOWN, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].always || s->held_by_type[rows[i].type])
			add_figure(p, 9, LK_STYLE_METER, rows[i].label, s->held_by_type[rows[i].type]);
	}
}

static void add_oldest(const struct lk_tui *t, struct lk_pieces *p, int drop)
{
	const struct lk_frame *f = t->frame;
	lk_buf age = { 0 };
	bool at_least;
	int64_t ms;

	if (!f->totals.files || f->totals.oldest_waiting == LK_TOTALS_NONE)
		return;
	ms = lk_frame_age_ms(f, &f->snap->locks[f->totals.oldest_waiting], t->now_ms, &at_least);
	lk_age_text(ms, at_least, &age);
	if (age.n)
		lk_pieces_add(p, drop, LK_STYLE_WAITING, "oldest %s", lk_buf_str(&age))->figure = true;
	lk_vec_done(&age);
}

void lk_meters_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_pieces p = { .utf8 = c->utf8, .gap = 2 };
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;

	if (!s)
		return;
	add_figure(&p, 2, LK_STYLE_METER, "Locks", s->n_held);
	if (t->frame->totals.files)
		add_types(&t->frame->totals, &p);
	add_figure(&p, 0, s->n_waiting ? LK_STYLE_WAITING : LK_STYLE_METER, "Waiting", s->n_waiting);
	add_oldest(t, &p, 3);
	if (s->n_deadlocks)
		add_figure(&p, 0, LK_STYLE_CYCLE, "Deadlocks", s->n_deadlocks);
	lk_pieces_paint(&p, c, inside(r));
}

/* ---- one line for everything ---- */

/* The figure "Locks" is the same at every width: those that are held. Requests have a figure of their own. */
static size_t n_of_view(const struct lk_tui *t)
{
	const struct lk_view *v = lk_tui_view(t);

	return v->ops->id == LK_VIEW_LOCKS && t->frame ? t->frame->snap->n_held : v->list.n_total;
}

static void add_counts(const struct lk_tui *t, struct lk_pieces *p)
{
	const struct lk_view *v = lk_tui_view(t);
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;

	if (v->list.filter_text)
		lk_pieces_add(p, 0, LK_STYLE_BADGE, "%s %zu/%zu filter: %s", v->ops->title, v->list.shown.n,
			      v->list.n_total, v->list.filter_text);
	else
		add_figure(p, 0, LK_STYLE_METER, v->ops->title, n_of_view(t));
	if (s && s->n_waiting)
		lk_pieces_add(p, 1, LK_STYLE_WAITING, "W%zu", s->n_waiting);
	if (s && s->n_deadlocks)
		lk_pieces_add(p, 0, LK_STYLE_CYCLE, "C%zu", s->n_deadlocks);
}

/* "1284L 7W 1C" */
static void tiny_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_pieces p = { .utf8 = c->utf8, .gap = 1 };
	const struct lk_view *v = lk_tui_view(t);
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;

	add_badges(t, &p, 1);
	for (size_t i = 0; i < p.list.n; i++)
		p.list.v[i].drop = 3;
	if (v->list.filter_text)
		lk_pieces_add(&p, 2, LK_STYLE_BADGE, "%zu/", v->list.shown.n);
	lk_pieces_add(&p, 0, LK_STYLE_METER, "%zu%c", n_of_view(t), v->ops->title[0])->right = true;
	if (s && s->n_waiting)
		lk_pieces_add(&p, 1, LK_STYLE_WAITING, "%zuW", s->n_waiting)->right = true;
	if (s && s->n_deadlocks)
		lk_pieces_add(&p, 0, LK_STYLE_CYCLE, "%zuC", s->n_deadlocks)->right = true;
	lk_pieces_paint(&p, c, r);
}

void lk_short_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_pieces p = { .utf8 = c->utf8, .gap = 1 };

	if (r.w < 36) {
		tiny_paint(t, c, r);
		return;
	}
	lk_pieces_add(&p, 9, LK_STYLE_BRIGHT, "lockscope");
	add_counts(t, &p);
	add_badges(t, &p, 5);
	if (lk_header_interval_ms(t))
		add_seconds(&p, 8, "", lk_header_interval_ms(t));
	lk_pieces_paint(&p, c, inside(r));
}
