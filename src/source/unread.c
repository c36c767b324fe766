/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be read: the table of words and sentences, and processes by name. */
#include "source/unread.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

#define PROCESSES "process", "processes"
#define LINES "line", "lines"
#define FILES "file", "files"
#define NOT_COUNTED NULL, NULL
#define HIDES true
#define HIDES_NOT false

/* In a text @ stands for the subject, % for the reason, + for lk_unread_count.more. */
static const struct kind {
	const char *word;
	bool hides_locks;
	const char *one, *many; /* of what is counted; NULL: nothing is */
	const char *text;
} kinds[] = {
	[LK_UNREAD_OTHER] = { "other", HIDES, NOT_COUNTED, "not everything could be read (%)" },
	[LK_UNREAD_FDINFO] = { "fdinfo", HIDES, PROCESSES, "@ could not be read (%)+" },
	[LK_UNREAD_BAD_FDINFO] = { "bad fdinfo line", HIDES, "lock line", "lock lines",
				   "@ of descriptors could not be understood" },
	[LK_UNREAD_HIDDEN] = { "hidden", HIDES, NOT_COUNTED,
			       "other users' processes are hidden here (/proc is mounted with hidepid)+" },
	[LK_UNREAD_PROCESSES] = { "processes", HIDES, NOT_COUNTED, "processes: not everything could be read (%)" },
	[LK_UNREAD_THREADS] = { "threads", HIDES, NOT_COUNTED, "threads: not everything could be read (%)" },
	[LK_UNREAD_SYSCALL] = { "syscall", HIDES_NOT, PROCESSES,
				"the blocked calls of @ could not be read (%): some waiters are known by their "
				"recorded number only" },
	[LK_UNREAD_MAPS] = { "maps", HIDES_NOT, PROCESSES,
			     "the memory map of @ could not be read (%): it may keep a lock whose holder is not known" },
	[LK_UNREAD_DETAILS] = { "process details", HIDES_NOT, NOT_COUNTED,
				"user names, command lines or control groups of some processes could not be read: "
				"asking failed or took too long" },
	[LK_UNREAD_MOUNTS] = { "mount table", HIDES_NOT, NOT_COUNTED, "mount table: not everything could be read (%)" },
	[LK_UNREAD_MOUNTS_OF] = { "mount table", HIDES_NOT, PROCESSES,
				  "the mount table of @ takes too long to read: where its files are is not known" },
	[LK_UNREAD_NAME] = { "file name", HIDES_NOT, NOT_COUNTED,
			     "some file names could not be looked up (it failed or took too long): whether they were "
			     "deleted or replaced is not known" },
	[LK_UNREAD_LOCKS] = { "locks", HIDES, NOT_COUNTED,
			      "this /proc has no readable lock list: only locks that show in the descriptors of "
			      "readable processes are listed" },
	[LK_UNREAD_BAD_LINE] = { "bad line", HIDES, LINES, "@ of the lock list could not be understood" },
	[LK_UNREAD_NESTED] = { "nested waiters", HIDES, NOT_COUNTED,
			       "kernels before Linux 5.13 do not list requests that wait behind another request: "
			       "there may be more than are shown" },
	[LK_UNREAD_UNSTABLE] = { "unstable", HIDES, NOT_COUNTED,
				 "the lock list kept changing while it was read: a lock may be missing" },
	[LK_UNREAD_UNLISTED] = { "unlisted", HIDES, NOT_COUNTED,
				 "locks that no descriptor leads to (kept by a mapping, on their way through a socket, "
				 "or by the kernel) may be missing+: --exact looks for them" },
	[LK_UNREAD_TORN] = { "torn", HIDES, FILES,
			     "the locks of @ changed so fast that they could not be read: try again" },
	[LK_UNREAD_CHANGING] = { "changing", HIDES, FILES,
				 "the locks of @ kept changing while they were read: one may be missing" },
	[LK_UNREAD_TIMEOUT] = { "timeout", HIDES, NOT_COUNTED,
				"the time for the scan was up before everything was read: give it more with "
				"--scan-timeout" },
	[LK_UNREAD_PID_NAMESPACE] = { "pid_namespace", HIDES, NOT_COUNTED,
				      "this is not known to be the initial pid namespace: locks held from outside of it "
				      "may be missing" },
	[LK_UNREAD_RELATIONS] = { "relations", HIDES_NOT, FILES,
				  "there are too many locks and requests on @ to list everything that is in the way of "
				  "each: a deadlock may be missed" },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct kind *kind_of(enum lk_unread_what what)
{
	return &kinds[(size_t)what < N_KINDS ? what : LK_UNREAD_OTHER];
}

const char *lk_unread_word(enum lk_unread_what what)
{
	return kind_of(what)->word;
}

bool lk_unread_hides_locks(enum lk_unread_what what)
{
	return kind_of(what)->hides_locks;
}

enum lk_unread_what lk_unread_find(const char *word, size_t n)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strlen(kinds[i].word) == n && memcmp(kinds[i].word, word, n) == 0)
			return (enum lk_unread_what)i;
	}
	return LK_UNREAD_OTHER;
}

static void put_subject(lk_buf *b, const struct kind *k, const struct lk_unread_count *c)
{
	if (c->subject)
		lk_buf_puts(b, c->subject);
	else if (c->of)
		lk_buf_printf(b, "%zu of %zu %s", c->n, c->of, k->many);
	else
		lk_buf_printf(b, "%zu %s", c->n, c->n == 1 ? k->one : k->many);
}

const char *lk_unread_text(enum lk_unread_what what, const struct lk_unread_count *c, struct lk_arena *a)
{
	const struct kind *k = kind_of(what);
	const char *text;
	lk_buf b = { 0 };

	for (const char *s = k->text; *s; s++) {
		if (*s == '@')
			put_subject(&b, k, c);
		else if (*s == '%')
			lk_buf_puts(&b, lk_unread_why(c->code));
		else if (*s == '+')
			lk_buf_puts(&b, c->more ? c->more : "");
		else
			lk_buf_add(&b, s, 1);
	}
	text = lk_arena_strndup(a, b.v, b.n);
	lk_vec_done(&b);
	return text;
}

void lk_unread_add(lk_unread_list *list, struct lk_arena *a, const struct lk_fact_unread *u)
{
	struct lk_fact_unread *slot;

	if (list->n >= LK_UNREAD_MAX)
		return;
	slot = lk_vec_push(list);
	*slot = *u;
	slot->comm = lk_arena_strdup(a, u->comm);
}

const char *lk_unread_comm(const struct lk_procroot *root, int pid, struct lk_arena *a)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "comm");
	const char *comm = NULL;
	lk_buf b = { 0 };

	if (lk_io_read_at(root->fd, name.s, 256, &b) == 0 && b.n)
		comm = lk_arena_strndup(a, b.v, b.n - (b.v[b.n - 1] == '\n'));
	lk_vec_done(&b);
	return comm;
}

/* Control characters become '?' in the sentence; the exact bytes are in the fact. */
static void put_comm(lk_buf *b, const char *comm)
{
	size_t at = b->n;

	lk_buf_printf(b, " (%s)", comm ? comm : "?");
	for (; at < b->n; at++) {
		if ((unsigned char)b->v[at] < ' ' || b->v[at] == '\x7f')
			b->v[at] = '?';
	}
}

const char *lk_unread_why(int code)
{
	return code == -ETIMEDOUT ? "it does not answer" : strerror(-code);
}

void lk_unread_put_one(lk_buf *b, const struct lk_fact_unread *u)
{
	lk_buf_printf(b, "process %d", u->pid);
	put_comm(b, u->comm);
}

void lk_unread_put(lk_buf *b, const struct lk_fact_unread *u, size_t n, size_t count)
{
	for (size_t i = 0; i < n; i++) {
		lk_buf_printf(b, "%s%d", i ? ", " : "", u[i].pid);
		put_comm(b, u[i].comm);
		if (u[i].code)
			lk_buf_printf(b, ": %s", lk_unread_why(u[i].code));
	}
	if (count > n)
		lk_buf_printf(b, "%s%zu more", n ? ", and " : "", count - n);
}
