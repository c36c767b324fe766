/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One capture, or two of which the second is a later look (a line with a plus sign stands between them), through the model to everything
 * that is printed: JSON, JSON Lines, table, raw, the tree of waits, maps, events. What is printed is safe for a terminal, and JSON is JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/events.h"
#include "cli/out_json.h"
#include "cli/out_map.h"
#include "cli/waits_tree.h"
#include "fuzz.h"
#include "model/build.h"
#include "model/diff.h"
#include "source/capture/capture.h"

#define MAPS_MAX 4

/* Heap; everything printed to the stream that begin() gave. */
struct paper {
	char *s;
	size_t n;
	FILE *f;
};

static FILE *begin(struct paper *p)
{
	*p = (struct paper){ 0 };
	p->f = open_memstream(&p->s, &p->n);
	LK_FUZZ_MUST(p->f);
	return p->f;
}

static void end(struct paper *p)
{
	LK_FUZZ_MUST(fclose(p->f) == 0 && p->s);
}

static void drop(struct paper *p)
{
	free(p->s);
}

static void end_safe(struct paper *p)
{
	end(p);
	LK_FUZZ_MUST(lk_text_is_utf8(p->s, p->n));
	for (size_t i = 0; i < p->n; i++)
		LK_FUZZ_MUST(((unsigned char)p->s[i] >= 0x20 && p->s[i] != 0x7f) || p->s[i] == '\n');
	drop(p);
}

static struct lk_snapshot *take(const char *s, size_t n)
{
	struct lk_request req = { .needs = LK_NEED_ALL };
	struct lk_source *src = NULL;
	struct lk_snapshot *snap = NULL;
	struct lk_err err = { 0 };

	if (lk_capture_open_text("fuzz", s, n, &src, &err) == 0 && lk_snapshot_take(src, &req, &snap, &err) < 0)
		LK_FUZZ_MUST(*lk_err_text(&err));
	lk_err_done(&err);
	lk_source_free(src);
	return snap;
}

/* One lock a row, and one row for each holder. */
static struct lk_row *make_rows(const struct lk_snapshot *s, size_t *ret_n)
{
	struct lk_row *rows;
	size_t n = 0;

	for (size_t i = 0; i < s->n_locks; i++)
		n += 1 + s->locks[i].n_holders;
	rows = calloc(n ? n : 1, sizeof(*rows));
	LK_FUZZ_MUST(rows);
	*ret_n = 0;
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		rows[(*ret_n)++] = (struct lk_row){ .snap = s, .lock = l };
		for (size_t k = 0; k < l->n_holders; k++)
			rows[(*ret_n)++] = (struct lk_row){ .snap = s, .lock = l, .holder = &l->holders[k] };
	}
	return rows;
}

static void print_tables(const struct lk_snapshot *s)
{
	struct lk_out narrow = { .headings = true, .human = true, .color = false, .width = 40 }, o = { .utf8 = true };
	struct paper p;
	lk_columns cols = { 0 };
	size_t n;
	struct lk_row *rows = make_rows(s, &n);

	lk_columns_all(&cols, lk_column_list);
	o.f = begin(&p);
	lk_out_table(&o, &cols, rows, n);
	end_safe(&p);
	narrow.f = begin(&p);
	lk_out_table(&narrow, &cols, rows, n);
	end_safe(&p);
	o.f = begin(&p);
	lk_out_raw(&o, &cols, rows, n);
	end_safe(&p);
	lk_vec_done(&cols);
	free(rows);
}

static void check_json(const char *s, size_t n, size_t n_rows)
{
	json_t *doc = json_loadb(s, n, JSON_REJECT_DUPLICATES, NULL);

	LK_FUZZ_MUST(doc && json_is_object(doc));
	LK_FUZZ_MUST(json_array_size(json_object_get(doc, "locks")) == n_rows);
	json_decref(doc);
}

static void check_lines(const char *s, size_t n)
{
	while (n) {
		const char *stop = memchr(s, '\n', n);
		size_t length = stop ? (size_t)(stop - s) : 0;
		json_t *doc = json_loadb(s, length, JSON_REJECT_DUPLICATES, NULL);

		LK_FUZZ_MUST(stop && doc);
		json_decref(doc);
		s += length + 1;
		n -= length + 1;
	}
}

static void print_json(const struct lk_snapshot *s)
{
	const struct lk_lock **locks = calloc(s->n_locks + 1, sizeof(*locks));
	struct lk_out_json_options o = { .full = true, .jobs = true };
	struct paper p;

	LK_FUZZ_MUST(locks);
	for (size_t i = 0; i < s->n_locks; i++)
		locks[i] = &s->locks[i];
	LK_FUZZ_MUST(lk_out_json(begin(&p), s, locks, s->n_locks, NULL, &o) == 0);
	end(&p);
	check_json(p.s, p.n, s->n_locks);
	drop(&p);
	o.lines = true;
	LK_FUZZ_MUST(lk_out_json(begin(&p), s, locks, s->n_locks, NULL, &o) == 0);
	end(&p);
	check_lines(p.s, p.n);
	drop(&p);
	free(locks);
}

static void print_waits(const struct lk_snapshot *s)
{
	struct lk_out o = { .utf8 = true, .width = 60 };
	struct lk_forest forest = lk_forest_make(s);
	struct paper p;
	size_t n = 0;

	/* Each request stands in it once. */
	for (size_t i = 0; i < forest.n; i++)
		n += forest.nodes[i].kind == LK_TREE_REQUEST;
	LK_FUZZ_MUST(n == s->n_waiting);
	o.f = begin(&p);
	lk_waits_put_tree(&o, &forest, false);
	lk_waits_put_advice(&o, s, &forest, false);
	end_safe(&p);
	if (s->n_procs)
		LK_FUZZ_MUST(lk_forest_freed_by(s, &s->procs[0].pid, 1) <= s->n_waiting);
	lk_forest_done(&forest);
}

static void print_map(const struct lk_snapshot *s, const struct lk_file *file, const struct lk_lock *const *on,
		      size_t n)
{
	struct lk_lanes_options options = { .layout = lk_known_find(on, n, file->path),
					    .size = file->size,
					    .view = LK_RANGE_WHOLE };
	struct lk_out o = { .width = 80 };
	struct lk_lanes lanes;
	struct lk_answer_file asked = { .path = file->path ? file->path : "", .locked = LK_YES };
	struct lk_answer answer = { .verb = "map", .files = &asked, .n_files = 1, .locked = LK_YES, .map = &lanes };
	struct lk_out_json_options json = { 0 };
	struct paper p;

	lk_lanes_make(&lanes, on, n, &options);
	o.f = begin(&p);
	lk_out_map(&o, &lanes, true);
	end_safe(&p);
	LK_FUZZ_MUST(lk_out_json(begin(&p), s, NULL, 0, &answer, &json) == 0);
	end_safe(&p);
	lk_lanes_done(&lanes);
}

static void print_maps(const struct lk_snapshot *s)
{
	const struct lk_lock **on = calloc(s->n_locks + 1, sizeof(*on));

	LK_FUZZ_MUST(on);
	for (size_t i = 0; i < s->n_files && i < MAPS_MAX; i++) {
		size_t n = 0;

		for (size_t k = 0; k < s->n_locks; k++) {
			if (s->locks[k].file == &s->files[i])
				on[n++] = &s->locks[k];
		}
		print_map(s, &s->files[i], on, n);
	}
	free(on);
}

static void print_events(struct lk_events *e, const struct lk_event *ev, size_t n, const struct lk_snapshot *s)
{
	struct paper p;

	e->out.f = begin(&p);
	lk_events_start(e, s, 1000);
	for (size_t i = 0; i < n; i++)
		lk_events_put(e, &ev[i]);
	if (e->json) {
		end(&p);
		check_lines(p.s, p.n);
		drop(&p);
	} else {
		end_safe(&p);
	}
}

static void feed(struct lk_diff *d, struct lk_snapshot *s, int64_t now_ms)
{
	struct lk_events people = { .out = { .utf8 = true }, .day = -1 }, json = { .json = true, .full = true };
	const struct lk_event *ev;
	size_t n;

	if (!s)
		return;
	n = lk_diff_feed(d, s, now_ms, 1000, &ev);
	print_events(&people, ev, n, s);
	print_events(&json, ev, n, s);
	lk_diff_settle(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data, *plus = size ? memmem(s, size, "\n+\n", 3) : NULL;
	size_t n = plus ? (size_t)(plus - s) : size;
	struct lk_snapshot *first = take(s, n), *second = plus ? take(plus + 3, size - n - 3) : NULL;
	struct lk_diff *d = lk_diff_new();

	lk_fuzz_use_utf8();
	if (first) {
		print_json(first);
		print_tables(first);
		print_waits(first);
		print_maps(first);
	}
	feed(d, first, 1000);
	feed(d, second, 3000);
	lk_diff_free(d);
	return 0;
}
