/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a file, asked of the kernel for those processes that /proc did not tell of: they were refused to us, did not answer, or are
 * hidden. See file_uses.bpf.c and doc/kernel.md 10.3. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/debug.h"
#include "base/io.h"
#include "source/bpf/bpf_private.h"
#include "source/bpf/bpf_uses_load.h"
#include "source/procfs/procfs_uses.h"

#define STALL_MS 700
/* Rounds over all tasks: a use can move from where the program has not looked yet to where it has looked already. */
#define ROUNDS_MIN 2
#define ROUNDS_MAX 6

/* The first byte of a record of the helper. */
enum record { RECORD_USES, RECORD_MET, RECORD_COMPLETE };

/* -- in the helper -- */

static int emit(struct lk_helper_out *out, enum record kind, const void *data, size_t n)
{
	char mark = (char)kind;

	return lk_helper_emit_marked(out, &mark, data, n);
}

static int emit_uses(void *arg, const struct lk_bpf_use *v, size_t n)
{
	return emit(arg, RECORD_USES, v, n * sizeof(*v));
}

/* Process 1 always exists: a kernel that does not show it may leave out others. */
static int prepare(const struct bpf_asking *a, struct lk_bpf_uses_program *p)
{
	int rc = lk_bpf_uses_load(p, a->req->n_files, a->asked->denied.n + 1);

	for (size_t i = 0; i < a->req->n_files && !rc; i++)
		rc = lk_bpf_uses_watch(p, &a->req->files[i].key);
	for (size_t i = 0; i < a->asked->denied.n && !rc; i++)
		rc = lk_bpf_uses_ask(p, a->asked->denied.v[i].pid);
	return rc ? rc : lk_bpf_uses_ask(p, 1);
}

static int emit_met(const struct lk_bpf_uses_program *p, int pid, struct lk_helper_out *out)
{
	return lk_bpf_uses_has_met(p, pid) ? emit(out, RECORD_MET, &pid, sizeof(pid)) : 0;
}

static int ask(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	const struct bpf_asking *a = arg;
	struct lk_bpf_uses_program p;
	size_t n_torn = 1;
	int rc = prepare(a, &p);

	for (int i = 0; i < ROUNDS_MAX && !rc && (i < ROUNDS_MIN || n_torn); i++)
		rc = lk_bpf_uses_read(&p, emit_uses, out, &n_torn);
	if (rc < 0)
		lk_debug(LK_DEBUG_BPF, "who uses a file: %s", strerror(-rc));
	if (rc || n_torn)
		return 0;
	rc = emit_met(&p, 1, out);
	for (size_t i = 0; i < a->asked->denied.n && !rc; i++)
		rc = emit_met(&p, a->asked->denied.v[i].pid, out);
	return rc ? rc : emit(out, RECORD_COMPLETE, "", 0);
}

/* -- in the process that asked -- */

static void add_use(struct bpf_asking *a, const struct lk_bpf_use *u, size_t file)
{
	static const enum lk_use_kind kinds[] = {
		[LK_BPF_USE_FD] = LK_USE_OPEN,       [LK_BPF_USE_CWD] = LK_USE_CWD,
		[LK_BPF_USE_ROOT] = LK_USE_ROOT,     [LK_BPF_USE_PROGRAM] = LK_USE_RUNNING,
		[LK_BPF_USE_MAPPED] = LK_USE_MAPPED,
	};
	struct lk_use use = {
		.file = file,
		.kind = u->flags & LK_BPF_USE_IS_PATH ? LK_USE_PATH : kinds[u->kind],
		.pid = (int)u->tgid,
		.start_ticks = lk_bpf_start_ticks(u->start_ns, a->source->boottime_shift_ns, sysconf(_SC_CLK_TCK)),
		.comm = u->comm,
		.fd = u->fd,
		.locked = u->flags & LK_BPF_USE_IS_LOCKED,
		.certain = lk_mounts_fs_keys_unique(a->req->files[file].fstype),
	};

	/* What shares a key with other files, /proc has told apart; what does not, may have been passed on since. */
	if (use.certain || !lk_ints_has(&a->asked->answered, use.pid))
		lk_uses_add(a->ret, &use);
}

static int take_use(struct bpf_asking *a, const struct lk_bpf_use *u)
{
	if (u->kind > LK_BPF_USE_MAPPED || !u->tgid || u->tgid > INT_MAX || u->comm[sizeof(u->comm) - 1])
		return -EBADMSG;
	if (u->tgid == (uint32_t)getpid())
		return 0;
	for (size_t i = 0; i < a->req->n_files; i++) {
		const struct lk_key *key = &a->req->files[i].key;

		if (!key->none && key->ino == u->file.ino && key->major == u->file.major && key->minor == u->file.minor)
			add_use(a, u, i);
	}
	return 0;
}

static int take_uses(struct bpf_asking *a, const char *data, size_t n)
{
	struct lk_bpf_use u;
	int rc = n % sizeof(u) ? -EBADMSG : 0;

	for (size_t at = 0; at < n && !rc; at += sizeof(u)) {
		memcpy(&u, data + at, sizeof(u));
		rc = take_use(a, &u);
	}
	return rc;
}

int lk_bpf_uses_take(struct bpf_asking *a, const char *data, size_t n)
{
	enum record kind = n ? (enum record)data[0] : RECORD_COMPLETE;

	if (n > 1 && kind == RECORD_USES)
		return take_uses(a, data + 1, n - 1);
	if (n == 1 + sizeof(int) && kind == RECORD_MET) {
		memcpy(lk_vec_push(&a->met), data + 1, sizeof(int));
		return 0;
	}
	a->complete = n == 1 && kind == RECORD_COMPLETE;
	return a->complete ? 0 : -EBADMSG;
}

static int take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	return lk_bpf_uses_take(arg, data, n);
}

/* Whether each use by a process leads to an inode with the key of this file. Not so: what is below a directory; a socket, which has an inode
 * of its own; a block device, which can be opened by other names; mappings of a file whose data are in another one. */
static bool can_answer(const struct lk_uses_request *req, const struct lk_fact_file *file)
{
	struct uses_job below = { .tree = req->tree };

	return !file->key.none && file->local == LK_YES && file->mode && !S_ISSOCK(file->mode) &&
	       !S_ISBLK(file->mode) && !lk_mounts_fs_is_stacked(file->fstype) && !lk_uses_wants_below(&below, file);
}

/* The process was met, or has ended since. */
static bool is_settled(const struct bpf_asking *a, int pid)
{
	struct lk_proc_name name = lk_procroot_name("%d", pid);

	return lk_ints_has(&a->met, pid) ||
	       (faccessat(a->source->procfs.root.fd, name.s, F_OK, 0) < 0 && errno == ENOENT);
}

void lk_bpf_uses_settle(struct bpf_asking *a)
{
	for (size_t i = 0; i < a->req->n_files; i++)
		a->complete &= can_answer(a->req, &a->req->files[i]);
	if (!a->complete)
		return;
	lk_ints_sort(&a->met);
	lk_uses_clear_unread(a->ret);
	for (size_t i = 0; i < a->asked->denied.n; i++) {
		if (!is_settled(a, a->asked->denied.v[i].pid))
			lk_uses_add_unread(a->ret, &a->asked->denied.v[i]);
	}
	a->ret->hidden &= !lk_ints_has(&a->met, 1);
}

void lk_bpf_uses(const struct bpf_source *b, const struct lk_uses_request *req, const struct procfs_asked *asked,
		 int64_t deadline_ms, struct lk_uses *ret)
{
	struct bpf_asking a = { .source = b, .req = req, .asked = asked, .ret = ret };
	struct lk_helper_job job = {
		.n_items = 1,
		.work = ask,
		.take = take,
		.arg = &a,
		.keep_fd = -1,
		.stall_ms = STALL_MS,
		.deadline_ms = deadline_ms,
	};
	struct lk_helper_result res = { 0 };

	if (lk_helper_run(&job, &res) == 0)
		lk_bpf_uses_settle(&a);
	lk_uses_finish(ret);
	lk_vec_done(&a.met);
}
