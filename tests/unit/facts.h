/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts made by hand, fed to the builder as a source would: a held lock is a line and the descriptor that shows it, a request a line
 * and the thread that is blocked. */
#ifndef LK_TESTS_FACTS_H
#define LK_TESTS_FACTS_H

#include <criterion/criterion.h>

#include "model/build.h"

struct facts {
	struct lk_build *b;
	const struct lk_sink *sink;
	size_t n_lines;
};

static inline void facts_fed(int rc)
{
	cr_assert_eq(rc, 0);
}

static inline struct facts facts_begin_with(int64_t lease_break_s)
{
	struct lk_fact_host host = {
		.scanner = "test",
		.host = "h",
		.boot_id = "b",
		.lease_break_s = lease_break_s,
		.initial_pidns = true,
		.has_locks_file = true,
	};
	struct facts f = { 0 };

	f.b = lk_build_new();
	f.sink = lk_build_sink(f.b);
	facts_fed(lk_sink_host(f.sink, &host));
	return f;
}

static inline struct facts facts_begin(void)
{
	return facts_begin_with(45);
}

static inline struct lk_snapshot *facts_end(struct facts *f)
{
	struct lk_fact_end end = { .stable = true };
	struct lk_snapshot *s;

	facts_fed(lk_sink_end(f->sink, &end));
	s = lk_build_finish(f->b);
	lk_build_free(f->b);
	return s;
}

/* num_threads 0: not known. */
static inline void add_proc(struct facts *f, int pid, int64_t num_threads)
{
	struct lk_fact_proc p = {
		.pid = pid, .comm = "prog", .comm_len = 4, .start_ticks = 1, .num_threads = num_threads, .state = 'S'
	};

	facts_fed(lk_sink_proc(f->sink, &p));
}

static inline struct lk_record make_record(enum lk_type type, enum lk_mode mode, uint64_t ino, int64_t start,
					   int64_t end, int pid)
{
	return (struct lk_record){
		.type = type,
		.mode = mode,
		.phase = type == LK_TYPE_LEASE ? LK_PHASE_ACTIVE : LK_PHASE_ADVISORY,
		.pid = type == LK_TYPE_OFD ? -1 : pid,
		.key = { .major = 8, .minor = 1, .ino = ino },
		.range = { start, end },
	};
}

static inline struct lk_record whole(enum lk_type type, enum lk_mode mode, uint64_t ino, int pid)
{
	return make_record(type, mode, ino, 0, LK_RANGE_EOF, pid);
}

static inline struct lk_fact_file make_file(const struct lk_record *rec)
{
	return (struct lk_fact_file){
		.key = rec->key,
		.local = LK_YES,
		.has_stat = true,
		.st_major = 8,
		.st_minor = 1,
		.st_ino = rec->key.ino,
		.nlink = 1,
		.size = 0,
		.path = "/f",
		.deleted = LK_NO,
		.replaced = LK_NO,
		.fstype = "ext4",
		.mnt_id = -1,
	};
}

static inline void add_line(struct facts *f, const struct lk_record *rec, unsigned depth)
{
	struct lk_fact_lock line = { .line = ++f->n_lines, .rec = *rec };

	line.rec.depth = depth;
	facts_fed(lk_sink_lock(f->sink, &line));
}

/* A descriptor that shows the lock. */
static inline void add_fd(struct facts *f, const struct lk_record *rec, int pid, int fd, size_t ofd)
{
	struct lk_fact_file file = make_file(rec);
	struct lk_fact_fd fact = { .pid = pid, .fd = fd, .rec = *rec, .ofd = ofd, .file = &file };

	facts_fed(lk_sink_fd(f->sink, &fact));
}

/* A blocked thread, without a line. */
static inline void add_thread(struct facts *f, const struct lk_record *rec, int pid, int tid, size_t ofd)
{
	struct lk_fact_file file = make_file(rec);
	struct lk_fact_waiter w = {
		.pid = pid,
		.tid = tid,
		.fd = 3,
		.rec = *rec,
		.range_resolved = true,
		.wait_ms = 1000 + tid,
		.wait_error_ms = 10,
		.ofd = ofd,
		.file = &file,
	};

	facts_fed(lk_sink_waiter(f->sink, &w));
}

static inline void add_held(struct facts *f, struct lk_record rec, int pid, size_t ofd)
{
	add_line(f, &rec, 0);
	add_fd(f, &rec, pid, 3, ofd);
}

static inline void add_request(struct facts *f, unsigned depth, struct lk_record rec, int pid, int tid, size_t ofd)
{
	add_line(f, &rec, depth);
	add_thread(f, &rec, pid, tid, ofd);
}

/* The first request of a process, the first lock of a process on a file; NULL: none. */
static inline const struct lk_lock *request_of(const struct lk_snapshot *s, int pid)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		if (lk_lock_is_waiting(&s->locks[i]) && s->locks[i].pid == pid)
			return &s->locks[i];
	}
	return NULL;
}

static inline const struct lk_lock *held_by(const struct lk_snapshot *s, int pid, uint64_t ino)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (!lk_lock_is_waiting(l) && lk_lock_involves(l, pid) && l->file->key.ino == ino)
			return l;
	}
	return NULL;
}

static inline bool is_blocked_by(const struct lk_lock *request, const struct lk_lock *held)
{
	for (size_t i = 0; i < request->n_blocked_by; i++) {
		if (request->blocked_by[i] == held)
			return true;
	}
	return false;
}

#endif
