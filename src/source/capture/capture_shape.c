/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the fields of every fact, as captures hold them. */
#include "source/capture/capture_shape.h"

#include <limits.h>

#include "source/source.h"

#define AT(type_, member_) .offset = offsetof(struct type_, member_), .size = sizeof(((struct type_ *)NULL)->member_)
#define MUST .required = true
#define SHAPE(name_, type_, fields_) \
	{ \
		.name = name_, .size = sizeof(struct type_), .fields = fields_, \
		.n_fields = sizeof(fields_) / sizeof(*(fields_)) \
	}

/* Bounds of signed numbers. */
#define PID .min = 1, .max = INT_MAX
#define PID_OR_0 .min = 0, .max = INT_MAX
#define FROM_0 .min = 0, .max = INT64_MAX
#define FD_OR_NONE .none = -1, .min = -1, .max = INT_MAX
#define FROM_NONE .none = -1, .min = -1, .max = INT64_MAX

static const char *const phase_words[] = {
	[LK_PHASE_ADVISORY] = "advisory", [LK_PHASE_ACTIVE] = "active",       [LK_PHASE_BREAKING] = "breaking",
	[LK_PHASE_BREAKER] = "breaker",   [LK_PHASE_MANDATORY] = "mandatory", [LK_PHASE_MSNFS] = "msnfs",
	[LK_PHASE_NOINODE] = "noinode",   [LK_PHASE_UNKNOWN] = "unknown",     [LK_PHASE_UNKNOWN + 1] = NULL,
};

static const struct lk_capture_field record_fields[] = {
	{ "group", LK_CAP_UNSIGNED, AT(lk_record, group) },
	{ "depth", LK_CAP_UNSIGNED, AT(lk_record, depth) },
	{ "type", LK_CAP_ENUM, AT(lk_record, type), MUST, .words = lk_type_words },
	{ "phase", LK_CAP_ENUM, AT(lk_record, phase), .words = phase_words, .none = LK_PHASE_UNKNOWN },
	{ "mode", LK_CAP_ENUM, AT(lk_record, mode), MUST, .words = lk_mode_words },
	{ "break_to", LK_CAP_ENUM, AT(lk_record, break_to), .words = lk_break_words },
	{ "pid", LK_CAP_SIGNED, AT(lk_record, pid), MUST, .min = INT64_MIN, .max = INT64_MAX },
	{ "key", LK_CAP_KEY, AT(lk_record, key), MUST },
	{ "start", LK_CAP_SIGNED, AT(lk_record, range.start), MUST, FROM_0 },
	{ "end", LK_CAP_END, AT(lk_record, range.end), MUST, FROM_0 },
	{ "type_word", LK_CAP_WORD, AT(lk_record, type_word) },
	{ "phase_word", LK_CAP_WORD, AT(lk_record, phase_word) },
	{ "mode_word", LK_CAP_WORD, AT(lk_record, mode_word) },
};
static const struct lk_capture_shape record_shape = SHAPE("rec", lk_record, record_fields);

static const struct lk_capture_field file_fields[] = {
	{ "key", LK_CAP_KEY, AT(lk_fact_file, key), MUST },
	{ "local", LK_CAP_TRI, AT(lk_fact_file, local) },
	{ "has_stat", LK_CAP_BOOL, AT(lk_fact_file, has_stat) },
	{ "st_major", LK_CAP_UNSIGNED, AT(lk_fact_file, st_major) },
	{ "st_minor", LK_CAP_UNSIGNED, AT(lk_fact_file, st_minor) },
	{ "st_ino", LK_CAP_UNSIGNED, AT(lk_fact_file, st_ino) },
	{ "nlink", LK_CAP_UNSIGNED, AT(lk_fact_file, nlink) },
	{ "size", LK_CAP_SIGNED, AT(lk_fact_file, size), FROM_NONE },
	{ "mode", LK_CAP_UNSIGNED, AT(lk_fact_file, mode) },
	{ "rdev_major", LK_CAP_UNSIGNED, AT(lk_fact_file, rdev_major) },
	{ "rdev_minor", LK_CAP_UNSIGNED, AT(lk_fact_file, rdev_minor) },
	{ "mandatory_bits", LK_CAP_BOOL, AT(lk_fact_file, mandatory_bits) },
	{ "path", LK_CAP_TEXT, AT(lk_fact_file, path) },
	{ "deleted", LK_CAP_TRI, AT(lk_fact_file, deleted) },
	{ "replaced", LK_CAP_TRI, AT(lk_fact_file, replaced) },
	{ "unreachable", LK_CAP_TRI, AT(lk_fact_file, unreachable) },
	{ "foreign_mnt_ns", LK_CAP_UNSIGNED, AT(lk_fact_file, foreign_mnt_ns) },
	{ "fstype", LK_CAP_TEXT, AT(lk_fact_file, fstype) },
	{ "mount_point", LK_CAP_TEXT, AT(lk_fact_file, mount_point) },
	{ "mnt_id", LK_CAP_SIGNED, AT(lk_fact_file, mnt_id), FD_OR_NONE },
};
static const struct lk_capture_shape file_shape = SHAPE("file", lk_fact_file, file_fields);

/* `live` is not recorded: a capture never is. */
static const struct lk_capture_field host_fields[] = {
	{ "scanner", LK_CAP_TEXT, AT(lk_fact_host, scanner), MUST },
	{ "host", LK_CAP_TEXT, AT(lk_fact_host, host), MUST },
	{ "boot_id", LK_CAP_TEXT, AT(lk_fact_host, boot_id), MUST },
	{ "time_unix_ms", LK_CAP_SIGNED, AT(lk_fact_host, time_unix_ms), MUST, .min = INT64_MIN, .max = INT64_MAX },
	{ "boottime_ms", LK_CAP_SIGNED, AT(lk_fact_host, boottime_ms), FROM_0 },
	{ "ticks_per_second", LK_CAP_UNSIGNED, AT(lk_fact_host, ticks_per_second) },
	{ "euid", LK_CAP_UNSIGNED, AT(lk_fact_host, euid), MUST },
	{ "initial_pidns", LK_CAP_BOOL, AT(lk_fact_host, initial_pidns), MUST },
	{ "has_locks_file", LK_CAP_BOOL, AT(lk_fact_host, has_locks_file), MUST },
	{ "lease_break_s", LK_CAP_SIGNED, AT(lk_fact_host, lease_break_s), FROM_NONE },
};

static const struct lk_capture_field lock_fields[] = {
	{ "line", LK_CAP_UNSIGNED, AT(lk_fact_lock, line), MUST },
	{ "rec", LK_CAP_OBJECT, AT(lk_fact_lock, rec), MUST, .sub = &record_shape },
};

static const struct lk_capture_field fd_fields[] = {
	{ "pid", LK_CAP_SIGNED, AT(lk_fact_fd, pid), MUST, PID },
	{ "tid", LK_CAP_SIGNED, AT(lk_fact_fd, tid), PID_OR_0 },
	{ "fd", LK_CAP_SIGNED, AT(lk_fact_fd, fd), MUST, .min = 0, .max = INT_MAX },
	{ "rec", LK_CAP_OBJECT, AT(lk_fact_fd, rec), MUST, .sub = &record_shape },
	{ "ofd", LK_CAP_UNSIGNED, AT(lk_fact_fd, ofd) },
	{ "line", LK_CAP_UNSIGNED, AT(lk_fact_fd, line) },
	{ "file", LK_CAP_POINTER, AT(lk_fact_fd, file), MUST, .sub = &file_shape },
};

static const struct lk_capture_field waiter_fields[] = {
	{ "pid", LK_CAP_SIGNED, AT(lk_fact_waiter, pid), MUST, PID },
	{ "tid", LK_CAP_SIGNED, AT(lk_fact_waiter, tid), MUST, PID_OR_0 },
	{ "fd", LK_CAP_SIGNED, AT(lk_fact_waiter, fd), FD_OR_NONE },
	{ "rec", LK_CAP_OBJECT, AT(lk_fact_waiter, rec), MUST, .sub = &record_shape },
	{ "range_resolved", LK_CAP_BOOL, AT(lk_fact_waiter, range_resolved) },
	{ "stopped", LK_CAP_BOOL, AT(lk_fact_waiter, stopped) },
	{ "wait_ms", LK_CAP_SIGNED, AT(lk_fact_waiter, wait_ms), FROM_NONE },
	{ "wait_error_ms", LK_CAP_SIGNED, AT(lk_fact_waiter, wait_error_ms), FROM_NONE },
	{ "ofd", LK_CAP_UNSIGNED, AT(lk_fact_waiter, ofd) },
	{ "line", LK_CAP_UNSIGNED, AT(lk_fact_waiter, line) },
	{ "file", LK_CAP_POINTER, AT(lk_fact_waiter, file), MUST, .sub = &file_shape },
};

static const struct lk_capture_field mount_fields[] = {
	{ "major", LK_CAP_UNSIGNED, AT(lk_fact_mount, major), MUST },
	{ "minor", LK_CAP_UNSIGNED, AT(lk_fact_mount, minor), MUST },
	{ "fstype", LK_CAP_TEXT, AT(lk_fact_mount, fstype), MUST },
	{ "mount_point", LK_CAP_TEXT, AT(lk_fact_mount, mount_point), MUST },
	{ "local", LK_CAP_TRI, AT(lk_fact_mount, local) },
	{ "keys_unique", LK_CAP_BOOL, AT(lk_fact_mount, keys_unique), MUST },
};

static const struct lk_capture_field proc_fields[] = {
	{ "pid", LK_CAP_SIGNED, AT(lk_fact_proc, pid), MUST, PID },
	{ "gone", LK_CAP_BIT, AT(lk_fact_proc, flags), .max = LK_PROC_GONE },
	{ "unreadable", LK_CAP_BIT, AT(lk_fact_proc, flags), .max = LK_PROC_UNREADABLE },
	{ "kthread", LK_CAP_BIT, AT(lk_fact_proc, flags), .max = LK_PROC_KTHREAD },
	{ "zombie", LK_CAP_BIT, AT(lk_fact_proc, flags), .max = LK_PROC_ZOMBIE },
	{ "start_ticks", LK_CAP_UNSIGNED, AT(lk_fact_proc, start_ticks) },
	{ "comm", LK_CAP_BYTES, AT(lk_fact_proc, comm), .offset2 = offsetof(struct lk_fact_proc, comm_len) },
	{ "uid", LK_CAP_SIGNED, AT(lk_fact_proc, uid), .none = -1, .min = -1, .max = UINT32_MAX },
	{ "ppid", LK_CAP_SIGNED, AT(lk_fact_proc, ppid), PID_OR_0 },
	{ "state", LK_CAP_CHAR, AT(lk_fact_proc, state) },
	{ "num_threads", LK_CAP_SIGNED, AT(lk_fact_proc, num_threads), FROM_0 },
	{ "user", LK_CAP_TEXT, AT(lk_fact_proc, user) },
	{ "cmdline", LK_CAP_TEXT, AT(lk_fact_proc, cmdline) },
	{ "cgroup", LK_CAP_TEXT, AT(lk_fact_proc, cgroup) },
	{ "pid_ns", LK_CAP_UNSIGNED, AT(lk_fact_proc, pid_ns) },
	{ "mnt_ns", LK_CAP_UNSIGNED, AT(lk_fact_proc, mnt_ns) },
	{ "user_ns", LK_CAP_UNSIGNED, AT(lk_fact_proc, user_ns) },
	{ "parent_comm", LK_CAP_TEXT, AT(lk_fact_proc, parent_comm) },
	{ "session", LK_CAP_SIGNED, AT(lk_fact_proc, session), PID_OR_0 },
	{ "session_comm", LK_CAP_TEXT, AT(lk_fact_proc, session_comm) },
	{ "tty", LK_CAP_TEXT, AT(lk_fact_proc, tty) },
	{ "tracer", LK_CAP_SIGNED, AT(lk_fact_proc, tracer), PID_OR_0 },
	{ "tracer_comm", LK_CAP_TEXT, AT(lk_fact_proc, tracer_comm) },
};

static const struct lk_capture_field orphan_fields[] = {
	{ "key", LK_CAP_KEY, AT(lk_fact_orphan, key), MUST },
	{ "mapped_pid", LK_CAP_SIGNED, AT(lk_fact_orphan, mapped_pid), PID_OR_0 },
	{ "maps_read", LK_CAP_BOOL, AT(lk_fact_orphan, maps_read) },
};

static const struct lk_capture_field denied_fields[] = {
	{ "what", LK_CAP_UNREAD, AT(lk_fact_denied, what), MUST },
	{ "errno", LK_CAP_ERRNO, AT(lk_fact_denied, code) },
	{ "count", LK_CAP_UNSIGNED, AT(lk_fact_denied, count) },
	{ "of", LK_CAP_UNSIGNED, AT(lk_fact_denied, of) },
	{ "hides_locks", LK_CAP_BOOL, AT(lk_fact_denied, hides_locks), MUST },
	{ "text", LK_CAP_TEXT, AT(lk_fact_denied, text), MUST },
};

static const struct lk_capture_field unread_fields[] = {
	{ "what", LK_CAP_UNREAD, AT(lk_fact_unread, what), MUST },
	{ "pid", LK_CAP_SIGNED, AT(lk_fact_unread, pid), MUST, PID },
	{ "errno", LK_CAP_ERRNO, AT(lk_fact_unread, code) },
	{ "comm", LK_CAP_TEXT, AT(lk_fact_unread, comm) },
};

static const struct lk_capture_field proven_fields[] = {
	{ "key", LK_CAP_KEY, AT(lk_fact_proven, key), MUST },
};

static const struct lk_capture_field end_fields[] = {
	{ "stable", LK_CAP_BOOL, AT(lk_fact_end, stable), MUST },
	{ "n_bad_lines", LK_CAP_UNSIGNED, AT(lk_fact_end, n_bad_lines) },
	{ "n_procs", LK_CAP_UNSIGNED, AT(lk_fact_end, n_procs) },
	{ "n_unreadable", LK_CAP_UNSIGNED, AT(lk_fact_end, n_unreadable) },
	{ "n_left_out", LK_CAP_UNSIGNED, AT(lk_fact_end, n_left_out) },
	{ "scan_ms", LK_CAP_REAL, AT(lk_fact_end, scan_ms) },
};

const struct lk_capture_shape lk_capture_shapes[LK_FACT_N_KINDS] = {
	[LK_FACT_HOST] = SHAPE("host", lk_fact_host, host_fields),
	[LK_FACT_LOCK] = SHAPE("lock", lk_fact_lock, lock_fields),
	[LK_FACT_FD] = SHAPE("fd", lk_fact_fd, fd_fields),
	[LK_FACT_WAITER] = SHAPE("waiter", lk_fact_waiter, waiter_fields),
	[LK_FACT_MOUNT] = SHAPE("mount", lk_fact_mount, mount_fields),
	[LK_FACT_PROC] = SHAPE("proc", lk_fact_proc, proc_fields),
	[LK_FACT_ORPHAN] = SHAPE("orphan", lk_fact_orphan, orphan_fields),
	[LK_FACT_DENIED] = SHAPE("denied", lk_fact_denied, denied_fields),
	[LK_FACT_UNREAD] = SHAPE("unread", lk_fact_unread, unread_fields),
	[LK_FACT_PROVEN] = SHAPE("proven", lk_fact_proven, proven_fields),
	[LK_FACT_END] = SHAPE("end", lk_fact_end, end_fields),
};
