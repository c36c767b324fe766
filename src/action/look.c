/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading about a process just before it is acted upon. */
#include "action/look.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "record/parse.h"
#include "source/ask.h"
#include "source/host/procroot.h"
#include "source/unread.h"

#define SMALL_FILE ((size_t)64 * 1024)
#define DEPTH_MAX 4096 /* ancestors at most: the process table may change during the walk and then form a circle */

uint64_t lk_look_number(const lk_buf *b, const char *word, unsigned base)
{
	const char *p = memmem(b->v, b->n, word, strlen(word)), *end;
	uint64_t number = 0;

	if (!p)
		return 0;
	p += strlen(word);
	end = memchr(p, '\n', (size_t)(b->v + b->n - p));
	if (!end || lk_text_u64(p, (size_t)(end - p), base, &number) < 0)
		return 0;
	return number;
}

static int read_file(const struct lk_procroot *root, int pid, const char *what, lk_buf *b, struct lk_err *err)
{
	int rc;

	b->n = 0;
	rc = lk_ask_read(root, pid, what, SMALL_FILE, b);
	if (rc == -ENOENT || rc == -ESRCH)
		return lk_err_set(err, -ESRCH, "there is no process %d", pid);
	return rc < 0 ? lk_err_set(err, rc, "cannot read about process %d: %s", pid, lk_unread_why(rc)) : 0;
}

static int look(const struct lk_procroot *root, int pid, lk_buf *b, struct lk_look *ret, struct lk_err *err)
{
	struct lk_stat st;
	unsigned uid;
	int rc = read_file(root, pid, "stat", b, err);

	if (rc < 0)
		return rc;
	if (lk_parse_stat(b->v, b->n, &st) < 0)
		return lk_err_set(err, -EIO, "cannot understand what the kernel says about process %d", pid);
	*ret = (struct lk_look){ .pid = pid,
				 .ppid = st.ppid,
				 .state = st.state,
				 .kernel_thread = (st.flags & LK_PF_KTHREAD) != 0,
				 .start_ticks = st.start_ticks,
				 .num_threads = st.num_threads,
				 .uid = -1 };
	rc = read_file(root, pid, "status", b, err);
	if (rc < 0)
		return rc;
	if (lk_parse_status_uid(b->v, b->n, &uid) == 0)
		ret->uid = uid;
	/* With several threads, a signal that only the first one blocks is delivered to another one. */
	ret->blocked = ret->num_threads == 1 ? lk_look_number(b, "\nSigBlk:\t", 16) : 0;
	ret->ignored = lk_look_number(b, "\nSigIgn:\t", 16);
	ret->caught = lk_look_number(b, "\nSigCgt:\t", 16);
	return 0;
}

int lk_look_at(int pid, struct lk_look *ret, struct lk_err *err)
{
	struct lk_procroot root;
	lk_buf b = { 0 };
	int rc = lk_procroot_open(&root, NULL, err);

	if (rc < 0)
		return rc;
	rc = look(&root, pid, &b, ret, err);
	lk_vec_done(&b);
	lk_procroot_done(&root);
	return rc;
}

bool lk_look_is_ancestor(int pid)
{
	struct lk_look now;
	int at = getpid();

	for (int i = 0; at > 0 && i < DEPTH_MAX; i++) {
		if (at == pid)
			return true;
		if (lk_look_at(at, &now, NULL) < 0)
			return false;
		at = now.ppid;
	}
	return false;
}
