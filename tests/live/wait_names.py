# SPDX-License-Identifier: GPL-2.0-or-later
"""65: `wait` for names that come, go, and pass from one file to another."""

import os
import subprocess
import sys
import time

from document import check, same

# Whoever waits for the name sees a lock file that is deleted on release, or nothing.
DELETES = """
import fcntl, os, sys, time
end = time.monotonic() + float(sys.argv[2])
print(flush=True)
while time.monotonic() < end:
    fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.unlink(sys.argv[1])
    os.close(fd)
"""

# The name always leads to a file that is locked, and each time to another one; all of them stay, so that no inode number
# comes back.
REPLACES = """
import fcntl, os, sys, time
end = time.monotonic() + float(sys.argv[2])
before, n = -1, 0
while time.monotonic() < end:
    n += 1
    fd = os.open("%s.%d" % (sys.argv[1], n), os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.link("%s.%d" % (sys.argv[1], n), sys.argv[1] + ".new")
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    if before >= 0:
        os.close(before)
    else:
        print(flush=True)
    before = fd
    time.sleep(0.002)
sys.stdin.read()
"""


def python(t, code, *args):
    p = t.process([sys.executable, "-c", code, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    check(p.stdout.readline() == b"\n", "the program did not begin")
    return p


def begin_wait(t, *args):
    """A running wait, once it has said what it waits for."""
    p = t.process([t.world.lockscope, "wait", "--timeout", "20", *args], stderr=subprocess.PIPE)
    return p, p.stderr.readline()


def test_65_missing(t):
    """A file that does not exist is free, and it is said; a directory that does not exist is a mistake."""
    missing = os.path.join(t.dir, "missing")
    answer = t.run("wait", missing)
    same(answer.status, 0, str(answer))
    same(answer.err, b"lockscope: %s: there is no such file, so it is free\n" % missing.encode(), "what it says")
    answer = t.run("wait", "-q", missing, "--range", "0-1")
    same((answer.status, answer.err), (0, b""), "-q")
    same(t.run("wait", missing, t.path("free")).status, 0, "beside another")
    for bad, words in (
        (os.path.join(t.dir, "no-dir", "f"), b"there is no directory %s/no-dir\n" % t.dir.encode()),
        (os.path.join(t.dir, "no-dir", "f/"), b"there is no directory %s/no-dir\n" % t.dir.encode()),
        (os.path.join(t.path("file"), "f"), b"Not a directory"),
        ("", b"an empty name"),
    ):
        for more in ((), ("--for", "held")):
            answer = t.run("wait", *more, bad)
            same(answer.status, 2, str(answer))
            check(words in answer.err, "%s", answer)


def test_65_missing_held(t):
    """--for held: a missing file is not locked yet."""
    missing = os.path.join(t.dir, "missing")
    answer = t.run("wait", "--for", "held", "--timeout", "0.3", missing)
    same(answer.status, 3, str(answer))
    check(b"there is no such file now" in answer.err, "%s", answer)
    p, said = begin_wait(t, "--for", "held", missing)
    check(b"until %s is locked; there is no such file now" % missing.encode() in said, "%r", said)
    holder = t.helper()
    holder.open_lock(missing)
    same(p.wait(20), 0, "it is locked now")
    holder.end()


def test_65_dangling(t):
    """A link to nowhere may be a lock of its own; one whose file went away meanwhile is not."""
    link = os.path.join(t.dir, "link")
    os.symlink("127.0.0.1:+%d" % os.getpid(), link)
    answer = t.run("wait", link)
    same(answer.status, 4, str(answer))
    check(b"symbolic link that leads to no file" in answer.err, "%s", answer)
    os.unlink(link)
    os.symlink(t.path("f"), link)
    holder = t.helper()
    holder.open_lock(link)
    p, _ = begin_wait(t, link)
    os.unlink(os.path.join(t.dir, "f"))
    same(p.wait(20), 0, "it is gone")


def test_65_goes_while_waiting(t):
    """The same answer for whoever waits already: the file goes, its directory goes, the way to it goes."""
    for name, ends in (
        ("file", lambda d: os.unlink(d + "/f")),
        ("directory", lambda d: os.rename(d, d + "-moved")),
    ):
        where = os.path.join(t.dir, name)
        os.mkdir(where)
        path = os.path.join(where, "f")
        holder = t.helper()
        holder.open_lock(path)
        p, said = begin_wait(t, path)
        check(b"it is held by process %d" % holder.pid in said, "%r", said)
        ends(where)
        same(p.wait(20), 0, name)
        check(p.stderr.readline().startswith(b"lockscope: %s is gone, so it is free" % path.encode()), "what it says")
        holder.end()


def test_65_comes_and_goes(t):
    """--for held, while the file is deleted and made anew; and of two files the missing one may be back, locked."""
    path, other = t.path("f"), t.path("other")
    p, said = begin_wait(t, "--for", "held", path)
    check(b"until %s is locked\n" % path.encode() in said, "%r", said)
    os.unlink(path)
    check(b"no such file now" in p.stderr.readline(), "that it went is not said")
    holder = t.helper()
    holder.open_lock(path)
    same(p.wait(20), 0, "it is back and locked")
    holder.end()
    os.unlink(path)
    holder = t.helper()
    fd = holder.open_lock(other)
    p, _ = begin_wait(t, path, other)
    late = t.helper()
    again = late.open_lock(path)
    said = p.stderr.readline() + p.stderr.readline()
    check(b"%s is free; it is held by process %d" % (path.encode(), late.pid) in said, "it is back: %r", said)
    holder.cmd("close", fd)
    check(p.poll() is None, "one of the two is locked")
    late.cmd("close", again)
    same(p.wait(20), 0, "both are free")


def test_65_deleted_on_release(t):
    """Beside a program that makes, locks and deletes its file in a loop no wait fails."""
    path = os.path.join(t.dir, "f")
    python(t, DELETES, path, "100" if t.soak else "10")
    end = time.monotonic() + (80 if t.soak else 6)
    statuses = {}
    while time.monotonic() < end:
        answer = t.run("wait", "--timeout", "20", path)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        same(answer.status, 0, str(answer))
    t.note("%d waits" % statuses[0])


def test_65_replaced_at_once(t):
    """A name that always leads to a locked file is never free, however often it passes to another file."""
    path = os.path.join(t.dir, "f")
    python(t, REPLACES, path, "8")
    end = time.monotonic() + 6
    while time.monotonic() < end:
        answer = t.run("wait", "--timeout", "0.4", path)
        check(answer.status in (3, 4), "%s", answer)
