/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file of the machine. What it says is then given to two verbs; what is wrong is said and leaves it doubtful. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/conf.h"
#include "cli/option.h"
#include "cli/verb.h"
#include "fuzz.h"

static void apply(const struct lk_conf *c, const char *name)
{
	struct lk_cli cli = { .verb = lk_verb_find(name) };

	LK_FUZZ_MUST(cli.verb);
	lk_conf_apply(c, &cli);
	LK_FUZZ_MUST(cli.read_only == c->read_only);
	LK_FUZZ_MUST(!cli.act.yes && !cli.even_if_used && !cli.output && !cli.from && !cli.proc);
	lk_cli_done(&cli);
}

static bool says_readonly(const char *s, size_t n)
{
	static const char word[] = "\nreadonly\n";
	lk_auto_mem char *text = malloc(n + 2);

	LK_FUZZ_MUST(text);
	text[0] = text[n + 1] = '\n';
	memcpy(text + 1, s, n);
	return memmem(text, n + 2, word, strlen(word)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct lk_conf c = { 0 };
	struct lk_err err = { 0 };
	int rc = size ? lk_conf_parse(&c, s, size, "fuzz", &err) : 0;

	LK_FUZZ_MUST(rc == 0 ? !err.code : err.code < 0 && *lk_err_text(&err) && c.doubtful);
	/* Whatever stands around it. */
	LK_FUZZ_MUST(!size || !says_readonly(s, size) || c.read_only);
	apply(&c, "list");
	apply(&c, "rm");
	lk_conf_done(&c);
	lk_err_done(&err);
	return 0;
}
