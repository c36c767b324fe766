/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a file for people, also if no path of our own leads to it. */
#include "source/file_name.h"

#include <inttypes.h>
#include <string.h>

const char *lk_file_name(struct lk_arena *a, const struct lk_fact_file *f, const char *path)
{
	static const char memfd[] = "/memfd:";

	if (!path || f->unreachable != LK_YES)
		return path;
	if (f->foreign_mnt_ns)
		return lk_arena_printf(a, "mnt:[%" PRIu64 "]:%s", f->foreign_mnt_ns, path);
	/* A memfd (memfd_create(2)) is on no mount of any mount namespace. */
	if (strncmp(path, memfd, sizeof(memfd) - 1) == 0)
		return path + 1;
	return lk_arena_printf(a, "(unreachable)%s", path);
}

bool lk_file_is_called(const struct lk_fact_file *f, const char *name)
{
	struct lk_arena a = { 0 };
	const char *own = lk_file_name(&a, f, f->path);
	bool same = own && strcmp(own, name) == 0;

	lk_arena_done(&a);
	return same;
}
