/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User names, command lines and control groups, read in a helper. */
#include "source/host/procfacts.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libproc2/pids.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "base/io.h"
#include "source/host/guard.h"

#define STALL_MS 500
#define MAX_TEXT ((size_t)256 * 1024)
#define N_FIELDS 3

struct job {
	const struct lk_procroot *root;
	const struct lk_procfacts_who *who;
	unsigned needs;
	lk_procfacts_cb cb;
	void *arg;
	struct pids_info *info; /* in the child */
};

/* Entries are "ID:controllers:path"; a path may hold commas, so a comma only separates before "DIGITS:". */
static bool starts_entry(const char *s)
{
	if (!isdigit((unsigned char)*s))
		return false;
	while (isdigit((unsigned char)*s))
		s++;
	return *s == ':';
}

static size_t entry_len(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != '\n' && !(s[n] == ',' && starts_entry(s + n + 1)))
		n++;
	return n;
}

char *lk_procfacts_cgroup_path(const char *text)
{
	const char *best = NULL;
	size_t best_len = 0;

	for (const char *s = text; *s;) {
		size_t n = entry_len(s);
		const char *c1 = memchr(s, ':', n);
		const char *c2 = c1 ? memchr(c1 + 1, ':', n - (size_t)(c1 + 1 - s)) : NULL;
		bool unified = c2 && c2 == c1 + 1;
		bool systemd = c2 && (size_t)(c2 - c1) == strlen(":name=systemd") &&
			       strncmp(c1, ":name=systemd", 13) == 0;

		/* "/" says nothing: keep looking for a hierarchy that does. */
		if (c2 && (unified || systemd) && (!best || best_len <= 1)) {
			best = c2 + 1;
			best_len = n - (size_t)(c2 + 1 - s);
		}
		s += n + (s[n] != '\0');
	}
	return best ? lk_strndup(best, best_len) : NULL;
}

static void put_field(lk_buf *b, const char *s)
{
	uint32_t n = s ? (uint32_t)strnlen(s, MAX_TEXT) : UINT32_MAX;

	lk_buf_add(b, &n, sizeof(n));
	lk_buf_add(b, s, s ? n : 0);
}

static int send_facts(struct lk_helper_out *out, const char *user, const char *cmdline, const char *cgroup_text)
{
	lk_auto_mem char *cgroup = cgroup_text ? lk_procfacts_cgroup_path(cgroup_text) : NULL;
	lk_buf b = { 0 };
	int rc;

	put_field(&b, user);
	put_field(&b, cmdline);
	/* libproc2 leaves out the hierarchies in whose root a process is: that is an answer, too. */
	put_field(&b, cgroup_text && !cgroup ? "" : cgroup);
	rc = lk_helper_emit(out, b.v, b.n);
	lk_vec_done(&b);
	return rc;
}

/* libproc2 wants the list of items fixed; what is not asked for is replaced by a cheap one. */
static int open_libproc2(struct job *j)
{
	enum pids_item items[N_FIELDS] = {
		j->needs & LK_NEED_USER ? PIDS_ID_EUSER : PIDS_noop,
		j->needs & LK_NEED_CMDLINE ? PIDS_CMDLINE : PIDS_noop,
		j->needs & LK_NEED_CGROUP ? PIDS_CGROUP : PIDS_noop,
	};

	return j->info ? 0 : procps_pids_new(&j->info, items, N_FIELDS);
}

static int work_live(struct job *j, size_t i, struct lk_helper_out *out)
{
	unsigned pid = (unsigned)j->who[i].pid;
	struct pids_fetch *got;
	struct pids_stack *st;

	if (open_libproc2(j) < 0)
		return -EIO;
	got = procps_pids_select(j->info, &pid, 1, PIDS_SELECT_PID);
	if (!got || got->counts->total < 1)
		return 0;
	st = got->stacks[0];
	return send_facts(out, j->needs & LK_NEED_USER ? st->head[0].result.str : NULL,
			  j->needs & LK_NEED_CMDLINE ? st->head[1].result.str : NULL,
			  j->needs & LK_NEED_CGROUP ? st->head[2].result.str : NULL);
}

/* Reads a file of a process as text. The NUL bytes between arguments become blanks; other files have none. Heap; NULL: it cannot be
 * read. */
static char *read_text(const struct lk_procroot *root, int pid, const char *what)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, what);
	lk_buf b = { 0 };
	int rc = lk_io_read_at(root->fd, name.s, MAX_TEXT, &b);

	if (rc < 0 && rc != -EFBIG) {
		lk_vec_done(&b);
		return NULL;
	}
	while (b.n && !b.v[b.n - 1])
		b.n--;
	for (size_t i = 0; i < b.n; i++) {
		if (!b.v[i])
			b.v[i] = ' ';
	}
	return lk_buf_str(&b);
}

/* User names of a copied tree belong to another machine and are not looked up. */
static int work_tree(struct job *j, size_t i, struct lk_helper_out *out)
{
	const struct lk_procfacts_who *w = &j->who[i];
	bool names = (j->needs & LK_NEED_USER) && j->root->is_proc && w->uid >= 0;
	struct passwd *pw = names ? getpwuid((uid_t)w->uid) : NULL;
	lk_auto_mem char *cmdline = j->needs & LK_NEED_CMDLINE ? read_text(j->root, w->pid, "cmdline") : NULL;
	lk_auto_mem char *cgroup = j->needs & LK_NEED_CGROUP ? read_text(j->root, w->pid, "cgroup") : NULL;

	return send_facts(out, pw ? pw->pw_name : NULL, cmdline, cgroup);
}

static int work(void *arg, size_t i, struct lk_helper_out *out)
{
	struct job *j = arg;

	return j->root->is_default ? work_live(j, i, out) : work_tree(j, i, out);
}

static int take_field(const char **p, const char *end, char **ret)
{
	uint32_t n;

	if ((size_t)(end - *p) < sizeof(n))
		return -EBADMSG;
	memcpy(&n, *p, sizeof(n));
	*p += sizeof(n);
	if (n == UINT32_MAX)
		return 0;
	if ((size_t)(end - *p) < n)
		return -EBADMSG;
	*ret = lk_strndup(*p, n);
	*p += n;
	return 0;
}

int lk_procfacts_take(const char *data, size_t n, size_t i, lk_procfacts_cb cb, void *arg)
{
	lk_auto_mem char *user = NULL;
	lk_auto_mem char *cmdline = NULL;
	lk_auto_mem char *cgroup = NULL;
	const char *p = data;
	int rc = take_field(&p, data + n, &user);

	rc = rc < 0 ? rc : take_field(&p, data + n, &cmdline);
	rc = rc < 0 ? rc : take_field(&p, data + n, &cgroup);
	if (rc < 0)
		return rc;
	return cb(arg, i, &(struct lk_procfacts){ .user = user, .cmdline = cmdline, .cgroup = cgroup });
}

static int take(void *arg, size_t i, const char *data, size_t n)
{
	const struct job *j = arg;

	return lk_procfacts_take(data, n, i, j->cb, j->arg);
}

/* ---- user names alone: one look-up for each number, not for each process ---- */

struct user {
	uint32_t uid; /* must be first: the list is sorted and searched by it */
	char *name; /* owned; NULL: no answer */
};

struct users {
	struct user *v; /* by uid */
	size_t n;
};

static struct users collect_users(const struct lk_procfacts_who *who, size_t n)
{
	struct users u = { .v = lk_alloc(n, sizeof(*u.v)) };
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool again = u.n && who[i].uid == u.v[u.n - 1].uid;

		if (who[i].uid >= 0 && who[i].uid <= UINT32_MAX && !again)
			u.v[u.n++].uid = (uint32_t)who[i].uid;
	}
	qsort(u.v, u.n, sizeof(*u.v), lk_compare_u32);
	for (size_t i = 0; i < u.n; i++) {
		if (!kept || u.v[kept - 1].uid != u.v[i].uid)
			u.v[kept++] = u.v[i];
	}
	u.n = kept;
	return u;
}

/* As libproc2 does it, a user without a name is shown by number. */
static int name_user(void *arg, size_t i, struct lk_helper_out *out)
{
	const struct users *u = arg;
	struct passwd *pw = getpwuid(u->v[i].uid);
	char number[16];

	if (pw)
		return lk_helper_emit(out, pw->pw_name, strlen(pw->pw_name));
	snprintf(number, sizeof(number), "%" PRIu32, u->v[i].uid);
	return lk_helper_emit(out, number, strlen(number));
}

static int take_user(void *arg, size_t i, const char *data, size_t n)
{
	struct users *u = arg;

	free(u->v[i].name);
	u->v[i].name = lk_strndup(data, n);
	return 0;
}

static int give_users(const struct users *u, const struct lk_procfacts_who *who, size_t n, lk_procfacts_cb cb,
		      void *arg)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		uint32_t uid = (uint32_t)who[i].uid;
		const struct user *found = who[i].uid < 0 ? NULL
							  : bsearch(&uid, u->v, u->n, sizeof(*u->v), lk_compare_u32);

		if (found && found->name)
			rc = cb(arg, i, &(struct lk_procfacts){ .user = found->name });
	}
	return rc;
}

static int read_users(const struct lk_procroot *root, const struct lk_procfacts_who *who, size_t n, int64_t deadline_ms,
		      lk_procfacts_cb cb, void *arg, struct lk_helper_result *ret)
{
	struct users u = collect_users(who, n);
	struct lk_helper_job job = {
		.n_items = u.n,
		.work = name_user,
		.take = take_user,
		.arg = &u,
		.keep_fd = root->fd,
		.stall_ms = STALL_MS,
		.deadline_ms = deadline_ms,
	};
	int rc = lk_helper_run(&job, ret);

	rc = rc ? rc : give_users(&u, who, n, cb, arg);
	for (size_t i = 0; i < u.n; i++)
		free(u.v[i].name);
	free(u.v);
	return rc;
}

static struct lk_helper_about about_one(void *arg, size_t i)
{
	const struct job *j = arg;

	return lk_guard_about(j->root, j->who[i].pid);
}

int lk_procfacts_read(const struct lk_procroot *root, const struct lk_procfacts_who *who, size_t n, unsigned needs,
		      int64_t deadline_ms, lk_procfacts_cb cb, void *arg, struct lk_helper_result *ret)
{
	struct job j = { .root = root, .who = who, .needs = needs, .cb = cb, .arg = arg };
	struct lk_helper_job job = {
		.n_items = n,
		.work = work,
		.take = take,
		.about = about_one,
		.arg = &j,
		.keep_fd = root->fd,
		.stall_ms = STALL_MS,
		.deadline_ms = deadline_ms,
	};

	*ret = (struct lk_helper_result){ 0 };
	if (needs == LK_NEED_USER && root->is_default && n)
		return read_users(root, who, n, deadline_ms, cb, arg, ret);
	return n ? lk_helper_run(&job, ret) : 0;
}
