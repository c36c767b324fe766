/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel about a lock: whether it would be granted, by really taking it, or both. Everything here opens the file, which
 * others can notice; each step that could do more harm than that is refused. */
#ifndef LK_ACTION_PROBE_H
#define LK_ACTION_PROBE_H

#include "action/sys.h"
#include "base/err.h"
#include "base/vec.h"
#include "source/source.h"

struct lk_probe {
	const struct lk_sys *sys;
	int path_fd; /* O_PATH: pins the file without opening it; -1 none */
	int fd; /* opened for real; -1 none */
};

/* What is asked for. */
struct lk_probe_wish {
	enum lk_type type; /* LK_TYPE_POSIX, _OFD or _FLOCK */
	enum lk_mode mode; /* LK_MODE_READ or _WRITE */
	struct lk_range range; /* not for flock */
};

/* A lock in the way, as the kernel names it. */
struct lk_probe_found {
	enum lk_mode mode;
	struct lk_range range;
	int pid; /* 0: an OFD lock, or a process that is not visible here */
};
typedef LK_VEC(struct lk_probe_found) lk_probe_list;

/* Pins the file; looks what it is, and that it is the one in `expect`. Nothing is opened yet: now look for leases, then go on with one
 * of the others. 0; -ESTALE: it was replaced; -EINVAL: no regular file or directory, where opening could do something; -EOPNOTSUPP:
 * its locks are not kept by this kernel; or -errno. lk_probe_done() in either case. */
int lk_probe_pin(struct lk_probe *p, const struct lk_sys *sys, const char *path, const struct lk_fact_file *expect,
		 struct lk_err *err);
void lk_probe_done(struct lk_probe *p);

/* F_OFD_GETLK, which takes nothing: every POSIX and OFD lock that is in the way of the wish, by start. 0 or -errno. */
int lk_probe_ask(struct lk_probe *p, const struct lk_probe_wish *wish, lk_probe_list *ret, struct lk_err *err);

/* Takes the lock without waiting and keeps it until lk_probe_done(). 0: granted; -EAGAIN: somebody has one; or -errno. */
int lk_probe_take(struct lk_probe *p, const struct lk_probe_wish *wish, struct lk_err *err);

/* The same in a child process, which releases it at once. */
int lk_probe_try(struct lk_probe *p, const struct lk_probe_wish *wish, struct lk_err *err);

/* For the log of the machine: who takes what, and what came of it. rc: as lk_probe_take() returned; LK_PROBE_BEGUN before that. */
#define LK_PROBE_BEGUN 1
void lk_probe_log(const struct lk_sys *sys, const struct lk_probe_wish *wish, const char *path, int rc);

#endif
