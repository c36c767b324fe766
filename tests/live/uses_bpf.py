# SPDX-License-Identifier: GPL-2.0-or-later
"""74: who uses a file, asked of the kernel (bpf) for processes that /proc does not tell of."""

import os
import shutil
import subprocess

from actions_files import user
from bpf import CAPABLE, needs_bpf
from document import check, same
from harness import NOBODY, needs
from helper import Skip
from rights import proc_with

ONCE = True  # they choose their scanners


def answer(t, path, scanner, **options):
    return t.who(path, "--scanner=" + scanner, **options)["answer"]["files"][0]


def by_bpf(t, path, **options):
    """As a user who may load the program, and may look into no process of others."""
    return answer(t, path, "bpf", prefix=CAPABLE, **options)


def of_process(found, pid):
    return sorted((u["kind"], u["fd"], u["certain"]) for u in found["uses"] if u["pid"] == pid)


def check_asked(found):
    """All processes were asked. A security rule can keep process 1 even from the kernel's own iterators."""
    unread = [u["pid"] for u in found["uses_unread"]]
    check(unread in ([], [1]) and found["uses_unread_count"] == len(unread), "not asked: %r", unread)
    same(found["uses_complete"], not unread, "complete")
    return not unread


def check_not_asked(t, path, pid):
    """By /proc, such a user cannot know."""
    found = answer(t, path, "procfs", uid=NOBODY)
    same((of_process(found, pid), found["uses_complete"]), ([], False), "what procfs knows")


@needs_bpf
@needs("setpriv")
def test_74_bpf_descriptors(t):
    """Open, open as a path, in the private table of a thread."""
    path = t.path("f", b"x")
    opened = user(t, "f = open(sys.argv[1]); os.dup2(f.fileno(), 77); f.close()", path)
    as_path = user(t, "f = os.open(sys.argv[1], os.O_PATH); os.dup2(f, 78); os.close(f)", path)
    thread = """import ctypes, threading
def run():
    ctypes.CDLL(None).unshare(0x400)
    f = os.open(sys.argv[1], os.O_RDONLY)
    os.dup2(f, 79)
    os.close(f)
    ready.set()
    time.sleep(600)
ready = threading.Event()
threading.Thread(target=run, daemon=True).start()
ready.wait()"""
    private = user(t, thread, path)
    found = by_bpf(t, path)
    same(of_process(found, opened), [("open", 77, True)], "open")
    same(of_process(found, as_path), [("path", 78, True)], "open as a path")
    same(of_process(found, private), [("open", 79, True)], "the private table of a thread")
    one = [u for u in found["uses"] if u["pid"] == opened][0]
    with open("/proc/%d/stat" % opened, "rb") as f:
        ticks = int(f.read().rsplit(b")", 1)[1].split()[19])
    check(one["comm"].startswith("python3") and one["start_ticks"] == ticks, "who it is: %r", one)
    check_asked(found)
    check_not_asked(t, path, opened)


@needs_bpf
@needs("setpriv")
def test_74_bpf_places(t):
    """Working directory, root directory, program, mapped after its descriptor was closed."""
    where, path, program = os.path.join(t.dir, "d"), t.path("f", bytes(4096)), t.path("program")
    os.mkdir(where)
    shutil.copy(shutil.which("sleep"), program)
    os.chmod(program, 0o755)
    cwd = user(t, "os.chdir(sys.argv[1])", where)
    root = user(t, "os.chroot(sys.argv[1])", where)
    # The class mmap would keep a descriptor of its own.
    code = "import ctypes\nf = os.open(sys.argv[1], 0)\nctypes.CDLL(None).mmap(None, 4096, 1, 2, f, ctypes.c_long(0))\nos.close(f)"
    mapped = user(t, code, path)
    runs = t.process([program, "600"]).pid
    found = by_bpf(t, where)
    same((of_process(found, cwd), of_process(found, root)), ([("cwd", None, True)], [("root", None, True)]), "directory")
    check_asked(found)
    found = by_bpf(t, path)
    same(of_process(found, mapped), [("mapped", None, True)], "mapped only")
    check_asked(found)
    same(of_process(by_bpf(t, program), runs), [("running", None, True)], "the program, which is mapped too")
    for name, pid in ((where, cwd), (path, mapped), (program, runs)):
        check_not_asked(t, name, pid)


@needs_bpf
@needs("setpriv")
def test_74_bpf_locked(t):
    """A descriptor that shows a lock is told as the holder's, not as a use besides; a second one is."""
    path, helper = t.path("f"), t.helper()
    for kind in ("posix", "ofd", "flock"):
        fd = helper.open_lock(path, kind, "r", 0, 1)
        found = by_bpf(t, path)
        same(of_process(found, helper.pid), [], "a descriptor with a %s lock" % kind)
        helper.cmd("close", fd)
    helper.open_lock(path)
    other = helper.open(path)
    found = by_bpf(t, path)
    same((found["locked"], of_process(found, helper.pid)), (True, [("open", other, True)]), "both")


@needs_bpf
@needs("setpriv")
def test_74_bpf_nobody(t):
    """Only when everybody was asked, a lock file of somebody who is gone is stale."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    path = t.path("d.pid", b"%d\n" % gone.pid)
    found = by_bpf(t, path)
    verdict = "stale" if check_asked(found) else "unknown"
    same((found["uses"], found["lockfile"]["verdict"]), ([], verdict), "by bpf")
    same(t.run("who", "-q", path, prefix=CAPABLE).status, 1 if verdict == "stale" else 4, "status by bpf")
    found = answer(t, path, "procfs", uid=NOBODY)
    same((found["uses_complete"], found["lockfile"]["verdict"]), (False, "unknown"), "by procfs")
    holder = user(t, "f = open(sys.argv[1])", path)
    found = by_bpf(t, path)
    same([u["pid"] for u in found["uses"]], [holder], "who has it open")
    check(found["lockfile"]["verdict"] not in ("stale", "unknown"), "verdict: %r", found["lockfile"])


@needs_bpf
@needs("setpriv", "unshare")
def test_74_bpf_hidepid(t):
    """Processes that are not even listed."""
    path = t.path("f")
    pid = user(t, "f = open(sys.argv[1]); os.dup2(f.fileno(), 77); f.close()", path)
    _, prefix = proc_with(t, "hidepid=invisible")
    found = answer(t, path, "bpf", prefix=(*prefix, *CAPABLE))
    same(of_process(found, pid), [("open", 77, True)], "a hidden process")
    free = answer(t, t.path("free"), "bpf", prefix=(*prefix, *CAPABLE))
    same(free["uses"], [], "nobody")
    same(free["uses_complete"], check_asked(by_bpf(t, path)), "complete where the kernel shows process 1 to the program")
    hidden = answer(t, path, "procfs", prefix=(*prefix, "setpriv", "--reuid=%d" % NOBODY, "--clear-groups", "--"))
    same((hidden["uses"], hidden["uses_complete"]), ([], False), "by procfs")


@needs_bpf
@needs("setpriv", "mkfs.btrfs")
def test_74_bpf_shared_key(t):
    """On btrfs files of several subvolumes can share a key: then a use is one perhaps."""
    if not shutil.which("btrfs"):
        raise Skip("btrfs is not installed")
    where = t.mount_image(os.path.join(t.dir, "mnt"), "btrfs", 128)
    os.chmod(where, 0o755)
    paths = [os.path.join(where, sub, "f") for sub in ("a", "b")]
    for path in paths:
        t.system("btrfs", "subvolume", "create", os.path.dirname(path))
        with open(path, "wb"):
            pass
    same(len({os.stat(p).st_ino for p in paths}), 1, "both have one inode number")
    pid = user(t, "f = open(sys.argv[1]); os.dup2(f.fileno(), 77); f.close()", paths[0])
    for path in paths:
        same(of_process(by_bpf(t, path), pid), [("open", 77, False)], "by key alone")


@needs_bpf
@needs("setpriv")
def test_74_bpf_unanswerable(t):
    """What a key cannot tell is not called complete: a socket has another inode than its name."""
    path = os.path.join(t.dir, "s")
    code = "import socket\ns = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()"
    user(t, code, path)
    same(by_bpf(t, path)["uses_complete"], False, "a socket")
