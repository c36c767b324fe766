/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which mount and network namespaces processes are, found out before anybody is asked who uses a file: one answer about sockets or block
 * devices needs all of them, and a process that makes whoever reads of it wait must not cost that answer. */
#include <errno.h>
#include <string.h>

#include "source/procfs/procfs_uses.h"

struct spaces {
	uint64_t mnt, net;
};

static int spaces_work(void *arg, size_t i, struct lk_helper_out *out)
{
	const struct uses_job *j = arg;
	struct spaces s = { lk_procroot_ns(j->root, j->pids.v[i], "mnt"),
			    lk_procroot_ns(j->root, j->pids.v[i], "net") };

	return lk_helper_emit(out, &s, sizeof(s));
}

static int spaces_take(void *arg, size_t i, const char *data, size_t n)
{
	struct uses_job *j = arg;
	bool new_mnt, new_net;
	struct spaces s;

	if (n != sizeof(s))
		return -EBADMSG;
	memcpy(&s, data, sizeof(s));
	new_mnt = s.mnt != 0;
	new_net = s.net != 0;
	for (size_t k = 0; k < j->spaces.n; k++) {
		new_mnt = new_mnt && j->spaces.v[k].mnt != s.mnt;
		new_net = new_net && j->spaces.v[k].net != s.net;
	}
	if (new_mnt || new_net)
		*lk_vec_push(&j->spaces) = (struct uses_space){ .pid = j->pids.v[i], .mnt = s.mnt, .net = s.net };
	return 0;
}

/* What it uses is not known; it is not asked again. */
static void spaces_gave_up(void *arg, size_t i)
{
	struct uses_job *j = arg;

	lk_uses_lost(j, j->pids.v[i]);
	j->pids.v[i] = 0;
}

static void drop_lost(struct uses_job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->pids.n; i++) {
		if (j->pids.v[i])
			j->pids.v[n++] = j->pids.v[i];
	}
	j->pids.n = n;
}

static struct lk_helper_about about_process(void *arg, size_t i)
{
	const struct uses_job *j = arg;

	return lk_guard_about(j->root, j->pids.v[i]);
}

static bool are_wanted(const struct uses_job *j)
{
	for (size_t i = 0; i < j->n_files; i++) {
		if (S_ISSOCK(j->files[i].mode) || S_ISBLK(j->files[i].mode) || lk_uses_wants_below(j, &j->files[i]))
			return true;
	}
	return false;
}

int lk_uses_find_spaces(struct uses_job *j, int64_t deadline_ms)
{
	struct lk_helper_job job = { .n_items = j->pids.n,
				     .work = spaces_work,
				     .take = spaces_take,
				     .gave_up = spaces_gave_up,
				     .about = about_process,
				     .arg = j,
				     .keep_fd = j->root->fd,
				     .stall_ms = USES_STALL_MS,
				     .deadline_ms = deadline_ms };
	struct lk_helper_result res;
	int rc = are_wanted(j) ? lk_helper_run(&job, &res) : 0;

	drop_lost(j);
	return rc;
}
