/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option_private.h"

#define COMMON LK_OPTIONS_COMMON
#define TABLE LK_OPTIONS_TABLE
#define SELECT LK_OPTIONS_SELECT
#define FILES LK_OPTIONS_FILES
#define OUTPUT LK_OPTIONS_OUTPUT
#define MAP LK_OPTIONS_MAP
#define WAITS LK_OPTIONS_WAITS
#define WATCH LK_OPTIONS_WATCH
#define ACT LK_OPTIONS_ACT
#define SIGNAL LK_OPTIONS_SIGNAL
#define WAIT LK_OPTIONS_WAIT
#define TEST LK_OPTIONS_TEST
#define RELEASE LK_OPTIONS_RELEASE
#define SCREEN LK_OPTIONS_SCREEN

/* clang-format off */
static const struct lk_option table[] = {
	{ 'p', 'p', "pid", "PID", "only locks this process holds or waits for (PID or PID@STARTTICKS, a comma list)", SELECT },
	{ 'U', 'U', "user", "USER", "only locks a process of this user holds or waits for (name or number, a comma list)",
	  SELECT },
	{ 'T', 'T', "type", "TYPE", "only these kinds: posix, ofd, flock, lease, deleg (a comma list)", SELECT },
	{ OPT_BLOCKED, 0, "blocked", NULL, "only locks that block somebody, and those who wait", SELECT },
	{ 'i', 'i', "noinaccessible", NULL, "leave out locks on files whose path cannot be found", SELECT },
	{ OPT_FILTER, 0, "filter", "EXPR", "only rows for which EXPR is true", SELECT },
	{ OPT_FILTER, 0, "filter", "TEXT", "only rows that say this: a|b either, !x not, =EXPR as list --filter", SCREEN },
	{ 'R', 'R', "recursive", NULL, "for a directory, also every file below it", FILES },
	{ 'P', 'P', "physical", NULL, "do not follow a symbolic link; ask about the link itself", FILES | MAP },
	{ OPT_RANGE, 0, "range", "RANGE", "only locks that overlap these bytes: A-B, A+LEN, A- or whole", FILES | MAP | WAIT | TEST },
	{ OPT_NO_USES, 0, "no-uses", NULL, "do not look for those who use a FILE without a lock", FILES },
	{ 'q', 'q', "quiet", NULL, "print nothing; the exit status is the answer", FILES | WAITS | MAP | WAIT | TEST },
	{ OPT_ALL_LANES, 0, "all", NULL, "show every lane, however many there are", MAP },
	{ OPT_FLAT, 0, "flat", NULL, "print a table of who waits, not a tree; so do -o, --output-all, --sort and --raw", WAITS },
	{ OPT_DEADLOCKS, 0, "deadlocks", NULL, "only deadlocks; the exit status says whether there is one", WAITS },
	{ 'J', 'J', "json", NULL, "print one JSON document", TABLE | WAITS | MAP | ACT | TEST },
	{ OPT_JSONL, 0, "jsonl", NULL, "print JSON, one row a line, after a header line", TABLE | WAITS | WATCH },
	{ OPT_FULL, 0, "full", NULL, "in JSON, also command line, unit, parent and the like, namespaces", TABLE | WAITS | MAP | WATCH },
	{ 'r', 'r', "raw", NULL, "columns separated by one blank, for scripts", TABLE | WAITS },
	{ 't', 't', "terse", NULL, "print only the pids of holders, one a line", TABLE },
	{ '0', '0', "null", NULL, "with -t or --raw: end each line with a NUL byte instead of a newline", TABLE | WAITS },
	{ 'o', 'o', "output", "LIST", "columns to print; +LIST adds to the default ones", TABLE | WAITS },
	{ OPT_OUTPUT_ALL, 0, "output-all", NULL, "print every column", TABLE | WAITS },
	{ 'H', 'H', "list-columns", NULL, "list the columns and exit", TABLE | WAITS },
	{ OPT_SORT, 0, "sort", "COL", "sort by a column; -COL for descending", TABLE | WAITS | SCREEN },
	{ 'b', 'b', "bytes", NULL, "print sizes in bytes", TABLE | WAITS | MAP },
	{ 'n', 'n', "noheadings", NULL, "print no headings", TABLE | WAITS },
	{ 'u', 'u', "notruncate", NULL, "do not cut columns to the width of the terminal", TABLE | WAITS },
	{ 'N', 'N', "numeric", NULL, "print numbers instead of user names", TABLE | WAITS },
	{ OPT_CAPTURE_FILE, 'o', "output", "FILE", "write to FILE, which appears whole or not at all", OUTPUT },
	{ OPT_FORCE, 0, "force", NULL, "replace FILE if it exists", OUTPUT },
	{ 'd', 'd', "delay", "SEC", "time between two looks, 0.1 to 3600 seconds (default 2)", WATCH | SCREEN },
	{ 'c', 'c', "count", "N", "end after N looks", WATCH },
	{ OPT_UNTIL_FREE, 0, "until-free", NULL, "end with status 0 as soon as none of the chosen locks is held", WATCH },
	{ OPT_UNTIL, 0, "timeout", "SEC", "with --until-free: end with status 3 after SEC seconds", WATCH },
	{ 's', 's', "signal", "SIG", "the signal, a name or a number (default TERM)", SIGNAL },
	{ OPT_THEN, 0, "then", "DELAY SIG", "send SIG to those that are still there DELAY seconds later; may be given again", SIGNAL },
	{ OPT_HOLDERS_OF, 0, "holders-of", "FILE", "every process that holds a lock on FILE", SIGNAL },
	{ OPT_BLOCKERS_OF, 0, "blockers-of", "PID", "every process that holds a lock PID waits for", SIGNAL },
	{ OPT_FOR, 0, "for", "STATE", "what to wait for: free (default) or held", WAIT },
	{ OPT_UNTIL, 0, "timeout", "SEC", "end with status 3 after SEC seconds", WAIT },
	{ OPT_READ, 0, "read", NULL, "ask for a read (shared) lock", TEST },
	{ OPT_WRITE, 0, "write", NULL, "ask for a write (exclusive) lock, the default", TEST },
	{ OPT_POSIX, 0, "posix", NULL, "ask about a POSIX lock (fcntl F_SETLK, lockf)", TEST },
	{ OPT_OFD, 0, "ofd", NULL, "ask about an open file description lock (fcntl F_OFD_SETLK)", TEST },
	{ OPT_FLOCK, 0, "flock", NULL, "ask about a flock(2) lock", TEST },
	{ OPT_CONFIRM, 0, "confirm", NULL, "also ask the kernel, which opens FILE for reading", TEST },
	{ OPT_ACQUIRE, 0, "acquire", NULL, "really take the lock, without waiting, and release it at once", TEST },
	{ OPT_HOLD, 0, "hold", "SEC", "take the lock and keep it for SEC seconds", TEST },
	{ 'E', 'E', "conflict-exit-code", "N", "with -- COMMAND: the status when the lock is refused (default 1)", TEST },
	{ 'p', 'p', "pid", "PID", "the holder that is meant (PID or PID@STARTTICKS)", RELEASE },
	{ 'T', 'T', "type", "TYPE", "with FILE: only this kind of lock: posix, ofd, flock or lease", RELEASE },
	{ OPT_RANGE, 0, "range", "RANGE", "release only these bytes (POSIX and OFD): A-B, A+LEN, A- or whole", RELEASE },
	{ OPT_EVEN_IF_USED, 0, "even-if-used", NULL, "also when FILE is locked or in use", LK_OPTIONS_FILE_ACT },
	{ OPT_EVEN_IF_UNKNOWN, 0, "even-if-unknown", NULL, "also when some processes do not say whether they use FILE", LK_OPTIONS_FILE_ACT },
	{ 's', 's', "signal", "SIG", "first send SIG to those who hold a lock on FILE", LK_OPTIONS_FILE_ACT },
	{ OPT_RELEASE_FIRST, 0, "release", NULL, "first take the locks on FILE away from their holders", LK_OPTIONS_FILE_ACT },
	{ 'p', 'p', "pid", "PID", "with --release: a holder that loses its locks (a comma list)", LK_OPTIONS_FILE_ACT },
	{ OPT_REPLACE, 0, "replace", NULL, "replace NEW if it exists", LK_OPTIONS_MV },
	{ OPT_COLUMNS, 0, "columns", "LIST", "columns of the Locks view; +LIST adds to the default ones", SCREEN },
	{ OPT_START_VIEW, 0, "start-view", "VIEW", "locks (default), files, procs, waits, map or history", SCREEN },
	{ OPT_UNITS, 0, "units", "UNITS", "sizes and ranges in iec (default), bytes or hex", SCREEN },
	{ OPT_GLYPHS, 0, "glyphs", "WHICH", "lines drawn in auto (as the terminal can), ascii or unicode", SCREEN },
	{ OPT_ASCII, 0, "ascii", NULL, "the same as --glyphs=ascii", SCREEN },
	{ OPT_HEADER, 0, "header", "WHICH", "figures at the top: full (default) or none", SCREEN },
	{ OPT_HIGHLIGHT, 0, "highlight-changes", "N", "let a new row stand out for N looks (default 3; 0: not at all)", SCREEN },
	{ OPT_MOUSE, 0, "mouse", NULL, "take mouse clicks, the default", SCREEN },
	{ OPT_NO_MOUSE, 0, "no-mouse", NULL, "leave the mouse to the terminal", SCREEN },
	{ OPT_ACCESSIBLE, 0, "accessible", NULL, "always show the cursor, for screen readers and braille displays", SCREEN },
	{ OPT_BIND, 0, "bind", "KEY COMMAND", "let a key mean a command, \"F11 signal\"; may be given again", SCREEN },
	{ OPT_IGNORE_CONFIG, 0, "ignore-config", NULL, "do not read the settings that were saved", SCREEN },
	{ OPT_DRY_RUN, 0, "dry-run", NULL, "print the plan and do nothing", ACT },
	{ OPT_YES, 0, "yes", NULL, "do not ask; needed where there is no terminal to ask on", ACT },
	{ OPT_FROM, 0, "from", "FILE", "look at a capture (- for standard input) instead of this machine", COMMON },
	{ OPT_PROC, 0, "proc", "DIR", "look at another /proc tree", COMMON },
	{ OPT_TIMEOUT, 0, "scan-timeout", "SEC", "stop reading after SEC seconds and say what is missing (default 30)", COMMON },
	{ OPT_SCANNER, 0, "scanner", "WHICH", "how to look: auto (default), bpf or procfs", COMMON },
	{ OPT_EXACT, 0, "exact", NULL, "leave no doubt that a lock is missing; with many thousand locks others feel it", COMMON },
	{ OPT_COLOR, 0, "color", "WHEN", "auto, always or never", COMMON },
	{ OPT_READONLY, 0, "readonly", NULL, "refuse everything that changes something", COMMON },
	{ 'v', 'v', "verbose", NULL, "say more about the scan on standard error", COMMON },
	{ 'h', 'h', "help", NULL, "print help and exit", COMMON },
	{ 'V', 'V', "version", NULL, "print the version and exit", COMMON },
};
/* clang-format on */

const struct lk_option *lk_option_table(size_t *ret_n)
{
	*ret_n = sizeof(table) / sizeof(*table);
	return table;
}

bool lk_option_is_in(int id, unsigned groups)
{
	size_t n;
	const struct lk_option *options = lk_option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (options[i].id == id && options[i].groups & groups)
			return true;
	}
	return false;
}
