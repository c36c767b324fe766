/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses by one process: its descriptors, its program and directories, its mappings. A descriptor is recognised by fdinfo, which asks no
 * server. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "record/maps.h"
#include "source/procfs/procfs_uses.h"

#define MAX_TEXT ((size_t)64 << 20)

static int emit_process_use(struct lk_helper_out *out, const struct uses_proc *p, size_t file, enum lk_use_kind kind,
			    bool certain)
{
	struct lk_use use = { .file = file, .kind = kind, .fd = -1, .certain = certain };

	return lk_uses_emit(out, p, &use);
}

static void note_denied(struct uses_proc *p, int code)
{
	p->denied = p->denied ? p->denied : code;
}

/* What could not be read may be a use, unless it is gone. */
static void note_failed(struct uses_proc *p, int rc)
{
	if (rc < 0 && !lk_scan_means_gone(rc))
		note_denied(p, rc);
}

/* Inode number and device are equal; where several files share such a key, stat(2) tells them apart. */
static enum lk_tri settle(const struct lk_fact_file *file, int dirfd, const char *name, int flags)
{
	struct statx st;

	if (lk_mounts_fs_keys_unique(file->fstype))
		return LK_YES;
	if (!file->has_stat ||
	    statx(dirfd, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &st) < 0)
		return LK_UNKNOWN;
	return lk_uses_same_stat(file, &st) ? LK_YES : LK_NO;
}

enum lk_tri lk_uses_is_file(struct uses_job *j, int fd, const struct lk_fact_file *file)
{
	struct lk_fact_file seen;

	if (lk_resolve_identity(j->root, &j->mounts, fd, &seen) < 0)
		return LK_UNKNOWN;
	if (!lk_key_equal(&seen.key, &file->key))
		return LK_NO;
	return settle(file, fd, "", AT_EMPTY_PATH);
}

/* -- open descriptors -- */

static enum lk_tri is_open_on(struct uses_job *j, struct uses_proc *p, const struct lk_fdinfo *info,
			      const char *fd_name, const struct lk_fact_file *file)
{
	struct lk_proc_name what = lk_procroot_name("fd/%s", fd_name);
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, what.s);
	const struct lk_mount *m = lk_uses_find_mount(j, p, info->mnt_id);
	struct statx st;

	if (m && (m->major != file->key.major || m->minor != file->key.minor))
		return LK_NO;
	if (m)
		return settle(file, j->root->fd, name.s, 0);
	/* A detached mount is in no table: stat(2) has to do. */
	if (!file->has_stat ||
	    statx(j->root->fd, name.s, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &st) < 0)
		return LK_UNKNOWN;
	return lk_uses_same_stat(file, &st) ? LK_YES : LK_NO;
}

static int lock_on_key(void *arg, const struct lk_record *rec, const char *line __attribute__((unused)),
		       size_t n __attribute__((unused)))
{
	return lk_key_equal(&rec->key, arg);
}

static int look_at_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const char *fd_name)
{
	struct lk_fdinfo info;
	int rc = 0, fd;

	lk_parse_fdinfo(j->text.v, j->text.n, &info, NULL, NULL);
	if (!info.has_ino)
		note_denied(p, -ENODATA);
	if (!info.has_ino || (lk_text_pid(fd_name, strlen(fd_name), &fd) < 0 && strcmp(fd_name, "0") != 0))
		return 0;
	if (strcmp(fd_name, "0") == 0)
		fd = 0;
	for (size_t i = 0; i < j->n_files && !rc; i++) {
		const struct lk_fact_file *file = &j->files[i];
		struct lk_key key = file->key;
		struct lk_fdinfo again;
		enum lk_tri is = file->key.ino == info.ino ? is_open_on(j, p, &info, fd_name, file) : LK_NO;
		struct lk_use use = { .file = i, .fd = fd, .certain = is == LK_YES };

		if (is == LK_NO)
			continue;
		use.kind = info.has_flags && info.flags & O_PATH ? LK_USE_PATH : LK_USE_OPEN;
		use.locked = info.n_locks && lk_parse_fdinfo(j->text.v, j->text.n, &again, lock_on_key, &key) != 0;
		rc = lk_uses_emit(out, p, &use);
	}
	rc = rc ? rc : lk_uses_below_fd(j, p, out, &info, fd);
	rc = rc ? rc : lk_uses_socket_fd(j, p, out, &info, fd);
	return rc ? rc : lk_uses_block_fd(j, p, out, &info, fd);
}

/* Calls cb for each entry of a directory below the root, until it returns non-zero, which is returned. 0 or -errno. */
typedef int (*entry_cb)(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, int dirfd,
			const char *name);

struct entries {
	struct uses_job *j;
	struct uses_proc *p;
	struct lk_helper_out *out;
	entry_cb cb;
};

static int on_entry(void *arg, int dirfd, const char *name)
{
	struct entries *e = arg;

	return e->cb(e->j, e->p, e->out, dirfd, name);
}

static int each_entry(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const char *path, entry_cb cb)
{
	struct entries e = { j, p, out, cb };

	return lk_io_each_entry(j->root->fd, path, on_entry, &e);
}

static int fdinfo_entry(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, int dirfd, const char *name)
{
	int rc;

	j->text.n = 0;
	rc = lk_io_read_at(dirfd, name, MAX_TEXT, &j->text);
	if (rc == -EFBIG)
		rc = 0;
	if (rc < 0) {
		note_failed(p, rc);
		return 0;
	}
	return look_at_fd(j, p, out, name);
}

static int look_at_table(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out)
{
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, "fdinfo");
	int rc = each_entry(j, p, out, name.s, fdinfo_entry);

	note_failed(p, rc);
	return rc == -EPIPE ? rc : 0;
}

/* -- program, working directory, root directory -- */

/* Whether to look behind the link: that may ask a server unless its path is on local file systems only, or the files asked about are on a
 * server anyway. */
static bool may_be_ours(struct uses_job *j, struct uses_proc *p, const char *link, bool is_root)
{
	int ns = lk_uses_namespace(j, p->pid);

	/* Nearly every process has the same root directory as we have: that is no use worth telling. */
	if (is_root && ns == 0 && strcmp(link, "/") == 0)
		return false;
	for (size_t i = 0; i < j->n_files; i++) {
		if (j->files[i].local != LK_YES)
			return true;
	}
	return ns < 0 || lk_mounts_path_is_local(&j->mounts, (unsigned)ns, link);
}

static int compare_place(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const char *name,
			 enum lk_use_kind kind)
{
	lk_auto_fd fd = -1;
	struct statx st;
	int rc = 0;

	if (statx(j->root->fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &st) < 0)
		return 0;
	for (size_t i = 0; i < j->n_files && !rc; i++) {
		const struct lk_fact_file *file = &j->files[i];
		enum lk_tri is;

		if (st.stx_ino != file->key.ino && !(file->has_stat && st.stx_ino == file->st_ino))
			continue;
		if (fd < 0)
			fd = lk_io_openat(j->root->fd, name, O_PATH);
		is = fd < 0 ? LK_NO : lk_uses_is_file(j, fd, file);
		if (is == LK_NO)
			continue;
		if (kind == LK_USE_RUNNING)
			p->seen[i].running = true;
		rc = emit_process_use(out, p, i, kind, is == LK_YES);
	}
	return rc;
}

static int look_at_place(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const char *what,
			 enum lk_use_kind kind)
{
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, what);
	const char *link;
	int rc;

	j->text.n = 0;
	rc = lk_io_readlink_at(j->root->fd, name.s, &j->text);
	if (rc < 0) {
		note_failed(p, rc);
		return 0;
	}
	link = lk_buf_str(&j->text);
	rc = lk_uses_below_place(j, p, out, &(struct uses_place){ .kind = kind, .path = link, .name = name.s });
	return !rc && may_be_ours(j, p, link, kind == LK_USE_ROOT) ? compare_place(j, p, out, name.s, kind) : rc;
}

/* -- mappings -- */

static enum lk_tri is_mapping_of(struct uses_job *j, const struct uses_proc *p, const char *line,
				 const struct lk_maps_line *m, const struct lk_fact_file *file)
{
	struct lk_proc_name what = lk_procroot_name("map_files/%.*s", (int)(m->addresses < 48 ? m->addresses : 48),
						    line);
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, what.s);

	return lk_key_equal(&m->key, &file->key) ? settle(file, j->root->fd, name.s, 0) : LK_NO;
}

static int look_at_mapping(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const char *line,
			   size_t n)
{
	struct lk_maps_line m;
	int rc = 0;

	if (lk_maps_parse_line(line, n, &m) < 0 || !m.key.ino)
		return 0;
	for (size_t i = 0; i < j->n_files && !rc; i++) {
		enum lk_tri is = p->seen[i].running ? LK_NO : is_mapping_of(j, p, line, &m, &j->files[i]);

		if (is != LK_NO)
			rc = emit_process_use(out, p, i, LK_USE_MAPPED, is == LK_YES);
	}
	if (rc || m.path == n)
		return rc;
	j->link.n = 0;
	lk_buf_add(&j->link, line + m.path, n - m.path);
	return lk_uses_below_place(j, p, out,
				   &(struct uses_place){
					   .kind = LK_USE_MAPPED, .path = lk_buf_str(&j->link), .key = &m.key });
}

struct maps_look {
	struct uses_job *j;
	struct uses_proc *p;
	struct lk_helper_out *out;
};

static int maps_line(void *arg, const char *line, size_t n)
{
	struct maps_look *look = arg;

	return look_at_mapping(look->j, look->p, look->out, line, n);
}

static int look_at_maps(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out)
{
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, "maps");
	struct maps_look look = { j, p, out };
	int rc = lk_io_each_line(j->root->fd, name.s, maps_line, &look);

	if (rc == -EPIPE)
		return rc;
	note_failed(p, rc);
	return 0;
}

/* -- a process -- */

static int look_at_whole(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out)
{
	int rc = look_at_table(j, p, out);

	rc = rc ? rc : look_at_place(j, p, out, "exe", LK_USE_RUNNING);
	rc = rc ? rc : look_at_place(j, p, out, "cwd", LK_USE_CWD);
	rc = rc ? rc : look_at_place(j, p, out, "root", LK_USE_ROOT);
	return rc ? rc : look_at_maps(j, p, out);
}

/* If the kernel cannot tell, the thread is looked at: what it shares with the others is then found twice, which is harmless. */
static bool differs(const struct uses_job *j, const struct uses_proc *p, int tid, int what)
{
	return !j->root->own_pids || syscall(SYS_kcmp, p->pid, tid, what, 0, 0) != 0;
}

static int look_at_thread(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out,
			  int dirfd __attribute__((unused)), const char *name)
{
	int tid, rc = 0;

	if (lk_text_pid(name, strlen(name), &tid) < 0 || tid == p->pid)
		return 0;
	p->tid = tid;
	if (p->state == 'Z') {
		rc = look_at_whole(j, p, out);
		p->tid = 0;
		return rc;
	}
	if (differs(j, p, tid, KCMP_FILES))
		rc = look_at_table(j, p, out);
	if (!rc && differs(j, p, tid, KCMP_FS)) {
		rc = look_at_place(j, p, out, "cwd", LK_USE_CWD);
		rc = rc ? rc : look_at_place(j, p, out, "root", LK_USE_ROOT);
	}
	p->tid = 0;
	return rc;
}

/* 1: worth looking at, 0: a kernel thread, or gone; -errno: it is there, but not even its stat can be read (hidepid, proc(5)). */
static int meet(struct uses_job *j, int pid, struct uses_proc *p)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "stat");
	struct lk_stat st;
	size_t n;
	int rc;

	*p = (struct uses_proc){ .pid = pid };
	j->text.n = 0;
	rc = lk_io_read_at(j->root->fd, name.s, 65536, &j->text);
	rc = rc < 0 ? rc : lk_parse_stat(j->text.v, j->text.n, &st);
	if (rc < 0)
		return lk_scan_means_gone(rc) ? 0 : rc;
	n = st.comm_len < USES_COMM ? st.comm_len : USES_COMM - 1;
	memcpy(p->comm, st.comm, n);
	p->start_ticks = st.start_ticks;
	p->num_threads = st.num_threads;
	p->state = st.state;
	return !(st.flags & LK_PF_KTHREAD);
}

int lk_uses_of_process(struct uses_job *j, int pid, struct lk_helper_out *out)
{
	lk_auto_mem struct uses_seen *seen = lk_alloc(j->n_files, sizeof(*seen));
	struct lk_proc_name tasks = lk_procroot_task_name(pid, 0, "task");
	struct uses_proc p;
	int rc = meet(j, pid, &p);

	if (rc <= 0)
		return rc < 0 ? lk_uses_emit_denied(out, &p, rc) : lk_uses_emit_skip(out);
	p.seen = seen;
	rc = look_at_whole(j, &p, out);
	if (!rc && p.num_threads > 1) {
		rc = each_entry(j, &p, out, tasks.s, look_at_thread);
		note_failed(&p, rc);
		rc = rc == -EPIPE ? rc : 0;
	}
	return !rc && p.denied ? lk_uses_emit_denied(out, &p, p.denied) : rc;
}
