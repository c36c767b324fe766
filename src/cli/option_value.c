/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses arguments of options and values of settings, by their kind. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "action/signal.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/option.h"

#define SECONDS_MAX (INT_MAX / 1000 - 1) /* the limit of lk_text_seconds_ms() */

static int set_word(const struct lk_option *o, const char *called, const char *value, unsigned *at, struct lk_err *err)
{
	lk_buf words = { 0 };

	for (unsigned i = 0; o->words[i]; i++) {
		const char *between = o->words[i + 1] ? ", " : " or ";

		if (strcmp(o->words[i], value) == 0) {
			*at = i;
			lk_vec_done(&words);
			return 0;
		}
		lk_buf_printf(&words, "%s%s", i == 0 ? "" : between, o->words[i]);
	}
	lk_err_set(err, -EINVAL, "%s is %s, not \"%.80s\"", called, lk_buf_str(&words), value);
	lk_vec_done(&words);
	return -EINVAL;
}

/* Brings *n within the bounds. true: it was within them, or `bound` allows changing it. */
static bool fit(const struct lk_option *o, bool bound, uint64_t *n)
{
	uint64_t max = o->max ? o->max : UINT64_MAX, near = *n < o->min ? o->min : *n > max ? max : *n;
	bool fits = bound || near == *n;

	*n = near;
	return fits;
}

static int set_seconds(const struct lk_option *o, const char *called, const char *value, bool bound, uint32_t *at,
		       struct lk_err *err)
{
	uint32_t ms = UINT32_MAX;
	int rc = lk_text_seconds_ms(value, &ms);
	uint64_t n = ms;

	if (rc == -ERANGE && !o->max)
		return lk_err_set(err, -EINVAL, "%s takes at most %d seconds, not \"%.80s\"", called, SECONDS_MAX,
				  value);
	if ((rc == 0 || rc == -ERANGE) && fit(o, bound, &n)) {
		*at = (uint32_t)n;
		return 0;
	}
	if (!o->max)
		return lk_err_set(err, -EINVAL, "%s wants seconds greater than 0, such as 30 or 2.5, not \"%.80s\"",
				  called, value);
	return lk_err_set(err, -EINVAL, "%s wants seconds from %g to %g, such as 2 or 0.5, not \"%.80s\"", called,
			  (double)o->min / 1000, (double)o->max / 1000, value);
}

static int set_number(const struct lk_option *o, const char *called, const char *value, bool bound, uint64_t *at,
		      struct lk_err *err)
{
	uint64_t n = UINT64_MAX;
	int rc = lk_text_u64(value, strlen(value), 10, &n);

	if ((rc == 0 || (rc == -ERANGE && bound)) && fit(o, bound, &n)) {
		*at = n;
		return 0;
	}
	if (!o->max)
		return lk_err_set(err, -EINVAL, "%s wants %s greater than %ju, not \"%.80s\"", called, o->what,
				  (uintmax_t)o->min - 1, value);
	return lk_err_set(err, -EINVAL, "%s wants %s from %ju to %ju, not \"%.80s\"", called, o->what,
			  (uintmax_t)o->min, (uintmax_t)o->max, value);
}

int lk_option_value(const struct lk_option *o, const char *called, const char *value, bool bound, void *at,
		    struct lk_err *err)
{
	switch (o->kind) {
	case LK_KIND_WORD:
		return set_word(o, called, value, at, err);
	case LK_KIND_SECONDS:
		return set_seconds(o, called, value, bound, at, err);
	default:
		return set_number(o, called, value, bound, at, err);
	}
}

void lk_option_preset(const struct lk_option *o, void *at)
{
	if (o->kind == LK_KIND_FLAG)
		*(bool *)at = o->preset;
	else if (o->kind == LK_KIND_SECONDS)
		*(uint32_t *)at = (uint32_t)o->preset;
	else if (o->kind == LK_KIND_NUMBER)
		*(uint64_t *)at = o->preset;
}

/* -- what only a command line has -- */

static int add_list(lk_words *words, char letter, char *list, struct lk_err *err)
{
	size_t before = words->n;
	char *save;

	/* Splits in place: the words point into argv. */
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save))
		*lk_vec_push(words) = word;
	return words->n > before ? 0 : lk_err_set(err, -EINVAL, "option -%c has an empty argument", letter);
}

static int set_format(struct lk_cli *cli, enum lk_format format, struct lk_err *err)
{
	static const char *const names[] = { "", "--raw", "--json", "--jsonl", "-t", "-q" };

	if (cli->format != LK_FORMAT_TABLE && cli->format != format)
		return lk_err_set(err, -EINVAL, "%s and %s exclude each other", names[cli->format], names[format]);
	cli->format = format;
	return 0;
}

static int set_range(struct lk_cli *cli, const char *text, struct lk_err *err)
{
	struct lk_err why = { 0 };
	int rc = lk_range_parse(text, &cli->range, &why);

	if (rc < 0)
		lk_err_set(err, rc, "--range: %s", lk_err_text(&why));
	cli->has_range = cli->has_range || rc == 0;
	lk_err_done(&why);
	return rc;
}

static int read_signal(const char *word, int *ret, struct lk_err *err)
{
	if (lk_signal_parse(word, ret) == 0)
		return 0;
	return lk_err_set(err, -EINVAL,
			  "\"%s\" is no signal; give a name such as TERM or HUP, or a number from 1 to %d", word,
			  SIGRTMAX);
}

/* The signal of -s is the first step, even if -s was given after a --then. */
static int set_signal(struct lk_cli_act *act, const char *word, struct lk_err *err)
{
	struct lk_signal_step first = { 0 };

	if (act->has_first)
		return lk_err_set(err, -EINVAL, "-s can be given once; use --then for what comes later");
	if (read_signal(word, &first.sig, err) < 0)
		return -EINVAL;
	lk_vec_push(&act->steps);
	memmove(&act->steps.v[1], &act->steps.v[0], (act->steps.n - 1) * sizeof(*act->steps.v));
	act->steps.v[0] = first;
	act->has_first = true;
	return 0;
}

int lk_option_then(struct lk_cli_act *act, const char *delay, const char *signal, struct lk_err *err)
{
	struct lk_signal_step step = { 0 };

	if (lk_text_seconds_ms(delay, &step.delay_ms) < 0)
		return lk_err_set(err, -EINVAL, "--then wants seconds and a signal, such as --then 10 INT, not \"%s\"",
				  delay);
	if (!signal)
		return lk_err_set(err, -EINVAL, "--then %s needs a signal behind it, such as --then %s INT", delay,
				  delay);
	if (read_signal(signal, &step.sig, err) < 0)
		return -EINVAL;
	*lk_vec_push(&act->steps) = step;
	return 0;
}

int lk_option_apply(const struct lk_option *o, struct lk_cli *cli, char *arg, struct lk_err *err)
{
	void *at = (char *)cli + o->in_cli;
	char called[32];

	switch (o->kind) {
	case LK_KIND_FLAG:
		*(bool *)at = true;
		return 0;
	case LK_KIND_COUNT:
		++*(unsigned *)at;
		return 0;
	case LK_KIND_TEXT:
		if (strlen(arg) < o->min)
			return lk_err_set(err, -EINVAL, "option --%s has an empty argument", o->name);
		*(const char **)at = arg;
		return 0;
	case LK_KIND_LIST:
		return add_list(at, o->letter, arg, err);
	case LK_KIND_WORDS:
		*lk_vec_push((lk_words *)at) = arg;
		return 0;
	case LK_KIND_FORMAT:
		return set_format(cli, (enum lk_format)o->preset, err);
	case LK_KIND_RANGE:
		return set_range(cli, arg, err);
	case LK_KIND_SIGNAL:
		return set_signal(&cli->act, arg, err);
	default:
		if (o->letter)
			snprintf(called, sizeof(called), "-%c", o->letter);
		else
			snprintf(called, sizeof(called), "--%s", o->name);
		return lk_option_value(o, called, arg, false, at, err);
	}
}
