/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Feeds each file, and each file of each directory, that the command line names to the fuzz target, in an exact-size
 * heap block so that a sanitizer or valgrind sees a read past the end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "fuzz.h"

#define REPLAY_LIMIT ((size_t)16 << 20)

static int replay_bytes(const lk_buf *b)
{
	lk_auto_mem uint8_t *exact = malloc(b->n ? b->n : 1);

	if (!exact)
		return -ENOMEM;
	if (b->n)
		memcpy(exact, b->v, b->n);
	LLVMFuzzerTestOneInput(exact, b->n);
	return 0;
}

static int replay_file(int dirfd, const char *name, unsigned *count)
{
	lk_buf b = { 0 };
	int rc = lk_io_read_at(dirfd, name, REPLAY_LIMIT, &b);

	/* Seen last in the log when the target crashes. */
	printf("replay %s (%zu bytes)\n", name, b.n);
	fflush(stdout);
	if (!rc)
		rc = replay_bytes(&b);
	lk_vec_done(&b);
	*count += !rc;
	return rc;
}

static int replay_path(const char *path, unsigned *count)
{
	lk_auto_dir *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return errno == ENOTDIR ? replay_file(AT_FDCWD, path, count) : -errno;
	while (!rc && (e = readdir(d))) {
		if (e->d_name[0] != '.')
			rc = replay_file(dirfd(d), e->d_name, count);
	}
	return rc;
}

int main(int argc, char **argv)
{
	unsigned count = 0;

	for (int i = 1; i < argc; i++) {
		int rc = replay_path(argv[i], &count);

		if (rc < 0) {
			fprintf(stderr, "replay: cannot read %s: %s\n", argv[i], strerror(-rc));
			return 1;
		}
	}
	if (!count) {
		fprintf(stderr, "replay: no input was found; name the files or directories of a corpus.\n");
		return 1;
	}
	printf("%u passed, 0 failed, 0 skipped\n", count);
	return 0;
}
