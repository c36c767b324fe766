/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug lines about what each part of the program does. */
#include "base/debug.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"

static const struct {
	const char *name;
	enum lk_debug_part part;
} parts[] = { { "scan", LK_DEBUG_SCAN }, { "bpf", LK_DEBUG_BPF }, { "act", LK_DEBUG_ACT }, { "tui", LK_DEBUG_TUI } };
#define N_PARTS (sizeof(parts) / sizeof(*parts))

static struct {
	pthread_once_t once;
	unsigned wanted; /* LK_DEBUG_* */
	int fd;
	int64_t began_ms;
} debug = { .once = PTHREAD_ONCE_INIT, .fd = -1 };

static unsigned part_of(const char *s, size_t n)
{
	unsigned all = 0;

	for (size_t i = 0; i < N_PARTS; i++) {
		all |= parts[i].part;
		if (strlen(parts[i].name) == n && memcmp(parts[i].name, s, n) == 0)
			return parts[i].part;
	}
	return n == 3 && memcmp(s, "all", 3) == 0 ? all : 0;
}

static void begin(void)
{
	const char *s = secure_getenv("LOCKSCOPE_DEBUG"), *path = secure_getenv("LOCKSCOPE_DEBUG_FILE");

	for (size_t n; s && *s; s += n + (s[n] != '\0')) {
		n = strcspn(s, ", ");
		debug.wanted |= part_of(s, n);
	}
	if (!debug.wanted)
		return;
	debug.began_ms = lk_io_now_ms();
	if (path && *path)
		debug.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (debug.fd < 0)
		debug.fd = STDERR_FILENO;
	/* At least 3: a child that closes all descriptors it does not need keeps this one (lk_debug_fd()). */
	debug.fd = fcntl(debug.fd, F_DUPFD_CLOEXEC, 3);
}

bool lk_debug_is_on(enum lk_debug_part part)
{
	pthread_once(&debug.once, begin);
	return debug.wanted & part;
}

int lk_debug_fd(void)
{
	pthread_once(&debug.once, begin);
	return debug.fd;
}

static const char *name_of(enum lk_debug_part part)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		if (parts[i].part == part)
			return parts[i].name;
	}
	return "";
}

void lk_debug(enum lk_debug_part part, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL, *safe = NULL, *line = NULL;
	int saved = errno;
	va_list ap;

	if (!lk_debug_is_on(part) || debug.fd < 0)
		return;
	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	safe = lk_sanitize_str(text, false);
	line = lk_printf("%6lld ms %s %d: %s\n", (long long)(lk_io_now_ms() - debug.began_ms), name_of(part), getpid(),
			 safe);
	/* One write(2) for each line, so that lines of several processes do not mix. It is no error if nobody reads them any more. */
	(void)!write(debug.fd, line, strlen(line));
	errno = saved;
}
