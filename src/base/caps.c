/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities of the calling thread (capabilities(7)). */
#include "base/caps.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

struct sets {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static int get(struct sets *s)
{
	*s = (struct sets){ .head.version = _LINUX_CAPABILITY_VERSION_3 };
	return syscall(SYS_capget, &s->head, s->data) < 0 ? -errno : 0;
}

static int set(struct sets *s)
{
	return syscall(SYS_capset, &s->head, s->data) < 0 ? -errno : 0;
}

static uint64_t effective_of(const struct sets *s)
{
	return s->data[0].effective | (uint64_t)s->data[1].effective << 32;
}

uint64_t lk_caps_effective(void)
{
	struct sets s;

	return get(&s) < 0 ? LK_CAPS_ALL : effective_of(&s);
}

int lk_caps_limit(uint64_t effective, uint64_t permitted)
{
	struct sets s;
	int rc = get(&s);

	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		s.data[i].permitted &= (uint32_t)(permitted >> (32 * i));
		s.data[i].effective &= s.data[i].permitted & (uint32_t)(effective >> (32 * i));
		s.data[i].inheritable = 0;
	}
	return rc < 0 ? rc : set(&s);
}

int lk_caps_lower(uint64_t effective)
{
	struct sets s;
	int rc = get(&s);

	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		s.data[i].effective &= (uint32_t)(effective >> (32 * i));
	return rc < 0 ? rc : set(&s);
}

uint64_t lk_caps_raise(uint64_t caps)
{
	struct sets s;
	uint64_t before;

	if (get(&s) < 0)
		return 0;
	before = effective_of(&s);
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		s.data[i].effective |= s.data[i].permitted & (uint32_t)(caps >> (32 * i));
	set(&s);
	return before;
}
