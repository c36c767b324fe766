# SPDX-License-Identifier: GPL-2.0-or-later
"""Acting through the dialogs; what happened is looked at from outside the screen."""

import contextlib
import os

from document import check, same
from harness import holders_of, needs_root
from helper import Failure, gone, until
from pty_browse import leave, ready
from terminal import DOWN, ENTER, ESC, F, PASTE, TAB, Terminal


def on_lock(t, name, *args, **options):
    """The screen with only the locks of this file of the test, the first of them selected: never somebody else's."""
    only = '=path == "%s"' % os.path.join(t.dir, name)
    term = Terminal(t, "screen", "--filter", only, *args, **options)
    term.until(lambda me: ready(me) and name in me.selected, "the lock on " + name, deadline=50)
    return term


def focus(term, text):
    """Tab until the mark stands before this."""
    for _ in range(14):
        with contextlib.suppress(Failure):
            term.until("> " + text, deadline=0.7)
            return
        term.type(TAB)
    raise Failure("the focus does not come to %r:\n%s" % (text, term.text))


def confirm(term):
    """Enter, once the dialog says that it counts."""
    term.without("Enter counts in a moment")
    term.type(ENTER)


def outside(term, condition, what):
    """Until something is true of the world; a failure shows what the screen says to that."""
    term.until(lambda _: condition(), what)


def is_held(t, path):
    return [r for r in t.rows(path) if r["state"] == "held"]


def ended(helper):
    return gone(helper.pid, helper.pidfd)


def test_act_signal(t):
    """Esc sends nothing; Enter sends TERM to the frozen target, and what became of it is said."""
    h = t.helper()
    path = t.path("signalled")
    h.open_lock(path)
    term = on_lock(t, "signalled")
    term.press(F[9], "15 TERM")
    term.until("lkhelp")
    term.type(ESC)
    term.without("15 TERM")
    check(not ended(h), "the helper ended without a signal")
    term.press(b"K", "15 TERM")
    term.until("This will happen")
    confirm(term)
    outside(term, lambda: ended(h), "the holder to end")
    term.until(lambda me: "ended" in me.text or "gone" in me.text, "the report")
    term.type(ESC, b"6")
    term.until(lambda me: "SIGNAL" in me.text and str(h.pid) in me.text, "the deed in the history")
    leave(term, b"Q")
    same(is_held(t, path), [], "locks on the file")


def test_act_paste_and_typed_ahead(t):
    """What is pasted is no keys: not in a view, not in a dialog; and Enter right behind K sends nothing."""
    h = t.helper()
    h.open_lock(t.path("pasted"))
    term = on_lock(t, "pasted")
    term.press(PASTE % b"K\r", "What was pasted was dropped")
    check("15 TERM" not in term.text, "a dialog is open:\n%s", term.text)
    term.press(b"K\r", "only just appeared")
    term.press(PASTE % b"\r\r", "What was pasted was dropped")
    check(not ended(h), "the holder was signalled")
    term.type(ESC)
    term.without("15 TERM")
    term.press(b"/", "Find:")
    term.press(PASTE % b"two\rwords", "Find: two words")
    term.type(ESC)
    leave(term)
    check(not ended(h), "the holder was signalled")
    same(term.is_restored(), None, "the terminal")


def test_act_kill_asks_once_more(t):
    h = t.helper()
    h.open_lock(t.path("killed"))
    term = on_lock(t, "killed")
    term.press(b"K", "15 TERM")
    term.until("This will happen")
    for _ in range(3):
        term.type(DOWN)
    term.until(lambda me: any(">" in line.split("KILL")[0] for line in me.text.splitlines() if "9 KILL" in line), "KILL")
    term.until("Send SIGKILL")
    confirm(term)
    term.until("SIGKILL: nothing can be finished")
    check(not ended(h), "KILL did not ask once more:\n%s", term.text)
    term.type(ENTER)
    outside(term, lambda: ended(h), "the holder to end")
    leave(term, b"\x03")


def test_act_target_gone(t):
    """The holder ends by itself while the dialog is open: nobody else is signalled, and that is said."""
    h, other = t.helper(), t.helper()
    path = t.path("vanished")
    h.open_lock(path)
    term = on_lock(t, "vanished")
    term.press(b"K", "This will happen")
    h.end()
    other.open_lock(path)
    confirm(term)
    term.until(lambda me: any(w in me.text for w in ("gone", "ended", "no longer", "changed")), "that it is gone")
    for _ in range(5):
        term.feed(0.1)
    check(not ended(other), "the new holder was signalled:\n%s", term.text)
    leave(term, b"\x03")


@needs_root
def test_act_release(t):
    """The typed pid enables the button; the process lives on without its lock."""
    h = t.helper()
    path = t.path("released")
    h.open_lock(path, "ofd")
    term = on_lock(t, "released")
    term.press(b"X", "unlock its open file")
    focus(term, "( ) unlock its open file")
    term.type(b" ")
    term.until("DANGER")
    focus(term, "[ Release ]")
    term.press(ENTER, "type the number")
    check(is_held(t, path), "it was released without the typed pid")
    for _ in range(14):
        if "Type the PID" in term.line(term.screen.cursor.y):
            break
        term.type(TAB)
        term.settle()
    term.press(str(h.pid), lambda me: str(h.pid) in me.line(me.screen.cursor.y), "the typed pid")
    focus(term, "[ Release ]")
    confirm(term)
    outside(term, lambda: not is_held(t, path), "the lock to go")
    check(not ended(h), "the process was to live on")
    leave(term, b"\x03")


def test_act_test(t):
    """The computed answer, and the real one, which leaves nothing behind."""
    h = t.helper()
    path = t.path("tested", b"x" * 1000)
    h.open_lock(path, "posix", "w", 100, 50)
    term = on_lock(t, "tested")
    term.press(F[7], "It would have to wait")
    check(str(h.pid) in term.text, "who is in the way:\n%s", term.text)
    term.type(b"A")
    term.until(lambda me: "in the way" in me.text and "really" not in me.line(0), "the real answer")
    same(len(t.rows(path)), 1, "rows of the file afterwards")
    leave(term, b"\x03")


def test_act_delete(t):
    """Cancel keeps the file; a locked one is refused until that is ticked; then it is gone."""
    h = t.helper()
    path = t.path("deleted")
    h.open_lock(path)
    term = on_lock(t, "deleted")
    term.press(b"D", "[ Cancel ]")
    confirm(term)
    term.without("[ Cancel ]")
    check(os.path.exists(path), "Cancel deleted the file")
    term.press(b"D", "not possible")
    focus(term, "[ ] Although it is locked")
    term.type(b" ")
    term.until("[x] Although it is locked")
    term.until(lambda me: "not possible" not in me.text and "This will happen" in me.text, "the new plan")
    focus(term, "[ Delete ]")
    confirm(term)
    until(lambda: not os.path.exists(path), "the file to go")
    check(not ended(h), "the holder lives on")
    leave(term, b"\x03")


def test_act_read_only(t):
    """Nothing that changes something has a dialog; the computed test does."""
    h = t.helper()
    path = t.path("kept")
    h.open_lock(path)
    term = on_lock(t, "kept", "--readonly")
    check("RO" in term.line(0), "the badge:\n%s", term.text)
    for key in (b"K", b"X", b"D"):
        term.press(key, "read-only")
        check("[ Cancel ]" not in term.text and "15 TERM" not in term.text, "a dialog is open:\n%s", term.text)
    term.press(F[7], "have to wait")
    term.type(ESC)
    leave(term)
    check(os.path.exists(path) and not ended(h), "something was changed")
    same([holders_of(r)[0][0] for r in is_held(t, path)], [h.pid], "the holder")


def test_act_write(t):
    """The snapshot is what `list --json` prints; an existing file is not replaced."""
    h = t.helper()
    h.open_lock(t.path("written"))
    target = os.path.join(t.dir, "snapshot.json")
    term = on_lock(t, "written")
    term.press(b"w", "Write to:")
    term.type(b"\x15", target, ENTER)
    until(lambda: os.path.exists(target) and os.path.getsize(target) > 100, "the file")
    with open(target, "rb") as f:
        data = f.read()
    same(os.stat(target).st_mode & 0o777, 0o600, "its mode")
    check(data.startswith(b'{"schema":"lockscope/1"') and b"written" in data, "its content: %r", data[:200])
    term.until("written to")
    term.press(b"w", "Write to:")
    term.type(b"\x15", target, ENTER)
    term.until("Nothing was written", "the refusal")
    same(open(target, "rb").read(), data, "the file")
    leave(term, b"\x03")
