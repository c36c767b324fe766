/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the facts about one lock file. */
#include "lockfile/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "record/parse.h"
#include "source/host/helper.h"
#include "source/host/procroot.h"

#define SMALL_FILE ((size_t)64 * 1024)
#define STALL_MS 1000

/* What the helper sends: this, then the name of the process, then what is written in the file. */
struct answer {
	int rc; /* of opening it; other members are known if it is 0 */
	int64_t mtime_ms, ctime_ms, uid;
	int read_rc; /* of reading what is written in it; 1: nothing is */
	enum lk_tri alive;
	bool may_be_inner;
	int thread_of;
	int64_t process_uid;
	uint64_t start_ticks;
	size_t n_comm, n_text;
};

struct gather {
	const struct lk_evidence_request *req;
	struct lk_procroot root;
	struct lk_evidence *ret;
	struct answer a;
	lk_buf comm, text;
};

/* ---- in the helper ---- */

static int64_t to_ms(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Through the descriptor that is held by O_PATH, so that it is the same file; only its owner may use O_NOATIME. */
static int read_content(int path_fd, lk_buf *text)
{
	struct lk_proc_name name = lk_procroot_own_fd_name(path_fd);
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, rc;
	lk_auto_fd fd = lk_io_openat(AT_FDCWD, name.s, flags | O_NOATIME);

	if (fd == -EPERM)
		fd = lk_io_openat(AT_FDCWD, name.s, flags);
	if (fd < 0)
		return fd;
	rc = lk_io_read_fd(fd, LK_OWNER_MOST, text);
	return rc == -EFBIG ? 0 : rc;
}

static int read_text(const struct gather *g, int path_fd, const struct stat *st, lk_buf *text)
{
	if (g->req->kind->owner == LK_OWNER_NOT_WRITTEN)
		return 1;
	if (S_ISLNK(st->st_mode))
		return lk_io_readlink_at(path_fd, "", text);
	return S_ISREG(st->st_mode) ? read_content(path_fd, text) : -EINVAL;
}

struct inner {
	struct gather *g;
	int pid;
};

/* A process that has this number in its own pid namespace, or that does not say. */
static int look_inside(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	struct inner *i = arg;
	lk_buf text = { 0 };
	bool gone, inside;
	int pid, rc;

	if (lk_text_pid(name, strlen(name), &pid) < 0)
		return 0;
	rc = lk_io_read_at(i->g->root.fd, lk_procroot_task_name(pid, 0, "status").s, SMALL_FILE, &text);
	gone = rc == -ENOENT || rc == -ESRCH;
	inside = !rc && lk_parse_status_nspid(text.v, text.n) > 1 &&
		 lk_parse_status_inner_pid(text.v, text.n) == i->pid;
	i->g->a.may_be_inner = inside || (rc && !gone);
	lk_vec_done(&text);
	return i->g->a.may_be_inner;
}

/* The kernel answers for thread numbers as well, though /proc does not list them. */
static void look_at_process(struct gather *g, int pid)
{
	struct lk_proc_name stat = lk_procroot_task_name(pid, 0, "stat"),
			    status = lk_procroot_task_name(pid, 0, "status");
	lk_buf text = { 0 };
	struct lk_stat st;
	unsigned uid;
	int rc = lk_io_read_at(g->root.fd, stat.s, SMALL_FILE, &text);

	if (rc == -ENOENT || rc == -ESRCH)
		g->a.alive = LK_NO;
	if (!rc && lk_parse_stat(text.v, text.n, &st) == 0) {
		/* A zombie has ended and holds nothing any more, unless only its first thread has ended. */
		g->a.alive = lk_proc_is_over(&(struct lk_proc){ .state = st.state, .num_threads = st.num_threads })
				     ? LK_NO
				     : LK_YES;
		g->a.start_ticks = st.start_ticks;
		lk_buf_add(&g->comm, st.comm, st.comm_len);
	}
	text.n = 0;
	if (g->a.alive == LK_YES && lk_io_read_at(g->root.fd, status.s, SMALL_FILE, &text) == 0) {
		int group = lk_parse_status_tgid(text.v, text.n);

		g->a.thread_of = group != pid ? group : 0;
		g->a.process_uid = lk_parse_status_uid(text.v, text.n, &uid) == 0 ? (int64_t)uid : -1;
	}
	lk_vec_done(&text);
}

static int gather_work(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct gather *g = arg;
	const struct lk_fact_file *file = g->req->file;
	lk_auto_fd fd = lk_io_openat(AT_FDCWD, file->path, O_PATH | O_NOFOLLOW);
	struct lk_owner owner;
	lk_buf all = { 0 };
	struct stat st;
	int rc;

	g->a = (struct answer){ .rc = fd < 0               ? fd
				      : fstat(fd, &st) < 0 ? -errno
							   : 0,
				.alive = LK_UNKNOWN,
				.process_uid = -1 };
	if (!g->a.rc && file->has_stat &&
	    !lk_fact_file_has_numbers(file, st.st_ino, major(st.st_dev), minor(st.st_dev)))
		g->a.rc = -ESTALE;
	if (!g->a.rc) {
		g->a.mtime_ms = to_ms(st.st_mtim);
		g->a.ctime_ms = to_ms(st.st_ctim);
		g->a.uid = st.st_uid;
		g->a.read_rc = read_text(g, fd, &st, &g->text);
		if (lk_owner_parse(g->req->kind->owner, g->text.v, g->text.n, &owner) == 0 && owner.pid)
			look_at_process(g, owner.pid);
		if (owner.pid && lk_io_each_entry(g->root.fd, ".", look_inside, &(struct inner){ g, owner.pid }) < 0)
			g->a.may_be_inner = true;
		lk_owner_done(&owner);
	}
	g->a.n_comm = g->comm.n;
	g->a.n_text = g->text.n;
	lk_buf_add(&all, &g->a, sizeof(g->a));
	lk_buf_add(&all, g->comm.v, g->comm.n);
	lk_buf_add(&all, g->text.v, g->text.n);
	rc = lk_helper_emit(out, all.v, all.n);
	lk_vec_done(&all);
	return rc;
}

/* ---- here ---- */

static int gather_take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	struct gather *g = arg;

	if (n < sizeof(g->a))
		return -EBADMSG;
	memcpy(&g->a, data, sizeof(g->a));
	if (g->a.n_comm > n - sizeof(g->a) || g->a.n_text != n - sizeof(g->a) - g->a.n_comm)
		return -EBADMSG;
	lk_buf_add(&g->comm, data + sizeof(g->a), g->a.n_comm);
	lk_buf_add(&g->text, data + sizeof(g->a) + g->a.n_comm, g->a.n_text);
	return 0;
}

/* An open breaks a lease, whoever has it. */
static const char *why_not_opened(const struct lk_evidence_request *req)
{
	const struct lk_snapshot *s = req->snap;

	if (!s->host.live)
		return "only the machine it is on can read it";
	if (req->file->local != LK_YES)
		return "it may be on another machine, which is not asked";
	if (!lk_snapshot_proves(s, &req->file->key))
		return "there could be a lease on it, which an open would break";
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (lk_lock_is_on(l, req->file) != LK_NO &&
		    (l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG))
			return "there is a lease on it, which an open would break";
	}
	return NULL;
}

static int run_helper(struct gather *g)
{
	struct lk_helper_job job = { .n_items = 1,
				     .work = gather_work,
				     .take = gather_take,
				     .arg = g,
				     .keep_fd = g->root.fd,
				     .stall_ms = STALL_MS,
				     .deadline_ms = g->req->timeout_ms ? lk_io_now_ms() + g->req->timeout_ms : 0 };
	struct lk_helper_result res;
	int rc = lk_helper_run(&job, &res);

	return rc ? rc : res.n_done ? g->a.rc : -ETIMEDOUT;
}

static void keep(struct gather *g)
{
	struct lk_lockfile_facts *f = &g->ret->facts;
	const struct lk_fact_host *host = &g->req->snap->host;
	struct lk_arena *a = &g->ret->arena;

	f->mtime_ms = g->a.mtime_ms;
	f->ctime_ms = g->a.ctime_ms;
	f->uid = g->a.uid;
	f->read = g->a.read_rc == 0;
	f->why_not_read = g->a.read_rc < 0 ? lk_arena_printf(a, "it could not be read: %s", strerror(-g->a.read_rc))
					   : NULL;
	f->owner_rc = lk_owner_parse(f->kind->owner, g->text.v, g->text.n, &f->owner);
	f->alive = g->a.alive;
	f->may_be_inner = g->a.may_be_inner;
	f->thread_of = g->a.thread_of;
	f->process_uid = g->a.process_uid;
	f->comm = g->comm.n ? lk_arena_strndup(a, g->comm.v, g->comm.n) : NULL;
	if (f->boot_ms && g->a.start_ticks && host->ticks_per_second)
		f->started_ms = f->boot_ms + (int64_t)(g->a.start_ticks * 1000 / host->ticks_per_second);
}

static void read_it(const struct lk_evidence_request *req, struct lk_evidence *ret)
{
	struct gather g = { .req = req, .ret = ret };
	const char *why = why_not_opened(req);
	int rc = why ? 0 : lk_procroot_open(&g.root, NULL, NULL);

	if (!why && !rc) {
		rc = run_helper(&g);
		lk_procroot_done(&g.root);
	}
	if (why || rc)
		ret->facts.why_not_read =
			why ? why : lk_arena_printf(&ret->arena, "it could not be looked at: %s", strerror(-rc));
	else
		keep(&g);
	lk_vec_done(&g.comm);
	lk_vec_done(&g.text);
}

/* ---- who uses it, or what belongs to it ---- */

/* The name without what the pattern has around its first '*'. */
static char *stem_of(const struct lk_lockfile_kind *kind, const char *name)
{
	const char *star = strchr(kind->names, '*');
	size_t before = star ? (size_t)(star - kind->names) : 0, after = star ? strcspn(star + 1, "|") : 0,
	       n = strlen(name);

	return n > before + after ? lk_strndup(name + before, n - before - after) : lk_strdup(name);
}

struct look {
	const struct lk_evidence_request *req;
	struct lk_evidence *ret;
	LK_VEC(struct lk_fact_file) files; /* the lock file, then its companions; strings in the arena */
	bool missed; /* a companion may be there that could not be looked up */
};

static void add_companions(struct look *l)
{
	const struct lk_evidence_request *req = l->req;
	const char *slash = strrchr(req->file->path, '/');
	lk_auto_mem char *stem = stem_of(req->kind, slash + 1);

	for (const char *p = req->kind->companions; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");
		bool is_stem = n == 1 && *p == '%';
		lk_auto_mem char *path = lk_printf("%.*s/%.*s", (int)(slash - req->file->path), req->file->path,
						   is_stem ? (int)strlen(stem) : (int)n, is_stem ? stem : p);
		struct lk_err err = { 0 };
		struct lk_fact_file file;
		int rc;

		p += n;
		rc = lk_source_resolve(req->source, path, false, &file, &err);
		if (rc == 0) {
			file.path = lk_arena_strdup(&l->ret->arena, file.path ? file.path : path);
			file.fstype = lk_arena_strdup(&l->ret->arena, file.fstype);
			file.mount_point = NULL;
			*lk_vec_push(&l->files) = file;
		} else if (rc != -ENOENT && rc != -ENOTDIR) {
			l->missed = true;
		}
		lk_err_done(&err);
	}
}

static void find_kernel_locks(struct look *l)
{
	struct lk_lockfile_facts *f = &l->ret->facts;
	const struct lk_snapshot *s = l->req->snap;

	f->kernel_lock = l->missed ? LK_UNKNOWN : LK_NO;
	for (size_t k = 0; k < l->files.n; k++) {
		if (!lk_snapshot_proves(s, &l->files.v[k].key) && f->kernel_lock == LK_NO)
			f->kernel_lock = LK_UNKNOWN;
		for (size_t i = 0; i < s->n_locks; i++) {
			const struct lk_lock *lock = &s->locks[i];
			enum lk_tri on = lk_lock_is_on(lock, &l->files.v[k]);

			if (on == LK_UNKNOWN)
				f->kernel_lock = LK_UNKNOWN;
			if (lk_lock_is_waiting(lock) || on != LK_YES)
				continue;
			f->kernel_lock = LK_YES;
			f->lock_pid = lock->n_holders ? lock->pid : 0;
			f->lock_comm = lock->n_holders && lock->proc ? lk_arena_strdup(&l->ret->arena, lock->proc->comm)
								     : NULL;
			f->lock_what = l->files.v[k].path;
			f->lock_beside = k > 0;
			return;
		}
	}
}

/* The written owner first, then a program of the kind, then anybody. */
static int rank(const struct lk_lockfile_facts *f, const struct lk_use *u)
{
	if (f->owner.pid && u->pid == f->owner.pid)
		return 3;
	return u->comm && lk_lockfile_matches(f->kind->programs, u->comm) ? 2 : 1;
}

static void find_users(struct look *l)
{
	struct lk_lockfile_facts *f = &l->ret->facts;
	struct lk_uses_request req = { .files = l->files.v, .n_files = l->files.n, .timeout_ms = l->req->timeout_ms };
	struct lk_uses uses = { 0 };
	struct lk_err err = { 0 };
	int rc = lk_uses_find(l->req->source, &req, &uses, &err), best = 0;

	f->open = rc < 0 || l->missed || uses.n_unreadable || uses.hidden || uses.n_kernel_unknown ? LK_UNKNOWN : LK_NO;
	for (size_t i = 0; i < uses.v.n; i++) {
		const struct lk_use *u = &uses.v.v[i];

		if (!lk_use_words(u->kind)->by_process || u->below)
			continue;
		if (!u->certain && f->open == LK_NO)
			f->open = LK_UNKNOWN;
		if (!u->certain || rank(f, u) <= best)
			continue;
		/* To work in the directory of a lock tells something only of its own programs. */
		if (u->file && S_ISDIR(l->files.v[u->file].mode) && rank(f, u) < 2)
			continue;
		best = rank(f, u);
		f->open = LK_YES;
		f->open_pid = u->pid;
		f->open_comm = lk_arena_strdup(&l->ret->arena, u->comm);
		f->open_what = l->files.v[u->file].path;
		f->open_beside = u->file > 0;
		f->works_in = u->kind == LK_USE_CWD || u->kind == LK_USE_ROOT;
	}
	lk_uses_done(&uses);
	lk_err_done(&err);
}

void lk_evidence_gather(const struct lk_evidence_request *req, struct lk_evidence *ret)
{
	struct look l = { .req = req, .ret = ret };
	const struct lk_fact_host *host = &req->snap->host;
	const char *slash = strrchr(req->file->path, '/');
	struct lk_fact_file self = *req->file;

	*ret = (struct lk_evidence){ .facts = { .kind = req->kind,
						.name = slash ? slash + 1 : req->file->path,
						.uid = -1,
						.owner_rc = -ENODATA,
						.host = host->host,
						.boot_ms = host->boottime_ms ? host->time_unix_ms - host->boottime_ms
									     : 0,
						.pid_ns = lk_procroot_own_ns("pid"),
						.initial_pidns = host->initial_pidns,
						.alive = LK_UNKNOWN,
						.process_uid = -1,
						.open = LK_UNKNOWN,
						.kernel_lock = LK_UNKNOWN,
						.remote = req->file->local != LK_YES } };
	read_it(req, ret);
	*lk_vec_push(&l.files) = self;
	if (slash)
		add_companions(&l);
	find_kernel_locks(&l);
	if (!self.key.none)
		find_users(&l);
	lk_vec_done(&l.files);
}

void lk_evidence_done(struct lk_evidence *e)
{
	lk_owner_done(&e->facts.owner);
	lk_arena_done(&e->arena);
}
