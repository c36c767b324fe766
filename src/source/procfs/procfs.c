/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The procfs source: hands the facts of a scan to the sink. */
#include "source/procfs/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/procfs/procfs_private.h"

static char *read_word(const struct lk_procroot *root, struct lk_arena *a, const char *name)
{
	lk_buf b = { 0 };
	char *s = NULL;

	if (lk_io_read_at(root->fd, name, 65536, &b) == 0) {
		while (b.n && b.v[b.n - 1] == '\n')
			b.n--;
		s = lk_arena_strndup(a, b.v ? b.v : "", b.n);
	}
	lk_vec_done(&b);
	return s;
}

/* Seconds that a holder may keep its lease once somebody else wants the file; -1 unknown. */
static int64_t lease_break_s(struct scan *s)
{
	char *text = read_word(s->root, &s->arena, "sys/fs/lease-break-time");
	int64_t seconds;

	return text && lk_text_i64(text, strlen(text), &seconds) == 0 && seconds >= 0 ? seconds : -1;
}

/* CLOCK_BOOTTIME when CLOCK_REALTIME was wall_ms, from the present difference of the two clocks; 0 unknown. */
static int64_t boottime_at(int64_t wall_ms)
{
	struct timespec wall, boot;

	if (clock_gettime(CLOCK_REALTIME, &wall) < 0 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	return wall_ms + (boot.tv_sec - wall.tv_sec) * 1000 + (boot.tv_nsec - wall.tv_nsec) / 1000000;
}

int lk_scan_emit_host(struct scan *s, const char *scanner, int64_t wall_ms, const struct lk_sink *sink)
{
	char *host = read_word(s->root, &s->arena, "sys/kernel/hostname");
	char *boot = read_word(s->root, &s->arena, "sys/kernel/random/boot_id");
	struct lk_fact_host f = {
		.scanner = scanner,
		.host = host ? host : "",
		.boot_id = boot ? boot : "",
		.time_unix_ms = wall_ms,
		.boottime_ms = s->root->is_proc ? boottime_at(wall_ms) : 0,
		.ticks_per_second = s->root->is_proc ? (unsigned)sysconf(_SC_CLK_TCK) : 0,
		.euid = geteuid(),
		.initial_pidns = s->root->initial_pidns,
		.has_locks_file = s->has_locks_file,
		.lease_break_s = lease_break_s(s),
		.live = s->root->is_proc && s->root->own_pids,
	};

	return lk_sink_host(sink, &f);
}

static int emit_lines(struct scan *s, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < s->lines.v.n && !rc; i++) {
		struct lk_fact_lock f = { .line = i + 1, .rec = s->lines.v.v[i].rec };

		rc = lk_sink_lock(sink, &f);
	}
	return rc;
}

static int emit_fds(struct scan *s, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < s->hits.n && !rc; i++) {
		const struct scan_hit *h = &s->hits.v[i];
		const struct scan_fd *f = &s->fds.v[h->fd];
		struct lk_fact_fd fact = {
			.pid = f->pid,
			.tid = f->tid,
			.fd = f->fd,
			.rec = h->rec,
			.ofd = f->ofd,
			.file = &f->file,
		};

		rc = h->dead ? 0 : lk_sink_fd(sink, &fact);
	}
	return rc;
}

int lk_scan_emit_waiters(struct scan *s, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < s->waiters.n && !rc; i++) {
		struct lk_fact_waiter f = s->waiters.v[i].fact;
		const struct scan_fd *fd = s->waiters.v[i].fd == SIZE_MAX ? NULL : &s->fds.v[s->waiters.v[i].fd];

		f.file = fd ? &fd->file : NULL;
		f.ofd = fd ? fd->ofd : 0;
		rc = lk_sink_waiter(sink, &f);
	}
	return rc;
}

int lk_scan_emit_mount(struct lk_map *seen, const struct lk_mount *m, const struct lk_sink *sink)
{
	struct lk_fact_mount f;
	size_t other;

	if (!m || lk_map_find(seen, &m->major, 2 * sizeof(m->major), &other))
		return 0;
	f = (struct lk_fact_mount){
		.major = m->major,
		.minor = m->minor,
		.fstype = m->fstype,
		.mount_point = m->target,
		.local = m->local,
		.keys_unique = lk_mounts_fs_keys_unique(m->fstype),
	};
	lk_map_set(seen, &m->major, 2 * sizeof(m->major), 0);
	return lk_sink_mount(sink, &f);
}

/* Emits the file systems of the locked files, each once. */
static int emit_lock_mounts(struct scan *s, struct lk_map *seen, const struct lk_sink *sink)
{
	struct lk_map keys = { 0 };
	int rc = 0;

	for (size_t i = 0; i < s->lines.v.n && !rc; i++) {
		const struct lk_key *k = &s->lines.v.v[i].rec.key;
		size_t other;

		if (k->none || lk_map_find(&keys, &k->major, 2 * sizeof(k->major), &other))
			continue;
		lk_map_set(&keys, &k->major, 2 * sizeof(k->major), 0);
		rc = lk_scan_emit_mount(seen, lk_mounts_by_dev(&s->mounts, k->major, k->minor), sink);
	}
	lk_map_done(&keys);
	return rc;
}

/* A file on such a mount cannot be called free because no lock on it is listed. */
int lk_scan_emit_remote_mounts(struct scan *s, struct lk_map *seen, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < s->mounts.v.n && !rc; i++) {
		const struct lk_mount *m = s->mounts.v.v[i];

		if (m->ns == 0 && m->local == LK_NO)
			rc = lk_scan_emit_mount(seen, m, sink);
	}
	return rc;
}

static int emit_mounts(struct scan *s, const struct lk_sink *sink)
{
	struct lk_map seen = { 0 };
	int rc = emit_lock_mounts(s, &seen, sink);

	rc = rc ? rc : lk_scan_emit_remote_mounts(s, &seen, sink);
	lk_map_done(&seen);
	return rc;
}

static size_t count_denied(const struct scan *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->procs.n; i++)
		n += s->procs.v[i].denied;
	return n;
}

/* Process 1 always exists: where it cannot be seen, others are hidden too (proc(5), hidepid). */
static bool hides_processes(const struct lk_procroot *root)
{
	return root->is_proc && faccessat(root->fd, "1", F_OK, 0) < 0 && errno == ENOENT;
}

static bool is_somebody_waiting(const struct scan *s)
{
	for (size_t i = 0; i < s->lines.v.n; i++) {
		if (s->lines.v.v[i].rec.depth)
			return true;
	}
	return false;
}

/* Before Linux 5.13 /proc/locks has the requests that wait for a held lock, but not those that wait behind such a request (fs/locks.c
 * locks_show()). */
static bool lists_nested(struct scan *s)
{
	const char *release = read_word(s->root, &s->arena, "sys/kernel/osrelease");
	unsigned major, minor;

	if (release && lk_text_release(release, &major, &minor) == 0)
		return major > 5 || (major == 5 && minor >= 13);
	/* A copied tree may lack osrelease: since Linux 5.14 fdinfo has an inode number. */
	for (size_t i = 0; i < s->fds.n; i++) {
		if (!s->fds.v[i].dead && !s->fds.v[i].info.has_ino)
			return false;
	}
	return true;
}

static void note_limits(struct scan *s)
{
	if (is_somebody_waiting(s) && !lists_nested(s))
		lk_scan_deny(s, LK_UNREAD_NESTED, -ENODATA);
	if (hides_processes(s->root))
		lk_scan_deny(s, LK_UNREAD_HIDDEN, -EPERM);
	if (s->late)
		lk_scan_deny(s, LK_UNREAD_TIMEOUT, -ETIMEDOUT);
	else if (s->has_locks_file && !s->stable)
		lk_scan_deny(s, LK_UNREAD_UNSTABLE, -EAGAIN);
	for (size_t i = 0; i < s->lines.n_bad; i++)
		lk_scan_deny(s, LK_UNREAD_BAD_LINE, -EBADMSG);
}

static int emit_all(struct scan *s, const struct lk_sink *sink, int64_t wall_ms, double began)
{
	struct lk_fact_end end = { .stable = s->has_locks_file && s->stable,
				   .n_bad_lines = s->lines.n_bad,
				   .n_left_out = s->n_left_out };
	int rc = lk_scan_emit_host(s, "procfs", wall_ms, sink);

	rc = rc ? rc : emit_lines(s, sink);
	rc = rc ? rc : emit_fds(s, sink);
	rc = rc ? rc : lk_scan_emit_waiters(s, sink);
	rc = rc ? rc : emit_mounts(s, sink);
	rc = rc ? rc : lk_scan_emit_procs(s, sink);
	for (size_t i = 0; i < s->orphans.n && !rc; i++)
		rc = lk_sink_orphan(sink, &s->orphans.v[i]);
	note_limits(s);
	rc = rc ? rc : lk_scan_emit_denied(s, sink);
	end.n_procs = s->procs.n;
	end.n_unreadable = count_denied(s);
	end.scan_ms = lk_io_now_ms_exact() - began;
	return rc ? rc : lk_sink_end(sink, &end);
}

/* A requested scan, and what is the same for each attempt at it (lk_guard_run()). */
struct procfs_scan {
	struct procfs *source;
	const struct lk_request *req;
	double began;
	int64_t wall_ms, began_ms;
};

static int scan_now(void *arg, const struct lk_guarded *how, const struct lk_sink *sink, struct lk_err *err)
{
	const struct procfs_scan *p = arg;
	struct scan s = { .root = &p->source->root,
			  .guarded = how,
			  .cache = &p->source->cache,
			  .req = p->req,
			  .began_ms = p->began_ms };
	int rc;

	s.deadline_ms = lk_guard_deadline_ms(p->began_ms, p->req->timeout_ms);
	rc = lk_scan_run(&s, err);
	if (!rc) {
		rc = emit_all(&s, sink, p->wall_ms, p->began);
		if (rc < 0)
			lk_err_set(err, rc, "cannot read the locks: %s", strerror(-rc));
	}
	lk_scan_done(&s);
	return rc;
}

static void put_in_cache(void *arg, const struct lk_fact_proc *f)
{
	const struct procfs_scan *p = arg;

	lk_scan_cache_put(&p->source->cache, f, p->req->needs & LK_SCAN_DEAR, p->began_ms);
}

int lk_procfs_scan(struct lk_source *src, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err)
{
	struct procfs *p = (struct procfs *)src;
	struct procfs_scan scan = { .source = p,
				    .req = req,
				    .began = lk_io_now_ms_exact(),
				    .began_ms = lk_io_now_ms(),
				    .wall_ms = lk_io_wall_ms() };
	struct lk_guard_job job = { .root = &p->root,
				    .scan = scan_now,
				    .saw_proc = put_in_cache,
				    .arg = &scan,
				    .timeout_ms = req->timeout_ms };
	bool emitted;
	int rc = lk_guard_run(&p->guard, &job, sink, &emitted, err);

	lk_scan_cache_turn(&p->cache);
	return rc;
}

void lk_procfs_done(struct procfs *p)
{
	lk_procroot_done(&p->root);
	lk_arena_done(&p->resolved);
	lk_scan_cache_done(&p->cache);
	lk_guard_done(&p->guard);
}

static void procfs_free(struct lk_source *src)
{
	lk_procfs_done((struct procfs *)src);
	free(src);
}

static const struct lk_source_ops procfs_ops = {
	.scan = lk_procfs_scan,
	.resolve = lk_procfs_resolve,
	.resolve_all = lk_procfs_resolve_all,
	.uses = lk_procfs_uses,
	.walk = lk_procfs_walk,
	.free = procfs_free,
};

int lk_procfs_init(struct procfs *p, const char *root, struct lk_err *err)
{
	*p = (struct procfs){ .root.fd = -1 };
	return lk_procroot_open(&p->root, root, err);
}

int lk_procfs_new(const char *root, struct lk_source **ret, struct lk_err *err)
{
	struct procfs *p = lk_alloc(1, sizeof(*p));
	int rc = lk_procfs_init(p, root, err);

	if (rc < 0) {
		free(p);
		return rc;
	}
	p->base.ops = &procfs_ops;
	*ret = &p->base;
	return 0;
}
