/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only code that opens /sys (sysfs(5)): which files are behind loop devices (loop(4)). */
#ifndef LK_SOURCE_SYSROOT_H
#define LK_SOURCE_SYSROOT_H

#include <stdint.h>

struct lk_sysroot_loop {
	const char *device; /* "loop0"; borrowed, as is backing_file */
	const char *backing_file; /* its path as the kernel prints it, perhaps with " (deleted)" behind */
};

/* Calls cb for each loop device in use until it returns non-zero, which is returned. 0, -ENOENT: there is no sysfs, or -errno. */
typedef int (*lk_sysroot_loop_cb)(void *arg, const struct lk_sysroot_loop *loop);
int lk_sysroot_each_loop(lk_sysroot_loop_cb cb, void *arg);

/* What the driver itself says (LOOP_GET_STATUS64), opening the device for reading only: st_dev and st_ino of the file behind it.
 * 0 or -errno, -EACCES for ordinary users. */
int lk_sysroot_loop_file(const char *device, uint32_t *ret_major, uint32_t *ret_minor, uint64_t *ret_ino);

#endif
