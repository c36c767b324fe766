/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table/column.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "table/get.h"
#include "table/suggest.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const state_words[] = { "held", "waiting", "breaking", "breaker", "stopped_waiting", NULL };
static const char *const type_words[] = { "posix", "ofd", "flock", "lease", "deleg", "unknown", NULL };
static const char *const mode_words[] = { "read", "write", "unlock", "unknown", NULL };
static const char *const how_words[] = { "exact", "matched", "recorded", "ambiguous", "unknown", NULL };

/* clang-format off */
static const struct lk_column table[] = {
	{ .name = "ID", .filter_name = "id", .type = LK_COL_STRING, .get = lk_get_id,
	  .help = "identifier of the lock, the same from run to run while the lock stands" },
	{ .name = "STATE", .filter_name = "state", .type = LK_COL_ENUM, .words = state_words, .get = lk_get_state,
	  .note = lk_note_state,
	  .help = "held, waiting, breaking, breaker or stopped_waiting; in a table also (stopped), (traced), (zombie)" },
	{ .name = "TYPE", .filter_name = "type", .type = LK_COL_ENUM, .flags = LK_COL_UPPER, .words = type_words,
	  .get = lk_get_type, .text = lk_text_type,
	  .help = "kind of lock: POSIX, OFD, FLOCK, LEASE or DELEG" },
	{ .name = "MODE", .filter_name = "mode", .type = LK_COL_ENUM, .flags = LK_COL_UPPER, .words = mode_words,
	  .get = lk_get_mode, .text = lk_text_mode,
	  .help = "READ (shared) or WRITE (exclusive); READ->UNLOCK: a lease being broken, and to what" },
	{ .name = "PID", .filter_name = "pid", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .get = lk_get_pid,
	  .help = "process that holds the lock or waits for it" },
	{ .name = "TID", .filter_name = "tid", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .needs = LK_NEED_WAITS,
	  .get = lk_get_tid,
	  .help = "thread that waits, or whose own descriptor table holds the lock" },
	{ .name = "COMMAND", .filter_name = "comm", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_OF_PROC,
	  .get = lk_get_command, .note = lk_note_holders,
	  .help = "name of that process; in a table +1 if one more process holds the lock" },
	{ .name = "USER", .filter_name = "user", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_OF_PROC, .needs = LK_NEED_USER,
	  .get = lk_get_user,
	  .help = "user that process runs as (effective)" },
	{ .name = "UID", .filter_name = "uid", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT | LK_COL_OF_PROC, .get = lk_get_uid,
	  .help = "number of that user" },
	{ .name = "FD", .filter_name = "fd", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .needs = LK_NEED_WAITS,
	  .get = lk_get_fd,
	  .help = "file descriptor it holds or asked for the lock with" },
	{ .name = "RANGE", .filter_name = "range", .type = LK_COL_STRING, .flags = LK_COL_NUMBERS,
	  .get = lk_get_range,
	  .help = "locked bytes, both ends included: 100-199, 4096- (to EOF) or whole" },
	{ .name = "START", .filter_name = "start", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .get = lk_get_start,
	  .help = "first locked byte" },
	{ .name = "END", .filter_name = "end", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .get = lk_get_end,
	  .text = lk_text_end,
	  .help = "last locked byte, or EOF" },
	{ .name = "SIZE", .filter_name = "size_bytes", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT | LK_COL_SIZE | LK_COL_OF_FILE,
	  .get = lk_get_size,
	  .help = "size of the file" },
	{ .name = "LENGTH", .filter_name = "length", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT,
	  .get = lk_get_length, .text = lk_text_length,
	  .help = "number of locked bytes, or EOF" },
	{ .name = "INODE", .filter_name = "inode", .type = LK_COL_UNSIGNED, .flags = LK_COL_RIGHT | LK_COL_OF_FILE,
	  .get = lk_get_inode,
	  .help = "inode number of the file" },
	{ .name = "DEV", .filter_name = "dev", .type = LK_COL_STRING, .flags = LK_COL_OF_FILE, .get = lk_get_dev,
	  .help = "device number of the file system in hex, as the kernel prints it" },
	{ .name = "MAJ:MIN", .filter_name = "maj_min", .type = LK_COL_STRING, .flags = LK_COL_NUMBERS | LK_COL_OF_FILE,
	  .get = lk_get_majmin,
	  .help = "device number of the file system in decimal" },
	{ .name = "BLOCKER", .filter_name = "blocker", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT,
	  .get = lk_get_blocker, .note = lk_note_blocker,
	  .help = "process that the kernel lists the waiter behind; in a table +1 if one more is in its way" },
	{ .name = "KEY", .filter_name = "key", .type = LK_COL_STRING, .flags = LK_COL_OF_FILE, .get = lk_get_key,
	  .help = "the kernel's name for the file: device in hex, and inode" },
	{ .name = "DELETED", .filter_name = "deleted", .type = LK_COL_BOOL, .flags = LK_COL_OF_FILE, .get = lk_get_deleted,
	  .help = "yes if the file's name is gone" },
	{ .name = "REPLACED", .filter_name = "replaced", .type = LK_COL_BOOL, .flags = LK_COL_OF_FILE, .get = lk_get_replaced,
	  .help = "yes if the name belongs to another file by now" },
	{ .name = "HOLDERS", .filter_name = "holders", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_NUMBERS,
	  .get = lk_get_holders,
	  .help = "everybody who holds the lock, as PID:FD or PID/TID:FD" },
	{ .name = "NHOLDERS", .filter_name = "n_holders", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .get = lk_get_nholders,
	  .help = "how many processes hold the lock" },
	{ .name = "SHARED", .filter_name = "shared", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_NUMBERS,
	  .get = lk_get_shared,
	  .help = "who else holds this very lock, as in HOLDERS: three at most, then +N" },
	{ .name = "HOW", .filter_name = "how_known", .type = LK_COL_ENUM, .words = how_words, .get = lk_get_how,
	  .help = "how PID is known: exact, matched, recorded, ambiguous or unknown" },
	{ .name = "BLOCKEDBY", .filter_name = "blocked_by", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_NUMBERS,
	  .get = lk_get_blockedby,
	  .help = "every process in the way of this request" },
	{ .name = "BLOCKS", .filter_name = "blocks", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_NUMBERS,
	  .get = lk_get_blocks,
	  .help = "every process that waits because of this lock" },
	{ .name = "PSTATE", .filter_name = "process_state", .type = LK_COL_ENUM, .flags = LK_COL_OF_PROC,
	  .words = lk_proc_state_words, .get = lk_get_pstate,
	  .help = "what the process does: running, sleeping, disk_sleep, stopped, traced, zombie, dead or idle" },
	{ .name = "STARTED", .filter_name = "started_unix_ms", .type = LK_COL_NUMBER, .flags = LK_COL_OF_PROC,
	  .get = lk_get_started, .text = lk_text_started,
	  .help = "when the process was started (in filters: milliseconds since 1970)" },
	{ .name = "PPID", .filter_name = "ppid", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT | LK_COL_OF_PROC, .get = lk_get_ppid,
	  .help = "process number of its parent" },
	{ .name = "TTY", .filter_name = "tty", .type = LK_COL_STRING, .flags = LK_COL_OF_PROC, .needs = LK_NEED_JOB,
	  .get = lk_get_tty,
	  .help = "its controlling terminal" },
	{ .name = "UNIT", .filter_name = "unit", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_OF_PROC,
	  .needs = LK_NEED_CGROUP, .get = lk_get_unit,
	  .help = "systemd unit of the process; of what a user started, user@UID.service or a session" },
	{ .name = "USERUNIT", .filter_name = "user_unit", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_OF_PROC,
	  .needs = LK_NEED_CGROUP, .get = lk_get_user_unit,
	  .help = "unit of the systemd of the process's user" },
	{ .name = "CONTAINER", .filter_name = "container", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_OF_PROC,
	  .needs = LK_NEED_CGROUP, .get = lk_get_container,
	  .help = "container of the process" },
	{ .name = "CMDLINE", .filter_name = "cmdline", .type = LK_COL_STRING, .flags = LK_COL_TRUNC | LK_COL_OF_PROC,
	  .needs = LK_NEED_CMDLINE, .get = lk_get_cmdline,
	  .help = "command line of the process" },
	{ .name = "FSTYPE", .filter_name = "fstype", .type = LK_COL_STRING, .flags = LK_COL_OF_FILE, .get = lk_get_fstype,
	  .help = "type of the file system" },
	{ .name = "MOUNT", .filter_name = "mount_point", .type = LK_COL_STRING, .flags = LK_COL_TRUNC_LEFT | LK_COL_OF_FILE,
	  .get = lk_get_mount,
	  .help = "where the file system is mounted" },
	{ .name = "M", .filter_name = "mandatory", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT,
	  .get = lk_get_mandatory,
	  .help = "1 for a mandatory lock of an old kernel, else 0" },
	{ .name = "AGE", .filter_name = "age", .type = LK_COL_NUMBER, .flags = LK_COL_RIGHT, .needs = LK_NEED_WAITS,
	  .get = lk_get_age, .text = lk_text_age,
	  .help = "how long it has waited at least (in filters: seconds)" },
	{ .name = "WHY", .filter_name = "why", .type = LK_COL_STRING, .flags = LK_COL_TRUNC, .get = lk_get_why,
	  .help = "where no holder is named: the reasons that remain possible" },
	{ .name = "MEANING", .filter_name = "meaning", .type = LK_COL_STRING, .flags = LK_COL_TRUNC, .get = lk_get_meaning,
	  .help = "what the bytes mean to a well-known program: SQLite, QEMU, tdb, LMDB, Berkeley DB" },
	{ .name = "PATH", .filter_name = "path", .type = LK_COL_STRING, .flags = LK_COL_TRUNC_LEFT | LK_COL_OF_FILE,
	  .get = lk_get_path, .text = lk_text_path,
	  .help = "path of the file, as the process sees it; begins with / where it leads there from here" },
};
/* clang-format on */

const struct lk_column *lk_column_table(size_t *ret_n)
{
	*ret_n = COUNT(table);
	return table;
}

static bool is_word(const char *word, const char *s, size_t n)
{
	return strlen(word) == n && strncasecmp(word, s, n) == 0;
}

const struct lk_column *lk_column_find(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		if (is_word(table[i].name, name, n) || is_word(table[i].filter_name, name, n))
			return &table[i];
	}
	return NULL;
}

const char *lk_column_suggest(const char *name, size_t n)
{
	struct lk_suggest s = { .text = name, .n = n };

	for (size_t i = 0; i < COUNT(table); i++) {
		lk_suggest_try(&s, table[i].name);
		lk_suggest_try(&s, table[i].filter_name);
	}
	return s.best;
}

static int add(lk_columns *cols, const struct lk_column *col)
{
	const struct lk_column **slot = lk_vec_push(cols);

	if (!slot)
		return -ENOMEM;
	*slot = col;
	return 0;
}

static int refuse(const char *name, size_t n, struct lk_err *err)
{
	const char *near = lk_column_suggest(name, n);
	int len = n > 64 ? 64 : (int)n;

	if (!n)
		return lk_err_set(err, -EINVAL, "the list of columns has an empty name in it");
	if (near)
		return lk_err_set(err, -EINVAL, "there is no column \"%.*s\"; did you mean %s?", len, name, near);
	return lk_err_set(err, -EINVAL, "there is no column \"%.*s\"; -H lists them", len, name);
}

static int parse_names(lk_columns *cols, const char *list, struct lk_err *err)
{
	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ",");
		const struct lk_column *col = lk_column_find(p, n);

		if (!col)
			return refuse(p, n, err);
		if (add(cols, col) < 0)
			return lk_err_set(err, -ENOMEM, "out of memory");
		p += n;
		if (!*p)
			return 0;
	}
}

int lk_columns_parse(lk_columns *cols, const char *list, struct lk_err *err)
{
	lk_columns named = { 0 };
	int rc = parse_names(&named, list[0] == '+' ? list + 1 : list, err);

	if (rc == 0 && list[0] != '+')
		cols->n = 0;
	for (size_t i = 0; rc == 0 && i < named.n; i++)
		rc = add(cols, named.v[i]);
	lk_vec_done(&named);
	return rc;
}

/* At 80 cells what says most; with room, or where nothing is cut, the rest that is wanted often. */
int lk_columns_default(lk_columns *cols, bool who, size_t width)
{
	static const char list_narrow[] = "COMMAND,PID,TYPE,MODE,STATE,RANGE,PATH";
	static const char list_wide[] = "COMMAND,PID,USER,FD,TYPE,MODE,STATE,HOW,RANGE,SIZE,BLOCKER,PATH";
	static const char who_narrow[] = "COMMAND,PID,USER,FD,TYPE,MODE,STATE,HOW,RANGE";
	static const char who_wide[] = "COMMAND,PID,USER,FD,TYPE,MODE,STATE,HOW,RANGE,BLOCKER,AGE,PATH";
	bool narrow = width > 0 && width < LK_COLUMNS_WIDE;

	if (who)
		return lk_columns_parse(cols, narrow ? who_narrow : who_wide, NULL);
	return lk_columns_parse(cols, narrow ? list_narrow : list_wide, NULL);
}

int lk_columns_all(lk_columns *cols)
{
	cols->n = 0;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (add(cols, &table[i]) < 0)
			return -ENOMEM;
	}
	return 0;
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

static int compare_signed(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_unsigned(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int lk_value_compare(const struct lk_column *col, const struct lk_value *a, const struct lk_value *b)
{
	switch (col->type) {
	case LK_COL_NUMBER:
	case LK_COL_BOOL:
		return compare_signed(a->i, b->i);
	case LK_COL_UNSIGNED:
		return compare_unsigned(a->u, b->u);
	case LK_COL_ENUM:
		return strcasecmp(a->s, b->s);
	case LK_COL_STRING:
		break;
	}
	return col->flags & LK_COL_NUMBERS ? strverscmp(a->s, b->s) : strcmp(a->s, b->s);
}

int lk_column_compare(const struct lk_column *col, const struct lk_row *a, const struct lk_row *b)
{
	lk_buf scratch_a = { 0 }, scratch_b = { 0 };
	struct lk_value x = col->get(a, &scratch_a), y = col->get(b, &scratch_b);
	int order;

	if (x.known && y.known)
		order = lk_value_compare(col, &x, &y);
	else
		order = (int)y.known - (int)x.known;
	lk_vec_done(&scratch_a);
	lk_vec_done(&scratch_b);
	return order;
}
