/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses text of the kernel into records. No I/O, no allocation; any bytes are safe input (fuzzed). */
#ifndef LK_RECORD_PARSE_H
#define LK_RECORD_PARSE_H

#include <stddef.h>

#include "base/ints.h"
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
	int session; /* field 6; 0: none, or of another pid namespace */
	uint32_t tty; /* device number of the controlling terminal, field 7; 0: none. lk_tty_name() */
	unsigned flags; /* PF_*, include/linux/sched.h */
	int64_t num_threads;
	uint64_t start_ticks; /* clock ticks since boot, field 22 */
};

#define LK_PF_KTHREAD 0x00200000u

/* 0 or -EINVAL. */
int lk_parse_stat(const char *s, size_t n, struct lk_stat *ret);

/* Effective uid from the text of /proc/PID/status ("Uid:"). 0 or -ENOENT. */
int lk_parse_status_uid(const char *s, size_t n, unsigned *ret_euid);
/* The process a thread belongs to, from the text of its status ("Tgid:"); 0: no such line. */
int lk_parse_status_tgid(const char *s, size_t n);
/* The process that traces it ("TracerPid:"); 0: none, or no such line. */
int lk_parse_status_tracer(const char *s, size_t n);
/* How many pid namespaces the "NSpid:" line names, seen from this /proc; 0: no such line. */
size_t lk_parse_status_nspid(const char *s, size_t n);
/* Adds its numbers in the pid namespaces below that of this /proc: those behind the first of that line. */
void lk_parse_status_inner_pids(const char *s, size_t n, lk_ints *ret);

/* The name below /dev of the terminal that stat prints as a number (proc_pid_stat(5), Documentation/admin-guide/devices.txt):
 * "pts/3", "tty1", "ttyS0", "console"; of other drivers "204:64". "" for 0. Returns buf. */
#define LK_TTY_TEXT 32
const char *lk_tty_name(uint32_t tty, char buf[LK_TTY_TEXT]);

#endif
