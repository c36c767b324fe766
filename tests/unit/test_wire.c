/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts that go from one process to another arrive as they were. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/unread.h"
#include "source/wire.h"

/* A sink that writes down what it gets. */
static char said[4096];

static void say(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
}

static const char *or_null(const char *s)
{
	return s ? s : "NULL";
}

static int see_host(void *arg, const struct lk_fact_host *f)
{
	(void)arg;
	say("host %s %s %s %u\n", f->scanner, f->host, f->boot_id, f->euid);
	return 0;
}

static int see_lock(void *arg, const struct lk_fact_lock *f)
{
	(void)arg;
	say("lock %zu %d\n", f->line, (int)f->rec.pid);
	return 0;
}

static int see_fd(void *arg, const struct lk_fact_fd *f)
{
	(void)arg;
	say("fd %d %d %s %s %s\n", f->pid, f->fd, or_null(f->file->path), or_null(f->file->fstype),
	    or_null(f->file->mount_point));
	return 0;
}

static int see_waiter(void *arg, const struct lk_fact_waiter *f)
{
	(void)arg;
	say("waiter %d %s\n", f->tid, f->file ? f->file->path : "no file");
	return 0;
}

static int see_mount(void *arg, const struct lk_fact_mount *f)
{
	(void)arg;
	say("mount %u:%u %s %s\n", f->major, f->minor, f->fstype, f->mount_point);
	return 0;
}

static int see_proc(void *arg, const struct lk_fact_proc *f)
{
	(void)arg;
	say("proc %d %s %s %s %s\n", f->pid, or_null(f->comm), or_null(f->user), or_null(f->cmdline),
	    or_null(f->cgroup));
	return 0;
}

static int see_orphan(void *arg, const struct lk_fact_orphan *f)
{
	(void)arg;
	say("orphan %d\n", f->mapped_pid);
	return 0;
}

static int see_denied(void *arg, const struct lk_fact_denied *f)
{
	(void)arg;
	say("denied %s %d %s\n", lk_unread_word(f->what), f->code, f->text);
	return 0;
}

static int see_end(void *arg, const struct lk_fact_end *f)
{
	(void)arg;
	say("end %zu\n", f->n_procs);
	return 0;
}

static int see_proven(void *arg, const struct lk_fact_proven *f)
{
	(void)arg;
	say("proven %d\n", (int)f->key.ino);
	return 0;
}

static int see_unread(void *arg, const struct lk_fact_unread *f)
{
	(void)arg;
	say("unread %s %d %s\n", lk_unread_word(f->what), f->pid, or_null(f->comm));
	return 0;
}

static const struct lk_sink ear = { NULL,     see_host,   see_lock,   see_fd,  see_waiter, see_mount,
				    see_proc, see_orphan, see_denied, see_end, see_proven, see_unread };

static void speak(const struct lk_sink *s)
{
	struct lk_fact_file a = { .path = "/a b\n", .fstype = "ext4" }, b = { .path = "/b", .mount_point = "/" };

	s->host(s->arg, &(struct lk_fact_host){ .scanner = "x", .host = "h", .boot_id = "", .euid = 7 });
	s->lock(s->arg, &(struct lk_fact_lock){ .line = 1, .rec.pid = 5 });
	s->fd(s->arg, &(struct lk_fact_fd){ .pid = 1, .fd = 3, .file = &a });
	s->fd(s->arg, &(struct lk_fact_fd){ .pid = 2, .fd = 4, .file = &a });
	s->fd(s->arg, &(struct lk_fact_fd){ .pid = 3, .fd = 5, .file = &b });
	s->waiter(s->arg, &(struct lk_fact_waiter){ .tid = 8, .file = &b });
	s->waiter(s->arg, &(struct lk_fact_waiter){ .tid = 9 });
	s->mount(s->arg, &(struct lk_fact_mount){ .major = 8, .minor = 1, .fstype = "xfs", .mount_point = "/m" });
	s->proc(s->arg, &(struct lk_fact_proc){ .pid = 6, .comm = "c", .cmdline = "", .cgroup = "/g" });
	s->orphan(s->arg, &(struct lk_fact_orphan){ .mapped_pid = 4 });
	s->denied(s->arg, &(struct lk_fact_denied){ .what = LK_UNREAD_TORN, .code = -13, .text = "t" });
	s->unread(s->arg, &(struct lk_fact_unread){ .what = LK_UNREAD_FDINFO, .pid = 3, .comm = "x" });
	s->proven(s->arg, &(struct lk_fact_proven){ .key.ino = 11 });
	s->end(s->arg, &(struct lk_fact_end){ .n_procs = 12 });
}

/* What a sink says when it hears it directly. */
static void speak_directly(char *ret, size_t n)
{
	said[0] = '\0';
	speak(&ear);
	snprintf(ret, n, "%s", said);
	said[0] = '\0';
}

Test(wire, all_facts_arrive_in_chunks_of_any_size)
{
	const size_t rooms[] = { 1, 100, 300, 1 << 20 };
	char wanted[sizeof(said)];

	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		struct lk_wire_out out = { .room = rooms[i] };
		struct lk_wire_in in = { 0 };
		struct lk_sink mouth = lk_wire_sink(&out);
		const char *data;
		size_t n;

		speak_directly(wanted, sizeof(wanted));
		speak(&mouth);
		for (size_t k = 0; k <= out.cuts.n; k++) {
			n = lk_wire_chunk(&out, k, &data);
			cr_assert_eq(lk_wire_take(&in, data, n, &ear), 0);
		}
		cr_expect_str_eq(said, wanted);
		lk_wire_in_done(&in);
		lk_wire_out_done(&out);
	}
}

Test(wire, what_is_cut_or_damaged_is_refused)
{
	struct lk_wire_out out = { 0 };
	struct lk_sink mouth = lk_wire_sink(&out);
	const char *data;
	size_t n;

	speak(&mouth);
	n = lk_wire_chunk(&out, 0, &data);
	for (size_t cut = 1; cut < n; cut++) {
		struct lk_wire_in in = { 0 };

		cr_expect_eq(lk_wire_take(&in, data, cut, &ear), -EBADMSG, "cut at %zu", cut);
		lk_wire_in_done(&in);
	}
	/* No such kind of fact. */
	memset(out.bytes.v + sizeof(size_t), 0x7f, sizeof(int));
	cr_expect_eq(lk_wire_take(&(struct lk_wire_in){ 0 }, data, n, &ear), -EBADMSG);
	lk_wire_out_done(&out);
}

static int refuse_lock(void *arg, const struct lk_fact_lock *f)
{
	(void)arg;
	(void)f;
	return -ENOSPC;
}

Test(wire, a_failing_sink_ends_it)
{
	struct lk_wire_out out = { 0 };
	struct lk_sink mouth = lk_wire_sink(&out), deaf = ear;

	deaf.lock = refuse_lock;
	speak(&mouth);
	said[0] = '\0';
	cr_expect_eq(lk_wire_take(&(struct lk_wire_in){ 0 }, out.bytes.v, out.bytes.n, &deaf), -ENOSPC);
	cr_expect_null(strstr(said, "fd "));
	lk_wire_out_done(&out);
}
