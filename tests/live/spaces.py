# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 12: namespaces, from outside and from inside."""

import os

from document import check, same
from harness import holders_of, needs, needs_root, on_file, one_row

NEW_PIDS = ("unshare", "--pid", "--fork", "--mount-proc", "--")


def inside(helper, *more):
    return ("nsenter", "--target", str(helper.pid), *(more or ("--pid", "--mount")), "--")


@needs_root
@needs("unshare", "nsenter")
def test_12_pid_namespace_from_outside(t):
    """Processes of a container in our numbers."""
    init = t.helper(prefix=NEW_PIDS)
    same(init.own_pid(), 1, "own number")
    for kind in ("posix", "ofd", "flock"):
        path = t.path(kind)
        fd = init.open_lock(path, kind, "w")
        row = one_row(t.rows(path), type=kind, how_known="exact")
        same((holders_of(row), row["recorded_pid"]), ([(init.pid, fd)], t.taker(init.pid) if kind == "ofd" else init.pid), "holder")


@needs_root
@needs("unshare", "nsenter")
def test_12_pid_namespace_from_inside(t):
    """Inside, our own locks are exact, in our numbers; what is outside may be hidden, so nothing is called free."""
    init, outer = t.helper(prefix=NEW_PIDS), t.helper()
    child = init.fork()
    for kind in ("posix", "ofd", "flock"):
        path = t.path(kind)
        fd = child.open_lock(path, kind, "w", 0, 5)
        row = one_row(t.rows(path, prefix=inside(init)), type=kind, how_known="exact")
        same(holders_of(row), [(child.own_pid(), fd)], "holder inside")
        same(t.who(path, prefix=inside(init))["status"], 0, "who inside")
    hidden, free = t.path("hidden"), t.path("free")
    outer.open_lock(hidden, "posix", "w")
    for path in (hidden, free):
        document = t.who(path, prefix=inside(init))
        check(document["status"] in ((0, 4) if path == hidden else (4,)), "who %s inside: %d", path, document["status"])
    document = t.list(prefix=inside(init))
    same(document["complete"], False, "complete inside a pid namespace")
    check(t.run("who", free, prefix=inside(init)).status == 4, "who of a free file, for people")
    same(t.run("who", "-q", free, prefix=inside(init)).out, b"", "who -q prints nothing")


@needs_root
@needs("unshare", "nsenter")
def test_12_lock_missing_inside(t):
    """The taker of a flock has died inside: the namespace's /proc/locks lacks the line, its child still shows it."""
    init = t.helper(prefix=NEW_PIDS)
    first = init.fork()
    init.children.remove(first)
    path = t.path("f")
    fd = first.open_lock(path)
    first.fork()
    child = first.leave_children()[0]
    t.undo(child.end)
    row = one_row(t.rows(path, prefix=inside(init)), type="flock", how_known="exact")
    same(holders_of(row), [(child.own_pid(), fd)], "holder inside")
    same(t.who(path, prefix=inside(init))["status"], 0, "who inside")


@needs_root
@needs("unshare", "nsenter")
def test_12_waiter_inside(t):
    """Waiters inside whose blocker is outside: /proc/locks there hides both; the blocked call shows the request."""
    init, outer = t.helper(prefix=NEW_PIDS), t.helper()
    path = t.path("f")
    outer.open_lock(path, "posix", "w")
    fd = init.open(path)
    tid = init.wait_for("posix", "w", fd, 0, 1)
    row = one_row([r for r in t.rows(path, prefix=inside(init)) if r["state"] == "waiting"])
    same((row["pid"], row["waiter"]["fd"]), (1, fd), "the waiter inside")
    row = one_row([r for r in t.rows(path) if r["state"] == "waiting"])
    same((row["pid"], row["waiter"]["tid"]), (init.pid, tid), "the waiter from outside")
    same(t.run("who", path, prefix=inside(init)).status in (0, 4), True, "who inside")


@needs_root
@needs("unshare", "nsenter")
def test_12_user_namespace(t):
    """A process that is root in its own user namespace only."""
    path = t.path("f")
    h = t.helper(prefix=("unshare", "--user", "--map-root-user", "--"))
    fd = h.open_lock(path, "ofd", "w", 1, 1)
    row = one_row(t.rows(path), how_known="exact")
    same((holders_of(row), row["holders"][0]["uid"]), ([(h.pid, fd)], os.geteuid()), "holder")
    row = one_row(t.rows(path, prefix=inside(h, "--user", "--preserve-credentials")), how_known="exact")
    same(holders_of(row), [(h.pid, fd)], "seen from inside")
    same(
        t.who(t.path("free"), prefix=inside(h, "--user", "--preserve-credentials"))["status"],
        1,
        "a free file, seen from inside",
    )


@needs_root
@needs("unshare")
def test_12_mount_namespace(t):
    """The path is the holder's own; the same path in our namespace is another file."""
    where = os.path.join(t.dir, "mnt")
    os.mkdir(where)
    path = t.path("mnt/file")
    script = "mount -t tmpfs none '%s' && exec \"$@\"" % where
    h = t.helper(prefix=("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh"))
    fd = h.open_lock(path)
    row = one_row([r for r in t.list()["locks"] if h.pid in [p["pid"] for p in r["holders"]]], how_known="exact")
    same(
        (row["file"]["path"], row["file"]["mount_point"], row["file"]["fstype"]),
        (path, where, "tmpfs"),
        "in its own view",
    )
    same(holders_of(row), [(h.pid, fd)], "holder")
    same(row["file"]["replaced"] in (False, None), True, "replaced: our file of that name says nothing about its own")
    same(t.who(path)["status"], 1, "who, of our file of that name")
    same(t.who("/proc/%d/root%s" % (h.pid, path))["status"], 0, "who, of its file")


@needs_root
@needs("unshare")
def test_12_same_file_by_another_path(t):
    """A bind mount in another namespace gives the same file another name there."""
    os.mkdir(os.path.join(t.dir, "real"))
    os.mkdir(os.path.join(t.dir, "alias"))
    path = t.path("real/file")
    script = "mount --bind '%s' '%s' && exec \"$@\"" % (os.path.join(t.dir, "real"), os.path.join(t.dir, "alias"))
    h = t.helper(prefix=("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh"))
    fd = h.open_lock(os.path.join(t.dir, "alias/file"))
    row = one_row(on_file(t.list(), os.path.join(t.dir, "alias/file")), how_known="exact")
    same(holders_of(row), [(h.pid, fd)], "holder")
    same([holders_of(r) for r in t.who(path, status=0)["locks"]], [[(h.pid, fd)]], "who, by our name of it")
