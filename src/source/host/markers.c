/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private file whose locks mark the processors, and what such locks look like. */
#include "source/host/markers.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool lk_marker_has_range(struct lk_range r)
{
	return r.start == r.end && r.start % 2 == 0 && r.start <= lk_marker_byte(LK_MARKERS_MAX_CPUS - 1);
}

int lk_markers_open(struct lk_key *ret)
{
	struct stat st;
	int fd = memfd_create(LK_MARKERS_NAME, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	*ret = (struct lk_key){ .major = major(st.st_dev), .minor = minor(st.st_dev), .ino = st.st_ino };
	return fd;
}
