/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/out_json.h"

/* A snapshot made by hand: a held lock on a file with a hostile name, and a waiter for it. */
static struct lk_proc holder_proc = { .pid = 2214,
				      .start_ticks = 136481,
				      .comm = "pg\x1b"
					      "dump",
				      .uid = 113,
				      .user = "postgres",
				      .state = 'T',
				      .started_unix_ms = 1795319000000 };
static struct lk_proc waiter_proc = { .pid = 3307,
				      .comm = "\xff",
				      .uid = -1,
				      .cmdline = "x\x7f \x80",
				      .unit = "x.service",
				      .session = 9,
				      .tracer = 8,
				      .tracer_comm = "\xff",
				      .tty = "pts/3",
				      .pid_ns = 4026531836,
				      .mnt_ns = 0 };
static struct lk_holder holder = { .pid = 2214, .fd = 4, .proc = &holder_proc };
static struct lk_holder waiter = { .pid = 3307, .tid = 3309, .fd = -1, .proc = &waiter_proc };
static struct lk_file file = {
	.key = { .major = 0xfe, .minor = 0, .ino = UINT64_C(9223372036854775940) },
	.size = 0,
	.path = "mnt:[4026532451]:/srv",
	.seen_path = "/srv/\n\"\\\xe2\x80\xae\xff",
	.deleted = LK_NO,
	.replaced = LK_UNKNOWN,
	.unreachable = LK_YES,
	.foreign_mnt_ns = 4026532451,
	.fstype = "ext4",
	.seen_mount_point = "/",
};
static struct lk_file no_file = { .key = { .none = true }, .size = -1, .deleted = LK_UNKNOWN, .replaced = LK_YES };
static const char *const because[] = { "mapped: a mapping may keep it", "in-flight: it may be on its way" };
static struct lk_lock locks[2];
static const struct lk_lock *const first[] = { &locks[0] }, *const second[] = { &locks[1] };
static const struct lk_lock *const rows[] = { &locks[0], &locks[1] };
static struct lk_problem problem = { .what = LK_UNREAD_FDINFO,
				     .text = "37 of 212 processes could not be read: run as root",
				     .code = -EACCES,
				     .count = 37 };
static struct lk_snapshot snapshot = {
	.host = { .scanner = "procfs", .host = "db\xe9", .boot_id = "", .time_unix_ms = INT64_C(1795319412123) },
	.end = { .scan_ms = 11.4321 },
	.problems = &problem,
	.n_problems = 1,
	.n_held = 12,
	.n_waiting = 2,
	.n_deadlocks = 1,
};

static void make_locks(void)
{
	locks[0] = (struct lk_lock){
		.id = 0xabc,
		.rec = { .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE, .pid = 2211, .range = { 0, LK_RANGE_EOF } },
		.state = LK_STATE_HELD,
		.how = LK_HOW_EXACT,
		.file = &file,
		.pid = 2214,
		.proc = &holder_proc,
		.holders = &holder,
		.n_holders = 1,
		.blocks = second,
		.n_blocks = 1,
		.wait_ms = -1,
		.wait_error_ms = -1
	};
	locks[1] =
		(struct lk_lock){ .id = UINT64_MAX,
				  .rec = { .type = LK_TYPE_OFD, .mode = LK_MODE_READ, .pid = -1, .range = { 10, 10 } },
				  .state = LK_STATE_STOPPED_WAITING,
				  .how = LK_HOW_MATCHED,
				  .file = &no_file,
				  .waiter = &waiter,
				  .no_holder_because = because,
				  .n_because = 2,
				  .blocked_by = first,
				  .n_blocked_by = 1,
				  .deadlock = 1,
				  .wait_ms = 192000,
				  .wait_error_ms = 10 };
}

TestSuite(json, .init = make_locks);

static char *printed(size_t n_rows, const struct lk_answer *answer, bool full, bool lines)
{
	struct lk_out_json_options o = { .full = full, .lines = lines };
	char *s = NULL;
	size_t n;
	FILE *f = open_memstream(&s, &n);

	cr_assert_eq(lk_out_json(f, &snapshot, rows, n_rows, answer, &o), 0);
	fclose(f);
	return s;
}

#define HEAD_ \
	"\"schema\":\"lockscope/1\",\"tool\":\"" PACKAGE_NAME " " PACKAGE_VERSION "\",\"scanner\":\"procfs\"," \
	"\"host\":\"db\\uFFFD\",\"boot_id\":null,\"time_unix_ms\":1795319412123,\"complete\":false,\"relations_complete\":true,\"errors\":[" \
	"{\"what\":\"fdinfo\",\"errno\":\"EACCES\",\"count\":37," \
	"\"text\":\"37 of 212 processes could not be read: run as root\",\"processes\":[]}]," \
	"\"summary\":{\"held\":12,\"waiting\":2,\"deadlocks\":1,\"scan_ms\":11.4}"

#define ROW_HELD \
	"{\"id\":\"0000000000000abc\",\"type\":\"flock\",\"mode\":\"write\",\"break_to\":null,\"break_deadline_ms\":null,\"state\":\"held\",\"start\":0,\"end\":null," \
	"\"to_eof\":true,\"whole_file\":true,\"meaning\":null,\"file\":{\"key\":\"fe:00:9223372036854775940\",\"dev_major\":254,\"dev_minor\":0," \
	"\"inode\":\"9223372036854775940\",\"path\":\"/srv/\\n\\\"\\\\\\u202E\\uFFFD\",\"path_b64\":\"L3Nydi8KIlzigK7/\"," \
	"\"name\":\"mnt:[4026532451]:/srv\",\"deleted\":false,\"replaced\":null,\"reachable\":false," \
	"\"foreign_mount_ns\":4026532451,\"size_bytes\":0,\"fstype\":\"ext4\",\"mount_point\":\"/\"},\"pid\":2214," \
	"\"how_known\":\"exact\",\"recorded_pid\":2211,\"holders\":[{\"pid\":2214,\"start_ticks\":136481,\"tid\":null,\"fd\":4," \
	"\"comm\":\"pg\\u001Bdump\",\"comm_b64\":null,\"uid\":113,\"user\":\"postgres\",\"process_state\":\"stopped\"," \
	"\"started_unix_ms\":1795319000000}],\"no_holder_because\":[]," \
	"\"waiter\":null,\"blocked_by\":[],\"blocks\":[\"ffffffffffffffff\"],\"deadlock\":null,\"wait_ms\":null," \
	"\"wait_error_ms\":null}"

#define WAITER_ \
	"{\"pid\":3307,\"start_ticks\":null,\"tid\":3309,\"fd\":null,\"comm\":\"\\uFFFD\",\"comm_b64\":\"/w==\",\"uid\":null," \
	"\"user\":null,\"process_state\":null,\"started_unix_ms\":null"

#define ROW_WAITING(waiter_) \
	"{\"id\":\"ffffffffffffffff\",\"type\":\"ofd\",\"mode\":\"read\",\"break_to\":null,\"break_deadline_ms\":null,\"state\":\"stopped_waiting\",\"start\":10,\"end\":10," \
	"\"to_eof\":false,\"whole_file\":false,\"meaning\":null,\"file\":{\"key\":null,\"dev_major\":null,\"dev_minor\":null,\"inode\":null," \
	"\"path\":null,\"path_b64\":null,\"name\":null,\"deleted\":null,\"replaced\":true," \
	"\"reachable\":null,\"foreign_mount_ns\":null,\"size_bytes\":null,\"fstype\":null," \
	"\"mount_point\":null},\"pid\":null,\"how_known\":\"matched\",\"recorded_pid\":-1,\"holders\":[]," \
	"\"no_holder_because\":[\"mapped: a mapping may keep it\",\"in-flight: it may be on its way\"],\"waiter\":" waiter_ \
	"," \
	"\"blocked_by\":[\"0000000000000abc\"],\"blocks\":[],\"deadlock\":1,\"wait_ms\":192000," \
	"\"wait_error_ms\":10}"

Test(json, document)
{
	lk_auto_mem char *s = printed(2, NULL, false, false);

	cr_assert_str_eq(s, "{" HEAD_ ",\"locks\":[\n" ROW_HELD ",\n" ROW_WAITING(WAITER_ "}") "]}\n");
}

Test(json, empty_document)
{
	lk_auto_mem char *s = printed(0, NULL, false, false);

	cr_assert_str_eq(s, "{" HEAD_ ",\"locks\":[]}\n");
}

Test(json, lines)
{
	lk_auto_mem char *s = printed(2, NULL, false, true);
	lk_auto_mem char *none = printed(0, NULL, false, true);

	cr_assert_str_eq(s, "{" HEAD_ "}\n" ROW_HELD "\n" ROW_WAITING(WAITER_ "}") "\n");
	cr_assert_str_eq(none, "{" HEAD_ "}\n");
}

Test(json, full)
{
	lk_auto_mem char *s = printed(2, NULL, true, true);
	const char *held = strstr(s, "\"holders\":[{");

	cr_assert_not_null(strstr(
		s,
		ROW_WAITING(
			WAITER_
			",\"parent\":null,\"session\":{\"pid\":9,\"comm\":null,\"comm_b64\":null},"
			"\"tracer\":{\"pid\":8,\"comm\":\"\\uFFFD\",\"comm_b64\":\"/w==\"},\"tty\":\"pts/3\",\"cmdline\":\"x\\u007F \\uFFFD\",\"cmdline_b64\":\"eH8ggA==\","
			"\"unit\":\"x.service\",\"user_unit\":null,\"container\":null,\"namespaces\":{\"pid\":4026531836,\"mnt\":null,\"user\":null}}")));
	cr_assert_not_null(held);
	cr_assert_not_null(strstr(
		held,
		"\"parent\":null,\"session\":null,\"tracer\":null,\"tty\":null,\"cmdline\":null,\"cmdline_b64\":null,\"unit\":null,\"user_unit\":null,\"container\":null,"
		"\"namespaces\":{\"pid\":null,\"mnt\":null,\"user\":null}}"));
}

Test(json, answer)
{
	int pids[] = { 2214, 9 };
	struct lk_fact_file resolved = {
		.key = { .major = 8, .minor = 1, .ino = 5 }, .size = -1, .path = "/a", .replaced = LK_NO
	};
	struct lk_answer_file files[] = {
		{ .path = "a",
		  .file = &resolved,
		  .locked = LK_YES,
		  .holders = pids,
		  .n_holders = 2,
		  .waiters = pids,
		  .n_waiters = 1 },
		{ .path = "\xff", .locked = LK_UNKNOWN, .reason = "It lives elsewhere." },
	};
	struct lk_answer answer = { .verb = "who", .files = files, .n_files = 2, .locked = LK_YES };
	lk_auto_mem char *s = printed(0, &answer, false, false);

	cr_assert_str_eq(
		s,
		"{" HEAD_ ",\"answer\":{\"verb\":\"who\",\"locked\":true,\"files\":[{\"path\":\"a\",\"path_b64\":null,"
		"\"file\":{\"key\":\"08:01:5\",\"dev_major\":8,\"dev_minor\":1,\"inode\":\"5\",\"path\":\"/a\",\"path_b64\":null,"
		"\"name\":\"/a\",\"deleted\":false,\"replaced\":false,\"reachable\":true,\"foreign_mount_ns\":null,"
		"\"size_bytes\":null,\"fstype\":null,\"mount_point\":null},"
		"\"locked\":true,\"holders\":[2214,9],\"waiters\":[2214],\"reason\":null,\"lockfile\":null,\"sqlite\":null,\"may_have_mutex\":false,\"uses\":[],\"uses_complete\":null,\"uses_unread_count\":null,\"uses_unread\":[],"
		"\"companions\":[],\"locked_below\":null,\"deleted_namesakes\":[]},"
		"{\"path\":\"\\uFFFD\",\"path_b64\":\"/w==\",\"file\":null,\"locked\":null,\"holders\":[],\"waiters\":[],"
		"\"reason\":\"It lives elsewhere.\",\"lockfile\":null,\"sqlite\":null,\"may_have_mutex\":false,\"uses\":[],\"uses_complete\":null,\"uses_unread_count\":null,\"uses_unread\":[],"
		"\"companions\":[],\"locked_below\":null,\"deleted_namesakes\":[]}]},\"locks\":[]}\n");
}

Test(json, answer_with_uses)
{
	struct lk_use list[] = {
		{ .file = 0,
		  .kind = LK_USE_OPEN,
		  .pid = 7,
		  .start_ticks = 9,
		  .comm = "a\xff",
		  .fd = 0,
		  .certain = true },
		{ .file = 0,
		  .kind = LK_USE_OPEN,
		  .pid = 8,
		  .comm = "locker",
		  .fd = 3,
		  .certain = true,
		  .locked = true },
		{ .file = 1, .kind = LK_USE_CWD, .pid = 7, .comm = "other", .fd = -1, .certain = true },
		{ .file = 0, .kind = LK_USE_LOOP, .fd = -1, .what = "/dev/loop0", .below = true },
	};
	struct lk_fact_unread unread = { .pid = 1, .code = -EACCES, .comm = "in\xffit" };
	struct lk_uses uses = { .v = { list, 4, 4 }, .n_procs = 3, .n_unreadable = 2, .unread = { &unread, 1, 1 } };
	static const int locker[] = { 8 };
	struct lk_answer_companion beside = {
		.path = "a\xff.lock", .locked = LK_YES, .holders = locker, .n_holders = 1
	};
	struct lk_answer_file asked = { .path = "a",
					.locked = LK_NO,
					.uses = &uses,
					.uses_file = 0,
					.companions = &beside,
					.n_companions = 1,
					.has_locked_below = true,
					.locked_below = 2 };
	struct lk_answer answer = { .verb = "who", .files = &asked, .n_files = 1, .locked = LK_NO };
	lk_auto_mem char *s = printed(0, &answer, false, false);

	cr_assert(
		strstr(s,
		       "\"uses\":[{\"kind\":\"open\",\"pid\":7,\"start_ticks\":9,\"comm\":\"a\\uFFFD\",\"comm_b64\":\"Yf8=\",\"fd\":0,"
		       "\"what\":null,\"what_b64\":null,\"below\":false,\"certain\":true},{\"kind\":\"loop\",\"pid\":null,\"start_ticks\":null,\"comm\":null,"
		       "\"comm_b64\":null,\"fd\":null,\"what\":\"/dev/loop0\",\"what_b64\":null,\"below\":true,\"certain\":false}],\"uses_complete\":false,"
		       "\"uses_unread_count\":2,\"uses_unread\":[{\"pid\":1,\"comm\":\"in\\uFFFDit\",\"comm_b64\":\"aW7/aXQ=\",\"errno\":\"EACCES\"}],"
		       "\"companions\":[{\"path\":\"a\\uFFFD.lock\",\"path_b64\":\"Yf8ubG9jaw==\",\"overlay\":false,\"locked\":true,"
		       "\"holders\":[8],\"lockfile\":null}],\"locked_below\":2,\"deleted_namesakes\":[]}"),
		"%s", s);
}

Test(json, answer_of_waits)
{
	static const int pids[] = { 9, 10 };
	struct lk_cycle cycles[] = {
		{ .dead = true,
		  .number = 1,
		  .rows = rows,
		  .n_rows = 2,
		  .pids = pids,
		  .n_pids = 2,
		  .breakers = pids,
		  .n_breakers = 1 },
		{ .rows = rows, .n_rows = 1, .pids = pids, .n_pids = 1, .escape_pid = 9, .escape = "It can." },
	};
	struct lk_answer_root roots[] = {
		{ .lock = &locks[0], .pids = pids, .n_pids = 2, .n_behind = 3, .oldest_wait_ms = 4 },
		{ .n_behind = 1, .oldest_wait_ms = -1 },
	};
	struct lk_answer_waits waits = { .cycles = cycles, .n_cycles = 2, .roots = roots, .n_roots = 2 };
	struct lk_answer answer = { .verb = "waits", .waits = &waits };
	lk_auto_mem char *s = printed(0, &answer, false, false);

	cr_assert_str_eq(
		s,
		"{" HEAD_ ",\"answer\":{\"verb\":\"waits\",\"deadlocks\":[{\"number\":1,\"pids\":[9,10],"
		"\"rows\":[\"0000000000000abc\",\"ffffffffffffffff\"],\"breakers\":[9]}],"
		"\"cycles\":[{\"pids\":[9],\"rows\":[\"0000000000000abc\"],\"escape_pid\":9,\"escape\":\"It can.\"}],"
		"\"roots\":[{\"id\":\"0000000000000abc\",\"pids\":[9,10],\"n_behind\":3,\"oldest_wait_ms\":4},"
		"{\"id\":null,\"pids\":[],\"n_behind\":1,\"oldest_wait_ms\":null}]},\"locks\":[]}\n");
}

/* Numbers no clock or kernel gives, as a capture may hold them. */
Test(json, absurd_numbers_stay_valid)
{
	lk_auto_mem char *s = NULL;

	snapshot.end.scan_ms = 1e300;
	holder_proc.start_ticks = UINT64_MAX;
	locks[0].rec.pid = INT64_MIN;
	s = printed(1, NULL, false, false);
	cr_assert_not_null(strstr(s, "\"scan_ms\":0.0}"));
	cr_assert_not_null(strstr(s, "\"start_ticks\":null"));
	cr_assert_not_null(strstr(s, "\"recorded_pid\":-9223372036854775808"));
}

Test(json, full_disk_is_an_error)
{
	struct lk_out_json_options o = { 0 };
	lk_auto_file *f = fopen("/dev/full", "w");

	cr_assert_not_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	cr_assert_eq(lk_out_json(f, &snapshot, rows, 2, NULL, &o), -ENOSPC);
}
