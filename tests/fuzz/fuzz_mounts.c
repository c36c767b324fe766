/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mount table, and behind a line with a plus sign that of another namespace. A first line that is an absolute path is looked up in
 * them. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "fuzz.h"
#include "source/host/mounts.h"

#define OTHER 3

static void add(struct lk_mounts *m, const char *s, size_t n, unsigned ns)
{
	int fd = memfd_create("mountinfo", MFD_CLOEXEC);

	LK_FUZZ_MUST(fd >= 0 && lk_io_write_all(fd, s, n) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	lk_mounts_add(m, fd, ns, ns);
}

static void check_all(const struct lk_mounts *m)
{
	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i];
		const struct lk_mount *same = lk_mounts_by_dev(m, e->major, e->minor);

		LK_FUZZ_MUST(lk_mounts_by_id(m, e->id) == e);
		LK_FUZZ_MUST(same && same->major == e->major && same->minor == e->minor);
		LK_FUZZ_MUST(e->target && e->fstype && e->local == lk_mounts_fs_is_local(e->fstype));
	}
}

static void check_path(const struct lk_mounts *m, unsigned ns, const char *path)
{
	const struct lk_mount *e = lk_mounts_by_path(m, ns, path);

	LK_FUZZ_MUST(!e || e->ns == ns);
	/* A server that stands on the way is never overlooked. */
	LK_FUZZ_MUST(!e || e->local == LK_YES || !lk_mounts_path_is_local(m, ns, path));
}

/* Where it says that a path is one of ours, there is a mount of ours. */
static void check_places(const struct lk_mounts *m, const char *path)
{
	for (size_t i = 0; i < m->v.n; i++) {
		struct lk_fact_file file = { 0 };
		const struct lk_mount *here = lk_mounts_place(m, m->v.v[i], path, &file);

		LK_FUZZ_MUST(!here || (here->ns == 0 && file.unreachable == LK_NO));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data, *line = size && s[0] == '/' ? memchr(s, '\n', size) : NULL, *plus;
	size_t at = line ? (size_t)(line + 1 - s) : 0, n;
	lk_auto_mem char *path = at ? strndup(s, at - 1) : strdup("/a/b/c");
	struct lk_mounts m = { .has_own = true };

	LK_FUZZ_MUST(path);
	plus = size ? memmem(s + at, size - at, "\n+\n", 3) : NULL;
	n = plus ? (size_t)(plus - s) : size;
	add(&m, s + at, n - at, 0);
	check_all(&m);
	n = m.v.n;
	/* A mount belongs to the namespace it was met in first. */
	add(&m, s + at, plus ? (size_t)(plus - s) - at : size - at, OTHER);
	LK_FUZZ_MUST(m.v.n == n);
	if (plus)
		add(&m, plus + 3, size - (size_t)(plus + 3 - s), OTHER);
	check_all(&m);
	check_path(&m, 0, path);
	check_path(&m, OTHER, path);
	check_places(&m, path);
	lk_mounts_done(&m);
	return 0;
}
