/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/vec.h"
#include "source/capture/capture.h"

#define HEAD "{\"capture\":\"lockscope-capture/1\"}\n"
#define HOST \
	"{\"fact\":\"host\",\"scanner\":\"procfs\",\"host\":\"h\",\"boot_id\":\"\",\"time_unix_ms\":1,\"euid\":0," \
	"\"initial_pidns\":true,\"has_locks_file\":true}"
#define REC "\"rec\":{\"type\":\"posix\",\"mode\":\"read\",\"pid\":7,\"key\":\"fe:00:12\",\"start\":0,\"end\":null}"
#define LOCK "{\"fact\":\"lock\",\"line\":1," REC "}"
#define END "{\"fact\":\"end\",\"stable\":true,\"scan_ms\":1.5}"

/* ---- what is refused, and what is said ---- */

struct refused {
	const char *text, *words; /* of the message */
};

static const struct refused refusals[] = {
	{ "", "line 1: this is not a capture" },
	{ "[]", "this is not a capture" },
	{ "{}", "this is not a capture" },
	{ "{\"schema\":\"lockscope/1\",\"locks\":[]}", "this is not a capture" },
	{ "{\"capture\":\"lockscope-capture/2\"}", "another format than lockscope-capture/1" },
	{ "{\"capture\":1}", "this is not a capture" },
	{ "{\"capture\":\"lockscope-capture/1\",\"x\":[1,}", "line 1: this is not a capture" },
	{ "{\"capture\":\"lockscope-capture/1\"}", "not whole" },
	{ HEAD HOST, "not whole" },
	{ HEAD HOST "\n", "not whole" },
	{ HEAD HOST "\n\n" END, "line 3, column 1: not JSON" },
	{ HEAD HOST "\n" END "\nx", "line 4, column 1: not JSON" },
	{ HEAD HOST "\n" END "x", "line 3, column 43: not JSON" },
	{ HEAD HOST "\n" END "\n" END, "line 4 (end): nothing may follow the fact 'end'" },
	{ HEAD HOST "\n" HOST "\n" END, "only one fact 'host'" },
	{ HEAD END, "line 2 (end): the first fact must be 'host'" },
	{ HEAD HOST "\n{\"fact\":\"orphan\",\"key\":\"0:0:1\"}\n" LOCK "\n" END,
	  "line 4 (lock): facts 'lock' must stand" },
	{ HEAD HOST "\n5\n" END, "line 3, column 1: not JSON" },
	{ HEAD HOST "\n[5]\n" END, "line 3: it is not an object" },
	{ HEAD HOST "\n{\"fact\":\"ghost\"}\n" END,
	  "line 3: a fact of a kind that this version does not know: 'ghost'" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"line\":}\n" END, "line 3, column 23: not JSON" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"fact\":\"fd\"}\n" END, "not JSON: duplicate object key" },
	{ HEAD HOST "\n{\"fact\":\"lock", "line 3, column 13: not JSON" },
	{ HEAD HOST "\n{\"fact\":[", "line 3, column 9: not JSON" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"line\":1}\n" END, "line 3 (lock): 'rec' is missing" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"line\":1,\"rec\":4}\n" END, "'rec' must be an object" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"line\":-1," REC "}\n" END, "'line' must be a whole number, not negative" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"line\":1.5," REC "}\n" END, "'line' must be a whole number, not negative" },
	{ HEAD HOST "\n{\"fact\":\"lock\",\"line\":\"18446744073709551616\"," REC "}\n" END, "'line' must be a whole" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":0}\n" END, "'pid' is out of range" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":2147483648}\n" END, "'pid' is out of range" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":null}\n" END, "'pid' is missing" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":1,\"state\":\"RR\"}\n" END,
	  "'state' must be one printable character" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":1,\"zombie\":1}\n" END, "'zombie' must be true or false" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":1,\"user\":\"a\",\"user_b64\":\"YQBi\"}\n" END,
	  "must not hold a zero byte" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":1,\"user\":\"a\",\"user_b64\":\"%\"}\n" END,
	  "'user_b64' must be base64" },
	{ HEAD HOST "\n{\"fact\":\"proc\",\"pid\":1,\"user\":[]}\n" END, "'user' must be a string" },
	{ HEAD HOST "\n{\"fact\":\"orphan\",\"key\":\"fe:00\"}\n" END, "'key' must be MAJOR:MINOR:INODE" },
	{ HEAD HOST
	  "\n{\"fact\":\"denied\",\"what\":\"x\",\"text\":\"\",\"hides_locks\":true,\"errno\":\"EWHAT\"}\n" END,
	  "'errno' must be the name of an error" },
	{ HEAD HOST "\n{\"fact\":\"end\",\"stable\":true,\"scan_ms\":-1}", "'scan_ms' must be a number, not negative" },
};

/* Of a text that repeats the middle. */
static int open_repeated(const char *head, const char *middle, size_t times, const char *tail, struct lk_err *err)
{
	struct lk_source *src = NULL;
	lk_buf b = { 0 };
	int rc;

	lk_buf_puts(&b, head);
	for (size_t i = 0; i < times; i++)
		lk_buf_puts(&b, middle);
	lk_buf_puts(&b, tail);
	rc = lk_capture_open_text("x.json", b.v, b.n, &src, err);
	lk_source_free(src);
	lk_vec_done(&b);
	return rc;
}

/* What a line may make of memory is bounded. */
Test(capture_read, lines_are_bounded)
{
	struct lk_err values = { 0 }, length = { 0 };

	cr_assert_eq(open_repeated(HEAD HOST "\n{\"fact\":\"end\",\"stable\":true,\"x\":[0", ",0", 4000, "]}", NULL),
		     0);
	cr_assert_eq(open_repeated(HEAD HOST "\n{\"fact\":\"end\",\"x\":[0", ",0", 5000, "]}", &values), -EINVAL);
	cr_expect_not_null(strstr(lk_err_text(&values), "line 3: it has too many values"));
	cr_assert_eq(open_repeated(HEAD HOST "\n{\"x\":\"", "0123456789abcdef", (size_t)1 << 20, "\"}", &length),
		     -EINVAL);
	cr_expect_not_null(strstr(lk_err_text(&length), "line 3: it is too long"));
	lk_err_done(&values);
	lk_err_done(&length);
}

Test(capture_read, refusals_name_the_place)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refused *r = &refusals[i];
		struct lk_source *src = NULL;
		struct lk_err err = { 0 };
		int rc = lk_capture_open_text("x.json", r->text, strlen(r->text), &src, &err);

		cr_expect_eq(rc, -EINVAL, "%zu: %s", i, r->text);
		cr_expect_null(src);
		cr_expect_eq(strncmp(lk_err_text(&err), "x.json: ", 8), 0, "%zu: %s", i, lk_err_text(&err));
		cr_expect_not_null(strstr(lk_err_text(&err), r->words), "%zu: %s", i, lk_err_text(&err));
		lk_err_done(&err);
	}
}

/* One field of a record replaced. */
static int open_with_record(const char *field, struct lk_err *err)
{
	lk_auto_mem char *text = NULL;
	struct lk_source *src = NULL;
	int rc;

	cr_assert_gt(asprintf(&text, HEAD HOST "\n{\"fact\":\"lock\",\"line\":1,\"rec\":{%s}}\n" END, field), 0);
	rc = lk_capture_open_text("x.json", text, strlen(text), &src, err);
	lk_source_free(src);
	return rc;
}

Test(capture_read, records_are_checked)
{
#define BODY "\"type\":\"posix\",\"mode\":\"read\",\"pid\":1,\"key\":\"0:0:1\","
	static const struct refused cases[] = {
		{ BODY "\"start\":0", "'rec.end' is missing" },
		{ BODY "\"start\":-1,\"end\":null", "'rec.start' is out of range" },
		{ BODY "\"start\":5,\"end\":4", "'rec.end' is before 'rec.start'" },
		{ BODY "\"start\":0,\"end\":null,\"type_word\":\"12345678901234567890123456789012\"",
		  "'rec.type_word' is too long" },
		{ BODY "\"start\":0,\"end\":null,\"phase\":\"asleep\"", "'rec.phase' is not a word" },
		{ BODY "\"start\":0,\"end\":null,\"depth\":4294967296", "'rec.depth' is out of range" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lk_err err = { 0 };

		cr_expect_eq(open_with_record(cases[i].text, &err), -EINVAL, "%zu", i);
		cr_expect_not_null(strstr(lk_err_text(&err), cases[i].words), "%zu: %s", i, lk_err_text(&err));
		lk_err_done(&err);
	}
	cr_assert_eq(open_with_record(BODY "\"start\":5,\"end\":5,\"new\":[{}]", NULL), 0);
}

/* ---- resolve ---- */

static struct lk_source *open_ok(const char *s, size_t n)
{
	struct lk_err err = { 0 };
	struct lk_source *src = NULL;
	int rc = lk_capture_open_text("test", s, n, &src, &err);

	cr_assert_eq(rc, 0, "%s", lk_err_text(&err));
	return src;
}

#define FD(pid, file) "{\"fact\":\"fd\",\"pid\":" #pid ",\"fd\":3," REC ",\"file\":{" file "}}\n"
static const char files[] = HEAD HOST "\n" LOCK "\n" FD(1, "\"key\":\"fe:00:12\",\"path\":\"/a\",\"size\":9") FD(
	2, "\"key\":\"fe:00:12\",\"path\":\"/a\",\"has_stat\":true,\"st_ino\":12,\"size\":10")
	FD(3, "\"key\":\"fe:00:13\",\"path\":\"/b\",\"deleted\":true") FD(4, "\"key\":\"fe:00:14\",\"path\":\"/c\"")
		FD(5,
		   "\"key\":\"fe:00:15\",\"path\":\"/c\"") FD(6,
							      "\"key\":\"fe:00:16\",\"path\":\"/d\",\"replaced\":true")
			FD(7, "\"key\":\"fe:00:17\",\"path\":\"/d\"")
				FD(8, "\"key\":\"fe:00:18\",\"path\":\"/e\",\"has_stat\":true,\"st_ino\":1")
					FD(9, "\"key\":\"fe:00:18\",\"path\":\"/f\",\"has_stat\":true,\"st_ino\":2")
						FD(10, "\"key\":\"fe:00:19\",\"path\":\"?\",\"path_b64\":\"L/8=\"") END;

static int resolve(struct lk_source *src, const char *path, struct lk_fact_file *ret, const char *words)
{
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(src, path, true, ret, &err);

	if (words)
		cr_expect_not_null(strstr(lk_err_text(&err), words), "%s: %s", path, lk_err_text(&err));
	lk_err_done(&err);
	return rc;
}

Test(capture_read, resolves_by_path_and_by_key)
{
	struct lk_source *src = open_ok(files, sizeof(files) - 1);
	struct lk_fact_file f = { 0 };

	cr_assert_eq(resolve(src, "/a", &f, NULL), 0);
	cr_assert_eq(f.size, 10, "the file fact that knows more is taken");
	cr_assert_eq(resolve(src, "/b", &f, "deleted or replaced"), -ENODATA);
	cr_assert_eq(resolve(src, "/c", &f, "several files"), -ENODATA);
	cr_assert_eq(resolve(src, "/d", &f, NULL), 0);
	cr_assert_eq(f.key.ino, 17);
	cr_assert_eq(resolve(src, "/\xff", &f, NULL), 0);
	cr_assert_eq(f.key.ino, 19);
	cr_assert_eq(resolve(src, "/x", &f, "/x is not among the files"), -ENODATA);
	cr_assert_eq(resolve(src, "fe:00:13", &f, NULL), 0);
	cr_assert_str_eq(f.path, "/b");
	cr_assert_eq(resolve(src, "fe:00:18", &f, "several files"), -ENODATA);
	cr_assert_eq(resolve(src, "fe:00:99", &f, "not among"), -ENODATA);
	lk_source_free(src);
}

Test(capture_read, a_directory_has_no_key)
{
	static const char text[] = HEAD HOST "\n" FD(1, "\"key\":\"fe:00:12\",\"path\":\"/srv/dump/a\"") END;
	static const char *const dirs[] = { "/", "/srv", "/srv/", "/srv/dump" }, *const others[] = { "/sr", "/srv/dum",
												     "srv", "", "." };
	struct lk_source *src = open_ok(text, sizeof(text) - 1);
	struct lk_fact_file f = { 0 };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		cr_expect_eq(resolve(src, dirs[i], &f, NULL), 0, "%s", dirs[i]);
		cr_expect(f.key.none && strcmp(f.path, dirs[i]) == 0);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		cr_expect_eq(resolve(src, others[i], &f, "not among"), -ENODATA, "%s", others[i]);
	lk_source_free(src);
}

Test(capture_read, resolves_a_key_that_only_a_lock_line_has)
{
	static const char text[] = HEAD HOST
		"\n" LOCK
		"\n{\"fact\":\"mount\",\"major\":254,\"minor\":0,\"fstype\":\"nfs4\",\"mount_point\":\"/n\",\"local\":false,"
		"\"keys_unique\":true}\n" END;
	struct lk_source *src = open_ok(text, sizeof(text) - 1);
	struct lk_fact_file f = { 0 };

	cr_assert_eq(resolve(src, "fe:00:12", &f, NULL), 0);
	cr_assert_eq(f.key.ino, 12);
	cr_assert_eq(f.local, LK_NO);
	cr_assert_null(f.path);
	cr_assert_eq(f.size, -1);
	lk_source_free(src);
}
