# SPDX-License-Identifier: GPL-2.0-or-later
"""Looking: views, moving, finding, filtering, ordering."""

import os
import re
import time

from document import check, same
from harness import key_of
from terminal import BACKSPACE, DOWN, END, ENTER, ESC, F, HOME, PGDN, TAB, UP, Terminal

CAPTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "captures/desk.cap.json")
SEARCH = 150  # seconds: on a loaded machine the search of the usual places takes long
TITLES = ("[1:Locks]", "[2:Files]", "[3:Procs]", "[4:Waits", "[5:Map]", "[6:History]", "[7:Lockfile]")


def ready(me):
    """There is a first look, and a row of it is selected."""
    return me.selected.startswith(">")


def on_capture(t, *args, **options):
    term = Terminal(t, "screen", "--from", CAPTURE, *args, **options)
    term.until(ready, "the first rows")
    return term


def leave(term, keys=b"q"):
    term.type(keys)
    same(term.end(), 0, "status")
    same(term.is_restored(), None, "the terminal")


def test_browse_live(t):
    """A lock that is made while the screen runs comes, and goes as a ghost."""
    # A ghost stays for a look: looks are far between, so that a test that is kept waiting still sees it.
    holder = t.helper()
    path = t.path("seen.db")
    term = Terminal(t, "screen", "--delay", "10", "--filter", '=path == "%s"' % path)
    term.until("[1:Locks]")
    fd = holder.open_lock(path, "posix", "w", 100, 50)
    term.look_until(lambda me: str(holder.pid) in me.text and "seen.db" in me.text, "the new lock")
    term.until(ready, "a selected row")
    check("100-149" in term.text and "POSIX" in term.text, "its range:\n%s", term.text)
    holder.cmd("close", fd)
    term.look_until("gone", "the ghost")
    term.look_until(lambda me: str(holder.pid) not in me.text, "the ghost to go")
    leave(term)


def test_browse_cursor(t):
    """The terminal's own cursor and the mark stand on the selected row, wherever it goes."""
    term = on_capture(t)
    before = term.selected
    term.press(DOWN, lambda me: ready(me) and me.selected != before, "the next row")
    same(term.screen.cursor.x, 0, "the cursor's column")
    second = term.selected
    term.press(UP, lambda me: me.selected == before, "the first row again")
    term.press(b"j", lambda me: me.selected == second, "the second row by j")
    term.press(END, lambda me: ready(me) and me.selected not in (before, second), "the last row")
    last = term.selected
    term.press(b"g", lambda me: me.selected == before, "the first row by g")
    term.press(b"G", lambda me: me.selected == last, "the last row by G")
    term.press(HOME, lambda me: me.selected == before, "the first row by Home")
    term.press(PGDN, lambda me: ready(me) and me.selected != before, "a page on")
    same(term.text.count("\n>") + term.text.startswith(">"), 1, "rows that are marked")
    leave(term)


def test_browse_typed_ahead(t):
    """Keys right behind those that open a pane are not lost."""
    term = on_capture(t)
    term.type(b"?G")
    term.until(lambda me: "Help" in me.text and "no-mouse" in me.text, "the end of the help")
    term.type(b"q")
    term.until(lambda me: ready(me) and TITLES[0] in me.text, "the view again")
    term.type(ENTER + b"G")
    term.until(lambda me: re.search(r"Detail +\d+-(\d+) of \1\b", me.text), "the end of the detail")
    term.type(b"q")
    leave(term)


def test_browse_views(t):
    """Each view by its number, the next and the previous one; help, detail and back."""
    term = on_capture(t)
    for i, title in enumerate(TITLES):
        # From the circle that is selected in Waits it would ask for the map of which file.
        if "Map" in title:
            term.press(b"1", TITLES[0])
        term.press(str(i + 1), title)
    term.press(TAB, TITLES[0])
    term.press(b"\x1b[Z", TITLES[-1])
    term.press(b"1", TITLES[0])
    rows = term.text
    term.press(F[1], lambda me: "Ctrl-C" in me.text or "PgDn" in me.text or "Moving" in me.text, "help")
    term.press(ESC, lambda me: ready(me) and TITLES[0] in me.text, "the view again")
    term.press(ENTER, lambda me: " Detail " in me.text and me.text != rows, "the detail")
    term.press(BACKSPACE, lambda me: ready(me) and TITLES[0] in me.text, "the view again")
    leave(term)


def test_browse_quit(t):
    """All ways that leave."""
    for keys in (b"q", b"Q", F[10], b"\x03"):
        leave(on_capture(t), keys)


def test_browse_filter(t):
    term = on_capture(t)
    term.press(F[4], "Filter:")
    term.press(b"POSIX", lambda me: "FLOCK" not in "".join(me.screen.display[4:18]), "only POSIX")
    term.press(ENTER, "filter: POSIX [")
    term.press(F[4], "Filter:")
    term.press(ESC, "filter: (none)")
    term.press(b"\\", "Filter:")
    term.type(b"=type==flock")
    term.press(ENTER, lambda me: "POSIX" not in "".join(me.screen.display[4:18]) and "FLOCK" in me.text, "only FLOCK")
    leave(term)


def test_browse_find(t):
    """Incremental; Esc returns to the row where it began."""
    term = on_capture(t)
    first = term.selected
    term.press(F[3], lambda me: "Find" in me.line(23) or "Find" in me.line(22) or "Search" in me.text, "the prompt")
    term.type(b"FLOCK")
    term.press(ENTER, term.selects("FLOCK"), "a row that says FLOCK")
    term.press(b"g", lambda me: me.selected == first, "the first row")
    term.type(b"/LEASE")
    term.press(ESC, lambda me: me.selected == first and "LEASE" not in me.line(22), "the row where it began")
    leave(term)


def test_browse_sort(t):
    """By pid, and turned round."""
    term = on_capture(t)

    def pids(me):
        found = [line.split()[1] for line in me.screen.display[4:18] if len(line.split()) > 5]
        return [int(p) for p in found if p.isdigit()]

    term.type(F[6])
    term.until(lambda me: "PID" in me.text and "Sort" in me.text or "Order" in me.text, "the menu")
    term.type(ESC)
    term.until(ready, "the view")
    for _ in range(12):
        term.type(b">")
        term.settle()
        if len(pids(term)) > 2 and pids(term) == sorted(pids(term)):
            break
    same(pids(term), sorted(pids(term)), "pids in order")
    term.press(b"I", lambda me: pids(me) == sorted(pids(me), reverse=True), "pids turned round")
    leave(term)


def lease_after_the_look(t, term, h, path):
    """What is on the screen is older than a lease: the file is not opened all the same, which would break the lease."""
    term.press(b"Z", "PAUSED")
    shown = time.monotonic()
    fd = h.open(path)
    h.lock("lease", "w", fd)
    term.until(lambda me: time.monotonic() > shown + 1, "the look to be an old one")
    term.press(b"D", "not possible")
    with open("/proc/locks", encoding="ascii") as f:
        lines = [line for line in f if key_of(path) in line.split()]
    check(lines and not any("BREAKING" in line for line in lines), "the lease was broken: %r", lines)
    term.press(ESC, lambda me: ready(me) and "[7:Lockfile]" in me.text, "the view again")
    h.cmd("close", fd)
    term.type(b"Z")


def test_browse_lockfiles(t):
    """Lock files come from a search of their own, with their verdict; keys are answered meanwhile, and what acts on files acts on them."""
    h = t.helper()
    name = "lock of %d.pid" % h.pid
    path = t.path(name, b"%d\n" % h.pid)
    term = Terminal(t, "screen", "--delay", "0.5")
    term.until("[1:Locks]")
    term.press(b"7", "[7:Lockfile]")
    term.press(b"1", "[1:Locks]")
    term.press(b"7", "[7:Lockfile]")
    term.until("searched ", "the end of the search", SEARCH)
    term.type(b"\\" + name.encode() + ENTER)
    term.until(lambda me: ready(me) and name in me.selected, "the row", SEARCH)
    check("probably_live" in term.selected and str(h.pid) in term.selected, "its verdict:\n%s", term.text)
    term.press(ENTER, lambda me: "verdict" in me.text and "probably live" in me.text, "the detail")
    term.press(BACKSPACE, lambda me: ready(me) and "[7:Lockfile]" in me.text, "the view again")
    term.press(b"D", "not possible")
    check("lock file of a daemon" in term.text and os.path.exists(path), "what Delete says:\n%s", term.text)
    term.press(ESC, lambda me: ready(me) and "[7:Lockfile]" in me.text, "the view again")
    lease_after_the_look(t, term, h, path)
    h.end()
    os.unlink(path)
    term.type(b"r")
    term.until("[0/", "it is gone after another search", SEARCH)
    leave(term, b"\x03")
