/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/io.h"

#define MAX_PATH_TEXT ((size_t)64 * 1024)

static int each_backing_file(int dirfd, const char *device, lk_sysroot_loop_cb cb, void *arg)
{
	lk_auto_mem char *name = NULL;
	lk_buf text = { 0 };
	int rc;

	if (asprintf(&name, "%s/loop/backing_file", device) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	/* A device that is not in use has no such file. */
	rc = lk_io_read_at(dirfd, name, MAX_PATH_TEXT, &text);
	if (rc == 0 && text.n && text.v[text.n - 1] == '\n')
		text.n--;
	if (rc == 0 && text.n) {
		struct lk_sysroot_loop loop = { .device = device, .backing_file = lk_buf_str(&text) };

		rc = loop.backing_file ? cb(arg, &loop) : -ENOMEM;
	} else {
		rc = 0;
	}
	lk_vec_done(&text);
	return rc;
}

struct loops {
	lk_sysroot_loop_cb cb;
	void *arg;
};

static int on_device(void *arg, int dirfd, const char *name)
{
	struct loops *l = arg;

	return strncmp(name, "loop", 4) == 0 ? each_backing_file(dirfd, name, l->cb, l->arg) : 0;
}

int lk_sysroot_each_loop(lk_sysroot_loop_cb cb, void *arg)
{
	struct loops l = { cb, arg };

	return lk_io_each_entry(AT_FDCWD, "/sys/block", on_device, &l);
}

int lk_sysroot_loop_file(const char *device, uint32_t *ret_major, uint32_t *ret_minor, uint64_t *ret_ino)
{
	lk_auto_mem char *path = NULL;
	lk_auto_fd fd = -1;
	struct loop_info64 info;

	if (asprintf(&path, "/dev/%s", device) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = lk_io_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	*ret_major = major((dev_t)info.lo_device);
	*ret_minor = minor((dev_t)info.lo_device);
	*ret_ino = info.lo_inode;
	return 0;
}
