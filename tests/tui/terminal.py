# SPDX-License-Identifier: GPL-2.0-or-later
"""lockscope on a real pty; what it writes is understood by pyte, so that a test sees what a person would see."""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

from helper import Failure

DEADLINE = 20.0
UP, DOWN, RIGHT, LEFT = b"\x1bOA", b"\x1bOB", b"\x1bOC", b"\x1bOD"
PGUP, PGDN, HOME, END = b"\x1b[5~", b"\x1b[6~", b"\x1bOH", b"\x1bOF"
F = {1: b"\x1bOP", 2: b"\x1bOQ", 3: b"\x1bOR", 4: b"\x1bOS", 5: b"\x1b[15~", 6: b"\x1b[17~", 7: b"\x1b[18~", 8: b"\x1b[19~",
     9: b"\x1b[20~", 10: b"\x1b[21~", 11: b"\x1b[23~"}
PASTE = b"\x1b[200~%s\x1b[201~"
ESC, ENTER, TAB, BACKSPACE = b"\x1b", b"\r", b"\t", b"\x7f"


class Screen(pyte.Screen):
    """Knows three sequences more, which xterm's description has: that character N times, scroll up, scroll down."""

    last = " "

    def draw(self, data):
        if data:
            self.last = data[-1]
        super().draw(data)

    def repeat(self, count=1, **_):
        super().draw(self.last * (count or 1))

    def _scroll(self, y, step, count):
        self.cursor.y, before = y, self.cursor.y
        for _ in range(count or 1):
            step()
        self.cursor.y = before

    def scroll_up(self, count=1, **_):
        self._scroll(self.margins.bottom if self.margins else self.lines - 1, self.index, count)

    def scroll_down(self, count=1, **_):
        self._scroll(self.margins.top if self.margins else 0, self.reverse_index, count)

    def report_device_status(self, *_args, **_options):
        """Nobody asks."""


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down"}


class Terminal:
    def __init__(self, t, *args, size=(80, 24), env=None, term="xterm-256color", program=None, prefix=()):
        self.t, self.size, self.raw = t, size, bytearray()
        self.master, self.slave = os.openpty()
        self._set_size()
        self.modes = termios.tcgetattr(self.slave)
        self.screen = Screen(*size)
        self.stream = Stream(self.screen)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": term, "XDG_CONFIG_HOME": t.dir + "/config",
                       **(env or {})}
        for name in ("NO_COLOR", "SUDO_UID"):
            if name not in (env or {}):
                environment.pop(name, None)
        environment = {k: v for k, v in environment.items() if v is not None}
        self.proc = subprocess.Popen(
            [*prefix, *(program or (t.world.lockscope, *args))], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            env=environment, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.pid = self.proc.pid
        t.undo(self.close)

    def _set_size(self):
        w, h = self.size
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", h, w, 0, 0))

    def resize(self, w, h):
        """The terminal's window changes; the program is told by the kernel."""
        self.size = (w, h)
        self.screen.resize(h, w)
        self._set_size()

    def feed(self, seconds):
        """Takes what comes within this time; whether something came."""
        if not select.select([self.master], [], [], max(0, seconds))[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def settle(self):
        """Until nothing comes for a while."""
        while self.feed(0.2):
            pass

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def line(self, y):
        """Empty below the screen: the cursor is still there for a moment after the terminal has shrunk."""
        return self.screen.display[y].rstrip() if y < len(self.screen.display) else ""

    def type(self, *keys):
        for key in keys:
            os.write(self.master, key if isinstance(key, bytes) else key.encode())

    def until(self, wanted, what=None, deadline=DEADLINE):
        """wanted: text that appears, or a function of this that becomes true. Returns what it returned."""
        test = wanted if callable(wanted) else lambda me: wanted in me.text
        end = time.monotonic() + deadline
        while True:
            value = test(self)
            if value:
                return value
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("waited %g s in vain for %s; the screen (status %s):\n%s" % (
                    deadline, what or repr(wanted), self.proc.poll(), self.text))
            self.feed(min(left, 0.1))

    def without(self, text, deadline=DEADLINE):
        """Until this text is gone."""
        return self.until(lambda me: text not in me.text, "%r to vanish" % text, deadline)

    def look_until(self, wanted, what=None, deadline=60.0):
        """As until(), asking for another look now and then: on a machine with many locks they are far between."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            self.type(b"r")
            with contextlib.suppress(Failure):
                return self.until(wanted, what, 3)
        return self.until(wanted, what, 1)

    def press(self, keys, wanted, what=None):
        self.type(keys)
        return self.until(wanted, what)

    @property
    def selected(self):
        """The line with the cursor, which must be a marked one."""
        return self.line(self.screen.cursor.y)

    def selects(self, text):
        return lambda me: me.screen.cursor.x == 0 and me.selected.startswith(">") and text in me.selected

    def select(self, text, most=200):
        """Moves down until the selected row says this."""
        self.type(HOME)
        for _ in range(most):
            self.until(lambda me: me.selected.startswith(">"), "a selected row")
            if text in self.selected:
                return
            before = self.screen.cursor.y, self.selected
            self.type(DOWN)
            with contextlib.suppress(Failure):
                self.until(lambda me, before=before: (me.screen.cursor.y, me.selected) != before, "the next row", 1)
        raise Failure("no row says %r:\n%s" % (text, self.text))

    def end(self, deadline=DEADLINE):
        """Until the program has ended; its status, negative for a signal."""
        end = time.monotonic() + deadline
        while self.proc.poll() is None:
            if time.monotonic() > end:
                raise Failure("the program does not end; the screen:\n%s" % self.text)
            self.feed(0.02)
        while self.feed(0.05):
            pass
        return self.proc.returncode

    def is_restored(self):
        """Why the terminal is not as it was; None: it is."""
        if termios.tcgetattr(self.slave)[:4] != self.modes[:4]:
            return "its modes differ: %r, before %r" % (termios.tcgetattr(self.slave)[:4], self.modes[:4])
        for on, off, what in ((b"\x1b[?1049h", b"\x1b[?1049l", "the other screen"), (b"\x1b[?25l", b"\x1b[?25h", "no cursor"),
                              (b"\x1b[?1h", b"\x1b[?1l", "keypad codes"), (b"\x1b[?2004h", b"\x1b[?2004l", "bracketed paste")):
            if self.raw.rfind(on) > self.raw.rfind(off):
                return "it was left with %s" % what
        on = max(self.raw.rfind(b"\x1b[?1006;1000h"), self.raw.rfind(b"\x1b[?1000h"))
        off = max(self.raw.rfind(b"\x1b[?1006;1000l"), self.raw.rfind(b"\x1b[?1000l"))
        return "it was left with mouse reports" if on > off else None

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.proc.wait(5)
        for fd in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(fd)


SEQUENCES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z@`]|\x1b[()][AB0]|\x1b[=>78MDEc]|[\r\n\b\x0e\x0f]")


def plain(raw):
    """What is left of it without the sequences that move, colour and switch."""
    return SEQUENCES.sub(b"", bytes(raw))
