/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options and settings, and the functions that look things up in it. */
#include <string.h>

#include "cli/option.h"
#include "cli/settings.h"
#include "record/record.h"

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
#define FILE_ACT LK_OPTIONS_FILE_ACT
#define MV LK_OPTIONS_MV
#define RM LK_OPTIONS_RM
#define METRICS LK_OPTIONS_METRICS
#define SCREEN LK_OPTIONS_SCREEN
#define LOCKFILES LK_OPTIONS_LOCKFILES
#define CONF LK_OPTIONS_CONF
#define SETTING LK_OPTIONS_SETTING

/* The offset of a member; the compiler warns when the member is not of that type. */
#define AT(in, type, member) (offsetof(struct in, member) + 0 * sizeof((type *)NULL == &((struct in *)NULL)->member))
#define CLI(type, member) AT(lk_cli, type, member)
#define SET(type, member) AT(lk_settings, type, member)

/* A kind, and the member of struct lk_cli that it sets. */
#define FLAG(member) .kind = LK_KIND_FLAG, .in_cli = CLI(bool, member)
#define TEXT(member) .kind = LK_KIND_TEXT, .in_cli = CLI(const char *, member)
#define WORD(type, member) .kind = LK_KIND_WORD, .in_cli = CLI(type, member)
#define SECONDS(member) .kind = LK_KIND_SECONDS, .in_cli = CLI(uint32_t, member)
#define NUMBER(member) .kind = LK_KIND_NUMBER, .in_cli = CLI(uint64_t, member)
#define LIST(member) .kind = LK_KIND_LIST, .in_cli = CLI(lk_words, member)
#define WORDS(member) .kind = LK_KIND_WORDS, .in_cli = CLI(lk_words, member)
#define FORMAT(value) .kind = LK_KIND_FORMAT, .preset = LK_FORMAT_##value

static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const scanner_words[] = { "auto", "bpf", "procfs", NULL };
static const char *const state_words[] = { "free", "held", NULL };
static const char *const signal_words[] = {
	"HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP", NULL
};
static const char *const view_words[] = { "locks", "files", "procs", "waits", "map", "history", "lockfiles", NULL };
static const char *const units_words[] = { "iec", "bytes", "hex", NULL };
static const char *const glyphs_words[] = { "auto", "ascii", "unicode", NULL };
static const char *const header_words[] = { "full", "none", NULL };
static const char *const as_ascii[] = { "glyphs", "ascii", NULL };
static const char *const as_no_mouse[] = { "mouse", "no", NULL };

/* clang-format off */
static const struct lk_option table[] = {
	{ 'p', "pid", "PID", "only locks this process holds or waits for (PID or PID@STARTTICKS, a comma list)", SELECT, LIST(pids) },
	{ 'U', "user", "USER", "only locks a process of this user holds or waits for (name or number, a comma list)", SELECT, LIST(users) },
	{ 'T', "type", "TYPE", "only these kinds: posix, ofd, flock, lease, deleg (a comma list)", SELECT, LIST(types), .words = lk_type_words },
	{ 0, "blocked", NULL, "only locks that block somebody, and those who wait", SELECT, FLAG(only_blocked) },
	{ 'i', "noinaccessible", NULL, "leave out locks on files whose path cannot be found", SELECT | CONF, FLAG(only_accessible) },
	{ 0, "filter", "EXPR", "only rows for which EXPR is true", SELECT | LOCKFILES | SCREEN | SETTING, TEXT(filter), SET(char *, filter),
	  .check = lk_settings_check_filter },
	{ 'R', "recursive", NULL, "for a directory, also every file below it", FILES, FLAG(recursive) },
	{ 'P', "physical", NULL, "do not follow a symbolic link; ask about the link itself", FILES | MAP, FLAG(physical) },
	{ 0, "range", "RANGE", "only locks that overlap these bytes: A-B, A+LEN, A- or whole", FILES | MAP | WAIT | TEST, .kind = LK_KIND_RANGE },
	{ 0, "no-uses", NULL, "do not look for those who use a FILE without a lock", FILES | CONF, FLAG(no_uses) },
	{ 0, "kernel-only", NULL, "only locks of the kernel: a lock file is a file like others", FILES | WAIT | TEST, FLAG(kernel_only) },
	{ 0, "stale", NULL, "only those that are proven to be stale", LOCKFILES, FLAG(list_stale) },
	{ 0, "kinds", NULL, "list what is recognised as a lock file, and by what, and exit", LOCKFILES, FLAG(list_kinds) },
	{ 0, "timeout", "SEC", "end the search after SEC seconds and say so (default 30)", LOCKFILES, SECONDS(search_ms), .min = 1, .preset = 30000 },
	{ 'q', "quiet", NULL, "print nothing; the exit status is the answer", FILES | WAITS | MAP | WAIT | TEST | LOCKFILES, FORMAT(QUIET) },
	{ 0, "all", NULL, "show every lane, however many there are", MAP, FLAG(all_lanes) },
	{ 0, "flat", NULL, "print a table of who waits, not a tree; so do -o, --output-all, --sort and --raw", WAITS, FLAG(flat) },
	{ 0, "deadlocks", NULL, "only deadlocks; the exit status says whether there is one", WAITS, FLAG(only_deadlocks) },
	{ 'J', "json", NULL, "print one JSON document", TABLE | WAITS | MAP | ACT | TEST | LOCKFILES, FORMAT(JSON) },
	{ 0, "jsonl", NULL, "print JSON, one row a line, after a header line", TABLE | WAITS | WATCH | LOCKFILES, FORMAT(JSONL) },
	{ 0, "full", NULL, "in JSON, also command line, unit, parent and the like, namespaces", TABLE | WAITS | MAP | WATCH, FLAG(full) },
	{ 'r', "raw", NULL, "columns separated by one blank, for scripts", TABLE | WAITS | LOCKFILES, FORMAT(RAW) },
	{ 't', "terse", NULL, "print only the pids of holders, one a line", TABLE, FORMAT(PIDS) },
	{ '0', "null", NULL, "with -t or --raw: end each line with a NUL byte instead of a newline", TABLE | WAITS | LOCKFILES, FLAG(nul) },
	{ 'o', "output", "LIST", "columns to print; +LIST adds to the default ones", TABLE | WAITS | LOCKFILES, TEXT(columns) },
	{ 0, "output-all", NULL, "print every column", TABLE | WAITS | LOCKFILES, FLAG(all_columns) },
	{ 'H', "list-columns", NULL, "list the columns and exit", TABLE | WAITS | LOCKFILES, FLAG(list_columns) },
	{ 0, "sort", "COL", "sort by a column; -COL for descending", TABLE | WAITS | LOCKFILES | SCREEN | SETTING, TEXT(sort), SET(char *, sort),
	  .check = lk_settings_check_sort },
	{ 'b', "bytes", NULL, "print sizes in bytes", TABLE | WAITS | MAP | CONF, FLAG(bytes) },
	{ 'n', "noheadings", NULL, "print no headings", TABLE | WAITS | LOCKFILES | CONF, FLAG(no_headings) },
	{ 'u', "notruncate", NULL, "do not cut columns to the width of the terminal", TABLE | WAITS | LOCKFILES | CONF, FLAG(no_truncate) },
	{ 'N', "numeric", NULL, "print numbers instead of user names", TABLE | WAITS | CONF, FLAG(numeric) },
	{ 'o', "output", "FILE", "write to FILE, which appears whole or not at all", OUTPUT, TEXT(output), .min = 1 },
	{ 0, "force", NULL, "replace FILE if it exists", OUTPUT, FLAG(force) },
	{ 0, "textfile", "FILE", "write to FILE, which is replaced by a whole one or not at all", METRICS, TEXT(textfile), .min = 1 },
	{ 0, "watch", "GLOB", "also figures of the files whose path matches; may be given again", METRICS | CONF, WORDS(watched) },
	{ 0, "top", "N", "also the N files with the longest waits (at most 10)", METRICS, NUMBER(top), .what = "a number of files", .max = 10 },
	{ 'd', "delay", "SEC", "time between two looks, 0.1 to 3600 seconds (default 2)", WATCH | SCREEN | CONF | SETTING,
	  SECONDS(delay_ms), SET(uint32_t, delay_ms), .min = 100, .max = 3600000, .preset = 2000, .place = 1, .label = "Seconds between looks" },
	{ 'c', "count", "N", "end after N looks", WATCH, NUMBER(count), .what = "a number of looks", .min = 1 },
	{ 0, "min-wait", "SEC", "only requests that have waited SEC seconds, and deadlocks", WATCH, SECONDS(min_wait_ms), .min = 1 },
	{ 0, "until-free", NULL, "end with status 0 as soon as none of the chosen locks is held", WATCH, FLAG(until_free) },
	{ 0, "timeout", "SEC", "with --until-free: end with status 3 after SEC seconds", WATCH, SECONDS(until_ms), .min = 1 },
	{ 's', "signal", "SIG", "the signal, a name or a number (default TERM)", SIGNAL, .kind = LK_KIND_SIGNAL, .words = signal_words },
	{ 0, "then", "DELAY SIG", "send SIG to those that are still there DELAY seconds later; may be given again", SIGNAL, .kind = LK_KIND_THEN },
	{ 0, "holders-of", "FILE", "every process that holds a lock on FILE", SIGNAL, WORDS(act.holders_of) },
	{ 0, "blockers-of", "PID", "every process that holds a lock PID waits for", SIGNAL, WORDS(act.blockers_of) },
	{ 0, "for", "STATE", "what to wait for: free (default) or held", WAIT, WORD(enum lk_wait_for, act.wait_for), .words = state_words },
	{ 0, "timeout", "SEC", "end with status 3 after SEC seconds", WAIT, SECONDS(until_ms), .min = 1 },
	{ 0, "read", NULL, "ask for a read (shared) lock", TEST, FLAG(act.read) },
	{ 0, "write", NULL, "ask for a write (exclusive) lock, the default", TEST, FLAG(act.write) },
	{ 0, "posix", NULL, "ask about a POSIX lock (fcntl F_SETLK, lockf)", TEST, FLAG(act.posix) },
	{ 0, "ofd", NULL, "ask about an open file description lock (fcntl F_OFD_SETLK)", TEST, FLAG(act.ofd) },
	{ 0, "flock", NULL, "ask about a flock(2) lock", TEST, FLAG(act.flock) },
	{ 0, "confirm", NULL, "also ask the kernel, which opens FILE for reading", TEST, FLAG(act.confirm) },
	{ 0, "acquire", NULL, "really take the lock, without waiting, and release it at once", TEST, FLAG(act.acquire) },
	{ 0, "hold", "SEC", "take the lock and keep it for SEC seconds", TEST, SECONDS(act.hold_ms), .min = 1 },
	{ 'E', "conflict-exit-code", "N", "with -- COMMAND: the status when the lock is refused (default 1)", TEST,
	  NUMBER(act.refused_status), .what = "an exit status", .max = 255, .preset = LK_STATUS_NO },
	{ 'p', "pid", "PID", "the holder that is meant (PID or PID@STARTTICKS)", RELEASE, LIST(pids) },
	{ 'T', "type", "TYPE", "with FILE: only this kind of lock: posix, ofd, flock or lease", RELEASE, LIST(types), .words = lk_type_words },
	{ 0, "range", "RANGE", "release only these bytes (POSIX and OFD): A-B, A+LEN, A- or whole", RELEASE, .kind = LK_KIND_RANGE },
	{ 0, "even-if-used", NULL, "also when FILE is locked or in use", FILE_ACT, FLAG(even_if_used) },
	{ 0, "even-if-unknown", NULL, "also when some processes do not say whether they use FILE", FILE_ACT, FLAG(even_if_unknown) },
	{ 's', "signal", "SIG", "first send SIG to those who hold a lock on FILE", FILE_ACT, .kind = LK_KIND_SIGNAL, .words = signal_words },
	{ 0, "release", NULL, "first take the locks on FILE away from their holders", FILE_ACT, FLAG(release_first) },
	{ 'p', "pid", "PID", "with --release: a holder that loses its locks (a comma list)", FILE_ACT, LIST(pids) },
	{ 0, "if-stale", NULL, "only a lock file that is proven to be stale", RM, FLAG(only_stale) },
	{ 0, "replace", NULL, "replace NEW if it exists", MV, FLAG(replace) },
	{ 0, "columns", "LIST", "columns of the Locks view; +LIST adds to the default ones", SCREEN | SETTING, LK_KIND_TEXT,
	  .in_set = SET(char *, columns), .check = lk_settings_check_columns },
	{ 0, "start-view", "VIEW", "locks (default), files, procs, waits, map, history or lockfiles", SCREEN | SETTING, LK_KIND_WORD,
	  .in_set = SET(unsigned, start_view), .words = view_words, .place = 2, .label = "View to begin with" },
	{ 0, "units", "UNITS", "sizes and ranges in iec (default), bytes or hex", SCREEN | SETTING, LK_KIND_WORD,
	  .in_set = SET(enum lk_units, units), .words = units_words, .place = 3, .label = "Units" },
	{ 0, "glyphs", "WHICH", "lines drawn in auto (as the terminal can), ascii or unicode", SCREEN | SETTING, LK_KIND_WORD,
	  .in_set = SET(enum lk_glyphs, glyphs), .words = glyphs_words, .place = 5, .label = "Lines and frames" },
	{ 0, "ascii", NULL, "the same as --glyphs=ascii", SCREEN | SETTING, .kind = LK_KIND_ALIAS, .words = as_ascii },
	{ 0, "header", "WHICH", "figures at the top: full (default) or none", SCREEN | SETTING, LK_KIND_WORD,
	  .in_set = SET(enum lk_header, header), .words = header_words, .place = 6, .label = "Figures at the top" },
	{ 0, "highlight-changes", "N", "let a new row stand out for N looks (default 3; 0: not at all)", SCREEN | SETTING, LK_KIND_NUMBER,
	  .in_set = SET(uint64_t, highlight_looks), .what = "a number of looks", .max = 1000, .preset = 3, .place = 7,
	  .label = "New rows stand out", .note = "so many looks; 0: they do not" },
	{ 0, "mouse", NULL, "take mouse clicks, the default", SCREEN | SETTING, LK_KIND_FLAG,
	  .in_set = SET(bool, mouse), .preset = true, .place = 8, .label = "Mouse", .note = "Shift and dragging selects text" },
	{ 0, "no-mouse", NULL, "leave the mouse to the terminal", SCREEN | SETTING, .kind = LK_KIND_ALIAS, .words = as_no_mouse },
	{ 0, "accessible", NULL, "always show the cursor, for screen readers and braille displays", SCREEN | SETTING, LK_KIND_FLAG,
	  .in_set = SET(bool, accessible), .place = 9, .label = "Cursor always shown", .note = "for screen readers and braille displays" },
	{ 0, "bind", "KEY COMMAND", "let a key mean a command, \"F11 signal\"; may be given again", SCREEN | SETTING, .kind = LK_KIND_BINDS },
	{ 0, "ignore-config", NULL, "do not read the settings that were saved", SCREEN, FLAG(ignore_config) },
	{ 0, "dry-run", NULL, "print the plan and do nothing", ACT, FLAG(act.dry_run) },
	{ 0, "yes", NULL, "do not ask; needed where there is no terminal to ask on", ACT, FLAG(act.yes) },
	{ 0, "from", "FILE", "look at a capture (- for standard input) instead of this machine", COMMON, TEXT(from), .min = 1 },
	{ 0, "proc", "DIR", "look at another /proc tree", COMMON, TEXT(proc), .min = 1 },
	{ 0, "scan-timeout", "SEC", "stop reading after SEC seconds and say what is missing (default 30)", COMMON | CONF,
	  SECONDS(timeout_ms), .min = 1, .preset = 30000 },
	{ 0, "scanner", "WHICH", "how to look: auto (default), bpf or procfs", COMMON, WORD(enum lk_scanner, scanner), .words = scanner_words },
	{ 0, "exact", NULL, "leave no doubt that a lock is missing; with many thousand locks others feel it", COMMON, FLAG(exact) },
	{ 0, "color", "WHEN", "auto, always or never", COMMON | CONF | SETTING, WORD(enum lk_color, color), SET(enum lk_color, color),
	  .words = color_words, .place = 4, .label = "Colours" },
	{ 0, "readonly", NULL, "refuse everything that changes something", COMMON | CONF | SETTING, FLAG(read_only), SET(bool, readonly),
	  .sticks = true },
	{ 'v', "verbose", NULL, "say more about the scan on standard error", COMMON | CONF, .kind = LK_KIND_COUNT, .in_cli = CLI(unsigned, verbose) },
	{ 'h', "help", NULL, "print help and exit", COMMON, FLAG(want_help) },
	{ 'V', "version", NULL, "print the version and exit", COMMON, FLAG(want_version) },
};
/* clang-format on */

#define N (sizeof(table) / sizeof(*table))

const struct lk_option *lk_option_table(size_t *ret_n)
{
	*ret_n = N;
	return table;
}

const struct lk_option *lk_option_next(const struct lk_option *o, unsigned where)
{
	for (o = o ? o + 1 : table; o < table + N; o++) {
		if (o->where & where)
			return o;
	}
	return NULL;
}

const struct lk_option *lk_option_find(const char *name, size_t n, unsigned where)
{
	const struct lk_option *o = NULL;

	while ((o = lk_option_next(o, where)) && (strlen(o->name) != n || memcmp(o->name, name, n) != 0)) {
	}
	return o;
}

const struct lk_option *lk_option_letter(char letter, unsigned where)
{
	const struct lk_option *o = NULL;

	while ((o = lk_option_next(o, where)) && (!o->letter || o->letter != letter)) {
	}
	return o;
}
