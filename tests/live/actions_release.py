# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 42: release takes away just the lock; the process it is taken from does not notice."""

import contextlib
import ctypes
import os
import pty
import random
import re
import select
import signal
import subprocess
import time

from document import check, same
from harness import NOBODY, key_of, needs, needs_root, slow
from helper import Failure, Skip, in_lock_call, read_text, until

STATES = ("sleep", "read", "poll", "ppoll", "select", "epoll", "futex", "pause", "sigtimedwait", "recv", "busy", "lockwait")
OPTIONS = {"posix": ("-p", "0", "100"), "ofd": ("-o", "0", "100"), "flock": ("-f",), "lease": ("-l",)}


def locks_on(path):
    """(kind, start, end) of the held locks on a file. Others' locks come and go, and move lines between two reads of the list:
    what is seen twice in a row is so."""
    found, before = read_locks(path), None
    while found != before:
        found, before = read_locks(path), found
    return found


def read_locks(path):
    key = key_of(path)
    found = []
    for line in read_text("/proc/locks").splitlines():
        words = line.split()
        if words[1] != "->" and words[5] == key:
            found.append((words[1].lower().replace("ofdlck", "ofd"), words[6], words[7]))
    return sorted(found)


class Target:
    """tests/helpers/lktarget.c, which checks itself."""

    def __init__(self, t, state, kind="posix", options=(), bits=64, prefix=()):
        program = t.world.compile("lktarget", *(["-m32"] if bits == 32 else []))
        if not program:
            raise Skip("no %d-bit programs can be built" % bits)
        self.path = t.path("%s-%s-%d-%d" % (state, kind, bits, len(os.listdir(t.dir))))
        self.state = state
        self.other = None
        if state == "lockwait":
            self.other = t.helper()
            self.other.open_lock(self.path + ".other", "posix")
        self.proc = t.process(
            [*prefix, program, state, self.path, *OPTIONS.get(kind, ()), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        words = self.proc.stdout.readline().split()
        check(words and words[0] == b"ready", "the target said %r", words)
        self.fd, self.pid = int(words[1]), int(words[2])
        if state not in ("busy",) and "-S" not in options:
            until(lambda: self.letter() in "SD", "the target sleeps")
        if state == "lockwait":
            until(lambda: in_lock_call(self.pid), "the target waits for its lock")

    def letter(self):
        return read_text("/proc/%d/stat" % self.pid).rsplit(")", 1)[1].split()[0]

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        until(lambda: self.letter() == "T", "the target stops")

    def finish(self, rounds=1, go_on=True):
        """Lets it end its state and tell what it saw."""
        if go_on:
            os.kill(self.pid, signal.SIGCONT)
        if self.other:
            self.other.end()
        out, _ = self.proc.communicate(b"x", timeout=30)
        words = out.split()
        check(words and words[0] == b"ok" and int(words[1]) >= rounds, "%s: the target said %r (%r)", self.state, out, self.proc.returncode)
        return words


def release(t, target, kind, *args, status=0, **options):
    answer = t.run("release", target.path, "--pid", str(target.pid), "--type", kind, "--yes", *args, **options)
    same(answer.status, status, str(answer))
    return answer


def take_away(t, state, kind="posix", bits=64, stopped=False, options=(), part=False):
    target = Target(t, state, kind, options, bits)
    if stopped:
        target.stop()
    answer = release(t, target, kind, *(("--range", "10-19") if part else ()))
    check(b"released" in answer.out, "no word of it: %s", answer)
    same(locks_on(target.path), [(kind, "0", "9"), (kind, "20", "99")] if part else [], "%s in %s" % (kind, state))
    if stopped:
        # Let go of, it runs for a moment until it stops again.
        until(lambda: target.letter() == "T", "it stays stopped")
    target.finish()


def test_42_release_posix_in_every_state(t):
    for state in STATES:
        take_away(t, state)


def test_42_release_posix_part_in_every_state(t):
    for state in STATES:
        take_away(t, state, part=True)


def test_42_release_posix_of_32bit(t):
    for i, state in enumerate(STATES):
        take_away(t, state, bits=32, part=i % 2 == 0)


def test_42_release_posix_of_stopped(t):
    for state in ("read", "epoll", "busy"):
        for bits in (64, 32):
            take_away(t, state, bits=bits, stopped=True)


def test_42_release_posix_of_threads(t):
    for state in ("read", "epoll", "busy", "futex"):
        take_away(t, state, options=("-t", "3"), part=True)
    take_away(t, "read", bits=32, options=("-t", "3"))


@slow
def test_42_release_other_kinds(t):
    """Through a duplicate of the descriptor; the state of the holder does not matter."""
    for kind in ("ofd", "flock", "lease"):
        for state in STATES:
            take_away(t, state, kind)
        take_away(t, "read", kind, stopped=True)
        take_away(t, "epoll", kind, bits=32)
        take_away(t, "poll", kind, options=("-t", "3"))
    for state in STATES:
        take_away(t, state, "ofd", part=True)
    take_away(t, "vfork", "flock")
    take_away(t, "poll", "ofd", part=True, stopped=True)


def waiting(t, holder, kind, *request):
    waiter = t.helper()
    tid = waiter.wait_for(kind, "w", waiter.open(holder.path), *request)
    return waiter, tid


def test_42_release_tells_who_has_it_now(t):
    for kind, request in (("posix", (0, 10)), ("ofd", (0, 10)), ("flock", ())):
        target = Target(t, "read", kind)
        waiter, tid = waiting(t, target, kind, *request)
        answer = release(t, target, kind)
        check(b"process %d" % waiter.pid in answer.out.split(b"released:")[-1], "who has it now: %s", answer)
        until(lambda h=waiter, i=tid: h.done(i), "the waiter has it")
        target.finish()


def test_42_release_beside_readers(t):
    """Another reader had a lock of its own all the time."""
    path = t.path("readers")
    first, second = t.helper(), t.helper()
    first.open_lock(path, "posix", "r", 0, 10)
    second.open_lock(path, "posix", "r", 0, 10)
    answer = t.run("release", path, "--pid", str(first.pid), "--yes")
    same(answer.status, 0, str(answer))
    check(b"still has its own lock" in answer.out and b"%d" % second.pid in answer.out, "%s", answer)
    same(locks_on(path), [("posix", "0", "9")], "locks")


def test_42_release_part_serves_one_of_two(t):
    """An OFD request waits for a POSIX lock; only the one whose bytes come free goes on."""
    target = Target(t, "epoll", "posix")
    first, tid = waiting(t, target, "ofd", 10, 5)
    second, other_tid = waiting(t, target, "posix", 50, 5)
    answer = release(t, target, "posix", "--range", "10-19")
    check(b"process %d" % first.pid in answer.out.split(b"released:")[-1], "who has it now: %s", answer)
    until(lambda: first.done(tid), "the first has it")
    check(not second.done(other_tid), "the second must go on waiting")
    check(in_lock_call(other_tid), "the second must go on waiting")
    target.finish()


def test_42_release_lease_with_blocked_opener(t):
    target = Target(t, "read", "lease")
    opener = subprocess.Popen(["cat", target.path], stdout=subprocess.DEVNULL)
    t.undo(opener.kill)
    until(lambda: in_lock_call(opener.pid), "the opener waits")
    release(t, target, "lease")
    same(opener.wait(10), 0, "the opener")
    same(locks_on(target.path), [], "locks")
    target.finish()


def test_42_release_by_id_and_json(t):
    target = Target(t, "poll")
    row = t.rows(target.path)[0]
    document = t.json("release", row["id"], "--pid", str(target.pid), "--dry-run", status=0, whole=False)
    same((document["answer"]["outcome"], document["answer"]["dry_run"]), ("not_run", True), "dry run")
    check(any("corrupt" in line["text"] for line in document["answer"]["plan"]), "no warning: %r", document["answer"])
    same(len(locks_on(target.path)), 1, "a dry run changes nothing")
    document = t.json("release", row["id"], "--pid", str(target.pid), "--yes", status=0, whole=False)
    same(document["answer"]["outcome"], "done", "outcome")
    same(locks_on(target.path), [], "locks")
    same(t.run("release", row["id"], "--pid", str(target.pid), "--yes").status, 1, "a second time")
    target.finish()


@slow
def test_42_release_storm(t):
    """A call is run in a target that gets a signal every 150 microseconds."""
    times = 500 if t.soak else 50
    target = Target(t, "epoll", "none", ("-p", "0", str(2 * times), "-S", "150", "-r"))
    for i in range(times):
        release(t, target, "posix", "--range", str(2 * i))
    expected = sorted(("posix", str(2 * i + 1), str(2 * i + 1)) for i in range(times))
    same(locks_on(target.path), expected, "what is left")
    words = target.finish()
    t.note("%d calls, %s signals handled by the target meanwhile" % (times, words[2].decode()))


TRACED = re.compile(rb"^TracerPid:\t([1-9]\d*)", re.M)
TRACED_SECONDS = 0.0012  # about as long as a target is traced


def kill_while_traced(target, lockscope, kill):
    """kill(number of the tracer) at a random moment while the target is traced; whether it came to that."""
    status = os.open("/proc/%d/status" % target.pid, os.O_RDONLY)
    wait = random.random() * TRACED_SECONDS
    found = None
    while not found and lockscope.poll() is None:
        for _ in range(50):
            found = TRACED.search(os.pread(status, 4096, 0))
            # While a process is let go, the kernel names its parent for a moment (__ptrace_unlink).
            if found and int(found[1]) == os.getpid():
                found = None
            if found:
                break
    os.close(status)
    end = time.perf_counter() + wait
    while time.perf_counter() < end:
        pass
    if found:
        with contextlib.suppress(ProcessLookupError):
            kill(int(found[1]))
    return bool(found)


def start_release(t, target):
    argv = [t.world.lockscope, "release", target.path, "--pid", str(target.pid), "--type", "posix", "--yes"]
    return t.process(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)


def one_kill(t, state):
    """Whether the tracer was killed before it was done, and whether the target noticed nothing."""
    target = Target(t, state)
    lockscope = start_release(t, target)
    kill_while_traced(target, lockscope, lambda tracer: os.kill(tracer, signal.SIGKILL))
    err = lockscope.stderr.read()
    check(lockscope.wait(30) in (0, 1, 2, 4, 5), "lockscope ended with %r", lockscope.returncode)
    hit = b"ended before it said" in err
    try:
        target.finish()
    except (Failure, BrokenPipeError) as e:
        check(hit, "a target died although its tracer was not killed: %s", e)
        return hit, False
    return hit, True


@slow
def test_42_release_tracer_killed(t):
    """What becomes of the target is not in our hands then; that it is said is."""
    wanted = 100 if t.soak else 10
    hits = survived = tries = 0
    while hits < wanted and tries < 20 * wanted:
        hit, lives = one_kill(t, ("read", "epoll", "busy", "futex")[tries % 4])
        tries += 1
        hits += hit
        survived += hit and lives
    check(hits, "the tracer was never killed in time, in %d tries", tries)
    t.note("the tracer was killed %d times (%d tries); the target survived %d of them unharmed" % (hits, tries, survived))


class Terminal:
    """lockscope on a terminal of its own."""

    def __init__(self, t, *args):
        self.text = b""
        pid, self.master = pty.fork()
        if pid == 0:
            os.execv(t.world.lockscope, [t.world.lockscope, *args])
        self.pid = pid
        t.undo(self.close)

    def read_until(self, word, deadline=30):
        end = time.monotonic() + deadline
        while word not in self.text:
            check(time.monotonic() < end, "no %r in %r", word, self.text)
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.master, 4096)
                except OSError:
                    check(word in self.text, "no %r in %r", word, self.text)

    def say(self, line):
        os.write(self.master, line.encode() + b"\n")

    def status(self):
        with contextlib.suppress(OSError):
            while True:
                part = os.read(self.master, 4096)
                if not part:
                    break
                self.text += part
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


def change_then_confirm(t, path, pid, kind, change):
    """The plan is shown; something changes; it is confirmed."""
    terminal = Terminal(t, "release", path, "--type", kind)
    terminal.read_until(b"[y/N]")
    change()
    terminal.say("y")
    terminal.read_until(b"type the number")
    terminal.say(str(pid))
    status = terminal.status()
    same(status, 5, "%s: %r" % (kind, terminal.text))
    check(b"changed since you looked" in terminal.text, "no reason: %r", terminal.text)


def test_42_release_races(t):
    """Whatever changes between plan and run: refused."""
    for kind in ("posix", "ofd", "flock"):
        path, other = t.path("race-" + kind), t.path("other-" + kind)
        h = t.helper()
        fd = h.open_lock(path, kind)
        change_then_confirm(t, path, h.pid, kind, lambda h=h, k=kind, f=fd: h.lock(k, "u", f))
        h.lock(kind, "w", fd)

        def reuse(h=h, fd=fd, other=other, kind=kind):
            h.cmd("close", fd)
            same(h.open_lock(other, kind), fd, "the number is reused")

        change_then_confirm(t, path, h.pid, kind, reuse)
        same(len(locks_on(other)), 1, "the lock on the other file stays")
        h.cmd("close", fd)
        h.open_lock(path, kind)
        change_then_confirm(t, path, h.pid, kind, h.end)


@needs_root
def test_42_release_race_pid_reuse(t):
    """The number now belongs to another process, which even has the same lock on the same descriptor."""
    for kind in ("posix", "flock"):
        path = t.path("reuse-" + kind)
        h, mother = t.helper(), t.helper()
        fd, pid = h.open_lock(path, kind), h.pid

        def change(h=h, mother=mother, kind=kind, fd=fd, pid=pid, path=path):
            h.end()
            child = mother.fork_at(pid)
            same((child.pid, child.open_lock(path, kind)), (pid, fd), "the same numbers")

        change_then_confirm(t, path, pid, kind, change)
        same(len(locks_on(path)), 1, "the lock of the new process stays")


def test_42_release_race_exec(t):
    path = t.path("exec")
    script = "exec 3>%s; flock 3; echo ready; read x; exec sleep 600" % path
    p = t.process(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()

    def change():
        p.stdin.write(b"\n")
        p.stdin.flush()
        until(lambda: read_text("/proc/%d/comm" % p.pid) == "sleep\n", "it runs another program")

    change_then_confirm(t, path, p.pid, "flock", change)
    same(len(locks_on(path)), 1, "the lock stays")


def test_42_release_is_confirmed(t):
    target = Target(t, "read")
    base = ("release", target.path, "--type", "posix")
    for args in ((), ("--pid", str(target.pid)), ("--yes",), ("--yes", "--pid", "1"), ("--yes", "--pid", str(target.pid), "--readonly")):
        answer = t.run(*base, *args, prefix=("setsid", "--wait"))
        check(answer.status in (5, 1) and (answer.err.strip() or answer.out.strip()), "not refused: %s", answer)
        same(len(locks_on(target.path)), 1, str(args))
    for said in (("n",), ("",), ("y", "1")):
        terminal = Terminal(t, *base)
        terminal.read_until(b"[y/N]")
        for line in said:
            terminal.say(line)
        same(terminal.status(), 5, "%r: %r" % (said, terminal.text))
        same(len(locks_on(target.path)), 1, str(said))
    terminal = Terminal(t, *base)
    terminal.read_until(b"corrupt")
    terminal.read_until(b"[y/N]")
    terminal.say("y")
    terminal.read_until(b"type the number")
    terminal.say(str(target.pid))
    same(terminal.status(), 0, repr(terminal.text))
    same(locks_on(target.path), [], "locks")
    target.finish()


def test_42_release_several_meant(t):
    path = t.path("several")
    h = t.helper()
    fd = h.open_lock(path, "posix", "w", 0, 10)
    h.lock("posix", "w", fd, 20, 10)
    answer = t.run("release", path, "--pid", str(h.pid), "--yes")
    same(answer.status, 5, str(answer))
    rows = t.rows(path)
    for row in rows:
        check(row["id"].encode() in answer.err, "the id is not named: %s", answer)
    same(t.run("release", rows[0]["id"], "--pid", str(h.pid), "--yes").status, 0, "by its id")
    same(len(locks_on(path)), 1, "only one is gone")
    for kind in ("flock", "lease"):
        target = Target(t, "read", kind)
        answer = release(t, target, kind, "--range", "1-2", status=5)
        check(b"no parts" in answer.out, "no reason: %s", answer)
        target.finish()


def ptrace(request, pid, data=0):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    check(libc.ptrace(request, pid, None, data) == 0, "ptrace %x: %d", request, ctypes.get_errno())


def test_42_release_refused_with_reason(t):
    """Already traced; asleep out of reach."""
    target = Target(t, "read")
    ptrace(0x4206, target.pid)  # PTRACE_SEIZE
    for thread in os.listdir("/proc/%d/task" % target.pid):
        if int(thread) != target.pid:
            ptrace(0x4206, int(thread))
    answer = release(t, target, "posix", status=5)
    check(b"traced by process %d" % os.getpid() in answer.err, "no reason: %s", answer)
    same(len(locks_on(target.path)), 1, "the lock stays")
    for thread in os.listdir("/proc/%d/task" % target.pid):
        ptrace(0x4207, int(thread))  # PTRACE_INTERRUPT
        os.waitpid(int(thread), 0x40000000)
        ptrace(17, int(thread))  # PTRACE_DETACH
    release(t, target, "posix")
    target.finish()
    target = Target(t, "vfork")
    answer = release(t, target, "posix", status=5)
    check(b"does not stop" in answer.err, "no reason: %s", answer)
    same(len(locks_on(target.path)), 1, "the lock stays")
    target.finish()
    take_away(t, "vfork", options=("-t", "1"))


@needs_root
@needs("setpriv")
def test_42_release_filtered(t):
    """A filter that kills it for fcntl: suspended by root, refused to others."""
    for bits in (64, 32):
        take_away(t, "read", bits=bits, options=("-s",))
    prefix = ("setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--")
    target = Target(t, "read", "posix", ("-s",), prefix=prefix)
    answer = release(t, target, "posix", status=5, uid=NOBODY)
    check(b"seccomp" in answer.err and b"root" in answer.err, "no reason: %s", answer)
    same(len(locks_on(target.path)), 1, "the lock stays")
    target.finish()


@needs_root
@needs("setpriv")
def test_42_release_ordinary_user(t):
    """Own processes, but nobody else's; told what would help."""
    prefix = ("setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--")
    for kind in ("posix", "ofd", "flock"):
        target = Target(t, "epoll", kind, prefix=prefix)
        release(t, target, kind, uid=NOBODY)
        same(locks_on(target.path), [], kind)
        target.finish()
        target = Target(t, "epoll", kind)
        answer = t.run("release", target.path, "--type", kind, "--yes", uid=NOBODY)
        same(answer.status, 5, str(answer))
        check(b"run as root" in answer.out + answer.err, "what would help: %s", answer)
        same(len(locks_on(target.path)), 1, kind)
        target.finish()
    path = t.path("lease-of-nobody")
    os.chown(path, NOBODY, NOBODY)
    h = t.helper(uid=NOBODY)
    h.open_lock(path, "lease")
    same(t.run("release", path, "--pid", str(h.pid), "--yes", uid=NOBODY).status, 0, "an own lease")
    same(locks_on(path), [], "locks")


def test_42_release_shared(t):
    """A lock that parent and child share is one; both lose it, and the plan says so."""
    for kind in ("flock", "ofd"):
        path = t.path("shared-" + kind)
        h = t.helper()
        h.open_lock(path, kind)
        child = h.fork()
        answer = t.run("release", path, "--pid", str(child.pid), "--yes")
        same(answer.status, 0, str(answer))
        check(b"%d" % h.pid in answer.out and b"shares" in answer.out, "the plan does not name the other: %s", answer)
        same(locks_on(path), [], kind)


def test_42_release_private_table(t):
    """The lock is on a descriptor that one thread alone has."""
    for kind in ("flock", "ofd", "posix"):
        path = t.path("private-" + kind)
        h = t.helper()
        h.thread("ps", "open %s bc" % path.encode().hex(), "lock %s w . 0 10" % kind)
        until(lambda p=path: locks_on(p), "it is locked")
        answer = t.run("release", path, "--pid", str(h.pid), "--yes")
        check(answer.status == 0 or (answer.status == 5 and b"this kernel" in answer.err), "%s", answer)
        same(locks_on(path), [] if answer.status == 0 else locks_on(path), kind)
