/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds processes that map the files of locks that no descriptor shows: a mapping keeps the file open after close(2) (proc_pid_maps(5)).
 * Reading maps can block on the target's memory map, so a helper process does it. See doc/kernel.md 2.4. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "record/maps.h"
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"

#define STALL_MS 500
#define MAPS_MS 3000

struct maps_job {
	struct scan *s;
	const struct lk_key *keys;
	size_t n_keys;
	int *pids;
	size_t n_pids;
	size_t n_unread;
};

/* One message from the helper: a process and the key it maps, or why its maps were not read. */
struct mapped {
	int pid;
	int rc;
	size_t key;
};

struct maps_look {
	const struct maps_job *job;
	struct lk_helper_out *out;
	int pid;
	size_t n_lines;
};

static int maps_line(void *arg, const char *text, size_t n)
{
	struct maps_look *look = arg;
	const struct maps_job *j = look->job;
	struct mapped m = { .pid = look->pid };
	struct lk_maps_line line;
	const struct lk_key *hit = NULL;

	look->n_lines++;
	if (lk_maps_parse_line(text, n, &line) == 0 && line.key.ino)
		hit = bsearch(&line.key, j->keys, j->n_keys, sizeof(*j->keys), lk_key_compare);
	if (!hit)
		return 0;
	m.key = (size_t)(hit - j->keys);
	return lk_helper_emit(look->out, &m, sizeof(m));
}

static int maps_of(struct maps_look *look, int tid)
{
	struct lk_proc_name name = lk_procroot_task_name(look->pid, tid, "maps");

	return lk_io_each_line(look->job->s->root->fd, name.s, maps_line, look);
}

static int maps_of_thread(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	struct maps_look *look = arg;
	int tid, rc;

	if (look->n_lines || lk_text_pid(name, strlen(name), &tid) < 0 || tid == look->pid)
		return 0;
	rc = maps_of(look, tid);
	return lk_scan_means_gone(rc) ? 0 : rc;
}

/* Any failure but the end of the process is reported: the process may map the file all the same. */
static int maps_work(void *arg, size_t i, struct lk_helper_out *out)
{
	const struct maps_job *j = arg;
	struct maps_look look = { .job = j, .out = out, .pid = j->pids[i] };
	struct mapped m = { .pid = look.pid, .rc = maps_of(&look, 0) };

	/* No line: the first thread has ended, while others may still have the memory; or it is a kernel thread. */
	if (!look.n_lines && (!m.rc || lk_scan_means_gone(m.rc)))
		m.rc = lk_io_each_entry(j->s->root->fd, lk_procroot_task_name(look.pid, 0, "task").s, maps_of_thread,
					&look);
	if (m.rc == -EPIPE)
		return m.rc;
	return m.rc < 0 && !lk_scan_means_gone(m.rc) ? lk_helper_emit(out, &m, sizeof(m)) : 0;
}

static void maps_unread(struct maps_job *j, int pid, int code)
{
	j->n_unread++;
	/* A process that refuses its descriptors as well is named for those. */
	if (!lk_scan_means_refused(code) || !lk_scan_has_denied(j->s, LK_UNREAD_FDINFO))
		lk_scan_deny_process(j->s, LK_UNREAD_MAPS, code, pid);
}

static void maps_gave_up(void *arg, size_t i)
{
	struct maps_job *j = arg;

	maps_unread(j, j->pids[i], -ETIMEDOUT);
}

static int maps_take(void *arg, size_t i __attribute__((unused)), const char *data, size_t n)
{
	struct maps_job *j = arg;
	struct lk_fact_orphan *o;
	struct mapped m;

	if (n != sizeof(m))
		return -EBADMSG;
	memcpy(&m, data, n);
	if (m.rc < 0)
		maps_unread(j, m.pid, m.rc);
	if (m.rc < 0 || m.key >= j->n_keys)
		return 0;
	o = &j->s->orphans.v[m.key];
	if (!o->mapped_pid || m.pid < o->mapped_pid)
		o->mapped_pid = m.pid;
	return 0;
}

static struct lk_helper_about about_maps(void *arg, size_t i)
{
	const struct maps_job *j = arg;

	return lk_guard_about(j->s->root, j->pids[i]);
}

static void prepare(struct maps_job *j)
{
	struct scan *s = j->s;

	j->pids = lk_alloc(s->procs.n, sizeof(*j->pids));
	lk_vec_reserve(&s->orphans.v, &s->orphans.cap, 0, j->n_keys, sizeof(*s->orphans.v));
	for (size_t i = 0; i < s->procs.n; i++) {
		if (lk_scan_skips(s, s->procs.v[i].pid))
			maps_unread(j, s->procs.v[i].pid, -ETIMEDOUT);
		else
			j->pids[j->n_pids++] = s->procs.v[i].pid;
	}
	s->orphans.n = j->n_keys;
	for (size_t k = 0; k < j->n_keys; k++)
		s->orphans.v[k] = (struct lk_fact_orphan){ .key = j->keys[k] };
}

void lk_scan_find_maps(struct scan *s, const struct lk_key *keys, size_t n)
{
	struct maps_job j = { .s = s, .keys = keys, .n_keys = n };
	int64_t until = lk_io_now_ms() + MAPS_MS;
	struct lk_helper_result res;
	struct lk_helper_job job = {
		.work = maps_work,
		.take = maps_take,
		.gave_up = maps_gave_up,
		.about = about_maps,
		.arg = &j,
		.keep_fd = s->root->fd,
		.stall_ms = STALL_MS,
		.deadline_ms = s->deadline_ms && s->deadline_ms < until ? s->deadline_ms : until,
	};
	int rc;

	prepare(&j);
	job.n_items = j.n_pids;
	rc = j.n_pids ? lk_helper_run(&job, &res) : 0;
	for (size_t k = 0; !rc && j.n_pids && k < n; k++)
		s->orphans.v[k].maps_read = !j.n_unread && !res.n_left;
	/* Without a helper (no child process could be made) the maps stay unread, and maps_read says so. */
	free(j.pids);
}
