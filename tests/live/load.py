# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 14 and 15: processes that come and go during the scan, and many of everything."""

import os
import time

from document import check, same
from harness import brief, holders_of, on_file, slow
from helper import until

STABLE = 150  # more than one read of /proc/locks gives


def check_storm_document(document, directory, stable, holder):
    """Every lasting lock exactly once with its holder; of the others nothing that cannot be."""
    seen = {}
    for row in document["locks"]:
        path = row["file"]["path"]
        if path in stable:
            check(
                row["state"] == "held" and row["how_known"] == "exact",
                "a lasting lock: %r because of %r; all rows of its file: " "%r; %r",
                brief(row),
                row["no_holder_because"],
                [brief(r) for r in on_file(document, path)],
                document["errors"],
            )
            same(holders_of(row), [(holder.pid, stable[path])], "holder of a lasting lock")
            seen[path] = seen.get(path, 0) + 1
        elif path and path.startswith(directory + "/"):
            check(os.path.basename(path).startswith("storm"), "a file that never was: %r", brief(row))
            check(
                all(h["comm"] in ("lkhelp", None) for h in row["holders"]),
                "a stranger among the holders: %r",
                row["holders"],
            )
    missing = sorted(set(stable) - set(seen))
    twice = sorted(p for p, n in seen.items() if n != 1)
    check(
        not missing and not twice,
        "%d lasting locks are missing, %d are listed twice: %r %r",
        len(missing),
        len(twice),
        missing[:3],
        twice[:3],
    )


@slow
def test_14_storm(t):
    """Looking again and again while processes lock, fork and vanish."""
    directory = os.path.join(t.dir, "storm")
    os.mkdir(directory)
    holder, storm = t.helper(), t.helper()
    holder.cmd("nofile", 1000)
    stable = {
        p: holder.open_lock(p, "flock" if i % 2 else "ofd", "w")
        for i in range(STABLE)
        for p in [os.path.join(directory, "lasting%d" % i)]
    }
    storm.cmd("chdir", os.fsencode(directory).hex())
    seconds = 80 if t.soak else 8
    storm.cmd("storm", seconds, 4)
    end, rounds, partial, unstable = time.monotonic() + seconds - 1, 0, 0, 0
    while time.monotonic() < end:
        document = t.list()
        check_storm_document(document, directory, stable, holder)
        same(t.who(next(iter(stable)), status=0)["status"], 0, "who")
        rounds, partial = rounds + 1, partial + (not document["complete"])
        unstable += any(e["what"] == "unstable" for e in document["errors"])
    check(rounds > 0, "not one round")
    check(unstable <= rounds / 2, "%d of %d lists found the kernel's list to change too fast", unstable, rounds)
    t.note(
        "%d lists during the storm, %d of them said that they are not complete, %d because of the storm"
        % (rounds, partial, unstable)
    )


@slow
def test_15_many(t):
    """20,000 locks and many processes: all there, and how much memory it took."""
    files, per_file = 8, 2500
    helpers = [t.helper() for _ in range(4)]
    wanted = {}
    for i in range(files):
        path = t.path("many%d" % i)
        helper, kind = helpers[i % 4], ("posix", "ofd")[i // 4]
        fd = helper.open(path)
        helper.cmd("many", kind, "w", fd, per_file)
        wanted[path] = (kind, helper.pid, fd)
    crowd = t.helper()
    count = 5000
    crowd.cmd("spawn", count)
    begin = time.monotonic()
    answer = t.run("list", "-J", timeout=120)
    seconds = time.monotonic() - begin
    same(answer.status, 0, "status of list")
    t.note(
        "%d locks, %d more processes: list -J in %.1f s, %d KiB resident at most"
        % (files * per_file, count, seconds, answer.peak_kib)
    )
    check_many(t, wanted, per_file)
    same(t.run("who", "-q", next(iter(wanted))).status, 0, "who")
    same(t.run("who", "-q", t.path("free")).status, 1, "who of a free file among many")


def check_many(t, wanted, per_file):
    document = t.json("list", status=0, whole=False, timeout=120)
    for path, (kind, pid, fd) in wanted.items():
        rows = [r for r in document["locks"] if r["file"]["path"] == path]
        same(sorted(r["start"] for r in rows), list(range(0, 2 * per_file, 2)), "ranges in " + path)
        check(
            all(r["type"] == kind and holders_of(r) == [(pid, fd)] and r["start"] == r["end"] for r in rows),
            "rows of %s",
            path,
        )
    check(len({r["id"] for r in document["locks"]}) == len(document["locks"]), "ids are not unique")


@slow
def test_15_many_holders(t):
    """One lock inherited by 300 processes is one row with 300 holders."""
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path)
    h.cmd("spawn", 300)
    row = until(lambda: [r for r in t.rows(path) if len(r["holders"]) == 301], "a row with all holders")[0]
    same({f for _, f in holders_of(row)}, {fd}, "descriptors")
    same(len(t.run("who", "-t", path).out.split()), 301, "who -t")
