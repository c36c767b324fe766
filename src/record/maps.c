/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses lines of /proc/PID/maps. */
#include "record/maps.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* The rest of the line after the next space; NULL: there is no space. */
static const char *behind_blank(const char *p, const char *end)
{
	p = memchr(p, ' ', (size_t)(end - p));
	return p ? p + 1 : NULL;
}

/* "ADDR-ADDR PERMS OFFSET MAJ:MIN INODE PATH"; device hex as in lock keys. */
int lk_maps_parse_line(const char *s, size_t n, struct lk_maps_line *ret)
{
	const char *p = s, *end = s + n, *dev, *colon;
	uint64_t major, minor, ino;
	size_t addresses;

	p = behind_blank(p, end);
	addresses = p ? (size_t)(p - s) - 1 : 0;
	p = p ? behind_blank(p, end) : NULL;
	dev = p ? behind_blank(p, end) : NULL;
	p = dev ? behind_blank(dev, end) : NULL;
	if (!p)
		return -EINVAL;
	colon = memchr(dev, ':', (size_t)(p - dev));
	if (!colon || lk_text_u64(dev, (size_t)(colon - dev), 16, &major) < 0 || major > UINT32_MAX ||
	    lk_text_u64(colon + 1, (size_t)(p - colon) - 2, 16, &minor) < 0 || minor > UINT32_MAX)
		return -EINVAL;
	dev = p;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	if (lk_text_u64(dev, (size_t)(p - dev), 10, &ino) < 0)
		return -EINVAL;
	ret->key = (struct lk_key){ .major = (uint32_t)major, .minor = (uint32_t)minor, .ino = ino };
	while (p < end && *p == ' ')
		p++;
	ret->addresses = addresses;
	ret->path = (size_t)(p - s);
	return 0;
}
