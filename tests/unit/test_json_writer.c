/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of JSON by itself; where it can, jansson reads what was written and writes the same again. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

/* Something of everything. */
static void put_sample(struct lk_json *j)
{
	lk_json_begin(j, NULL);
	lk_json_string(j, "type", "flock");
	lk_json_null(j, "end");
	lk_json_bool(j, "whole", true);
	lk_json_begin_list(j, "none");
	lk_json_end(j);
	lk_json_begin(j, "file");
	lk_json_bytes(j, "path", "/a b");
	lk_json_bytes(j, "comm", "\xff");
	lk_json_end(j);
	lk_json_begin_list(j, "holders");
	for (int pid = 7; pid < 9; pid++) {
		lk_json_begin(j, NULL);
		lk_json_number(j, "pid", pid);
		lk_json_number_if(j, "tid", pid, false);
		lk_json_end(j);
	}
	lk_json_begin(j, NULL);
	lk_json_end(j);
	lk_json_end(j);
	lk_json_begin_list(j, "ids");
	lk_json_hex(j, NULL, 0xabc, 4);
	lk_json_decimal(j, NULL, UINT64_MAX);
	lk_json_end(j);
	lk_json_end(j);
}

static char *laid_out(enum lk_json_layout layout)
{
	struct lk_json j = { .layout = layout };
	char *s;

	put_sample(&j);
	s = strdup(lk_buf_str(&j.text));
	cr_assert_eq(lk_json_done(&j), 0);
	return s;
}

Test(json_writer, compact)
{
	lk_auto_mem char *s = laid_out(LK_JSON_COMPACT);

	cr_assert_str_eq(
		s,
		"{\"type\":\"flock\",\"end\":null,\"whole\":true,\"none\":[],\"file\":{\"path\":\"/a b\",\"path_b64\":null,"
		"\"comm\":\"\\uFFFD\",\"comm_b64\":\"/w==\"},\"holders\":[{\"pid\":7,\"tid\":null},{\"pid\":8,\"tid\":null},{}],"
		"\"ids\":[\"0abc\",\"18446744073709551615\"]}\n");
}

Test(json_writer, indented)
{
	lk_auto_mem char *s = laid_out(LK_JSON_INDENTED), *compact = laid_out(LK_JSON_COMPACT);
	json_t *v = json_loads(compact, 0, NULL);
	lk_auto_mem char *expected = json_dumps(v, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	cr_assert_eq(s[strlen(s) - 1], '\n');
	s[strlen(s) - 1] = '\0';
	cr_assert_str_eq(s, expected);
	json_decref(v);
}

Test(json_writer, fields)
{
	lk_auto_mem char *s = laid_out(LK_JSON_FIELDS);

	cr_assert_str_eq(s, "type: flock\n"
			    "end: null\n"
			    "whole: true\n"
			    "none: none\n"
			    "file:\n"
			    "  path: /a b\n"
			    "  path_b64: null\n"
			    "  comm: \\uFFFD\n"
			    "  comm_b64: /w==\n"
			    "holders:\n"
			    "  - pid: 7\n"
			    "    tid: null\n"
			    "  - pid: 8\n"
			    "    tid: null\n"
			    "- none\n"
			    "ids:\n"
			    "- 0abc\n"
			    "- 18446744073709551615\n");
}

Test(json_writer, each_row_and_each_outermost_value_is_a_line)
{
	struct lk_json j = { .layout = LK_JSON_COMPACT };

	lk_json_begin(&j, NULL);
	lk_json_begin_rows(&j, "rows");
	for (int i = 0; i < 2; i++) {
		lk_json_begin(&j, NULL);
		lk_json_end(&j);
	}
	lk_json_end(&j);
	lk_json_begin_rows(&j, "empty");
	lk_json_end(&j);
	lk_json_end(&j);
	lk_json_begin_list(&j, NULL);
	lk_json_end(&j);
	cr_assert_str_eq(lk_buf_str(&j.text), "{\"rows\":[\n{},\n{}],\"empty\":[]}\n[]\n");
	lk_json_done(&j);
}

static void check_real(double v, const char *expected)
{
	struct lk_json j = { .layout = LK_JSON_COMPACT };

	lk_json_real(&j, NULL, v);
	cr_assert_str_eq(lk_buf_str(&j.text), expected);
	lk_json_done(&j);
}

Test(json_writer, numbers)
{
	struct lk_json j = { .layout = LK_JSON_COMPACT };

	lk_json_begin_list(&j, NULL);
	lk_json_number(&j, NULL, INT64_MIN);
	lk_json_number(&j, NULL, INT64_MAX);
	lk_json_unsigned(&j, NULL, UINT64_MAX);
	lk_json_number_if(&j, NULL, 0, true);
	lk_json_end(&j);
	cr_assert_str_eq(lk_buf_str(&j.text), "[-9223372036854775808,9223372036854775807,18446744073709551615,0]\n");
	lk_json_done(&j);
	check_real(0, "0.0");
	check_real(11.4, "11.4");
	check_real(1e12, "1000000000000.0");
	check_real(0.1 + 0.2, "0.30000000000000004");
	check_real(1e300, "1e+300");
	check_real(-NAN, "null");
	check_real(INFINITY, "null");
}

static uint64_t dice_state;

static unsigned dice(unsigned n)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice_state >> 33) % n;
}

/* Bytes of any kind: ASCII, anything at all, code points of all lengths. */
static size_t random_text(char *s)
{
	unsigned kind = dice(3), n = dice(12);
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t cp = dice(2) ? dice(0x110000) : dice(0x900);

		if (kind == 2 && (cp < 0xd800 || cp > 0xdfff))
			at += lk_text_put_utf8(cp, s + at);
		else
			s[at++] = (char)(kind ? dice(256) : dice(128));
	}
	return at;
}

Test(json_writer, strings_are_read_back)
{
	for (dice_state = 1; dice_state <= 20000; dice_state++) {
		uint64_t seed = dice_state;
		struct lk_json j = { .layout = LK_JSON_COMPACT };
		char s[64];
		size_t n = random_text(s);
		bool exact, plain = lk_text_is_utf8(s, n) && !memchr(s, '\0', n);
		lk_auto_mem char *utf8 = lk_text_to_utf8(s, n);
		json_t *v, *text;

		lk_json_begin(&j, NULL);
		exact = lk_json_string_n(&j, "s", s, n);
		lk_json_base64(&j, "b", s, n);
		lk_json_end(&j);
		for (size_t i = 0; i + 1 < j.text.n; i++)
			cr_assert(j.text.v[i] >= 0x20 && j.text.v[i] < 0x7f);
		v = json_loadb(j.text.v, j.text.n, 0, NULL);
		cr_assert_not_null(v);
		text = json_object_get(v, "s");
		cr_assert_eq(exact, plain);
		if (plain)
			cr_assert_eq(json_string_length(text), n);
		if (!memchr(s, '\0', n))
			cr_assert_str_eq(json_string_value(text), utf8);
		json_decref(v);
		lk_json_done(&j);
		dice_state = seed;
	}
}

/* What is complete is written at once when it has become long, and all of it at the end. */
Test(json_writer, rows_are_written_as_they_come)
{
	char *out = NULL;
	size_t n;
	struct lk_json j = { .f = open_memstream(&out, &n) };

	lk_json_begin(&j, NULL);
	lk_json_begin_rows(&j, "rows");
	for (int i = 0; i < 100000; i++)
		lk_json_number(&j, NULL, i % 10);
	for (int i = 0; i < 100000; i++) {
		lk_json_begin(&j, NULL);
		lk_json_end(&j);
		cr_assert(i == 0 || j.text.n <= 100000);
	}
	lk_json_end(&j);
	lk_json_end(&j);
	cr_assert_eq(lk_json_done(&j), 0);
	fclose(j.f);
	cr_assert_eq(n, strlen("{\"rows\":[]}\n") + 100000 * strlen("\n1,") + 100000 * strlen("\n{},") - 1);
	free(out);
}

Test(json_writer, the_first_error_stays)
{
	lk_auto_file *f = fopen("/dev/full", "w");
	struct lk_json j = { .f = f };

	cr_assert_not_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	for (int i = 0; i < 100000; i++) {
		lk_json_begin(&j, NULL);
		lk_json_end(&j);
	}
	errno = 0;
	cr_assert_eq(lk_json_done(&j), -ENOSPC);
}
