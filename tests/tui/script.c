/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays a script of keys to the screen and prints what it shows, without a terminal. See tests/README.
 *
 * usage: script FILE         a line of FILE is one of
 *   size W H                 the terminal is that large from now on
 *   ascii                    no line drawing
 *   set NAME [VALUE]         a setting of the configuration file; before the first look
 *   capture FILE             the machine to look at from now on, as captured; relative to the script
 *   live                     from now on captures count as the living machine (actions plan, on processes that are not there)
 *   look                     takes a look
 *   pass MS                  time passes
 *   paste TEXT               is pasted
 *   jobs hold|run            keeps work off the input path back; does it
 *   keys KEY...              key names; "text" types its characters
 *   click X Y, double X Y, wheel up|down
 *   screen TITLE             prints the screen
 *   cursor                   prints where the cursor is, and the row that is selected
 *   quit-wanted              prints whether the program was asked to end
 *   random SEED N FILE...    N random keys, clicks, sizes, looks at one of these captures; prints only what must never happen
 *   bell                     prints whether the terminal was to ring
 *   changes                  prints how often the system would have been changed
 * Lines that begin with # and empty ones mean nothing. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "nosys.h"
#include "source/capture/capture.h"
#include "tui/core/app.h"

struct job {
	void (*work)(void *arg);
	void (*done)(struct lk_tui *t, void *arg);
	void *arg;
};

struct script {
	struct lk_source base; /* what the looker sees: whatever capture is current */
	const char *dir; /* of the script */
	char *capture; /* path */
	bool live;
	struct lk_settings set;
	struct lk_tui *tui;
	struct lk_looker *looker;
	struct lk_canvas canvas;
	LK_VEC(struct job) jobs;
	struct lk_sys sys;
	size_t *n_changes; /* shared with helper processes, which do some of them */
	bool hold_jobs, quit;
	int64_t now_ms, wall_ms;
	size_t line;
};

static void die(const struct script *s, const char *what)
{
	fprintf(stderr, "script: line %zu: %s\n", s->line, what);
	exit(2);
}

/* ---- the source ---- */

struct forged {
	const struct lk_sink *to;
	bool live;
	struct script *script;
};

static int forge(void *arg, const struct lk_fact *f)
{
	struct forged *g = arg;
	struct lk_fact_host host;

	if (f->kind != LK_FACT_HOST)
		return g->to->put(g->to->arg, f);
	host = *f->host;
	host.live = g->live;
	/* The clock of the screen is the capture's. */
	g->script->wall_ms = host.time_unix_ms;
	return lk_sink_host(g->to, &host);
}

static int open_capture(void *arg, struct lk_source **ret, struct lk_err *err)
{
	struct script *s = arg;

	return s->capture ? lk_capture_open(s->capture, ret, err) : lk_err_set(err, -ENOENT, "there is no capture");
}

static int scan(struct lk_source *src, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err)
{
	struct script *s = (struct script *)src;
	struct forged g = { sink, s->live, s };
	const struct lk_sink through = { &g, forge };
	struct lk_source *capture;
	int rc = open_capture(s, &capture, err);

	if (rc < 0)
		return rc;
	rc = lk_source_scan(capture, req, &through, err);
	lk_source_free(capture);
	return rc;
}

static void free_nothing(struct lk_source *src)
{
	(void)src;
}

static const struct lk_source_ops ops = { .scan = scan, .free = free_nothing };

/* ---- the host ---- */

static int start_job(void *arg, void (*work)(void *), void (*done)(struct lk_tui *, void *), void *job_arg)
{
	struct script *s = arg;
	struct job *j = lk_vec_push(&s->jobs);

	if (!j)
		return -ENOMEM;
	*j = (struct job){ work, done, job_arg };
	return 0;
}

/* A job may start another one. */
static void run_jobs(struct script *s)
{
	while (s->jobs.n) {
		struct job j = s->jobs.v[0];

		memmove(s->jobs.v, s->jobs.v + 1, (s->jobs.n - 1) * sizeof(*s->jobs.v));
		s->jobs.n--;
		j.work(j.arg);
		j.done(s->tui, j.arg);
	}
}

static void take_note(struct script *s, unsigned dirty)
{
	if (dirty & LK_DIRTY_QUIT)
		s->quit = true;
	if (!s->hold_jobs)
		run_jobs(s);
}

static void want_tui(struct script *s)
{
	struct lk_tui_host host = {
		.arg = s, .open_source = open_capture, .start = start_job, .sys = &s->sys, .trace = &lk_trace_real
	};

	if (s->tui)
		return;
	s->tui = lk_tui_new(&host, &s->set);
	s->looker = lk_looker_new(&s->base, LK_NEED_ALL, 0);
	s->tui->now_ms = s->now_ms;
}

static void look(struct script *s)
{
	struct lk_frame *f;

	want_tui(s);
	f = lk_looker_look(s->looker, s->now_ms, s->wall_ms, 0);
	f->wall_ms = s->wall_ms;
	f->scan_ms = 38;
	s->tui->now_ms = s->now_ms;
	s->tui->wall_ms = s->wall_ms;
	take_note(s, lk_tui_frame(s->tui, f));
}

static void paint(struct script *s)
{
	want_tui(s);
	s->tui->now_ms = s->now_ms;
	s->tui->wall_ms = s->wall_ms;
	s->tui->w = s->canvas.w;
	s->tui->h = s->canvas.h;
	lk_tui_paint(s->tui, &s->canvas);
}

/* ---- commands of the script ---- */

static void do_screen(struct script *s, const char *title)
{
	lk_buf out = { 0 };

	paint(s);
	lk_canvas_dump(&s->canvas, &out);
	printf("=== %s (%dx%d)\n", title, s->canvas.w, s->canvas.h);
	fwrite(out.v, 1, out.n, stdout);
	lk_vec_done(&out);
}

static void do_cursor(struct script *s)
{
	const struct lk_item *it;

	paint(s);
	it = lk_list_selected(&lk_tui_view(s->tui)->list);
	printf("--- cursor %d,%d%s, row %" PRIx64 "\n", s->canvas.cursor_x, s->canvas.cursor_y,
	       s->canvas.cursor_visible ? " in a field" : "", it ? it->id : 0);
}

static void press(struct script *s, lk_press k)
{
	paint(s);
	take_note(s, lk_tui_key(s->tui, k));
}

static const char *type_text(struct script *s, const char *p)
{
	while (*p && *p != '"') {
		uint32_t cp;
		size_t n = lk_text_utf8(p, strlen(p), &cp);

		if (!n)
			die(s, "invalid UTF-8");
		press(s, cp);
		p += n;
	}
	return *p ? p + 1 : p;
}

static void do_keys(struct script *s, const char *p)
{
	while (*p) {
		size_t n = strcspn(p, " ");
		lk_press k;

		if (*p == ' ') {
			p++;
		} else if (*p == '"' && n > 1) {
			p = type_text(s, p + 1);
		} else {
			if (lk_press_from_name(p, n, &k) < 0)
				die(s, "no such key");
			press(s, k);
			p += n;
		}
	}
}

static int number(const struct script *s, const char **p)
{
	uint64_t v;
	size_t n = strcspn(*p, " ");

	if (lk_text_u64(*p, n, 10, &v) < 0 || v > 1000000000)
		die(s, "a number is missing");
	*p += n;
	*p += **p == ' ';
	return (int)v;
}

static void do_mouse(struct script *s, enum lk_mouse_kind kind, const char *p)
{
	struct lk_mouse m = { .kind = kind };

	m.x = number(s, &p);
	m.y = number(s, &p);
	paint(s);
	take_note(s, lk_tui_mouse(s->tui, &m));
}

static void do_size(struct script *s, const char *p)
{
	int w = number(s, &p), h = number(s, &p);

	lk_canvas_resize(&s->canvas, w, h);
}

static void do_set(struct script *s, char *p)
{
	char *value = strchr(p, ' ');
	struct lk_err err = { 0 };

	if (value)
		*value++ = '\0';
	if (lk_settings_set(&s->set, p, value, &err) < 0)
		die(s, lk_err_text(&err));
}

static void do_capture(struct script *s, const char *p)
{
	free(s->capture);
	if (asprintf(&s->capture, "%s/%s", s->dir, p) < 0)
		die(s, "out of memory");
}

static void do_paste(struct script *s, const char *text)
{
	paint(s);
	take_note(s, lk_tui_paste(s->tui, text));
}

/* Keys that people press, and some that nobody does. */
static lk_press random_key(unsigned *seed)
{
	static const char letters[] = "jjjkkGghltbBnN/\\\\?SaKXDTcUFZr+-[]uyw#HIs<>Pqdi123456 y0:=|!()\"xAmMvEeoO";
	static const lk_press named[] = { LK_KEY_ENTER,     LK_KEY_ESC,       LK_KEY_UP,  LK_KEY_DOWN,
					  LK_KEY_LEFT,      LK_KEY_RIGHT,     LK_KEY_TAB, LK_KEY_HOME,
					  LK_KEY_END,       LK_KEY_BACKSPACE, LK_KEY_F5,  LK_KEY_PAGE_DOWN,
					  LK_KEY_F8,        LK_KEY_F7,        LK_KEY_F9,  LK_KEY_BACK_TAB,
					  LK_KEY_DELETE,    LK_KEY_PAGE_UP,   0x6f22,     0x301,
					  LK_KEY_CTRL('L'), LK_KEY_CTRL('D') };
	unsigned r = (unsigned)rand_r(seed);

	if (r % 3)
		return (lk_press)letters[r / 3 % (sizeof(letters) - 1)];
	return named[r / 3 % (sizeof(named) / sizeof(*named))];
}

static void random_step(struct script *s, unsigned *seed, char **files, size_t n_files)
{
	unsigned r = (unsigned)rand_r(seed) % 40;
	struct lk_mouse m = { .kind = (enum lk_mouse_kind)(rand_r(seed) % 4) };

	if (r == 0)
		lk_canvas_resize(&s->canvas, rand_r(seed) % 200, rand_r(seed) % 60);
	if (r == 1) {
		do_capture(s, files[(size_t)rand_r(seed) % n_files]);
		s->now_ms += 2000;
		look(s);
	}
	if (r == 2) {
		m.x = rand_r(seed) % s->canvas.w;
		m.y = rand_r(seed) % s->canvas.h;
		take_note(s, lk_tui_mouse(s->tui, &m));
	}
	if (r == 3)
		take_note(s, lk_tui_tick(s->tui));
	if (r == 4)
		do_paste(s, "1\n y");
	s->now_ms += 150;
	press(s, random_key(seed));
}

static void do_random(struct script *s, char *p)
{
	const char *q = p;
	unsigned seed = (unsigned)number(s, &q);
	int n = number(s, &q);
	char *files[8], *save, *word = strtok_r((char *)q, " ", &save);
	size_t n_files = 0;

	while (word && n_files < 8) {
		files[n_files++] = word;
		word = strtok_r(NULL, " ", &save);
	}
	if (!n_files)
		die(s, "which captures?");
	for (int i = 0; i < n; i++)
		random_step(s, &seed, files, n_files);
}

/* What is there was seen before the time passed. */
static void do_pass(struct script *s, const char *p)
{
	if (s->tui)
		paint(s);
	s->now_ms += number(s, &p);
}

static void do_jobs(struct script *s, const char *p)
{
	s->hold_jobs = strcmp(p, "hold") == 0;
	if (!s->hold_jobs)
		run_jobs(s);
}

static void do_line(struct script *s, char *line)
{
	char *rest = strchr(line, ' ');

	if (rest)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (!*line || *line == '#')
		return;
	if (strcmp(line, "size") == 0)
		do_size(s, rest);
	else if (strcmp(line, "ascii") == 0)
		s->canvas.ascii = true;
	else if (strcmp(line, "set") == 0)
		do_set(s, rest);
	else if (strcmp(line, "capture") == 0)
		do_capture(s, rest);
	else if (strcmp(line, "live") == 0)
		s->live = true;
	else if (strcmp(line, "look") == 0)
		look(s);
	else if (strcmp(line, "pass") == 0)
		do_pass(s, rest);
	else if (strcmp(line, "paste") == 0)
		do_paste(s, rest);
	else if (strcmp(line, "jobs") == 0)
		do_jobs(s, rest);
	else if (strcmp(line, "keys") == 0)
		do_keys(s, rest);
	else if (strcmp(line, "click") == 0)
		do_mouse(s, LK_MOUSE_CLICK, rest);
	else if (strcmp(line, "double") == 0)
		do_mouse(s, LK_MOUSE_DOUBLE, rest);
	else if (strcmp(line, "wheel") == 0)
		do_mouse(s, strcmp(rest, "up") == 0 ? LK_MOUSE_WHEEL_UP : LK_MOUSE_WHEEL_DOWN, "1 6");
	else if (strcmp(line, "screen") == 0)
		do_screen(s, rest);
	else if (strcmp(line, "cursor") == 0)
		do_cursor(s);
	else if (strcmp(line, "random") == 0)
		do_random(s, rest);
	else if (strcmp(line, "bell") == 0)
		printf("--- bell %s\n", s->tui->bell ? "yes" : "no"), s->tui->bell = false;
	else if (strcmp(line, "changes") == 0)
		printf("--- %zu changes\n", *s->n_changes);
	else if (strcmp(line, "quit-wanted") == 0)
		printf("--- quit %s\n", s->quit ? "yes" : "no");
	else
		die(s, "no such command");
}

int main(int argc, char **argv)
{
	struct script s = { .base = { &ops }, .now_ms = 1000000 };
	lk_auto_mem char *path = NULL, *line = NULL;
	lk_auto_file *f = NULL;
	size_t cap = 0;
	char *slash;

	setlocale(LC_ALL, "");
	s.n_changes = mmap(NULL, sizeof(*s.n_changes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.n_changes == MAP_FAILED)
		return 2;
	s.sys = nosys_make(s.n_changes);
	if (argc != 2 || !(f = fopen(argv[1], "re")) || !(path = strdup(argv[1]))) {
		fprintf(stderr, "usage: script FILE\n");
		return 2;
	}
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	s.dir = slash ? path : ".";
	lk_settings_init(&s.set);
	lk_canvas_resize(&s.canvas, 80, 24);
	s.canvas.utf8 = lk_sanitize_locale_is_utf8();
	while (getline(&line, &cap, f) > 0) {
		s.line++;
		line[strcspn(line, "\n")] = '\0';
		do_line(&s, line);
	}
	run_jobs(&s);
	lk_tui_free(s.tui);
	lk_looker_free(s.looker);
	lk_canvas_done(&s.canvas);
	lk_vec_done(&s.jobs);
	free(s.capture);
	return 0;
}
