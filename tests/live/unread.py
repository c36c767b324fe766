# SPDX-License-Identifier: GPL-2.0-or-later
"""67: processes that cannot be looked at are named, with the reason."""

import os

from document import check, check_document, load, same
from harness import NOBODY, needs, needs_root

# A pid namespace with one process of root and lockscope as an ordinary user: sh stays, because it has more to do.
ONE = ("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
       'setpriv --reuid=%d --regid=%d --clear-groups -- "$@"; s=$?; exit $s' % (NOBODY, NOBODY), "sh")  # fmt: skip


@needs_root
@needs("unshare", "setpriv")
def test_67_one_is_named(t):
    path = t.path("f")
    answer = t.run("who", path, prefix=ONE)
    sentence = b"process 1 (sh) could not be asked whether it uses it (Permission denied)"
    check(sentence in answer.out, "who could not be asked is not said: %s", answer)
    document = load(t.run("who", "-J", path, prefix=ONE).out)
    check_document(document, whole=False)
    one = {"pid": 1, "comm": "sh", "comm_b64": None, "errno": "EACCES"}
    file = document["answer"]["files"][0]
    same((file["uses_complete"], file["uses_unread_count"], file["uses_unread"]), (False, 1, [one]), "uses")
    fdinfo = [e for e in document["errors"] if e["what"] == "fdinfo"]
    same([(e["count"], e["processes"]) for e in fdinfo], [(1, [one])], "errors")
    check("process 1 (sh) could not be read" in fdinfo[0]["text"], "%r", fdinfo)
    answer = t.run("rm", "--dry-run", path, prefix=ONE)
    check(path.encode() + b": " + sentence + b"." in answer.out, "the plan: %s", answer)
    answer = t.run("list", prefix=ONE)
    check(b"process 1 (sh) could not be read (Permission denied): run as root" in answer.err, "%s", answer)


@needs_root
def test_67_several_with_v(t):
    """Said without a number, which would be another one than that of list; with -v the first of them by name; captures keep them."""
    path = t.path("f")
    for _ in range(3):
        t.helper()
    answer = t.run("who", path, uid=NOBODY)
    check(b"processes that only root may look into could not be asked whether they use it" in answer.out, "%s", answer)
    check(b"which could not" not in answer.err, "names without -v: %s", answer)
    answer = t.run("who", "-v", path, uid=NOBODY)
    check(b"which could not be read: 1 (" in answer.err, "%s", answer)
    check(b"which could not be asked whether they use it: 1 (" in answer.err, "%s", answer)
    plan = t.run("rm", "--dry-run", path, uid=NOBODY)
    check(b"processes that only root may look into could not be asked" in plan.out, "%s", plan)
    capture = os.path.join(t.dir, "capture")
    with open(capture, "wb") as f:
        f.write(t.run("capture", uid=NOBODY).out)
    document = t.list("--from", capture)
    named = [p for e in document["errors"] if e["what"] == "fdinfo" for p in e["processes"]]
    check(2 <= len(named) <= 10 and named[0]["pid"] == 1, "named in a capture: %r", document["errors"])
