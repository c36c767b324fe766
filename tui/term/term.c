/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal through curses: what was painted goes out, keys and the mouse come in. */
#include "tui/term/term.h"

#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/text.h"
#include "base/vec.h"
#include "tui/term/rescue.h"
#include "tui/term/theme.h"

/* Two clicks on one cell within this time are a double click. */
#define DOUBLE_MS 400
/* What is longer is dropped. */
#define PASTE_MAX 65536
/* If nothing comes for this long, the end of what was pasted was lost on the way. */
#define PASTE_STALLS_MS 5000
#define PASTE_END "\033[201~"
enum { KEY_PASTE_BEGIN = KEY_MAX + 1, KEY_PASTE_END };

/* The most characters that are dropped of an escape sequence that terminfo does not know. */
#define SEQUENCE_MAX 64

struct lk_term {
	SCREEN *screen;
	FILE *out; /* on a duplicate of standard output, with a buffer of its own */
	struct lk_term_look look;
	bool has_pairs; /* colours were set up */
	bool cursor_shown;
	struct lk_cell *shown; /* what curses was given last; NULL: every row has to be painted */
	int w, h;
	cchar_t *line; /* w + 1 */
	bool has_next; /* `next` was read ahead by swallow_sequence() */
	bool next_is_code;
	wint_t next;
	bool brackets; /* the terminal marks where what is pasted begins and ends */
	bool pasting; /* between these marks */
	int64_t paste_ms; /* its last character */
	lk_buf paste;
	int64_t click_ms; /* the last click; 0 none */
	int click_x, click_y;
};

/* -- opening and closing -- */

/* Leaves out padding such as $<5> (terminfo(5)), which only old hardware terminals need. */
static void add_capability(lk_buf *b, const char *name)
{
	const char *s = tigetstr(name);

	if (!s || s == (char *)-1)
		return;
	while (*s) {
		const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;

		if (end)
			s = end + 1;
		else
			lk_buf_add(b, s++, 1);
	}
}

static bool has_capability(const char *name)
{
	const char *s = tigetstr(name);

	return s && s != (char *)-1;
}

static int prepare_rescue(const struct termios *modes)
{
	static const char *const names[] = { "sgr0", "op", "rmacs", "rmkx", "cnorm", "rmcup" };
	lk_buf b = { 0 };
	int rc;

	if (has_capability("kmous"))
		lk_buf_puts(&b, "\033[?1006l\033[?1000l\033[?2004l");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		add_capability(&b, names[i]);
	lk_buf_puts(&b, "\r\n");
	rc = lk_rescue_init(STDOUT_FILENO, modes, b.v, b.n);
	lk_vec_done(&b);
	return rc;
}

static void set_colors(struct lk_term *t)
{
	size_t n;
	const struct lk_theme *theme = lk_theme_table(&n);

	if (!t->look.color || t->has_pairs || !has_colors() || start_color() == ERR || COLORS < 8 ||
	    COLOR_PAIRS <= (int)n)
		return;
	use_default_colors();
	for (size_t i = 0; i < n; i++)
		init_pair((short)(i + 1), theme[i].fg, theme[i].bg);
	t->has_pairs = true;
}

/* On the Linux console a braille display has nothing else to follow than the cursor. */
static bool cursor_is_needed(const struct lk_term *t)
{
	const char *term = getenv("TERM");

	return t->look.cursor || (term && strncmp(term, "linux", 5) == 0);
}

static void apply_look(struct lk_term *t)
{
	set_colors(t);
	/* Only presses: to report clicks, curses would wait for the release. */
	mousemask(t->look.mouse ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	mouseinterval(0);
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	set_escdelay(25);
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	idlok(stdscr, FALSE);
}

/* Terminals that report the mouse know bracketed paste too, or ignore it. */
static void set_brackets(struct lk_term *t, bool on)
{
	if (!t->brackets)
		return;
	fputs(on ? "\033[?2004h" : "\033[?2004l", t->out);
	fflush(t->out);
}

static void want_brackets(struct lk_term *t)
{
	t->brackets = has_capability("kmous") && define_key("\033[200~", KEY_PASTE_BEGIN) == OK &&
		      define_key(PASTE_END, KEY_PASTE_END) == OK;
	set_brackets(t, true);
}

static FILE *open_out(void)
{
	int fd = dup(STDOUT_FILENO);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

static void free_term(struct lk_term *t)
{
	if (t->screen)
		delscreen(t->screen);
	if (t->out)
		fclose(t->out);
	free(t->shown);
	free(t->line);
	lk_vec_done(&t->paste);
	free(t);
}

int lk_term_open(const struct lk_term_look *look, struct lk_term **ret, struct lk_err *err)
{
	struct termios modes;
	struct lk_term *t;

	if (tcgetattr(STDIN_FILENO, &modes) < 0)
		return lk_err_set(err, -errno, "cannot read the modes of the terminal: %s", strerror(errno));
	t = lk_alloc(1, sizeof(*t));
	t->look = *look;
	t->out = open_out();
	t->screen = t->out ? newterm(NULL, t->out, stdin) : NULL;
	if (!t->screen) {
		free_term(t);
		return lk_err_set(err, -ENOTTY, "the terminal type \"%s\" is not known here", getenv("TERM"));
	}
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1 || prepare_rescue(&modes) < 0) {
		endwin();
		free_term(t);
		return lk_err_set(err, -ENOTTY, "this terminal (%s) cannot move its cursor", getenv("TERM"));
	}
	lk_rescue_arm(1);
	set_modes();
	apply_look(t);
	want_brackets(t);
	t->cursor_shown = true;
	*ret = t;
	return 0;
}

void lk_term_close(struct lk_term *t)
{
	if (!t)
		return;
	mousemask(0, NULL);
	set_brackets(t, false);
	/* On a terminal without a second screen the shell goes on in the last line, so that is cleared. */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	lk_rescue_arm(0);
	free_term(t);
}

static void forget_shown(struct lk_term *t)
{
	free(t->shown);
	t->shown = NULL;
}

void lk_term_set_look(struct lk_term *t, const struct lk_term_look *look)
{
	if (look->color == t->look.color && look->mouse == t->look.mouse && look->cursor == t->look.cursor)
		return;
	t->look = *look;
	apply_look(t);
	forget_shown(t);
}

void lk_term_size(struct lk_term *t, int *ret_w, int *ret_h)
{
	struct winsize ws = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col && ws.ws_row &&
	    !is_term_resized(ws.ws_row, ws.ws_col)) {
		*ret_w = COLS;
		*ret_h = LINES;
		return;
	}
	if (ws.ws_col && ws.ws_row) {
		resizeterm(ws.ws_row, ws.ws_col);
		forget_shown(t);
	}
	*ret_w = COLS > 0 ? COLS : 1;
	*ret_h = LINES > 0 ? LINES : 1;
}

void lk_term_leave(struct lk_term *t)
{
	forget_shown(t);
	set_brackets(t, false);
	endwin();
	lk_rescue_arm(0);
}

void lk_term_return(struct lk_term *t)
{
	forget_shown(t);
	lk_rescue_arm(1);
	reset_prog_mode();
	clearok(curscr, TRUE);
	/* The first refresh after endwin() enters the screen again. */
	refresh();
	set_brackets(t, true);
}

/* -- painting -- */

static attr_t attributes(const struct lk_term *t, const struct lk_cell *cell, short *ret_pair)
{
	bool color = t->has_pairs && t->look.color;
	size_t row;
	unsigned attrs = lk_theme_of(cell, color, &row);

	*ret_pair = color ? (short)(row + 1) : 0;
	return (attrs & LK_ATTR_BOLD ? A_BOLD : 0) | (attrs & LK_ATTR_DIM ? A_DIM : 0) |
	       (attrs & LK_ATTR_UNDERLINE ? A_UNDERLINE : 0) | (attrs & LK_ATTR_REVERSE ? A_REVERSE : 0);
}

static const cchar_t *line_drawing(wchar_t ch)
{
	switch (ch) {
	case 0x2500:
		return WACS_HLINE;
	case 0x2502:
		return WACS_VLINE;
	case 0x250c:
		return WACS_ULCORNER;
	case 0x2510:
		return WACS_URCORNER;
	case 0x2514:
		return WACS_LLCORNER;
	case 0x2518:
		return WACS_LRCORNER;
	default:
		return NULL;
	}
}

/* The last defence: no control character reaches the terminal, wherever it came from. */
static bool is_control(wchar_t ch)
{
	return ch < 0x20 || (ch >= 0x7f && ch < 0xa0);
}

static void make_char(const struct lk_term *t, const struct lk_cell *cell, cchar_t *ret)
{
	const cchar_t *drawn = line_drawing(cell->ch[0]);
	wchar_t text[CCHARW_MAX + 1] = { 0 };
	short pair;
	attr_t attrs = attributes(t, cell, &pair);

	if (drawn) {
		attr_t theirs;
		short none;

		getcchar(drawn, text, &theirs, &none, NULL);
		attrs |= theirs & A_ALTCHARSET;
	} else {
		for (size_t i = 0; i < LK_CELL_CHARS && i < CCHARW_MAX - 1 && cell->ch[i]; i++)
			text[i] = is_control(cell->ch[i]) ? L'?' : cell->ch[i];
	}
	if (setcchar(ret, text, attrs, pair, NULL) == ERR)
		setcchar(ret, L"?", attrs, pair, NULL);
}

static void paint_row(struct lk_term *t, const struct lk_canvas *c, int y)
{
	const struct lk_cell *row = c->cells + (size_t)y * (size_t)c->w;
	int n = 0;

	for (int x = 0; x < c->w; x++) {
		/* The right half of a wide character comes with its left one. */
		if (row[x].ch[0])
			make_char(t, &row[x], &t->line[n++]);
	}
	memset(&t->line[n], 0, sizeof(*t->line));
	mvadd_wchnstr(y, 0, t->line, n);
}

/* Makes t->shown and t->line fit the canvas. false: t->shown is new, every row has to be painted. */
static bool make_room(struct lk_term *t, const struct lk_canvas *c)
{
	if (t->shown && t->w == c->w && t->h == c->h)
		return true;
	forget_shown(t);
	t->line = lk_realloc(t->line, (size_t)c->w + 1, sizeof(*t->line));
	t->shown = lk_alloc((size_t)c->w * (size_t)c->h, sizeof(*t->shown));
	t->w = c->w;
	t->h = c->h;
	return false;
}

static void place_cursor(struct lk_term *t, const struct lk_canvas *c)
{
	bool visible = c->cursor_visible || cursor_is_needed(t);

	if (visible != t->cursor_shown)
		curs_set(visible ? 1 : 0);
	t->cursor_shown = visible;
	if (c->cursor_x >= 0 && c->cursor_y >= 0 && c->cursor_x < c->w && c->cursor_y < c->h)
		move(c->cursor_y, c->cursor_x);
	else
		move(c->h - 1, 0);
}

void lk_term_paint(struct lk_term *t, const struct lk_canvas *c, bool all)
{
	size_t row = (size_t)c->w * sizeof(*c->cells);
	bool known;

	if (all) {
		forget_shown(t);
		clearok(curscr, TRUE);
	}
	known = make_room(t, c);
	for (int y = 0; y < c->h; y++) {
		const struct lk_cell *now = c->cells + (size_t)y * (size_t)c->w;
		struct lk_cell *before = t->shown + (size_t)y * (size_t)c->w;

		if (known && memcmp(now, before, row) == 0)
			continue;
		paint_row(t, c, y);
		memcpy(before, now, row);
	}
	place_cursor(t, c);
	refresh();
}

void lk_term_bell(void)
{
	beep();
}

/* -- keys and mouse -- */

static const struct {
	wint_t code;
	lk_press key;
} codes[] = {
	{ KEY_UP, LK_KEY_UP },
	{ KEY_DOWN, LK_KEY_DOWN },
	{ KEY_LEFT, LK_KEY_LEFT },
	{ KEY_RIGHT, LK_KEY_RIGHT },
	{ KEY_PPAGE, LK_KEY_PAGE_UP },
	{ KEY_A3, LK_KEY_PAGE_UP },
	{ KEY_NPAGE, LK_KEY_PAGE_DOWN },
	{ KEY_C3, LK_KEY_PAGE_DOWN },
	{ KEY_HOME, LK_KEY_HOME },
	{ KEY_FIND, LK_KEY_HOME },
	{ KEY_A1, LK_KEY_HOME },
	{ KEY_END, LK_KEY_END },
	{ KEY_SELECT, LK_KEY_END },
	{ KEY_C1, LK_KEY_END },
	{ KEY_IC, LK_KEY_INSERT },
	{ KEY_DC, LK_KEY_DELETE },
	{ KEY_BACKSPACE, LK_KEY_BACKSPACE },
	{ KEY_BTAB, LK_KEY_BACK_TAB },
	{ KEY_ENTER, LK_KEY_ENTER },
	{ KEY_F(15), LK_KEY_SHIFT_F3 },
	{ KEY_SPREVIOUS, LK_KEY_SHIFT_PAGE_UP },
	{ KEY_SNEXT, LK_KEY_SHIFT_PAGE_DOWN },
};

/* 0: it means nothing here. */
static lk_press key_of_code(wint_t code)
{
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return LK_KEY_F1 + (lk_press)(code - KEY_F(1));
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (codes[i].code == code)
			return codes[i].key;
	}
	return 0;
}

static bool read_one(struct lk_term *t, wint_t *ret, bool *ret_is_code)
{
	int rc;

	if (t->has_next) {
		t->has_next = false;
		*ret = t->next;
		*ret_is_code = t->next_is_code;
		return true;
	}
	rc = get_wch(ret);
	*ret_is_code = rc == KEY_CODE_YES;
	return rc != ERR;
}

/* After ESC: drops an escape sequence that terminfo does not know, so that its letters do not count as keys. false: it was the key Esc. */
static bool swallow_sequence(struct lk_term *t)
{
	wint_t c;
	bool is_code;

	if (!read_one(t, &c, &is_code))
		return false;
	if (is_code || (c != '[' && c != 'O')) {
		t->has_next = true;
		t->next = c;
		t->next_is_code = is_code;
		return false;
	}
	if (c == 'O') {
		read_one(t, &c, &is_code);
		return true;
	}
	for (int i = 0; i < SEQUENCE_MAX; i++) {
		if (!read_one(t, &c, &is_code) || is_code || (c >= 0x40 && c <= 0x7e && (c != '[' || i > 0)))
			break;
	}
	return true;
}

static bool read_mouse(struct lk_term *t, struct lk_mouse *ret)
{
	MEVENT e;
	int64_t now = lk_io_now_ms();

	if (getmouse(&e) == ERR)
		return false;
	*ret = (struct lk_mouse){ .x = e.x, .y = e.y };
	if (e.bstate & BUTTON4_PRESSED) {
		ret->kind = LK_MOUSE_WHEEL_UP;
	} else if (e.bstate & BUTTON5_PRESSED) {
		ret->kind = LK_MOUSE_WHEEL_DOWN;
	} else if (e.bstate & BUTTON1_PRESSED) {
		bool again = t->click_ms && now - t->click_ms <= DOUBLE_MS && t->click_x == e.x && t->click_y == e.y;

		ret->kind = again ? LK_MOUSE_DOUBLE : LK_MOUSE_CLICK;
		t->click_ms = again ? 0 : now;
		t->click_x = e.x;
		t->click_y = e.y;
	} else {
		return false;
	}
	return true;
}

/* ---- what is pasted ---- */

static void begin_paste(struct lk_term *t)
{
	t->pasting = true;
	t->paste.n = 0;
	t->paste_ms = lk_io_now_ms();
}

/* The end may come in pieces, of which curses makes no key. */
static bool ends_paste(struct lk_term *t)
{
	size_t n = strlen(PASTE_END);

	if (t->paste.n < n || memcmp(t->paste.v + t->paste.n - n, PASTE_END, n) != 0)
		return false;
	t->paste.n -= n;
	return true;
}

/* Takes the next character of it. Returns whether it is over. */
static bool take_pasted(struct lk_term *t, wint_t c, bool is_code)
{
	char bytes[4];
	size_t n = !is_code && c < LK_KEY_NAMED ? lk_text_put_utf8((uint32_t)c, bytes) : 0;

	t->paste_ms = lk_io_now_ms();
	/* Somebody wants his keyboard back: the end was lost. Terminals paste no control characters. */
	if (!is_code && c == LK_KEY_CTRL_C) {
		t->paste.n = 0;
		flushinp(); /* what is left of it must not count as keys */
		return true;
	}
	if (n && t->paste.n < PASTE_MAX + strlen(PASTE_END))
		lk_buf_add(&t->paste, bytes, n);
	return (is_code && c == KEY_PASTE_END) || ends_paste(t);
}

const char *lk_term_pasted(struct lk_term *t)
{
	if (t->paste.n > PASTE_MAX)
		t->paste.n = 0;
	return lk_buf_str(&t->paste);
}

static lk_press key_of_char(struct lk_term *t, wint_t c)
{
	switch (c) {
	case '\n':
	case '\r':
		return LK_KEY_ENTER;
	case 8:
	case 127:
		return LK_KEY_BACKSPACE;
	case 27:
		return swallow_sequence(t) ? 0 : LK_KEY_ESC;
	default:
		return c < LK_KEY_NAMED ? (lk_press)c : 0;
	}
}

enum lk_term_event lk_term_read(struct lk_term *t, lk_press *ret_key, struct lk_mouse *ret_mouse)
{
	wint_t c;
	bool is_code;

	while (read_one(t, &c, &is_code)) {
		if (t->pasting && lk_io_now_ms() - t->paste_ms > PASTE_STALLS_MS)
			t->pasting = false;
		if (t->pasting) {
			t->pasting = !take_pasted(t, c, is_code);
			if (!t->pasting)
				return LK_TERM_PASTE;
			continue;
		}
		if (is_code && c == KEY_PASTE_BEGIN) {
			begin_paste(t);
			continue;
		}
		if (is_code && c == KEY_MOUSE) {
			if (read_mouse(t, ret_mouse))
				return LK_TERM_MOUSE;
			continue;
		}
		*ret_key = is_code ? key_of_code(c) : key_of_char(t, c);
		if (*ret_key)
			return LK_TERM_KEY;
	}
	return LK_TERM_NOTHING;
}
