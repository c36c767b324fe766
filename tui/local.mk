# SPDX-License-Identifier: GPL-2.0-or-later
if ENABLE_TUI
AM_CPPFLAGS += -I$(top_srcdir)

# The screen without its terminal: the tests link it too, and need no curses.
noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	tui/app.c \
	tui/app.h \
	tui/canvas.c \
	tui/canvas.h \
	tui/choices.c \
	tui/choices.h \
	tui/command.c \
	tui/command.h \
	tui/format.c \
	tui/frame.c \
	tui/frame.h \
	tui/history.c \
	tui/history.h \
	tui/job.h \
	tui/jsonlines.h \
	tui/key.c \
	tui/key.h \
	tui/keymap.c \
	tui/keymap.h \
	tui/list.c \
	tui/list.h \
	tui/list_arrange.c \
	tui/list_find.c \
	tui/list_private.h \
	tui/paint.h \
	tui/paint_private.h \
	tui/pane.c \
	tui/pane.h \
	tui/settings.c \
	tui/settings.h \
	tui/settings_file.c \
	tui/style.h \
	tui/sums.c \
	tui/sums.h \
	tui/view.h \
	tui/vigil.h
LK_TUI_LIBS = libtui.a

# The part that only the program has: the loop and the terminal.
lockscope_SOURCES +=
lockscope_CFLAGS = $(AM_CFLAGS) $(NCURSESW_CFLAGS) -pthread
else
LK_TUI_LIBS =
endif
