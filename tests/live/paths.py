# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 61: who -R walks the tree, by whatever name its files were opened."""

import os
import shutil
import threading

from document import check, same
from harness import NOBODY, holders_of, in_initial_pid_namespace, needs, needs_root
from helper import Skip

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
