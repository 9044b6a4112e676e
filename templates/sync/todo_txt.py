#!/usr/bin/env python3
"""Synchronises tasks with a todo.txt file: python3 todo_txt.py FILE

Each line is an item: `x` where it is done, `(A)` for its priority, `+area`, `@label`, `due:2026-12-01`. What a line cannot
say stays here alone. New lines get `id:` and `key:` when they are synchronised, and keep them.
"""

import fcntl
import hashlib
import json
import os
import re
import sys

PRIORITIES = {"A": "critical", "B": "high", "C": "medium", "D": "low"}
LETTERS = {word: letter for letter, word in PRIORITIES.items()}
PAIR = re.compile(r"(?<!\S)(id|key|due|status):(\S+)")


def parse(line):
    line = line.strip()
    done = line.startswith("x ")
    rest = re.sub(r"^(\d{4}-\d{2}-\d{2} ){1,2}", "", line[2:] if done else line)
    found = re.match(r"\(([A-Z])\) ", rest)
    letter = found.group(1) if found else ""
    rest = re.sub(r"^(\d{4}-\d{2}-\d{2} )", "", rest[found.end():] if found else rest)
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
    parts = ["x"] if status == "completed" else []
    if fields["priority"] in LETTERS:
        parts.append(f"({LETTERS[fields['priority']]})")
    parts.append(escape(fields["title"]))
    parts += [f"+{'_'.join(fields['area'].split())}"] if fields["area"] else []
    parts += [f"@{'_'.join(label.split())}" for label in fields["labels"]]
    parts += [f"due:{fields['due']}"] if fields["due"] else []
    parts += [f"status:{status}"] if status not in ("pending", "completed") else []
    parts += [f"id:{item['id']}"]
    parts += [f"key:{item['key']}"] if item["key"] else []
    return " ".join(parts)


def version_of(item):
    text = json.dumps([item["key"], item["fields"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """The lines of a file. A line without an id has the digest of its text as one, until it is synchronised."""

    def __init__(self, path):
        self.path = path
        self.items = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in filter(str.strip, file):
                    item = parse(line)
                    item["id"] = item["id"] or hashlib.sha256(line.strip().encode()).hexdigest()[:8]
                    self.items.setdefault(item["id"], item)

    def save(self):
        temporary = f"{self.path}.{os.getpid()}.tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(line_of(item) + "\n" for item in self.items.values())
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
                item = self.items[id] = {"id": id, "key": key, "fields": empty | fields}
        else:
            item = self.items.get(request["id"])
            if item is None:
                return {"refused": "the line is gone"}
            if version_of(item) != request["version"]:
                return {"changed": True}
            item["key"] = key
            item["fields"] |= fields
        # What is read back is what the file can say.
        item["fields"] = parse(line_of(item))["fields"]
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
    with open(f"{sys.argv[1]}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store = Store(sys.argv[1])
        printed = list(answers(store, requests))
        if any("written" in answer for answer in printed):
            store.save()
    for answer in printed:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
