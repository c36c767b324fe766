/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/capture/capture.h"
#include "source/capture/capture_shape.h"
#include "source/unread.h"

#define HOST \
	"{\"fact\":\"host\",\"scanner\":\"procfs\",\"host\":\"h\",\"boot_id\":\"\",\"time_unix_ms\":1,\"euid\":0," \
	"\"initial_pidns\":true,\"has_locks_file\":true}"
#define REC "\"rec\":{\"type\":\"posix\",\"mode\":\"read\",\"pid\":7,\"key\":\"fe:00:12\",\"start\":0,\"end\":null}"
#define LOCK "{\"fact\":\"lock\",\"line\":1," REC "}"
#define END "{\"fact\":\"end\",\"stable\":true,\"scan_ms\":1.5}"

/* ---- facts in which every field holds something of its own ---- */

static const struct lk_fact_host full_host = {
	.scanner = "procfs",
	.host = "caf\xe9",
	.boot_id = "8d1c0c61-0000-4000-8000-000000000001",
	.time_unix_ms = INT64_C(1795319412123),
	.lease_break_s = 45,
	.euid = 4294967295u,
	.initial_pidns = true,
	.has_locks_file = true,
	.live = true,
};

static const struct lk_record full_record = {
	.group = UINT64_MAX,
	.depth = 3,
	.type = LK_TYPE_LEASE,
	.phase = LK_PHASE_BREAKING,
	.mode = LK_MODE_WRITE,
	.break_to = LK_BREAK_UNLOCK,
	.pid = INT64_MIN,
	.key = { .major = 0xfe, .minor = 0xabcde, .ino = UINT64_MAX },
	.range = { .start = INT64_MAX - 1, .end = INT64_MAX - 1 },
	.type_word = "LEASE",
	.phase_word = "\xff\xfe",
	.mode_word = "1234567890123456789012345678901",
};

static const struct lk_fact_file full_file = {
	.key = { .major = 1, .minor = 2, .ino = UINT64_C(9223372036854775940) },
	.local = LK_NO,
	.has_stat = true,
	.st_major = 4294967295u,
	.st_minor = 5,
	.st_ino = UINT64_MAX,
	.nlink = 6,
	.mode = 0100644,
	.rdev_major = 7,
	.rdev_minor = 8,
	.mandatory_bits = true,
	.size = INT64_MAX,
	.path = "/srv/\n\x1b[31m\x7f\xc3\xa9\xe2\x80\xae\xff",
	.deleted = LK_YES,
	.replaced = LK_NO,
	.fstype = "fuse.\x80",
	.mount_point = "/srv",
	.mnt_id = 27,
};

/* Nothing but what must be there. */
static const struct lk_fact_file bare_file = { .key = { .none = true },
					       .local = LK_UNKNOWN,
					       .size = -1,
					       .deleted = LK_UNKNOWN,
					       .replaced = LK_UNKNOWN,
					       .mnt_id = -1 };

static const struct lk_record bare_record = {
	.type = LK_TYPE_POSIX, .phase = LK_PHASE_ADVISORY, .mode = LK_MODE_READ, .range = { 0, LK_RANGE_EOF }
};

static int emit_all(const struct lk_sink *k)
{
	struct lk_fact_lock lock = { .line = 12, .rec = full_record };
	struct lk_fact_fd fd = {
		.pid = 9, .tid = 10, .fd = 11, .rec = full_record, .ofd = SIZE_MAX, .file = &full_file
	};
	struct lk_fact_fd bare_fd = { .pid = 1, .fd = 0, .rec = bare_record, .file = &bare_file };
	struct lk_fact_waiter waiter = { .pid = 20,
					 .tid = 21,
					 .fd = 22,
					 .rec = full_record,
					 .range_resolved = true,
					 .stopped = true,
					 .wait_ms = 192000,
					 .wait_error_ms = 3,
					 .ofd = 3,
					 .file = &full_file };
	struct lk_fact_waiter bare_waiter = {
		.pid = 30, .tid = 30, .fd = -1, .rec = bare_record, .wait_ms = -1, .wait_error_ms = -1
	};
	struct lk_fact_mount mount = {
		.major = 8, .minor = 1, .fstype = "xfs", .mount_point = "/\xff", .local = LK_YES, .keys_unique = true
	};
	struct lk_fact_proc proc = { .pid = 9,
				     .flags = LK_PROC_UNREADABLE | LK_PROC_ZOMBIE,
				     .start_ticks = UINT64_MAX,
				     .comm = "a\0b\xff",
				     .comm_len = 4,
				     .uid = 4294967295,
				     .ppid = 1,
				     .state = 'Z',
				     .num_threads = 64,
				     .user = "us\xe9r",
				     .cmdline = "",
				     .cgroup = "/system.slice/x.service",
				     .pid_ns = 4026531836,
				     .mnt_ns = 4026531841,
				     .user_ns = 4026531837 };
	struct lk_fact_proc bare_proc = { .pid = 2147483647, .flags = LK_PROC_GONE | LK_PROC_KTHREAD, .uid = -1 };
	struct lk_fact_orphan orphan = { .key = full_file.key, .mapped_pid = 77, .maps_read = true };
	struct lk_fact_denied denied = { .what = LK_UNREAD_FDINFO,
					 .code = -EACCES,
					 .count = 3,
					 .of = 212,
					 .hides_locks = true,
					 .text = "3 of 212 processes could not be read" };
	struct lk_fact_unread unread = { .what = LK_UNREAD_FDINFO, .pid = 1, .code = -EACCES, .comm = "in\xffit" };
	struct lk_fact_unread nameless = { .what = LK_UNREAD_OTHER, .pid = 2147483647 };
	struct lk_fact_denied odd = { .what = LK_UNREAD_MOUNTS, .code = -4000, .text = "" };
	struct lk_fact_proven proven = { .key = full_file.key };
	struct lk_fact_end end = {
		.stable = true, .n_bad_lines = 1, .n_procs = 212, .n_unreadable = 3, .n_left_out = 2, .scan_ms = 11.4
	};

	lk_sink_host(k, &full_host);
	lk_sink_lock(k, &lock);
	lk_sink_fd(k, &fd);
	lk_sink_fd(k, &bare_fd);
	lk_sink_waiter(k, &waiter);
	lk_sink_waiter(k, &bare_waiter);
	lk_sink_mount(k, &mount);
	lk_sink_proc(k, &proc);
	lk_sink_proc(k, &bare_proc);
	lk_sink_orphan(k, &orphan);
	lk_sink_denied(k, &denied);
	lk_sink_denied(k, &odd);
	lk_sink_unread(k, &unread);
	lk_sink_unread(k, &nameless);
	lk_sink_proven(k, &proven);
	return lk_sink_end(k, &end);
}

/* ---- a sink that writes every field in words of its own ---- */

static void say_bytes(FILE *f, const char *name, const char *s, size_t n)
{
	fprintf(f, " %s=", name);
	for (size_t i = 0; s && i < n; i++)
		fprintf(f, "%02x", (unsigned char)s[i]);
	fputs(s ? "." : "NULL", f);
}

static void say_text(FILE *f, const char *name, const char *s)
{
	say_bytes(f, name, s, s ? strlen(s) : 0);
}

static void say_key(FILE *f, const struct lk_key *k)
{
	fprintf(f, " key=%u:%u:%lu:%d", k->major, k->minor, k->ino, k->none);
}

static void say_record(FILE *f, const struct lk_record *r)
{
	fprintf(f, " %lu %u %d %d %d %ld", r->group, r->depth, r->type, r->phase, r->mode, r->pid);
	say_key(f, &r->key);
	fprintf(f, " %ld-%ld", r->range.start, r->range.end);
	say_text(f, "type", r->type_word);
	say_text(f, "phase", r->phase_word);
	say_text(f, "mode", r->mode_word);
}

static void say_file(FILE *f, const struct lk_fact_file *x)
{
	if (!x) {
		fputs(" no file\n", f);
		return;
	}
	say_key(f, &x->key);
	fprintf(f, " %d %d %u %u %lu %lu %ld %d %o %u %u", x->local, x->has_stat, x->st_major, x->st_minor, x->st_ino,
		x->nlink, x->size, x->mandatory_bits, x->mode, x->rdev_major, x->rdev_minor);
	say_text(f, "path", x->path);
	fprintf(f, " %d %d %d", x->deleted, x->replaced, x->mnt_id);
	say_text(f, "fstype", x->fstype);
	say_text(f, "mount", x->mount_point);
	fputc('\n', f);
}

static int say_host(FILE *f, const struct lk_fact_host *x)
{
	fprintf(f, "host %ld %ld %u %d %d", x->time_unix_ms, x->lease_break_s, x->euid, x->initial_pidns,
		x->has_locks_file);
	say_text(f, "scanner", x->scanner);
	say_text(f, "host", x->host);
	say_text(f, "boot_id", x->boot_id);
	return fputc('\n', f) < 0;
}

static int say_lock(FILE *f, const struct lk_fact_lock *x)
{
	fprintf(f, "lock %zu", x->line);
	say_record(f, &x->rec);
	return fputc('\n', f) < 0;
}

static int say_fd(FILE *f, const struct lk_fact_fd *x)
{
	fprintf(f, "fd %d %d %d %zu", x->pid, x->tid, x->fd, x->ofd);
	say_record(f, &x->rec);
	say_file(f, x->file);
	return 0;
}

static int say_waiter(FILE *f, const struct lk_fact_waiter *x)
{
	fprintf(f, "waiter %d %d %d %d %d %ld %ld %zu", x->pid, x->tid, x->fd, x->range_resolved, x->stopped,
		x->wait_ms, x->wait_error_ms, x->ofd);
	say_record(f, &x->rec);
	say_file(f, x->file);
	return 0;
}

static int say_mount(FILE *f, const struct lk_fact_mount *x)
{
	fprintf(f, "mount %u %u %d %d", x->major, x->minor, x->local, x->keys_unique);
	say_text(f, "fstype", x->fstype);
	say_text(f, "point", x->mount_point);
	return fputc('\n', f) < 0;
}

static int say_proc(FILE *f, const struct lk_fact_proc *x)
{
	fprintf(f, "proc %d %u %lu %ld %d %d %ld %lu %lu %lu", x->pid, x->flags, x->start_ticks, x->uid, x->ppid,
		x->state, x->num_threads, x->pid_ns, x->mnt_ns, x->user_ns);
	say_bytes(f, "comm", x->comm, x->comm_len);
	say_text(f, "user", x->user);
	say_text(f, "cmdline", x->cmdline);
	say_text(f, "cgroup", x->cgroup);
	return fputc('\n', f) < 0;
}

static int say_orphan(FILE *f, const struct lk_fact_orphan *x)
{
	fprintf(f, "orphan %d %d", x->mapped_pid, x->maps_read);
	say_key(f, &x->key);
	return fputc('\n', f) < 0;
}

static int say_denied(FILE *f, const struct lk_fact_denied *x)
{
	fprintf(f, "denied %d %zu %zu %d", x->code, x->count, x->of, x->hides_locks);
	say_text(f, "what", lk_unread_word(x->what));
	say_text(f, "text", x->text);
	return fputc('\n', f) < 0;
}

static int say_unread(FILE *f, const struct lk_fact_unread *x)
{
	fprintf(f, "unread %d %d", x->pid, x->code);
	say_text(f, "what", lk_unread_word(x->what));
	say_text(f, "comm", x->comm);
	return fputc('\n', f) < 0;
}

static int say_proven(FILE *f, const struct lk_fact_proven *x)
{
	fputs("proven", f);
	say_key(f, &x->key);
	return fputc('\n', f) < 0;
}

static int say_end(FILE *f, const struct lk_fact_end *x)
{
	return fprintf(f, "end %d %zu %zu %zu %zu %a\n", x->stable, x->n_bad_lines, x->n_procs, x->n_unreadable,
		       x->n_left_out, x->scan_ms) < 0;
}

static int say(void *arg, const struct lk_fact *f)
{
	switch (f->kind) {
	case LK_FACT_HOST:
		return say_host(arg, f->host);
	case LK_FACT_LOCK:
		return say_lock(arg, f->lock);
	case LK_FACT_FD:
		return say_fd(arg, f->fd);
	case LK_FACT_WAITER:
		return say_waiter(arg, f->waiter);
	case LK_FACT_MOUNT:
		return say_mount(arg, f->mount);
	case LK_FACT_PROC:
		return say_proc(arg, f->proc);
	case LK_FACT_ORPHAN:
		return say_orphan(arg, f->orphan);
	case LK_FACT_DENIED:
		return say_denied(arg, f->denied);
	case LK_FACT_UNREAD:
		return say_unread(arg, f->unread);
	case LK_FACT_PROVEN:
		return say_proven(arg, f->proven);
	default:
		return say_end(arg, f->end);
	}
}

static struct lk_sink saying_sink(FILE *f)
{
	return (struct lk_sink){ f, say };
}

/* ---- to text and back ---- */

struct text {
	char *s;
	size_t n;
};

static struct lk_source *open_ok(const char *s, size_t n)
{
	struct lk_err err = { 0 };
	struct lk_source *src = NULL;
	int rc = lk_capture_open_text("test", s, n, &src, &err);

	cr_assert_eq(rc, 0, "%s", lk_err_text(&err));
	return src;
}

static struct text said(struct lk_source *src)
{
	struct lk_request req = { .needs = 0 };
	struct text t = { 0 };
	FILE *f = open_memstream(&t.s, &t.n);
	struct lk_sink sink = saying_sink(f);

	cr_assert_eq(src ? lk_source_scan(src, &req, &sink, NULL) : emit_all(&sink), 0);
	fclose(f);
	return t;
}

static struct text captured(struct lk_source *src)
{
	struct lk_request req = { .needs = LK_NEED_ALL };
	struct text t = { 0 };
	FILE *f = open_memstream(&t.s, &t.n);
	struct lk_capture_writer *w = lk_capture_writer_new(f);

	if (src)
		cr_assert_eq(lk_source_scan(src, &req, lk_capture_writer_sink(w), NULL), 0);
	else
		cr_assert_eq(emit_all(lk_capture_writer_sink(w)), 0);
	cr_assert_eq(lk_capture_writer_finish(w), 0);
	lk_capture_writer_free(w);
	fclose(f);
	return t;
}

Test(capture, every_field_comes_back)
{
	struct text first = captured(NULL), want = said(NULL), got;
	struct lk_source *src = open_ok(first.s, first.n);

	got = said(src);
	cr_assert_str_eq(got.s, want.s);
	lk_source_free(src);
	free(first.s);
	free(want.s);
	free(got.s);
}

/* A field of source.h that the table of a shape lacks would be lost without a word. Eight bytes that no field covers are no
 * padding. */
static void check_covered(const struct lk_capture_shape *shape)
{
	lk_auto_mem bool *covered = calloc(shape->size, 1);
	size_t run = 0;

	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct lk_capture_field *f = &shape->fields[i];

		memset(covered + f->offset, true, f->size);
		if (f->type == LK_CAP_BYTES)
			memset(covered + f->offset2, true, sizeof(size_t));
		if (f->sub)
			check_covered(f->sub);
	}
	for (size_t i = 0; i < shape->size; i++) {
		run = covered[i] ? 0 : run + 1;
		cr_assert_lt(run, 8, "struct of '%s': nothing covers the byte %zu", shape->name, i);
	}
}

Test(capture, no_field_is_forgotten)
{
	for (size_t i = 0; i < LK_FACT_N_KINDS; i++)
		check_covered(&lk_capture_shapes[i]);
}

Test(capture, of_a_capture_is_the_same_bytes)
{
	struct text first = captured(NULL), second;
	struct lk_source *src = open_ok(first.s, first.n);

	second = captured(src);
	cr_assert_str_eq(second.s, first.s);
	lk_source_free(src);
	free(first.s);
	free(second.s);
}

Test(capture, is_plain_ascii)
{
	struct text t = captured(NULL);

	for (size_t i = 0; i < t.n; i++)
		cr_assert(t.s[i] == '\n' || (t.s[i] >= ' ' && t.s[i] <= '~'), "byte %02x at %zu", (unsigned char)t.s[i],
			  i);
	free(t.s);
}

static int note_live(void *arg, const struct lk_fact *f)
{
	*(int *)arg = f->host->live;
	return -ECANCELED;
}

Test(capture, is_never_live_and_a_sink_can_stop_it)
{
	struct lk_request req = { 0 };
	struct text t = captured(NULL);
	struct lk_source *src = open_ok(t.s, t.n);
	struct lk_err err = { 0 };
	int live = -1;
	struct lk_sink sink = { &live, note_live };

	cr_assert_eq(lk_source_scan(src, &req, &sink, &err), -ECANCELED);
	cr_assert_eq(live, 0);
	lk_err_done(&err);
	lk_source_free(src);
	free(t.s);
}

/* Blanks inside of a line, members that are not known, and no newline behind the last one. */
Test(capture, may_be_laid_out_anew)
{
	static const char text[] =
		" { \"note\": {\"a\":[1,{\"b\":null}]},\t\"capture\" : \"lockscope-capture/1\" }\r\n" HOST
		"\r\n\t " LOCK " \n" END;
	struct lk_source *src = open_ok(text, sizeof(text) - 1);
	struct text t = captured(src);

	cr_assert_not_null(strstr(t.s, "\"fe:00:12\""));
	lk_source_free(src);
	free(t.s);
}

Test(capture, of_nothing_is_an_error)
{
	lk_auto_file *f = fopen("/dev/null", "w");
	struct lk_capture_writer *w = lk_capture_writer_new(f);

	cr_assert_eq(lk_capture_writer_finish(w), -ENODATA);
	lk_capture_writer_free(w);
}

Test(capture, full_disk_is_an_error)
{
	lk_auto_file *f = fopen("/dev/full", "w");
	struct lk_capture_writer *w = lk_capture_writer_new(f);

	emit_all(lk_capture_writer_sink(w));
	cr_assert_eq(lk_capture_writer_finish(w), -ENOSPC);
	lk_capture_writer_free(w);
}

Test(capture, file_that_is_missing)
{
	struct lk_source *src = NULL;
	struct lk_err err = { 0 };

	cr_assert_eq(lk_capture_open("/nonexistent/x.json", &src, &err), -ENOENT);
	cr_assert_not_null(strstr(lk_err_text(&err), "/nonexistent/x.json"));
	lk_err_done(&err);
}

/* Lines are longer than what is read at once. */
Test(capture, opens_a_long_file)
{
	char path[] = "/tmp/lockscope-unit-XXXXXX";
	int fd = mkstemp(path);
	lk_auto_file *f = fdopen(fd, "w");
	struct lk_source *src = NULL;
	struct text t;

	fputs("{\"capture\":\"lockscope-capture/1\"}\n" HOST "\n" LOCK "\n", f);
	for (int i = 1; i <= 300; i++)
		fprintf(f, "{\"fact\":\"proc\",\"pid\":%d,\"cmdline\":\"%*s\"}\n", i, i * 1000, "x");
	fputs(END "\n", f);
	fflush(f);
	cr_expect_eq(lk_capture_open(path, &src, NULL), 0);
	unlink(path);
	t = said(src);
	cr_expect_not_null(strstr(t.s, "proc 300 "));
	lk_source_free(src);
	free(t.s);
}

Test(capture, opens_a_file)
{
	char path[] = "/tmp/lockscope-unit-XXXXXX";
	struct text t = captured(NULL);
	struct lk_source *src = NULL;
	int fd = mkstemp(path);

	cr_assert_eq(write(fd, t.s, t.n), (ssize_t)t.n);
	close(fd);
	cr_expect_eq(lk_capture_open(path, &src, NULL), 0);
	unlink(path);
	lk_source_free(src);
	free(t.s);
}
