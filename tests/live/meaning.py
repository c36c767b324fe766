# SPDX-License-Identifier: GPL-2.0-or-later
"""What bytes mean to the programs that lock them: MEANING, on locks that the real programs take."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

from document import check, same
from harness import needs
from helper import until
from map import run, sqlite


def meanings(t, path):
    """By process: what its rows mean; who, list and the table of who say the same."""
    document = t.who(path, status=0)
    table = t.run("who", "--no-uses", path).out.decode()
    by_pid = {}
    for row in document["locks"]:
        by_pid.setdefault(row["pid"], set()).add(row["meaning"])
        if row["meaning"]:
            heading = next(line for line in table.splitlines() if line.startswith("COMMAND"))
            check("MEANING" in heading, "who has no column MEANING: %s", table)
            check(row["meaning"] in table, "%r is not in %s", row["meaning"], table)
    listed = t.run("list", "-o", "PATH,MEANING", "--filter", 'path == "%s"' % path).out.decode()
    for text in {m for texts in by_pid.values() for m in texts if m}:
        check(text in listed, "%r is not in the list: %s", text, listed)
    return by_pid


def test_72_sqlite(t):
    """A rollback journal: reader, writer, and a file that only looks like one."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('create table t(a)')")
    reader = sqlite(t, path, "c.execute('begin'); c.execute('select * from t').fetchone()")
    run(writer, "c.execute('begin immediate')")
    found = meanings(t, path)
    same(found[reader.pid], {"SQLite SHARED: reads, or has it open (WAL)"}, "the reader")
    same(found[writer.pid], {"SQLite RESERVED: writes, while readers go on"}, "the writer")
    h = t.helper()
    h.open_lock(path, "ofd", "r", 5, 1)
    same({m for texts in meanings(t, path).values() for m in texts}, {None}, "with a lock that does not fit")
    check("MEANING" not in t.run("who", "--no-uses", path).out.decode(), "a column of nothing")


@needs("qemu-img", "qemu-io")
def test_72_qemu(t):
    """All locks of QEMU are read locks; that one writes is said."""
    path = os.path.join(t.dir, "disk.qcow2")
    t.system("qemu-img", "create", "-q", "-f", "qcow2", path, "1M")
    for args, word in (((), "writer"), (("-r",), "reader")):
        p = t.process(["qemu-io", *args, "-f", "qcow2", path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        until(lambda: t.run("map", "-q", "--range", "201", path).status == 0, "qemu-io has the image open")
        found = until(lambda: (lambda m: m if m and None not in m else None)(meanings(t, path)[p.pid]), "all its locks")
        check(all(m.startswith("QEMU %s: " % word) for m in found), "%s: %r", word, found)
        same(any("write" in m.split(": ")[1].split("+") for m in found), word == "writer", "it writes")
        p.stdin.write(b"quit\n")
        p.stdin.close()
        p.wait(20)


@needs("tdbtool")
def test_72_tdb(t):
    """A transaction of tdbtool."""
    path = os.path.join(t.dir, "x.tdb")
    p = t.process(["tdbtool"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    p.stdin.write(b"create %s\ninsert a b\ntransaction_start\ninsert c d\n" % os.fsencode(path))
    p.stdin.flush()
    until(lambda: os.path.exists(path) and t.run("who", "-q", "--range", "8", path).status == 0, "a transaction")
    found = until(lambda: (lambda m: m if len(m) == 3 else None)(meanings(t, path)[p.pid]), "all its locks")
    same({m.split(":")[0] for m in found}, {"tdb active", "tdb transaction", "tdb records"}, "tdbtool")


@needs("mdb_load", "mdb_stat")
def test_72_lmdb(t):
    """Every user of an LMDB database looks like a locker, and blocks nobody."""
    env = os.path.join(t.dir, "env")
    os.mkdir(env)
    path = os.path.join(env, "lock.mdb")
    p = t.process(["mdb_load", "-T", env], stdin=subprocess.PIPE)
    p.stdin.write(b"a\n")
    p.stdin.flush()
    until(lambda: os.path.exists(path) and t.run("who", "-q", path).status == 0, "mdb_load has it open")
    h = t.helper()
    h.open_lock(path, "posix", "w", h.pid, 1)
    found = meanings(t, path)
    check(any("LMDB users: " in m and "blocks nobody" in m for m in found[p.pid]), "mdb_load: %r", found)
    check(any("LMDB pid: " in m and "blocks nobody" in m for m in found[h.pid]), "a reader's mark: %r", found)


def test_72_register_of_berkeley_db(t):
    """Slots of __db.register, as DB_REGISTER locks them."""
    path = t.path("__db.register", b"\0" * 75)
    a, b = t.helper(), t.helper()
    a.open_lock(path, "posix", "w", 0, 1)
    b.open_lock(path, "posix", "w", 25, 1)
    found = meanings(t, path)
    for h in (a, b):
        same({m.split(":")[0] for m in found[h.pid]}, {"BDB slot"}, "a slot")


def on_terminal(argv, columns):
    """What a program prints on a terminal so wide."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    p = subprocess.Popen(argv, stdin=other, stdout=other, stderr=subprocess.DEVNULL)
    os.close(other)
    out = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(main)
    p.wait(20)
    return out.decode().splitlines()


def test_72_narrow_terminal(t):
    """On 80 columns the state is still readable; what says less gives way, and is there on a wide one."""
    path = os.path.join(t.dir, "app.db")
    writer = sqlite(t, path, "c.execute('create table t(a)')")
    run(writer, "c.execute('begin immediate')")
    argv = [t.world.lockscope, "who", "--no-uses", path]
    lines = on_terminal(argv, 80)
    head = [line for line in lines if "MEANING" in line][0].split()
    check("USER" not in head and "HOW" not in head and "PID" in head, "columns: %r", head)
    rows = [line for line in lines if " held " in line]
    check(rows and all("SQLite RESERVED: " in line and len(line) <= 80 for line in rows), "rows: %r", rows)
    check("USER" in " ".join(on_terminal(argv, 200)), "a wide terminal")
