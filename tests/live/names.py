# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 10: names that attack the terminal or the format."""

import os
import unicodedata

from document import check, same
from harness import needs_root, on_file, one_row, path_bytes

NAMES = {
    "newline": b"a\nb\n1234 POSIX WRITE",
    "escape": b"\x1b[2J\x1b]0;owned\x07\x1b[31mred",
    "bidi": "abc\u202egnp.exe\u2066x\u200f".encode(),
    "invalid": b"caf\xe9 \xff\xfe\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80",
    "truncated": b"end\xe2\x82",
    "controls": b"\x01\x08\r\t\x7f\x0b|",
    "c1": "\u009b31m\u0085\u2028\u2029".encode(),
    "invisible": "zero\u200bwidth\ufeff\ue000\U000e0041\ufffe".encode(),
    "escaped": b"\\x1b[31m\\\\ \\n",
    "blanks": b"  two  blanks  ",
    "quotes": b"\"'`$(x);{},[]",
    "wide": "\u6f22\u5b57 \U0001f512 \u00e9".encode(),
    "deleted": b"x\\040(deleted) (deleted)",
}
COMMS = {
    "newline": b"a\nPid:\t1",
    "escape": b"\x1b[31m\x07evil",
    "bidi": "ab\u202ecd\u2066".encode(),
    "invalid": b"\xff\xfe\xe9x",
    "stat": b") S 1 2 (3) R",
    "blanks": b" a  b ",
}
BAD_FORMATS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def check_safe(raw, utf8, what):
    """What may reach a terminal: printable characters and newlines, in the locale's encoding."""
    if not utf8:
        bad = [b for b in raw if b != 10 and not 32 <= b < 127]
        check(not bad, "%s: bytes %r reach a terminal of the C locale in %r", what, bad[:8], raw[-300:])
        return
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        check(False, "%s: invalid UTF-8 reaches the terminal: %s", what, e)
    bad = [c for c in text if c != "\n" and unicodedata.category(c) in BAD_FORMATS]
    check(not bad, "%s: %r reaches the terminal", what, bad[:8])


def check_tables(t, path, what):
    """All table forms in both kinds of locale; one line for one lock."""
    for locale, utf8 in (("C.UTF-8", True), ("C", False)):
        env = {"LC_ALL": locale}
        for args in (
            ("list", path),
            ("list", "--raw", "-n", "-o", "+PATH,COMMAND", path),
            ("list", "-u", path),
            ("who", path),
            ("list", "-n", "-r", "--output-all", path),
        ):
            answer = t.run(*args, env=env)
            same(answer.status, 0, "%s: %s" % (what, answer))
            check_safe(answer.out, utf8, what)
            check_safe(answer.err, utf8, what + ", standard error")
            if "-n" in args:
                same(len(answer.out.splitlines()), 1, "%s: lines of %r" % (what, answer.out))


def test_10_hostile_names(t):
    """Paths: tables are safe, JSON is exact."""
    h = t.helper()
    for what, name in NAMES.items():
        path = t.path(name)
        h.open_lock(path)
        check_tables(t, path, what)
        row = one_row(on_file(t.who(path, status=0), path))
        valid = True
        try:
            path.decode("utf-8")
        except UnicodeDecodeError:
            valid = False
        same(row["file"]["path_b64"] is None, valid, "path_b64 of a %s name" % ("valid" if valid else "invalid"))
        check(isinstance(row["file"]["path"], str), "path is always text")
        same(path_bytes(row["file"]), path, "exact bytes")
        same(row["file"]["deleted"], False, "deleted")
    same(len(t.list("-p", str(h.pid))["locks"]), len(NAMES), "rows of the helper")


def test_10_hostile_comm(t):
    """Command names likewise; a parenthesis in one does not confuse the reading of stat."""
    import base64

    for what, name in COMMS.items():
        path = t.path("file-" + what)
        h = t.helper()
        h.open_lock(path)
        with open("/proc/%d/stat" % h.pid, "rb") as f:
            ticks = int(f.read().rsplit(b")", 1)[1].split()[19])
        h.cmd("comm", name.hex())
        check_tables(t, path, what)
        holder = one_row(t.who(path, status=0)["locks"])["holders"][0]
        bytes_ = base64.b64decode(holder["comm_b64"]) if holder["comm_b64"] else holder["comm"].encode()
        same((bytes_, holder["start_ticks"], holder["pid"]), (name[:15], ticks, h.pid), "holder with a %s name" % what)


def test_10_hostile_messages(t):
    """Names in messages are made safe too, and so are bad arguments."""
    for name in NAMES.values():
        answer = t.run("who", os.path.join(os.fsencode(t.dir), b"missing" + name))
        same(answer.status, 2, str(answer))
        check_safe(answer.err, True, "a message")
        check_safe(t.run("list", "--filter", name).err, True, "a message about a filter")
        check_safe(t.run("list", "-o", name).err, True, "a message about a column")
        check_safe(
            t.run("who", os.path.join(os.fsencode(t.dir), b"missing" + name), env={"LC_ALL": "C"}).err,
            False,
            "a message",
        )


def long_path(t, total):
    """A path of exactly so many bytes; made step by step, since the kernel takes 4095 at once."""
    path = os.fsencode(t.dir) + b"/%d" % total
    os.mkdir(path)
    here = os.open(path, os.O_PATH)
    while len(path) + 1 < total - 255:
        name = b"d" * min(200, total - len(path) - 2)
        os.mkdir(name, dir_fd=here)
        deeper = os.open(name, os.O_PATH, dir_fd=here)
        os.close(here)
        here, path = deeper, path + b"/" + name
    t.undo(os.close, here)
    name = b"f" * (total - len(path) - 1)
    os.close(os.open(name, os.O_CREAT | os.O_RDWR, 0o666, dir_fd=here))
    return here, name, path + b"/" + name


def test_10_path_of_4095_bytes(t):
    """The longest path a system call takes."""
    _, _, path = long_path(t, 4095)
    same(len(path), 4095, "length")
    h = t.helper()
    h.open_lock(path)
    row = one_row(t.list("-p", str(h.pid))["locks"])
    # readlink of /proc/PID/fd/N gives up a little earlier than open does; then the path is unknown, not wrong
    check(path_bytes(row["file"]) in (path, None), "path: %r", row["file"])
    same(t.run("who", path).status, 0, "who")
    _, _, shorter = long_path(t, 4080)
    h.open_lock(shorter)
    same(t.who(shorter, status=0)["locks"][0]["file"]["path"], shorter.decode(), "a little shorter")
    check_tables(t, shorter, "a long path")


def test_10_path_beyond_4096_bytes(t):
    """A file too deep for any system call to name: the lock and its holder are there, the path is unknown or right."""
    directory, name, path = long_path(t, 5000)
    h = t.helper()
    with open(os.path.join(t.dir, "note"), "wb"):
        pass
    where = os.fsencode("/proc/%d/fd/%d" % (os.getpid(), directory))
    h.cmd("chdir", where.hex())
    fd = h.open_lock(name)
    row = one_row(t.list("-p", str(h.pid))["locks"], how_known="exact")
    check(path_bytes(row["file"]) in (None, path), "path: %r", row["file"]["path"])
    same([(p["pid"], p["fd"]) for p in row["holders"]], [(h.pid, fd)], "holder")
    same(t.run("who", "/proc/%d/fd/%d" % (h.pid, fd)).status, 0, "who through the descriptor")


@needs_root
def test_10_hostile_mount_point(t):
    """mountinfo escapes bytes of a mount point; the path and the mount point come out exactly."""
    where = os.path.join(os.fsencode(t.dir), b"mnt \n\t\\040\x1b[1m")
    t.mount(where, "-t", "tmpfs", "none")
    path = os.path.join(where, b"file")
    h = t.helper()
    h.open_lock(path)
    row = one_row(t.who(path, status=0)["locks"])
    same((row["file"]["path"], row["file"]["mount_point"]), (path.decode(), where.decode()), "path and mount point")
    check_tables(t, path, "mount point")
