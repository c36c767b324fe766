/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands. Only app.c refers to it; everybody else has it from the keymap. */
#include "tui/core/command.h"

#include "tui/view/view.h"

#define ACTS (LK_COMMAND_CHANGES | LK_COMMAND_REFUSES_GHOST)

/* clang-format off */
const struct lk_command lk_command_table[] = {
	{ "up", LK_GROUP_MOVE, "Up", "one row up", 0, .run_with = lk_do_rows, .arg = -1 },
	{ "down", LK_GROUP_MOVE, "Down", "one row down", 0, .run_with = lk_do_rows, .arg = 1 },
	{ "page-up", LK_GROUP_MOVE, "PgUp", "one page up", 0, .run_with = lk_do_pages, .arg = -1 },
	{ "page-down", LK_GROUP_MOVE, "PgDn", "one page down", 0, .run_with = lk_do_pages, .arg = 1 },
	{ "half-up", LK_GROUP_MOVE, "HalfUp", "half a page up", 0, .run_with = lk_do_half_pages, .arg = -1 },
	{ "half-down", LK_GROUP_MOVE, "HalfDn", "half a page down", 0, .run_with = lk_do_half_pages, .arg = 1 },
	{ "first", LK_GROUP_MOVE, "First", "the first row", 0, .run_with = lk_do_end, .arg = -1 },
	{ "last", LK_GROUP_MOVE, "Last", "the last row", 0, .run_with = lk_do_end, .arg = 1 },
	{ "left", LK_GROUP_MOVE, "Left", "scroll to the left; fold a tree's branch; pan the map", 0, .run = lk_do_left },
	{ "right", LK_GROUP_MOVE, "Right", "scroll to the right; unfold a branch; pan the map", 0, .run = lk_do_right },
	{ "next-contended", LK_GROUP_MOVE, "Next", "the next lock that somebody waits for, or request", 0, .run_with = lk_do_next_contended, .arg = 1 },
	{ "previous-contended", LK_GROUP_MOVE, "Prev", "the previous one", 0, .run_with = lk_do_next_contended, .arg = -1 },
	{ "blocker", LK_GROUP_MOVE, "Blocker", "from a request to the lock in its way, and back", 0, .run = lk_do_blocker },
	{ "follow", LK_GROUP_MOVE, "Follow", "keep the selected row in view wherever it goes", 0, .run = lk_do_follow },

	{ "locks", LK_GROUP_VIEW, "Locks", "view: every lock and request", 0, .run_with = lk_do_view, .arg = LK_VIEW_LOCKS },
	{ "files", LK_GROUP_VIEW, "Files", "view: the files that are locked", 0, .run_with = lk_do_view, .arg = LK_VIEW_FILES },
	{ "processes", LK_GROUP_VIEW, "Procs", "view: who holds and who waits", 0, .run_with = lk_do_view, .arg = LK_VIEW_PROCS },
	{ "waits", LK_GROUP_VIEW, "Waits", "view: who must move first, and deadlocks", 0, .run_with = lk_do_view, .arg = LK_VIEW_WAITS },
	{ "map", LK_GROUP_VIEW, "Map", "view: byte ranges of the selected row's file", 0, .run_with = lk_do_view, .arg = LK_VIEW_MAP },
	{ "history", LK_GROUP_VIEW, "History", "view: what happened since the start", 0, .run_with = lk_do_view, .arg = LK_VIEW_HISTORY },
	{ "lockfiles", LK_GROUP_VIEW, "LckFile", "view: lock files, live or stale", 0, .run_with = lk_do_view, .arg = LK_VIEW_LOCKFILES },
	{ "next-view", LK_GROUP_VIEW, "Next", "the next view", 0, .run_with = lk_do_next_view, .arg = 1 },
	{ "previous-view", LK_GROUP_VIEW, "Prev", "the previous view", 0, .run_with = lk_do_next_view, .arg = -1 },
	{ "tree", LK_GROUP_VIEW, "Group", "as a tree or flat: by file, by parent process, by who waits", 0, .run = lk_do_tree },
	{ "expand", LK_GROUP_VIEW, "Expand", "unfold; zoom in on the map", 0, .run = lk_do_expand },
	{ "collapse", LK_GROUP_VIEW, "Fold", "fold; zoom out of the map", 0, .run = lk_do_collapse },

	{ "find", LK_GROUP_FIND, "Find", "search while typing, F3 again for the next; digits find pids; Esc goes back", 0, .run = lk_do_find },
	{ "find-next", LK_GROUP_FIND, "Next", "the next row found", 0, .run_with = lk_do_find_next, .arg = 1 },
	{ "find-previous", LK_GROUP_FIND, "Prev", "the previous row found", 0, .run_with = lk_do_find_next, .arg = -1 },
	{ "filter", LK_GROUP_FIND, "Filter", "show only rows that say this: a|b either, !x not, =EXPR as list --filter", 0, .run = lk_do_filter },
	{ "contended", LK_GROUP_FIND, "Blocked", "only what is blocked and what blocks", 0, .run = lk_do_only_contended },
	{ "user", LK_GROUP_FIND, "User", "only one user's", 0, .run = lk_do_user },
	{ "sort", LK_GROUP_FIND, "Sort", "choose the column that orders the rows", 0, .run = lk_do_sort },
	{ "sort-next", LK_GROUP_FIND, "Sort>", "order by the next column", 0, .run_with = lk_do_next_sort, .arg = 1 },
	{ "sort-previous", LK_GROUP_FIND, "Sort<", "order by the column before", 0, .run_with = lk_do_next_sort, .arg = -1 },
	{ "invert", LK_GROUP_FIND, "Invert", "turn the order round", 0, .run = lk_do_invert },

	{ "tag", LK_GROUP_MARK, "Tag", "tag the row; signals go to all that are tagged", 0, .run = lk_do_tag },
	{ "tag-same", LK_GROUP_MARK, "TagSame", "tag all rows of the same process (in Files: of the same file)", 0, .run = lk_do_tag_same },
	{ "untag", LK_GROUP_MARK, "Untag", "untag all", 0, .run = lk_do_untag },

	{ "detail", LK_GROUP_LOOK, "Detail", "all that is known of the row", 0, .run = lk_do_detail },
	{ "side-detail", LK_GROUP_LOOK, "Pane", "show or hide the detail beside the list, on a wide screen", 0, .run = lk_do_side_detail },
	{ "side-up", LK_GROUP_LOOK, "PaneUp", "scroll that up", 0, .run_with = lk_do_side_scroll, .arg = -1 },
	{ "side-down", LK_GROUP_LOOK, "PaneDn", "scroll that down", 0, .run_with = lk_do_side_scroll, .arg = 1 },
	{ "back", LK_GROUP_LOOK, "Back", "back up one level, from the map to where it was opened", 0, .run = lk_do_back },
	{ "show", LK_GROUP_LOOK, "Show", "the row as JSON and as command lines, to be copied", 0, .run = lk_do_show },
	{ "blind-spots", LK_GROUP_LOOK, "Blind", "what could not be seen, and why", 0, .run = lk_do_hidden },
	{ "units", LK_GROUP_LOOK, "Units", "bytes in KiB, in full, or hexadecimal", 0, .run = lk_do_units },
	{ "highlight", LK_GROUP_LOOK, "Changes", "let what is new stand out, or not", 0, .run = lk_do_highlight },
	{ "header", LK_GROUP_LOOK, "Header", "show or hide the meters", 0, .run = lk_do_header },
	{ "write", LK_GROUP_LOOK, "Write", "write this look to a file, as list --json prints it; to NAME.txt as a table", 0, .run = lk_do_write },

	{ "test", LK_GROUP_ACT, "Test", "would a lock be granted? who is in the way?", LK_COMMAND_NEEDS_FILE | LK_COMMAND_REFUSES_GHOST, .run = lk_do_test },
	{ "wait", LK_GROUP_ACT, "Wait", "wait until the lock is free, then say so", LK_COMMAND_NEEDS_LOCK | LK_COMMAND_REFUSES_GHOST, .run = lk_do_wait },
	{ "actions", LK_GROUP_ACT, "Acts", "what can be done about the row", 0, .run = lk_do_actions },
	{ "signal", LK_GROUP_ACT, "Signal", "signal the process, or all that are tagged", ACTS, .run = lk_do_signal },
	{ "release", LK_GROUP_ACT, "Release", "take away just the lock; the process lives on", ACTS | LK_COMMAND_NEEDS_LOCK, .run = lk_do_release },
	{ "delete", LK_GROUP_ACT, "Delete", "delete the file, knowing who uses it", ACTS | LK_COMMAND_NEEDS_FILE, .run = lk_do_delete },
	{ "rename", LK_GROUP_ACT, "Rename", "rename or move the file", ACTS | LK_COMMAND_NEEDS_FILE, .run = lk_do_rename },

	{ "help", LK_GROUP_PROGRAM, "Help", "this help", 0, .run = lk_do_help },
	{ "setup", LK_GROUP_PROGRAM, "Setup", "columns, interval, units, colours; saved only by Save", 0, .run = lk_do_setup },
	{ "pause", LK_GROUP_PROGRAM, "Pause", "stop refreshing, go on", 0, .run = lk_do_pause },
	{ "refresh", LK_GROUP_PROGRAM, "Refresh", "look again now", 0, .run = lk_do_refresh },
	{ "redraw", LK_GROUP_PROGRAM, "Redraw", "look again and draw the whole screen anew", 0, .run = lk_do_redraw },
	{ "suspend", LK_GROUP_PROGRAM, "Suspend", "stop the program; fg brings it back", 0, .run = lk_do_suspend },
	{ "close", LK_GROUP_PROGRAM, "Close", "close what is on top; leave the map; in another view: quit", 0, .run = lk_do_close },
	{ "cancel", LK_GROUP_PROGRAM, "Cancel", "close what is on top; in a view: forget the search", 0, .run = lk_do_cancel },
	{ "quit", LK_GROUP_PROGRAM, "Quit", "quit; asks once more while you wait for a lock", 0, .run = lk_do_quit },
	{ 0 },
};
/* clang-format on */
