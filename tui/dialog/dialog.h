/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all dialogs have in common: a target that was frozen when they opened, a plan that is made off the input path, controls, and
 * buttons of which Cancel has the focus. Only the button that says so acts. */
#ifndef LK_TUI_DIALOG_H
#define LK_TUI_DIALOG_H

#include "tui/core/app.h"
#include "tui/frame/job.h"

struct lk_dialog;

enum lk_control_kind {
	LK_CONTROL_CHOICE, /* "( ) this": one of all in the dialog */
	LK_CONTROL_CHECK, /* "[ ] this" */
	LK_CONTROL_SWITCH, /* "Kind: < OFD >" */
	LK_CONTROL_FIELD, /* "Bytes: whole" */
	LK_CONTROL_BUTTON, /* "[ Cancel ]": in the last line */
};

struct lk_control {
	enum lk_control_kind kind;
	int id; /* of the dialog's own; LK_BUTTON_CANCEL */
	char *label; /* owned; ours or sanitized when painted */
	const char *hint; /* flush right: "safe"; static; NULL */
	char *why_not; /* owned: it cannot be used, and why; NULL: it can */
	const char *const *words; /* of a switch; static */
	int n_words, at; /* at: which is on */
	bool on; /* of a choice or a check */
	bool hidden; /* means nothing now */
	bool below; /* stands behind the text, not before it */
	struct lk_field field;
	int row; /* where it was painted last, from the top of the scrolled part; -1: at `place` */
	struct lk_rect place; /* of what does not scroll */
};

#define LK_BUTTON_CANCEL (-1)

struct lk_dialog_ops {
	/* A control was changed; enter: Enter was pressed in a field. */
	unsigned (*changed)(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool enter);
	/* A button other than Cancel was pressed; it can be used, and the job is not busy. */
	unsigned (*press)(struct lk_dialog *d, struct lk_tui *t, struct lk_control *button);
	/* What the plan (or whatever there is) means: adds to d->body, greys controls. */
	void (*fill)(struct lk_dialog *d, struct lk_tui *t);
	/* Keys of its own; LK_DIRTY_NOT_MINE for the others. NULL: none. */
	unsigned (*key)(struct lk_dialog *d, struct lk_tui *t, lk_press k);
	/* The job has finished. NULL: lk_dialog_update() is all. */
	void (*finished)(struct lk_dialog *d, struct lk_tui *t);
	/* Frees what the dialog has beside this, not d. NULL: nothing. */
	void (*free)(struct lk_dialog *d);
};

/* Embed it first; on the heap. */
struct lk_dialog {
	struct lk_pane pane;
	const struct lk_dialog_ops *ops;
	struct lk_job *job; /* owned, if not busy; NULL none */
	struct lk_text head; /* the frozen target */
	struct lk_text body; /* plan or report */
	LK_VEC(struct lk_control) controls;
	size_t focus;
	bool over; /* it was done: only Close is left */
	char *say; /* of the moment; owned; NULL none */
	enum lk_style say_style;
	bool say_busy; /* it is about the job under way, and goes when that is done */
	uint64_t lock_id; /* of the target; 0: none in particular */
	bool lock_gone; /* it is not in the newest look */
	int scroll; /* rows of the part above the buttons */
	int rows, page; /* of it when painted last */
};

/* The functions of its pane. */
void lk_dialog_size(struct lk_pane *p, struct lk_tui *t, int *w, int *h);
void lk_dialog_paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
unsigned lk_dialog_key(struct lk_pane *p, struct lk_tui *t, lk_press k);
unsigned lk_dialog_mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m);
unsigned lk_dialog_frame(struct lk_pane *p, struct lk_tui *t);
void lk_dialog_free(struct lk_pane *p, struct lk_tui *t);
/* PgUp, PgDn and the like; LK_DIRTY_NOT_MINE for other keys. */
unsigned lk_dialog_scroll_key(struct lk_dialog *d, lk_press k);
#define LK_DIALOG_PANE_OPS(dialog_name, dialog_keys) \
	{ \
		.name = dialog_name, .place = LK_PANE_BOX, .context = LK_KEYS_NONE, .size = lk_dialog_size, \
		.paint = lk_dialog_paint, .key = lk_dialog_key, .mouse = lk_dialog_mouse, .frame = lk_dialog_frame, \
		.free = lk_dialog_free, .keys = dialog_keys, \
	}

/* Each says why not in the message line and returns false; else true. */
bool lk_dialog_may_act(struct lk_tui *t, const char *what);
bool lk_dialog_is_there(struct lk_tui *t, const struct lk_subject *s, const char *what); /* selected, and no ghost */

/* Opens it, with the focus on Cancel, and begins with the plan where the job has one. LK_DIRTY_*. */
unsigned lk_dialog_open(struct lk_tui *t, struct lk_dialog *d);
/* Likewise, but the plan comes later. */
void lk_dialog_open_unplanned(struct lk_tui *t, struct lk_dialog *d);
/* The job is the dialog's from now on. */
void lk_dialog_take_job(struct lk_dialog *d, struct lk_job *j);

/* Valid until the next one is added. */
struct lk_control *lk_dialog_add(struct lk_dialog *d, enum lk_control_kind kind, int id, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct lk_control *lk_dialog_control(struct lk_dialog *d, int id); /* NULL: there is none */
void lk_dialog_focus(struct lk_dialog *d, int id);
/* why: copied; NULL: it can be used. */
void lk_dialog_grey(struct lk_dialog *d, int id, const char *why);
int lk_dialog_choice(struct lk_dialog *d); /* the id of the choice that is on; 0: none */
/* In the dialog itself, until the next key. */
void lk_dialog_say(struct lk_dialog *d, enum lk_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void lk_dialog_say_nothing(struct lk_dialog *d);
/* Says that a plan or a run is under way; false: none is. */
bool lk_dialog_say_busy(struct lk_dialog *d);

/* Runs what the job has planned. */
void lk_dialog_run(struct lk_dialog *d, struct lk_tui *t);
/* Why nothing can be changed from this screen; NULL: it can. */
const char *lk_dialog_cannot_act(const struct lk_tui *t);
/* Body, buttons and state anew from the job. */
void lk_dialog_update(struct lk_dialog *d, struct lk_tui *t);
/* Adds the plan of an action, or what it found when it was done, to the body. */
void lk_dialog_put_plan(struct lk_dialog *d, const struct lk_action *a);
void lk_dialog_put_report(struct lk_dialog *d, const struct lk_job *j);
/* The first sentence that refuses the plan; NULL: it is not refused. */
const char *lk_dialog_refusal(const struct lk_action *a);

/* -- words of targets -- */
/* "FLOCK WRITE" */
void lk_dialog_put_kind(const struct lk_lock *l, lk_buf *out);
/* "FLOCK WRITE /srv/x, bytes 0-99" */
void lk_dialog_put_lock(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out);
/* "2211 pg_dump  uid 113 postgres  started 13:49:50" and, unless brief, on a second line command and unit. */
void lk_dialog_head_process(struct lk_dialog *d, const struct lk_tui *t, const struct lk_frame *f,
			    const struct lk_proc *p, bool brief);
/* "file  /srv/x  254:0 inode 77" */
void lk_dialog_head_file(struct lk_dialog *d, const struct lk_file *file);

/* -- dialog_file.c -- */
/* The dialog of lk_do_rename() with the folder of the file to start from. LK_DIRTY_*. */
unsigned lk_fileact_move(struct lk_tui *t);
/* Why nothing can be done to the file, as far as no plan is needed for to know; NULL: it can. Static. */
const char *lk_fileact_why_not(const struct lk_subject *s);

#endif
