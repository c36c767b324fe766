/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for lock files: a walk in a helper for each directory. */
#include "lockfile/search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lockfile/kinds.h"
#include "source/host/mounts.h"
#include "source/host/procroot.h"
#include "source/host/tree.h"

#define STALL_MS 2000
#define LATE_MS 1000 /* the helper stops by itself when time runs out; after so long it is given up */
#define NAMES_MOST 5000000 /* names that are looked at, below one directory */
#define DEPTH_MOST 4096
#define FOUND_MOST 10000

/* The first byte of a record of the helper. */
enum record {
	FOUND = 'f', /* a path follows */
	UNREAD = 'u', /* -errno, then a path */
	MOUNT = 'm', /* a path */
	BOUND = 'b', /* enum lk_search_bound */
};

struct run {
	const char *const *dirs;
	struct lk_mounts mounts;
	int64_t end_ms; /* 0: never */
	struct lk_search *ret;
	/* In the helper: */
	uint64_t first_mount; /* that of the directory itself; 0 unknown */
	bool too_deep; /* said already */
};

const char *lk_search_bound_words(enum lk_search_bound b)
{
	static const char *const words[LK_N_BOUNDS] = {
		[LK_BOUND_TIME] = "time ran out (--timeout)",
		[LK_BOUND_NAMES] = "there are too many files",
		[LK_BOUND_DEPTH] = "some directories lie too deep",
		[LK_BOUND_FOUND] = "there are too many lock files",
	};

	return words[b];
}

/* ---- in the helper ---- */

static int send_path(struct lk_tree *t, enum record kind, int code, const char *name)
{
	lk_buf b = { 0 };
	char mark = (char)kind;
	int rc;

	if (kind == UNREAD)
		lk_buf_add(&b, &code, sizeof(code));
	lk_buf_puts(&b, lk_buf_str(&t->path));
	if (name)
		lk_buf_printf(&b, "/%s", name);
	else if (!t->path.n)
		lk_buf_puts(&b, "/");
	rc = lk_helper_emit_marked(t->out, &mark, b.v, b.n);
	lk_vec_done(&b);
	return rc;
}

static int send_bound(struct lk_tree *t, enum lk_search_bound b)
{
	char mark = BOUND, bound = (char)b;

	return lk_helper_emit_marked(t->out, &mark, &bound, 1);
}

static void failed(struct lk_tree *t, const char *name, int rc)
{
	send_path(t, UNREAD, rc, name);
}

/* These show nothing that a program could have made to lock something. */
static bool is_of_kernel(const char *fstype)
{
	return lk_lockfile_matches("proc|sysfs|cgroup*|debugfs|tracefs|securityfs|devpts|bpf|pstore|configfs|efivarfs|"
				   "fusectl|mqueue|binfmt_misc|nsfs|selinuxfs",
				   fstype);
}

/* Is the directory on another file system, which is not to be entered? */
static int judge_mount(struct lk_tree *t, const char *name, const struct statx *st, bool *enter)
{
	struct run *r = t->arg;
	const struct lk_mount *m;

	if (!(st->stx_mask & STATX_MNT_ID) || st->stx_mnt_id == r->first_mount)
		return 0;
	m = lk_mounts_by_id(&r->mounts, (int)st->stx_mnt_id);
	if (m && is_of_kernel(m->fstype))
		*enter = false;
	else if (m && m->local == LK_YES && strcmp(m->fstype, "overlay") != 0)
		return 0;
	if (!*enter)
		return 0;
	*enter = false;
	return send_path(t, MOUNT, 0, name);
}

/* Non-zero ends the walk below this directory. */
static int check_bounds(struct lk_tree *t, bool *enter)
{
	struct run *r = t->arg;
	bool too_many = t->n_met > NAMES_MOST;

	if (too_many || (r->end_ms && t->n_met % 64 == 0 && lk_io_now_ms() > r->end_ms)) {
		send_bound(t, too_many ? LK_BOUND_NAMES : LK_BOUND_TIME);
		return 1;
	}
	if (!*enter || t->levels.n < DEPTH_MOST)
		return 0;
	*enter = false;
	r->too_deep = true;
	return 0;
}

static bool is_wanted(struct lk_tree *t, const char *name, unsigned mode)
{
	const struct lk_lockfile_kind *kind;
	size_t n = t->path.n;

	lk_buf_printf(&t->path, "/%s", name);
	kind = lk_lockfile_of(lk_buf_str(&t->path), mode);
	t->path.n = n;
	return kind && kind->means != LK_LOCKFILE_LIST && kind->means != LK_LOCKFILE_DATA;
}

static int visit(struct lk_tree *t, const char *name, const struct statx *st, bool *enter)
{
	int rc = check_bounds(t, enter);

	if (!rc && *enter)
		rc = judge_mount(t, name, st, enter);
	if (!rc && is_wanted(t, name, st->stx_mode))
		rc = send_path(t, FOUND, 0, name);
	return rc;
}

static int search_work(void *arg, size_t i, struct lk_helper_out *out)
{
	struct run *r = arg;
	struct lk_tree t = { .visit = visit, .failed = failed, .arg = r, .out = out };
	struct statx st;
	int rc;

	r->too_deep = false;
	r->first_mount = statx(AT_FDCWD, r->dirs[i], AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) == 0 ? st.stx_mnt_id : 0;
	rc = lk_tree_walk(&t, r->dirs[i], true);
	if (r->too_deep)
		send_bound(&t, LK_BOUND_DEPTH);
	if (rc < 0 && !t.n_met && rc != -ENOENT) {
		lk_buf_puts(&t.path, r->dirs[i]);
		send_path(&t, UNREAD, rc, NULL);
		lk_vec_done(&t.path);
	}
	return 0;
}

/* ---- here ---- */

static void add_gap(struct lk_search *s, struct lk_search_gap *gap, const char *path, size_t n, int code)
{
	if (!gap->n++) {
		gap->first = lk_arena_strndup(&s->arena, path, n);
		gap->code = code;
	}
}

static int search_take(void *arg, size_t i __attribute__((unused)), const char *data, size_t n)
{
	struct run *r = arg;
	struct lk_search *s = r->ret;
	char kind = data[0];
	int code = 0;

	data++;
	n--;
	if (kind == UNREAD) {
		if (n < sizeof(code))
			return -EBADMSG;
		memcpy(&code, data, sizeof(code));
		add_gap(s, &s->unread, data + sizeof(code), n - sizeof(code), code);
	} else if (kind == MOUNT) {
		add_gap(s, &s->mounts, data, n, 0);
	} else if (kind == BOUND) {
		if (n != 1 || data[0] < 0 || data[0] >= LK_N_BOUNDS)
			return -EBADMSG;
		s->bounds |= 1u << data[0];
	} else if (s->paths.n >= FOUND_MOST) {
		s->bounds |= 1u << LK_BOUND_FOUND;
	} else {
		*lk_vec_push(&s->paths) = lk_arena_strndup(&s->arena, data, n);
	}
	return 0;
}

static void search_gave_up(void *arg, size_t i)
{
	struct run *r = arg;

	add_gap(r->ret, &r->ret->unread, r->dirs[i], strlen(r->dirs[i]), -ETIMEDOUT);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A directory that is below another one that was asked for was seen twice. */
static void sort_paths(struct lk_search *s)
{
	size_t n = 0;

	if (s->paths.n)
		qsort(s->paths.v, s->paths.n, sizeof(*s->paths.v), compare_paths);
	for (size_t i = 0; i < s->paths.n; i++) {
		if (!n || strcmp(s->paths.v[n - 1], s->paths.v[i]) != 0)
			s->paths.v[n++] = s->paths.v[i];
	}
	s->paths.n = n;
}

int lk_search_run(const char *const *dirs, size_t n, uint32_t timeout_ms, struct lk_search *ret, struct lk_err *err)
{
	struct run r = { .dirs = dirs, .ret = ret, .end_ms = timeout_ms ? lk_io_now_ms() + timeout_ms : 0 };
	struct lk_helper_job job = {
		.n_items = n,
		.work = search_work,
		.take = search_take,
		.gave_up = search_gave_up,
		.arg = &r,
		.keep_fd = -1,
		.stall_ms = STALL_MS,
		.deadline_ms = r.end_ms ? r.end_ms + LATE_MS : 0,
	};
	struct lk_helper_result res;
	int fd = lk_procroot_own_mountinfo(), rc;

	*ret = (struct lk_search){ 0 };
	rc = fd < 0 ? fd : lk_mounts_add(&r.mounts, fd, 0, lk_procroot_own_ns("mnt"));
	if (!rc)
		rc = lk_helper_run(&job, &res);
	lk_mounts_done(&r.mounts);
	sort_paths(ret);
	return rc < 0 ? lk_err_set(err, rc, "cannot look for lock files: %s", strerror(-rc)) : 0;
}

bool lk_search_is_complete(const struct lk_search *s)
{
	return !s->unread.n && !s->bounds;
}

void lk_search_done(struct lk_search *s)
{
	lk_arena_done(&s->arena);
	lk_vec_done(&s->paths);
}
