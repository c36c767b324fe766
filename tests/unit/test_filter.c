/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "rows.h"
#include "table/filter.h"

/* Which rows match, as a word of 0 and 1. */
static void matches(const char *text, const char *want)
{
	struct lk_err err = { 0 };
	struct lk_filter *f = NULL;
	char got[N_ROWS + 1] = "";

	cr_assert_eq(lk_filter_parse(text, lk_column_list, &f, &err), 0, "'%s' was refused: %s", text,
		     lk_err_text(&err));
	for (size_t i = 0; i < N_ROWS; i++) {
		struct lk_row row = row_at(i);

		got[i] = lk_filter_match(f, &row) ? '1' : '0';
	}
	cr_expect_str_eq(got, want, "'%s': %s, not %s", text, got, want);
	lk_filter_free(f);
}

/* The message: a sentence, the expression, and a caret under byte `at`. */
static void refused(const char *text, const char *words, size_t at)
{
	struct lk_err err = { 0 };
	struct lk_filter *f = NULL;
	const char *message, *caret;

	cr_assert_eq(lk_filter_parse(text, lk_column_list, &f, &err), -EINVAL, "'%s' was accepted", text);
	cr_assert_null(f);
	message = lk_err_text(&err);
	caret = strrchr(message, '\n');
	cr_assert(caret, "'%s': no caret: %s", text, message);
	cr_expect(strstr(message, words), "'%s': %s", text, message);
	cr_expect_eq(strlen(caret), at + 4, "'%s': the caret is not under byte %zu: %s", text, at, message);
	lk_err_done(&err);
}

Test(filter, nothing_is_everything)
{
	struct lk_row row = row_at(0);

	cr_expect(lk_filter_match(NULL, &row));
	cr_expect_eq(lk_filter_needs(NULL), 0);
}

Test(filter, numbers)
{
	matches("pid==100", "1000");
	matches("PID == 0x64", "1000");
	matches("pid != 100", "0110");
	matches("pid<300", "1010");
	matches("pid <= 300", "1110");
	matches("pid>100", "0110");
	matches("pid>=100", "1110");
	matches("size_bytes > 1K", "1000");
	matches("SIZE==1536", "1000");
	matches("start > -1", "1111");
	matches("inode == 9223372036854775940", "0110");
	matches("inode > 100", "0110");
	matches("pid == \"100\"", "1000");
}

Test(filter, end_of_file)
{
	matches("end == EOF", "0111");
	matches("end < EOF", "1000");
	matches("length > 1G", "0111");
	matches("end == 199", "1000");
}

Test(filter, words_and_text)
{
	matches("type == ofd", "1000");
	matches("TYPE==\"OFD\"", "1000");
	matches("type != flock", "1001");
	matches("type == unknown", "0001");
	matches("state =~ ^WAIT", "0010");
	matches("comm == alpha", "1000");
	matches("comm != alpha", "0110");
	matches("path =~ \"\\.db$\"", "1000");
	matches("path !~ \"\\.db$\"", "0110");
	matches("path > /s", "1000");
	matches("maj:min == 254:0", "1000");
	matches("user == root || user == 1000", "1010");
	matches("holders =~ \"(^|,)200/\"", "1000");
}

Test(filter, quoting)
{
	matches("path == \"/srv/app.db\"", "1000");
	matches("path == \"a\\\"b\"", "0000");
	matches("path == \"a\\\\b\"", "0000");
	matches("path == \"\"", "0000");
	matches("path == \"null\"", "0000");
}

Test(filter, known_or_not)
{
	matches("pid == null", "0001");
	matches("pid != null", "1110");
	matches("deleted", "0110");
	matches("!deleted", "1001");
	matches("deleted == false", "1000");
	matches("deleted == true", "0110");
	matches("deleted == null", "0001");
	matches("fd", "1000");
	matches("fd != null", "1100");
	matches("path", "1110");
	matches("mandatory", "0001");
}

Test(filter, logic_and_precedence)
{
	matches("pid==100 || pid==300 && type==ofd", "1000");
	matches("(pid==100 || pid==300) && type==flock", "0100");
	matches("!(pid==100)", "0111");
	matches("! ! pid==100", "1000");
	matches("!pid==100", "0111");
	matches("pid==100&&type==ofd&&mode==read", "1000");
	matches(" ( ( type == flock ) ) ", "0110");
}

Test(filter, needs)
{
	struct lk_filter *f = NULL;

	cr_assert_eq(lk_filter_parse("unit =~ x && (user==root || cmdline)", lk_column_list, &f, NULL), 0);
	cr_expect_eq(lk_filter_needs(f), LK_NEED_CGROUP | LK_NEED_USER | LK_NEED_CMDLINE);
	lk_filter_free(f);
}

Test(filter, errors_point_at_the_place)
{
	refused("", "ends where a column", 0);
	refused("pdi==1", "\"pdi\"; did you mean PID", 0);
	refused("pid==1 && ", "ends where a column", 10);
	refused("pid==1 && hwo==exact", "\"hwo\"; did you mean HOW", 10);
	refused("pid=1", "write ==", 3);
	refused("pid==", "a value is expected", 5);
	refused("pid==x", "\"x\" is none", 5);
	refused("pid==1 type", "&&, || or the end", 7);
	refused("(pid==1", "parenthesis is not closed", 0);
	refused("pid==1)", "&&, || or the end", 6);
	refused("path==\"x", "no closing quote", 6);
	refused("path=~\"(\"", "bad regular expression", 6);
	refused("path=~\"((((a{200}){200}){200}))\"", "repeats too much", 6);
	refused("path=~\"a++++++++++++++++++++++++\"", "repeats too much", 6);
	refused("pid=~1", "for text", 5);
	refused("type==oft", "it is one of: posix, ofd", 6);
	refused("type<ofd", "has no order", 5);
	refused("deleted==yes", "true, false or null", 9);
	refused("pid<null", "null can only", 4);
	refused("inode==-1", "out of range", 7);
	refused("pid==99999999999999999999", "out of range", 5);
	refused("pid==9223372036854775808", "out of range", 5);
	refused("&& pid", "a column name is expected", 0);
	refused("==1", "a column name is expected", 0);
}

Test(filter, the_caret_counts_characters)
{
	refused("path==\xc3\xa9\xc3\xa9 )", "the end is expected", 9);
}

Test(filter, depth_and_size_are_bounded)
{
	lk_buf deep = { 0 }, wide = { 0 };
	struct lk_filter *f = NULL;

	for (size_t i = 0; i < 100000; i++)
		lk_buf_puts(&deep, i % 2 ? "(" : "!");
	cr_expect_eq(lk_filter_parse(lk_buf_str(&deep), lk_column_list, &f, NULL), -EINVAL);
	for (size_t i = 0; i < 100000; i++)
		lk_buf_puts(&wide, i ? "&&pid" : "pid");
	cr_expect_eq(lk_filter_parse(lk_buf_str(&wide), lk_column_list, &f, NULL), -EINVAL);
	cr_expect_null(f);
	lk_vec_done(&deep);
	lk_vec_done(&wide);
}
