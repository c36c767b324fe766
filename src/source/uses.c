/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses of files: the words for each kind, and the list of uses that were found. */
#include "source/uses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ints.h"

const struct lk_use_words *lk_use_words(enum lk_use_kind kind)
{
	static const struct lk_use_words words[LK_N_USE_KINDS] = {
#define IN_PROCESSES "process", "processes", true
#define BY_KERNEL(one, many) one, many, false
		[LK_USE_OPEN] = { "open", "open in", IN_PROCESSES, "has ", " open" },
		[LK_USE_PATH] = { "path", "open as a path only in", IN_PROCESSES, "has ", " open as a path" },
		[LK_USE_MAPPED] = { "mapped", "mapped by", IN_PROCESSES, "has ", " mapped into its memory" },
		[LK_USE_RUNNING] = { "running", "being run by", IN_PROCESSES, "runs ", " as its program" },
		[LK_USE_CWD] = { "cwd", "working directory of", IN_PROCESSES, "has ", " as its working directory" },
		[LK_USE_ROOT] = { "root", "root directory of", IN_PROCESSES, "has ", " as its root directory" },
		[LK_USE_LOOP] = { "loop", "behind", BY_KERNEL("loop device", "loop devices"), "it is behind ", "" },
		[LK_USE_SWAP] = { "swap", "swapped to by the kernel", BY_KERNEL(NULL, NULL), "the kernel swaps to it",
				  "" },
		[LK_USE_MOUNT] = { "mount", "mounted at", BY_KERNEL("place", "places"), "it is mounted at ", "" },
		[LK_USE_LISTENING] = { "listening", "listened on by", IN_PROCESSES, "listens on ", "" },
		[LK_USE_BOUND] = { "bound", "bound to a socket of", IN_PROCESSES, "has a socket bound to ", "" },
		[LK_USE_CONNECTED] = { "connected", "connections through it in", IN_PROCESSES,
				       "has a connection through ", "" },
		[LK_USE_HOLDER] = { "holder", "part of", BY_KERNEL("device", "devices"), "it is part of ", "" },
		[LK_USE_BACKING] = { "backing", "attached to the file", BY_KERNEL(NULL, NULL),
				     "it is a loop device attached to ", "" },
		[LK_USE_OVERLAY] = { "overlay", "shown by an overlay as", BY_KERNEL(NULL, NULL),
				     "an overlay shows it as ", "" },
#undef IN_PROCESSES
#undef BY_KERNEL
	};

	return &words[kind];
}

int lk_uses_find(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err)
{
	*ret = (struct lk_uses){ 0 };
	if (!s->ops->uses)
		return lk_err_set(err, -EOPNOTSUPP, "who uses a file can only be found out on the live machine");
	return s->ops->uses(s, req, ret, err);
}

void lk_uses_done(struct lk_uses *u)
{
	lk_arena_done(&u->arena);
	lk_vec_done(&u->v);
	lk_vec_done(&u->unread);
}

bool lk_use_is_proven(const struct lk_use *u)
{
	return u->certain && !u->locked;
}

static bool is_refused(const struct lk_fact_unread *unread)
{
	return unread->code == -EACCES || unread->code == -EPERM;
}

/* An ordinary user may read hardly any process of other users: neither their number nor their names help. */
static bool only_root_may(const struct lk_uses *u)
{
	if (!geteuid() || u->n_unreadable < 2 || !u->unread.n)
		return false;
	for (size_t i = 0; i < u->unread.n; i++) {
		if (!is_refused(&u->unread.v[i]))
			return false;
	}
	return true;
}

void lk_uses_put_unread(lk_buf *b, const struct lk_uses *u, bool names)
{
	if (only_root_may(u)) {
		lk_buf_puts(b, "processes that only root may look into could not be asked whether they use it");
	} else if (u->n_unreadable == 1 && u->unread.n == 1) {
		lk_unread_put_one(b, u->unread.v);
		lk_buf_printf(b, " could not be asked whether it uses it (%s)", lk_unread_why(u->unread.v[0].code));
	} else {
		lk_buf_printf(b, "%zu of %zu processes could not be asked whether they use it", u->n_unreadable,
			      u->n_procs);
		if (!names || !u->unread.n)
			return;
		lk_buf_puts(b, ": ");
		lk_unread_put(b, u->unread.v, u->unread.n, u->n_unreadable);
	}
}

const char *lk_uses_doubt(const struct lk_uses *u, size_t i)
{
	if (u->hidden && i-- == 0)
		return "processes that are hidden from here (hidepid, another pid namespace) may use it";
	if (u->n_kernel_unknown && i == 0)
		return "whether the kernel uses it itself (loop device, swap, mount, socket) could not be found out";
	return NULL;
}

/* Drops one refused process from a full list to make room for one that did not answer. */
static void make_room(lk_unread_list *list)
{
	for (size_t i = list->n; list->n >= LK_UNREAD_MAX && i > 0; i--) {
		if (!is_refused(&list->v[i - 1]))
			continue;
		list->v[i - 1] = list->v[list->n - 1];
		list->n--;
	}
}

void lk_uses_add_unread(struct lk_uses *u, const struct lk_fact_unread *unread)
{
	u->n_unreadable++;
	if (!is_refused(unread)) {
		u->n_unanswered++;
		make_room(&u->unread);
	}
	lk_unread_add(&u->unread, &u->arena, unread);
}

void lk_uses_clear_unread(struct lk_uses *u)
{
	u->n_unreadable = u->n_unanswered = u->unread.n = 0;
}

struct lk_uses lk_uses_unread_part(const struct lk_uses *u, bool unanswered)
{
	struct lk_uses part = *u;
	size_t n = u->n_unanswered < u->unread.n ? u->n_unanswered : u->unread.n;

	part.n_unreadable = unanswered ? u->n_unanswered : u->n_unreadable - u->n_unanswered;
	part.unread.v += unanswered ? 0 : n;
	part.unread.n = unanswered ? n : u->unread.n - n;
	return part;
}

void lk_uses_add(struct lk_uses *u, const struct lk_use *use)
{
	struct lk_use *slot = lk_vec_push(&u->v);

	*slot = *use;
	slot->comm = lk_arena_strdup(&u->arena, use->comm);
	slot->what = lk_arena_strdup(&u->arena, use->what);
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_uses(const void *a, const void *b)
{
	const struct lk_use *x = a, *y = b;
	int d = lk_compare(x->file, y->file);

	d = d ? d : lk_compare(x->below, y->below);
	d = d ? d : lk_compare(x->kind, y->kind);
	d = d ? d : lk_compare(x->pid, y->pid);
	d = d ? d : lk_compare(x->fd, y->fd);
	return d ? d : compare_text(x->what, y->what);
}

static bool is_same_socket(const struct lk_use *a, const struct lk_use *b)
{
	return a->file == b->file && a->kind == b->kind && a->below == b->below && compare_text(a->what, b->what) == 0;
}

/* A socket without a process that is in the list with a process too. Uses without a process come first within their kind. */
static bool is_found(const struct lk_uses *u, size_t i)
{
	const struct lk_use *use = &u->v.v[i];

	if (use->pid > 0 || !lk_use_words(use->kind)->by_process)
		return false;
	for (size_t k = i + 1; k < u->v.n && u->v.v[k].kind == use->kind; k++) {
		if (u->v.v[k].pid > 0 && is_same_socket(&u->v.v[k], use))
			return true;
	}
	return false;
}

/* The program that a process runs is not listed as mapped besides. */
static bool is_run(const struct lk_uses *u, size_t i)
{
	const struct lk_use *use = &u->v.v[i];

	if (use->kind != LK_USE_MAPPED || use->below)
		return false;
	for (size_t k = i + 1; k < u->v.n && u->v.v[k].kind <= LK_USE_RUNNING && u->v.v[k].file == use->file; k++) {
		if (u->v.v[k].kind == LK_USE_RUNNING && u->v.v[k].pid == use->pid && !u->v.v[k].below)
			return true;
	}
	return false;
}

static int compare_unread(const void *a, const void *b)
{
	const struct lk_fact_unread *x = a, *y = b;
	int d = is_refused(x) - is_refused(y);

	return d ? d : lk_compare(x->pid, y->pid);
}

void lk_uses_finish(struct lk_uses *u)
{
	size_t n = 0;

	if (u->unread.n)
		qsort(u->unread.v, u->unread.n, sizeof(*u->unread.v), compare_unread);
	if (u->v.n)
		qsort(u->v.v, u->v.n, sizeof(*u->v.v), compare_uses);
	for (size_t i = 0; i < u->v.n; i++) {
		if (n && compare_uses(&u->v.v[n - 1], &u->v.v[i]) == 0)
			continue;
		if (is_found(u, i) || is_run(u, i))
			continue;
		u->v.v[n++] = u->v.v[i];
	}
	u->v.n = n;
}
