#!/usr/bin/env python3
"""Synchronises tasks with a todo.txt file: python3 todo_txt.py FILE

Each line is an item: `x` where it is done, `(A)` for its priority, `+area`, `@label`, `due:2026-12-01`. What a line cannot
say stays here alone: in a label, a space is `\\_`. New lines get `id:` when they may be written, and `key:` when they are
synchronised, and keep them; before, they are not taken. Lines that nothing changes stay as they are, and of others the
dates, further projects and priorities after `(D)`. Keep your copy of this program outside of the repository, so that no
branch can change it.
"""

import datetime
import fcntl
import hashlib
import json
import os
import re
import secrets
import sys

PRIORITIES = {"A": "critical", "B": "high", "C": "medium", "D": "low"}
LETTERS = {word: letter for letter, word in PRIORITIES.items()}
DATE = re.compile(r"\d{4}-\d{2}-\d{2} ")
ESCAPED = re.compile(r"\\(\\|_|u[0-9a-f]{4})")
PAIR = re.compile(r"(?<!\S)(id|key|due|status):(\S+)")


def encode(text):
    """A text as one word, which `decode` reads as the same text."""
    special = {"\\": "\\\\", " ": "\\_"}
    return "".join(special.get(c) or (f"\\u{ord(c):04x}" if c.isspace() else c) for c in text)


def decode(word):
    meant = lambda code: code if code == "\\" else " " if code == "_" else chr(int(code[1:], 16))
    return ESCAPED.sub(lambda found: meant(found.group(1)), word)


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
    labels = map(decode, re.findall(r"(?<!\S)@(\S+)", rest))
    words = re.sub(r"(?<!\S)[+@]\S+", "", rest).split()
    # A word of the title that looks like something else is escaped with a backslash.
    title = " ".join(decode(word[1:]) if word[0] == "\\" else word for word in words)
    status = "completed" if done else decode(pairs.get("status", "pending"))
    return {
        "id": pairs.get("id", ""),
        "key": pairs.get("key", ""),
        # What no field has.
        "finished": dates[0] if done and dates else "",
        "begun": dates[-1] if len(dates) == (2 if done else 1) else "",
        "areas": areas[1:],
        "letter": letter if letter not in PRIORITIES else "",
        "fields": {
            "title": title,
            "status": status,
            "priority": PRIORITIES.get(letter, ""),
            "area": decode(areas[0]) if areas else "",
            "labels": sorted(set(labels)),
            "due": pairs.get("due", ""),
        },
    }


def escape(title):
    words = title.split(" ")
    is_plain = lambda at, word: word and not (
        word[0] in "+@\\"
        or any(map(str.isspace, word))
        or PAIR.fullmatch(word)
        or at == 0 and re.fullmatch(r"x|\([A-Z]\)|\d{4}-\d{2}-\d{2}", word)
    )
    return " ".join(word if is_plain(at, word) else f"\\{encode(word)}" for at, word in enumerate(words))


def line_of(item):
    fields = item["fields"]
    status = fields["status"]
    done, begun = status == "completed", item["begun"]
    letter = LETTERS.get(fields["priority"], "" if fields["priority"] else item["letter"])
    priority = [f"({letter})"] if letter else []
    # The day on which it was begun may only follow the day on which it was finished.
    finished = item["finished"] or (datetime.date.today().isoformat() if begun else "")
    parts = ["x", *filter(None, [finished, begun]), *priority] if done else [*priority, *filter(None, [begun])]
    parts.append(escape(fields["title"]))
    areas = [encode(fields["area"])] if fields["area"] else []
    parts += [f"+{area}" for area in areas + item["areas"]]
    parts += [f"@{encode(label)}" for label in fields["labels"]]
    parts += [f"due:{fields['due']}"] if fields["due"] else []
    parts += [f"status:{encode(status)}"] if status not in ("pending", "completed") else []
    parts += [f"id:{item['id']}"]
    parts += [f"key:{item['key']}"] if item["key"] else []
    return " ".join(parts)


def version_of(item):
    text = json.dumps([item["key"], item["fields"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """The lines of a file. A line without an id gets one where it may be written, and is no item before: nothing else in a
    line tells it from another one for good."""

    def __init__(self, path):
        self.path = path
        self.all = []
        self.items = {}
        self.nameless = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    item = parse(line) | {"line": line.rstrip("\r\n")}
                    self.all.append(item)
                    # Of two lines of one id the second stays as it is, and so does an empty one.
                    if item["id"]:
                        self.items.setdefault(item["id"], item)
                    elif line.strip():
                        self.nameless.append(item)

    def give_ids(self):
        """Gives an id to each line that has none. Returns whether there was one."""
        for item in self.nameless:
            item["id"] = self.free_id(secrets.token_hex(8))
            item["line"] = f"{item['line'].rstrip()} id:{item['id']}"
            self.items[item["id"]] = item
        found, self.nameless = bool(self.nameless), []
        return found

    def free_id(self, seed):
        while True:
            id = hashlib.sha256(seed.encode()).hexdigest()[:8]
            if id not in self.items:
                return id
            seed = id

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
                id = self.free_id(key)
                empty = {"title": "", "status": "", "priority": "", "area": "", "labels": [], "due": ""}
                item = {"id": id, "key": key, "finished": "", "begun": "", "areas": [], "letter": "", "fields": empty | fields}
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
            # An item without an id is reported by the tracker, and is not taken.
            nameless = store.nameless if operation == "pull" else []
            for item in [*(store.items[id] for id in ids if id in store.items), *nameless]:
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
    # The folder is locked, which leaves no file. The end of this program unlocks it.
    fcntl.flock(os.open(os.path.dirname(os.path.realpath(sys.argv[1])), os.O_RDONLY), fcntl.LOCK_EX)
    store = Store(sys.argv[1])
    may_write = os.environ.get("TRACKER_SYNC_WRITES") == "1"
    changed = may_write and any(request["op"] == "pull" for request in requests) and store.give_ids()
    printed = list(answers(store, requests))
    # An answer is printed only once the file is written.
    if changed or any("written" in answer for answer in printed):
        store.save()
    for answer in printed:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
