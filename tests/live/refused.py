# SPDX-License-Identifier: GPL-2.0-or-later
"""68: a refusal says its reason on standard error, and its plan does not say that it will happen."""

import os

from actions_files import on_terminal
from document import check, same
from harness import NOBODY, needs_root

PROMISES = b"This will happen"


def refused(t, because, *args, status=5, **options):
    """Nothing on standard output is needed to learn why."""
    for more in ((), ("--dry-run",), ("-J",)):
        if args[0] == "test" and more == ("--dry-run",):
            continue
        words = [args[0], *more, *args[1:]]
        answer = t.run(*words, **options)
        same(answer.status, status, str(answer))
        check(because in answer.err, "standard error does not say %r: %s", because, answer)
        check(PROMISES not in answer.out + answer.err, "it says that it will happen: %s", answer)
    return answer


def test_68_rm_mv(t):
    path, other, folder = t.path("f"), t.path("other"), os.path.join(t.dir, "folder")
    os.mkdir(folder)
    t.helper().open_lock(path)
    for yes in (("--yes",), ()):
        refused(t, b"nothing was done: %s is locked" % path.encode(), "rm", *yes, path)
        refused(t, b"nothing was done: %s is a directory" % folder.encode(), "rm", *yes, folder)
        refused(t, b"nothing was done: %s is locked" % path.encode(), "mv", *yes, path, path + "-new")
        refused(t, b"nothing was done: %s exists already" % other.encode(), "mv", *yes, path, other)
    t.helper().open(other)
    refused(t, b"is in use: wait until nobody uses it", "rm", "--yes", other)
    check(os.path.exists(path) and os.path.exists(other), "a file is gone")
    answer = t.run("rm", "--yes", path)
    check(answer.out.startswith(b"This is not possible:\n"), "the plan does not begin with the refusal: %s", answer)
    check(b"This would happen:\n" in answer.out, "the plan is not shown: %s", answer)


def test_68_plan_that_runs(t):
    """What will happen still says so; what would happen with --dry-run, or without anybody to ask, says that."""
    path = t.path("f")
    answer = t.run("rm", "--dry-run", path)
    same((answer.status, answer.err), (0, b""), str(answer))
    check(answer.out.startswith(b"This would happen:\n") and PROMISES not in answer.out, "%s", answer)
    answer = t.run("rm", path, prefix=("setsid", "-w"))
    same(answer.status, 5, str(answer))
    check(answer.out.startswith(b"This would happen:\n") and b"there is no terminal to ask on" in answer.err, "%s", answer)
    status, said = on_terminal(t, ("rm", path), lambda: None, b"n\n")
    check(status == 5 and PROMISES in said and os.path.exists(path), "status %r: %r", status, said)
    answer = t.run("rm", "--yes", path)
    same(answer.status, 0, str(answer))
    check(answer.out.startswith(b"This will happen:\n") and answer.err == b"", "%s", answer)


@needs_root
def test_68_signal(t):
    """Process 1 is not ours; nothing is sent in any of these runs."""
    refused(t, b"nothing was done: Process 1 (", "signal", "-s", "CONT", "1")
    path = t.path("f")
    holder = t.helper()
    holder.open_lock(path)
    refused(t, b"nothing was done: Process %d (" % holder.pid, "signal", "-s", "CONT", "--yes", str(holder.pid), uid=NOBODY)
    many = [t.helper() for _ in range(7)]
    pids = [str(h.pid) for h in many]
    answer = refused(t, b"nothing was done, for 2 more reasons", "signal", "-s", "CONT", "--yes", *pids, uid=NOBODY)
    same(answer.err.count(b"nothing was done: "), 5, "reasons")


def test_68_release(t):
    path = t.path("f")
    holder = t.helper()
    holder.open_lock(path, "posix", "w", 0, 10)
    row = t.rows(path)[0]
    refused(t, b"nothing was done: The lock covers bytes 0-9", "release", "--yes", "--range", "100-200", row["id"])
    other = t.helper()
    refused(
        t, b"nothing was done: Process %d does not hold this lock" % other.pid,
        "release", "--yes", "--pid", str(other.pid), row["id"],
    )  # fmt: skip


def test_68_test(t):
    """A lock that is not granted is an answer; that it was not held is said as well where standard output is thrown away."""
    path = t.path("f")
    t.helper().open_lock(path)
    for what in (("--acquire",), ("--hold", "1")):
        refused(t, path.encode() + b": ", "test", *what, path, status=1)
        same(t.run("test", "-q", *what, path).err, b"", "-q")
    lease = t.path("lease")
    t.helper().open_lock(lease, "lease", "w", letters="b")
    for what in (("--confirm",), ("--acquire",), ("--hold", "1")):
        refused(t, b"a lease is on the file", "test", *what, lease, status=1)
    fifo = os.path.join(t.dir, "fifo")
    os.mkfifo(fifo)
    for what in (("--confirm",), ("--acquire",), ("--hold", "1")):
        refused(t, b"is no regular file", "test", *what, fifo)
