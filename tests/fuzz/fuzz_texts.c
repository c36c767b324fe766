/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts of the kernel that no other target has. The first byte chooses: timens_offsets, filesystems, swaps. */
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "source/bpf/bpf_private.h"
#include "source/procfs/procfs_uses.h"

static void fuzz_filesystems(const char *s, size_t n)
{
	/* One that asks a server is enough. */
	if (lk_scan_answer_from_memory(s, n))
		LK_FUZZ_MUST(n && !memmem(s, n, "\tnfs\n", 5) && !memmem(s, n, "\tcifs\n", 6));
}

static void fuzz_swaps(const char *s, size_t n)
{
	lk_auto_mem char *text = strndup(s, n);
	char *save = NULL;
	bool is_block;

	LK_FUZZ_MUST(text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t before = strlen(line);

		if (lk_uses_parse_swap(line, &is_block))
			LK_FUZZ_MUST(strlen(line) < before);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data + 1;

	if (!size)
		return 0;
	switch (data[0] % 3) {
	case 0:
		(void)lk_bpf_boottime_shift_ns(s, size - 1);
		break;
	case 1:
		fuzz_filesystems(s, size - 1);
		break;
	default:
		fuzz_swaps(s, size - 1);
		break;
	}
	return 0;
}
