/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "tui/term/canvas.h"

static void start(struct lk_canvas *c, int w, int h)
{
	cr_assert(setlocale(LC_ALL, "C.UTF-8"));
	*c = (struct lk_canvas){ .utf8 = true };
	lk_canvas_resize(c, w, h);
}

static void expect(struct lk_canvas *c, const char *want)
{
	lk_buf out = { 0 };

	lk_canvas_dump(c, &out);
	cr_expect_str_eq(lk_buf_str(&out), want);
	lk_vec_done(&out);
	lk_canvas_done(c);
}

Test(tui_canvas, wide_characters_are_never_halved)
{
	struct lk_canvas c;

	start(&c, 6, 2);
	cr_expect_eq(lk_canvas_put(&c, 0, 0, 5, LK_STYLE_PLAIN, "a漢字b"), 5);
	lk_canvas_put(&c, 0, 1, 6, LK_STYLE_PLAIN, "漢字漢");
	/* The right half of the second is overwritten. */
	lk_canvas_put(&c, 3, 1, 1, LK_STYLE_PLAIN, "x");
	expect(&c, "a漢字\n漢 x漢\n");
}

Test(tui_canvas, combining_characters_stay_with_their_base)
{
	struct lk_canvas c;

	start(&c, 4, 1);
	cr_expect_eq(lk_canvas_put(&c, 0, 0, 4, LK_STYLE_PLAIN, "e\xcc\x81x"), 2);
	expect(&c, "e\xcc\x81x\n");
}

Test(tui_canvas, bytes_of_the_machine_are_made_safe)
{
	static const char name[] = "/tmp/\x1b]0;owned\x07\xff.lock";
	struct lk_canvas c;

	start(&c, 40, 1);
	lk_canvas_bytes(&c, 0, 0, 40, LK_STYLE_PLAIN, LK_FIT_LEFT, name, strlen(name));
	expect(&c, "/tmp/\\x1b]0;owned\\x07\\xff.lock\n");
}

Test(tui_canvas, paths_keep_their_end)
{
	struct lk_canvas c;

	start(&c, 10, 2);
	lk_canvas_bytes(&c, 0, 0, 10, LK_STYLE_PLAIN, LK_FIT_PATH, "/var/lib/app/app.db", 19);
	lk_canvas_bytes(&c, 0, 1, 10, LK_STYLE_PLAIN, LK_FIT_RIGHT, "42", 2);
	expect(&c, "\xe2\x80\xa6/app.db\n        42\n");
}

Test(tui_canvas, nothing_happens_outside)
{
	struct lk_canvas c;

	start(&c, 3, 2);
	lk_canvas_put(&c, -2, 0, 5, LK_STYLE_PLAIN, "abcde");
	lk_canvas_put(&c, 2, 1, 5, LK_STYLE_PLAIN, "漢");
	lk_canvas_put(&c, 0, 7, 5, LK_STYLE_PLAIN, "x");
	lk_canvas_fill(&c, (struct lk_rect){ -5, -5, 3, 3 }, LK_STYLE_PLAIN, 'x');
	lk_canvas_mark(&c, (struct lk_rect){ 2, 1, 100, 100 }, LK_MARK_SELECTED);
	lk_canvas_box(&c, (struct lk_rect){ 0, 0, 1, 1 }, "title");
	expect(&c, "cde\n\n");
}

Test(tui_canvas, words_are_wrapped_at_blanks)
{
	struct lk_canvas c;

	start(&c, 8, 4);
	cr_expect_eq(lk_canvas_wrap(&c, 0, 0, 8, 4, LK_STYLE_PLAIN, "one two three abcdefghij"), 4);
	cr_expect_eq(lk_canvas_wrap(NULL, 0, 0, 8, 1, LK_STYLE_PLAIN, "one two three"), 2);
	expect(&c, "one two\nthree\nabcdefgh\nij\n");
}

Test(tui_canvas, box_with_a_title)
{
	struct lk_canvas c;
	struct lk_rect in;

	start(&c, 12, 3);
	in = lk_canvas_box(&c, (struct lk_rect){ 0, 0, c.w, c.h }, "Help");
	cr_expect(in.x == 1 && in.y == 1 && in.w == 10 && in.h == 1);
	expect(&c, "+- Help ---+\n|          |\n+----------+\n");
}
