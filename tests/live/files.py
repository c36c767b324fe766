# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 9 and names of one file: deleted, replaced, linked, bound."""

import os

from document import check, same
from harness import holders_of, needs_root, one_row, on_file


def row_of(t, helper):
    """The one row this helper holds."""
    return one_row([r for r in t.list()["locks"] if helper.pid in [h["pid"] for h in r["holders"]]])


def test_09_deleted(t):
    """A deleted file is still locked, and its path is its path."""
    path = t.path("gone")
    h = t.helper()
    fd = h.open_lock(path)
    os.unlink(path)
    row = row_of(t, h)
    same(
        (row["file"]["path"], row["file"]["deleted"], row["file"]["replaced"]), (path, True, False), "the deleted file"
    )
    same(t.run("who", path).status, 2, "who, of a name that is gone")
    same(
        [r["id"] for r in t.who("/proc/%d/fd/%d" % (h.pid, fd), status=0)["locks"]],
        [row["id"]],
        "who, through the descriptor",
    )
    out = t.run("list", "--raw", "-o", "PID,DELETED,PATH", "-p", str(h.pid)).out
    check(b"gone\\x20(deleted)" in out, "the table does not say that the file is deleted: %r", out)


def test_09_deleted_in_the_name(t):
    """A file may be called "x (deleted)"."""
    alive, dead = t.path("x (deleted)"), t.path("y (deleted)")
    a, b = t.helper(), t.helper()
    a.open_lock(alive)
    b.open_lock(dead)
    os.unlink(dead)
    same([row_of(t, a)["file"][k] for k in ("path", "deleted")], [alive, False], "the living file")
    same([row_of(t, b)["file"][k] for k in ("path", "deleted")], [dead, True], "the deleted file")
    same(t.who(alive)["status"], 0, "who")


def test_09_replaced(t):
    """Another file has the name now: it is said, and the new file is not locked."""
    path, new = t.path("config"), t.path("config.new")
    h = t.helper()
    h.open_lock(path)
    old_inode = str(os.stat(path).st_ino)
    os.rename(new, path)
    row = row_of(t, h)
    same(
        (row["file"]["path"], row["file"]["inode"], row["file"]["replaced"]),
        (path, old_inode, True),
        "the replaced file",
    )
    check(old_inode != str(os.stat(path).st_ino), "two inodes")
    same(t.who(path)["status"], 1, "who of the new file")
    other = t.helper()
    other.open_lock(path)
    document = t.who(path, status=0)
    same([r["pid"] for r in document["locks"]], [other.pid], "rows of the new file")
    same(document["locks"][0]["file"]["replaced"], False, "the new file is not replaced")


def test_09_renamed(t):
    """A renamed file has its new name."""
    path = t.path("before")
    h = t.helper()
    h.open_lock(path)
    after = os.path.join(t.dir, "after")
    os.rename(path, after)
    row = row_of(t, h)
    same(
        (row["file"]["path"], row["file"]["deleted"], row["file"]["replaced"]),
        (after, False, False),
        "the renamed file",
    )


def test_09_other_link_deleted(t):
    """One of two names is gone; the file is locked under the other."""
    path, kept = t.path("first"), os.path.join(t.dir, "second")
    os.link(path, kept)
    h = t.helper()
    h.open_lock(path)
    os.unlink(path)
    same(t.who(kept, status=0)["locks"][0]["pid"], h.pid, "who, of the other name")


def test_20_hard_links(t):
    """A lock is on the file, whichever name it was opened by."""
    path, link = t.path("first"), os.path.join(t.dir, "second")
    os.link(path, link)
    h = t.helper()
    fd = h.open_lock(path, "ofd", "w", 0, 1)
    for name in (path, link):
        same([holders_of(r) for r in t.who(name, status=0)["locks"]], [[(h.pid, fd)]], "who")


def test_20_symbolic_links(t):
    """Links are followed to the end, and not with -P."""
    path, link, far = t.path("file"), os.path.join(t.dir, "link"), os.path.join(t.dir, "far")
    os.symlink("file", link)
    os.symlink("link", far)
    h = t.helper()
    h.open_lock(path)
    same(t.who(far)["status"], 0, "who follows")
    same(t.who(far, "-P")["status"], 1, "who -P does not")
    os.symlink("missing", os.path.join(t.dir, "dangling"))
    same(t.run("who", os.path.join(t.dir, "dangling")).status, 2, "a link to nothing")
    same(t.run("who", "-P", os.path.join(t.dir, "dangling")).status, 1, "the link itself")


def test_20_directories(t):
    """A directory can be locked like a file; -R adds what is below it."""
    top = os.path.join(t.dir, "top")
    os.makedirs(os.path.join(top, "a/b"))
    below = t.path("top/a/b/file")
    gone = t.path("top/a/gone")
    outside = t.path("topless")
    h, other = t.helper(), t.helper()
    h.open_lock(below)
    h.open_lock(gone)
    os.unlink(gone)
    other.open_lock(outside)
    same(t.who(top)["status"], 1, "who of the directory alone")
    document = t.who(top, "-R", status=0)
    same(sorted(r["file"]["path"] for r in document["locks"]), sorted([below, gone]), "who -R")
    fd = other.open(top, "r")
    other.lock("flock", "r", fd)
    document = t.who(top, status=0)
    same(
        [(r["file"]["path"], holders_of(r)) for r in document["locks"]],
        [(top, [(other.pid, fd)])],
        "a locked directory",
    )
    same(len(t.who(top, "-R", status=0)["locks"]), 3, "rows of who -R")


@needs_root
def test_20_bind_mounts(t):
    """The same file under another mount."""
    os.mkdir(os.path.join(t.dir, "real"))
    path = t.path("real/file")
    t.mount(os.path.join(t.dir, "bound"), "--bind", os.path.join(t.dir, "real"))
    bound = os.path.join(t.dir, "bound/file")
    h = t.helper()
    fd = h.open_lock(bound)
    for name in (path, bound):
        same([holders_of(r) for r in t.who(name, status=0)["locks"]], [[(h.pid, fd)]], "who " + name)
    row = one_row(on_file(t.list(), bound))
    same(row["file"]["mount_point"], os.path.join(t.dir, "bound"), "mount point")


@needs_root
def test_20_detached_mount(t):
    """After umount -l the file is in no mountinfo; the lock still has its holder."""
    where = t.mount(os.path.join(t.dir, "mnt"), "-t", "tmpfs", "none")
    h = t.helper()
    fd = h.open_lock(os.path.join(where, "file"))
    t.system("umount", "-l", where)
    row = row_of(t, h)
    same((holders_of(row), row["how_known"]), ([(h.pid, fd)], "exact"), "holder")
    check(row["file"]["path"] != os.path.join(where, "file"), "the old path is given as a fact: %r", row["file"])
