# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 2 to 6: who really holds a lock, whatever number the kernel recorded."""

import json
import os
import random
import subprocess
import time

from document import check, same
from harness import NOBODY, brief, holders_of, in_initial_pid_namespace, needs, needs_root, one_row
from helper import Skip, read_text, until


@needs("flock", "sleep")
def test_02_flock_inherited(t):
    """flock(1) has ended, its forgotten child lives on with the lock: that child is the holder."""
    path = t.path("f")
    p = subprocess.Popen(
        ["flock", path, "sh", "-c", "sleep 600 >/dev/null & echo $!"], stdout=subprocess.PIPE, start_new_session=True
    )
    sleeper = int(p.stdout.readline())
    t.undo(os.kill, sleeper, 9)
    p.stdout.close()
    same(p.wait(10), 0, "flock(1)")
    until(lambda: read_text("/proc/%d/comm" % sleeper) == "sleep\n", "sleep runs")
    row = one_row(t.rows(path), type="flock", mode="write", state="held", how_known="exact")
    same((row["recorded_pid"], row["pid"]), (p.pid, sleeper), "recorded and real holder")
    same([(h["pid"], h["comm"]) for h in row["holders"]], [(sleeper, "sleep")], "holders")
    fd = row["holders"][0]["fd"]
    same(os.readlink("/proc/%d/fd/%s" % (sleeper, fd)), path, "the holder's descriptor")
    same(t.run("who", "-t", path).out.split(), [b"%d" % sleeper], "who -t")
    same(t.run("list", "-t", path).out.split(), [b"%d" % sleeper], "list -t")
    cells = one_line(t.raw("-o", "PID,COMMAND,FD", path))
    same(cells, [b"%d" % sleeper, b"sleep", b"%d" % fd], "the table")


def one_line(lines):
    check(len(lines) == 1, "expected one line: %r", lines)
    return lines[0]


def recycled(t, first, make_stranger):
    """A lock whose taker ended, its child holds on, a stranger has the number: path, number, child, stranger."""
    path = t.path("f")
    number, inner = first.pid, first.own_pid()
    first.open_lock(path, "flock", "w", letters="b")
    first.fork()
    child = first.leave_children()[0]
    t.undo(child.end)
    try:
        stranger = make_stranger(inner)
    except OSError as e:
        raise Skip("this kernel does not give a process a chosen number: %s" % e) from None
    same(stranger.own_pid(), inner, "the stranger's number")
    return path, number, child, stranger


@needs_root
def test_03_recycled_pid(t):
    """The recorded number belongs to an unrelated process by now: it is not named as holder."""
    maker = t.helper()
    path, number, child, stranger = recycled(t, t.helper(), maker.fork_at)
    same(stranger.pid, number, "the stranger has the number")
    row = one_row(t.rows(path), type="flock", state="held")
    same(row["recorded_pid"], number, "recorded pid")
    same((row["how_known"], [h["pid"] for h in row["holders"]]), ("exact", [child.pid]), "the holder is the child")
    same(t.run("who", "-t", path).out.split(), [b"%d" % child.pid], "who -t")
    same(t.list("-p", str(number))["locks"], [], "rows of the stranger")
    same([r["pid"] for r in t.list("-p", str(child.pid))["locks"]], [child.pid], "rows of the child")


@needs_root
def test_03_recycled_pid_of_ones_own(t):
    """An ordinary user cannot read the holder, but the stranger with its number is his own: it cannot be the holder."""
    if not in_initial_pid_namespace():
        raise Skip("not in the initial pid namespace")
    maker = t.helper()
    path, number, _, stranger = recycled(t, t.helper(), maker.fork_at)
    own = stranger.cmd  # still root; it gives itself up below
    own("setuid", NOBODY)
    rows = [
        r
        for r in t.list(uid=NOBODY)["locks"]
        if r["recorded_pid"] == number and r["file"]["inode"] == str(os.stat(path).st_ino)
    ]
    row = one_row(rows)
    same(row["holders"], [], "holders")
    check(
        row["pid"] != number and row["how_known"] == "unknown",
        "a process that shows no such lock is named: %r",
        brief(row),
    )
    same(t.who(path, uid=NOBODY)["status"], 0, "who")
    check(b"%d" % number not in t.run("who", "-t", path, uid=NOBODY).out.split(), "who -t names the stranger")


@needs_root
@needs("unshare", "nsenter")
def test_03_recycled_pid_in_a_namespace(t):
    """The same inside a pid namespace, seen from inside and from outside."""
    init = t.helper(prefix=("unshare", "--pid", "--fork", "--mount-proc", "--"))
    same(init.own_pid(), 1, "pid of the namespace's first process")
    first = init.fork()
    init.children.remove(first)
    path, number, child, stranger = recycled(t, first, init.fork_at)
    row = one_row(t.rows(path), type="flock")
    same((row["how_known"], [h["pid"] for h in row["holders"]]), ("exact", [child.pid]), "seen from outside")
    check(stranger.pid != row["pid"], "the stranger is named: %r", brief(row))
    inside = ("nsenter", "--target", str(init.pid), "--pid", "--mount", "--")
    row = one_row(t.rows(path, prefix=inside), type="flock")
    same((row["how_known"], [h["pid"] for h in row["holders"]]), ("exact", [child.own_pid()]), "seen from inside")
    same(t.run("who", "-t", path, prefix=inside).out.split(), [b"%d" % child.own_pid()], "who -t inside")
    same(number > 0, True, "outer number")


def test_04_fork_dup_scm_rights(t):
    """One open file description, many descriptors: one row that names them all; a POSIX lock stays its owner's."""
    a, receiver = t.helper(), None
    left, right = (int(n) for n in a.cmd("pair"))
    receiver = a.fork()  # before the files are opened: it has the socket only
    for kind in ("flock", "ofd", "posix"):
        path = t.path(kind)
        fd = a.open_lock(path, kind, "w")
        twin = a.dup(fd)
        child = a.fork()
        a.cmd("send", left, fd)
        received = int(receiver.cmd("recv", right)[0])
        row = one_row(t.rows(path), type=kind, state="held", how_known="exact")
        everywhere = [(a.pid, fd), (a.pid, twin), (child.pid, fd), (child.pid, twin), (receiver.pid, received)]
        wanted = everywhere[:2] if kind == "posix" else everywhere
        same(sorted(holders_of(row)), sorted(wanted), "holders of the %s lock" % kind)
        pids = sorted({p for p, _ in wanted})
        same([int(n) for n in t.run("who", "-t", path).out.split()], pids, "who -t")


def test_04_shared_locks_stay_apart(t):
    """Two shared locks on one range are two, each with its own holders, even inside one process."""
    for kind in ("flock", "ofd"):
        path = t.path(kind)
        a, b = t.helper(), t.helper()
        fd_a, fd_b, again = a.open_lock(path, kind, "r"), b.open_lock(path, kind, "r"), b.open_lock(path, kind, "r")
        twin = b.dup(again)
        rows = t.rows(path)
        got = sorted(sorted(holders_of(r)) for r in rows)
        same(got, sorted([[(a.pid, fd_a)], [(b.pid, fd_b)], sorted([(b.pid, again), (b.pid, twin)])]), kind)
        check(len({r["id"] for r in rows}) == 3, "three locks, three ids")
        same({r["how_known"] for r in rows}, {"exact"}, "how known")


def test_04_posix_on_two_descriptions(t):
    """A POSIX lock is shown where it was made, not on another open of the same file."""
    path = t.path("f")
    h = t.helper()
    first, second = h.open(path), h.open(path)
    h.lock("posix", "w", second, 0, 10)
    same(holders_of(one_row(t.rows(path))), [(h.pid, second)], "holders")
    check(first != second, "two descriptors")


def test_04_exec(t):
    """After exec the process has another name and the same locks."""
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path, "posix", "w", 0, 5)
    program = os.path.join(t.dir, "other-name")
    os.link(t.world.lkhelp, program)
    h.cmd("exec", os.fsencode(program).hex())
    row = one_row(t.rows(path), how_known="exact")
    same((holders_of(row), row["holders"][0]["comm"]), ([(h.pid, fd)], "other-name"), "holder after exec")


def test_05_fd_zero(t):
    """Descriptor 0 is a descriptor."""
    for kind in ("flock", "ofd", "posix"):
        path = t.path(kind)
        h = t.helper()
        fd = h.open(path)
        h.dup(fd, 0)
        h.lock(kind, "w", 0)
        h.cmd("close", fd)
        if kind == "posix":  # closing the other one has dropped it
            h.lock(kind, "w", 0)
        row = one_row(t.rows(path), type=kind)
        same(holders_of(row), [(h.pid, 0)], "holder")
        same(one_line(t.raw("-o", "PID,FD", path)), [b"%d" % h.pid, b"0"], "table")


def test_06_ofd_holder_named(t):
    """/proc/locks says -1; the holder is named nevertheless, and found by its pid."""
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path, "ofd", "w", 3, 4)
    row = one_row(t.rows(path), type="ofd", mode="write", start=3, end=6, how_known="exact")
    same((row["recorded_pid"], row["pid"], holders_of(row)), (t.taker(h.pid), h.pid, [(h.pid, fd)]), "holder")
    same([r["id"] for r in t.list("-p", str(h.pid))["locks"]], [row["id"]], "list -p")
    same([r["id"] for r in t.who(path, status=0)["locks"]], [row["id"]], "the id is the same from run to run")
    same(one_line(t.raw("-o", "PID,TYPE,RANGE", path)), [b"%d" % h.pid, b"OFD", b"3-6"], "table")


def test_64_first_of_several_is_marked(t):
    """A lock that three processes share is no lock of one: tables for people say so, cells for scripts stay as they are."""
    path = t.path("f")
    a = t.helper()
    fd = a.open_lock(path, "flock", "w")
    b, c = a.fork(), a.fork()
    waiter = t.helper()
    waiter.wait_for("flock", "w", waiter.open(path))
    held, waiting = (line.split() for line in t.run("list", "-n", "-o", "STATE,PID,COMMAND,BLOCKER", path).out.splitlines())
    first = min(a.pid, b.pid, c.pid)
    same(held, [b"held", b"%d" % first, b"lkhelp", b"+2"], "the table")
    same(waiting, [b"waiting", b"%d" % waiter.pid, b"lkhelp", b"%d" % first, b"+2"], "the waiter")
    wanted = [b"held", b"%d" % first, b"lkhelp", b"-", b"3"]
    same(t.raw("-o", "STATE,PID,COMMAND,BLOCKER,NHOLDERS", path)[0], wanted, "the raw row")
    same(t.raw("-o", "PID", "--filter", "n_holders > 1", path), [[b"%d" % first]], "the filter")
    end = {h: b"%d:%d" % (h.pid, fd) for h in (a, b, c)}
    lines = [line.split() for line in t.run("who", "--raw", "-n", "-o", "STATE,PID,COMMAND,SHARED", path).out.splitlines()]
    for h in (a, b, c):
        others = b",".join(end[o] for o in sorted((a, b, c), key=lambda o: o.pid) if o is not h)
        check([b"held", b"%d" % h.pid, b"lkhelp", others] in lines, "row of %d: %r", h.pid, lines)
    answer = t.run("who", path)
    check(b" SHARED " in answer.out and answer.out.count(end[b]) == 2, "SHARED: %s", answer)
    check(b"+" not in answer.out.split(b"waiting")[1].split(b"\n")[1], "a row of one holder has no mark: %s", answer)


def test_64_separate_locks_are_not_shared(t):
    """Two read locks on one file, one of them of two processes: who shares it can be told from who has the other."""
    path = t.path("f")
    a, b = t.helper(), t.helper()
    fd = a.open_lock(path, "ofd", "r", 0, 10)
    b.open_lock(path, "ofd", "r", 0, 10)
    child = a.fork()
    lines = {}
    for line in t.run("who", "--raw", "-n", "-o", "PID,SHARED", path).out.splitlines():
        pid, shared = line.split()
        lines[int(pid)] = shared
    same(lines, {a.pid: b"%d:%d" % (child.pid, fd), child.pid: b"%d:%d" % (a.pid, fd), b.pid: b"-"}, "who")
    rows = sorted(line.split() for line in t.run("list", "-n", "-o", "PID,COMMAND", path).out.splitlines())
    wanted = [[b"%d" % min(a.pid, child.pid), b"lkhelp", b"+1"], [b"%d" % b.pid, b"lkhelp"]]
    same(rows, sorted(wanted), "list")
    a.cmd("close", fd)
    check(b" SHARED " not in t.run("who", path).out, "nothing is shared any more")


def test_06_taken_while_looking(t):
    """A lock that is taken while a scan is going on is not told, or told with who has it: never with nobody."""
    told = 0
    for i in range(40):
        path = t.path("f%d" % i)
        h = t.helper()
        fd = h.open(path)
        look = t.process([t.world.lockscope, "list", "-J", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(random.random() * 0.02)
        h.lock(("posix", "ofd", "flock")[i % 3], "w", fd)
        rows = json.loads(look.communicate(timeout=60)[0])["locks"]
        told += len(rows)
        for row in rows:
            same(holders_of(row), [(h.pid, fd)], "who has it: %r" % row)
        h.end()
    t.note("%d of 40 locks were told" % told)
