/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes an output file beside its name, and gives it the name when it is whole. */
#include "cli/out_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "cli/privilege.h"

enum lk_status lk_out_file_check(const char *path, bool replace)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISREG(st.st_mode)) {
		lk_say("%s is not a regular file; write to standard output instead", path);
		return LK_STATUS_ERROR;
	}
	if (replace)
		return 0;
	lk_say("%s exists; --force replaces it", path);
	return LK_STATUS_ERROR;
}

static int cannot_write(const char *path, struct lk_err *err)
{
	return lk_err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
}

int lk_out_file_write(const char *path, mode_t mode, int (*write)(void *arg, FILE *f, struct lk_err *err), void *arg,
		      struct lk_err *err)
{
	struct lk_io_atomic file;
	FILE *f;
	uint64_t before = lk_privilege_output_begin();
	int rc = lk_io_atomic_begin(&file, path, err);

	lk_privilege_output_end(before);
	if (rc < 0)
		return rc;
	f = lk_io_atomic_stream(&file);
	rc = f ? write(arg, f, err) : cannot_write(path, err);
	if (f && fclose(f) != 0 && rc == 0)
		rc = cannot_write(path, err);
	before = lk_privilege_output_begin();
	if (rc == 0 && fchmod(file.fd, mode) < 0)
		rc = cannot_write(path, err);
	if (rc == 0)
		rc = lk_io_atomic_commit(&file, err);
	else
		lk_io_atomic_abort(&file);
	lk_privilege_output_end(before);
	return rc;
}
