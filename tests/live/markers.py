# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 81 and 82: the private locks with which the bpf scanner finds the kernel's lists. They hide nobody else's lock, and are not
listed themselves."""

import fcntl
import os
import shutil
import struct
import subprocess
import sys

from bpf import needs_bpf
from document import check, load, same
from harness import brief, holders_of, needs, needs_root, one_row
from helper import Skip, until
from watch import Watch

ONCE = True  # they choose their scanners

MOST = 1_200_000  # inode numbers that are worth using up


def memfd_number():
    """The number that the next memfd made on this processor follows, as a rule."""
    fd = os.memfd_create("probe")
    try:
        return os.fstat(fd).st_ino
    finally:
        os.close(fd)


def own_tmpfs(t, number):
    """A directory in which the next file gets an inode number of at least `number`: each tmpfs counts from 1."""
    if number > MOST:
        raise Skip("the kernel's own tmpfs is at inode %d; that many files take too long" % number)
    where = t.mount(os.path.join(t.dir, "tmpfs"), "-t", "tmpfs", "-o", "nr_inodes=0", "none")
    fd = os.open(where, os.O_TMPFILE | os.O_RDWR)
    last = os.fstat(fd).st_ino
    os.close(fd)
    for _ in range(number - 1 - last):  # each takes the next number; nothing else makes files there
        os.close(os.open(where, os.O_TMPFILE | os.O_RDWR))
    return where


def numbered_file(directory, number):
    """The file of just that number."""
    path = os.path.join(directory, "f")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR))
    same(os.stat(path).st_ino, number, "inode number")
    return path


def marker_numbers(pid):
    """Inode numbers of the private files a lockscope has open."""
    found = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        name = "/proc/%d/fd/%s" % (pid, fd)
        if os.readlink(name).startswith("/memfd:lockscope-markers"):
            found.append(os.stat(name).st_ino)
    return found


@needs_bpf
def test_81_number_of_a_running_watch(t):
    """A lock on a file of another tmpfs with the inode number of the watch's own private file."""
    watch = Watch(t, "--scanner=bpf", "--filter", 'path =~ "^%s/"' % t.dir)
    number = until(lambda: marker_numbers(watch.process.pid), "its private file")[0]
    path = numbered_file(own_tmpfs(t, number), number)
    h = t.helper()
    fd = h.open_lock(path, "posix", "w", 3, 4)

    def seen(name):
        return [e for e in watch.events if e["event"] == name and e["lock"]["file"]["path"] == path]

    event = until(lambda: seen("acquired"), "the lock is seen by the watch")[0]
    same((event["lock"]["pid"], event["lock"]["start"], event["lock"]["end"]), (h.pid, 3, 6), "the lock")
    for scanner in ("bpf", "procfs"):
        rows = t.rows(path, "--scanner=" + scanner)
        same(holders_of(one_row(rows, state="held", how_known="exact")), [(h.pid, fd)], scanner)
        same(t.run("--scanner=" + scanner, "who", "-q", path).status, 0, "who by " + scanner)
    h.lock("posix", "u", fd, 3, 4)
    until(lambda: seen("released"), "the end of the lock is seen by the watch")
    same(watch.end()[0], 0, "status")


@needs_bpf
@needs("taskset")
def test_81_number_of_a_look(t):
    """Locks on a tmpfs whose numbers a single look's private file gets too."""
    cpu = min(os.sched_getaffinity(0))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    t.undo(os.sched_setaffinity, 0, before)
    directory = own_tmpfs(t, memfd_number() + 1)
    files = {}
    for i in range(400):
        path = os.path.join(directory, "f%d" % i)
        fd = os.open(path, os.O_CREAT | os.O_RDWR)
        t.undo(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX)
        files[os.fstat(fd).st_ino] = path
    hits = 0
    for _ in range(5):
        document = t.list("--scanner=bpf", prefix=("taskset", "-c", str(cpu)))
        missing = set(files.values()) - {r["file"]["path"] for r in document["locks"]}
        check(not missing, "not listed: %r", sorted(missing))
        for ahead in (1, 2):
            path = files.get(memfd_number() + ahead)
            if path:
                hits += 1
                answer = t.run("--scanner=bpf", "who", "-q", path, prefix=("taskset", "-c", str(cpu)))
                same(answer.status, 0, "who of %s" % path)
    t.note("%d files asked for" % hits)
    if not hits:
        raise Skip("no file has the number that came next")


class Lookalike:
    """A process that holds OFD locks on a memfd, which it has from us."""

    def __init__(self, t, argv, name="lockscope-markers", locks=((fcntl.F_WRLCK, 0, 1), (fcntl.F_WRLCK, 2, 1)), keep=False):
        fd = os.memfd_create(name, 0)
        for mode, start, length in locks:
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", mode, os.SEEK_SET, start, length, 0))
        self.inode = str(os.fstat(fd).st_ino)
        self.process = t.process(argv, pass_fds=(fd,), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.path = "/proc/%d/fd/%d" % (self.process.pid, fd)
        self.process.stdout.readline()  # it runs
        if keep:
            t.undo(os.close, fd)
        else:
            os.close(fd)

    def rows(self, t, scanner):
        rows = t.list("--scanner=" + scanner)["locks"]
        return [r for r in rows if r["file"]["inode"] == self.inode and r["file"]["dev_major"] == 0]


def scanners(t):
    """Those that can be used here."""
    return ("bpf", "procfs") if "used here: bpf" in t.world.version else ("procfs",)


@needs_root
def test_82_private_locks_of_another(t):
    """A lockscope with locks of this form, on a memfd of this name: not listed, and counted under -v."""
    other = Lookalike(t, [t.world.lockscope, "watch", "--jsonl", "-d", "60"])
    t.helper().open_lock(t.path("f"))
    for scanner in scanners(t):
        same(other.rows(t, scanner), [], scanner)
        said = t.run("--scanner=" + scanner, "list", "-v").err.decode()
        check("left out: 2 private locks of another lockscope" in said, "%s: %r", scanner, said)
        file = os.path.join(t.dir, "capture-" + scanner)
        same(t.run("--scanner=" + scanner, "capture", "-o", file).status, 0, "capture")
        said = t.run("list", "-v", "--from", file).err.decode()
        check("left out: 2 private locks" in said, "the capture of %s: %r", scanner, said)


@needs_root
def test_82_nobody_hides_by_the_name(t):
    """What only resembles them is listed: another program, other locks, another name, a second holder, somebody who waits."""
    lockscope, helper = t.world.lockscope, [sys.executable, "-c", "print(flush=True); import signal; signal.pause()"]
    copy = shutil.copy(lockscope, os.path.join(t.dir, "copy"))
    watch = [lockscope, "watch", "--jsonl", "-d", "60"]
    write = fcntl.F_WRLCK
    cases = {
        "another program": Lookalike(t, helper),
        "a name for a memfd that is longer": Lookalike(t, watch, "lockscope-markers2"),
        "an odd byte": Lookalike(t, watch, locks=((write, 1, 1),)),
        "two bytes": Lookalike(t, watch, locks=((write, 0, 2),)),
        "to the end": Lookalike(t, watch, locks=((write, 4, 0),)),
        "far beyond any processor": Lookalike(t, watch, locks=((write, 1 << 40, 1),)),
        "for reading": Lookalike(t, watch, locks=((fcntl.F_RDLCK, 0, 1),)),
        "one of another form among them": Lookalike(t, watch, locks=((write, 0, 1), (write, 7, 1))),
        "a second holder": Lookalike(t, watch, keep=True),
    }
    if t.world.wanted != "procfs":  # there it is a script, which runs the very program
        cases["a copy of the program"] = Lookalike(t, [copy, *watch[1:]])
    for scanner in scanners(t):
        for what, lookalike in cases.items():
            check(lookalike.rows(t, scanner), "%s hides %s", scanner, what)
    waited = Lookalike(t, watch)
    waiter = t.helper()
    waiter.wait_for("ofd", "w", waiter.open(waited.path, "b"), 0, 1)
    for scanner in scanners(t):
        rows = waited.rows(t, scanner)
        same(one_row(rows, state="waiting")["waiter"]["pid"], waiter.pid, "who waits")
        same(len([r for r in rows if r["state"] == "held"]), 2, "%s: held rows" % scanner)


@needs_root
def test_82_loops_beside(t):
    """Two loops of looks beside ours, by a program of a name that nobody else runs."""
    name = "lk%d" % os.getpid()
    program = shutil.copy(os.path.join(os.path.dirname(t.world.lockscope), "lockscope"), os.path.join(t.dir, name))
    for _ in range(2):
        t.process(["sh", "-c", "while :; do %s list >/dev/null 2>&1; done" % program])
    seen = []
    for _ in range(40):
        for scanner in scanners(t):
            look = [program, "list", "-J", "--scanner=" + scanner]
            answer = subprocess.run(look, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True)
            rows = load(answer.stdout)["locks"]
            seen += [(scanner, brief(r)) for r in rows if any(h["comm"] == name for h in r["holders"])]
    same(seen, [], "rows that are another lockscope's private locks")
