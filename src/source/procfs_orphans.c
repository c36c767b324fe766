/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks that no descriptor shows: a mapping keeps the file open after close(2) (proc_pid_maps(5)). Reading maps can block on
 * the target's memory map, so a helper process does it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "record/maps.h"
#include "source/helper.h"
#include "source/procfs_private.h"

#define STALL_MS 500
#define MAX_GIVEN_UP 3
#define MAPS_MS 3000
#define MAX_MAPS ((size_t)64 << 20)

struct maps_job {
	struct scan *s;
	const struct lk_key *keys;
	size_t n_keys;
	int *pids;
	size_t n_pids;
	bool refused;
};

/* One message from the helper: a process and the key it maps, or that its maps were refused. */
struct mapped {
	int pid;
	int rc;
	size_t key;
};

static int emit_matches(struct maps_job *j, int pid, const lk_buf *text, struct lk_helper_out *out)
{
	size_t at = 0;

	while (at < text->n) {
		const char *nl = memchr(text->v + at, '\n', text->n - at);
		size_t len = nl ? (size_t)(nl - text->v) - at : text->n - at;
		struct lk_maps_line line;
		bool ok = lk_maps_parse_line(text->v + at, len, &line) == 0 && line.key.ino;

		const struct lk_key *hit =
			ok ? bsearch(&line.key, j->keys, j->n_keys, sizeof(*j->keys), lk_scan_compare_keys) : NULL;

		if (hit) {
			struct mapped m = { .pid = pid, .key = (size_t)(hit - j->keys) };
			int rc = lk_helper_emit(out, &m, sizeof(m));

			if (rc < 0)
				return rc;
		}
		at += len + 1;
	}
	return 0;
}

static int maps_work(void *arg, size_t i, struct lk_helper_out *out)
{
	struct maps_job *j = arg;
	struct lk_proc_name name = lk_procroot_task_name(j->pids[i], 0, "maps");
	lk_buf text = { 0 };
	int rc = lk_io_read_at(j->s->root->fd, name.s, MAX_MAPS, &text);

	if (rc == -EACCES || rc == -EPERM) {
		struct mapped m = { .pid = j->pids[i], .rc = rc };

		rc = lk_helper_emit(out, &m, sizeof(m));
	} else {
		rc = rc < 0 && rc != -EFBIG ? 0 : emit_matches(j, j->pids[i], &text, out);
	}
	lk_vec_done(&text);
	return rc;
}

static int maps_take(void *arg, size_t i __attribute__((unused)), const char *data, size_t n)
{
	struct maps_job *j = arg;
	struct lk_fact_orphan *o;
	struct mapped m;

	if (n != sizeof(m))
		return -EBADMSG;
	memcpy(&m, data, n);
	j->refused = j->refused || m.rc < 0;
	if (m.rc < 0 || m.key >= j->n_keys)
		return 0;
	o = &j->s->orphans.v[m.key];
	if (!o->mapped_pid)
		o->mapped_pid = m.pid;
	return 0;
}

static int prepare(struct maps_job *j)
{
	struct scan *s = j->s;

	j->pids = calloc(s->procs.n ? s->procs.n : 1, sizeof(*j->pids));
	if (!j->pids || lk_vec_reserve(&s->orphans.v, &s->orphans.cap, 0, j->n_keys, sizeof(*s->orphans.v)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < s->procs.n; i++)
		j->pids[j->n_pids++] = s->procs.v[i].pid;
	s->orphans.n = j->n_keys;
	for (size_t k = 0; k < j->n_keys; k++)
		s->orphans.v[k] = (struct lk_fact_orphan){ .key = j->keys[k] };
	return 0;
}

int lk_scan_find_maps(struct scan *s, const struct lk_key *keys, size_t n)
{
	struct maps_job j = { .s = s, .keys = keys, .n_keys = n };
	int64_t until = lk_io_now_ms() + MAPS_MS;
	struct lk_helper_result res;
	struct lk_helper_job job = {
		.work = maps_work,
		.take = maps_take,
		.arg = &j,
		.keep_fd = s->root->fd,
		.stall_ms = STALL_MS,
		.deadline_ms = s->deadline_ms && s->deadline_ms < until ? s->deadline_ms : until,
		.max_given_up = MAX_GIVEN_UP,
	};
	int rc = prepare(&j);

	job.n_items = j.n_pids;
	if (!rc && j.n_pids)
		rc = lk_helper_run(&job, &res);
	for (size_t k = 0; !rc && j.n_pids && k < n; k++)
		s->orphans.v[k].maps_read = !j.refused && !res.n_given_up && !res.n_left;
	free(j.pids);
	/* Without a helper (no process to be had) the maps stay unread, and maps_read says so. */
	return rc == -ENOMEM ? rc : 0;
}
