/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit 0 of the first byte says UTF-8, the others how many cells to cut to; the rest is the hostile string. */
#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "fuzz.h"

static void check_safe(const char *safe, bool utf8)
{
	LK_FUZZ_MUST(safe);
	LK_FUZZ_MUST(lk_text_is_utf8(safe, strlen(safe)));
	for (const char *p = safe; *p; p++) {
		unsigned char c = (unsigned char)*p;

		LK_FUZZ_MUST(c >= 0x20 && c != 0x7f);
		LK_FUZZ_MUST(utf8 || c < 0x80);
	}
}

static void fuzz_cut(const char *safe, size_t cells, bool utf8)
{
	lk_auto_mem char *cut = lk_sanitize_cut_left(safe, cells, utf8, LK_SANITIZE_CUT_ASCII);
	size_t n = strlen(safe), kept;

	check_safe(cut, utf8);
	LK_FUZZ_MUST(lk_sanitize_width(cut, utf8) <= cells);
	if (strcmp(cut, safe) == 0)
		return;
	/* What is left is the end of the string. */
	kept = strlen(cut) - (cells > 3 ? 3 : 0);
	LK_FUZZ_MUST(kept <= n && memcmp(safe + n - kept, cut + strlen(cut) - kept, kept) == 0);
}

static void fuzz_text(const char *s, size_t n)
{
	lk_auto_mem char *utf8 = lk_text_to_utf8(s, n);
	lk_auto_mem char *b64 = lk_text_b64(s, n);
	lk_auto_mem char *back = NULL;
	size_t back_n;

	LK_FUZZ_MUST(utf8 && lk_text_is_utf8(utf8, strlen(utf8)));
	LK_FUZZ_MUST(b64 && lk_text_unb64(b64, &back, &back_n) == 0);
	LK_FUZZ_MUST(back_n == n && memcmp(back, s, n) == 0);
}

static void fuzz_unb64(const char *s, size_t n)
{
	lk_auto_mem char *text = strndup(s, n);
	lk_auto_mem char *bytes = NULL;
	lk_auto_mem char *again = NULL;
	size_t bytes_n;

	LK_FUZZ_MUST(text);
	if (lk_text_unb64(text, &bytes, &bytes_n) < 0)
		return;
	again = lk_text_b64(bytes, bytes_n);
	LK_FUZZ_MUST(again && strlen(again) == strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data + 1;
	lk_auto_mem char *safe = NULL;

	lk_fuzz_use_utf8();
	if (!size)
		return 0;
	safe = lk_sanitize(s, size - 1, data[0] & 1);
	check_safe(safe, data[0] & 1);
	fuzz_cut(safe, data[0] >> 1, data[0] & 1);
	fuzz_text(s, size - 1);
	fuzz_unb64(s, size - 1);
	return 0;
}
