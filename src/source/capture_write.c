/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "source/capture.h"
#include "source/capture_json.h"

struct lk_capture_writer {
	FILE *f;
	bool begun;
	int error; /* the first one, -errno */
	struct lk_sink sink;
};

static int stream_error(void)
{
	return errno ? -errno : -EIO;
}

static int write_text(FILE *f, const char *s)
{
	errno = 0;
	return fputs(s, f) < 0 ? stream_error() : 0;
}

static int begin(struct lk_capture_writer *w)
{
	if (w->begun)
		return write_text(w->f, ",\n");
	w->begun = true;
	return write_text(w->f, "{\"capture\":\"" LK_CAPTURE_FORMAT "\",\"facts\":[\n");
}

static int write_fact(struct lk_capture_writer *w, enum lk_capture_kind kind, const void *fact)
{
	if (!w->error)
		w->error = begin(w);
	if (!w->error)
		w->error = lk_capture_json_put(w->f, &lk_capture_shapes[kind], fact);
	return w->error;
}

static int write_host(void *arg, const struct lk_fact_host *f)
{
	return write_fact(arg, LK_CAPTURE_HOST, f);
}

static int write_lock(void *arg, const struct lk_fact_lock *f)
{
	return write_fact(arg, LK_CAPTURE_LOCK, f);
}

static int write_fd(void *arg, const struct lk_fact_fd *f)
{
	return write_fact(arg, LK_CAPTURE_FD, f);
}

static int write_waiter(void *arg, const struct lk_fact_waiter *f)
{
	return write_fact(arg, LK_CAPTURE_WAITER, f);
}

static int write_mount(void *arg, const struct lk_fact_mount *f)
{
	return write_fact(arg, LK_CAPTURE_MOUNT, f);
}

static int write_proc(void *arg, const struct lk_fact_proc *f)
{
	return write_fact(arg, LK_CAPTURE_PROC, f);
}

static int write_orphan(void *arg, const struct lk_fact_orphan *f)
{
	return write_fact(arg, LK_CAPTURE_ORPHAN, f);
}

static int write_denied(void *arg, const struct lk_fact_denied *f)
{
	return write_fact(arg, LK_CAPTURE_DENIED, f);
}

static int write_unread(void *arg, const struct lk_fact_unread *f)
{
	return write_fact(arg, LK_CAPTURE_UNREAD, f);
}

static int write_end(void *arg, const struct lk_fact_end *f)
{
	return write_fact(arg, LK_CAPTURE_END, f);
}

int lk_capture_writer_new(FILE *f, struct lk_capture_writer **ret)
{
	struct lk_capture_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->f = f;
	w->sink = (struct lk_sink){
		.arg = w,
		.host = write_host,
		.lock = write_lock,
		.fd = write_fd,
		.waiter = write_waiter,
		.mount = write_mount,
		.proc = write_proc,
		.orphan = write_orphan,
		.denied = write_denied,
		.unread = write_unread,
		.end = write_end,
	};
	*ret = w;
	return 0;
}

const struct lk_sink *lk_capture_writer_sink(struct lk_capture_writer *w)
{
	return &w->sink;
}

int lk_capture_writer_finish(struct lk_capture_writer *w)
{
	if (!w->error && !w->begun)
		w->error = -ENODATA;
	if (!w->error)
		w->error = write_text(w->f, "\n]}\n");
	errno = 0;
	if (!w->error && (fflush(w->f) != 0 || ferror(w->f)))
		w->error = stream_error();
	return w->error;
}

void lk_capture_writer_free(struct lk_capture_writer *w)
{
	free(w);
}
