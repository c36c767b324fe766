# SPDX-License-Identifier: GPL-2.0-or-later
"""96: lock files of the system and of daemons, made by the real programs: live, then after a SIGKILL."""

import contextlib
import glob
import os
import re
import signal
import socket
import struct
import subprocess
import time

from document import check, same
from harness import NOBODY, needs, needs_root
from helper import Skip, until
from lockfiles import gone_pid, is_stale, look, said

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def kill(p):
    p.kill()
    p.wait(60)


def killer(t, pid):
    """What kills a process that a program of ours has started, which became our child; the number alone may be another's by then."""
    fd = os.pidfd_open(pid)
    t.undo(os.close, fd)

    def kill_it():
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            signal.pidfd_send_signal(fd, signal.SIGKILL)
            os.waitid(os.P_PIDFD, fd, os.WEXITED)

    t.undo(kill_it)
    return kill_it


def read(path):
    with contextlib.suppress(OSError), open(path, "rb") as f:
        return f.read()
    return b""


def script(t, name, text):
    path = t.path(name, ("#!/bin/sh\n" + text).encode())
    os.chmod(path, 0o755)
    return path


def fifo(path):
    os.mkfifo(path)
    return path


def written(path):
    """Once a file is there and not empty."""
    return lambda: read(path)


def works_in(directory):
    """The processes that do."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(path) == directory:
                found.append(path)
    return found


def is_left(t, path):
    """Its program is gone; a process that it has just started may have what it had open for a moment more."""
    until(lambda: "live" not in look(t, path)["verdict"], "the end of who has %s open" % path, 60)
    is_stale(look(t, path), path)


def is_left_socket(t, path):
    """Nobody is seen to listen on it; that nobody could is not proven."""
    until(lambda: "live" not in look(t, path)["verdict"], "the end of who listens on %s" % path, 60)
    found = look(t, path)
    check(found["verdict"] == "unknown" and ("no process was seen" in said(found) or "could be asked" in said(found)), "%s", found)


def is_live(found, kind, pid):
    same((found["kind"], found["verdict"]), (kind, "live"), said(found))
    check("process %d (" % pid in said(found), "process %d is not named: %s", pid, found)


@needs("useradd")
@needs_root
def test_96_useradd(t):
    """In a tree of its own; it opens its copy of the old passwd, a FIFO here, when it has all locks."""
    etc = os.path.join(t.dir, "etc")
    os.mkdir(etc)
    for name, text in (("passwd", "root:x:0:0::/root:/bin/sh\n"), ("group", "root:x:0:\n"), ("shadow", "root:*:1::::::\n"),
                       ("gshadow", "root:*::\n"), ("subuid", ""), ("subgid", "")):
        t.path("etc/" + name, text.encode())
    fifo(os.path.join(etc, "passwd-"))
    p = t.process(["useradd", "--prefix", t.dir, "--no-create-home", "--gid", "0", "tester"], **QUIET)
    lock = os.path.join(etc, "passwd.lock")
    until(written(lock), "useradd's lock", 60)
    found = look(t, lock, status=0)
    is_live(found, "shadow", p.pid)
    same(found["owner"]["pid"], p.pid, "the owner")
    kill(p)
    is_left(t, lock)
    t.path("etc/passwd.%d" % p.pid, b"%d\0" % p.pid)
    is_left(t, os.path.join(etc, "passwd.%d" % p.pid))


@needs("gpg")
def test_96_gnupg(t):
    """The program that gpg starts as its agent, under a lock, stops gpg. The lock has two names; another one is prepared only."""
    home = os.path.join(t.dir, "home")
    os.mkdir(home, 0o700)
    lock, stopped = os.path.join(home, "gnupg_spawn_agent_sentinel.lock"), os.path.join(home, "stopped")
    agent = script(t, "agent", 'read pid < "%s"\nkill -STOP $pid\n: > "%s"\n' % (lock, stopped))
    p = t.process(["gpg", "--homedir", home, "--batch", "--agent-program", agent, "--passphrase", "", "--quick-gen-key", "me"], **QUIET)
    until(lambda: os.path.exists(stopped), "gpg's agent", 60)
    found = look(t, lock, status=0)
    is_live(found, "gnupg", p.pid)
    same(found["owner"]["host"], socket.gethostname(), "the host")
    twins = glob.glob(os.path.join(home, ".#lk*.%d" % p.pid))
    check(len(twins) > 1, "%s", os.listdir(home))
    for twin in twins:
        same(look(t, twin)["verdict"], "live" if os.stat(twin).st_nlink == 2 else "harmless", twin)
    kill(p)
    for path in (lock, *twins):
        is_left(t, path)


def is_ready(path):
    """An X server answers when it has started its programs, which have its socket, too."""
    with socket.socket(socket.AF_UNIX) as s, contextlib.suppress(ConnectionRefusedError):
        s.settimeout(60)
        s.connect(path)
        s.sendall(b"l\0\x0b\0" + bytes(8))
        return s.recv(1)
    return b""


def start_x(t):
    """On a free display. With its number."""
    for n in range(90, 200):
        paths = "/tmp/.X%d-lock" % n, "/tmp/.X11-unix/X%d" % n
        if any(os.path.lexists(path) for path in paths):
            continue
        p = t.process(["Xvfb", ":%d" % n, "-screen", "0", "64x64x8", "-nolisten", "tcp", "-noreset"], **QUIET)
        own = b"%10d\n" % p.pid
        until(lambda: p.poll() is not None or (read(paths[0]) == own and os.path.exists(paths[1])), "the X server", 60)  # pylint: disable=cell-var-from-loop
        if p.poll() is None:
            t.undo(lambda: [os.unlink(path) for path in paths if os.path.lexists(path)])
            until(lambda: is_ready(paths[1]), "the answer of the X server", 60)  # pylint: disable=cell-var-from-loop
            return p, paths
    raise Skip("Xvfb does not start")


@needs("Xvfb")
def test_96_x_server(t):
    """Its lock file and its socket."""
    p, (lock, sock) = start_x(t)
    found = look(t, lock, status=0)
    is_live(found, "x11", p.pid)
    check("listens on " + sock in said(found), "%s", found)
    is_live(look(t, sock, status=0), "x11", p.pid)
    kill(p)
    is_left(t, lock)
    is_left_socket(t, sock)


def test_96_x_abstract(t):
    """With nothing left but its socket without a file, an X server may be there."""
    lock = t.path(".X%d-lock" % gone_pid(), b"%10d\n" % gone_pid())
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("\0/tmp/.X11-unix/X" + os.path.basename(lock)[2:-5])
        s.listen()
        found = look(t, lock, status=4)
        same(found["verdict"], "unknown", "with a listener")
        check("listens on the abstract socket" in said(found), "%s", found)
    is_left(t, lock)


@needs("dotlockfile")
def test_96_dotlockfile(t):
    """It writes the number of the shell that wants the lock; any program may be that."""
    lock = os.path.join(t.dir, "mbox.lock")
    p = t.process(["sh", "-c", 'dotlockfile -p "$0" && echo ready && sleep 600', lock], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "ready")
    found = look(t, lock, status=4)
    same((found["kind"], found["verdict"], found["owner"]["pid"]), ("mail", "probably_live", p.pid), said(found))
    kill(p)
    is_left(t, lock)


@needs("lockfile")
def test_96_procmail(t):
    """It writes no number, so that nobody can tell."""
    lock = os.path.join(t.dir, "mbox.lock")
    t.system("lockfile", lock)
    found = look(t, lock, status=4)
    same((found["kind"], found["verdict"]), ("mail", "unknown"), said(found))
    check("no owner is written" in said(found), "%s", found)


@needs("start-stop-daemon")
def test_96_start_stop_daemon(t):
    path = os.path.join(t.dir, "d.pid")
    t.system("start-stop-daemon", "--start", "--background", "--make-pidfile", "--pidfile", path, "--exec", "/bin/sleep", "--", "600")
    until(written(path), "the pid file", 60)
    pid = int(read(path))
    kill_it = killer(t, pid)
    found = look(t, path, status=4)
    same((found["kind"], found["verdict"], found["owner"]["pid"]), ("pidfile", "probably_live", pid), said(found))
    kill_it()
    is_left(t, path)


@needs("runsv")
def test_96_runit(t):
    """When the supervisor is gone, its lock is free, and the service lives on."""
    os.mkdir(os.path.join(t.dir, "sv"))
    script(t, "sv/run", "exec sleep 600\n")
    p = t.process(["runsv", os.path.join(t.dir, "sv")], **QUIET)
    lock, note = (os.path.join(t.dir, "sv/supervise", name) for name in ("lock", "pid"))
    until(written(note), "the service", 60)
    kill_service = killer(t, int(read(note)))
    is_live(look(t, lock, status=0), "supervise", p.pid)
    same(look(t, note, status=4)["verdict"], "probably_live", "the service")
    kill(p)
    same(look(t, lock, status=1)["verdict"], "harmless", "free")
    same(look(t, note, status=4)["verdict"], "probably_live", "the service lives on")
    kill_service()
    is_left(t, note)


@needs("dpkg")
@needs_root
def test_96_dpkg(t):
    """It holds its locks while it reads what it is to select."""
    admin = os.path.join(t.dir, "var/lib/dpkg")
    os.makedirs(os.path.join(admin, "updates"))
    os.mkdir(os.path.join(admin, "info"))
    for name in ("status", "available"):
        t.path("var/lib/dpkg/" + name)
    p = t.process(["dpkg", "--admindir", admin, "--set-selections"], **{**QUIET, "stdin": subprocess.PIPE})
    for name in ("lock", "lock-frontend"):
        lock = os.path.join(admin, name)
        until(lambda: os.path.exists(lock) and look(t, lock)["verdict"] == "live", "dpkg's lock", 60)  # pylint: disable=cell-var-from-loop
        is_live(look(t, lock, status=0), "dpkg", p.pid)
    kill(p)
    same(look(t, os.path.join(admin, "lock"), status=1)["verdict"], "harmless", "free")


@needs("apt-get")
@needs_root
def test_96_apt(t):
    """It holds the lock of its lists while it runs what is to run before."""
    for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg"):
        os.makedirs(os.path.join(t.dir, name))
    status = t.path("var/lib/dpkg/status")
    t.path("etc/apt/sources.list")
    hook = script(t, "hook", 'echo > "$0.ready"\ncat "$0.fifo"\n')
    fifo(hook + ".fifo")
    # Read before all others, so that what is configured on this machine is not.
    conf = t.path("conf", ('Dir "%s";\nDir::State::status "%s";\nAPT::Update::Pre-Invoke { "%s"; };\n' % (t.dir, status, hook)).encode())
    p = t.process(["apt-get", "update"], env={**os.environ, "APT_CONFIG": conf}, **QUIET)
    until(written(hook + ".ready"), "apt-get", 60)
    lock = os.path.join(t.dir, "var/lib/apt/lists/lock")
    is_live(look(t, lock, status=0), "dpkg", p.pid)
    kill(p)
    same(look(t, lock, status=1)["verdict"], "harmless", "free")


@needs("pacman")
@needs_root
def test_96_pacman(t):
    """It keeps its lock file open, so that one that nobody has open is left behind."""
    for name in ("pacman", "root", "cache"):
        os.mkdir(os.path.join(t.dir, name))
    get = script(t, "get", 'cat "$0.fifo"\n')
    fifo(get + ".fifo")
    conf = t.path("conf", ("[options]\nRootDir = {0}/root/\nDBPath = {0}/pacman/\nCacheDir = {0}/cache/\nLogFile = {0}/log\nGPGDir = {0}/gpg\n"
                           "XferCommand = {1}\nSigLevel = Never\n[core]\nServer = http://127.0.0.1:9/\n").format(t.dir, get).encode())
    p = t.process(["pacman", "--config", conf, "-Sy"], **QUIET)
    lock = os.path.join(t.dir, "pacman/db.lck")
    until(lambda: os.path.exists(lock), "pacman's lock", 60)
    is_live(look(t, lock, status=0), "pacman", p.pid)
    kill(p)
    is_left(t, lock)


@needs("setpriv")
@needs_root
def test_96_postgresql(t):
    """A cluster of its own, by a user without rights."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    if not programs:
        raise Skip("postgres is not installed")
    data, user = os.path.join(t.dir, "data"), ("setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--")
    t.system(*user, os.path.join(os.path.dirname(programs[-1]), "initdb"), "-N", "-A", "trust", "-U", "me", "-D", data)
    p = t.process([*user, programs[-1], "-D", data, "-k", t.dir, "-c", "listen_addresses="], **QUIET)
    note, lock, sock = os.path.join(data, "postmaster.pid"), os.path.join(t.dir, ".s.PGSQL.5432.lock"), os.path.join(t.dir, ".s.PGSQL.5432")
    until(lambda: b"ready" in read(note), "postgres", 120)
    found = look(t, note, status=0)
    is_live(found, "postgresql", p.pid)
    same(found["owner"]["path"], data, "the data directory")
    is_live(look(t, lock, status=0), "postgresql", p.pid)
    is_live(look(t, sock, status=0), "postgresql", p.pid)
    kill(p)
    until(lambda: not works_in(data), "the end of its children", 60)
    for path in (note, lock):
        is_left(t, path)
    is_left_socket(t, sock)


def test_96_daemons_recorded(t):
    """What programs wrote that are too large to be installed for a test, with other numbers: Xvfb 21.1, postgres 15."""
    h = t.helper()
    now = int(time.time())
    for name, content in ((".X99-lock", b"%10d\n"), ("postmaster.pid", b"%%d\n/srv/pg\n%d\n5432\n/tmp\n\n 66572448         0\nready   \n" % now)):
        path = t.path(name, content % h.pid)
        found = look(t, path, status=4)
        same((found["verdict"], found["owner"]["pid"]), ("unknown", h.pid), name)
        check("is no program of" in said(found), "%s: %s", name, found)
        is_stale(look(t, t.path(name, content % gone_pid())), name)


def test_96_serial_line(t):
    """In both forms, of ten characters and of four bytes; text of four bytes is no number."""
    h = t.helper()
    for content in (b"%10d\n" % h.pid, b"%10d minicom root\n" % h.pid, struct.pack("=i", h.pid)):
        found = look(t, t.path("LCK..ttyX9", content), status=4)
        same((found["kind"], found["verdict"], found["owner"]["pid"]), ("uucp", "probably_live", h.pid), "%r" % content)
    is_left(t, t.path("LCK..ttyX9", struct.pack("=i", gone_pid())))
    for content in (b"%d\n" % h.pid, b"123\n", b"1234"):
        same(look(t, t.path("LCK..ttyX9", content), status=4)["owner"]["pid"], None, "%r" % content)
    h.open("/dev/full", "r")
    found = look(t, t.path("LCK..full", b"%10d\n" % gone_pid()), status=4)
    same(found["verdict"], "probably_live", "the device is open")
    check("/dev/full" in said(found), "%s", found)


def test_96_notes(t):
    """A number with other words behind it is no process."""
    found = look(t, t.path("my.pid", b"42 notes\n"), status=4)
    same((found["verdict"], found["owner"]["pid"]), ("unknown", None), "42 notes")


def check_socket(t, path, kind, pid):
    """Of a process that is killed here."""
    kill_it = killer(t, pid)
    is_live(look(t, path, status=0), kind, pid)
    kill_it()
    is_left_socket(t, path)


@needs("tmux")
def test_96_tmux(t):
    env = {**os.environ, "TMUX_TMPDIR": t.dir, "TMUX": ""}
    t.system("tmux", "-f", "/dev/null", "new-session", "-d", "sleep 600", env=env)
    pid = int(t.system("tmux", "display-message", "-p", "#{pid}", env=env))
    check_socket(t, os.path.join(t.dir, "tmux-%d/default" % os.getuid()), "tmux", pid)


@needs("screen")
def test_96_screen(t):
    where = os.path.join(t.dir, "screen/S-me")
    os.makedirs(where, 0o700)
    t.system("screen", "-dmS", "lk", "sleep", "600", env={**os.environ, "SCREENDIR": where, "TERM": "vt100"})
    until(lambda: os.listdir(where), "screen's socket", 60)
    name = os.listdir(where)[0]
    check_socket(t, os.path.join(where, name), "screen", int(name.split(".")[0]))


@needs("ssh-agent")
@needs_root
def test_96_ssh_agent(t):
    """It lets only root look at it."""
    p = t.process(["ssh-agent", "-D"], **{**QUIET, "stdout": subprocess.PIPE})
    path = re.match(r"SSH_AUTH_SOCK=([^;]*);", p.stdout.readline().decode()).group(1)
    t.undo(lambda: (os.path.lexists(path) and os.unlink(path), os.rmdir(os.path.dirname(path))))
    is_live(look(t, path, status=0), "ssh", p.pid)
    kill(p)
    is_left_socket(t, path)


@needs("unshare")
@needs_root
def test_96_reused_number(t):
    """In a pid namespace, where the next number can be chosen: the one of a dead owner is given to another program. A link of
    Mercurial's says which namespace its number is of. What is younger by less than two seconds is not called so."""
    ready = fifo(os.path.join(t.dir, "ready"))
    text = """
true & wait $!
echo $! > "$0/pid"
ln -s "$(hostname)/$(readlink /proc/self/ns/pid | tr -dc 0-9 | xargs printf %x):$!" "$0/wlock"
sleep 2.5
echo $(($! - 1)) > /proc/sys/kernel/ns_last_pid
sleep 600 &
echo $! > "$0/ready"
wait
"""
    p = t.process(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", text, t.dir], **QUIET)
    same(read(ready), read(os.path.join(t.dir, "pid")), "the number")
    with open("/proc/%d/task/%d/children" % (p.pid, p.pid), encoding="ascii") as f:
        init = f.read().split()[0]
    found = look(t, os.path.join(t.dir, "wlock"), prefix=("nsenter", "-p", "-m", "-t", init))
    check(found["verdict"] in ("stale", "unknown"), "stale, or unknown where not all processes and locks can be seen from inside: %s", found)
    check("(sleep) is no program of Mercurial, and it is younger than the file: the number was reused" in said(found), "%s", found)
