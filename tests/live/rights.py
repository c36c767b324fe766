# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 13: what may not be read is said, and nothing is called free that could be locked."""

import os
import re
import sys

from document import check, same
from harness import NOBODY, brief, holders_of, in_initial_pid_namespace, needs, needs_root, one_row
from helper import Skip


def by_inode(document, path):
    inode = str(os.stat(path).st_ino)
    return [r for r in document["locks"] if r["file"]["inode"] == inode]


def initial_only():
    if not in_initial_pid_namespace():
        raise Skip("not in the initial pid namespace")


def check_partial(document):
    """Partial, and it says so: in the document and to people."""
    same(document["complete"], False, "complete")
    check(
        any(
            e["errno"] in ("EACCES", "EPERM", "ENOENT", "ESRCH") or "could not" in e["text"] for e in document["errors"]
        ),
        "errors: %r",
        document["errors"],
    )


def setup_mixed(t):
    """root's and nobody's locks of each kind; returns paths and helpers."""
    mine, others = t.helper(uid=NOBODY), t.helper()
    paths = {}
    for who, helper in (("mine", mine), ("others", others)):
        for kind in ("posix", "ofd", "flock"):
            path = t.path("%s-%s" % (who, kind))
            paths[who, kind] = path, helper.open_lock(path, kind, "w", 0, 7)
    return paths, mine, others


def check_mixed(t, paths, mine, others, document):
    for kind in ("posix", "ofd", "flock"):
        path, fd = paths["mine", kind]
        row = one_row(by_inode(document, path), type=kind, how_known="exact")
        same((holders_of(row), row["file"]["path"]), ([(mine.pid, fd)], path), "an own lock")
        row = one_row(by_inode(document, paths["others", kind][0]), type=kind)
        same(row["holders"], [], "holders of another's lock")
        wanted = ("unknown", None) if kind == "ofd" else ("recorded", others.pid)
        same((row["how_known"], row["pid"]), wanted, "another's %s lock" % kind)
        check(row["no_holder_because"], "no reason: %r", brief(row))
    check_partial(document)


@needs_root
@needs("setpriv")
def test_13_ordinary_user(t):
    """Own locks exact, others' recorded or unknown; a free file is free, since /proc/locks is whole for everybody."""
    initial_only()
    paths, mine, others = setup_mixed(t)
    check_mixed(t, paths, mine, others, t.list(uid=NOBODY))
    answer = t.run("list", uid=NOBODY)
    check(
        answer.status == 0 and b"could not be read" in answer.err and b"root" in answer.err,
        "nothing said to people: %s",
        answer,
    )
    for (_, kind), (path, _) in paths.items():
        same(t.who(path, uid=NOBODY)["status"], 0, "who of a %s lock" % kind)
    document = t.who(t.path("free"), uid=NOBODY)
    same(document["status"], 1, "who of a free file")
    flock = paths["others", "flock"][0]
    answer = t.run("who", "-t", flock, uid=NOBODY)
    same(answer.out.split(), [b"%d" % others.pid], "who -t names the recorded process")
    check(answer.err.strip(), "... and warns that it is only recorded: %s", answer)


@needs_root
@needs("setpriv", "unshare", "nsenter")
def test_13_ordinary_user_in_pid_namespace(t):
    """There a free file cannot be told from one that is locked outside."""
    init = t.helper(prefix=("unshare", "--pid", "--fork", "--mount-proc", "--"))
    prefix = (
        "nsenter",
        "--target",
        str(init.pid),
        "--pid",
        "--mount",
        "--",
        "setpriv",
        "--reuid=%d" % NOBODY,
        "--clear-groups",
        "--",
    )
    same(t.who(t.path("free"), prefix=prefix)["status"], 4, "who of a free file")
    path = t.path("locked")
    init.open_lock(path)
    same(t.who(path, prefix=prefix)["status"], 0, "who of a locked file")


def proc_with(t, option):
    """A second proc file system with that option, and a prefix that has it as /proc."""
    where = t.mount(os.path.join(t.dir, "proc"), "-t", "proc", "-o", option, "proc")
    script = "mount --bind '%s' /proc && exec \"$@\"" % where
    return where, ("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh")


def as_nobody(prefix):
    return (*prefix, "setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--")


@needs_root
@needs("setpriv", "unshare")
def test_13_hidepid(t):
    """Processes of others are invisible: their locks are still there."""
    initial_only()
    paths, mine, others = setup_mixed(t)
    where, prefix = proc_with(t, "hidepid=invisible")
    prefix = as_nobody(prefix)
    check_mixed(t, paths, mine, others, t.list(prefix=prefix))
    same(t.who(t.path("free"), prefix=prefix)["status"], 1, "who of a free file")
    for (_, kind), (path, _) in paths.items():
        same(t.who(path, prefix=prefix)["status"], 0, "who of a %s lock" % kind)
    check_mixed(t, paths, mine, others, t.list("--proc", where, uid=NOBODY))


@needs_root
@needs("unshare")
def test_13_subset_pid(t):
    """No /proc/locks at all: what fdinfo shows is listed, and nothing is called free."""
    where, prefix = proc_with(t, "subset=pid")
    h, waiter = t.helper(), t.helper()
    locked = {}
    for kind in ("posix", "ofd", "flock"):
        path = t.path(kind)
        locked[path] = kind, h.open_lock(path, kind, "w", 0, 9)
    tid = waiter.wait_for("ofd", "w", waiter.open(t.path("ofd", None)), 5, 1)
    document = t.list("--scanner=procfs", prefix=prefix)
    for path, (kind, fd) in locked.items():
        row = one_row([r for r in by_inode(document, path) if r["state"] == "held"], type=kind, how_known="exact")
        same(holders_of(row), [(h.pid, fd)], "holder")
        same(t.who(path, prefix=prefix)["status"], 0, "who")
    row = one_row([r for r in document["locks"] if r["waiter"] and r["waiter"]["tid"] == tid])
    same((row["start"], row["end"]), (5, 5), "the waiter, from its blocked call")
    same(document["complete"], False, "complete")
    same(t.who(t.path("free"), "--scanner=procfs", prefix=prefix)["status"], 4, "who of a free file")
    document = t.list("--proc", where)
    same(document["complete"], False, "complete with --proc")
    check(all(by_inode(document, p) for p in locked), "rows with --proc: %r", [brief(r) for r in document["locks"]])


@needs_root
@needs("unshare")
def test_13_no_proc(t):
    """/proc is not mounted: a sentence and status 2."""
    if t.world.sanitized:
        raise Skip("a program built with sanitizers does not start without /proc")
    path = t.path("f")
    for script in ('umount -l /proc; exec "$@"', 'mount -t tmpfs none /proc; exec "$@"'):
        prefix = ("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh")
        for args in (("list",), ("who", path), ("list", "-J"), ("who", "-J", path)):
            answer = t.run(*args, prefix=prefix)
            same(answer.status, 2, str(answer))
            check(b"/proc" in answer.err, "what is missing is not named: %s", answer)
    same(t.run("list", "--proc", os.path.join(t.dir, "missing")).status, 2, "--proc of nothing")
    same(t.run("list", "--proc", t.dir).status, 2, "--proc of an ordinary directory")


@needs_root
def test_13_undumpable(t):
    """A process that refuses even its own user."""
    initial_only()
    path = t.path("f")
    h = t.helper(uid=NOBODY)
    h.open_lock(path, "ofd", "w")
    h.cmd("nodump")
    row = one_row(by_inode(t.list(uid=NOBODY), path))
    same((row["how_known"], row["holders"]), ("unknown", []), "as its own user")
    same(t.who(path, uid=NOBODY)["status"], 0, "who as its own user")
    same(one_row(t.rows(path))["pid"], h.pid, "as root")


# ---- what is said to who lacks a right ----




def without(*capabilities):
    """Root less these."""
    names = ",-".join(capabilities)
    return ("setpriv", "--bounding-set=-" + names, "--inh-caps=-" + names, "--")


# Refuses bpf(2), as the filters of containers do: load the call's number; is it bpf? EPERM; else allow.
FILTERED = """
import ctypes, os, struct, sys
number = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
program = b"".join(struct.pack("HBBI", *i) for i in (
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)))
text = ctypes.create_string_buffer(program)
libc = ctypes.CDLL(None, use_errno=True)
class Prog(ctypes.Structure):
    _fields_ = [("n", ctypes.c_ushort), ("v", ctypes.c_void_p)]
prog = Prog(4, ctypes.cast(text, ctypes.c_void_p))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(prog), 0, 0):
    sys.exit(77)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def check_never_told_to_be_root(answer):
    check(b"as root" not in answer.out + answer.err and b"by root" not in answer.out + answer.err, "said to root: %s", answer)


@needs_root
@needs("setpriv", "prlimit", "unshare")
def test_86_why_not_bpf(t):
    """Each reason as it is; root is not told to be root."""
    if "used here: bpf" not in t.world.version:
        raise Skip("bpf cannot be used here anyway")
    if t.world.wanted == "procfs":
        raise Skip("the scanner is chosen")
    cases = {
        b"more descriptors than the 11 that this process may have (ulimit -n)": ("prlimit", "--nofile=11:11", "--"),
        b"this root lacks CAP_BPF and CAP_PERFMON": without("sys_admin", "bpf", "perfmon"),
        b"root of a user namespace has no rights outside of it": ("unshare", "--user", "--map-root-user", "--"),
    }
    if os.uname().machine in ("x86_64", "aarch64"):
        cases[b"a seccomp filter forbids bpf(2)"] = (sys.executable, "-c", FILTERED)
    for words, prefix in cases.items():
        answer = t.run("list", "-v", prefix=prefix)
        found = re.search(rb"scanner: procfs, because (.*)", answer.err)
        check(found and words in found[1], "expected %r: %s", words, answer)
        check_never_told_to_be_root(answer)
        answer = t.run("--scanner=bpf", "list", prefix=prefix)
        check(answer.status == 2 and words in answer.err, "expected %r: %s", words, answer)
        check_never_told_to_be_root(answer)


@needs_root
@needs("setpriv", "unshare")
def test_86_root_is_not_told_to_be_root(t):
    """Without CAP_SYS_PTRACE, or in a user namespace: list, who, release name what is lacking."""
    path = t.path("f")
    h = t.helper(uid=NOBODY)
    h.open_lock(path, "posix", "w")
    for words, prefix in (
        (b"this root lacks CAP_SYS_PTRACE", without("sys_ptrace")),
        (b"root of a user namespace has no rights outside of it", ("unshare", "--user", "--map-root-user", "--")),
    ):
        for args in (("list", "-v"), ("who", "-v", path), ("release", path, "--pid", str(h.pid), "--yes")):
            answer = t.run("--scanner=procfs", *args, prefix=prefix)
            check(words in answer.out + answer.err, "expected %r: %s", words, answer)
            check_never_told_to_be_root(answer)
    answer = t.run("--scanner=procfs", "list", "-v", uid=NOBODY)
    check(b"run as root (CAP_SYS_PTRACE)" in answer.err, "to another user: %s", answer)


@needs_root
@needs("setpriv")
def test_86_signal_and_directory(t):
    """The same of a signal to a process of others, and of a directory that is not ours."""
    path = t.path("f")
    h = t.helper(uid=NOBODY)
    h.open_lock(path)
    answer = t.run("signal", str(h.pid), "--yes", prefix=without("kill"))
    check(answer.status == 5 and b"this root lacks CAP_KILL" in answer.out + answer.err, "%s", answer)
    check_never_told_to_be_root(answer)
    directory = os.path.join(t.dir, "d")
    os.mkdir(directory, 0o555)
    os.chown(directory, NOBODY, NOBODY)
    with open(os.path.join(directory, "f"), "wb"):
        pass
    answer = t.run("rm", os.path.join(directory, "f"), "--yes", prefix=without("dac_override"))
    check(b"this root lacks CAP_DAC_OVERRIDE" in answer.out + answer.err, "%s", answer)
    check_never_told_to_be_root(answer)
    check(h.proc.poll() is None and os.path.exists(os.path.join(directory, "f")), "something was done")


@needs_root
@needs("setpriv")
def test_77_ordinary_user_asks_by_name(t):
    """The file is called by the name it was asked for with, in every answer, and who most likely has it comes first."""
    initial_only()
    path = t.path("f")
    h, w = t.helper(), t.helper()
    h.open_lock(path)
    w.wait_for("flock", "w", w.open(path))
    name = path.encode()
    for verb in (("who",), ("list",), ("test",), ("who", "-R")):
        where = t.dir if "-R" in verb else path
        answer = t.run(*verb, where, uid=NOBODY)
        check(name in answer.out.split(b"PATH", 1)[1] and b"?:" not in answer.out, "%s", answer)
    for document in (t.list(path, uid=NOBODY), t.who(path, uid=NOBODY)):
        same({r["file"]["name"] for r in document["locks"]}, {path}, "name in JSON")
    likely = b"lkhelp[%d] of root, who took it" % h.pid
    answer = t.run("who", path, uid=NOBODY)
    same(answer.out.splitlines()[0], name + b": locked, most likely by " + likely + b", 1 waiting; root can prove it", "who")
    answer = t.run("wait", "--timeout", "0.2", path, uid=NOBODY)
    check(b"most likely held by lkhelp[%d]" % h.pid in answer.err, "wait: %s", answer)
    answer = t.run("signal", "--dry-run", "--holders-of", path, uid=NOBODY)
    check(answer.status == 5 and likely in answer.err and b"root could prove it" in answer.err, "signal: %s", answer)
    plan = t.run("rm", "--dry-run", path, uid=NOBODY)
    check(b"most likely process %d (lkhelp), who took it, holds" % h.pid in plan.out, "rm: %s", plan)
    plan = t.run("signal", "--dry-run", "--holders-of", path)
    check(b"most likely" not in plan.err + t.run("who", path).out, "root proves it: %s", plan)


@needs_root
@needs("setpriv")
def test_77_ordinary_user_one_number(t):
    """How many processes could not be read is said once; reasons are sentences, and codes are for JSON."""
    initial_only()
    path = t.path("f")
    h = t.helper()
    h.open_lock(path)
    answer = t.run("who", path, uid=NOBODY)
    numbers = [line for line in (answer.out + answer.err).splitlines() if b" processes could not be" in line]
    same(len(numbers), 1, "numbers: %s" % answer)
    check(b"processes that only root may look into could not be asked whether they use it" in answer.out, "%s", answer)
    check(b"its descriptor may be on its way through a socket" in answer.out, "%s", answer)
    for code in (b"in_flight", b"unreadable:", b"mapped:", b"kernel:"):
        check(code not in answer.out + answer.err, "%r: %s", code, answer)
    row = one_row(t.who(path, uid=NOBODY)["locks"], state="held")
    codes = {reason.split(":")[0] for reason in row["no_holder_because"]}
    check({"in_flight", "unreadable"} <= codes, "codes in JSON: %r", codes)
    free = t.run("who", t.path("free"), uid=NOBODY)
    check(free.status == 1 and b": not locked; processes that only root" in free.out, "%s", free)


@needs_root
@needs("setpriv")
def test_77_unseen_root_of_waits(t):
    """waits names the reasons in words."""
    initial_only()
    path = t.path("f")
    h, w = t.helper(), t.helper()
    h.open_lock(path, "ofd", "w")
    w.wait_for("posix", "w", w.open(path))
    out = t.run("waits", uid=NOBODY).out
    check(b"(owner not visible, perhaps: " in out and b"sent through a socket" in out, "%r", out)
    check(b"in_flight" not in out, "a code: %r", out)
