#!/usr/bin/env python3
"""Synchronises tasks with a todo.txt file: python3 todo_txt.py FILE

Each line is an item: `x` where it is done, `(A)` for its priority, `+area`, `@label`, `due:2026-12-01`. What a line cannot
say stays here alone. New lines get `id:` and `key:` when they are synchronised, and keep them. Lines that nothing changes
stay as they are, and of others the dates and further projects. Keep your copy of this program outside of the repository,
so that no branch can change it.
"""

import datetime
import fcntl
import hashlib
import json
import os
import re
import sys

PRIORITIES = {"A": "critical", "B": "high", "C": "medium", "D": "low"}
LETTERS = {word: letter for letter, word in PRIORITIES.items()}
DATE = re.compile(r"\d{4}-\d{2}-\d{2} ")
PAIR = re.compile(r"(?<!\S)(id|key|due|status):(\S+)")


def parse(line):
    line = line.strip()
    done = line.startswith("x ")
    rest = line[2:] if done else line
    dates = []
    found = re.match(r"\(([A-Z])\) ", rest)
    rest = rest[found.end():] if found else rest
    while len(dates) < (2 if done else 1) and DATE.match(rest):
        dates.append(rest[:10])
        rest = rest[11:]
    # A finished line may have its priority after the dates.
    late = re.match(r"\(([A-Z])\) ", rest) if done and not found else None
    rest = rest[late.end():] if late else rest
    found = found or late
    letter = found.group(1) if found else ""
    pairs = dict(PAIR.findall(rest))
    rest = PAIR.sub("", rest)
    areas = re.findall(r"(?<!\S)\+(\S+)", rest)
    labels = re.findall(r"(?<!\S)@(\S+)", rest)
    title = " ".join(re.sub(r"(?<!\S)[+@]\S+", "", rest).split())
    # A word of the title that looks like a label is escaped with a backslash.
    title = re.sub(r"(?<!\S)\\", "", title)
    status = "completed" if done else pairs.get("status", "pending")
    return {
        "id": pairs.get("id", ""),
        "key": pairs.get("key", ""),
        # What no field has.
        "finished": dates[0] if done and dates else "",
        "begun": dates[-1] if len(dates) == (2 if done else 1) else "",
        "areas": areas[1:],
        "fields": {
            "title": title,
            "status": status,
            "priority": PRIORITIES.get(letter, ""),
            "area": areas[0] if areas else "",
            "labels": sorted(set(labels)),
            "due": pairs.get("due", ""),
        },
    }


def escape(title):
    words = " ".join(title.split()).split(" ")
    is_plain = lambda at, word: not (
        word[:1] in "+@\\" or PAIR.fullmatch(word) or at == 0 and re.fullmatch(r"x|\([A-Z]\)|\d{4}-\d{2}-\d{2}", word)
    )
    return " ".join(word if is_plain(at, word) else f"\\{word}" for at, word in enumerate(words))


def line_of(item):
    fields = item["fields"]
    status = fields["status"]
    done, begun = status == "completed", item["begun"]
    priority = [f"({LETTERS[fields['priority']]})"] if fields["priority"] in LETTERS else []
    # The day on which it was begun may only follow the day on which it was finished.
    finished = item["finished"] or (datetime.date.today().isoformat() if begun else "")
    parts = ["x", *filter(None, [finished, begun]), *priority] if done else [*priority, *filter(None, [begun])]
    parts.append(escape(fields["title"]))
    areas = ["_".join(fields["area"].split())] if fields["area"] else []
    parts += [f"+{area}" for area in areas + item["areas"]]
    parts += [f"@{'_'.join(label.split())}" for label in fields["labels"]]
    parts += [f"due:{fields['due']}"] if fields["due"] else []
    parts += [f"status:{status}"] if status not in ("pending", "completed") else []
    parts += [f"id:{item['id']}"]
    parts += [f"key:{item['key']}"] if item["key"] else []
    return " ".join(parts)


def version_of(item):
    text = json.dumps([item["key"], item["fields"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_there(path, lock):
    """An empty file is one thing, a file that was moved away another: its items are not deleted."""
    lock.seek(0)
    is_known = bool(lock.read())
    if os.path.exists(path):
        if not is_known:
            lock.write("known\n")
        return True
    if is_known:
        sys.exit(f"{path} is gone: put it back, or delete {path}.lock to begin with none")
    return False


class Store:
    """The lines of a file. A line without an id has the digest of its text as one, until it is synchronised; of equal
    ones each another."""

    def __init__(self, path, lock):
        self.path = path
        self.all = []
        self.items = {}
        counts = {}
        if is_there(path, lock):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    text = line.strip()
                    item = parse(line) | {"line": line.rstrip("\r\n")}
                    self.all.append(item)
                    number = counts[text] = counts.get(text, 0) + 1
                    text = text if number == 1 else f"{text} {number}"
                    item["id"] = item["id"] or hashlib.sha256(text.encode()).hexdigest()[:8]
                    # Of two lines of one id the second stays as it is, and so does an empty one.
                    if line.strip():
                        self.items.setdefault(item["id"], item)

    def save(self):
        temporary = f"{self.path}.{os.getpid()}.tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(item["line"] + "\n" for item in self.all)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def push(self, request):
        key, fields = request["key"], request["fields"]
        if request["id"] is None:
            item = next((item for item in self.items.values() if item["key"] == key), None)
            if item is None:
                id = hashlib.sha256(key.encode()).hexdigest()[:8]
                empty = {"title": "", "status": "", "priority": "", "area": "", "labels": [], "due": ""}
                item = {"id": id, "key": key, "finished": "", "begun": "", "areas": [], "fields": empty | fields}
                self.items[id] = item
                self.all.append(item)
        else:
            item = self.items.get(request["id"])
            if item is None:
                return {"refused": "the line is gone"}
            if version_of(item) != request["version"]:
                return {"changed": True}
            item["key"] = key
            item["fields"] |= fields
        # What is read back is what the file can say.
        item["line"] = line_of(item)
        item["fields"] = parse(item["line"])["fields"]
        return {"written": {"id": item["id"], "version": version_of(item)}}


def answers(store, requests):
    for request in requests:
        operation = request["op"]
        if operation == "capabilities":
            fields = ["title", "status", "priority", "area", "labels", "due"]
            yield {"capabilities": {"fields": fields, "creates": True, "keys": True}}
        elif operation in ("pull", "state"):
            ids = store.items if operation == "pull" else request["ids"]
            for item in (store.items[id] for id in ids if id in store.items):
                known = {"id": item["id"], "key": item["key"] or None}
                yield {"item": known | {"version": version_of(item), "fields": item["fields"]}}
            yield {"end": True}
        elif operation == "push":
            yield store.push(request)
        else:
            yield {"error": f"unknown operation {operation}"}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: todo_txt.py FILE")
    requests = [json.loads(line) for line in sys.stdin if line.strip()]
    with open(f"{sys.argv[1]}.lock", "a+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store = Store(sys.argv[1], lock)
        printed = list(answers(store, requests))
        if any("written" in answer for answer in printed):
            store.save()
    for answer in printed:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
