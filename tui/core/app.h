/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole screen as a state that knows nothing of curses, threads or clocks: events go in, a canvas comes out. The terminal
 * (main.c) and the tests drive it alike. */
#ifndef LK_TUI_APP_H
#define LK_TUI_APP_H

#include "action/sys.h"
#include "action/trace.h"
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
	/* A source of its own for a job: the machine, the other /proc or the capture that is shown. 0 with *ret (lk_source_free()), or
	 * -errno. May be called from any thread. */
	int (*open_source)(void *arg, struct lk_source **ret, struct lk_err *err);
	/* Runs work(job_arg) off the input path, then done(t, job_arg) on it. 0 or -errno: done is not called. */
	int (*start)(void *arg, void (*work)(void *job_arg), void (*done)(struct lk_tui *t, void *job_arg),
		     void *job_arg);
	/* A new look is wanted as soon as possible; the interval may have changed. NULL: there are no more looks. */
	void (*look)(void *arg);
	const struct lk_sys *sys; /* for actions */
	const struct lk_trace *trace;
};

struct lk_tui {
	struct lk_tui_host host;
	struct lk_settings set;
	struct lk_keymap keymap;
	const struct lk_frame *frame; /* the newest whole one, held; NULL before the first */
	const struct lk_frame *failed; /* the newest look failed: held; NULL: it did not */
	struct lk_history history;
	struct lk_view views[LK_VIEWS];
	enum lk_view_id current;
	LK_VEC(struct lk_pane *) panes; /* the top one last */
	uint64_t next_serial;
	int64_t now_ms, wall_ms; /* set before each event and painting: monotonic clock, Unix time */
	int w, h; /* cells */
	bool utf8;
	bool paused; /* Z */
	bool show_next; /* the next frame is shown even so */
	const struct lk_frame *waiting_frame; /* newer than what is shown while paused; held */
	bool looking; /* a look is under way */
	int64_t look_started_ms;
	bool can_act; /* a live machine, not read-only */
	const char *cannot_act; /* why not, a clause: "this is a capture"; NULL */
	char *message; /* of the moment; owned; NULL none */
	enum lk_style message_style;
	int64_t message_until_ms;
	bool show_header; /* # */
	bool hide_detail; /* Enter, where there is room for a pane beside the list */
	const char *source_name; /* "capture of db01", "/srv/proc"; NULL: this machine; borrowed */
	struct lk_watch_targets *watched; /* locks that are waited for (watch_target.h); NULL: none */
};

/* set: taken over. host: copied. Heap. */
struct lk_tui *lk_tui_new(const struct lk_tui_host *host, struct lk_settings *set);
void lk_tui_free(struct lk_tui *t);

/* All return LK_DIRTY_*. The caller has set now_ms and wall_ms. */
unsigned lk_tui_key(struct lk_tui *t, lk_press k);
unsigned lk_tui_mouse(struct lk_tui *t, const struct lk_mouse *m);
/* A look is there; the reference is taken over. */
unsigned lk_tui_frame(struct lk_tui *t, struct lk_frame *f);
/* Time has passed: messages fade, ages grow. */
unsigned lk_tui_tick(struct lk_tui *t);

/* Paints all of it; the canvas has the size of the terminal. */
void lk_tui_paint(struct lk_tui *t, struct lk_canvas *c);

/* -- tui.c -- */
/* In the line above the key bar, for some seconds. Raw bytes of the machine may be in it. LK_DIRTY_PAINT. */
unsigned lk_tui_say(struct lk_tui *t, enum lk_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void lk_tui_unsay(struct lk_tui *t);

struct lk_view *lk_tui_view(const struct lk_tui *t); /* the current one */
/* What the selected row is about; ret->frame NULL: nothing is selected. */
void lk_tui_subject(const struct lk_tui *t, struct lk_subject *ret);
/* The subjects of the tagged rows, or of the selected one when none is tagged. Heap, caller frees. */
struct lk_subject *lk_tui_subjects(const struct lk_tui *t, size_t *ret_n);
unsigned lk_tui_switch(struct lk_tui *t, enum lk_view_id id);
/* Does what was made necessary; returns what is left to do. */
unsigned lk_tui_settle(struct lk_tui *t, unsigned dirty);
/* Puts a frame on the screen; the reference is taken over. */
unsigned lk_tui_show_frame(struct lk_tui *t, const struct lk_frame *f);
/* The next frame goes on the screen even when paused (after an action). */
unsigned lk_tui_want_look(struct lk_tui *t);
/* Something that was done from here, for the history. */
void lk_tui_note(struct lk_tui *t, const char *static_word, int pid, const char *comm, const char *text);

/* -- layout.c -- */
/* Where things are at the size of the screen; a height of 0: it is not there. */
struct lk_layout {
	bool too_small; /* one line says so */
	struct lk_rect header, meters, tabs, heading_and_rows, detail, words, message, bar;
};
struct lk_layout lk_layout_make(const struct lk_tui *t, int w, int h);

/* The time as of which a row of this frame tells its ages: of what is gone it stands still. */
int64_t lk_tui_now_of(const struct lk_tui *t, const struct lk_frame *f);
/* "1.2 s": how long ago that was in the clock of frames; in buf. */
#define LK_AGO_TEXT 32
const char *lk_tui_ago(const struct lk_tui *t, int64_t then_ms, char buf[LK_AGO_TEXT]);
/* A local time, in the words of strftime(3); in buf. */
#define LK_CLOCK "%H:%M:%S"
#define LK_TIME_TEXT 32
const char *lk_tui_time(int64_t unix_ms, const char *format, char buf[LK_TIME_TEXT]);
/* "2211", "?" for none. */
void lk_tui_put_pid(int pid, lk_buf *out);
/* Sizes and times as the settings want them. */
void lk_tui_size_text(const struct lk_tui *t, int64_t bytes, lk_buf *out); /* -1: "-" */
void lk_tui_offset_text(const struct lk_tui *t, int64_t offset, lk_buf *out);
void lk_tui_range_text(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out); /* "whole", "0-4095", "100-EOF" */
/* For a cell: with its length instead of its end, "1073741826+510", where it would need more cells than this. */
#define LK_LONG_RANGE 14
void lk_tui_range_cell(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out);
void lk_tui_age_text(int64_t ms, bool at_least, lk_buf *out); /* "3m12s", "12m04s+"; -1: "" */
/* The glyph of a lock's state: H B W C ? and its meaning. */
char lk_tui_state_letter(const struct lk_lock *l, bool ghost, enum lk_style *ret_style);

#endif
