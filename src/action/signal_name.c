/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of signals, and which signals end a process. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "action/signal.h"
#include "base/text.h"

static int parse_number(const char *word, int *ret)
{
	uint64_t n;

	if (lk_text_u64(word, strlen(word), 10, &n) < 0 || n < 1 || n > (uint64_t)SIGRTMAX)
		return -EINVAL;
	*ret = (int)n;
	return 0;
}

static int parse_realtime(const char *word, int *ret)
{
	uint64_t n = 0;
	bool from_end = strncasecmp(word, "RTMAX", 5) == 0;

	if (!from_end && strncasecmp(word, "RTMIN", 5) != 0)
		return -EINVAL;
	word += 5;
	if (*word && (*word != (from_end ? '-' : '+') || lk_text_u64(word + 1, strlen(word + 1), 10, &n) < 0))
		return -EINVAL;
	if (n > (uint64_t)(SIGRTMAX - SIGRTMIN))
		return -EINVAL;
	*ret = from_end ? SIGRTMAX - (int)n : SIGRTMIN + (int)n;
	return 0;
}

int lk_signal_parse(const char *word, int *ret)
{
	if (parse_number(word, ret) == 0)
		return 0;
	if (strncasecmp(word, "SIG", 3) == 0)
		word += 3;
	for (int sig = 1; sig < NSIG; sig++) {
		const char *name = sigabbrev_np(sig);

		if (name && strcasecmp(name, word) == 0) {
			*ret = sig;
			return 0;
		}
	}
	return parse_realtime(word, ret);
}

const char *lk_signal_name(int sig, char buf[LK_SIGNAL_NAME])
{
	const char *name = sigabbrev_np(sig);

	if (name)
		snprintf(buf, LK_SIGNAL_NAME, "SIG%s", name);
	else if (sig >= SIGRTMIN && sig <= SIGRTMAX)
		snprintf(buf, LK_SIGNAL_NAME, "SIGRTMIN+%d", sig - SIGRTMIN);
	else
		snprintf(buf, LK_SIGNAL_NAME, "signal %d", sig);
	return buf;
}

bool lk_signal_ends(int sig)
{
	switch (sig) {
	case SIGCHLD:
	case SIGCONT:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG:
	case SIGWINCH:
		return false;
	default:
		return true;
	}
}
