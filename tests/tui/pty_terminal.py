# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal itself: every way out gives it back, every size is survived, nothing hostile reaches it."""

import os
import re
import signal
import subprocess
import termios
import time
import unicodedata

from document import check, same
from harness import needs
from helper import hexed, until
from names import BAD_FORMATS, COMMS, NAMES
from pty_browse import CAPTURE, leave, on_capture, ready
from terminal import DOWN, F, PGDN, Terminal, plain

HOSTILE = os.path.join(os.path.dirname(CAPTURE), "hostile.cap.json")


def refused(t, words, status=2, **options):
    term = Terminal(t, "screen", **options)
    same(term.end(), status, "status of %r; it said %r" % (options, term.text))
    check(words in term.text, "it said %r, not %r", term.text.strip(), words)
    check(b"\x1b[?1049h" not in term.raw, "the screen was begun")


def test_terminal_refused(t):
    """Where there is no terminal for it, a sentence says so, and lockscope alone lists."""
    refused(t, "TERM is dumb", term="dumb")
    refused(t, "TERM is not set", env={"TERM": None})
    # What curses had begun for it, it does not free.
    refused(t, "not known here", term="nosuchterminal", env={"ASAN_OPTIONS": "detect_leaks=0"})
    answer = t.run("screen")
    same((answer.status, answer.out), (2, b""), "screen into a pipe: %s" % answer)
    check(b"not a terminal; use 'lockscope list'" in answer.err, "its sentence: %s", answer)
    answer = t.run("--from", CAPTURE)
    same(answer.status, 0, "lockscope into a pipe: %s" % answer)
    check(answer.out.startswith(b"COMMAND"), "it lists: %s", answer)


def test_terminal_without_verb(t):
    """lockscope alone is the screen; with an option of list alone it lists."""
    term = Terminal(t, "--from", CAPTURE, "--sort", "pid")
    term.until(ready, "the screen")
    leave(term)
    term = Terminal(t, "--from", CAPTURE, "--raw")
    same(term.end(), 0, "status of --raw")
    check(term.text.startswith("COMMAND") and b"\x1b[?1049h" not in term.raw, "it lists: %r", term.text[:200])


def test_terminal_signals(t):
    """Killed by what it was sent, but the terminal is as it was."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT,
                   signal.SIGFPE, signal.SIGILL):
        term = on_capture(t)
        os.kill(term.pid, number)
        status = term.end()
        if t.world.sanitized and status != -number:
            check(status != 0, "status after %s", number.name)
        else:
            same(status, -number, "status after %s" % number.name)
        same(term.is_restored(), None, "the terminal after %s" % number.name)


def test_terminal_hangup(t):
    """The other end of the terminal goes away: it ends."""
    term = on_capture(t)
    os.close(term.master)
    os.close(term.slave)
    until(lambda: term.proc.poll() is not None, "its end")


@needs("bash")
def test_terminal_suspend(t):
    """Ctrl-Z in a shell: its prompt, its modes; fg: the screen again. And a stop that nobody announced."""
    term = Terminal(t, program=("bash", "--norc", "--noprofile", "-i"), env={"PS1": "ready> "})
    term.until("ready>")
    term.type("%s screen --from %s\r" % (t.world.lockscope, CAPTURE))
    term.until(ready, "the screen")
    ours = termios.tcgetattr(term.slave)[3]
    term.type(b"\x1a")
    term.until("Stopped")
    check(b"\x1b[?1049l" in term.raw, "the other screen was not left")
    check(not ours & termios.ICANON and not ours & termios.ECHO, "the modes of the screen")
    start = len(term.raw)
    term.type(b"stty -a; echo do''ne\r")
    term.until("done")
    check(b" icanon" in term.raw[start:] and b"-icanon" not in term.raw[start:] or b" echo " in term.raw[start:],
          "the shell's modes: %r", bytes(term.raw[start:]))
    term.type("fg\r")
    term.until(ready, "the screen again")
    before = term.selected
    term.press(DOWN, lambda me: ready(me) and me.selected != before, "the next row")
    start = len(term.raw)
    term.type(b"q")
    term.until(lambda me: b"ready> " in me.raw[start:], "the prompt")
    term.type(b"echo sta''tus $?\r")
    term.until(lambda me: b"status 0" in me.raw[start:], "the status")


def test_terminal_no_job_control(t):
    """Where nobody would bring it back, Ctrl-Z does not stop it."""
    ignore = "import os, signal, sys; signal.signal(signal.SIGTSTP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    term = Terminal(t, program=("/usr/bin/python3", "-c", ignore, t.world.lockscope, "screen", "--from", CAPTURE))
    term.until(ready, "the screen")
    term.press(b"\x1a", "no shell with job control")
    leave(term)


def test_terminal_stop_and_continue(t):
    term = on_capture(t)
    os.kill(term.pid, signal.SIGSTOP)
    until(lambda: " T " in open("/proc/%d/stat" % term.pid).read(), "it to stop")
    term.screen.reset()
    os.kill(term.pid, signal.SIGCONT)
    term.until(ready, "the screen again")
    leave(term)


def test_terminal_sizes(t):
    """Every size down to one cell, one after the other and in a storm; then all is there again."""
    term = on_capture(t)
    for size in ((40, 10), (20, 5), (20, 3), (19, 3), (1, 1), (2, 1), (1, 50), (300, 1), (200, 50), (120, 40), (5, 2)):
        term.resize(*size)
        if size[0] >= 20 and size[1] >= 3:
            term.until(lambda me: ready(me), "a selected row at %dx%d" % size)
    for n in range(300):
        term.resize(1 + n * 7 % 190, 1 + n * 5 % 60)
        term.type(DOWN if n % 3 else PGDN)
        term.feed(0)
    term.resize(80, 24)
    term.until(lambda me: ready(me) and "[1:Locks]" in me.text, "the whole screen")
    leave(term)


def check_plain(raw, utf8, what):
    """Nothing but printable text is left when the sequences of curses are taken away."""
    for bad in (b"\x1b]", b"\x07", b"\x1b[5m", b"\x1b[?47h", b"\x1bP", b"\x1b_"):
        check(bad not in raw, "%s: %r reaches the terminal", what, bad)
    rest = plain(raw)
    if not utf8:
        odd = [b for b in rest if not 32 <= b < 127]
        check(not odd, "%s: bytes %r in the C locale", what, odd[:8])
        return
    text = rest.decode("utf-8")  # an error is a failure
    odd = [c for c in text if unicodedata.category(c) in BAD_FORMATS]
    check(not odd, "%s: %r reaches the terminal", what, odd[:8])


def look_everywhere(term):
    term.until(ready, "the rows", deadline=50)
    for key in (b"d", b"\x1b", b"y", b"\x1b", b"2", b"3", b"4", b"5", b"6", b"1", b"5", b"1", b"a", b"\x1b", b"u", b"\x1b", b"/", b"x",
                b"\x1b"):
        term.type(key)
        for _ in range(2):
            term.feed(0.03)
    rows = int(re.search(r"Locks (\d+)", term.text + " Locks 1").group(1))
    for _ in range(min(rows, 40)):
        term.type(DOWN)
        term.feed(0.02)
    term.type(b"q")
    same(term.end(), 0, "status")


def test_terminal_hostile(t):
    """File names and command names that attack the terminal, live and from a capture, in both kinds of locale."""
    h = t.helper()
    for name in [*NAMES.values(), b"\x1b[5m\x1b[?47h\x1b]0;x\x07"]:
        h.open_lock(t.path(name))
    for comm in COMMS.values():
        other = t.helper()
        other.cmd("comm", hexed(comm))
        other.open_lock(t.path(b"of-" + hexed(comm).encode()))
    for locale in ("C.UTF-8", "C"):
        for args, size in ((("--filter", '=path =~ "^%s"' % t.dir), (80, 24)), (("--from", HOSTILE), (130, 40))):
            term = Terminal(t, "screen", *args, size=size, env={"LC_ALL": locale})
            look_everywhere(term)
            check_plain(term.raw, locale != "C", "%s %r" % (locale, args))
            check(b"\\x1b" in term.raw and b"\\x07" in term.raw, "the names were not shown: %s %r", locale, args)


COLOR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9\d)(?:;\d+)*m")


def test_terminal_colors(t):
    """Eight colours, and none where none is wanted; NO_COLOR gives way to the option."""
    for term_type in ("xterm", "xterm-256color", "linux", "screen", "vt220", "tmux-256color"):
        term = on_capture(t, term=term_type)
        leave(term)
        same(bool(COLOR.search(term.raw)), term_type != "vt220", "colours on " + term_type)
        check(b"38;5" not in term.raw and b"\x1b[34m" not in term.raw, "more than eight colours, or dark blue, on %s", term_type)
    for options in ({"env": {"NO_COLOR": "1"}}, {"args": ("--color=never",)}):
        term = on_capture(t, *options.get("args", ()), env=options.get("env"))
        leave(term)
        check(not COLOR.search(term.raw), "colours with %r", options)
        check(b"\x1b[7m" in term.raw or b";7m" in term.raw, "nothing is reversed with %r", options)
    term = on_capture(t, "--color=always", env={"NO_COLOR": "1"})
    leave(term)
    check(COLOR.search(term.raw), "no colours with --color=always")
    term = on_capture(t, env={"NO_COLOR": ""})
    leave(term)
    check(COLOR.search(term.raw), "no colours with an empty NO_COLOR")


def test_terminal_characters(t):
    """Frames are drawn as the locale allows."""
    for locale, args, wanted in (("C.UTF-8", (), "\u2500"), ("C.UTF-8", ("--ascii",), "+-"), ("C", (), "+-"),
                                 ("C.UTF-8", ("--glyphs=unicode",), "\u2500")):
        term = on_capture(t, *args, env={"LC_ALL": locale})
        term.press(F[8], wanted, "a frame of %r in %s" % (wanted, locale))
        term.type(b"\x1b")
        leave(term, b"Q")


def test_terminal_cursor(t):
    """Hidden where nobody needs it; never on the console and with --accessible."""
    for term_type, args, hidden in (("xterm", (), True), ("linux", (), False), ("xterm", ("--accessible",), False)):
        term = on_capture(t, *args, term=term_type)
        leave(term)
        same(b"\x1b[?25l" in term.raw, hidden, "hidden on %s %r" % (term_type, args))


def click(x, y, button=0):
    return b"\x1b[<%d;%d;%dM\x1b[<%d;%d;%dm" % (button, x + 1, y + 1, button, x + 1, y + 1)


def test_terminal_mouse(t):
    """A click selects a row or a view, the wheel moves, two clicks open; with --no-mouse nothing is asked for."""
    term = on_capture(t)
    at = term.screen.cursor.y
    term.press(click(20, at + 2), lambda me: me.screen.cursor.y == at + 2 and ready(me), "the row that was clicked")
    term.press(click(12, [i for i, line in enumerate(term.screen.display) if "[1:Locks]" in line][0]), "[2:Files]")
    term.press(b"1", "[1:Locks]")
    before = term.screen.cursor.y, term.selected
    term.press(click(20, at, 65), lambda me: (me.screen.cursor.y, me.selected) != before, "the wheel to move")
    leave(term)
    check(b"1000h" in term.raw, "mouse reports were not asked for")
    term = on_capture(t, "--no-mouse")
    leave(term)
    check(b"1000h" not in term.raw, "mouse reports were asked for")


def test_terminal_unknown_keys(t):
    """Sequences that nobody knows are no keys: their letters must not open a dialog."""
    term = on_capture(t)
    before = term.text
    term.type(b"\x1b[1;7K", b"\x1b[99~", b"\x1b[202~", b"\x1bOX", b"\x1b[1;2;3X", b"\x1b[?1;2D")
    for _ in range(10):
        term.feed(0.05)
    check("[ Cancel ]" not in term.text and "15 TERM" not in term.text, "a dialog is open:\n%s", term.text)
    check(before.splitlines()[2] == term.text.splitlines()[2], "another view is shown:\n%s", term.text)
    leave(term)


def test_terminal_paste_without_end(t):
    """If the end of what was pasted is lost, Ctrl-C gives the keyboard back, and then ends the program as ever."""
    term = on_capture(t)
    term.type(b"\x1b[200~K\r")
    for _ in range(5):
        term.feed(0.05)
    check("15 TERM" not in term.text, "a dialog is open:\n%s", term.text)
    term.press(b"\x03", "What was pasted was dropped")
    leave(term, b"\x03")


def test_terminal_escape(t):
    """Esc alone is Esc, at once."""
    term = on_capture(t)
    term.press(b"?", lambda me: not me.selected.startswith(">"), "help")
    start = time.monotonic()
    term.press(b"\x1b", ready, "the view again")
    t.note("Esc took %.0f ms" % ((time.monotonic() - start) * 1000))
    leave(term)
