/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the procfs source that find out who uses a file. Everything here runs in the helper process. */
#ifndef LK_SOURCE_PROCFS_USES_H
#define LK_SOURCE_PROCFS_USES_H

#include <sys/stat.h>

#include "record/parse.h"
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"
#include "source/uses.h"

/* Longest name of a process or thread; those of kernel threads are longer than TASK_COMM_LEN. */
#define USES_COMM 64

/* A socket that is bound to a file, or connected to one that is. */
struct uses_socket {
	uint32_t ino, peer; /* numbers as in "socket:[N]"; peer 0: none */
	size_t file; /* which file; n_files: none of them */
	enum lk_use_kind kind;
	const char *name; /* it is bound to something below the file: to this; else NULL. Owned */
	bool certain;
};

/* A block device that was asked for, or a partition of it. */
struct uses_block {
	size_t file;
	uint32_t major, minor;
	const char *partition; /* "/dev/sda1"; NULL: it is the device that was asked for. Owned */
	bool sibling; /* another device of its btrfs: only where that is mounted matters */
};

struct uses_job {
	const struct lk_procroot *root;
	const struct lk_fact_file *files;
	size_t n_files;
	struct lk_mounts mounts;
	uint64_t own_ns; /* inode of our mount namespace; 0 unknown */
	LK_VEC(uint64_t) namespaces; /* others whose table was read; number i + 1 in `mounts` */
	LK_VEC(int) pids;
	/* In the helper, when they are first needed: */
	LK_VEC(struct uses_socket) sockets; /* by number */
	LK_VEC(uint64_t) net_namespaces; /* that were asked */
	bool sockets_read, sockets_failed;
	LK_VEC(struct uses_block) blocks;
	bool blocks_read;
	bool tree; /* see lk_uses_request */
	struct lk_uses *result; /* in the parent */
	lk_buf text, link; /* scratch */
};

/* What was seen already of one process and one file. */
struct uses_seen {
	bool running; /* it is its program */
	unsigned below; /* bits: kinds of use of what is below it, that are certain */
};

/* The process that is looked at. */
struct uses_proc {
	int pid;
	int tid; /* 0: the process as a whole */
	char comm[USES_COMM];
	uint64_t start_ticks;
	int64_t num_threads;
	char state;
	bool mounts_read; /* its mount table was read for a mount id */
	int denied; /* the first -errno for which part of it was not read; 0: none */
	struct uses_seen *seen; /* for each file */
};

/* What goes through the pipe, followed by the text of `what`. */
struct uses_message {
	enum uses_message_kind { MESSAGE_USE, MESSAGE_DENIED, MESSAGE_SKIP, MESSAGE_UNKNOWN } kind;
	struct lk_use use; /* pointers are not valid */
	int code; /* DENIED: -errno */
	char comm[USES_COMM];
};

/* -- procfs_uses_shared.c -- */
/* Reports a use to the parent. proc NULL: the kernel. 0 or -errno. */
int lk_uses_emit(struct lk_helper_out *out, const struct uses_proc *proc, const struct lk_use *use);
/* The same for a use by the kernel. */
int lk_uses_emit_kernel(struct lk_helper_out *out, size_t file, enum lk_use_kind kind, const char *what, bool certain);
/* Tells the parent that one of the uses by the kernel could not be looked for. */
int lk_uses_emit_unknown(struct lk_helper_out *out);
/* Tells it that the process could not be read, or that it is none to be counted. */
int lk_uses_emit_denied(struct lk_helper_out *out, const struct uses_proc *proc, int code);
int lk_uses_emit_skip(struct lk_helper_out *out);

bool lk_uses_same_stat(const struct lk_fact_file *file, const struct statx *st);
/* The mount with that id; the table of the process's namespace is read when it is new. NULL: in no table, as a detached one. */
const struct lk_mount *lk_uses_find_mount(struct uses_job *j, struct uses_proc *p, int mnt_id);
/* The number of a process's mount namespace in job->mounts, whose table is read when it is new. 0: our own; -errno. */
int lk_uses_namespace(struct uses_job *j, int pid);

/* -- procfs_uses.c -- */
/* In the parent: one message of the helper into job->result. 0 or -EBADMSG. */
int lk_uses_take(struct uses_job *j, const char *data, size_t n);

/* -- procfs_uses_kernel.c, procfs_uses_socket.c, procfs_uses_block.c, procfs_uses_overlay.c -- */
/* Loop devices, swap, mounts, sockets, what is made of block devices, overlays. 0, or -errno when the parent is gone. */
int lk_uses_of_loops(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_swaps(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_mounts(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_sockets(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_blocks(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_overlays(struct uses_job *j, struct lk_helper_out *out);
/* A line of /proc/swaps becomes the path that it names. false: it names none. */
bool lk_uses_parse_swap(char *line, bool *ret_block);

/* -- procfs_uses_proc.c -- */
/* The identity of an O_PATH descriptor of ours is that of the file. */
enum lk_tri lk_uses_is_file(struct uses_job *j, int fd, const struct lk_fact_file *file);

/* Everything one process does with the files. 0, or -errno when the parent is gone. */
int lk_uses_of_process(struct uses_job *j, int pid, struct lk_helper_out *out);

/* -- procfs_uses_socket.c -- */
/* Reports a descriptor that is one of job->sockets. 0, or -errno as above. */
int lk_uses_socket_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		      int fd);

/* -- procfs_uses_block.c -- */
/* Reports a descriptor on one of job->blocks, by whatever node, which identity has not told; a device in use by a path of ours. */
int lk_uses_block_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		     int fd);
int lk_uses_block_path(struct uses_job *j, struct lk_helper_out *out, enum lk_use_kind kind, const char *path);

/* -- procfs_uses_below.c -- */
/* Whether anybody asks for what is below this file; whether a path of ours is below it. */
bool lk_uses_wants_below(const struct uses_job *j, const struct lk_fact_file *file);
bool lk_uses_is_below_path(const struct uses_job *j, const struct lk_fact_file *file, const char *path);
/* What the kernel says a process is at, runs or has mapped. */
struct uses_place {
	enum lk_use_kind kind;
	const char *path;
	const struct lk_key *key; /* of a mapping; else NULL, and */
	const char *name; /* of the link below the root of proc */
};

/* Reports a use of something below those files that are directories, if it is one: a descriptor; a place of a process; a path of ours
 * that the kernel itself uses (what: as lk_use); a mount. 0, or -errno as above. */
int lk_uses_below_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		     int fd);
int lk_uses_below_place(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out,
			const struct uses_place *place);
int lk_uses_below_kernel(struct uses_job *j, struct lk_helper_out *out, enum lk_use_kind kind, const char *path,
			 const char *what);
int lk_uses_below_mount(struct uses_job *j, struct lk_helper_out *out, const struct lk_mount *m, size_t i);

#endif
