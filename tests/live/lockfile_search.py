# SPDX-License-Identifier: GPL-2.0-or-later
"""96: the search for lock files."""

import json
import os
import socket
import tempfile

from document import check, same
from harness import NOBODY, needs_root, path_bytes
from lockfiles import gone_pid, is_stale, look


def search(t, *args, status=0):
    """The rows of lockfiles, by the path below the folder of the test."""
    answer = t.json("lockfiles", *args, status=status)["answer"]
    return {os.path.relpath(r["file"]["path"], t.dir): r["lockfile"] for r in answer["lockfiles"]}, answer


def test_96_search(t):
    """What lies below a directory, each judged as who judges it; nothing behind a link, and no list of versions."""
    h = t.helper()
    os.makedirs(t.path("d", None) + "/deep/er")
    with tempfile.TemporaryDirectory() as outside:
        with open(outside + "/outside.pid", "w", encoding="ascii") as f:
            f.write("1\n")
        os.symlink(outside, t.dir + "/d/link")
        for name, content in (("live.pid", b"%d\n" % h.pid), ("deep/er/dead.pid", b"%d\n" % gone_pid()), ("odd.pid", b"?"), ("Cargo.lock", b""),
                              (".cargo-lock", b""), ("notes", b""), ("deep/index.lock", b"")):
            t.path("d/" + name, content)
        os.symlink("another.example-12", t.dir + "/d/SingletonLock")
        rows, answer = search(t, t.dir)
    same(set(rows), {"d/live.pid", "d/deep/er/dead.pid", "d/odd.pid", "d/.cargo-lock", "d/deep/index.lock", "d/SingletonLock"}, "what was found")
    check(answer["complete"] and answer["bounds"] == [], "%s", answer)
    for name, found in rows.items():
        same(found["verdict"], look(t, os.path.join(t.dir, name))["verdict"], name)
    same((rows["d/live.pid"]["verdict"], rows["d/live.pid"]["owner"]["alive"]), ("probably_live", True), "a live one")
    same((rows["d/SingletonLock"]["verdict"], rows["d/.cargo-lock"]["verdict"]), ("foreign", "harmless"), "others")
    is_stale(rows["d/deep/er/dead.pid"], "a dead one")
    stale, _ = search(t, t.dir, "--stale", status=(0, 4))
    same(set(stale), {n for n, r in rows.items() if r["verdict"] == "stale"}, "--stale")


def test_96_search_options(t):
    """Columns, order and filter are as in list; the status says whether there is one."""
    h = t.helper()
    for name in ("b.pid", "a.pid"):
        t.path(name, b"%d\n" % h.pid)
    t.path(".cargo-lock")
    text = t.run("lockfiles", t.dir, "-r", "-n", "-o", "KIND,PID,PATH", "--sort", "-path", "--filter", "kind == pidfile")
    same(text.out.decode().split("\n")[:-1], ["pidfile %d %s" % (h.pid, t.path(n, None)) for n in ("b.pid", "a.pid")], "rows")
    lines = t.run("lockfiles", t.dir, "--jsonl", "--sort", "path").out.decode().splitlines()
    same(len(lines), 4, "a header and three lines")
    same([json.loads(line)["lockfile"]["kind"] for line in lines[1:]], ["cargo", "pidfile", "pidfile"], "lines")
    same(t.run("lockfiles", t.dir, "-q").status, 0, "some")
    same(t.run("lockfiles", t.dir, "-q", "--filter", "kind == hg").status, 1, "none of those")
    same(t.run("lockfiles", t.path("a.pid", None), "-q").status, 0, "a file itself")
    named, _ = search(t, t.path("Cargo.lock"))
    same(named["Cargo.lock"]["verdict"], "not_a_lock", "a list of versions that is named")
    empty = t.dir + "/empty"
    os.mkdir(empty)
    same(t.run("lockfiles", empty).status, 1, "nothing there")
    same(t.run("lockfiles", t.dir + "/missing", empty).status, 2, "a missing one")
    plain = t.run("lockfiles", t.path("notes"))
    check(plain.status == 1 and b"not known to be a lock file" in plain.err, "%s", plain)
    bad = t.run("lockfiles", "--filter", "state == held")
    check(bad.status == 2 and b"STATE" not in bad.out and b"no column" in bad.err, "the columns of list are others: %s", bad)


def test_96_search_hostile_names(t):
    """Names are bytes of others: none of them reaches the terminal as it is, and all are found."""
    names = [b"\x1b[31m.pid", b"a\nb.pid", b"\xff\xfe.pid", b"-rf.pid", b"x" * 250 + b".pid"]
    for name in names:
        t.path(name, b"1\n")
    answer = t.json("lockfiles", t.dir, status=0)["answer"]
    same(sorted(os.path.basename(path_bytes(r["file"])) for r in answer["lockfiles"]), sorted(names), "all names")
    text = t.run("lockfiles", t.dir)
    check(b"\x1b" not in text.out and len(text.out.splitlines()) == len(names) + 1, "%r", text.out)


@needs_root
def test_96_search_unread(t):
    """A directory that this user may not read is counted, and nothing is said to be proven."""
    os.mkdir(t.dir + "/closed", 0o700)
    os.mkdir(t.dir + "/open")
    os.chmod(t.dir, 0o755)
    t.path("closed/a.pid", b"1\n")
    answer = t.run("lockfiles", t.dir, uid=NOBODY)
    check(answer.status == 4 and b"closed could not be read" in answer.err, "%s", answer)
    found = t.json("lockfiles", t.dir, uid=NOBODY, status=4)["answer"]
    same((found["complete"], found["unread"]["count"], found["unread"]["errno"]), (False, 1, "EACCES"), "what was not read")
    same(t.run("lockfiles", t.dir + "/open", uid=NOBODY).status, 1, "where all could be read")


def test_96_link_with_a_target(t):
    """A link that says who made it is one, also if somebody has made a file of that name; other links are followed."""
    h = t.helper()
    target = "%s-%d" % (socket.gethostname(), h.pid)
    os.symlink(target, t.dir + "/SingletonLock")
    t.path(target)
    same(look(t, t.dir + "/SingletonLock", status=4)["owner"]["pid"], h.pid, "the link itself")
    os.mkdir(t.dir + "/x")
    locked = t.path("x/target")
    h.open_lock(locked, "flock", "w")
    os.symlink(locked, t.dir + "/x/lock")
    same(t.json("who", t.dir + "/x/lock", status=0)["answer"]["files"][0]["holders"], [h.pid], "another link")


def beside(t, *args, status):
    """What who says of lock files beside or below a FILE: verdict and kind by name."""
    answer = t.json("who", *args, status=status)["answer"]["files"][0]
    return {os.path.basename(c["path"]): c["lockfile"] and c["lockfile"]["kind"] for c in answer["companions"]}


def test_96_beside(t):
    """Lock files that lie beside a file are told of, and do not change what is said of it."""
    h = t.helper()
    path = t.path("notes")
    same(beside(t, path, status=1), {}, "nothing")
    os.symlink("me@%s.%d:1" % (socket.gethostname(), h.pid), t.dir + "/.#notes")
    t.path(".~lock.notes#", b",me,another,01.01.2026 12:00,file:///p;")
    t.path(".other.swp")
    same(beside(t, path, status=1), {".#notes": "emacs", ".~lock.notes#": "libreoffice"}, "beside it")
    check(b"Beside it: %s/.#notes: lock file of Emacs" % t.dir.encode() in t.run("who", path).out, "in words")
    same(beside(t, path, "--kernel-only", status=1), {}, "--kernel-only")
    os.makedirs(t.dir + "/tree/.git")
    t.path("tree/.git/index.lock")
    same(beside(t, t.dir + "/tree", status=1), {"index.lock": "git"}, "in a work tree")
    same(beside(t, t.path("tree/file"), status=1), {"index.lock": "git"}, "beside a file of it")


def test_96_below(t):
    """who -R finds lock files at any depth; only one that is live makes the tree a locked one."""
    os.makedirs(t.dir + "/d/e")
    where = t.dir + "/d"
    same(beside(t, "-R", where, status=1), {}, "nothing")
    t.path("d/e/odd.pid", b"?")
    t.path("d/.cargo-lock")
    t.path("d/Cargo.lock")
    same(beside(t, "-R", where, status=1), {"odd.pid": "pidfile"}, "one that is unknown")
    same(beside(t, "-R", where, "--kernel-only", status=1), {}, "--kernel-only")
    h = t.helper()
    path = t.path("d/e/live.pid", b"%d\n" % h.pid)
    h.open(path, "r")
    same(beside(t, "-R", where, status=0), {"odd.pid": "pidfile", "live.pid": "pidfile"}, "its owner, who has it open, makes it a live one")
    check(b"In it: %s: lock file of a daemon, live" % path.encode() in t.run("who", "-R", where).out, "in words")
    same(t.run("who", path).status, 0, "the file itself")
