#!/usr/bin/env python3
"""Synchronises tasks with a CSV file: python3 csv_tasks.py FILE

Reads lines of JSON and prints lines of JSON, as `tracker help sync` describes. Copy it and change it: what is below
`Store` knows nothing of CSV. Keep the copy outside of the repository, so that no branch can change it.
"""

import csv
import fcntl
import hashlib
import io
import json
import os
import re
import secrets
import sys

TEXTS = ["title", "status", "priority", "type", "assignee", "area", "estimate", "due", "body"]
COLUMNS = ["id", "key", *TEXTS, "labels"]
BOM = "\ufeff"
# The longest text of a cell that is read; without this there is a limit of 128 KiB, and none for what is written.
csv.field_size_limit(2**31 - 1)


class Store:
    """The rows of a CSV file. What the tracker does not know stays as it is: columns, rows whose id another row has, the
    separator, how lines end, the mark of Excel at the beginning. A row without an id gets one where it may be written, and is
    no item before: nothing else in a row tells it from another one for good."""

    def __init__(self, path):
        self.path = path
        self.columns = list(COLUMNS)
        self.bom, self.separator, self.line_end = "", ",", "\r\n"
        self.all = []
        self.rows = {}
        self.nameless = []

    def load(self):
        if not os.path.exists(self.path):
            return
        with open(self.path, newline="", encoding="utf-8") as file:
            text = file.read()
        if text.startswith(BOM):
            self.bom, text = BOM, text[1:]
        head = text.split("\n", 1)[0]
        self.separator = max(",;\t", key=head.count)
        self.line_end = "\r\n" if head.endswith("\r") else "\n"
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)
        self.columns = next(lines, [])
        width = len(self.columns)
        self.columns += [column for column in COLUMNS if column not in self.columns]
        for cells in filter(None, lines):
            row = dict(zip(self.columns, cells[:width] + [""] * len(self.columns)))
            row[None] = cells[width:]
            self.all.append(row)
            if not row["id"]:
                self.nameless.append(row)
            else:
                self.rows.setdefault(row["id"], row)

    def give_ids(self):
        """Gives an id to each row that has none. Returns whether there was one."""
        for row in self.nameless:
            row["id"] = self.free_id(secrets.token_hex(8))
            self.rows[row["id"]] = row
        found, self.nameless = bool(self.nameless), []
        return found

    def free_id(self, seed):
        """A number would be that of a deleted row again."""
        while True:
            id = "t" + hashlib.sha256(seed.encode()).hexdigest()[:8]
            if id not in self.rows:
                return id
            seed = id

    def save(self):
        temporary = f"{self.path}.{os.getpid()}.tmp"
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            file.write(self.bom)
            writer = csv.writer(file, delimiter=self.separator, lineterminator=self.line_end)
            writer.writerow(self.columns)
            writer.writerows([row[column] for column in self.columns] + row[None] for row in self.all)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def add(self, key, fields):
        row = {column: "" for column in self.columns} | {"id": self.free_id(key), "key": key, None: []}
        self.all.append(row)
        self.rows[row["id"]] = row
        self.change(row, key, fields)
        return row

    def change(self, row, key, fields):
        row["key"] = key
        for name, value in fields.items():
            row[name] = ", ".join(map(escape, value)) if name == "labels" else value


def escape(label):
    """A comma separates two labels; one that is in a label has a backslash in front, and so has a backslash."""
    return re.sub(r"([\\,])", r"\\\1", label)


def labels_of(text):
    parts = re.findall(r"(?:\\[\\,]|[^,])+", text)
    return sorted({re.sub(r"\\([\\,])", r"\1", part.strip()) for part in parts if part.strip()})


def fields_of(row):
    fields = {name: row[name] for name in TEXTS}
    fields["labels"] = labels_of(row["labels"])
    return fields


def version_of(row):
    """Another one after every change, also one by hand: a digest of the row."""
    text = json.dumps([row["key"], fields_of(row)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def item_of(row):
    return {"item": {"id": row["id"], "key": row["key"] or None, "version": version_of(row), "fields": fields_of(row)}}


def push(store, request):
    key, fields = request["key"], request["fields"]
    if request["id"] is None:
        # What is created again, because the answer was lost, is the same item.
        row = next((row for row in store.rows.values() if row["key"] == key), None)
        row = row or store.add(key, fields)
    else:
        row = store.rows.get(request["id"])
        if row is None:
            return {"refused": "the row is gone"}
        if version_of(row) != request["version"]:
            return {"changed": True}
        store.change(row, key, fields)
    return {"written": {"id": row["id"], "version": version_of(row)}}


def answers(store, requests):
    for request in requests:
        operation = request["op"]
        if operation == "capabilities":
            yield {"capabilities": {"fields": [*TEXTS, "labels"], "creates": True, "keys": True}}
        elif operation == "pull":
            # An item without an id is reported by the tracker, and is not taken.
            yield from map(item_of, [*store.rows.values(), *store.nameless])
            yield {"end": True}
        elif operation == "state":
            yield from (item_of(store.rows[id]) for id in request["ids"] if id in store.rows)
            yield {"end": True}
        elif operation == "push":
            yield push(store, request)
        else:
            yield {"error": f"unknown operation {operation}"}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: csv_tasks.py FILE")
    requests = [json.loads(line) for line in sys.stdin if line.strip()]
    # The folder is locked, which leaves no file. The end of this program unlocks it.
    fcntl.flock(os.open(os.path.dirname(os.path.realpath(sys.argv[1])), os.O_RDONLY), fcntl.LOCK_EX)
    store = Store(sys.argv[1])
    store.load()
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
