/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the procfs source that find out who uses a file. Everything here runs in the helper process unless it says
 * otherwise. */
#ifndef LK_SOURCE_PROCFS_USES_H
#define LK_SOURCE_PROCFS_USES_H

#include <sys/stat.h>

#include "base/buf.h"
#include "record/parse.h"
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"
#include "source/uses.h"

/* Size of the name of a process or thread; names of kernel threads are longer than TASK_COMM_LEN. */
#define USES_COMM 64

#define USES_STALL_MS 700 /* of a process */

/* A socket that is bound to a file, or connected to one that is. */
struct uses_socket {
	uint32_t ino, peer; /* numbers as in "socket:[N]"; peer 0: none */
	size_t file; /* index of the file; n_files: none of them */
	enum lk_use_kind kind;
	const char *name; /* the path it is bound to, if that is below the file; else NULL. Owned */
	bool certain;
};

/* A process that is in a mount or network namespace in which no process before it is. */
struct uses_space {
	int pid;
	uint64_t mnt, net; /* inode numbers; 0 unknown */
};

/* A block device that was asked for, or a partition of it. */
struct uses_block {
	size_t file;
	uint32_t major, minor;
	const char *partition; /* "/dev/sda1"; NULL: it is the device that was asked for. Owned */
	bool sibling; /* another device of the same btrfs file system: only its mounts matter */
};

struct uses_job {
	const struct lk_procroot *root;
	const struct lk_fact_file *files;
	size_t n_files;
	struct lk_mounts mounts;
	uint64_t own_ns; /* inode of our mount namespace; 0 unknown */
	lk_u64s namespaces; /* other namespaces whose table was read; numbered i + 1 in `mounts` */
	lk_ints pids;
	LK_VEC(struct uses_space) spaces; /* only where sockets or block devices are asked for */
	/* Filled in the helper, when first needed: */
	LK_VEC(struct uses_socket) sockets; /* sorted by number */
	lk_u64s net_namespaces; /* whose sockets were asked for */
	bool sockets_read, sockets_failed;
	LK_VEC(struct uses_block) blocks;
	bool blocks_read;
	bool tree; /* see lk_uses_request */
	/* In the parent: */
	struct lk_uses *result;
	struct procfs_asked *asked; /* NULL: not wanted */
	lk_buf text, link; /* scratch */
};

/* What was found already about one process and one file. */
struct uses_seen {
	bool running; /* the file is the program of the process */
	unsigned below; /* bits by lk_use_kind: certain uses of something below it that were reported */
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
	int denied; /* the first -errno because of which part of it was not read; 0: none */
	struct uses_seen *seen; /* for each file */
};

/* A message from the helper to the parent; the text of use.what follows. */
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
/* Tells the parent that the process could not be read, or that it is not to be counted (a kernel thread, or gone). */
int lk_uses_emit_denied(struct lk_helper_out *out, const struct uses_proc *proc, int code);
int lk_uses_emit_skip(struct lk_helper_out *out);

bool lk_uses_same_stat(const struct lk_fact_file *file, const struct statx *st);
/* The mount with that id; reads the mount table of the process's namespace if that is new. NULL: in no table, for example because it is
 * detached. */
const struct lk_mount *lk_uses_find_mount(struct uses_job *j, struct uses_proc *p, int mnt_id);
/* The number of the process's mount namespace in job->mounts; reads its table if it is new. 0: our own; or -errno. */
int lk_uses_namespace(struct uses_job *j, int pid);

/* -- procfs_uses.c -- */
/* In the parent: one message of the helper into job->result. 0 or -EBADMSG. */
int lk_uses_take(struct uses_job *j, const char *data, size_t n);
/* In the parent: the process did not answer, and may use a file all the same. Returns false if it is gone. */
bool lk_uses_lost(struct uses_job *j, int pid);

/* -- procfs_uses_spaces.c -- */
/* In the parent: fills job->spaces, if a file needs that. A process that does not answer counts as unreadable, and is taken out of
 * job->pids. 0, or as lk_helper_run(). */
int lk_uses_find_spaces(struct uses_job *j, int64_t deadline_ms);

/* -- procfs_uses_kernel.c, procfs_uses_socket.c, procfs_uses_block.c, procfs_uses_overlay.c -- */
/* Report uses by the kernel: loop devices, swap, mounts, sockets, what is built on block devices, overlays. 0, or -errno when the parent
 * is gone. */
int lk_uses_of_loops(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_swaps(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_mounts(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_sockets(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_blocks(struct uses_job *j, struct lk_helper_out *out);
int lk_uses_of_overlays(struct uses_job *j, struct lk_helper_out *out);
/* Makes a line of /proc/swaps the path that it names. *ret_block: it is a block device. false: the line names no path. */
bool lk_uses_parse_swap(char *line, bool *ret_block);

/* -- procfs_uses_proc.c -- */
/* Whether fd, an O_PATH descriptor of ours, is one of the file. */
enum lk_tri lk_uses_is_file(struct uses_job *j, int fd, const struct lk_fact_file *file);

/* Reports all uses of the files by one process. 0, or -errno when the parent is gone. */
int lk_uses_of_process(struct uses_job *j, int pid, struct lk_helper_out *out);

/* -- procfs_uses_socket.c -- */
/* Reports a descriptor that is one of job->sockets. 0, or -errno as above. */
int lk_uses_socket_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		      int fd);

/* -- procfs_uses_block.c -- */
/* Reports a descriptor on one of job->blocks that was opened by another device node; a device that is in use by a path of ours. */
int lk_uses_block_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		     int fd);
int lk_uses_block_path(struct uses_job *j, struct lk_helper_out *out, enum lk_use_kind kind, const char *path);

/* -- procfs_uses_below.c -- */
/* Whether uses of what is below this file are asked for; whether a path of our own mount namespace is below it. */
bool lk_uses_wants_below(const struct uses_job *j, const struct lk_fact_file *file);
bool lk_uses_is_below_path(const struct uses_job *j, const struct lk_fact_file *file, const char *path);
/* The directory, program or mapped file of a process, as the kernel prints it. */
struct uses_place {
	enum lk_use_kind kind;
	const char *path;
	const struct lk_key *key; /* of a mapping; else NULL */
	const char *name; /* of the link, relative to the root of proc; not of a mapping */
};

/* Report a use of something below those files that are directories, if it is one: a descriptor; a place of a process; a path of our own
 * mount namespace that the kernel itself uses (what: as in lk_use); a mount. 0, or -errno as above. */
int lk_uses_below_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		     int fd);
int lk_uses_below_place(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out,
			const struct uses_place *place);
int lk_uses_below_kernel(struct uses_job *j, struct lk_helper_out *out, enum lk_use_kind kind, const char *path,
			 const char *what);
int lk_uses_below_mount(struct uses_job *j, struct lk_helper_out *out, const struct lk_mount *m, size_t i);

#endif
