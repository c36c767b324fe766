# SPDX-License-Identifier: GPL-2.0-or-later
"""Time: keys are answered while a look hangs and with many rows; an idle screen costs little."""

import json
import os
import random
import sys
import time

from deadserver import die, sink, start, stuck
from document import check, same
from harness import needs_root
from helper import read_text
from pty_browse import CAPTURE, leave, ready
from terminal import DOWN, ENTER, PGDN, UP, Terminal

ROWS = 100000


def answer_ms(term, key, changed):
    """From a key to the screen that shows it."""
    begin = time.monotonic()
    term.type(key)
    term.until(changed, "an answer to %r" % key)
    return (time.monotonic() - begin) * 1000


def answers(term, n, keys=(DOWN, UP)):
    """Milliseconds of n answers, sorted."""
    times = []
    for i in range(n):
        before = term.screen.cursor.y, term.selected
        times.append(answer_ms(term, keys[i % len(keys)], lambda me, b=before: (me.screen.cursor.y, me.selected) != b))
    return sorted(times)


def has_meters(me):
    return me.line(1).startswith(" Locks ")


def cpu_ms(pid):
    words = read_text("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12]) + int(words[13]) + int(words[14])) * 1000 / os.sysconf("SC_CLK_TCK")


@needs_root
def test_load_hanging_look(t):
    """A file system that never answers: the look takes its time, the keys do not; leaving does not wait."""
    where, server = start(t)
    holder, bystander = t.helper(), t.helper()
    holder.open_lock(os.path.join(where, "a"))
    bystander.open_lock(t.path("other"))
    bystander.open_lock(t.path("another"))
    reader, fd = stuck(t, where)
    term = Terminal(t, "screen", "--delay", "0.1", "--filter", '=path =~ "^%s/(an)?other$"' % t.dir)
    term.until(lambda me: ready(me) and "other" in me.text, "the locks", deadline=50)
    t.undo(server.kill)  # before the helpers are ended: that would wait for ever
    die(server)
    sink(server, reader, fd)
    times = []
    for _ in range(6):
        term.type(b"r")
        for _ in range(10):
            shown = has_meters(term)
            times.append(answer_ms(term, b"#", lambda me, shown=shown: has_meters(me) != shown))
    times.sort()
    t.note("keys answered within %.0f ms (median), %.0f ms (slowest of %d)" % (times[len(times) // 2], times[-1], len(times)))
    check(times[len(times) // 2] < 100 and times[len(times) * 9 // 10] < 500, "slow answers: %r", times)
    begin = time.monotonic()
    leave(term)
    took = time.monotonic() - begin
    check(took < 3, "leaving took %.1f s", took)


def make_capture(t):
    """So many locks, a hundred a file, of a thousand processes."""
    sys.path.insert(0, os.path.dirname(CAPTURE))
    world = __import__("make").World(unreadable=0)
    for pid in range(2000, 3000):
        world.proc(pid, "user%d" % (pid % 7), pid % 7, "worker%d" % (pid % 31))
    for i in range(ROWS // 100):
        world.file(5000 + i, "/srv/data/%d/table%d.db" % (i % 50, i), 4096)
        for j in range(100):
            world.held("posix", "write", 5000 + i, [(2000 + (i * 7 + j) % 1000, 3)], j * 10, j * 10 + 4)
    path = os.path.join(t.dir, "many.cap.json")
    with open(path, "w", encoding="ascii") as f:
        f.write('{"capture":"lockscope-capture/1"}\n')
        f.writelines(json.dumps(fact, separators=(",", ":")) + "\n" for fact in world.facts())
    return path


def test_load_many_rows(t):
    """A hundred thousand locks scroll, sort and filter without lag."""
    path = make_capture(t)
    term = Terminal(t, "screen", "--from", path)
    term.until(lambda me: ready(me) and str(ROWS) in me.text.replace(",", ""), "all locks", deadline=60)
    t.note("resident memory %s" % next(w for w in read_text("/proc/%d/status" % term.pid).splitlines() if "VmHWM" in w))
    times = answers(term, 60, (PGDN, PGDN, DOWN))
    t.note("scrolling: %.0f ms (median), %.0f ms (slowest)" % (times[30], times[-1]))
    check(times[30] < 100, "scrolling is slow: %r", times)
    begin = time.monotonic()
    term.press(b"G", lambda me: ready(me), "the last row")
    term.press(b"I", ready)
    term.type(b"\\77")
    term.until(lambda me: "77" in me.text and "/100000" in me.text.replace(",", ""), "the filter")
    t.note("to the end, turned round and filtered in %.0f ms" % ((time.monotonic() - begin) * 1000))
    check(time.monotonic() - begin < 15, "it took %.1f s", time.monotonic() - begin)
    term.type(ENTER)
    leave(term, b"Q")


def test_load_idle(t):
    """What a screen costs that nobody touches: printed. A capture costs nothing at all."""
    for args in (("--from", CAPTURE), ()):
        term = Terminal(t, "screen", *args)
        term.until(ready if args else "[1:Locks]", "the screen")
        term.feed(0.5)
        before, begin = cpu_ms(term.pid), time.monotonic()
        while time.monotonic() - begin < (20 if t.soak else 5):
            term.feed(0.2)
        share = (cpu_ms(term.pid) - before) / (time.monotonic() - begin) / 10
        t.note("%s: %.2f %% of a processor" % (" ".join(args[:1]) or "this machine", share))
        if args:
            check(share < 2, "an idle capture costs %.2f %%", share)
        leave(term)


def test_load_random(t):
    """Keys without sense, on a capture: it lives, and leaves when told."""
    choice = random.Random(7)
    pool = [b"jkhlgGnNtsITabBcUFrZ123456?d \\/<>+-[]#HPyiu", b"\x1b", b"\r", b"\t", b"\x7f", DOWN, PGDN, b"\x15", b"KXD"]
    term = Terminal(t, "screen", "--from", CAPTURE)
    term.until(ready, "the rows")
    for n in range(3000 if t.soak else 400):
        part = choice.choice(pool)
        term.type(bytes([choice.choice(part)]) if len(part) > 6 or part == b"KXD" else part)
        if n % 20 == 0:
            term.feed(0.01)
            check(term.proc.poll() is None, "it ended (status %s):\n%s", term.proc.poll(), term.text)
    while term.feed(0.2):
        pass
    term.type(b"\x03")
    same(term.end(), 0, "status")
    same(term.is_restored(), None, "the terminal")
