/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture that is read writes a capture that reads as the same: its second copy has the same bytes. One that is refused
 * says why. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "source/capture/capture.h"

struct text {
	char *s;
	size_t n;
};

static struct text capture_again(struct lk_source *src)
{
	struct lk_request req = { .needs = LK_NEED_ALL };
	struct text t = { 0 };
	FILE *f = open_memstream(&t.s, &t.n);
	struct lk_capture_writer *w = lk_capture_writer_new(f);

	LK_FUZZ_MUST(lk_source_scan(src, &req, lk_capture_writer_sink(w), NULL) == 0);
	LK_FUZZ_MUST(lk_capture_writer_finish(w) == 0);
	lk_capture_writer_free(w);
	fclose(f);
	LK_FUZZ_MUST(t.s);
	return t;
}

static void check_resolve(struct lk_source *src)
{
	static const char *const paths[] = { "/a", "fe:00:12", "" };
	struct lk_fact_file file;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		lk_source_resolve(src, paths[i], true, &file, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lk_source *src = NULL, *copy = NULL;
	struct lk_err err = { 0 };
	struct text first, second;

	if (lk_capture_open_text("fuzz", (const char *)data, size, &src, &err) < 0) {
		LK_FUZZ_MUST(!src && err.code < 0 && *lk_err_text(&err));
		lk_err_done(&err);
		return 0;
	}
	check_resolve(src);
	first = capture_again(src);
	LK_FUZZ_MUST(lk_capture_open_text("copy", first.s, first.n, &copy, NULL) == 0);
	second = capture_again(copy);
	LK_FUZZ_MUST(first.n == second.n && memcmp(first.s, second.s, first.n) == 0);
	lk_source_free(copy);
	lk_source_free(src);
	free(first.s);
	free(second.s);
	return 0;
}
