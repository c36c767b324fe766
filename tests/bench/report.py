# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as tables."""
import os

from machine import SECONDS


def host():
    """What is on the machine besides the world."""
    processes = [p for p in os.listdir("/proc") if p.isdigit()]
    fds = hidden = 0
    for p in processes:
        try:
            fds += len(os.listdir("/proc/%s/fd" % p))
        except OSError:
            hidden += 1
    with open("/proc/locks", encoding="ascii", errors="replace") as f:
        return {"processes": len(processes), "unreadable": hidden, "descriptors": fds, "locks": sum(1 for _ in f)}


def machine(result):
    m = result["machine"]
    print("%s, Linux %s, %s, %d processors%s" % (m["lockscope"], m["kernel"], m["model"] or m["machine"], m["processors"],
                                                 "" if m["uid"] == 0 else ", not root: nobody sees everything"))
    h = m["host"]
    print("on the machine already: %(processes)d processes, %(descriptors)d open files, %(locks)d lock lines" % h)
    for words in result["left_out"]:
        print(words)


def facts(world):
    f = world.facts
    return "%(processes)d processes, %(descriptors)d descriptors, %(locks)d locks, %(waiters)d waiters" % f


def _ms(row):
    return "> %d s (ended)" % SECONDS if row["ended"] else "%.1f" % row["ms"]


def _times(row, base):
    if base is None or base["ended"]:
        return "-"
    return "%s%.1fx" % (">" if row["ended"] else "", (SECONDS * 1000 if row["ended"] else row["ms"]) / base["ms"])


def one_shot(rows):
    bases = {}
    for row in rows:
        if row["group"] != "peer":
            bases.setdefault(row["group"].split()[1], row)
    print("\n%-34s %15s %9s %9s %9s %8s %9s %9s %s" % ("one whole process", "median ms", "fastest", "slowest", "cpu ms",
                                                       "MiB", "calls", "rounds", "  ".join("/" + b for b in bases)))
    for row in rows:
        name = row["name"] if row["group"] == "peer" else "%s %s" % (row["group"], row["name"])
        print("%-34s %15s %9.1f %9.1f %9.1f %8.1f %9s %9d %s" % (
            name, _ms(row), row["fastest_ms"], row["slowest_ms"], row["cpu_ms"], row["rss_kib"] / 1024,
            "-" if row["calls"] is None else row["calls"], row["rounds"],
            "  ".join(_times(row, base) for base in bases.values())))


def scan_alone(scans):
    print("\nscan alone: " + ", ".join("%s %.1f ms" % pair for pair in scans.items()))


def latency(figures):
    print("\n%-34s %10s %10s %10s %10s %6s" % ("a bystander's lock+unlock, us", "p50", "p99", "max", "pairs", "runs"))
    for name, f in figures.items():
        print("%-34s %10.1f %10.1f %10.1f %10d %6d" % ("while " + name, f["p50_us"], f["p99_us"], f["max_us"], f["pairs"],
                                                     f["runs"]))


def refresh(figures):
    print("\nlooking again, percent of one processor")
    for scanner, ways in figures.items():
        print("%-10s " % scanner + ", ".join("%s: %s" % (n, "did not run" if v is None else "%.2f %%" % v)
                                             for n, v in ways.items()))


def slab(figures):
    print("\nslab after the first look, MiB: " + ", ".join(
        "%s %s" % (n, "-" if v is None else "%+.1f" % (v / 1024)) for n, v in figures.items()))
