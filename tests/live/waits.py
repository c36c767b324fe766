# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 31 to 33: who waits, by thread and range; circles of waiting; and an oracle that asks the kernel itself.

The main thread of a helper is the only one it has until it is told to make more: waiting in it leaves the process without a
thread that could still move, waiting in another one does not."""

import errno
import fcntl
import os
import random
import signal
import struct
import subprocess
import sys

from document import check, same
from harness import brief, needs_root, on_file, one_row, slow
from helper import Failure, Skip, in_lock_call, read_text, until

F_OFD_GETLK = 36


def block(helper, kind, mode, fd, start=0, length=0):
    """The helper's main thread itself waits for the lock; it answers nothing more until it has it."""
    helper.send("lock", kind, mode, fd, start, length, "wait")
    until(lambda: in_lock_call(helper.pid), "process %d waits for a lock" % helper.pid)
    return helper.pid


def program_32(t, large_files):
    """The helper as a 32-bit program, with 64-bit or 32-bit file offsets."""
    if large_files:
        program = t.world.compile("lkhelp", "-m32")
    else:
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../helpers")
        program = os.path.join(t.dir, "lkhelp-small")
        sources = [os.path.join(here, n) for n in ("lkhelp.c", "lkhelp_files.c", "lkhelp_procs.c")]
        flags = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-m32", "-pthread", "-w"]
        r = subprocess.run(["gcc", *flags, *sources, "-o", program], check=False, stderr=subprocess.DEVNULL)
        program = program if r.returncode == 0 else None
    if not program:
        raise Skip("there is no 32-bit compiler")
    return program


def nine(t, name, program):
    for kind in ("posix", "ofd", "flock"):
        path = t.path("%s-%s" % (name, kind))
        holder, waiter = t.helper(), t.helper(program=program)
        hfd = holder.open_lock(path, kind, "w")
        wfd = waiter.open(path)
        start, length = (0, 0) if kind == "flock" else (5, 10)
        tids = {waiter.wait_for(kind, "r", wfd, start, length), waiter.wait_for(kind, "w", wfd, start, length)}
        rows = [r for r in t.rows(path) if r["state"] == "waiting"]
        same(len(rows), 2, "waiting rows of %s %s" % (name, kind))
        same({r["waiter"]["tid"] for r in rows}, tids, "threads of %s %s" % (name, kind))
        for row in rows:
            same((row["type"], row["how_known"], row["pid"]), (kind, t.sure, waiter.pid), "waiter")
            same((row["waiter"]["pid"], row["waiter"]["fd"]), (waiter.pid, wfd), "process and descriptor")
            same((row["start"], row["end"]), (0, None) if kind == "flock" else (5, 14), "range")
            held = one_row([r for r in t.rows(path) if r["state"] == "held"], how_known="exact")
            same((held["holders"][0]["pid"], held["holders"][0]["fd"]), (holder.pid, hfd), "holder")
            same(row["blocked_by"], [held["id"]], "blocked by")
            check(row["id"] in held["blocks"], "the blocker says so too")


def test_31_word_sizes_native(t):
    """64-bit programs: POSIX, OFD, flock."""
    nine(t, "native", None)


def test_31_word_sizes_32_large(t):
    """32-bit programs with large-file support: struct flock64."""
    nine(t, "large", program_32(t, True))


def test_31_word_sizes_32_small(t):
    """32-bit programs without: the old struct flock."""
    nine(t, "small", program_32(t, False))


def test_31_relative_range(t):
    """A range relative to the file position: the kernel's list has resolved it."""
    path = t.path("f")
    holder = t.helper()
    holder.open_lock(path, "ofd", "w", 0, 0)
    script = (
        "import fcntl,os,struct,sys\n"
        "fd=os.open(sys.argv[1],os.O_RDWR); os.lseek(fd,100,0)\n"
        "fcntl.fcntl(fd,38,struct.pack('hhqqi4x',1,1,11,7,0))\n"
    )
    p = t.process(["/usr/bin/python3", "-c", script, path])
    until(lambda: in_lock_call(p.pid), "the script waits")
    row = one_row([r for r in t.rows(path) if r["state"] == "waiting"], type="ofd", how_known=t.sure, pid=p.pid)
    same((row["start"], row["end"]), (111, 117), "the resolved range")


def test_31_lease_opener(t):
    """An open() that a lease holds up: named with its thread; the lease's holder is in its way."""
    path = t.path("f")
    holder = t.helper()
    fd = holder.open(path, "r")
    try:
        holder.lock("lease", "r", fd)
    except OSError as e:
        raise Skip("no lease here: %s" % e) from e
    p = t.process(["/usr/bin/python3", "-c", "import os,sys; os.open(sys.argv[1],os.O_RDWR)", path])
    until(lambda: in_lock_call(p.pid), "the opener waits")
    rows = t.rows(path)
    row = one_row([r for r in rows if r["state"] == "breaker"], pid=p.pid, how_known=t.sure)
    lease = one_row([r for r in rows if r["state"] == "breaking"], pid=holder.pid, how_known="exact")
    same(row["blocked_by"], [lease["id"]], "blocked by the lease")
    same(row["waiter"]["tid"], p.pid, "the thread")


def test_31_stopped(t):
    """A stopped waiter is off the kernel's list, but it still wants the lock."""
    path = t.path("f")
    holder, waiter = t.helper(), t.helper()
    holder.open_lock(path, "ofd", "w")
    fd = waiter.open(path)
    block(waiter, "ofd", "w", fd, 3, 4)
    waiter.signal(signal.SIGSTOP)
    row = until(lambda: [r for r in t.rows(path) if r["state"] == "stopped_waiting"], "a stopped waiter's row")[0]
    same((row["pid"], row["start"], row["end"], row["waiter"]["fd"]), (waiter.pid, 3, 6, fd), "the stopped waiter")
    waiter.signal(signal.SIGCONT)
    until(lambda: [r for r in t.rows(path) if r["state"] == "waiting"], "it waits again")


def test_31_since_when(t):
    """wait_ms grows while the thread sleeps and says how far off it may be."""
    path = t.path("f")
    holder, waiter = t.helper(), t.helper()
    holder.open_lock(path)
    waiter.wait_for("flock", "w", waiter.open(path))

    def waited():
        row = one_row([r for r in t.rows(path) if r["state"] == "waiting"])
        return row["wait_ms"], row["wait_error_ms"]

    first, error = waited()
    if first is None:
        raise Skip("this kernel does not tell since when a thread sleeps")
    check(first >= 0 and error > 0, "wait_ms %r, wait_error_ms %r", first, error)
    until(lambda: waited()[0] > first, "wait_ms grows")


def test_31_ordinary_user(t):
    """One's own waiters are known by thread; of others' what the kernel tells everybody, and that it is not all."""
    if os.geteuid() != 0:
        raise Skip("needs root to become two users")
    path = t.path("f")
    mine, other = t.helper(uid=65534), t.helper()
    holder = t.helper(uid=65534)
    holder.open_lock(path, "flock", "w", letters="b")
    tid = mine.wait_for("flock", "r", mine.open(path, "b"))
    other.wait_for("flock", "w", other.open(path, "b"))
    rows = {r["pid"]: r for r in t.rows(path, uid=65534) if r["state"] == "waiting"}
    same((rows[mine.pid]["how_known"], rows[mine.pid]["waiter"]["tid"]), ("matched", tid), "own waiter")
    same((rows[other.pid]["how_known"], rows[other.pid]["waiter"]["tid"]), ("recorded", None), "another user's")


# ---- circles ----


def circle(t, *steps):
    """steps: (kind, file) held by each; each then waits in its main thread for what the next one holds."""
    helpers, files = [], {}
    for kind, name in steps:
        h = t.helper()
        files[name] = files.get(name) or t.path(name)
        helpers.append((h, kind, name, h.open_lock(files[name], kind, "w")))
    for i, (h, _, _, _) in enumerate(helpers):
        _, kind, name, _ = helpers[(i + 1) % len(helpers)]
        block(h, kind, "w", h.open(files[name]))
    return [h for h, _, _, _ in helpers], list(files.values())


def waits(t, *args, **options):
    return t.json("waits", *args, **options)


def deadlock_of(t, helpers):
    """The one deadlock that these processes, and no others, are in."""
    pids = sorted(h.pid for h in helpers)
    found = [d for d in waits(t)["answer"]["deadlocks"] if d["pids"] == pids]
    same(len(found), 1, "deadlocks of %r" % pids)
    return found[0]


def check_deadlock(t, helpers, breakers=None):
    deadlock = deadlock_of(t, helpers)
    same(deadlock["breakers"], sorted(h.pid for h in (helpers if breakers is None else breakers)), "what ends it")
    rows = [r for r in t.list()["locks"] if r["deadlock"] is not None and r["id"] in deadlock["rows"]]
    same(sorted(r["id"] for r in rows), sorted(deadlock["rows"]), "its rows")
    same(len({r["deadlock"] for r in rows}), 1, "one number")
    same(t.run("waits", "--deadlocks").status, 0, "waits --deadlocks")


def test_32_two_flocks(t):
    check_deadlock(t, circle(t, ("flock", "a"), ("flock", "b"))[0])


def test_32_two_ofd(t):
    check_deadlock(t, circle(t, ("ofd", "a"), ("ofd", "b"))[0])


def test_32_three_kinds(t):
    """POSIX to flock to OFD: the kernel sees none of it."""
    check_deadlock(t, circle(t, ("posix", "a"), ("flock", "b"), ("ofd", "c"))[0])


def test_32_self(t):
    """One process, two descriptions of one file."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    block(h, "flock", "w", h.open(path))
    check_deadlock(t, [h])


def test_32_both_upgrade(t):
    """Both read, both want to write: each waits for the other's read lock, none for its own."""
    path = t.path("f")
    helpers = [t.helper(), t.helper()]
    fds = [h.open_lock(path, "ofd", "r", 0, 10) for h in helpers]
    for h, fd in zip(helpers, fds):
        block(h, "ofd", "w", fd, 0, 10)
    rows = t.rows(path)
    for row in rows:
        if row["state"] == "waiting":
            blockers = [r["pid"] for r in rows if r["id"] in row["blocked_by"]]
            same(blockers, [h.pid for h in helpers if h.pid != row["pid"]], "blockers of %d" % row["pid"])
    check_deadlock(t, helpers)


def no_deadlock(t, pids):
    """A circle with these processes is there, but no deadlock; the entry of the circle."""
    answer = waits(t)["answer"]
    same([d for d in answer["deadlocks"] if set(d["pids"]) & set(pids)], [], "deadlocks")
    found = [c for c in answer["cycles"] if set(pids) <= set(c["pids"])]
    same(len(found), 1, "circles with %r" % (pids,))
    return found[0]


def test_32_shared_with_a_free_child(t):
    """A forked child shares one of the descriptions and does not wait: it could still let go."""
    a, b = t.path("a"), t.path("b")
    p, q = t.helper(), t.helper()
    p.open_lock(a)
    q.open_lock(b)
    child = p.fork()
    block(q, "flock", "w", q.open(a))
    block(p, "flock", "w", p.open(b))
    found = no_deadlock(t, [p.pid, q.pid])
    same(found["escape_pid"], child.pid, "who could still move")


def test_32_shared_and_all_wait(t):
    """The child waits too: now nobody can move, and no single sharer of the lock ends it by going."""
    a, b = t.path("a"), t.path("b")
    p, q = t.helper(), t.helper()
    p.open_lock(a)
    q.open_lock(b)
    child = p.fork()
    block(q, "flock", "w", q.open(a))
    block(child, "flock", "w", child.open(b))
    block(p, "flock", "w", p.open(b))
    check_deadlock(t, [p, q, child], breakers=[q])


def test_32_free_thread(t):
    """A process with another thread that does not wait can still unlock."""
    a, b = t.path("a"), t.path("b")
    p, q = t.helper(), t.helper()
    p.open_lock(a, "ofd")
    q.open_lock(b, "ofd")
    p.wait_for("ofd", "w", p.open(b))
    block(q, "ofd", "w", q.open(a))
    same(no_deadlock(t, [p.pid, q.pid])["escape_pid"], p.pid, "who could still move")


def test_32_through_a_lease(t):
    """A lease is taken away by the kernel in the end: a circle through it is none for ever."""
    a, b = t.path("a"), t.path("b")
    p, q = t.helper(), t.helper()
    fd = p.open(a, "r")
    try:
        p.lock("lease", "r", fd)
    except OSError as e:
        raise Skip("no lease here: %s" % e) from e
    q.open_lock(b)
    block(p, "flock", "w", p.open(b))
    q.send("open", os.fsencode(a).hex(), "b")
    until(lambda: in_lock_call(q.pid), "the opener waits")
    found = no_deadlock(t, [p.pid, q.pid])
    check("lease" in found["escape"], "why it is none: %r", found["escape"])


def test_32_waiting_behind(t):
    """A third one behind a deadlock hangs too, but is not part of it."""
    helpers, files = circle(t, ("flock", "a"), ("flock", "b"))
    third = t.helper()
    block(third, "flock", "r", third.open(files[0]))
    check_deadlock(t, helpers)
    row = one_row([r for r in t.rows(files[0]) if r["pid"] == third.pid and r["state"] == "waiting"])
    same(row["deadlock"], None, "the third one's deadlock")


@needs_root
def test_32_colliding_keys(t):
    """Two files with one key (btrfs subvolumes): waiting for one is not waiting for the other."""
    where = os.path.join(t.dir, "btrfs")
    os.mkdir(where)
    t.mount_image(where, "btrfs", 128)
    paths = []
    for name in ("s1", "s2"):
        t.system("btrfs", "subvolume", "create", os.path.join(where, name))
        paths.append(os.path.join(where, name, "f"))
        with open(paths[-1], "w", encoding="ascii"):
            pass
    same(os.stat(paths[0]).st_ino, os.stat(paths[1]).st_ino, "inode numbers")
    p, q = t.helper(), t.helper()
    p.open_lock(paths[0])
    q.open_lock(paths[1])
    r = t.helper()
    block(r, "flock", "w", r.open(paths[0]))
    rows = [x for x in t.list()["locks"] if x["pid"] in (p.pid, q.pid, r.pid)]
    waiting = one_row([x for x in rows if x["state"] == "waiting"], pid=r.pid)
    same(waiting["file"]["path"], paths[0], "the file it waits for")
    same(waiting["blocked_by"], [x["id"] for x in rows if x["pid"] == p.pid], "the one in its way")
    same([c for c in waits(t)["answer"]["cycles"] if r.pid in c["pids"]], [], "no circle")


def test_32_statuses(t):
    """--deadlocks: 0 with one, and 1 or 4 without, never 0."""
    before = waits(t)["answer"]["deadlocks"]
    status = t.run("waits", "--deadlocks").status
    foreign = before or waits(t)["answer"]["deadlocks"]
    if not foreign:
        check(status in (1, 4), "without a deadlock: status %d", status)
    helpers, _ = circle(t, ("flock", "a"), ("flock", "b"))
    deadlock_of(t, helpers)
    same(t.run("waits", "--deadlocks").status, 0, "with one")
    text = t.run("waits").out
    check(b"CYCLE" in text.upper() or b"DEADLOCK" in text.upper(), "said so: %r", text[:400])
    if foreign:
        pids = sorted({p for d in foreign for p in d["pids"]})
        raise Skip("the status without a deadlock: others on this machine are in one, processes %r" % pids)


# ---- the oracle ----


class World:
    """Up to eight processes that hold and want random locks on two files, and what we know of them ourselves."""

    def __init__(self, t, rng):
        self.t, self.rng = t, rng
        self.paths = [t.path("random%d-%d" % (rng.seed_number, i)) for i in range(2)]
        self.helpers = [t.helper() for _ in range(rng.randint(3, 8))]
        self.fds = {h.pid: [[h.open(p) for _ in range(2)] for p in self.paths] for h in self.helpers}
        self.waiting = []  # (helper, tid, kind, mode, path index, fd, start, length)

    def step(self):
        rng = self.rng
        h = rng.choice(self.helpers)
        kind, mode = rng.choice(("posix", "ofd", "flock")), rng.choice("rw")
        file = rng.randrange(2)
        fd = rng.choice(self.fds[h.pid][file])
        start, length = (0, 0) if kind == "flock" else (rng.randrange(12), rng.randrange(8))
        if rng.random() < 0.15:
            h.cmd("lock", kind, "u", fd, start, length)
            return
        try:
            h.lock(kind, mode, fd, start, length)
        except OSError as e:
            check(e.errno in (errno.EAGAIN, errno.EACCES), "lock: %s", e)
            if rng.random() < 0.7 and sum(w[0] is h for w in self.waiting) < 2:
                self.wait(h, kind, mode, file, fd, start, length)

    def wait(self, h, kind, mode, file, fd, start, length):
        tid = h.thread("a", "lock %s %s %s %d %d wait" % (kind, mode, fd, start, length))
        until(lambda: in_lock_call(tid) or ended(h, tid), "thread %d waits or is done" % tid)
        self.waiting.append((h, tid, kind, mode, file, fd, start, length))

    def settle(self):
        """Those that have got their lock (or EDEADLK) wait no longer."""
        self.waiting = [w for w in self.waiting if not self.is_done(w)]

    def is_done(self, w):
        until(lambda: in_lock_call(w[1]) or ended(*w[:2]), "thread %d waits or is done" % w[1])
        return ended(*w[:2])


def ended(helper, tid):
    """It has the lock, or the kernel has refused to let it wait (a circle of POSIX locks only)."""
    try:
        return helper.done(tid)
    except OSError as e:
        check(e.errno == errno.EDEADLK, "waiting: %s", e)
        return True


def last_byte(row):
    return 2**63 - 1 if row["to_eof"] else row["end"]


def kernel_says_conflict(fd, mode, first, last):
    """Would a stranger's lock there be refused? Asked with F_OFD_GETLK on a description of our own: takes nothing."""
    wanted = fcntl.F_WRLCK if mode == "write" else fcntl.F_RDLCK
    length = 0 if last == 2**63 - 1 else last - first + 1
    answer = fcntl.fcntl(fd, F_OFD_GETLK, struct.pack("hhqqi4x", wanted, os.SEEK_SET, first, length, 0))
    return struct.unpack("hhqqi4x", answer)[0] != fcntl.F_UNLCK


def owner(row, waiting):
    """POSIX: the process. Otherwise the description, here process and descriptor: nothing is shared in this world."""
    who = row["waiter"] if waiting else row["holders"][0]
    return (row["type"], who["pid"]) if row["type"] == "posix" else (row["type"], who["pid"], who["fd"])


def check_ranges(rows, row, fd):
    expected = set()
    for held in rows:
        if held["state"] != "held" or held["type"] == "flock" or owner(held, False) == owner(row, True):
            continue
        first, last = max(held["start"], row["start"]), min(last_byte(held), last_byte(row))
        # A request conflicts with this lock where they overlap, if the kernel refuses that part to a stranger ...
        if first <= last and kernel_says_conflict(fd, row["mode"], first, last):
            # ... because of this lock: nothing else stands there but what is compatible with it.
            if "write" in (held["mode"], row["mode"]):
                expected.add(held["id"])
    same(set(row["blocked_by"]), expected, "blockers of %r" % (brief(row),))
    check(expected, "nothing is in the way of %r", brief(row))


def check_flock(rows, row, path):
    expected = {
        h["id"]
        for h in rows
        if h["state"] == "held"
        and h["type"] == "flock"
        and owner(h, False) != owner(row, True)
        and "write" in (h["mode"], row["mode"])
    }
    same(set(row["blocked_by"]), expected, "blockers of %r" % (brief(row),))
    fd = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if row["mode"] == "write" else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        raise Failure("the kernel would grant %r" % (brief(row),))
    except BlockingIOError:
        pass
    finally:
        os.close(fd)


def check_world(t, w):
    w.settle()
    document = t.list()
    seen = set()
    for i, path in enumerate(w.paths):
        rows = on_file(document, path)
        fd = os.open(path, os.O_RDWR)
        for row in rows:
            if row["state"] != "waiting":
                same(row["how_known"], "exact", "held: %r" % (brief(row),))
                continue
            same(row["how_known"], t.sure, "waiting: %r" % (brief(row),))
            seen.add((row["waiter"]["pid"], row["waiter"]["tid"], row["type"], i, row["waiter"]["fd"]))
            if row["type"] == "flock":
                check_flock(rows, row, path)
            else:
                check_ranges(rows, row, fd)
        os.close(fd)
    same(seen, {(h.pid, tid, kind, file, fd) for h, tid, kind, _, file, fd, _, _ in w.waiting}, "who waits")


@slow
def test_33_oracle(t):
    """Random worlds; in each stable state the blockers are those the kernel itself refuses for."""
    worlds = 40 if t.soak else 4
    for number in range(worlds):
        rng = random.Random(number)
        rng.seed_number = number
        w = World(t, rng)
        for _ in range(12):
            for _ in range(3):
                w.step()
            check_world(t, w)
        for h in w.helpers:
            h.end()
    t.note("%d random worlds" % worlds)


@needs_root
def test_87_breaker_on_a_busy_machine(t):
    """One who waits for a reader's share of a write lease wakes every few milliseconds: it is known by its call all the same."""
    path = t.path("leased")
    holder, opener = t.helper(), t.helper()
    holder.lock("lease", "w", holder.open(path))
    tid = opener.thread("a", "open %s r" % os.fsencode(path).hex())
    line = "BREAKER   READ %d " % opener.pid
    until(lambda: line in read_text("/proc/locks"), "an open waits for the lease")
    for _ in range(3 * (os.cpu_count() or 1)):
        t.process([sys.executable, "-c", "while True: pass"])
    for _ in range(60):
        rows = [r for r in t.list("--scanner=procfs")["locks"] if r["state"] == "breaker" and r["pid"] == opener.pid]
        row = one_row(rows, how_known="matched")
        same((row["waiter"]["pid"], row["waiter"]["tid"]), (opener.pid, tid), "who waits")
