# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 75: what a holder is doing, and which job it is."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time

from document import check, same
from harness import needs, one_row
from helper import read_text, until

# Attaches, stops the process as a debugger does, says so, and lets go when its input ends.
TRACER = """
import ctypes, sys
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
pid = int(sys.argv[1])
if ptrace(0x4206, pid, None, None) or ptrace(0x4207, pid, None, None):
    sys.exit("ptrace: errno %d" % ctypes.get_errno())
print("traced", flush=True)
sys.stdin.read()
"""


def state_of(pid):
    return read_text("/proc/%d/stat" % pid).rsplit(")", 1)[-1].split()[:1]


def in_state(pid, letter):
    until(lambda: state_of(pid) == [letter], "process %d is in state %s" % (pid, letter))


def stop(t, pid):
    def go_on():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    os.kill(pid, signal.SIGSTOP)
    t.undo(go_on)
    in_state(pid, "T")


def stopped_holder(t):
    """A file, its holder, who is stopped, and a waiter."""
    path = t.path("f")
    h, w = t.helper(), t.helper()
    h.open_lock(path, "posix", "w")
    w.wait_for("posix", "w", w.open(path))
    stop(t, h.pid)
    return path, h, w


def holder_in(t, path, pid, **options):
    row = one_row(t.who(path, status=0, **options)["locks"], state="held", pid=pid)
    return row["holders"][0]


def test_75_stopped_holder_in_every_answer(t):
    """It holds its lock until somebody lets it go on: every answer says that it is stopped, and what helps."""
    path, h, w = stopped_holder(t)
    pid = b"%d" % h.pid
    same(one_row(t.rows(path), state="held")["holders"][0]["process_state"], "stopped", "list -J")
    same(one_row(t.rows(path), state="waiting")["waiter"]["process_state"], "sleeping", "the waiter")
    same(t.raw("-o", "STATE,PSTATE", "-p", str(h.pid), path), [[b"held", b"stopped"]], "raw")
    out = t.run("list", "-n", "-o", "STATE,PID", path).out.splitlines()
    check(b"held (stopped) " + pid in [b" ".join(line.split()) for line in out], "list: %r", out)
    out = t.run("who", path).out
    check(b"held (stopped)" in out and b"stopped (Ctrl-Z or SIGSTOP): SIGCONT lets it go on; since " in out, "who: %r", out)
    out = t.run("waits").out
    check(b"ROOT " + pid + b" lkhelp (stopped) holds" in out, "waits: %r", out)
    check(b"lockscope signal -s CONT " + pid + b")" in out, "waits does not say what helps: %r", out)
    for verb in ("map", "test"):
        check(b"(stopped)" in t.run(verb, path).out, "%s", verb)
    plan = t.run("signal", "--dry-run", "--holders-of", path).out
    check(b"is stopped: most signals take effect only when SIGCONT" in plan, "signal: %r", plan)
    plan = t.run("release", "--dry-run", path).out
    check(b"Process " + pid + b" is now: stopped" in plan, "release: %r", plan)
    out = t.run("wait", "--timeout", "0.2", path)
    check(b"(lkhelp, stopped)" in out.err, "wait: %s", out)
    out = t.run("rm", "--dry-run", path)
    check(b"process " + pid + b" (lkhelp, stopped) holds" in out.out + out.err, "rm: %s", out)
    done = t.run("signal", "--yes", "-s", "CONT", str(h.pid))
    check(b"lets it go on" in done.out, "the plan of SIGCONT: %s", done)
    until(lambda: state_of(h.pid) != ["T"], "it goes on")
    for verb in ("list", "who", "map", "test"):
        check(b"(stopped)" not in t.run(verb, path).out, "%s after SIGCONT", verb)
    check(b"ROOT " + pid + b" lkhelp holds" in t.run("waits").out, "waits after SIGCONT, for %d", w.pid)


def test_75_stopped_waiter(t):
    """Nothing is in its way, and it waits: waits says what lets it go on."""
    path, h, w = stopped_holder(t)
    t.helper().open_lock(path, "flock", "w")  # only who has a locked file open is looked at by procfs
    os.kill(h.pid, signal.SIGCONT)
    stop(t, w.pid)
    row = one_row(t.rows(path), state="stopped_waiting", pid=w.pid)
    same(row["waiter"]["process_state"], "stopped", "the state of its process")
    h.end()
    out = t.run("waits").out
    check(b"Nothing is in the way of %d, which was stopped: SIGCONT lets it go on" % w.pid in out, "waits: %r", out)


def test_75_traced_holder(t):
    """Stopped by a debugger, which is named."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    argv = [sys.executable, "-c", TRACER, str(h.pid)]
    tracer = t.process(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    same(tracer.stdout.readline(), b"traced\n", "the tracer")
    in_state(h.pid, "t")
    got = holder_in(t, path, h.pid)
    same((got["process_state"], got["tracer"]["pid"]), ("traced", tracer.pid), "who -J")
    same(got["tracer"]["comm"], read_text("/proc/%d/comm" % tracer.pid).strip(), "its name")
    check(b"held (traced)" in t.run("list", path).out, "list")
    words = b"stopped while it is traced by %s[%d]" % (got["tracer"]["comm"].encode(), tracer.pid)
    check(words in t.run("who", path).out, "who")
    plan = t.run("signal", "--dry-run", "--holders-of", path).out
    check(b"its debugger decides" in plan, "signal: %r", plan)
    tracer.stdin.close()
    tracer.wait(10)
    until(lambda: state_of(h.pid) != ["t"], "it goes on")
    same(holder_in(t, path, h.pid)["tracer"], None, "no tracer any more")


def test_75_zombie_leader_holds(t):
    """The first thread has ended, another one lives on with the lock: that is said, and signals still reach it."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    h.thread("a", "read 0")
    h.cmd("leave")
    in_state(h.pid, "Z")
    got = holder_in(t, path, h.pid)
    same(got["process_state"], "zombie", "who -J")
    out = t.run("who", path).out
    check(b"held (zombie)" in out and b"zombie: its first thread has ended" in out, "who: %r", out)
    plan = t.run("signal", "--dry-run", "--holders-of", path)
    same(plan.status, 0, "the plan: %s" % plan)
    done = t.run("signal", "--yes", "-s", "KILL", "--holders-of", path)
    same((done.status, t.who(path)["status"]), (0, 1), "it is ended: %s" % done)


@needs("flock", "sleep")
def test_75_which_job(t):
    """Since when, whose child, which session and terminal, and the command line."""
    path = t.path("f")
    master, slave = pty.openpty()
    t.undo(os.close, master)
    t.undo(os.close, slave)
    before = time.time()
    p = t.process(
        ["flock", "-o", path, "sleep", "600"],
        stdin=slave,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    until(lambda: t.run("who", "-q", path).status == 0, "it has the lock")
    after = time.time()
    got = holder_in(t, path, p.pid)
    same(got["parent"]["pid"], os.getpid(), "parent")
    same(got["parent"]["comm"], read_text("/proc/self/comm").strip(), "its name")
    same((got["session"]["pid"], got["session"]["comm"]), (p.pid, "flock"), "session")
    same(got["tty"], os.ttyname(slave)[len("/dev/") :], "terminal")
    same(got["cmdline"], "flock -o %s sleep 600" % path, "command line")
    check(before - 2 < got["started_unix_ms"] / 1000 < after + 2, "started: %r, not %r", got["started_unix_ms"], before)
    for key in ("unit", "container", "cmdline_b64"):
        check(key in got, "%s", key)
    check("namespaces" not in got, "that is for --full")
    out = t.run("who", path).out.decode()
    want = r"(?m)^ *%d  flock -o %s sleep 600\n +since [^;]*; child of [^;]*\[%d\]; tty %s"
    check(re.search(want % (p.pid, re.escape(path), os.getpid(), re.escape(got["tty"])), out), "who: %r", out)
    same(t.raw("-o", "PPID,TTY", path), [[b"%d" % os.getpid(), got["tty"].encode()]], "columns")
    check("cmdline" not in one_row(t.rows(path))["holders"][0], "list without --full reads no command lines")


def test_75_who_for_scripts(t):
    """Chosen columns, or none of the headings: nothing but the rows."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    for options in (("-n",), ("-o", "PID,COMMAND"), ("--raw",)):
        check(b"since" not in t.run("who", "--no-uses", *options, path).out, "%r", options)
