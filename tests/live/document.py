# SPDX-License-Identifier: GPL-2.0-or-later
"""What every JSON document of lockscope has to be, whatever it says."""

import json
import os
import re

from helper import Failure

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/cli/lockscope-1.schema.json")
SCHEMA_ROWS = 100  # validating is slow: the first of them stand for the rest, whose keys are still checked

HEAD_KEYS = {"schema", "tool", "scanner", "host", "boot_id", "time_unix_ms", "complete", "relations_complete", "errors", "summary", "locks"}
ROW_KEYS = {
    "id",
    "type",
    "mode",
    "state",
    "start",
    "end",
    "to_eof",
    "whole_file",
    "file",
    "pid",
    "how_known",
    "recorded_pid",
    "holders",
    "no_holder_because",
    "waiter",
    "blocked_by",
    "blocks",
    "deadlock",
    "wait_ms",
    "wait_error_ms",
    "break_to",
    "meaning",
    "break_deadline_ms",
}
FILE_KEYS = {
    "key",
    "dev_major",
    "dev_minor",
    "inode",
    "path",
    "path_b64",
    "name",
    "deleted",
    "replaced",
    "reachable",
    "foreign_mount_ns",
    "size_bytes",
    "fstype",
    "mount_point",
}
PROCESS_KEYS = {"pid", "start_ticks", "tid", "fd", "comm", "comm_b64", "uid", "user"}
ERROR_KEYS = {"what", "errno", "count", "text"}
SUMMARY_KEYS = {"held", "waiting", "deadlocks", "scan_ms"}
HELD_STATES = ("held", "breaking")
STATES = HELD_STATES + ("waiting", "breaker", "stopped_waiting")
TYPES = ("posix", "ofd", "flock", "lease", "deleg", "unknown")
HOW = ("exact", "matched", "recorded", "ambiguous", "unknown")

_validator = None


def check(condition, message, *args):
    if not condition:
        raise Failure(message % args if args else message)


def same(got, expected, what):
    check(got == expected, "%s: expected %r, got %r", what, expected, got)


def _no_twins(pairs):
    keys = [k for k, _ in pairs]
    check(len(keys) == len(set(keys)), "a JSON object has a key twice: %r", keys)
    return dict(pairs)


def load(raw):
    """One JSON text, ASCII only."""
    check(all(b in (9, 10, 13) or 32 <= b < 127 for b in raw), "JSON output is not plain ASCII")
    try:
        return json.loads(raw, object_pairs_hook=_no_twins)
    except ValueError as e:
        raise Failure("not valid JSON (%s): %r ... %r" % (e, raw[:200], raw[-200:])) from None


def check_schema(document):
    global _validator
    if jsonschema is None or not os.path.exists(SCHEMA):
        return
    if _validator is None:
        with open(SCHEMA, encoding="utf-8") as f:
            schema = json.load(f)
        jsonschema.Draft7Validator.check_schema(schema)
        _validator = jsonschema.Draft7Validator(schema)
    sample = dict(document, locks=document["locks"][:SCHEMA_ROWS])
    for error in _validator.iter_errors(sample):
        raise Failure("schema: %s at %s" % (error.message[:300], "/".join(str(p) for p in error.absolute_path)))


def check_process(process, where):
    check(PROCESS_KEYS <= set(process), "%s lacks %r", where, PROCESS_KEYS - set(process))
    check(isinstance(process["pid"], int) and process["pid"] > 0, "%s: pid %r", where, process["pid"])
    check(process["fd"] is None or process["fd"] >= 0, "%s: fd %r", where, process["fd"])


def check_row(row):
    check(ROW_KEYS <= set(row), "a row lacks %r", ROW_KEYS - set(row))
    check(FILE_KEYS <= set(row["file"]), "a file lacks %r", FILE_KEYS - set(row["file"]))
    check(re.fullmatch("[0-9a-f]{16}", row["id"]), "id %r", row["id"])
    modes = ("read", "write") + (("unknown",) if row["break_to"] else ())
    for key, words in (("type", TYPES), ("state", STATES), ("how_known", HOW), ("mode", modes)):
        check(row[key] in words, "%s is %r", key, row[key])
    check((row["end"] is None) == row["to_eof"], "end %r with to_eof %r", row["end"], row["to_eof"])
    check(row["whole_file"] == (row["start"] == 0 and row["to_eof"]), "whole_file in %r", row)
    for holder in row["holders"]:
        check_process(holder, "holder")
    check_row_owner(row)
    inode = row["file"]["inode"]
    check(inode is None or re.fullmatch("[0-9]+", inode), "inode %r", inode)


def check_row_owner(row):
    if row["state"] in HELD_STATES:
        check(row["waiter"] is None, "a held lock has a waiter: %r", row)
        check(row["how_known"] != "exact" or row["holders"], "exact, but without a holder: %r", row)
        check(
            row["how_known"] in ("exact", "ambiguous") or not row["holders"] or row["holders"][0]["pid"] == row["pid"],
            "pid is not the first holder's: %r",
            row,
        )
        check(row["holders"] or row["no_holder_because"], "no holder and no reason: %r", row)
    else:
        check(row["holders"] == [], "a waiter has holders: %r", row)
        if row["waiter"] is not None:
            check_process(row["waiter"], "waiter")
            same(row["pid"], row["waiter"]["pid"], "pid of a waiting row")
    if row["how_known"] == "recorded":
        same(row["pid"], row["recorded_pid"], "pid of a row that is only recorded")
    if row["how_known"] == "unknown":
        same(row["pid"], None, "pid of a row whose owner is unknown")


def check_document(document, whole=False):
    check(HEAD_KEYS <= set(document), "the document lacks %r", HEAD_KEYS - set(document))
    same(document["schema"], "lockscope/1", "schema")
    check(SUMMARY_KEYS <= set(document["summary"]), "summary lacks %r", SUMMARY_KEYS - set(document["summary"]))
    for error in document["errors"]:
        check(ERROR_KEYS <= set(error), "an error lacks %r", ERROR_KEYS - set(error))
    check(document["complete"] or document["errors"], "not complete, but without a reason")
    for row in document["locks"]:
        check_row(row)
    check_schema(document)
    if whole:
        check_whole(document)


def check_whole(document):
    """Of a list without filters: the sums and the cross references are right."""
    rows = document["locks"]
    held = [r for r in rows if r["state"] in HELD_STATES]
    same(document["summary"]["held"], len(held), "summary.held")
    same(document["summary"]["waiting"], len(rows) - len(held), "summary.waiting")
    blocks = {(r["id"], b) for r in rows for b in r["blocks"]}
    blocked = {(b, r["id"]) for r in rows for b in r["blocked_by"]}
    same(sorted(blocks), sorted(blocked), "blocks and blocked_by of all rows")
    ids = {r["id"] for r in rows}
    check(all(a in ids and b in ids for a, b in blocks), "a row refers to one that is not listed")
