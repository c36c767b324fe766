# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 19: system calls that fail: a message and a status, no crash, and no half answer that looks whole."""

import os
import re
import shutil
import subprocess

from document import check, check_document, load, same
from harness import holders_of, needs, on_file, once
from helper import Skip

CALLS = {
    "openat": ("EMFILE", "EACCES", "ENOMEM", "EINTR"),
    "read": ("EACCES", "ENOMEM", "EINTR", "EIO"),
    "getdents64": ("EACCES", "ENOMEM", "EINTR"),
    "readlinkat": ("EACCES", "ENOMEM", "EINTR"),
    "statx": ("EACCES", "ENOMEM", "EINTR"),
    "pread64": ("ENOMEM", "EINTR"),
    "write": ("ENOSPC", "EACCES", "ENOMEM", "EINTR"),
}
# A leak checker cannot work under strace.
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0"}


def strace(*options):
    return ("strace", "-f", "--seccomp-bpf", "-qq", *options)


class Calls:
    """How often a run makes each call, and how many of them belong to the program's start."""

    def __init__(self, t, *args):
        log = os.path.join(t.dir, "trace")
        answer = t.run(*args, prefix=strace("-o", log, "-e", "trace=" + ",".join(CALLS)), env=ENVIRONMENT)
        check(answer.status in (0, 1), "without faults: %s", answer)
        self.total, self.start = {}, {}
        self._count(open(log, "rb").read())

    def _count(self, log):
        first = None
        for line in log.splitlines():
            words = re.match(rb"(\d+) +(\w+)\((.*)", line)
            if not words:
                continue
            first = first or words[1]
            if words[1] != first:  # strace counts for each process anew
                continue
            name = words[2].decode()
            if b'"/proc"' in words[3] and name == "openat" and "openat" not in self.start:
                self.start = dict(self.total)
                self.start.setdefault("openat", 0)
            self.total[name] = self.total.get(name, 0) + 1

    def places(self, call, count):
        """Some of the calls after the start, early ones and late ones."""
        low, high = self.start.get(call, 0) + 1, self.total.get(call, 0)
        if high < low:
            return []
        return sorted(
            {low + (high - low) * i // max(count - 1, 1) for i in range(count)}
            | {min(low + 1, high), min(low + 2, high)}
        )


def inject(t, call, error, when, *args):
    log = os.path.join(t.dir, "injected")
    options = ("-o", log, "-e", "trace=" + call, "-e", "inject=%s:error=%s:when=%s" % (call, error, when))
    return t.run(
        *args, prefix=strace(*options), env=ENVIRONMENT, timeout=30, mute=call == "write" and when.endswith("+")
    )


def check_list(t, answer, path, holder, what):
    """The lock and its holder are there, or the answer says that something is missing."""
    check(answer.status in (0, 2, 4), "%s: %s", what, answer)
    if answer.status != 0:
        check(answer.err.strip(), "%s: no sentence: %s", what, answer)
        return
    document = load(answer.out)
    check_document(document, whole=False)
    rows = on_file(document, path)
    if not rows and any(e["what"] == "file name" for e in document["errors"]):
        rows = [r for r in document["locks"] if r["file"]["inode"] == str(os.stat(path).st_ino)]
    if len(rows) == 1 and holders_of(rows[0]) == [holder]:
        return
    check(not document["complete"] and document["errors"], "%s: a half answer that looks whole: %r", what, document)


def loop(t, args, judge, kinds):
    """Every kind of fault at a spread of places, once and from there on. Returns how many runs that were."""
    calls = Calls(t, *args)
    runs = 0
    for call, errors in kinds.items():
        for when in calls.places(call, 20 if t.soak else 3):
            for error in errors:
                for times in (str(when), "%d+" % when):
                    if error == "EINTR" and times.endswith("+"):
                        continue  # for ever interrupted is not a thing that happens
                    judge(call, error, times)
                    runs += 1
    check(runs > 0, "no call of the program was reached")
    return runs


def want_strace():
    if subprocess.run(
        [*strace("-o", "/dev/null", "-e", "trace=openat"), "true"], stderr=subprocess.DEVNULL, check=False
    ).returncode:
        raise Skip("strace cannot trace here")


def prepare(t):
    want_strace()
    path = t.path("f")
    h = t.helper()
    return path, (h.pid, h.open_lock(path))


READING = {k: v for k, v in CALLS.items() if k != "write"}


@needs("strace")
def test_19_list(t):
    """list -J while a reading call fails."""
    path, holder = prepare(t)

    def judge(call, error, times):
        what = "%s fails with %s at %s" % (call, error, times)
        answer = inject(t, call, error, times, "list", "-J")
        check_list(t, answer, path, holder, what)
        if error == "EINTR" and answer.status == 0:
            same([holders_of(r) for r in on_file(load(answer.out), path)], [[holder]], what)

    t.note("%d runs with a fault" % loop(t, ("list", "-J"), judge, READING))


@needs("strace")
def test_19_who_locked(t):
    """who on a locked file never says that nobody locks it."""
    path, _ = prepare(t)

    def judge(call, error, times):
        answer = inject(t, call, error, times, "who", path)
        what = "%s fails with %s at %s: %s" % (call, error, times, answer)
        check(answer.status in (0, 2, 4), "%s", what)
        if error == "EINTR":
            check(answer.status in (0, 2), "%s", what)

    t.note("%d runs with a fault" % loop(t, ("who", path), judge, READING))


def inject_at(t, file, call, error, when, *args):
    """The fault hits calls on one file only."""
    log = os.path.join(t.dir, "injected")
    options = ("-o", log, "-P", file, "-e", "trace=" + call, "-e", "inject=%s:error=%s:when=%s" % (call, error, when))
    answer = t.run(*args, prefix=strace(*options), env=ENVIRONMENT, timeout=30)
    with open(log, "rb") as f:
        return answer, b"(INJECTED)" in f.read()


def walked(t, process):
    """The directories of its descriptors that are listed: which they are depends on the file systems that the kernel knows."""
    found = []
    for name in ("fd", "fdinfo"):
        log = os.path.join(t.dir, "walked")
        options = ("-o", log, "-P", process + "/" + name, "-e", "trace=getdents64")
        check(t.run("list", "-J", "--scanner=procfs", prefix=strace(*options), env=ENVIRONMENT).status == 0, "list")
        if b"getdents64(" in open(log, "rb").read():
            found.append(process + "/" + name)
    same(len(found), 1, "directories of descriptors that are listed: %r" % found)
    return found[0]


def check_partial(answer, what):
    """It failed with a sentence, or says that descriptors are missing."""
    if answer.status == 0:
        document = load(answer.out)
        check(not document["complete"], "%s: complete: %r", what, document)
        check("fdinfo" in [e["what"] for e in document["errors"]], "%s: %r", what, document["errors"])


@needs("strace")
@once
def test_19_what_matters_most(t):
    """The very files the answer comes from cannot be read: the lock list, the holder's descriptors."""
    path, holder = prepare(t)
    process = "/proc/%d" % holder[0]
    reached = set()
    listing = walked(t, process)
    places = [("/proc/locks", "read"), ("%s/fdinfo/%d" % (process, holder[1]), "read"), (listing, "getdents64")]
    others = [(process + "/stat", "read"), (process + "/mountinfo", "read")]
    for file, call in places + others:
        for error in ("EACCES", "ENOMEM", "EIO"):
            for when in ("1", "2", "1+"):
                what = "%s of %s fails with %s at %s" % (call, file, error, when)
                answer, hit = inject_at(t, file, call, error, when, "list", "-J", "--scanner=procfs")
                check_list(t, answer, path, holder, what)
                reached |= {file} if hit else set()
                if file == listing:
                    check(hit, "%s: it was not read", what)
                    check_partial(answer, what)
                answer, _ = inject_at(t, file, call, error, when, "who", path, "--scanner=procfs")
                check(answer.status in (0, 2, 4), "%s: %s", what, answer)
    check({p for p, _ in places} <= reached, "no fault hit one of %r, only %r", [p for p, _ in places], reached)


@needs("strace")
def test_19_who_free(t):
    """who on a free file: 1 only where that is still proven; never 0."""
    prepare(t)
    free = t.path("free")

    def judge(call, error, times):
        answer = inject(t, call, error, times, "who", free)
        check(answer.status in (1, 2, 4), "%s fails with %s at %s: %s", call, error, times, answer)

    t.note(
        "%d runs with a fault" % loop(t, ("who", free), judge, {"openat": ("EMFILE", "ENOMEM"), "read": ("ENOMEM",)})
    )


@needs("strace")
def test_19_write(t):
    """Output that cannot be written is an error, as JSON and as a table. Writes to its own helper processes fail here
    too: then the output is whole."""
    path, holder = prepare(t)
    for args in (("list",), ("list", "-J"), ("list", "--jsonl")):

        def judge(call, error, times, args=args):
            answer = inject(t, call, error, times, *args)
            what = "%s fails with %s at %s: %s" % (call, error, times, answer)
            check(
                answer.status == 2
                or (answer.status == 0 and os.fsencode(path) in answer.out and answer.out.endswith(b"\n")),
                "%s",
                what,
            )
            # A signal is no fault of the output.
            check(error != "EINTR" or answer.status == 0, "%s", what)
            if answer.status == 0 and "-J" in args:
                check_list(t, answer, path, holder, what)

        loop(t, args, judge, {"write": CALLS["write"]})


@needs("strace")
def test_19_capture_write(t):
    """A capture that cannot be written leaves nothing under its final name."""
    prepare(t)
    target = os.path.join(t.dir, "capture.json")
    refused = []

    def judge(call, error, times):
        if os.path.exists(target):
            os.unlink(target)
        answer = inject(t, call, error, times, "capture", "-o", target)
        what = "%s fails with %s at %s: %s" % (call, error, times, answer)
        # It was a write to a helper process or to standard error that failed: the capture is whole.
        if answer.status == 0:
            for line in open(target, "rb").read().splitlines():
                load(line)
            return
        refused.append(what)
        check(answer.status == 2 and not os.path.exists(target), "%s", what)
        left = [n for n in os.listdir(t.dir) if n.startswith((".capture", "capture"))]
        same(left, [], "files left behind: " + what)

    loop(t, ("capture", "-o", os.path.join(t.dir, "first.json")), judge, {"write": CALLS["write"], "fsync": ("EIO",)})
    check(len(refused) > 2, "faults hardly ever hit the capture itself: %r", refused)


@needs("strace")
def test_19_few_descriptors(t):
    """A low limit of open files: what could not be opened is said."""
    path, holder = prepare(t)
    if not shutil.which("prlimit"):
        raise Skip("prlimit is not installed")
    for limit in range(4, 24):
        answer = t.run("list", "-J", prefix=("prlimit", "--nofile=%d" % limit))
        check_list(t, answer, path, holder, "with %d descriptors" % limit)
        status = t.run("who", path, prefix=("prlimit", "--nofile=%d" % limit)).status
        check(status in (0, 2, 4), "who with %d descriptors: status %d", limit, status)
