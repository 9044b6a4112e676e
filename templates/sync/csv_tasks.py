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
import sys

TEXTS = ["title", "status", "priority", "type", "assignee", "area", "estimate", "due", "body"]
COLUMNS = ["id", "key", *TEXTS, "labels"]
BOM = "\ufeff"


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
    """The rows of a CSV file. What the tracker does not know stays as it is: columns, rows whose id another row has, the
    separator, how lines end, the mark of Excel at the beginning. A row without an id has the digest of its text as one,
    until it is synchronised."""

    def __init__(self, path):
        self.path = path
        self.columns = list(COLUMNS)
        self.bom, self.separator, self.line_end = "", ",", "\r\n"
        self.all = []
        self.rows = {}

    def load(self, lock):
        if not is_there(self.path, lock):
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
            id = row["id"] or hashlib.sha256(json.dumps([len(self.all), cells]).encode()).hexdigest()[:8]
            if id not in self.rows:
                row["id"] = id
                self.rows[id] = row

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
        number = 1 + max((int(id) for id in self.rows if id.isdecimal()), default=0)
        row = {column: "" for column in self.columns} | {"id": str(number), "key": key, None: []}
        self.all.append(row)
        self.rows[row["id"]] = row
        self.change(row, key, fields)
        return row

    def change(self, row, key, fields):
        row["key"] = key
        for name, value in fields.items():
            # A label may have a space in it, and a comma separates two.
            row[name] = ", ".join(label.replace(",", " ") for label in value) if name == "labels" else value


def fields_of(row):
    fields = {name: row[name] for name in TEXTS}
    fields["labels"] = sorted({label.strip() for label in row["labels"].split(",") if label.strip()})
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
            yield from map(item_of, store.rows.values())
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
    with open(f"{sys.argv[1]}.lock", "a+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store = Store(sys.argv[1])
        store.load(lock)
        printed = list(answers(store, requests))
        # An answer is printed only once the file is written.
        if any("written" in answer for answer in printed):
            store.save()
    for answer in printed:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
