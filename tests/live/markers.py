# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 81 and 82: the private locks with which the bpf scanner finds the kernel's lists. They hide nobody else's lock, and are not
listed themselves."""

import fcntl
import os

from bpf import needs_bpf
from document import check, same
from harness import holders_of, needs, one_row
from helper import Skip, until
from watch import Watch

MOST = 3_000_000  # inode numbers that are worth using up


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
    last = 0
    while last < number - 1:
        fd = os.open(where, os.O_TMPFILE | os.O_RDWR)
        last = os.fstat(fd).st_ino
        os.close(fd)
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
    watch = Watch(t, "--scanner=bpf")
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
