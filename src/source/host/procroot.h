/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only code that opens /proc (proc(5)). Everything else names files relative to a root handed out here. */
#ifndef LK_SOURCE_PROCROOT_H
#define LK_SOURCE_PROCROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct lk_procroot {
	int fd; /* the root directory; -1 when not open */
	bool is_proc; /* a real proc file system: magic links and system calls through it work */
	bool own_pids; /* its process numbers are those of our own pid namespace */
	bool is_default; /* the machine's own /proc, opened with dir NULL: the one that libproc2 reads */
	bool initial_pidns; /* proven to belong to the initial pid namespace */
};

/* dir: NULL for the machine's own. 0, or -errno with a sentence. */
int lk_procroot_open(struct lk_procroot *r, const char *dir, struct lk_err *err);
void lk_procroot_done(struct lk_procroot *r);

/* Names below the root. They consist of numbers and of our own words only, so that their length is bounded. */
#define LK_PROC_NAME 96
struct lk_proc_name {
	char s[LK_PROC_NAME];
};
struct lk_proc_name lk_procroot_name(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "PID/what", or "PID/task/TID/what" with tid > 0. what may be "". */
struct lk_proc_name lk_procroot_task_name(int pid, int tid, const char *what);

/* What a helper is reading, for the process that watches it: reading /proc/PID can block for ever (PID sits in exec(2) and waits for a
 * file server). In memory that both share. */
struct lk_touch {
	_Atomic int pid; /* the process whose files it reads; 0: none */
	_Atomic unsigned turn; /* changes with every read */
};

/* In a helper: from now on it notes in *t what it reads; NULL: nowhere. */
void lk_procroot_watch(struct lk_touch *t);
/* Files of this process are about to be read; 0: of none. lk_procroot_task_name() and lk_procroot_ns() call it themselves. */
void lk_procroot_touch(int pid);

/* Appends a name as of lk_procroot_task_name(), with the machine's own /proc before it, for people and other programs. */
void lk_procroot_spell(int pid, int tid, const char *what, lk_buf *out);

/* The inode number of a namespace ("pid", "mnt") of a process, of ourselves with pid 0; 0 unknown. */
uint64_t lk_procroot_ns(const struct lk_procroot *r, int pid, const char *which);

/* Does the mount namespace of a process belong to our own user namespace (ioctl_ns(2), NS_GET_USERNS)? Then its mounts were not made by
 * users who could not make them here. false also where that cannot be found out. */
bool lk_procroot_mounts_are_trusted(const struct lk_procroot *r, int pid);

/* The lk_procroot_own_ functions read the machine's own /proc even when another tree was asked for. This one: fdinfo of one of our own
 * descriptors. 0 or -errno. */
int lk_procroot_own_fdinfo(int fd, lk_buf *out);
/* Where one of our own descriptors points to, as text. 0 or -errno. */
int lk_procroot_own_link(int fd, lk_buf *out);
/* The name by which one of our own descriptors can be opened anew, even one opened with O_PATH. */
struct lk_proc_name lk_procroot_own_fd_name(int fd);
/* /proc/thread-self/sched: when this very thread last began to run, by the clock of its processor. 0 or -errno. */
int lk_procroot_own_sched(lk_buf *out);
/* Are we in the initial user namespace? true also when that cannot be told. */
bool lk_procroot_own_userns_is_initial(void);
/* A small setting below /proc/sys, "kernel/yama/ptrace_scope"; -1: there is none, or it cannot be read. */
int lk_procroot_own_sysctl(const char *name);
/* The inode number of our own namespace ("mnt"); 0 unknown. */
uint64_t lk_procroot_own_ns(const char *which);
/* Opens our own mount table. An fd, or -errno. */
int lk_procroot_own_mountinfo(void);

#endif
