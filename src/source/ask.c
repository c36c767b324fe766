/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads one file of one process in a helper process. */
#include "source/ask.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "source/host/helper.h"

#define STALL_MS 700
#define CHUNK ((size_t)1 << 20)

struct ask {
	const struct lk_procroot *root;
	struct lk_proc_name name;
	size_t limit;
	lk_buf *out;
};

/* Sends the bytes in pieces, then the result code: the parent finds the code at the end of everything it has collected. */
static int ask_work(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct ask *a = arg;
	lk_buf b = { 0 };
	int code = lk_io_read_at(a->root->fd, a->name.s, a->limit, &b), rc = 0;

	for (size_t at = 0; at < b.n && !rc; at += CHUNK)
		rc = lk_helper_emit(out, b.v + at, b.n - at < CHUNK ? b.n - at : CHUNK);
	rc = rc ? rc : lk_helper_emit(out, &code, sizeof(code));
	lk_vec_done(&b);
	return rc;
}

static int ask_take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	struct ask *a = arg;

	lk_buf_add(a->out, data, n);
	return 0;
}

static int take_result(lk_buf *out)
{
	int rc;

	if (out->n < sizeof(rc))
		return -EPROTO;
	out->n -= sizeof(rc);
	memcpy(&rc, out->v + out->n, sizeof(rc));
	return rc;
}

int lk_ask_read(const struct lk_procroot *root, int pid, const char *what, size_t limit, lk_buf *out)
{
	struct ask a = { .root = root, .name = lk_procroot_task_name(pid, 0, what), .limit = limit, .out = out };
	struct lk_helper_job job = {
		.n_items = 1, .work = ask_work, .take = ask_take, .arg = &a, .keep_fd = root->fd, .stall_ms = STALL_MS
	};
	bool other = root->is_proc && !(root->own_pids && pid == getpid());
	struct lk_helper_result res;
	size_t before = out->n;
	int rc = other ? lk_helper_run(&job, &res) : 0;

	if (!other || (rc && rc != -EBUSY && out->n == before))
		return lk_io_read_at(root->fd, a.name.s, limit, out);
	if (rc)
		return rc;
	return res.n_done ? take_result(out) : -ETIMEDOUT;
}
