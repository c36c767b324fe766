# SPDX-License-Identifier: GPL-2.0-or-later
"""92: rm and mv beside somebody who exchanges the names while they run."""

import contextlib
import glob
import os
import re
import subprocess
import threading
import time

from actions_files import done, inode_of, refused
from document import check, same
from faults import ENVIRONMENT
from harness import NOBODY, needs, needs_root, once
from helper import Failure, Skip, until

RACE_SECONDS, RACES = 4, 2500  # of each kind: in a normal run, in a long one
PRIVATE = ".lockscope-"


def private_dirs(where):
    return [n for n in os.listdir(where) if n.startswith(PRIVATE)]


def inodes_in(where):
    """Name to inode, seen at one moment."""
    with os.scandir(where) as entries:
        return {e.name: e.inode() for e in entries}


def fill(where, *names):
    for name in set(names) - set(os.listdir(where)):
        with open(os.path.join(where, name), "w", encoding="ascii"):
            pass


def race(t, *args, names=("t", "v"), to=None):
    """Runs a verb on t while t and v are exchanged all the time: it hits the file of the plan or none, and says which."""
    where = os.path.join(t.dir, "race")
    os.mkdir(where)
    fill(where, *names)
    paths = [os.path.join(where, n) for n in names]
    swapper = t.process([t.world.compile("nameswap"), *paths], stdout=subprocess.PIPE)
    same(swapper.stdout.readline(), b"ready\n", "the swapper is ready")
    counts, end = {}, time.monotonic() + RACE_SECONDS
    while sum(counts.values()) < RACES if t.soak else time.monotonic() < end:
        fill(where, *names, *([to] if to and "--replace" in args else []))
        before = inodes_in(where)
        answer = t.run(*args, "--yes", paths[0], *([os.path.join(where, to)] if to else []))
        after = inodes_in(where)
        counts[answer.status] = counts.get(answer.status, 0) + 1
        judge(before, after, answer, names, to)
        if to in after:
            os.unlink(os.path.join(where, to))
    same(sorted(inodes_in(where)), sorted(set(os.listdir(where)) & set(names)), "files are left")
    t.note("%s: %s" % (" ".join(args), ", ".join("%d times status %d" % (n, s) for s, n in sorted(counts.items()))))


def judge(before, after, answer, names, to):
    planned = re.search(rb"inode (\d+)", answer.out)
    gone = {before[n] for n in names} - {after.get(n) for n in names}
    check(answer.status in (0, 5), "%s", answer)
    check(not [n for n in after if n.startswith(PRIVATE)], "a directory is left: %r: %s", after, answer)
    if answer.status == 5:
        same(gone, set(), "refused, and a file is gone: %s" % answer)
        same(after.get(to), before.get(to), "refused, and the new name has changed: %s" % answer)
        return
    same(gone, {int(planned.group(1))}, "the wrong file was hit: %s" % answer)
    check(not to or after[to] in gone, "the wrong file has the new name: %s", answer)


@once
def test_92_race_rm(t):
    """rm beside somebody who exchanges the name with another one."""
    race(t, "rm")


@once
def test_92_race_rm_in_use(t):
    """The same without a look at users in between."""
    race(t, "rm", "--even-if-used")


@once
def test_92_race_mv(t):
    """mv likewise."""
    race(t, "mv", "--even-if-used", to="new")


@once
def test_92_race_mv_replace(t):
    """mv that replaces a file."""
    race(t, "mv", "--even-if-used", "--replace", to="new")


@once
def test_92_race_new_name(t):
    """mv --replace while the name that is replaced is exchanged: the file of the plan is replaced or none."""
    where = os.path.join(t.dir, "race")
    os.mkdir(where)
    paths = [os.path.join(where, n) for n in ("from", "to", "v")]
    fill(where, "to", "v")
    swapper = t.process([t.world.compile("nameswap"), *paths[1:]], stdout=subprocess.PIPE)
    same(swapper.stdout.readline(), b"ready\n", "the swapper is ready")
    end, count = time.monotonic() + RACE_SECONDS, 0
    while count < RACES if t.soak else time.monotonic() < end:
        fill(where, "from", "to", "v")
        before = inodes_in(where)
        answer = t.run("mv", "--yes", "--replace", "--even-if-used", *paths[:2])
        after, count = inodes_in(where), count + 1
        if answer.status == 5:
            same(set(after.values()), set(before.values()), "refused, and a file is gone: %s" % answer)
            same(after["from"], before["from"], "refused: %s" % answer)
            continue
        # 1: somebody exchanged the new name at once.
        check(answer.status in (0, 1) and "from" not in after, "%s", answer)
        replaced = int(re.findall(rb"inode (\d+)", answer.out)[1])
        same(set(before.values()) - set(after.values()), {replaced}, "the wrong file was replaced: %s" % answer)
    same(private_dirs(where), [], "directories are left")
    t.note("%d times" % count)


def injected(*injections):
    """How to run lockscope with system calls that fail, are held up or bring signals, as strace(1) says it."""
    calls = ",".join(i.split(":")[0] for i in injections)
    options = [word for i in injections for word in ("-e", "inject=" + i)]
    return ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, *options)


def slowed(t, inject, during, *args):
    """Runs lockscope so, and does something meanwhile."""
    worker = threading.Thread(target=during)
    worker.start()
    answer = t.run(*args, prefix=injected(*inject.split()), env=ENVIRONMENT)
    worker.join()
    return answer


def replace_when(where, condition, name):
    """Another file gets the name as soon as the condition holds."""

    def work():
        until(condition, "the moment to replace it")
        other = os.path.join(where, "other-" + name)
        with open(other, "w", encoding="ascii"):
            pass
        os.rename(other, os.path.join(where, name))

    return work


@needs("strace")
def test_92_another_file_is_put_back(t):
    """The name gets another file behind the last check: that is put back, and the answer is no."""
    for verb, options in (("rm", ()), ("mv", (t.dir + "/g",))):
        path = t.path("f")
        mine = inode_of(path)
        meanwhile = replace_when(t.dir, lambda: private_dirs(t.dir), "f")
        answer = slowed(t, "mkdirat:delay_exit=400000", meanwhile, verb, "--yes", "--even-if-used", "--even-if-unknown", path, *options)
        check(answer.status == 5 and b"it is another file now, and was left alone" in answer.err, "%s", answer)
        check(inode_of(path) != mine and sorted(os.listdir(t.dir)) == ["f"], "%r", os.listdir(t.dir))


@needs("strace")
def test_92_what_cannot_be_put_back(t):
    """Its name is taken meanwhile: it stays in the private directory, the answer says where, and so does the next plan."""
    path = t.path("f")

    def meanwhile():
        replace_when(t.dir, lambda: private_dirs(t.dir), "f")()
        replaced.append(inode_of(path))
        until(lambda: not os.path.exists(path), "the file is taken")
        t.path("f", b"third")

    replaced = []
    inject = "mkdirat:delay_exit=400000 renameat2:delay_exit=400000:when=1"
    answer = slowed(t, inject, meanwhile, "rm", "--yes", "--even-if-used", path)
    kept = glob.glob(os.path.join(t.dir, PRIVATE + "*", "f"))
    same((answer.status, len(kept)), (64, 1), str(answer))
    check(b"is kept as " + os.fsencode(kept[0]) in answer.out, "%s", answer)
    same((inode_of(kept[0]), open(path, "rb").read()), (replaced[0], b"third"), "the two files")
    again = t.run("rm", "--dry-run", path)
    check(os.fsencode(kept[0]) + b" was left by lockscope" in again.out, "%s", again)
    document = t.json("rm", "--yes", path, status=0)
    check(any(kept[0] in line["text"] for line in document["answer"]["plan"]), "%r", document["answer"])


def try_to_make(path, tries):
    """Who locks by making a file tries it as long as the file is judged: while it lies in the private directory."""
    mine = inode_of(path)

    def is_judged():
        aside = glob.glob(os.path.join(os.path.dirname(path), PRIVATE + "*", os.path.basename(path)))
        with contextlib.suppress(FileNotFoundError):
            return bool(aside) and inode_of(aside[0]) == mine
        return False

    def work():
        until(is_judged, "the moment to try")
        while is_judged():
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                tries.append("exists")
                continue
            tries.append("made" if is_judged() else "made afterwards")
            return

    return work


@once
@needs("strace")
def test_92_locks_by_existing(t):
    """Nobody can take a lock that is a file while it is judged: the name is never free. It is for a file of another kind."""
    inject = "renameat2:delay_exit=150000:when=1"
    for verb, options in (("rm", ()), ("mv", (t.dir + "/new",))):
        for name in ("index.lock", "passwd.lock", ".X7-lock", "LCK..ttyS0", ".notes.swp"):
            path, tries = t.path(name, b"lock"), []
            meanwhile = try_to_make(path, tries)
            answer = slowed(t, inject, meanwhile, verb, "--yes", "--even-if-used", path, *options)
            check(answer.status == 0 and tries[0] == "exists" and "made" not in tries, "%r: %s", tries[-2:], answer)
            if "made afterwards" in tries:
                os.unlink(path)
            check(b"an empty file keeps the name" in answer.out, "%s", answer)
            left = ["new"] if options else []
            same(sorted(os.listdir(t.dir)), left, "what is left")
            check(not left or open(options[0], "rb").read() == b"lock", "another file was moved")
            if left:
                os.unlink(options[0])
    path, tries = t.path("Cargo.lock"), []
    meanwhile = try_to_make(path, tries)
    answer = slowed(t, inject, meanwhile, "rm", "--yes", "--even-if-used", path)
    same(tries[-1:], ["made"], str(answer))
    check(b"was there again at once" in answer.out, "%s", answer)


@once
@needs_root
@needs("git", "strace")
def test_92_git_index_lock(t):
    """git cannot take its lock while rm makes sure that it has the right one, and can afterwards."""
    where = os.path.join(t.dir, "work")
    git = ("git", "-c", "safe.directory=*", "-c", "user.name=x", "-c", "user.email=x@y", "-C", where)
    os.mkdir(where)
    t.system(*git, "init", "-q")
    fill(where, "f")
    lock, said = os.path.join(where, ".git", "index.lock"), []
    fill(os.path.dirname(lock), "index.lock")

    def add():
        until(lambda: private_dirs(os.path.dirname(lock)), "the moment to try")
        said.append(subprocess.run([*git, "add", "f"], check=False, stderr=subprocess.PIPE).stderr)

    answer = slowed(t, "renameat2:delay_exit=900000:when=1", add, "rm", "--yes", "--even-if-unknown", lock)
    same(answer.status, 0, str(answer))
    check(b"File exists" in said[0], "git said %r", said)
    t.system(*git, "add", "f")


@needs("strace")
def test_92_killed(t):
    """Killed between taking and giving back: the file is there, and the next run in that directory says where."""
    for verb, inject, new in (("rm", "unlinkat:signal=KILL:when=1", ()), ("mv", "renameat2:signal=KILL:when=2", ("new",))):
        where = os.path.join(t.dir, verb)
        os.mkdir(where)
        path, other = os.path.join(where, "f"), os.path.join(where, "other")
        fill(where, "f", "other")
        mine = inode_of(path)
        argv = [*injected(inject), t.world.lockscope, verb, "--yes", path, *[os.path.join(where, n) for n in new]]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {**os.environ, **ENVIRONMENT}}
        subprocess.run(argv, check=False, timeout=60, **quiet)
        kept = glob.glob(os.path.join(where, PRIVATE + "*", "f"))
        same([inode_of(k) for k in kept], [mine], "where the file is: %r" % os.listdir(where))
        same(os.stat(os.path.dirname(kept[0])).st_mode & 0o777, 0o700, "who may look into it")
        check(os.fsencode(kept[0]) + b" was left by lockscope" in t.run("rm", "--dry-run", other).out, "it is not told")
        os.rename(kept[0], path)
        os.rmdir(os.path.dirname(kept[0]))
        done(t, "rm", path)


@needs("strace")
def test_92_signals_wait(t):
    """A signal that comes between taking and giving back waits until that is over."""
    for name in ("TERM", "INT", "HUP", "TSTP"):
        path = t.path("f")
        argv = [*injected("unlinkat:signal=%s:when=1" % name), t.world.lockscope, "rm", "--yes", path]
        p = t.process(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: not os.listdir(t.dir), "SIG%s: the file is deleted, the directory removed: %r" % (name, os.listdir(t.dir)))
        p.kill()


@needs("strace")
def test_92_no_flags(t):
    """A file system that cannot rename without replacing, or cannot exchange: refused, with the reason, and all is as it was."""
    paths = [t.path("f", b"f"), t.path("old", b"old")]
    new = os.path.join(t.dir, "new")
    cases = (
        ("EINVAL:when=1", "rm", paths[0]),
        ("ENOSYS:when=1", "mv", paths[0], new),
        ("EOPNOTSUPP:when=2", "mv", "--replace", *paths),
    )
    for error, *args in cases:
        answer = slowed(t, "renameat2:error=" + error, lambda: None, *args, "--yes", "--even-if-used")
        check(answer.status == 5 and b"without the risk of hitting another file" in answer.err, "%s", answer)
        same([open(p, "rb").read() for p in paths], [b"f", b"old"], "the two files")
        same(sorted(os.listdir(t.dir)), ["f", "old"], "what is there")


@needs_root
def test_92_no_directory(t):
    """Who may not make a directory beside the file is refused, with the reason; a sticky directory too for others' files."""
    where = os.path.join(t.dir, "closed")
    os.mkdir(where)
    os.chmod(where, 0o755)
    fill(where, "f")
    refused(t, "rm", os.path.join(where, "f"), because=b"you may not write to the directory", uid=NOBODY)
    refused(t, "mv", os.path.join(where, "f"), os.path.join(where, "g"), because=b"you may not write", uid=NOBODY)
    same(os.listdir(where), ["f"], "nothing is changed")
    sticky = os.path.join(t.dir, "sticky")
    os.mkdir(sticky)
    os.chmod(sticky, 0o1777)
    fill(sticky, "f")
    answer = t.run("rm", "--yes", os.path.join(sticky, "f"), uid=NOBODY)
    check(answer.status == 2 and b"sticky" in answer.err, "%s", answer)
    same(os.listdir(sticky), ["f"], "nothing is left")


@needs_root
@needs("setfacl")
def test_92_default_acl(t):
    """A directory whose default access list gives new ones to everybody: the private one is private all the same."""
    where = os.path.join(t.dir, "acl")
    os.mkdir(where)
    t.system("setfacl", "-d", "-m", "u:%d:rwx,g::rwx,o::rwx" % NOBODY, where)
    fill(where, "f")
    done(t, "rm", os.path.join(where, "f"))
    same(os.listdir(where), [], "it is deleted")


@needs_root
def test_92_kinds_of_files(t):
    """Symbolic links themselves, hard links, FIFOs, sockets, empty directories, a sticky directory: nothing is left."""
    where = os.path.join(t.dir, "d")
    os.mkdir(where)
    os.chmod(where, 0o1777)
    target = t.path("target", b"keep")
    p = os.path.join
    os.symlink(target, p(where, "link"))
    os.link(target, p(where, "hard"))
    os.mkfifo(p(where, "fifo"))
    os.mknod(p(where, "socket"), 0o140600)
    for name in ("link", "hard", "fifo", "socket"):
        done(t, "mv", p(where, name), p(where, name + "2"))
        done(t, "rm", p(where, name + "2"))
    os.mkdir(p(where, "empty"))
    os.mkdir(p(where, "empty2"))
    os.mkdir(p(where, "full"))
    fill(p(where, "full"), "x")
    done(t, "mv", "--replace", p(where, "empty"), p(where, "empty2") + "/../empty3")
    done(t, "mv", "--even-if-used", p(where, "empty3"), p(where, "full"))
    same(os.listdir(p(where, "full", "empty3")), [], "moved into the directory")
    same((sorted(os.listdir(where)), open(target, "rb").read()), (["empty2", "full"], b"keep"), "what is left")


def overlay(t):
    """An overlay whose files lie in its lower layer, on another file system: a rename copies them up, and their numbers change."""
    lower, base = (t.mount(os.path.join(t.dir, name), "-t", "tmpfs", "tmpfs") for name in ("lower", "base"))
    for name in ("upper", "work", "merged"):
        os.mkdir(os.path.join(base, name))
    fill(lower, "f", "g", "h", "old")
    layers = "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,xino=off" % (lower, base, base)
    return t.mount(os.path.join(base, "merged"), "-t", "overlay", "overlay", "-o", layers)


@needs_root
def test_92_file_systems(t):
    """rm, mv and mv --replace on one file system after the other: the right file, and nothing is left."""
    makers = {
        "overlay": overlay,
        "tmpfs": lambda t: t.mount(os.path.join(t.dir, "tmpfs"), "-t", "tmpfs", "tmpfs"),
        "ext4": lambda t: t.mount_image(os.path.join(t.dir, "ext4"), "ext4", 16),
        "xfs": lambda t: t.mount_image(os.path.join(t.dir, "xfs"), "xfs", 320),
        "btrfs": lambda t: t.mount_image(os.path.join(t.dir, "btrfs"), "btrfs", 128),
    }
    tried = []
    for name, make in makers.items():
        try:
            where = make(t)
        except (Skip, Failure) as e:
            t.note("%s: %s" % (name, e))
            continue
        tried.append(name)
        before = set(os.listdir(where)) - {"f", "g", "h", "old"}
        fill(where, "f", "g", "h", "old")
        done(t, "rm", os.path.join(where, "f"))
        done(t, "mv", os.path.join(where, "g"), os.path.join(where, "new"))
        done(t, "mv", "--replace", os.path.join(where, "h"), os.path.join(where, "old"))
        same(set(os.listdir(where)) - before, {"new", "old"}, "%s: what is left" % name)
    check("tmpfs" in tried, "none could be tried")
