/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads mount tables by libmount; tells of paths what can be known by their mounts alone. See doc/kernel.md 3.5. */
#include "source/host/mounts.h"

#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"

#define MAX_MOUNTINFO ((size_t)64 << 20)

static const char *const local_types[] = {
	"ext4",     "ext3",       "ext2",     "xfs",     "btrfs",   "tmpfs",    "ramfs",    "overlay",   "f2fs",
	"vfat",     "msdos",      "exfat",    "ntfs3",   "hfsplus", "hfs",      "iso9660",  "udf",       "erofs",
	"squashfs", "zfs",        "bcachefs", "jfs",     "nilfs2",  "minix",    "ufs",      "hugetlbfs", "devtmpfs",
	"proc",     "sysfs",      "cgroup",   "cgroup2", "cramfs",  "romfs",    "debugfs",  "tracefs",   "mqueue",
	"bpf",      "securityfs", "configfs", "pstore",  "devpts",  "efivarfs", "ubifs",    "jffs2",     "binfmt_misc",
	"rootfs",   "fusectl",    "nsfs",     "pipefs",  "sockfs",  "reiserfs", "ecryptfs", "nfsd",      "rpc_pipefs",
};

/* A server keeps the locks, or looking up a path may wait for a server. "fuse.X" is matched by its prefix. */
static const char *const remote_types[] = {
	"nfs",    "nfs4",     "cifs",  "smb3",   "smbfs", "fuse",   "fuseblk",   "ceph",
	"9p",     "afs",      "coda",  "gfs2",   "ocfs2", "lustre", "glusterfs", "virtiofs",
	"beegfs", "orangefs", "pvfs2", "autofs", "gpfs",  "ncpfs",  "vboxsf",    "panfs",
};

static bool in_list(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(s, list[i]) == 0)
			return true;
	}
	return false;
}

enum lk_tri lk_mounts_fs_is_local(const char *fstype)
{
	if (!fstype)
		return LK_UNKNOWN;
	if (strncmp(fstype, "fuse.", 5) == 0 ||
	    in_list(fstype, remote_types, sizeof(remote_types) / sizeof(*remote_types)))
		return LK_NO;
	return in_list(fstype, local_types, sizeof(local_types) / sizeof(*local_types)) ? LK_YES : LK_UNKNOWN;
}

bool lk_mounts_fs_keys_unique(const char *fstype)
{
	static const char *const shared[] = { "btrfs", "overlay", "bcachefs", "ecryptfs", "aufs" };

	return fstype && !in_list(fstype, shared, sizeof(shared) / sizeof(*shared));
}

bool lk_mounts_fs_is_stacked(const char *fstype)
{
	static const char *const stacked[] = { "overlay", "ecryptfs", "aufs" };

	return !fstype || in_list(fstype, stacked, sizeof(stacked) / sizeof(*stacked));
}

void lk_mounts_done(struct lk_mounts *m)
{
	lk_arena_done(&m->arena);
	lk_vec_done(&m->v);
	lk_map_done(&m->by_id);
}

static void add_one(struct lk_mounts *m, struct libmnt_fs *fs, unsigned ns, uint64_t ns_id)
{
	const char *root = mnt_fs_get_root(fs), *fstype = mnt_fs_get_fstype(fs), *target = mnt_fs_get_target(fs);
	dev_t dev = mnt_fs_get_devno(fs);
	struct lk_mount *e;

	if (!root || !fstype || !target || lk_mounts_by_id(m, mnt_fs_get_id(fs)))
		return;
	e = lk_arena_zalloc(&m->arena, sizeof(*e));
	e->id = mnt_fs_get_id(fs);
	e->major = major(dev);
	e->minor = minor(dev);
	e->ns = ns;
	e->ns_id = ns_id;
	e->parent = mnt_fs_get_parent_id(fs);
	e->fstype = lk_arena_strdup(&m->arena, fstype);
	e->target = lk_arena_strdup(&m->arena, target);
	if (strcmp(fstype, "overlay") == 0 && strcmp(root, "/") == 0)
		e->overlay = lk_arena_strdup(&m->arena, mnt_fs_get_fs_options(fs));
	e->source = lk_arena_strdup(&m->arena, mnt_fs_get_srcpath(fs));
	e->root = lk_arena_strdup(&m->arena, root);
	e->local = lk_mounts_fs_is_local(e->fstype);
	/* What an ecryptfs is stacked on is not examined, so it may be remote. */
	e->asks = e->local != LK_YES || strcmp(e->fstype, "ecryptfs") == 0;
	*lk_vec_push(&m->v) = e;
	lk_map_set(&m->by_id, &e->id, sizeof(e->id), m->v.n - 1);
}

/* -- the layers of an overlay -- */

/* Ends s at the first `end` that is not escaped by a backslash, and removes the backslashes before. What follows that `end`; NULL: there
 * was none. */
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

/* Like cut() at a comma, but keeps the backslashes for a later cut(). */
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

/* "lowerdir=A:B": A is above B, and "::" stands before layers that only hold data. Or each layer by itself: "lowerdir+=A". */
static int each_lower(char *value, lk_mounts_layer_cb cb, void *arg)
{
	int rc = 0;

	for (char *next; value && !rc; value = next) {
		next = cut(value, ':');
		rc = value[0] ? cb(arg, value) : 0;
	}
	return rc;
}

int lk_mounts_each_layer(const char *options, bool upper, lk_mounts_layer_cb cb, void *arg)
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

static bool is_overlay(const struct lk_mount *e)
{
	return strcmp(e->fstype, "overlay") == 0;
}

/* All mounts of one overlay file system have the same layers: none of them counts as local any more. */
static void doubt_overlay(struct lk_mounts *m, const struct lk_mount *overlay)
{
	for (size_t i = 0; i < m->v.n; i++) {
		struct lk_mount *e = m->v.v[i];

		if (is_overlay(e) && e->major == overlay->major && e->minor == overlay->minor)
			e->asks = true;
	}
}

/* 1: the layer is on a mount that may wait for a server. A relative path gives 0: where it leads is not known here. */
static int is_remote_layer(void *arg, const char *path)
{
	const struct lk_mount *on = path[0] == '/' ? lk_mounts_by_path(arg, 0, path) : NULL;

	return on && on->asks;
}

/* An overlay of ours is as local as its layers. */
static void judge_overlays(struct lk_mounts *m)
{
	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i];

		if (e->ns == 0 && e->overlay && !e->asks &&
		    (lk_mounts_each_layer(e->overlay, false, is_remote_layer, m) ||
		     lk_mounts_each_layer(e->overlay, true, is_remote_layer, m)))
			doubt_overlay(m, e);
	}
}

void lk_mounts_distrust(struct lk_mounts *m, unsigned ns)
{
	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i];

		if (e->ns == ns && is_overlay(e))
			doubt_overlay(m, e);
	}
}

/* A line libmount cannot read is left out; the mount is then unknown, never guessed. */
static int skip_bad_line(struct libmnt_table *tb __attribute__((unused)), const char *name __attribute__((unused)),
			 int line __attribute__((unused)))
{
	return 1;
}

/* We read the text ourselves, so that an interrupted read(2) is continued. */
static int parse_text(struct libmnt_table *tb, lk_buf *text)
{
	lk_auto_file *f = NULL;

	if (!text->n)
		return 0;
	f = fmemopen(text->v, text->n, "r");
	if (!f)
		lk_alloc_fail();
	mnt_table_set_parser_errcb(tb, skip_bad_line);
	return mnt_table_parse_stream(tb, f, "mountinfo");
}

int lk_mounts_add_text(struct lk_mounts *m, lk_buf *text, unsigned ns, uint64_t ns_id)
{
	struct libmnt_table *tb = mnt_new_table();
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int rc;

	if (!tb || !it)
		lk_alloc_fail();
	rc = parse_text(tb, text);
	while (rc >= 0 && mnt_table_next_fs(tb, it, &fs) == 0)
		add_one(m, fs, ns, ns_id);
	if (rc >= 0 && ns == 0) {
		m->has_own = true;
		m->own_ns_id = ns_id;
		judge_overlays(m);
	}
	mnt_free_iter(it);
	mnt_unref_table(tb);
	return rc < 0 ? rc : 0;
}

int lk_mounts_add(struct lk_mounts *m, int fd, unsigned ns, uint64_t ns_id)
{
	lk_buf text = { 0 };
	int rc = lk_io_read_fd(fd, MAX_MOUNTINFO, &text);

	close(fd);
	rc = rc < 0 ? rc : lk_mounts_add_text(m, &text, ns, ns_id);
	lk_vec_done(&text);
	return rc;
}

const struct lk_mount *lk_mounts_by_id(const struct lk_mounts *m, int id)
{
	size_t i;

	return lk_map_find(&m->by_id, &id, sizeof(id), &i) ? m->v.v[i] : NULL;
}

const struct lk_mount *lk_mounts_by_dev(const struct lk_mounts *m, uint32_t major, uint32_t minor)
{
	const struct lk_mount *other = NULL;

	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i];

		if (e->major != major || e->minor != minor)
			continue;
		if (e->ns == 0)
			return e;
		other = other ? other : e;
	}
	return other;
}

/* Length of a directory's path without trailing slashes: of "/" it is 0. */
static size_t dir_len(const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return n;
}

static bool is_prefix(const char *dir, const char *path)
{
	size_t n = dir_len(dir);

	return strncmp(dir, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* The mount at "/" whose parent is not in this namespace: others may be mounted on top of it. NULL: there is none, or several. */
static const struct lk_mount *find_root(const struct lk_mounts *m, unsigned ns)
{
	const struct lk_mount *root = NULL;

	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i], *parent;

		if (e->ns != ns || strcmp(e->target, "/") != 0)
			continue;
		parent = e->parent == e->id ? NULL : lk_mounts_by_id(m, e->parent);
		if (parent && parent->ns == ns)
			continue;
		if (root)
			return NULL;
		root = e;
	}
	return root;
}

/* The mount on top of `on` that a walk down the path meets first; NULL: none. */
static const struct lk_mount *next_mount(const struct lk_mounts *m, const struct lk_mount *on, const char *path)
{
	const struct lk_mount *next = NULL;
	size_t len = SIZE_MAX;

	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i];
		size_t n;

		if (e->parent != on->id || e == on || e->ns != on->ns || !is_prefix(e->target, path))
			continue;
		n = strlen(e->target);
		if (n < len) {
			len = n;
			next = e;
		}
	}
	return next;
}

const struct lk_mount *lk_mounts_by_path(const struct lk_mounts *m, unsigned ns, const char *path)
{
	const struct lk_mount *at = find_root(m, ns), *next;

	/* Each step leads to another mount: with more steps than mounts, the table makes no sense. */
	for (size_t steps = 0; at && steps <= m->v.n; steps++) {
		next = next_mount(m, at, path);
		if (!next)
			return at;
		at = next;
	}
	return NULL;
}

bool lk_mounts_has_root(const struct lk_mounts *m)
{
	for (size_t i = 0; i < m->v.n; i++) {
		if (m->v.v[i]->ns == 0 && strcmp(m->v.v[i]->target, "/") == 0)
			return true;
	}
	return false;
}

/* `path` leads to the same place of the same file system through mount a and through mount b: the part of the path by which one target is
 * longer is also the part by which that mount's root is longer. */
static bool is_same_place(const struct lk_mount *a, const struct lk_mount *b, const char *path)
{
	const struct lk_mount *longer = dir_len(a->target) >= dir_len(b->target) ? a : b,
			      *shorter = longer == a ? b : a;
	size_t from = dir_len(shorter->target), n = dir_len(longer->target) - from, n_root = dir_len(shorter->root);

	return a->major == b->major && a->minor == b->minor && is_prefix(a->target, path) &&
	       is_prefix(b->target, path) && dir_len(longer->root) == n_root + n &&
	       strncmp(longer->root, shorter->root, n_root) == 0 && strncmp(longer->root + n_root, path + from, n) == 0;
}

const struct lk_mount *lk_mounts_place(const struct lk_mounts *m, const struct lk_mount *on, const char *path,
				       struct lk_fact_file *file)
{
	bool ours = on && on->ns == 0, absolute = path && path[0] == '/';
	const struct lk_mount *here = ours && absolute ? on : NULL;

	file->unreachable = LK_UNKNOWN;
	file->foreign_mnt_ns = 0;
	/* A pipe or a socket has no path. Where the path is not known, a mount of another namespace can still be told from ours. */
	if (!m->has_own || (path && !absolute) || (!path && (!on || ours)))
		return NULL;
	if (absolute && on && !ours)
		here = lk_mounts_by_path(m, 0, path);
	if (here && !ours && !is_same_place(on, here, path))
		here = NULL;
	file->unreachable = here ? LK_NO : LK_YES;
	if (here)
		file->mount_point = here->target;
	else if (on && on->ns_id != m->own_ns_id)
		file->foreign_mnt_ns = on->ns_id;
	return here;
}

bool lk_mounts_path_is_local(const struct lk_mounts *m, unsigned ns, const char *path)
{
	bool any = false;

	for (size_t i = 0; i < m->v.n; i++) {
		const struct lk_mount *e = m->v.v[i];

		if (e->ns != ns || !is_prefix(e->target, path))
			continue;
		if (e->asks)
			return false;
		any = true;
	}
	return any;
}
