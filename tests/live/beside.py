# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands beside a file, or inside it: the files of a SQLite database, and mutexes that are no locks of the kernel."""

import os
import signal
import subprocess

from document import check, same
from harness import needs
from helper import until
from map import run, sqlite


def wal(t, name="app.db"):
    path = os.path.join(t.dir, name)
    owner = sqlite(t, path, "c.execute('pragma journal_mode=wal'); c.execute('create table t(a)')")
    return path, owner


def users(t, path):
    """Of the answer: mode, writable, and the roles of each process; the text says the same."""
    answer = t.who(path, status=0)["answer"]["files"][0]["sqlite"]
    text = t.run("who", "--no-uses", path).out.decode()
    words = {True: "it can be written now", False: "it cannot be written now", None: "cannot be told"}
    check("SQLite database" in text and words[answer["writable"]] in text, "%r in %s", answer, text)
    for user in answer["users"]:
        same(user["comm"], "python3", "the name of %d" % user["pid"])
        check("  %d python3 " % user["pid"] in text, "%r is not in %s", user, text)
    return answer["mode"], answer["writable"], {u["pid"]: (set(u["roles"]), u["in_the_way"]) for u in answer["users"]}


def test_71_wal(t):
    """Who writes, who reads a snapshot, who merely has it open: by the locks on X-shm; X is locked all the while."""
    path, writer = wal(t)
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")
    idle = sqlite(t, path, "c.execute('select * from t').fetchall()")
    same(users(t, path)[:2], ("wal", True), "nobody writes")
    run(writer, "c.execute('begin immediate'); c.execute('insert into t values(1)')")
    mode, writable, found = users(t, path)
    same((mode, writable), ("wal", False), "one writes")
    same(found[reader.pid], ({"open", "reads"}, False), "the reader")
    same(found[idle.pid], ({"open"}, False), "the idle one")
    check("writes" in found[writer.pid][0] and found[writer.pid][1], "the writer: %r", found[writer.pid])
    text = t.run("who", "--no-uses", path).out.decode().splitlines()
    below = [line for line in text if line.startswith("  ")]
    same(below[0], "  %d python3 writes" % writer.pid, "who is in the way stands first")
    check(any("%d python3 only has it open" % idle.pid in line for line in below), "the idle one: %r", below)
    check(any("%d python3 reads a snapshot" % reader.pid in line for line in below), "the reader: %r", below)
    link = os.path.join(t.dir, "link")
    os.symlink(path, link)
    same(users(t, link)[:2], ("wal", False), "by a symbolic link, which has no -shm beside it")
    run(writer, "c.execute('commit')")
    same((users(t, path)[1], t.run("who", "-q", path).status), (True, 0), "locked, and it can be written")
    same(t.who(path, "--range", "0-9", status=1)["answer"]["files"][0]["sqlite"], None, "of a part")


def test_71_wait_until_it_can_be_written(t):
    """`wait` of a database in WAL mode ends though others have it open, and not before the writer is done."""
    path, writer = wal(t)
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")
    same(t.run("wait", "--timeout", "5", path).status, 0, "readers are in nobody's way")
    run(writer, "c.execute('begin immediate')")
    answer = t.run("wait", "--timeout", "0.3", path)
    said = b"could be written; in the way: process %d (python3)" % writer.pid
    same((answer.status, said in answer.err, b"%d" % reader.pid in answer.err), (3, True, False), str(answer))
    same(t.run("wait", "--timeout", "5", "--for", "held", path).status, 0, "it is locked")
    p = t.process([t.world.lockscope, "wait", path], stderr=subprocess.PIPE)
    check(b"could be written" in p.stderr.readline(), "it does not say what it waits for")
    run(writer, "c.execute('commit')")
    same(p.wait(30), 0, "wait, after the commit")


def test_71_rollback(t):
    """With a rollback journal a reader is in a writer's way, and so said."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('create table t(a)')")
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")
    mode, writable, found = users(t, path)
    same((mode, writable, found), ("rollback", False, {reader.pid: ({"reads"}, True)}), "a reader")
    same(t.run("wait", "--timeout", "0.3", path).status, 3, "wait, beside a reader")
    run(writer, "c.execute('begin immediate'); c.execute('insert into t values(1)')")
    same(users(t, path)[2][writer.pid], ({"writes"}, True), "a writer")
    run(writer, "c.execute('commit')", "database is locked")
    same(users(t, path)[2][writer.pid], ({"writes", "pending"}, True), "it waits")
    run(reader, "c.execute('commit')")
    run(writer, "c.execute('commit'); c.execute('begin exclusive')")
    same(users(t, path)[2], {writer.pid: ({"exclusive"}, True)}, "alone")
    run(writer, "c.execute('commit')")
    same(t.run("wait", "--timeout", "5", path).status, 0, "free")


def test_71_exclusive_with_a_log(t):
    """One that has a database with a log for itself keeps no X-shm: that it is in the way is certain, the mode is not."""
    path = os.path.join(t.dir, "app.db")
    owner = sqlite(t, path, "c.execute('pragma locking_mode=exclusive'); c.execute('pragma journal_mode=wal')")
    run(owner, "c.execute('create table t(a)')")
    same(users(t, path), (None, False, {owner.pid: ({"exclusive"}, True)}), "alone")
    same(t.run("wait", "--timeout", "0.3", path).status, 3, "wait")


def test_71_journal_left(t):
    """A writer died in the middle of it: its journal is spoken of, and while it lived was not."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('create table t(a)')")
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")
    run(writer, "c.execute('begin immediate'); c.execute('insert into t values(1)')")
    check(os.path.getsize(path + "-journal") > 0, "there is no journal yet")
    for left in (False, True):
        same(t.who(path, status=0)["answer"]["files"][0]["sqlite"]["journal_left"], left, "journal_left")
        text = t.run("who", "--no-uses", path).out.decode()
        same(path + "-journal is there though nobody writes" in text, left, text)
        writer.kill()
        writer.wait()
    same(users(t, path)[2], {reader.pid: ({"reads"}, True)}, "the reader is left")


def test_71_no_sqlite(t):
    """Another program's locks and a file called X-shm make no database of it."""
    path = t.path("app.db")
    t.path("app.db-shm")
    h = t.helper()
    h.open_lock(path, "posix", "w", 0, 10)
    h.open_lock(path + "-shm", "posix", "w", 120, 1)
    same(t.who(path, status=0)["answer"]["files"][0]["sqlite"], None, "no database")
    check("SQLite" not in t.run("who", path).out.decode(), "it is called one")


MUTEX = "There may be a mutex inside this file, which is not a kernel file lock"


def futex_waiter(t, path):
    """A process that maps the file and sleeps on a futex in it, as one that waits for LMDB's writer does."""
    program = (
        "import ctypes, mmap, os, sys\n"
        "f = os.open(sys.argv[1], os.O_RDWR)\n"
        "m = mmap.mmap(f, 4096); os.close(f)\n"
        "word = ctypes.c_uint32.from_buffer(m, 64)\n"
        "print('ready', flush=True)\n"
        "ctypes.CDLL(None).syscall(202, ctypes.byref(word), 0, word.value, None)\n"
    )
    p = t.process(["/usr/bin/python3", "-c", program, path], stdout=subprocess.PIPE)
    same(p.stdout.readline().strip(), b"ready", "the waiter")
    until(lambda: "futex" in open("/proc/%d/wchan" % p.pid, encoding="ascii").read(), "it sleeps on the futex")
    return p


def test_73_mutex_is_no_lock(t):
    """One who waits for a mutex in lock.mdb holds and waits for no lock of the kernel, and that there may be one is said."""
    path = t.path("lock.mdb", b"\0" * 4096)
    p = futex_waiter(t, path)
    document = t.who(path, status=1)
    same((document["locks"], document["answer"]["files"][0]["waiters"]), ([], []), "rows")
    same(document["answer"]["files"][0]["may_have_mutex"], True, "in JSON")
    text = t.run("who", path).out.decode()
    check("not locked" in text and MUTEX in text and str(p.pid) in text, "who: %s", text)
    h = t.helper()
    h.open_lock(path, "posix", "r", 0, 1)
    document = t.who(path, status=0)
    same(document["answer"]["files"][0]["holders"], [h.pid], "only one who has a lock holds one")
    check("blocks nobody" in document["locks"][0]["meaning"], "meaning: %r", document["locks"][0])
    other = t.path("other", b"\0" * 4096)
    same(t.who(other)["answer"]["files"][0]["may_have_mutex"], False, "another file")
    check(MUTEX not in t.run("who", other).out.decode(), "of another file")


@needs("mdb_load", "mdb_stat")
def test_73_lmdb_writers(t):
    """Two real writers of one LMDB database: the second waits for the mutex, and is called neither waiter nor blocker."""
    env = os.path.join(t.dir, "env")
    os.mkdir(env)
    path, writers = os.path.join(env, "lock.mdb"), []
    for _ in range(2):
        p = t.process(["mdb_load", "-T", env], stdin=subprocess.PIPE)
        p.stdin.write(b"a\nb\n")
        p.stdin.flush()
        writers.append(p)
        until(lambda: p.pid in t.who(path)["answer"]["files"][0]["holders"] if os.path.exists(path) else False, "it is open")
    os.kill(writers[0].pid, signal.SIGSTOP)
    document = t.who(path, status=0)
    same({r["state"] for r in document["locks"]}, {"held"}, "states")
    same(document["answer"]["files"][0]["waiters"], [], "nobody waits in the kernel's lists")
    check(all("blocks nobody" in r["meaning"] for r in document["locks"]), "meanings: %r", document["locks"])
    check(MUTEX in t.run("who", path).out.decode(), "the mutex is not spoken of")
    os.kill(writers[0].pid, signal.SIGCONT)


def test_71_ordinary_user(t):
    """Who can only read what the kernel recorded says so of each process."""
    path, writer = wal(t)
    run(writer, "c.execute('begin immediate')")
    answer = t.json("who", "--no-uses", path, uid=65534, status=0)["answer"]["files"][0]["sqlite"]
    same([(u["pid"], u["how_known"]) for u in answer["users"]], [(writer.pid, "recorded")], "the writer")
    text = t.run("who", "--no-uses", path, uid=65534).out.decode()
    check("  %d python3 (recorded, not proven) writes" % writer.pid in text, "who: %s", text)


def test_71_capture(t):
    """A capture has the locks of X-shm, too."""
    path, writer = wal(t)
    run(writer, "c.execute('begin immediate')")
    capture = os.path.join(t.dir, "capture")
    same(t.run("capture", "-o", capture).status, 0, "capture")
    answer = t.json("who", "--from", capture, path, status=0, whole=False)["answer"]["files"][0]["sqlite"]
    same((answer["mode"], answer["writable"]), ("wal", False), "of a capture")
