/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a control group's path to the systemd unit and the container it belongs to (systemd.unit(5), cgroups(7)). */
#ifndef LK_MODEL_UNIT_H
#define LK_MODEL_UNIT_H

#include "base/arena.h"

/* The innermost *.service, *.scope, … of the path, unescaped as systemd prints it; NULL: none. In the arena. */
const char *lk_unit_of(struct lk_arena *a, const char *cgroup);

/* "docker:0123456789ab", "podman:…", "lxc:web", "machine:debian", "kube:…"; NULL: not in one that is known. In the arena. */
const char *lk_container_of(struct lk_arena *a, const char *cgroup);

#endif
