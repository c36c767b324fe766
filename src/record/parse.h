/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of the kernel to records. No I/O, no allocation; any bytes are safe input (fuzzed). */
#ifndef LK_RECORD_PARSE_H
#define LK_RECORD_PARSE_H

#include <stddef.h>

#include "record/record.h"

/* One line without its newline, from /proc/locks ("1: POSIX …") or the rest of an fdinfo line behind "lock:".
 * 0, or -EINVAL with *ret untouched. Words it does not know are kept and marked UNKNOWN. */
int lk_parse_lock_line(const char *s, size_t n, struct lk_record *ret);

/* What one /proc/PID/fdinfo/FD says. */
struct lk_fdinfo {
	int64_t pos; /* bytes; -1: not said */
	unsigned flags; /* open(2) flags, octal in the file; see has_flags */
	bool has_flags;
	int mnt_id; /* -1: not said */
	bool has_ino; /* since Linux 5.14 */
	uint64_t ino;
	size_t n_locks; /* lock lines that parsed */
	size_t n_bad; /* lock lines that did not */
};

/* Called for each lock line of an fdinfo file, in order; line (no newline) is borrowed. Non-zero stops and is returned. */
typedef int (*lk_parse_lock_cb)(void *arg, const struct lk_record *rec, const char *line, size_t n);

/* Parses the text of an fdinfo file. 0 or what cb returned. cb may be NULL. Never fails on odd text. */
int lk_parse_fdinfo(const char *s, size_t n, struct lk_fdinfo *ret, lk_parse_lock_cb cb, void *arg);

/* What /proc/PID/stat says (proc_pid_stat(5)). comm is borrowed from the text and may hold any byte but NUL. */
struct lk_stat {
	int pid;
	const char *comm;
	size_t comm_len;
	char state; /* R S D T t Z X I … */
	int ppid;
	unsigned flags; /* PF_*, include/linux/sched.h */
	int64_t num_threads;
	uint64_t start_ticks; /* clock ticks since boot, field 22 */
};

#define LK_PF_KTHREAD 0x00200000u

/* 0 or -EINVAL. */
int lk_parse_stat(const char *s, size_t n, struct lk_stat *ret);

/* Effective uid from the text of /proc/PID/status ("Uid:"). 0 or -ENOENT. */
int lk_parse_status_uid(const char *s, size_t n, unsigned *ret_euid);
/* How many pid namespaces the "NSpid:" line names, seen from this /proc; 0: no such line. */
size_t lk_parse_status_nspid(const char *s, size_t n);

#endif
