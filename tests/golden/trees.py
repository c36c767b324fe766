# SPDX-License-Identifier: GPL-2.0-or-later
"""Directories laid out like proc(5), for lockscope's option --proc. Made anew for each run, because they hold dangling links
and names that not every archive keeps."""
import os

MOUNTS = (
    '21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n'
    '30 21 0:44 / /vol rw,relatime shared:2 - btrfs /dev/vdb rw\n'
    '40 21 0:50 / /mnt/with\\040blank\\011tab rw shared:3 - tmpfs none rw\n'
    '50 21 0:64 / /net rw shared:4 - nfs4 server:/export rw\n'
)


class Tree:
    """A directory like /proc at `root`, to which processes are added."""

    def __init__(self, root, initial_pidns=True):
        self.root = root
        os.makedirs(root)
        self.link('self/ns/pid', f'pid:[{4026531836 if initial_pidns else 4026532000}]')
        self.text('self/mountinfo', MOUNTS)
        self.text('sys/kernel/random/boot_id', '8d1c0c61-4f0e-4a53-9d0b-6c3f4e1a7b20\n')
        self.text('sys/kernel/hostname', 'tree\n')
        self.text('uptime', '5000.00 9000.00\n')
        self.text('stat', 'cpu  1 2 3 4\nbtime 1795310000\n')

    def text(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def link(self, name, target):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)

    def locks(self, *lines):
        self.text('locks', ''.join(line + '\n' for line in lines))

    def process(self, pid, comm, uid=1000, start=5000, state='S', ppid=1, threads=1, cmdline='', cgroup='0::/\n', flags=0x400000,
                base=None):
        """Everything but descriptors. base: the directory, where it is that of a thread."""
        base = base or str(pid)
        raw = comm if isinstance(comm, bytes) else comm.encode()
        fields = f'{state} {ppid} 1 1 0 -1 {flags} 0 0 0 0 0 0 0 0 20 0 {threads} 0 {start} 0 0'
        self.text(f'{base}/stat', f'{pid} ('.encode() + raw + b') ' + fields.encode() + b'\n')
        self.text(f'{base}/comm', raw + b'\n')
        self.text(f'{base}/status', b'Name:\t' + raw.replace(b'\n', b'\\n') + f'\nState:\t{state} (x)\nTgid:\t{pid}\n'
                  f'Pid:\t{pid}\nPPid:\t{ppid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nThreads:\t{threads}\nNSpid:\t{pid}\n'.encode())
        self.text(f'{base}/cmdline', cmdline.replace(' ', '\0') + ('\0' if cmdline else ''))
        self.text(f'{base}/cgroup', cgroup)
        self.text(f'{base}/mountinfo', MOUNTS)
        for kind, number in (('pid', 4026531836), ('mnt', 4026531841), ('user', 4026531837)):
            self.link(f'{base}/ns/{kind}', f'{kind}:[{number}]')
        os.makedirs(os.path.join(self.root, base, 'fd'), exist_ok=True)
        os.makedirs(os.path.join(self.root, base, 'fdinfo'), exist_ok=True)

    def fd(self, base, number, target, mnt_id=21, ino=0, locks=(), flags='0100002'):
        text = f'pos:\t0\nflags:\t{flags}\nmnt_id:\t{mnt_id}\nino:\t{ino}\n'
        text += ''.join(f'lock:\t{i}: {line}\n' for i, line in enumerate(locks, 1))
        self.text(f'{base}/fdinfo/{number}', text)
        self.link(f'{base}/fd/{number}', target)


def plain(root):
    """What an ordinary machine looks like."""
    t = Tree(root)
    t.locks('1: POSIX  ADVISORY  WRITE 101 fe:00:12 0 EOF',
            '1: -> POSIX  ADVISORY  READ 103 fe:00:12 5 5',
            '2: POSIX  ADVISORY  READ 101 fe:00:13 100 199',
            '3: POSIX  ADVISORY  WRITE 101 fe:00:13 0 0',
            '4: FLOCK  ADVISORY  WRITE 99 fe:00:14 0 EOF',
            '5: OFDLCK ADVISORY  READ -1 00:32:15 7 9',
            '6: LEASE  ACTIVE    READ 104 fe:00:16 0 EOF')
    t.process(1, 'init', uid=0, start=1, ppid=0, cgroup='0::/init.scope\n')
    t.process(101, 'dbserver', cmdline='/usr/sbin/dbserver --data /srv', cgroup='0::/system.slice/db.service\n', threads=4)
    t.fd('101', 3, '/srv/whole.db', ino=12, locks=['POSIX  ADVISORY  WRITE 101 fe:00:12 0 EOF'])
    t.fd('101', 4, '/srv/parts.db', ino=13,
         locks=['POSIX  ADVISORY  WRITE 101 fe:00:13 0 0', 'POSIX  ADVISORY  READ 101 fe:00:13 100 199'])
    t.fd('101', 1, 'pipe:[77]', mnt_id=11, ino=77)
    t.process(102, 'worker', ppid=1, start=6000)
    t.fd('102', 0, '/run/job.lock', ino=14, locks=['FLOCK  ADVISORY  WRITE 99 fe:00:14 0 EOF'])
    t.process(103, 'client', start=7000)
    t.fd('103', 3, '/srv/whole.db', ino=12)
    t.process(104, 'smbd', uid=0, start=8000)
    t.fd('104', 9, '/srv/leased', ino=16, locks=['LEASE  ACTIVE    READ 104 fe:00:16 0 EOF'])
    t.fd('104', 10, '/mnt/with blank\ttab/file', mnt_id=40, ino=15, locks=['OFDLCK ADVISORY  READ -1 00:32:15 7 9'])


def odd(root):
    """Names and numbers made to confuse."""
    t = Tree(root)
    names = {
        21: (b'/srv/new\nline', b'a b) R 1'),
        22: (b'/srv/\x1b[31mred', b'\x1b]0;t\x07'),
        23: (b'/srv/\xff\xfe', b'c\xff'),
        24: (b'/srv/x (deleted)', b') S 1 ('),
        25: ('/srv/\u202egnp'.encode(), '\u202ecomm'.encode()),
        26: (b'/' + b'/'.join([b'd' * 250] * 15) + b'/deep', b''),
    }
    lines = []
    for i, (path, comm) in names.items():
        body = f'FLOCK  ADVISORY  WRITE {200 + i} fe:00:{i} 0 EOF'
        lines.append(f'{i}: {body}')
        t.process(200 + i, comm, cmdline='x\x1b[2J\x7f y')
        t.fd(str(200 + i), 3, path, ino=i, locks=[body])
    lines += ['40: POSIX  ADVISORY  WRITE 300 fe:abcde:18446744073709551615 9223372036854775807 EOF',
              '41: NEWKIND STRANGE  BOTH 300 fe:00:41 1 2']
    t.locks(*lines)
    t.process(300, 'numbers', start=18446744073709551615)
    t.fd('300', 2147483647, '/srv/high', ino=18446744073709551615,
         locks=['POSIX  ADVISORY  WRITE 300 fe:abcde:18446744073709551615 9223372036854775807 EOF'])
    t.fd('300', 5, '/srv/newkind', ino=41, locks=['NEWKIND STRANGE  BOTH 300 fe:00:41 1 2'])


def threads(root):
    """A thread with its own descriptors; a leader that has ended while a thread lives on."""
    t = Tree(root)
    own = 'POSIX  ADVISORY  WRITE 400 fe:00:51 0 EOF'
    left = 'FLOCK  ADVISORY  WRITE 410 fe:00:52 0 EOF'
    t.locks('1: ' + own, '2: ' + left)
    t.process(400, 'private', threads=2)
    t.process(400, 'private', threads=2, base='400/task/400')
    t.process(401, 'thread', threads=2, base='400/task/401')
    t.fd('400/task/401', 3, '/srv/private', ino=51, locks=[own])
    t.process(410, 'leader', state='Z', threads=2)
    t.process(410, 'leader', state='Z', threads=2, base='410/task/410')
    t.process(411, 'survivor', threads=2, base='410/task/411')
    t.fd('410/task/411', 4, '/srv/left', ino=52, locks=[left])


def broken(root):
    """Lines that are no locks, files that are not there, a holder that is gone."""
    t = Tree(root)
    t.locks('1: POSIX  ADVISORY  WRITE 500 fe:00:61 0 EOF', 'garbage', '2: FLOCK  ADVISORY  WRITE', '',
            '3: FLOCK  ADVISORY  WRITE 999 fe:00:62 0 EOF', '4: POSIX  ADVISORY  READ 500 fe:00:63 9 4',
            '5: POSIX  ADVISORY  WRITE 501 fe:00:64 0 EOF')
    t.process(500, 'half')
    t.text('500/fdinfo/3', 'lock:\t1: POSIX  ADVISORY  WRITE 500 fe:00:61 0 EOF\nlock:\tnonsense\n')
    os.makedirs(os.path.join(root, '501'))
    t.text('notapid/fdinfo/3', 'pos:\t0\nlock:\t1: POSIX  ADVISORY  WRITE 7 fe:00:65 0 EOF\n')


def nolist(root):
    """Without a list of locks, in a namespace of its own; descriptors show them all the same."""
    t = Tree(root, initial_pidns=False)
    t.process(600, 'one')
    t.fd('600', 3, '/srv/seen', ino=71, locks=['OFDLCK ADVISORY  WRITE -1 fe:00:71 0 0'])
    t.fd('600', 4, '/srv/seen (deleted)', ino=72, locks=['FLOCK  ADVISORY  WRITE 0 fe:00:72 0 EOF'])
    t.process(601, 'two')
    t.fd('601', 3, '/net/far', mnt_id=50, ino=73, locks=['POSIX  ADVISORY  WRITE 601 00:40:73 0 EOF'])


def old(root, release='5.10.0-21-amd64\n'):
    """A kernel that lists only the first of those who wait for one another, and whose descriptors do not tell their inodes."""
    t = Tree(root)
    if release:
        t.text('sys/kernel/osrelease', release)
    held = 'POSIX  ADVISORY  WRITE 701 fe:00:81 0 9'
    t.locks('1: ' + held, '1: -> POSIX  ADVISORY  WRITE 702 fe:00:81 0 9')
    t.process(701, 'holder')
    t.text('701/fdinfo/3', f'pos:\t0\nflags:\t0100002\nmnt_id:\t21\nlock:\t1: {held}\n')
    t.link('701/fd/3', '/srv/old.db')
    t.process(702, 'waiter')


def undated(root):
    """The same, in a copy that does not say which kernel it was."""
    old(root, None)


def newer(root):
    """The first kernel that lists them all."""
    old(root, '5.13.19\n')


def bare(root):
    """Nothing is locked and nobody runs."""
    t = Tree(root)
    t.locks()


TREES = {f.__name__: f for f in (plain, odd, threads, broken, nolist, old, undated, newer, bare)}
