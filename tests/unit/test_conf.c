/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/conf.h"
#include "cli/option.h"

static int parse(struct lk_conf *c, const char *text, struct lk_err *err)
{
	*c = (struct lk_conf){ 0 };
	return lk_conf_parse(c, text, strlen(text), "x.conf", err);
}

Test(conf, good)
{
	struct lk_conf c;
	struct lk_cli cli = { .verb = &lk_verb_list };

	cr_assert_eq(parse(&c, "# why\n\n  --color = never\t\nscan-timeout 2.5\r\nnumeric\ndelay 3\nreadonly", NULL),
		     0);
	cr_assert(c.read_only && !c.doubtful);
	cr_assert_eq(c.defaults.n, 4);
	lk_conf_apply(&c, &cli);
	cr_assert(cli.read_only && cli.numeric);
	cr_assert_eq(cli.color, LK_COLOR_NEVER);
	cr_assert_eq(cli.timeout_ms, 2500);
	cr_assert_eq(cli.delay_ms, 0, "list has no --delay");
	lk_conf_done(&c);
	cr_assert_eq(parse(&c, "", NULL), 0);
	cr_assert(!c.read_only);
	lk_conf_done(&c);
}

/* Each wrong line is named, and the right ones behind it still count. */
Test(conf, bad)
{
	static const char *const bad[] = {
		"nosuch",
		"yes",
		"force",
		"from x",
		"-readonly",
		"readonly yes",
		"color",
		"color purple",
		"color = ",
		"scan-timeout",
		"scan-timeout x",
		"delay 0",
		"color never # why",
		"even-if-used",
		"--",
		"=",
		"readonly, color",
		"proc /x",
		"--- readonly",
		"\x01",
		"replace",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct lk_err err = { 0 };
		struct lk_conf c;
		char text[128];

		snprintf(text, sizeof(text), "# one\n%s\nreadonly\n", bad[i]);
		cr_assert_eq(parse(&c, text, &err), -EINVAL, "\"%s\"", bad[i]);
		cr_assert(strstr(lk_err_text(&err), "x.conf, line 2, "), "%s", lk_err_text(&err));
		cr_assert(c.read_only && c.doubtful, "\"%s\"", bad[i]);
		lk_conf_done(&c);
		lk_err_done(&err);
	}
}

Test(conf, nul_and_no_file)
{
	struct lk_err err = { 0 };
	struct lk_conf c = { 0 };

	cr_assert_eq(lk_conf_parse(&c, "readonly\0x\n", 11, "x.conf", &err), -EINVAL);
	cr_assert(!c.read_only && c.doubtful);
	lk_conf_done(&c);
	lk_err_done(&err);
	c = (struct lk_conf){ 0 };
	cr_assert_eq(lk_conf_read(&c, "/nonexistent/x.conf", &err), 0);
	cr_assert(!c.doubtful);
	cr_assert_eq(lk_conf_read(&c, "/", &err), -EISDIR);
	cr_assert(c.doubtful);
	lk_conf_done(&c);
	lk_err_done(&err);
}

static bool says_bounds(const struct lk_option *o)
{
	char bounds[64];

	snprintf(bounds, sizeof(bounds), "%g to %g seconds (default %g)", (double)o->min / 1000, (double)o->max / 1000,
		 (double)o->preset / 1000);
	return strstr(o->help, bounds);
}

/* Help is written by hand beside what it is about. */
Test(option, help_says_what_the_row_says)
{
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, ~0u));) {
		for (size_t i = 0; o->kind == LK_KIND_WORD && o->words[i]; i++)
			cr_expect(strstr(o->help, o->words[i]), "--%s: %s", o->name, o->words[i]);
		if (o->kind == LK_KIND_SECONDS && o->max)
			cr_expect(says_bounds(o), "--%s: %s", o->name, o->help);
		cr_expect(!o->place || (o->label && o->where & LK_OPTIONS_SETTING), "--%s", o->name);
		cr_expect(o->kind != LK_KIND_NUMBER || o->what, "--%s", o->name);
		cr_expect(!strpbrk(o->help, "'[]"), "completion would have to escape it: %s", o->help);
	}
}

/* No verb has two options of one name or letter. */
Test(option, no_verb_has_one_twice)
{
	size_t n_verbs;
	const struct lk_verb *const *verbs = lk_verb_table(&n_verbs);

	for (size_t i = 0; i < n_verbs; i++) {
		unsigned where = verbs[i]->options | LK_OPTIONS_COMMON;

		for (const struct lk_option *o = NULL; (o = lk_option_next(o, where));) {
			cr_expect_eq(lk_option_find(o->name, strlen(o->name), where), o, "%s --%s", verbs[i]->name,
				     o->name);
			cr_expect(!o->letter || lk_option_letter(o->letter, where) == o, "%s -%c", verbs[i]->name,
				  o->letter);
		}
	}
}
