/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the systemd units and the container of a process from the path of its control group. */
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

/* The next part of the path at *p, which is moved past it; n is 0 at the end. */
static struct part next_part(const char **p)
{
	struct part part;

	*p += strspn(*p, "/");
	part = (struct part){ *p, strcspn(*p, "/") };
	*p += part.n;
	return part;
}

static bool is_type(const char *s, size_t n)
{
	static const char *const types[] = { "service", "scope",  "socket", "mount", "automount", "swap",
					     "timer",   "target", "device", "path",  "slice" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strlen(types[i]) == n && memcmp(s, types[i], n) == 0)
			return true;
	}
	return false;
}

static bool is_unit_char(char c)
{
	return isalnum((unsigned char)c) || strchr(":-_.\\@", c);
}

/* A plain name or an instance, not a template such as "user@.service" (systemd.unit(5)). */
static bool is_unit(struct part p)
{
	const char *dot = memrchr(p.s, '.', p.n), *at = memchr(p.s, '@', p.n);

	if (!p.n || !dot || dot == p.s || at == p.s || (at && at + 1 == dot))
		return false;
	for (size_t i = 0; i < p.n; i++) {
		if (!p.s[i] || !is_unit_char(p.s[i]))
			return false;
	}
	return is_type(dot + 1, (size_t)(p.s + p.n - dot) - 1);
}

/* systemd puts an underscore before a name that the kernel could take for a file of its own. */
static struct part decoded(struct part p)
{
	return p.n && p.s[0] == '_' ? (struct part){ p.s + 1, p.n - 1 } : p;
}

/* Skips slices; returns where the first other part begins. *ret_last: the last slice, n 0 when there was none. */
static const char *skip_slices(const char *path, struct part *ret_last)
{
	*ret_last = (struct part){ path, 0 };
	for (;;) {
		const char *p = path;
		struct part part = decoded(next_part(&p));

		if (!ends_with(part, ".slice") || !is_unit(part))
			return path;
		*ret_last = part;
		path = p;
	}
}

static bool is_number(struct part p)
{
	uint64_t u;

	return lk_text_u64(p.s, p.n, 10, &u) == 0;
}

/* "user@1000.service", or "session-2.scope" of a login: what is below belongs to the user. */
static bool is_of_user(struct part p)
{
	if (starts_with(p, "user@") && ends_with(p, ".service"))
		return p.n > 13 && is_number((struct part){ p.s + 5, p.n - 13 });
	return starts_with(p, "session-") && ends_with(p, ".scope") && p.n > 14;
}

/* Reads a path as systemd does, from its beginning, because what is below a unit is named by that unit. *ret_below: the path after the
 * unit. */
static struct part unit_of(const char *path, const char **ret_below)
{
	struct part slice, p;

	path = skip_slices(path, &slice);
	p = decoded(next_part(&path));
	*ret_below = path;
	if (!p.n)
		return slice;
	return is_unit(p) ? p : (struct part){ path, 0 };
}

static const char *keep(struct lk_arena *a, struct part p)
{
	return p.n ? lk_arena_strndup(a, p.s, p.n) : NULL;
}

const char *lk_unit_of(struct lk_arena *a, const char *cgroup)
{
	const char *below;

	return cgroup ? keep(a, unit_of(cgroup, &below)) : NULL;
}

const char *lk_user_unit_of(struct lk_arena *a, const char *cgroup)
{
	const char *below, *end;

	if (!cgroup || !is_of_user(unit_of(cgroup, &below)))
		return NULL;
	return keep(a, unit_of(below, &end));
}

/* "\x2d" stands for '-' in unit names (systemd-escape(1)). */
static char *unescape(struct lk_arena *a, struct part p)
{
	char *out = lk_arena_strndup(a, p.s, p.n), *w = out;

	for (size_t i = 0; i < p.n; i++) {
		uint64_t v;

		if (p.n - i >= 4 && p.s[i] == '\\' && p.s[i + 1] == 'x' && lk_text_u64(p.s + i + 2, 2, 16, &v) == 0 &&
		    v) {
			*w++ = (char)v;
			i += 3;
		} else {
			*w++ = p.s[i];
		}
	}
	*w = '\0';
	return out;
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
	const char *path = cgroup ? cgroup : "";
	struct part parent = next_part(&path), p = parent;

	/* In user.slice users name control groups as they like. */
	if (parent.n == 10 && memcmp(parent.s, "user.slice", 10) == 0)
		return NULL;
	for (parent.n = 0; p.n; parent = p, p = next_part(&path)) {
		const char *name = by_engine(a, p);

		if (!name && parent.n)
			name = by_parent(a, p, parent);
		if (name)
			return name;
	}
	return NULL;
}
