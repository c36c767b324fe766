# SPDX-License-Identifier: GPL-2.0-or-later
"""The process that locks files on command (tests/helpers/lkhelp.c), seen from a test."""

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import time


class Failure(AssertionError):
    """What a test saw is not what it should have seen."""


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


def until(condition, what, deadline=15.0):
    """Polls until condition() is true and returns what it returned."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure("waited %g s in vain for: %s" % (deadline, what))
        time.sleep(0.004)


def hexed(text):
    return os.fsencode(text).hex()


def read_text(path):
    try:
        with open(path, "rb") as f:
            return f.read().decode("utf-8", "replace")
    except OSError:
        return ""


def in_lock_call(tid):
    """The thread sleeps in a call that waits for a lock or a lease."""
    wchan = read_text("/proc/%d/wchan" % tid)
    if any(word in wchan for word in ("fcntl_setlk", "locks_lock_inode", "flock", "break_lease", "posix_lock")):
        return True
    stat = read_text("/proc/%d/stat" % tid)
    if wchan not in ("", "0") or not stat:
        return False
    return stat.rsplit(")", 1)[1].split()[0] == "S" and "-> " in read_text("/proc/locks")


class Listener:
    """The socket helpers connect to; one starts at a time."""

    def __init__(self, path):
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(path)
        os.chmod(path, 0o777)
        self.sock.listen(8)
        self.sock.settimeout(20)

    def accept(self):
        conn, _ = self.sock.accept()
        credentials = conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return conn, struct.unpack("3i", credentials)[0]


class Helper:
    def __init__(self, listener, program, prefix=(), padding=()):
        self.proc = subprocess.Popen(
            [*prefix, program, "--connect", listener.path, *padding],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._take(listener)

    def _take(self, listener):
        self.listener = listener
        self.conn, self.pid = listener.accept()
        self.conn.settimeout(30)
        self.reader = self.conn.makefile("rb")
        try:
            self.pidfd = os.pidfd_open(self.pid)
        except OSError:  # already gone
            self.pidfd = -1
        self.children = []

    def send(self, *words):
        self.conn.sendall((" ".join(str(w) for w in words) + "\n").encode())

    def answer(self):
        """The answer's words; an OSError with the helper's errno when it failed."""
        line = self.reader.readline().decode()
        if not line:
            raise Failure("helper %d ended" % self.pid)
        words = line.split()
        if words[0] != "ok":
            raise OSError(int(words[1]), " ".join(words[2:]))
        return words[1:]

    def cmd(self, *words):
        self.send(*words)
        return self.answer()

    def open(self, path, letters="bc"):
        return int(self.cmd("open", hexed(path), letters)[0])

    def dup(self, fd, to=None):
        return int(self.cmd("dup", fd, *([] if to is None else [to]))[0])

    def lock(self, kind, mode, fd, start=0, length=0):
        self.cmd("lock", kind, mode, fd, start, length)

    def open_lock(self, path, kind="flock", mode="w", start=0, length=0, letters="bc"):
        fd = self.open(path, letters)
        self.lock(kind, mode, fd, start, length)
        return fd

    def thread(self, letters, *commands):
        """Runs commands in a new thread (a: goes on, s: waits for their end, p: own descriptors); our number of it."""
        return self._our_tid(int(self.cmd("thread", letters, " ; ".join(commands))[0]))

    def _our_tid(self, tid):
        if os.path.exists("/proc/%d/task/%d" % (self.pid, tid)):
            return tid
        for ours in os.listdir("/proc/%d/task" % self.pid):
            found = re.search(r"^NSpid:\s.*\b(\d+)$", read_text("/proc/%d/task/%s/status" % (self.pid, ours)), re.M)
            if found and int(found[1]) == tid:
                return int(ours)
        raise Failure("thread %d of %d is not there" % (tid, self.pid))

    def wait_for(self, kind, mode, fd, start=0, length=0):
        """A thread that waits for the lock; returns its number once it sleeps in the call."""
        tid = self.thread("a", "lock %s %s %s %d %d wait" % (kind, mode, fd, start, length))
        until(lambda: in_lock_call(tid), "thread %d waits for a lock" % tid)
        return tid

    def done(self, tid):
        return self.cmd("done", tid)[0] == "1"

    def _child(self, *words):
        child = Helper.__new__(Helper)
        child.proc = None
        self.cmd(*words, hexed(self.listener.path))
        child._take(self.listener)
        self.children.append(child)
        return child

    def fork(self):
        return self._child("fork")

    def fork_at(self, number):
        return self._child("forkat", number)

    def own_pid(self):
        """Its number as it sees it itself."""
        return int(self.cmd("pid")[0])

    def signal(self, number):
        signal.pidfd_send_signal(self.pidfd, number)

    def end(self, deadline=10.0):
        """Ends it and waits until its number is free again."""
        for child in self.children:
            child.end()
        self.children = []
        self._close(deadline)

    def leave_children(self):
        """Ends it alone; its children live on and are returned."""
        children, self.children = self.children, []
        self._close(10)
        return children

    def _close(self, deadline):
        if self.pidfd >= 0:
            try:
                self.signal(signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.reader.close()
        self.conn.close()
        if self.proc:
            self.proc.wait(deadline)
        elif self.pidfd >= 0:
            until(lambda: gone(self.pid, self.pidfd), "helper %d ends" % self.pid, deadline)
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def gone(pid, pidfd):
    """The process has ended and somebody, perhaps we, has reaped it."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        signal.pidfd_send_signal(pidfd, 0)
    except ProcessLookupError:
        return True
    return False


def reap_orphans(deadline=10.0):
    """Processes whose parents have ended became ours (PR_SET_CHILD_SUBREAPER); all that have ended are reaped."""
    end = time.monotonic() + deadline
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < end:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)
