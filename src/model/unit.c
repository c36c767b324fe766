/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/unit.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

struct part {
	const char *s;
	size_t n;
};

static bool ends_with(struct part p, const char *suffix)
{
	size_t m = strlen(suffix);

	return p.n > m && memcmp(p.s + p.n - m, suffix, m) == 0;
}

static bool starts_with(struct part p, const char *prefix)
{
	size_t m = strlen(prefix);

	return p.n > m && memcmp(p.s, prefix, m) == 0;
}

/* The part of the path before *end, moving *end to its start; n is 0 when there is none left. */
static struct part previous_part(const char *path, const char **end)
{
	const char *e = *end, *s;

	while (e > path && e[-1] == '/')
		e--;
	s = e;
	while (s > path && s[-1] != '/')
		s--;
	*end = s;
	return (struct part){ s, (size_t)(e - s) };
}

static bool is_unit(struct part p)
{
	static const char *const suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap", ".timer" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (ends_with(p, suffixes[i]))
			return true;
	}
	return false;
}

/* "\x2d" stands for '-' in unit names (systemd-escape(1)). */
static char *unescape(struct lk_arena *a, struct part p)
{
	char *out = lk_arena_strndup(a, p.s, p.n), *w = out;

	for (size_t i = 0; out && i < p.n; i++) {
		uint64_t v;

		if (p.n - i >= 4 && p.s[i] == '\\' && p.s[i + 1] == 'x' && lk_text_u64(p.s + i + 2, 2, 16, &v) == 0 &&
		    v) {
			*w++ = (char)v;
			i += 3;
		} else {
			*w++ = p.s[i];
		}
	}
	if (out)
		*w = '\0';
	return out;
}

const char *lk_unit_of(struct lk_arena *a, const char *cgroup)
{
	const char *end = cgroup ? cgroup + strlen(cgroup) : NULL;
	struct part slice = { NULL, 0 };

	while (end && end > cgroup) {
		struct part p = previous_part(cgroup, &end);

		if (is_unit(p))
			return unescape(a, p);
		if (!slice.n && ends_with(p, ".slice"))
			slice = p;
	}
	return slice.n ? unescape(a, slice) : NULL;
}

static bool is_container_id(const char *s, size_t n)
{
	if (n < 12)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return false;
	}
	return true;
}

struct engine {
	const char *prefix; /* of the part that names the container */
	const char *name;
	bool is_id; /* what follows is a long hexadecimal id, shown by its first 12 digits */
};

static const struct engine engines[] = {
	{ "docker-", "docker", true },           { "libpod-", "podman", true },
	{ "cri-containerd-", "kube", true },     { "crio-", "kube", true },
	{ "lxc.payload.", "lxc", false },        { "machine-", "machine", false },
	{ "systemd-nspawn@", "machine", false },
};

static const char *by_engine(struct lk_arena *a, struct part p)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++) {
		const struct engine *e = &engines[i];
		struct part rest = { p.s + strlen(e->prefix), p.n - strlen(e->prefix) };

		if (!starts_with(p, e->prefix))
			continue;
		if (ends_with(rest, ".scope"))
			rest.n -= strlen(".scope");
		if (ends_with(rest, ".service"))
			rest.n -= strlen(".service");
		if (e->is_id && !is_container_id(rest.s, rest.n))
			continue;
		return lk_arena_printf(a, "%s:%s", e->name,
				       unescape(a, (struct part){ rest.s, e->is_id ? 12 : rest.n }));
	}
	return NULL;
}

/* "/docker/ID", "/lxc/NAME": the engine is the part before. */
static const char *by_parent(struct lk_arena *a, struct part p, struct part parent)
{
	if (parent.n == 6 && memcmp(parent.s, "docker", 6) == 0 && is_container_id(p.s, p.n))
		return lk_arena_printf(a, "docker:%.12s", p.s);
	if (parent.n == 3 && memcmp(parent.s, "lxc", 3) == 0)
		return lk_arena_printf(a, "lxc:%.*s", (int)p.n, p.s);
	if (starts_with(parent, "pod") && is_container_id(p.s, p.n))
		return lk_arena_printf(a, "kube:%.12s", p.s);
	return NULL;
}

const char *lk_container_of(struct lk_arena *a, const char *cgroup)
{
	const char *end = cgroup ? cgroup + strlen(cgroup) : NULL;

	while (end && end > cgroup) {
		struct part p = previous_part(cgroup, &end);
		const char *before = end;
		struct part parent = previous_part(cgroup, &before);
		const char *name = by_engine(a, p);

		if (!name && parent.n)
			name = by_parent(a, p, parent);
		if (name)
			return name;
	}
	return NULL;
}
