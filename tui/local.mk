# SPDX-License-Identifier: GPL-2.0-or-later
if ENABLE_TUI
AM_CPPFLAGS += -I$(top_srcdir)

# The screen without its terminal: the tests link it too, and need no curses.
noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	tui/core/app.c \
	tui/core/app.h \
	tui/chrome/bar.c \
	tui/term/canvas.c \
	tui/term/canvas.h \
	tui/core/click.c \
	tui/core/command.c \
	tui/core/command.h \
	tui/core/command_table.c \
	tui/pane/detail.c \
	tui/pane/detail.h \
	tui/pane/detail_cycle.c \
	tui/pane/detail_lock.c \
	tui/pane/detail_text.c \
	tui/dialog/dialog.c \
	tui/dialog/dialog.h \
	tui/dialog/dialog_file.c \
	tui/dialog/dialog_paint.c \
	tui/dialog/dialog_release.c \
	tui/dialog/dialog_signal.c \
	tui/dialog/dialog_test.c \
	tui/dialog/dialog_wait.c \
	tui/dialog/dialog_words.c \
	tui/widget/field.c \
	tui/widget/format.c \
	tui/frame/found.c \
	tui/frame/found.h \
	tui/frame/frame.c \
	tui/frame/frame.h \
	tui/chrome/header.c \
	tui/pane/help.c \
	tui/pane/hidden.c \
	tui/frame/history.c \
	tui/frame/history.h \
	tui/frame/job.c \
	tui/frame/job.h \
	tui/term/key.c \
	tui/term/key.h \
	tui/term/keymap.c \
	tui/term/keymap.h \
	tui/chrome/layout.c \
	tui/widget/list.c \
	tui/widget/list.h \
	tui/widget/list_arrange.c \
	tui/widget/list_find.c \
	tui/widget/list_private.h \
	tui/pane/menu.c \
	tui/core/move.c \
	tui/chrome/paint.c \
	tui/chrome/paint.h \
	tui/pane/pane.c \
	tui/pane/pane.h \
	tui/widget/pieces.c \
	tui/core/program.c \
	tui/pane/prompt.c \
	tui/pane/setup.c \
	tui/core/show.c \
	tui/core/show.h \
	tui/frame/snapfile.c \
	tui/frame/snapfile.h \
	tui/term/style.h \
	tui/frame/totals.c \
	tui/frame/totals.h \
	tui/widget/table.c \
	tui/widget/table_layout.c \
	tui/widget/table_private.h \
	tui/chrome/tabs.c \
	tui/dialog/targets.c \
	tui/dialog/targets.h \
	tui/dialog/whom.c \
	tui/dialog/whom.h \
	tui/widget/text.c \
	tui/widget/text.h \
	tui/pane/textpane.c \
	tui/term/theme.c \
	tui/term/theme.h \
	tui/widget/timeline.c \
	tui/widget/timeline.h \
	tui/core/tui.c \
	tui/view/view.c \
	tui/view/view.h \
	tui/view/view_files.c \
	tui/view/view_history.c \
	tui/view/view_lockfiles.c \
	tui/view/view_locks.c \
	tui/view/view_locks.h \
	tui/view/view_map.c \
	tui/view/view_map_file.c \
	tui/view/view_map.h \
	tui/view/view_map_paint.c \
	tui/view/view_procs.c \
	tui/view/view_waits.c \
	tui/view/view_waits.h \
	tui/frame/watch_target.c \
	tui/frame/watch_target.h \
	tui/view/waits_line.c \
	tui/view/waits_paint.c \
	tui/core/words.c \
	tui/core/words.h \
	tui/frame/worker.c \
	tui/frame/worker.h
LK_TUI_LIBS = libtui.a

# The part that only the program has: the loop and the terminal.
lockscope_SOURCES += \
	tui/core/main.c \
	tui/term/rescue.c \
	tui/term/rescue.h \
	tui/term/term.c \
	tui/term/term.h
lockscope_CFLAGS = $(AM_CFLAGS) $(NCURSESW_CFLAGS) -pthread
else
LK_TUI_LIBS =
endif
