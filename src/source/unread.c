/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/unread.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

int lk_unread_add(lk_unread_list *list, struct lk_arena *a, const struct lk_fact_unread *u)
{
	struct lk_fact_unread *slot;

	if (list->n >= LK_UNREAD_MAX)
		return 0;
	slot = lk_vec_push(list);
	if (!slot)
		return -ENOMEM;
	*slot = *u;
	slot->what = lk_arena_strdup(a, u->what);
	slot->comm = lk_arena_strdup(a, u->comm);
	return (u->what && !slot->what) || (u->comm && !slot->comm) ? -ENOMEM : 0;
}

const char *lk_unread_comm(const struct lk_procroot *root, int pid, struct lk_arena *a)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "comm");
	const char *comm = NULL;
	lk_buf b = { 0 };

	if (lk_io_read_at(root->fd, name.s, 256, &b) == 0 && b.n)
		comm = lk_arena_strndup(a, b.v, b.n - (b.v[b.n - 1] == '\n'));
	lk_vec_done(&b);
	return comm;
}

/* In a sentence; the exact bytes are in the fact. */
static int put_comm(lk_buf *b, const char *comm)
{
	size_t at = b->n;
	int rc = lk_buf_printf(b, " (%s)", comm ? comm : "?");

	for (; at < b->n; at++) {
		if ((unsigned char)b->v[at] < ' ' || b->v[at] == '\x7f')
			b->v[at] = '?';
	}
	return rc;
}

const char *lk_unread_why(int code)
{
	return code == -ETIMEDOUT ? "it does not answer" : strerror(-code);
}

int lk_unread_put_one(lk_buf *b, const struct lk_fact_unread *u)
{
	int rc = lk_buf_printf(b, "process %d", u->pid);

	return rc ? rc : put_comm(b, u->comm);
}

int lk_unread_put(lk_buf *b, const struct lk_fact_unread *u, size_t n, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		rc = lk_buf_printf(b, "%s%d", i ? ", " : "", u[i].pid);
		rc = rc ? rc : put_comm(b, u[i].comm);
		rc = rc || !u[i].code ? rc : lk_buf_printf(b, ": %s", lk_unread_why(u[i].code));
	}
	return rc || count <= n ? rc : lk_buf_printf(b, "%s%zu more", n ? ", and " : "", count - n);
}
