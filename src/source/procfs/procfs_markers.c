/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaves out the markers of another lockscope, private locks that it takes while it scans by bpf (source/host/markers.h): they come and go
 * within a millisecond, on a file that nobody else has. Anybody can choose the name of a memfd: so the holder must also run our own
 * program and be the only holder, and nobody may wait. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/host/markers.h"
#include "source/procfs/procfs_private.h"

static bool has_form(struct scan *s, const struct lk_record *r)
{
	if (r->type != LK_TYPE_OFD || r->mode != LK_MODE_WRITE || r->depth || !lk_marker_has_range(r->range))
		return false;
	if (!s->memfd.is_learned) {
		lk_auto_fd fd = lk_markers_open(&s->memfd.key);

		s->memfd.is_learned = true;
		s->memfd.key.none = fd < 0;
	}
	return !s->memfd.key.none && !r->key.none && r->key.major == s->memfd.key.major &&
	       r->key.minor == s->memfd.key.minor;
}

bool lk_scan_any_may_be_marker(struct scan *s, const size_t *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (has_form(s, &s->lines.v.v[lines[i]].rec))
			return true;
	}
	return false;
}

static bool stat_program(const struct scan *s, const char *name, struct statx *ret)
{
	return statx(s->root->fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, ret) == 0;
}

static bool runs_our_program(const struct scan *s, int pid)
{
	struct statx own, other;

	return stat_program(s, "self/exe", &own) && stat_program(s, lk_procroot_task_name(pid, 0, "exe").s, &other) &&
	       own.stx_ino == other.stx_ino && own.stx_dev_major == other.stx_dev_major &&
	       own.stx_dev_minor == other.stx_dev_minor;
}

static int read_comm(struct scan *s, const char *name, lk_buf *ret)
{
	ret->n = 0;
	return lk_io_read_at(s->root->fd, name, 64, ret);
}

/* Compares process names: reading the exe link of a process that is in execve(2) can block for ever. */
void lk_scan_sweep_lockscopes(struct scan *s)
{
	lk_ints all = { 0 }, ours = { 0 };
	lk_buf own = { 0 }, other = { 0 };
	int rc = lk_scan_list_pids(s, &all);

	rc = rc ? rc : read_comm(s, "self/comm", &own);
	for (size_t i = 0; i < all.n && !rc; i++) {
		if (read_comm(s, lk_procroot_task_name(all.v[i], 0, "comm").s, &other) == 0 && other.n == own.n &&
		    memcmp(other.v, own.v, own.n) == 0)
			lk_scan_add_pid(&ours, all.v[i]);
	}
	lk_scan_sweep_pids(s, ours.v, ours.n);
	lk_vec_done(&all);
	lk_vec_done(&ours);
	lk_vec_done(&own);
	lk_vec_done(&other);
}

/* Whether this file has only locks that this descriptor shows, all with the form of markers. */
static bool is_alone(struct scan *s, size_t fd, const struct lk_key *key)
{
	for (size_t i = 0; i < s->hits.n; i++) {
		const struct scan_hit *h = &s->hits.v[i];

		if (!h->dead && lk_key_equal(&h->rec.key, key) && (h->fd != fd || !has_form(s, &h->rec)))
			return false;
	}
	for (size_t i = 0; i < s->lines.v.n; i++) {
		const struct lk_record *r = &s->lines.v.v[i].rec;

		if (lk_key_equal(&r->key, key) && !has_form(s, r))
			return false;
	}
	return true;
}

enum verdict { KEEP, GONE, LEAVE_OUT };

static enum verdict judge(struct scan *s, size_t fd, const struct lk_key *key)
{
	static const char link[] = "/memfd:" LK_MARKERS_NAME " (deleted)";
	const struct scan_fd *f = &s->fds.v[fd];
	struct lk_proc_name what = lk_procroot_name("fd/%d", f->fd);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, 0, what.s);
	int rc;

	s->buf.n = 0;
	rc = f->tid ? -EACCES : lk_io_readlink_at(s->root->fd, name.s, &s->buf);
	if (rc < 0)
		return lk_scan_means_gone(rc) ? GONE : KEEP;
	if (s->buf.n != sizeof(link) - 1 || memcmp(s->buf.v, link, s->buf.n) != 0 || !runs_our_program(s, f->pid))
		return KEEP;
	return is_alone(s, fd, key) ? LEAVE_OUT : KEEP;
}

static void drop_lines(struct scan *s, const struct lk_key *key)
{
	size_t n = 0;

	for (size_t i = 0; i < s->lines.v.n; i++) {
		if (!lk_key_equal(&s->lines.v.v[i].rec.key, key))
			s->lines.v.v[n++] = s->lines.v.v[i];
	}
	s->lines.v.n = n;
}

void lk_scan_leave_out_markers(struct scan *s)
{
	unsigned n_judged = 0;

	if (!s->root->is_proc || !s->root->own_pids)
		return;
	for (size_t i = 0, n; i < s->hits.n && n_judged < LK_MARKERS_MAX_OTHERS; i += n) {
		const struct scan_hit *h = &s->hits.v[i];
		enum verdict verdict;

		for (n = 1; i + n < s->hits.n && h[n].fd == h->fd;)
			n++;
		if (h->dead || !has_form(s, &h->rec))
			continue;
		n_judged++;
		verdict = judge(s, h->fd, &h->rec.key);
		if (verdict == KEEP)
			continue;
		s->fds.v[h->fd].dead = true;
		for (size_t k = 0; k < n; k++)
			s->hits.v[i + k].dead = true;
		if (verdict == GONE)
			continue;
		drop_lines(s, &h->rec.key);
		s->n_left_out += n;
	}
}
