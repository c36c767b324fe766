/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out who uses a file. Reading maps can block on the target's memory map, and a working directory can lie on a server that does not
 * answer: all of it happens in a helper process. */
#include "source/procfs/procfs_uses.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

/* The first items of the job; the processes follow. */
static int (*const kernel_items[])(struct uses_job *j, struct lk_helper_out *out) = {
	lk_uses_of_loops,   lk_uses_of_swaps,  lk_uses_of_mounts,
	lk_uses_of_sockets, lk_uses_of_blocks, lk_uses_of_overlays,
};
#define N_KERNEL_ITEMS (sizeof(kernel_items) / sizeof(*kernel_items))

static int uses_work(void *arg, size_t item, struct lk_helper_out *out)
{
	struct uses_job *j = arg;

	return item < N_KERNEL_ITEMS ? kernel_items[item](j, out)
				     : lk_uses_of_process(j, j->pids.v[item - N_KERNEL_ITEMS], out);
}

/* -- the parent -- */

static int take_use(struct uses_job *j, const struct uses_message *m, const char *what, size_t n)
{
	struct lk_use use = m->use;
	lk_auto_mem char *text = n ? lk_strndup(what, n) : NULL;

	use.what = text;
	use.comm = use.pid > 0 ? m->comm : NULL;
	if (use.file >= j->n_files || use.kind >= LK_N_USE_KINDS)
		return -EBADMSG;
	lk_uses_add(j->result, &use);
	return 0;
}

static void take_denied(struct uses_job *j, int pid, const char *comm, int code)
{
	struct lk_fact_unread u = { .pid = pid, .code = code, .comm = lk_arena_strdup(&j->result->arena, comm) };

	lk_uses_add_unread(j->result, &u);
	if (j->asked)
		*lk_vec_push(&j->asked->denied) = u;
}

/* Whether we may read the process's descriptors (and then the rest): opening fdinfo tells that even if the process blocks every other
 * read. */
static int may_read(const struct uses_job *j, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "fdinfo");
	lk_auto_fd fd = lk_io_openat(j->root->fd, name.s, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : 0;
}

bool lk_uses_lost(struct uses_job *j, int pid)
{
	int rc = may_read(j, pid);

	if (lk_scan_means_gone(rc)) {
		j->result->n_procs--;
		return false;
	}
	take_denied(j, pid, lk_unread_comm(j->root, pid, &j->result->arena),
		    lk_scan_means_refused(rc) ? rc : -ETIMEDOUT);
	return true;
}

/* A process that was given up or not tried may use the file all the same. */
static void uses_gave_up(void *arg, size_t item)
{
	struct uses_job *j = arg;

	if (item >= N_KERNEL_ITEMS) {
		lk_uses_lost(j, j->pids.v[item - N_KERNEL_ITEMS]);
		return;
	}
	j->result->n_kernel_unknown++;
	j->result->n_kernel_unanswered++;
}

int lk_uses_take(struct uses_job *j, const char *data, size_t n)
{
	struct uses_message m;

	if (n < sizeof(m))
		return -EBADMSG;
	memcpy(&m, data, sizeof(m));
	m.comm[USES_COMM - 1] = '\0';
	switch (m.kind) {
	case MESSAGE_USE:
		return take_use(j, &m, data + sizeof(m), n - sizeof(m));
	case MESSAGE_DENIED:
		take_denied(j, m.use.pid, *m.comm ? m.comm : NULL, m.code);
		return 0;
	case MESSAGE_SKIP:
		j->result->n_procs -= j->result->n_procs > 0;
		return 0;
	case MESSAGE_UNKNOWN:
		j->result->n_kernel_unknown++;
		return 0;
	default:
		return -EBADMSG;
	}
}

static int uses_take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	return lk_uses_take(arg, data, n);
}

static int add_process(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	struct uses_job *j = arg;
	int pid;

	if (lk_text_pid(name, strlen(name), &pid) == 0 && !(j->root->own_pids && pid == getpid()))
		*lk_vec_push(&j->pids) = pid;
	return 0;
}

static struct lk_helper_about about_item(void *arg, size_t item)
{
	const struct uses_job *j = arg;

	if (item < N_KERNEL_ITEMS)
		return (struct lk_helper_about){ 0 };
	return lk_guard_about(j->root, j->pids.v[item - N_KERNEL_ITEMS]);
}

static int run_job(struct uses_job *j, uint32_t timeout_ms, struct lk_helper_result *res)
{
	struct lk_helper_job job = {
		.work = uses_work,
		.take = uses_take,
		.gave_up = uses_gave_up,
		.about = about_item,
		.arg = j,
		.keep_fd = j->root->fd,
		.stall_ms = USES_STALL_MS,
		.deadline_ms = timeout_ms ? lk_io_now_ms() + timeout_ms : 0,
	};
	int rc = lk_scan_load_own_mounts(j->root, &j->mounts);

	j->own_ns = lk_procroot_ns(j->root, 0, "mnt");
	rc = rc ? rc : lk_io_each_entry(j->root->fd, ".", add_process, j);
	if (rc)
		return rc;
	j->result->n_procs = j->pids.n;
	rc = lk_uses_find_spaces(j, job.deadline_ms);
	if (rc < 0 && rc != -EBUSY)
		return rc;
	job.n_items = j->pids.n + N_KERNEL_ITEMS;
	return lk_helper_run(&job, res);
}

static void list_answered(const struct uses_job *j)
{
	lk_ints denied = { 0 };

	for (size_t i = 0; i < j->asked->denied.n; i++)
		*lk_vec_push(&denied) = j->asked->denied.v[i].pid;
	lk_ints_sort(&denied);
	for (size_t i = 0; i < j->pids.n; i++) {
		if (!lk_ints_has(&denied, j->pids.v[i]))
			*lk_vec_push(&j->asked->answered) = j->pids.v[i];
	}
	lk_ints_sort(&j->asked->answered);
	lk_vec_done(&denied);
}

void lk_procfs_asked_done(struct procfs_asked *a)
{
	lk_vec_done(&a->answered);
	lk_vec_done(&a->denied);
}

int lk_procfs_uses(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err)
{
	struct procfs_asked asked = { 0 };
	int rc = lk_procfs_uses_asked(s, req, ret, &asked, err);

	lk_procfs_asked_done(&asked);
	return rc;
}

int lk_procfs_uses_asked(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret,
			 struct procfs_asked *ret_asked, struct lk_err *err)
{
	struct procfs *p = (struct procfs *)s;
	struct uses_job j = { .root = &p->root,
			      .files = req->files,
			      .n_files = req->n_files,
			      .tree = req->tree,
			      .result = ret,
			      .asked = ret_asked };
	struct lk_helper_result res = { 0 };
	int rc;

	if (!p->root.is_proc)
		return lk_err_set(err, -EOPNOTSUPP, "who uses a file can only be found out on the live machine");
	rc = run_job(&j, req->timeout_ms, &res);
	/* There can be no more helpers: the processes that were not asked are already counted as unreadable. */
	if (rc == -EBUSY && res.n_left)
		rc = 0;
	if (rc < 0)
		rc = lk_err_set(err, rc, "cannot find out who uses the file: %s", strerror(-rc));
	/* Process 1 always exists: where it cannot be seen, others are hidden too. */
	ret->hidden = !p->root.initial_pidns || (faccessat(p->root.fd, "1", F_OK, 0) < 0 && errno == ENOENT);
	if (ret->n_unreadable > ret->n_procs)
		ret->n_unreadable = ret->n_procs;
	lk_uses_finish(ret);
	list_answered(&j);
	lk_mounts_done(&j.mounts);
	lk_vec_done(&j.namespaces);
	lk_vec_done(&j.text);
	lk_vec_done(&j.link);
	lk_vec_done(&j.pids);
	lk_vec_done(&j.spaces);
	return rc;
}
