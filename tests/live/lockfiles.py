# SPDX-License-Identifier: GPL-2.0-or-later
"""96: files that are locks by what they are: whose they are, whether who made them is alive, and on which evidence."""

import os
import signal
import socket
import subprocess
import time

from document import check, same
from harness import NOBODY, key_of, needs, needs_root, slow
from helper import Skip, until


def look(t, path, *args, status=None, **options):
    """What who says of it as a lock file; it must be recognised."""
    document = t.json("who", path, *args, status=status, **options)
    found = document["answer"]["files"][0]["lockfile"]
    check(found is not None, "%s is not recognised: %s", path, document["answer"]["files"][0])
    return found


def said(found):
    return " | ".join(found["because"])


def gone_pid():
    """The number of a process that has just ended."""
    p = subprocess.Popen(["true"])
    p.wait()
    return p.pid


def is_stale(found, what):
    """Stale, or the reason why that could not be proven on this machine: a process that root may not look at."""
    if found["verdict"] == "unknown":
        check("could be asked" in said(found), "%s: %s", what, found)
        return
    same(found["verdict"], "stale", what)


def test_96_pid_file(t):
    """Alive, gone, and a number that may have been reused: three answers."""
    live, dead, reused = t.path("live.pid"), t.path("dead.pid"), t.path("reused.pid")
    h = t.helper()
    with open(live, "w", encoding="ascii") as f:
        f.write("%d\n" % h.pid)
    found = look(t, live, status=4)
    same((found["kind"], found["verdict"], found["owner"]["pid"]), ("pidfile", "probably_live", h.pid), "a live one")
    with open(dead, "w", encoding="ascii") as f:
        f.write("%d\n" % gone_pid())
    is_stale(look(t, dead), "a dead one")
    with open(reused, "w", encoding="ascii") as f:
        f.write("%d\n" % h.pid)
    os.utime(reused, (time.time() - 2 * 86400,) * 2)
    found = look(t, reused, status=4)
    check(found["verdict"] in ("unknown", "probably_live"), "a forged time proves nothing: %s", found)
    same(t.json("who", live, "--kernel-only")["answer"]["files"][0]["lockfile"], None, "--kernel-only")


def test_96_odd_content(t):
    """Nothing that is written in it does harm, and none of it makes it stale."""
    for i, content in enumerate((b"", b"0\n", b"-1\n", b"99999999999999999999\n", b"\0" * 5000, os.urandom(1 << 20), b"12ab\n", b"\x1b]0;x\x07\n")):
        path = t.path("odd%d.pid" % i, content)
        same(look(t, path, status=4)["verdict"], "unknown", "%r" % content[:20])
    fifo = os.path.join(t.dir, "fifo.pid")
    os.mkfifo(fifo)
    same(t.json("who", fifo)["answer"]["files"][0]["lockfile"], None, "what is no regular file is not read")


def test_96_lease(t):
    """An open would break it, so the file is not read."""
    path = t.path("leased.pid", b"1\n")
    h = t.helper()
    h.lock("lease", "w", h.open(path))
    document = t.json("who", path, status=0)
    check("lease" in said(document["answer"]["files"][0]["lockfile"]), "%s", document["answer"]["files"][0]["lockfile"])
    with open("/proc/locks", encoding="ascii") as f:
        lines = [line for line in f if key_of(path) in line.split()]
    check(lines and not any("BREAKING" in line for line in lines), "the lease was broken: %r", lines)


def test_96_links(t):
    """Links to nowhere are no missing files: they say who made them."""
    h = t.helper()
    host = socket.gethostname()
    for name, target, kind, pid in (
        ("lock", "127.0.0.1:+%d" % h.pid, "mozilla", h.pid),
        ("SingletonLock", "%s-%d" % (host, h.pid), "chromium", h.pid),
        (".#notes", "me@%s.%d:1" % (host, h.pid), "emacs", h.pid),
        ("wlock", "%s:%d" % (host, h.pid), "hg", h.pid),
    ):
        path = os.path.join(t.dir, name)
        os.symlink(target, path)
        found = look(t, path, status=4)
        same((found["kind"], found["owner"]["pid"]), (kind, pid), name)
        check(found["verdict"] in ("probably_live", "unknown"), "%s: %s", name, found)
        same(t.run("who", "--kernel-only", path).status, 2, "as a file like others, %s is missing" % name)
        os.unlink(path)
    path = os.path.join(t.dir, "SingletonLock")
    os.symlink("another.example-%d" % gone_pid(), path)
    same(look(t, path, status=4)["verdict"], "foreign", "of another machine")
    os.unlink(path)
    os.symlink("%s-%d" % (host, gone_pid()), path)
    is_stale(look(t, path), "of a browser that is gone")
    os.unlink(path)
    os.symlink("\x1b[31mevil\n-12", path)
    text = t.run("who", path)
    check(b"\x1b" not in text.out, "what is written in it reaches the terminal: %r", text.out)


def test_96_kernel_kind(t):
    """The file means nothing; the lock on it does."""
    path = t.path(".cargo-lock")
    same(look(t, path, status=1)["verdict"], "harmless", "free")
    h = t.helper()
    h.open_lock(path, "flock", "w")
    same(look(t, path, status=0)["verdict"], "live", "locked")


def test_96_lists_of_versions(t):
    path = t.path("Cargo.lock")
    same(look(t, path, status=1)["verdict"], "not_a_lock", "it is no lock")
    check(b"not to be deleted" in t.run("who", path).out, "that it is not to be deleted is not said")


@needs("unshare")
@needs_root
def test_96_container(t):
    """A number that a process in a container wrote means nothing here, even if nobody has it here."""
    path = os.path.join(t.dir, "inner.pid")
    p = t.process(["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", 'sleep 600 & echo $! > "$0"; echo ready; wait', path], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "ready")
    with open(path, encoding="ascii") as f:
        inner = int(f.read())
    found = look(t, path, status=4)
    check(found["owner"]["pid"] == inner and found["verdict"] != "stale", "%s", found)
    with open(path, "w", encoding="ascii") as f:
        f.write("%d\n" % gone_pid())
    is_stale(look(t, path), "another number that is gone")


@needs("git")
def test_96_git(t):
    """While the editor of a commit is open, the index is locked by existing; after a SIGKILL nobody can tell."""
    tree = os.path.join(t.dir, "tree")
    run = {"cwd": tree, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    os.mkdir(tree)
    subprocess.run(["git", "init", "-q", "."], **run)
    with open(os.path.join(tree, "a"), "w", encoding="ascii") as f:
        f.write("a")
    subprocess.run(["git", "add", "a"], **run)
    p = subprocess.Popen(["git", "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-a"], cwd=tree, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                         env={**os.environ, "GIT_EDITOR": "sleep 60 #"})
    t.undo(lambda: (os.killpg(p.pid, 9), p.wait()) if p.poll() is None else None)
    lock = os.path.join(tree, ".git/index.lock")
    until(lambda: os.path.exists(lock), "git's lock")
    found = look(t, lock, status=4)
    same((found["kind"], found["verdict"]), ("git", "probably_live"), "while git works")
    check("(git)" in said(found), "git is not named: %s", found)
    os.killpg(p.pid, 9)
    p.wait()
    found = look(t, lock, status=4)
    same(found["verdict"], "unknown", "it does not say who made it, so that it is not proven to be stale")


def test_96_rm(t):
    """One that is in use, or of which that is not known, is not deleted without a word; one that is proven stale is."""
    h = t.helper()
    live, odd, dead = t.path("live.pid", b"%d\n" % h.pid), t.path("odd.pid", b"?"), t.path("dead.pid", b"%d\n" % gone_pid())
    for path, status, consent in ((live, 5, "--even-if-used"), (odd, 4, "--even-if-unknown")):
        for verb, new in (("rm", ()), ("mv", (t.dir + "/new",))):
            answer = t.run(verb, "--yes", path, *new)
            check(answer.status == status and consent.encode() in answer.err, "%s: %s", verb, answer)
            check(os.path.exists(path), "%s: it was done", verb)
    stale = look(t, dead)["verdict"] == "stale"
    same(t.run("rm", "--yes", dead).status, 0 if stale else 4, "a dead one")
    same(os.path.exists(dead), not stale, "a dead one is there")
    same(t.run("rm", "--yes", "--even-if-unknown", odd).status, 0, "with consent")
    path = t.path(".cargo-lock")
    check(b"not to be deleted" in t.run("rm", "--dry-run", path).err, "what is locked by the kernel is not to be deleted")


def if_stale(t, path, status, *args):
    """Runs rm --if-stale and checks that it deletes the file exactly if it says so."""
    answer = t.run("rm", "--yes", "--if-stale", path, *args)
    check(answer.status == status, "expected status %s: %s", status, answer)
    same(os.path.lexists(path), status != 0, "%s is there" % path)
    return answer


def left_by_dead(t, name, text="%d\n"):
    """A lock file, or with a link's text a link, of a process that has ended; and the status of deleting it: 0 if that can be proven."""
    content = text % gone_pid()
    path = t.path(name, content.encode()) if text.endswith("\n") else os.path.join(t.dir, name)
    if not text.endswith("\n"):
        os.symlink(content, path)
    found = look(t, path)
    is_stale(found, name)
    return path, 0 if found["verdict"] == "stale" else 4


def test_96_rm_if_stale(t):
    """Only what is proven stale, whatever else is asked for."""
    h = t.helper()
    for more in ((), ("--even-if-used", "--even-if-unknown")):
        for path, status in ((t.path("plain"), 5), (t.path("live.pid", b"%d\n" % h.pid), 5), (t.path("odd.pid", b"?"), 4)):
            check(b"stale" in if_stale(t, path, status, *more).err, "why %s stays", path)
        check(b"not to be deleted" in if_stale(t, t.path("Cargo.lock"), 5, *more).err, "a list of versions")
        path, _ = left_by_dead(t, "wlock", socket.gethostname() + ":%d")
        check(b"hg debuglocks" in if_stale(t, path, 5, *more).err, "what to do instead")
        os.unlink(path)
    path = os.path.join(t.dir, "wlock")
    os.symlink("%s:%d" % (socket.gethostname(), h.pid), path)
    answer = if_stale(t, path, 5)
    same(b"debuglocks" in answer.err, b"not stale" not in answer.err, "to take a live one away is no advice: %s" % answer)
    h.open_lock(t.path("live.pid", None), "flock", "w")
    check(b"--even" not in if_stale(t, t.path("live.pid", None), 5).err, "what would not help is no advice")
    for name in ("dead.pid", "passwd.lock"):
        if_stale(t, *left_by_dead(t, name))
    same(t.run("rm", "--if-stale", "--release", "--yes", t.path("plain")).status, 2, "with --release")


def test_96_rm_if_stale_chromium(t):
    """All three links of a browser that is gone, and nothing else."""
    names = ("SingletonSocket", "SingletonCookie")
    for name in names:
        os.symlink("/nowhere", os.path.join(t.dir, name))
    t.path("Preferences")
    path, status = left_by_dead(t, "SingletonLock", socket.gethostname() + "-%d")
    if_stale(t, path, status)
    same([n for n in names if os.path.lexists(os.path.join(t.dir, n))], list(names) if status else [], "the other links")
    check(os.path.exists(t.path("Preferences", None)), "a file beside it is gone")


@needs_root
def test_96_rm_if_stale_links_on_the_way(t):
    """A link that another user has put on the way is not followed; one of root's is."""
    where = os.path.join(t.dir, "real")
    os.mkdir(where)
    for owner in (NOBODY, 0):
        path, status = left_by_dead(t, "real/x.pid")
        way = os.path.join(t.dir, "way%d" % owner)
        os.symlink("real", way)
        os.lchown(way, owner, owner)
        answer = if_stale(t, os.path.join(way, "x.pid"), 5 if owner else status)
        same(b"symbolic link that user" in answer.err, owner != 0, "%s" % answer)
        check(os.path.exists(path) == (owner != 0 or status != 0), "the wrong one is gone: %s", answer)


def test_96_test(t):
    """test says that it is no kernel lock, and answers by the verdict, unless a kernel lock is asked for."""
    h = t.helper()
    live, odd = t.path("live.pid", b"%d\n" % h.pid), t.path("odd.pid", b"?")
    dead, status = left_by_dead(t, "dead.pid")
    link, of_link = left_by_dead(t, "SingletonLock", socket.gethostname() + "-%d")
    for path, wanted in ((live, 4), (odd, 4), (dead, status), (link, of_link)):
        document = t.json("test", path, status=wanted)
        verdict = document["answer"]["lockfile"]["verdict"]
        same(document["answer"]["granted"], True if verdict == "stale" else None, path)
        text = t.run("test", path).out
        check(b"about kernel locks" in text and verdict.replace("_", " ").encode() in text, "%r", text)
    h.open_lock(live, "flock", "w")
    same(t.json("test", live, status=1)["answer"]["lockfile"]["verdict"], "live", "one that is locked, too")
    for path, args in ((odd, ["--kernel-only"]), (odd, ["--flock"]), (odd, ["--range", "0-1"]), (t.path("plain"), []), (t.path("Cargo.lock"), [])):
        same(t.json("test", path, *args, status=0)["answer"]["lockfile"], None, "%s %r" % (path, args))
    same(t.run("test", "--kernel-only", link).status, 2, "a link to nowhere as a file")


def waiting(t, path, *args):
    """A wait that has begun, and its standard error."""
    p = t.process([t.world.lockscope, "wait", "--timeout", "150", *args, path], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    check(b"waiting until" in p.stderr.readline(), "it does not wait for %s", path)
    return p


def test_96_wait(t):
    """wait ends when the lock file is gone, or when its owner is and that can be proven."""
    h = t.helper()
    for name, text in (("live.pid", "%d\n"), ("index.lock", "%d\n"), ("wlock", socket.gethostname() + ":%d")):
        path = os.path.join(t.dir, name)
        if text.endswith("\n"):
            t.path(name, (text % h.pid).encode())
        else:
            os.symlink(text % h.pid, path)
        same(t.run("wait", "--timeout", "0.2", path).status, 3, "it is there: %s" % name)
        same(t.run("wait", "--for", "held", "--timeout", "60", path).status, 0, "it is held: %s" % name)
        p = waiting(t, path)
        os.unlink(path)
        same(p.wait(150), 0, "it is gone: %s" % name)
    path, status = left_by_dead(t, "dead.pid")
    if status == 0:
        check(b"is stale" in t.run("wait", path).err, "that it is stale is said")
        same(t.run("wait", "--for", "held", "--timeout", "0.2", path).status, 3, "nobody holds it")
    same(t.run("wait", "--kernel-only", t.path("index.lock")).status, 0, "as a file like others")


def test_96_wait_owner_ends(t):
    """The end of the process that is written in it is noticed."""
    _, status = left_by_dead(t, "dead.pid")
    if status:
        raise Skip("not all processes of this machine can be asked, so that nothing is proven to be stale")
    h = t.helper()
    path = t.path("live.pid", b"%d\n" % h.pid)
    p = waiting(t, path)
    os.kill(h.pid, signal.SIGKILL)
    same(p.wait(150), 0, "its owner has ended")
    check(b"is stale" in p.stderr.read() and os.path.exists(path), "that it is stale is said")


@slow
def test_96_rm_if_stale_races(t):
    """Beside somebody who opens, writes, replaces or takes the lock at any moment, or swaps the directory: no live lock is lost."""
    beside = os.environ.get("LKHELP") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../helpers/lkhelp")
    program = os.path.join(os.path.dirname(beside), "soak_stale")
    if not os.access(program, os.X_OK):
        raise Skip("tests/helpers/soak_stale is not built")
    where = os.path.join(t.dir, "race")
    os.mkdir(where)
    rounds, seconds = ("5000", "1500") if t.soak else ("0", "10")  # by each scanner
    p = t.process([program, where, t.world.scanner, rounds, seconds], stdout=subprocess.PIPE)
    words = p.stdout.read().decode(errors="replace").strip()
    if p.wait() == 77:
        raise Skip(words)
    same(p.returncode, 0, words)
    t.note(words)
