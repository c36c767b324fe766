/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bpf source: a procfs source of the live machine that scans by bpf where that works. See doc/kernel.md 10.1. */
#include "source/bpf/bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/debug.h"
#include "base/io.h"
#include "source/bpf/bpf_private.h"

/* The program reports process numbers of the initial pid namespace, so /proc has to show the same numbers. */
static int check_place(const struct lk_procroot *root, struct lk_err *err)
{
	if (!root->own_pids)
		return lk_err_set(err, -EOPNOTSUPP, "the process file system here is that of another pid namespace");
	if (!root->initial_pidns)
		return lk_err_set(err, -EOPNOTSUPP, "this is not the initial pid namespace");
	return 0;
}

static void read_time_namespace(struct bpf_source *b)
{
	lk_buf text = { 0 };

	if (lk_io_read_at(b->procfs.root.fd, "self/timens_offsets", 4096, &text) == 0)
		b->boottime_shift_ns = lk_bpf_boottime_shift_ns(text.v, text.n);
	lk_vec_done(&text);
}

static int load(struct bpf_source *b, struct lk_err *err)
{
	int rc = check_place(&b->procfs.root, err);

	rc = rc ? rc : lk_bpf_open(&b->bpf, err);
	b->refused = rc < 0;
	return rc;
}

static void note_why_not(struct bpf_source *b, const char *why)
{
	free(b->why_not);
	b->why_not = lk_strdup(why);
	if (why)
		lk_debug(LK_DEBUG_BPF, "not used: %s", why);
}

/* One scan by bpf. Its helper works on a copy of this. */
struct bpf_look {
	struct bpf_scan scan;
	double began;
	int64_t wall_ms;
};

/* Runs in the helper, on a copy of the dump. */
static int look(void *arg, const struct lk_guarded *how, const struct lk_sink *sink, struct lk_err *err)
{
	struct bpf_look *l = arg;
	int rc;

	l->scan.s.guarded = how;
	lk_bpf_scan_look(&l->scan);
	rc = lk_bpf_scan_emit(&l->scan, sink, l->wall_ms, l->began);
	return rc < 0 ? lk_err_set(err, rc, "cannot read the locks: %s", strerror(-rc)) : 0;
}

static void put_in_cache(void *arg, const struct lk_fact_proc *f)
{
	const struct scan *s = &((struct bpf_look *)arg)->scan.s;

	lk_scan_cache_put(s->cache, f, s->req->needs & LK_SCAN_DEAR, s->began_ms);
}

/* *ret_emitted: facts have reached the sink, so procfs must not scan instead. */
static int scan_by_bpf(struct bpf_source *b, const struct lk_request *req, const struct lk_sink *sink,
		       bool *ret_emitted, struct lk_err *err)
{
	struct procfs *p = &b->procfs;
	struct bpf_look l = { .scan = { .source = b, .s = { .root = &p->root, .cache = &p->cache, .req = req } },
			      .began = lk_io_now_ms_exact(),
			      .wall_ms = lk_io_wall_ms() };
	struct lk_guard_job job = {
		.root = &p->root, .scan = look, .saw_proc = put_in_cache, .arg = &l, .timeout_ms = req->timeout_ms
	};
	int rc;

	l.scan.s.began_ms = lk_io_now_ms();
	l.scan.s.deadline_ms = lk_guard_deadline_ms(l.scan.s.began_ms, req->timeout_ms);
	*ret_emitted = false;
	rc = lk_bpf_scan_dump(&l.scan, err);
	rc = rc ? rc : lk_guard_run(&p->guard, &job, sink, ret_emitted, err);
	lk_scan_cache_turn(&p->cache);
	lk_bpf_scan_done(&l.scan);
	lk_bpf_forget(b->bpf);
	return rc;
}

static int scan(struct lk_source *src, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err)
{
	struct bpf_source *b = (struct bpf_source *)src;
	struct lk_err why = { 0 };
	bool emitted = false;
	int rc = 0;

	/* b->why_not still holds the reason why loading failed. */
	if (b->refused)
		return lk_procfs_scan(src, req, sink, err);
	if (!b->bpf)
		rc = load(b, &why);
	rc = rc ? rc : scan_by_bpf(b, req, sink, &emitted, &why);
	note_why_not(b, rc < 0 && !emitted ? lk_err_text(&why) : NULL);
	if (rc < 0 && (emitted || b->wish == LK_SCANNER_BPF))
		lk_err_set(err, rc, "%s", lk_err_text(&why));
	else if (rc < 0)
		rc = lk_procfs_scan(src, req, sink, err);
	lk_err_done(&why);
	return rc;
}

static int uses(struct lk_source *src, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err)
{
	struct bpf_source *b = (struct bpf_source *)src;
	int64_t deadline_ms = req->timeout_ms ? lk_io_now_ms() + req->timeout_ms : 0;
	struct procfs_asked asked = { 0 };
	int rc = lk_procfs_uses_asked(src, req, ret, &asked, err);

	if (!rc && (ret->n_unreadable || ret->hidden) && !b->refused && !check_place(&b->procfs.root, NULL))
		lk_bpf_uses(b, req, &asked, deadline_ms, ret);
	lk_procfs_asked_done(&asked);
	return rc;
}

static void done(struct lk_source *src)
{
	struct bpf_source *b = (struct bpf_source *)src;

	lk_bpf_free(b->bpf);
	lk_mounts_done(&b->mounts);
	if (b->mounts_fd >= 0)
		close(b->mounts_fd);
	lk_vec_done(&b->rechecks);
	lk_bpf_asked_done(b);
	free(b->why_not);
	lk_procfs_done(&b->procfs);
	free(b);
}

static const char *why_not(const struct lk_source *src)
{
	return ((const struct bpf_source *)src)->why_not;
}

static const struct lk_source_ops ops = {
	.scan = scan,
	.resolve = lk_bpf_resolve,
	.resolve_all = lk_bpf_resolve_all,
	.uses = uses,
	.walk = lk_procfs_walk,
	.why_not = why_not,
	.free = done,
};

int lk_bpf_source_new(enum lk_scanner wish, struct lk_source **ret, struct lk_err *err)
{
	struct bpf_source *b = lk_alloc(1, sizeof(*b));
	int rc = lk_procfs_init(&b->procfs, NULL, err);

	if (rc < 0) {
		free(b);
		return rc;
	}
	b->procfs.base.ops = &ops;
	b->wish = wish;
	b->mounts_fd = -1;
	read_time_namespace(b);
	if (wish == LK_SCANNER_BPF)
		rc = load(b, err);
	if (rc < 0) {
		done(&b->procfs.base);
		return rc;
	}
	*ret = &b->procfs.base;
	return 0;
}

int lk_bpf_probe(const char **ret_how, struct lk_err *err)
{
	struct lk_procroot root;
	struct lk_bpf *bpf;
	int rc = lk_procroot_open(&root, NULL, err);

	if (rc < 0)
		return rc;
	rc = check_place(&root, err);
	lk_procroot_done(&root);
	rc = rc ? rc : lk_bpf_open(&bpf, err);
	if (rc < 0)
		return rc;
	*ret_how = lk_bpf_flavour(bpf);
	lk_bpf_free(bpf);
	return 0;
}
