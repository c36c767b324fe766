# SPDX-License-Identifier: GPL-2.0-or-later
"""The measurements. Each returns what goes into the JSON file."""
import contextlib
import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import termios
import threading
import time

from machine import SECONDS, World, count_calls, helper, process_cpu_ms, run, slab_kib

ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 7)
ROUNDS_SECONDS = 30  # for all rounds of one world
SLOW_MS = 8000  # what takes longer is measured once
LATENCY_SECONDS = 1.2
REFRESH_SECONDS = 5


def _summary(runs):
    return {
        "ms": statistics.median(r["ms"] for r in runs),
        "fastest_ms": min(r["ms"] for r in runs),
        "slowest_ms": max(r["ms"] for r in runs),
        "cpu_ms": statistics.median(r["cpu_ms"] for r in runs),
        "rss_kib": max(r["rss_kib"] for r in runs),
        "rounds": len(runs),
        "status": runs[-1]["status"],
    }


def one_shot(commands):
    """All commands in turn, round after round, the first round thrown away."""
    rows = [{"group": g, "name": n, "argv": a, "runs": []} for g, n, a in commands]
    warm = 0.0
    for row in rows:
        first = run(row["argv"])
        row["ended"] = first["ended"]
        row["slow"] = first["ended"] or first["ms"] > SLOW_MS
        if row["slow"]:
            row["runs"] = [first]
        else:
            warm += first["ms"]
    for _ in range(max(3, min(ROUNDS, int(ROUNDS_SECONDS * 1000 / max(warm, 1))))):
        for row in rows:
            if not row["slow"]:
                row["runs"].append(run(row["argv"]))
    for row in rows:
        row.update(_summary(row.pop("runs")))
        row["calls"] = None if row["slow"] else count_calls(row["argv"])
    return rows


def scan_alone(argv):
    """What lockscope itself says a scan took, without starting and printing."""
    times = []
    for _ in range(3):
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            times.append(json.loads(p.stdout.readline())["summary"]["scan_ms"])
        finally:
            p.stdout.close()
            p.wait()
    return statistics.median(times)


def _bystander(path, argv):
    """The bystander's figures while argv (None: nothing) runs again and again."""
    p = subprocess.Popen([helper("benchlatency"), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    end = time.monotonic() + LATENCY_SECONDS
    runs = 0
    try:
        while argv and (time.monotonic() < end or not runs):
            if run(argv, min(SECONDS, 10))["ended"]:
                break
            runs += 1
        time.sleep(max(0, end - time.monotonic()))
    finally:
        out = p.communicate()[0]
    return {**json.loads(out), "runs": runs}


def latency(world, commands):
    path = os.path.join(world.dir, "bystander")
    return {name: _bystander(path, argv) for name, argv in [("nothing", None), *commands]}


def _drain(fd):
    with contextlib.suppress(OSError):
        while os.read(fd, 65536):
            pass


class _Looker:
    """A lockscope that looks again and again, without or with a terminal."""

    def __init__(self, argv, terminal):
        self.master = None
        if not terminal:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL)
            return
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        env={**os.environ, "TERM": "xterm-256color"})
        os.close(slave)
        threading.Thread(target=_drain, args=(self.master,), daemon=True).start()

    def end(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.master is not None:
            os.close(self.master)


def refresh(lockscope, scanners):
    """CPU of each way of looking again, in percent of one processor; None: it did not run."""
    result = {}
    for scanner in scanners:
        ways = {
            "watch, 1 s": (["watch", "-d", "1"], False),
            "watch, 2 s": (["watch", "-d", "2"], False),
            "screen, 2 s": (["screen", "-d", "2", "--ignore-config"], True),
        }
        lookers = {}
        try:
            for name, (args, terminal) in ways.items():
                lookers[name] = _Looker([lockscope, *args, "--scanner=" + scanner], terminal)
            time.sleep(2)
            result[scanner] = _cpu_of(lookers)
        finally:
            for looker in lookers.values():
                looker.end()
    return result


def _cpu_of(lookers):
    begin = {}
    for name, looker in lookers.items():
        with contextlib.suppress(OSError, IndexError):
            begin[name] = (time.monotonic(), process_cpu_ms(looker.process.pid))
    time.sleep(REFRESH_SECONDS)
    shares = dict.fromkeys(lookers)
    for name, (then, cpu) in begin.items():
        if lookers[name].process.poll() is None:
            now = process_cpu_ms(lookers[name].process.pid)
            shares[name] = (now - cpu) / (time.monotonic() - then) / 10
    return shares


def slab(name, commands):
    """Growth of the kernel's caches by the first look into a fresh world, KiB."""
    result = {}
    for command, argv in commands:
        begin = time.monotonic()
        with World(name):
            made = time.monotonic() - begin
            before = slab_kib()
            ended = run(argv)["ended"]
            result[command] = None if ended else slab_kib() - before
        if made > 15:
            break
    return result
