# SPDX-License-Identifier: GPL-2.0-or-later
"""41: signal and wait, the configuration file, and --readonly."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time

from actions_files import on_terminal
from document import check, same
from harness import NOBODY, needs, needs_root, once, one_row
from helper import Skip, read_text, until


def locker(t, path, code="", **options):
    """A Python process that has an exclusive flock on the file; its Popen once it has it."""
    text = (
        "import sys,os,time,signal,fcntl\n%s\nf = open(sys.argv[1])\nfcntl.flock(f, fcntl.LOCK_EX)\n"
        "print('ready', flush=True)\ntime.sleep(600)" % code
    )
    p = t.process([sys.executable, "-c", text, path], stdout=subprocess.PIPE, **options)
    same(p.stdout.readline(), b"ready\n", "the lock is held")
    return p


def waiter(t, path):
    """One that waits for the lock."""
    text = "import sys,time,fcntl\nf = open(sys.argv[1])\nfcntl.flock(f, fcntl.LOCK_EX)\ntime.sleep(600)"
    p = t.process([sys.executable, "-c", text, path])
    until(lambda: "flock" in read_text("/proc/%d/wchan" % p.pid) or "locks_" in read_text("/proc/%d/wchan" % p.pid), "it waits")
    return p


def lines(document, kind=None):
    answer = document["answer"]
    return [line["text"] for line in answer["plan"] + answer["result"] if kind is None or line["kind"] == kind]


def says(document, kind, words):
    found = lines(document, kind)
    check(any(words in text for text in found), "no %s says %r: %r", kind, words, found)


def alive(p):
    return p.poll() is None


def test_41_signal_holder(t):
    """The holder goes, the plan says who gets the lock, and the report who has it."""
    path = t.path("f")
    holder = locker(t, path)
    other = waiter(t, path)
    plan = t.json("signal", "--holders-of", path, "--dry-run", status=0)
    same(plan["answer"]["outcome"], "not_run", "outcome of a plan")
    says(plan, "step", "Send SIGTERM to process %d (python3)." % holder.pid)
    says(plan, "step", "can go on: process %d (python3)" % other.pid)
    says(plan, "not", "SIGKILL is not sent.")
    check(alive(holder), "a plan did something")
    same([row["id"] for row in plan["locks"]], [one_row(t.rows(path), state="held")["id"]], "the rows it is about")
    document = t.json("signal", "--holders-of", path, "--yes", status=0)
    same(document["answer"]["outcome"], "done", "outcome")
    says(document, "result", "Process %d (python3) has ended" % holder.pid)
    says(document, "result", "process %d (python3) has a lock there now" % other.pid)
    same(holder.wait(5), -signal.SIGTERM, "how it ended")
    check(alive(other), "somebody else was signalled")


def test_41_signal_targets(t):
    """PID, PID@TICKS, the id of a lock, and who is in the way of somebody."""
    path = t.path("f")
    for how in ("pid", "ticks", "id", "blockers"):
        holder = locker(t, path)
        row = one_row(t.rows(path), state="held")
        words = {
            "pid": [str(holder.pid)],
            "ticks": ["%d@%d" % (holder.pid, row["holders"][0]["start_ticks"])],
            "id": [row["id"]],
        }.get(how)
        if how == "blockers":
            words = ["--blockers-of", str(waiter(t, path).pid)]
        document = t.json("signal", "-s", "HUP", *words, "--yes", status=(0,))
        says(document, "step", "Send SIGHUP to process %d" % holder.pid)
        check(holder.wait(5) is not None, "it did not end")


def test_41_signal_nobody(t):
    path = t.path("f")
    for args, status in (
        (["--holders-of", path], (1, 4)),
        (["0123456789abcdef"], (1, 4)),
        (["--blockers-of", str(os.getpid())], (1, 4)),
        (["%d@1" % os.getpid()], (5,)),
        (["2147483647"], (1,)),
        (["nonsense"], (2,)),
        (["--holders-of", path + "-not-there"], (2,)),
        (["-s", "NOSUCH", "12"], (2,)),
        (["--then", "5"], (2,)),
        ([], (2,)),
    ):
        answer = t.run("signal", *args, "--yes")
        check(answer.status in status, "expected %r: %s", status, answer)
        check(answer.err, "not a word: %s", answer)


def test_41_signal_refused(t):
    """Process 1, kernel threads, this program's parents; and nothing without being asked."""
    for pid, words in ((1, "init process"), (os.getpid(), "was started from"), (2, "thread of the kernel")):
        if pid == 2 and "kthreadd" not in read_text("/proc/2/comm"):
            continue
        document = t.json("signal", str(pid), "--yes", status=5)
        says(document, "refused", words)
    path = t.path("f")
    holder = locker(t, path)
    answer = t.run("signal", str(holder.pid), prefix=("setsid", "-w"))
    same(answer.status, 5, str(answer))
    check(b"--yes" in answer.err, "how to go on is not said: %s", answer)
    check(alive(holder), "it was signalled without a yes")


def test_41_signal_ask(t):
    path = t.path("f")
    holder = locker(t, path)
    for reply in (b"\n", b"n\n", b"\x04", b"Yes, please\n"):
        status, said = on_terminal(t, ["signal", str(holder.pid)], lambda: None, reply)
        same((status, alive(holder)), (5, True), "answer %r: %r" % (reply, said))
    status, said = on_terminal(t, ["signal", str(holder.pid)], lambda: None, b"y\n")
    same(status, 0, "yes: %r" % said)
    same(holder.wait(5), -signal.SIGTERM, "how it ended")


def test_41_signal_ignored_then_killed(t):
    path = t.path("f")
    holder = locker(t, path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    document = t.json("signal", str(holder.pid), "--yes", status=1)
    same(document["answer"]["outcome"], "not_done", "outcome")
    says(document, "risk", "ignores SIGTERM")
    says(document, "result", "it ignores SIGTERM")
    says(document, "result", "still has it")
    document = t.json("signal", str(holder.pid), "--then", "0.2", "KILL", "--yes", status=0)
    says(document, "risk", "SIGKILL gives")
    same(holder.wait(5), -signal.SIGKILL, "how it ended")


def test_41_signal_let_go(t):
    """Who gives up the lock when asked to is not killed for it."""
    path = t.path("f")
    holder = locker(t, path, "signal.signal(signal.SIGTERM, lambda *a: fcntl.flock(f, fcntl.LOCK_UN))")
    document = t.json("signal", "--holders-of", path, "--then", "0.5", "KILL", "--yes", status=0)
    says(document, "risk", "handles SIGTERM itself")
    says(document, "result", "let go of the lock and lives on")
    check(alive(holder), "it was killed although the lock was gone")


def test_41_signal_shared(t):
    """Another process has the same lock: it will stay, and that is said before and after."""
    path = t.path("f")
    parent = t.helper()
    parent.open_lock(path, "flock", "w")
    child = parent.fork()
    document = t.json("signal", str(child.pid), "--yes", status=0)
    says(document, "risk", "shares it")
    says(document, "result", "process %d (lkhelp) has a lock there now" % parent.pid)


def test_41_signal_changed(t):
    """Between the question and the answer: it ended; it let go of the lock; it runs another program."""
    path = t.path("f")

    def changed(code, between, because):
        holder = locker(t, path, code)
        status, said = on_terminal(t, ["signal", "--holders-of", path], lambda: between(holder))
        same(status, 5, "%s: %r" % (because, said))
        check(because in said and b"target changed since you looked" in said, "the reason is not said: %r", said)
        with contextlib.suppress(ProcessLookupError):
            holder.kill()
        holder.wait(5)

    def end(holder):
        holder.kill()
        holder.wait(5)

    def ask(holder):
        before = read_text("/proc/%d/comm" % holder.pid), os.readlink("/proc/%d/exe" % holder.pid)
        locks = read_text("/proc/locks")
        holder.send_signal(signal.SIGUSR1)
        until(
            lambda: (read_text("/proc/%d/comm" % holder.pid), os.readlink("/proc/%d/exe" % holder.pid)) != before
            or " %d " % holder.pid in locks and " %d " % holder.pid not in read_text("/proc/locks"),
            "it changes",
        )

    changed("", end, b"has ended")
    changed("signal.signal(signal.SIGUSR1, lambda *a: fcntl.flock(f, fcntl.LOCK_UN))", ask, b"no longer on descriptor")
    exec_code = "signal.signal(signal.SIGUSR1, lambda *a: (os.set_inheritable(f.fileno(), True), os.execlp('sleep', 'sleep', '600')))"
    changed(exec_code, ask, b'runs another program now, "sleep"')


def test_41_signal_one_changed(t):
    """One of several changes between the question and the answer: it is left alone, the others get their signal."""
    path = t.path("f")
    code = "signal.signal(signal.SIGUSR1, lambda *a: fcntl.flock(f, fcntl.LOCK_UN))\nfcntl.LOCK_EX = fcntl.LOCK_SH"
    holders = [locker(t, path, code) for _ in range(3)]
    changing, others = holders[1], (holders[0], holders[2])

    def held():
        return [pid for row in t.rows(path) for pid in [h["pid"] for h in row["holders"]]]

    def change():
        changing.send_signal(signal.SIGUSR1)
        until(lambda: changing.pid not in held(), "it lets go of the lock")

    status, said = on_terminal(t, ["signal", "--holders-of", path], change)
    same(status, 64, repr(said))
    check(b"was left alone: target changed since you looked" in said, "no reason: %r", said)
    for holder in others:
        same(holder.wait(5), -signal.SIGTERM, "how the others ended")
    check(alive(changing), "it was signalled")
    answer = t.run("signal", "--yes", str(changing.pid), "2147483647")
    same(answer.status, 64, str(answer))
    check(b"2147483647 is left out: process 2147483647 is gone" in answer.out, "%s", answer)
    same(changing.wait(5), -signal.SIGTERM, "how it ended")


REUSE = """
import os, pty, select, subprocess, sys, time
lockscope = sys.argv[1]

def sleeper():
    return subprocess.Popen(["sleep", "100"])

victim = sleeper()
number = victim.pid
pid, fd = pty.fork()
if pid == 0:
    os.execv(lockscope, [lockscope, "signal", str(number)])
said = b""
asked = False
while True:
    if not select.select([fd], [], [], 20)[0]:
        sys.exit("no answer: %r" % said)
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if b"[y/N]" in said and not asked:
        asked = True
        victim.kill()
        victim.wait()
        with open("/proc/sys/kernel/ns_last_pid", "w") as f:
            f.write(str(number - 1))
        stranger = sleeper()
        if stranger.pid != number:
            sys.exit(77)
        os.write(fd, b"y\\n")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if status != 5 or b"target changed" not in said or stranger.poll() is not None:
    sys.exit("status %d, stranger %r, said %r" % (status, stranger.poll(), said))
"""


@needs_root
@needs("unshare")
def test_41_signal_number_reused(t):
    """In a pid namespace of its own: the number is a stranger's when the answer comes."""
    for _ in range(5):
        r = subprocess.run(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", REUSE, t.world.lockscope],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=40,
            check=False,
        )
        if r.returncode != 77:
            break
    check(r.returncode == 0, "status %d: %r", r.returncode, r.stderr[-800:])


@needs_root
@needs("setpriv")
def test_41_signal_ordinary_user(t):
    """Own processes work; another user's are refused with what would help."""
    mine, theirs = t.path("mine"), t.path("theirs")
    prefix = {"user": NOBODY, "group": NOBODY}
    own = locker(t, mine, **prefix)
    other = locker(t, theirs)
    answer = t.run("signal", str(own.pid), "--yes", uid=NOBODY)
    same(answer.status, 0, str(answer))
    same(own.wait(5), -signal.SIGTERM, "how it ended")
    answer = t.run("signal", str(other.pid), "--yes", uid=NOBODY)
    same(answer.status, 5, str(answer))
    check(b"run this as that user or as root" in answer.out, "what would help is not said: %s", answer)
    check(alive(other), "it was signalled")


def test_41_wait(t):
    path = t.path("f")
    same(t.run("wait", path).status, 0, "a free file")
    same(t.run("wait", path, "--for", "held", "--timeout", "0.3").status, 3, "it is not held")
    holder = locker(t, path)
    answer = t.run("wait", path, "--timeout", "0.3")
    same(answer.status, 3, str(answer))
    check(b"held by process %d (python3)" % holder.pid in answer.err, "who holds it is not said: %s", answer)
    same(t.run("wait", path, "-q", "--timeout", "0.3").err, b"", "-q")
    same(t.run("wait", path, "--for", "held").status, 0, "it is held")
    same(t.run("wait", path, "--range", "0-1", "--timeout", "0.2").status, 3, "a flock covers every byte")
    same(t.run("wait", str(holder.pid), "--timeout", "0.2").status, 3, "it runs")
    same(t.run("wait", str(holder.pid), "--for", "held").status, 2, "a process is not held")
    same(t.run("wait", "2147483647").status, 0, "gone already")
    p = t.process([t.world.lockscope, "wait", path, str(holder.pid)], stderr=subprocess.PIPE)
    check(p.stderr.readline(), "what is waited for is not said")
    check(not select.select([], [], [], 0.3)[0] and p.poll() is None, "it did not wait")
    holder.kill()
    holder.wait(5)
    begin = time.monotonic()
    same(p.wait(10), 0, "free and gone")
    check(time.monotonic() - begin < 5, "noticed late")


def test_41_wait_takes_no_lock(t):
    """Whoever asks for the lock meanwhile gets it."""
    path = t.path("f")
    holder = t.helper()
    fd = holder.open_lock(path, "posix", "w", 0, 10)
    p = t.process([t.world.lockscope, "wait", path, "-q"])
    other = t.helper()
    ofd = other.open(path)
    for i in range(50):
        other.lock("flock", "w", ofd)
        other.cmd("lock", "flock", "u", ofd, 0, 0)
        time.sleep(0.01)
        check(p.poll() is None or i > 0, "it did not wait")
    holder.cmd("lock", "posix", "u", fd, 0, 10)
    same(p.wait(10), 0, "free")


@needs_root
def test_41_readonly(t):
    """What changes something is refused, and the capabilities that it would need are given up."""
    path = t.path("f")
    holder = locker(t, path)
    for args in (
        ["signal", str(holder.pid), "--yes"],
        ["test", "--confirm", path],
        ["test", "--acquire", path],
        ["test", "--hold", "1", path],
        ["test", path, "--", "true"],
    ):
        for words in (["--readonly", *args], [args[0], "--readonly", *args[1:]]):
            answer = t.run(*words)
            same(answer.status, 5, str(answer))
            check(b"readonly" in answer.err, "the reason is not said: %s", answer)
    check(alive(holder), "it was signalled")
    same(t.run("--readonly", "signal", str(holder.pid), "--dry-run").status, 0, "a plan is allowed")
    same(t.run("--readonly", "who", path).status, 0, "looking is allowed")
    p = t.process([t.world.lockscope, "--readonly", "watch", path], stdout=subprocess.PIPE)
    check(p.stdout.readline(), "watch says nothing")
    caps = {
        line.split(":")[0]: int(line.split()[1], 16)
        for line in read_text("/proc/%d/status" % p.pid).splitlines()
        if line.startswith("Cap")
    }
    allowed = 1 << 2 | 1 << 19 | 1 << 38 | 1 << 39
    same((caps["CapPrm"] & ~allowed, caps["CapEff"] & ~allowed, caps["CapInh"]), (0, 0, 0), "capabilities left")
    check(caps["CapEff"] & 1 << 19, "reading needs CAP_SYS_PTRACE: %r", caps)


@needs_root
@once
def test_41_configuration(t):
    """Mounted over /etc/lockscope.conf, in the mount namespace of the tests."""
    if not os.environ.get("LIVE_NAMESPACE"):
        raise Skip("the tests have no mount namespace of their own")
    target = "/etc/lockscope.conf"
    conf, path = t.path("conf"), t.path("f")
    holder = locker(t, path)
    # Another run of the tests may use the same name.
    etc = os.open("/etc", os.O_RDONLY | os.O_CLOEXEC)
    t.undo(os.close, etc)
    fcntl.flock(etc, fcntl.LOCK_EX)
    if not os.path.exists(target):
        with open(target, "w", encoding="ascii"):
            pass
        t.undo(os.unlink, target)
    t.system("mount", "--bind", conf, target)
    t.undo(lambda: t.system("umount", target))

    def write(text):
        with open(conf, "w", encoding="ascii") as f:
            f.write(text)

    write("# nobody signals here\nreadonly\n--numeric\n")
    answer = t.run("signal", str(holder.pid), "--yes")
    same(answer.status, 5, str(answer))
    check(target.encode() in answer.err, "who asks for it is not said: %s", answer)
    same(one_row(t.rows(path))["holders"][0]["user"], None, "--numeric was a default")
    write("numeric\nreadonyl\n")
    answer = t.run("who", path)
    same(answer.status, 0, str(answer))
    check(b"/etc/lockscope.conf, line 2" in answer.err, "the bad line is not named: %s", answer)
    answer = t.run("signal", str(holder.pid), "--yes")
    same(answer.status, 2, str(answer))
    check(alive(holder), "it was signalled")
    write("color never\n")
    same(t.run("signal", str(holder.pid), "--yes").status, 0, "a harmless file")


@once
def test_41_not_on_a_capture(t):
    capture = t.path("capture", None)
    same(t.run("capture", "-o", capture).status, 0, "capture")
    answer = t.run("signal", "--from", capture, "1", "--yes")
    same(answer.status, 5, str(answer))
    check(b"capture" in answer.err, "the reason is not said: %s", answer)
    same(t.run("wait", "--from", capture, "/").status, 5, "a capture does not change")
