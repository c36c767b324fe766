/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /sys tells of loop devices and of what block devices are made of, and what the kernel allows. */
#include "source/host/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

#define MAX_PATH_TEXT ((size_t)64 * 1024)

/* One line of a file below dirfd/name, without its newline. 0 or -errno. */
static int read_line(int dirfd, const char *name, const char *file, lk_buf *out)
{
	lk_auto_mem char *path = lk_printf("%s/%s", name, file);
	int rc;

	out->n = 0;
	rc = lk_io_read_at(dirfd, path, MAX_PATH_TEXT, out);
	if (rc == 0 && out->n && out->v[out->n - 1] == '\n')
		out->n--;
	lk_buf_str(out);
	return rc;
}

static int each_backing_file(int dirfd, const char *device, lk_sysroot_loop_cb cb, void *arg)
{
	lk_buf text = { 0 };
	/* A device that is not in use has no such file. */
	int rc = read_line(dirfd, device, "loop/backing_file", &text);

	rc = rc == 0 && text.n ? cb(arg, &(struct lk_sysroot_loop){ .device = device, .backing_file = text.v }) : 0;
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

int lk_sysroot_loop_file(const char *device, struct lk_sysroot_loop_file *ret)
{
	lk_auto_mem char *path = lk_printf("/dev/%s", device);
	lk_auto_fd fd = lk_io_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
	struct loop_info64 info;

	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	*ret = (struct lk_sysroot_loop_file){
		.major = major((dev_t)info.lo_device),
		.minor = minor((dev_t)info.lo_device),
		.rdev_major = major((dev_t)info.lo_rdevice),
		.rdev_minor = minor((dev_t)info.lo_rdevice),
		.ino = info.lo_inode,
	};
	return 0;
}

/* -- block devices -- */

static int read_numbers(int dirfd, const char *name, lk_buf *text, uint32_t *ret_major, uint32_t *ret_minor)
{
	int rc = read_line(dirfd, name, "dev", text);
	const char *colon = rc ? NULL : memchr(text->v, ':', text->n);
	uint64_t major, minor;

	if (rc)
		return rc;
	if (!colon || lk_text_u64(text->v, (size_t)(colon - text->v), 10, &major) < 0 || major > UINT32_MAX ||
	    lk_text_u64(colon + 1, (size_t)(text->v + text->n - colon - 1), 10, &minor) < 0 || minor > UINT32_MAX)
		return -EBADMSG;
	*ret_major = (uint32_t)major;
	*ret_minor = (uint32_t)minor;
	return 0;
}

struct devices {
	const char *mark; /* only directories with this file are devices */
	lk_sysroot_device_cb cb;
	void *arg;
};

static int on_block_device(void *arg, int dirfd, const char *name)
{
	const struct devices *d = arg;
	lk_buf text = { 0 }, label = { 0 };
	uint32_t major, minor;
	int rc = read_line(dirfd, name, d->mark, &text);

	rc = rc ? rc : read_numbers(dirfd, name, &text, &major, &minor);
	/* Where that failed, it is another directory or a file, or the device has just gone. */
	rc = rc ? 0 : d->cb(d->arg, major, minor, name, read_line(dirfd, name, "dm/name", &label) ? NULL : label.v);
	lk_vec_done(&text);
	lk_vec_done(&label);
	return rc;
}

static char *directory_of(uint32_t major, uint32_t minor, const char *below)
{
	return lk_printf("/sys/dev/block/%u:%u%s", major, minor, below);
}

static int each_device(uint32_t major, uint32_t minor, const char *below, struct devices *d)
{
	lk_auto_mem char *path = directory_of(major, minor, below);

	return lk_io_each_entry(AT_FDCWD, path, on_block_device, d);
}

int lk_sysroot_each_holder(uint32_t major, uint32_t minor, lk_sysroot_device_cb cb, void *arg)
{
	return each_device(major, minor, "/holders", &(struct devices){ "dev", cb, arg });
}

int lk_sysroot_each_partition(uint32_t major, uint32_t minor, lk_sysroot_device_cb cb, void *arg)
{
	return each_device(major, minor, "", &(struct devices){ "partition", cb, arg });
}

struct btrfs {
	uint32_t major, minor;
	bool found;
	struct devices devices; /* of the caller */
};

static int is_it(void *arg, uint32_t major, uint32_t minor, const char *name __attribute__((unused)),
		 const char *label __attribute__((unused)))
{
	struct btrfs *b = arg;

	b->found = b->found || (major == b->major && minor == b->minor);
	return 0;
}

/* /sys/fs/btrfs/UUID/devices/NAME; other entries have no such directory. */
static int on_btrfs(void *arg, int dirfd, const char *uuid)
{
	struct btrfs *b = arg;
	lk_auto_mem char *path = lk_printf("%s/devices", uuid);

	b->found = false;
	if (lk_io_each_entry(dirfd, path, on_block_device, &(struct devices){ "dev", is_it, b }) || !b->found)
		return 0;
	return lk_io_each_entry(dirfd, path, on_block_device, &b->devices);
}

int lk_sysroot_each_of_btrfs(uint32_t major, uint32_t minor, lk_sysroot_device_cb cb, void *arg)
{
	struct btrfs b = { major, minor, .devices = { "dev", cb, arg } };

	return lk_io_each_entry(AT_FDCWD, "/sys/fs/btrfs", on_btrfs, &b);
}

int lk_sysroot_backing_file(uint32_t major, uint32_t minor, lk_buf *out)
{
	lk_auto_mem char *path = directory_of(major, minor, "");

	return read_line(AT_FDCWD, path, "loop/backing_file", out);
}

/* -- what the kernel allows -- */

bool lk_sysroot_is_locked_down(void)
{
	static const char mode[] = "[confidentiality]";
	lk_buf text = { 0 };
	bool is = lk_io_read_at(AT_FDCWD, "/sys/kernel/security/lockdown", MAX_PATH_TEXT, &text) == 0 && text.n &&
		  memmem(text.v, text.n, mode, sizeof(mode) - 1);

	lk_vec_done(&text);
	return is;
}

enum lk_tri lk_sysroot_has_btf(void)
{
	if (access("/sys/kernel/btf/vmlinux", F_OK) == 0)
		return LK_YES;
	return access("/sys/kernel", F_OK) == 0 ? LK_NO : LK_UNKNOWN;
}
