# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 91: beside processes that mean harm, and those that are easily harmed. Acts hit what they are aimed at, and nothing else."""

import os
import re
import shutil
import signal
import subprocess

from actions_files import on_terminal
from actions_release import Target, kill_while_traced, start_release
from deadserver import die, start
from document import check, same
from harness import AS_NOBODY, needs, needs_root
from helper import Skip, read_text, until

BYTES = 200  # of its lock; every second one is released, one at a time


class Hostile:
    """tests/helpers/lkhostile.c, which counts what it got that it must not get."""

    def __init__(self, t, kind, copy=False):
        program = t.world.compile("lkhostile")
        if not program:
            raise Skip("tests/helpers/lkhostile cannot be built here")
        if copy:
            program = shutil.copy(program, os.path.join(t.dir, "copy"))
        self.program = program
        self.t, self.kind, self.next = t, kind, 0
        self.path = t.path("hostile-" + kind)
        argv = [*AS_NOBODY, program, kind, self.path, str(BYTES)]
        self.proc = t.process(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        words = self.proc.stdout.readline().split()
        check(words and words[0] == b"ready", "%s said %r", kind, words)
        self.pid = int(words[1])
        mode = {"filter": 2, "strict": 1}.get(kind)
        if mode:
            until(lambda: "\nSeccomp:\t%d" % mode in self.status(), "it has its filter")

    def status(self):
        return read_text("/proc/%d/status" % self.pid)

    def release(self, allowed, **options):
        """The next byte of its lock."""
        argv = ("release", self.path, "--pid", str(self.pid), "--type", "posix", "--yes", "--range", str(self.next))
        answer = self.t.run(*argv, **options)
        left = answer.status == 2 and b"one page of memory" in answer.err
        check(answer.status in allowed or (left and 5 in allowed), "%s: %s", self.kind, answer)
        self.next += 2
        return answer

    def is_used_up(self):
        return self.next >= BYTES

    def finish(self):
        """(tries, how often it got what it must not get)"""
        check(re.search(r"^TracerPid:\t0$", self.status(), re.M), "it is still traced")
        check(re.search(r"^SigBlk:\t0+$", self.status(), re.M), "its signals are still blocked")
        out, _ = self.proc.communicate(b"x", timeout=30)
        words = out.split()
        check(words and words[0] == b"ok", "%s said %r (%r)", self.kind, out, self.proc.returncode)
        return int(words[1]), int(words[2])


def write(group, name, what):
    with open(os.path.join(group, name), "w", encoding="ascii") as f:
        f.write(str(what))


def release_many(t, kind, times, allowed=(0,)):
    """Returns how often the lock was gone; it must never get what it must not get."""
    released = tries = 0
    hostile = Hostile(t, kind)
    for i in range(times):
        released += hostile.release(allowed).status == 0
        if hostile.is_used_up() or i == times - 1:
            more, got = hostile.finish()
            same(got, 0, "what %s got" % kind)
            tries += more
            hostile = Hostile(t, kind) if i < times - 1 else None
    check(tries, "%s tried nothing", kind)
    t.note("%d of %d releases done; it tried %d times and got nothing" % (released, times, tries))
    return released


@needs_root
@needs("setpriv")
def test_91_filter_is_not_lifted(t):
    """What a filter forbids stays forbidden, while our own calls are not judged by it."""
    times = 2500 if t.soak else 25
    same(release_many(t, "filter", times), times, "releases")


@needs_root
@needs("setpriv")
def test_91_filter_that_cannot_be_suspended(t):
    """Refused before anything is tried: without the right to suspend it, and in strict mode."""
    without = ("setpriv", "--bounding-set=-sys_admin", "--")
    for kind, prefix, word in (("filter", without, b"CAP_SYS_ADMIN"), ("strict", (), b"strict")):
        hostile = Hostile(t, kind)
        answer = hostile.release((5,), prefix=prefix)
        check(word in answer.err, "no reason: %s", answer)
        same(hostile.finish()[1], 0, "what %s got" % kind)


@needs_root
@needs("setpriv")
def test_91_frozen(t):
    """One that is stopped, but does not run: it is put back, and goes on when it thaws."""
    group = "/sys/fs/cgroup/unified" if os.path.isdir("/sys/fs/cgroup/unified") else "/sys/fs/cgroup"
    group = os.path.join(group, "lockscope-test-%d" % os.getpid())
    try:
        os.mkdir(group)
    except OSError as e:
        raise Skip("no control group can be made: %s" % e) from e
    t.undo(os.rmdir, group)
    if not os.path.exists(os.path.join(group, "cgroup.freeze")):
        raise Skip("no version 2 of control groups is mounted")
    target = Target(t, "read")
    t.undo(lambda: (target.proc.kill(), target.proc.wait(10)))
    write(group, "cgroup.procs", target.pid)
    write(group, "cgroup.freeze", 1)
    t.undo(write, group, "cgroup.freeze", 0)
    until(lambda: "frozen 1" in read_text(os.path.join(group, "cgroup.events")), "it is frozen")
    argv = ("release", target.path, "--pid", str(target.pid), "--type", "posix", "--yes")
    answer = t.run(*argv)
    same(answer.status, 5, str(answer))
    check(b"frozen" in answer.err, "no reason: %s", answer)
    write(group, "cgroup.freeze", 0)
    same(t.run(*argv).status, 0, "when it has thawed")
    target.finish()


@needs_root
@needs("setpriv")
def test_91_foreign_call_is_turned_away(t):
    """The instruction that is to make our call becomes another one between look and run."""
    released = release_many(t, "swap", 2500 if t.soak else 50, (0, 5))
    check(released, "not one release was possible")


@needs_root
@needs("setpriv")
def test_91_nothing_below_the_stack(t):
    """What lies below a small stack is another thread's."""
    times = 2500 if t.soak else 25
    same(release_many(t, "stack", times), times, "releases")


@needs_root
@needs("setpriv")
def test_91_renamed_holder_is_acted_on(t):
    """What a process calls itself is no part of what it is; nor is what the file that it runs is called."""
    times = 2500 if t.soak else 20
    same(release_many(t, "rename", times), times, "releases")
    for target in ("--holders-of", None):
        hostile = Hostile(t, "rename")
        same(t.run("signal", "--yes", *((target, hostile.path) if target else (str(hostile.pid),))).status, 0, str(target))
        same(hostile.proc.wait(5), -signal.SIGTERM, "how it ended")
    hostile = Hostile(t, "stack", copy=True)
    new = hostile.program + ".new"
    status, said = on_terminal(t, ["signal", str(hostile.pid)], lambda: os.rename(hostile.program, new))
    same((status, hostile.proc.wait(5)), (0, -signal.SIGTERM), repr(said))


@needs_root
def test_91_closing_is_not_waited_for(t):
    """An overlay over a file server that does not answer when a file on it is closed: so does our duplicate of the descriptor."""
    where, server = start(t)
    empty = os.path.join(t.dir, "empty")
    os.mkdir(empty)
    overlay = t.mount(os.path.join(t.dir, "overlay"), "-t", "overlay", "-o", "lowerdir=%s:%s" % (where, empty), "none")
    holder = t.helper()
    t.undo(server.kill)  # before the helper is ended, which would wait for ever
    holder.lock("flock", "w", holder.open(os.path.join(overlay, "a"), "r"))
    die(server, b"flush\n")
    argv = ("release", "--yes", "--pid", str(holder.pid), "--type", "flock", os.path.join(overlay, "a"))
    answer = t.run(*argv, timeout=30)
    same(answer.status, 0, str(answer))
    check(b"released" in answer.out, "%s", answer)


def test_91_killed_lockscope_harms_nobody(t):
    """SIGKILL to lockscope and to whatever is in its session while it has a thread stopped."""
    wanted = 100 if t.soak else 10
    hits = tries = 0
    while hits < wanted and tries < 20 * wanted:
        target = Target(t, ("read", "epoll", "busy", "futex")[tries % 4])
        lockscope = start_release(t, target)
        hits += kill_while_traced(target, lockscope, lambda _, p=lockscope: os.killpg(p.pid, signal.SIGKILL))
        lockscope.wait(30)
        lockscope.stderr.close()
        until(lambda g=target: "\nTracerPid:\t0\n" in read_text("/proc/%d/status" % g.pid), "it is let go")
        target.finish()
        tries += 1
    check(hits, "it was never killed in time, in %d tries", tries)
    t.note("killed %d times (%d tries) while the target was traced" % (hits, tries))
