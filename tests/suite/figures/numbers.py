"""The figures of sprints, computed once more, from the files alone.

A second implementation that shares nothing with the program: the standard library of Python, and a reader for the few
shapes of YAML that records are written in. For each folder on the command line, which has `config.toml`, `tasks`,
`signoffs`, `findings` and `sprints`, one line of JSON: the figures of the sprint named after `--sprint`, of the time
between its start and its close, as {"path": {"value": …, "tasks": […], "missing": […]}}.
"""

import datetime as dt
import json
import pathlib
import re
import sys
import tomllib

# Records: YAML as the program writes it -----------------------------------------------------------------------------


def scalar(text):
    text = text.strip()
    if text[:1] == '"':
        return json.loads(text)
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    return text


def split(text):
    """Splits the inside of a flow collection at its own commas."""
    parts, depth, quote, start, at = [], 0, None, 0, 0
    while at < len(text):
        c = text[at]
        if quote:
            if c == "\\" and quote == '"':
                at += 1
            elif c == quote:
                quote = None
        elif c in "\"'" and text[start:at].rstrip(" ")[-1:] in ("", ":", "[", "{", ","):
            quote = c
        elif c in "[{":
            depth += 1
        elif c in "]}":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [part for part in parts + [text[start:]] if part.strip()]


def value(text):
    text = text.strip()
    if text[:1] == "[":
        return [value(part) for part in split(text[1:-1])]
    if text[:1] == "{":
        return dict(pair(part) for part in split(text[1:-1]))
    return scalar(text)


def pair(text):
    key, rest = text.split(":", 1)
    return key.strip(), value(rest)


def mapping(text):
    """Reads keys of the first column; lists below a key, one entry a line. Other blocks are left out."""
    found, key = {}, None
    for line in text.splitlines():
        if re.match(r"[a-z_]+:", line):
            key, rest = line.split(":", 1)
            found[key] = value(rest) if rest.strip() not in ("", "|", ">") else []
        elif key and line.lstrip().startswith("- ") and isinstance(found[key], list):
            found[key].append(value(line.lstrip()[2:]))
    return found


def front_matter(text):
    return mapping(text.split("---\n", 2)[1])


def moment(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def minutes(text):
    """`1h 30m` in minutes; a day has eight hours, a week five days."""
    if text is None:
        return None
    units = {"w": 2400, "d": 480, "h": 60, "m": 1}
    parts = re.findall(r"(\d+)\s*([wdhm])", text)
    return sum(int(number) * units[unit] for number, unit in parts) if parts else int(text)


def records(folder):
    return [mapping(path.read_text()) for path in sorted(folder.glob("*.yaml"))] if folder.is_dir() else []


# A task's way through its stages ------------------------------------------------------------------------------------


class Task:
    def __init__(self, root, path, config, end):
        data = front_matter(path.read_text())
        self.id = data["id"]
        self.cancelled = "cancelled" in data
        self.spent = minutes(data.get("spent"))
        self.votes = records(root / "signoffs" / self.id)
        self.findings = records(root / "findings" / self.id)
        kind = config.get("types", {}).get(data.get("type"), {})
        self.pipeline = kind.get("stages", config["pipeline"]["stages"])
        self.roles = {s: config.get("stage", {}).get(s, {}).get("signoffs", []) for s in self.pipeline}
        moves = data.get("history", [])
        order = ["none", *self.pipeline, "complete"]
        self.stage = moves[0]["from"] if moves else data["stage"]
        place = order.index(self.stage) if self.stage in order else 0
        self.steps, clock = [], None
        for move in moves:
            clock = max(clock or moment(move["at"]), moment(move["at"]))
            if clock > end:
                break
            if move["to"] == self.stage:
                continue
            new = order.index(move["to"]) if move["to"] in order else place
            kind = move.get("kind", "advance")
            self.steps.append({
                "at": clock, "from": self.stage, "to": move["to"], "direction": new - place,
                "dated": kind != "import",
                "earned": new > place and kind not in ("fail", "override", "reopen", "revert", "import"),
            })
            self.stage, place = move["to"], new
        self.complete = self.stage == "complete" and not self.cancelled
        self.open = self.stage not in ("none", "complete") and not self.cancelled
        first, last = (self.steps or [None])[0], (self.steps or [None])[-1]
        self.started = first["at"] if first and first["from"] == "none" and first["dated"] else None
        self.finished = last["at"] if self.complete and last and last["dated"] else None
        lefts = [step["at"] for step in self.steps[1:]] + [end]
        self.visits = [(s["to"], s["at"], left, s["dated"]) for s, left in zip(self.steps, lefts)
                       if s["to"] not in ("none", "complete")]

    @property
    def cycle_time(self):
        return seconds(self.finished - self.started) if self.finished and self.started else None


# Figures ------------------------------------------------------------------------------------------------------------


def seconds(delta):
    return delta.days * 86400 + delta.seconds


def percentiles(values):
    if not values:
        return None
    values = sorted(values)
    rank = lambda p: values[max(-(-p * len(values) // 100), 1) - 1]
    return {"n": len(values), "min": values[0], "p50": rank(50), "p70": rank(70), "p85": rank(85), "p95": rank(95),
            "max": values[-1]}


def scope_at(sprint, changes, end):
    members, added, removed, estimated = {}, set(), set(), set()
    for entry in sprint.get("committed", []):
        members.setdefault(entry["task"], minutes(entry.get("estimate")))
    committed = dict(members)
    entries = [(moment(record["at"]), change) for record in changes for change in record["changes"]]
    for at, change in sorted(entries, key=lambda entry: entry[0]):
        task, estimate = change["task"], minutes(change.get("estimate"))
        if at > end:
            continue
        if change["change"] == "added" and task not in members:
            members[task] = estimate
            added.add(task)
        elif change["change"] == "removed" and task in members:
            del members[task]
            removed.add(task)
        elif change["change"] == "estimated" and task in members and members[task] != estimate:
            members[task] = estimate
            estimated.add(task)
    return committed, members, added, removed, estimated


def numbers(root, name):
    sprint = mapping((root / "sprints" / name / "sprint.yaml").read_text())
    changes = records(root / "sprints" / name / "scope")
    config = tomllib.loads((root / "config.toml").read_text())
    begin = moment(next(e["at"] for e in sprint["history"] if e["action"] == "started"))
    closed = sprint["history"][-1]
    end = moment(closed["at"])
    sign, hours, mins = re.fullmatch(r"([+-])(\d\d):(\d\d)", closed["offset"]).groups()
    zone = dt.timezone((1 if sign == "+" else -1) * dt.timedelta(hours=int(hours), minutes=int(mins)))
    day = lambda at: at.astimezone(zone).date()
    inside = lambda at: begin <= at <= end
    committed, members, added, removed, estimated = scope_at(sprint, changes, end)
    files = sorted((root / "tasks").glob("*.md"))
    tasks = [task for task in (Task(root, path, config, end) for path in files) if task.id in members]
    done = [task for task in tasks if task.finished and inside(task.finished)]
    figures = {}

    def put(path, value, found=(), missing=()):
        found, missing = [getattr(task, "id", task) for task in found], [getattr(m, "id", m) for m in missing]
        figures[path] = {"value": value, "tasks": sorted(set(found)), "missing": sorted(set(missing))}

    def put_sum(path, minutes_of):
        known = {task: value for task, value in minutes_of.items() if value is not None}
        missing = [task for task in minutes_of if task not in known]
        put(path, None if missing and not known else sum(known.values()), known, missing)

    def put_percentiles(path, values):
        known = [(task, value) for task, value in values if value is not None]
        put(path, percentiles([value for _, value in known]), [task for task, _ in known],
            [task for task, value in values if value is None])

    for path, found in [("committed", committed), ("added", added), ("removed", removed), ("re_estimated", estimated),
                        ("scope", members)]:
        put(path, len(found), found)
    put_sum("committed_time", committed)
    put_sum("scope_time", members)
    put("delivered", len(done), done, set(members) - {task.id for task in tasks})
    put_sum("delivered_time", {task.id: members[task.id] for task in done})
    put("delivery", {"part": len(done), "of": len(members)}, done)
    met = [task for task in done if task.id in committed]
    put("commitment_met", {"part": len(met), "of": len(committed)}, met)
    before = [task for task in tasks if task.complete and task not in done]
    put("done_before", len(before), before)
    dropped = [task for task in tasks if task.cancelled]
    put("cancelled", len(dropped), dropped)
    carried = [task for task in tasks if not task.cancelled and task.stage != "complete"]
    put("carried_over", len(carried), carried)
    reopened = [t for t in tasks if any(s["from"] == "complete" and inside(s["at"]) for s in t.steps)]
    put("re_opened", len(reopened), reopened)
    put("wip", sum(task.open for task in tasks), [task for task in tasks if task.open])
    daily, at = {}, day(begin)
    while at <= day(end):
        daily[at.isoformat()] = sum(day(task.finished) == at for task in done)
        at += dt.timedelta(days=1)
    put("throughput", daily, done)
    put_percentiles("cycle_time", [(task, task.cycle_time) for task in done])
    times = percentiles([task.cycle_time for task in done if task.cycle_time is not None])
    put("sle", times and {"percent": 85, "seconds": times["p85"]})
    put_percentiles("age", [(t, seconds(end - t.started) if t.started else None) for t in tasks if t.open])

    def efficiency(task):
        worked = sum(seconds(left - entered) for stage, entered, left, _ in task.visits if task.roles.get(stage) == [])
        return worked * 1000 // task.cycle_time if task.cycle_time else None

    put_percentiles("flow_efficiency", [(task, efficiency(task)) for task in done])
    stages = {s for t in tasks for s in t.pipeline} | {s for t in tasks for s, *_ in t.visits}
    stages |= {step["from"] for t in tasks for step in t.steps} | {t.stage for t in tasks}
    for stage in stages - {"none", "complete"}:
        spent = {}
        for task in (task for task in done if task.cycle_time is not None):
            stays = [seconds(left - entered) for s, entered, left, _ in task.visits if s == stage]
            if stays:
                spent[task] = sum(stays)
        if spent:
            put(f"stage_time[{stage}]", percentiles(list(spent.values())), spent)
        firsts = [(task, next((s for s in task.steps if s["from"] == stage), None)) for task in tasks]
        firsts = [(task, step) for task, step in firsts if step and step["dated"] and inside(step["at"])]
        passed = [task for task, step in firsts if step["earned"]]
        if firsts:
            put(f"first_pass_yield[{stage}]", {"part": len(passed), "of": len(firsts)}, passed)
    back = [(t, s) for t in tasks for s in t.steps if s["direction"] < 0 and s["dated"] and inside(s["at"])]
    put("rework_loops", len(back), [task for task, _ in back])
    put_sum("spent_time", {task.id: task.spent for task in done})
    put_percentiles("estimate_ratio", [
        (task, task.spent * 1000 // members[task.id] if task.spent is not None and members[task.id] else None)
        for task in done])
    documented = [task for task in done if "docs" in task.pipeline]
    last = lambda task: next((s for s in reversed(task.steps) if s["from"] == "docs"), {"earned": False})
    passed = [task for task in documented if last(task)["earned"]]
    put("documented", {"part": len(passed), "of": len(documented)}, passed)
    answers = {}
    for task in tasks:
        for stage, entered, left, dated in task.visits:
            for role in task.roles.get(stage, []) if dated else []:
                votes = [moment(v["at"]) for v in task.votes if v["role"] == role and v["stage"] == stage
                         and v["verdict"] in ("approved", "rejected")]
                votes = [at for at in votes if entered <= at <= left]
                if votes and inside(min(votes)):
                    answers.setdefault(role, []).append((task, seconds(min(votes) - entered)))
    for role, found in answers.items():
        put(f"signoff_latency[{role}]", percentiles([time for _, time in found]), [task for task, _ in found])
    raised = [(t, f["severity"]) for t in tasks for f in t.findings if inside(moment(f["at"]))]
    still = []
    for task in tasks:
        for finding in task.findings:
            settled = finding.get("resolutions", [])
            last = max(reversed(settled), key=lambda r: moment(r["at"])) if settled else {"to": "open"}
            gone = last["to"] in ("resolved", "waived") and moment(last["at"]) <= end
            if moment(finding["at"]) <= end and not gone:
                still.append((task, finding["severity"]))
    for path, found in [("findings_raised", raised), ("findings_open", still)]:
        put(path, len(found), [task for task, _ in found])
        for severity in {severity for _, severity in found}:
            same = [task for task, other in found if other == severity]
            put(f"{path}[{severity}]", len(same), same)
    return figures


if __name__ == "__main__":
    sprint, *folders = sys.argv[2:]
    for folder in folders:
        print(json.dumps(numbers(pathlib.Path(folder), sprint), sort_keys=True))
