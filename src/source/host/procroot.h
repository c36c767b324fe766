/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only code that opens /proc (proc(5)). Everything else names files relative to a root handed out here. */
#ifndef LK_SOURCE_PROCROOT_H
#define LK_SOURCE_PROCROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

struct lk_procroot {
	int fd; /* the root directory; -1 when not open */
	bool is_proc; /* a real proc file system: magic links and system calls through it work */
	bool own_pids; /* its process numbers are those of our own pid namespace */
	bool is_default; /* the machine's own, opened without a name: what libproc2 reads */
	bool initial_pidns; /* proven to belong to the initial pid namespace */
};

/* dir: NULL for the machine's own. 0, or -errno with a sentence. */
int lk_procroot_open(struct lk_procroot *r, const char *dir, struct lk_err *err);
void lk_procroot_done(struct lk_procroot *r);

/* Names below the root. They are made of numbers and of words of ours only, so that they are bounded. */
#define LK_PROC_NAME 96
struct lk_proc_name {
	char s[LK_PROC_NAME];
};
struct lk_proc_name lk_procroot_name(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "PID/what", or "PID/task/TID/what" with tid > 0. what may be "". */
struct lk_proc_name lk_procroot_task_name(int pid, int tid, const char *what);

/* What a thread is reading, for a process that watches it: reading /proc/PID can block for ever (PID sits in exec(2) and waits for a
 * file server). In memory that both share. */
struct lk_touch {
	_Atomic int tid; /* of the thread; 0: nobody has it */
	_Atomic int pid; /* whose files it reads; 0: nobody's */
	_Atomic unsigned turn; /* moves with every read */
};

/* From now on this thread notes there what it reads; NULL: nowhere. */
void lk_procroot_watch(struct lk_touch *t);
/* It is about to read of this process; 0: of none. The names below do it by themselves. */
void lk_procroot_touch(int pid);

/* Such a name with the machine's own /proc before it, for people and other programs. */
void lk_procroot_spell(int pid, int tid, const char *what, lk_buf *out);

/* A namespace ("pid", "mnt") of that process, of our own with 0: its inode number; 0 unknown. */
uint64_t lk_procroot_ns(const struct lk_procroot *r, int pid, const char *which);

/* The mount namespace of a process belongs to our own user namespace (ioctl_ns(2), NS_GET_USERNS): what is mounted there was not
 * mounted by users who could not do it here. false also where it cannot be found out. */
bool lk_procroot_mounts_are_trusted(const struct lk_procroot *r, int pid);

/* This kernel thread of ours, read from the machine's own proc even when another tree was asked for: fdinfo of one of our own
 * descriptors. 0 or -errno. */
int lk_procroot_own_fdinfo(int fd, lk_buf *out);
/* Where one of our own descriptors points to, as text. 0 or -errno. */
int lk_procroot_own_link(int fd, lk_buf *out);
/* The name by which one of our own descriptors can be opened anew, even one opened with O_PATH. */
struct lk_proc_name lk_procroot_own_fd_name(int fd);
/* /proc/thread-self/sched: when this very thread last began to run, by the clock of its processor. 0 or -errno. */
int lk_procroot_own_sched(lk_buf *out);
/* We are in the user namespace of the machine; also when that cannot be told. */
bool lk_procroot_own_userns_is_initial(void);
/* A small setting below /proc/sys, "kernel/yama/ptrace_scope"; -1: there is none, or it cannot be read. */
int lk_procroot_own_sysctl(const char *name);
/* Our own namespace ("mnt"), likewise: its inode number; 0 unknown. */
uint64_t lk_procroot_own_ns(const char *which);
/* Our own mount table, from the machine's own proc. An fd, or -errno. */
int lk_procroot_own_mountinfo(void);

#endif
