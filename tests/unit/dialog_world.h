/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen with dialogs, driven by keys, and a child that really holds a lock; every system call that could change something is
 * counted. */
#ifndef LK_TESTS_DIALOG_WORLD_H
#define LK_TESTS_DIALOG_WORLD_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "source/procfs/procfs.h"
#include "source/uses.h"
#include "tui/core/app.h"
#include "tui/dialog/dialog.h"
#include "tui/frame/watch_target.h"

struct deferred {
	void (*work)(void *arg);
	void (*done)(struct lk_tui *t, void *arg);
	void *arg;
};

struct world {
	struct lk_source *source;
	struct lk_looker *looker;
	struct lk_sys sys;
	struct lk_tui *t;
	struct lk_canvas canvas;
	struct deferred jobs[4];
	size_t n_jobs;
	bool hold; /* jobs wait for run_jobs() */
	bool silent; /* nobody but process 4711 could be asked who uses a file, and it does not answer */
	int *n_changes; /* shared with the helper processes that do some of them */
	int64_t passed_ms; /* by press(), beside the real clock */
	char path[64];
	pid_t pid;
	int go; /* a byte makes the child let go of its lock */
	int ready; /* and then one can be read here */
};

static inline int w_send(void *arg, int pidfd, int sig)
{
	*((struct world *)arg)->n_changes += sig != 0;
	return lk_sys_real.pidfd_send_signal(NULL, pidfd, sig);
}

static inline int w_flock(void *arg, int fd, int op)
{
	++*((struct world *)arg)->n_changes;
	return lk_sys_real.flock(NULL, fd, op);
}

static inline int w_unlink(void *arg, int dirfd, const char *name, int flags)
{
	++*((struct world *)arg)->n_changes;
	return lk_sys_real.unlink_at(NULL, dirfd, name, flags);
}

static inline int w_rename(void *arg, int olddir, const char *old, int newdir, const char *new_name, unsigned flags)
{
	++*((struct world *)arg)->n_changes;
	return lk_sys_real.rename_at2(NULL, olddir, old, newdir, new_name, flags);
}

static inline int w_silent(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret,
			   struct lk_err *err)
{
	struct lk_fact_unread u = { .pid = 4711, .comm = "stuck", .code = -ETIMEDOUT };

	(void)s, (void)req, (void)err;
	ret->n_procs = 40;
	lk_uses_add_unread(ret, &u);
	return 0;
}

static inline int w_open_source(void *arg, struct lk_source **ret, struct lk_err *err)
{
	static struct lk_source_ops ops;
	int rc = lk_procfs_new(NULL, ret, err);

	if (rc < 0 || !((struct world *)arg)->silent)
		return rc;
	ops = *(*ret)->ops;
	ops.uses = w_silent;
	(*ret)->ops = &ops;
	return 0;
}

static inline int w_start(void *arg, void (*work)(void *), void (*done)(struct lk_tui *, void *), void *job_arg)
{
	struct world *w = arg;

	if (w->hold) {
		cr_assert_lt(w->n_jobs, 4);
		w->jobs[w->n_jobs++] = (struct deferred){ work, done, job_arg };
		return 0;
	}
	work(job_arg);
	done(w->t, job_arg);
	return 0;
}

static inline void run_jobs(struct world *w)
{
	while (w->n_jobs) {
		struct deferred j = w->jobs[0];

		memmove(w->jobs, w->jobs + 1, --w->n_jobs * sizeof(j));
		j.work(j.arg);
		j.done(w->t, j.arg);
	}
}

/* Lets go of the lock after the first byte, and lives on. */
static inline void hold_lock(const char *path, int ready, int go)
{
	int fd = open(path, O_RDWR);
	char c = 0;

	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(ready, "x", 1) != 1)
		_exit(1);
	if (read(go, &c, 1) == 1 && flock(fd, LOCK_UN) == 0 && write(ready, "x", 1) == 1)
		sleep(60);
	_exit(0);
}

static inline void start_child(struct world *w)
{
	int ready[2], go[2], fd;
	char c;

	snprintf(w->path, sizeof(w->path), "/tmp/lk-dialog-XXXXXX");
	fd = mkstemp(w->path);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert(pipe2(ready, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	w->pid = fork();
	cr_assert_geq(w->pid, 0);
	if (w->pid == 0) {
		/* Of both pipes only its own ends: it ends when the test does. */
		close(go[1]);
		close(ready[0]);
		hold_lock(w->path, ready[1], go[0]);
	}
	close(ready[1]);
	close(go[0]);
	cr_assert_eq(read(ready[0], &c, 1), 1);
	w->ready = ready[0];
	w->go = go[1];
}

static inline void look(struct world *w)
{
	struct lk_frame *f;

	w->t->now_ms = lk_io_now_ms() + w->passed_ms;
	w->t->wall_ms = lk_io_wall_ms();
	f = lk_looker_look(w->looker, w->t->now_ms, w->t->wall_ms, 0);
	cr_assert_not_null(f->snap, "%s", lk_err_text(&f->failure));
	lk_tui_frame(w->t, f);
}

static inline void select_lock(struct world *w)
{
	struct lk_list *l = &lk_tui_view(w->t)->list;
	struct lk_subject s;

	for (size_t i = 0; i < l->shown.n; i++) {
		lk_list_select(l, i);
		lk_tui_subject(w->t, &s);
		if (s.lock && s.lock->pid == w->pid)
			return;
	}
	cr_assert_fail("the lock of the child is not in the list");
}

static inline void begin(struct world *w)
{
	struct lk_tui_host host = { .arg = w, .open_source = w_open_source, .start = w_start, .trace = &lk_trace_real };
	struct lk_settings set;

	memset(w, 0, sizeof(*w));
	w->n_changes = mmap(NULL, sizeof(*w->n_changes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert(w->n_changes != MAP_FAILED);
	start_child(w);
	w->sys = lk_sys_real;
	w->sys.arg = w;
	w->sys.pidfd_send_signal = w_send;
	w->sys.flock = w_flock;
	w->sys.unlink_at = w_unlink;
	w->sys.rename_at2 = w_rename;
	w->sys.log = NULL;
	host.sys = &w->sys;
	lk_settings_init(&set);
	w->t = lk_tui_new(&host, &set);
	cr_assert_eq(lk_procfs_new(NULL, &w->source, NULL), 0);
	w->looker = lk_looker_new(w->source, LK_NEED_ALL, 0);
	lk_canvas_resize(&w->canvas, 100, 40);
	w->t->w = 100, w->t->h = 40;
	look(w);
	select_lock(w);
}

static inline void end_child(struct world *w)
{
	if (w->pid <= 0)
		return;
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	w->pid = 0;
}

static inline void end(struct world *w)
{
	lk_tui_free(w->t);
	lk_looker_free(w->looker);
	lk_source_free(w->source);
	lk_canvas_done(&w->canvas);
	end_child(w);
	unlink(w->path);
	close(w->go);
	close(w->ready);
	munmap(w->n_changes, sizeof(*w->n_changes));
}

static inline void press(struct world *w, lk_press k)
{
	lk_tui_paint(w->t, &w->canvas);
	w->passed_ms += LK_DIALOG_EARLY_MS;
	w->t->now_ms += LK_DIALOG_EARLY_MS;
	lk_tui_key(w->t, k);
}

static inline void type(struct world *w, const char *text)
{
	for (; *text; text++)
		press(w, (lk_press)*text);
}

/* What stands in these columns of the screen as one line, runs of blanks and borders as one blank. */
static inline char *flatten(const lk_buf *screen, size_t from, size_t to)
{
	char *flat = malloc(screen->n + 1);
	size_t n = 0, x = 0;

	cr_assert_not_null(flat);
	for (size_t i = 0; i < screen->n; i++, x++) {
		char c = strchr("\n|", screen->v[i]) ? ' ' : screen->v[i];

		if ((x >= from && x < to) || screen->v[i] == '\n') {
			if (c != ' ' || (n && flat[n - 1] != ' '))
				flat[n++] = c;
		}
		if (screen->v[i] == '\n')
			x = SIZE_MAX;
	}
	flat[n] = '\0';
	return flat;
}

/* Whether the screen shows these words, wherever lines are broken: in all its width, in that of a box, or beside the signals. */
static inline bool shows(struct world *w, const char *words)
{
	static const size_t columns[][2] = { { 0, 1000 }, { 12, 88 }, { 28, 88 } };
	lk_buf b = { 0 };
	bool found = false;

	lk_canvas_clear(&w->canvas);
	lk_tui_paint(w->t, &w->canvas);
	lk_canvas_dump(&w->canvas, &b);
	for (size_t i = 0; i < 3 && !found; i++) {
		char *flat = flatten(&b, columns[i][0], columns[i][1]);

		found = strstr(flat, words) != NULL;
		free(flat);
	}
	lk_vec_done(&b);
	return found;
}

static inline bool pane_is(const struct world *w, const char *name)
{
	const struct lk_pane *p = lk_pane_top(w->t);

	return p && strcmp(p->ops->name, name) == 0;
}

static inline bool is_locked(const struct world *w)
{
	int fd = open(w->path, O_RDWR | O_CLOEXEC);
	bool locked = flock(fd, LOCK_EX | LOCK_NB) < 0;

	close(fd);
	return locked;
}

static inline bool is_noted(const struct world *w, const char *word)
{
	for (size_t i = 0; i < w->t->history.n; i++) {
		if (strcmp(lk_history_at(&w->t->history, i)->word, word) == 0)
			return true;
	}
	return false;
}

static inline int status_of_child(struct world *w)
{
	int status = 0;

	cr_assert_eq(waitpid(w->pid, &status, 0), w->pid);
	w->pid = 0;
	return status;
}

#endif
