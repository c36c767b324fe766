# SPDX-License-Identifier: GPL-2.0-or-later
"""94: system calls that fail while something is done: the status is one of ours, there is a sentence, and above all nothing is done that
is not said: 0 is done and verified, 5 is unchanged, and no other answer says the opposite of what the target is found to be."""

import contextlib
import os
import random
import re
import time

from actions_release import Target, locks_on
from document import check, same
from faults import ENVIRONMENT, strace, want_strace
from harness import needs, needs_root
from helper import read_text

# What each call can fail with. A process that is traced fails further calls only by dying: of ptrace the first one is enough.
ERRORS = {
    "openat": ("EMFILE", "EACCES", "ENOMEM", "EINTR"),
    "mkdirat": ("EACCES", "ENOSPC"),
    "renameat2": ("EACCES", "ENOSPC", "EINTR"),
    "unlinkat": ("EACCES", "ENOMEM", "EINTR"),
    "write": ("ENOSPC", "EINTR"),
    "read": ("EACCES", "ENOMEM", "EINTR"),
    "statx": ("EACCES", "ENOMEM"),
    "newfstatat": ("EACCES", "ENOMEM"),
    "getdents64": ("EACCES", "ENOMEM"),
    "readlinkat": ("EACCES", "ENOMEM"),
    "pidfd_open": ("EMFILE", "ENOMEM"),
    "pidfd_send_signal": ("EACCES", "EINTR"),
    "pidfd_getfd": ("EMFILE", "EACCES"),
    "fcntl": ("EACCES", "ENOMEM", "EINTR"),
    "flock": ("ENOMEM", "EINTR"),
    "poll": ("EINTR", "ENOMEM"),
    "ppoll": ("EINTR", "ENOMEM"),
    "wait4": ("EINTR",),
    "waitid": ("EINTR",),
    "clone": ("EMFILE", "ENOMEM"),
    "clone3": ("EMFILE", "ENOMEM"),
    "pipe2": ("EMFILE",),
    "socketpair": ("EMFILE",),
    "socket": ("EMFILE", "EACCES"),
    "sendto": ("EACCES", "ENOMEM"),
    "mmap": ("ENOMEM",),
    "kcmp": ("EACCES",),
    "ptrace": ("EACCES",),
    "process_vm_readv": ("EACCES", "ENOMEM"),
    "process_vm_writev": ("EACCES", "ENOMEM"),
    "bpf": ("EMFILE", "EACCES", "ENOMEM"),
    "capset": ("EACCES",),
    "getrandom": ("EINTR",),
    "nanosleep": ("EINTR",),
    "clock_nanosleep": ("EINTR",),
}
SLOW_S = 8  # is told
RUNS, SECONDS = 60, 7  # of each act, whichever ends first; --soak makes all of them
CLAIMS_NOTHING = (b"nothing was", b"is still there", b"nothing is changed")
CLAIMS_DONE = re.compile(rb"^released: | is deleted\.$| has ended\b| now\.$")


class Reach:
    """How often any one process of a run makes each call, and how many of them load the program."""

    def __init__(self, t, args):
        log = os.path.join(t.dir, "trace")
        answer = t.run(*args, prefix=strace("-o", log, "-e", "trace=" + known()), env=ENVIRONMENT)
        self.status = answer.status
        self.most, self.start, counts = {}, {}, {}
        for line in open(log, "rb"):
            words = re.match(rb"(\d+) +(\w+)\(", line)
            if not words:
                continue
            if not self.start and b'"/etc/lockscope.conf"' in line:
                self.start = dict(self.most)
            key = (words[1], words[2].decode())
            counts[key] = counts.get(key, 0) + 1
            self.most[key[1]] = max(self.most.get(key[1], 0), counts[key])
        check(self.start, "it never came to its configuration file")

    def faults(self, t):
        """(call, error, when): all of them, or a spread of some."""
        every = []
        for call, n in sorted(self.most.items()):
            # The sanitizers' own memory comes from it, without which they end the program.
            if call == "mmap" and t.world.sanitized:
                continue
            places = [1] if call == "ptrace" else range(self.start.get(call, 0) + 1, n + 1)
            for error in ERRORS[call]:
                every += [(call, error, str(i)) for i in places]
                if error != "EINTR":  # for ever interrupted is not a thing that happens
                    every += [(call, error, "%d+" % i) for i in places]
        return every if t.soak or len(every) <= RUNS else spread(every)


def spread(faults):
    """Each kind of fault at some place, then others, always the same."""
    chance = random.Random(94)
    kinds = {}
    for fault in faults:
        kinds.setdefault(fault[0], []).append(fault)
    chosen = [chance.choice(of_kind) for of_kind in kinds.values()]
    others = sorted(set(faults) - set(chosen))
    return chosen + chance.sample(others, max(0, min(RUNS - len(chosen), len(others))))


def known():
    """Those of the calls that this machine's strace knows ('?': never mind)."""
    return ",".join("?" + call for call in ERRORS)


def fail(t, fault, args):
    call, error, when = fault
    log = os.path.join(t.dir, "injected")
    options = ("-o", log, "-e", "trace=" + call, "-e", "inject=%s:error=%s:when=%s" % fault)
    begin = time.monotonic()
    answer = t.run(*args, prefix=strace(*options), env=ENVIRONMENT, timeout=40, mute=call == "write")
    what = "%s fails with %s at %s" % (call, error, when)
    if answer.status and call != "write":
        check(answer.out.strip() or answer.err.strip(), "%s: not a word: %s", what, answer)
    if time.monotonic() - begin > SLOW_S:
        t.note("%.0f s until %d: %s" % (time.monotonic() - begin, answer.status, what))
    return answer, what


def agree(answer, what, done):
    """What was said and what is so. done: it was done, as found now."""
    said = answer.out + answer.err
    if done:
        check(answer.status not in (1, 3, 5), "%s: it was done: %s", what, answer)
        check(not any(claim in said for claim in CLAIMS_NOTHING), "%s: it was done: %s", what, answer)
    else:
        check(answer.status != 0, "%s: it was not done: %s", what, answer)
        # A plan is printed before: only what is said last counts.
        last = (answer.out.splitlines() or [b""])[-1]
        check(not CLAIMS_DONE.search(last), "%s: it was not done: %s", what, answer)


def each_fault(t, make, judge, expected=(0,)):
    """make(): (target, arguments); judge(target, answer, what). Every run has a target of its own."""
    want_strace()
    _, args = make()
    reach = Reach(t, args)
    check(reach.status in expected, "without a fault: status %d", reach.status)
    faults = reach.faults(t)
    counts = {}
    end = time.monotonic() + SECONDS
    for fault in faults:
        if not t.soak and time.monotonic() > end:
            break
        with contextlib.ExitStack() as stack:
            outer, t.stack = t.stack, stack
            try:
                target, args = make()
                answer, what = fail(t, fault, args)
                judge(target, answer, what)
            finally:
                t.stack = outer
        counts[answer.status] = counts.get(answer.status, 0) + 1
    t.note("%d of %d faults; how often each status: %s" % (sum(counts.values()), len(faults), ", ".join("%d: %d" % c for c in sorted(counts.items()))))


def answers(helper):
    """A signal that was sent before has ended it by now."""
    try:
        helper.cmd("pid")
    except (Exception, AssertionError):
        return False
    return True


@needs("strace")
def test_94_signal(t):
    def make():
        h = t.helper()
        h.open_lock(t.path("locked-by-%d" % h.pid))
        return h, ("signal", str(h.pid), "--yes")

    def judge(h, answer, what):
        agree(answer, what, not answers(h))

    each_fault(t, make, judge)


def release_faults(t, kind):
    def make():
        target = Target(t, "read", kind)
        return target, ("release", target.path, "--pid", str(target.pid), "--type", kind, "--yes")

    def judge(target, answer, what):
        status = read_text("/proc/%d/status" % target.pid)
        check("TracerPid:\t0\n" in status, "%s: it is still traced: %s", what, answer)
        # Its own descriptor shows it: while others' locks come and go a line of the list can be missed.
        agree(answer, what, "\nlock:" not in read_text("/proc/%d/fdinfo/%d" % (target.pid, target.fd)))
        target.finish()

    each_fault(t, make, judge)


@needs_root
@needs("strace")
def test_94_release_flock(t):
    release_faults(t, "flock")


@needs_root
@needs("strace")
def test_94_release_ofd(t):
    release_faults(t, "ofd")


@needs_root
@needs("strace")
def test_94_release_posix(t):
    release_faults(t, "posix")


class Place:
    """A directory with one file in it, which is known by its number."""

    def __init__(self, t):
        self.dir = os.path.join(t.dir, "place-%d" % len(os.listdir(t.dir)))
        os.mkdir(self.dir)
        self.old, self.new = os.path.join(self.dir, "old"), os.path.join(self.dir, "new")
        with open(self.old, "wb") as f:
            self.file = os.dup(f.fileno())
        t.undo(os.close, self.file)
        self.inode = os.fstat(self.file).st_ino

    def is_at(self, path):
        try:
            return os.lstat(path).st_ino == self.inode
        except FileNotFoundError:
            return False

    def check_rest(self, answer, what):
        """What lies about is named."""
        for name in os.listdir(self.dir):
            check(name in ("old", "new") or os.fsencode(name) in answer.out + answer.err, "%s: %s is left behind: %s", what, name, answer)


def file_faults(t, verb):
    def make():
        place = Place(t)
        # Our own descriptor is a use of it.
        return place, (verb, place.old, *([place.new] if verb == "mv" else []), "--yes", "--even-if-used")

    def judge(place, answer, what):
        done = place.is_at(place.new) if verb == "mv" else os.fstat(place.file).st_nlink == 0
        agree(answer, what, done)
        place.check_rest(answer, what)
        check(done or place.is_at(place.old) or answer.status == 64, "%s: the file is not where it was: %s", what, answer)
        check(verb != "mv" or not (done and place.is_at(place.old)), "%s: it has both names: %s", what, answer)

    each_fault(t, make, judge)


@needs("strace")
def test_94_rm(t):
    file_faults(t, "rm")


@needs("strace")
def test_94_mv(t):
    file_faults(t, "mv")


@needs("strace")
def test_94_test_acquire(t):
    """Free: 0 or a reason. Locked: never 0, and the lock stays."""
    for held in (False, True):
        path = t.path("held" if held else "free")
        if held:
            h = t.helper()
            h.open_lock(path)

        def make(path=path):
            return path, ("test", "--acquire", path)

        def judge(path, answer, what, held=held):
            same(len(locks_on(path)), int(held), "%s: locks afterwards: %s" % (what, answer))
            check(answer.status != 0 if held else answer.status in (0, 2, 3, 4, 5), "%s: %s", what, answer)

        each_fault(t, make, judge, (1,) if held else (0,))


@needs("strace")
def test_94_wait(t):
    """For a file that stays locked: never 0. For one that is free: never that it is locked."""
    for held in (False, True):
        path = t.path("held" if held else "free")
        if held:
            h = t.helper()
            h.open_lock(path)

        def make(path=path):
            return path, ("wait", "--timeout", "0.2", path)

        def judge(_, answer, what, held=held):
            check(answer.status in ((2, 3, 4) if held else (0, 2, 3, 4)), "%s: %s", what, answer)

        each_fault(t, make, judge, (3,) if held else (0,))
