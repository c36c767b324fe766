/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of processes that are expensive to read: user name, command line, control group. On the live machine they come from libproc2.
 * Reading a command line or the user database can block for ever, so all of it happens in a helper process (helper.h). */
#ifndef LK_SOURCE_PROCFACTS_H
#define LK_SOURCE_PROCFACTS_H

#include <stddef.h>
#include <stdint.h>

#include "source/host/helper.h"
#include "source/host/procroot.h"
#include "source/source.h"

struct lk_procfacts {
	const char *user, *cmdline, *cgroup; /* NULL: unknown or not asked for; cgroup "": it names none; borrowed */
};

struct lk_procfacts_who {
	int pid;
	int64_t uid; /* -1 unknown */
};

typedef int (*lk_procfacts_cb)(void *arg, size_t i, const struct lk_procfacts *f);

/* Calls cb for each process that answered. needs: LK_NEED_USER, _CMDLINE, _CGROUP. 0, -errno, or what cb returned; *ret counts those that
 * did not answer. */
int lk_procfacts_read(const struct lk_procroot *root, const struct lk_procfacts_who *who, size_t n, unsigned needs,
		      int64_t deadline_ms, lk_procfacts_cb cb, void *arg, struct lk_helper_result *ret);

/* Calls cb with a helper's answer about process i. What cb returned, or -EBADMSG. */
int lk_procfacts_take(const char *data, size_t n, size_t i, lk_procfacts_cb cb, void *arg);

/* The path of the unified or the systemd hierarchy in text of /proc/PID/cgroup (cgroups(7)), whose entries are separated by newlines or
 * commas. NULL: none. Heap, caller frees. */
char *lk_procfacts_cgroup_path(const char *text);

#endif
