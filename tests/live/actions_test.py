# SPDX-License-Identifier: GPL-2.0-or-later
"""44: would a lock be granted? The passive answer, what the kernel says, and really taking it."""

import os
import subprocess
import time

from document import check, same
from harness import NOBODY, key_of, needs, needs_root, once
from helper import until


def kinds(document):
    return {k["kind"]: (k["granted"], len(k["in_the_way"])) for k in document["answer"]["kinds"]}


def test_44_passive(t):
    path = t.path("f")
    document = t.json("test", path, status=0)
    same(kinds(document), {"flock": (True, 0), "range": (True, 0), "lease": (True, 0)}, "a free file")
    same(document["answer"]["granted"], True, "granted")
    h, other = t.helper(), t.helper()
    fd = h.open(path)
    h.lock("posix", "w", fd, 500, 100)
    h.lock("posix", "w", fd, 100, 10)
    h.lock("ofd", "r", fd, 300, 10)
    other.open_lock(path, "flock", "r")
    for args, status, granted, in_the_way in (
        (["--range", "0-99"], 0, True, 0),
        (["--range", "109-109"], 1, False, 1),
        (["--range", "0-1000"], 1, False, 3),
        (["--range", "300+10", "--read"], 0, True, 0),
        (["--range", "300+10"], 1, False, 1),
        (["--posix"], 1, False, 3),
        (["--ofd", "--read"], 1, False, 2),
    ):
        document = t.json("test", path, *args, status=status)
        same(kinds(document), {"range": (granted, in_the_way)}, "%r" % args)
        same(len(document["locks"]), in_the_way, "rows of %r" % args)
    same(kinds(t.json("test", path, "--flock", status=1)), {"flock": (False, 1)}, "flock")
    same(kinds(t.json("test", path, "--flock", "--read", status=0)), {"flock": (True, 0)}, "shared flock")
    same(len(t.json("test", path, status=1)["locks"]), 4, "every lock in the way, not only the first")
    text = t.run("test", path)
    check(b"python" not in text.out and text.out.count(b"lkhelp") == 4, "each holder is named: %s", text)
    same(t.run("test", "-q", path).out, b"", "-q")


def test_44_leases(t):
    """A lease is in the way of opening, and the file is then not opened by us either."""
    path = t.path("f")
    h = t.helper()
    fd = h.open(path, "r")
    h.lock("lease", "r", fd)
    same(kinds(t.json("test", path, status=1))["lease"], (False, 1), "a read lease and a writer")
    same(kinds(t.json("test", path, "--read", status=0))["lease"], (True, 0), "a read lease and a reader")
    for args in (["--confirm", "--range", "0-1"], ["--acquire"], ["--hold", "1"], ["--", "true"]):
        answer = t.run("test", path, *args)
        check(b"lease" in answer.err, "%r: the lease is not named: %s", args, answer)
        check(b"refused" not in answer.out, "%r: nothing was asked for, so nothing was refused: %s", args, answer)
    with open("/proc/locks", encoding="ascii") as f:
        lines = [line for line in f if key_of(path) in line.split()]
    check(lines and not any("BREAKING" in line for line in lines), "the lease was broken: %r", lines)


def test_44_confirm(t):
    """The kernel names any lock in the way; all of them are found."""
    path = t.path("f")
    h = t.helper()
    fd = h.open(path)
    for start in (500, 100, 900):
        h.lock("posix", "w", fd, start, 10)
    h.lock("ofd", "w", fd, 300, 10)
    document = t.json("test", path, "--range", "0-", "--confirm", status=1)
    found = document["answer"]["kernel"]["in_the_way"]
    same([(f["start"], f["pid"]) for f in found], [(100, h.pid), (300, None), (500, h.pid), (900, h.pid)], "found")
    document = t.json("test", path, "--range", "0-99", "--confirm", status=0)
    same(document["answer"]["kernel"], {"granted": True, "in_the_way": []}, "kernel")
    fifo = os.path.join(t.dir, "fifo")
    os.mkfifo(fifo)
    for what in (fifo, "/dev/null"):
        answer = t.run("test", what, "--confirm")
        check(answer.status == 5 and b"no regular file" in answer.err, "%s", answer)


def test_44_acquire(t):
    path = t.path("f")
    for args in ([], ["--flock", "--read"], ["--range", "0-9"], ["--posix"], ["--ofd", "--read"]):
        # What asks the kernel opens the file for reading only, which must not be what the lock is taken with.
        for how in ([], ["--confirm"]) if "--flock" not in args else ([],):
            document = t.json("test", path, "--acquire", *how, *args, status=0)
            same(document["answer"]["acquired"], True, "%r %r" % (how, args))
            same(t.rows(path), [], "nothing is left of %r %r" % (how, args))
    h = t.helper()
    h.open_lock(path, "ofd", "w", 0, 10)
    same(t.json("test", path, "--acquire", "--range", "5-20", status=1)["answer"]["acquired"], False, "refused")
    same(t.json("test", path, "--acquire", "--posix", "--range", "10-20", status=0)["answer"]["acquired"], True, "beside it")
    check(b"Others could have noticed" in t.run("test", path, "--acquire").out, "that others can notice is not said")


def test_44_hold(t):
    path = t.path("f")
    begin = time.monotonic()
    p = t.process([t.world.lockscope, "test", path, "--range", "10-19", "--posix", "--hold", "0.7", "-q"])
    until(lambda: t.rows(path), "the lock is there")
    rows = t.rows(path)
    same([(r["type"], r["start"], r["end"], r["pid"]) for r in rows], [("posix", 10, 19, p.pid)], "the lock")
    same(p.wait(10), 0, "status")
    check(time.monotonic() - begin >= 0.7, "released too early")
    same(t.rows(path), [], "released")


def test_44_command(t):
    """Under every kind of lock; the command's status; and a refused lock."""
    path = t.path("f")
    for args in (["--flock"], ["--range", "0-9"], ["--posix", "--range", "0-9"], ["--read"]):
        answer = t.run("test", path, *args, "--", t.world.lockscope, "list", "--raw", "-n", "-o", "TYPE,RANGE,PATH")
        check(os.fsencode(path) in answer.out and answer.status == 0, "%r: the command ran without the lock: %s", args, answer)
        same(t.rows(path), [], "released after %r" % args)

    def status(*args):
        p = subprocess.run([t.world.lockscope, "test", *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        return p.returncode

    same(status(path, "--", "sh", "-c", "exit 7"), 7, "its status")
    same(status(path, "--", "sh", "-c", "kill -9 $$"), 137, "ended by a signal")
    same(status(path, "--", "/nonexistent/command"), 127, "no such command")
    same(status(path, "--", "sh", "-c", "exec 3</dev/null; ls -l /proc/self/fd | grep -q %s" % path), 1, "it inherits no descriptor")
    holder = t.helper()
    holder.open_lock(path, "flock", "w")
    same(status(path, "--", "sh", "-c", "exit 7"), 1, "refused")
    same(status(path, "-E", "9", "--", "sh", "-c", "exit 7"), 9, "refused, -E")
    same(status(path, "--range", "0-1", "--", "sh", "-c", "exit 7"), 7, "another kind")
    odd = t.path("-f")
    same(subprocess.run([t.world.lockscope, "test", "--", "-f", "--", "sh", "-c", "exit 6"], cwd=os.path.dirname(odd), check=False).returncode, 6, "a dash")


@once
def test_44_usage(t):
    path = t.path("f")
    for args in (
        [path, "--read", "--write"],
        [path, "--flock", "--range", "0-1"],
        [path, "--acquire", "--hold", "1"],
        [path, "--acquire", "--posix", "--ofd"],
        [path, "--confirm", "--flock"],
        [path, "--"],
        [path, "--hold", "x"],
        [path, "-E", "256", "--", "true"],
        [path + "-not-there"],
        [],
    ):
        same(t.run("test", *args).status, 2, "%r" % args)


@needs_root
@needs("setpriv")
def test_44_ordinary_user(t):
    """What may not be opened is said; the passive answer needs no right to the file."""
    path = t.path("f")
    os.chmod(path, 0o600)
    same(t.run("test", path, uid=NOBODY).status, 0, "passive")
    answer = t.run("test", path, "--acquire", uid=NOBODY)
    check(answer.status == 2 and b"Permission denied" in answer.err, "%s", answer)
    os.chmod(path, 0o644)
    same(t.run("test", path, "--acquire", uid=NOBODY).status, 0, "flock needs only reading")
    answer = t.run("test", path, "--acquire", "--ofd", uid=NOBODY)
    check(answer.status == 2 and b"for writing" in answer.err, "%s", answer)


def test_44_mandatory_bits(t):
    """The mode that once asked for mandatory locks: said to be without effect, and nothing else changes."""
    path = t.path("f")
    os.chmod(path, 0o2644)
    for verb, status in (("who", 1), ("test", 0)):
        answer = t.run(verb, path)
        same(answer.status, status, verb)
        check(b"mandatory-lock bits" in answer.out and b"without effect" in answer.out, "%s: %r", verb, answer.out)
    os.chmod(path, 0o644)
    check(b"lock bits" not in t.run("who", path).out, "without the bits nothing is said")
