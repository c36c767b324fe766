/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scan could not read: counted by kind and reason, the first processes by name, and said in a sentence. */
#include <errno.h>
#include <string.h>

#include "source/procfs_private.h"
#include "source/rights.h"

static struct scan_denied *deny(struct scan *s, const char *what, int code)
{
	struct scan_denied *d;

	for (size_t i = 0; i < s->denied.n; i++) {
		d = &s->denied.v[i];
		if (d->code == code && strcmp(d->what, what) == 0) {
			d->count++;
			return d;
		}
	}
	d = lk_vec_push(&s->denied);
	if (d)
		*d = (struct scan_denied){ .what = what, .code = code, .count = 1 };
	return d;
}

bool lk_scan_has_denied(const struct scan *s, const char *what)
{
	for (size_t i = 0; i < s->denied.n; i++) {
		if (strcmp(s->denied.v[i].what, what) == 0)
			return true;
	}
	return false;
}

void lk_scan_deny(struct scan *s, const char *what, int code)
{
	deny(s, what, code);
}

static bool is_named(const struct scan_denied *d, int pid)
{
	for (size_t i = 0; i < d->n_pids; i++) {
		if (d->pids[i] == pid)
			return true;
	}
	return false;
}

void lk_scan_deny_process(struct scan *s, const char *what, int code, int pid)
{
	struct scan_denied *d = deny(s, what, code);

	if (d && d->n_pids < LK_UNREAD_MAX && !is_named(d, pid))
		d->pids[d->n_pids++] = pid;
}

void lk_scan_forget_denied(struct scan *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->denied.n; i++) {
		const char *what = s->denied.v[i].what;

		if (strcmp(what, "fdinfo") != 0 && strcmp(what, "bad fdinfo line") != 0)
			s->denied.v[n++] = s->denied.v[i];
	}
	s->denied.n = n;
}

/* "process 1 (init)" where it is one, else its number and `more`. In the arena; NULL: no memory. */
static const char *subject_of(struct scan *s, const struct scan_denied *d, const char *more)
{
	struct lk_fact_unread u = { .pid = d->n_pids == 1 && d->count == 1 ? d->pids[0] : 0 };
	const char *text = NULL;
	lk_buf b = { 0 };

	if (!u.pid)
		return lk_arena_printf(&s->arena, "%zu %s", d->count, more);
	u.comm = lk_unread_comm(s->root, u.pid, &s->arena);
	if (lk_unread_put_one(&b, &u) == 0)
		text = lk_arena_strndup(&s->arena, b.v, b.n);
	lk_vec_done(&b);
	return text;
}

static const char *denied_processes_text(struct scan *s, const struct scan_denied *d)
{
	bool refused = d->code == -EACCES || d->code == -EPERM;
	const char *of = lk_arena_printf(&s->arena, "of %zu processes", s->procs.n);
	const char *subject = of ? subject_of(s, d, of) : NULL;

	if (!subject)
		return NULL;
	return lk_arena_printf(&s->arena, "%s could not be read (%s)%s%s", subject, lk_unread_why(d->code),
			       refused ? ": " : "", refused ? lk_rights_advice(LK_RIGHT_LOOK) : "");
}

static const char *denied_calls_text(struct scan *s, const struct scan_denied *d)
{
	const char *subject = subject_of(s, d, d->count == 1 ? "process" : "processes");

	if (!subject)
		return NULL;
	return lk_arena_printf(&s->arena,
			       "the blocked calls of %s could not be read (%s): some waiters are known by their "
			       "recorded number only",
			       subject, lk_unread_why(d->code));
}

static const char *denied_maps_text(struct scan *s, const struct scan_denied *d)
{
	const char *subject = subject_of(s, d, d->count == 1 ? "process" : "processes");

	return !subject
		       ? NULL
		       : lk_arena_printf(
				 &s->arena,
				 "the memory map of %s could not be read (%s): it may keep a lock whose holder is not known",
				 subject, lk_unread_why(d->code));
}

static const char *denied_table_text(struct scan *s, const struct scan_denied *d)
{
	const char *subject = subject_of(s, d, d->count == 1 ? "process" : "processes");

	return !subject ? NULL
			: lk_arena_printf(
				  &s->arena,
				  "the mount table of %s takes too long to read: where its files are is not known",
				  subject);
}

static const char *denied_text(struct scan *s, const struct scan_denied *d)
{
	if (d->text)
		return d->text;
	if (strcmp(d->what, "fdinfo") == 0)
		return denied_processes_text(s, d);
	if (strcmp(d->what, "syscall") == 0)
		return denied_calls_text(s, d);
	if (strcmp(d->what, "maps") == 0)
		return denied_maps_text(s, d);
	if (strcmp(d->what, "mount table") == 0 && d->n_pids)
		return denied_table_text(s, d);
	if (strcmp(d->what, "locks") == 0)
		return "this /proc has no readable lock list: only locks that show in the descriptors of readable processes are listed";
	if (strcmp(d->what, "hidden") == 0)
		return lk_arena_printf(&s->arena,
				       "other users' processes are hidden here (/proc is mounted with hidepid): %s",
				       lk_rights_advice(LK_RIGHT_LOOK));
	if (strcmp(d->what, "nested waiters") == 0)
		return "kernels before Linux 5.13 do not list requests that wait behind another request: there may be more than are shown";
	if (strcmp(d->what, "timeout") == 0)
		return "the time for the scan was up before everything was read: give it more with --scan-timeout";
	if (strcmp(d->what, "unstable") == 0)
		return "the lock list kept changing while it was read: a lock may be missing";
	if (strcmp(d->what, "process details") == 0)
		return "user names, command lines or control groups of some processes could not be read: asking failed or took too long";
	if (strcmp(d->what, "file name") == 0 && d->code == -ETIMEDOUT)
		return "some file names could not be looked up (it failed or took too long): whether they were deleted or replaced is not known";
	if (strcmp(d->what, "bad fdinfo line") == 0)
		return lk_arena_printf(&s->arena, "%zu lock %s of descriptors could not be understood", d->count,
				       d->count == 1 ? "line" : "lines");
	if (strcmp(d->what, "bad line") == 0)
		return lk_arena_printf(&s->arena, "%zu %s of the lock list could not be understood", d->count,
				       d->count == 1 ? "line" : "lines");
	return lk_arena_printf(&s->arena, "%s: not everything could be read (%s)", d->what, strerror(-d->code));
}

static bool hides_locks(const char *what)
{
	return strcmp(what, "file name") != 0 && strcmp(what, "process details") != 0 &&
	       strcmp(what, "mount table") != 0 && strcmp(what, "syscall") != 0 && strcmp(what, "maps") != 0;
}

static int emit_unread(struct scan *s, const struct scan_denied *d, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < d->n_pids && sink->unread && !rc; i++) {
		struct lk_fact_unread f = { .what = d->what, .pid = d->pids[i], .code = d->code };

		f.comm = lk_unread_comm(s->root, f.pid, &s->arena);
		rc = sink->unread(sink->arg, &f);
	}
	return rc;
}

int lk_scan_emit_denied(struct scan *s, const struct lk_sink *sink)
{
	int rc = 0;

	for (size_t i = 0; i < s->denied.n && !rc; i++) {
		const struct scan_denied *d = &s->denied.v[i];
		struct lk_fact_denied f = {
			.what = d->what,
			.code = d->code,
			.count = d->count,
			.hides_locks = hides_locks(d->what),
			.of = strcmp(d->what, "fdinfo") == 0 ? s->procs.n : 0,
			.text = denied_text(s, d),
		};

		rc = f.text ? sink->denied(sink->arg, &f) : -ENOMEM;
		rc = rc ? rc : emit_unread(s, d, sink);
	}
	return rc;
}
