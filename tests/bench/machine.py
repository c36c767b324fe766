# SPDX-License-Identifier: GPL-2.0-or-later
"""The helpers, the worlds, and what the kernel tells of the machine."""
import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = int(os.environ.get("BENCH_SECONDS") or 60)


def helper(name):
    """A program of tests/helpers."""
    where = os.path.join(os.environ.get("LK_BUILDDIR") or os.path.join(HERE, "../.."), "tests/helpers", name)
    if not os.access(where, os.X_OK):
        sys.exit("bench: there is no program %s; 'make bench' builds it." % where)
    return where


@contextlib.contextmanager
def quiet():
    """Nothing of ours that would run at odd moments."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class World:
    """A made-up world; it ends with the block, and with this process."""

    def __init__(self, name):
        self.name = name
        self.facts = {}
        self.process = None

    def __enter__(self):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
        self.dir = tempfile.mktemp(prefix="lockscope-bench-", dir=base)
        self.process = subprocess.Popen([helper("benchworld"), self.name, self.dir], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        try:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("bench: world %s could not be made; see above." % self.name)
            self.facts = json.loads(line)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def run(argv, seconds=SECONDS):
    """One run as benchrun tells it."""
    p = subprocess.Popen([helper("benchrun"), str(seconds), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        out = p.communicate()[0]
    except BaseException:
        p.terminate()
        p.wait()
        raise
    if p.returncode:
        sys.exit("bench: '%s' could not be run." % " ".join(argv))
    return json.loads(out)


def slab_kib():
    with open("/proc/meminfo", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Slab:"))


def count_calls(argv):
    """System calls of one run with its children; None where they cannot be counted."""
    ways = (
        (["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-o"], _perf_count),
        (["strace", "-f", "-c", "-o"], _strace_count),
    )
    for command, read in ways:
        with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as f:
            with contextlib.suppress(ValueError, IndexError, StopIteration):
                if not run([*command, f.name, *argv])["ended"]:
                    return read(f.read())
    return None


def _perf_count(text):
    return next(int(line.split(",")[0]) for line in text.splitlines() if "raw_syscalls" in line)


def _strace_count(text):
    return next(int(line.split()[3]) for line in text.splitlines() if line.endswith("total"))


def process_cpu_ms(pid):
    """What a process and its children that have ended took so far."""
    own = time.clock_gettime(~pid << 3 | 2) * 1000
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return own + (int(words[13]) + int(words[14])) * 1000 / os.sysconf("SC_CLK_TCK")
