/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main(): what happens before and after the verb runs. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/help.h"
#include "cli/option.h"
#include "cli/privilege.h"
#include "cli/session.h"

static void say_out_of_memory(void)
{
	static const char sentence[] = "lockscope: out of memory\n";

	if (write(STDERR_FILENO, sentence, sizeof(sentence) - 1) < 0)
		return;
}

/* If descriptor 0, 1 or 2 is closed, the next file opened would get that number, and output would land in it. So each is opened on
 * /dev/null, in the mode in which using it fails: 0 for writing, 1 and 2 for reading. */
static void occupy_standard_descriptors(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			_exit(LK_STATUS_ERROR);
	}
}

/* With --dry-run a verb changes nothing, so it is not refused. */
static enum lk_status act_or_look(const struct lk_cli *cli)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	if (cli->verb->changes && !cli->act.dry_run)
		status = lk_privilege_refuse(cli, cli->verb->name);
	if (!status && lk_privilege_limit(cli, &err) < 0)
		status = lk_say_error(&err);
	lk_err_done(&err);
	return status ? status : cli->verb->run(cli);
}

static enum lk_status run(const struct lk_cli *cli)
{
	if (cli->want_version) {
		lk_help_version(stdout);
		return LK_STATUS_YES;
	}
	if (cli->want_help && cli->verb_named) {
		lk_help_verb(stdout, cli->verb);
		return LK_STATUS_YES;
	}
	if (cli->want_help) {
		lk_help_overview(stdout);
		return LK_STATUS_YES;
	}
	if (cli->list_columns) {
		lk_help_columns(stdout, cli->verb);
		return LK_STATUS_YES;
	}
	if (cli->list_kinds) {
		lk_help_lockfiles(stdout);
		return LK_STATUS_YES;
	}
	return act_or_look(cli);
}

int main(int argc, char **argv)
{
	enum lk_status status;
	struct lk_cli cli;

	lk_alloc_on_failure(say_out_of_memory);
	occupy_standard_descriptors();
	/* Only these two categories: LC_CTYPE for the encoding, LC_MESSAGES for the language of strerror(3). LC_ALL would cost the reading
	 * of a dozen more files. */
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	/* A write beyond RLIMIT_FSIZE then fails with EFBIG, which is reported. */
	signal(SIGXFSZ, SIG_IGN);
	lk_open_output();
	status = lk_privilege_begin();
	if (!status) {
		status = lk_cli_parse(argc, argv, &cli);
		cli.read_only = cli.read_only || lk_privilege_is_lent();
		if (!status)
			status = run(&cli);
		lk_cli_done(&cli);
	}
	return (int)lk_session_close_output(status);
}
