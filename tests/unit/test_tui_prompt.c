/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields, prompts, menus, and the file that a look is written to. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/out_json.h"
#include "facts.h"
#include "tui/core/app.h"

/* ---- fields ---- */

static void type(struct lk_field *f, const char *text)
{
	for (; *text; text++)
		cr_assert(lk_field_key(f, (lk_press)(unsigned char)*text));
}

Test(tui_field, editing)
{
	struct lk_field f = { 0 };

	cr_assert_str_eq(lk_field_str(&f), "");
	cr_assert(lk_field_key(&f, LK_KEY_BACKSPACE) && lk_field_key(&f, LK_KEY_LEFT) &&
		  lk_field_key(&f, LK_KEY_DELETE));
	type(&f, "hello world");
	cr_assert(lk_field_key(&f, LK_KEY_CTRL('W')));
	cr_assert_str_eq(lk_field_str(&f), "hello ");
	lk_field_key(&f, LK_KEY_HOME);
	lk_field_key(&f, LK_KEY_DELETE);
	type(&f, "J");
	lk_field_key(&f, LK_KEY_RIGHT);
	lk_field_key(&f, LK_KEY_BACKSPACE);
	cr_assert_str_eq(lk_field_str(&f), "Jllo ");
	lk_field_key(&f, LK_KEY_CTRL('K'));
	cr_assert_str_eq(lk_field_str(&f), "J");
	lk_field_key(&f, LK_KEY_CTRL('U'));
	cr_assert_str_eq(lk_field_str(&f), "");
	cr_assert(!lk_field_key(&f, LK_KEY_ENTER) && !lk_field_key(&f, LK_KEY_F1) && !lk_field_key(&f, LK_KEY_UP));
	lk_field_done(&f);
}

Test(tui_field, characters_are_whole)
{
	struct lk_field f = { 0 };

	setlocale(LC_ALL, "C.UTF-8");
	cr_assert(lk_field_key(&f, 0xe4) && lk_field_key(&f, 0x6f22) && lk_field_key(&f, 0x1f600));
	cr_assert_str_eq(lk_field_str(&f), "\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x98\x80");
	lk_field_key(&f, LK_KEY_BACKSPACE);
	lk_field_key(&f, LK_KEY_BACKSPACE);
	cr_assert_str_eq(lk_field_str(&f), "\xc3\xa4");
	/* A mark goes with the character that it stands on. */
	lk_field_key(&f, 'o');
	lk_field_key(&f, 0x301);
	lk_field_key(&f, LK_KEY_BACKSPACE);
	cr_assert_str_eq(lk_field_str(&f), "\xc3\xa4");
	/* Bytes of the machine that are no UTF-8 stay, each a step of its own. */
	lk_field_set(&f, "a\xff\xfe/b");
	for (int i = 0; i < 3; i++)
		lk_field_key(&f, LK_KEY_LEFT);
	lk_field_key(&f, LK_KEY_BACKSPACE);
	cr_assert_str_eq(lk_field_str(&f), "a\xfe/b");
	lk_field_done(&f);
}

Test(tui_field, what_is_pasted_is_one_line)
{
	struct lk_field f = { 0 };

	setlocale(LC_ALL, "C.UTF-8");
	lk_field_set(&f, "ab");
	lk_field_key(&f, LK_KEY_LEFT);
	lk_field_paste(&f, "\n x\ny\x1b[31m\xff\xc3\xa4\r\n");
	cr_assert_str_eq(lk_field_str(&f), "ax y [31m\xc3\xa4"
					   "b");
	lk_field_paste(&f, " \n");
	cr_assert_str_eq(lk_field_str(&f), "ax y [31m\xc3\xa4"
					   "b");
	lk_field_done(&f);
}

Test(tui_field, has_an_end)
{
	struct lk_field f = { 0 };

	for (int i = 0; i < 6000; i++)
		lk_field_key(&f, 'x');
	cr_assert_eq(f.text.n, 4096);
	lk_field_done(&f);
}

Test(tui_field, the_cursor_is_seen)
{
	struct lk_canvas c = { .utf8 = true };
	struct lk_field f = { 0 };

	lk_canvas_resize(&c, 12, 1);
	lk_field_set(&f, "abcdefghijklmnopqrstuvwxyz");
	for (int cells = 1; cells <= 12; cells++) {
		for (f.at = 0; f.at <= 26; f.at++) {
			lk_canvas_clear(&c);
			lk_field_paint(&f, &c, 0, 0, cells, true);
			cr_assert(c.cursor_visible && c.cursor_x >= 0 && c.cursor_x < cells && c.cursor_y == 0);
			if (f.at < 26)
				cr_assert_eq(c.cells[c.cursor_x].ch[0], (wchar_t)('a' + f.at));
		}
	}
	lk_canvas_clear(&c);
	lk_field_paint(&f, &c, 0, 0, 0, true);
	lk_field_paint(&f, &c, 0, 0, -3, true);
	cr_assert(!c.cursor_visible);
	lk_field_done(&f);
	lk_canvas_done(&c);
}

/* ---- a screen ---- */

struct world {
	struct lk_tui *t;
	struct lk_canvas canvas;
	struct lk_frame *frame;
};

static int start(void *arg, void (*work)(void *), void (*done)(struct lk_tui *, void *), void *job_arg)
{
	work(job_arg);
	done(((struct world *)arg)->t, job_arg);
	return 0;
}

/* A source that says what the builder is told by hand. */
struct toy {
	struct lk_source base;
};

static int toy_scan(struct lk_source *s, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err)
{
	static const char *const paths[] = { "/srv/alpha", "/srv/beta", "/srv/gamma" };
	struct lk_fact_host host = {
		.scanner = "toy", .host = "h/o st", .boot_id = "b", .initial_pidns = true, .has_locks_file = true
	};
	struct lk_fact_end end = { .stable = true };
	int rc = lk_sink_host(sink, &host);

	(void)s, (void)req, (void)err;
	for (size_t i = 0; i < 3 && !rc; i++) {
		struct lk_record rec = { .type = LK_TYPE_FLOCK,
					 .mode = LK_MODE_WRITE,
					 .pid = (int)(100 + i),
					 .key = { 8, 1, 50 + i, false },
					 .range = LK_RANGE_WHOLE };
		struct lk_fact_lock lock = { .line = i + 1, .rec = rec };
		struct lk_fact_file file = {
			.key = rec.key, .local = LK_YES, .path = paths[i], .mnt_id = -1, .size = -1
		};
		struct lk_fact_fd fd = { .pid = (int)(100 + i), .fd = 3, .rec = rec, .file = &file };
		struct lk_fact_proc proc = { .pid = (int)(100 + i),
					     .start_ticks = 7,
					     .comm = "prog",
					     .comm_len = 4,
					     .uid = (int64_t)i,
					     .user = i == 1 ? "ann" : "root" };

		rc = lk_sink_lock(sink, &lock);
		rc = rc ? rc : lk_sink_fd(sink, &fd);
		rc = rc ? rc : lk_sink_proc(sink, &proc);
	}
	return rc ? rc : lk_sink_end(sink, &end);
}

static void toy_free(struct lk_source *s)
{
	(void)s;
}

static const struct lk_source_ops toy_ops = { .scan = toy_scan, .free = toy_free };

static void begin(struct world *w)
{
	struct lk_tui_host host = { .arg = w, .start = start, .sys = &lk_sys_real, .trace = &lk_trace_real };
	struct toy toy = { { &toy_ops } };
	struct lk_settings set;
	struct lk_looker *looker;

	memset(w, 0, sizeof(*w));
	lk_settings_init(&set);
	w->t = lk_tui_new(&host, &set);
	looker = lk_looker_new(&toy.base, LK_NEED_ALL, 0);
	w->frame = lk_looker_look(looker, 1000, 1600000000000, 0);
	cr_assert_not_null(w->frame->snap);
	lk_looker_free(looker);
	lk_frame_hold(w->frame);
	lk_tui_frame(w->t, w->frame);
	lk_canvas_resize(&w->canvas, 80, 24);
	w->t->w = 80, w->t->h = 24;
	lk_list_select(&lk_tui_view(w->t)->list, 0);
}

static void end(struct world *w)
{
	lk_tui_free(w->t);
	lk_frame_drop(w->frame);
	lk_canvas_done(&w->canvas);
}

static void keys(struct world *w, const char *text)
{
	for (; *text; text++)
		lk_tui_key(w->t, (lk_press)(unsigned char)*text);
}

static size_t row(const struct world *w)
{
	return lk_tui_view(w->t)->list.cursor_at;
}

static const char *path_of_row(const struct world *w)
{
	struct lk_subject s;

	lk_tui_subject(w->t, &s);
	return s.file ? s.file->path : "";
}

static bool shows(struct world *w, const char *words)
{
	lk_buf b = { 0 };
	bool found;

	lk_canvas_clear(&w->canvas);
	lk_tui_paint(w->t, &w->canvas);
	lk_canvas_dump(&w->canvas, &b);
	found = strstr(lk_buf_str(&b), words) != NULL;
	if (!found)
		fprintf(stderr, "\"%s\" is not in\n%s\n", words, b.v);
	lk_vec_done(&b);
	return found;
}

/* ---- find ---- */

Test(tui_prompt, find_goes_along)
{
	struct world w;
	size_t origin;

	begin(&w);
	origin = row(&w);
	keys(&w, "/gam");
	cr_assert_str_eq(path_of_row(&w), "/srv/gamma");
	lk_tui_key(w.t, LK_KEY_CTRL('U'));
	cr_assert_eq(row(&w), origin, "nothing is searched for");
	keys(&w, "bet");
	cr_assert_str_eq(path_of_row(&w), "/srv/beta");
	lk_tui_key(w.t, LK_KEY_ESC);
	cr_assert_null(lk_pane_top(w.t));
	cr_assert_eq(row(&w), origin);
	cr_assert_null(lk_tui_view(w.t)->list.search);
	end(&w);
}

Test(tui_prompt, find_goes_on_afterwards)
{
	struct world w;
	char seen[3][32];

	begin(&w);
	keys(&w, "/srv");
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_null(lk_pane_top(w.t));
	for (int i = 0; i < 3; i++) {
		snprintf(seen[i], sizeof(seen[i]), "%s", path_of_row(&w));
		keys(&w, "n");
	}
	cr_assert(strcmp(seen[0], seen[1]) && strcmp(seen[1], seen[2]) && strcmp(seen[0], seen[2]));
	cr_assert_str_eq(path_of_row(&w), seen[0], "around the end");
	keys(&w, "N");
	cr_assert_str_eq(path_of_row(&w), seen[2]);
	/* What is in no row says so, and the cursor stays. */
	keys(&w, "/nowhere");
	cr_assert(shows(&w, "No row says this."));
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_str_eq(path_of_row(&w), seen[2]);
	cr_assert(strstr(w.t->message, "No row says \"nowhere\""), "%s", w.t->message);
	/* Digits find pids; a capital letter is one. */
	keys(&w, "/102\r");
	cr_assert_str_eq(path_of_row(&w), "/srv/gamma");
	keys(&w, "/BETA");
	cr_assert(shows(&w, "No row says this."));
	end(&w);
}

/* ---- filter ---- */

Test(tui_prompt, filter_is_live)
{
	struct world w;
	struct lk_list *l;

	begin(&w);
	l = &lk_tui_view(w.t)->list;
	keys(&w, "\\beta|gamma");
	cr_assert_eq(l->shown.n, 2);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_eq(l->shown.n, 2);
	keys(&w, "\\");
	cr_assert(shows(&w, "Filter: beta|gamma"), "the one that is on is what is edited");
	lk_tui_key(w.t, LK_KEY_ESC);
	cr_assert_eq(l->shown.n, 3);
	cr_assert_null(l->filter_text);
	end(&w);
}

Test(tui_prompt, expressions_show_what_is_wrong)
{
	struct world w;
	struct lk_list *l;

	begin(&w);
	l = &lk_tui_view(w.t)->list;
	keys(&w, "\\=pid==101");
	cr_assert_eq(l->shown.n, 1);
	keys(&w, " && nonsense");
	cr_assert_eq(l->shown.n, 1, "the filter is as before");
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_not_null(lk_pane_top(w.t), "the typed text stays");
	cr_assert(shows(&w, "Filter: =pid==101 && nonsense"));
	cr_assert(shows(&w, "\nthere is no column \"nonsense\""));
	for (size_t i = 0; i < strlen(" && nonsense"); i++)
		lk_tui_key(w.t, LK_KEY_BACKSPACE);
	cr_assert_not(shows(&w, "there is no column"));
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_null(lk_pane_top(w.t));
	end(&w);
}

/* ---- menus ---- */

Test(tui_menu, order)
{
	struct world w;
	struct lk_list *l;
	bool before;

	begin(&w);
	l = &lk_tui_view(w.t)->list;
	keys(&w, "s");
	cr_assert(shows(&w, "Order by"));
	lk_tui_key(w.t, LK_KEY_HOME);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_null(lk_pane_top(w.t));
	cr_assert_eq(l->sort_column, SIZE_MAX);
	keys(&w, "s");
	lk_tui_key(w.t, LK_KEY_DOWN);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_eq(l->sort_column, 0);
	before = l->descending;
	keys(&w, "s\r");
	cr_assert_eq(l->sort_column, 0, "the menu opens on the one that orders");
	cr_assert_neq(l->descending, before, "and turns it round");
	keys(&w, "sq");
	cr_assert_null(lk_pane_top(w.t));
	end(&w);
}

Test(tui_menu, user)
{
	struct world w;
	struct lk_list *l;

	begin(&w);
	l = &lk_tui_view(w.t)->list;
	keys(&w, "u");
	cr_assert(shows(&w, "everybody"));
	lk_tui_key(w.t, LK_KEY_DOWN);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_str_eq(l->user, "ann");
	cr_assert_eq(l->shown.n, 1);
	keys(&w, "u");
	lk_tui_key(w.t, LK_KEY_HOME);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_eq(l->shown.n, 3);
	end(&w);
}

Test(tui_menu, actions_say_why_not)
{
	struct world w;

	begin(&w);
	keys(&w, "a");
	cr_assert(shows(&w, "Release the lock"));
	cr_assert(shows(&w, "[this is not the live machine]"));
	/* What is impossible cannot be selected; what only looks is possible, and comes first. */
	lk_tui_key(w.t, LK_KEY_HOME);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert_str_eq(lk_pane_top(w.t)->ops->name, "test");
	end(&w);
}

/* ---- write ---- */

static char *read_all(const char *path)
{
	lk_buf b = { 0 };

	cr_assert_eq(lk_io_read_at(AT_FDCWD, path, 1 << 20, &b), 0);
	return lk_buf_str(&b);
}

static char *as_printed(const struct lk_snapshot *snap)
{
	const struct lk_lock *rows[3] = { &snap->locks[0], &snap->locks[1], &snap->locks[2] };
	struct lk_out_json_options o = { 0 };
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	cr_assert_eq(snap->n_locks, 3);
	cr_assert_eq(lk_out_json(f, snap, rows, 3, NULL, &o), 0);
	fclose(f);
	return text;
}

Test(tui_prompt, write_never_overwrites)
{
	char dir[] = "/tmp/lk-write-XXXXXX", path[64];
	struct stat st;
	struct world w;
	char *text, *want;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.json", dir);
	begin(&w);
	keys(&w, "w");
	cr_assert(shows(&w, "lockscope-h_o_st-"), "a host name is no path");
	lk_tui_key(w.t, LK_KEY_CTRL('U'));
	keys(&w, path);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert(strstr(w.t->message, "3 rows were written"), "%s", w.t->message);
	cr_assert_eq(lstat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	text = read_all(path);
	want = as_printed(w.frame->snap);
	cr_assert_str_eq(text, want);
	/* Again: the first one stays. */
	cr_assert_eq(truncate(path, 0), 0);
	keys(&w, "w");
	lk_tui_key(w.t, LK_KEY_CTRL('U'));
	keys(&w, path);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert(strstr(w.t->message, "is there already"), "%s", w.t->message);
	cr_assert(stat(path, &st) == 0 && st.st_size == 0);
	/* Nor through a link. */
	unlink(path);
	cr_assert_eq(symlink("elsewhere", path), 0);
	keys(&w, "w");
	lk_tui_key(w.t, LK_KEY_CTRL('U'));
	keys(&w, path);
	lk_tui_key(w.t, LK_KEY_ENTER);
	cr_assert(strstr(w.t->message, "is there already"), "%s", w.t->message);
	unlink(path);
	/* Nothing half-made is left. */
	cr_assert_eq(rmdir(dir), 0);
	free(text);
	free(want);
	end(&w);
}
