/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of this thread, capabilities(7), as sets of bits. */
#ifndef LK_BASE_CAPS_H
#define LK_BASE_CAPS_H

#include <linux/capability.h>
#include <stdint.h>

/* Older kernel headers (include/uapi/linux/capability.h) lack these three. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

#define LK_CAP(name) (UINT64_C(1) << (name))
#define LK_CAPS_ALL UINT64_MAX

/* The effective set of this thread; LK_CAPS_ALL if capget(2) fails. */
uint64_t lk_caps_effective(void);

/* Drops every capability that is not in `permitted`, for good, in this thread and in threads and processes created from it. Of the rest,
 * only those in `effective` are in effect until lk_caps_raise(). 0 or -errno. */
int lk_caps_limit(uint64_t effective, uint64_t permitted);
/* Removes what is not in `effective` from the effective set only, so that lk_caps_raise() can undo it. 0 or -errno. */
int lk_caps_lower(uint64_t effective);
/* Adds those of `caps` that are permitted to the effective set. Returns the effective set from before, for lk_caps_lower(); 0 if capget(2)
 * fails. */
uint64_t lk_caps_raise(uint64_t caps);

#endif
