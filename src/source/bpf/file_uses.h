/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF program that finds out who uses a file (file_uses.bpf.c) and user space (bpf_uses.c) tell each other. As in lock_dump.h,
 * pids are those of the initial pid namespace, and device numbers are the kernel's own. */
#ifndef LK_SOURCE_BPF_FILE_USES_H
#define LK_SOURCE_BPF_FILE_USES_H

#ifndef __bpf__
#include <stdint.h>
#endif

/* A file that is asked about, as the lock list of the kernel has it. */
struct lk_bpf_watched {
	uint64_t ino;
	uint32_t major; /* of the superblock */
	uint32_t minor;
};

enum lk_bpf_use_kind {
	LK_BPF_USE_FD,
	LK_BPF_USE_CWD,
	LK_BPF_USE_ROOT, /* other than that of the process that reads the iterator */
	LK_BPF_USE_PROGRAM,
	LK_BPF_USE_MAPPED,
};

enum lk_bpf_use_flags {
	LK_BPF_USE_IS_PATH = 1 << 0, /* the descriptor was opened with O_PATH */
	LK_BPF_USE_IS_LOCKED = 1 << 1, /* the descriptor shows a lock on the file, as its fdinfo would */
};

/* A process uses a file. The same use can be told more than once, for example for several threads. */
struct lk_bpf_use {
	struct lk_bpf_watched file;
	uint64_t start_ns; /* as in struct lk_bpf_task */
	uint32_t tgid;
	int32_t fd; /* -1: none */
	uint32_t kind; /* enum lk_bpf_use_kind */
	uint32_t flags; /* LK_BPF_USE_IS_* */
	char comm[16]; /* of the process: exact bytes, NUL-terminated */
};

#endif
