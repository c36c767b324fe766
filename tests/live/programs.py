# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases 16 and 17: programs as they are used, and the same answer as lslocks where that is right."""

import json
import os
import subprocess
import sys

from document import check, same
from harness import holders_of, needs, on_file, one_row
from helper import Skip, read_text, until

# Where lslocks 2.38 is wrong or silent, and the test that shows what lockscope says instead.
LSLOCKS_IS_WRONG = """
an OFD lock                         "(undefined)", pid -1, no file       test_06_ofd_holder_named
flock whose taker has ended         the dead number, no command          test_02_flock_inherited
that number given to a stranger     the stranger as holder               test_03_recycled_pid
a lock several processes share      one of them                          test_04_fork_dup_scm_rights
two btrfs subvolumes, one inode     may print the other file             test_08_btrfs_subvolumes
a file named "x (deleted)"          cannot be told from a deleted one    test_09_deleted_in_the_name
a lock to EOF and one of byte 0     END 0 in both                        test_01_byte_zero_is_not_the_file
a waiter with several blockers      one of them; none for OFD            test_01_several_blockers
a thread's private descriptors      no path                              test_11_private_table
"""


def sqlite(t, begin):
    path = t.path("base.db", None)
    p = t.process(["sqlite3", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    p.stdin.write(
        b"CREATE TABLE t(a);\nINSERT INTO t VALUES(1);\n%s;\nINSERT INTO t VALUES(2);\nSELECT 'ready';\n" % begin
    )
    same(p.stdout.readline().strip(), b"ready", "sqlite3")
    return path, p


@needs("sqlite3")
def test_16_sqlite(t):
    """A transaction is open: database is locked, by whom?"""
    for begin in (b"BEGIN IMMEDIATE", b"BEGIN EXCLUSIVE"):
        os.makedirs(os.path.join(t.dir, "db"), exist_ok=True)
        path, p = sqlite(t, begin)
        document = t.who(path, status=0)
        check(
            all(r["pid"] == p.pid and r["holders"][0]["comm"] == "sqlite3" for r in document["locks"]),
            "rows: %r",
            document["locks"],
        )
        check(
            any(r["mode"] == "write" and r["start"] <= 0x40000001 <= (r["end"] or 2**63) for r in document["locks"]),
            "the reserved byte is not among the locks: %r",
            document["locks"],
        )
        same(t.run("who", "-t", path).out.split(), [b"%d" % p.pid], "who -t")
        p.stdin.write(b"COMMIT;\nSELECT 'done';\n")
        same(p.stdout.readline().strip(), b"done", "sqlite3")
        same(t.who(path)["status"], 1, "who, after the transaction")
        p.stdin.close()
        p.wait(10)
        os.unlink(path)


@needs("flock", "sleep")
def test_16_flock(t):
    """flock(1) and the command it runs share the lock."""
    path = t.path("f")
    p = t.process(["flock", "-x", path, "sleep", "600"])
    both = ["flock", "sleep"]
    row = until(
        lambda: [r for r in t.rows(path) if sorted(h["comm"] for h in r["holders"]) == both], "flock and sleep hold it"
    )[0]
    check(p.pid in [h["pid"] for h in row["holders"]], "flock is among them: %r", row["holders"])
    waiting = t.process(["flock", "-s", path, "true"])
    row = until(lambda: [r for r in t.rows(path) if r["state"] == "waiting"], "a second flock waits")[0]
    same((row["pid"], row["mode"], row["waiter"]["comm"]), (waiting.pid, "read", "flock"), "the waiter")


@needs("git")
def test_16_git_index_lock(t):
    """git's index.lock is a file, not a kernel lock: none is invented, and it is not called free."""
    repository = os.path.join(t.dir, "repository")
    env = dict(
        os.environ,
        HOME=t.dir,
        GIT_CONFIG_NOSYSTEM="1",
        GIT_AUTHOR_NAME="a",
        GIT_AUTHOR_EMAIL="a@b",
        GIT_COMMITTER_NAME="a",
        GIT_COMMITTER_EMAIL="a@b",
    )
    t.system("git", "init", "-q", repository, env=env)
    t.path("repository/file", b"1")
    t.system("git", "-C", repository, "add", "file", env=env)
    t.system("git", "-C", repository, "commit", "-qm", "first", env=env)
    t.path("repository/file", b"2")
    os.mkfifo(os.path.join(t.dir, "fifo"))
    hook = os.path.join(repository, ".git/hooks/pre-commit")
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    with open(hook, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec cat '%s'\n" % os.path.join(t.dir, "fifo"))
    os.chmod(hook, 0o755)
    t.process(["git", "-C", repository, "commit", "-qam", "second"], env=env, stdin=subprocess.DEVNULL)
    lock = os.path.join(repository, ".git/index.lock")
    until(lambda: os.path.exists(lock), "git holds index.lock")
    with open(os.path.join(t.dir, "fifo"), "wb"):  # the hook has opened it: git waits in it
        for path, args, status in ((lock, (), 4), (lock, ("--kernel-only",), 1), (os.path.join(repository, ".git/index"), (), 1)):
            document = t.who(path, *args)
            same((document["status"], document["locks"]), (status, []), "who %s %r" % (path, args))


def python_holds(t, code, path):
    p = t.process(
        ["/usr/bin/python3", "-c", code + "\nprint('ready', flush=True)\nimport sys; sys.stdin.read()", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if p.stdout.readline() != b"ready\n":
        raise Skip(p.stderr.read().decode(errors="replace").strip().splitlines()[-1])
    return p


def test_16_fasteners(t):
    """Python's fasteners."""
    path = t.path("f")
    p = python_holds(
        t,
        "import fasteners, sys\nlock = fasteners.InterProcessLock(sys.argv[1]); assert lock.acquire(blocking=False)",
        path,
    )
    row = one_row(t.who(path, status=0)["locks"])
    same((row["pid"], row["mode"], row["how_known"]), (p.pid, "write", "exact"), "holder")


def test_16_portalocker(t):
    """Python's portalocker."""
    path = t.path("f")
    p = python_holds(
        t, "import portalocker, sys\nlock = portalocker.Lock(sys.argv[1], timeout=1); f = lock.acquire()", path
    )
    row = one_row(t.who(path, status=0)["locks"])
    same((row["pid"], row["mode"], row["how_known"]), (p.pid, "write", "exact"), "holder")


@needs("dpkg")
def test_16_dpkg(t):
    """dpkg with a database of its own, waiting for its standard input with the lock taken."""
    admin = os.path.join(t.dir, "admin")
    for name in ("updates", "info", "triggers"):
        os.makedirs(os.path.join(admin, name))
    for name in ("status", "available"):
        t.path("admin/" + name)
    p = t.process(
        ["dpkg", "--admindir=" + admin, "--force-not-root", "--set-selections"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    lock = os.path.join(admin, "lock")
    until(
        lambda: p.poll() is not None or (os.path.exists(lock) and t.run("who", "-q", lock).status == 0),
        "dpkg has its lock",
    )
    if p.poll() is not None:
        raise Skip("dpkg --set-selections does not wait here")
    row = one_row(t.who(lock, status=0)["locks"])
    same((row["type"], row["mode"], row["pid"], row["holders"][0]["comm"]), ("posix", "write", p.pid, "dpkg"), "holder")


def lslocks():
    """It gives up where a process ends, or refuses, while it looks."""
    argv = ["lslocks", "-J", "-b", "-u", "-o", "COMMAND,PID,TYPE,MODE,M,START,END,PATH,BLOCKER"]

    def attempt():
        r = subprocess.run(argv, stdout=subprocess.PIPE, check=False)
        return r if r.returncode == 0 else None

    r = until(attempt, "an answer of lslocks")
    # Anybody's files are in it, whatever bytes their names are.
    text = r.stdout.decode(errors="surrogateescape")
    return json.loads(text or '{"locks":[]}').get("locks", [])


def sure(row):
    """lslocks knows enough of it to be right: a living process and a path."""
    return (
        row["type"] in ("POSIX", "FLOCK", "LEASE")
        and row["path"]
        and row["pid"] > 0
        and not row["path"].endswith("...")
    )


def matches(theirs, ours):
    """The same lock, said in the other's words."""
    waiting = theirs["mode"].endswith("*")
    end = None if theirs["end"] == 0 and not (ours["start"] == 0 and ours["end"] == 0) else theirs["end"]
    return (
        ours["type"].upper() == theirs["type"]
        and ours["mode"].upper() == theirs["mode"].rstrip("*")
        and ours["start"] == theirs["start"]
        and ours["end"] == end
        and (ours["state"] in ("waiting", "breaker")) == waiting
        and theirs["pid"] in {-1 if ours["type"] == "ofd" else ours["pid"]} | {ours["recorded_pid"], ours["pid"]} | {h["pid"] for h in ours["holders"]}
    )


@needs("lslocks")
def test_17_agrees_with_lslocks(t):
    """Every row of lslocks for these files that can be right is one of ours."""
    a, b, c = t.helper(), t.helper(), t.helper()
    paths = [t.path("f%d" % i) for i in range(5)]
    a.open_lock(paths[0], "posix", "r", 0, 1)
    fd = a.open_lock(paths[1], "posix", "w", 10, 10)
    a.lock("posix", "w", fd, 100, 0)
    b.open_lock(paths[2], "flock", "r")
    b.open_lock(paths[3], "flock", "w")
    c.wait_for("flock", "w", c.open(paths[3]))
    c.wait_for("posix", "r", c.open(paths[1]), 15, 1)
    before, document, after = lslocks(), t.list(), lslocks()
    lasting = [r for r in before if r in after and sure(r) and r["path"] in paths]
    for row in lasting:
        check(
            any(matches(row, ours) for ours in on_file(document, row["path"])),
            "lslocks has %r, and we have %r",
            row,
            on_file(document, row["path"]),
        )
    ours = [r for p in paths for r in on_file(document, p)]
    same(len(lasting), 7, "rows of lslocks for the files of this test")
    same(len(ours), 7, "our rows for them")
    check_blockers(lasting, ours, document)


def check_blockers(theirs, ours, document):
    pids = {r["id"]: r["pid"] for r in document["locks"]}
    for row in theirs:
        if row["blocker"]:
            found = one_row([r for r in ours if r["state"] == "waiting" and matches(row, r)])
            check(row["blocker"] in [pids[i] for i in found["blocked_by"]], "blocker %r of %r", row["blocker"], found)


@needs("lslocks")
def test_17_letters_of_lslocks(t):
    """The options people know do the same here."""
    path = t.path("f", b"x" * 2048)
    h = t.helper()
    fd = h.open_lock(path, "posix", "w", 0, 5)
    mine = [b"lkhelp", b"%d" % h.pid, b"POSIX", b"2048", b"WRITE", b"0", b"0", b"4", path.encode()]
    for letters in (["-r", "-n", "-b", "-u"], ["--raw", "--noheadings", "--bytes", "--notruncate"], ["-rnbu"]):
        answer = t.run("list", *letters, "-o", "COMMAND,PID,TYPE,SIZE,MODE,M,START,END,PATH", "-p", str(h.pid))
        same(answer.out.split(b"\n")[0].split(), mine, " ".join(letters))
        same(answer.out.count(b"\n"), 1, "lines")
    answer = t.run("list", "-o", "PID,PATH", "-p", str(h.pid))
    same(answer.out.splitlines()[0].split(), [b"PID", b"PATH"], "headings")
    for args in (["-i"], ["-i", "-p", str(h.pid)], ["--output-all"], ["-u"]):
        same(t.run("list", *args).status, 0, "list " + " ".join(args))
    columns = t.run("list", "-H").out
    for name in b"COMMAND PID TYPE SIZE INODE MAJ:MIN MODE M START END PATH BLOCKER HOLDERS HOW RANGE".split():
        check(name in columns, "-H does not list %s", name)
    same(fd >= 0 and read_text("/proc/%d/comm" % h.pid), "lkhelp\n", sys.argv[0])
