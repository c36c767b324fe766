#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the captures beside it: the same small database server at several moments. usage: make.py"""
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
EOF = None
START_MS = 1795319412123
BOOT = "8d1c0c61-4f0e-4a53-9d0b-6c3f4e1a7b20"
MINUTE = 60000


class World:
    def __init__(self, time_ms=START_MS, unreadable=37):
        self.time_ms, self.unreadable = time_ms, unreadable
        self.locks, self.fds, self.waiters, self.procs, self.files = [], [], [], {}, {}
        self.group = 0

    def file(self, ino, path, size=0, **more):
        self.files[ino] = dict({"key": f"fe:00:{ino}", "local": True, "has_stat": True, "st_major": 254, "st_minor": 0, "st_ino": ino,
                                "nlink": 1, "size": size, "path": path, "deleted": False, "replaced": False, "fstype": "ext4",
                                "mount_point": "/", "mnt_id": 27}, **more)

    def proc(self, pid, user, uid, comm, state="S", ppid=1, unit=None, cmdline=None):
        self.procs[pid] = {"fact": "proc", "pid": pid, "start_ticks": 1000 + pid, "comm": comm, "uid": uid, "ppid": ppid, "state": state,
                           "num_threads": 1, "user": user, "cmdline": cmdline or comm,
                           "cgroup": f"/system.slice/{unit}" if unit else "/user.slice", "pid_ns": 4026531836,
                           "mnt_ns": 4026531841, "user_ns": 4026531837}

    def rec(self, kind, mode, pid, ino, start, end, depth=0, phase="advisory"):
        word = {"ofd": "OFDLCK"}.get(kind, kind.upper())
        rec = {"group": self.group, "type": kind, "phase": phase, "mode": mode, "pid": -1 if kind == "ofd" else pid,
               "key": f"fe:00:{ino}", "start": start, "end": end, "type_word": word, "phase_word": phase.upper(),
               "mode_word": mode.upper()}
        if depth:
            rec["depth"] = depth
        return rec

    def held(self, kind, mode, ino, holders, start=0, end=EOF, phase="advisory"):
        """holders: (pid, fd) pairs; none: nobody is seen."""
        self.group += 1
        pid = holders[0][0] if holders else 0
        rec = self.rec(kind, mode, pid, ino, start, end, phase=phase)
        self.locks.append(rec)
        for p, fd in holders:
            self.fds.append({"fact": "fd", "pid": p, "fd": fd, "rec": rec, "ofd": self.group, "file": self.files[ino]})

    def waits(self, kind, mode, ino, pid, fd, ms, start=0, end=EOF, depth=1):
        self.locks.append(self.rec(kind, mode, pid, ino, start, end, depth))
        rec = {"type": kind, "phase": "advisory", "mode": mode, "pid": pid, "key": f"fe:00:{ino}", "start": start, "end": end}
        self.waiters.append({"fact": "waiter", "pid": pid, "tid": pid, "fd": fd, "rec": rec, "range_resolved": True,
                             "wait_ms": ms, "wait_error_ms": 1, "file": self.files[ino]})

    def facts(self):
        yield {"fact": "host", "scanner": "procfs", "host": "db01", "boot_id": BOOT, "time_unix_ms": self.time_ms, "euid": 1000,
               "initial_pidns": True, "has_locks_file": True}
        for i, rec in enumerate(self.locks):
            yield {"fact": "lock", "line": i + 1, "rec": rec}
        yield from self.fds
        yield from self.waiters
        yield {"fact": "mount", "major": 254, "minor": 0, "fstype": "ext4", "mount_point": "/", "local": True, "keys_unique": True}
        for pid in sorted(self.procs):
            yield self.procs[pid]
        if self.unreadable:
            yield {"fact": "denied", "what": "fdinfo", "errno": "EACCES", "count": self.unreadable, "of": 212, "hides_locks": True,
                   "text": f"{self.unreadable} of 212 processes could not be read: run as root"}
        yield {"fact": "end", "stable": True, "n_procs": 212, "n_unreadable": self.unreadable, "scan_ms": 38.0}

    def write(self, name):
        with open(os.path.join(HERE, name + ".cap.json"), "w", encoding="ascii") as f:
            f.write('{"capture":"lockscope-capture/1"}\n')
            f.writelines(json.dumps(fact, separators=(",", ":")) + "\n" for fact in self.facts())


def files(w):
    w.file(11060405, "/srv/dump/base.lck")
    w.file(8812, "/srv/queue/q/a.idx", 65536)
    w.file(8813, "/srv/queue/q/b.idx", 65536)
    w.file(9931, "/var/lib/app/app.db", 1258291)
    w.file(551, "/run/old.pid", 5, deleted=True, nlink=0)
    w.file(600, "/srv/vm/vm8-0.qcow", 2 ** 33)
    w.file(601, "/run/crond.pid", 4)
    w.file(602, "/run/lvm/V_vg0")
    w.file(603, "/var/lib/dpkg/lock")
    w.file(604, "/srv/pub/a.xlsx", 83211)


def people(w):
    w.proc(812, "root", 0, "cron", unit="cron.service")
    w.proc(990, "root", 0, "lvmdbusd", unit="lvm2.service")
    w.proc(1033, "root", 0, "dpkg", cmdline="dpkg --configure -a")
    w.proc(1500, "nobody", 65534, "smbd", unit="smbd.service")
    w.proc(2211, "postgres", 113, "pg_dump", unit="pg-dump.service", cmdline="pg_dump -Fc app")
    w.proc(2214, "postgres", 113, "pg_dump", ppid=2211, unit="pg-dump.service", cmdline="pg_dump -Fc app")
    w.proc(3307, "postgres", 113, "pg_dump", unit="pg-dump.service", cmdline="pg_dump -Fc app")
    w.proc(3310, "postgres", 113, "pg_dump", unit="pg-dump.service", cmdline="pg_dump -Fc app")
    w.proc(5120, "app", 1001, "worker", unit="queue@1.service", cmdline="worker --n 1")
    w.proc(5121, "app", 1001, "worker", unit="queue@2.service", cmdline="worker --n 2")
    w.proc(6001, "root", 0, "cp", state="D", unit="nfs-x.service", cmdline="cp -a /srv /mnt")
    for pid in (4402, 4410, 4411, 4420, 4433):
        w.proc(pid, "www-data", 33, "php-fpm", unit="php-fpm.service", cmdline="php-fpm: pool www")


def locks(w, later=False, one_sharer=False):
    w.held("flock", "write", 11060405, [(2214, 4)] if one_sharer else [(2211, 4), (2214, 4)])
    w.waits("flock", "write", 11060405, 3307, 3, 192000 + (2000 if later else 0))
    w.waits("flock", "write", 11060405, 3310, 3, 160000 + (2000 if later else 0))
    w.held("ofd", "write", 8812, [(5120, 7)], 0, 4095)
    w.waits("ofd", "write", 8812, 5121, 9, 41000, 0, 4095)
    w.held("ofd", "write", 8813, [(5121, 8)], 0, 4095)
    w.waits("ofd", "write", 8813, 5120, 9, 41000, 0, 4095)
    if later:
        w.held("posix", "write", 9931, [(4420, 9)], 1073741824, 1073741825)
        w.waits("posix", "read", 9931, 4433, 9, 800, 1073741824, 1073741824)
    else:
        w.held("posix", "write", 9931, [(4402, 9)], 1073741825, 1073741825)
    w.held("posix", "read", 9931, [(4410, 9)], 1073741826, 1073742335)
    w.held("posix", "read", 9931, [(4411, 9)], 1073741826, 1073742335)
    w.held("ofd", "read", 600, [], 100, 101)
    w.held("flock", "write", 601, [(812, 3)])
    w.held("flock", "write", 602, [(990, 5)])
    w.held("posix", "write", 603, [(1033, 4)])
    w.held("lease", "read", 604, [(1500, 30)], phase="active")
    w.held("flock", "write", 551, [(6001, 3)])


def desk(later=False):
    w = World(START_MS + (2000 if later else 0))
    files(w)
    people(w)
    locks(w, later)
    return w


def end_of_desk():
    """Four seconds after desk-later: one of two sharers has ended, and what was released is locked again."""
    w = World(START_MS + 6000)
    files(w)
    people(w)
    del w.procs[2211]
    locks(w, one_sharer=True)
    return w


def recorded():
    """What an ordinary user sees of others' flocks: who took them and who waits, from the kernel's list alone."""
    w = World()
    for ino, holder, waiter in ((701, 9001, 9002), (702, 9002, 9001)):
        w.proc(holder, "root", 0, f"job-{holder}")
        w.procs[holder]["unreadable"] = True
        w.group += 1
        w.locks.append(w.rec("flock", "write", holder, ino, 0, EOF))
        w.locks.append(w.rec("flock", "write", waiter, ino, 0, EOF, 1))
    return w


def hostile():
    """Names that want to do things to a terminal."""
    w = World(unreadable=0)
    names = ["/tmp/\x1b]0;owned\x07.lock", "/tmp/\x1b[2J\x1b[31mred", "/tmp/new\nline", "/tmp/tab\there", "/tmp/back\\slash\\x1b",
             "/tmp/\u202egnp.exe", "/tmp/\u6f22\u5b57\u6f22\u5b57.lck", "/tmp/e\u0301\u0302.lck", "/tmp/" + "long-" * 60 + "end"]
    for i, name in enumerate(names):
        w.file(700 + i, name)
        w.proc(7000 + i, "mallory", 1005, ["\x1b[31mred", "a\nb", "(x) S 1", "\u6f22\u5b57", "\\x41", "%s%n", "'\"", " ", "end"][i])
        w.held("flock", "write", 700 + i, [(7000 + i, 3)])
    return w


def empty():
    return World(unreadable=0)


def many(n):
    w = World(unreadable=0)
    w.file(900, "/srv/big.db", 10 ** 9)
    for i in range(60):
        w.proc(8000 + i, "app", 1001, f"client-{i}")
    for i in range(n):
        w.held("posix", "write", 900, [(8000 + i % 60, 3)], i * 10, i * 10 + 4)
    return w


if __name__ == "__main__":
    desk().write("desk")
    desk(later=True).write("desk-later")
    end_of_desk().write("desk-end")
    recorded().write("recorded")
    hostile().write("hostile")
    empty().write("empty")
    many(200).write("many")
