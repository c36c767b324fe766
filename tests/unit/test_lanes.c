/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "table/picture.h"

/* A file with up to MOST locks; each belongs to a process of its own unless a test says otherwise. */
enum { MOST = 8 };

static struct lk_proc procs[MOST];
static struct lk_holder people[MOST][2];
static struct lk_lock locks[MOST];
static const struct lk_lock *pointers[MOST];
static const struct lk_lock *blockers[MOST][MOST];
static size_t n_locks;
static struct lk_lanes lanes;
static struct lk_picture picture;

static struct lk_lock *add(enum lk_type type, enum lk_mode mode, int64_t start, int64_t end, int pid)
{
	struct lk_lock *l = &locks[n_locks];

	procs[n_locks] = (struct lk_proc){ .pid = pid, .comm = "prog" };
	people[n_locks][0] = (struct lk_holder){ .pid = pid, .fd = 3, .proc = &procs[n_locks] };
	*l = (struct lk_lock){
		.index = (uint32_t)n_locks,
		.rec = { .type = type, .mode = mode, .range = { start, end }, .pid = pid },
		.pid = pid,
		.proc = &procs[n_locks],
		.holders = people[n_locks],
		.n_holders = 1,
		.wait_ms = -1,
	};
	pointers[n_locks++] = l;
	return l;
}

static struct lk_lock *add_posix(enum lk_mode mode, int64_t start, int64_t end, int pid)
{
	return add(LK_TYPE_POSIX, mode, start, end, pid);
}

/* Makes the newest lock a request, behind the given one. */
static void make_waiter(struct lk_lock *l, struct lk_lock *blocker)
{
	size_t i = l->index;

	l->state = LK_STATE_WAITING;
	l->holders = NULL;
	l->n_holders = 0;
	people[i][0].tid = l->pid;
	l->waiter = &people[i][0];
	blockers[i][l->n_blocked_by++] = blocker;
	l->blocked_by = blockers[i];
	blocker->n_blocks++;
	l->wait_ms = 61500;
}

static void start(void)
{
	memset(locks, 0, sizeof(locks));
	n_locks = 0;
}

static void stop(void)
{
	lk_picture_done(&picture);
	lk_lanes_done(&lanes);
}

TestSuite(lanes, .init = start, .fini = stop);

static void make(int64_t size, struct lk_range view, size_t width)
{
	struct lk_lanes_options o = { .layout = lk_known_find(pointers, n_locks, "f"), .size = size, .view = view };

	lk_lanes_make(&lanes, pointers, n_locks, &o);
	lk_picture_make(&picture, &lanes, width);
}

/* Consumes the buffer. */
static bool reads(lk_buf *b, const char *expected)
{
	bool same = strcmp(lk_buf_str(b), expected) == 0;

	if (!same)
		cr_log_warn("expected \"%s\", got \"%s\"", expected, b->v);
	lk_vec_done(b);
	return same;
}

static bool ruler_is(const char *expected)
{
	lk_buf b = { 0 };

	lk_picture_ruler(&picture, &b);
	return reads(&b, expected);
}

static bool sum_is(const char *expected)
{
	lk_buf b = { 0 };

	lk_picture_sum(&picture, &b);
	return reads(&b, expected);
}

static bool lane_is(size_t i, const char *expected)
{
	lk_buf b = { 0 };

	cr_assert_lt(i, lanes.n_lanes);
	lk_picture_lane(&picture, &lanes.lanes[i], &b);
	return reads(&b, expected);
}

static bool words_are(size_t i, const char *expected)
{
	lk_buf b = { 0 };

	cr_assert_lt(i, lanes.n_lanes);
	lk_lane_label(&lanes.lanes[i], &b);
	lk_buf_puts(&b, " ");
	lk_lane_words(&lanes, &lanes.lanes[i], &b);
	return reads(&b, expected);
}

Test(lanes, nothing_is_one_free_segment)
{
	make(-1, LK_RANGE_WHOLE, 10);
	cr_assert_eq(lanes.n_lanes, 0);
	cr_assert_eq(lanes.n_segments, 1);
	cr_assert_eq(lk_range_compare(lanes.segments[0].range, LK_RANGE_WHOLE), 0);
	cr_assert(sum_is("....//...."));
}

Test(lanes, segments_have_no_gaps)
{
	add_posix(LK_MODE_WRITE, 100, 199, 1);
	add_posix(LK_MODE_READ, 150, LK_RANGE_EOF, 2);
	add_posix(LK_MODE_READ, INT64_MAX - 1, INT64_MAX - 1, 3);
	make(170, LK_RANGE_WHOLE, 80);
	cr_assert_eq(lanes.n_segments, 7);
	for (size_t i = 1; i < lanes.n_segments; i++)
		cr_assert_eq(lanes.segments[i].range.start, lanes.segments[i - 1].range.end + 1);
	cr_assert_eq(lanes.segments[0].range.start, 0);
	cr_assert_eq(lanes.segments[6].range.end, LK_RANGE_EOF);
	cr_assert_eq(lanes.segments[2].flags, LK_SEGMENT_READ | LK_SEGMENT_WRITE);
	cr_assert_eq(lk_lanes_segment_at(&lanes, 0), 0);
	cr_assert_eq(lk_lanes_segment_at(&lanes, 169), 2);
	cr_assert_eq(lk_lanes_segment_at(&lanes, 170), 3);
	cr_assert_eq(lk_lanes_segment_at(&lanes, INT64_MAX), 6);
}

Test(lanes, picture_of_sqlite)
{
	struct lk_lock *pending = add_posix(LK_MODE_WRITE, 0x40000000, 0x40000001, 4420);

	add_posix(LK_MODE_READ, 0x40000002, 0x400001ff, 4420);
	add_posix(LK_MODE_READ, 0x40000002, 0x400001ff, 4410);
	make_waiter(add_posix(LK_MODE_READ, 0x40000000, 0x40000000, 4433), pending);
	make(1 << 20, LK_RANGE_WHOLE, 52);
	cr_assert_eq(lanes.n_lanes, 3);
	cr_assert(ruler_is("|0      |1M      |PENDING|RESERVED|SHARED|1073742336"));
	cr_assert(sum_is("...//...|...//...########WWWWWWWWWRRRRRRR....//....."));
	cr_assert(lane_is(0, "...//...|...//...WWWWWWWWWWWWWWWWWRRRRRRR....//....."));
	cr_assert(lane_is(1, "...//...|...//...rrrrrrrr....................//....."));
	cr_assert(lane_is(2, "...//...|...//....................RRRRRRR....//....."));
	cr_assert(words_are(0, "4420 prog holds SQLite PENDING+RESERVED (write), SHARED (read): PENDING, "
			       "wants to write the database: waits for the readers to leave"));
	cr_assert(words_are(1, "4433 prog waits 1m01s for SQLite PENDING (read), behind 4420"));
	cr_assert(words_are(2, "4410 prog holds SQLite SHARED (read): reads, or has it open (WAL)"));
}

Test(lanes, ruler_gives_way)
{
	for (int i = 0; i < 5; i++)
		add_posix(LK_MODE_WRITE, 1000000001 + 2 * i, 1000000001 + 2 * i, 7);
	make(-1, LK_RANGE_WHOLE, 120);
	cr_assert_eq(picture.ruler, LK_RULER_NAMES);
	lk_picture_done(&picture);
	lk_picture_make(&picture, &lanes, 30);
	cr_assert_eq(picture.ruler, LK_RULER_NUMBERS);
	cr_assert(ruler_is("|1    |2|3|4|5|6|7|8|9|10|11"));
	lk_picture_done(&picture);
	lk_picture_make(&picture, &lanes, 16);
	cr_assert_eq(picture.ruler, LK_RULER_SOME);
	cr_assert_eq(picture.merged, 1);
	cr_assert_eq(picture.n_blocks, 11);
	lk_picture_done(&picture);
	lk_picture_make(&picture, &lanes, 1);
	cr_assert_eq(picture.merged, 2);
	cr_assert(sum_is(".W:.W:.:"));
}

Test(lanes, whole_locks_are_lanes_without_ranges)
{
	struct lk_lock *held = add(LK_TYPE_FLOCK, LK_MODE_READ, 0, LK_RANGE_EOF, 10);

	people[0][1] = (struct lk_holder){ .pid = 12, .fd = 3, .proc = &procs[0] };
	held->n_holders = 2;
	make_waiter(add(LK_TYPE_FLOCK, LK_MODE_WRITE, 0, LK_RANGE_EOF, 11), held);
	locks[1].deadlock = 2;
	make(0, LK_RANGE_WHOLE, 10);
	cr_assert(!lanes.has_ranges);
	cr_assert_eq(lanes.n_segments, 1);
	cr_assert_eq(lanes.segments[0].flags, 0);
	cr_assert(lane_is(0, "|RRR//RRRR"));
	cr_assert(lane_is(1, "|www//wwww"));
	cr_assert(words_are(0, "10 prog +1 holds the whole file (flock read), shared with 12"));
	cr_assert(words_are(1, "11 prog waits 1m01s for the whole file (flock write, deadlock 2), behind 10"));
}

Test(lanes, owners)
{
	/* Two descriptions of one process, one description seen twice, and nobody. */
	add(LK_TYPE_OFD, LK_MODE_READ, 0, 0, 5)->ofd = 1;
	add(LK_TYPE_OFD, LK_MODE_READ, 0, 0, 5)->ofd = 2;
	add(LK_TYPE_OFD, LK_MODE_READ, 9, 9, 5)->ofd = 1;
	add(LK_TYPE_OFD, LK_MODE_READ, 20, 29, 0)->proc = NULL;
	add_posix(LK_MODE_READ, 40, 49, 5)->how = LK_HOW_RECORDED;
	make(-1, LK_RANGE_WHOLE, 80);
	cr_assert_eq(lanes.n_lanes, 4);
	cr_assert(lanes.mixed);
	cr_assert(words_are(0, "5 prog holds byte 0, byte 9 (ofd read)"));
	cr_assert(words_are(1, "5 prog holds byte 0 (ofd read)"));
	cr_assert(words_are(2, "? (not visible) holds bytes 20-29 (ofd read)"));
	cr_assert(words_are(3, "5 prog is recorded as holder of bytes 40-49 (posix read)"));
}

Test(lanes, view)
{
	add_posix(LK_MODE_WRITE, 0, LK_RANGE_EOF, 1);
	add_posix(LK_MODE_READ, 0, 4, 2);
	make(100, (struct lk_range){ 10, 19 }, 40);
	cr_assert_eq(lanes.n_lanes, 1);
	cr_assert_eq(lanes.n_segments, 1);
	cr_assert(ruler_is("|10"));
	cr_assert(lane_is(0, "WWWWWWWWWW"));
	cr_assert(words_are(0, "1 prog holds the whole file (write)"));
}

Test(lanes, conflict_only_where_both_are)
{
	struct lk_lock *held = add_posix(LK_MODE_WRITE, 10, 19, 1);

	make_waiter(add_posix(LK_MODE_READ, 15, 24, 2), held);
	make(-1, LK_RANGE_WHOLE, 24);
	cr_assert_eq(lanes.n_segments, 5);
	cr_assert_eq(lanes.segments[1].flags, LK_SEGMENT_WRITE);
	cr_assert_eq(lanes.segments[2].flags, LK_SEGMENT_WRITE | LK_SEGMENT_WAIT_READ | LK_SEGMENT_CONFLICT);
	cr_assert_eq(lanes.segments[3].flags, LK_SEGMENT_WAIT_READ);
}

Test(lanes, offsets)
{
	lk_buf b = { 0 };

	lk_picture_offset(0, &b);
	lk_buf_puts(&b, " ");
	lk_picture_offset(1 << 30, &b);
	lk_buf_puts(&b, " ");
	lk_picture_offset(INT64_C(5) << 50, &b);
	lk_buf_puts(&b, " ");
	lk_picture_offset(1025, &b);
	cr_assert(reads(&b, "0 1G 5120T 1025"));
}

/* 20,000 owners of a lock each, and one request for all of it: this must not take 20,000 squared steps, nor columns. */
Test(lanes, many, .timeout = 30)
{
	enum { MANY = 20000 };
	lk_auto_mem struct lk_lock *many = calloc(MANY + 1, sizeof(*many));
	lk_auto_mem const struct lk_lock **all = calloc(MANY + 1, sizeof(*all));
	struct lk_lanes_options o = { .size = 5, .view = LK_RANGE_WHOLE };
	lk_buf b = { 0 };

	for (int i = 0; i <= MANY; i++) {
		many[i] = (struct lk_lock){
			.index = (uint32_t)i,
			.pid = i + 1,
			.wait_ms = -1,
			.n_blocks = i < MANY,
			.rec = { .type = LK_TYPE_POSIX, .mode = LK_MODE_WRITE, .range = { 2 * i, 2 * i } }
		};
		all[i] = &many[i];
	}
	many[MANY].state = LK_STATE_WAITING;
	many[MANY].rec.range = LK_RANGE_WHOLE;
	many[MANY].blocked_by = all;
	many[MANY].n_blocked_by = MANY;
	lk_lanes_make(&lanes, all, MANY + 1, &o);
	cr_assert_eq(lanes.n_lanes, MANY + 1);
	cr_assert_eq(lanes.n_segments, 2 * MANY);
	lk_picture_make(&picture, &lanes, 70);
	cr_assert_geq(picture.merged, 2 * MANY / 70);
	lk_picture_sum(&picture, &b);
	cr_assert_eq(b.n, 70);
	cr_assert_eq(memcmp(b.v, "|###", 4), 0);
	lk_vec_done(&b);
	for (size_t i = 0; i < lanes.n_lanes; i++) {
		lk_picture_lane(&picture, &lanes.lanes[i], &b);
		b.n = 0;
	}
	lk_vec_done(&b);
	cr_assert(words_are(MANY, "20001 waits for the whole file (write), behind 1, 2, 3, 4, 5 and others"));
}
