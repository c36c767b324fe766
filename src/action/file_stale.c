/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stale lock file at the last moment. Nothing that is read without a hold on it stays true: so the file is pinned, nobody but us has it
 * open, its name leads to something else, and then it is compared with what was judged. See doc/kernel.md 8.1 and 6.3. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action/file_private.h"
#include "action/probe.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"

static void close_fd(struct file_action *f, int *fd)
{
	if (*fd >= 0)
		f->base.sys->close(f->base.sys->arg, *fd);
	*fd = -1;
}

void lk_stale_init(struct file_action *f)
{
	f->stale.fd = f->stale.pidfd = -1;
}

void lk_stale_end(struct file_action *f)
{
	close_fd(f, &f->stale.fd);
}

void lk_stale_done(struct file_action *f)
{
	lk_stale_end(f);
	close_fd(f, &f->stale.pidfd);
	for (size_t i = 0; i < f->stale.along.n; i++)
		lk_place_done(&f->stale.along.v[i].place, f->base.sys);
	lk_vec_done(&f->stale.along);
}

/* -- what was judged -- */

void lk_stale_keep(struct file_action *f, const struct lk_evidence *evidence)
{
	struct file_stale *s = &f->stale;

	s->text = evidence->text ? lk_arena_memdup(&f->base.arena, evidence->text, evidence->n_text) : NULL;
	s->n_text = evidence->n_text;
	s->mtime_ms = evidence->facts.mtime_ms;
	s->ctime_ms = evidence->facts.ctime_ms;
	s->pid = evidence->facts.owner.pid;
}

static void pin_along(struct file_action *f, const char *name)
{
	struct file_along a = { 0 };
	struct lk_err err = { 0 };
	int rc;

	lk_place_init(&a.place);
	rc = lk_place_open_beside(&a.place, f->base.sys, &f->from, name, &err);
	if (rc < 0)
		lk_action_say(&f->base, LK_LINE_RISK, "%s is left as it is: %s.", a.place.path, strerror(-rc));
	lk_err_done(&err);
	if (rc < 0 || a.place.fd < 0 || S_ISDIR(a.place.st.stx_mode)) {
		lk_place_done(&a.place, f->base.sys);
		return;
	}
	lk_action_say(&f->base, LK_LINE_STEP, "%s belongs to it, and will be deleted with it.", a.place.path);
	*lk_vec_push(&f->stale.along) = a;
}

void lk_stale_plan(struct file_action *f, const struct lk_evidence *evidence)
{
	lk_stale_keep(f, evidence);
	for (const char *p = evidence->facts.kind->along; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");
		lk_auto_mem char *name = lk_strndup(p, n);

		pin_along(f, name);
		p += n;
	}
}

void lk_stale_pin_owner(struct file_action *f)
{
	const struct lk_sys *sys = f->base.sys;

	close_fd(f, &f->stale.pidfd);
	if (f->stale.pid)
		f->stale.pidfd = sys->pidfd_open(sys->arg, f->stale.pid, 0);
}

/* -- is it still so? -- */

/* A rename changes ctime, so that this is only compared before. */
static bool is_as_judged(const struct file_action *f, bool with_ctime)
{
	const struct file_stale *s = &f->stale;
	const struct lk_sys *sys = f->base.sys;
	char text[LK_OWNER_MOST];
	struct statx st;
	int n;

	if (sys->stat_at(sys->arg, s->fd, "", AT_EMPTY_PATH, &st) < 0 || st.stx_size != f->from.st.stx_size ||
	    lk_io_to_ms(st.stx_mtime) != s->mtime_ms || (with_ctime && lk_io_to_ms(st.stx_ctime) != s->ctime_ms))
		return false;
	if (!s->text)
		return true;
	n = sys->read_start(sys->arg, s->fd, text, sizeof(text));
	return n >= 0 && (size_t)n == s->n_text && memcmp(text, s->text, s->n_text) == 0;
}

int lk_stale_begin(struct file_action *f, struct lk_err *err)
{
	const struct lk_sys *sys = f->base.sys;
	struct lk_err own = { 0 };
	int rc;

	/* What is written in a link cannot be changed, nor what a socket is bound to: it is enough that it is the same one. */
	if (!S_ISREG(f->from.st.stx_mode))
		return 0;
	f->stale.fd = lk_probe_open(sys, f->from.fd, O_RDONLY, &own);
	lk_err_done(&own);
	rc = f->stale.fd < 0 ? f->stale.fd : sys->set_lease(sys->arg, f->stale.fd, F_WRLCK);
	if (rc == -EAGAIN)
		return lk_err_set(err, -ESTALE, "target changed since you looked: somebody has opened %s",
				  f->from.path);
	if (rc < 0)
		return lk_err_set(err, -EOPNOTSUPP,
				  "%s: it cannot be made sure that nobody else opens it (a lease): %s", f->from.path,
				  strerror(-rc));
	return is_as_judged(f, true)
		       ? 0
		       : lk_err_set(err, -ESTALE, "target changed since you looked: %s has been changed", f->from.path);
}

static bool is_running(const struct file_action *f, int pidfd)
{
	return f->base.sys->poll_exit(f->base.sys->arg, pidfd, 0) == 0;
}

/* Nobody has the number, or still the process that was judged not to be the owner. */
static bool is_owner_gone(struct file_action *f)
{
	const struct lk_sys *sys = f->base.sys;
	int fd = f->stale.pid ? sys->pidfd_open(sys->arg, f->stale.pid, 0) : -ESRCH;
	bool gone = fd == -ESRCH || (fd >= 0 && !is_running(f, fd));

	close_fd(f, &fd);
	return gone || (f->stale.pidfd >= 0 && is_running(f, f->stale.pidfd));
}

bool lk_stale_holds(struct file_action *f)
{
	struct file_stale *s = &f->stale;
	const struct lk_sys *sys = f->base.sys;

	if (s->fd >= 0 && sys->get_lease(sys->arg, s->fd) != F_WRLCK)
		s->why = "somebody opened it at the last moment, and it was left alone";
	else if (s->fd >= 0 && !is_as_judged(f, false))
		s->why = "target changed since you looked: it was changed at the last moment, and was left alone";
	else if (!is_owner_gone(f))
		s->why = "a process has the number that is written in it since a moment ago, and it was left alone";
	return !s->why;
}

/* -- what belongs to it -- */

/* While the name of the lock is taken, no other program of its kind makes these anew. */
void lk_stale_delete_along(struct file_action *f)
{
	for (size_t i = 0; i < f->stale.along.n; i++)
		f->stale.along.v[i].rc = lk_aside_delete_beside(&f->aside, &f->stale.along.v[i].place);
}

void lk_stale_report(struct file_action *f)
{
	for (size_t i = 0; f->run_rc >= 0 && i < f->stale.along.n; i++) {
		const struct file_along *a = &f->stale.along.v[i];

		if (a->rc == 0)
			lk_action_say(&f->base, LK_LINE_RESULT, "%s is deleted, too.", a->place.path);
		else if (a->rc != -ENOENT)
			lk_action_say(&f->base, LK_LINE_RESULT, "%s was left alone: %s", a->place.path,
				      a->rc == -ESTALE ? "it is another file now." : strerror(-a->rc));
	}
}
