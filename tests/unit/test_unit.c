/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the path of a control group to the units of systemd and the container. */
#include <criterion/criterion.h>

#include "model/unit.h"

static const char *or_none(const char *s)
{
	return s ? s : "none";
}

static void check(const char *path, const char *unit, const char *user_unit, const char *container)
{
	struct lk_arena a;

	lk_arena_init(&a);
	cr_expect_str_eq(or_none(lk_unit_of(&a, path)), unit, "unit of %s: %s", path, or_none(lk_unit_of(&a, path)));
	cr_expect_str_eq(or_none(lk_user_unit_of(&a, path)), user_unit, "user unit of %s: %s", path,
			 or_none(lk_user_unit_of(&a, path)));
	cr_expect_str_eq(or_none(lk_container_of(&a, path)), container, "container of %s: %s", path,
			 or_none(lk_container_of(&a, path)));
	lk_arena_done(&a);
}

#define ID "0123456789abcdef0123456789abcdef"

Test(unit, the_outermost_one_counts)
{
	check("/system.slice/cron.service", "cron.service", "none", "none");
	check("/system.slice/getty@tty5.service/aaa/bbb", "getty@tty5.service", "none", "none");
	check("/system.slice/system-postgresql.slice/postgresql@15-main.service", "postgresql@15-main.service", "none",
	      "none");
	check("/system.slice/a.service/postgresql.service", "a.service", "none", "none");
	check("/system.slice/_cpu.service/x", "cpu.service", "none", "none");
	check("/init.scope", "init.scope", "none", "none");
	check("/system.slice/dev-disk-by\\x2duuid.swap", "dev-disk-by\\x2duuid.swap", "none", "none");
}

/* Everybody can start a service of any name for himself, or make a control group of it. */
Test(unit, what_users_start_is_not_the_systems)
{
	check("/user.slice/user-1000.slice/user@1000.service/app.slice/postgresql.service", "user@1000.service",
	      "postgresql.service", "none");
	check("/user.slice/user-1000.slice/user@1000.service/postgresql.service", "user@1000.service",
	      "postgresql.service", "none");
	check("/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", "init.scope", "none");
	check("/user.slice/user-1000.slice/user@1000.service", "user@1000.service", "none", "none");
	check("/user.slice/user-1000.slice/session-2.scope", "session-2.scope", "none", "none");
	check("/user.slice/user-1000.slice/session-2.scope/x.slice/foo.service/a", "session-2.scope", "foo.service",
	      "none");
	check("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
	      "user@1000.service", "libpod-" ID ".scope", "none");
	check("/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" ID ".scope", "user@1000.service",
	      "docker-" ID ".scope", "none");
	check("/system.slice/user@x.service/postgresql.service", "user@x.service", "none", "none");
}

Test(unit, no_unit)
{
	check("/", "none", "none", "none");
	check("", "none", "none", "none");
	check("/user.slice/user-1000.slice", "user-1000.slice", "none", "none");
	check("/user.slice/user-1000.slice/user@.service/server.service", "none", "none", "none");
	check("/system.slice/getty####@tty6.service/xxx", "none", "none", "none");
	check("/grp/postgresql.service", "none", "none", "none");
	check("/.service", "none", "none", "none");
	check("/../../x.service", "none", "none", "none");
}

Test(unit, containers)
{
	check("/system.slice/docker-" ID ".scope", "docker-" ID ".scope", "none", "docker:0123456789ab");
	check("/docker/" ID, "none", "none", "docker:0123456789ab");
	check("/docker/" ID "/system.slice/postgresql.service", "none", "none", "docker:0123456789ab");
	check("/machine.slice/machine-debian\\x2dtest.scope/payload/system.slice/a.service",
	      "machine-debian\\x2dtest.scope", "none", "machine:debian-test");
	check("/lxc.payload.web/docker/" ID, "none", "none", "lxc:web");
	check("/lxc/web", "none", "none", "lxc:web");
	check("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-" ID ".scope",
	      "cri-containerd-" ID ".scope", "none", "kube:0123456789ab");
	check("/kubepods/besteffort/pod8c5f/" ID, "none", "none", "kube:0123456789ab");
}
