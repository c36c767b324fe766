/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts that go from one process to another arrive as they were. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/host/wire.h"
#include "source/unread.h"

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

static int see(void *arg, const struct lk_fact *fact)
{
	const struct lk_fact f = *fact;

	(void)arg;
	switch (f.kind) {
	case LK_FACT_HOST:
		say("host %s %s %s %u\n", f.host->scanner, f.host->host, f.host->boot_id, f.host->euid);
		break;
	case LK_FACT_LOCK:
		say("lock %zu %d\n", f.lock->line, (int)f.lock->rec.pid);
		break;
	case LK_FACT_FD:
		say("fd %d %d %s %s %s\n", f.fd->pid, f.fd->fd, or_null(f.fd->file->path), or_null(f.fd->file->fstype),
		    or_null(f.fd->file->mount_point));
		break;
	case LK_FACT_WAITER:
		say("waiter %d %s\n", f.waiter->tid, f.waiter->file ? f.waiter->file->path : "no file");
		break;
	case LK_FACT_MOUNT:
		say("mount %u:%u %s %s\n", f.mount->major, f.mount->minor, f.mount->fstype, f.mount->mount_point);
		break;
	case LK_FACT_PROC:
		say("proc %d %s %s %s %s\n", f.proc->pid, or_null(f.proc->comm), or_null(f.proc->user),
		    or_null(f.proc->cmdline), or_null(f.proc->cgroup));
		break;
	case LK_FACT_ORPHAN:
		say("orphan %d\n", f.orphan->mapped_pid);
		break;
	case LK_FACT_DENIED:
		say("denied %s %d %s\n", lk_unread_word(f.denied->what), f.denied->code, f.denied->text);
		break;
	case LK_FACT_UNREAD:
		say("unread %s %d %s\n", lk_unread_word(f.unread->what), f.unread->pid, or_null(f.unread->comm));
		break;
	case LK_FACT_PROVEN:
		say("proven %d\n", (int)f.proven->key.ino);
		break;
	default:
		say("end %zu\n", f.end->n_procs);
	}
	return 0;
}

static const struct lk_sink ear = { NULL, see };

static void speak(const struct lk_sink *s)
{
	struct lk_fact_file a = { .path = "/a b\n", .fstype = "ext4" }, b = { .path = "/b", .mount_point = "/" };

	lk_sink_host(s, &(struct lk_fact_host){ .scanner = "x", .host = "h", .boot_id = "", .euid = 7 });
	lk_sink_lock(s, &(struct lk_fact_lock){ .line = 1, .rec.pid = 5 });
	lk_sink_fd(s, &(struct lk_fact_fd){ .pid = 1, .fd = 3, .file = &a });
	lk_sink_fd(s, &(struct lk_fact_fd){ .pid = 2, .fd = 4, .file = &a });
	lk_sink_fd(s, &(struct lk_fact_fd){ .pid = 3, .fd = 5, .file = &b });
	lk_sink_waiter(s, &(struct lk_fact_waiter){ .tid = 8, .file = &b });
	lk_sink_waiter(s, &(struct lk_fact_waiter){ .tid = 9 });
	lk_sink_mount(s, &(struct lk_fact_mount){ .major = 8, .minor = 1, .fstype = "xfs", .mount_point = "/m" });
	lk_sink_proc(s, &(struct lk_fact_proc){ .pid = 6, .comm = "c", .cmdline = "", .cgroup = "/g" });
	lk_sink_orphan(s, &(struct lk_fact_orphan){ .mapped_pid = 4 });
	lk_sink_denied(s, &(struct lk_fact_denied){ .what = LK_UNREAD_TORN, .code = -13, .text = "t" });
	lk_sink_unread(s, &(struct lk_fact_unread){ .what = LK_UNREAD_FDINFO, .pid = 3, .comm = "x" });
	lk_sink_proven(s, &(struct lk_fact_proven){ .key.ino = 11 });
	lk_sink_end(s, &(struct lk_fact_end){ .n_procs = 12 });
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

static int refuse_lock(void *arg, const struct lk_fact *f)
{
	return f->kind == LK_FACT_LOCK ? -ENOSPC : see(arg, f);
}

Test(wire, a_failing_sink_ends_it)
{
	struct lk_wire_out out = { 0 };
	struct lk_sink mouth = lk_wire_sink(&out), deaf = ear;

	deaf.put = refuse_lock;
	speak(&mouth);
	said[0] = '\0';
	cr_expect_eq(lk_wire_take(&(struct lk_wire_in){ 0 }, out.bytes.v, out.bytes.n, &deaf), -ENOSPC);
	cr_expect_null(strstr(said, "fd "));
	lk_wire_out_done(&out);
}
