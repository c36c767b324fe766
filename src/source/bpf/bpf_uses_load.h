/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF program that finds out who uses certain files (file_uses.bpf.c): loads and runs it. */
#ifndef LK_SOURCE_BPF_USES_LOAD_H
#define LK_SOURCE_BPF_USES_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"
#include "source/bpf/file_uses.h"

/* The looks at all tasks, in the order in which they are made. */
enum lk_bpf_look { LK_BPF_LOOK_FDS, LK_BPF_LOOK_PLACES, LK_BPF_LOOK_MAPS, LK_BPF_N_LOOKS };

struct lk_bpf_uses_program {
	int progs[LK_BPF_N_LOOKS], watched, asked; /* descriptors */
	uint32_t *n_torn; /* shared with the program */
};

/* Loads the program, for up to n_files files and n_pids processes. It stays loaded until the calling process ends, which is to be a helper. 0 or -errno:
 * -EOPNOTSUPP: not built in; others: this process may not, or this kernel cannot. */
int lk_bpf_uses_load(struct lk_bpf_uses_program *ret, size_t n_files, size_t n_pids);

/* Add a file to look for, and a process that is to be met. 0 or -errno. */
int lk_bpf_uses_watch(const struct lk_bpf_uses_program *p, const struct lk_key *key);
int lk_bpf_uses_ask(const struct lk_bpf_uses_program *p, int pid);
/* Whether the kernel showed that process to the program: a security rule can leave it out. */
bool lk_bpf_uses_has_met(const struct lk_bpf_uses_program *p, int pid);

typedef int (*lk_bpf_uses_cb)(void *arg, const struct lk_bpf_use *v, size_t n);

/* Looks at all tasks once. Calls cb with uses, borrowed for the call, until it returns non-zero, which is returned. *ret_torn: how often a
 * use may have been missed because a task changed while it was looked at. It waits while another process holds the lock of its own memory
 * map, even for ever, unless a signal ends the calling process. 0 or -errno. */
int lk_bpf_uses_read(const struct lk_bpf_uses_program *p, lk_bpf_uses_cb cb, void *arg, size_t *ret_torn);

#endif
