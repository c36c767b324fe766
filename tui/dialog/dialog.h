/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all dialogs have in common: a target that is fixed when they open, a plan that is made off the input path (job.h), controls, and
 * buttons. Cancel has the focus at first; only the button that names the action acts (in dialog_signal.c, without buttons, Enter). */
#ifndef LK_TUI_DIALOG_H
#define LK_TUI_DIALOG_H

#include "base/buf.h"
#include "tui/core/app.h"
#include "tui/frame/job.h"

struct lk_dialog;

enum lk_control_kind {
	LK_CONTROL_CHOICE, /* "( ) this": at most one of the dialog is on */
	LK_CONTROL_CHECK, /* "[ ] this" */
	LK_CONTROL_SWITCH, /* "Kind: < OFD >" */
	LK_CONTROL_FIELD, /* "Bytes: whole" */
	LK_CONTROL_BUTTON, /* "[ Cancel ]": in the last line */
};

struct lk_control {
	enum lk_control_kind kind;
	int id; /* the dialog's own number, or LK_BUTTON_CANCEL */
	char *label; /* owned; sanitized when painted, but a button's must be safe */
	const char *hint; /* flush right: "safe"; static; NULL none */
	bool danger; /* the hint is a warning; never chosen beforehand */
	char *why_not; /* owned: it cannot be used, and why: then only a button can have the focus; NULL: it can */
	const char *const *words; /* of a switch; static */
	int n_words, at; /* at: the index of the word that is on */
	bool on; /* of a choice or a check */
	bool hidden; /* not shown, because it means nothing now */
	bool below; /* stands below the text, not above it */
	struct lk_field field;
	int row; /* of the scrolled part, where it was painted last; -1: see place */
	struct lk_rect place; /* of what does not scroll, from the corner inside the border */
};

#define LK_BUTTON_CANCEL (-1)

struct lk_dialog_ops {
	/* A control was changed; enter: Enter was pressed in a field. */
	unsigned (*changed)(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool enter);
	/* A button other than Cancel was pressed. Only called while why_not of the button is NULL and the job is not busy. */
	unsigned (*press)(struct lk_dialog *d, struct lk_tui *t, struct lk_control *button);
	/* Shows the plan, or what else there is to say: adds to d->body, greys controls. */
	void (*fill)(struct lk_dialog *d, struct lk_tui *t);
	/* Keys of its own; LK_DIRTY_NOT_MINE for the others. NULL: none. */
	unsigned (*key)(struct lk_dialog *d, struct lk_tui *t, lk_press k);
	/* A plan or a run has ended; called after lk_dialog_update(). NULL: nothing more to do. */
	void (*finished)(struct lk_dialog *d, struct lk_tui *t);
	/* Frees what the dialog has beside struct lk_dialog, not d itself. NULL: nothing. */
	void (*free)(struct lk_dialog *d);
};

/* Embed it first; lk_dialog_free() calls free(3) on it. */
struct lk_dialog {
	struct lk_pane pane;
	const struct lk_dialog_ops *ops;
	struct lk_job *job; /* owned; a busy one outlives the dialog (job.h); NULL none */
	struct lk_text head; /* the target, as it was when the dialog opened */
	struct lk_text body; /* plan or report */
	LK_VEC(struct lk_control) controls;
	size_t focus;
	bool over; /* the action was run: only Close is left */
	bool acts; /* it sends, releases, deletes or moves: Enter counts only when the dialog could be read (lk_dialog_is_early()) */
	bool painted;
	int64_t painted_ms; /* when it was painted first */
	char *say; /* the message above the buttons; owned; NULL none */
	enum lk_style say_style;
	bool say_busy; /* say is about the job under way, and is removed when that has ended */
	uint64_t row; /* lk_frame_row() of the target; 0: it is not one lock */
	bool lock_gone; /* the row is not in the frame that is shown, and nothing was done from here */
	int scroll; /* first visible row of the part above the buttons */
	int rows, page; /* of that part, when painted last: all rows, visible rows */
};

/* The functions of its pane. */
void lk_dialog_size(struct lk_pane *p, struct lk_tui *t, int *w, int *h);
void lk_dialog_paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
unsigned lk_dialog_key(struct lk_pane *p, struct lk_tui *t, lk_press k);
unsigned lk_dialog_mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m);
unsigned lk_dialog_frame(struct lk_pane *p, struct lk_tui *t);
unsigned lk_dialog_paste(struct lk_pane *p, struct lk_tui *t, const char *text);
void lk_dialog_free(struct lk_pane *p, struct lk_tui *t);
/* PgUp, PgDn and the like; LK_DIRTY_NOT_MINE for other keys. */
unsigned lk_dialog_scroll_key(struct lk_dialog *d, lk_press k);
#define LK_DIALOG_PANE_OPS(dialog_name, dialog_keys) \
	{ \
		.name = dialog_name, .place = LK_PANE_BOX, .context = LK_KEYS_NONE, .size = lk_dialog_size, \
		.paint = lk_dialog_paint, .key = lk_dialog_key, .mouse = lk_dialog_mouse, .frame = lk_dialog_frame, \
		.paste = lk_dialog_paste, .free = lk_dialog_free, .keys = dialog_keys, \
	}

/* Whether a dialog may open; if not, the message line says why. what: the name of the action, "Signal". */
bool lk_dialog_may_act(struct lk_tui *t, const char *what);
bool lk_dialog_is_there(struct lk_tui *t, const struct lk_subject *s, const char *what); /* selected, and no ghost */

/* Opens it, with the focus on Cancel, and starts the plan where the job has one. LK_DIRTY_*. */
unsigned lk_dialog_open(struct lk_tui *t, struct lk_dialog *d);
/* Likewise, but the caller starts the plan, later. */
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
/* Shows a message in the dialog itself, until the next key. */
void lk_dialog_say(struct lk_dialog *d, enum lk_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void lk_dialog_say_nothing(struct lk_dialog *d);
/* If a plan or a run is under way, says so and returns true. */
bool lk_dialog_say_busy(struct lk_dialog *d);

/* What was typed ahead, or pasted, must not answer a dialog that changes something: for this long after it was painted first, Enter and
 * the letters that act do nothing but say so. */
#define LK_DIALOG_EARLY_MS 300
#define LK_DIALOG_EARLY_WORDS "Enter counts in a moment"
bool lk_dialog_is_early(const struct lk_dialog *d, const struct lk_tui *t);
/* If it is early, says so and returns true. */
bool lk_dialog_say_early(struct lk_dialog *d, const struct lk_tui *t);

/* Runs what the job has planned. */
void lk_dialog_run(struct lk_dialog *d, struct lk_tui *t);
/* Why nothing can be changed from this screen; NULL: it can. */
const char *lk_dialog_cannot_act(const struct lk_tui *t);
/* Makes body and buttons anew from the state of the job. */
void lk_dialog_update(struct lk_dialog *d, struct lk_tui *t);
/* Adds to the body: the plan of an action; the result of a job that was run. */
void lk_dialog_put_plan(struct lk_dialog *d, const struct lk_action *a);
void lk_dialog_put_report(struct lk_dialog *d, const struct lk_job *j);
/* The first sentence that refuses the plan, borrowed from it; NULL: it is not refused. */
const char *lk_dialog_refusal(const struct lk_action *a);

/* -- words of targets -- */
/* "POSIX WRITE /srv/x, bytes 0-99", "FLOCK WRITE /srv/x" */
void lk_dialog_put_lock(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out);
/* Adds to the head: "2211 pg_dump  uid 113 postgres  started 13:49:50" and, unless brief, a second line with command and unit. */
void lk_dialog_head_process(struct lk_dialog *d, const struct lk_tui *t, const struct lk_frame *f,
			    const struct lk_proc *p, bool brief);
/* Adds to the head: "/srv/x  254:0 inode 77". */
void lk_dialog_head_file(struct lk_dialog *d, const struct lk_file *file);

/* -- dialog_signal.c, dialog_release.c: for one row, whichever is selected -- */
unsigned lk_signal_open(struct lk_tui *t, const struct lk_subject *s);
unsigned lk_release_open(struct lk_tui *t, const struct lk_subject *s);

/* -- dialog_file.c -- */
/* The dialog of lk_do_rename(), but its field begins with the file's folder instead of its path. LK_DIRTY_*. */
unsigned lk_fileact_move(struct lk_tui *t);
/* Why the file cannot be deleted, renamed or moved, as far as that is known without a plan; NULL: it can. Static. */
const char *lk_fileact_why_not(const struct lk_subject *s);

#endif
