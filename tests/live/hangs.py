# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 95: processes that make whoever reads of them wait for ever. They make other people's ps wait too, so these tests come last,
and are short."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time

from bpf import needs_bpf
from deadserver import die, start
from document import check, same
from harness import NOBODY, holders_of, needs, needs_root, on_file, once, one_row
from helper import Skip, read_text

LAST = True
IN_TIME = 30  # seconds: a bound for the test, not a promise


def hung_in_exec(t, number=1, uid=None, also=None):
    """Processes that sit in execve(2): the kernel closes a descriptor there, and the file server does not answer. Each holds a
    flock on a local file, and has another one open. Their files in /proc cannot be read until the server ends."""
    where, server = start(t)
    hung = []
    for i in range(number):
        h = t.helper(uid=uid)
        path = t.path("held-by-%d" % i)
        fd = h.open_lock(path)
        if also:
            h.open(also, "r")
        h.open(os.path.join(where, "abcdefgh"[i]), "e")
        hung.append((h, path, fd))
    t.undo(server.kill)  # before the helpers are ended: that would wait for ever
    die(server)
    program = os.fsencode(t.world.lkhelp).hex()
    for h, _, _ in hung:
        h.send("exec", program)
        same(server.stdout.readline(), b"closing\n", "it hangs in execve")
    return server, hung


VERBS = (
    ("list",),
    ("list", "-J", "--full"),
    ("list", "-o", "+CMDLINE,UNIT"),
    ("who", "{other}"),
    ("who", "--no-uses", "{other}"),
    ("who", "{hung}"),
    ("waits",),
    ("waits", "--deadlocks"),
    ("map", "{other}"),
    ("test", "{other}"),
    ("wait", "--timeout", "1", "{other}"),
    ("watch", "-c", "2", "--jsonl"),
    ("capture",),
    ("signal", "--dry-run", "{pid}"),
    ("signal", "--dry-run", "--holders-of", "{hung}"),
    ("release", "--dry-run", "{hung}", "--pid", "{pid}"),
    ("release", "--yes", "{hung}", "--pid", "{pid}"),
    ("signal", "--yes", "-s", "CONT", "{pid}"),
    ("rm", "--dry-run", "{other}"),
    ("mv", "--dry-run", "{other}", "{other}.new"),
)


def screen(t, scanner, wanted):
    """The screen shows the file, and ends when it is told to."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", LINES="40", COLUMNS="120")
        os.execv(t.world.lockscope, [t.world.lockscope, "--scanner", scanner, "--scan-timeout", "2", "screen"])
    t.undo(os.close, terminal)
    end, seen = time.monotonic() + IN_TIME, b""
    ended = False
    while not ended and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # it has closed its side
                pass
        if os.path.basename(wanted).encode() in seen:
            os.write(terminal, b"q")
            seen = b""
        ended = os.waitpid(pid, os.WNOHANG)[0] == pid
    if not ended:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    check(ended, "the screen did not show %s, or did not end", wanted)


def beside_a_hung_one(t, scanner):
    """Every verb answers beside a process that cannot be read, and what it can know is right."""
    if scanner == "bpf" and t.world.scanner != "bpf":
        raise Skip("there is no bpf scanner here")
    other = t.path("other-one")
    bystander = t.helper()
    fd = bystander.open_lock(other)
    _, hung = hung_in_exec(t)
    h, path, _ = hung[0]
    words = {"other": other, "hung": path, "pid": str(h.pid)}
    for verb in VERBS:
        args = [w.format(**words) for w in verb]
        answer = t.run("--scanner", scanner, "--scan-timeout", "2", *args, timeout=IN_TIME)
        acts = verb[0] in ("signal", "release")
        check(answer.status in (0, 1, 3, 4, 5) or (acts and b"nothing was done" in answer.err), "%s", answer)
    document = t.list("--scanner", scanner, timeout=IN_TIME)
    row = one_row(on_file(document, other), state="held")
    same(holders_of(row), [(bystander.pid, fd)], "the bystander's lock")
    rows = [r for r in document["locks"] if r["recorded_pid"] == h.pid]
    check(rows, "the lock of the process in execve is not listed")
    screen(t, scanner, other)


@once
@needs_root
def test_95_hangs_in_exec_procfs(t):
    beside_a_hung_one(t, "procfs")


@once
@needs_root
def test_95_hangs_in_exec_bpf(t):
    beside_a_hung_one(t, "bpf")


@once
@needs_root
def test_95_watch_is_not_slowed(t):
    """Who makes a look take long does not make the next one come late: it is given up, and left alone for some looks."""
    hung_in_exec(t)
    out = t.run("--scanner", "procfs", "watch", "--jsonl", "-d", "2", "-c", "2", timeout=IN_TIME).out
    intervals = {json.loads(line)["interval_ms"] for line in out.splitlines() if b'"interval_ms"' in line}
    same(intervals - {None}, {2000}, "from look to look")


def stuck_helpers():
    """Processes of lockscope that nothing can end: they have become our children."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                status = read_text("/proc/%s/status" % entry)
                ours = re.search(r"^PPid:\t%d$" % os.getpid(), status, re.M)
                if ours and re.search(r"^Name:\tlockscope$", status, re.M) and not re.search(r"^State:\t[ZX]", status, re.M):
                    found.append((entry, read_text("/proc/%s/stack" % entry)))
    return found


def overlay_over_a_dead_server(t):
    """Somebody holds a lock on a file of an overlay whose lower layer does not answer any more."""
    where, server = start(t)
    empty, merged = os.path.join(t.dir, "empty"), os.path.join(t.dir, "merged")
    for directory in (empty, merged):
        os.mkdir(directory)
        os.chmod(directory, 0o777)
    script = "mount -t overlay -o lowerdir=%s:%s none %s && exec 9<%s/b && flock -s 9 && echo ready && exec sleep 60" % (
        where, empty, merged, merged
    )
    argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    p = t.process(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    t.undo(server.kill)
    line = p.stdout.readline()
    if line != b"ready\n":
        raise Skip("no such overlay here: %r" % p.stderr.read()[-200:])
    die(server)
    return p


@needs_root
def test_95_overlay_of_a_dead_server(t):
    """An overlay of ours, one of whose layers is on a server: nothing is asked of it."""
    p = overlay_over_a_dead_server(t)
    for _ in range(2):
        document = t.list(timeout=IN_TIME)
        rows = [r for r in document["locks"] if any(h["pid"] == p.pid for h in r["holders"])]
        check(rows, "its lock is not listed")
        check(t.run("who", t.path("another"), timeout=IN_TIME).status in (1, 4), "who of another file")
    same(stuck_helpers(), [], "helpers that are left behind")


@once
@needs_root
def test_95_many_hang_in_exec(t):
    """Several of one user: the rest of the machine is still seen."""
    other = t.path("other")
    bystander = t.helper()
    fd = bystander.open_lock(other)
    hung_in_exec(t, 6, uid=1234)
    document = t.list("--scanner", "procfs", "--scan-timeout", "10", timeout=IN_TIME)
    row = one_row(on_file(document, other), state="held")
    same(holders_of(row), [(bystander.pid, fd)], "the bystander's lock")
    check(not document["complete"], "complete, though some could not be read")
    check(any(e["what"] == "fdinfo" and e["errno"] == "ETIMEDOUT" for e in document["errors"]), "said: %r", document["errors"])


# -- rm and mv: what is not known is no "nobody"; by bpf the kernel is asked, and knows --

PROCFS = "--scanner=procfs"


def there(t, args, status, words, hung=(), **options):
    """It ends with that status, says why, names those that hang, and the file is still there."""
    answer = t.run(PROCFS, *args, timeout=IN_TIME, **options)
    same(answer.status, status, str(answer))
    check(words in answer.err, "standard error does not say %r: %s", words, answer)
    for h, _, _ in hung:
        check(b"%d (lkhelp)" % h.pid in answer.err, "process %d is not named: %s", h.pid, answer)
    check(os.path.exists(args[-1] if args[0] == "rm" else args[-2]), "the file is gone: %s", answer)
    return answer


@once
@needs_root
def test_95_unknown_refuses(t):
    """Nobody has the file open, as far as those say who answer: it is left alone, unless the user says that this is enough."""
    free, other, used = t.path("free"), t.path("other"), t.path("used")
    t.helper().open(used)
    _, hung = hung_in_exec(t, 2, uid=1234)
    words = b"free may be in use, "
    there(t, ("rm", "--yes", free), 4, words, hung)
    there(t, ("mv", "--yes", free, free + "2"), 4, words, hung)
    answer = there(t, ("rm", "--dry-run", "-J", free), 4, words, hung)
    document = json.loads(answer.out)["answer"]
    same((document["outcome"], document["refused_unknown"]), ("refused", True), "the document")
    for more in ((), ("--even-if-unknown",)):
        there(t, ("rm", "--yes", *more, used), 5, b"used is in use")
    same(t.run(PROCFS, "rm", "--yes", "--even-if-unknown", free, timeout=IN_TIME).status, 0, "rm --even-if-unknown")
    same(t.run(PROCFS, "mv", "--yes", "--even-if-unknown", other, other + "2", timeout=IN_TIME).status, 0, "mv --even-if-unknown")
    check(not os.path.exists(free) and os.path.exists(other + "2"), "it was not done")


@once
@needs_root
def test_95_unknown_has_it_open(t):
    """One of those that do not answer has the file open."""
    path = t.path("in-use")
    _, hung = hung_in_exec(t, 1, uid=1234, also=path)
    there(t, ("rm", "--yes", path), 4, b"in-use may be in use, ", hung)


@needs_root
def test_95_sockets(t):
    """Who listens on a socket file is still known: one answer needs the network namespaces of all processes."""
    path = os.path.join(t.dir, "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        hung_in_exec(t, 2, uid=1234)
        uses = t.who(path)["answer"]["files"][0]["uses"]
        same([(u["kind"], u["pid"], u["certain"]) for u in uses], [("listening", os.getpid(), True)], "the listener")
    os.unlink(path)


@once
@needs_bpf
def test_95_known_to_bpf(t):
    """Whether they use it or not, without an answer of theirs."""
    path, free = t.path("in-use"), t.path("free")
    _, hung = hung_in_exec(t, 1, uid=1234, also=path)
    answer = t.run("--scanner=bpf", "rm", "--yes", path, timeout=IN_TIME)
    check(answer.status == 5 and b"%d (lkhelp) has it open" % hung[0][0].pid in answer.out, "in use: %s", answer)
    answer = t.run("--scanner=bpf", "rm", "--yes", free, timeout=IN_TIME)
    check(answer.status == 0 and not os.path.exists(free), "free: %s", answer)


@once
@needs_root
def test_95_unknown_before_signal(t):
    """Nobody is ended for a file that is left alone in the end."""
    path = t.path("f")
    holder = t.helper()
    holder.open_lock(path)
    hung_in_exec(t, 1, uid=1234)
    there(t, ("rm", "--yes", "--signal", "KILL", path), 4, b"f may be in use")
    there(t, ("rm", "--yes", "--release", "--pid", str(holder.pid), path), 4, b"f may be in use")
    holder.open(path, "r")  # it lives
    same(len(on_file(t.list(whole=False, timeout=IN_TIME), path)), 1, "its lock")


@once
@needs_root
@needs("setpriv")
def test_95_unknown_to_users(t):
    """Whom an ordinary user may not ask is a line of the plan, whether he would answer or not; not so his own."""
    path = t.path("f")
    os.chown(path, NOBODY, NOBODY)
    _, hung = hung_in_exec(t, 2, uid=1234)
    there(t, ("rm", "--yes", path), 4, b"f may be in use, ", hung)
    os.chown(path, 1234, 1234)
    there(t, ("rm", "--yes", path), 4, b"f may be in use, ", hung, uid=1234)
    answer = t.run(PROCFS, "rm", "--yes", path, uid=NOBODY, timeout=IN_TIME)
    same((answer.status, answer.err, os.path.exists(path)), (0, b"", False), str(answer))
    check(b"processes that only root may look into" in answer.out, "%s", answer)
