/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of lkhelp; see lkhelp.c. */
#ifndef LKHELP_H
#define LKHELP_H

#include <stdbool.h>
#include <stddef.h>

/* Where a thread's commands leave their traces. */
struct context {
	int last_fd; /* what "." stands for; -1 none */
	char reply[256];
};

/* A command: argv[0] is its name, NULL ends it. 0 with words in c->reply, or -errno. */
typedef int command_function(struct context *c, char **argv);

extern int protocol_in, protocol_out;
extern const char *padding; /* the third argument; NULL none */

__attribute__((format(printf, 2, 3))) int reply(struct context *c, const char *format, ...);
/* Bytes of a hexadecimal word, NUL-terminated; heap, caller frees. NULL: not hexadecimal or no memory. */
char *unhex(const char *word);
int connect_to(const char *path);
void close_protocol(void);
/* A fresh child: takes its commands from the socket of that (hexadecimal) name; never returns. */
_Noreturn void child_serves(const char *socket_word);

/* kind: "flock" or "lease"; mode: r, w or u. 0 or -errno. */
int lock_whole(const char *kind, char mode, int fd, bool wait);
/* kind: "posix" or "ofd"; len 0: to EOF. */
int lock_range(const char *kind, char mode, int fd, long long start, long long len, bool wait);

/* lkhelp_files.c */
command_function cmd_open, cmd_dup, cmd_close, cmd_lock, cmd_many, cmd_read, cmd_mmap, cmd_argmap, cmd_pair, cmd_send,
	cmd_recv;
/* lkhelp_procs.c */
command_function cmd_fork, cmd_forkat, cmd_spawn, cmd_storm, cmd_exec, cmd_comm, cmd_chdir, cmd_nofile, cmd_nodump,
	cmd_setuid, cmd_pid;

#endif
