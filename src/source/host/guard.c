/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a scan in a helper and watches it. See doc/kernel.md 7.3. */
#include "source/host/guard.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/ints.h"
#include "base/io.h"
#include "record/parse.h"
#include "source/host/wire.h"

/* How often a silent helper is looked at, and how often in a row it must be seen asleep at the same read to count as stuck. */
#define LOOK_MS 100
#define N_LOOKS 4
/* How long a process that made a helper wait is left alone. */
#define ALONE_MS 10000
/* How much longer than the timeout of the scan its helper may take. */
#define GRACE_MS 900
/* This fraction of the timeout is kept for handing over what was found. */
#define TELLING_PART 5
#define MAX_TRIES 6
/* After so many stalls in one scan, no more processes of users who made it stall are read. */
#define ENOUGH_STALLS 3
#define CHUNK ((size_t)256 * 1024)
#define SMALL_FILE ((size_t)64 * 1024)

/* What the helper did when it was last looked at. */
struct position {
	int pid;
	unsigned turn;
	unsigned n_looks; /* how often in a row it has stood still */
};

struct guard_run {
	struct lk_guarded how;
	struct lk_guard *guard;
	const struct lk_guard_job *job;
	const struct lk_sink *sink;
	struct lk_touch *touch;
	struct position last;
	struct lk_wire_in in;
	bool stuck, emitted;
	int rc; /* of the scan */
	struct lk_err *err;
};

/* The first byte of a record. */
enum record { RECORD_FACTS, RECORD_FAILURE, RECORD_STUCK };

/* -- what the scan may ask -- */

/* The owner of /proc/PID itself, for which stat(2) does not have to wait for the process. -1 unknown. */
static int64_t owner_of(const struct lk_procroot *root, int pid)
{
	struct lk_proc_name name = lk_procroot_name("%d", pid);
	struct stat st;

	return fstatat(root->fd, name.s, &st, 0) < 0 ? -1 : (int64_t)st.st_uid;
}

/* The lowest bit tells processes from file systems. */
struct lk_helper_about lk_guard_about(const struct lk_procroot *root, int pid)
{
	int64_t uid = owner_of(root, pid);

	return (struct lk_helper_about){ .what = (uint64_t)pid << 1, .group = uid > 0 ? (uint64_t)uid : 0 };
}

bool lk_guarded_is_late(const struct lk_guarded *g, const struct lk_procroot *root, int pid)
{
	int64_t uid;

	if (!g || !g->guard->stalls.n)
		return false;
	uid = owner_of(root, pid);
	for (size_t i = 0; i < g->guard->stalls.n; i++) {
		if (uid > 0 && g->guard->stalls.v[i].uid == uid)
			return true;
	}
	return false;
}

bool lk_guarded_skips(const struct lk_guarded *g, const struct lk_procroot *root, int pid)
{
	if (!g || !g->guard->stalls.n)
		return false;
	if (bsearch(&pid, g->guard->stalls.v, g->guard->stalls.n, sizeof(*g->guard->stalls.v), lk_compare_int))
		return true;
	return g->n_stalls >= ENOUGH_STALLS && lk_guarded_is_late(g, root, pid);
}

/* -- in the helper -- */

static int emit(struct lk_helper_out *out, enum record kind, const void *data, size_t n)
{
	char mark = (char)kind;

	return lk_helper_emit_marked(out, &mark, data, n);
}

static int emit_facts(struct lk_helper_out *out, const struct lk_wire_out *w)
{
	int rc = 0;

	for (size_t i = 0; !rc && i <= w->cuts.n; i++) {
		const char *data;
		size_t n = lk_wire_chunk(w, i, &data);

		rc = n ? emit(out, RECORD_FACTS, data, n) : 0;
	}
	return rc;
}

static int emit_failure(struct lk_helper_out *out, int code, const struct lk_err *err)
{
	const char *text = lk_err_text(err);
	lk_buf b = { 0 };
	int rc;

	lk_buf_add(&b, &code, sizeof(code));
	lk_buf_puts(&b, text);
	rc = emit(out, RECORD_FAILURE, b.v, b.n);
	lk_vec_done(&b);
	return rc;
}

/* The helper's own children that are stuck outlive it, so the parent has to know them. */
static int emit_stuck(struct lk_helper_out *out)
{
	struct lk_helper_stuck stuck[LK_HELPER_MAX_STUCK];
	size_t n = lk_helper_list_stuck(stuck);

	return n ? emit(out, RECORD_STUCK, stuck, n * sizeof(*stuck)) : 0;
}

static int guard_work(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct guard_run *r = arg;
	struct lk_wire_out w = { .room = CHUNK };
	struct lk_sink sink = lk_wire_sink(&w);
	struct lk_err err = { 0 };
	int rc, code;

	lk_procroot_watch(r->touch);
	code = r->job->scan(r->job->arg, &r->how, &sink, &err);
	lk_procroot_touch(0);
	rc = emit_stuck(out);
	if (!rc)
		rc = code < 0 ? emit_failure(out, code, &err) : emit_facts(out, &w);
	lk_wire_out_done(&w);
	lk_err_done(&err);
	return rc;
}

/* -- in the process that asked -- */

static int take_failure(struct guard_run *r, const char *data, size_t n)
{
	if (n < sizeof(r->rc))
		return -EBADMSG;
	memcpy(&r->rc, data, sizeof(r->rc));
	lk_err_set(r->err, r->rc, "%.*s", (int)(n - sizeof(r->rc)), data + sizeof(r->rc));
	return 0;
}

static void take_stuck(const char *data, size_t n)
{
	struct lk_helper_stuck stuck;

	for (size_t at = 0; n - at >= sizeof(stuck); at += sizeof(stuck)) {
		memcpy(&stuck, data + at, sizeof(stuck));
		lk_helper_adopt(&stuck);
	}
}

static int guard_take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	struct guard_run *r = arg;

	if (!n)
		return -EBADMSG;
	switch (data[0]) {
	case RECORD_FACTS:
		r->emitted = true;
		return lk_wire_take(&r->in, data + 1, n - 1, r->sink);
	case RECORD_FAILURE:
		return take_failure(r, data + 1, n - 1);
	case RECORD_STUCK:
		take_stuck(data + 1, n - 1);
		return 0;
	default:
		return -EBADMSG;
	}
}

static bool stands_still(struct guard_run *r, pid_t child)
{
	struct position now = { .pid = atomic_load(&r->touch->pid), .turn = atomic_load(&r->touch->turn) };

	if (now.pid && now.pid == r->last.pid && now.turn == r->last.turn && lk_helper_is_asleep(child))
		now.n_looks = r->last.n_looks + 1;
	r->last = now;
	return now.n_looks >= N_LOOKS;
}

static void add_stall(struct guard_run *r, int pid)
{
	size_t at = r->guard->stalls.n;
	struct lk_guard_stall *v;

	lk_vec_push(&r->guard->stalls);
	v = r->guard->stalls.v;
	for (; at && v[at - 1].pid > pid; at--)
		v[at] = v[at - 1];
	v[at] = (struct lk_guard_stall){ pid, owner_of(r->job->root, pid), lk_io_now_ms() + ALONE_MS };
	r->how.n_stalls++;
	r->stuck = true;
}

/* false: the helper is stuck, and the process that it is stuck on has been noted. */
static bool guard_is_busy(void *arg, pid_t child)
{
	struct guard_run *r = arg;

	if (stands_still(r, child))
		add_stall(r, r->last.pid);
	return !r->stuck;
}

static void forget_old(struct lk_guard *g)
{
	int64_t now = lk_io_now_ms();
	size_t n = 0;

	for (size_t i = 0; i < g->stalls.n; i++) {
		if (g->stalls.v[i].until_ms > now)
			g->stalls.v[n++] = g->stalls.v[i];
	}
	g->stalls.n = n;
}

/* 0, or -errno of the scan, of the sink or of making a helper. -ETIMEDOUT with r->stuck: to be tried again, without the process that it was
 * stuck on. *ret_none: there was no helper. */
static int run_once(struct guard_run *r, int64_t deadline_ms, bool *ret_none)
{
	struct lk_helper_job job = {
		.n_items = 1,
		.work = guard_work,
		.take = guard_take,
		.is_busy = guard_is_busy,
		.arg = r,
		.keep_fd = r->job->root->fd,
		.stall_ms = LOOK_MS,
		.deadline_ms = deadline_ms,
	};
	struct lk_helper_result res;
	int rc;

	r->stuck = false;
	r->last = (struct position){ 0 };
	atomic_store(&r->touch->pid, 0);
	rc = lk_helper_run(&job, &res);
	*ret_none = rc < 0 && !r->emitted && !res.n_given_up;
	if (rc < 0)
		return rc;
	if (res.n_done)
		return r->rc;
	return r->stuck || (deadline_ms && lk_io_now_ms() >= deadline_ms) ? -ETIMEDOUT : -EPROTO;
}

static int run_here(struct guard_run *r)
{
	r->emitted = true;
	return r->job->scan(r->job->arg, NULL, r->sink, r->err);
}

static int run_tries(struct guard_run *r, int64_t deadline_ms)
{
	bool none = false;
	int rc = -ETIMEDOUT;

	for (int i = 0; i < MAX_TRIES; i++) {
		rc = run_once(r, deadline_ms, &none);
		if (!r->stuck || r->emitted || (deadline_ms && lk_io_now_ms() >= deadline_ms))
			break;
	}
	if (none)
		return run_here(r);
	if (rc == -ETIMEDOUT)
		return lk_err_set(
			r->err, rc,
			"the time for the scan was up before anything could be told%s: give it more with --scan-timeout",
			r->how.n_stalls ? ", for some processes do not let themselves be looked at" : "");
	if (rc == -EPROTO)
		return lk_err_set(r->err, rc,
				  "the helper process that looks at the others has ended before it had an answer");
	return rc;
}

int64_t lk_guard_deadline_ms(int64_t began_ms, uint32_t timeout_ms)
{
	return timeout_ms ? began_ms + timeout_ms - timeout_ms / TELLING_PART : 0;
}

int lk_guard_run(struct lk_guard *g, const struct lk_guard_job *job, const struct lk_sink *sink, bool *ret_emitted,
		 struct lk_err *err)
{
	struct guard_run r = { .guard = g, .job = job, .sink = sink, .err = err };
	size_t size = sizeof(*r.touch);
	void *shared = job->root->is_proc ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
					  : MAP_FAILED;
	int rc;

	forget_old(g);
	if (shared == MAP_FAILED) {
		rc = run_here(&r);
	} else {
		r.touch = shared;
		r.in.saw_proc = job->saw_proc;
		r.in.arg = job->arg;
		r.how = (struct lk_guarded){ .guard = g };
		rc = run_tries(&r, job->timeout_ms ? lk_io_now_ms() + job->timeout_ms + GRACE_MS : 0);
		munmap(shared, size);
	}
	lk_wire_in_done(&r.in);
	*ret_emitted = r.emitted;
	return rc;
}

void lk_guard_done(struct lk_guard *g)
{
	lk_vec_done(&g->stalls);
}
