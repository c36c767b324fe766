# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of one file: `map`, on locks of our own and on those that SQLite and QEMU really take."""

import os
import re
import signal
import subprocess

from document import check, same
from harness import needs, slow
from helper import until
from names import NAMES, check_safe

PENDING = 0x40000000


class Map:
    """One run of `map`, as text and as JSON."""

    def __init__(self, t, path, *args, status=0):
        self.document = t.json("map", *args, path, status=status)
        self.answer = self.document["answer"]
        self.text = t.run("map", *args, path)
        same(self.text.status, status, "status of the text")
        self.lines = self.text.out.decode().splitlines()
        check_answer(self.document)

    def lane(self, label):
        """The glyphs of the only lane of this label."""
        found = [line for line in self.lines if re.match(r"%s  +[RWUrwu.#|/?]+$" % re.escape(label), line)]
        check(len(found) == 1, "lanes of %s: %r in %r", label, found, self.lines)
        return found[0].rsplit("  ", 1)[1]

    def says(self, words):
        check(any(words in line for line in self.lines), "%r is not said: %r", words, self.lines)

    def locked_names(self, pid):
        """What the segments that this process holds are called, with their mode."""
        return [
            (self.answer["segments"][i]["name"], cell["mode"])
            for lane in self.answer["lanes"]
            if lane["pid"] == pid and not lane["waiting"]
            for cell in lane["cells"]
            for i in range(cell["first"], cell["last"] + 1)
        ]


def check_answer(document):
    """What holds for every map: no gap, and each cell is exactly its row."""
    answer, rows = document["answer"], {r["id"]: r for r in document["locks"]}
    segments = answer["segments"]
    for before, after in zip(segments, segments[1:]):
        same(after["start"], before["end"] + 1, "segments follow each other")
    cells = [(lane, cell) for lane in answer["lanes"] for cell in lane["cells"]]
    same(sorted(c["id"] for _, c in cells), sorted(rows), "each row is in one lane")
    for lane, cell in cells:
        row = rows[cell["id"]]
        same((lane["kind"], lane["pid"], cell["mode"]), (row["type"], row["pid"], row["mode"]), "a cell's row")
        last = segments[-1]["end"]
        inside = row["start"] >= segments[0]["start"] and (last is None or row["end"] is not None and row["end"] <= last)
        if not lane["whole"] and inside:
            same((segments[cell["first"]]["start"], segments[cell["last"]]["end"]), (row["start"], row["end"]), "a cell's range")


def test_map_ranges(t):
    """Held, waited for, in conflict, free, behind the end; with flock in between."""
    path = t.path("f", b"x" * 1000)
    a, b, c = t.helper(), t.helper(), t.helper()
    fd = a.open_lock(path, "posix", "w", 0, 100)
    a.lock("flock", "w", fd)
    b.open_lock(path, "posix", "r", 500, 50)
    b.wait_for("posix", "r", b.open(path), 50, 100)
    c.open_lock(path, "ofd", "w", 990, 0)
    m = Map(t, path)
    segments = [(s["start"], s["end"], s["conflict"]) for s in m.answer["segments"]]
    same(
        segments,
        [
            (0, 49, False),
            (50, 99, True),
            (100, 149, False),
            (150, 499, False),
            (500, 549, False),
            (550, 989, False),
            (990, 999, False),
            (1000, None, False),
        ],
        "segments",
    )
    same([lane["whole"] for lane in m.answer["lanes"]].count(True), 1, "lanes without a range")
    check(re.fullmatch(r"W+#+r+\.*//\.*R+\.*//\.*W+\|W+", m.lane("all")), "all: %r", m.lane("all"))
    check(re.fullmatch(r"W+\|W+", re.sub("[./]", "", m.lane("%d lkhelp ofd" % c.pid))), "the lane to EOF: %r", m.lines)
    m.says("%d lkhelp holds bytes 0-99 (posix write)" % a.pid)
    m.says("%d lkhelp holds the whole file (flock write)" % a.pid)
    m.says("%d lkhelp holds bytes 990- (ofd write)" % c.pid)
    waits = r"%d lkhelp waits .*for bytes 50-149 \(posix read\), behind %d" % (b.pid, a.pid)
    check(any(re.fullmatch(waits, line) for line in m.lines), "the waiter in words: %r", m.lines)
    part = Map(t, path, "--range", "200-599")
    same([(s["start"], s["end"]) for s in part.answer["segments"]], [(200, 499), (500, 549), (550, 599)], "a part")
    capture = os.path.join(t.dir, "capture")
    same(t.run("capture", "-o", capture).status, 0, "capture")
    shown = t.run("map", "--from", capture, path)
    same((shown.status, shown.out), (0, m.text.out), "the map of a capture")


def test_map_status(t):
    """As who: 0 locked, 1 proven not to be, 2 not there."""
    path = t.path("f")
    for status, words in ((1, b": not locked"), (0, b": 1 lock held")):
        answer = t.run("map", path)
        same((answer.status, words in answer.out), (status, True), str(answer))
        same((t.run("map", "-q", path).status, t.run("map", "-q", path).out), (status, b""), "map -q")
        h = t.helper() if status else None
        if h:
            h.open_lock(path, "ofd", "w", 0, 10)
    same(t.run("map", "--range", "10-", path).status, 1, "beside the lock")
    same(t.run("map", path + ".not").status, 2, "a file that is not there")
    for wrong in ((), (path, path), ("--jsonl", path), ("-o", "PID", path), ("--range", "9-1", path)):
        same(t.run("map", *wrong).status, 2, "map %r" % (wrong,))


def test_map_hostile_names(t):
    """Names of files and of processes."""
    for name in sorted(NAMES):
        path = t.path(NAMES[name])
        h = t.helper()
        h.cmd("comm", b"\x1b[31m\n\xff\\".hex())
        h.open_lock(path, "posix", "w", 5, 5)
        for locale, utf8 in (("C.UTF-8", True), ("C", False)):
            answer = t.run("map", path, env={"LC_ALL": locale})
            same(answer.status, 0, str(answer))
            check_safe(answer.out, utf8, "map, " + name)
            check(b"\\x1b[31m\\x0a" in answer.out, "the process's name: %s", answer)
        t.json("map", path, status=0)
        h.end()


def test_map_many(t):
    """More ranges than columns, more lanes than lines: merged, summed up, and said so."""
    path = t.path("f")
    h = t.helper()
    fd = h.open(path)
    for i in range(300):
        h.lock("posix", "w" if i % 2 else "r", fd, 3 * i, 1)
    m = Map(t, path)
    check(all(len(line) <= 80 for line in m.lines if re.search(r"  [RW.|/]+$", line)), "too wide: %r", m.lines)
    m.says("There are 600 stretches, more than columns")
    m.says("and 294 more ranges")
    for _ in range(60):
        h.lock("ofd", "r", h.open(path), 5000, 10)
    m = Map(t, path)
    same(len(m.answer["lanes"]), 61, "lanes in JSON")
    m.says("11 more lanes with 11 locks are not shown")
    everything = t.run("map", "--all", path).out.decode()
    same(len(re.findall("(?m) holds ", everything)), 61, "lanes with --all")


def sqlite(t, path, code):
    """A Python process with a connection c; each line that is sent is run, and its end waited for."""
    program = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)\n"
        "for line in sys.stdin:\n"
        " try: exec(line); print('ok', flush=True)\n"
        " except sqlite3.OperationalError as e: print(e, flush=True)\n"
    )
    p = t.process(["/usr/bin/python3", "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    run(p, code)
    return p


def run(p, code, said="ok"):
    p.stdin.write(code.encode() + b"\n")
    same(p.stdout.readline().decode().strip(), said, code)


@slow
def test_map_sqlite(t):
    """A rollback journal: shared, reserved, pending, exclusive."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('create table t(a)')")
    run(writer, "c.executemany('insert into t values(?)', [(i,) for i in range(1000)])")
    same(t.run("map", path).status, 1, "nobody uses it")
    reader = sqlite(t, path, "r = c.execute('select * from t'); r.fetchone()")
    m = Map(t, path)
    same((m.answer["looks_like"], m.locked_names(reader.pid)), ("sqlite", [("SHARED", "read")]), "a reader")
    run(writer, "c.execute('begin immediate'); c.execute('insert into t values(1)')")
    m = Map(t, path)
    same(sorted(m.locked_names(writer.pid)), [("RESERVED", "write"), ("SHARED", "read")], "a writer begins")
    m.says("%d python3 holds SQLite RESERVED (write), SHARED (read): RESERVED, " % writer.pid)
    run(writer, "c.execute('commit')", "database is locked")
    m = Map(t, path)
    same(
        sorted(m.locked_names(writer.pid)),
        [("PENDING", "write"), ("RESERVED", "write"), ("SHARED", "read")],
        "it waits for the reader, though not in the kernel",
    )
    m.says("%d python3 holds SQLite PENDING+RESERVED (write), SHARED (read): PENDING, " % writer.pid)
    check("|PENDING" in m.text.out.decode() and "|SHARED" in m.text.out.decode(), "ruler: %r", m.lines)
    same([s["start"] for s in m.answer["segments"] if s["name"] == "PENDING"], [PENDING], "PENDING")
    run(reader, "r.close(); c.close()")
    run(writer, "c.execute('commit'); c.execute('begin exclusive')")
    Map(t, path).says("%d python3 holds SQLite PENDING+RESERVED+SHARED (write): EXCLUSIVE, " % writer.pid)
    h = t.helper()
    h.open_lock(path, "ofd", "r", 7, 1)
    m = Map(t, path)
    same((m.answer["looks_like"], m.locked_names(h.pid)), (None, [(None, "read")]), "a lock that does not fit")


def test_66_sqlite_states(t):
    """An owner's state is that of all its locks: EXCLUSIVE is not called PENDING, also where only a part is shown."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('create table t(a)')")
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")

    def states(*args):
        m = Map(t, path, *args)
        return m, {lane["pid"]: lane["owner_state"] for lane in m.answer["lanes"]}

    same(states()[1], {reader.pid: "SHARED"}, "a reader")
    run(writer, "c.execute('begin immediate'); c.execute('insert into t values(1)')")
    same(states()[1], {reader.pid: "SHARED", writer.pid: "RESERVED"}, "a writer")
    run(writer, "c.execute('commit')", "database is locked")
    m, now = states()
    same(now, {reader.pid: "SHARED", writer.pid: "PENDING"}, "a writer that waits")
    m.says("PENDING, wants to write the database: waits for the readers to leave")
    same(states("--range", "%d" % (PENDING + 1))[1], {writer.pid: "PENDING"}, "of which only a part is asked for")
    run(reader, "c.execute('commit')")
    run(writer, "c.execute('commit'); c.execute('begin exclusive')")
    for args in ((), ("--range", "%d" % PENDING)):
        m, now = states(*args)
        same(now, {writer.pid: "EXCLUSIVE"}, "alone")
        check("waits for the readers" not in m.text.out.decode(), "nobody waits: %r", m.lines)
        m.says("EXCLUSIVE, has the database for itself")


def test_map_wal(t):
    """Write-ahead logging: the slots of the index, and SHARED of the database."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('pragma journal_mode=wal'); c.execute('create table t(a)')")
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")
    run(writer, "c.execute('begin immediate'); c.execute('insert into t values(1)')")
    m = Map(t, path + "-shm")
    same(m.answer["looks_like"], "wal", "the index")
    held = dict(m.locked_names(writer.pid))
    same((held.get("WRITE"), held.get("DMS")), ("write", "read"), "the writer")
    held = dict(m.locked_names(reader.pid))
    check("WRITE" not in held and held.get("DMS") == "read", "the reader: %r", held)
    check(any(name in held for name in ("READ0", "READ1", "READ2", "READ3", "READ4")), "the reader: %r", held)
    m.says("%d python3 holds WAL " % reader.pid)
    m = Map(t, path)
    same((m.answer["looks_like"], m.locked_names(reader.pid)), ("sqlite", [("SHARED", "read")]), "the database")


@needs("qemu-img")
def test_map_qemu(t):
    """qemu-img at work on an image: what it does, and what it denies to others."""
    path = os.path.join(t.dir, "disk.qcow2")
    t.system("qemu-img", "create", "-q", "-f", "qcow2", path, "64M")
    bench = ["qemu-img", "bench", "-f", "qcow2", "-w", "-c", "2000000000", "-s", "512", path]
    p = t.process(bench, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: t.run("map", "-q", "--range", "201", path).status == 0, "qemu-img has locked the image")
    os.kill(p.pid, signal.SIGSTOP)
    m = Map(t, path)
    same(m.answer["looks_like"], "qemu", "the image")
    held = dict(m.locked_names(p.pid))
    same(set(held.values()), {"read"}, "modes")
    check({"consistent-read", "write", "deny-write"} <= set(held), "permissions: %r", held)
    m.says("%d qemu-img (stopped) holds QEMU consistent-read+write" % p.pid)
    m.says(": writer, reads and writes the image")
    refused = subprocess.run(["qemu-img", "info", path], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    check(refused.returncode and b"lock" in refused.stderr, "qemu-img info: %r", refused)
    t.system("qemu-img", "info", "--force-share", path)


@needs("qemu-io")
def test_map_qemu_reader(t):
    """An image that is only read."""
    path = os.path.join(t.dir, "disk.qcow2")
    t.system("qemu-img", "create", "-q", "-f", "qcow2", path, "1M")
    p = t.process(["qemu-io", "-r", "-f", "qcow2", path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    until(lambda: t.run("map", "-q", path).status == 0, "qemu-io has the image open")
    m = until(lambda: (lambda x: x if len(x.locked_names(p.pid)) >= 3 else None)(Map(t, path)), "all its locks")
    same(sorted({n for n, _ in m.locked_names(p.pid)}), ["consistent-read", "deny-resize", "deny-write"], "permissions")
