# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 61 and 62: who -R walks the tree, by whatever name its files were opened; a path that leads there from elsewhere only never
looks like one of ours."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading

from document import check, same
from harness import NOBODY, holders_of, in_initial_pid_namespace, needs, needs_root, one_row
from helper import Skip, until

# A shell in a mount namespace of its own, where the directory $1 is seen at $2 too; then the rest.
ELSEWHERE = ("unshare", "--mount", "--propagation", "private", "--", "sh", "-c")
BIND = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'


def tree(t):
    """A directory with some below it; lists that prove a file free are only to be had in the initial pid namespace."""
    top = os.path.join(t.dir, "top")
    os.makedirs(os.path.join(top, "a/b"))
    for name in ("one", "a/two", "a/b/three"):
        t.path("top/" + name)
    return top


def who_below(t, top, *args, **options):
    answer = t.json("who", "-R", "--no-uses", top, *args, **options)
    return answer["status"], [holders_of(r) for r in answer["locks"]]


def needs_proof():
    if not in_initial_pid_namespace():
        raise Skip("not in the initial pid namespace: a file is never proven to be free")


def test_61_free_tree(t):
    """Nothing in the tree is locked, and that is proven."""
    needs_proof()
    top = tree(t)
    same(who_below(t, top), (1, []), "who -R of a free tree")
    link = os.path.join(t.dir, "link")
    os.symlink("top", link)
    h = t.helper()
    fd = h.open_lock(os.path.join(top, "a/b/three"))
    same(who_below(t, link), (0, [[(h.pid, fd)]]), "who -R through a link")
    same(who_below(t, link, "-P"), (1, []), "who -R -P of a link")
    same(who_below(t, os.path.join(top, "one")), (1, []), "who -R of a file")


def test_61_hard_link(t):
    """The lock was taken by a name outside of the tree."""
    top, outside = tree(t), t.path("outside")
    os.link(outside, os.path.join(top, "a/alias"))
    h = t.helper()
    fd = h.open_lock(outside)
    same(who_below(t, top), (0, [[(h.pid, fd)]]), "who -R")


@needs_root
def test_61_bind_mount(t):
    """The tree is elsewhere too, and the lock was taken there."""
    top = tree(t)
    there = t.mount(os.path.join(t.dir, "there"), "--bind", os.path.join(top, "a"))
    h = t.helper()
    fd = h.open_lock(os.path.join(there, "two"))
    same(who_below(t, top), (0, [[(h.pid, fd)]]), "who -R of the tree")
    same(who_below(t, there), (0, [[(h.pid, fd)]]), "who -R of the other place")


@needs_root
@needs("unshare", "mount", "sh")
def test_61_other_mount_namespace(t):
    """The holder sees the tree under another name in a mount namespace of its own."""
    top, there = tree(t), os.path.join(t.dir, "there")
    os.mkdir(there)
    h = t.helper(prefix=(*ELSEWHERE, BIND, "sh", os.path.join(top, "a"), there))
    fd = h.open_lock(os.path.join(there, "two"))
    same(who_below(t, top), (0, [[(h.pid, fd)]]), "who -R of the tree")
    if in_initial_pid_namespace():
        same(who_below(t, there), (1, []), "who -R of what is empty here")


def test_61_vanishing_names(t):
    """A name that goes while the tree is walked is no file that could not be read."""
    needs_proof()
    top, stop = tree(t), threading.Event()

    def churn():
        while not stop.is_set():
            for name in ("t/u", "s/u"):
                os.makedirs(os.path.join(top, name))
            with open(os.path.join(top, "t/u/x"), "wb"):
                pass
            for name in ("t", "s"):
                shutil.rmtree(os.path.join(top, name))

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        said = {t.run("who", "-R", "-q", top).status for _ in range(60 if not t.world.sanitized else 20)}
    finally:
        stop.set()
        worker.join()
    same(said, {1}, "what who -R said beside names that come and go")


@needs_root
def test_61_unreadable(t):
    """What could not be walked is named, and nothing is called free."""
    top = tree(t)
    os.chmod(os.path.join(top, "a/b"), 0)
    answer = t.run("who", "-R", "--no-uses", top, uid=NOBODY)
    same(answer.status, 4, "who -R of a tree with a closed directory")
    check(b"part of it could not be read: Permission denied" in answer.out, "the reason: %s", answer)


def test_61_deep_tree(t):
    """Deeper than any path that open(2) takes."""
    needs_proof()
    top = tree(t)
    at = os.open(top, os.O_RDONLY)
    try:
        for _ in range(700):
            os.mkdir("directory", dir_fd=at)
            below = os.open("directory", os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        same(who_below(t, top), (1, []), "a free deep tree")
        fd = os.open("file", os.O_RDWR | os.O_CREAT, 0o666, dir_fd=at)
        outside = os.path.join(t.dir, "alias")
        os.link("file", outside, src_dir_fd=at)
        os.close(fd)
        h = t.helper()
        fd = h.open_lock(outside)
        same(who_below(t, top), (0, [[(h.pid, fd)]]), "a lock at its end")
    finally:
        os.close(at)
        t.system("rm", "-rf", top)


def file_of(t, pid, *args, **options):
    """The file of the only lock of a process, as JSON has it."""
    rows = [r for r in t.list(*args, **options)["locks"] if pid in [h["pid"] for h in r["holders"]]]
    return one_row(rows)["file"]


def as_table(t, pid, **options):
    """The same as the table has it: path, and whether it is deleted, replaced."""
    (row,) = t.raw("-o", "PATH,DELETED,REPLACED", "-p", str(pid), **options)
    return [os.fsdecode(cell) for cell in row]


def elsewhere(t, script, *args):
    """A helper in a mount namespace of its own, in which the script was run, and the number of that."""
    h = t.helper(prefix=(*ELSEWHERE, script + ' && shift %d && exec "$@"' % len(args), "sh", *args))
    return h, os.stat("/proc/%d/ns/mnt" % h.pid).st_ino


def check_place(file, name, **wanted):
    wanted = {"reachable": False, "foreign_mount_ns": None, "replaced": None, "deleted": False, **wanted}
    same((file["name"], {k: file[k] for k in wanted}), (name, wanted), "the file %r" % file)


@needs_root
def test_62_detached_mount(t):
    """What is on a lazily unmounted file system is called by no path of this machine."""
    where = t.mount(os.path.join(t.dir, "mnt"), "-t", "tmpfs", "none")
    os.mkdir(os.path.join(where, "etc"))
    h = t.helper()
    fd = h.open_lock(os.path.join(where, "etc/hostname"))
    t.system("umount", "-l", where)
    file = file_of(t, h.pid)
    same(file["path"], "/etc/hostname", "the path as JSON has it")
    check_place(file, "(unreachable)/etc/hostname")
    same(as_table(t, h.pid), ["(unreachable)/etc/hostname", "no", "-"], "the table")
    same(t.list("-p", str(h.pid), "--filter", 'path=="/etc/hostname"')["locks"], [], "the filter")
    answer = t.who("/proc/%d/fd/%d" % (h.pid, fd), status=0)
    same([holders_of(r) for r in answer["locks"]], [[(h.pid, fd)]], "who by its descriptor")
    check_place(answer["answer"]["files"][0]["file"], "(unreachable)/etc/hostname", replaced=False)


@needs_root
@needs("unshare", "mount", "sh")
def test_62_other_namespace(t):
    """A path of another mount namespace, where this machine has another file, none, or the same."""
    over, none = os.path.join(t.dir, "over"), os.path.join(t.dir, "none")
    os.mkdir(over)
    os.mkdir(none)
    here = t.path("over/db.lock")
    for where in (over, none):
        h, ns = elsewhere(t, 'mount -t tmpfs none "$1"', where)
        path = os.path.join(where, "db.lock")
        fd = h.open_lock(path)
        file = file_of(t, h.pid)
        same((file["path"], file["mount_point"]), (path, where), "as the holder sees it")
        check_place(file, "mnt:[%d]:%s" % (ns, path), foreign_mount_ns=ns)
        same(as_table(t, h.pid), ["mnt:[%d]:%s" % (ns, path), "no", "-"], "the table")
        same(t.list("--filter", 'path=="%s"' % path)["locks"], [], "the filter")
        through = "/proc/%d/root%s" % (h.pid, path)
        answer = t.who(through, status=0)
        same([holders_of(r) for r in answer["locks"]], [[(h.pid, fd)]], "who /proc/PID/root/...")
        same(answer["answer"]["files"][0]["file"]["foreign_mount_ns"], ns, "the namespace of the file that was asked for")
        if in_initial_pid_namespace():
            same(t.who(os.path.dirname(through) + "/..")["status"], 1, "who of a free file there")
        answer = t.run("who", "-R", "--no-uses", os.path.dirname(through))
        hint = "a path of another mount namespace; from here it is %s" % through
        check(answer.status == 0 and os.fsencode(hint) in answer.out, "%s", answer)
        os.unlink(through)
        check_place(file_of(t, h.pid), "mnt:[%d]:%s" % (ns, path), foreign_mount_ns=ns, deleted=True)
    if in_initial_pid_namespace():
        same(t.who(here)["status"], 1, "who of our file of that name")


@needs_root
@needs("unshare", "mount", "sh")
def test_62_same_place_elsewhere(t):
    """A service or container whose path leads to the same place here: that is a path of ours."""
    os.mkdir(os.path.join(t.dir, "data"))
    path = t.path("data/f")
    data = os.path.dirname(path)
    for script in ("true", 'mount --bind "$1" "$1"'):
        with open(path, "wb"):
            pass
        h, _ = elsewhere(t, script, data)
        h.open_lock(path)
        check_place(file_of(t, h.pid), path, reachable=True, replaced=False)
        os.rename(path, path + ".old")
        check_place(file_of(t, h.pid), path + ".old", reachable=True, replaced=False)
        os.unlink(path + ".old")
        check_place(file_of(t, h.pid), path + ".old", reachable=True, replaced=False, deleted=True)
        with open(path + ".old", "wb"):
            pass
        check_place(file_of(t, h.pid), path + ".old", reachable=True, replaced=True, deleted=True)
        os.unlink(path + ".old")
        h.end()


@needs_root
@needs("unshare", "mount", "sh")
def test_62_several_views(t):
    """Of the names that several holders have for one file, one of ours is taken."""
    os.mkdir(os.path.join(t.dir, "alias"))
    os.mkdir(os.path.join(t.dir, "real"))
    path, alias = t.path("real/f"), os.path.join(t.dir, "alias")
    first, ns = elsewhere(t, 'mount --bind "$1" "$2"', os.path.dirname(path), alias)
    first.open_lock(os.path.join(alias, "f"), "posix", "r")
    check_place(file_of(t, first.pid), "mnt:[%d]:%s/f" % (ns, alias), foreign_mount_ns=ns)
    second = t.helper()
    second.open_lock(path, "posix", "r")
    for pid in (first.pid, second.pid):
        check_place(file_of(t, pid), path, reachable=True, replaced=False)


@needs_root
def test_62_covered(t):
    """Something is mounted over the name: it leads to nothing, or to another file."""
    for name in ("gone", "other"):
        where = os.path.join(t.dir, name)
        os.mkdir(where)
        path = t.path(name + "/f")
        h = t.helper()
        h.open_lock(path)
        t.mount(where, "-t", "tmpfs", "none")
        if name == "gone":
            check_place(file_of(t, h.pid), "(unreachable)" + path)
            continue
        t.path("other/f")
        check_place(file_of(t, h.pid), path, reachable=True, replaced=True)


@needs_root
@needs("chroot")
def test_62_chroot(t):
    """The reader's root directory is not everybody's: what lies outside of it has no path there."""
    jail = os.path.join(t.dir, "jail")
    world = jail + t.world.dir
    for name in ("/usr", "/etc", "/proc", "/bin", "/lib", "/lib32", "/lib64"):
        if os.path.isdir(name):
            t.mount(jail + name, "--rbind", name)
    os.makedirs(world)
    t.mount(world, "--bind", t.world.dir)
    outside = tempfile.NamedTemporaryFile(dir="/var/tmp")
    t.undo(outside.close)
    shown = t.path("shown")
    inside = os.path.join(jail, "inside")
    files = {outside.name: "(unreachable)" + outside.name, jail + shown: shown, inside: "/inside"}
    for path, name in files.items():
        h = t.helper()
        h.open_lock(path)
        file = file_of(t, h.pid, prefix=("chroot", jail))
        same((file["name"], file["reachable"]), (name, name == file["path"]), "%s in the chroot: %r" % (path, file))
        same(file_of(t, h.pid)["name"], path, "the same outside")


def test_62_memfd(t):
    """A file that is on no mount is called by the name that was made for it, which is no path."""
    code = (
        "import fcntl, os, sys; fd = os.memfd_create('thing'); fcntl.flock(fd, fcntl.LOCK_EX);"
        " print(fd, flush=True); sys.stdin.read()"
    )
    p = t.process([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()
    check_place(file_of(t, p.pid), "memfd:thing (deleted)", deleted=None)


@needs_root
@needs("unshare", "mount", "sh")
def test_62_captured(t):
    """A capture keeps whose path it is, and answers by what the file is called."""
    over, file = os.path.join(t.dir, "over"), t.path("capture", None)
    os.mkdir(over)
    h, ns = elsewhere(t, 'mount -t tmpfs none "$1"', over)
    fd = h.open_lock(os.path.join(over, "f"))
    same(t.run("capture", "-o", file).status, 0, "capture")
    name = "mnt:[%d]:%s/f" % (ns, over)
    check_place(file_of(t, h.pid, "--from", file), name, foreign_mount_ns=ns)
    same([holders_of(r) for r in t.who(name, "--from", file, status=0)["locks"]], [[(h.pid, fd)]], "who by its name")
    same(t.run("who", os.path.join(over, "f"), "--from", file).status, 4, "who by a path that is none of the machine's")
