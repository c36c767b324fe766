# SPDX-License-Identifier: GPL-2.0-or-later
"""Where settings come from, what wrong ones do, and that only Save writes them."""

import os

from document import check, same
from harness import needs_root
from helper import Failure, until
from pty_browse import CAPTURE, leave, on_capture, ready
from terminal import DOWN, ENTER, ESC, F, RIGHT, Terminal


def config(t, text=None):
    path = os.path.join(t.dir, "config/lockscope/config")
    if text is not None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def to_row(term, text):
    for _ in range(40):
        term.until(ready, "a selected row")
        if text in term.selected:
            return
        before = term.selected
        term.press(DOWN, lambda me, before=before: ready(me) and me.selected != before, "the next row")
    raise Failure("no row %r" % text)


def test_settings_save(t):
    """A change shows at once; only Save writes, in a file of our own that keeps what was in it."""
    path = config(t)
    term = on_capture(t)
    term.press(F[2], lambda me: "Save" in me.text and ready(me), "setup")
    to_row(term, "Units")
    term.press(RIGHT, lambda me: "bytes" in me.selected, "bytes")
    term.press(ESC, "[1:Locks]")
    check(not os.path.exists(path), "it was written without Save")
    leave(term)
    check(not os.path.exists(path), "it was written without Save")
    term = on_capture(t, "--readonly", "--sort", "pid")
    term.press(b"S", lambda me: "Save" in me.text and ready(me), "setup")
    to_row(term, "Units")
    term.press(RIGHT, lambda me: "bytes" in me.selected, "bytes")
    to_row(term, "Save")
    term.press(ENTER, "Saved in")
    leave(term, b"Q")
    same(read(path), ["units = bytes"], "the file")
    same(os.stat(path).st_mode & 0o777, 0o600, "its mode")
    same(os.stat(os.path.dirname(path)).st_mode & 0o777, 0o700, "the mode of its folder")
    config(t, "# mine\nbind = F11 signal\nreadonly\nunits hex\nnosuch = 1\n")
    term = on_capture(t)
    term.press(F[2], lambda me: "Save" in me.text and ready(me), "setup")
    to_row(term, "Mouse")
    term.type(b" ")
    to_row(term, "Save")
    term.press(ENTER, "Saved in")
    leave(term, b"Q")
    same(sorted(read(path)), ["bind = F11 signal", "mouse = no", "readonly = yes", "units = hex"], "the file")


def test_settings_columns(t):
    """Columns can be left out, moved and kept."""
    path = config(t)
    term = on_capture(t)
    term.press(F[2], lambda me: "Save" in me.text and ready(me), "setup")
    to_row(term, "USER")
    term.press(b" ", lambda me: "[ ]" in me.selected, "USER left out")
    to_row(term, "COMMAND")
    term.type(b"<", b"<")
    term.until(lambda me: "COMMAND" in me.selected, "COMMAND moved")
    for _ in range(30):
        if "Save" in term.selected:
            break
        term.type(b"k")
        term.settle()
    term.press(ENTER, "Saved in")
    term.press(ESC, lambda me: "COMMAND" in me.line(3), "the heading")
    heading = term.line(3).split()
    check("USER" not in heading and heading.index("COMMAND") < heading.index("PID"), "the heading: %r", heading)
    leave(term)
    term = on_capture(t)
    same(term.line(3).split(), heading, "the heading next time")
    leave(term)
    check(any(line.startswith("columns = ") for line in read(path)), "the file: %r", read(path))


def test_settings_precedence(t):
    """Option, then the user's file; --ignore-config leaves that out; a relative XDG folder does not count."""
    config(t, "start-view = files\n")
    term = on_capture(t)
    check("[2:Files]" in term.text, "the file says files:\n%s", term.text)
    leave(term)
    for args, env in ((("--start-view=locks",), None), (("--ignore-config",), None), ((), {"XDG_CONFIG_HOME": "config"})):
        term = on_capture(t, *args, env=env)
        check("[1:Locks]" in term.text, "%r %r:\n%s", args, env, term.text)
        leave(term)


def test_settings_wrong(t):
    """A wrong line is told, the others count, numbers are brought within bounds; a wrong option is refused."""
    for text in ("delay = 99999999999999\nstart-view = files\n", "start-view = files\nnosuch\n", "units = miles\nstart-view files\n",
                 "\x00\xff\nstart-view = files\n", "highlight-changes = 4294967299\nstart-view=files", "start-view = files\nbind = x\n",
                 "start-view = files\nbind = k signal\n"):
        config(t, text)
        term = on_capture(t)
        check("[2:Files]" in term.text, "%r:\n%s", text, term.text)
        told = "config" in term.line(22) or "config" in term.line(21) or "is no command" in term.text or "is not put on the key" in term.text
        same(told, "nosuch" in text or "miles" in text or "\x00" in text or "bind" in text, "told of %r:\n%s" % (text, term.text))
        leave(term)
    for args, words in ((("--units=miles",), "iec, bytes or hex"), (("--delay=x",), "seconds"), (("--start-view=x",), "locks"),
                        (("--nosuch",), "no option"), (("FILE",), "does not take"), (("--filter", "just words"), "there is no column"),
                        (("--columns=pid,bogus",), "there is no column"), (("--sort=bogus",), "cannot sort by"),
                        (("--bind", "k signal"), "is not put on the key")):
        term = Terminal(t, "screen", *args)
        same(term.end(), 2, "status of %r" % (args,))
        check(words in term.text.replace("\n", " "), "it said %r", term.text)


def test_settings_bind(t):
    """A key of one's own; a harmless key does not open a dialog that changes something."""
    config(t, "bind = F11 help\nbind = x files\nbind = 2 none\n")
    term = on_capture(t)
    term.press(b"x", "[2:Files]")
    term.press(b"1", "[1:Locks]")
    term.type(b"2")
    term.press(F[11], lambda me: not me.selected.startswith(">"), "help")
    leave(term, b"Q")


def test_settings_cwd(t):
    """A file in the current folder is never read."""
    folder = os.path.join(t.dir, "here")
    for name in ("lockscope.conf", ".lockscope", "config", ".config/lockscope/config", "lockscope/config"):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.isdir(path):
            with open(path, "w", encoding="ascii") as f:
                f.write("start-view = history\n")
    term = Terminal(t, program=("sh", "-c", "cd %s && exec %s screen --from %s" % (folder, t.world.lockscope, CAPTURE)),
                    env={"XDG_CONFIG_HOME": "", "HOME": ""})
    term.until(ready, "the screen")
    check("[1:Locks]" in term.text, "another view:\n%s", term.text)
    leave(term)


@needs_root
def test_settings_not_saved(t):
    """Under sudo, and as root in another user's home, nothing is written."""
    for env, owner in (({"SUDO_UID": "1000"}, 0), ({}, 65534)):
        home = os.path.join(t.dir, "home%d" % owner)
        os.mkdir(home)
        os.chown(home, owner, owner)
        term = on_capture(t, env={"XDG_CONFIG_HOME": "", "HOME": home, **env})
        term.press(F[2], lambda me: "Save" in me.text and ready(me), "setup")
        to_row(term, "Save")
        term.press(ENTER, "Not saved")
        leave(term, b"Q")
        same(os.listdir(home), [], "what is in the home")
