# SPDX-License-Identifier: GPL-2.0-or-later
"""96: lock files of programs that users run, made by the real programs: live, then after a SIGKILL. What is too large to be installed
for a test (Emacs, browsers, cargo, npm) is looked at where it is there; lockfiles.py has the same forms, made by hand."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import termios
import threading

from document import check, same
from harness import needs
from helper import Skip, until
from lockfile_daemons import QUIET, is_live, kill, script
from lockfiles import gone_pid, is_stale, look, said

SOON = 120
PYTHON = "/usr/bin/python3"


def kill_all(p):
    """With what it has started."""
    os.killpg(p.pid, signal.SIGKILL)
    p.wait(60)


def is_there(path):
    """Also a link to nowhere."""
    until(lambda: os.path.lexists(path), path, SOON)
    return path


def ready(p):
    same(p.stdout.readline(), b"ready\n", "what the program says")


def on_terminal(t, argv, **changes):
    """A program on a terminal of its own, and that terminal. changes: of the environment; None: not there."""
    env = {**os.environ, "TERM": "vt100", "HOME": t.dir, **changes}
    master, slave = os.openpty()
    p = t.process(argv, stdin=slave, stdout=slave, stderr=slave, cwd=t.dir, env={k: v for k, v in env.items() if v is not None},
                  preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)

    def drain():
        try:
            while os.read(master, 65536):
                pass
        except OSError:
            pass
        os.close(master)

    threading.Thread(target=drain, daemon=True).start()
    return p, master


def is_probably_live(found, kind, what):
    same((found["kind"], found["verdict"]), (kind, "probably_live"), said(found))
    check(what in said(found), "%s is not said: %s", what, found)


@needs("git")
def test_96_git_refs(t):
    """A hook waits while the branch is locked. git works at the top of its tree; the lock is deep in it. Of a lock beside which its
    owner is written (git 2.54 and core.lockfilePid; written by hand here), it is known who made it, unless that was left by another."""
    tree = os.path.join(t.dir, "tree")
    t.system("git", "init", "-q", "-b", "main", tree)
    t.path("tree/a", b"a")
    t.system("git", "-C", tree, "add", "a")
    hook = script(t, "tree/.git/hooks/reference-transaction", '[ "$1" != prepared ] || exec sleep 600\n')
    check(os.path.exists(hook), "the hook")
    p = t.process(["git", "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "m"], cwd=tree, **QUIET)
    lock = is_there(os.path.join(tree, ".git/refs/heads/main.lock"))
    is_probably_live(look(t, lock, status=4), "git", "(git) has %s as its working directory" % tree)
    if t.system("stat", "-c", "%W", lock) == b"0\n":
        raise Skip("the rest of it: this file system does not say when a file was made")
    note = t.path("tree/.git/refs/heads/main~pid.lock", b"pid %d\n" % p.pid)
    for path in (lock, note):
        is_live(look(t, path, status=0), "git", p.pid)
    kill_all(p)
    for path in (lock, note):
        is_stale(look(t, path), "of a git that is gone")
    os.utime(note, (1, 1))
    found = look(t, lock, status=4)
    check("does not say who made it" in said(found), "an owner that is older than the lock: %s", found)


@needs("hg")
def test_96_hg(t):
    repo = os.path.join(t.dir, "repo")
    t.system("hg", "init", repo)
    t.path("repo/a", b"a")
    t.system("hg", "-R", repo, "add", os.path.join(repo, "a"))
    p = t.process(["hg", "commit", "-u", "me"], cwd=repo, env={**os.environ, "HGEDITOR": "sleep 600 #", "HGPLAIN": "1"}, **QUIET)
    locks = [is_there(os.path.join(repo, ".hg", name)) for name in ("wlock", "store/lock")]
    for lock in locks:
        is_live(look(t, lock, status=0), "hg", p.pid)
    kill_all(p)
    for lock in locks:
        is_stale(look(t, lock), "of an hg that is gone")


def edit(t, kind, argv, lock, typed=b"", **changes):
    """An editor on a terminal; its lock file, then dead. typed: until that is there; nano makes it anew with the first change."""
    p, terminal = on_terminal(t, argv, **changes)

    def type_and_look():
        os.write(terminal, typed)
        return os.path.lexists(lock)

    until(type_and_look, lock, SOON)
    until(lambda: look(t, lock)["owner"] is not None, "what is written in it", SOON)
    found = look(t, lock, status=0)
    is_live(found, kind, p.pid)
    same(found["owner"]["pid"], p.pid, "the owner")
    kill_all(p)
    is_stale(look(t, lock), "of an editor that is gone")


def test_96_vim(t):
    vim = next((name for name in ("vim.basic", "vim.tiny", "vim") if shutil.which(name)), None)
    if not vim:
        raise Skip("vim is not installed")
    path = t.path("notes")
    edit(t, "vim", [vim, "-u", "NONE", "-N", path], os.path.join(t.dir, ".notes.swp"))


@needs("nvim")
def test_96_nvim(t):
    path = t.path("notes")
    swap = os.path.join(t.dir, "swap")
    os.mkdir(swap)
    edit(t, "vim", ["nvim", "-u", "NONE", "--cmd", "set directory=%s//" % swap, path],
         os.path.join(swap, path.replace("/", "%") + ".swp"))


@needs("nano")
def test_96_nano(t):
    edit(t, "vim", ["nano", "-I", "-G", t.path("notes")], os.path.join(t.dir, ".notes.swp"))


@needs("joe")
def test_96_joe(t):
    """It knows its host by HOSTNAME only, and says "here" without that."""
    for host in (socket.gethostname(), None):
        edit(t, "emacs", ["joe", t.path("notes")], os.path.join(t.dir, ".#notes"), b"x", HOSTNAME=host)
        os.unlink(os.path.join(t.dir, ".#notes"))


@needs("emacs")
def test_96_emacs(t):
    path, lock = t.path("notes"), os.path.join(t.dir, ".#notes")
    p = t.process(["emacs", "-Q", "--batch", path, "--eval", '(progn (insert "x") (sleep-for 600))'], **QUIET)
    is_there(lock)
    found = look(t, lock, status=0)
    is_live(found, "emacs", p.pid)
    same(found["owner"]["host"], socket.gethostname(), "the host")
    kill(p)
    is_stale(look(t, lock), "of an Emacs that is gone")


@needs("soffice")
def test_96_libreoffice(t):
    """It writes no number; that it has the document open is what tells."""
    path = t.path("notes.txt", b"x\n")
    p = t.process(["soffice", "--headless", "--norestore", path], env={**os.environ, "HOME": t.dir}, **QUIET)
    lock = is_there(os.path.join(t.dir, ".~lock.notes.txt#"))
    until(lambda: look(t, lock)["verdict"] == "probably_live", "LibreOffice has it open", SOON)
    is_probably_live(look(t, lock, status=4), "libreoffice", "(soffice.bin) has %s open" % path)
    kill_all(p)
    check("only user" in said(look(t, lock, status=4)), "of one that is gone, nobody can tell")


FILELOCK = """
import sys, time, filelock
lock = getattr(filelock, sys.argv[1])(sys.argv[2])
lock.acquire()
print("ready", flush=True)
time.sleep(600)
"""


def start_python(t, *argv):
    p = t.process([PYTHON, "-c", *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    ready(p)
    return p


def test_96_filelock(t):
    """FileLock is a kernel lock, which the file outlives."""
    if subprocess.run([PYTHON, "-c", "import filelock"], stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("python3-filelock is not installed")
    os.makedirs(os.path.join(t.dir, "virtualenv/x"))
    lock = os.path.join(t.dir, "virtualenv/x/a.lock")
    p = start_python(t, FILELOCK, "FileLock", lock)
    is_live(look(t, lock, status=0), "filelock", p.pid)
    kill(p)
    same(look(t, lock, status=1)["verdict"], "harmless", "of a program that is gone")


def lockfile_of(t, path, status):
    return t.json("who", path, status=status)["answer"]["files"][0]["lockfile"]


def test_96_soft_lock(t):
    """SoftFileLock is a lock by existing, in a file of any name. That somebody has it open shows that, or an owner in it, which newer
    ones than Debian's write (by hand here); else it may as well be a file that is locked with the kernel."""
    if subprocess.run([PYTHON, "-c", "import filelock"], stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("python3-filelock is not installed")
    lock = os.path.join(t.dir, "a.lock")
    p = start_python(t, FILELOCK, "SoftFileLock", lock)
    is_probably_live(look(t, lock, status=4), "lock", "has %s open" % lock)
    kill(p)
    same(lockfile_of(t, lock, 1), None, "of a program that is gone, nothing is written in it")
    t.path("a.lock", b"%d\n%s\n" % (p.pid, os.fsencode(socket.gethostname())))
    is_stale(look(t, lock), "of a program that is gone, written in it")
    free = t.path("b.lock")
    same(lockfile_of(t, free, 1), None, "free")
    h = t.helper()
    h.open_lock(free, "flock", "w")
    same(lockfile_of(t, free, 0), None, "locked with the kernel: that says it all")


def test_96_vague_names(t):
    """LOCK is LevelDB's only beside its CURRENT."""
    lock = t.path("LOCK")
    same(lockfile_of(t, lock, 1), None, "of anybody")
    t.path("CURRENT")
    same(look(t, lock, status=1)["verdict"], "harmless", "of LevelDB")


@needs("borg")
def test_96_borg(t):
    """Who has the lock is the name of a file in a directory."""
    env = {**os.environ, "BORG_BASE_DIR": os.path.join(t.dir, "base"), "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}
    repo = os.path.join(t.dir, "repo")
    t.system("borg", "init", "-e", "none", repo, env=env)
    command = script(t, "command", "echo ready\nexec sleep 600\n")
    p = t.process(["borg", "with-lock", repo, command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    ready(p)
    lock, roster = os.path.join(repo, "lock.exclusive"), os.path.join(repo, "lock.roster")
    for path in (lock, roster):
        is_live(look(t, path, status=0), "borg", p.pid)
    kill_all(p)
    for path in (lock, roster):
        is_stale(look(t, path), "of a borg that is gone")
    t.path("repo/lock.exclusive/vm@1.%d-0" % p.pid)
    same(look(t, lock, status=4)["verdict"], "unknown", "two owners")


@needs("restic")
def test_96_restic(t):
    """Its lock files are encrypted."""
    env = {**os.environ, "RESTIC_PASSWORD": "x", "RESTIC_CACHE_DIR": os.path.join(t.dir, "cache")}
    repo = os.path.join(t.dir, "repo")
    t.system("restic", "init", "-q", "-r", repo, env=env)
    p = t.process(["restic", "backup", "-q", "-r", repo, "--stdin"], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    locks = os.path.join(repo, "locks")
    name = until(lambda: next((n for n in os.listdir(locks) if "-" not in n), None), "restic's lock", SOON)
    lock = os.path.join(locks, name)
    kill(p)
    found = look(t, lock, status=4)
    same((found["kind"], found["verdict"]), ("restic", "unknown"), said(found))


NODE = """
require('proper-lockfile').lock(process.argv[1], { realpath: false }).then(() => { console.log('ready'); setTimeout(() => {}, 600000); });
"""


@needs("node")
def test_96_proper_lockfile(t):
    """A directory whose mtime is changed all the time: a sign of life while it is new, and no proof when it is old."""
    env = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
    if subprocess.run(["node", "-e", "require('proper-lockfile')"], env=env, stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("proper-lockfile (node-proper-lockfile) is not installed")
    path = t.path(".settings.json")
    p = t.process(["node", "-e", NODE, path], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    ready(p)
    lock = path + ".lock"
    until(lambda: look(t, lock)["verdict"] == "probably_live", "a sign of life", SOON)
    kill(p)
    os.utime(lock, (1, 1))
    same(look(t, lock, status=4)["verdict"], "unknown", "a time alone proves nothing")


@needs("sqlite3")
def test_96_sqlite(t):
    """The directory of the VFS unix-dotfile belongs to exactly its database; the journal of a writer that is gone is no lock file."""
    path = os.path.join(t.dir, "a.sqlite")
    t.system("sqlite3", path, "create table t(x)")
    for name, url in (("a.sqlite.lock", "file:%s?vfs=unix-dotfile" % path), ("a.sqlite-journal", path)):
        p = t.process(["sqlite3", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        p.stdin.write(b"begin exclusive;\ninsert into t values(1);\n.print ready\n")
        p.stdin.flush()
        ready(p)
        lock = os.path.join(t.dir, name)
        t.path("a.db")
        if name.endswith(".lock"):
            is_probably_live(look(t, lock, status=4), "sqlite", "(sqlite3) has %s open" % path)
        else:
            same(look(t, lock)["verdict"], "not_a_lock", "a journal")
        kill(p)
        if name.endswith(".lock"):
            same(look(t, lock, status=4)["verdict"], "unknown", "of one that is gone, nobody can tell")
            os.rmdir(lock)
        else:
            check(b"rolls it back" in t.run("who", lock).out, "what to do with the journal")


@needs("cargo")
def test_96_cargo(t):
    """The script of a build waits."""
    os.makedirs(os.path.join(t.dir, "x/src"))
    t.path("x/Cargo.toml", b'[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n')
    t.path("x/src/main.rs", b"fn main() {}\n")
    t.path("x/build.rs", b"fn main() { std::thread::sleep(std::time::Duration::from_secs(600)); }\n")
    cwd = os.path.join(t.dir, "x")
    p = t.process(["cargo", "build", "--offline"], cwd=cwd, env={**os.environ, "CARGO_HOME": os.path.join(t.dir, "home")}, **QUIET)
    lock = is_there(os.path.join(cwd, "target/debug/.cargo-lock"))
    until(lambda: look(t, lock)["verdict"] == "live", "cargo's lock", SOON)
    is_live(look(t, lock, status=0), "cargo", p.pid)
    kill_all(p)
    same(look(t, lock, status=1)["verdict"], "harmless", "of a cargo that is gone")


@needs("terraform")
def test_96_terraform(t):
    """The lock is on the state; the other file only says who."""
    t.path("main.tf", b'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "sleep 600"\n  }\n}\n')
    env = {**os.environ, "HOME": t.dir, "CHECKPOINT_DISABLE": "1"}
    t.system("terraform", "init", "-input=false", cwd=t.dir, env=env)
    p = t.process(["terraform", "apply", "-auto-approve", "-input=false"], cwd=t.dir, env=env, **QUIET)
    info = is_there(os.path.join(t.dir, ".terraform.tfstate.lock.info"))
    found = look(t, info, status=4)
    is_probably_live(found, "terraform", "process %d (terraform) holds a kernel lock on %s/terraform.tfstate" % (p.pid, t.dir))
    kill_all(p)
    same(look(t, info, status=1)["verdict"], "harmless", "of a Terraform that is gone")


def browse(t, argv, kind, lock):
    p = t.process(argv, env={**os.environ, "HOME": t.dir}, cwd=t.dir, **QUIET)
    is_there(lock)
    until(lambda: look(t, lock)["verdict"] == "live", "the browser's locks", SOON)
    found = look(t, lock, status=0)
    is_live(found, kind, p.pid)
    same(found["owner"]["pid"], p.pid, "the owner")
    kill_all(p)
    until(lambda: look(t, lock)["verdict"] != "live", "what it has started is gone", SOON)
    is_stale(look(t, lock), "of a browser that is gone")


@needs("firefox-esr")
def test_96_firefox(t):
    profile = os.path.join(t.dir, "profile")
    os.mkdir(profile)
    browse(t, ["firefox-esr", "--headless", "--no-remote", "--profile", profile, "about:blank"], "mozilla", os.path.join(profile, "lock"))
    same(look(t, os.path.join(profile, ".parentlock"), status=1)["verdict"], "harmless", "the file that it locks")


@needs("chromium")
def test_96_chromium(t):
    profile = os.path.join(t.dir, "profile")
    browse(t, ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + profile, "--remote-debugging-port=0",
               "about:blank"], "chromium", os.path.join(profile, "SingletonLock"))


LISTEN = """
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
print("ready", flush=True)
time.sleep(600)
"""


def test_96_chromium_socket(t):
    """Its socket is behind a link: who listens there is alive. No other file that a link leads to is asked for."""
    os.mkdir(os.path.join(t.dir, "elsewhere"))
    target = os.path.join(t.dir, "elsewhere/SingletonSocket")
    p = start_python(t, LISTEN, target)
    lock, link = os.path.join(t.dir, "SingletonLock"), os.path.join(t.dir, "SingletonSocket")
    os.symlink("%s-%d" % (socket.gethostname(), p.pid), lock)
    os.symlink(target, link)
    found = look(t, lock, status=0)
    is_live(found, "chromium", p.pid)
    check("listens" in said(found), "%s", found)
    kill(p)
    is_stale(look(t, lock), "nobody listens")
    os.unlink(link)
    h = t.helper()
    h.open(t.path("elsewhere/file"))
    os.symlink(os.path.join(t.dir, "elsewhere/file"), link)
    is_stale(look(t, lock), "a link to a file that is open")


def test_96_own_address(t):
    """Firefox writes an address of the machine; that it had the kernel lock as well proves more than the number."""
    said_by_hostname = subprocess.run(["hostname", "-I"], stdout=subprocess.PIPE, check=False).stdout
    addresses = [a for a in said_by_hostname.split() if b":" not in a]
    if not addresses:
        raise Skip("this machine has no address of IPv4")
    pid = gone_pid()
    lock = os.path.join(t.dir, "lock")
    os.symlink(b"%s:%d" % (addresses[0], pid), os.fsencode(lock))
    is_stale(look(t, lock), "of this machine")
    os.unlink(lock)
    os.symlink(b"192.0.2.1:+%d" % pid, os.fsencode(lock))
    check("at address 192.0.2.1" in said(look(t, lock, status=4)), "of some machine")
    t.path(".parentlock")
    found = look(t, lock)
    is_stale(found, "the kernel lock is free")
    check("had a kernel lock" in said(found), "%s", found)
