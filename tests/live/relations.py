# SPDX-License-Identifier: GPL-2.0-or-later
"""84: too many locks and requests on one file cost only that file's requests some of their blockers, and it is said. The machine is a
capture that is made here: four million pairs."""

import json

from document import check, same

READERS = WRITERS = 2100  # their pairs are more than are kept


def record(group, kind, mode, pid, inode, start=0, end=None):
    key = "fe:00:%d" % inode
    return {"group": group, "type": kind, "mode": mode, "pid": pid, "key": key, "start": start, "end": end}


def write_capture(path, readers, writers):
    """File 100: one process has many read locks, many wait to write. File 200: three readers, one writer; nothing of anybody else's."""
    facts = [
        {
            "fact": "host",
            "scanner": "procfs",
            "host": "db01",
            "boot_id": "8d1c0c61-4f0e-4a53-9d0b-6c3f4e1a7b20",
            "time_unix_ms": 1795319412123,
            "euid": 0,
            "initial_pidns": True,
            "has_locks_file": True,
        }
    ]
    held = [record(1 + i, "posix", "read", 900, 100, 2 * i, 2 * i) for i in range(readers)]
    waiting = [dict(record(1, "posix", "write", 10000 + i, 100), depth=1) for i in range(writers)]
    innocent = [record(readers + 1 + i, "flock", "read", 500 + i, 200) for i in range(3)]
    request = dict(record(readers + 1, "flock", "write", 600, 200), depth=1)
    lines = [held[0], *waiting, *held[1:], innocent[0], request, *innocent[1:]]
    facts += [{"fact": "lock", "line": i + 1, "rec": rec} for i, rec in enumerate(lines)]
    for pid, inode, name in ((900, 100, "many"), (500, 200, "few"), (501, 200, "few"), (502, 200, "few")):
        file = {"key": "fe:00:%d" % inode, "path": "/srv/" + name, "local": True, "fstype": "ext4"}
        for rec in held if pid == 900 else [innocent[pid - 500]]:
            facts.append({"fact": "fd", "pid": pid, "fd": 3, "rec": dict(rec, group=0), "file": file})
    facts += [
        {"fact": "proc", "pid": pid, "comm": "p%d" % pid, "start_ticks": 1, "uid": 0, "num_threads": 1}
        for pid in (900, 500, 501, 502, 600)
    ]
    facts.append({"fact": "end", "stable": True, "n_procs": 5, "scan_ms": 1.0})
    with open(path, "w", encoding="ascii") as f:
        f.write('{"capture":"lockscope-capture/1"}\n')
        f.writelines(json.dumps(fact) + "\n" for fact in facts)
    return path


def request_of(document, pid):
    return [row for row in document["locks"] if row["state"] == "waiting" and row["recorded_pid"] == pid]


def test_84_cut(t):
    capture = write_capture(t.path("capture", None), READERS, WRITERS)
    document = t.list("--from", capture, "/srv/few")
    same(len(request_of(document, 600)[0]["blocked_by"]), 3, "the blockers of the other file's request")
    same((document["relations_complete"], document["complete"]), (False, True), "relations_complete and complete")
    errors = [(e["what"], e["errno"], e["count"]) for e in document["errors"]]
    same(errors, [("relations", "E2BIG", 1)], "errors")
    line = b"there are too many locks and requests on /srv/many to list everything"
    for args in (("list", "-t"), ("list", "/srv/many", "--raw", "-o", "PID"), ("waits", "--raw", "-o", "PID"), ("who", "-t", "/srv/many")):
        answer = t.run(*args, "--from", capture)
        check(line in answer.err, "%r does not say it: %r", args, answer.err[-300:])
    answer = t.run("who", "/srv/few", "--from", capture)
    same((answer.status, answer.err), (0, b""), "who asks about another file")
    check(b"500 +2" in answer.out, "%s", answer)


def test_84_all_fit(t):
    capture = write_capture(t.path("capture", None), 100, 100)
    document = t.list("--from", capture)
    same((document["relations_complete"], document["errors"]), (True, []), "relations_complete, errors")
    check(all(len(request_of(document, 10000 + i)[0]["blocked_by"]) == 100 for i in range(100)), "blockers")
    same(t.run("list", "-t", "--from", capture).err, b"", "list")
