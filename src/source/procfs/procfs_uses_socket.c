/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that are bound to a file, and the other ends of their connections. The kernel says exactly which file (sock_diag(7)); where it
 * may not be asked, only the names in /proc/PID/net/unix are known. A descriptor is recognised by the number of its socket. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/host/unixsock.h"
#include "source/procfs/procfs_uses.h"

#define MAX_TABLE ((size_t)64 << 20)

static bool wants_sockets(const struct uses_job *j)
{
	for (size_t i = 0; i < j->n_files; i++) {
		if (S_ISSOCK(j->files[i].mode) || lk_uses_wants_below(j, &j->files[i]))
			return true;
	}
	return false;
}

static void add(struct uses_job *j, const struct uses_socket *from)
{
	struct uses_socket *slot = lk_vec_push(&j->sockets);

	*slot = *from;
	slot->name = lk_strdup(from->name);
}

/* -- by sock_diag(7) -- */

static enum lk_tri is_bound_to(const struct lk_unixsock *s, const struct lk_fact_file *file)
{
	if (!S_ISSOCK(file->mode) || s->major != file->key.major || s->minor != file->key.minor ||
	    s->file_ino != (uint32_t)file->key.ino)
		return LK_NO;
	return lk_mounts_fs_keys_unique(file->fstype) && file->key.ino <= UINT32_MAX ? LK_YES : LK_UNKNOWN;
}

static enum lk_use_kind kind_of(const struct lk_unixsock *s)
{
	if (s->listens)
		return LK_USE_LISTENING;
	return s->peer ? LK_USE_CONNECTED : LK_USE_BOUND;
}

/* Sockets with a peer are kept, so that add_peers() finds the other ends: the peer of a stream socket's peer is the socket itself; a
 * socket that is connected to a datagram socket is found by its own peer only. */
static int take_socket(void *arg, const struct lk_unixsock *s)
{
	struct uses_job *j = arg;
	struct uses_socket new = { .ino = s->ino, .peer = s->peer, .kind = kind_of(s), .file = j->n_files };

	for (size_t i = 0; i < s->n_pending; i++)
		add(j, &(struct uses_socket){
			       .ino = s->pending[i], .peer = s->ino, .kind = LK_USE_CONNECTED, .file = j->n_files });
	for (size_t i = 0; s->has_file && i < j->n_files; i++) {
		const struct lk_fact_file *file = &j->files[i];
		enum lk_tri is = is_bound_to(s, file);

		new.file = i;
		new.certain = is == LK_YES;
		new.name = NULL;
		if (is != LK_NO)
			add(j, &new);
		new.name = s->name;
		if (s->name && s->major == file->key.major && s->minor == file->key.minor)
			new.certain = lk_uses_is_below_path(j, file, s->name);
		if (new.certain && is == LK_NO)
			add(j, &new);
	}
	new.file = j->n_files;
	new.name = NULL;
	if (s->peer)
		add(j, &new);
	return 0;
}

static int ask_here(struct uses_job *j)
{
	lk_auto_fd fd = lk_unixsock_open();

	return fd < 0 ? fd : lk_unixsock_each(fd, take_socket, j);
}

static int open_there(int there, int here)
{
	int fd;

	if (setns(there, CLONE_NEWNET) < 0)
		return -errno;
	fd = lk_unixsock_open();
	/* If we cannot go back, we must not go on: everything after this would be about the wrong namespace. */
	if (setns(here, CLONE_NEWNET) < 0)
		_exit(1);
	return fd;
}

/* A socket belongs to the network namespace it was made in: we enter that namespace, make one, and go back. */
static int ask_there(struct uses_job *j, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "ns/net");
	lk_auto_fd there = lk_io_openat(j->root->fd, name.s, O_RDONLY);
	lk_auto_fd here = lk_io_openat(j->root->fd, "self/ns/net", O_RDONLY);
	lk_auto_fd fd = -1;
	uint64_t before;

	if (there < 0 || here < 0)
		return there < 0 ? there : here;
	/* Raised only here: no other search needs it. */
	before = lk_caps_raise(LK_CAP(CAP_SYS_ADMIN));
	fd = open_there(there, here);
	lk_caps_lower(before);
	return fd < 0 ? fd : lk_unixsock_each(fd, take_socket, j);
}

/* -- by /proc/PID/net/unix -- */

/* "Num: RefCount Protocol Flags Type St Inode Path", see proc_pid_net(5). */
static void take_line(struct uses_job *j, char *line)
{
	char *word[7], *save = NULL, *path = line;
	uint64_t flags, ino;

	for (size_t n = 0; n < 7; n++)
		word[n] = strtok_r(n ? NULL : line, " ", &save);
	path = word[6] ? save : NULL;
	if (!path || path[0] != '/' || lk_text_u64(word[3], strlen(word[3]), 16, &flags) < 0 ||
	    lk_text_u64(word[6], strlen(word[6]), 10, &ino) < 0 || ino > UINT32_MAX)
		return;
	for (size_t i = 0; i < j->n_files; i++) {
		const struct lk_fact_file *file = &j->files[i];
		struct uses_socket new = { .ino = (uint32_t)ino, .file = i };

		new.kind = flags & 0x10000              ? LK_USE_LISTENING
			   : strcmp(word[5], "03") == 0 ? LK_USE_CONNECTED
							: LK_USE_BOUND;
		if (S_ISSOCK(file->mode) && file->path && strcmp(path, file->path) == 0)
			add(j, &new);
	}
}

static int read_names(struct uses_job *j, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "net/unix");
	lk_buf text = { 0 };
	int rc = lk_io_read_at(j->root->fd, name.s, MAX_TABLE, &text);
	char *s = rc < 0 ? NULL : lk_buf_str(&text), *line, *save = NULL;

	for (line = s ? strtok_r(s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		take_line(j, line);
	lk_vec_done(&text);
	return rc;
}

/* -- all network namespaces -- */

/* The first entry of that socket among the first n; n: there is none. */
static size_t find_first(const struct uses_job *j, size_t n, uint64_t ino)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->sockets.v[middle].ino < ino)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && j->sockets.v[low].ino == ino ? low : n;
}

/* A socket whose peer is bound to a file is the other end of a connection. (It does not keep the mount of that file busy.) */
static void add_peers(struct uses_job *j)
{
	size_t n = j->sockets.n;

	for (size_t i = 0; i < n; i++) {
		uint32_t ino = j->sockets.v[i].ino, peer = j->sockets.v[i].peer;
		size_t k = peer && j->sockets.v[i].file == j->n_files ? find_first(j, n, peer) : n;

		for (; k < n && j->sockets.v[k].ino == peer; k++) {
			struct uses_socket new = j->sockets.v[k];

			new.ino = ino;
			new.kind = LK_USE_CONNECTED;
			if (new.file < j->n_files && !new.name)
				add(j, &new);
		}
	}
}

static void drop_others(struct uses_job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->sockets.n; i++) {
		if (j->sockets.v[i].file < j->n_files)
			j->sockets.v[n++] = j->sockets.v[i];
	}
	j->sockets.n = n;
}

static void ask_namespace(struct uses_job *j, int pid, bool own)
{
	int rc = own ? ask_here(j) : ask_there(j, pid);

	if (rc < 0)
		rc = read_names(j, pid);
	j->sockets_failed = j->sockets_failed || rc < 0;
}

static bool is_new(struct uses_job *j, uint64_t ns)
{
	for (size_t i = 0; i < j->net_namespaces.n; i++) {
		if (j->net_namespaces.v[i] == ns)
			return false;
	}
	*lk_vec_push(&j->net_namespaces) = ns;
	return true;
}

static int load(struct uses_job *j, struct lk_helper_out *out)
{
	int rc = 0;

	ask_namespace(j, getpid(), true);
	is_new(j, lk_procroot_ns(j->root, 0, "net"));
	for (size_t i = 0; i < j->spaces.n && !rc; i++) {
		const struct uses_space *s = &j->spaces.v[i];

		if (!s->net || !is_new(j, s->net))
			continue;
		ask_namespace(j, s->pid, false);
		/* There may be many namespaces: this shows the parent that the helper is at work. */
		rc = lk_helper_emit(out, "", 0);
	}
	if (rc)
		return rc;
	if (j->sockets.n)
		qsort(j->sockets.v, j->sockets.n, sizeof(*j->sockets.v), lk_compare_u32);
	add_peers(j);
	drop_others(j);
	if (j->sockets.n)
		qsort(j->sockets.v, j->sockets.n, sizeof(*j->sockets.v), lk_compare_u32);
	return 0;
}

static int prepare(struct uses_job *j, struct lk_helper_out *out)
{
	if (j->sockets_read)
		return 0;
	j->sockets_read = true;
	return wants_sockets(j) ? load(j, out) : 0;
}

/* -- what is reported -- */

static int emit_socket(struct lk_helper_out *out, const struct uses_proc *p, const struct uses_socket *s, int fd)
{
	struct lk_proc_name number = lk_procroot_name("socket:[%u]", s->ino);
	struct lk_use use = { .file = s->file,
			      .kind = s->kind,
			      .fd = fd,
			      .what = s->name ? s->name : number.s,
			      .below = s->name != NULL,
			      .certain = s->certain };

	return lk_uses_emit(out, p, &use);
}

/* Reports sockets that keep the file in use, without a process: lk_uses_finish() leaves out those for which a process was found. */
int lk_uses_of_sockets(struct uses_job *j, struct lk_helper_out *out)
{
	int rc = prepare(j, out);

	for (size_t i = 0; i < j->sockets.n && !rc; i++) {
		const struct uses_socket *s = &j->sockets.v[i];

		if (s->kind != LK_USE_CONNECTED && !s->name)
			rc = emit_socket(out, NULL, s, -1);
	}
	return rc || !j->sockets_failed ? rc : lk_uses_emit_unknown(out);
}

int lk_uses_socket_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		      int fd)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", fd);
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, what.s);
	struct lk_proc_name number;
	size_t i;
	int rc = prepare(j, out);

	i = rc ? j->sockets.n : find_first(j, j->sockets.n, info->ino);
	if (i == j->sockets.n)
		return rc;
	number = lk_procroot_name("socket:[%u]", j->sockets.v[i].ino);
	j->link.n = 0;
	if (lk_io_readlink_at(j->root->fd, name.s, &j->link) < 0 || strcmp(lk_buf_str(&j->link), number.s) != 0)
		return 0;
	for (; i < j->sockets.n && j->sockets.v[i].ino == info->ino && !rc; i++)
		rc = emit_socket(out, p, &j->sockets.v[i], fd);
	return rc;
}
