/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a control group's path to the systemd unit and the container it belongs to (systemd.unit(5), cgroups(7)). */
#ifndef LK_MODEL_UNIT_H
#define LK_MODEL_UNIT_H

#include "base/arena.h"

/* The outermost *.service, *.scope, … of the path, as systemd decides and prints it; of a path of slices only, the last one. NULL: none. In
 * the arena. For everything that users start for themselves it is their "user@1000.service" or "session-2.scope". */
const char *lk_unit_of(struct lk_arena *a, const char *cgroup);

/* The unit of the user's own systemd, whose names every user chooses; NULL: none. In the arena. */
const char *lk_user_unit_of(struct lk_arena *a, const char *cgroup);

/* The outermost container; never one below user.slice, where every user chooses the names. "docker:0123456789ab", "podman:…", "lxc:web",
 * "machine:debian", "kube:…"; NULL: none of a known kind. In the arena. */
const char *lk_container_of(struct lk_arena *a, const char *cgroup);

#endif
