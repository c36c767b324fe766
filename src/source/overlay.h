/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layers of an overlay file system, as its mount options name them (kernel: Documentation/filesystems/overlayfs.rst). */
#ifndef LK_SOURCE_OVERLAY_H
#define LK_SOURCE_OVERLAY_H

#include <stdbool.h>

/* Calls cb for the directory of the upper layer, or of each lower one, topmost first, until it returns non-zero, which is returned.
 * A path can be relative to where mount(8) was run. 0 at the end. */
typedef int (*lk_overlay_layer_cb)(void *arg, const char *path);
int lk_overlay_each_layer(const char *options, bool upper, lk_overlay_layer_cb cb, void *arg);

#endif
