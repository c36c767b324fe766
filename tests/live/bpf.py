# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 50 to 56: the bpf scanner. It says what procfs says, of every world the other tests make; it invents and loses nothing while
everything changes; where it does not work, procfs does its work."""

import os
import re
import shutil
import signal
import subprocess
import time

from document import HELD_STATES, check, same
from harness import NOBODY, Test, brief, holders_of, needs, needs_root, one_row, path_bytes
from helper import Failure, Skip, in_lock_call, read_text, until

ONCE = True  # they choose their scanners

CAPABLE = (
    "setpriv",
    "--reuid=%d" % NOBODY,
    "--regid=%d" % NOBODY,
    "--clear-groups",
    "--inh-caps=-all,+bpf,+perfmon",
    "--ambient-caps=-all,+bpf,+perfmon",
    "--bounding-set=-all,+bpf,+perfmon",
    "--",
)


def needs_bpf(function):
    """Skips, with the reason, where the scanner is not built in or cannot be used."""

    def test(t):
        if "used here: bpf" not in t.world.version:
            raise Skip("NO BPF HERE, NOT TESTED: " + t.world.version.replace("\n", "; ").strip("; "))
        function(t)

    test.__name__, test.__doc__, test.__module__ = function.__name__, function.__doc__, function.__module__
    test.programs = getattr(function, "programs", ())
    test.needs_root = True
    return test


# ---- the same answer ----


def descends_from_us(pid, known):
    """The process is a child of the test run, however far down."""
    if pid not in known:
        found = re.search(r"^PPid:\t(\d+)$", read_text("/proc/%d/status" % pid), re.M)
        parent = int(found[1]) if found else 0
        known[pid] = parent == os.getpid() or (parent > 1 and descends_from_us(parent, known))
    return known[pid]


def is_ours(row, directory, known):
    path = path_bytes(row["file"])
    if path and path.startswith(os.fsencode(directory)):
        return True
    pids = [h["pid"] for h in row["holders"]] + [w["pid"] for w in [row["waiter"]] if w]
    return any(descends_from_us(pid, known) for pid in pids)


def reasons(row):
    """The first words; what procfs cannot read and bpf does not have to is no difference."""
    words = {text.split(":")[0] for text in row["no_holder_because"]}
    if row["type"] == "ofd":
        words -= {"exited", "stranger"}  # bpf knows the taker of an OFD lock
    return sorted(words - {"unreadable", "released"})


def process_of(process):
    return {k: v for k, v in process.items() if k not in ("state",)}


def plain(row):
    """A row without what is known to differ: see SCANNERS in the manual."""
    waiting = row["state"] not in HELD_STATES
    row = dict(row, no_holder_because=reasons(row))
    row["holders"] = [process_of(h) for h in row["holders"]]
    row["wait_ms"] = row["wait_error_ms"] = row["break_deadline_ms"] = None
    if row["type"] == "ofd":
        row["recorded_pid"] = None
    if waiting and row["how_known"] in ("matched", "recorded"):
        row["how_known"] = "exact"
    return row


def without_private_tables(ours, theirs):
    """Of a lock that a process and a thread with descriptors of its own share, procfs finds the process and looks no further."""
    if ours and theirs and not any(h["tid"] for h in theirs["holders"]):
        ours["holders"] = [h for h in ours["holders"] if not h["tid"]]


def without_long_path(ours, theirs):
    """readlink(2) of a descriptor fails beyond 4095 bytes; the kernel's names can be put together all the same."""
    if theirs and theirs["file"]["path"] is None and len(path_bytes(ours["file"]) or b"") > 4095:
        unknown = {k: theirs["file"][k] for k in ("path", "path_b64", "name", "deleted", "replaced", "reachable")}
        ours["file"] = dict(ours["file"], **unknown)


def without_mode(ours, theirs):
    """What a lease is that is being broken, the kernel's text does not always tell."""
    if theirs and theirs["break_to"] and theirs["mode"] == "unknown":
        ours["mode"] = "unknown"


def difference(bpf, procfs, directory):
    """What differs between two documents, as a text; None: nothing."""
    known = {}
    ours = [plain(r) for r in bpf["locks"] if is_ours(r, directory, known)]
    theirs = [plain(r) for r in procfs["locks"] if is_ours(r, directory, known)]
    by_id = {r["id"]: r for r in theirs}
    for row in ours:
        other = by_id.get(row["id"])
        without_private_tables(row, other)
        without_long_path(row, other)
        without_mode(row, other)
        if row != other:
            keys = [k for k in row if not other or row[k] != other[k]]
            return "%r differs in %s: bpf %r, procfs %r; procfs has %r" % (
                brief(row),
                keys,
                {k: row[k] for k in keys},
                other and {k: other[k] for k in keys},
                [brief(r) for r in theirs],
            )
    missing = sorted(set(by_id) - {r["id"] for r in ours})
    if missing:
        return "only procfs has %r; bpf has %r" % ([brief(by_id[i]) for i in missing], [brief(r) for r in ours])
    # Which of two equal locks a request is listed under only the kernel knows.
    for held in (True, False):
        one, two = ([r for r in rows if (r["state"] in HELD_STATES) == held] for rows in (ours, theirs))
        if [r["id"] for r in one] != [r["id"] for r in two]:
            return "the order differs: %r and %r" % ([brief(r) for r in one], [brief(r) for r in two])
    return None


def check_waits(bpf, procfs, directory):
    """How long somebody waits, within the error that is said and the time between the two looks."""
    known, times = {}, {r["id"]: r for r in procfs["locks"]}
    apart = abs(procfs["time_unix_ms"] - bpf["time_unix_ms"])
    apart += bpf["summary"]["scan_ms"] + procfs["summary"]["scan_ms"]
    for row in bpf["locks"]:
        other = times.get(row["id"])
        if not other or row["wait_ms"] is None or other["wait_ms"] is None or not is_ours(row, directory, known):
            continue
        off = abs(row["wait_ms"] - other["wait_ms"])
        allowed = 1000 + apart + row["wait_error_ms"] + other["wait_error_ms"]
        check(off <= allowed, "wait_ms of %r: %d apart", brief(row), off)


class Both(Test):
    """A test whose lists are made by both scanners and compared."""

    compared = 0
    biggest = 0

    def json(self, *args, **options):
        document = super().json(*args, **options)
        elsewhere = any(str(a).split("=")[0] in ("--from", "--proc") for a in args)
        if args[:1] == ("list",) and not elsewhere and not options.get("uid") and not options.get("prefix"):
            self.compare()
        return document

    def by(self, scanner):
        document = super().json("--scanner=" + scanner, "list", "--full", whole=True, status=0)
        same(document["scanner"], scanner, "the scanner that was asked for")
        return document

    def compare(self):
        """Something may change between two looks, and back: only what differs again and again does."""
        words = None
        for attempt in range(8):
            bpf, procfs = self.by("bpf"), self.by("procfs")
            words = difference(bpf, procfs, self.world.dir)
            if not words:
                break
            time.sleep(0.05 * attempt)
        check(not words, "%s", words)
        check_waits(bpf, procfs, self.world.dir)
        Both.compared += 1
        Both.biggest = max(Both.biggest, len(bpf["locks"]))


# What is not about looking, or makes too much to be looked at so often.
NOT_COMPARED = ("test_14_storm", "test_15_many", "test_33_oracle")


def compare_module(t, name):
    """Every test of a module again, with its lists made by both. Those it skips are its own affair."""
    module = __import__(name)
    tests = [(n, f) for n, f in sorted(vars(module).items()) if n.startswith("test_") and f.__module__ == name]
    before, failed = Both.compared, []
    for title, function in tests:
        missing = [p for p in getattr(function, "programs", ()) if not shutil.which(p)]
        if title in NOT_COMPARED or missing:
            continue
        both = Both("both-" + title, t.world)
        try:
            function(both)
        except Skip:
            pass
        except Exception as e:  # the others are still worth comparing
            if type(e).__name__ == "TooLong":
                raise
            failed.append("%s: %s: %s" % (title, type(e).__name__, e))
        finally:
            both.close()
    check(not failed, "%d of %d: %s", len(failed), len(tests), "\n".join(failed)[:3000])
    t.note("%d lists compared, of up to %d rows" % (Both.compared - before, Both.biggest))


@needs_bpf
def test_50_same_kinds(t):
    """Kinds, modes, ranges, waiters, leases."""
    compare_module(t, "kinds")


@needs_bpf
def test_50_same_holders(t):
    """Forked, passed, recycled, shared."""
    compare_module(t, "holders")


@needs_bpf
def test_50_same_files(t):
    """Deleted, replaced, renamed, hard links, other mounts."""
    compare_module(t, "files")


@needs_bpf
def test_50_same_stacks(t):
    """btrfs and overlay, whose keys several files may share."""
    compare_module(t, "stacks")


@needs_bpf
def test_50_same_names(t):
    """Names that are meant to harm."""
    compare_module(t, "names")


@needs_bpf
def test_50_same_processes(t):
    """Threads, private tables, mappings, descriptors in flight."""
    compare_module(t, "processes")


@needs_bpf
def test_50_same_spaces(t):
    """Pid and mount namespaces, seen from outside."""
    compare_module(t, "spaces")


@needs_bpf
def test_50_same_waits(t):
    """Who waits for whom, and deadlocks."""
    compare_module(t, "waits")


@needs_bpf
def test_50_same_captured(t):
    """A capture of what bpf saw shows the same rows as bpf itself."""
    path, other = t.path("f"), t.path("g")
    a, b = t.helper(), t.helper()
    fds = [a.open(path) for _ in range(3)]
    for fd in fds:  # three equal lines; who waits for which is the kernel's to say
        a.lock("ofd", "r", fd, 0, 10)
    b.wait_for("ofd", "w", b.open(path), 0, 10)
    a.open_lock(other)
    file = os.path.join(t.dir, "capture")
    same(t.run("--scanner=bpf", "capture", "-o", file).status, 0, "capture")
    live, kept = t.json("--scanner=bpf", "list", whole=True), t.json("list", "--from", file)
    same(kept["scanner"], "bpf", "scanner of the capture")
    for document in (live, kept):
        rows = [r for r in document["locks"] if r["file"]["path"] in (path, other)]
        same(len(rows), 5, "rows: %r" % [brief(r) for r in rows])
        same(one_row(rows, state="waiting")["how_known"], "exact", "the waiter")
    wanted = [r["id"] for r in live["locks"] if r["file"]["path"] in (path, other)]
    same([r["id"] for r in kept["locks"] if r["id"] in wanted], wanted, "ids and order")


def make_world(t):
    """60 processes, 20 of which share what was opened before a fork; threads; every kind of lock; 30 waiters."""
    parents = [t.helper() for _ in range(20)]
    paths = [t.path("w%d" % i) for i in range(20)]
    for i, h in enumerate(parents):
        h.open_lock(paths[i], "flock", "w")
        h.open_lock(paths[(i + 1) % 20], "ofd", "r", 10 * i, 10)
        h.open_lock(paths[(i + 2) % 20], "posix", "w", 1000 + 10 * i, 5)
        h.open_lock(paths[(i + 3) % 20], "posix", "r", 5000, 0)
        h.thread("pa", "lock ofd r %d 9000 1" % h.open(paths[i]))
    forked = [h.fork() for h in parents]
    fresh = [t.helper() for _ in range(20)]
    for i, h in enumerate(fresh):
        h.open_lock(paths[i], "ofd", "r", 0, 5)
        h.open_lock(paths[i], "ofd", "r", 0, 5)
    for i in range(10):
        fresh[i].wait_for("flock", "r", fresh[i].open(paths[i]))
        fresh[i].wait_for("ofd", "w", fresh[i].open(paths[i]), 0, 5)
        forked[i].wait_for("posix", "w", forked[i].open(paths[i]), 5000, 10)
    return parents + forked + fresh, paths


@needs_bpf
def test_51_world(t):
    """60 processes with threads, forked sharers, OFD locks and 30 waiters: the same, row by row."""
    both = Both("both-world", t.world)
    t.undo(both.close)
    helpers, paths = make_world(both)
    same(len(helpers), 60, "processes")
    document = both.list()
    rows = [r for r in document["locks"] if r["file"]["path"] in paths]
    waiting = [r for r in rows if r["state"] == "waiting"]
    same(len(waiting), 30, "waiters")
    check(all(r["how_known"] == both.sure and r["waiter"]["tid"] and r["waiter"]["fd"] is not None for r in waiting), "waiters")
    shared = [r for r in rows if r["type"] == "flock" and r["state"] == "held"]
    check(all(len(r["holders"]) >= 2 for r in shared) and len(shared) == 20, "%r", [brief(r) for r in shared])
    t.note("%d rows compared" % len(rows))


# ---- while everything changes ----


class Churn:
    def __init__(self, t, seconds, lockers, bystanders):
        program = t.world.compile("lkchurn")
        if not program:
            raise Skip("lkchurn cannot be compiled")
        self.directory = os.path.join(t.dir, "churn")
        os.mkdir(self.directory)
        self.process = t.process(
            [program, self.directory, str(seconds), str(lockers), str(bystanders)], stdout=subprocess.PIPE
        )
        self.files = [os.path.join(self.directory, "f%d" % i) for i in range(4)]
        self.roles = {}
        for _ in range(3 + lockers + bystanders):
            role, pid, number = self.process.stdout.readline().split()
            self.roles.setdefault(role.decode(), {})[int(pid)] = int(number)
        self.steady = next(iter(self.roles["steady"]))
        self.sharer = next(iter(self.roles["sharer"]))

    def may_hold(self, row):
        """The processes that can be holders of such a row."""
        lockers = self.roles["locker"]
        if row["type"] == "flock":
            return set(lockers)
        if row["start"] < 10:
            return {self.steady, self.sharer} if row["type"] == "ofd" else set()
        if row["start"] < 20:
            return {self.steady} if row["type"] == "posix" else set()
        return {pid for pid, number in lockers.items() if number == row["start"] // 1000 - 1}


def check_churn(churn, document, strict):
    """Nothing invented; nothing lost that stood all the while."""
    rows = [r for r in document["locks"] if (r["file"]["path"] or "").startswith(churn.directory)]
    for row in rows:
        pids = {h["pid"] for h in row["holders"]}
        check(pids <= churn.may_hold(row), "a holder that never locked this: %r", brief(row))
        check(row["state"] == "held" and row["mode"] in ("read", "write"), "a lock that never was: %r", brief(row))
        if row["type"] != "flock" and row["start"] >= 20:
            check((row["start"] % 1000, row["end"] % 1000) == (0, 9), "a range that never was: %r", brief(row))
    steady = [r for r in rows if r["start"] < 20 and r["type"] != "flock"]
    wanted = sorted([("ofd", 0, (churn.steady, churn.sharer))] * 4 + [("posix", 10, (churn.steady,))] * 4)
    found = sorted((r["type"], r["start"], tuple(h["pid"] for h in r["holders"])) for r in steady)
    if found != wanted:
        told = not document["complete"]
        check(told and not strict, "lasting locks: %r, said to be complete: %r", found, document["complete"])
        return 1
    return 0


@needs_bpf
def test_52_churn(t):
    """Lockers, and others who only open, at full speed on four files: hundreds of looks."""
    wanted, seconds = (1000, 500) if t.soak else (200, 30)
    churn = Churn(t, seconds + 60, 3, 2)
    end, rounds, partial, lost = time.monotonic() + seconds, 0, 0, 0
    while rounds < wanted and time.monotonic() < end:
        rounds += 1
        document = t.json("--scanner=bpf", "list", *churn.files, whole=False, status=0)
        same(document["scanner"], "bpf", "scanner")
        lost += check_churn(churn, document, strict=False)
        partial += not document["complete"]
    check(lost * 20 <= rounds, "in %d of %d looks a lasting lock was missing, though said to be incomplete", lost, rounds)
    t.note("%d looks, %d of them said that they are not complete, %d lacked a lasting lock" % (rounds, partial, lost))


@needs_bpf
def test_52_storm(t):
    """Processes that start, lock, fork and end, with locks that last among them."""
    directory = os.path.join(t.dir, "storm")
    os.mkdir(directory)
    holder, storm = t.helper(), t.helper()
    lasting = {}
    for i in range(40):
        path = os.path.join(directory, "lasting%d" % i)
        lasting[path] = holder.open_lock(path, ("ofd", "flock")[i % 2], "w")
    storm.cmd("chdir", os.fsencode(directory).hex())
    seconds = 60 if t.soak else 6
    storm.cmd("storm", seconds, 4)
    end, rounds, partial = time.monotonic() + seconds - 1, 0, 0
    while time.monotonic() < end:
        document = t.json("--scanner=bpf", "list", whole=False, status=0)
        rows = {r["file"]["path"]: r for r in document["locks"] if r["file"]["path"] in lasting}
        same(set(rows), set(lasting), "lasting locks")
        for path, row in rows.items():
            same(holders_of(row), [(holder.pid, lasting[path])], "holder of a lasting lock")
        rounds, partial = rounds + 1, partial + (not document["complete"])
    t.note("%d looks, %d of them said that they are not complete" % (rounds, partial))


# ---- rights, and where it does not work ----


@needs_bpf
@needs("setpriv")
def test_53_two_capabilities(t):
    """CAP_BPF and CAP_PERFMON are enough to see everybody's locks, with their holders and waiters."""
    path, other = t.path("f"), t.path("g")
    a, b = t.helper(), t.helper()
    fd, wfd = a.open_lock(path, "ofd", "w"), b.open(path)
    tid = b.wait_for("ofd", "w", wfd)
    gfd = a.open_lock(other, "posix", "r", 5, 5)
    document = t.json("--scanner=bpf", "list", whole=True, status=0, prefix=CAPABLE)
    same(document["scanner"], "bpf", "scanner")
    key = {p: str(os.stat(p).st_ino) for p in (path, other)}
    rows = [r for r in document["locks"] if r["file"]["inode"] in key.values()]
    held = one_row(rows, state="held", type="ofd", how_known="exact")
    same((holders_of(held), held["holders"][0]["comm"], held["holders"][0]["uid"]), ([(a.pid, fd)], "lkhelp", 0), "holder")
    waiting = one_row(rows, state="waiting", how_known="exact")
    same((waiting["waiter"]["pid"], waiting["waiter"]["tid"], waiting["waiter"]["fd"]), (b.pid, tid, wfd), "waiter")
    same(waiting["blocked_by"], [held["id"]], "blocked by")
    same(holders_of(one_row(rows, type="posix")), [(a.pid, gfd)], "holder")
    same(held["file"]["path"] in (path, None), True, "path: %r" % held["file"]["path"])
    same(t.run("who", "-q", path, prefix=CAPABLE).status, 0, "who")
    same(t.run("who", "-q", t.path("free"), prefix=CAPABLE).status, 1, "who of a free file")


def check_falls_back(t, word, *args, **options):
    """By itself it takes procfs and, asked, says why; told to use bpf, it refuses with the same reason."""
    document = t.json("list", *args, status=0, whole=True, **options)
    same((document["scanner"], document["stderr"].count(b"bpf")), ("procfs", 0), "scanner and words")
    answer = t.run("list", "-v", *args, **options)
    found = re.search(rb"scanner: procfs, because (.*)", answer.err)
    check(found and word in found[1], "the reason: %s", answer)
    answer = t.run("--scanner=bpf", "list", *args, **options)
    same((answer.status, answer.out), (2, b""), str(answer))
    check(word in answer.err, "the reason: %s", answer)
    check(b"used here: procfs, because " in t.run("-V", **options).out, "--version")


@needs_root
@needs("setpriv")
def test_54_ordinary_user(t):
    """Without rights."""
    if "procfs" in t.world.version.split("\n")[1] and "bpf" not in t.world.version.split("\n")[1]:
        raise Skip("the bpf scanner is not built in")
    if t.world.wanted == "procfs":
        raise Skip("the scanner is chosen")
    check_falls_back(t, b"CAP_BPF", uid=NOBODY)


@needs_bpf
@needs("unshare")
def test_54_child_pid_namespace(t):
    """Its numbers are not ours."""
    if t.world.wanted == "procfs":
        raise Skip("the scanner is chosen")
    check_falls_back(t, b"pid namespace", prefix=("unshare", "--pid", "--fork", "--mount-proc", "--"))


def test_54_words(t):
    """--scanner as the manual says."""
    same(t.json("--scanner=procfs", "list", whole=True)["scanner"], "procfs", "scanner")
    answer = t.run("list", "--scanner=fast")
    check(answer.status == 2 and b"auto, bpf or procfs" in answer.err, "%s", answer)
    for other in ("--proc=/proc", "--from=/dev/null"):
        answer = t.run("list", "--scanner=bpf", other)
        check(answer.status == 2 and b"--scanner=bpf" in answer.err, "%s", answer)
    same(t.json("list", "--proc=/proc", whole=True)["scanner"], "procfs", "scanner of --proc")
    lines = t.run("-V").out.decode().splitlines()
    check(len(lines) == 3 and lines[1].startswith("scanners built in: ") and lines[2].startswith("used here: "), "%r", lines)


@needs_bpf
@needs("strace")
def test_54_refused_at_any_point(t):
    """Whatever bpf(2) call fails, procfs gives the same answer, and says nothing unless asked."""
    if t.world.wanted == "procfs":
        raise Skip("the scanner is chosen")
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path)
    log = os.path.join(t.dir, "log")
    fell = 0
    for error in ("EPERM", "ENOMEM", "EINVAL"):
        for when in ("1", "1+", "2", "3", "5", "7", "9"):
            inject = ("strace", "-f", "-o", log, "-e", "trace=bpf", "-e", "inject=bpf:error=%s:when=%s" % (error, when))
            environment = {"ASAN_OPTIONS": "detect_leaks=0"}
            document = t.json("list", prefix=inject, env=environment, status=0, whole=False)
            row = one_row([r for r in document["locks"] if r["file"]["path"] == path], how_known="exact")
            same((holders_of(row), document["stderr"].count(b"bpf")), ([(h.pid, fd)], 0), "%s at %s" % (error, when))
            fell += document["scanner"] == "procfs"
    check(fell > 3, "procfs took over %d times only", fell)


@needs_bpf
def test_54_exact(t):
    """--exact and an answer that is complete."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    for args in ((), ("--exact",)):
        document = t.json("--scanner=bpf", "list", *args, whole=True, status=0)
        one_row([r for r in document["locks"] if r["file"]["path"] == path], how_known="exact")
    same(t.run("--scanner=bpf", "who", "-q", t.path("free"), "--exact").status, 1, "who of a free file")


@needs_bpf
@needs("strace")
def test_54_lists_not_followed(t):
    """The kernel's lists of all locks cannot be followed (a processor we may not run on): /proc/locks stands in for them while it
    is short; else the answer says so, and is still proven for a FILE that is asked for."""
    log = os.path.join(t.dir, "log")
    blind = ("strace", "-f", "-o", log, "-e", "trace=sched_setaffinity", "-e", "inject=sched_setaffinity:error=EINVAL")
    options = {"prefix": blind, "env": {"ASAN_OPTIONS": "detect_leaks=0"}}
    mapped, free, path = t.path("mapped", b"x" * 4096), t.path("free"), t.path("f")
    h = t.helper()
    fd = h.open_lock(mapped, "ofd", "w", 0, 10)
    h.cmd("mmap", fd)
    h.cmd("close", fd)

    def look(*args):
        document = t.json("--scanner=bpf", "list", *args, whole=False, status=0, **options)
        rows = [r for r in document["locks"] if r["file"]["inode"] == str(os.stat(mapped).st_ino)]
        return document, len(rows), "unlisted" in [e["what"] for e in document["errors"]]

    if look()[0]["summary"]["held"] > 3000:
        raise Skip("others hold too many locks here to tell")
    document, n, unlisted = until(lambda: [a for a in [look()] if a[0]["complete"]], "a quiet machine")[0]
    same((n, unlisted), (1, False), "the mapped file's lock, and whether something may be missing")
    same(t.run("--scanner=bpf", "who", "-q", free, **options).status, 1, "who of a free file")
    h.cmd("many", "posix", "w", h.open(path), 5000)
    document, n, unlisted = look()
    same((document["complete"], n, unlisted), (False, 0, True), "many locks")
    same(t.run("--scanner=bpf", "who", "-q", free, **options).status, 1, "who of a free file among many locks")
    same(t.run("--scanner=bpf", "who", "-q", mapped, **options).status, 0, "who of the mapped file")
    answer = t.run("--scanner=bpf", "who", "-R", "-q", os.path.dirname(free) + "/.", **options)
    same(answer.status, 0, "who of the directory")
    until(lambda: look("--exact")[1:] == (1, False), "--exact finds it on a quiet machine", 20)


# ---- acting and looking on ----


@needs_bpf
def test_55_actions(t):
    """What is done is seen by the scanner that was chosen."""
    for scanner in ("bpf", "procfs"):
        option = "--scanner=" + scanner
        for kind in ("flock", "ofd", "posix"):
            path = t.path("%s-%s" % (scanner, kind))
            holder, waiter = t.helper(), t.helper()
            holder.open_lock(path, kind, "w")
            tid = waiter.wait_for(kind, "w", waiter.open(path))
            same(t.run(option, "test", path, "--" + kind, "-q").status, 1, "test: it is locked")
            same(t.run(option, "release", path, "--pid", str(holder.pid), "--yes").status, 0, "release")
            until(lambda: waiter.done(tid), "the waiter has it")  # pylint: disable=cell-var-from-loop
            same(t.run(option, "signal", "--holders-of", path, "-s", "KILL", "--yes").status, 0, "signal")
            same(t.run(option, "wait", path, "--timeout", "20", "-q").status, 0, "wait")
            same(t.run(option, "rm", path, "--even-if-used", "--yes").status, 0, "rm")
            check(not os.path.exists(path), "it is gone")


@needs_bpf
@needs("strace")
def test_56_stays_loaded(t):
    """Looking again and again loads the program once."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    log = os.path.join(t.dir, "log")
    counts = []
    for looks in (1, 6):
        answer = t.run(
            *("--scanner=bpf", "watch", "--jsonl", "-d", "0.1", "-c", str(looks)),
            prefix=("strace", "-f", "-e", "bpf", "-o", log),
            env={"ASAN_OPTIONS": "detect_leaks=0"}
        )
        same(answer.status, 0, str(answer))
        counts.append(len(re.findall(r"BPF_PROG_LOAD", read_text(log))))
    check(counts[0] > 0, "no program was loaded: %r", counts)
    same(counts[1], counts[0], "programs loaded for one look and for six")


@needs_bpf
@needs("bpftool")
def test_56_nothing_left(t):
    """Nothing stays in the kernel after the end, nor after a kill."""

    def all_programs():
        out = subprocess.run(["bpftool", "prog", "list"], stdout=subprocess.PIPE, timeout=30, check=False).stdout
        return set(re.findall(r"^(\d+): ", out.decode(), re.M))

    def programs_of(pid):
        directory = "/proc/%d/fdinfo" % pid
        texts = [read_text(os.path.join(directory, name)) for name in os.listdir(directory)]
        return {found for text in texts for found in re.findall(r"^prog_id:\s*(\d+)$", text, re.M)}

    p = t.process([t.world.lockscope, "--scanner=bpf", "watch", "-d", "0.1"], stdout=subprocess.DEVNULL)
    # What loads the program is one itself, and has gone by the time the list is read.
    mine = until(lambda: programs_of(p.pid) & all_programs(), "the program is loaded, and in the list")
    p.send_signal(signal.SIGKILL)
    p.wait(10)
    until(lambda: not all_programs() & mine, "it is gone")
