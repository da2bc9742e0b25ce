"""What every run report must look like (the contract of `run --json`), whatever the run did."""

import json
import re

RUN = {"format": int, "run_id": str, "job": str, "trigger": str, "attempt": int, "outcome": str, "started_at": str,
       "finished_at": str, "duration_s": (int, float), "counts": dict, "traffic": dict, "items": list, "errors": list,
       "warnings": list}
REPOSITORIES = ("mirror", "github_repository", "github_wiki", "github_gist")
ITEM = {"kind": str, "id": (int, str), "name": str, "outcome": str, "stages": list, "pushed": list, "warnings": list}
ITEM_MAY = {"reason": str, "tasks": dict, "archive": dict, "commit": str}
REPOSITORY_MAY = {"reason": str, "before": str, "after": str, "ref": str, "refs": dict, "renamed_from": str}
STAGE = {"stage": str, "outcome": str}
STAGE_MAY = {"task": str, "duration_s": (int, float), "attempts": int, "bytes": int, "resumed": int, "commit": str,
             "target": str, "branch": str, "reason": str, "error": dict}
ERROR = {"operation": str, "object": str, "code": str, "message": str, "peer": str, "transient": bool, "hint": str}
COUNTS = ("saved", "unchanged", "partial", "failed", "skipped", "gone")
TASKS = ("total", "exported", "kept", "skipped", "failed")
STAGES = ("inspect", "export", "download", "verify", "commit", "archive", "push")
REPOSITORY_STAGES = ("inspect", "fetch", "verify", "update", "lfs", "push", "bundle")
EXIT = {"success": 0, "unchanged": 0, "failed": 1, "partial": 3, "refused": 4, "cancelled": 5}
CODES = set("""internal cancelled timeout no_progress resolve_failed connect_timeout connection_refused connection_reset
    connection_closed tls_failed certificate_invalid proxy_failed redirect_refused unauthorized forbidden not_found rate_limited
    server_error bad_request bad_response response_too_large export_failed export_timeout export_expired no_data too_busy
    archive_invalid content_mismatch shrunken disk_full reserve io_error repository_invalid push_rejected remote_moved
    push_unverified unsupported child_failed selection_unmatched state_invalid busy secret_missing config_invalid
    source_empty host_key_unknown host_key_changed source_replaced""".split())
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
HEX8 = re.compile(r"[0-9a-f]{8}")
HEX40 = re.compile(r"[0-9a-f]{40}")
HEX64 = re.compile(r"[0-9a-f]{64}")
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
ARCHIVE = re.compile(r"archives/[a-z0-9][a-z0-9._-]*/(project|task)-\d+/\d{8}T\d{6}Z(-\d+)?\.zip")


class Wrong(AssertionError):
    """The report breaks the contract."""


def need(condition, *words):
    if not condition:
        raise Wrong(" ".join(str(word) for word in words))


def keys(value, must, may, where):
    """Exactly these keys, of these types."""
    need(isinstance(value, dict), where, "is no object:", value)
    for key, kind in must.items():
        need(key in value, where, "lacks", key)
        need(isinstance(value[key], kind), where, key, "has another type:", value[key])
        need(kind is bool or not isinstance(value[key], bool), where, key, "is a boolean")
    for key, found in value.items():
        need(key in must or key in may, where, "has the unknown key", key)
        need(key in must or isinstance(found, may[key]), where, key, "has another type:", found)


def numbers(value, names, where):
    need(sorted(value) == sorted(names), where, "has the keys", sorted(value))
    need(all(isinstance(one, int) and one >= 0 for one in value.values()), where, "has a bad number:", value)


def one_line(text, where):
    need(not any(ord(c) < 32 or ord(c) == 127 for c in text), where, "holds a control character:", repr(text))


def error(value, where):
    keys(value, ERROR, {}, where)
    need(value["code"] in CODES, where, "has the unknown code", value["code"])
    for key in ("operation", "object", "message"):
        need(value[key], where, "says nothing in", key, ":", value)
    need(len(value["peer"].encode()) <= 2048 + 4, where, "peer's words are too long")


def stage(value, where, known=STAGES):
    keys(value, STAGE, STAGE_MAY, where)
    where = f"{where} {value['stage']}"
    need(value["stage"] in known, where, "is no known stage")
    need(value["outcome"] in ("ok", "failed", "skipped"), where, "has the outcome", value["outcome"])
    need((value["outcome"] == "failed") == ("error" in value), where, "error and outcome disagree:", value)
    need(value["outcome"] != "skipped" or value.get("reason"), where, "is skipped without a reason")
    if "error" in value:
        error(value["error"], where)
    if value["outcome"] == "ok" and value["stage"] == "download":
        need("bytes" in value and "resumed" in value, where, "lacks bytes or resumed")
    if value["outcome"] == "ok" and value["stage"] == "export":
        need(value.get("attempts", 0) >= 1, where, "lacks attempts")
    if value["stage"] == "push" and value["outcome"] != "skipped":
        need(value.get("target") and value.get("branch"), where, "lacks target or branch")
    if "commit" in value:
        need(HEX40.fullmatch(value["commit"]), where, "commit:", value["commit"])


def item_tasks(value, where):
    numbers(value["tasks"], TASKS, where + " tasks")
    rest = sum(value["tasks"][key] for key in TASKS[1:])
    need(value["tasks"]["total"] == rest, where, "tasks do not add up:", value["tasks"])
    need(value["tasks"]["failed"] == 0 or value["outcome"] in ("partial", "failed"), where, "tasks failed, but it is", value["outcome"])


def counted(value):
    """The word of `counts` for an item's outcome."""
    return "saved" if value["outcome"] in ("cloned", "updated") else value["outcome"]


def repository(value, where):
    keys(value, ITEM, REPOSITORY_MAY, where)
    need(isinstance(value["id"], str), where, "has a number for its id")
    need(value["kind"] != "mirror" or value["id"] == value["name"], where, "is a mirror whose id is not its name")
    need(value["outcome"] != "saved", where, "is neither cloned nor updated")
    for one in value["stages"]:
        stage(one, where, REPOSITORY_STAGES)
    told = [key in value for key in ("before", "after", "refs")]
    need(all(told) or not any(told), where, "tells only some of before, after, refs")
    need(all(told) or value["outcome"] not in ("cloned", "updated", "unchanged"), where, "tells no tips")
    if all(told):
        need(HEX8.fullmatch(value["before"]) and HEX8.fullmatch(value["after"]), where, "tips:", value["before"], value["after"])
        numbers(value["refs"], ("new", "moved", "forced", "deleted"), where + " refs")
        need(value["outcome"] != "unchanged" or sum(value["refs"].values()) == 0, where, "is unchanged with moved refs")
        need(value["outcome"] != "unchanged" or value["before"] == value["after"], where, "is unchanged and moved")
    need(value["outcome"] != "partial" or any(one["outcome"] == "failed" for one in value["stages"]), where, "is partial, but no stage failed")


def item(value):
    where = f"item {value.get('kind')} {value.get('id')}"
    if value.get("kind") in REPOSITORIES:
        repository(value, where)
        return endings(value, where)
    keys(value, ITEM, ITEM_MAY, where)
    need(isinstance(value["id"], int), where, "has no number for its id")
    need(value["kind"] in ("cvat_project", "cvat_task"), where, "has another kind")
    need(value["outcome"] in COUNTS, where, "has the outcome", value["outcome"])
    for one in value["stages"]:
        stage(one, where)
    for one in value["warnings"]:
        need(isinstance(one, str) and one, where, "has an empty warning")
        one_line(one, where)
    for one in value["pushed"]:
        keys(one, {"target": str, "branch": str, "verified": bool}, {}, where + " pushed")
    if "tasks" in value:
        item_tasks(value, where)
    if "archive" in value:
        keys(value["archive"], {"path": str, "bytes": int, "sha256": str}, {}, where + " archive")
        need(ARCHIVE.fullmatch(value["archive"]["path"]), where, "archive path:", value["archive"]["path"])
        need(HEX64.fullmatch(value["archive"]["sha256"]), where, "archive sha256")
    if value["outcome"] == "saved":
        need(HEX40.fullmatch(value.get("commit", "")), where, "is saved without a commit")
    if value["outcome"] == "unchanged":
        need("commit" not in value and "archive" not in value, where, "is unchanged with a commit or an archive")
    endings(value, where)


def endings(value, where):
    need(counted(value) in COUNTS, where, "has the outcome", value["outcome"])
    for one in value["warnings"]:
        need(isinstance(one, str) and one, where, "has an empty warning")
        one_line(one, where)
    if value["outcome"] in ("skipped", "gone"):
        need(value.get("reason"), where, "is", value["outcome"], "without a reason")
    if value["outcome"] == "failed":
        need(any(one["outcome"] == "failed" for one in value["stages"]), where, "failed, but no stage did")


def outcome(value):
    """The run's outcome follows from its items."""
    counts, said = value["counts"], value["outcome"]
    if said in ("cancelled", "refused"):
        return
    lasting = [one for entry in value["items"] if counted(entry) in ("saved", "unchanged") for one in entry["stages"]
               if one["outcome"] == "failed"]
    bad = bool(value["errors"] or counts["failed"] or counts["partial"])
    good = counts["saved"] + counts["unchanged"] + counts["partial"] > 0
    if bad:
        need(said == ("partial" if good else "failed"), "the run is", said, "with", counts)
    elif lasting:
        need(said in ("partial", "success", "unchanged"), "the run is", said, "with failed stages")
    else:
        need(said == "unchanged" if not counts["saved"] and said == "unchanged" else said == "success", "the run is", said)


def check(value, code=None):
    """Raises Wrong when the report breaks the contract; `code`: the exit code when this was the only job."""
    keys(value, RUN, {}, "the report")
    need(value["format"] == 1, "format is", value["format"])
    need(ULID.fullmatch(value["run_id"]), "run_id is", value["run_id"])
    need(value["trigger"] == "manual" and value["attempt"] == 1, "trigger or attempt")
    need(value["outcome"] in EXIT, "the run's outcome is", value["outcome"])
    for key in ("started_at", "finished_at"):
        need(TIME.fullmatch(value[key]), key, value[key])
    need(value["started_at"] <= value["finished_at"] and value["duration_s"] >= 0, "the run ended before it began")
    numbers(value["counts"], COUNTS, "counts")
    numbers(value["traffic"], ("api_requests", "bytes_received", "bytes_sent"), "traffic")
    for one in value["items"]:
        item(one)
    for name in COUNTS:
        found = sum(counted(one) == name for one in value["items"])
        need(value["counts"][name] == found, "counts says", value["counts"][name], name, "but there are", found)
    named = [(one["kind"], one["id"], one["name"]) for one in value["items"]]
    need(len(named) == len(set(named)), "an item is told twice:", named)
    for one in value["errors"]:
        error(one, "errors")
    outcome(value)
    need(code is None or code == EXIT[value["outcome"]], "exit code", code, "for", value["outcome"])


def check_output(text, code):
    """stdout of `run --json`: one report a line and nothing else."""
    need(text == "" or text.endswith("\n"), "the last line has no end")
    lines = text.splitlines()
    reports = [json.loads(line) for line in lines]
    for report in reports:
        check(report, code if len(reports) == 1 else None)
    return reports
