# SPDX-License-Identifier: GPL-2.0-or-later
if ENABLE_TUI
AM_CPPFLAGS += -I$(top_srcdir)

# The screen without its terminal: the tests link it too, and need no curses.
noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	tui/app.c \
	tui/app.h \
	tui/bar.c \
	tui/canvas.c \
	tui/canvas.h \
	tui/click.c \
	tui/command.c \
	tui/command.h \
	tui/detail.c \
	tui/detail.h \
	tui/detail_lock.c \
	tui/detail_text.c \
	tui/dialog.c \
	tui/dialog.h \
	tui/dialog_file.c \
	tui/dialog_paint.c \
	tui/dialog_release.c \
	tui/dialog_signal.c \
	tui/dialog_test.c \
	tui/dialog_wait.c \
	tui/dialog_words.c \
	tui/field.c \
	tui/format.c \
	tui/frame.c \
	tui/frame.h \
	tui/header.c \
	tui/help.c \
	tui/hidden.c \
	tui/history.c \
	tui/history.h \
	tui/job.c \
	tui/job.h \
	tui/key.c \
	tui/key.h \
	tui/keymap.c \
	tui/keymap.h \
	tui/layout.c \
	tui/list.c \
	tui/list.h \
	tui/list_arrange.c \
	tui/list_find.c \
	tui/list_private.h \
	tui/menu.c \
	tui/move.c \
	tui/paint.c \
	tui/paint.h \
	tui/pane.c \
	tui/pane.h \
	tui/pieces.c \
	tui/prompt.c \
	tui/setup.c \
	tui/show.c \
	tui/show.h \
	tui/snapfile.c \
	tui/snapfile.h \
	tui/style.h \
	tui/sums.c \
	tui/sums.h \
	tui/table.c \
	tui/table_layout.c \
	tui/table_private.h \
	tui/tabs.c \
	tui/targets.c \
	tui/targets.h \
	tui/text.c \
	tui/text.h \
	tui/textpane.c \
	tui/theme.c \
	tui/theme.h \
	tui/timeline.c \
	tui/timeline.h \
	tui/view.c \
	tui/view.h \
	tui/view_files.c \
	tui/view_history.c \
	tui/view_locks.c \
	tui/view_locks.h \
	tui/view_map.c \
	tui/view_map.h \
	tui/view_map_paint.c \
	tui/view_procs.c \
	tui/view_waits.c \
	tui/view_waits.h \
	tui/vigil.c \
	tui/vigil.h \
	tui/waits_line.c \
	tui/waits_line.h \
	tui/waits_paint.c \
	tui/words.c \
	tui/words.h \
	tui/worker.c \
	tui/worker.h
LK_TUI_LIBS = libtui.a

# The part that only the program has: the loop and the terminal.
lockscope_SOURCES += \
	tui/main.c \
	tui/rescue.c \
	tui/rescue.h \
	tui/term.c \
	tui/term.h
lockscope_CFLAGS = $(AM_CFLAGS) $(NCURSESW_CFLAGS) -pthread
else
LK_TUI_LIBS =
endif
