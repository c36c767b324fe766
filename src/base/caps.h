/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of this thread, capabilities(7), as sets of bits. */
#ifndef LK_BASE_CAPS_H
#define LK_BASE_CAPS_H

#include <linux/capability.h>
#include <stdint.h>

/* Older headers lack the last three, include/uapi/linux/capability.h. */
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

/* What can be done now; all of them where the kernel does not say. */
uint64_t lk_caps_effective(void);

/* Gives up what is not in `permitted`, for good, here and for what is started from here; of the rest only `effective` can be used
 * until lk_caps_raise(). 0 or -errno. */
int lk_caps_limit(uint64_t effective, uint64_t permitted);
/* Stops using what is not in `effective`, and gives nothing up. 0 or -errno. */
int lk_caps_lower(uint64_t effective);
/* Uses some that are permitted. Returns what was effective before, for lk_caps_lower(). */
uint64_t lk_caps_raise(uint64_t caps);

#endif
