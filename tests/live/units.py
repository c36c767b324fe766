# SPDX-License-Identifier: GPL-2.0-or-later
"""85: the unit of a process as systemd decides it: what users start for themselves is not the system's."""

import os

from document import same
from harness import needs_root
from helper import Skip, read_text, until


def group(t, path):
    """A control group, made for this test; those that were not there are removed again."""
    where = os.path.join(t.dir, "cgroups")
    if not os.path.isdir(where):
        t.mount(where, "-t", "cgroup2", "cgroup2")
    for part in path.strip("/").split("/"):
        where = os.path.join(where, part)
        try:
            os.mkdir(where)
        except FileExistsError:
            continue
        except OSError as e:
            raise Skip("no control group can be made: %s" % e)
        t.undo(lambda made=where: until(lambda: removed(made), made + " is empty"))
    return where


def removed(path):
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def facts(t, cgroup):
    """unit, user_unit and container of a process there."""
    where = group(t, cgroup)
    path = t.path("f-" + os.path.basename(where))
    holder = t.helper()
    holder.open_lock(path)
    with open(os.path.join(where, "cgroup.procs"), "w", encoding="ascii") as f:
        f.write(str(holder.pid))
    lines = read_text("/proc/%d/cgroup" % holder.pid).splitlines()
    if any("name=systemd:" in line and not line.endswith(":/") for line in lines):
        raise Skip("the hierarchy of systemd is one of version 1: %r" % lines)
    same(lines[-1], "0::" + cgroup, "where it is")
    process = t.who(path)["locks"][0]["holders"][0]
    cells = t.raw(path, "-o", "UNIT,USERUNIT,CONTAINER")
    wanted = [process[key] or "-" for key in ("unit", "user_unit", "container")]
    same([cell.decode() for cell in cells[0]], wanted, "the columns")
    found = t.list(path, "--filter", 'unit=~"^postgresql"')["locks"]
    same(bool(found), (process["unit"] or "").startswith("postgresql"), "the filter of the manual page")
    return process["unit"], process["user_unit"], process["container"]


@needs_root
def test_85_user_units(t):
    """Nobody's own postgresql.service is not the system's, nor is a name that looks like a container's."""
    below = "/user.slice/user-65534.slice/user@65534.service/app.slice/"
    unit = "user@65534.service"
    same(facts(t, below + "postgresql.service"), (unit, "postgresql.service", None), "a user's service")
    scope = "docker-0123456789abcdef.scope"
    same(facts(t, below + scope), (unit, scope, None), "a user's scope")


@needs_root
def test_85_system_units(t):
    """What a service makes below itself is its own affair."""
    outer = "/system.slice/lockscope-test-%d.service" % os.getpid()
    unit = os.path.basename(outer)
    same(facts(t, outer + "/postgresql.service"), (unit, None, None), "below a service")
    scope = "/lockscope.slice/docker-0123456789abcdef.scope"
    same(facts(t, scope), (os.path.basename(scope), None, "docker:0123456789ab"), "a container")
