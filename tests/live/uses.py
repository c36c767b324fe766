# SPDX-License-Identifier: GPL-2.0-or-later
"""74: who uses a mount, a socket, a block device, a layer of an overlay; all without a lock."""

import os
import subprocess
import sys

from actions_files import done, loop_device, refused, user
from document import check, same
from harness import NOBODY, needs, needs_root
from helper import Skip


def uses_of(t, path, *args, **options):
    """The uses of the only FILE."""
    return t.who(path, *args, **options)["answer"]["files"][0]["uses"]


def of_process(uses, pid):
    """(kind, below, what) of one process, or with None of the kernel."""
    return sorted((u["kind"], u["below"], u["what"] or "") for u in uses if u["pid"] == pid)


def tmpfs(t, name):
    return t.mount(os.path.join(t.dir, name), "-t", "tmpfs", "tmpfs")


# -- mount points --


@needs_root
def test_74_mount_point(t):
    """Everything that keeps a mount busy is told of its root directory, and nothing that does not."""
    where, other = tmpfs(t, "mnt"), tmpfs(t, "other")
    sub, f = os.path.join(where, "sub"), os.path.join(where, "sub", "f")
    os.mkdir(sub)
    for name in (f, os.path.join(other, "f")):
        with open(name, "wb") as new:
            new.write(bytes(4096))
    cwd = user(t, "os.chdir(sys.argv[1])", sub)
    root = user(t, "os.chroot(sys.argv[1])", sub)
    opened = user(t, "f = open(sys.argv[1])", f)
    mapped = user(t, "f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); f.close()", f)
    stranger = user(t, "f = open(sys.argv[1]); os.chdir(os.path.dirname(sys.argv[1]))", os.path.join(other, "f"))
    document = t.who(where, status=1)
    uses = document["answer"]["files"][0]["uses"]
    same(of_process(uses, cwd), [("cwd", True, sub)], "a working directory")
    same(of_process(uses, root), [("root", True, sub)], "a root directory")
    same(of_process(uses, opened), [("open", True, f)], "an open file")
    check(("mapped", True, f) in of_process(uses, mapped), "a mapped file: %r", uses)
    same(of_process(uses, stranger), [], "a user of another mount")
    same({u["pid"] for u in uses} - {None}, {cwd, root, opened, mapped}, "nobody else")
    check(subprocess.run(["umount", where], stderr=subprocess.DEVNULL, check=False).returncode, "the mount is not busy")
    text = t.run("who", where).out
    check(b"below it: open in 2 processes: %d (python3" % opened in text and os.fsencode(f) in text, "%r", text)
    same([u for u in uses_of(t, sub, status=1) if u["below"]], [], "an ordinary directory")


@needs_root
@needs("losetup", "mkswap", "swapon", "swapoff")
def test_74_mount_point_kernel(t):
    """What the kernel itself uses there: mounts on it, files behind loop devices, swap."""
    where = t.mount_image(os.path.join(t.dir, "mnt"), "ext4", 16)
    inner = t.mount(os.path.join(where, "inner"), "-t", "tmpfs", "tmpfs")
    image, swap = os.path.join(where, "image"), os.path.join(where, "swap")
    for name in (image, swap):
        with open(name, "wb") as f:
            f.write(bytes(1 << 20))
    device = loop_device(t, image)
    os.chmod(swap, 0o600)
    t.system("mkswap", swap)
    wanted = [("loop", True, device), ("mount", False, where), ("mount", True, inner)]
    if subprocess.run(["swapon", swap], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        t.undo(lambda: subprocess.run(["swapoff", swap], stderr=subprocess.DEVNULL, check=False))
        wanted.append(("swap", True, swap))
    else:
        t.note("this machine does not swap to a file here")
    same(of_process(uses_of(t, where, status=1), None), sorted(wanted), "what the kernel uses")


@needs_root
def test_74_tree(t):
    """With -R: everything below any directory, and on what is mounted there."""
    where = os.path.join(t.dir, "tree")
    inner = tmpfs(t, "tree/inner")
    files = [os.path.join(d, "f") for d in (where, inner, t.dir)]
    for name in files:
        with open(name, "wb"):
            pass
    pids = [user(t, "f = open(sys.argv[1])", name) for name in files]
    uses = uses_of(t, where, "-R", status=1)
    same([of_process(uses, p) for p in pids], [[("open", True, n)] for n in files[:2]] + [[]], "who has what open")
    check(("mount", True, inner) in of_process(uses, None), "the mount is missing: %r", uses)
    same([u for u in uses_of(t, where, status=1) if u["below"]], [], "without -R")
    same(of_process(uses_of(t, inner, status=1), pids[1]), [("open", True, files[1])], "the mount alone")


@needs_root
@needs("unshare")
def test_74_mount_point_other_namespace(t):
    """A copy of the mount in another namespace may be what is in the way: "perhaps"."""
    where = tmpfs(t, "mnt")
    os.mkdir(os.path.join(where, "sub"))
    code = "import os,sys,time\nos.chdir(sys.argv[1])\nprint('ready',flush=True)\ntime.sleep(600)"
    p = t.process(["unshare", "--mount", "python3", "-c", code, where + "/sub"], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "ready")
    found = [(u["kind"], u["certain"]) for u in uses_of(t, where, status=1) if u["pid"] == p.pid and u["below"]]
    same(found, [("cwd", False)], "the working directory on the copy")


@needs_root
@needs("unshare", "mount")
def test_74_tree_other_namespace(t):
    """A directory of another namespace, below which others are at another path; what is below its name here is no matter of it."""
    where = os.path.join(t.dir, "tree")
    inner = tmpfs(t, "tree/inner")
    code = "import sys,time\nf = open(sys.argv[1], 'w')\nprint('ready',flush=True)\ntime.sleep(600)"
    command = 'mount -t tmpfs none "$0" && mkdir "$0/sub" && exec python3 -c "$1" "$0/sub/f"'
    p = t.process(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", command, where, code], stdout=subprocess.PIPE
    )
    same(p.stdout.readline(), b"ready\n", "ready")
    here = user(t, "f = open(sys.argv[1], 'w')", os.path.join(inner, "f"))
    name = "mnt:[%d]:%s/sub/f" % (os.stat("/proc/%d/ns/mnt" % p.pid).st_ino, where)
    for args in (("-R", "/proc/%d/root%s" % (p.pid, where)), ("-R", "/proc/%d/root%s/sub" % (p.pid, where))):
        uses = uses_of(t, *reversed(args), status=1)
        same(of_process(uses, p.pid), [("open", True, name)], "who has it open")
        same((of_process(uses, here), of_process(uses, None)), ([], []), "what is here")


@needs_root
def test_74_mount_point_memory(t):
    """A program that lies in memory only has a name like a path; it is on no mount. A deleted file still is."""
    where = tmpfs(t, "mnt")
    path = os.path.join(where, "f")
    code = """d = os.memfd_create('x'); os.write(d, open(sys.executable, 'rb').read())
if len(sys.argv) < 2: os.execve(d, ['python3', '-c', "import time\\nprint('ready',flush=True)\\ntime.sleep(600)"], os.environ)
"""
    runs = user(t, code)
    check("memfd" in os.readlink("/proc/%d/exe" % runs), "the program does not run from memory")
    found = [u for u in uses_of(t, "/", status=(0, 1)) if u["pid"] == runs and u["kind"] == "running"]
    same(found, [], "the program in memory is on no mount")
    same([u for u in uses_of(t, "/", "-R", status=(0, 1, 4)) if u["pid"] == runs and u["kind"] == "running"], [], "nor in a tree")
    os.mkdir(path)
    gone = user(t, "os.chdir(sys.argv[1]); os.rmdir(sys.argv[1])", path)
    same(of_process(uses_of(t, where, status=1), gone), [("cwd", True, path + " (deleted)")], "a deleted directory")


@needs_root
def test_74_kernel_not_asked(t):
    """Where it cannot be seen what the kernel itself uses, that is said, by who and by rm."""
    path = t.path("f")
    t.mount("/sys", "-t", "tmpfs", "tmpfs")
    document = t.who(path, status=1)
    same(document["answer"]["files"][0]["uses_complete"], False, "not everything could be seen")
    wanted = b"whether the kernel uses it itself (loop device, swap, mount, socket) could not be found out"
    check(wanted in t.run("who", path).out, "who says nothing of it")
    check(wanted in done(t, "rm", path).out, "rm says nothing of it")


# -- sockets --


SERVER = """import socket
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5); os.chmod(sys.argv[1], 0o666)
if len(sys.argv) > 2: print('ready',flush=True); a = s.accept()"""
CLIENT = "import socket\nc = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1])"


def socket_user(t, code, *arguments, prefix=()):
    text = "import os,sys,time\n%s\nprint('ready',flush=True)\ntime.sleep(600)" % code
    p = t.process([*prefix, sys.executable, "-c", text, *arguments], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "ready")
    return p


def test_74_socket(t):
    """Who listens at a socket file, who is connected, and who has connected but was not accepted yet."""
    path = os.path.join(t.dir, "socket")
    server = socket_user(t, SERVER, path, "accept")
    client = socket_user(t, CLIENT, path)
    same(server.stdout.readline(), b"ready\n", "accepted")
    pending = socket_user(t, CLIENT, path)
    uses = uses_of(t, path, status=1)
    kinds = [[u["kind"] for u in uses if u["pid"] == p.pid and u["certain"]] for p in (server, client, pending)]
    same(kinds, [["listening", "connected"], ["connected"], ["connected"]], "server, client, client that waits")
    same({u["pid"] for u in uses}, {server.pid, client.pid, pending.pid}, "nobody else, and nobody twice")
    check(b"listened on by 1 process: %d (python3)" % server.pid in t.run("who", path).out, "the listener")
    check(b"listens on it" in refused(t, "rm", path).out, "rm says that nobody uses it")
    server.kill()
    server.wait(10)
    same(uses_of(t, path, status=1), [], "uses of a socket whose server has gone")
    done(t, "rm", path)


def test_74_socket_datagram(t):
    """A datagram socket has no listener: who is bound to it, and who sends to it."""
    path = os.path.join(t.dir, "socket")
    code = "import socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.%s(sys.argv[1])"
    bound, sender = (socket_user(t, code % name, path).pid for name in ("bind", "connect"))
    uses = uses_of(t, path, status=1)
    same([(u["kind"], u["pid"]) for u in uses], [("bound", bound), ("connected", sender)], "the uses")


@needs_root
@needs("unshare", "setpriv")
def test_74_socket_namespaces(t):
    """A socket file is reached from every network namespace. Who may not ask there has its names only: "perhaps"."""
    path = os.path.join(t.dir, "socket")
    as_nobody = ("setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups")
    server = socket_user(t, SERVER, path, prefix=("unshare", "--net", *as_nobody)).pid
    client = socket_user(t, CLIENT, path).pid
    uses = uses_of(t, path, status=1)
    same([(u["kind"], u["pid"], u["certain"]) for u in uses], [("listening", server, True), ("connected", client, True)], "by root")
    uses = [(u["kind"], u["pid"], u["certain"]) for u in uses_of(t, path, uid=NOBODY)]
    check(("listening", server, False) in uses, "by the user whose server it is: %r", uses)


@needs_root
@needs("setpriv")
def test_74_socket_hidden(t):
    """That somebody listens is known even to who may not know who."""
    path = os.path.join(t.dir, "socket")
    socket_user(t, SERVER, path)
    uses = uses_of(t, path, uid=NOBODY)
    same([(u["kind"], u["pid"], u["certain"]) for u in uses], [("listening", None, True)], "the uses")
    text = t.run("who", path, uid=NOBODY).out
    check(b"listened on by 1 process: one that could not be found" in text, "%r", text)
    os.chown(path, NOBODY, NOBODY)
    refused(t, "rm", path, uid=NOBODY, because=b"a process that could not be found (socket:[")


@needs_root
def test_74_socket_keeps_mount_busy(t):
    """A socket file on a mount keeps it busy as long as somebody listens."""
    where = tmpfs(t, "mnt")
    path = os.path.join(where, "socket")
    server = socket_user(t, SERVER, path).pid
    same(of_process(uses_of(t, where, status=1), server), [("listening", True, path)], "the use")
    check(subprocess.run(["umount", where], stderr=subprocess.DEVNULL, check=False).returncode, "the mount is not busy")


# -- block devices --


@needs_root
@needs("losetup", "mkfs.ext4")
def test_74_block_device(t):
    """A device that is mounted, here and elsewhere, attached to a file, and open by another node of the same number."""
    image, where = t.path("image", bytes(8 << 20)), os.path.join(t.dir, "mnt")
    t.system("mkfs.ext4", "-q", image)
    device = loop_device(t, image)
    node = os.path.join(t.dir, "node")
    os.mknod(node, 0o600 | 0o060000, os.stat(device).st_rdev)
    opened = user(t, "f = open(sys.argv[1], 'rb')", device)
    same(of_process(uses_of(t, device, status=1), None), [("backing", False, image)], "the file of a loop device")
    t.mount(where, "-t", "ext4", device)
    for name in (device, node):
        same(of_process(uses_of(t, name, status=1), None), [("backing", False, image), ("mount", False, where)], "by the kernel")
    same(of_process(uses_of(t, device, status=1), opened), [("open", False, "")], "the node itself")
    same(of_process(uses_of(t, node, status=1), opened), [("open", False, device)], "another node")
    check(b"mounted at %s" % where.encode() in refused(t, "rm", node).out, "rm of a node of a mounted device")
    loop = loop_device(t, device)
    check(("loop", False, loop) in of_process(uses_of(t, node, status=1), None), "a loop device on it")


@needs_root
@needs("losetup", "mkfs.btrfs")
def test_74_block_device_btrfs(t):
    """Of a file system of several devices the mount table names one; the others are in use no less."""
    devices = []
    for name in ("a", "b"):
        with open(t.path(name), "r+b") as f:
            f.truncate(120 << 20)
        devices.append(loop_device(t, f.name))
    t.system("mkfs.btrfs", "-q", *devices)
    where = t.mount(os.path.join(t.dir, "mnt"), "-t", "btrfs", devices[0])
    for device in devices:
        mounts = [what for kind, _, what in of_process(uses_of(t, device, status=1), None) if kind == "mount"]
        same(mounts, [where], device)


@needs_root
@needs("losetup", "mkfs.ext4", "unshare")
def test_74_block_device_other_namespace(t):
    """Mounted in another namespace only: what keeps a device busy after it was unmounted here."""
    image = t.path("image", bytes(8 << 20))
    t.system("mkfs.ext4", "-q", image)
    device, where = loop_device(t, image), os.path.join(t.dir, "mnt")
    os.mkdir(where)
    script = 'mount -t ext4 "$0" "$1" && echo ready && exec sleep 600'
    p = t.process(["unshare", "--mount", "sh", "-c", script, device, where], stdout=subprocess.PIPE)
    same(p.stdout.readline(), b"ready\n", "mounted there")
    wanted = "%s:%s" % (os.readlink("/proc/%d/ns/mnt" % p.pid), where)
    check(("mount", False, wanted) in of_process(uses_of(t, device, status=1), None), "the other mount")


@needs_root
@needs("losetup", "addpart", "delpart", "mkfs.ext4", "mkswap", "swapon", "swapoff")
def test_74_block_device_partitions(t):
    """Of a whole disk: what its partitions are used for."""
    disk = t.path("disk", None)
    with open(disk, "wb") as f:
        f.truncate(32 << 20)
    device = loop_device(t, disk)
    first, second = device + "p1", device + "p2"
    for number, start, sectors in (("1", "2048", "32768"), ("2", "34816", "16384")):
        t.system("addpart", device, number, start, sectors)
        t.undo(lambda n=number: subprocess.run(["delpart", device, n], stderr=subprocess.DEVNULL, check=False))
    if not os.path.exists(second):
        raise Skip("this machine makes no nodes for partitions of loop devices")
    t.system("mkfs.ext4", "-q", first)
    where = t.mount(os.path.join(t.dir, "mnt"), "-t", "ext4", first)
    t.system("mkswap", second)
    t.system("swapon", second)
    t.undo(lambda: subprocess.run(["swapoff", second], stderr=subprocess.DEVNULL, check=False))
    opened = user(t, "f = open(sys.argv[1], 'rb')", second)
    uses = uses_of(t, device, status=1)
    wanted = [("backing", False, disk), ("mount", False, "%s (%s)" % (where, first)), ("swap", False, second)]
    same(of_process(uses, None), wanted, "by the kernel")
    same(of_process(uses, opened), [("open", False, second)], "by a process")
    same(of_process(uses_of(t, second, status=1), None), [("swap", False, "")], "of the partition alone")
    text = t.run("who", device).out
    check(b"swapped to by the kernel: %s" % second.encode() in text, "%r", text)


@needs_root
@needs("losetup", "dmsetup")
def test_74_block_device_mapper(t):
    """A device that device mapper uses."""
    device, name = loop_device(t, t.path("image", bytes(1 << 20))), "lockscope-test-%d" % os.getpid()
    made = subprocess.run(["dmsetup", "create", name, "--table", "0 2048 linear %s 0" % device], stderr=subprocess.PIPE, check=False)
    if made.returncode:
        raise Skip("dmsetup: %s" % made.stderr.decode(errors="replace").strip().splitlines()[0])
    t.undo(lambda: subprocess.run(["dmsetup", "remove", name], stderr=subprocess.DEVNULL, check=False))
    held = [what for kind, _, what in of_process(uses_of(t, device, status=1), None) if kind == "holder"]
    check(len(held) == 1 and held[0].startswith("/dev/dm-") and held[0].endswith("(%s)" % name), "%r", held)


@needs_root
@needs("losetup")
def test_74_block_device_holder(t):
    """The same where the machine has no device mapper: what sysfs would say."""
    device = loop_device(t, t.path("image", bytes(1 << 20)))
    numbers = "%d:%d" % (os.major(os.stat(device).st_rdev), os.minor(os.stat(device).st_rdev))
    dm = os.path.join(t.mount("/sys/dev/block", "-t", "tmpfs", "tmpfs"), numbers, "holders", "dm-7")
    os.makedirs(os.path.join(dm, "dm"))
    for name, text in (("dev", "253:7\n"), ("dm/name", "vg-root\n")):
        with open(os.path.join(dm, name), "w", encoding="ascii") as f:
            f.write(text)
    wanted = [("holder", False, "/dev/dm-7 (vg-root)")]
    same(of_process(uses_of(t, device, status=1), None), wanted, "the device that is made of it")
    check(b"it is part of /dev/dm-7 (vg-root)" in refused(t, "rm", device).out, "rm")


# -- overlays --


def overlay(t, name, *lower, options=""):
    """An overlay file system over new directories; (merged, upper)."""
    upper, work, merged = (os.path.join(t.dir, name + part) for part in (" upper", " work", " merged"))
    for directory in (upper, work, merged, *lower):
        os.makedirs(directory, exist_ok=True)
    layers = ":".join(d.replace(":", "\\:") for d in lower)
    text = "lowerdir=%s,upperdir=%s,workdir=%s%s" % (layers, upper, work, options)
    return t.mount(merged, "-t", "overlay", "-o", text, "overlay"), upper


def companions_of(t, path, *args, **options):
    return t.who(path, *args, **options)["answer"]["files"][0]["companions"]


@needs_root
def test_74_overlay(t):
    """A file of an upper or lower layer is told with what the overlay shows of it: its locks and its users."""
    one, two = os.path.join(t.dir, "lower:one"), os.path.join(t.dir, "lower two")
    merged, upper = overlay(t, "ovl", one, two)
    names = {"in upper": upper, "in one": one, "in two": two}
    for name, layer in names.items():
        with open(os.path.join(layer, name), "wb"):
            pass
    for name, layer in names.items():
        seen, path = os.path.join(merged, name), os.path.join(layer, name)
        same(of_process(uses_of(t, path, status=1), None), [("overlay", False, seen)], "the use of " + path)
        same(companions_of(t, path), [{"path": seen, "path_b64": None, "overlay": True, "locked": False, "holders": [], "lockfile": None}], path)
        h = t.helper()
        h.open_lock(seen, letters="r")
        found = companions_of(t, path, status=1)
        same([(c["path"], c["locked"], c["holders"]) for c in found], [(seen, True, [h.pid])], "the lock in the overlay")
        text = t.run("who", path).out
        check(b"Also seen as %s: locked by 1 process: %d (" % (os.fsencode(seen), h.pid) in text, "%r", text)
        check(b"an overlay shows it as %s" % os.fsencode(seen) in refused(t, "rm", path).out, "rm")
        h.end()
    hidden = os.path.join(one, "in one")
    with open(os.path.join(merged, "in one"), "ab"):
        pass
    same(companions_of(t, hidden), [], "a file that was copied up: the overlay shows the copy")
    other = user(t, "f = open(sys.argv[1])", os.path.join(merged, "in two"))
    text = t.run("who", os.path.join(two, "in two")).out
    check(b"in two: not locked; open in 1 process: %d (python3)" % other in text, "the user in the overlay: %r", text)


@needs_root
@needs("unshare", "mount")
def test_74_overlay_other_namespace(t):
    """A file of another namespace is none of a layer that has the same name here."""
    _, upper = overlay(t, "ovl", os.path.join(t.dir, "lower"))
    with open(os.path.join(upper, "f"), "wb"):
        pass
    command = 'mount -t tmpfs none "$0" && : > "$0/f" && echo ready && exec sleep 600'
    p = t.process(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", command, upper], stdout=subprocess.PIPE
    )
    same(p.stdout.readline(), b"ready\n", "ready")
    same(companions_of(t, "/proc/%d/root%s/f" % (p.pid, upper), status=1), [], "as the overlay shows ours")


# -- companions and directories --


def test_76_companions(t):
    """A lock file beside the FILE that is locked is told; the answer about the FILE stays what it is."""
    for asked, beside in (("dump.sql", "dump.sql.lock"), ("text", ".text.lck"), ("000001.log", "LOCK"), ("data.mdb", "lock.mdb")):
        where = os.path.join(t.dir, asked + " dir")
        os.mkdir(where)
        path, lock = os.path.join(where, asked), os.path.join(where, beside)
        for name in (path, lock):
            with open(name, "wb"):
                pass
        same(companions_of(t, path, status=1), [], "nobody locks " + beside)
        h = t.helper()
        h.open_lock(lock)
        wanted = {"path": lock, "path_b64": None, "overlay": False, "locked": True, "holders": [h.pid], "lockfile": None}
        same(companions_of(t, path, status=1), [wanted], beside)
        same(t.who(path, status=1)["locks"], [], "its lock is none of the FILE's")
        text = t.run("who", path).out
        check(b"Beside it: %s: locked by 1 process: %d (lkhelp)\n" % (os.fsencode(lock), h.pid) in text, "%r", text)
        same(companions_of(t, lock, status=0), [], "the lock file itself is no companion of its own")
        same(t.run("who", "-t", path).out, b"", "a list of pids")
        h.end()


def test_76_companions_of_directory(t):
    """Of a directory: the lock file in it, and the one that is called as it is."""
    where = os.path.join(t.dir, "profile")
    os.mkdir(where)
    h = t.helper()
    locks = [os.path.join(where, ".parentlock"), where + ".lock"]
    for name in locks:
        with open(name, "wb"):
            pass
        h.open_lock(name, "posix")
    same(sorted(c["path"] for c in companions_of(t, where, status=1)), sorted(locks), "the lock files")
    text = t.run("who", where).out
    check(b"\nIn it: %s: " % os.fsencode(locks[0]) in text and b"\nBeside it: %s: " % os.fsencode(locks[1]) in text, "%r", text)


@needs_root
def test_76_companions_hang_nowhere(t):
    """A name is looked for only where a locked file may have it, and never on a file server."""
    path = t.path("f")
    t.helper().open_lock(t.path("f.lock"))
    where = t.mount(os.path.join(t.dir, "mnt"), "-t", "tmpfs", "tmpfs")
    inner = os.path.join(where, "f")
    with open(inner, "wb"):
        pass
    same(len(companions_of(t, path, status=1)), 1, "here")
    same(companions_of(t, inner, status=1), [], "a file of that name elsewhere")


def test_76_locked_below(t):
    """A directory with locked files below it: how many, and where to go on."""
    where = os.path.join(t.dir, "tree")
    os.makedirs(os.path.join(where, "sub"))
    same(t.who(where, status=1)["answer"]["files"][0]["locked_below"], 0, "nothing is locked")
    check(b"At least" not in t.run("who", where).out, "nothing is said of nothing")
    h = t.helper()
    for name in ("a", "sub/b", "sub/c"):
        path = os.path.join(where, name)
        with open(path, "wb"):
            pass
        fd = h.open_lock(path)
        if name == "a":
            h.lock("posix", "w", fd, 0, 1)
    h.open_lock(t.path("tree-beside"))
    document = t.who(where, status=1)
    same((document["answer"]["files"][0]["locked_below"], document["locks"]), (3, []), "three files, and no row")
    check(b"At least 3 files below it are locked: who -R tells by whom.\n" in t.run("who", where).out, "the sentence")
    document = t.who(where, "-R", status=0)
    same((document["answer"]["files"][0]["locked_below"], len(document["locks"])), (3, 4), "with -R")
    check(b"At least" not in t.run("who", "-R", where).out, "with -R the rows say it")
    same(t.who(os.path.join(where, "a"), status=0)["answer"]["files"][0]["locked_below"], None, "no directory")

@needs_root
def test_74_long_to_read(t):
    """A process that takes long to be read has answered: it is silent, but its reader is at work."""
    free = t.path("free")
    h = t.helper()
    for _ in range(900):
        h.open("/dev/null", "r")
    for _ in range(250):
        h.thread("p", "open %s r" % os.fsencode("/dev/null").hex())
    answer = t.run("rm", "--dry-run", free)
    same((answer.status, answer.err), (0, b""), str(answer))
