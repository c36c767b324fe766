/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading about a target, in a helper process: one that changes its program just now can keep whoever reads about it waiting for
 * ever. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "action/target_private.h"
#include "base/io.h"
#include "record/parse.h"
#include "source/helper.h"

#define STAT_MAX ((size_t)64 * 1024)
#define FDINFO_MAX ((size_t)256 << 20)
#define STALL_MS 2000

struct work {
	const struct lk_target *target;
	int proc_fd;
	struct lk_target_seen *seen;
};

/* A lease that is being broken meanwhile prints another phase and mode, and is still the same lease. */
static int is_that_lock(void *arg, const struct lk_record *now, const char *line __attribute__((unused)),
			size_t n __attribute__((unused)))
{
	const struct lk_record *then = arg;

	if (now->type != then->type || !lk_key_equal(&now->key, &then->key))
		return 0;
	if (then->type == LK_TYPE_LEASE || then->type == LK_TYPE_DELEG)
		return 1;
	return now->mode == then->mode && lk_range_compare(now->range, then->range) == 0;
}

static int find_lock(const struct work *w)
{
	const struct lk_target *t = w->target;
	struct lk_proc_name name = lk_procroot_task_name(t->pid, t->tid, "fdinfo");
	struct lk_record then = t->rec;
	struct lk_fdinfo info;
	lk_buf b = { 0 };
	int rc;

	name = lk_procroot_name("%s/%d", name.s, t->fd);
	rc = lk_io_read_at(w->proc_fd, name.s, FDINFO_MAX, &b);
	if (rc == 0)
		rc = lk_parse_fdinfo(b.v, b.n, &info, is_that_lock, &then) == 1 ? 0 : -ENOENT;
	lk_vec_done(&b);
	return rc;
}

static int read_stat(const struct work *w, struct lk_target_seen *s)
{
	struct lk_proc_name name = lk_procroot_task_name(w->target->pid, 0, "stat");
	struct lk_stat st;
	lk_buf b = { 0 };
	int rc = lk_io_read_at(w->proc_fd, name.s, STAT_MAX, &b);

	if (rc == 0)
		rc = lk_parse_stat(b.v, b.n, &st);
	if (rc == 0) {
		s->start_ticks = st.start_ticks;
		s->comm_len = st.comm_len < sizeof(s->comm) ? st.comm_len : sizeof(s->comm);
		memcpy(s->comm, st.comm, s->comm_len);
	}
	lk_vec_done(&b);
	return rc == -ENOENT ? -ESRCH : rc;
}

/* What the file is, not what it is called: that may change. Where it cannot be seen, it is not compared. */
static void read_program(const struct work *w, struct lk_program *ret)
{
	struct lk_proc_name name = lk_procroot_task_name(w->target->pid, 0, "exe");
	struct statx st;

	if (statx(w->proc_fd, name.s, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &st) == 0)
		*ret = (struct lk_program){ true, st.stx_dev_major, st.stx_dev_minor, st.stx_ino };
}

/* In the helper. What was seen is sent at once: the next look may be the one that does not come back. */
static int look(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	const struct work *w = arg;
	struct lk_target_seen s = { .rc = -ETIMEDOUT };
	int rc = read_stat(w, &s);

	s.rc = rc;
	if (rc == 0 && w->target->has_lock && w->target->fd >= 0)
		s.lock_rc = find_lock(w);
	rc = lk_helper_emit(out, &s, sizeof(s));
	if (rc == 0 && s.rc == 0) {
		read_program(w, &s.program);
		rc = lk_helper_emit(out, &s, sizeof(s));
	}
	return rc;
}

static int take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	const struct work *w = arg;

	if (n == sizeof(*w->seen))
		memcpy(w->seen, data, n);
	return 0;
}

int lk_target_look(const struct lk_target *t, const struct lk_procroot *root, struct lk_target_seen *ret)
{
	struct work w = { .target = t, .proc_fd = root->fd, .seen = ret };
	struct lk_helper_job job = {
		.n_items = 1, .work = look, .take = take, .arg = &w, .keep_fd = root->fd, .stall_ms = STALL_MS
	};
	struct lk_helper_result result;
	int rc;

	*ret = (struct lk_target_seen){ .rc = -ETIMEDOUT };
	rc = lk_helper_run(&job, &result);
	return rc < 0 ? rc : ret->rc;
}
