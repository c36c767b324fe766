# SPDX-License-Identifier: GPL-2.0-or-later
"""63: a lock file was deleted, or replaced, while it was locked: two programs may each think that they have it."""

import os
import subprocess

from document import check, same
from harness import needs, needs_root, on_file


def deleted(t, name="job.lock"):
    """A helper that holds a lock on a file that was deleted; and the path."""
    path = t.path(name)
    h = t.helper()
    h.open_lock(path)
    os.unlink(path)
    return h, path


def says(pid, does="holds", what="a deleted file of this name"):
    return b"process %d (lkhelp) %s a lock on %s" % (pid, does.encode(), what.encode())


def namesakes(t, path, *args, status):
    """Of the only FILE: (key, holders, waiters) of each."""
    document = t.who(path, *args, status=status)
    found = document["answer"]["files"][0]["deleted_namesakes"]
    ours = {row["id"] for row in t.list()["locks"] if row["file"]["path"] == os.path.realpath(path)}
    for one in found:
        check(one["locks"] and set(one["locks"]) <= ours, "rows of %r, not in %r", one, ours)
        check(not set(one["locks"]) & {row["id"] for row in document["locks"]}, "no row of the answer: %r", one)
    return [(one["file"]["deleted"], one["holders"], one["waiters"]) for one in found]


def namesakes_by(t, path):
    found = t.who(path, status=1)["answer"]["files"][0]["deleted_namesakes"]
    return [pid for one in found for pid in one["holders"]]


def test_63_made_anew(t):
    """The new file is free, and so says the status; who has the lock on the old one is told."""
    holder, path = deleted(t)
    same(len(on_file(t.list(), path)), 1, "the lock on the deleted file")
    with open(path, "wb"):
        pass
    same(namesakes(t, path, status=1), [(True, [holder.pid], [])], "in JSON")
    for verb, status in (("who", 1), ("map", 1), ("test", 0), ("list", 0)):
        answer = t.run(verb, path)
        same(answer.status, status, str(answer))
        check(says(holder.pid) in answer.out + answer.err, "%s", answer)
    for verb in ("test", "map"):
        answer = t.json(verb, path)["answer"]
        found = answer["deleted_namesakes"] if verb == "test" else answer["file"]["deleted_namesakes"]
        same([one["holders"] for one in found], [[holder.pid]], verb)
    answer = t.run("who", "-t", path)
    same((answer.status, answer.out), (1, b""), "pids")
    check(says(holder.pid) in answer.err, "%s", answer)
    same(t.run("who", "-q", path).err, b"", "-q")
    holder.end()
    same(namesakes(t, path, status=1), [], "it has let go")
    check(b"of this name" not in t.run("who", path).out, "it has let go")


def test_63_two_holders(t):
    """One has the new file, the other the deleted one: both are named."""
    old, path = deleted(t)
    new = t.helper()
    new.open_lock(path)
    document = t.who(path, status=0)
    same([row["pid"] for row in document["locks"]], [new.pid], "the lock on the FILE")
    same(namesakes(t, path, status=0), [(True, [old.pid], [])], "the other one")
    text = t.run("who", path).out
    check(b"locked by 1 process" in text and says(old.pid) in text and says(new.pid) not in text, "%r", text)


def test_63_missing(t):
    """The name is gone: an error as before, and who has the lock is told; `wait` ends, and says so."""
    holder, path = deleted(t)
    same(namesakes(t, path, status=2), [(True, [holder.pid], [])], "in JSON")
    for verb, status in (("who", 2), ("map", 2), ("test", 2), ("list", 2), ("wait", 0)):
        answer = t.run(verb, path)
        same(answer.status, status, str(answer))
        check(says(holder.pid) in answer.err, "%s", answer)
    check(b"so it is free; but process" in answer.err and b": two programs may each think" in answer.err, "%s", answer)
    other = os.path.join(t.dir, "other.lock")
    check(b"of this name" not in t.run("wait", other).err, "another name")


def test_63_waiting(t):
    """Who waits for the lock on the deleted file waits in vain; each process is told once."""
    path = t.path("job.lock")
    holder, waiter = t.helper(), t.helper()
    holder.open_lock(path)
    holder.open_lock(path, "posix")
    waiter.wait_for("flock", "w", waiter.open(path))
    os.unlink(path)
    same(namesakes(t, path, status=2), [(True, [holder.pid], [waiter.pid])], "in JSON")
    answer = t.run("who", path)
    same(answer.err.count(says(holder.pid)), 1, str(answer))
    same(answer.err.count(says(waiter.pid, "waits for")), 1, str(answer))


def test_63_goes_while_waiting(t):
    """Somebody tidies up the lock file that is waited for: its holder goes on."""
    path = t.path("job.lock")
    holder = t.helper()
    holder.open_lock(path)
    p = t.process([t.world.lockscope, "wait", path], stderr=subprocess.PIPE)
    check(b"it is held by process %d" % holder.pid in p.stderr.readline(), "it does not wait")
    os.unlink(path)
    said = p.stderr.read()
    same(p.wait(30), 0, "the name is free")
    check(b"is gone, so it is free; but " + says(holder.pid) in said, "%r", said)


def test_63_names(t):
    """The same file by any name that leads there: relative, through links, a link that leads nowhere, a directory that is gone."""
    os.mkdir(os.path.join(t.dir, "run"))
    holder, path = deleted(t, "run/job.lock")
    os.symlink("run", os.path.join(t.dir, "by-dir"))
    os.symlink("by-dir/job.lock", os.path.join(t.dir, "link"))
    os.symlink(os.path.join(t.dir, "link"), os.path.join(t.dir, "link-to-link"))
    names = ("run/job.lock", "./run/../run//job.lock", "by-dir/job.lock", "link", "link-to-link")
    for there in (False, True):
        for name in names:
            answer = t.run("who", name, prefix=("env", "-C", t.dir))
            same(answer.status, 1 if there else 2, str(answer))
            check(says(holder.pid) in answer.out + answer.err, "%s", answer)
        answer = t.run("who", "-P", os.path.join(t.dir, "link"))
        check(b"of this name" not in answer.out + answer.err, "the link itself: %s", answer)
        with open(path, "wb"):
            pass
    os.unlink(path)
    os.rmdir(os.path.dirname(path))
    check(says(holder.pid) in t.run("who", path).err, "its directory is gone")


def test_63_link_in_its_place(t):
    """The name is a link by now: who asks for it asks for the name too."""
    holder, path = deleted(t)
    os.symlink(t.path("elsewhere"), path)
    same(namesakes_by(t, path), [holder.pid], "the name that was given")


def test_63_plans(t):
    """Whoever deletes the name, or puts another file there, is told."""
    holder, path = deleted(t)
    other = t.path("other")
    for args in (("mv", other, path), ("rm", path)):
        answer = t.run(*args, "--dry-run")
        same(answer.status, 0, str(answer))
        check(says(holder.pid) in answer.out, "%s", answer)
        with open(path, "wb"):
            pass
    check(b"of this name" not in t.run("rm", "--dry-run", other).out, "another name")


def test_63_capture(t):
    """A capture knows the names too."""
    holder, path = deleted(t)
    with open(path, "wb"):
        pass
    capture = os.path.join(t.dir, "capture")
    with open(capture, "wb") as f:
        f.write(t.run("capture").out)
    answer = t.run("who", "--from", capture, path)
    same(answer.status, 4, str(answer))
    check(says(holder.pid) in answer.out, "%s", answer)


def test_63_strangers(t):
    """Files of other names, of no name, and of the same name elsewhere."""
    holder, path = deleted(t, "here.lock")
    os.mkdir(os.path.join(t.dir, "sub"))
    elsewhere = t.path("sub/here.lock")
    same(namesakes(t, elsewhere, status=1), [], "another directory")
    with open(path, "wb"):
        pass
    os.rename(path, path + ".old")
    same(namesakes(t, path + ".old", status=1), [], "another name")


@needs_root
@needs("unshare")
def test_63_other_namespace(t):
    """A deleted file of that name in another mount namespace is none of this name."""
    where = os.path.join(t.dir, "mnt")
    os.mkdir(where)
    script = "mount -t tmpfs none '%s' && exec \"$@\"" % where
    h = t.helper(prefix=("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh"))
    path = os.path.join(where, "job.lock")
    fd = h.open(path, "bc")
    h.lock("flock", "w", fd)
    os.unlink("/proc/%d/root%s" % (h.pid, path))
    same(namesakes(t, path, status=2), [], "it does not exist here")
    with open(path, "wb"):
        pass
    same(namesakes(t, path, status=1), [], "it is free here")


@needs_root
def test_63_covered(t):
    """Something was mounted over the file: the name leads to another one."""
    path = t.path("job.lock")
    holder = t.helper()
    holder.open_lock(path)
    t.system("mount", "--bind", t.path("cover"), path)
    t.undo(lambda: subprocess.run(["umount", "-l", path], stderr=subprocess.DEVNULL, timeout=30, check=False))
    same(namesakes_by(t, path), [holder.pid], "the covered one")
    text = t.run("who", path).out
    check(says(holder.pid, what="another file that had this name") in text, "%r", text)
