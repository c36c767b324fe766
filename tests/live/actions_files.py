# SPDX-License-Identifier: GPL-2.0-or-later
"""43: rm and mv, and who uses a file without a lock."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time

from deadserver import die
from deadserver import start as start_dead
from document import check, same
from harness import NOBODY, needs, needs_root, slow
from helper import Skip


def inode_of(path):
    return os.lstat(path).st_ino


def kinds_of(document, pid=None):
    """The kinds of use of the only FILE, by this process (0: by the kernel)."""
    uses = document["answer"]["files"][0]["uses"]
    return sorted({u["kind"] for u in uses if pid is None or (u["pid"] or 0) == pid})


def user(t, code, *arguments, **options):
    """A Python process that does something with files and then sleeps; its pid once it is ready."""
    text = "import os,sys,mmap,time\n%s\nprint('ready',flush=True)\ntime.sleep(600)" % code
    p = t.process([sys.executable, "-c", text, *arguments], stdout=subprocess.PIPE, **options)
    same(p.stdout.readline(), b"ready\n", "the user of the file is ready")
    return p.pid


def refused(t, *args, because=None, **options):
    """The verb with --yes: nothing may change; returns the answer."""
    answer = t.run(*args, "--yes", **options)
    same(answer.status, 5, str(answer))
    check(because is None or because in answer.out + answer.err, "not for the reason %r: %s", because, answer)
    return answer


def done(t, *args, **options):
    answer = t.run(*args, "--yes", **options)
    for _ in range(20):  # programs of others that hang for a moment are a reason to try again
        if answer.status != 4 or b"may be in use, " not in answer.err:
            break
        answer = t.run(*args, "--yes", **options)
    same(answer.status, 0, str(answer))
    return answer


def on_terminal(t, args, between, reply=b"y\n"):
    """Runs lockscope on a terminal of its own; between() happens after the question and before the reply. Status, output."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(t.world.lockscope, [t.world.lockscope, *args], {**os.environ, "LC_ALL": "C.UTF-8"})
    said, asked, end = b"", False, time.monotonic() + 30
    try:
        while time.monotonic() < end:
            if not select.select([fd], [], [], 1)[0]:
                continue
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            said += piece
            if not piece:
                break
            if b"[y/N]" in said and not asked:
                asked = True
                between()
                os.write(fd, reply)
        check(asked, "there was no question: %r", said)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said
    finally:
        os.close(fd)


def loop_device(t, path):
    """A loop device on a file of this test."""
    device = subprocess.run(["losetup", "-f", "--show", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if device.returncode:
        raise Skip("losetup: %s" % device.stderr.decode(errors="replace").strip())
    name = device.stdout.decode().strip()
    t.undo(lambda: subprocess.run(["losetup", "-d", name], stderr=subprocess.DEVNULL, check=False))
    return name


# -- who uses a file --


def test_43_uses_kinds(t):
    """Every way in which a process can use a file without a lock; and none of them makes it locked."""
    path = t.path("f", b"x" * 4096)
    program = shutil.copy(t.world.lkhelp, t.path("program"))
    os.chmod(program, 0o755)
    opened = user(t, "f = open(sys.argv[1])", path)
    as_path = user(t, "fd = os.open(sys.argv[1], os.O_PATH)", path)
    mapped = user(t, "f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); f.close()", path)
    document = t.who(path, status=1)
    same(kinds_of(document, opened), ["open"], "an open file")
    same(kinds_of(document, as_path), ["path"], "an O_PATH descriptor")
    check("mapped" in kinds_of(document, mapped), "a mapping is missing: %r", document["answer"])
    helper = t.helper(program=program)
    same(kinds_of(t.who(program, status=1), helper.pid), ["running"], "a running program")
    home = os.path.join(t.dir, "home")
    os.mkdir(home)
    cwd = user(t, "os.chdir(sys.argv[1])", home)
    same(kinds_of(t.who(home, status=1), cwd), ["cwd"], "a working directory")
    text = t.run("who", path).out
    check(b"not locked; open in 2 processes: %d (python3" % opened in text, "%r", text)
    check(b"open in" not in t.run("who", "--no-uses", path).out, "--no-uses looks for uses")
    same(t.who(path, "--no-uses", status=1)["answer"]["files"][0]["uses_complete"], None, "uses were not looked for")


def test_43_uses_apart_from_locks(t):
    """A descriptor that shows the lock is no further use; another one of somebody else is."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    other = user(t, "f = open(sys.argv[1])", path)
    document = t.who(path, status=0)
    same(kinds_of(document, h.pid), [], "the holder has no use beside its lock")
    same(kinds_of(document, other), ["open"], "the other one")
    text = t.run("who", path).out
    check(b"Without a lock: open in 1 process: %d" % other in text, "%r", text)


@needs_root
def test_43_uses_same_inode_elsewhere(t):
    """A file with the same inode number on another file system is not this one."""
    names = []
    for name in ("a", "b"):
        names.append(os.path.join(t.mount(os.path.join(t.dir, name), "-t", "tmpfs", "tmpfs"), "f"))
        with open(names[-1], "wb"):
            pass
    if inode_of(names[0]) != inode_of(names[1]):
        raise Skip("the two file systems number their inodes differently")
    pid = user(t, "f = open(sys.argv[1])", names[0])
    same(kinds_of(t.who(names[0], status=1), pid), ["open"], "the file that is open")
    same(kinds_of(t.who(names[1], status=1), pid), [], "the other one")


@needs_root
@needs("losetup")
def test_43_uses_loop(t):
    """The file behind a loop device, found under any of its names."""
    path = t.path("image", bytes(1 << 20))
    device = loop_device(t, path)
    link = os.path.join(t.dir, "link")
    os.link(path, link)
    for name in (path, link):
        uses = t.who(name, status=1)["answer"]["files"][0]["uses"]
        check(any(u["kind"] == "loop" and u["what"] == device for u in uses), "the loop device is missing: %r", uses)
    refused(t, "rm", path, because=device.encode())


@needs_root
def test_43_uses_mount_point(t):
    """A name that something is mounted on cannot go; the source of a bind mount can, when told to."""
    source, target = t.path("source"), t.path("target")
    t.system("mount", "--bind", source, target)
    t.undo(lambda: subprocess.run(["umount", "-l", target], stderr=subprocess.DEVNULL, check=False))
    check("mount" in kinds_of(t.who(target, status=1), 0), "the mount point is missing")
    refused(t, "rm", "--even-if-used", target, because=b"mounted on it")
    check(b"mounted at " in refused(t, "rm", source).out, "the bind mount is not told")
    done(t, "rm", "--even-if-used", source)
    check(not os.path.exists(source), "the source is still there")


@needs_root
@needs("mkswap", "swapon", "swapoff")
def test_43_uses_swap(t):
    """A file the kernel swaps to."""
    path = t.path("swap", None)
    with open(path, "wb") as f:
        f.write(bytes(1 << 20))
    os.chmod(path, 0o600)
    t.system("mkswap", path)
    if subprocess.run(["swapon", path], stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("this machine does not swap to a file here")
    t.undo(lambda: subprocess.run(["swapoff", path], stderr=subprocess.DEVNULL, check=False))
    check("swap" in kinds_of(t.who(path, status=1), 0), "the swap file is missing")
    refused(t, "rm", "--even-if-used", path, because=b"swapoff")


@needs_root
@needs("unshare")
def test_43_uses_other_namespace(t):
    """A process in another mount namespace, which has its own table of mounts."""
    path = t.path("f")
    where = t.mount(os.path.join(t.dir, "mnt"), "-t", "tmpfs", "tmpfs")
    inner = os.path.join(where, "g")
    with open(inner, "wb"):
        pass
    argv = ["unshare", "--mount", sys.executable, "-c", "import sys,time\nf=[open(n) for n in sys.argv[1:]]\nprint('ready',flush=True)\ntime.sleep(600)"]
    p = t.process([*argv, path, inner], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "ready")
    same([kinds_of(t.who(n, status=1), p.pid) for n in (path, inner)], [["open"], ["open"]], "uses from another namespace")


@needs_root
def test_43_uses_unreadable(t):
    """What an ordinary user may not see is counted, and refuses nothing."""
    path = t.path("f")
    os.chown(path, NOBODY, NOBODY)
    user(t, "f = open(sys.argv[1])", path)
    document = t.who(path, uid=NOBODY)
    same(document["answer"]["files"][0]["uses_complete"], False, "not everything could be seen")
    answer = done(t, "rm", path, uid=NOBODY)
    check(b"could not be asked" in answer.out, "the plan does not say that processes could not be read: %s", answer)
    check(not os.path.exists(path), "it was not deleted")


# -- rm --


def test_43_rm(t):
    """Plan, question, deletion, report; without --yes and without a terminal nothing happens."""
    path = t.path("f", b"abc")
    answer = t.run("rm", "--dry-run", path)
    check(answer.status == 0 and b"will be deleted" in answer.out and os.path.exists(path), "%s", answer)
    same(t.run("rm", path).status, 5, "no terminal and no --yes")
    same(t.run("--readonly", "rm", "--yes", path).status, 5, "--readonly")
    check(os.path.exists(path), "it was deleted all the same")
    document = t.json("rm", "--yes", path, status=0)
    same(document["answer"]["outcome"], "done", "outcome")
    check(not os.path.exists(path), "it is still there")
    same(t.run("rm", "--yes", path).status, 2, "a file that is not there")


def test_43_rm_locked(t):
    """Locked: refused, the holder named; with --even-if-used it goes, and the lock is still held."""
    path = t.path("f")
    h = t.helper()
    fd = h.open_lock(path)
    answer = refused(t, "rm", path, because=b"is locked")
    check(b"process %d" % h.pid in answer.out, "the holder is not named: %s", answer)
    document = t.json("rm", "--dry-run", path, status=5)
    same([len(document["locks"]), document["answer"]["outcome"]], [1, "refused"], "rows and outcome of a refusal")
    check(os.path.exists(path), "it was deleted all the same")
    check(b"still held" in done(t, "rm", "--even-if-used", path).out, "it does not say that the lock stands")
    check(not os.path.exists(path), "it is still there")
    h.cmd("lock", "flock", "u", fd, 0, 0)


def test_43_rm_in_use(t):
    """Open, mapped, running: refused until told otherwise."""
    path = t.path("f", b"x" * 4096)
    refused_for = (
        ("f = open(sys.argv[1])", b"has it open"),
        ("f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); os.close(f.fileno())", b"mapped into its memory"),
        ("fd = os.open(sys.argv[1], os.O_PATH)", b"open as a path"),
    )
    for code, words in refused_for:
        pid = user(t, code, path)
        check(b"%d" % pid in refused(t, "rm", path, because=words).out, "process %d is not named", pid)
    program = shutil.copy(t.world.lkhelp, t.path("program"))
    os.chmod(program, 0o755)
    t.helper(program=program)
    refused(t, "rm", program, because=b"runs it as its program")
    done(t, "rm", "--even-if-used", program)
    done(t, "rm", "--even-if-used", path)
    same([os.path.exists(program), os.path.exists(path)], [False, False], "still there")


def test_43_rm_replaced_meanwhile(t):
    """The name leads to another file when the question is answered: refused, and the other file is safe."""
    path = t.path("f")

    def replace():
        os.rename(t.path("new", b"new"), path)

    status, said = on_terminal(t, ("rm", path), replace)
    check(status == 5 and b"changed since you looked" in said, "status %d, %r", status, said)
    same(open(path, "rb").read(), b"new", "the new file")
    status, said = on_terminal(t, ("rm", path), lambda: os.unlink(path))
    check(status == 5 and b"not there any more" in said, "status %d, %r", status, said)


def test_43_rm_locked_meanwhile(t):
    """Locked or opened between the plan and the answer: refused."""
    path = t.path("f")
    h = t.helper()
    status, said = on_terminal(t, ("rm", path), lambda: h.open_lock(path))
    check(status == 5 and b"is locked now" in said, "status %d, %r", status, said)
    other = t.path("g")
    status, said = on_terminal(t, ("rm", other), lambda: user(t, "f = open(sys.argv[1])", other))
    check(status == 5 and b"is in use now" in said, "status %d, %r", status, said)
    same([os.path.exists(path), os.path.exists(other)], [True, True], "deleted all the same")


def test_43_rm_says_no(t):
    """An empty answer, a no and an end of file leave it."""
    path = t.path("f")
    for reply in (b"\n", b"n\n", b"\x04", b"maybe\n"):
        status, said = on_terminal(t, ("rm", path), lambda: None, reply)
        check(status == 5 and os.path.exists(path), "reply %r: status %d, %r", reply, status, said)
    status, said = on_terminal(t, ("rm", path), lambda: None)
    check(status == 0 and not os.path.exists(path), "status %d, %r", status, said)


def test_43_rm_link_and_directory(t):
    """The link itself goes; directories do not."""
    path = t.path("f")
    link = os.path.join(t.dir, "link")
    os.symlink("f", link)
    h = t.helper()
    h.open_lock(path)
    done(t, "rm", link)
    same([os.path.lexists(link), os.path.exists(path)], [False, True], "link and target")
    home = os.path.join(t.dir, "home")
    os.mkdir(home)
    refused(t, "rm", home, because=b"is a directory")
    for name in (home + "/", os.path.join(home, "."), os.path.join(home, ".."), "/", ""):
        check(t.run("rm", "--yes", name).status in (2, 5), "%r was accepted", name)
    check(os.path.isdir(home), "the directory is gone")
    dangling = os.path.join(t.dir, "dangling")
    os.symlink("nowhere", dangling)
    done(t, "rm", dangling)
    check(not os.path.lexists(dangling), "a dangling link is still there")


def test_43_rm_hostile_names(t):
    """Names with control characters: nothing of them reaches the terminal, and the right file goes."""
    for name in (b"new\nline", b"esc\x1b[31m", b"bad\xff", b"-rf", b" "):
        path = os.path.join(os.fsencode(t.dir), name)
        with open(path, "wb"):
            pass
        answer = done(t, "rm", path)
        check(b"\x1b" not in answer.out and name not in answer.out or name in (b"-rf", b" "), "unsafe output: %s", answer)
        check(not os.path.lexists(path), "%r is still there", name)


def test_43_rm_hard_link(t):
    """A use under another name is a use of the file; the other name stays."""
    path = t.path("f")
    link = os.path.join(t.dir, "link")
    os.link(path, link)
    h = t.helper()
    h.open_lock(link)
    refused(t, "rm", path, because=b"process %d" % h.pid)
    check(b"1 other name" in done(t, "rm", "--even-if-used", path).out, "the other name is not told")
    same([os.path.exists(path), os.path.exists(link)], [False, True], "the two names")


@needs_root
@needs("chattr")
def test_43_rm_attributes(t):
    """Immutable and append-only files, immutable directories: refused with the way out."""
    path = t.path("f")
    for letter, words in (("i", b"immutable"), ("a", b"appended")):
        if subprocess.run(["chattr", "+" + letter, path], stderr=subprocess.DEVNULL, check=False).returncode:
            raise Skip("this file system has no attributes")
        t.undo(lambda: subprocess.run(["chattr", "-ia", path], stderr=subprocess.DEVNULL, check=False))
        refused(t, "rm", "--even-if-used", path, because=words)
        refused(t, "mv", "--even-if-used", path, path + "2", because=words)
        t.system("chattr", "-" + letter, path)
    home = os.path.join(t.dir, "home")
    os.mkdir(home)
    inner = os.path.join(home, "f")
    with open(inner, "wb"):
        pass
    t.system("chattr", "+i", home)
    t.undo(lambda: subprocess.run(["chattr", "-i", home], stderr=subprocess.DEVNULL, check=False))
    refused(t, "rm", inner, because=b"immutable directory")
    t.system("chattr", "-i", home)
    done(t, "rm", inner)


@needs_root
def test_43_rm_ordinary_user(t):
    """A sticky directory and one that may not be written to: the plan warns, the kernel refuses, the message explains."""
    sticky = os.path.join(t.dir, "sticky")
    os.mkdir(sticky)
    os.chmod(sticky, 0o1777)
    path = os.path.join(sticky, "f")
    with open(path, "wb"):
        pass
    answer = t.run("rm", "--yes", path, uid=NOBODY)
    check(answer.status == 2 and b"sticky" in answer.err and b"sticky" in answer.out, "%s", answer)
    closed = os.path.join(t.dir, "closed")
    os.mkdir(closed)
    os.chmod(closed, 0o755)
    inner = os.path.join(closed, "f")
    with open(inner, "wb"):
        pass
    refused(t, "rm", inner, because=b"may not write", uid=NOBODY)
    mine = os.path.join(sticky, "mine")
    with open(mine, "wb"):
        pass
    os.chown(mine, NOBODY, NOBODY)
    done(t, "rm", mine, uid=NOBODY)
    same([os.path.exists(path), os.path.exists(inner), os.path.exists(mine)], [True, True, False], "the three files")


# -- mv --


def test_43_mv(t):
    """A new name, another directory, a directory as NEW; the inode stays."""
    path = t.path("f", b"abc")
    inode = inode_of(path)
    other = os.path.join(t.dir, "g")
    done(t, "mv", path, other)
    same([os.path.exists(path), inode_of(other)], [False, inode], "renamed")
    home = os.path.join(t.dir, "home")
    os.mkdir(home)
    done(t, "mv", other, home)
    same(inode_of(os.path.join(home, "g")), inode, "moved into a directory")
    done(t, "mv", os.path.join(home, "g"), os.path.join(t.dir, "h"))
    same(inode_of(os.path.join(t.dir, "h")), inode, "moved back")
    done(t, "mv", home + "/", os.path.join(t.dir, "home2"))
    check(os.path.isdir(os.path.join(t.dir, "home2")), "a directory can be renamed")
    same(t.run("mv", "--yes", os.path.join(t.dir, "h"), os.path.join(t.dir, "none", "x")).status, 2, "no such directory")
    same(t.run("mv", "--yes", os.path.join(t.dir, "h"), os.path.join(t.dir, "none") + "/").status, 2, "no such directory")
    same(t.run("mv", os.path.join(t.dir, "h")).status, 2, "one argument only")


def test_43_mv_target_exists(t):
    """Nothing is overwritten but with --replace; the same file is not replaced by itself."""
    path, other = t.path("f", b"one"), t.path("g", b"two")
    refused(t, "mv", path, other, because=b"--replace")
    same(open(other, "rb").read(), b"two", "the other file")
    link = os.path.join(t.dir, "link")
    os.link(path, link)
    refused(t, "mv", "--replace", path, link, because=b"the same file")
    done(t, "mv", "--replace", path, other)
    same([os.path.exists(path), open(other, "rb").read()], [False, b"one"], "replaced")
    home = os.path.join(t.dir, "home")
    os.makedirs(os.path.join(home, "g"))
    refused(t, "mv", "--replace", other, home, because=b"cannot take each other's place")


def test_43_mv_target_made_meanwhile(t):
    """What was not seen is not overwritten, not even with --replace."""
    path, other = t.path("f"), os.path.join(t.dir, "g")
    for options in ((), ("--replace",)):
        status, said = on_terminal(t, ("mv", *options, path, other), lambda: t.path("g", b"new"))
        check(status == 5 and b"made meanwhile" in said, "status %d, %r", status, said)
        same(open(other, "rb").read(), b"new", "the new file")
        os.unlink(other)
    t.path("g", b"old")

    def replace():
        os.rename(t.path("new", b"newer"), other)

    status, said = on_terminal(t, ("mv", "--replace", path, other), replace)
    check(status == 5 and b"another file now" in said, "status %d, %r", status, said)
    same(open(other, "rb").read(), b"newer", "the newer file")


def test_43_mv_locked(t):
    """Locked, and a target that is locked: refused; with --even-if-used the lock goes along."""
    path, other = t.path("f"), t.path("g")
    h = t.helper()
    h.open_lock(path)
    refused(t, "mv", path, os.path.join(t.dir, "h"), because=b"is locked")
    refused(t, "mv", "--replace", other, path, because=b"is locked")
    answer = done(t, "mv", "--even-if-used", path, os.path.join(t.dir, "h"))
    check(b"still held on the file, under its new name" in answer.out, "%s", answer)
    same(t.who(os.path.join(t.dir, "h"), status=0)["answer"]["files"][0]["holders"], [h.pid], "the holder")


@needs_root
def test_43_mv_other_file_system(t):
    """Another file system and another mount of the same one: refused with the reason."""
    path = t.path("f")
    away = t.mount(os.path.join(t.dir, "away"), "-t", "tmpfs", "tmpfs")
    refused(t, "mv", path, away, because=b"another file system")
    refused(t, "mv", path, os.path.join(away, "g"), because=b"another file system")
    home, bound = os.path.join(t.dir, "home"), os.path.join(t.dir, "bound")
    os.mkdir(home)
    t.mount(bound, "--bind", home)
    refused(t, "mv", path, os.path.join(bound, "g"), because=b"mount")
    same([os.path.exists(path), os.listdir(away), os.listdir(home)], [True, [], []], "nothing moved")


def test_43_mv_link(t):
    """The link itself gets the new name."""
    path, link, new = t.path("f"), os.path.join(t.dir, "link"), os.path.join(t.dir, "new")
    os.symlink("f", link)
    done(t, "mv", link, new)
    same([os.path.islink(new), os.path.lexists(link), os.path.exists(path)], [True, False, True], "link moved")


def test_43_mv_into_itself(t):
    """A directory cannot be moved into itself, and the message says so."""
    home = os.path.join(t.dir, "home")
    os.makedirs(os.path.join(home, "inner"))
    answer = t.run("mv", "--yes", home, os.path.join(home, "inner"))
    check(answer.status == 5 and b"into itself" in answer.err, "%s", answer)
    check(os.path.isdir(os.path.join(home, "inner")), "something was moved")


@needs_root
@slow
def test_43_uses_dead_server(t):
    """Processes whose directory, files and maps lie on a file system that does not answer: who answers all the same, in time."""
    where, server = start_dead(t)
    path, other = os.path.join(where, "a"), t.path("other")
    users = [user(t, "f = open(sys.argv[1]); os.chdir(sys.argv[2])", other, where) for _ in range(3)]
    inside = user(t, "f = open(sys.argv[1]); g = open(sys.argv[2]); os.chdir(sys.argv[3])", other, path, where)
    t.undo(server.kill)  # before the users are ended: that would wait for ever
    die(server)
    document = t.who(other, timeout=40)
    uses = document["answer"]["files"][0]["uses"]
    same(sorted(u["pid"] for u in uses if u["kind"] == "open"), sorted([*users, inside]), "who has the file open")
    answer = t.run("rm", "--dry-run", path, timeout=40)
    same(answer.status, 3, "rm of a file on a dead server: %s" % answer)
    same(t.run("mv", "--dry-run", other, where + "/new", timeout=40).status, 3, "mv to a dead server")


def test_43_rm_signal_first(t):
    """--signal ends the holder, then the file goes; a signal that changes nothing leaves the file."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    answer = t.run("rm", "--dry-run", "--signal", "TERM", path)
    check(answer.status == 0 and b"Send SIGTERM to process %d" % h.pid in answer.out, "%s", answer)
    same(t.run("rm", "--yes", "--signal", "WINCH", path).status != 0, True, "a signal that is ignored")
    check(os.path.exists(path), "it was deleted although its holder lives")
    done(t, "rm", "--signal", "KILL", path)
    check(not os.path.exists(path), "it is still there")
    free = t.path("g")
    done(t, "rm", "-s", "TERM", free)
    check(not os.path.exists(free), "nobody held it, and it is still there")


@needs_root
@needs("setpriv")
def test_43_rm_signal_unproven(t):
    """Who is not proven to hold the lock is sent nothing, and the file stays."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    refused(t, "rm", "--signal", "KILL", path, because=b"not proven", uid=NOBODY)
    check(os.path.exists(path), "it was deleted although it is locked")


def test_43_rm_release_first(t):
    """--release takes the lock away, and wants the holder's number; then the open file is a use."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    refused(t, "rm", "--release", path, because=b"--pid %d" % h.pid)
    refused(t, "rm", "--release", "--pid", "1", path, because=b"--pid %d" % h.pid)
    same(t.who(path, status=0)["answer"]["files"][0]["holders"], [h.pid], "the lock stands")
    refused(t, "rm", "--release", "--pid", str(h.pid), path, because=b"has it open")
    same(t.who(path)["locks"], [], "the lock is released")
    done(t, "rm", "--even-if-used", "--release", "--pid", str(h.pid), path)
    check(not os.path.exists(path), "it is still there")
    for args in (("--release", "--signal", "TERM"), ("--release", "-J")):
        same(t.run("rm", "--yes", *args, t.path("g")).status, 2, "%r" % (args,))


def test_43_mv_signal_first(t):
    """The same for mv."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    done(t, "mv", "--signal", "KILL", path, path + "2")
    same([os.path.exists(path), os.path.exists(path + "2")], [False, True], "renamed")
