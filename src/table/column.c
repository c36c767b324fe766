/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of columns, and lists of columns that are given by name. */
#include "table/column.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/ints.h"
#include "table/get.h"
#include "table/suggest.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* clang-format off */
const struct lk_column lk_column_screen[] = {
	{ "s", "S", "H held, B held and in somebody's way, W waits, C part of a deadlock, ? owner not visible, x gone",
	  1, 1, 1, 0, LK_COL_NUMBER, .screen = LK_SCREEN_LETTER },
	{ "id", "ID", "identifier of the lock, the same from run to run while the lock stands",
	  16, 16, 20, 0, LK_COL_STRING, .get = lk_get_id },
	{ "state", "STATE", "held, waiting, breaking, breaker or stopped_waiting; in a table also (stopped), (traced), (zombie)",
	  17, 7, 20, LK_COL_COLORED, LK_COL_ENUM, .words = lk_state_words, .get = lk_get_state, .note = lk_note_state },
	{ "type", "TYPE", "kind of lock: POSIX, OFD, FLOCK, LEASE or DELEG",
	  5, 5, 5, 0, LK_COL_ENUM, .words = lk_type_words, .get = lk_get_type, .text = lk_text_type },
	{ "mode", "MODE", "READ (shared) or WRITE (exclusive); READ->UNLOCK: a lease being broken, and to what",
	  5, 4, 4, LK_COL_INITIAL, LK_COL_ENUM, .words = lk_mode_words,
	  .screen = LK_SCREEN_MODE, .get = lk_get_mode, .text = lk_text_mode },
	{ "pid", "PID", "process that holds the lock or waits for it",
	  7, 4, 2, LK_COL_RIGHT, LK_COL_NUMBER, .unknown = "?", .get = lk_get_pid },
	{ "tid", "TID", "thread that waits, or whose own descriptor table holds the lock",
	  7, 4, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = lk_get_tid, .needs = LK_NEED_WAITS },
	{ "comm", "COMMAND", "name of that process; in a table +1 if one more process holds the lock; on the screen ? if only recorded",
	  15, 8, 3, LK_COL_TRUNC | LK_COL_OF_PROC | LK_COL_TREE, LK_COL_STRING,
	  .screen = LK_SCREEN_COMMAND, .get = lk_get_command, .note = lk_note_holders },
	{ "user", "USER", "user that process runs as (effective)",
	  8, 8, 8, LK_COL_TRUNC | LK_COL_OF_PROC, LK_COL_STRING, .unknown = "?", .get = lk_get_user, .needs = LK_NEED_USER },
	{ "uid", "UID", "number of that user",
	  10, 4, 20, LK_COL_RIGHT | LK_COL_OF_PROC, LK_COL_NUMBER, .get = lk_get_uid },
	{ "fd", "FD", "file descriptor it holds or asked for the lock with",
	  5, 2, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = lk_get_fd, .needs = LK_NEED_WAITS },
	{ "range", "RANGE", "locked bytes, both ends included: 100-199, 4096- (to EOF) or whole; on the screen also FIRST+LENGTH",
	  22, 7, 6, LK_COL_SCREEN_RIGHT, LK_COL_RANGE, .screen = LK_SCREEN_RANGE, .get = lk_get_range },
	{ "start", "START", "first locked byte",
	  19, 5, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = lk_get_start },
	{ "end", "END", "last locked byte, or EOF",
	  19, 5, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = lk_get_end, .text = lk_text_end },
	{ "size_bytes", "SIZE", "size of the file",
	  10, 5, 20, LK_COL_RIGHT | LK_COL_SIZE | LK_COL_OF_FILE | LK_COL_DESCENDING, LK_COL_NUMBER, .get = lk_get_size },
	{ "length", "LENGTH", "number of locked bytes, or EOF",
	  19, 6, 20, LK_COL_RIGHT | LK_COL_DESCENDING, LK_COL_NUMBER, .get = lk_get_length, .text = lk_text_length },
	{ "inode", "INODE", "inode number of the file",
	  20, 6, 20, LK_COL_RIGHT | LK_COL_OF_FILE, LK_COL_UNSIGNED, .get = lk_get_inode },
	{ "dev", "DEV", "device number of the file system in hex, as the kernel prints it",
	  7, 5, 20, LK_COL_OF_FILE, LK_COL_STRING, .get = lk_get_dev },
	{ "maj_min", "MAJ:MIN", "device number of the file system in decimal",
	  9, 7, 20, LK_COL_NUMBERS | LK_COL_OF_FILE, LK_COL_STRING, .get = lk_get_majmin },
	{ "blocker", "BLOCKER", "process that the kernel lists the waiter behind; in a table +1 if one more is in its way",
	  18, 7, 9, LK_COL_RIGHT, LK_COL_NUMBER, .screen = LK_SCREEN_BLOCKER, .get = lk_get_blocker, .note = lk_note_blocker },
	{ "key", "KEY", "the kernel's name for the file: device in hex, and inode",
	  20, 12, 20, LK_COL_OF_FILE, LK_COL_STRING, .get = lk_get_key },
	{ "deleted", "DELETED", "yes if the file's name is gone",
	  7, 7, 20, LK_COL_OF_FILE, LK_COL_BOOL, .get = lk_get_deleted },
	{ "replaced", "REPLACED", "yes if the name belongs to another file by now",
	  8, 8, 20, LK_COL_OF_FILE, LK_COL_BOOL, .get = lk_get_replaced },
	{ "holders", "HOLDERS", "everybody who holds the lock, as PID:FD or PID/TID:FD",
	  20, 8, 20, LK_COL_TRUNC | LK_COL_NUMBERS, LK_COL_STRING, .get = lk_get_holders },
	{ "n_holders", "NHOLDERS", "how many processes hold the lock",
	  8, 5, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = lk_get_nholders },
	{ "shared", "SHARED", "who else holds this very lock, as in HOLDERS: three at most, then +N",
	  20, 8, 20, LK_COL_TRUNC | LK_COL_NUMBERS, LK_COL_STRING, .get = lk_get_shared },
	{ "how_known", "HOW", "how PID is known: exact, matched, recorded, ambiguous or unknown",
	  9, 5, 20, 0, LK_COL_ENUM, .words = lk_how_words, .get = lk_get_how },
	{ "blocked_by", "BLOCKEDBY", "every process in the way of this request",
	  16, 9, 20, LK_COL_TRUNC | LK_COL_NUMBERS, LK_COL_STRING, .get = lk_get_blockedby },
	{ "blocks", "BLOCKS", "every process that waits because of this lock",
	  16, 7, 20, LK_COL_TRUNC | LK_COL_NUMBERS, LK_COL_STRING, .get = lk_get_blocks },
	{ "process_state", "PSTATE", "what the process does: running, sleeping, disk_sleep, stopped, traced, zombie, dead or idle",
	  10, 6, 20, LK_COL_OF_PROC, LK_COL_ENUM, .words = lk_proc_state_words, .get = lk_get_pstate },
	{ "started_unix_ms", "STARTED", "when the process was started (in filters: milliseconds since 1970)",
	  24, 10, 20, LK_COL_OF_PROC | LK_COL_DESCENDING, LK_COL_NUMBER, .get = lk_get_started, .text = lk_text_started },
	{ "ppid", "PPID", "process number of its parent",
	  7, 4, 20, LK_COL_RIGHT | LK_COL_OF_PROC, LK_COL_NUMBER, .get = lk_get_ppid },
	{ "tty", "TTY", "its controlling terminal",
	  8, 5, 20, LK_COL_OF_PROC, LK_COL_STRING, .get = lk_get_tty, .needs = LK_NEED_JOB },
	{ "unit", "UNIT", "systemd unit of the process; of what a user started, user@UID.service or a session",
	  20, 8, 20, LK_COL_TRUNC | LK_COL_OF_PROC, LK_COL_STRING, .get = lk_get_unit, .needs = LK_NEED_CGROUP },
	{ "user_unit", "USERUNIT", "unit of the systemd of the process's user",
	  20, 8, 20, LK_COL_TRUNC | LK_COL_OF_PROC, LK_COL_STRING, .get = lk_get_user_unit, .needs = LK_NEED_CGROUP },
	{ "container", "CONTAINER", "container of the process",
	  16, 9, 20, LK_COL_TRUNC | LK_COL_OF_PROC, LK_COL_STRING, .get = lk_get_container, .needs = LK_NEED_CGROUP },
	{ "cmdline", "CMDLINE", "command line of the process",
	  40, 10, 20, LK_COL_TRUNC | LK_COL_OF_PROC, LK_COL_STRING, .get = lk_get_cmdline, .needs = LK_NEED_CMDLINE },
	{ "fstype", "FSTYPE", "type of the file system",
	  8, 6, 20, LK_COL_OF_FILE, LK_COL_STRING, .get = lk_get_fstype },
	{ "mount_point", "MOUNT", "where the file system is mounted",
	  20, 6, 20, LK_COL_TRUNC_LEFT | LK_COL_OF_FILE, LK_COL_STRING, .get = lk_get_mount },
	{ "mandatory", "M", "1 for a mandatory lock of an old kernel, else 0",
	  1, 1, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = lk_get_mandatory },
	{ "age", "AGE", "how long it has waited at least (in filters: seconds); on the screen also how long it is held",
	  8, 5, 7, LK_COL_RIGHT | LK_COL_DESCENDING, LK_COL_NUMBER,
	  .screen = LK_SCREEN_AGE, .get = lk_get_age, .text = lk_text_age, .needs = LK_NEED_WAITS },
	{ "why", "WHY", "where no holder is named: the reasons that remain possible",
	  40, 10, 20, LK_COL_TRUNC, LK_COL_STRING, .get = lk_get_why },
	{ "meaning", "MEANING", "what the bytes mean to a well-known program: SQLite, QEMU, tdb, LMDB, Berkeley DB",
	  40, 10, 20, LK_COL_TRUNC, LK_COL_STRING, .get = lk_get_meaning },
	{ "path", "PATH", "path of the file, as the process sees it; begins with / where it leads there from here",
	  12, 12, 0, LK_COL_TRUNC_LEFT | LK_COL_OF_FILE | LK_COL_GROW | LK_COL_PATH, LK_COL_STRING,
	  .screen = LK_SCREEN_PATH, .get = lk_get_path, .text = lk_text_path },
	{ 0 },
};
/* clang-format on */

#define table (&lk_column_screen[1])
const struct lk_column *const lk_column_list = table;
#define N_COLUMNS (COUNT(lk_column_screen) - 2)

_Static_assert(COUNT(lk_column_screen) <= LK_COLUMNS_MAX, "there is room for all of them");

size_t lk_column_count(const struct lk_column *columns)
{
	size_t n = 0;

	while (columns[n].name)
		n++;
	return n;
}

static bool is_word(const char *word, const char *s, size_t n)
{
	return strlen(word) == n && strncasecmp(word, s, n) == 0;
}

const struct lk_column *lk_column_named(const struct lk_column *columns, const char *name, size_t n)
{
	for (; columns->name; columns++) {
		if (is_word(columns->name, name, n) || is_word(columns->filter_name, name, n))
			return columns;
	}
	return NULL;
}

const struct lk_column *lk_column_table(size_t *ret_n)
{
	*ret_n = N_COLUMNS;
	return table;
}

const struct lk_column *lk_column_find(const char *name, size_t n)
{
	return lk_column_named(table, name, n);
}

const char *lk_column_suggest(const struct lk_column *columns, const char *name, size_t n)
{
	struct lk_suggest s = { .text = name, .n = n };

	for (; columns->name; columns++) {
		lk_suggest_try(&s, columns->name);
		lk_suggest_try(&s, columns->filter_name);
	}
	return s.best;
}

const char *lk_columns_lister(const struct lk_column *columns)
{
	return columns == table || columns == lk_column_screen ? "list -H" : "-H";
}

static int refuse(const struct lk_column *columns, const char *name, size_t n, struct lk_err *err)
{
	const char *near = lk_column_suggest(columns, name, n);
	int len = n > 64 ? 64 : (int)n;

	if (!n)
		return lk_err_set(err, -EINVAL, "the list of columns has an empty name in it");
	if (near)
		return lk_err_set(err, -EINVAL, "there is no column \"%.*s\"; did you mean %s?", len, name, near);
	return lk_err_set(err, -EINVAL, "there is no column \"%.*s\"; %s lists them", len, name,
			  lk_columns_lister(columns));
}

/* cols NULL: they are only checked. */
static int parse_names(const struct lk_column *columns, lk_columns *cols, const char *list, struct lk_err *err)
{
	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ",");
		const struct lk_column *col = lk_column_named(columns, p, n);

		if (!col)
			return refuse(columns, p, n, err);
		if (cols)
			*lk_vec_push(cols) = col;
		p += n;
		if (!*p)
			return 0;
	}
}

int lk_columns_check(const struct lk_column *columns, const char *list, struct lk_err *err)
{
	return parse_names(columns, NULL, list[0] == '+' ? list + 1 : list, err);
}

int lk_columns_parse(lk_columns *cols, const struct lk_column *columns, const char *list, struct lk_err *err)
{
	lk_columns named = { 0 };
	int rc = parse_names(columns, &named, list[0] == '+' ? list + 1 : list, err);

	if (rc == 0 && list[0] != '+')
		cols->n = 0;
	for (size_t i = 0; rc == 0 && i < named.n; i++)
		*lk_vec_push(cols) = named.v[i];
	lk_vec_done(&named);
	return rc;
}

/* A narrow terminal gets the columns that say most; a wide one, or output where no line is cut, also others that are often wanted. */
void lk_columns_default(lk_columns *cols, bool who, size_t width)
{
	static const char list_narrow[] = "COMMAND,PID,TYPE,MODE,STATE,RANGE,PATH";
	static const char list_wide[] = "COMMAND,PID,USER,FD,TYPE,MODE,STATE,HOW,RANGE,SIZE,BLOCKER,PATH";
	static const char who_narrow[] = "COMMAND,PID,USER,FD,TYPE,MODE,STATE,HOW,RANGE";
	static const char who_wide[] = "COMMAND,PID,USER,FD,TYPE,MODE,STATE,HOW,RANGE,BLOCKER,AGE,PATH";
	bool narrow = width > 0 && width < LK_COLUMNS_WIDE;

	if (who)
		lk_columns_parse(cols, table, narrow ? who_narrow : who_wide, NULL);
	else
		lk_columns_parse(cols, table, narrow ? list_narrow : list_wide, NULL);
}

void lk_columns_all(lk_columns *cols, const struct lk_column *columns)
{
	cols->n = 0;
	for (; columns->name; columns++)
		*lk_vec_push(cols) = columns;
}

bool lk_columns_has(const lk_columns *cols, const char *name)
{
	for (size_t i = 0; i < cols->n; i++) {
		if (strcmp(cols->v[i]->name, name) == 0)
			return true;
	}
	return false;
}

unsigned lk_columns_needs(const lk_columns *cols)
{
	unsigned needs = 0;

	for (size_t i = 0; i < cols->n; i++)
		needs |= cols->v[i]->needs;
	return needs;
}

int lk_value_compare(const struct lk_column *col, const struct lk_value *a, const struct lk_value *b)
{
	int first = lk_compare(a->i, b->i);

	switch (col->type) {
	case LK_COL_NUMBER:
	case LK_COL_BOOL:
		return first;
	case LK_COL_UNSIGNED:
		return lk_compare(a->u, b->u);
	case LK_COL_RANGE:
		return first ? first : lk_compare(a->u, b->u);
	case LK_COL_ENUM:
		return first ? first : strcasecmp(a->s, b->s);
	case LK_COL_STRING:
		break;
	}
	return col->flags & LK_COL_NUMBERS ? strverscmp(a->s, b->s) : strcmp(a->s, b->s);
}
