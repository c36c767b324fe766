/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads lock files, and looks at the processes that are written in them, in a helper process. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "lockfile/evidence_private.h"
#include "model/build.h"
#include "record/parse.h"
#include "source/host/helper.h"
#include "source/host/unixsock.h"

#define SMALL_FILE ((size_t)64 * 1024)
#define STALL_MS 1000

/* So long after a scan its facts may not be true any more: what was locked since, or leased, must not be missed. */
#define OLD_MS 100

/* What the helper sends of a file; then what is written in it. */
struct file_answer {
	int rc; /* of opening it; other members are known if it is 0 */
	int64_t mtime_ms, ctime_ms, uid;
	uint64_t nlink;
	bool abstract; /* somebody listens on the socket without a file */
	int read_rc; /* of reading what is written in it; 1: nothing is */
};

/* What it sends of the process that is written there; then its name. */
struct process_answer {
	enum lk_tri alive;
	int thread_of;
	int64_t uid;
	uint64_t start_ticks;
};

/* ---- in the helper ---- */

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

/* The path was made by the kernel and has no links in it: if there is one now, somebody has put it there meanwhile. */
static int open_item(const struct lk_fact_file *file, struct stat *st)
{
	int fd = lk_io_open_no_links(AT_FDCWD, file->path, O_PATH | O_NOFOLLOW), rc = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, st) < 0)
		rc = -errno;
	else if (file->has_stat && !lk_fact_file_has_numbers(file, st->st_ino, major(st->st_dev), minor(st->st_dev)))
		rc = -ESTALE;
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/* Two names are of no form. */
static int add_entry(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	lk_buf *text = arg;
	bool second = text->n > 0;

	if (second)
		*lk_vec_push(text) = '\0';
	lk_buf_add(text, name, strlen(name));
	return second;
}

/* It was left by another if it is older than the lock file; when that was made is not known everywhere. */
static int read_companion(int path_fd, const struct lk_fact_file *file, lk_buf *text)
{
	struct stat st;
	struct statx stx;
	lk_auto_fd fd = file ? open_item(file, &st) : -ENOENT;

	if (fd < 0)
		return fd == -ENOENT ? 1 : fd;
	if (!S_ISREG(st.st_mode) || statx(path_fd, "", AT_EMPTY_PATH, STATX_BTIME, &stx) < 0 ||
	    !(stx.stx_mask & STATX_BTIME))
		return 1;
	if (lk_io_to_ms(st.st_mtim) < lk_io_to_ms(stx.stx_btime))
		return 1;
	return read_content(fd, text);
}

/* The file in which the owner stands, if that is not the lock file; NULL: it is not there. */
static const struct lk_fact_file *companion_of(const struct gather *g, size_t item)
{
	return g->first.v[item] + 1 < g->first.v[item + 1] ? &g->files.v[g->first.v[item] + 1] : NULL;
}

static int read_text(const struct gather *g, size_t item, int path_fd, const struct stat *st, lk_buf *text)
{
	const struct lk_lockfile_kind *kind = g->req->items[item].kind;
	int rc;

	if (kind->owner == LK_OWNER_NOT_WRITTEN)
		return 1;
	if (kind->owner_at == LK_OWNER_AT_COMPANION)
		return read_companion(path_fd, companion_of(g, item), text);
	if (kind->owner_at == LK_OWNER_AT_ENTRY) {
		rc = lk_io_each_entry(path_fd, ".", add_entry, text);
		return rc < 0 ? rc : 0;
	}
	if (S_ISLNK(st->st_mode))
		return lk_io_readlink_at(path_fd, "", text);
	return S_ISREG(st->st_mode) ? read_content(path_fd, text) : -EINVAL;
}

static int send_two(struct lk_helper_out *out, const void *head, size_t n_head, const lk_buf *rest)
{
	lk_buf all = { 0 };
	int rc;

	lk_buf_add(&all, head, n_head);
	lk_buf_add(&all, rest->v, rest->n);
	rc = lk_helper_emit(out, all.v, all.n);
	lk_vec_done(&all);
	return rc;
}

struct listener {
	char *name;
	bool found;
};

static int take_socket(void *arg, const struct lk_unixsock *s)
{
	struct listener *l = arg;

	l->found = l->found || (s->listens && s->abstract && strcmp(s->abstract, l->name) == 0);
	return 0;
}

/* In this network namespace; what cannot be asked has none. */
static bool has_abstract(const struct lk_evidence_item *item)
{
	lk_auto_mem char *name = lk_lockfile_abstract(item->kind, item->file->path);
	struct listener l = { .name = name };
	lk_auto_fd fd = name ? lk_unixsock_open() : -1;

	if (fd >= 0)
		lk_unixsock_each(fd, take_socket, &l);
	return l.found;
}

static int file_work(void *arg, size_t i, struct lk_helper_out *out)
{
	const struct gather *g = arg;
	const struct lk_evidence_item *item = &g->req->items[g->items.v[i]];
	struct stat st = { 0 };
	lk_auto_fd fd = open_item(item->file, &st);
	struct file_answer a = { .rc = fd < 0 ? fd : 0 };
	lk_buf text = { 0 };
	int rc;

	if (!a.rc) {
		a.mtime_ms = lk_io_to_ms(st.st_mtim);
		a.ctime_ms = lk_io_to_ms(st.st_ctim);
		a.uid = st.st_uid;
		a.nlink = st.st_nlink;
		a.abstract = has_abstract(item);
		a.read_rc = read_text(g, (size_t)g->items.v[i], fd, &st, &text);
	}
	rc = send_two(out, &a, sizeof(a), &text);
	lk_vec_done(&text);
	return rc;
}

/* The kernel answers for thread numbers as well, though /proc does not list them. */
static void look_at_process(const struct gather *g, int pid, struct process_answer *ret, lk_buf *comm)
{
	struct lk_proc_name stat = lk_procroot_task_name(pid, 0, "stat"),
			    status = lk_procroot_task_name(pid, 0, "status");
	lk_buf text = { 0 };
	struct lk_stat st;
	unsigned uid;
	int rc = lk_io_read_at(g->root.fd, stat.s, SMALL_FILE, &text);

	if (rc == -ENOENT || rc == -ESRCH)
		ret->alive = kill(pid, 0) < 0 && errno == ESRCH ? LK_NO : LK_UNKNOWN;
	if (!rc && lk_parse_stat(text.v, text.n, &st) == 0) {
		/* A zombie has ended and holds nothing any more, unless only its first thread has ended. */
		ret->alive = lk_proc_is_over(&(struct lk_proc){ .state = st.state, .num_threads = st.num_threads })
				     ? LK_NO
				     : LK_YES;
		ret->start_ticks = st.start_ticks;
		lk_buf_add(comm, st.comm, st.comm_len);
	}
	text.n = 0;
	if (ret->alive == LK_YES && lk_io_read_at(g->root.fd, status.s, SMALL_FILE, &text) == 0) {
		int group = lk_parse_status_tgid(text.v, text.n);

		ret->thread_of = group != pid ? group : 0;
		ret->uid = lk_parse_status_uid(text.v, text.n, &uid) == 0 ? (int64_t)uid : -1;
	}
	lk_vec_done(&text);
}

static int process_work(void *arg, size_t i, struct lk_helper_out *out)
{
	const struct gather *g = arg;
	struct process_answer a = { .alive = LK_UNKNOWN, .uid = -1 };
	lk_buf comm = { 0 };
	int rc;

	look_at_process(g, g->ret[g->items.v[i]].facts.owner.pid, &a, &comm);
	rc = send_two(out, &a, sizeof(a), &comm);
	lk_vec_done(&comm);
	return rc;
}

/* Sends the numbers that a process has in the pid namespaces it is in besides ours, or -1 if it does not say. */
static int send_inner(void *arg, int dirfd, const char *name)
{
	struct lk_helper_out *out = arg;
	lk_buf text = { 0 };
	lk_ints inner = { 0 };
	int pid, rc;
	bool gone;

	if (lk_text_pid(name, strlen(name), &pid) < 0)
		return 0;
	rc = lk_io_read_at(dirfd, lk_procroot_task_name(pid, 0, "status").s, SMALL_FILE, &text);
	gone = rc == -ENOENT || rc == -ESRCH;
	if (rc)
		*lk_vec_push(&inner) = -1;
	else
		lk_parse_status_inner_pids(text.v, text.n, &inner);
	/* An empty record is a sign of life. */
	rc = gone ? 0 : lk_helper_emit(out, inner.v, inner.n * sizeof(*inner.v));
	lk_vec_done(&text);
	lk_vec_done(&inner);
	return rc;
}

/* Process 1 always exists: where it cannot be seen, others are hidden too. */
static int inner_work(void *arg, size_t i __attribute__((unused)), struct lk_helper_out *out)
{
	const struct gather *g = arg;
	int rc = lk_io_each_entry(g->root.fd, ".", send_inner, out), unknown = -1;
	bool hidden = faccessat(g->root.fd, "1", F_OK, 0) < 0;

	return rc < 0 || hidden ? lk_helper_emit(out, &unknown, sizeof(unknown)) : 0;
}

/* ---- here ---- */

static bool is_own_address(const char *host)
{
	unsigned char want[sizeof(struct in6_addr)];
	int family = inet_pton(AF_INET, host, want) == 1 ? AF_INET : AF_INET6;
	struct ifaddrs *all;
	bool found = false;

	if ((family == AF_INET6 && inet_pton(AF_INET6, host, want) != 1) || getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next) {
		const void *s = a->ifa_addr;

		if (!s || a->ifa_addr->sa_family != family)
			continue;
		found = family == AF_INET
				? memcmp(&((const struct sockaddr_in *)s)->sin_addr, want, sizeof(struct in_addr)) == 0
				: memcmp(&((const struct sockaddr_in6 *)s)->sin6_addr, want, sizeof(want)) == 0;
	}
	freeifaddrs(all);
	return found;
}

static int file_take(void *arg, size_t i, const char *data, size_t n)
{
	struct gather *g = arg;
	struct lk_evidence *e = &g->ret[g->items.v[i]];
	struct lk_lockfile_facts *f = &e->facts;
	struct file_answer a;

	if (n < sizeof(a))
		return -EBADMSG;
	memcpy(&a, data, sizeof(a));
	if (a.rc) {
		f->why_not_read = lk_arena_printf(&e->arena, "it could not be looked at: %s", strerror(-a.rc));
		return 0;
	}
	f->now_ms = lk_io_wall_ms();
	f->mtime_ms = a.mtime_ms;
	f->ctime_ms = a.ctime_ms;
	f->uid = a.uid;
	f->nlink = a.nlink;
	f->abstract = a.abstract ? f->kind->abstract : NULL;
	f->read = a.read_rc == 0;
	f->why_not_read = a.read_rc < 0 ? lk_arena_printf(&e->arena, "it could not be read: %s", strerror(-a.read_rc))
					: NULL;
	f->owner_rc = lk_owner_parse(f->kind->owner, data + sizeof(a), n - sizeof(a), &f->owner);
	if (f->read && f->kind->owner_at == LK_OWNER_AT_CONTENT) {
		e->n_text = n - sizeof(a);
		e->text = lk_arena_memdup(&e->arena, data + sizeof(a), e->n_text);
	}
	f->own_address = f->owner.host && is_own_address(f->owner.host);
	return 0;
}

static void file_gave_up(void *arg, size_t i)
{
	struct gather *g = arg;

	g->ret[g->items.v[i]].facts.why_not_read = "it could not be looked at: its file system does not answer";
}

static int process_take(void *arg, size_t i, const char *data, size_t n)
{
	struct gather *g = arg;
	struct lk_evidence *e = &g->ret[g->items.v[i]];
	struct lk_lockfile_facts *f = &e->facts;
	unsigned hz = g->snap->host.ticks_per_second;
	struct process_answer a;

	if (n < sizeof(a))
		return -EBADMSG;
	memcpy(&a, data, sizeof(a));
	f->alive = a.alive;
	f->thread_of = a.thread_of;
	f->process_uid = a.uid;
	f->comm = n > sizeof(a) ? lk_arena_strndup(&e->arena, data + sizeof(a), n - sizeof(a)) : NULL;
	if (f->boot_ms && a.start_ticks && hz)
		f->started_ms = f->boot_ms + (int64_t)(a.start_ticks * 1000 / hz);
	return 0;
}

static int inner_take(void *arg, size_t i __attribute__((unused)), const char *data, size_t n)
{
	struct gather *g = arg;

	if (n % sizeof(int))
		return -EBADMSG;
	for (size_t at = 0; at < n; at += sizeof(int)) {
		int pid;

		memcpy(&pid, data + at, sizeof(pid));
		g->inner_unknown = g->inner_unknown || pid < 0;
		if (pid > 0)
			*lk_vec_push(&g->inner) = pid;
	}
	return 0;
}

static void inner_gave_up(void *arg, size_t i __attribute__((unused)))
{
	((struct gather *)arg)->inner_unknown = true;
}

static void run_helper(struct gather *g, struct lk_helper_job job)
{
	struct lk_helper_result res;

	job.arg = g;
	job.keep_fd = g->root.fd;
	job.stall_ms = STALL_MS;
	job.deadline_ms = g->req->timeout_ms ? lk_io_now_ms() + g->req->timeout_ms : 0;
	lk_helper_run(&job, &res);
}

/* An open breaks a lease, whoever has it; only what is written in a regular file has to be opened. */
static const char *why_not_read(const struct gather *g, size_t at)
{
	const struct lk_snapshot *s = g->snap;
	const struct lk_evidence_item *item = &g->req->items[at];
	const struct lk_fact_file *file = item->file;

	if (item->kind->owner_at == LK_OWNER_AT_COMPANION && companion_of(g, at))
		file = companion_of(g, at);
	if (!s->host.live)
		return "only the machine it is on can read it";
	if (file->local != LK_YES)
		return "it may be on another machine, which is not asked";
	if (!S_ISREG(file->mode) || item->kind->owner == LK_OWNER_NOT_WRITTEN)
		return NULL;
	if (!lk_snapshot_proves(s, &file->key))
		return "there could be a lease on it, which an open would break";
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (lk_lock_is_on(l, file) != LK_NO && (l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG))
			return "there is a lease on it, which an open would break";
	}
	return NULL;
}

static void look_again(struct gather *g)
{
	struct lk_request req = { .timeout_ms = g->req->timeout_ms };
	struct lk_snapshot *snap;
	struct lk_err err = { 0 };

	if (lk_snapshot_take(g->req->source, &req, &snap, &err) == 0) {
		if (g->own)
			lk_snapshot_free(g->own);
		g->own = snap;
		g->snap = snap;
	}
	lk_err_done(&err);
}

static bool is_old(const struct lk_snapshot *s)
{
	int64_t age = lk_io_wall_ms() - s->host.time_unix_ms;

	return s->host.live && (age < 0 || age > OLD_MS + (int64_t)s->end.scan_ms);
}

/* Is a file younger than the snapshot? Then its locks are not in it. */
static bool is_outdated(const struct gather *g)
{
	for (size_t i = 0; i < g->req->n_items; i++) {
		if (g->ret[i].facts.ctime_ms > g->snap->host.time_unix_ms)
			return true;
	}
	return false;
}

void lk_evidence_read_files(struct gather *g)
{
	if (is_old(g->snap))
		look_again(g);
	for (size_t i = 0; i < g->req->n_items; i++) {
		g->ret[i].facts.why_not_read = why_not_read(g, i);
		if (!g->ret[i].facts.why_not_read)
			*lk_vec_push(&g->items) = (int)i;
	}
	run_helper(g, (struct lk_helper_job){
			      .n_items = g->items.n, .work = file_work, .take = file_take, .gave_up = file_gave_up });
	if (is_outdated(g))
		look_again(g);
}

/* The list of inner numbers is made after the files were read: whoever wrote into one of them is in it, if he still exists. */
void lk_evidence_look_at_processes(struct gather *g)
{
	g->items.n = 0;
	for (size_t i = 0; i < g->req->n_items; i++) {
		if (g->ret[i].facts.owner.pid)
			*lk_vec_push(&g->items) = (int)i;
	}
	if (!g->items.n)
		return;
	run_helper(g, (struct lk_helper_job){ .n_items = g->items.n, .work = process_work, .take = process_take });
	run_helper(g, (struct lk_helper_job){
			      .n_items = 1, .work = inner_work, .take = inner_take, .gave_up = inner_gave_up });
	lk_ints_sort(&g->inner);
	for (size_t i = 0; i < g->items.n; i++) {
		struct lk_lockfile_facts *f = &g->ret[g->items.v[i]].facts;

		f->may_be_inner = g->inner_unknown || lk_ints_has(&g->inner, f->owner.pid);
	}
}

/* ---- again ---- */

struct again_answer {
	int rc; /* as of file_answer */
	int64_t mtime_ms, ctime_ms;
};

static int again_work(void *arg, size_t i, struct lk_helper_out *out)
{
	const struct gather *g = arg;
	struct stat st;
	int fd = open_item(g->req->items[g->items.v[i]].file, &st);
	struct again_answer a = { .rc = fd < 0 ? fd : 0 };

	if (fd >= 0) {
		a.mtime_ms = lk_io_to_ms(st.st_mtim);
		a.ctime_ms = lk_io_to_ms(st.st_ctim);
		close(fd);
	}
	return lk_helper_emit(out, &a, sizeof(a));
}

static void forget(struct gather *g, size_t i)
{
	struct lk_lockfile_facts *f = &g->ret[g->items.v[i]].facts;

	f->read = false;
	f->why_not_read = "it was changed while it was looked at, or could not be looked at again";
}

static int again_take(void *arg, size_t i, const char *data, size_t n)
{
	struct gather *g = arg;
	const struct lk_lockfile_facts *f = &g->ret[g->items.v[i]].facts;
	struct again_answer a;

	if (n != sizeof(a))
		return -EBADMSG;
	memcpy(&a, data, sizeof(a));
	if (a.rc || a.mtime_ms != f->mtime_ms || a.ctime_ms != f->ctime_ms)
		forget(g, i);
	return 0;
}

static void again_gave_up(void *arg, size_t i)
{
	forget(arg, i);
}

void lk_evidence_look_again(struct gather *g)
{
	g->items.n = 0;
	for (size_t i = 0; i < g->req->n_items; i++) {
		if (g->ret[i].facts.read)
			*lk_vec_push(&g->items) = (int)i;
	}
	if (g->items.n)
		run_helper(g, (struct lk_helper_job){ .n_items = g->items.n,
						      .work = again_work,
						      .take = again_take,
						      .gave_up = again_gave_up });
}
