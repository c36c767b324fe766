/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole screen as a state that knows nothing of curses, threads or clocks: events go in, a canvas comes out. The terminal
 * (main.c) and the tests drive it alike. */
#ifndef LK_TUI_APP_H
#define LK_TUI_APP_H

#include "action/sys.h"
#include "action/trace.h"
#include "base/buf.h"
#include "cli/settings.h"
#include "tui/core/command.h"
#include "tui/frame/frame.h"
#include "tui/frame/history.h"
#include "tui/pane/pane.h"
#include "tui/term/canvas.h"
#include "tui/term/keymap.h"
#include "tui/view/view.h"

/* What the screen needs from whoever runs it. */
struct lk_tui_host {
	void *arg;
	/* Opens another source for one job: the machine, the other /proc or the capture that is shown. 0 with *ret (lk_source_free()),
	 * or -errno. May be called from any thread. */
	int (*open_source)(void *arg, struct lk_source **ret, struct lk_err *err);
	/* Runs work(job_arg) off the input path (the thread that owns the screen), then done(t, job_arg) on it. 0, or -errno: neither is
	 * called. */
	int (*start)(void *arg, void (*work)(void *job_arg), void (*done)(struct lk_tui *t, void *job_arg),
		     void *job_arg);
	/* Asks for a new look as soon as possible, also after the interval was changed. NULL: there are no more looks. */
	void (*look)(void *arg);
	const struct lk_sys *sys; /* for actions */
	const struct lk_trace *trace;
};

struct lk_tui {
	struct lk_tui_host host;
	struct lk_settings set;
	struct lk_keymap keymap;
	const struct lk_frame *frame; /* the one that is shown, held; NULL before the first */
	const struct lk_frame *failed; /* the newest look if it failed, held; NULL: it did not fail */
	const struct lk_found *found; /* the lock files of the newest search, held; NULL: there was none yet */
	struct lk_history history;
	struct lk_view views[LK_VIEWS];
	enum lk_view_id current;
	LK_VEC(struct lk_pane *) panes; /* the top one last */
	uint64_t next_serial;
	int64_t now_ms, wall_ms; /* set before each event and painting: monotonic clock; Unix time */
	int w, h; /* cells */
	bool utf8;
	bool paused; /* by the key Z */
	bool show_next; /* the next frame is shown even when paused */
	const struct lk_frame *waiting_frame; /* while paused: newer than the one that is shown; held; NULL none */
	bool looking; /* a look is under way */
	int64_t look_started_ms;
	bool can_act; /* a live machine, not read-only */
	const char *cannot_act; /* why not, a clause: "this is a capture"; static; NULL: not said */
	char *message; /* in the message line; owned; NULL none */
	enum lk_style message_style;
	int64_t message_until_ms; /* INT64_MAX: until a key is pressed, and it is shown in full */
	bool bell; /* the terminal is to ring; whoever does it resets this */
	bool asked_to_quit; /* the last key asked to leave, which was not done because a lock is waited for */
	int64_t repaint_ms; /* when what is painted changes by itself, in the clock of now_ms; 0: not known to */
	bool show_header; /* toggled by the key # */
	bool hide_detail; /* toggled by the key d: no detail beside the list, though there is room */
	uint64_t side_row; /* the row that this detail was painted for last */
	size_t side_top, side_page; /* the first line of it that is shown; how many there was room for */
	const struct lk_view *map_from; /* the view that Map was opened from; NULL: none */
	const char *source_name; /* "capture of db01", "/srv/proc"; NULL: this machine; borrowed */
	struct lk_watch_targets *watched; /* locks that are waited for (watch_target.h); NULL: none */
};

/* set: its content is taken over, *set must not be used again. host: copied. lk_tui_free() of the result. */
struct lk_tui *lk_tui_new(const struct lk_tui_host *host, struct lk_settings *set);
void lk_tui_free(struct lk_tui *t);

/* All return LK_DIRTY_*. The caller has set now_ms and wall_ms. */
unsigned lk_tui_key(struct lk_tui *t, lk_press k);
unsigned lk_tui_mouse(struct lk_tui *t, const struct lk_mouse *m);
/* Text that was pasted, UTF-8. */
unsigned lk_tui_paste(struct lk_tui *t, const char *text);
/* A look has been taken; the reference is taken over. */
unsigned lk_tui_frame(struct lk_tui *t, struct lk_frame *f);
/* Time has passed: messages fade, ages grow. */
unsigned lk_tui_tick(struct lk_tui *t);

/* Paints all of it; the canvas has the size of the terminal. */
void lk_tui_paint(struct lk_tui *t, struct lk_canvas *c);

/* -- tui.c -- */
/* Shows a message in the line above the key bar for some seconds. It may have raw bytes of the machine. LK_DIRTY_PAINT. */
unsigned lk_tui_say(struct lk_tui *t, enum lk_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Lets the message stay until a key is pressed, in as many lines as it needs, and rings the bell. */
void lk_tui_keep_message(struct lk_tui *t);

void lk_tui_unsay(struct lk_tui *t);

struct lk_view *lk_tui_view(const struct lk_tui *t); /* the current one */
/* What the selected row is about; ret->frame NULL: nothing is selected. */
void lk_tui_subject(const struct lk_tui *t, struct lk_subject *ret);
/* The subjects of the tagged rows, or of the selected one when none is tagged. Heap, caller frees. */
struct lk_subject *lk_tui_subjects(const struct lk_tui *t, size_t *ret_n);
unsigned lk_tui_switch(struct lk_tui *t, enum lk_view_id id);
/* From Map to the view that it was opened from. false: this is not Map, or it was not opened from any. */
bool lk_tui_leave_map(struct lk_tui *t);
/* Does what these LK_DIRTY_* ask for and the state can do itself: rows, order, a new look. Returns what is left for the caller. */
unsigned lk_tui_settle(struct lk_tui *t, unsigned dirty);
/* Puts a frame on the screen; the reference is taken over. */
unsigned lk_tui_show_frame(struct lk_tui *t, const struct lk_frame *f);
/* Asks for a look that is shown even when paused: after an action. LK_DIRTY_*. */
unsigned lk_tui_want_look(struct lk_tui *t);
/* Adds to the history something that was done from this screen. comm and text are copied. */
void lk_tui_note(struct lk_tui *t, const char *static_word, int pid, const char *comm, const char *text);

/* -- layout.c -- */
/* Where each part is at this size of the screen; height 0: it is not shown. */
struct lk_layout {
	bool too_small; /* one line says so */
	struct lk_rect header, meters, tabs, heading_and_rows, detail, words, message, bar;
};
struct lk_layout lk_layout_make(const struct lk_tui *t, int w, int h);

/* The time for which ages in rows of this frame are computed: now for the frame that is shown; for an older one (ghosts) the time it was
 * taken, so that what is gone gets no older. */
int64_t lk_tui_now_of(const struct lk_tui *t, const struct lk_frame *f);
/* "1.2 s": how long ago then_ms was, in the clock of frames. Returns buf. */
#define LK_AGO_TEXT 32
const char *lk_tui_ago(const struct lk_tui *t, int64_t then_ms, char buf[LK_AGO_TEXT]);
/* The local time by a format of strftime(3). Returns buf; "" when that fails. */
#define LK_CLOCK "%H:%M:%S"
#define LK_TIME_TEXT 32
const char *lk_tui_time(int64_t unix_ms, const char *format, char buf[LK_TIME_TEXT]);
/* "2211", "?" for none. */
void lk_tui_put_pid(int pid, lk_buf *out);
/* Sizes and times as the settings want them. */
void lk_tui_size_text(const struct lk_tui *t, int64_t bytes, lk_buf *out); /* -1: "-" */
void lk_tui_offset_text(const struct lk_tui *t, int64_t offset, lk_buf *out);
void lk_tui_range_text(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out); /* "whole", "0-4095", "100-EOF" */
/* The same for sentences: "bytes 0-4095", "byte 5". */
void lk_tui_bytes_text(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out);
/* For a cell of a table: lk_range_brief(), if the settings do not want hexadecimal numbers. */
void lk_tui_range_cell(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out);
/* The letter of a lock's state, H B W C ? or x (gone), and its style. */
char lk_tui_state_letter(const struct lk_lock *l, bool ghost, enum lk_style *ret_style);

#endif
