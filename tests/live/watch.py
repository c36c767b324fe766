# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 34: watch: what happens to locks over time, and how it ends."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from document import ROW_KEYS, SCHEMA, check, check_row, jsonschema, load, same
from harness import needs, slow
from helper import Skip, until

EVENT_KEYS = {
    "event",
    "time_unix_ms",
    "held_ms",
    "waited_ms",
    "at_least",
    "certain",
    "gap_ms",
    "interval_ms",
    "pids",
    "breakers",
    "summary",
    "text",
    "lock",
    "before",
}


class Watch:
    """A running `lockscope watch --jsonl`, and the events it has printed so far."""

    def __init__(self, t, *args, delay="0.1"):
        self.process = t.process(
            [t.world.lockscope, "watch", "--jsonl", "-d", delay, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.lines, self.events, self.taken = [], [], 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        until(lambda: self.events, "the watch has begun")
        same(self.events[0]["event"], "start", "the first event")
        self.taken = 1

    def _read(self):
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                self.lines.append(line)
                if len(self.lines) > 1:
                    self.events.append(load(line))

    def next(self, *names):
        """The next events but for gaps and heartbeats, which may come at any time; their names in any order."""

        def seen():
            news = [e for e in self.events[self.taken :] if e["event"] not in ("gap", "heartbeat")]
            return news if len(news) >= len(names) else None

        news = until(seen, "the events %r after %r" % (names, [e["event"] for e in self.events]))
        self.taken = len(self.events)
        same(sorted(e["event"] for e in news), sorted(names), "events")
        for event in news:
            check_event(event)
        return news[0] if len(names) == 1 else sorted(news, key=lambda e: names.index(e["event"]))

    def end(self, number=signal.SIGTERM):
        """Status, and standard error."""
        self.process.send_signal(number)
        self.process.wait(20)
        self.reader.join(10)
        check(all(line.endswith(b"\n") for line in self.lines), "the last line is cut: %r", self.lines[-1])
        return self.process.returncode, self.process.stderr.read()


def check_event(event):
    same(set(event), EVENT_KEYS, "keys of an event")
    check_schema_part(event, "event")
    for name in ("lock", "before"):
        if event[name] is not None:
            check_row(event[name])
    check(event["held_ms"] is None or event["held_ms"] >= 0, "held_ms in %r", event)
    check(event["waited_ms"] is None or event["waited_ms"] >= 0, "waited_ms in %r", event)


def check_schema_part(part, name):
    if jsonschema is None or not os.path.exists(SCHEMA):
        return
    with open(SCHEMA, encoding="utf-8") as f:
        whole = json.load(f)
    jsonschema.validate(part, {"$ref": "#/definitions/" + name, "definitions": whole["definitions"]})


def brief(event):
    lock = event["lock"]
    return event["event"], lock["pid"], lock["type"], lock["mode"], lock["start"], lock["end"]


def test_34_events(t):
    """Acquired, waiting, granted, changed, gave up, released: of one file among others, with times."""
    path, other = t.path("f", b"x" * 100), t.path("other")
    holder, waiter = t.helper(), t.helper()
    standing = t.helper()
    standing.open_lock(path, "posix", "r", 50, 10)
    watch = Watch(t, path)
    same(watch.events[0]["summary"]["held"] >= 1, True, "locks held at the start")
    header = load(watch.lines[0])
    check_schema_part(header, "header")
    check_event(watch.events[0])
    check(header["schema"] == "lockscope/1" and "locks" not in header, "header %r", header)

    t.helper().open_lock(other)
    fd = holder.open_lock(path, "posix", "w", 0, 10)
    event = watch.next("acquired")
    same(brief(event), ("acquired", holder.pid, "posix", "write", 0, 9), "a lock is taken: %r" % event["lock"])
    began = time.monotonic()

    wanted = waiter.open(path)
    waiter.wait_for("posix", "w", wanted, 5, 10)
    event = watch.next("waiting")
    same(brief(event), ("waiting", waiter.pid, "posix", "write", 5, 14), "a request")
    check(event["waited_ms"] is not None, "waited_ms of %r", event)

    holder.lock("posix", "w", fd, 20, 10)
    same(brief(watch.next("acquired"))[4:], (20, 29), "another lock of the same owner")
    holder.lock("posix", "w", fd, 0, 12)
    event = watch.next("changed")
    same((brief(event)[4:], event["before"]["end"]), ((0, 11), 9), "a lock that is made longer")

    holder.lock("posix", "u", fd, 0, 12)
    released, granted = watch.next("released", "granted")
    took = (time.monotonic() - began) * 1000
    same(brief(released), ("released", holder.pid, "posix", "write", 0, 11), "the lock that was in the way")
    same(brief(granted), ("granted", waiter.pid, "posix", "write", 5, 14), "the request")
    same(granted["before"]["state"], "waiting", "what was granted")
    for name, event in (("held_ms", released), ("waited_ms", granted)):
        check(not event["at_least"] and 0 < event[name] <= took + 1500, "%s of %r, of %g", name, event, took)

    waiter.end()
    holder.end()
    standing.end()
    events = watch.next("released", "released", "released")
    same(sorted(e["at_least"] for e in events), [False, False, True], "only one was there before")
    same(watch.end()[0], 0, "status after SIGTERM")


def test_34_gave_up(t):
    """A request that ends while the lock is held; one that is there at the first look is told then."""
    path = t.path("f")
    holder, waiter = t.helper(), t.helper()
    holder.open_lock(path)
    waiter.wait_for("flock", "w", waiter.open(path))
    watch = Watch(t, path)
    event = watch.next("waiting")
    check(event["at_least"] and event["lock"]["blocked_by"], "the request that waits already: %r", event)
    waiter.end()
    event = watch.next("gave_up")
    same((event["lock"]["pid"], event["certain"], event["at_least"]), (waiter.pid, True, True), "the request")
    holder.end()
    watch.next("released")
    same(watch.end(signal.SIGINT)[0], 0, "status after SIGINT")


def test_34_deadlock(t):
    """A circle of two flocks begins, is told with those who could end it, and ends."""
    paths = t.path("a"), t.path("b")
    helpers = t.helper(), t.helper()
    for h, path in zip(helpers, paths):
        h.open_lock(path)
    watch = Watch(t, paths[0])
    helpers[0].wait_for("flock", "w", helpers[0].open(paths[1]))
    helpers[1].wait_for("flock", "w", helpers[1].open(paths[0]))
    # The helpers' first threads do not wait: somebody could still let go. So no deadlock is told of these,
    watch.next("waiting")
    # but of these:
    names = t.path("c"), t.path("d")
    both = [subprocess.Popen([sys.executable, "-c", CIRCLE, *names[::step]], stdin=subprocess.PIPE) for step in (1, -1)]
    try:
        until(lambda: t.rows(names[0]) and t.rows(names[1]), "each holds one")
        second = Watch(t, *names)
        for p in both:
            p.stdin.close()
        events = second.next("waiting", "waiting", "deadlock")
        circle = [e for e in events if e["event"] == "deadlock"][0]
        same(circle["pids"], sorted(p.pid for p in both), "processes of the deadlock")
        same(sorted(circle["breakers"]), circle["pids"], "each of them could end it")
        both[0].kill()
        both[0].wait()
        until(
            lambda: {"granted", "deadlock_over"} <= {e["event"] for e in second.events},
            "the other one gets on: %r" % [e["event"] for e in second.events],
        )
        same(second.end(signal.SIGHUP)[0], 0, "status after SIGHUP")
    finally:
        for p in both:
            p.kill()
            p.wait()
    check("deadlock" not in [e["event"] for e in watch.events], "a deadlock of processes with a free thread")
    same(watch.end()[0], 0, "status")


CIRCLE = """
import fcntl, sys, time
first, second = (open(name) for name in sys.argv[1:])
fcntl.flock(first, fcntl.LOCK_EX)
sys.stdin.read()
fcntl.flock(second, fcntl.LOCK_EX)
time.sleep(60)
"""


def test_34_lease(t):
    """A lease that is broken, and the open(2) that waited for it."""
    path = t.path("f")
    holder, opener = t.helper(), t.helper()
    fd = holder.open(path, "r")
    try:
        holder.lock("lease", "r", fd)
    except OSError as e:
        raise Skip("no lease here: %s" % e) from None
    watch = Watch(t, path)
    tid = opener.thread("a", "open %s wc" % os.fsencode(path).hex())
    events = watch.next("breaking", "waiting")
    same([brief(e)[:3] for e in events], [("breaking", holder.pid, "lease"), ("waiting", opener.pid, "lease")], "who")
    holder.lock("lease", "u", fd)
    watch.next("released", "granted")
    until(lambda: opener.done(tid), "the file is open")
    same(watch.end()[0], 0, "status")


def test_34_filters(t):
    """Only what was asked for; a row that matched as a request matches as a lock."""
    path = t.path("f", b"x")
    one, two = t.helper(), t.helper()
    watch = Watch(t, "-p", str(one.pid), path)
    words = Watch(t, "--filter", 'state == waiting && path =~ "%s$"' % os.path.basename(t.dir + "/f"), path)
    fd = two.open_lock(path)
    one.wait_for("flock", "w", one.open(path))
    watch.next("waiting")
    words.next("waiting")
    two.lock("flock", "u", fd)
    for w in (watch, words):
        same(w.next("granted")["lock"]["pid"], one.pid, "who got it")
    two.end()
    one.end()
    watch.next("released")
    same((watch.end()[0], words.end()[0]), (0, 0), "statuses")


def test_34_words(t):
    """For people: one line an event, safe for a terminal, whole lines only."""
    path = t.path(b"evil\x1b[2J\nname\xff")
    process = t.process(
        [t.world.lockscope, "watch", "-d", "0.1", path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b"")), daemon=True)
    reader.start()
    until(lambda: process.poll() is not None or in_head(t, process), "the watch sleeps")
    helper = t.helper()
    helper.open_lock(path)
    time.sleep(0.6)
    helper.end()
    time.sleep(0.6)
    process.terminate()
    same(process.wait(20), 0, "status")
    reader.join(10)
    out = b"".join(lines)
    check(out.endswith(b"\n") and b"\x1b" not in out and b"\xff" not in out, "%r", out)
    for word in (b"ACQUIRED", b"RELEASED"):
        found = [line for line in out.splitlines() if word in line]
        check(len(found) == 1 and b"evil\\x1b[2J\\x0aname\\xff" in found[0], "%r in %r", word, out)
        check(b" %d " % helper.pid in found[0] and b" FLOCK WRITE whole " in found[0], "%r", found)


def in_head(t, process):
    """It has made its first look: it sleeps in ppoll(2)."""
    with contextlib.suppress(OSError):
        with open("/proc/%d/syscall" % process.pid, "rb") as f:
            return f.read().split()[0] in (b"271", b"336")
    return False


def test_34_until_free(t):
    """Ends with 0 once nobody holds it; 3 when the time is up, 1 after the last look, 2 when asked nonsense."""
    path = t.path("f")
    same(t.run("watch", "--until-free", path).status, 0, "nobody holds it")
    helper = t.helper()
    fd = helper.open_lock(path)
    same(t.run("watch", "--until-free", "-d", "0.1", "--timeout", "0.5", path).status, 3, "the time is up")
    same(t.run("watch", "--until-free", "-d", "0.1", "-c", "2", path).status, 1, "the looks are used up")
    timer = threading.Timer(1, helper.lock, ("flock", "u", fd))
    timer.start()
    answer = t.run("watch", "--until-free", "--jsonl", "-d", "0.1", path)
    timer.join()
    same((answer.status, b'"event":"released"' in answer.out), (0, True), str(answer))
    for args in (
        ("--until-free",),
        ("--timeout", "3", path),
        ("-d", "0.05"),
        ("-d", "3601"),
        ("-d", "x"),
        ("-c", "0"),
        ("-J",),
        ("--from", "x"),
        (path + "-missing",),
    ):
        answer = t.run("watch", *args)
        same((answer.status, answer.out), (2, b""), str(answer))


def test_34_interrupted(t):
    """--until-free that is ended before the file was free does not say that it is."""
    path = t.path("f")
    t.helper().open_lock(path)
    watch = Watch(t, "--until-free", path)
    same(watch.end()[0], 1, "status")


def test_34_output(t):
    """A reader that goes away ends it soon and quietly, also while nothing happens; a full disk is an error."""
    path = t.path("f")
    process = t.process(
        [t.world.lockscope, "watch", "-d", "30", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.readline()
    process.stdout.close()
    check(process.wait(20) in (2, -signal.SIGPIPE), "status %r", process.returncode)
    check(b"ipe" not in process.stderr.read(), "a closed pipe is not quiet")
    with open("/dev/full", "wb") as full:
        answer = t.run("watch", "-c", "1", path, stdout=full)
    check(answer.status == 2 and b"No space left" in answer.err, "%s", answer)


@slow
def test_34_stuck_reader(t):
    """Nobody reads what it prints: the second signal ends it."""
    path = t.path("f")
    reader, writer = os.pipe()
    with open(reader, "rb"), open(writer, "wb", buffering=0) as pipe:
        process = t.process([t.world.lockscope, "watch", "--jsonl", "-d", "0.1", path], stdin=subprocess.DEVNULL, stdout=pipe)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        helper = t.helper()
        fd = helper.open(path)
        for _ in range(12):
            helper.lock("flock", "w", fd)
            time.sleep(0.15)
            helper.lock("flock", "u", fd)
            time.sleep(0.15)
        process.terminate()
        time.sleep(0.5)
        process.terminate()
        check(process.wait(20) in (0, -signal.SIGTERM), "status %r", process.returncode)


@slow
def test_34_late(t):
    """Stopped for a while, it says that it was blind."""
    path = t.path("f")
    watch = Watch(t, path, delay="0.2")
    watch.process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    watch.process.send_signal(signal.SIGCONT)
    until(lambda: [e for e in watch.events if e["event"] == "gap" and (e["gap_ms"] or 0) >= 1000], "a gap")
    until(lambda: [e for e in watch.events if e["event"] == "heartbeat"], "a heartbeat", 30)
    same(watch.end()[0], 0, "status")


@slow
def test_34_memory(t):
    """Memory and descriptors stay flat over many rounds."""
    program = os.path.join(os.path.dirname(os.environ.get("LKHELP") or "/"), "soak_watch")
    if not os.access(program, os.X_OK):
        raise Skip("tests/helpers/soak_watch is not built")
    with tempfile.TemporaryDirectory(dir=t.dir) as tree:
        answer = subprocess.run(
            [program, tree, "10000" if t.soak else "1000"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
    same(answer.returncode, 0, answer.stdout.decode(errors="replace"))
    t.note(answer.stdout.decode().strip())


@needs("valgrind")
def test_34_valgrind(t):
    """The same loop under valgrind: no error, nothing lost."""
    program = os.path.join(os.path.dirname(os.environ.get("LKHELP") or "/"), "soak_watch")
    if not os.access(program, os.X_OK):
        raise Skip("tests/helpers/soak_watch is not built")
    if t.world.sanitized:
        raise Skip("valgrind and the sanitizers do not go together")
    # It keeps freed blocks for a while, which counts as resident memory of the program.
    checker = ["valgrind", "-q", "--leak-check=full", "--error-exitcode=99", "--freelist-vol=1000000"]
    checker.append("--suppressions=" + os.path.join(os.path.dirname(os.path.abspath(__file__)), "valgrind.supp"))
    with tempfile.TemporaryDirectory(dir=t.dir) as tree:
        answer = subprocess.run(
            [*checker, program, tree, "2000" if t.soak else "260"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    same(answer.returncode, 0, answer.stdout.decode(errors="replace"))


def without_the_moment(row):
    """A row without what is of the moment only: whether the process runs just now, and the clocks' last milliseconds."""
    for holder in row["holders"]:
        del holder["process_state"]
        del holder["started_unix_ms"]
    return row


def test_34_row_keys(t):
    """A row in an event has the keys of a row of list."""
    path = t.path("f")
    watch = Watch(t, "--full", path)
    t.helper().open_lock(path)
    event = watch.next("acquired")
    check(ROW_KEYS <= set(event["lock"]) and "cmdline" in event["lock"]["holders"][0], "%r", event)
    row = t.rows(path, "--full")[0]
    starts = [r["holders"][0]["started_unix_ms"] for r in (row, event["lock"])]
    check(abs(starts[0] - starts[1]) < 1000, "started: %r", starts)
    same(without_the_moment(event["lock"]), without_the_moment(row), "the row of list")
    same(watch.end()[0], 0, "status")


def test_34_min_wait(t):
    """Only what lasts: a request that has waited so long, once, and how it ended."""
    path, short = t.path("f"), t.path("short")
    holder, waiter, other = t.helper(), t.helper(), t.helper()
    watch = Watch(t, "--min-wait", "0.5", path, short)
    other.open_lock(short)
    fd = holder.open_lock(path)
    waiter.wait_for("flock", "w", waiter.open(path))
    event = watch.next("waiting")
    check(event["waited_ms"] >= 500, "too early: %r", event)
    same(event["lock"]["pid"], waiter.pid, "who waits")
    other.end()
    holder.lock("flock", "u", fd)
    check(watch.next("granted")["waited_ms"] >= 500, "how long it took")
    status, err = watch.end()
    same(status, 0, str(err))
    same([e["event"] for e in watch.events if e["event"] in ("heartbeat", "acquired", "released")], [], "what does not last")
