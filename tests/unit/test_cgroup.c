/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of /proc/PID/cgroup, and what libproc2 makes of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "source/host/procfacts.h"

static void is_path(const char *text, const char *expected)
{
	char *path = lk_procfacts_cgroup_path(text);

	if (expected)
		cr_assert(path && strcmp(path, expected) == 0, "%s: %s", text, path ? path : "none");
	else
		cr_assert_null(path, "%s: %s", text, path ? path : "");
	free(path);
}

Test(cgroup, the_hierarchy_that_says_something)
{
	is_path("0::/user.slice/x.scope", "/user.slice/x.scope");
	is_path("12:cpu:/a\n1:name=systemd:/system.slice/b.service\n0::/", "/system.slice/b.service");
	is_path("1:name=systemd:/c,d", "/c,d");
	is_path("0::/", "/");
}

/* Without a colon, with one, cut anywhere: no pointer is made from none. */
Test(cgroup, no_hierarchy)
{
	static const char *const texts[] = {
		"", "-", ":", "0", "0:", "\n", ",", "a\nb", "1:name=systemd", "12:cpu:/a"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		is_path(texts[i], NULL);
	is_path("::", "");
}
