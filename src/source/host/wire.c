/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns facts into frames and back. */
#include "source/host/wire.h"

#include <errno.h>
#include <string.h>

#define MAX_STRINGS 8

/* The size is written down so that whoever adds a member sees this table: a string that is not named here does not arrive. */
#define SHAPE(type, bytes) \
	_Static_assert(sizeof(type) == (bytes) || sizeof(void *) != 8, "are its strings in the table of wire.c?")

SHAPE(struct lk_fact_host, 64);
SHAPE(struct lk_fact_file, 136);
SHAPE(struct lk_fact_mount, 32);
SHAPE(struct lk_fact_proc, 152);
SHAPE(struct lk_fact_denied, 40);
SHAPE(struct lk_fact_unread, 24);
SHAPE(struct lk_fact_fd, 128);
SHAPE(struct lk_fact_waiter, 152);
SHAPE(struct lk_fact_orphan, 32);

/* What a structure is made of: its size, and where in it the pointers to strings stand. */
struct shape {
	size_t size;
	size_t n;
	size_t strings[MAX_STRINGS];
};

#define AT(type, member) offsetof(struct type, member)

static const struct shape shapes[LK_FACT_N_KINDS] = {
	[LK_FACT_HOST] = { sizeof(struct lk_fact_host),
			   3,
			   { AT(lk_fact_host, scanner), AT(lk_fact_host, host), AT(lk_fact_host, boot_id) } },
	[LK_FACT_LOCK] = { sizeof(struct lk_fact_lock), 0, { 0 } },
	[LK_FACT_FD] = { sizeof(struct lk_fact_fd), 0, { 0 } },
	[LK_FACT_WAITER] = { sizeof(struct lk_fact_waiter), 0, { 0 } },
	[LK_FACT_MOUNT] = { sizeof(struct lk_fact_mount),
			    2,
			    { AT(lk_fact_mount, fstype), AT(lk_fact_mount, mount_point) } },
	[LK_FACT_PROC] = { sizeof(struct lk_fact_proc),
			   8,
			   { AT(lk_fact_proc, comm), AT(lk_fact_proc, user), AT(lk_fact_proc, cmdline),
			     AT(lk_fact_proc, cgroup), AT(lk_fact_proc, parent_comm), AT(lk_fact_proc, session_comm),
			     AT(lk_fact_proc, tty), AT(lk_fact_proc, tracer_comm) } },
	[LK_FACT_ORPHAN] = { sizeof(struct lk_fact_orphan), 0, { 0 } },
	[LK_FACT_DENIED] = { sizeof(struct lk_fact_denied), 1, { AT(lk_fact_denied, text) } },
	[LK_FACT_UNREAD] = { sizeof(struct lk_fact_unread), 1, { AT(lk_fact_unread, comm) } },
	[LK_FACT_PROVEN] = { sizeof(struct lk_fact_proven), 0, { 0 } },
	[LK_FACT_END] = { sizeof(struct lk_fact_end), 0, { 0 } },
};

static const struct shape file_shape = { sizeof(struct lk_fact_file),
					 3,
					 { AT(lk_fact_file, path), AT(lk_fact_file, fstype),
					   AT(lk_fact_file, mount_point) } };

/* Whether the file of an fd or a waiter follows; SAME_FILE: it is that of the fact before. */
enum file_kind { NO_FILE, SAME_FILE, NEW_FILE };

/* The header of a frame. */
struct head {
	size_t length; /* of what follows */
	enum lk_fact_kind kind;
	enum file_kind file;
};

/* -- sending -- */

/* The structure, then for each string its length with the NUL (0: it is NULL) and its bytes. */
static void add_shaped(struct lk_wire_out *o, const struct shape *s, const void *fact)
{
	lk_buf_add(&o->bytes, fact, s->size);
	for (size_t i = 0; i < s->n; i++) {
		const char *string;
		size_t n;

		memcpy(&string, (const char *)fact + s->strings[i], sizeof(string));
		n = string ? strlen(string) + 1 : 0;
		lk_buf_add(&o->bytes, &n, sizeof(n));
		lk_buf_add(&o->bytes, string, n);
	}
}

/* Completes the frame that begins there: sets its length, and ends the chunk if that is full. */
static void end_frame(struct lk_wire_out *o, size_t begin)
{
	size_t length = o->bytes.n - begin - sizeof(struct head);

	memcpy(o->bytes.v + begin + offsetof(struct head, length), &length, sizeof(length));
	if (o->bytes.n - (o->cuts.n ? o->cuts.v[o->cuts.n - 1] : 0) >= o->room)
		*lk_vec_push(&o->cuts) = o->bytes.n;
}

static int send(void *arg, const struct lk_fact *f)
{
	const struct lk_fact_file *file = f->kind == LK_FACT_FD       ? f->fd->file
					  : f->kind == LK_FACT_WAITER ? f->waiter->file
								      : NULL;
	struct lk_wire_out *o = arg;
	struct head h = { .kind = f->kind, .file = !file ? NO_FILE : file == o->last ? SAME_FILE : NEW_FILE };
	size_t begin = o->bytes.n;

	lk_buf_add(&o->bytes, &h, sizeof(h));
	add_shaped(o, &shapes[f->kind], f->any);
	if (h.file == NEW_FILE) {
		o->last = file;
		add_shaped(o, &file_shape, file);
	}
	end_frame(o, begin);
	return 0;
}

struct lk_sink lk_wire_sink(struct lk_wire_out *o)
{
	return (struct lk_sink){ o, send };
}

size_t lk_wire_chunk(const struct lk_wire_out *o, size_t i, const char **ret)
{
	size_t begin = i ? o->cuts.v[i - 1] : 0, end = i < o->cuts.n ? o->cuts.v[i] : o->bytes.n;

	*ret = o->bytes.v + begin;
	return end - begin;
}

void lk_wire_out_done(struct lk_wire_out *o)
{
	lk_vec_done(&o->bytes);
	lk_vec_done(&o->cuts);
}

/* -- receiving -- */

/* What is left of a frame. */
struct rest {
	const char *p;
	size_t n;
};

static int get(struct rest *r, void *to, size_t n)
{
	if (r->n < n)
		return -EBADMSG;
	memcpy(to, r->p, n);
	r->p += n;
	r->n -= n;
	return 0;
}

static int get_string(struct rest *r, const char **ret)
{
	size_t n;

	if (get(r, &n, sizeof(n)) < 0 || n > r->n || (n && r->p[n - 1] != '\0'))
		return -EBADMSG;
	*ret = n ? r->p : NULL;
	r->p += n;
	r->n -= n;
	return 0;
}

static int get_shaped(struct rest *r, const struct shape *s, void *fact)
{
	int rc = get(r, fact, s->size);

	for (size_t i = 0; i < s->n && !rc; i++) {
		const char *string = NULL;

		rc = get_string(r, &string);
		memcpy((char *)fact + s->strings[i], &string, sizeof(string));
	}
	return rc;
}

/* Keeps the file and its strings, as frames that follow may have the same file. */
static int get_file(struct lk_wire_in *in, struct rest *r, enum file_kind kind, const struct lk_fact_file **ret)
{
	struct rest kept;
	int rc;

	*ret = kind == NO_FILE ? NULL : &in->last;
	if (kind != NEW_FILE)
		return 0;
	in->file.n = 0;
	lk_buf_add(&in->file, r->p, r->n);
	kept = (struct rest){ in->file.v, in->file.n };
	*r = (struct rest){ 0 };
	rc = get_shaped(&kept, &file_shape, &in->last);
	return rc || !kept.n ? rc : -EBADMSG;
}

union fact {
	struct lk_fact_host host;
	struct lk_fact_lock lock;
	struct lk_fact_fd fd;
	struct lk_fact_waiter waiter;
	struct lk_fact_mount mount;
	struct lk_fact_proc proc;
	struct lk_fact_orphan orphan;
	struct lk_fact_denied denied;
	struct lk_fact_proven proven;
	struct lk_fact_unread unread;
	struct lk_fact_end end;
};

static int take_frame(struct lk_wire_in *in, const struct head *h, struct rest r, const struct lk_sink *sink)
{
	union fact f;
	int rc;

	if ((unsigned)h->kind >= LK_FACT_N_KINDS)
		return -EBADMSG;
	rc = get_shaped(&r, &shapes[h->kind], &f);
	if (!rc && h->kind == LK_FACT_FD)
		rc = get_file(in, &r, h->file, &f.fd.file);
	if (!rc && h->kind == LK_FACT_WAITER)
		rc = get_file(in, &r, h->file, &f.waiter.file);
	if (rc || r.n)
		return rc ? rc : -EBADMSG;
	if (h->kind == LK_FACT_PROC && in->saw_proc)
		in->saw_proc(in->arg, &f.proc);
	return sink->put(sink->arg, &(struct lk_fact){ .kind = h->kind, .any = &f });
}

int lk_wire_take(struct lk_wire_in *in, const char *data, size_t n, const struct lk_sink *sink)
{
	struct rest r = { data, n };
	int rc = 0;

	while (!rc && r.n) {
		struct head h;

		if (get(&r, &h, sizeof(h)) < 0 || h.length > r.n)
			return -EBADMSG;
		rc = take_frame(in, &h, (struct rest){ r.p, h.length }, sink);
		r.p += h.length;
		r.n -= h.length;
	}
	return rc;
}

void lk_wire_in_done(struct lk_wire_in *in)
{
	lk_vec_done(&in->file);
}
