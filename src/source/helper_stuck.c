/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that were given up and are still there: a screen that runs for days would collect them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/helper_private.h"
#include "source/procroot.h"

struct left {
	struct lk_helper_stuck stuck; /* pid 0: a free place */
	enum { OWN, ADOPTED, INHERITED } kind; /* inherited: our parent's, which cannot be watched from here */
	int pidfd; /* of an adopted one */
};

static struct left left_behind[LK_HELPER_MAX_STUCK];
static pthread_mutex_t left_behind_lock = PTHREAD_MUTEX_INITIALIZER;

static bool has_ended(struct left *l)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };

	if (l->kind == INHERITED)
		return false;
	if (l->kind == OWN)
		return waitpid(l->stuck.pid, NULL, WNOHANG) != 0;
	if (poll(&p, 1, 0) == 0)
		return false;
	close(l->pidfd);
	return true;
}

/* How many are still there. */
static size_t reap_left_behind(void)
{
	size_t n = 0;

	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++) {
		if (left_behind[i].stuck.pid > 0 && has_ended(&left_behind[i]))
			left_behind[i] = (struct left){ .stuck.pid = 0 };
		n += left_behind[i].stuck.pid > 0;
	}
	return n;
}

static void leave_behind(struct left l)
{
	pthread_mutex_lock(&left_behind_lock);
	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++) {
		if (left_behind[i].stuck.pid > 0)
			continue;
		left_behind[i] = l;
		break;
	}
	pthread_mutex_unlock(&left_behind_lock);
}

void lk_helper_begin_child(void)
{
	lk_alloc_on_failure(NULL); /* its parent sees that it ended */
	lk_procroot_watch(NULL); /* what it reads is not what its parent stands before */
	pthread_mutex_init(&left_behind_lock, NULL);
	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++)
		left_behind[i].kind = INHERITED;
}

void lk_helper_leave(pid_t pid, uint64_t what)
{
	leave_behind((struct left){ .stuck = { pid, what }, .kind = OWN });
}

static size_t count_stuck(void)
{
	size_t n;

	pthread_mutex_lock(&left_behind_lock);
	n = reap_left_behind();
	pthread_mutex_unlock(&left_behind_lock);
	return n;
}

bool lk_helper_is_full(void)
{
	return count_stuck() == LK_HELPER_MAX_STUCK;
}

bool lk_helper_any_is_stuck(void)
{
	return count_stuck() > 0;
}

bool lk_helper_is_stuck_on(uint64_t what)
{
	bool found = false;

	pthread_mutex_lock(&left_behind_lock);
	for (size_t i = 0; what && i < LK_HELPER_MAX_STUCK; i++)
		found = found || (left_behind[i].stuck.pid > 0 && left_behind[i].stuck.what == what);
	pthread_mutex_unlock(&left_behind_lock);
	return found;
}

size_t lk_helper_list_stuck(struct lk_helper_stuck *ret)
{
	size_t n = 0;

	pthread_mutex_lock(&left_behind_lock);
	reap_left_behind();
	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++) {
		if (left_behind[i].stuck.pid > 0 && left_behind[i].kind != INHERITED)
			ret[n++] = left_behind[i].stuck;
	}
	pthread_mutex_unlock(&left_behind_lock);
	return n;
}

void lk_helper_adopt(const struct lk_helper_stuck *stuck)
{
	int pidfd = (int)syscall(SYS_pidfd_open, stuck->pid, 0);

	if (pidfd < 0)
		return;
	fcntl(pidfd, F_SETFD, FD_CLOEXEC);
	leave_behind((struct left){ .stuck = *stuck, .kind = ADOPTED, .pidfd = pidfd });
}
