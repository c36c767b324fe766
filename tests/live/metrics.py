# SPDX-License-Identifier: GPL-2.0-or-later
"""Case 97: figures for Prometheus."""

import json
import os
import re
import socket
import stat
import subprocess
import urllib.error
import urllib.request

from document import check, same
from harness import needs, needs_root, once
from helper import Skip, until

SERIES = re.compile(rb"^(lockscope_[a-z_]+)(\{[^\n]*\})? (\S+)$")
HOSTILE = b'a"b\n\xff\xe2\x80\xae{x="1"} 9'
HOSTILE_LABEL = b'a\\"b\\\\x0a\\\\xff\\\\xe2\\\\x80\\\\xae{x=\\"1\\"} 9"}'


def figures(text):
    """Series, and its value; every line is a comment or a series, and none stands there twice."""
    found = {}
    for line in text.splitlines():
        if line.startswith(b"#"):
            continue
        series = SERIES.match(line)
        check(series, "no series: %r", line)
        key = series.group(1) + (series.group(2) or b"")
        check(key not in found, "twice: %r", line)
        found[key] = float(series.group(3))
    text.decode("utf-8")
    return found


def contended(t, path):
    """A holder, and one that waits."""
    holder, waiter = t.helper(), t.helper()
    holder.open_lock(path)
    waiter.wait_for("flock", "w", waiter.open(path))
    return holder


def always(seen):
    """The series that do not depend on who locks what."""
    return {s for s in seen if not re.search(b'path=|type="unknown"|mode="un', s)}


def test_97_metrics(t):
    """Counts, watched files, and the longest waits."""
    path, free = os.fsencode(t.path("f")), t.path("free")
    holder = contended(t, os.fsdecode(path))
    pattern = os.path.dirname(free) + "/*"
    answer = t.run("metrics", "--watch", pattern, "--watch", free, "--top", "10")
    same(answer.status, 0, str(answer))
    seen = figures(answer.out)
    check(seen[b'lockscope_locks{type="flock",mode="write",state="held"}'] >= 1, "held: %r", seen)
    check(seen[b'lockscope_locks{type="flock",mode="write",state="waiting"}'] >= 1, "waiting: %r", seen)
    check(seen[b"lockscope_waiting_processes"] >= 1 and seen[b"lockscope_blocking_max"] >= 1, "who waits: %r", seen)
    same(seen[b'lockscope_file_held{path="%s"}' % os.fsencode(free)], 0, "nobody has it")
    same(seen[b'lockscope_file_waiting{path="%s"}' % os.fsencode(pattern)], 1, "who waits for such a file")
    # Others on this machine may have waited longer.
    ours = b'lockscope_file_waiting{path="%s"}' % path
    check(seen.get(ours) == 1 or seen[b"lockscope_top_truncated"] == 1, "the longest waits: %r", seen)
    same(seen[b'lockscope_build_info{version="%s",scanner="%s"}' % (version(t), t.world.scanner.encode())], 1, "the program")
    before = always(seen)
    holder.end()
    until(lambda: not t.list("--blocked", os.fsdecode(path))["locks"], "the waiter has it")
    after = always(figures(t.run("metrics", "--watch", pattern, "--watch", free, "--top", "10").out))
    same(before ^ after, set(), "series that came or went")


def version(t):
    return t.run("--version").out.split()[1]


def test_97_textfile(t):
    """A file that is whole or what it was before; names that would break it."""
    target, name = t.path("l.prom", b"old\n"), os.fsencode(t.path("x"))[:-1] + HOSTILE
    contended(t, os.fsdecode(name))
    os.chmod(target, 0o600)
    answer = t.run("metrics", "--textfile", target, "--watch", os.fsdecode(name))
    same((answer.status, answer.out), (0, b""), str(answer))
    same(stat.S_IMODE(os.stat(target).st_mode), 0o644, "who may read it")
    with open(target, "rb") as f:
        whole = f.read()
    seen = figures(whole)
    waiting = [n for s, n in seen.items() if s.startswith(b"lockscope_file_waiting{") and s.endswith(HOSTILE_LABEL)]
    same(waiting, [1], "who waits for it")
    same(os.listdir(os.path.dirname(target)).count("l.prom"), 1, "files beside it")
    answer = t.run("metrics", "--textfile", os.path.join(target, "no"))
    same(answer.status, 2, str(answer))
    answer = t.run("metrics", "--textfile", "/dev/null")
    same(answer.status, 2, str(answer))
    check(b"not a regular file" in answer.err, "why: %s", answer)
    with open(target, "rb") as f:
        same(f.read(), whole, "after failures")


@needs_root
@once
def test_97_full_disk(t):
    """What was there before stays there."""
    where = t.path("mnt")
    os.unlink(where)
    os.mkdir(where)
    t.mount(where, "-t", "tmpfs", "-o", "size=8k", "none")
    target, filler = os.path.join(where, "l.prom"), os.path.join(where, "filler")
    for path, text in ((target, b"old\n"), (filler, b"x" * 4096)):
        with open(path, "wb") as f:
            f.write(text)
    answer = t.run("metrics", "--textfile", target)
    same(answer.status, 2, str(answer))
    check(b"No space left" in answer.err, "why: %s", answer)
    with open(target, "rb") as f:
        same((f.read(), sorted(os.listdir(where))), (b"old\n", ["filler", "l.prom"]), "after it")


@needs("promtool")
@once
def test_97_promtool(t):
    """The format, as Prometheus's own checker sees it."""
    contended(t, t.path('a"b\\c'))
    text = t.run("metrics", "--top", "3", "--watch", "/tmp/*").out
    found = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    same((found.returncode, found.stdout), (0, b""), "promtool check metrics")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@needs("prometheus-node-exporter")
@once
def test_97_node_exporter(t):
    """One scrape of the real node exporter has the series, and no error, whatever a file is called."""
    directory, port = t.path("dir"), free_port()
    os.unlink(directory)
    os.mkdir(directory)
    name = os.fsdecode(os.fsencode(t.path("x"))[:-1] + HOSTILE)
    contended(t, name)
    same(t.run("metrics", "--watch", name, "--textfile", os.path.join(directory, "lockscope.prom")).status, 0, "metrics")
    exporter = t.process(
        [
            "prometheus-node-exporter",
            "--web.listen-address=127.0.0.1:%d" % port,
            "--collector.disable-defaults",
            "--collector.textfile",
            "--collector.textfile.directory=" + directory,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    def scrape():
        if exporter.poll() is not None:
            raise Skip("the node exporter does not start: %r" % exporter.stderr.read()[-200:])
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://127.0.0.1:%d/metrics" % port, timeout=10) as f:
                return f.read()
        except (urllib.error.URLError, ConnectionError):
            return None

    text = until(scrape, "the node exporter answers", 60)
    check(b"\nnode_textfile_scrape_error 0\n" in text, "a scrape error: %r", text[-3000:])
    check(b"\nlockscope_scan_complete " in text and HOSTILE_LABEL in text, "the series: %r", text[-3000:])


DIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../dist")


@needs("promtool")
@once
def test_97_alerts(_t):
    """The alert rules, and their own tests."""
    rules = os.path.join(DIST, "prometheus/lockscope.rules")
    for words in (("check", "rules", rules + ".yml"), ("test", "rules", rules + ".test.yml")):
        found = subprocess.run(["promtool", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        same(found.returncode, 0, "%r: %r" % (words, found.stdout[-2000:]))


@once
def test_97_names_in_rules(t):
    """What alerts and dashboard ask for is what is printed."""
    printed = {s.partition(b"{")[0].decode() for s in figures(t.run("metrics", "--watch", "/x", "--top", "1").out)}
    for name in ("prometheus/lockscope.rules.yml", "prometheus/lockscope.rules.test.yml", "grafana/lockscope.json"):
        with open(os.path.join(DIST, name), encoding="utf-8") as f:
            text = f.read()
        asked = set(re.findall(r"\blockscope_[a-z_]+", text))
        check(asked and asked <= printed, "%s asks for %r", name, asked - printed)
    board = json.loads(text)
    panels = board["panels"]
    same(len({p["id"] for p in panels}), len(panels), "numbers of panels")
    for panel in panels:
        place = panel["gridPos"]
        check(place["x"] + place["w"] <= 24 and panel["title"] and panel["type"] in ("timeseries", "table"), "%r", panel)
        check(panel["targets"] and all(q["expr"] for q in panel["targets"]), "no question: %r", panel)


@needs("systemd-analyze")
@once
def test_97_units(t):
    """As systemd itself judges them, with what runs replaced by a program that is there."""
    directory = t.path("units")
    os.unlink(directory)
    os.mkdir(directory)
    for name in ("lockscope-metrics.service", "lockscope-watch.service", "lockscope-metrics.timer"):
        source = os.path.join(DIST, "systemd", name)
        with open(source if os.path.exists(source) and name.endswith("timer") else source + ".in", encoding="utf-8") as f:
            text = f.read().replace("@bindir@/lockscope", t.world.program)
        with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
            f.write(text)
    units = sorted(os.path.join(directory, name) for name in os.listdir(directory))
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if b"Failed to" in found.stdout and b"directory" not in found.stdout:
        raise Skip("systemd-analyze cannot work here: %r" % found.stdout[-200:])
    ours = [line for line in found.stdout.splitlines() if b"lockscope" in line]
    same((found.returncode, ours), (0, []), "systemd-analyze verify")
    for unit in units:
        if unit.endswith(".timer"):
            continue
        found = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=16", unit],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        same(found.returncode, 0, "exposure of %s: %r" % (unit, found.stdout[-300:]))
        t.note(found.stdout.decode(errors="replace").strip().splitlines()[-1])
