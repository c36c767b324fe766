/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A range that parses prints as text that parses to the same range. */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fuzz.h"
#include "record/range.h"

static void fuzz_range(const char *s)
{
	char text[LK_RANGE_TEXT];
	struct lk_range r, again;
	struct lk_err err = { 0 };

	if (lk_range_parse(s, &r, &err) < 0) {
		LK_FUZZ_MUST(err.code < 0 && *lk_err_text(&err));
		lk_err_done(&err);
		return;
	}
	LK_FUZZ_MUST(!err.code);
	LK_FUZZ_MUST(r.start >= 0 && r.end >= r.start);
	LK_FUZZ_MUST(lk_range_parse(lk_range_format(r, text), &again, NULL) == 0);
	LK_FUZZ_MUST(lk_range_compare(r, again) == 0);
	LK_FUZZ_MUST(lk_range_overlaps(r, again) && lk_range_overlaps(r, LK_RANGE_WHOLE));
}

static void fuzz_numbers(const char *s, size_t n)
{
	uint64_t u;
	int64_t i;
	uint32_t ms;
	int pid = 1;

	lk_text_u64(s, n, 16, &u);
	lk_text_size(s, n, &u);
	lk_text_i64(s, n, &i);
	lk_text_seconds_ms(s, &ms);
	LK_FUZZ_MUST(lk_text_pid(s, n, &pid) < 0 || pid > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lk_auto_mem char *s = strndup((const char *)data, size);

	LK_FUZZ_MUST(s);
	fuzz_range(s);
	fuzz_numbers(s, strlen(s));
	return 0;
}
