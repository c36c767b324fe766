/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of --filter. A refused one comes with a sentence and a caret below the place. */
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "table/filter.h"

static void check_refusal(struct lk_err *err)
{
	const char *text = lk_err_text(err);
	const char *last = strrchr(text, '\n');

	LK_FUZZ_MUST(err->code < 0 && *text);
	LK_FUZZ_MUST(last && strchr(last, '^'));
	lk_err_done(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lk_auto_mem char *s = strndup((const char *)data, size);
	struct lk_filter *f = NULL;
	struct lk_err err = { 0 };

	LK_FUZZ_MUST(s);
	/* Nested repetition takes the C library's regcomp(3) as long and as much memory as one likes; that is not ours to find. */
	if (strchr(s, '{'))
		return 0;
	if (lk_filter_parse(s, lk_column_list, &f, &err) < 0) {
		LK_FUZZ_MUST(!f);
		check_refusal(&err);
		return 0;
	}
	LK_FUZZ_MUST(f && !err.code);
	(void)lk_filter_needs(f);
	lk_filter_free(f);
	return 0;
}
