/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the searches for uses share: messages to the parent, mount tables of other namespaces. */
#include "source/procfs/procfs_uses.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"

int lk_uses_emit(struct lk_helper_out *out, const struct uses_proc *proc, const struct lk_use *use)
{
	struct uses_message m = { .kind = MESSAGE_USE, .use = *use };
	lk_buf b = { 0 };
	int rc;

	if (proc) {
		m.use.pid = proc->pid;
		m.use.start_ticks = proc->start_ticks;
		memcpy(m.comm, proc->comm, sizeof(m.comm));
	}
	lk_buf_add(&b, &m, sizeof(m));
	if (use->what)
		lk_buf_puts(&b, use->what);
	rc = lk_helper_emit(out, b.v, b.n);
	lk_vec_done(&b);
	return rc;
}

int lk_uses_emit_kernel(struct lk_helper_out *out, size_t file, enum lk_use_kind kind, const char *what, bool certain)
{
	struct lk_use use = { .file = file, .kind = kind, .fd = -1, .what = what, .certain = certain };

	return lk_uses_emit(out, NULL, &use);
}

static int emit_note(struct lk_helper_out *out, enum uses_message_kind kind, const struct uses_proc *proc, int code)
{
	struct uses_message m;

	memset(&m, 0, sizeof(m));
	m.kind = kind;
	m.code = code;
	if (proc) {
		m.use.pid = proc->pid;
		memcpy(m.comm, proc->comm, sizeof(m.comm));
	}
	return lk_helper_emit(out, &m, sizeof(m));
}

int lk_uses_emit_unknown(struct lk_helper_out *out)
{
	return emit_note(out, MESSAGE_UNKNOWN, NULL, 0);
}

int lk_uses_emit_denied(struct lk_helper_out *out, const struct uses_proc *proc, int code)
{
	return emit_note(out, MESSAGE_DENIED, proc, code);
}

int lk_uses_emit_skip(struct lk_helper_out *out)
{
	return emit_note(out, MESSAGE_SKIP, NULL, 0);
}

int lk_uses_namespace(struct uses_job *j, int pid)
{
	uint64_t ns = lk_procroot_ns(j->root, pid, "mnt");
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "mountinfo");
	int fd;

	if (!ns)
		return -EACCES;
	if (ns == j->own_ns)
		return 0;
	for (size_t i = 0; i < j->namespaces.n; i++) {
		if (j->namespaces.v[i] == ns)
			return (int)i + 1;
	}
	fd = lk_io_openat(j->root->fd, name.s, O_RDONLY);
	if (fd < 0)
		return fd;
	*lk_vec_push(&j->namespaces) = ns;
	lk_mounts_add(&j->mounts, fd, (unsigned)j->namespaces.n, ns);
	return (int)j->namespaces.n;
}

const struct lk_mount *lk_uses_find_mount(struct uses_job *j, struct uses_proc *p, int mnt_id)
{
	const struct lk_mount *m = lk_mounts_by_id(&j->mounts, mnt_id);

	if (m || mnt_id < 0 || p->mounts_read)
		return m;
	p->mounts_read = true;
	lk_uses_namespace(j, p->pid);
	return lk_mounts_by_id(&j->mounts, mnt_id);
}

bool lk_uses_same_stat(const struct lk_fact_file *file, const struct statx *st)
{
	return lk_fact_file_has_numbers(file, st->stx_ino, st->stx_dev_major, st->stx_dev_minor);
}
