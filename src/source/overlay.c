/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mount options of overlay file systems. */
#include "source/overlay.h"

#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

/* Up to an end that is not escaped by a backslash, which is taken away. Returns what stands behind, NULL: nothing. */
static char *cut(char *s, char end)
{
	char *to = s;

	for (; *s && *s != end; s++) {
		if (*s == '\\' && s[1])
			s++;
		*to++ = *s;
	}
	end = *s;
	*to = '\0';
	return end ? s + 1 : NULL;
}

/* Like cut(), but the backslashes stay for the next one. */
static char *cut_option(char *s)
{
	for (; *s && *s != ','; s++) {
		if (*s == '\\' && s[1])
			s++;
	}
	if (!*s)
		return NULL;
	*s = '\0';
	return s + 1;
}

static char *value_of(char *option, const char *name)
{
	size_t n = strlen(name);

	return strncmp(option, name, n) == 0 ? option + n : NULL;
}

/* "lowerdir=A:B", where A is above B, and "::" stands before those that only hold data; or each by itself, "lowerdir+=A". */
static int each_lower(char *value, lk_overlay_layer_cb cb, void *arg)
{
	int rc = 0;

	for (char *next; value && !rc; value = next) {
		next = cut(value, ':');
		rc = value[0] ? cb(arg, value) : 0;
	}
	return rc;
}

int lk_overlay_each_layer(const char *options, bool upper, lk_overlay_layer_cb cb, void *arg)
{
	lk_auto_mem char *copy = lk_strdup(options);
	int rc = 0;

	for (char *option = copy, *next; option && !rc; option = next) {
		char *value;

		next = cut_option(option);
		if (upper) {
			value = value_of(option, "upperdir=");
			if (value)
				cut(value, '\0');
			rc = value ? cb(arg, value) : 0;
			continue;
		}
		value = value_of(option, "lowerdir=");
		value = value ? value : value_of(option, "lowerdir+=");
		rc = value ? each_lower(value, cb, arg) : 0;
	}
	return rc;
}
