/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the process that scans. With an even first byte the rest are frames whose lengths are put right: a kind, two bytes of
 * length, the payload. What is understood is sent again and must arrive as the same. */
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "source/host/wire.h"
#include "source/unread.h"

/* Whoever hears a frame: passes it on, and remembers the strings. */
struct ear {
	struct lk_sink to; /* .arg NULL: nobody */
	struct lk_wire_out *out; /* behind it */
	lk_buf strings;
};

static void hear(struct ear *e, const char *s)
{
	lk_buf_puts(&e->strings, s ? s : "(none)");
	lk_buf_add(&e->strings, "|", 1);
}

static void hear_file(struct ear *e, const struct lk_fact_file *f)
{
	/* It stands in the same place each time. */
	if (e->out)
		e->out->last = NULL;
	if (!f)
		return;
	hear(e, f->path);
	hear(e, f->fstype);
	hear(e, f->mount_point);
}

static void hear_proc(struct ear *e, const struct lk_fact_proc *f)
{
	hear(e, f->comm);
	hear(e, f->user);
	hear(e, f->cmdline);
	hear(e, f->cgroup);
	hear(e, f->parent_comm);
	hear(e, f->session_comm);
	hear(e, f->tty);
	hear(e, f->tracer_comm);
}

static int hear_fact(void *arg, const struct lk_fact *f)
{
	struct ear *e = arg;

	lk_buf_printf(&e->strings, "%d:", (int)f->kind);
	switch (f->kind) {
	case LK_FACT_HOST:
		hear(e, f->host->scanner);
		hear(e, f->host->host);
		hear(e, f->host->boot_id);
		break;
	case LK_FACT_FD:
		hear_file(e, f->fd->file);
		break;
	case LK_FACT_WAITER:
		hear_file(e, f->waiter->file);
		break;
	case LK_FACT_MOUNT:
		hear(e, f->mount->fstype);
		hear(e, f->mount->mount_point);
		break;
	case LK_FACT_PROC:
		hear_proc(e, f->proc);
		break;
	case LK_FACT_DENIED:
		hear(e, lk_unread_word(f->denied->what));
		hear(e, f->denied->text);
		break;
	case LK_FACT_UNREAD:
		hear(e, lk_unread_word(f->unread->what));
		hear(e, f->unread->comm);
		break;
	default:
		break;
	}
	return e->to.arg ? e->to.put(e->to.arg, f) : 0;
}

static struct lk_sink sink_of(struct ear *e)
{
	return (struct lk_sink){ e, hear_fact };
}

static void frame(lk_buf *out, const uint8_t *p, size_t n, int kind)
{
	size_t length = sizeof(kind) + n;

	lk_buf_add(out, &length, sizeof(length));
	lk_buf_add(out, &kind, sizeof(kind));
	lk_buf_add(out, p, n);
}

static void frames(lk_buf *out, const uint8_t *p, size_t n)
{
	while (n >= 3) {
		size_t length = p[1] | (size_t)p[2] << 8;

		length = length < n - 3 ? length : n - 3;
		frame(out, p + 3, length, p[0]);
		p += 3 + length;
		n -= 3 + length;
	}
}

static void check(const char *s, size_t n)
{
	struct lk_wire_in in = { 0 }, again_in = { 0 };
	struct lk_wire_out out = { 0 };
	struct ear first = { .to = lk_wire_sink(&out), .out = &out }, again = { 0 };
	struct lk_sink sink = sink_of(&first);
	int rc = lk_wire_take(&in, s, n, &sink);

	LK_FUZZ_MUST(rc == 0 || rc == -EBADMSG);
	sink = sink_of(&again);
	LK_FUZZ_MUST(lk_wire_take(&again_in, out.bytes.v, out.bytes.n, &sink) == 0);
	LK_FUZZ_MUST(first.strings.n == again.strings.n &&
		     (!first.strings.n || memcmp(first.strings.v, again.strings.v, first.strings.n) == 0));
	lk_wire_in_done(&in);
	lk_wire_in_done(&again_in);
	lk_wire_out_done(&out);
	lk_vec_done(&first.strings);
	lk_vec_done(&again.strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lk_buf bytes = { 0 };

	if (!size)
		return 0;
	if (data[0] & 1)
		lk_buf_add(&bytes, data + 1, size - 1);
	else
		frames(&bytes, data + 1, size - 1);
	check(bytes.v, bytes.n);
	lk_vec_done(&bytes);
	return 0;
}
