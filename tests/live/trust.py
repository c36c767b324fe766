# SPDX-License-Identifier: GPL-2.0-or-later
"""93: whom lockscope obeys, what it may, and what foreign names can do to what it prints."""

import os
import re
import socket

from document import check, same
from harness import needs, needs_root

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
    same(t.run("rm", "--yes", path, prefix=prefix).status, 0, "rm")
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
    same(t.run("rm", "--yes", path, prefix=prefix, timeout=40).status, 0, "rm")
    check(not os.path.exists(path), "it is still there")
    check(log.recv(16) == b"x", "the queue was not full")
