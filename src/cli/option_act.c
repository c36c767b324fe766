/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option_private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "action/signal.h"
#include "base/text.h"

bool *lk_option_act_flag(struct lk_cli *cli, int id)
{
	switch (id) {
	case OPT_EVEN_IF_USED:
		return &cli->even_if_used;
	case OPT_EVEN_IF_UNKNOWN:
		return &cli->even_if_unknown;
	case OPT_DRY_RUN:
		return &cli->act.dry_run;
	case OPT_YES:
		return &cli->act.yes;
	case OPT_READ:
		return &cli->act.read;
	case OPT_WRITE:
		return &cli->act.write;
	case OPT_POSIX:
		return &cli->act.posix;
	case OPT_OFD:
		return &cli->act.ofd;
	case OPT_FLOCK:
		return &cli->act.flock;
	case OPT_CONFIRM:
		return &cli->act.confirm;
	case OPT_ACQUIRE:
		return &cli->act.acquire;
	default:
		return NULL;
	}
}

bool lk_option_is_act(int id)
{
	return id == 's' || id == 'E' || id == OPT_THEN || id == OPT_HOLDERS_OF || id == OPT_BLOCKERS_OF ||
	       id == OPT_FOR || id == OPT_HOLD;
}

static enum lk_status add_word(lk_words *words, const char *word)
{
	*lk_vec_push(words) = word;
	return 0;
}

static enum lk_status read_signal(const struct lk_cli *cli, const char *word, int *ret)
{
	if (lk_signal_parse(word, ret) == 0)
		return 0;
	return lk_cli_misuse(cli->verb,
			     "\"%s\" is no signal; give a name such as TERM or HUP, or a number from 1 to %d", word,
			     SIGRTMAX);
}

/* -s stands before every --then, wherever it was given. */
static enum lk_status set_signal(struct lk_cli *cli, const char *word)
{
	struct lk_cli_act *act = &cli->act;
	enum lk_status status;
	int sig;

	if (act->has_first)
		return lk_cli_misuse(cli->verb, "-s can be given once; use --then for what comes later");
	status = read_signal(cli, word, &sig);
	if (status)
		return status;
	lk_vec_push(&act->steps);
	memmove(&act->steps.v[1], &act->steps.v[0], (act->steps.n - 1) * sizeof(*act->steps.v));
	act->steps.v[0] = (struct lk_signal_step){ .sig = sig };
	act->has_first = true;
	return 0;
}

static enum lk_status set_then(struct lk_cli *cli, const char *delay, char **rest, int *ret_used)
{
	struct lk_signal_step step = { 0 };
	enum lk_status status;

	if (lk_text_seconds_ms(delay, &step.delay_ms) < 0)
		return lk_cli_misuse(cli->verb, "--then wants seconds and a signal, such as --then 10 INT, not \"%s\"",
				     delay);
	if (!rest[0])
		return lk_cli_misuse(cli->verb, "--then %s needs a signal behind it, such as --then %s INT", delay,
				     delay);
	status = read_signal(cli, rest[0], &step.sig);
	if (status)
		return status;
	*ret_used = 1;
	*lk_vec_push(&cli->act.steps) = step;
	return 0;
}

static enum lk_status set_for(struct lk_cli *cli, const char *word)
{
	if (strcmp(word, "free") == 0)
		cli->act.wait_for = LK_WAIT_FREE;
	else if (strcmp(word, "held") == 0)
		cli->act.wait_for = LK_WAIT_HELD;
	else
		return lk_cli_misuse(cli->verb, "--for is free or held, not \"%s\"", word);
	return 0;
}

static enum lk_status set_hold(struct lk_cli *cli, const char *word)
{
	return lk_option_seconds(cli, "--hold", word, &cli->act.hold_ms);
}

static enum lk_status set_refused_status(struct lk_cli *cli, const char *word)
{
	uint64_t n;

	if (lk_text_u64(word, strlen(word), 10, &n) < 0 || n > 255)
		return lk_cli_misuse(cli->verb, "-E wants an exit status from 0 to 255, not \"%s\"", word);
	cli->act.refused_status = (int)n;
	return 0;
}

enum lk_status lk_option_act(struct lk_cli *cli, int id, char *arg, char **rest, int *ret_used)
{
	switch (id) {
	case 's':
		return set_signal(cli, arg);
	case 'E':
		return set_refused_status(cli, arg);
	case OPT_THEN:
		return set_then(cli, arg, rest, ret_used);
	case OPT_HOLDERS_OF:
		return add_word(&cli->act.holders_of, arg);
	case OPT_BLOCKERS_OF:
		return add_word(&cli->act.blockers_of, arg);
	case OPT_FOR:
		return set_for(cli, arg);
	default:
		return set_hold(cli, arg);
	}
}
