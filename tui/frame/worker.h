/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that may take time, off the input path: one thread that looks again and again, and one for each job. Nothing here waits for a
 * thread that hangs. All functions are for the thread that owns the screen. */
#ifndef LK_TUI_WORKER_H
#define LK_TUI_WORKER_H

#include "tui/frame/frame.h"

struct lk_worker_plan {
	struct lk_source *source; /* taken over; used by the thread that looks */
	unsigned needs; /* LK_NEED_* */
	uint32_t timeout_ms; /* of a look */
	uint32_t delay_ms; /* from one look's begin to the next one's, at least (lk_look_interval_ms()) */
	bool once; /* a capture: looks once, and again only when asked to */
	bool exact;
};

struct lk_tui;
struct lk_worker;

/* Starts looking. The source is taken over, also on failure. 0 or -errno. */
int lk_worker_new(const struct lk_worker_plan *plan, struct lk_worker **ret);
/* Readable when a frame is there or a job is done. */
int lk_worker_fd(const struct lk_worker *w);
/* Asks for a look at once, or after the one that is under way. */
void lk_worker_look(struct lk_worker *w);
void lk_worker_set_delay(struct lk_worker *w, uint32_t delay_ms);
/* Is a look under way, and since when (lk_io_now_ms())? */
bool lk_worker_is_looking(struct lk_worker *w, int64_t *ret_since_ms);

/* The oldest frame that was not taken yet. The caller's; NULL: none. Take all of them: each alone has the events since the one before.
 * lk_worker_fd() is not readable afterwards. */
struct lk_frame *lk_worker_take(struct lk_worker *w);

/* work(arg) in a thread of its own, then done(t, arg) from lk_worker_finish(). 0 or -errno: neither is called. */
int lk_worker_start(struct lk_worker *w, void (*work)(void *arg), void (*done)(struct lk_tui *t, void *arg), void *arg);
/* Calls done() of the jobs that are done. Returns how many. */
size_t lk_worker_finish(struct lk_worker *w, struct lk_tui *t);

/* Begins nothing more, and waits at most wait_ms for what is under way. true: all threads have ended, and everything is freed. false: a
 * thread may hang for ever; the worker stays valid, and the only way out of the process is _exit(2). NULL is fine: true. */
bool lk_worker_stop(struct lk_worker *w, struct lk_tui *t, uint32_t wait_ms);

#endif
