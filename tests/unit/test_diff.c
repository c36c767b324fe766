/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "model/build.h"
#include "model/diff_private.h"
#include "record/parse.h"

/* One line of /proc/locks and who shows it: a descriptor for a lock, a thread for a request; pid 0: nobody. */
struct fact {
	const char *line;
	int pid, fd, tid;
	size_t ofd; /* 0: its own */
	bool extra; /* one more descriptor of the lock before it */
	int64_t wait_ms;
};

#define HELD(line_, pid_, fd_) \
	{ \
		.line = line_, .pid = pid_, .fd = fd_ \
	}
#define SHARED(line_, pid_, fd_, ofd_) \
	{ \
		.line = line_, .pid = pid_, .fd = fd_, .ofd = ofd_ \
	}
#define MORE(line_, pid_, fd_, ofd_) \
	{ \
		.line = line_, .pid = pid_, .fd = fd_, .ofd = ofd_, .extra = true \
	}
#define WAIT(line_, pid_, tid_, fd_, ms_) \
	{ \
		.line = line_, .pid = pid_, .tid = tid_, .fd = fd_, .wait_ms = ms_ \
	}
#define LOOK(...) ((const struct fact[]){ __VA_ARGS__, { .line = NULL } })
#define NOTHING ((const struct fact[]){ { .line = NULL } })

static struct lk_diff *diff;
static bool stable, complete;
static int64_t now;
static char told[8192];

static void begin(void)
{
	diff = lk_diff_new();
	stable = complete = true;
	now = 1000;
}

static void end(void)
{
	lk_diff_free(diff);
}

TestSuite(diff, .init = begin, .fini = end);

static void put_fact(const struct lk_sink *sink, const struct fact *f, size_t line)
{
	struct lk_fact_lock lock = { .line = line };
	struct lk_fact_file file = {
		.local = LK_YES, .size = -1, .path = "/f", .deleted = LK_NO, .replaced = LK_NO, .mnt_id = -1
	};
	struct lk_fact_proc proc = { .pid = f->pid, .start_ticks = 7, .comm = "x", .comm_len = 1, .num_threads = 1 };

	cr_assert_eq(lk_parse_lock_line(f->line, strlen(f->line), &lock.rec), 0, "%s", f->line);
	file.key = lock.rec.key;
	if (!f->extra)
		lk_sink_lock(sink, &lock);
	if (f->pid)
		lk_sink_proc(sink, &proc);
	if (f->pid && !lock.rec.depth) {
		struct lk_fact_fd fd = { .pid = f->pid, .fd = f->fd, .rec = lock.rec, .file = &file };

		fd.ofd = f->ofd ? f->ofd : (size_t)f->pid * 1000 + (size_t)f->fd;
		lk_sink_fd(sink, &fd);
	} else if (f->pid && f->tid) {
		struct lk_fact_waiter w = {
			.pid = f->pid, .tid = f->tid, .fd = f->fd, .rec = lock.rec, .wait_ms = f->wait_ms
		};

		w.range_resolved = true;
		w.wait_error_ms = -1;
		w.file = file.key.none ? NULL : &file;
		lk_sink_waiter(sink, &w);
	}
}

static struct lk_snapshot *snapshot_of(const struct fact *facts)
{
	struct lk_fact_host host = {
		.scanner = "procfs", .host = "h", .boot_id = "b", .initial_pidns = true, .has_locks_file = true
	};
	struct lk_fact_denied hidden = { .what = LK_UNREAD_FDINFO,
					 .code = -EACCES,
					 .count = 1,
					 .hides_locks = true,
					 .text = "one could not be read" };
	struct lk_fact_end last = { .stable = stable };
	const struct lk_sink *sink;
	struct lk_snapshot *s;
	struct lk_build *b;

	b = lk_build_new();
	sink = lk_build_sink(b);
	host.time_unix_ms = now;
	lk_sink_host(sink, &host);
	for (size_t i = 0; facts[i].line; i++)
		put_fact(sink, &facts[i], i + 1);
	if (!complete)
		lk_sink_denied(sink, &hidden);
	lk_sink_end(sink, &last);
	s = lk_build_finish(b);
	lk_build_free(b);
	return s;
}

static void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *fmt, ...)
{
	size_t n = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + n, sizeof(told) - n, fmt, ap);
	va_end(ap);
}

/* "released 100 0-9 held 2000+?; " where + is "at least" and ? "not certain". */
static void tell_event(const struct lk_event *ev)
{
	char range[LK_RANGE_TEXT];

	tell("%s", lk_event_name(ev->kind));
	if (ev->lock && !ev->cycle)
		tell(" %d %s", ev->lock->pid, lk_range_format(ev->lock->rec.range, range));
	if (ev->held_ms > 0)
		tell(" held %" PRId64, ev->held_ms);
	if (ev->waited_ms > 0)
		tell(" waited %" PRId64, ev->waited_ms);
	if (ev->gap_ms > 0)
		tell(" %" PRId64, ev->gap_ms);
	tell("%s%s; ", ev->at_least ? "+" : "", ev->certain ? "" : "?");
}

/* What the next look, 2 seconds later, tells. */
static const char *look(const struct fact *facts)
{
	const struct lk_event *events;
	size_t n;

	now += 2000;
	told[0] = '\0';
	n = lk_diff_feed(diff, snapshot_of(facts), now, 2000, &events);
	for (size_t i = 0; i < n; i++)
		tell_event(&events[i]);
	if (n)
		told[strlen(told) - 2] = '\0';
	lk_diff_settle(diff);
	cr_assert_leq(diff->snaps.n, 2);
	return told;
}

#define tells(text, facts) cr_expect_str_eq(look(facts), text, "expected \"%s\", got \"%s\"", text, told)

#define P_0_9 "1: POSIX  ADVISORY  WRITE 100 fe:00:12 0 9"
#define P_0_19 "1: POSIX  ADVISORY  WRITE 100 fe:00:12 0 19"
#define P_10_19 "1: POSIX  ADVISORY  WRITE 100 fe:00:12 10 19"
#define W_5_5 "1: -> POSIX  ADVISORY  WRITE 200 fe:00:12 5 5"
#define FLOCK "2: FLOCK  ADVISORY  WRITE 300 fe:00:12 0 EOF"
#define W_FLOCK "2: -> FLOCK  ADVISORY  WRITE 301 fe:00:12 0 EOF"

Test(diff, held_and_released)
{
	bool at_least;

	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("acquired 300 whole", LOOK(HELD(P_0_9, 100, 3), HELD(FLOCK, 300, 4)));
	tells("", LOOK(HELD(P_0_9, 100, 3), HELD(FLOCK, 300, 4)));
	cr_expect_eq(now - lk_diff_seen_since(diff, &lk_diff_newest(diff)->locks[0], &at_least), 4000);
	cr_expect(at_least);
	tells("released 100 0-9 held 4000+; released 300 whole held 4000", NOTHING);
	tells("", NOTHING);
}

Test(diff, waiting_at_the_first_look)
{
	tells("waiting 200 5-5 waited 700+", LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 700)));
	/* The longest wait that was ever seen counts: a wake-up starts the kernel's clock anew. */
	tells("", LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 10)));
	tells("released 100 0-9 held 2000+; granted 200 5-5 waited 2700+",
	      LOOK(HELD("1: POSIX  ADVISORY  WRITE 200 fe:00:12 5 5", 200, 4)));
}

Test(diff, granted)
{
	tells("", LOOK(HELD(FLOCK, 300, 4)));
	tells("waiting 301 whole waited 500", LOOK(HELD(FLOCK, 300, 4), WAIT(W_FLOCK, 301, 302, 5, 500)));
	tells("released 300 whole held 2000+; granted 301 whole waited 2500",
	      LOOK(HELD("2: FLOCK  ADVISORY  WRITE 301 fe:00:12 0 EOF", 301, 5)));
	tells("released 301 whole held 2000", NOTHING);
}

Test(diff, granted_and_merged)
{
	tells("", LOOK(HELD("1: POSIX  ADVISORY  WRITE 200 fe:00:12 0 4", 200, 4), HELD(P_10_19, 100, 3)));
	tells("waiting 200 5-12 waited 900",
	      LOOK(HELD("1: POSIX  ADVISORY  WRITE 200 fe:00:12 0 4", 200, 4), HELD(P_10_19, 100, 3),
		   WAIT("1: -> POSIX  ADVISORY  WRITE 200 fe:00:12 5 12", 200, 201, 4, 900)));
	tells("released 100 10-19 held 2000+; granted 200 0-12 waited 2900",
	      LOOK(HELD("1: POSIX  ADVISORY  WRITE 200 fe:00:12 0 12", 200, 4)));
}

Test(diff, granted_open_file_description)
{
	const char *held = "1: OFDLCK ADVISORY  WRITE -1 fe:00:12 0 9",
		   *request = "1: -> OFDLCK ADVISORY  WRITE -1 fe:00:12 0 9";

	tells("", LOOK(HELD(held, 100, 3)));
	tells("waiting 200 0-9", LOOK(HELD(held, 100, 3), WAIT(request, 200, 201, 4, 0)));
	tells("released 100 0-9 held 2000+; granted 200 0-9 waited 2000", LOOK(HELD(held, 200, 4)));
	/* The thread could not be seen. */
	tells("waiting 0 0-9", LOOK(HELD(held, 200, 4), WAIT(request, 0, 0, 0, 0)));
	tells("", LOOK(HELD(held, 200, 4), WAIT(request, 300, 301, 5, 0)));
	tells("", LOOK(HELD(held, 200, 4), WAIT(request, 0, 0, 0, 0)));
	tells("released 200 0-9 held 8000; granted 400 0-9 waited 6000", LOOK(HELD(held, 400, 4)));
}

Test(diff, two_threads_granted_at_once)
{
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("waiting 200 5-5; waiting 200 5-5",
	      LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 0), WAIT(W_5_5, 200, 202, 4, 0)));
	tells("released 100 0-9 held 2000+; granted 200 5-5 waited 2000; granted 200 5-5 waited 2000",
	      LOOK(HELD("1: POSIX  ADVISORY  WRITE 200 fe:00:12 5 5", 200, 4)));
}

Test(diff, changed)
{
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("changed 100 0-19 held 2000+", LOOK(HELD(P_0_19, 100, 3)));
	tells("changed 100 0-4 held 4000+; changed 100 10-19 held 4000+",
	      LOOK(HELD("1: POSIX  ADVISORY  WRITE 100 fe:00:12 0 4", 100, 3), HELD(P_10_19, 100, 3)));
	tells("changed 100 0-19 held 6000+", LOOK(HELD("1: POSIX  ADVISORY  READ 100 fe:00:12 0 19", 100, 3)));
	/* Another place, or another process: another lock. */
	tells("released 100 0-19 held 6000+; acquired 100 30-39",
	      LOOK(HELD("1: POSIX  ADVISORY  READ 100 fe:00:12 30 39", 100, 3)));
	tells("released 100 30-39 held 2000; acquired 101 30-39",
	      LOOK(HELD("1: POSIX  ADVISORY  READ 101 fe:00:12 30 39", 101, 3)));
}

Test(diff, changed_by_one_description_only)
{
	const char *read = "2: FLOCK  ADVISORY  READ 300 fe:00:12 0 EOF";

	tells("", LOOK(SHARED(read, 300, 4, 1), SHARED(read, 300, 5, 2)));
	tells("released 300 whole+", LOOK(SHARED(read, 300, 5, 2)));
	tells("changed 300 whole held 4000+", LOOK(SHARED(FLOCK, 300, 5, 2)));
}

Test(diff, another_first_descriptor)
{
	tells("", LOOK(SHARED(FLOCK, 300, 4, 1)));
	tells("", LOOK(SHARED(FLOCK, 300, 3, 1), MORE(FLOCK, 300, 4, 1)));
	tells("", LOOK(SHARED(FLOCK, 200, 4, 1), MORE(FLOCK, 300, 3, 1), MORE(FLOCK, 300, 4, 1)));
	tells("", LOOK(SHARED(FLOCK, 200, 4, 1)));
	/* Nobody is seen to hold it for a while. */
	tells("", LOOK(SHARED(FLOCK, 0, 0, 1)));
	tells("", LOOK(SHARED(FLOCK, 200, 4, 1)));
	tells("released 200 whole held 10000+", NOTHING);
}

static uint64_t row_of(int pid)
{
	const struct lk_snapshot *s = lk_diff_newest(diff);

	for (size_t i = 0; i < s->n_locks; i++) {
		if (s->locks[i].pid == pid)
			return lk_diff_row(diff, &s->locks[i]);
	}
	cr_assert_fail("process %d has no row", pid);
	return 0;
}

Test(diff, a_row_keeps_its_number_when_the_first_sharer_ends)
{
	uint64_t row;

	look(LOOK(SHARED(FLOCK, 300, 4, 1), MORE(FLOCK, 400, 4, 1), HELD(P_0_9, 100, 3)));
	row = row_of(300);
	look(LOOK(SHARED(FLOCK, 400, 4, 1), HELD(P_0_9, 100, 3)));
	cr_expect_eq(row_of(400), row);
	cr_expect_neq(row_of(100), row);
}

Test(diff, a_lock_that_is_split_leaves_its_number_to_one_part)
{
	uint64_t row, first, second;

	look(LOOK(HELD(P_0_19, 100, 3)));
	row = row_of(100);
	look(LOOK(HELD("1: POSIX  ADVISORY  WRITE 100 fe:00:12 0 4", 100, 3), HELD(P_10_19, 100, 3)));
	first = lk_diff_row(diff, &lk_diff_newest(diff)->locks[0]);
	second = lk_diff_row(diff, &lk_diff_newest(diff)->locks[1]);
	cr_expect_neq(first, second);
	cr_expect((first == row) != (second == row));
}

Test(diff, what_is_taken_again_is_another_row)
{
	uint64_t row, id;

	look(LOOK(HELD(P_0_9, 100, 3)));
	row = row_of(100);
	id = lk_diff_newest(diff)->locks[0].id;
	tells("released 100 0-9+", NOTHING);
	tells("acquired 100 0-9", LOOK(HELD(P_0_9, 100, 3)));
	cr_expect_eq(lk_diff_newest(diff)->locks[0].id, id);
	cr_expect_neq(row_of(100), row);
}

static const struct lk_event *event_of(const struct lk_event *ev, size_t n, enum lk_event_kind kind)
{
	for (size_t i = 0; i < n; i++) {
		if (ev[i].kind == kind)
			return &ev[i];
	}
	cr_assert_fail("there is no event %s", lk_event_name(kind));
	return NULL;
}

Test(diff, a_grant_ends_the_row_of_its_request)
{
	const struct lk_event *ev, *granted;
	uint64_t request;
	size_t n;

	look(LOOK(HELD(FLOCK, 300, 4)));
	look(LOOK(HELD(FLOCK, 300, 4), WAIT(W_FLOCK, 301, 302, 5, 500)));
	request = row_of(301);
	now += 2000;
	n = lk_diff_feed(diff, snapshot_of(LOOK(HELD("2: FLOCK  ADVISORY  WRITE 301 fe:00:12 0 EOF", 301, 5))), now, 0,
			 &ev);
	granted = event_of(ev, n, LK_EVENT_GRANTED);
	cr_expect_eq(granted->before_row, request);
	cr_expect_eq(granted->row, row_of(301));
	cr_expect_neq(granted->row, request);
}

Test(diff, gave_up)
{
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("waiting 200 5-5 waited 300", LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 300)));
	/* Missing for a moment. */
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("", LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 10)));
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	/* The lock it waited for was held all the time: it cannot have got it. */
	tells("gave_up 200 5-5 waited 6300", LOOK(HELD(P_0_9, 100, 3)));
}

Test(diff, gave_up_or_was_quick)
{
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("waiting 200 5-5", LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 0)));
	tells("released 100 0-9 held 2000+", NOTHING);
	tells("gave_up 200 5-5 waited 2000?", NOTHING);
	tells("", NOTHING);
}

Test(diff, granted_after_a_moment)
{
	tells("", LOOK(HELD(P_0_9, 100, 3)));
	tells("waiting 200 5-5", LOOK(HELD(P_0_9, 100, 3), WAIT(W_5_5, 200, 201, 4, 0)));
	tells("released 100 0-9 held 2000+", NOTHING);
	tells("granted 200 5-5 waited 2000", LOOK(HELD("1: POSIX  ADVISORY  WRITE 200 fe:00:12 5 5", 200, 4)));
}

Test(diff, unsteady)
{
	tells("", LOOK(HELD(P_0_9, 100, 3), HELD(FLOCK, 300, 4)));
	stable = false;
	tells("gap", LOOK(HELD(FLOCK, 300, 4)));
	tells("", LOOK(HELD(P_0_9, 100, 3), HELD(FLOCK, 300, 4)));
	tells("", LOOK(HELD(FLOCK, 300, 4)));
	tells("released 100 0-9 held 4000+?", LOOK(HELD(FLOCK, 300, 4)));
	stable = true;
	tells("released 300 whole held 8000+", NOTHING);
}

Test(diff, hidden)
{
	tells("", NOTHING);
	complete = false;
	tells("gap; acquired 0 whole", LOOK(SHARED(FLOCK, 0, 0, 0)));
	tells("", LOOK(SHARED(FLOCK, 0, 0, 0)));
}

Test(diff, late)
{
	tells("", NOTHING);
	now += 1900;
	tells("", NOTHING);
	now += 7000;
	tells("gap 9000", NOTHING);
}

Test(diff, equal_rows)
{
	const char *held = "1: OFDLCK ADVISORY  READ -1 fe:00:12 0 9";

	tells("", LOOK(SHARED(held, 0, 0, 0), SHARED(held, 0, 0, 0)));
	tells("acquired 0 0-9", LOOK(SHARED(held, 0, 0, 0), SHARED(held, 0, 0, 0), SHARED(held, 0, 0, 0)));
	tells("released 0 0-9 held 2000+; released 0 0-9 held 2000", LOOK(SHARED(held, 0, 0, 0)));
}

Test(diff, lease)
{
	const char *breaker = "1: -> LEASE  BREAKER   WRITE 200 <none>:0 0 EOF",
		   *breaking = "1: LEASE  BREAKING  UNLCK 100 fe:00:12 0 EOF";

	tells("", LOOK(HELD("1: LEASE  ACTIVE    READ 100 fe:00:12 0 EOF", 100, 3)));
	tells("breaking 100 whole held 2000+; waiting 200 whole waited 50",
	      LOOK(HELD(breaking, 100, 3), WAIT(breaker, 200, 200, -1, 50)));
	tells("", LOOK(HELD(breaking, 100, 3), WAIT(breaker, 200, 200, -1, 2050)));
	tells("released 100 whole held 4000+", NOTHING);
	tells("granted 200 whole waited 4050?", NOTHING);
}

#define CIRCLE \
	LOOK(HELD("1: FLOCK  ADVISORY  WRITE 100 fe:00:11 0 EOF", 100, 3), \
	     WAIT("1: -> FLOCK  ADVISORY  WRITE 200 fe:00:11 0 EOF", 200, 200, 3, 400), \
	     HELD("2: FLOCK  ADVISORY  WRITE 200 fe:00:12 0 EOF", 200, 4), \
	     WAIT("2: -> FLOCK  ADVISORY  WRITE 100 fe:00:12 0 EOF", 100, 100, 4, 300))

Test(diff, deadlock)
{
	tells("", NOTHING);
	tells("acquired 100 whole; acquired 200 whole; waiting 200 whole waited 400; waiting 100 whole waited 300; deadlock waited 300",
	      CIRCLE);
	tells("", CIRCLE);
	tells("", LOOK(HELD("1: FLOCK  ADVISORY  WRITE 100 fe:00:11 0 EOF", 100, 3),
		       HELD("2: FLOCK  ADVISORY  WRITE 200 fe:00:12 0 EOF", 200, 4)));
	tells("", CIRCLE);
	tells("released 200 whole held 8000; granted 100 whole waited 8300",
	      LOOK(HELD("1: FLOCK  ADVISORY  WRITE 100 fe:00:11 0 EOF", 100, 3),
		   HELD("2: FLOCK  ADVISORY  WRITE 100 fe:00:12 0 EOF", 100, 4)));
	tells("released 100 whole held 10000; released 100 whole held 2000; gave_up 200 whole waited 8400?; deadlock_over waited 8300",
	      NOTHING);
}

Test(diff, deadlock_at_the_first_look)
{
	tells("waiting 200 whole waited 400+; waiting 100 whole waited 300+; deadlock waited 300+", CIRCLE);
}

/* ---- many ---- */

#define MANY 50000

static struct fact *many_facts(size_t shift)
{
	struct fact *facts = calloc(MANY + 1, sizeof(*facts));

	for (size_t i = 0; i < MANY; i++) {
		char *line = NULL;

		cr_assert_geq(asprintf(&line, "1: POSIX  ADVISORY  WRITE 100 fe:00:%zu %zu %zu", i % 8, i * 10 + shift,
				       i * 10 + shift),
			      0);
		facts[i] = (struct fact)HELD(line, 100, 3);
	}
	return facts;
}

static void free_facts(struct fact *facts)
{
	for (size_t i = 0; facts[i].line; i++)
		free((char *)facts[i].line);
	free(facts);
}

static size_t feed(const struct fact *facts, double *ret_ms)
{
	struct lk_snapshot *s = snapshot_of(facts);
	const struct lk_event *events;
	double t = lk_io_now_ms_exact();
	size_t n;

	now += 2000;
	n = lk_diff_feed(diff, s, now, 2000, &events);
	*ret_ms = lk_io_now_ms_exact() - t;
	return n;
}

/* All of them gone, and as many new ones: nothing in it may be quadratic. */
Test(diff, many)
{
	struct fact *a = many_facts(0), *b = many_facts(1);
	double ms;

	cr_expect_eq(feed(a, &ms), 0);
	cr_expect_eq(feed(a, &ms), 0);
	/* And a gap, since most are new. */
	cr_expect_eq(feed(b, &ms), 2 * MANY + 1);
	cr_expect_lt(ms, 3000, "%g ms", ms);
	free_facts(a);
	free_facts(b);
}
