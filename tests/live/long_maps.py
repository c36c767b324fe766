# SPDX-License-Identifier: GPL-2.0-or-later
"""83: a memory map is read to its end, however long it is, and what could not be read rules nothing out."""

import os
import subprocess
import sys

from document import check, same
from harness import NOBODY, needs_root
from helper import Failure, Skip

# Maps a file that it has locked, closes it, and maps another one with a long name in front of it thousands of times. Newlines become
# four bytes each in the map. Then it runs what it was given, and says how long its map is.
MAPPER = """
import fcntl, mmap, os, subprocess, sys
keeper, tail, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
fd = os.open(keeper, os.O_RDWR | os.O_CREAT, 0o666)
os.ftruncate(fd, 4096)
fcntl.flock(fd, fcntl.LOCK_EX)
kept = mmap.mmap(fd, 4096, prot=mmap.PROT_READ)
os.chdir(os.path.dirname(keeper))
for _ in range(15):
    os.mkdir(tail)
    os.chdir(tail)
long = os.open("f", os.O_RDWR | os.O_CREAT, 0o666)
os.ftruncate(long, 4096)
maps = [mmap.mmap(long, 4096, prot=mmap.PROT_READ) for _ in range(times)]
os.close(long)
size = sum(len(line) for line in open("/proc/self/maps", "rb"))
# mmap of Python keeps a duplicate; all of them go.
os.closerange(3, 1 << 16)
print(size, os.getpid(), flush=True)
sys.stdin.read()
"""


def mapper(t, keeper, times):
    p = t.process(
        [sys.executable, "-c", MAPPER, keeper, "\n" * 250, str(times)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    words = p.stdout.readline().split()
    if len(words) != 2:
        raise Failure("the mapper failed")
    t.undo(lambda: subprocess.run(["rm", "-rf", os.path.join(os.path.dirname(keeper), "\n" * 250)], check=False))
    return p.pid, int(words[0])


def reasons(t, path):
    rows = t.list("--scanner=procfs", path)["locks"]
    check(len(rows) == 1, "%d rows", len(rows))
    return rows[0]["no_holder_because"]


@needs_root
def test_83_long_map(t):
    """Beyond 64 MiB, at its very end, stands the file: its lock is kept by the mapping, and its user is found."""
    os.mkdir(os.path.join(t.dir, "d"))
    keeper = os.path.join(t.dir, "d", "keeper")
    pid, size = mapper(t, keeper, 4700)
    check(size > 64 << 20, "the map has only %d bytes", size)
    wanted = "mapped: process %d maps this file" % pid
    because = reasons(t, keeper)
    check(any(r.startswith(wanted) for r in because), "the mapping is not seen: %r", because)
    document = t.who(keeper)
    uses = [(u["kind"], u["pid"], u["certain"]) for u in document["answer"]["files"][0]["uses"]]
    check(("mapped", pid, True) in uses, "who maps it is not found: %r", uses)
    unread = [p["pid"] for p in document["answer"]["files"][0]["uses_unread"]]
    check(pid not in unread, "it counts as not read: %r", unread)


@needs_root
def test_83_not_read_rules_nothing_out(t):
    """A process whose map is refused may be the one."""
    path = t.path("f")
    holder = t.helper()
    holder.open_lock(path)
    row = t.list(path, "--scanner=procfs", uid=NOBODY)["locks"][0]
    same(row["holders"], [], "holders")
    check(any(r.startswith("mapped: a process whose memory map") for r in row["no_holder_because"]), "%r", row)


@needs_root
def test_83_first_thread_ended(t):
    """The map of a process whose first thread has ended is that of another thread."""
    path = t.path("f")
    code = """
import ctypes, fcntl, mmap, os, sys, threading, time
fd = os.open(sys.argv[1], os.O_RDWR)
os.ftruncate(fd, 4096)
fcntl.flock(fd, fcntl.LOCK_EX)
kept = mmap.mmap(fd, 4096, prot=mmap.PROT_READ)
os.closerange(3, 1 << 16)
def wait():
    state = ""
    while state != "Z":
        time.sleep(0.01)
        with open("/proc/self/stat") as f:
            state = f.read().rsplit(")", 1)[1].split()[0]
    print("ready", flush=True)
    time.sleep(60)
threading.Thread(target=wait).start()
ctypes.CDLL(None).syscall(int(sys.argv[2]), 0)
"""
    number = {"x86_64": "60", "aarch64": "93", "riscv64": "93"}.get(os.uname().machine)
    if not number:
        raise Skip("the number of exit(2) is not known for " + os.uname().machine)
    p = t.process([sys.executable, "-c", code, path, number], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "the mapper is ready")
    because = reasons(t, path)
    check(any(r.startswith("mapped: process %d maps" % p.pid) for r in because), "%r", because)
