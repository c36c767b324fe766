/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layouts of well-known programs, and which of them fits the locks of a file. */
#include "table/known_ranges.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define BIT(type) (1u << (type))
#define BYTE(offset) \
	{ \
		offset, offset \
	}

/* SQLite's file format, "The Lock-Byte Page", and os.h: PENDING_BYTE, RESERVED_BYTE, SHARED_FIRST, SHARED_SIZE 510. */
static const struct lk_known_range sqlite_ranges[] = {
	{ BYTE(0x40000000), "PENDING", "no new reader gets in", NULL },
	{ BYTE(0x40000001), "RESERVED", "one connection writes, or is about to", NULL },
	{ { 0x40000002, 0x400001ff }, "SHARED", "a connection reads, or has the database open", "has it for itself" },
};

/* SQLite's "File Locking And Concurrency", and os_unix.c unixLock(): a connection in EXCLUSIVE has locked the other bytes too. */
static const struct lk_known_state sqlite_states[] = {
	{ "EXCLUSIVE", "has the database for itself", { 0x40000002, 0x400001ff }, LK_MODE_WRITE },
	{ "PENDING", "wants to write the database: waits for the readers to leave", BYTE(0x40000000), LK_MODE_WRITE },
	{ "RESERVED", "writes, while readers go on", BYTE(0x40000001), LK_MODE_WRITE },
	{ "SHARED", "reads, or has it open (WAL)", { 0x40000002, 0x400001ff }, LK_MODE_READ },
};

/* SQLite's "WAL-mode File Format", "The WAL-Index File Format", and os_unix.c: UNIX_SHM_BASE 120, UNIX_SHM_DMS 128. */
static const struct lk_known_range wal_index_ranges[] = {
	{ BYTE(120), "WRITE", "the one connection that may append to the log", NULL },
	{ BYTE(121), "CKPT", "a checkpoint copies the log into the database", NULL },
	{ BYTE(122), "RECOVER", "the index is being rebuilt", NULL },
	{ BYTE(123), "READ0", "reads the database only, not the log", NULL },
	{ BYTE(124), "READ1", "reads up to the first read mark", NULL },
	{ BYTE(125), "READ2", "reads up to the second read mark", NULL },
	{ BYTE(126), "READ3", "reads up to the third read mark", NULL },
	{ BYTE(127), "READ4", "reads up to the fourth read mark", NULL },
	{ BYTE(128), "DMS", "the database is open here (dead man's switch)", NULL },
};

/* QEMU's block/file-posix.c: RAW_LOCK_PERM_BASE, RAW_LOCK_SHARED_BASE, and the bits of BLK_PERM_*. Up to 6.1 there was graph-mod. */
static const struct lk_known_range qemu_ranges[] = {
	{ BYTE(100), "consistent-read", "reads, and relies on what it reads", NULL },
	{ BYTE(101), "write", "writes", NULL },
	{ BYTE(102), "write-unchanged", "rewrites what is there with the same contents", NULL },
	{ BYTE(103), "resize", "changes the size", NULL },
	{ BYTE(104), "graph-mod", "changes the chain of images", NULL },
	{ BYTE(200), "deny-consistent-read", "others must not rely on what they read", NULL },
	{ BYTE(201), "deny-write", "others must not write", NULL },
	{ BYTE(202), "deny-write-unchanged", "others must not rewrite the same contents", NULL },
	{ BYTE(203), "deny-resize", "others must not change the size", NULL },
	{ BYTE(204), "deny-graph-mod", "others must not change the chain of images", NULL },
};

/* QEMU takes only read locks, also to announce that it writes; other QEMU processes look which bytes are locked. */
static const struct lk_known_state qemu_states[] = {
	{ "writer", "reads and writes the image", BYTE(101), LK_MODE_UNKNOWN },
	{ "reader", "only reads the image", BYTE(100), LK_MODE_UNKNOWN },
};

/* Samba's lib/tdb: tdb_private.h OPEN_LOCK, ACTIVE_LOCK, TRANSACTION_LOCK, FREELIST_TOP; tdb_lock_offset(); traverse.c. A hash chain or a
 * record is locked at its offset; a lock from the first chain to EOF covers all of them. */
static const struct lk_known_range tdb_ranges[] = {
	{ BYTE(0), "open", "opens, creates or resets the database", NULL },
	{ BYTE(4), "active", "has the database open, which blocks nobody", NULL },
	{ BYTE(8), "transaction", "goes through all records", "in a transaction, or goes through all records" },
	{ BYTE(164), "freelist", "looks for space, or gives some back", NULL },
	{ { 168, LK_RANGE_EOF }, "records", "chains and records; to EOF: all of them", NULL },
};

/* LMDB's mdb.c: mdb_env_setup_locks(), mdb_env_excl_lock(), mdb_reader_pid(). Process IDs are below 2^22 (pid_max in
 * proc_sys_kernel(5)). */
static const struct lk_known_range lmdb_ranges[] = {
	{ BYTE(0), "users", "uses the database, which blocks nobody", "sets the database up" },
	{ { 1, 4194304 }, "pid", "its own number, the mark of a reader, which blocks nobody", NULL },
};

/* Berkeley DB's env/env_register.c: REGISTRY_LOCK(), PID_LEN 25: a slot is locked at its first byte. */
static const struct lk_known_range register_ranges[] = {
	{ BYTE(0), "slot", "has the environment open, which blocks nobody", NULL },
	{ BYTE(1), "register", "enters or leaves the environment, or recovers it", NULL },
	{ { 2, LK_RANGE_EOF - 1 }, "slot", "has the environment open, which blocks nobody", NULL },
};

#define ROWS(array) .ranges = array, .n_ranges = COUNT(array)
#define STATES(array) .states = array, .n_states = COUNT(array)

static const struct lk_known_layout table[] = {
	{
		.word = "sqlite",
		.name = "SQLite",
		.looks_like = "a SQLite database",
		.types = BIT(LK_TYPE_POSIX) | BIT(LK_TYPE_OFD),
		ROWS(sqlite_ranges),
		STATES(sqlite_states),
	},
	{
		.word = "wal",
		.name = "WAL",
		.looks_like = "the WAL index of a SQLite database",
		.suffix = "-shm",
		.types = BIT(LK_TYPE_POSIX) | BIT(LK_TYPE_OFD),
		ROWS(wal_index_ranges),
	},
	{
		.word = "qemu",
		.name = "QEMU",
		.looks_like = "a disk image of QEMU",
		.types = BIT(LK_TYPE_OFD),
		.only_read = true,
		.tells_ranges = true,
		ROWS(qemu_ranges),
		STATES(qemu_states),
	},
	{
		.word = "tdb",
		.name = "tdb",
		.looks_like = "a database of Samba (tdb)",
		.suffix = ".tdb",
		.by_byte = true,
		.has_mutex = true,
		.types = BIT(LK_TYPE_POSIX),
		ROWS(tdb_ranges),
	},
	{
		.word = "lmdb",
		.name = "LMDB",
		.looks_like = "the lock file of an LMDB database",
		.suffix = "/lock.mdb",
		.by_byte = true,
		.has_mutex = true,
		.types = BIT(LK_TYPE_POSIX),
		ROWS(lmdb_ranges),
	},
	{
		.word = "lmdb",
		.name = "LMDB",
		.looks_like = "the lock file of an LMDB database",
		.suffix = "-lock",
		.by_byte = true,
		.own_pid = true,
		.has_mutex = true,
		.types = BIT(LK_TYPE_POSIX),
		ROWS(lmdb_ranges),
	},
	{
		.word = "bdb_register",
		.name = "BDB",
		.looks_like = "the register of a Berkeley DB environment",
		.suffix = "/__db.register",
		.by_byte = true,
		.types = BIT(LK_TYPE_POSIX),
		ROWS(register_ranges),
	},
};

const struct lk_known_layout *lk_known_table(size_t *ret_n)
{
	*ret_n = COUNT(table);
	return table;
}

static bool has_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD || l->rec.type == LK_TYPE_UNKNOWN;
}

static bool covers(const struct lk_known_layout *layout, struct lk_range r)
{
	return r.start <= layout->ranges[0].range.start && r.end >= layout->ranges[layout->n_ranges - 1].range.end;
}

const struct lk_known_range *lk_known_at(const struct lk_known_layout *layout, int64_t offset)
{
	for (size_t i = 0; layout && i < layout->n_ranges; i++) {
		if (offset >= layout->ranges[i].range.start && offset <= layout->ranges[i].range.end)
			return &layout->ranges[i];
	}
	return NULL;
}

static const struct lk_known_range *next_range(const struct lk_known_layout *layout, const struct lk_known_range *known)
{
	return known->range.end == LK_RANGE_EOF ? NULL : lk_known_at(layout, known->range.end + 1);
}

/* Every byte of r lies in a known range, without gaps between them. */
static bool is_within(const struct lk_known_layout *layout, struct lk_range r)
{
	const struct lk_known_range *known = lk_known_at(layout, r.start);

	while (known && known->range.end < r.end)
		known = next_range(layout, known);
	return known;
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = path ? strlen(path) : 0, len = strlen(suffix);

	return n > len && strcmp(path + n - len, suffix) == 0;
}

static bool fits(const struct lk_known_layout *layout, const struct lk_lock *l)
{
	if (!(layout->types & BIT(l->rec.type)) || !is_within(layout, l->rec.range))
		return false;
	return !layout->only_read || l->rec.mode == LK_MODE_READ;
}

static bool all_fit(const struct lk_known_layout *layout, const struct lk_lock *const *locks, size_t n)
{
	size_t n_fit = 0;
	bool own_pid = !layout->own_pid;

	for (size_t i = 0; i < n; i++) {
		if (!has_range(locks[i]))
			continue;
		own_pid = own_pid || (locks[i]->rec.pid > 0 && locks[i]->rec.range.start == locks[i]->rec.pid);
		if (fits(layout, locks[i]))
			n_fit++;
		else if (!covers(layout, locks[i]->rec.range))
			return false;
	}
	return n_fit > 0 && own_pid;
}

bool lk_known_may_have_mutex(const struct lk_known_layout *layout, const char *path)
{
	for (size_t i = 0; !layout && i < COUNT(table); i++) {
		/* Without a layout an ending such as ".tdb" is not enough: it must be a whole file name. */
		if (table[i].has_mutex && table[i].suffix[0] == '/' && has_suffix(path, table[i].suffix))
			return true;
	}
	return layout && layout->has_mutex;
}

bool lk_known_may_fit(const struct lk_lock *l)
{
	for (size_t i = 0; has_range(l) && i < COUNT(table); i++) {
		if ((!table[i].suffix || has_suffix(l->file->path, table[i].suffix)) && fits(&table[i], l))
			return true;
	}
	return false;
}

const struct lk_known_layout *lk_known_find(const struct lk_lock *const *locks, size_t n, const char *path)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		if (table[i].suffix && !has_suffix(path, table[i].suffix))
			continue;
		if (all_fit(&table[i], locks, n))
			return &table[i];
	}
	return NULL;
}

bool lk_known_same_owner(const struct lk_lock *a, const struct lk_lock *b)
{
	if (a == b)
		return true;
	if (a->rec.type != b->rec.type || lk_lock_is_waiting(a) || lk_lock_is_waiting(b))
		return false;
	if (a->rec.type != LK_TYPE_POSIX && a->ofd && b->ofd)
		return a->ofd == b->ofd;
	/* An unknown owner (pid 0) is never taken for another unknown one. Open file descriptions that could not be compared count as the
	 * same only if the same descriptor of a proven process leads to both. */
	if (a->pid <= 0 || a->pid != b->pid)
		return false;
	return a->rec.type == LK_TYPE_POSIX || (a->n_holders && b->n_holders && a->holders[0].fd == b->holders[0].fd);
}

static bool has_state(const struct lk_known_state *state, const struct lk_lock *l)
{
	return lk_range_overlaps(state->range, l->rec.range) &&
	       (state->mode == LK_MODE_UNKNOWN || state->mode == l->rec.mode);
}

const struct lk_known_state *lk_known_state_of(const struct lk_known_layout *layout, const struct lk_lock *of,
					       const struct lk_lock *const *locks, size_t n)
{
	if (!layout || !has_range(of) || lk_lock_is_waiting(of) || !is_within(layout, of->rec.range))
		return NULL;
	for (size_t i = 0; i < layout->n_states; i++) {
		for (size_t k = 0; k < n; k++) {
			if (lk_known_same_owner(of, locks[k]) && has_state(&layout->states[i], locks[k]))
				return &layout->states[i];
		}
	}
	return NULL;
}

void lk_known_text(const struct lk_known_range *known, enum lk_mode mode, lk_buf *out)
{
	if (!known->write_text || mode == LK_MODE_READ)
		lk_buf_puts(out, known->text);
	else if (mode == LK_MODE_WRITE)
		lk_buf_puts(out, known->write_text);
	else
		lk_buf_printf(out, "read: %s; write: %s", known->text, known->write_text);
}

void lk_known_name(const struct lk_known_layout *layout, struct lk_range range, lk_buf *out)
{
	const struct lk_known_range *known = lk_known_at(layout, range.start);
	const char *before = "";
	bool part;

	if (!known || !is_within(layout, range))
		return;
	/* Only a part of a range is marked as such. */
	part = known->range.start != range.start || lk_known_at(layout, range.end)->range.end != range.end;
	if (part && !layout->by_byte)
		before = "part of ";
	for (; known && known->range.start <= range.end; known = next_range(layout, known)) {
		lk_buf_puts(out, before);
		lk_buf_puts(out, known->name);
		before = "+";
	}
}
