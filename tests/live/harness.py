# SPDX-License-Identifier: GPL-2.0-or-later
"""One running test: its directory, its helpers, how it calls lockscope, and how all of that is undone."""

import base64
import contextlib
import os
import re
import shutil
import subprocess
import threading

from document import check, check_document, load, same
from helper import Failure, Helper, Skip, read_text, reap_orphans

NOBODY = 65534
AS_NOBODY = ("setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--")
STATUSES = (0, 1, 2, 3, 4, 5, 64)


def needs_root(function):
    """Marks a test that mounts, changes users or makes namespaces."""
    function.needs_root = True
    return function


def needs(*programs):
    """Marks a test that cannot run without these programs."""

    def mark(function):
        function.programs = programs
        return function

    return mark


def once(function):
    """Marks a test that chooses its scanner itself, or to which it makes no difference; ONCE = True marks a module. All others
    run with each scanner."""
    function.once = True
    return function


def slow(function):
    """Marks a test that takes long: with sanitizers it runs with one scanner only."""
    function.slow = True
    return function


class Answer:
    """What one run of lockscope gave."""

    def __init__(self, argv, status, out, err, peak_kib):
        self.argv, self.status, self.out, self.err, self.peak_kib = argv, status, out, err, peak_kib

    def __str__(self):
        return "%s: status %s, stdout %r, stderr %r" % (
            " ".join(map(repr, self.argv)),
            self.status,
            self.out[-600:],
            self.err[-600:],
        )


class Test:
    def __init__(self, name, world):
        self.name, self.world = name, world
        self.stack = contextlib.ExitStack()
        self.dir = os.path.join(world.dir, name)
        os.mkdir(self.dir)
        os.chmod(self.dir, 0o777)
        self.soak = world.soak
        self.notes = []

    @property
    def sure(self):
        """How root's lockscope knows a waiter: the kernel's word, or the call it sleeps in."""
        return "exact" if self.world.scanner == "bpf" else "matched"

    def taker(self, pid):
        """The recorded number of an OFD lock that process pid took."""
        return pid if self.world.scanner == "bpf" else -1

    def note(self, text):
        """Something worth reading in the output of a test that passed."""
        self.notes.append(text)

    def path(self, name, content=b""):
        """A file of this test."""
        path = os.path.join(os.fsencode(self.dir), os.fsencode(name))
        if content is not None:
            with open(path, "wb") as f:
                f.write(content)
            os.chmod(path, 0o666)
        return path if isinstance(name, bytes) else os.fsdecode(path)

    def undo(self, function, *args):
        self.stack.callback(function, *args)

    def helper(self, prefix=(), uid=None, program=None, padding=()):
        if uid is not None:
            prefix = ("setpriv", "--reuid=%d" % uid, "--regid=%d" % uid, "--clear-groups", "--", *prefix)
        h = Helper(self.world.listener, program or self.world.lkhelp, prefix, padding)
        self.undo(h.end)
        return h

    def process(self, argv, **options):
        """A program in its own session; it is killed when the test ends."""
        p = subprocess.Popen(argv, start_new_session=True, **options)

        def stop():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(p.pid, 9)
            p.wait(10)
            for pipe in (p.stdin, p.stdout, p.stderr):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()

        self.undo(stop)
        return p

    def system(self, *argv, **options):
        """A preparation that has to work."""
        r = subprocess.run(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
            **options
        )
        if r.returncode:
            raise Failure("%r: status %d %r" % (argv, r.returncode, r.stderr[-500:]))
        return r.stdout

    def mount(self, where, *argv):
        """mount ARGV WHERE, undone at the end; Skip when this kernel cannot."""
        os.makedirs(where, exist_ok=True)
        r = subprocess.run(
            ["mount", *argv, where], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60, check=False
        )
        if r.returncode:
            raise Skip("mount %s: %s" % (" ".join(argv), r.stderr.decode(errors="replace").strip()))
        self.undo(lambda: subprocess.run(["umount", "-l", where], stderr=subprocess.DEVNULL, timeout=30, check=False))
        return where

    def mount_image(self, where, fstype, megabytes, *options):
        """A fresh file system of that type on a loop device."""
        if not shutil.which("mkfs." + fstype):
            raise Skip("mkfs.%s is not installed" % fstype)
        image = os.path.join(self.dir, "image-" + os.path.basename(where))
        with open(image, "wb") as f:
            f.truncate(megabytes << 20)
        self.system("mkfs." + fstype, "-q", *options, image)
        return self.mount(where, "-o", "loop", "-t", fstype, image)

    def run(
        self,
        *args,
        prefix=(),
        uid=None,
        env=None,
        timeout=60,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        mute=False
    ):
        """Runs lockscope and checks what holds for every run: no crash, a known status, words with a bad one (unless
        nothing can be written: mute)."""
        if uid is not None:
            prefix = ("setpriv", "--reuid=%d" % uid, "--regid=%d" % uid, "--clear-groups", "--", *prefix)
        argv = [*prefix, self.world.lockscope, *args]
        environment = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
        p = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment)
        answer = self._collect(p, argv, timeout)
        check(b"Sanitizer" not in answer.err and b"runtime error" not in answer.err, "%s", answer)
        check(answer.status in STATUSES, "unexpected status: %s", answer)
        check(mute or answer.status != 2 or answer.err.strip(), "status 2 without a word: %s", answer)
        return answer

    def _collect(self, p, argv, timeout):
        parts = {}

        def drain(name, pipe):
            parts[name] = pipe.read()
            pipe.close()

        threads = [
            threading.Thread(target=drain, args=(n, f), daemon=True)
            for n, f in (("out", p.stdout), ("err", p.stderr))
            if f
        ]
        timer = threading.Timer(timeout, p.kill)
        timer.start()
        for thread in threads:
            thread.start()
        try:
            _, status, usage = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            p.kill()
            raise
        late = not timer.is_alive()
        timer.cancel()
        for thread in threads:
            thread.join(3)
        check(not late, "%r gave no answer within %g s", argv, timeout)
        check(
            not any(thread.is_alive() for thread in threads),
            "%r has ended (status %s), but left a process that keeps its output "
            "open, so that a reader of the pipe waits on",
            argv,
            p.returncode,
        )
        return Answer(argv, p.returncode, parts.get("out", b""), parts.get("err", b""), usage.ru_maxrss)

    def json(self, *args, status=None, whole=None, **options):
        """Runs a verb with -J and returns its checked document."""
        answer = self.run(*args, "-J", **options)
        if status is not None:
            check(
                answer.status in (status if isinstance(status, tuple) else (status,)),
                "expected status %s: %s",
                status,
                answer,
            )
        document = load(answer.out)
        check_document(document, whole=args == ("list",) if whole is None else whole)
        self._check_scanner(document, args, options)
        document["status"], document["stderr"] = answer.status, answer.err
        return document

    def _check_scanner(self, document, args, options):
        chosen = ("--from", "--proc", "--scanner")
        elsewhere = any(os.fsdecode(a).split("=")[0] in chosen for a in args)
        elsewhere = elsewhere or any(options.get(k) for k in ("uid", "prefix"))
        if self.world.wanted and os.geteuid() == 0 and not elsewhere:
            same(document["scanner"], self.world.wanted, "the scanner of %r" % (args,))

    def list(self, *args, **options):
        return self.json("list", *args, status=0, **options)

    def rows(self, path, *args, **options):
        """The rows of `list` for one file."""
        return on_file(self.list(*args, **options), path)

    def who(self, path, *args, status=None, **options):
        return self.json("who", *args, path, status=status, **options)

    def raw(self, *args, **options):
        """`list --raw -n` as a list of lists of cells."""
        answer = self.run("list", "--raw", "-n", *args, **options)
        same(answer.status, 0, str(answer))
        return [line.split(b" ") for line in answer.out.splitlines()]

    def close(self):
        self.stack.close()
        reap_orphans()


def path_bytes(file):
    """The exact bytes of a path in a document."""
    if file["path_b64"] is not None:
        return base64.b64decode(file["path_b64"], validate=True)
    return None if file["path"] is None else file["path"].encode()


def on_file(document, path):
    path = os.fsencode(path)
    return [row for row in document["locks"] if path_bytes(row["file"]) == path]


def one_row(rows, **wanted):
    """The only row with these values."""
    found = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    check(len(found) == 1, "expected one row with %r, got %d of %r", wanted, len(found), [brief(r) for r in rows])
    return found[0]


def holders_of(row):
    return [(h["pid"], h["fd"]) for h in row["holders"]]


def brief(row):
    end = "EOF" if row["to_eof"] else row["end"]
    return (
        row["type"],
        row["mode"],
        row["state"],
        row["start"],
        end,
        row["how_known"],
        row["recorded_pid"],
        row["pid"],
        holders_of(row),
        row["file"]["path"],
        row["file"]["key"],
    )


def key_of(path):
    """The kernel's key of a file, from our own fdinfo and mountinfo."""
    fd = os.open(path, os.O_PATH)
    try:
        info = dict(line.split(":", 1) for line in read_text("/proc/self/fdinfo/%d" % fd).splitlines() if ":" in line)
    finally:
        os.close(fd)
    mount, inode = info["mnt_id"].strip(), info["ino"].strip()
    for line in read_text("/proc/self/mountinfo").splitlines():
        words = line.split()
        if words[0] == mount:
            major, minor = (int(n) for n in words[2].split(":"))
            return "%02x:%02x:%s" % (major, minor, inode)
    raise Skip("mount %s of %r is not in mountinfo" % (mount, path))


def in_initial_pid_namespace():
    return re.search(r"4026531836", os.readlink("/proc/self/ns/pid")) is not None
