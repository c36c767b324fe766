/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the passes of a scan share: lock lines, clean-up, the deadline, pids, the meaning of errors. It calls no pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "source/procfs/procfs_private.h"

#define SMALL_FILE ((size_t)64 * 1024)

void lk_scan_lines_done(struct scan_lines *l)
{
	lk_vec_done(&l->v);
	*l = (struct scan_lines){ 0 };
}

void lk_scan_add_line(struct scan_lines *l, const char *s, size_t n)
{
	struct scan_line *slot;
	struct lk_record rec;

	if (!n)
		return;
	if (lk_parse_lock_line(s, n, &rec) < 0) {
		l->n_bad++;
		return;
	}
	slot = lk_vec_push(&l->v);
	slot->rec = rec;
	slot->hash = lk_record_hash(&rec);
}

void lk_scan_done(struct scan *s)
{
	lk_arena_done(&s->arena);
	lk_mounts_done(&s->mounts);
	lk_scan_lines_done(&s->lines);
	lk_vec_done(&s->fds);
	lk_vec_done(&s->hits);
	lk_vec_done(&s->procs);
	lk_map_done(&s->skip.locked);
	lk_vec_done(&s->asleep.openers);
	lk_vec_done(&s->seen);
	lk_vec_done(&s->skip.devs);
	lk_vec_done(&s->tables);
	free(s->dents);
	lk_vec_done(&s->waiters);
	lk_vec_done(&s->asleep.threads);
	lk_vec_done(&s->asleep.clocks);
	lk_vec_done(&s->denied);
	lk_vec_done(&s->orphans);
	lk_vec_done(&s->spaces.tried);
	lk_vec_done(&s->spaces.read);
	lk_vec_done(&s->told.named);
	lk_vec_done(&s->buf);
}

bool lk_scan_skips(const struct scan *s, int pid)
{
	return lk_guarded_skips(s->guarded, s->root, pid);
}

bool lk_scan_is_late(struct scan *s)
{
	if (!s->late && s->deadline_ms && lk_io_now_ms() >= s->deadline_ms)
		s->late = true;
	return s->late;
}

bool lk_scan_means_gone(int rc)
{
	return rc == -ENOENT || rc == -ESRCH || rc == -ENOTDIR;
}

bool lk_scan_means_refused(int rc)
{
	return rc == -EACCES || rc == -EPERM;
}

void lk_scan_add_pid(lk_ints *p, int64_t pid)
{
	if (pid > 0 && pid <= INT32_MAX)
		*lk_vec_push(p) = (int)pid;
}

static int add_listed(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	int pid;

	if (lk_text_pid(name, strlen(name), &pid) == 0)
		lk_scan_add_pid(arg, pid);
	return 0;
}

int lk_scan_list_pids(const struct scan *s, lk_ints *ret)
{
	int rc = lk_io_each_entry(s->root->fd, ".", add_listed, ret);

	lk_ints_sort(ret);
	return rc;
}

int lk_scan_read(struct scan *s, int pid, int tid, const char *what)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, tid, what);

	s->buf.n = 0;
	return lk_io_read_at(s->root->fd, name.s, SMALL_FILE, &s->buf);
}

bool lk_scan_is_thread(struct scan *s, int pid)
{
	int tgid;

	if (lk_scan_skips(s, pid) || lk_scan_read(s, pid, 0, "status") < 0)
		return false;
	tgid = lk_parse_status_tgid(s->buf.v, s->buf.n);
	return tgid && tgid != pid;
}
