/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking on the terminal, and reading the answer. */
#include "cli/confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"

#define ANSWER_MAX 128

struct terminal {
	int in, out;
	int own; /* to be closed; -1: none */
};

/* The controlling terminal, whatever standard input is; else the terminal that we were started on. */
static bool open_terminal(struct terminal *t)
{
	t->own = lk_io_openat(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY);
	t->in = t->out = t->own;
	if (t->own >= 0)
		return true;
	t->in = STDIN_FILENO;
	t->out = STDERR_FILENO;
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void close_terminal(struct terminal *t)
{
	if (t->own >= 0)
		close(t->own);
}

bool lk_confirm_possible(void)
{
	struct terminal t;
	bool possible = open_terminal(&t);

	close_terminal(&t);
	return possible;
}

/* One line without its newline. false: end of file, an error, or longer than any answer. */
static bool read_line(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;
	char c;

	for (;;) {
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		if (c == '\n')
			break;
		if (n + 1 >= size)
			return false;
		buf[n++] = c;
	}
	buf[n] = '\0';
	return true;
}

/* 1: answered, 0: end of file, -ENOTTY: nobody to ask. */
static int ask(const char *question, const char *hint, char answer[ANSWER_MAX])
{
	lk_auto_mem char *safe = lk_sanitize_str(question, lk_sanitize_locale_is_utf8());
	struct terminal t;
	bool answered;

	if (!open_terminal(&t))
		return -ENOTTY;
	lk_flush_output();
	answered = lk_io_write_all(t.out, safe, strlen(safe)) == 0 && lk_io_write_all(t.out, hint, strlen(hint)) == 0 &&
		   read_line(t.in, answer, ANSWER_MAX);
	if (!answered)
		lk_io_write_all(t.out, "\n", 1);
	close_terminal(&t);
	return answered;
}

enum lk_status lk_confirm(const struct lk_cli *cli, const char *question)
{
	char answer[ANSWER_MAX];
	int rc;

	if (cli->act.yes)
		return 0;
	rc = ask(question, " [y/N] ", answer);
	if (rc == 1 && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0))
		return 0;
	if (rc < 0)
		lk_say("nothing was done: there is no terminal to ask on; give --yes to go on without being asked");
	else
		lk_say("nothing was done");
	return LK_STATUS_REFUSED;
}

enum lk_status lk_confirm_pid(int pid)
{
	char answer[ANSWER_MAX], expected[16];
	int rc = ask("To confirm, type the number of the process that loses its lock:", " ", answer);

	snprintf(expected, sizeof(expected), "%d", pid);
	if (rc == 1 && strcmp(answer, expected) == 0)
		return 0;
	if (rc < 0)
		lk_say("nothing was done: there is no terminal to ask on; give --yes and --pid %d to go on without "
		       "being asked",
		       pid);
	else
		lk_say("nothing was done: that was not what was asked for");
	return LK_STATUS_REFUSED;
}
