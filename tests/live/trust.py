# SPDX-License-Identifier: GPL-2.0-or-later
"""93: whom lockscope obeys, what it may, and what foreign names can do to what it prints."""

import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import time

from actions_files import on_terminal
from document import check, same
from harness import AS_NOBODY, NOBODY, needs, needs_root
from helper import Skip, read_text, until

# -- the system's log --

# A /dev of its own, where the log is the socket that is given.
OTHER_DEV = """
mount -t tmpfs dev /dev
mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5; mknod -m 666 /dev/urandom c 1 9; mknod -m 666 /dev/tty c 5 0
: >/dev/log; mount --bind "$1" /dev/log
shift; exec "$@"
"""


def log_socket(t):
    """A socket that takes the part of the system's log, and how to run lockscope with it."""
    path = os.path.join(t.dir, "log")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    t.undo(log.close)
    log.bind(path)
    os.chmod(path, 0o666)
    log.settimeout(5)
    return log, ("unshare", "--mount", "--propagation", "private", "sh", "-c", OTHER_DEV, "sh", path)


@needs_root
@needs("unshare")
def test_93_log(t):
    """What is done is logged before and after it, on one line each, whatever the names are."""
    log, prefix = log_socket(t)
    path = t.path(b"new\nline\x1b[31m")
    same(t.run("rm", "--yes", "--even-if-unknown", path, prefix=prefix).status, 0, "rm")
    lines = [log.recv(65536), log.recv(65536)]
    for line, end in zip(lines, (rb": begun", rb": done: .* is deleted\.")):
        head = rb"<85>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d lockscope\[\d+\]: uid=0 euid=0 rm: "
        check(re.fullmatch(head + rb"[ -~]*" + end, line), "%r", lines)
    free = t.path("free")
    same(t.run("test", "--acquire", free, prefix=prefix).status, 0, "test --acquire")
    lines = [log.recv(65536), log.recv(65536)]
    check(lines[0].endswith(b": begun") and lines[1].endswith(b": granted"), "%r", lines)


@needs_root
@needs("unshare")
def test_93_log_is_full(t):
    """A log that takes no messages holds no action up: who filled it may be anybody."""
    log, prefix = log_socket(t)
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    t.undo(sender.close)
    sender.connect(os.path.join(t.dir, "log"))
    sender.setblocking(False)
    try:
        while True:
            sender.send(b"x")
    except BlockingIOError:
        pass
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    answer = t.run("signal", "--yes", "-s", "TERM", "--holders-of", path, prefix=prefix, timeout=40)
    same(answer.status, 0, str(answer))
    same(t.run("rm", "--yes", "--even-if-unknown", path, prefix=prefix, timeout=40).status, 0, "rm")
    check(not os.path.exists(path), "it is still there")
    check(log.recv(16) == b"x", "the queue was not full")


# -- foreign names on standard error --

FORGED = "lockscope: /etc/shadow: not locked, and that is proven"


def one_sentence(answer):
    """Nothing that looks like a sentence of ours begins in a foreign name."""
    lines = answer.err.decode().split("\n")
    check(not [line for line in lines if line.startswith("lockscope: /etc/")], "a forged line: %s", answer)
    check(b"x\\x0alockscope: /etc/" in answer.err or b"x lockscope: /etc/" in answer.err, "the name is not said: %s", answer)
    check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", answer.err), "control bytes: %s", answer)


def test_93_forged_lines(t):
    """Newlines in a capture, in the name of a file, of a program and of a user cannot begin a line of their own."""
    name = "x\n" + FORGED + "\x1b[31m"
    capture = t.path("capture")
    facts = (
        {"fact": "host", "scanner": "bpf", "host": "db", "boot_id": "b", "time_unix_ms": 1, "euid": 0}
        | {"initial_pidns": True, "has_locks_file": True},
        {"fact": "denied", "what": "x", "hides_locks": True, "text": name},
        {"fact": "end", "stable": True},
    )
    with open(capture, "w", encoding="ascii") as f:
        f.writelines(json.dumps(line) + "\n" for line in ({"capture": "lockscope-capture/1"}, *facts))
    one_sentence(t.run("--from", capture, "list"))
    for args in (("who", name), ("rm", "--yes", name), ("list", "-U", name), ("--from", name, "list"), ("list", "--filter", name)):
        one_sentence(t.run(*args))
    one_sentence(t.run("list", "--filter", "comm == " + name))
    path = t.path("f")
    os.mkdir(os.path.join(t.dir, "d"))
    target = os.path.join(t.dir, "d", "x\nlockscope: y")
    shutil.copy(t.world.lkhelp, target)
    h = t.helper(program=target)
    h.open_lock(path)
    answer = t.run("release", "--yes", "--pid", "1", path)
    check(b"\nlockscope: y" not in answer.err, "%s", answer)


# -- completion --


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, t, argv, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(t.dir)
            os.execvpe(argv[0], argv, {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb", "PS1": "$ ", **env})
        t.undo(self.end)
        self.seen = b""

    def end(self):
        os.close(self.fd)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, what, seconds=20):
        end = time.monotonic() + seconds
        while what not in self.seen and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                self.seen += os.read(self.fd, 65536)
        check(what in self.seen, "waited for %r, saw %r", what, self.seen)


SHELLS = {
    "bash": (("bash", "--norc", "--noprofile", "-i"), "bind 'set enable-bracketed-paste off'; source ./script"),
    "zsh": (("zsh", "-f", "-i"), "unsetopt zle_bracketed_paste; autoload -U compinit; compinit -D; source ./script"),
}
NAMES = ("a b*c", "b'q$(touch pwned)", "c;touch pwned", "d`touch pwned`[a-z]")


@needs("bash")
def test_93_completion(t):
    """Names of files are completed whole: not split, not expanded, not run."""
    for name in NAMES:
        t.path(name)
    for number, (name, (argv, prepare)) in enumerate(SHELLS.items()):
        if not shutil.which(name):
            t.note("%s is not installed" % name)
            continue
        with open(os.path.join(t.dir, "script"), "wb") as f:
            f.write(t.run("completion", name).out)
        shell = Shell(t, argv, {})
        shell.type(prepare + '; lockscope() { printf "<%%s>\\n" "$#:$2"; }; echo rea""dy%d\n' % number)
        shell.until(b"ready%d" % number)
        for wanted in NAMES:
            shell.type("lockscope who %s\t" % wanted[0])
            time.sleep(0.3)  # the shell redraws the line; what is proven does not depend on it
            shell.type("\n")
            shell.until(b"<2:" + wanted.encode())
        check(not os.path.exists(os.path.join(t.dir, "pwned")), "%s ran a part of a name", name)


# -- an id that two locks share --


def test_93_shared_id(t):
    """Two locks of one process that have one id: nothing is done by it; another one with its own words is."""
    path = t.path("f")
    h = t.helper()
    for _ in range(2):
        h.thread("pa", "open %s bc" % path.encode().hex(), "lock flock r . 0 0")
    h.cmd("pid")
    rows = [r for r in t.rows(path) if r["state"] == "held"]
    if len({r["id"] for r in rows}) != 1 or len(rows) != 2:
        raise Skip("the two locks have %r" % [r["id"] for r in rows])
    for verb in ("release", "signal"):
        answer = t.run(verb, "--yes", rows[0]["id"])
        check(answer.status == 5, "%s", answer)
    check(b"lockscope signal %d@" % h.pid in answer.err, "%s", answer)


# -- rights --

CAPS = {"DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "FOWNER": 3, "KILL": 5, "SYS_PTRACE": 19, "SYS_ADMIN": 21}
CAPS |= {"SYS_RESOURCE": 24, "LEASE": 28, "PERFMON": 38, "BPF": 39, "CHECKPOINT_RESTORE": 40}
LOOK = {"DAC_READ_SEARCH", "SYS_PTRACE", "BPF", "PERFMON", "CHECKPOINT_RESTORE"}


def rights_of(pid):
    """What a process can do, what it could raise, and whether it could get more."""
    text = read_text("/proc/%d/status" % pid)
    found = {k: v for k, v in re.findall(r"^(Cap\w+|NoNewPrivs):\t(\w+)$", text, re.M)}
    names = {v: k for k, v in CAPS.items()}

    def named(mask):
        return {names.get(i, i) for i in range(64) if int(mask, 16) >> i & 1}

    return named(found["CapEff"]), named(found["CapPrm"]), found["NoNewPrivs"] == "1"


def is_within(pid, effective, permitted, no_new, what):
    have = rights_of(os.getpid())[0]
    same(rights_of(pid), (effective & have, (effective | permitted) & have, no_new), what)


def copy_of(t, name, mode):
    """The program under another name, with that mode, where set-user-ID counts."""
    if t.world.sanitized:
        raise Skip("a program built with sanitizers cannot run with more rights than its caller")
    path = shutil.copy(os.path.join(t.world.dir, "lockscope"), os.path.join(t.dir, name))
    os.chmod(path, mode)
    if os.statvfs(t.dir).f_flag & os.ST_NOSUID:
        raise Skip("set-user-ID does not count on this file system")
    return path


def as_nobody(*argv, env=None):
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.run([*AS_NOBODY, *argv], timeout=60, check=False, env=env, **quiet)


@needs_root
@needs("setpriv")
def test_93_set_user_id(t):
    """Installed set-user-ID or set-group-ID it does nothing at all."""
    path = t.path("f")
    for mode in (0o4755, 0o2755):
        program = copy_of(t, "program%o" % mode, mode)
        for args in (("rm", "--yes", path), ("list",), ("-V",), ("capture", "-o", os.path.join(t.dir, "out"))):
            r = as_nobody(program, *args)
            check(r.returncode == 5 and b"set-user-ID" in r.stderr and not r.stdout, "%r: %r", args, r)
    check(os.path.exists(path) and not os.path.exists(os.path.join(t.dir, "out")), "something was done")


@needs_root
@needs("setpriv", "setcap")
def test_93_file_capabilities(t):
    """With capabilities that its caller lacks it only looks, and reads nothing for the caller that the caller cannot read."""
    program = copy_of(t, "program", 0o755)
    t.system("setcap", "cap_sys_ptrace,cap_bpf,cap_perfmon,cap_dac_read_search,cap_kill,cap_dac_override+ep", program)
    path, h = t.path("f"), t.helper()
    h.open_lock(path)
    r = as_nobody(program, "list", "-J", path)
    check(r.returncode == 0 and json.loads(r.stdout)["locks"][0]["how_known"] == "exact", "%r", r)
    for args in (
        ("rm", "--yes", "--even-if-used", path),
        ("signal", "--yes", "-s", "KILL", str(h.pid)),
        ("release", "--yes", "--pid", str(h.pid), path),
        ("test", "--acquire", path),
    ):
        r = as_nobody(program, *args)
        check(r.returncode == 5 and b"only looks" in r.stderr, "%r: %r", args, r)
    same([row["pid"] for row in t.rows(path)], [h.pid], "the lock stands")
    secret = os.path.join(t.dir, "secret")
    with open(secret, "w", encoding="ascii") as f:
        f.write("secret-word = 1\n")
    os.chmod(secret, 0o600)
    os.makedirs(os.path.join(t.dir, "x/lockscope"))
    os.symlink(secret, os.path.join(t.dir, "x/lockscope/config"))
    env = {**os.environ, "XDG_CONFIG_HOME": os.path.join(t.dir, "x"), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    r = as_nobody(program, "--from", secret, "list", env=env)
    check(r.returncode == 2 and b"Permission denied" in r.stderr and b"secret-word" not in r.stderr, "%r", r)
    shell = Shell(t, [*AS_NOBODY, program], env)
    shell.until(b"1:Locks")
    shell.type("Q")
    time.sleep(0.5)
    check(b"secret-word" not in shell.seen, "the screen shows what its caller cannot read: %r", shell.seen)
    r = as_nobody(program, "capture", "-o", os.path.join(t.dir, "out"), env=env)
    check(r.returncode == 0 and os.stat(os.path.join(t.dir, "out")).st_uid == NOBODY, "%r", r)
    os.mkdir(os.path.join(t.dir, "closed"), 0o755)
    os.chmod(os.path.join(t.dir, "closed"), 0o755)
    r = as_nobody(program, "capture", "-o", os.path.join(t.dir, "closed/out"), env=env)
    check(r.returncode == 2 and os.listdir(os.path.join(t.dir, "closed")) == [], "%r", r)


@needs_root
def test_93_looking_gives_up_rights(t):
    """A verb that looks keeps what looking takes; --readonly even less; and the scanner is the same."""
    for options, wanted in (((), LOOK), (("--readonly",), LOOK - {"CHECKPOINT_RESTORE"})):
        p = t.process([t.world.lockscope, "watch", *options], stdout=subprocess.PIPE)
        check(p.stdout.readline(), "watch has begun")
        is_within(p.pid, wanted, set(), True, "watch %r" % (options,))
    same(t.list()["scanner"], t.world.scanner, "the scanner with less rights")
    same(t.list("--readonly")["scanner"], t.world.scanner, "the scanner with --readonly")


@needs_root
def test_93_acting_gives_up_rights(t):
    """A verb that acts keeps what its act takes, before it looks at anything."""
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    cases = (
        (("signal", str(h.pid)), {"KILL"}, set()),
        (("rm", "--even-if-used", path), {"DAC_OVERRIDE", "FOWNER", "SYS_RESOURCE"}, {"SYS_ADMIN"}),
        (("release", "--pid", str(h.pid), path), {"SYS_ADMIN", "LEASE"}, set()),
    )
    for args, more, permitted in cases:
        on_terminal(t, args, lambda args=args, more=more, permitted=permitted: is_within(
            child_of(os.getpid(), t), LOOK | more, permitted, True, " ".join(args)), b"n\n")


def child_of(pid, t):
    """Our child that runs lockscope."""
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and "\nPPid:\t%d\n" % pid in read_text("/proc/%s/status" % name):
                if os.readlink("/proc/%s/exe" % name).startswith(t.world.dir + "/lockscope"):
                    return int(name)
        except OSError:
            pass
    raise Skip("the program is not seen")


@needs_root
def test_93_command_has_the_callers_rights(t):
    """What test runs under a lock has all that its caller has, while lockscope itself does not use it."""
    path = t.path("f")
    mine = re.findall(r"^(?:Cap|NoNewPrivs).*$", read_text("/proc/self/status"), re.M)
    answer = t.run("test", path, "--", "grep", "-E", "^(Cap|NoNewPrivs)", "/proc/self/status")
    same((answer.status, answer.out.decode().splitlines()), (0, mine), str(answer))
    p = t.process([t.world.lockscope, "test", path, "--", "sleep", "30"])
    until(lambda: any(r["state"] == "held" for r in t.rows(path)), "the lock")
    is_within(p.pid, LOOK | {"DAC_OVERRIDE", "FOWNER", "SYS_RESOURCE"}, set(rights_of(os.getpid())[1]), False, "test -- COMMAND")


@needs_root
@needs("setpriv")
def test_93_output_of_root(t):
    """root writes a capture into a folder of somebody else, as it could before it gave anything up."""
    where = os.path.join(t.dir, "theirs")
    os.mkdir(where)
    os.chmod(where, 0o755)
    os.chown(where, NOBODY, NOBODY)
    out = os.path.join(where, "out")
    for force in ((), ("--force",)):
        answer = t.run("capture", *force, "-o", out)
        same((answer.status, os.listdir(where)), (0, ["out"]), str(answer))
    same(os.stat(out).st_mode & 0o777, 0o600, "who may read it")
