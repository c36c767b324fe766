/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel about a lock: whether it would be granted (F_OFD_GETLK), or by really taking it. Both open the file, which others
 * can notice; whatever could do more harm than that is refused. */
#ifndef LK_ACTION_PROBE_H
#define LK_ACTION_PROBE_H

#include "action/sys.h"
#include "base/err.h"
#include "base/vec.h"
#include "source/source.h"

struct lk_probe {
	const struct lk_sys *sys;
	int path_fd; /* O_PATH: pins the file without opening it; -1 none */
	int fd; /* what a lock was taken with; -1 none */
};

/* The lock that is asked about. */
struct lk_probe_wish {
	enum lk_type type; /* LK_TYPE_POSIX, _OFD or _FLOCK */
	enum lk_mode mode; /* LK_MODE_READ or _WRITE */
	struct lk_range range; /* not for flock */
};

/* A lock in the way, as the kernel reports it. */
struct lk_probe_found {
	enum lk_mode mode;
	struct lk_range range;
	int pid; /* 0: an OFD lock, or a process that is not visible here */
};
typedef LK_VEC(struct lk_probe_found) lk_probe_list;

/* Pins the file with O_PATH, which does not open it, and checks that it is the one in `expect`. The caller should look for leases next,
 * because opening the file breaks them, and then call one of the functions below. 0; -ESTALE: the file was replaced; -EINVAL: not a
 * regular file or directory, so that opening it could have an effect; -EOPNOTSUPP: its locks are not kept by this kernel; or another
 * -errno. Call lk_probe_done() in either case. */
int lk_probe_pin(struct lk_probe *p, const struct lk_sys *sys, const char *path, const struct lk_fact_file *expect,
		 struct lk_err *err);
void lk_probe_done(struct lk_probe *p);

/* Opens through path_fd, an O_PATH descriptor, so that it is the same file. access: O_RDONLY, O_RDWR. Never waits: if there is a lease on
 * the file, this begins to break it. A descriptor, -EAGAIN: a lease is in the way, or another -errno; with a sentence. */
int lk_probe_open(const struct lk_sys *sys, int path_fd, int access, struct lk_err *err);

/* Asks with F_OFD_GETLK, which takes no lock, and adds the POSIX and OFD locks in the way of the wish, sorted by start. 0 or -errno. */
int lk_probe_ask(struct lk_probe *p, const struct lk_probe_wish *wish, lk_probe_list *ret, struct lk_err *err);

/* Takes the lock without waiting and keeps it until lk_probe_done(). 0: granted; -EAGAIN: a lock or a lease is in the way; or -errno. */
int lk_probe_take(struct lk_probe *p, const struct lk_probe_wish *wish, struct lk_err *err);

/* The same in a child process, which releases the lock at once by ending. */
int lk_probe_try(struct lk_probe *p, const struct lk_probe_wish *wish, struct lk_err *err);

/* Logs to syslog who takes which lock, and the result. rc: what lk_probe_take() returned; LK_PROBE_BEGUN before it is called. */
#define LK_PROBE_BEGUN 1
void lk_probe_log(const struct lk_sys *sys, const struct lk_probe_wish *wish, const char *path, int rc);

#endif
