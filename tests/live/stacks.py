# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 8: file systems on which different files look alike."""

import os

from document import check, same
from harness import NOBODY, holders_of, in_initial_pid_namespace, needs_root, on_file, one_row
from helper import Skip


def tell_apart(t, one, other):
    """Two different files that look alike: locking one does not lock the other."""
    a, b = t.helper(), t.helper()
    fd = a.open_lock(one)
    same([holders_of(r) for r in t.who(one, status=0)["locks"]], [[(a.pid, fd)]], "who of the locked file")
    document = t.who(other)
    same((document["status"], document["locks"]), (1, []), "who of the other file")
    fd_b = b.open_lock(other)
    document = t.list()
    for path, helper, number in ((one, a, fd), (other, b, fd_b)):
        row = one_row(on_file(document, path), how_known="exact", type="flock")
        same(holders_of(row), [(helper.pid, number)], "holders of " + path)
        same([r["id"] for r in t.who(path, status=0)["locks"]], [row["id"]], "who " + path)
    a.lock("posix", "w", fd, 0, 10)
    tid = b.wait_for("flock", "w", b.open(one))
    document = t.list()
    row = one_row([r for r in document["locks"] if r["waiter"] and r["waiter"]["tid"] == tid])
    blocker = one_row(on_file(document, one), type="flock", state="held")
    same((row["file"]["path"], row["blocked_by"]), (one, [blocker["id"]]), "the waiter")
    same(t.who(other, status=0)["status"], 0, "who")
    return a, b


def looked_at_by_a_stranger(t, one, other):
    """Somebody who cannot read the holders cannot tell which of the two is locked."""
    if not in_initial_pid_namespace():
        return
    for path in (one, other):
        same(t.who(path, uid=NOBODY)["status"], 4, "who %s as an ordinary user" % path)


@needs_root
def test_08_two_tmpfs(t):
    """Equal inode numbers on two tmpfs."""
    where = [t.mount(os.path.join(t.dir, n), "-t", "tmpfs", "none") for n in ("m1", "m2")]
    paths = [os.path.join(w, "file") for w in where]
    for path in paths:
        with open(path, "wb"):
            pass
    if len({os.stat(p).st_ino for p in paths}) != 1:
        raise Skip("the two tmpfs number their inodes differently")
    tell_apart(t, *paths)


@needs_root
def test_08_btrfs_subvolumes(t):
    """Two subvolumes: same device in /proc/locks, same inode number."""
    top = t.mount_image(os.path.join(t.dir, "btrfs"), "btrfs", 128)
    for name in ("s1", "s2"):
        t.system("btrfs", "subvolume", "create", os.path.join(top, name))
        os.chmod(os.path.join(top, name), 0o755)
    paths = [os.path.join(top, name, "file") for name in ("s1", "s2")]
    for path in paths:
        with open(path, "wb"):
            pass
    same(os.stat(paths[0]).st_ino, os.stat(paths[1]).st_ino, "inode numbers")
    a, b = t.helper(), t.helper()
    fd = a.open_lock(paths[0])
    looked_at_by_a_stranger(t, *paths)
    a.cmd("close", fd)
    a.end()
    b.end()
    tell_apart(t, *paths)


def overlay(t, lower, upper, work):
    where = os.path.join(t.dir, "merged")
    return t.mount(
        where, "-t", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s,xino=off" % (lower, upper, work), "overlay"
    )


def twins(lower, upper):
    """A name in each layer with one inode number."""
    for i in range(400):
        for layer, letter in ((lower, "l"), (upper, "u")):
            with open(os.path.join(layer, "%s%d" % (letter, i)), "wb"):
                pass
    numbers = {os.stat(os.path.join(lower, n)).st_ino: n for n in os.listdir(lower) if n.startswith("l")}
    for name in os.listdir(upper):
        found = numbers.get(os.stat(os.path.join(upper, name)).st_ino)
        if name.startswith("u") and found:
            return found, name
    raise Skip("no inode number is in both layers")


@needs_root
def test_08_overlay_on_two_file_systems(t):
    """An overlay of xfs and ext4: two files, one key."""
    lower_fs = t.mount_image(os.path.join(t.dir, "xfs"), "xfs", 320)
    upper_fs = t.mount_image(os.path.join(t.dir, "ext4"), "ext4", 32)
    upper, work = os.path.join(upper_fs, "upper"), os.path.join(upper_fs, "work")
    os.mkdir(upper)
    os.mkdir(work)
    in_lower, in_upper = twins(lower_fs, upper)
    merged = overlay(t, lower_fs, upper, work)
    paths = [os.path.join(merged, n) for n in (in_lower, in_upper)]
    reader = t.helper()
    reader.open_lock(paths[0], letters="r")
    looked_at_by_a_stranger(t, *paths)
    reader.end()
    h = t.helper()
    fd = h.open_lock(paths[0], letters="r")  # opened for writing it would be copied up
    same([holders_of(r) for r in t.who(paths[0], status=0)["locks"]], [[(h.pid, fd)]], "who of the lower file")
    same(t.who(paths[1])["status"], 1, "who of the upper file")
    h.end()
    h = t.helper()
    fd = h.open_lock(paths[1])
    same([holders_of(r) for r in t.who(paths[1], status=0)["locks"]], [[(h.pid, fd)]], "who of the upper file")
    same(t.who(paths[0])["status"], 1, "who of the lower file")


@needs_root
def test_08_overlay_copied_up_and_underneath(t):
    """A lock stays on its file when that is copied up; the layer's own file is another one."""
    base = t.mount_image(os.path.join(t.dir, "ext4"), "ext4", 32)
    layers = {n: os.path.join(base, n) for n in ("lower", "upper", "work")}
    for layer in layers.values():
        os.mkdir(layer)
    for name in ("lower/shared", "upper/new"):
        with open(os.path.join(base, name), "wb") as f:
            f.write(b"x")
    merged = overlay(t, layers["lower"], layers["upper"], layers["work"])
    path = os.path.join(merged, "shared")
    h = t.helper()
    fd = h.open_lock(path, letters="r")
    t.helper().open(path, "b")  # copies it up
    check(os.path.exists(os.path.join(layers["upper"], "shared")), "the file was not copied up")
    same([holders_of(r) for r in t.who(path, status=0)["locks"]], [[(h.pid, fd)]], "who, after the copy")
    new = os.path.join(merged, "new")
    fd = h.open_lock(new)
    same([holders_of(r) for r in t.who(new, status=0)["locks"]], [[(h.pid, fd)]], "who, through the overlay")
    same(t.who(os.path.join(layers["upper"], "new"))["status"], 1, "who, of the file in the layer")


@needs_root
def test_08_ext4_on_loop(t):
    """An ordinary file system on a loop device."""
    where = t.mount_image(os.path.join(t.dir, "ext4"), "ext4", 16)
    paths = [os.path.join(where, n) for n in ("a", "b")]
    for path in paths:
        with open(path, "wb"):
            pass
    tell_apart(t, *paths)
    row = on_file(t.list(), paths[0])[0]
    same((row["file"]["fstype"], row["file"]["mount_point"]), ("ext4", where), "file system")
