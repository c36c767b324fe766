# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 11: locks whose descriptor is in no ordinary place."""

import os

from document import check, same
from harness import holders_of, needs, on_file, once, one_row
from helper import in_lock_call, read_text, until


def test_11_private_table(t):
    """A thread with its own descriptor table: /proc/PID/fdinfo does not show its locks."""
    for kind in ("flock", "ofd", "posix"):
        path = t.path(kind)
        h = t.helper()
        tid = h.thread("sp", "open %s b" % path.encode().hex(), "lock %s w ." % kind)
        row = one_row(t.rows(path), type=kind, state="held", how_known="exact")
        check(holders_of(row)[0][0] == h.pid and len(row["holders"]) == 1, "holder: %r", row["holders"])
        same(row["holders"][0]["tid"], tid, "the thread")
        same(t.who(path)["status"], 0, "who")
        same(t.run("who", "-t", path).out.split(), [b"%d" % h.pid], "who -t")


@once
@needs("strace")
def test_11_many_private_tables(t):
    """Each is found, and the questions asked (kcmp) grow with their number, not with its square."""
    number = 150
    h = t.helper()
    paths = [t.path("t%d" % i) for i in range(number)]
    tids = [h.thread("sp", "open %s b" % p.encode().hex(), "lock flock w .") for p in paths]
    log = os.path.join(t.dir, "strace")
    # The leak checker cannot work in a traced program.
    document = t.list(
        "--scanner=procfs", env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"}, prefix=("strace", "-f", "--seccomp-bpf", "-e", "trace=kcmp", "-o", log), timeout=50
    )
    found = [r["holders"][0]["tid"] for p in paths for r in on_file(document, p)]
    same(found, tids, "the threads that hold them")
    with open(log, "rb") as f:
        asked = sum(b"KCMP_FILES" in line for line in f)
    check(asked < number * 30, "%d questions for %d tables", asked, number)


def test_11_waiting_in_a_private_table(t):
    """The waiter's descriptor is the thread's own."""
    path = t.path("f")
    holder, waiter = t.helper(), t.helper()
    holder.open_lock(path, "ofd", "w", 0, 5)
    tid = waiter.thread("ap", "open %s b" % path.encode().hex(), "lock ofd w . 0 1 wait")
    row = until(lambda: [r for r in t.rows(path) if r["state"] == "waiting"], "a waiting row")[0]
    same((row["pid"], row["waiter"] and row["waiter"]["tid"]), (waiter.pid, tid), "waiter")


def test_11_main_thread_gone(t):
    """The leader is a zombie, its threads go on: /proc/PID/fd is empty, the locks are theirs."""
    for kind in ("flock", "ofd", "posix"):
        path = t.path(kind)
        h = t.helper()
        fd = h.open_lock(path, kind, "w")
        h.cmd("leave")
        until(
            lambda: read_text("/proc/%d/stat" % h.pid).rsplit(")", 1)[-1].split()[:1] == ["Z"], "the leader is a zombie"
        )
        row = one_row(t.rows(path), type=kind, how_known="exact")
        same(sorted(set(holders_of(row))), [(h.pid, fd)], "holder")
        same(t.who(path)["status"], 0, "who")


def reasons(row):
    check(
        row["no_holder_because"] and all(isinstance(r, str) and r for r in row["no_holder_because"]),
        "no reasons: %r",
        row,
    )
    return " | ".join(row["no_holder_because"])


def test_11_in_flight(t):
    """The only descriptor is in a unix socket that nobody has read."""
    for kind in ("flock", "ofd"):
        path = t.path(kind)
        h = t.helper()
        left, _ = h.cmd("pair")
        fd = h.open_lock(path, kind, "w")
        h.cmd("send", left, fd)
        h.cmd("close", fd)
        row = one_row(
            [r for r in t.list()["locks"] if r["type"] == kind and r["file"]["inode"] == str(inode(path))], state="held"
        )
        same(row["holders"], [], "holders")
        check("socket" in reasons(row) or "flight" in reasons(row), "the reason is not named: %s", reasons(row))
        same(row["how_known"], "recorded" if kind == "flock" and row["pid"] else "unknown", "how known")
        same(t.who(path)["status"], 0, "who: it is locked")


def inode(path):
    import os

    return os.stat(path).st_ino


def test_11_mapped(t):
    """The descriptor is closed, but the file is mapped: the lock stays."""
    for kind in ("flock", "ofd"):
        path = t.path(kind, b"x" * 4096)
        h = t.helper()
        fd = h.open_lock(path, kind, "w")
        h.cmd("mmap", fd)
        h.cmd("close", fd)
        row = one_row(
            [r for r in t.list()["locks"] if r["type"] == kind and r["file"]["inode"] == str(inode(path))], state="held"
        )
        check(
            row["holders"] or ("map" in reasons(row) and str(h.pid) in reasons(row)),
            "neither holder nor reason: %r",
            row,
        )
        same(t.who(path)["status"], 0, "who: it is locked")


def test_11_received_while_looking(t):
    """In flight, then received: the receiver is the holder."""
    path = t.path("f")
    a = t.helper()
    left, right = a.cmd("pair")
    b = a.fork()
    fd = a.open_lock(path)
    a.cmd("send", left, fd)
    a.cmd("close", fd)
    number = int(b.cmd("recv", right)[0])
    row = one_row(t.rows(path), how_known="exact")
    same((holders_of(row), row["recorded_pid"]), ([(b.pid, number)], a.pid), "holder")


def test_11_waiters_first_thread_ended(t):
    """Threads wait on after the first one has ended: their process's own locks are not in their way, so there is no circle."""
    path = t.path("f")
    holder = t.helper()
    holder.open_lock(path, "ofd", "w", 50, 10)
    waiter = t.helper()
    fd = waiter.open(path)
    waiter.lock("posix", "w", fd, 0, 10)
    tids = {waiter.wait_for("posix", "w", fd, 0, 100) for _ in range(2)}
    waiter.cmd("leave")
    state = "/proc/%d/stat" % waiter.pid
    until(lambda: read_text(state).rsplit(")", 1)[-1].split()[:1] == ["Z"], "the first thread has ended")
    rows = t.rows(path)
    held = one_row([r for r in rows if r["state"] == "held" and r["type"] == "ofd"], pid=holder.pid)
    waiting = [r for r in rows if r["state"] == "waiting"]
    same({r["waiter"]["tid"] for r in waiting}, tids, "threads")
    for row in waiting:
        same((row["how_known"], row["blocked_by"]), (t.sure, [held["id"]]), "waiter")
    same([c for c in t.json("waits")["answer"]["cycles"] if waiter.pid in c["pids"]], [], "circles")


def test_11_waiters_private_table(t):
    """A thread with descriptors of its own waits for its own process."""
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path, "posix", "w")
    tid = h.thread("pa", "lock posix w %d 0 0 wait" % fd)
    until(lambda: in_lock_call(tid), "the thread waits")
    rows = t.rows(path)
    held = one_row([r for r in rows if r["state"] == "held"], pid=h.pid)
    row = one_row([r for r in rows if r["state"] == "waiting"], pid=h.pid, how_known=t.sure)
    same((row["waiter"]["tid"], row["blocked_by"]), (tid, [held["id"]]), "the thread and what is in its way")
