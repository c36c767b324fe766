/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only code that opens /sys (sysfs(5)): which files are behind loop devices (loop(4)), what block devices are made of, what the
 * kernel allows. */
#ifndef LK_SOURCE_SYSROOT_H
#define LK_SOURCE_SYSROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "source/source.h"

struct lk_sysroot_loop {
	const char *device; /* "loop0"; borrowed, as is backing_file */
	const char *backing_file; /* its path as the kernel prints it, perhaps with " (deleted)" behind */
};

/* Calls cb for each loop device in use until it returns non-zero, which is returned. 0, -ENOENT: there is no sysfs, or -errno. */
typedef int (*lk_sysroot_loop_cb)(void *arg, const struct lk_sysroot_loop *loop);
int lk_sysroot_each_loop(lk_sysroot_loop_cb cb, void *arg);

/* What the driver itself says (LOOP_GET_STATUS64), opening the device for reading only: st_dev and st_ino of the file behind it, and
 * st_rdev where that is a device itself. 0 or -errno, -EACCES for ordinary users. */
struct lk_sysroot_loop_file {
	uint32_t major, minor, rdev_major, rdev_minor;
	uint64_t ino;
};
int lk_sysroot_loop_file(const char *device, struct lk_sysroot_loop_file *ret);

/* Block devices, by number. name: "sda1", "dm-0"; label: "vg-root" of device mapper, else NULL. Both borrowed. */
typedef int (*lk_sysroot_device_cb)(void *arg, uint32_t major, uint32_t minor, const char *name, const char *label);
/* The devices made of this one (device mapper, md, bcache …); its partitions. Calls cb for each until it returns non-zero, which is
 * returned. 0 or -errno, -ENOENT: no such device. */
int lk_sysroot_each_holder(uint32_t major, uint32_t minor, lk_sysroot_device_cb cb, void *arg);
int lk_sysroot_each_partition(uint32_t major, uint32_t minor, lk_sysroot_device_cb cb, void *arg);
/* All devices of the mounted btrfs file system that this device is part of, this one included; the mount table names only one of them. */
int lk_sysroot_each_of_btrfs(uint32_t major, uint32_t minor, lk_sysroot_device_cb cb, void *arg);
/* The file that a loop device is attached to, as the kernel prints it. 0; -ENOENT: it is no loop device in use; or -errno. */
int lk_sysroot_backing_file(uint32_t major, uint32_t minor, lk_buf *out);

/* kernel_lockdown(7) is in the mode "confidentiality". false where that cannot be read (securityfs is not mounted). */
bool lk_sysroot_is_locked_down(void);
/* Does the kernel publish its types (BTF)? */
enum lk_tri lk_sysroot_has_btf(void);

#endif
