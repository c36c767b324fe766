# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 1 and 7: every kind of lock, its exact range, who waits for it, and leases."""

import os
import signal

from document import check, same
from harness import brief, holders_of, key_of, one_row
from helper import Skip, until

EOF = None
MAX = 2**63 - 1


def ranges(rows):
    return sorted((r["start"], -1 if r["to_eof"] else r["end"]) for r in rows)


def check_held(row, helper, fd, path, recorded):
    same(row["how_known"], "exact", "how the holder is known")
    same(holders_of(row), [(helper.pid, fd)], "holders")
    same(row["pid"], helper.pid, "pid")
    same(row["recorded_pid"], recorded, "recorded pid")
    same(row["holders"][0]["comm"], "lkhelp", "comm")
    same(row["holders"][0]["uid"], os.geteuid(), "uid")
    same(row["file"]["inode"], str(os.stat(path).st_ino), "inode")
    same(row["file"]["key"], key_of(path), "key")
    same(row["file"]["deleted"], False, "deleted")
    same(row["no_holder_because"], [], "no_holder_because")


def test_01_kinds_and_ranges(t):
    """posix, ofd and flock, read and write, one byte, a range, to EOF, whole."""
    for kind in ("posix", "ofd"):
        for mode, word in (("r", "read"), ("w", "write")):
            path = t.path("%s-%s" % (kind, word))
            h = t.helper()
            fd = h.open(path)
            for start, length in ((0, 1), (10, 10), (100, 0)):
                h.lock(kind, mode, fd, start, length)
            rows = t.rows(path)
            same(ranges(rows), [(0, 0), (10, 19), (100, -1)], "ranges of %s %s" % (kind, word))
            for row in rows:
                same((row["type"], row["mode"], row["state"]), (kind, word, "held"), "kind")
                check_held(row, h, fd, path, h.pid if kind == "posix" else t.taker(h.pid))
    for mode, word in (("r", "read"), ("w", "write")):
        path = t.path("flock-" + word)
        h = t.helper()
        fd = h.open_lock(path, "flock", mode)
        row = one_row(t.rows(path), type="flock", mode=word, state="held", start=0, end=EOF, whole_file=True)
        check_held(row, h, fd, path, h.pid)


def test_01_byte_zero_is_not_the_file(t):
    """Byte 0 alone and the whole file are told apart, and so is the last byte there can be."""
    byte, whole, last = t.path("byte"), t.path("whole"), t.path("last")
    h = t.helper()
    h.open_lock(byte, "posix", "w", 0, 1)
    h.open_lock(whole, "posix", "w", 0, 0)
    h.open_lock(last, "posix", "w", MAX, 1)
    document = t.list()
    rows = {p: [r for r in document["locks"] if r["file"]["path"] == p] for p in (byte, whole, last)}
    row = one_row(rows[byte])
    same((row["start"], row["end"], row["to_eof"], row["whole_file"]), (0, 0, False, False), "byte 0")
    row = one_row(rows[whole])
    same((row["start"], row["end"], row["to_eof"], row["whole_file"]), (0, None, True, True), "whole file")
    row = one_row(rows[last])
    same((row["start"], row["end"], row["to_eof"], row["whole_file"]), (MAX, None, True, False), "last byte")
    cells = {c[2]: c for c in t.raw("-o", "START,END,RANGE", byte, whole, last)}
    same(cells.get(b"whole"), [b"0", b"EOF", b"whole"], "the whole file in a table")
    check([b"0", b"0"] in [c[:2] for c in cells.values()], "byte 0 in a table: %r", cells)


def test_01_merged_and_split(t):
    """The kernel merges neighbours and splits by an unlock in the middle."""
    for kind in ("posix", "ofd"):
        path = t.path(kind)
        h = t.helper()
        fd = h.open_lock(path, kind, "w", 10, 10)
        h.lock(kind, "w", fd, 20, 10)
        same(ranges(t.rows(path)), [(10, 29)], "merged neighbours")
        h.lock(kind, "u", fd, 15, 5)
        same(ranges(t.rows(path)), [(10, 14), (20, 29)], "after an unlock in the middle")
        h.lock(kind, "w", fd, 100, 0)
        h.lock(kind, "u", fd, 200, 10)
        rows = t.rows(path)
        same(ranges(rows), [(10, 14), (20, 29), (100, 199), (210, -1)], "a hole before EOF")
        check(len({r["id"] for r in rows}) == 4, "four locks, four ids: %r", rows)


def check_waiter(document, path, waiter, tid, blockers, **wanted):
    """The waiting row of that thread, and that it and the rows in its way point at each other."""
    rows = [r for r in document["locks"] if r["file"]["path"] == path]
    row = one_row(
        [r for r in rows if r["waiter"] and r["waiter"]["tid"] == tid], state="waiting", pid=waiter.pid, **wanted
    )
    same(sorted(row["blocked_by"]), sorted(b["id"] for b in blockers), "blocked_by")
    for blocker in blockers:
        check(row["id"] in blocker["blocks"], "the lock does not name its waiter: %r", blocker)
    check(isinstance(row["wait_ms"], int) and 0 <= row["wait_ms"] < 600000, "wait_ms %r", row["wait_ms"])
    check(row["how_known"] in ("exact", "matched"), "how_known of a waiter: %r", row["how_known"])
    return row


def test_01_waiters(t):
    """Who waits, for which range, with which thread and fd, for whom; OFD waiters have no pid in /proc/locks."""
    for kind in ("posix", "ofd", "flock"):
        path = t.path(kind)
        holder, waiter = t.helper(), t.helper()
        holder.open_lock(path, kind, "w", 5, 10)
        fd = waiter.open(path)
        tid = waiter.wait_for(kind, "w", fd, 0, 100)
        document = t.list()
        held = one_row([r for r in document["locks"] if r["file"]["path"] == path], state="held", type=kind)
        row = check_waiter(document, path, waiter, tid, [held], type=kind, mode="write")
        same(row["waiter"]["fd"], fd, "fd of the waiter")
        same((row["start"], row["end"]), (0, None if kind == "flock" else 99), "range waited for")
        same(t.who(path, status=0)["status"], 0, "who")


def test_01_waiters_of_32_bits(t):
    """A 32-bit program has other system call numbers and another struct flock."""
    program = t.world.compile("lkhelp", "-m32")
    if not program:
        raise Skip("there is no 32-bit compiler")
    for kind in ("posix", "ofd", "flock"):
        path = t.path(kind)
        holder, waiter = t.helper(), t.helper(program=program)
        holder.open_lock(path, kind, "r", 5, 10)
        fd = waiter.open(path)
        tid = waiter.wait_for(kind, "w", fd, 2, 100)
        document = t.list()
        held = one_row([r for r in document["locks"] if r["file"]["path"] == path], state="held", type=kind)
        row = check_waiter(document, path, waiter, tid, [held], type=kind, mode="write")
        same(
            (row["waiter"]["fd"], row["start"], row["end"]),
            (fd, 0, None) if kind == "flock" else (fd, 2, 101),
            "the request",
        )


def test_01_several_blockers(t):
    """The kernel lists a waiter under one lock; all that are in its way are named."""
    path = t.path("ofd")
    a, b, w = t.helper(), t.helper(), t.helper()
    a.open_lock(path, "ofd", "w", 0, 1)
    b.open_lock(path, "posix", "r", 10, 1)
    tid = w.wait_for("ofd", "w", w.open(path), 0, 100)
    document = t.list()
    rows = [r for r in document["locks"] if r["file"]["path"] == path]
    check_waiter(
        document, path, w, tid, [one_row(rows, pid=a.pid, state="held"), one_row(rows, pid=b.pid, state="held")]
    )
    path = t.path("flock")
    a.open_lock(path, "flock", "r")
    b.open_lock(path, "flock", "r")
    tid = w.wait_for("flock", "w", w.open(path))
    document = t.list()
    rows = [r for r in document["locks"] if r["file"]["path"] == path]
    check_waiter(document, path, w, tid, [one_row(rows, pid=a.pid), one_row(rows, pid=b.pid)])


def test_01_waiters_nested_and_stopped(t):
    """A waiter behind a waiter is blocked by the holder; a stopped one is gone from /proc/locks, not from the list."""
    path = t.path("f")
    a, b, c = t.helper(), t.helper(), t.helper()
    a.open_lock(path, "posix", "w", 0, 10)
    tid_b = b.wait_for("posix", "w", b.open(path), 0, 100)
    tid_c = c.wait_for("posix", "w", c.open(path), 0, 5)
    document = t.list()
    held = one_row([r for r in document["locks"] if r["file"]["path"] == path], state="held")
    check_waiter(document, path, b, tid_b, [held])
    check_waiter(document, path, c, tid_c, [held])
    b.signal(signal.SIGSTOP)
    until(lambda: " T " in open("/proc/%d/stat" % b.pid, encoding="utf-8").read(), "the helper is stopped")
    row = one_row(t.rows(path), state="stopped_waiting")
    same((row["pid"], row["waiter"]["tid"], row["start"], row["end"]), (b.pid, tid_b, 0, 99), "the stopped waiter")
    b.signal(signal.SIGCONT)
    until(
        lambda: [r for r in t.rows(path) if r["state"] == "waiting" and r["pid"] == b.pid],
        "the waiter is back in the queue",
    )


def test_07_lease_held_and_broken(t):
    """A lease, the break of it and the open(2) that waits; the rows of other files stay as they are."""
    path, other = t.path("lease"), t.path("other")
    holder, opener, bystander = t.helper(), t.helper(), t.helper()
    fd = holder.open(path, "r")
    holder.lock("lease", "r", fd)
    other_fd = bystander.open_lock(other)
    row = one_row(t.rows(path), type="lease", mode="read", state="held", how_known="exact")
    same(holders_of(row), [(holder.pid, fd)], "holder of the lease")
    tid = opener.thread("a", "open %s w" % os.fsencode(path).hex())
    until(lambda: "BREAKER" in open("/proc/locks", encoding="utf-8").read(), "an open waits for the lease")
    document = t.list()
    lease = one_row(
        [r for r in document["locks"] if r["file"]["path"] == path], state="breaking", type="lease", break_to="unlock"
    )
    same(holders_of(lease), [(holder.pid, fd)], "holder of the breaking lease")
    breaker = one_row([r for r in document["locks"] if lease["id"] in r["blocked_by"]], state="breaker", pid=opener.pid)
    check(
        breaker["waiter"] is not None and breaker["waiter"]["tid"] in (tid, None),
        "the breaker's thread: %r",
        breaker["waiter"],
    )
    same(breaker["file"]["path"], path, "the breaker's file, which /proc/locks does not print")
    row = one_row([r for r in document["locks"] if r["file"]["path"] == other])
    same(holders_of(row), [(bystander.pid, other_fd)], "the other file: %r" % (brief(row),))
    same(len(t.who(path, status=0)["locks"]), 2, "rows of who")
    holder.lock("lease", "u", fd)
    until(lambda: opener.done(tid), "the open goes on")
    same(t.who(path)["status"], 1, "who, after the lease is gone")


def test_07_lease_nonblocking_opener(t):
    """A write lease broken by a reader who does not wait: BREAKING to READ, and no breaker."""
    path = t.path("lease")
    holder, opener = t.helper(), t.helper()
    fd = holder.open(path, "b")
    holder.lock("lease", "w", fd)
    one_row(t.rows(path), type="lease", mode="write", state="held")
    try:
        opener.open(path, "rn")
        check(False, "the open should have been refused")
    except BlockingIOError:
        pass
    row = one_row(t.rows(path), type="lease", mode="write", state="breaking", break_to="read")
    same(holders_of(row), [(holder.pid, fd)], "holder")
    same(t.who(path)["status"], 0, "who")


def broken(t, mode, by, how="b"):
    """A lease that an open is breaking; its row, the breaker's, and the holder's."""
    path = t.path("lease")
    holder, opener = t.helper(), t.helper()
    fd = holder.open(path, how)
    holder.lock("lease", mode, fd)
    before = one_row(t.rows(path), type="lease", state="held")
    opener.thread("a", "open %s %s" % (os.fsencode(path).hex(), by))
    rows = until(lambda: (lambda r: r if len(r) == 2 else None)(t.rows(path)), "an open waits for the lease")
    lease = one_row(rows, type="lease", state="breaking")
    same(lease["id"], before["id"], "it is the same lease")
    return path, holder, opener, lease, one_row(rows, state="breaker")


def test_66_lease_keeps_its_mode(t):
    """Of a lease being broken: what it still is, what it is broken down to, and by when. Never a guess."""
    with open("/proc/sys/fs/lease-break-time", encoding="ascii") as f:
        limit = int(f.read()) * 1000
    by_bpf = t.world.scanner == "bpf"
    for mode, by, how, is_now, to, shown in (
        ("r", "w", "r", "read" if by_bpf else "unknown", "unlock", "READ->UNLOCK" if by_bpf else "?->UNLOCK"),
        ("w", "r", "b", "write", "read", "WRITE->READ"),
        ("w", "w", "b", "write", "unlock", "WRITE->UNLOCK"),
        ("w", "w", "r", "write" if by_bpf else "unknown", "unlock", "WRITE->UNLOCK" if by_bpf else "?->UNLOCK"),
    ):
        path, holder, opener, lease, breaker = broken(t, mode, by, how)
        same((lease["mode"], lease["break_to"]), (is_now, to), "%s lease, opened for %s" % (mode, by))
        same((breaker["mode"], breaker["break_to"]), ({"r": "read", "w": "write"}[by], None), "the breaker")
        deadline = lease["break_deadline_ms"]
        check(deadline is not None and 0 <= deadline <= limit if limit else deadline is None, "deadline: %r", lease)
        for args in (("list",), ("who", "--no-uses", path), ("waits",)):
            answer = t.run(*args)
            check(shown.encode() in answer.out, "%s is not in %s", shown, answer)
        down = b"being broken down to " + (b"a read lease" if to == "read" else b"nothing")
        for args in (("map", path), ("waits",), ("who", "--no-uses", path)):
            answer = t.run(*args)
            check(down in answer.out and (not limit or b"at the latest" in answer.out), "%r is not in %s", down, answer)
        opener.end()
        holder.end()
        os.unlink(path)


def test_66_lease_several_and_abandoned(t):
    """Several leases can only be for reading; a break that nobody waits for has no deadline, in a capture neither."""
    path, opener = t.path("lease"), t.helper()
    for _ in range(2):
        h = t.helper()
        h.lock("lease", "r", h.open(path, "r"))
    try:
        opener.open(path, "wn")
        check(False, "the open should have been refused")
    except BlockingIOError:
        pass
    for row in t.rows(path):
        same((row["state"], row["mode"], row["break_to"]), ("breaking", "read", "unlock"), "one of two leases")
        same(row["break_deadline_ms"], None, "deadline without anybody who waits")
    capture = os.path.join(t.dir, "capture")
    same(t.run("capture", "-o", capture).status, 0, "capture")
    with open(capture, encoding="utf-8") as f:
        text = f.read()
    check('"break_to":"unlock"' in text and '"lease_break_s":' in text, "the capture lacks what is new")
    rows = t.json("who", "--from", capture, path, status=0, whole=False)["locks"]
    same([(r["mode"], r["break_to"]) for r in rows], [("read", "unlock")] * 2, "the same, captured")
