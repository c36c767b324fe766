# SPDX-License-Identifier: GPL-2.0-or-later
"""74: who uses a mount, a socket, a block device, a layer of an overlay; all without a lock."""

import os
import subprocess

from actions_files import inode_of, kinds_of, loop_device, user
from document import check, same
from harness import NOBODY, needs, needs_root
from helper import Skip


def uses_of(t, path, *args, **options):
    """The uses of the only FILE."""
    return t.who(path, *args, **options)["answer"]["files"][0]["uses"]


def of_process(uses, pid):
    """(kind, below, what) of one process, or with None of the kernel."""
    return sorted((u["kind"], u["below"], u["what"] or "") for u in uses if u["pid"] == pid)


def tmpfs(t, name):
    return t.mount(os.path.join(t.dir, name), "-t", "tmpfs", "tmpfs")


# -- mount points --


@needs_root
def test_74_mount_point(t):
    """Everything that keeps a mount busy is told of its root directory, and nothing that does not."""
    where, other = tmpfs(t, "mnt"), tmpfs(t, "other")
    sub, f = os.path.join(where, "sub"), os.path.join(where, "sub", "f")
    os.mkdir(sub)
    for name in (f, os.path.join(other, "f")):
        with open(name, "wb") as new:
            new.write(bytes(4096))
    cwd = user(t, "os.chdir(sys.argv[1])", sub)
    root = user(t, "os.chroot(sys.argv[1])", sub)
    opened = user(t, "f = open(sys.argv[1])", f)
    mapped = user(t, "f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); f.close()", f)
    stranger = user(t, "f = open(sys.argv[1]); os.chdir(os.path.dirname(sys.argv[1]))", os.path.join(other, "f"))
    document = t.who(where, status=1)
    uses = document["answer"]["files"][0]["uses"]
    same(of_process(uses, cwd), [("cwd", True, sub)], "a working directory")
    same(of_process(uses, root), [("root", True, sub)], "a root directory")
    same(of_process(uses, opened), [("open", True, f)], "an open file")
    check(("mapped", True, f) in of_process(uses, mapped), "a mapped file: %r", uses)
    same(of_process(uses, stranger), [], "a user of another mount")
    same({u["pid"] for u in uses} - {None}, {cwd, root, opened, mapped}, "nobody else")
    check(subprocess.run(["umount", where], stderr=subprocess.DEVNULL, check=False).returncode, "the mount is not busy")
    text = t.run("who", where).out
    check(b"below it: open in 2 processes: %d (python3" % opened in text and os.fsencode(f) in text, "%r", text)
    same([u for u in uses_of(t, sub, status=1) if u["below"]], [], "an ordinary directory")


@needs_root
@needs("losetup", "mkswap", "swapon", "swapoff")
def test_74_mount_point_kernel(t):
    """What the kernel itself uses there: mounts on it, files behind loop devices, swap."""
    where = t.mount_image(os.path.join(t.dir, "mnt"), "ext4", 16)
    inner = t.mount(os.path.join(where, "inner"), "-t", "tmpfs", "tmpfs")
    image, swap = os.path.join(where, "image"), os.path.join(where, "swap")
    for name in (image, swap):
        with open(name, "wb") as f:
            f.write(bytes(1 << 20))
    device = loop_device(t, image)
    os.chmod(swap, 0o600)
    t.system("mkswap", swap)
    wanted = [("loop", True, device), ("mount", False, where), ("mount", True, inner)]
    if subprocess.run(["swapon", swap], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        t.undo(lambda: subprocess.run(["swapoff", swap], stderr=subprocess.DEVNULL, check=False))
        wanted.append(("swap", True, swap))
    else:
        t.note("this machine does not swap to a file here")
    same(of_process(uses_of(t, where, status=1), None), sorted(wanted), "what the kernel uses")


@needs_root
def test_74_tree(t):
    """With -R: everything below any directory, and on what is mounted there."""
    where = os.path.join(t.dir, "tree")
    inner = tmpfs(t, "tree/inner")
    files = [os.path.join(d, "f") for d in (where, inner, t.dir)]
    for name in files:
        with open(name, "wb"):
            pass
    pids = [user(t, "f = open(sys.argv[1])", name) for name in files]
    uses = uses_of(t, where, "-R", status=1)
    same([of_process(uses, p) for p in pids], [[("open", True, n)] for n in files[:2]] + [[]], "who has what open")
    check(("mount", True, inner) in of_process(uses, None), "the mount is missing: %r", uses)
    same([u for u in uses_of(t, where, status=1) if u["below"]], [], "without -R")
    same(of_process(uses_of(t, inner, status=1), pids[1]), [("open", True, files[1])], "the mount alone")


@needs_root
@needs("unshare")
def test_74_mount_point_other_namespace(t):
    """A copy of the mount in another namespace may be what is in the way: "perhaps"."""
    where = tmpfs(t, "mnt")
    os.mkdir(os.path.join(where, "sub"))
    code = "import os,sys,time\nos.chdir(sys.argv[1])\nprint('ready',flush=True)\ntime.sleep(600)"
    p = t.process(["unshare", "--mount", "python3", "-c", code, where + "/sub"], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "ready")
    found = [(u["kind"], u["certain"]) for u in uses_of(t, where, status=1) if u["pid"] == p.pid and u["below"]]
    same(found, [("cwd", False)], "the working directory on the copy")
