/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching a name in a directory. */
#include "cli/name_watch.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define EVENTS \
	(IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void lk_name_watch_open(struct lk_name_watch *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	lk_auto_mem char *dir = lk_strndup(path, slash > path ? (size_t)(slash - path) : 1);

	w->name = lk_strdup(slash + 1);
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0 || inotify_add_watch(w->fd, dir, EVENTS) >= 0)
		return;
	close(w->fd);
	w->fd = -1;
}

void lk_name_watch_done(struct lk_name_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->name);
	*w = (struct lk_name_watch){ .fd = -1 };
}

static bool is_about(const struct lk_name_watch *w, const struct inotify_event *e)
{
	return !e->len || strcmp(e->name, w->name) == 0;
}

bool lk_name_watch_read(struct lk_name_watch *w)
{
	alignas(struct inotify_event) char buf[4096];
	bool found = false;
	ssize_t n;

	while (w->fd >= 0 && (n = read(w->fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const struct inotify_event *)(buf + at);

			found = found || is_about(w, e);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	return found;
}
