# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 18: a file system whose server never answers again, locks on it, and a process that cannot even be killed."""

import contextlib
import os
import signal
import subprocess

from document import check, same
from harness import holders_of, needs_root, on_file, one_row, slow
from helper import Skip, read_text, until

IN_TIME = 40  # seconds: a bound for the test, not a promise


def start(t):
    """A living FUSE mount and its server."""
    if not os.path.exists("/dev/fuse"):
        raise Skip("there is no /dev/fuse")
    where = os.path.join(t.dir, "fuse")
    os.mkdir(where)
    server = subprocess.Popen([t.world.compile("deadfuse"), where], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    t.undo(stop, server, where)
    line = server.stdout.readline().decode().strip()
    if line != "ready":
        raise Skip("fuse cannot be mounted: " + line)
    return where, server


def stop(server, where):
    """Its end aborts the connection, which releases everybody who waits for it."""
    server.kill()
    server.wait(10)
    server.stdin.close()
    server.stdout.close()
    subprocess.run(["umount", "-l", where], stderr=subprocess.DEVNULL, timeout=30, check=False)


def die(server, word=b"die\n"):
    server.stdin.write(word)
    server.stdin.flush()
    same(server.stdout.readline(), b"dead\n", "the server's last word")


def state(pid):
    return read_text("/proc/%d/stat" % pid).rsplit(")", 1)[-1].split()[0:1]


def stuck(t, where):
    """A reader that has been killed and cannot end: D state, its lock still held."""
    reader = t.helper()
    reader.cmd("close", reader.open(os.path.join(where, "h"), "r"))  # the kernel learns that close asks for nothing
    fd = reader.open(os.path.join(where, "b"), "r")
    reader.lock("flock", "r", fd)
    return reader, fd


def sink(server, reader, fd):
    reader.send("read", fd)
    same(server.stdout.readline(), b"took\n", "the server has taken the request for data")
    reader.signal(signal.SIGKILL)
    until(lambda: state(reader.pid) == ["D"], "the reader is in D state")


@needs_root
@slow
def test_18_dead_server(t):
    """list, and who on any other file, answer; the dead one cannot be told."""
    where, server = start(t)
    path, other, free = os.path.join(where, "a"), t.path("other"), t.path("free")
    holder, bystander = t.helper(), t.helper()
    fd = holder.open(path, "b")
    holder.lock("flock", "w", fd)
    posix_fd = holder.open(os.path.join(where, "c"), "b")
    holder.lock("posix", "w", posix_fd, 5, 5)
    other_fd = bystander.open_lock(other)
    reader, reader_fd = stuck(t, where)
    t.undo(server.kill)  # before the helpers are ended: that would wait for ever
    die(server)
    sink(server, reader, reader_fd)
    check_list(t, path, (holder, fd), other, (bystander, other_fd))
    same(
        [holders_of(r) for r in t.who(other, status=0, timeout=IN_TIME)["locks"]],
        [[(bystander.pid, other_fd)]],
        "who of another file",
    )
    same(t.who(free, timeout=IN_TIME)["status"], 1, "who of a free file")
    check_dead(t, where, path)


def check_list(t, path, holder, other, bystander):
    document = t.list(timeout=IN_TIME)
    row = one_row(on_file(document, path), type="flock", mode="write", how_known="exact")
    same(
        (holders_of(row), row["file"]["size_bytes"]),
        ([(holder[0].pid, holder[1])], None),
        "a lock on the dead file system",
    )
    same(row["file"]["fstype"], "fuse", "file system")
    same(len(on_file(document, os.path.join(os.path.dirname(path), "c"))), 1, "a POSIX lock there")
    row = one_row(on_file(document, os.path.join(os.path.dirname(path), "b")), how_known="exact")
    same(row["holders"][0]["comm"], "lkhelp", "the process in D state still holds its lock")
    row = one_row(on_file(document, other))
    same(holders_of(row), [(bystander[0].pid, bystander[1])], "the other file")
    same(t.run("list", timeout=IN_TIME).status, 0, "list for people")
    same(t.run("list", "-o", "+CMDLINE,SIZE,UNIT", timeout=IN_TIME).status, 0, "list with every fact")


def check_dead(t, where, path):
    answer = t.run("--scan-timeout", "3", "who", path, timeout=IN_TIME)
    same(answer.status, 4, "who of the dead file: %s" % answer)
    check(len(answer.out + answer.err) > 20, "no sentence: %s", answer)
    answer = t.run("who", path, timeout=IN_TIME)
    same(answer.status, 4, "who of the dead file, with the usual time: %s" % answer)
    same(t.run("who", "-R", where, timeout=IN_TIME).status in (0, 4), True, "who -R")
    check(t.run("list", path, timeout=IN_TIME).status in (0, 2, 4), "list FILE")


@needs_root
def test_18_killed_and_never_gone(t):
    """A process that hangs while it ends has no descriptors any more; its lock is still listed, with reasons."""
    where, server = start(t)
    other = t.path("other")
    h, bystander = t.helper(), t.helper()
    h.lock("flock", "w", h.open(os.path.join(where, "a"), "r"))
    fd = bystander.open_lock(other)
    t.undo(server.kill)
    die(server)
    h.signal(signal.SIGKILL)
    until(lambda: state(h.pid) == ["D"] and "request_wait" in read_text("/proc/%d/wchan" % h.pid), "it hangs in close")
    document = t.list(timeout=IN_TIME)
    row = one_row([r for r in document["locks"] if r["recorded_pid"] == h.pid], type="flock", state="held")
    same(row["holders"], [], "holders")
    check(row["how_known"] in ("recorded", "unknown") and row["no_holder_because"], "how known and reasons: %r", row)
    same([holders_of(r) for r in t.who(other, status=0, timeout=IN_TIME)["locks"]], [[(bystander.pid, fd)]], "who")


@needs_root
def test_18_unreadable_command_line(t):
    """A command line that lies in a page of the dead file system is left out or cut, and nothing waits for it."""
    where, server = start(t)
    path = t.path("f")
    h = t.helper(padding=["x" * 16384])
    fd = h.open_lock(path)
    h.cmd("argmap", h.open(os.path.join(where, "d"), "r"))
    t.undo(server.kill)
    die(server)
    same([holders_of(r) for r in t.who(path, status=0, timeout=IN_TIME)["locks"]], [[(h.pid, fd)]], "who")
    document = t.list("--full", whole=False, timeout=IN_TIME)
    row = one_row(on_file(document, path), how_known="exact")
    line = row["holders"][0]["cmdline"]
    if line is None:
        check(
            any("command line" in e["text"] or "cmdline" in (e["what"] + e["text"]) for e in document["errors"]),
            "that it was left out is not said: %r",
            document["errors"],
        )
    else:  # newer kernels give the part before that page
        check(line.startswith(t.world.lkhelp + " --connect ") and len(line) < 8192, "the command line: %r", line[:200])
    same(t.run("list", "-o", "PID,CMDLINE", timeout=IN_TIME).status, 0, "a table with CMDLINE")


@needs_root
def test_18_living_fuse(t):
    """On a FUSE that answers, a lock of this kernel is shown; a file without one may be locked by its server."""
    where, _ = start(t)
    h = t.helper()
    fd = h.open(os.path.join(where, "a"), "b")
    h.lock("flock", "w", fd)
    same(
        [holders_of(r) for r in t.who(os.path.join(where, "a"), status=0)["locks"]],
        [[(h.pid, fd)]],
        "who of a locked file",
    )
    answer = t.run("who", os.path.join(where, "b"))
    same(answer.status, 4, "who of a free file: %s" % answer)
    with contextlib.suppress(OSError):
        h.cmd("close", fd)


def test_18_lockfiles(t):
    """A search for lock files passes it by, and says so; one that is sent there says that it does not answer."""
    where, server = start(t)
    t.path("a.pid", b"1\n")
    die(server)
    found = t.json("lockfiles", t.dir, status=0)["answer"]
    same([r["file"]["path"] for r in found["lockfiles"]], [t.dir + "/a.pid"], "beside it")
    same((found["not_entered"]["count"], found["not_entered"]["first"], found["complete"]), (1, where, True), "it was not entered")
    found = t.json("lockfiles", where, status=4)["answer"]
    check(not found["complete"] and found["lockfiles"] == [], "%s", found)
