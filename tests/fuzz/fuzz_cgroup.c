/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of /proc/PID/cgroup, and a control group's path as a capture may have it. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "model/unit.h"
#include "source/host/procfacts.h"

static void check_path(const char *path)
{
	struct lk_arena a = { 0 };
	const char *unit = lk_unit_of(&a, path), *container = lk_container_of(&a, path);

	LK_FUZZ_MUST(!unit || (*unit && strlen(unit) <= strlen(path)));
	LK_FUZZ_MUST(!container || (strchr(container, ':') && strchr(container, ':')[1]));
	lk_arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lk_auto_mem char *text = strndup((const char *)data, size), *path = NULL;

	LK_FUZZ_MUST(text);
	check_path(text);
	path = lk_procfacts_cgroup_path(text);
	if (!path)
		return 0;
	LK_FUZZ_MUST(strstr(text, path) && !strchr(path, '\n'));
	check_path(path);
	return 0;
}
