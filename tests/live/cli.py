# SPDX-License-Identifier: GPL-2.0-or-later
"""20: the command line: statuses, lists of pids, ranges, captures, output that cannot be written."""

import json
import os
import subprocess

from document import check, load, same
from harness import holders_of, once, one_row
from helper import Failure


def test_20_output_errors(t):
    """A full disk is an error with a sentence; a closed pipe is quiet."""
    path = t.path("f")
    t.helper().open_lock(path)
    for args in (
        ("list",),
        ("list", "-J"),
        ("list", "--jsonl"),
        ("list", "--raw"),
        ("who", path),
        ("who", "-J", path),
        ("help",),
        ("list", "-H"),
        ("who", "-t", path),
        ("capture",),
    ):
        with open("/dev/full", "wb") as full:
            answer = t.run(*args, stdout=full)
        check(answer.status == 2 and b"No space left" in answer.err, "%s", answer)
        reader, writer = os.pipe()
        os.close(reader)
        p = subprocess.run(
            [t.world.lockscope, *args],
            stdout=writer,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            timeout=60,
            restore_signals=True,
            check=False,
        )
        os.close(writer)
        check(
            b"ipe" not in p.stderr and b"Sanitizer" not in p.stderr,
            "%r: a closed pipe is not quiet: %r",
            args,
            p.stderr,
        )


def test_20_closed_output(t):
    """Standard output that is not open at all is an error, and no file gets the text instead."""
    p = subprocess.run(
        ["sh", "-c", 'exec "$0" list >&-', t.world.lockscope], stderr=subprocess.PIPE, timeout=60, check=False
    )
    same((p.returncode, bool(p.stderr.strip())), (2, True), "status and a sentence (%r)" % p.stderr)


def test_20_several_files(t):
    """0 if any is locked, else 4 if any cannot be told, else 1; 2 if one is missing, and the others are answered."""
    locked, free, also_free = t.path("locked"), t.path("free"), t.path("also")
    missing = os.path.join(t.dir, "missing")
    h = t.helper()
    h.open_lock(locked)
    for args, status in (
        ((free, locked), 0),
        ((locked, free), 0),
        ((free, also_free), 1),
        ((missing,), 2),
        ((free, missing), 2),
        ((missing, locked), 2),
    ):
        answer = t.run("who", *args)
        same(answer.status, status, str(answer))
        same(t.run("who", "-q", *args).out, b"", "who -q prints nothing")
        same(t.run("who", "-q", *args).status, status, "who -q")
        if missing in args:
            check(b"missing" in answer.err, "the missing file is not named: %s", answer)
    check(b"%d" % h.pid in t.run("who", missing, locked).out, "the other file is not answered")
    document = t.json("who", free, locked, status=0)
    same([r["pid"] for r in document["locks"]], [h.pid], "rows")
    check("answer" in document, "no answer in the document")


def test_20_empty_document(t):
    """A list with nothing in it is status 0 and a whole document; so is who with nobody."""
    document = t.json("list", t.path("free"), status=0)
    same(document["locks"], [], "rows")
    same(t.who(t.path("free"))["locks"], [], "rows of who")
    lines = t.run("list", "--jsonl", t.path("free")).out.splitlines()
    same(len(lines), 1, "lines of an empty --jsonl")


def test_20_json_lines(t):
    """--jsonl: a header, then a row a line, the same rows as -J."""
    h = t.helper()
    paths = [t.path("f%d" % i) for i in range(3)]
    for path in paths:
        h.open_lock(path)
    answer = t.run("list", "--jsonl", *paths)
    same(answer.status, 0, str(answer))
    header, *rows = [load(line) for line in answer.out.splitlines()]
    check(header.get("schema") == "lockscope/1" and "complete" in header, "header: %r", header)
    document = t.list(*paths)
    same([r["id"] for r in rows], [r["id"] for r in document["locks"]], "rows")


def test_20_pids(t):
    """-t prints pids, one a line, once each, in order; -0 ends them with NUL."""
    path = t.path("f")
    a, b = t.helper(), t.helper()
    a.open_lock(path, "flock", "r")
    a.open_lock(path, "ofd", "r")
    b.open_lock(path, "flock", "r")
    pids = sorted([a.pid, b.pid])
    for verb in ("list", "who"):
        same(t.run(verb, "-t", path).out, b"".join(b"%d\n" % p for p in pids), verb + " -t")
        same(t.run(verb, "-t", "-0", path).out, b"".join(b"%d\0" % p for p in pids), verb + " -t -0")
    same(t.run("who", "-t", t.path("free")).out, b"", "-t of a free file")


def test_20_range(t):
    """--range asks for a part of the file only."""
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path, "posix", "w", 100, 100)
    h.lock("posix", "r", fd, 1024, 0)
    for text, starts in (
        ("0-99", []),
        ("0-100", [100]),
        ("199-200", [100]),
        ("200-1023", []),
        ("1K-", [1024]),
        ("0x64+1", [100]),
        ("0-", [100, 1024]),
        ("1T+1", [1024]),
        ("150", [100]),
    ):
        document = t.who(path, "--range", text, status=0 if starts else 1)
        same(sorted(r["start"] for r in document["locks"]), starts, "--range " + text)
    for bad in ("", "x", "5-4", "-1", "1-2-3", "99999999999999999999", "1+0"):
        same(t.run("who", "--range", bad, path).status, 2, "--range %r" % bad)


def test_20_filters(t):
    """Filters, sorting and selections give the rows they name."""
    a, b = t.helper(), t.helper()
    paths = [t.path(n) for n in ("one.db", "two.db", "three.txt")]
    a.open_lock(paths[0], "ofd", "w", 5, 1)
    a.open_lock(paths[1], "posix", "r", 1000, 1)
    b.open_lock(paths[2], "flock", "w")
    b.wait_for("ofd", "w", b.open(paths[0]), 0, 0)

    def names(*args):
        return sorted({os.path.basename(r["file"]["path"]) for r in t.list(*args, *paths)["locks"]})

    same(names("--filter", "pid==%d" % a.pid), ["one.db", "two.db"], "pid")
    same(names("--filter", r'path=~"\.db$" && type=="ofd"'), ["one.db"], "path and type")
    same(names("--filter", "start >= 1K || type == flock"), ["three.txt"], "or")
    same(names("--filter", '!(type=="FLOCK")'), ["one.db", "two.db"], "not")
    same(names("-T", "posix"), ["two.db"], "-T")
    same(names("-T", "OFDLCK,flock"), ["one.db", "three.txt"], "-T with two")
    same(names("--blocked"), ["one.db"], "--blocked")
    same(names("-p", str(b.pid)), ["one.db", "three.txt"], "-p finds holders and waiters")
    starts = [r["start"] for r in t.list("--sort", "start", "-T", "ofd,posix", *paths)["locks"]]
    same(starts, sorted(starts), "--sort by number")
    answer = t.run("list", "--filter", "pid==")
    check(answer.status == 2 and b"^" in answer.err, "a bad filter without a pointer: %s", answer)


@once
def test_20_usage(t):
    """Usage errors are status 2 and one sentence; options stand before and after the verb."""
    path = t.path("f")
    for args in (
        ("who",),
        ("nonsense",),
        ("list", "--nonsense"),
        ("list", "-o", "NOSUCH"),
        ("list", "-p", "x"),
        ("list", "--from", "/nonexistent"),
        ("list", "--from", path, "--proc", "/proc"),
        ("list", "--sort", "NOSUCH"),
        ("list", "-U", "nosuchuser"),
        ("list", "-T", "x"),
        ("list", "--scan-timeout", "x"),
        ("list", "--color=mauve"),
    ):
        answer = t.run(*args)
        check(answer.status == 2 and not answer.out, "%s", answer)
    same(t.run("--readonly", "who", path).status, 1, "--readonly before")
    same(t.run("who", path, "--readonly").status, 1, "--readonly after")
    for args in (("--help",), ("-h",), ("help",), ("-V",), ("--version",), ("help", "who"), ("who", "--help")):
        answer = t.run(*args)
        check(answer.status == 0 and b"lockscope" in answer.out and not answer.err, "%s", answer)
    same(t.run().status, 0, "without a verb and a terminal")


def normal(raw):
    document = load(raw)
    return json.dumps(document, sort_keys=True)


def kinds_of(raw):
    """The head of a capture, and the kinds of facts that follow, a line each."""
    head, *facts = [load(line) for line in raw.splitlines()]
    same(head, {"capture": "lockscope-capture/1"}, "the head of a capture")
    return {fact["fact"] for fact in facts}


def test_20_capture(t):
    """A capture replays with the same bytes each time, in every view, and a capture of it is itself."""
    a, b = t.helper(), t.helper()
    path, odd = t.path("f"), t.path(b"odd \xff\n\x1b name")
    a.open_lock(path, "ofd", "w", 0, 5)
    a.open_lock(odd)
    b.wait_for("posix", "w", b.open(path), 0, 1)
    first, second = os.path.join(t.dir, "first.json"), os.path.join(t.dir, "second.json")
    same(t.run("capture", "-o", first).status, 0, "capture")
    kinds = kinds_of(open(first, "rb").read())
    for args in (
        ("list",),
        ("list", "-J"),
        ("list", "--jsonl"),
        ("list", "--raw", "--output-all"),
        ("who", path),
        ("who", "-J", path),
    ):
        one, two = t.run(*args, "--from", first), t.run("--from", first, *args)
        same(one.status, 0, str(one))
        same(one.out, two.out, "two replays")
    same(t.run("capture", "--from", first, "-o", second).status, 0, "capture of a capture")
    same(open(first, "rb").read(), open(second, "rb").read(), "a capture of a capture")
    row = one_row([r for r in t.list("--from", first)["locks"] if r["file"]["path"] == path and r["state"] == "held"])
    live = one_row([r for r in t.list()["locks"] if r["file"]["path"] == path and r["state"] == "held"])
    same(
        (row["id"], holders_of(row), row["blocks"]),
        (live["id"], holders_of(live), live["blocks"]),
        "the lock, replayed and live",
    )
    check(
        t.run("who", os.path.join(t.dir, "not-recorded"), "--from", first).status in (2, 4),
        "a path that is not in the capture",
    )
    out = t.run("capture").out
    # Of other locks there may be more to tell at one time than at another.
    same((set(kinds_of(out)) ^ set(kinds)) - {"orphan", "denied", "unread", "proven"}, set(), "a capture on standard output")
    check(t.run("capture", "-o", first).status != 0, "an existing capture is overwritten")


@once
def test_20_broken_captures(t):
    """A capture that is cut, empty or something else: a sentence and status 2."""
    good = t.run("capture").out
    for i, raw in enumerate(
        (b"", b"{}", b"[]", b"null", good[: len(good) // 2], good + b"x", b"\xff\xfe", b"[" * 100000)
    ):
        path = t.path("broken%d" % i, raw)
        answer = t.run("list", "--from", path)
        same(answer.status, 2, "capture %r...: %s" % (raw[:20], answer))
        check(b"broken%d" % i in answer.err, "the file is not named: %s", answer)


def test_20_looking_changes_nothing(t):
    """No lock is taken, no lease broken, no file of others opened for reading or writing."""
    path = t.path("f")
    h = t.helper()
    fd = h.open(path, "r")
    h.lock("lease", "r", fd)
    before = os.stat(path)
    for args in (("list",), ("who", path), ("who", "-R", t.dir), ("list", "-J", "--full")):
        check(t.run(*args).status == 0, "%r", args)
    row = one_row(t.rows(path))
    same((row["state"], row["type"]), ("held", "lease"), "the lease stands unbroken")
    after = os.stat(path)
    same((before.st_atime_ns, before.st_mtime_ns), (after.st_atime_ns, after.st_mtime_ns), "times")
    opened = opened_files(t, path)
    check(not opened, "opened for more than its identity: %r", opened)


def opened_files(t, path):
    log = os.path.join(t.dir, "trace")
    try:
        r = subprocess.run(
            [
                "strace",
                "-f",
                "-y",
                "-qq",
                "-o",
                log,
                "-e",
                "trace=open,openat,openat2,flock,fcntl",
                t.world.lockscope,
                "who",
                path,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),
        )
    except FileNotFoundError:
        return []
    if not os.path.exists(log) or r.returncode not in (0, 1, 2, 4):
        raise Failure("strace: status %d" % r.returncode)
    lines = open(log, encoding="utf-8", errors="replace").read().splitlines()
    bad = [line for line in lines if path in line and "O_PATH" not in line and "open" in line]
    lines = [line for line in lines if "/memfd:lockscope" not in line]  # a file of our own that nobody else can open
    return bad + [
        line for line in lines if "flock(" in line or "F_SETLK" in line or "F_OFD_SETLK" in line or "F_SETLEASE" in line
    ]


def test_20_debug(t):
    """LOCKSCOPE_DEBUG tells what each part does, beside the answer; nothing without it."""
    path = t.path("f")
    t.helper().open_lock(path, "flock")
    question = ("who", "--raw", "-o", "PID,TYPE,PATH", "--no-uses", path)
    plain = t.run(*question)
    part = "scan" if t.world.scanner == "procfs" else "bpf"
    told = t.run(*question, env={"LOCKSCOPE_DEBUG": part})
    same((told.status, told.out), (plain.status, plain.out), "the answer")
    check((" ms %s " % part).encode() in told.err and b" ms " not in plain.err, "%s", told)
    log = os.path.join(t.dir, "log")
    t.run("rm", "--yes", "--even-if-used", path, env={"LOCKSCOPE_DEBUG": "all", "LOCKSCOPE_DEBUG_FILE": log})
    with open(log, encoding="ascii") as f:
        lines = f.read().splitlines()
    check(any("rm: " in l and "run: done" in l for l in lines) and any(" %s " % part in l for l in lines), "%r", lines)
