/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies over a view: prompts, menus, dialogs, panes of text. They are a stack; the top one gets the keys. */
#ifndef LK_TUI_PANE_H
#define LK_TUI_PANE_H

#include "base/buf.h"
#include "tui/term/canvas.h"
#include "tui/term/key.h"
#include "tui/term/keymap.h"
#include "tui/view/view.h"
#include "tui/widget/text.h"

struct lk_pane;

#define LK_PASTE_DROPPED "What was pasted was dropped: there is no field here to take it."

enum lk_pane_place {
	LK_PANE_BODY, /* instead of view and heading: between tab line and key bar */
	LK_PANE_BOX, /* a box in the middle of the screen */
	LK_PANE_LINE, /* the line above the key bar */
};

struct lk_pane_ops {
	const char *name; /* "help" */
	enum lk_pane_place place;
	enum lk_keymap_context context; /* keys that its key function leaves are looked up there */
	/* Of a box: how large it wants to be within w x h, border included; NULL: all. */
	void (*size)(struct lk_pane *p, struct lk_tui *t, int *w, int *h);
	/* r: its place, without border. May put the cursor. */
	void (*paint)(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
	/* LK_DIRTY_*; LK_DIRTY_NOT_MINE: the key is left to the context. Esc closes the pane if it is left. */
	unsigned (*key)(struct lk_pane *p, struct lk_tui *t, lk_press k);
	/* A click or the wheel within its place; coordinates from the corner of that. NULL: ignored. */
	unsigned (*mouse)(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m);
	/* Text that was pasted, never empty. NULL: it is dropped, with a word. */
	unsigned (*paste)(struct lk_pane *p, struct lk_tui *t, const char *text);
	/* t->frame is a new one. NULL: ignored. */
	unsigned (*frame)(struct lk_pane *p, struct lk_tui *t);
	/* The pane is closed; frees what it has, itself included. */
	void (*free)(struct lk_pane *p, struct lk_tui *t);
	/* What the key bar says while it is on top: "Enter send   Esc cancel". NULL: the keys of its context. */
	const char *keys;
};

/* Embed it first. */
struct lk_pane {
	const struct lk_pane_ops *ops;
	const char *title; /* of the border; borrowed; NULL none */
	const char *keys; /* for the key bar; borrowed; NULL: those of ops */
	uint64_t serial; /* given by lk_pane_push(): for jobs to see whether it is still there */
};

/* The pane is the stack's from now on. LK_DIRTY_PAINT. */
unsigned lk_pane_push(struct lk_tui *t, struct lk_pane *p);
/* Closes the top one. */
unsigned lk_pane_pop(struct lk_tui *t);
/* Closes this one and those above it. */
unsigned lk_pane_close(struct lk_tui *t, struct lk_pane *p);
struct lk_pane *lk_pane_top(const struct lk_tui *t); /* NULL: none */
/* The pane with this serial; NULL when it was closed. */
struct lk_pane *lk_pane_find(const struct lk_tui *t, uint64_t serial);

/* -- menu.c -- */
/* Asks which of these files the Map view is to show. LK_DIRTY_*. */
unsigned lk_menu_of_files(struct lk_tui *t, const lk_map_files *files);

typedef unsigned (*lk_subject_fn)(struct lk_tui *t, const struct lk_subject *s);
typedef LK_VEC(struct lk_menu_target {
	char *text; /* owned; raw bytes */
	struct lk_subject about;
}) lk_menu_targets;
/* Asks whom an action is for, all of them in frame f, which stays as it is; then calls act for that one. The targets are taken over. */
unsigned lk_menu_of_targets(struct lk_tui *t, const char *title, const struct lk_frame *f, lk_menu_targets *targets,
			    lk_subject_fn act);

/* -- textpane.c: lines to scroll through -- */
/* Makes the lines anew: when the pane opens, for each frame, and after a change of units. arg: the pane calls free(3) on it. Lines longer
 * than the pane are wrapped. false: what the text is about is gone, and the old lines stay. */
typedef bool (*lk_text_fill)(struct lk_tui *t, void *arg, struct lk_text *ret);
/* Opens it over the body. title: static. LK_DIRTY_*. */
unsigned lk_text_open(struct lk_tui *t, const char *title, lk_text_fill fill, void *arg);

/* Of text about a row. s, it: of the row, valid for the call; s->frame is never NULL. */
typedef void (*lk_row_fill)(struct lk_tui *t, const struct lk_subject *s, const struct lk_item *it,
			    struct lk_text *ret);
/* The same for text about the selected row, found again by its identity in each frame. Says so when nothing is selected. */
unsigned lk_text_open_row(struct lk_tui *t, const char *title, lk_row_fill fill);

/* -- prompt.c: a line to type in -- */
struct lk_prompt_ops {
	const char *label; /* "Filter: " */
	const char *keys; /* for the key bar */
	/* After every change; NULL: none. text: as in lk_field. */
	unsigned (*changed)(struct lk_tui *t, void *arg, const char *text);
	/* Enter: 0, or -EINVAL with the reason; then the prompt stays open. NULL: any text will do. */
	int (*check)(struct lk_tui *t, void *arg, const char *text, struct lk_err *err);
	unsigned (*enter)(struct lk_tui *t, void *arg, const char *text); /* the prompt is closed already */
	unsigned (*cancel)(struct lk_tui *t, void *arg); /* NULL: none; the prompt is closed already */
	/* For keys that do not edit the text; LK_DIRTY_NOT_MINE: no meaning here either. NULL: none. */
	unsigned (*key)(struct lk_tui *t, void *arg, const char *text, lk_press k);
};
/* arg: the prompt calls free(3) on it when it is closed, after enter or cancel. initial: copied; NULL "". */
unsigned lk_prompt_open(struct lk_tui *t, const struct lk_prompt_ops *ops, void *arg, const char *initial);

/* A field within a dialog: the same editing without a pane of its own. */
struct lk_field {
	lk_buf text; /* UTF-8; other bytes that it was set to are kept */
	size_t at; /* byte offset of the cursor */
};
/* Returns whether the key was for the field. */
bool lk_field_key(struct lk_field *f, lk_press k);
/* Inserts all of it; line breaks and other control characters as blanks, none at its ends. */
void lk_field_paste(struct lk_field *f, const char *text);
void lk_field_set(struct lk_field *f, const char *text);
const char *lk_field_str(struct lk_field *f); /* never NULL */
void lk_field_paint(struct lk_field *f, struct lk_canvas *c, int x, int y, int cells, bool focus);
void lk_field_done(struct lk_field *f);

#endif
