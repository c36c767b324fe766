/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/file_name.h"
#include "source/host/mounts.h"

#define OWN_NS 4026531841
#define OTHER_NS 4026532451

/* Ours: a root, a /home of its own, a directory that is bind-mounted, a tmpfs. */
static const char own_table[] = "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
				"30 27 254:1 / /home rw - ext4 /dev/vdb rw\n"
				"31 27 254:0 /srv/data /mnt/data rw - ext4 /dev/vda rw\n"
				"32 27 0:40 / /run rw - tmpfs tmpfs rw\n";
/* A service: the same root, two directories of it mounted onto themselves and elsewhere, a /tmp and a /run of its own. */
static const char other_table[] = "127 1 254:0 / / ro - ext4 /dev/vda rw\n"
				  "131 127 254:0 /var/lib/db /var/lib/db rw - ext4 /dev/vda rw\n"
				  "132 127 254:0 /srv/data /data rw - ext4 /dev/vda rw\n"
				  "133 127 254:0 /tmp/private-x/tmp /tmp rw - ext4 /dev/vda rw\n"
				  "134 127 0:77 / /run rw - tmpfs tmpfs rw\n"
				  "135 127 254:1 / /home ro - ext4 /dev/vdb rw\n"
				  "136 127 254:0 /var/lib/gone//deleted /var/lib/gone rw - ext4 /dev/vda rw\n";
/* Ours again, seen by a process with another root directory. */
static const char outer_table[] = "227 1 254:0 / /srv/outer rw - ext4 /dev/vda rw\n";

static void add(struct lk_mounts *m, const char *text, unsigned ns, uint64_t ns_id)
{
	int fd = memfd_create("mountinfo", MFD_CLOEXEC);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(lk_mounts_add(m, fd, ns, ns_id), 0);
}

static void expect(const struct lk_mounts *m, int id, const char *path, int here, const char *name)
{
	struct lk_fact_file f = { .path = path };
	const struct lk_mount *got = lk_mounts_place(m, lk_mounts_by_id(m, id), path, &f);
	struct lk_arena a = { 0 };
	const char *called = lk_file_name(&a, &f, path);

	cr_expect_eq(got ? got->id : 0, here, "%s on %d: through %d", path, id, got ? got->id : 0);
	cr_expect_str_eq(called, name, "%s on %d: %s", path, id, called);
	cr_expect_eq(f.unreachable, here ? LK_NO : LK_YES, "%s on %d", path, id);
	cr_expect(lk_file_is_called(&f, name));
	lk_arena_done(&a);
}

Test(mounts, place)
{
	struct lk_mounts m = { 0 };

	add(&m, own_table, 0, OWN_NS);
	add(&m, other_table, 1, OTHER_NS);
	add(&m, outer_table, 2, OWN_NS);
	cr_assert(lk_mounts_has_root(&m));

	/* Ours, whatever stands there. */
	expect(&m, 27, "/etc/x", 27, "/etc/x");
	expect(&m, 31, "/mnt/data/x", 31, "/mnt/data/x");
	/* The same place here: by the same mount, and by one that shows more. */
	expect(&m, 127, "/etc/x", 27, "/etc/x");
	expect(&m, 135, "/home/u/x", 30, "/home/u/x");
	expect(&m, 131, "/var/lib/db/x", 27, "/var/lib/db/x");
	/* Another directory of the same file system, another file system, a directory that is gone. */
	expect(&m, 132, "/data/x", 0, "mnt:[4026532451]:/data/x");
	expect(&m, 133, "/tmp/x", 0, "mnt:[4026532451]:/tmp/x");
	expect(&m, 134, "/run/x", 0, "mnt:[4026532451]:/run/x");
	expect(&m, 136, "/var/lib/gone/x", 0, "mnt:[4026532451]:/var/lib/gone/x");
	/* Here something else is mounted on the way. */
	expect(&m, 127, "/home/x", 0, "mnt:[4026532451]:/home/x");
	expect(&m, 127, "/mnt/data/x", 0, "mnt:[4026532451]:/mnt/data/x");
	/* Our own namespace from another root directory; a mount that is in no table; no mount at all. */
	expect(&m, 227, "/srv/outer/x", 0, "(unreachable)/srv/outer/x");
	expect(&m, 999, "/etc/hostname", 0, "(unreachable)/etc/hostname");
	expect(&m, 5, "/memfd:shm (deleted)", 0, "memfd:shm (deleted)");
	lk_mounts_done(&m);
}

Test(mounts, nothing_known)
{
	struct lk_mounts m = { 0 };
	struct lk_fact_file f = { .unreachable = LK_NO };

	cr_assert_null(lk_mounts_place(&m, NULL, "/etc/x", &f));
	cr_assert_eq(f.unreachable, LK_UNKNOWN);
	cr_assert_not(lk_mounts_has_root(&m));
	add(&m, own_table, 0, OWN_NS);
	cr_assert_null(lk_mounts_place(&m, NULL, "socket:[12]", &f));
	cr_assert_eq(f.unreachable, LK_UNKNOWN);
	cr_assert_null(lk_mounts_place(&m, lk_mounts_by_id(&m, 27), NULL, &f));
	cr_assert_eq(f.unreachable, LK_UNKNOWN);
	add(&m, other_table, 1, OTHER_NS);
	cr_assert_null(lk_mounts_place(&m, lk_mounts_by_id(&m, 134), NULL, &f));
	cr_assert_eq(f.unreachable, LK_YES);
	cr_assert_eq(f.foreign_mnt_ns, OTHER_NS);
	lk_mounts_done(&m);
}

/* In a chroot(2) the mount of the root directory is in no table. */
Test(mounts, chroot)
{
	struct lk_mounts m = { 0 };

	add(&m, "32 27 0:40 / /proc rw - proc proc rw\n", 0, OWN_NS);
	cr_assert_not(lk_mounts_has_root(&m));
	lk_mounts_done(&m);
}

static bool asks(const struct lk_mounts *m, int id)
{
	const struct lk_mount *e = lk_mounts_by_id(m, id);

	cr_assert_not_null(e);
	return e->asks;
}

Test(mounts, an_overlay_is_as_local_as_its_layers)
{
	static const char ours[] =
		"27 1 254:0 / / rw - ext4 /dev/vda rw\n"
		"40 27 0:50 / /net rw - nfs server:/x rw\n"
		"41 27 0:51 / /merged/a rw - overlay o rw,lowerdir=/srv/l,upperdir=/srv/u,workdir=/srv/w\n"
		"42 27 0:52 / /merged/b rw - overlay o rw,lowerdir=/srv/l:/net/l,upperdir=/srv/u,workdir=/srv/w\n"
		"43 27 0:53 / /merged/c rw - overlay o rw,lowerdir=/srv/l,upperdir=/net/u,workdir=/net/w\n"
		"44 27 0:52 /x /bind rw - overlay o rw,lowerdir=/srv/l:/net/l,upperdir=/srv/u,workdir=/srv/w\n"
		"45 27 0:55 / /merged/d rw - overlay o rw,lowerdir=/merged/b\n"
		"46 27 0:56 / /crypt rw - ecryptfs /home/x rw\n";
	static const char of_a_user[] = "140 1 254:0 / / rw - ext4 /dev/vda rw\n"
					"141 140 0:60 / /m rw - overlay o rw,lowerdir=/l\n"
					"142 140 0:61 / /t rw - tmpfs t rw\n";
	struct lk_mounts m = { 0 };

	add(&m, ours, 0, OWN_NS);
	add(&m, of_a_user, 1, OTHER_NS);
	cr_expect(!asks(&m, 27) && !asks(&m, 41));
	cr_expect(asks(&m, 40) && asks(&m, 42) && asks(&m, 43), "a layer on a server");
	cr_expect(asks(&m, 44), "another mount of it");
	cr_expect(asks(&m, 45), "an overlay over such a one");
	cr_expect(asks(&m, 46));
	/* Locks on it are kept here all the same. */
	cr_expect_eq(lk_mounts_by_id(&m, 42)->local, LK_YES);
	cr_expect(!lk_mounts_path_is_local(&m, 0, "/merged/b/f"));
	cr_expect(lk_mounts_path_is_local(&m, 0, "/merged/a/f"));
	cr_expect(!asks(&m, 141) && !asks(&m, 142));
	lk_mounts_distrust(&m, 1);
	cr_expect(asks(&m, 141), "what users mounted");
	cr_expect(!asks(&m, 142) && !asks(&m, 41));
	lk_mounts_done(&m);
}
