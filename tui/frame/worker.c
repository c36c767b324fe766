/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads: one that looks again and again, one for each job. */
#include "tui/frame/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/vec.h"
#include "query/session.h"

struct job {
	struct lk_worker *worker;
	void (*work)(void *arg);
	void (*done)(struct lk_tui *t, void *arg);
	void *arg;
	struct job *next; /* in lk_worker.finished */
};

struct lk_worker {
	struct lk_worker_plan plan; /* constant, but for delay_ms, which `lock` guards */
	struct lk_looker *looker; /* only for the thread that looks */
	int event_fd;
	pthread_mutex_t lock; /* guards all that follows */
	pthread_cond_t wake; /* for the thread that looks */
	pthread_cond_t ended; /* a thread has ended */
	size_t n_threads;
	bool stop;
	bool wanted; /* a look was asked for */
	bool looking;
	int64_t since_ms; /* when the look under way, or the last one, began */
	double cost_ms; /* CPU time that a look usually takes */
	bool looked; /* at least once */
	LK_VEC(struct lk_frame *) frames; /* the oldest first */
	struct job *finished; /* jobs whose work is done, the newest first */
};

static void notify(const struct lk_worker *w)
{
	uint64_t one = 1;

	if (write(w->event_fd, &one, sizeof(one)) < 0) {
		/* The counter is full: it is readable already. */
	}
}

static struct timespec time_of(int64_t ms)
{
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
}

static int64_t interval(const struct lk_worker *w)
{
	return lk_look_interval_ms(w->cost_ms, w->plan.delay_ms);
}

/* Call with w->lock held; it is released while waiting. false: the thread has to end. */
static bool wait_for_turn(struct lk_worker *w)
{
	while (!w->stop && !w->wanted && w->looked) {
		struct timespec when = time_of(w->since_ms + interval(w));

		if (w->plan.once)
			pthread_cond_wait(&w->wake, &w->lock);
		else if (pthread_cond_timedwait(&w->wake, &w->lock, &when) == ETIMEDOUT)
			break;
	}
	return !w->stop;
}

/* Call with w->lock held; it is released while looking. */
static void look_once(struct lk_worker *w)
{
	uint32_t expected = (uint32_t)interval(w);
	struct lk_frame *f;

	w->wanted = false;
	w->looking = true;
	w->since_ms = lk_io_now_ms();
	pthread_mutex_unlock(&w->lock);
	f = lk_looker_look(w->looker, w->since_ms, lk_io_wall_ms(), expected);
	pthread_mutex_lock(&w->lock);
	w->looking = false;
	w->looked = true;
	w->cost_ms = f->usual_cost_ms;
	*lk_vec_push(&w->frames) = f;
	notify(w);
}

static void leave(struct lk_worker *w)
{
	w->n_threads--;
	pthread_cond_broadcast(&w->ended);
	pthread_mutex_unlock(&w->lock);
}

static void *look_again_and_again(void *arg)
{
	struct lk_worker *w = arg;

	pthread_mutex_lock(&w->lock);
	while (wait_for_turn(w))
		look_once(w);
	leave(w);
	return NULL;
}

static void *do_job(void *arg)
{
	struct job *j = arg;
	struct lk_worker *w = j->worker;

	j->work(j->arg);
	pthread_mutex_lock(&w->lock);
	j->next = w->finished;
	w->finished = j;
	notify(w);
	leave(w);
	return NULL;
}

/* The new thread blocks all signals, which are for the thread that owns the screen, but those of its own faults. */
static int start_thread(struct lk_worker *w, void *(*run)(void *), void *arg)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigdelset(&all, faults[i]);
	rc = pthread_attr_init(&attr);
	if (rc)
		return -rc;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&w->lock);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = w->stop ? ECANCELED : pthread_create(&thread, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->n_threads += rc == 0;
	pthread_mutex_unlock(&w->lock);
	pthread_attr_destroy(&attr);
	return -rc;
}

static void free_worker(struct lk_worker *w)
{
	for (size_t i = 0; i < w->frames.n; i++)
		lk_frame_drop(w->frames.v[i]);
	lk_vec_done(&w->frames);
	lk_looker_free(w->looker);
	lk_source_free(w->plan.source);
	if (w->event_fd >= 0)
		close(w->event_fd);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->ended);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static void init_locks(struct lk_worker *w)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, &attr);
	pthread_cond_init(&w->ended, &attr);
	pthread_condattr_destroy(&attr);
}

int lk_worker_new(const struct lk_worker_plan *plan, struct lk_worker **ret)
{
	struct lk_worker *w = lk_alloc(1, sizeof(*w));
	int rc;

	w->plan = *plan;
	init_locks(w);
	w->looker = lk_looker_new(plan->source, plan->needs, plan->timeout_ms);
	lk_looker_set_exact(w->looker, plan->exact);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = w->event_fd < 0 ? -errno : start_thread(w, look_again_and_again, w);
	if (rc < 0)
		free_worker(w);
	else
		*ret = w;
	return rc;
}

int lk_worker_fd(const struct lk_worker *w)
{
	return w->event_fd;
}

void lk_worker_look(struct lk_worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->wanted = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void lk_worker_set_delay(struct lk_worker *w, uint32_t delay_ms)
{
	pthread_mutex_lock(&w->lock);
	if (w->plan.delay_ms != delay_ms) {
		w->plan.delay_ms = delay_ms;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
}

bool lk_worker_is_looking(struct lk_worker *w, int64_t *ret_since_ms)
{
	bool looking;

	pthread_mutex_lock(&w->lock);
	looking = w->looking;
	*ret_since_ms = w->since_ms;
	pthread_mutex_unlock(&w->lock);
	return looking;
}

static void quieten(const struct lk_worker *w)
{
	uint64_t count;

	if (read(w->event_fd, &count, sizeof(count)) < 0) {
		/* It was not readable. */
	}
}

struct lk_frame *lk_worker_take(struct lk_worker *w)
{
	struct lk_frame *f = NULL;

	pthread_mutex_lock(&w->lock);
	quieten(w);
	if (w->frames.n) {
		f = w->frames.v[0];
		w->frames.n--;
		for (size_t i = 0; i < w->frames.n; i++)
			w->frames.v[i] = w->frames.v[i + 1];
	}
	pthread_mutex_unlock(&w->lock);
	return f;
}

int lk_worker_start(struct lk_worker *w, void (*work)(void *arg), void (*done)(struct lk_tui *t, void *arg), void *arg)
{
	struct job *j = lk_alloc(1, sizeof(*j));
	int rc;

	*j = (struct job){ .worker = w, .work = work, .done = done, .arg = arg };
	rc = start_thread(w, do_job, j);
	if (rc < 0)
		free(j);
	return rc;
}

/* The finished jobs, taken out of the worker, the oldest first. */
static struct job *take_finished(struct lk_worker *w)
{
	struct job *list, *turned = NULL;

	pthread_mutex_lock(&w->lock);
	list = w->finished;
	w->finished = NULL;
	pthread_mutex_unlock(&w->lock);
	while (list) {
		struct job *next = list->next;

		list->next = turned;
		turned = list;
		list = next;
	}
	return turned;
}

size_t lk_worker_finish(struct lk_worker *w, struct lk_tui *t)
{
	struct job *list = take_finished(w);
	size_t n = 0;

	while (list) {
		struct job *next = list->next;

		list->done(t, list->arg);
		free(list);
		list = next;
		n++;
	}
	return n;
}

bool lk_worker_stop(struct lk_worker *w, struct lk_tui *t, uint32_t wait_ms)
{
	struct timespec when = time_of(lk_io_now_ms() + wait_ms);
	bool ended;
	int rc = 0;

	if (!w)
		return true;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	while (w->n_threads && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->ended, &w->lock, &when);
	ended = w->n_threads == 0;
	pthread_mutex_unlock(&w->lock);
	if (!ended)
		return false;
	lk_worker_finish(w, t);
	free_worker(w);
	return true;
}
