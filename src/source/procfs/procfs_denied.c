/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scan could not read: counted by kind and reason, the first processes by name. */
#include <errno.h>

#include "source/host/rights.h"
#include "source/procfs/procfs_private.h"

struct scan_denied *lk_scan_deny(struct scan *s, enum lk_unread_what what, int code)
{
	struct scan_denied *d;

	for (size_t i = 0; i < s->denied.n; i++) {
		d = &s->denied.v[i];
		if (d->code == code && d->what == what) {
			d->count++;
			return d;
		}
	}
	d = lk_vec_push(&s->denied);
	*d = (struct scan_denied){ .what = what, .code = code, .count = 1 };
	return d;
}

bool lk_scan_has_denied(const struct scan *s, enum lk_unread_what what)
{
	for (size_t i = 0; i < s->denied.n; i++) {
		if (s->denied.v[i].what == what)
			return true;
	}
	return false;
}

static bool is_named(const struct scan_denied *d, int pid)
{
	for (size_t i = 0; i < d->n_pids; i++) {
		if (d->pids[i] == pid)
			return true;
	}
	return false;
}

void lk_scan_deny_process(struct scan *s, enum lk_unread_what what, int code, int pid)
{
	struct scan_denied *d = lk_scan_deny(s, what, code);

	if (d->n_pids < LK_UNREAD_MAX && !is_named(d, pid))
		d->pids[d->n_pids++] = pid;
}

void lk_scan_forget_denied(struct scan *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->denied.n; i++) {
		enum lk_unread_what what = s->denied.v[i].what;

		if (what != LK_UNREAD_FDINFO && what != LK_UNREAD_BAD_FDINFO)
			s->denied.v[n++] = s->denied.v[i];
	}
	s->denied.n = n;
}

/* "process 1 (init)", in the arena; NULL: it is not a single process. */
static const char *subject_of(struct scan *s, const struct scan_denied *d)
{
	struct lk_fact_unread u = { .pid = d->pids[0] };
	const char *text;
	lk_buf b = { 0 };

	if (d->n_pids != 1 || d->count != 1)
		return NULL;
	u.comm = lk_unread_comm(s->root, u.pid, &s->arena);
	lk_unread_put_one(&b, &u);
	text = lk_arena_strndup(&s->arena, b.v, b.n);
	lk_vec_done(&b);
	return text;
}

static const char *text_of(struct scan *s, const struct scan_denied *d, size_t of)
{
	bool refused = d->code == -EACCES || d->code == -EPERM;
	struct lk_unread_count c = {
		.code = d->code, .n = d->count, .of = of, .subject = subject_of(s, d), .more = d->more
	};

	if (!c.more && refused)
		c.more = lk_arena_printf(&s->arena, ": %s", lk_rights_advice(LK_RIGHT_LOOK));
	return lk_unread_text(d->what, &c, &s->arena);
}

static int emit_unread(struct scan *s, const struct scan_denied *d, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < d->n_pids && !rc; i++) {
		struct lk_fact_unread f = { .what = d->what, .pid = d->pids[i], .code = d->code };

		f.comm = lk_unread_comm(s->root, f.pid, &s->arena);
		rc = lk_sink_unread(sink, &f);
	}
	return rc;
}

int lk_scan_emit_denied(struct scan *s, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < s->denied.n && !rc; i++) {
		const struct scan_denied *d = &s->denied.v[i];
		size_t of = d->what == LK_UNREAD_FDINFO ? s->procs.n : 0;
		struct lk_fact_denied f = {
			.what = d->what,
			.code = d->code,
			.count = d->count,
			.hides_locks = lk_unread_hides_locks(d->what),
			.of = of,
			.text = text_of(s, d, of),
		};

		rc = lk_sink_denied(sink, &f);
		rc = rc ? rc : emit_unread(s, d, sink);
	}
	return rc;
}
