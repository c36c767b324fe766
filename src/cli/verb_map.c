/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map: the byte ranges of one file. */
#include "cli/out.h"
#include "cli/out_map.h"
#include "cli/print.h"
#include "cli/session.h"
#include "cli/who_print.h"
#include "table/get.h"

/* Everything one run of `map` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_who who;
	lk_namesakes deleted;
	LK_VEC(const struct lk_lock *) all; /* on the file, also outside the range asked for */
	struct lk_lanes lanes;
};

static struct lk_asked *target(const struct inquiry *q)
{
	return &q->session.targets[0];
}

/* The path that FILE was resolved to; as it was asked, if there is none. */
static const char *file_path(const struct inquiry *q)
{
	return target(q)->resolved && target(q)->file.path ? target(q)->file.path : target(q)->path;
}

/* A layout is recognised by all locks on the file; lk_who_find() may have found only those in the range asked for. */
static void find_all(struct inquiry *q)
{
	for (size_t i = 0; target(q)->resolved && i < q->session.snap->n_locks; i++) {
		const struct lk_lock *l = &q->session.snap->locks[i];

		if (lk_lock_is_on(l, &target(q)->file) != LK_NO)
			*lk_vec_push(&q->all) = l;
	}
}

static void make_lanes(struct inquiry *q)
{
	struct lk_lanes_options o = {
		.size = target(q)->resolved ? target(q)->file.size : -1,
		.view = q->cli->has_range ? q->cli->range : LK_RANGE_WHOLE,
	};

	find_all(q);
	o.layout = lk_known_find(q->all.v, q->all.n, file_path(q));
	o.all = q->all.v;
	o.n_all = q->all.n;
	lk_lanes_make(&q->lanes, q->who.locks.v, q->who.locks.n, &o);
}

static void put_count(const struct lk_out *o, size_t held, size_t waiting)
{
	fprintf(o->f, "%zu %s held", held, held == 1 ? "lock" : "locks");
	if (waiting)
		fprintf(o->f, ", %zu waiting", waiting);
}

static void put_facts(const struct inquiry *q, const struct lk_out *o)
{
	const struct lk_lanes *l = &q->lanes;
	lk_buf size = { 0 };

	if (l->size >= 0) {
		if (o->human)
			lk_size_text((uint64_t)l->size, &size);
		else
			lk_buf_number(&size, l->size);
		fprintf(o->f, "; size %s", lk_buf_str(&size));
	}
	if (l->layout)
		fprintf(o->f, "; by its locks it looks like %s", l->layout->looks_like);
	lk_vec_done(&size);
}

static void put_sentence(const struct inquiry *q, const struct lk_out *o)
{
	size_t held = 0, waiting = 0;
	char range[LK_RANGE_WORDS];

	for (size_t i = 0; i < q->who.locks.n; i++) {
		if (lk_lock_is_waiting(q->who.locks.v[i]))
			waiting++;
		else
			held++;
	}
	lk_out_puts(o, target(q)->path);
	if (q->cli->has_range)
		fprintf(o->f, ", %s", lk_range_words(q->cli->range, range));
	fputs(": ", o->f);
	if (q->who.locked == LK_YES)
		put_count(o, held, waiting);
	else
		fputs(q->who.locked == LK_NO ? "not locked" : "cannot tell whether it is locked", o->f);
	if (q->who.locked != LK_UNKNOWN)
		put_facts(q, o);
	if (q->who.locked == LK_UNKNOWN && q->who.reason) {
		fputs(": ", o->f);
		lk_out_puts(o, q->who.reason);
	}
	putc('\n', o->f);
}

static void print_for_people(struct inquiry *q)
{
	struct lk_out o;

	lk_out_init(&o, q->cli);
	put_sentence(q, &o);
	lk_who_put_deleted(&o, &q->deleted);
	if (!q->lanes.n_lanes)
		return;
	putc('\n', o.f);
	lk_out_map(&o, &q->lanes, q->cli->all_lanes);
}

static void print_json(struct inquiry *q)
{
	struct lk_who *w = &q->who;
	struct lk_answer_file file = {
		.path = target(q)->path,
		.file = target(q)->resolved ? &target(q)->file : NULL,
		.locked = w->locked,
		.holders = w->holders.v,
		.n_holders = w->holders.n,
		.waiters = w->waiters.v,
		.n_waiters = w->waiters.n,
		.reason = w->reason,
		.may_have_mutex = lk_who_may_have_mutex(w),
		.deleted = &q->deleted,
	};
	struct lk_answer answer = {
		.verb = "map", .files = &file, .n_files = 1, .locked = w->locked, .map = &q->lanes
	};

	lk_print_document(q->cli, &q->session, w->locks.v, w->locks.n, &answer);
}

static enum lk_status conclude(const struct inquiry *q)
{
	if (lk_asked_is_missing(target(q)))
		return LK_STATUS_ERROR;
	switch (q->who.locked) {
	case LK_YES:
		return LK_STATUS_YES;
	case LK_NO:
		return LK_STATUS_NO;
	default:
		return LK_STATUS_UNKNOWN;
	}
}

static enum lk_status look(struct inquiry *q)
{
	unsigned needs = q->cli->format == LK_FORMAT_TABLE ? LK_NEED_WAITS : lk_print_needs(q->cli, NULL);
	enum lk_status status = lk_session_open(&q->session, q->cli);

	if (!status)
		lk_session_resolve(&q->session);
	return status ? status : lk_session_take(&q->session, needs);
}

static enum lk_status answer(struct inquiry *q)
{
	lk_who_find(&q->session, target(q), &q->who);
	lk_who_find_deleted(&q->session, target(q), &q->deleted);
	make_lanes(q);
	if (q->cli->format == LK_FORMAT_JSON)
		print_json(q);
	else if (q->cli->format != LK_FORMAT_QUIET && !lk_asked_is_missing(target(q)))
		print_for_people(q);
	if (lk_asked_is_missing(target(q))) {
		lk_say("%s", target(q)->reason);
		lk_who_say_deleted(target(q), &q->deleted);
	}
	if (q->cli->format != LK_FORMAT_QUIET)
		lk_session_badge(&q->session);
	return conclude(q);
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli };
	enum lk_status status = look(&q);

	if (!status)
		status = answer(&q);
	lk_lanes_done(&q.lanes);
	lk_vec_done(&q.all);
	lk_vec_done(&q.deleted);
	lk_who_done(&q.who);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_map = {
	.name = "map",
	.args = "FILE",
	.brief = "picture of the byte ranges of one file",
	.text = "Draws the byte ranges of the FILE, with a lane for each process that holds locks and for each thread that waits, and\n"
		"says in words what each lane is. First come the lanes that are in somebody's way, then those that wait.\n"
		"\n"
		"The picture is not to scale: each stretch between two edges gets a few columns. flock locks and leases have no\n"
		"ranges; their lanes are for the whole file. The bytes that SQLite and QEMU lock are called by their names, when all\n"
		"locks on the FILE fit; the FILE is not opened to find out what it is.\n"
		"\n"
		"Only requests that sleep are seen to wait. A program that tries again and again, as SQLite does when it is busy, is\n"
		"not among them.\n"
		"\n"
		"The exit status is 0 if the FILE is locked, 1 if it is proven not to be, 4 if that cannot be told, 2 if it does not\n"
		"exist.",
	.options = LK_OPTIONS_MAP,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
