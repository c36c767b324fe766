/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to one process, through a helper. */
#include "source/ask.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "source/helper.h"

#define STALL_MS 700
#define CHUNK ((size_t)1 << 20)

enum question { READ, LINK, STAT };

struct ask {
	const struct lk_procroot *root;
	enum question question;
	struct lk_proc_name name;
	size_t limit;
	lk_buf *out;
};

static int answer(const struct ask *a, lk_buf *out)
{
	struct stat st;

	switch (a->question) {
	case READ:
		return lk_io_read_at(a->root->fd, a->name.s, a->limit, out);
	case LINK:
		return lk_io_readlink_at(a->root->fd, a->name.s, out);
	default:
		if (fstatat(a->root->fd, a->name.s, &st, 0) < 0)
			return -errno;
		lk_buf_add(out, &st, sizeof(st));
		return 0;
	}
}

/* The bytes in pieces, then the result: its number stands at the end of all that was taken. */
static int ask_work(void *arg, size_t item, struct lk_helper_out *out)
{
	struct ask *a = arg;
	lk_buf b = { 0 };
	int code = answer(a, &b), rc = 0;

	(void)item;
	for (size_t at = 0; at < b.n && !rc; at += CHUNK)
		rc = lk_helper_emit(out, b.v + at, b.n - at < CHUNK ? b.n - at : CHUNK);
	rc = rc ? rc : lk_helper_emit(out, &code, sizeof(code));
	lk_vec_done(&b);
	return rc;
}

static int ask_take(void *arg, size_t item, const char *data, size_t n)
{
	struct ask *a = arg;

	(void)item;
	lk_buf_add(a->out, data, n);
	return 0;
}

static int take_result(struct ask *a)
{
	int rc;

	if (a->out->n < sizeof(rc))
		return -EPROTO;
	a->out->n -= sizeof(rc);
	memcpy(&rc, a->out->v + a->out->n, sizeof(rc));
	return rc;
}

static int ask(struct ask *a, int pid)
{
	struct lk_helper_job job = {
		.n_items = 1, .work = ask_work, .take = ask_take, .arg = a, .keep_fd = a->root->fd, .stall_ms = STALL_MS
	};
	struct lk_helper_result res;
	size_t before = a->out->n;
	int rc;

	if (!a->root->is_proc || (a->root->own_pids && pid == getpid()))
		return answer(a, a->out);
	rc = lk_helper_run(&job, &res);
	if (!rc)
		rc = res.n_done ? take_result(a) : -ETIMEDOUT;
	else if (rc != -EBUSY && a->out->n == before)
		rc = answer(a, a->out);
	return rc;
}

int lk_ask_read(const struct lk_procroot *root, int pid, int tid, const char *what, size_t limit, lk_buf *out)
{
	struct ask a = { .root = root,
			 .question = READ,
			 .name = lk_procroot_task_name(pid, tid, what),
			 .limit = limit,
			 .out = out };

	return ask(&a, pid);
}

int lk_ask_link(const struct lk_procroot *root, int pid, int tid, const char *what, lk_buf *out)
{
	struct ask a = { .root = root, .question = LINK, .name = lk_procroot_task_name(pid, tid, what), .out = out };

	return ask(&a, pid);
}

int lk_ask_stat(const struct lk_procroot *root, int pid, int tid, const char *what, struct stat *ret)
{
	lk_buf b = { 0 };
	struct ask a = { .root = root, .question = STAT, .name = lk_procroot_task_name(pid, tid, what), .out = &b };
	int rc = ask(&a, pid);

	if (!rc && b.n != sizeof(*ret))
		rc = -EPROTO;
	if (!rc)
		memcpy(ret, b.v, sizeof(*ret));
	lk_vec_done(&b);
	return rc;
}
