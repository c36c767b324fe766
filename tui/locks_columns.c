/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the Locks view, and which of them are chosen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/view_locks.h"

#define RIGHT LK_VIEW_RIGHT

/* The first nine are shown unless others are chosen. The headings are the names of the columns of `list`. */
/* clang-format off */
const struct lk_view_column lk_locks_columns[LK_LOCKS_COLUMNS] = {
	[LK_LOCKS_S] = { "state", "S", "H held, B held and in somebody's way, W waits, C part of a deadlock, ? owner not visible, x gone", 1, 1, 1, 0 },
	[LK_LOCKS_PID] = { "pid", "PID", "process that holds the lock or waits for it", 7, 4, 2, RIGHT },
	[LK_LOCKS_USER] = { "user", "USER", "user it runs as", 8, 8, 8, 0 },
	[LK_LOCKS_COMMAND] = { "comm", "COMMAND", "its name; +N: others share the lock; ?: recorded, not proven", 15, 8, 3, LK_VIEW_TREE },
	[LK_LOCKS_TYPE] = { "type", "TYPE", "POSIX, OFD, FLOCK, LEASE or DELEG", 5, 5, 5, 0 },
	[LK_LOCKS_MODE] = { "mode", "MODE", "READ (shared) or WRITE (exclusive)", 5, 4, 4, LK_VIEW_INITIAL },
	[LK_LOCKS_RANGE] = { "range", "RANGE", "locked bytes: 100-199, 100+4096 (a length), 4096- (to the end), or whole", 22, 7, 6, RIGHT },
	[LK_LOCKS_AGE] = { "age", "AGE", "how long it is held or waited for; + at least: seen since the start", 8, 5, 7, RIGHT | LK_VIEW_DESCENDING },
	[LK_LOCKS_PATH] = { "path", "PATH", "the file; cut on its left, so that its name stays", 12, 12, 0, LK_VIEW_GROW | LK_VIEW_PATH },
	{ "state_word", "STATE", "the state in full", 17, 7, 20, 0 },
	{ "id", "ID", "identifier of the lock", 16, 16, 20, 0 },
	{ "tid", "TID", "thread that waits", 7, 4, 20, RIGHT },
	{ "uid", "UID", "number of the user", 10, 4, 20, RIGHT },
	{ "fd", "FD", "file descriptor", 5, 2, 20, RIGHT },
	{ "start", "START", "first locked byte", 19, 5, 20, RIGHT },
	{ "end", "END", "last locked byte", 19, 5, 20, RIGHT },
	{ "size_bytes", "SIZE", "size of the file", 10, 5, 20, RIGHT | LK_VIEW_DESCENDING },
	{ "length", "LENGTH", "number of locked bytes", 19, 6, 20, RIGHT | LK_VIEW_DESCENDING },
	{ "inode", "INODE", "inode number of the file", 20, 6, 20, RIGHT },
	{ "dev", "DEV", "device of the file system, in hex", 7, 5, 20, 0 },
	{ "maj_min", "MAJ:MIN", "device of the file system, in decimal", 9, 7, 20, 0 },
	{ "blocker", "BLOCKER", "process that a request is listed behind; +N: others are in its way too", 11, 7, 20, RIGHT },
	{ "key", "KEY", "the kernel's name for the file", 20, 12, 20, 0 },
	{ "deleted", "DELETED", "is the file's name gone?", 7, 7, 20, 0 },
	{ "replaced", "REPLACED", "does the name belong to another file by now?", 8, 8, 20, 0 },
	{ "holders", "HOLDERS", "everybody who holds the lock, as PID:FD", 20, 8, 20, 0 },
	{ "n_holders", "NHOLDERS", "how many processes hold the lock", 8, 5, 20, RIGHT },
	{ "shared", "SHARED", "who else holds this very lock", 20, 8, 20, 0 },
	{ "how_known", "HOW", "how the process is known", 9, 5, 20, 0 },
	{ "blocked_by", "BLOCKEDBY", "processes in the way of a request", 16, 9, 20, 0 },
	{ "blocks", "BLOCKS", "processes that wait because of the lock", 16, 7, 20, 0 },
	{ "process_state", "PSTATE", "what the process does: sleeping, stopped, zombie ...", 10, 6, 20, 0 },
	{ "started_unix_ms", "STARTED", "when the process was started", 24, 10, 20, LK_VIEW_DESCENDING },
	{ "ppid", "PPID", "its parent", 7, 4, 20, RIGHT },
	{ "tty", "TTY", "its controlling terminal", 8, 5, 20, 0 },
	{ "unit", "UNIT", "systemd unit of the process", 20, 8, 20, 0 },
	{ "user_unit", "USERUNIT", "unit of the user's own systemd", 20, 8, 20, 0 },
	{ "container", "CONTAINER", "container of the process", 16, 9, 20, 0 },
	{ "cmdline", "CMDLINE", "command line of the process", 40, 10, 20, 0 },
	{ "fstype", "FSTYPE", "type of the file system", 8, 6, 20, 0 },
	{ "mount_point", "MOUNT", "where the file system is mounted", 20, 6, 20, LK_VIEW_PATH },
	{ "mandatory", "M", "1 for a mandatory lock of an old kernel", 1, 1, 20, RIGHT },
	{ "meaning", "MEANING", "what the bytes mean to SQLite, QEMU, tdb, LMDB, Berkeley DB", 40, 10, 20, 0 },
	{ "why", "WHY", "why no holder is named", 40, 10, 20, 0 },
};
/* clang-format on */
#define N_COLUMNS (sizeof(lk_locks_columns) / sizeof(*lk_locks_columns))

_Static_assert(N_COLUMNS <= LK_VIEW_COLUMNS, "the table paints no more columns");

/* ---- which columns ---- */

/* Names of columns of `list`, in either form. */
static size_t find_column(const char *name, size_t n)
{
	const struct lk_column *col = lk_column_find(name, n);

	for (size_t i = 0; i < N_COLUMNS; i++) {
		if (col ? strcmp(lk_locks_columns[i].heading, col->name) == 0
			: strlen(lk_locks_columns[i].name) == n && strncasecmp(lk_locks_columns[i].name, name, n) == 0)
			return i;
	}
	return SIZE_MAX;
}

static size_t add_column(size_t ret[LK_VIEW_COLUMNS], size_t n, size_t column)
{
	for (size_t i = 0; i < n; i++) {
		if (ret[i] == column)
			return n;
	}
	if (column >= N_COLUMNS || n >= LK_VIEW_COLUMNS)
		return n;
	ret[n] = column;
	return n + 1;
}

/* The glyph of the state always comes first. What has no name here was complained about when it was set. */
static size_t choose(const char *list, size_t ret[LK_VIEW_COLUMNS])
{
	size_t n = add_column(ret, 0, LK_LOCKS_S);

	for (size_t i = 0; (!list || *list == '+') && i <= LK_LOCKS_PATH; i++)
		n = add_column(ret, n, i);
	for (const char *p = list && *list == '+' ? list + 1 : list; p; p++) {
		size_t len = strcspn(p, ",");

		n = add_column(ret, n, find_column(p, len));
		p += len;
		if (!*p)
			break;
	}
	return n;
}

/* What was worked out from the settings; filters ask for it once a row. */
struct own {
	char *list; /* owned; of the settings as they were then; NULL: the default */
	size_t shown[LK_VIEW_COLUMNS];
	size_t n;
	const struct lk_column *columns[LK_LOCKS_COLUMNS]; /* of `list`, by column of the view; NULL: it is not there */
};

int lk_locks_init(struct lk_view *v)
{
	struct own *own = calloc(1, sizeof(*own));

	if (!own)
		return -ENOMEM;
	own->n = choose(NULL, own->shown);
	for (size_t i = LK_LOCKS_PID; i < LK_LOCKS_COLUMNS; i++)
		own->columns[i] = lk_column_find(lk_locks_columns[i].heading, strlen(lk_locks_columns[i].heading));
	v->own = own;
	return 0;
}

void lk_locks_done(struct lk_view *v)
{
	struct own *own = v->own;

	if (own)
		free(own->list);
	free(own);
	v->own = NULL;
}

static bool same_list(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

size_t lk_locks_shown(const struct lk_tui *t, size_t ret[LK_VIEW_COLUMNS])
{
	struct own *own = t->views[LK_VIEW_LOCKS].own;

	if (!same_list(own->list, t->set.columns)) {
		char *list = t->set.columns ? strdup(t->set.columns) : NULL;

		if (t->set.columns && !list)
			return choose(t->set.columns, ret);
		free(own->list);
		own->list = list;
		own->n = choose(list, own->shown);
	}
	memcpy(ret, own->shown, own->n * sizeof(*ret));
	return own->n;
}

const struct lk_column *lk_locks_table_column(const struct lk_tui *t, size_t column)
{
	const struct own *own = t->views[LK_VIEW_LOCKS].own;

	return own->columns[column];
}
