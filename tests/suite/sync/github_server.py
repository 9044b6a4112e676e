"""GitHub's REST API as its documentation describes it, as far as synchronising needs it.

Programs reach it as their proxy, over TLS, as the hosts that they know: nothing of them is set up in another way. What
comes on standard input, a line each, is evaluated, and answered with a line of JSON.
"""

import hashlib
import http.server
import json
import re
import ssl
import subprocess
import sys
import threading
import urllib.parse
from datetime import datetime, timedelta, timezone

REPOS = {}
LOGINS = ["ada-l", "octocat", "grace-h"]
TOKENS = {"good": "ada-l", "job": "github-actions[bot]"}
START = datetime(2026, 11, 11, 8, 0, tzinfo=timezone.utc)
LOCK = threading.RLock()


class Repo:
    def __init__(self, name):
        self.name = name
        self.items, self.deleted, self.moved = {}, set(), {}
        self.milestones, self.comments, self.reviews, self.runs, self.statuses = [], [], {}, {}, []
        self.has_issues, self.push, self.me = True, True, "ada-l"
        self.tips = {}
        self.rules, self.log, self.ticks, self.renamed, self.size = [], [], 0, None, 100

    def url(self, rest=""):
        return f"https://api.github.com/repos/{self.renamed or self.name}{rest}"

    def now(self):
        return (START + timedelta(seconds=self.ticks)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def tick(self):
        self.ticks += 1
        return self.now()

    def issue(self, title="", association="MEMBER", login="octocat", **fields):
        number = len(self.items) + len(self.deleted) + len(self.moved) + 1
        item = {
            "number": number, "title": title, "body": None, "state": "open", "state_reason": None,
            "labels": [], "assignees": [], "milestone": None, "created_at": self.tick(),
            "user": {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"},
            "author_association": association, "repository_url": self.url(),
            "html_url": f"https://github.com/{self.name}/issues/{number}",
        }
        self.items[number] = item
        self.change(number, **fields)
        return number

    def pull(self, title="", head="", branch="", **fields):
        number = self.issue(title, **fields)
        self.items[number]["pull_request"] = {"url": self.url(f"/pulls/{number}")}
        self.items[number]["head"] = {"sha": head, "ref": branch, "repo": {"url": self.url()}}
        self.items[number]["base"] = {"ref": "main"}
        return number

    def review(self, number, login, state, commit, body=""):
        own = self.reviews.setdefault(number, [])
        ident = 700 + len(own)
        own.append({"id": ident, "user": {"login": login}, "state": state, "commit_id": commit, "body": body,
                    "html_url": f"https://github.com/{self.name}/pull/{number}#pullrequestreview-{ident}"})
        return ident

    def change(self, number, **fields):
        item = self.items[number]
        for key, value in fields.items():
            if key == "labels":
                value = [{"name": name} for name in value]
            elif key == "assignees":
                value = [{"login": login} for login in value]
            elif key == "milestone" and value is not None:
                value = next(own for own in self.milestones if own["number"] == value)
            elif key == "state" and value == "open" and item["state"] == "closed":
                item["state_reason"] = "reopened"
            elif key == "state" and value == "closed":
                item["state_reason"] = "completed"
            item[key] = value
        if "state_reason" in fields and fields["state_reason"] is not None:
            item["state_reason"] = fields["state_reason"]
        item["updated_at"] = self.tick()

    def seen(self, number):
        item = self.items[number]
        return {
            key: [own.get("name", own.get("login")) for own in item[key]] if key in ("labels", "assignees") else item[key]
            for key in ("title", "body", "state", "state_reason", "labels", "assignees")
        } | {"milestone": (item["milestone"] or {}).get("title")}

    def set_runs(self, commit, *runs):
        """Each run is (id, name, status, conclusion)."""
        keys = ("id", "name", "status", "conclusion")
        self.runs[commit] = [dict(zip(keys, run)) | {
            "head_sha": commit, "app": {"slug": "github-actions"}, "started_at": self.tick(), "completed_at": self.tick(),
            "html_url": f"https://github.com/{self.name}/runs/{run[0]}", "output": {"title": None, "summary": None},
        } for run in runs]

    def comment(self, number, body, login="octocat"):
        at = self.tick()
        ident = 9000 + len(self.comments)
        self.comments.append({
            "id": ident, "body": body, "user": {"login": login}, "created_at": at, "updated_at": at,
            "issue_url": self.url(f"/issues/{number}"),
            "html_url": f"https://github.com/{self.name}/issues/{number}#issuecomment-{ident}",
        })
        if number in self.items:
            self.items[number]["updated_at"] = at
        return ident

    def delete(self, number):
        del self.items[number]
        self.deleted.add(number)

    def transfer(self, number, other):
        item = self.items.pop(number)
        self.moved[number] = other.url(f"/issues/{other.issue(item['title'])}")

    def set(self, **values):
        self.__dict__.update(values)

    def taken(self):
        """Returns the requests since the last time this was asked."""
        log, self.log = self.log, []
        return log

    def rule(self, method, path, status=502, times=1, after=False, headers=None, body=None):
        """Answers requests otherwise; `after`: only once they are carried out."""
        self.rules.append(dict(method=method, path=path, status=status, times=times, after=after,
                               headers=headers or {}, body=body or {"message": "Server Error"}))


def repo(name):
    return REPOS.setdefault(name, Repo(name))


class Reply(Exception):
    def __init__(self, status, body=None, headers=None):
        self.status, self.body, self.headers = status, body, headers or {}


def invalid(field, code, message=""):
    return Reply(422, {"message": "Validation Failed", "errors": [{"resource": "Issue", "field": field, "code": code, "message": message}]})


def write(own, number, body):
    if not own.has_issues:
        raise Reply(410, {"message": "Issues has been disabled in this repository."})
    if len(body.get("title", "x")) > 256:
        raise invalid("title", "too_long", "title is too long (maximum is 256 characters)")
    if "title" in body and not body["title"].strip():
        raise invalid("title", "missing_field")
    if len(body.get("body") or "") > 65536:
        raise invalid("body", "too_long", "body is too long (maximum is 65536 characters)")
    if any(login not in LOGINS for login in body.get("assignees", [])):
        raise invalid("assignees", "invalid")
    if not own.push:
        body = {key: value for key, value in body.items() if key not in ("labels", "assignees", "milestone")}
    if number is None:
        number = own.issue(login=own.me, **body)
        return Reply(201, own.items[number])
    own.change(number, **body)
    return Reply(200, own.items[number])


def page(own, items, query, path, key=None):
    size = min(int(query.get("per_page", 30)), own.size)
    at = int(query.get("page", 1))
    shown = items[(at - 1) * size:at * size]
    headers = {}
    if at * size < len(items):
        rest = urllib.parse.urlencode(query | {"page": at + 1})
        last = urllib.parse.urlencode(query | {"page": -(-len(items) // size)})
        headers["Link"] = f'<{own.url(path)}?{rest}>; rel="next", <{own.url(path)}?{last}>; rel="last"'
    return Reply(200, {"total_count": len(items), key: shown} if key else shown, headers)


def answer(method, path, query, body, me):
    if path in ("/graphql", "/api/graphql") and re.sub(r"\s", "", body["query"]) == "{viewer{login}}":
        return None, Reply(200, {"data": {"viewer": {"login": me}}})
    found = re.fullmatch(r"/(?:api/v3/)?repos/([^/]+/[^/]+)(/.*)?", path)
    own = next((each for each in REPOS.values() if found and found[1].lower() == each.name.lower()), None)
    if own is None:
        raise Reply(404, {"message": "Not Found"})
    own.me = me
    rest = found[2] or ""
    own.log.append(f"{method} {rest or '/'}" + ("?" + urllib.parse.urlencode(query) if query else ""))
    rule = next((each for each in own.rules if each["times"] > 0 and each["method"] == method
                 and re.fullmatch(each["path"], rest)), None)
    if rule:
        rule["times"] -= 1
        if rule["after"]:
            route(own, method, rest, query, body)
        raise Reply(rule["status"], rule["body"], rule["headers"])
    return own, route(own, method, rest, query, body)


def route(own, method, rest, query, body):
    if rest == "":
        return Reply(200, {"full_name": own.renamed or own.name, "has_issues": own.has_issues, "permissions": {"push": own.push, "pull": True}})
    if rest == "/issues" and method == "GET":
        items = sorted(own.items.values(), key=lambda item: item["number"])
        items = [item for item in items if item["updated_at"] >= query.get("since", "")]
        return page(own, items, query, rest)
    if rest == "/issues":
        return write(own, None, body)
    if rest == "/milestones" and method == "GET":
        return page(own, own.milestones, query, rest)
    if rest == "/milestones":
        if any(each["title"] == body["title"] for each in own.milestones):
            raise invalid("title", "already_exists")
        own.milestones.append({"number": len(own.milestones) + 1, "title": body["title"], "state": "open"})
        return Reply(201, own.milestones[-1])
    if rest == "/issues/comments":
        items = [each for each in own.comments if each["updated_at"] >= query.get("since", "")]
        return page(own, items, query, rest)
    found = re.fullmatch(r"/issues/comments/(\d+)", rest)
    if found and method == "PATCH":
        comment = next(each for each in own.comments if each["id"] == int(found[1]))
        comment.update(body=body["body"], updated_at=own.tick())
        return Reply(200, comment)
    found = re.fullmatch(r"/issues/(\d+)(/comments)?", rest)
    if found:
        number = int(found[1])
        if number in own.deleted:
            raise Reply(410, {"message": "This issue was deleted"})
        if number in own.moved:
            raise Reply(301, {"message": "Moved Permanently"}, {"Location": own.moved[number]})
        if number not in own.items:
            raise Reply(404, {"message": "Not Found"})
        if found[2] and method == "POST":
            ident = own.comment(number, body["body"], own.me)
            return Reply(201, next(each for each in own.comments if each["id"] == ident))
        if found[2]:
            return page(own, [each for each in own.comments if each["issue_url"].endswith(f"/{number}")], query, rest)
        return write(own, number, body) if method == "PATCH" else Reply(200, own.items[number])
    if rest == "/pulls":
        pulls = [item for item in own.items.values() if "pull_request" in item and item["state"] == "open"]
        return page(own, pulls, query, rest)
    found = re.fullmatch(r"/pulls/(\d+)/reviews", rest)
    if found:
        return page(own, own.reviews.get(int(found[1]), []), query, rest)
    found = re.fullmatch(r"/commits/([0-9a-f]+)/check-runs", rest)
    if found:
        return page(own, own.runs.get(found[1], []), query, rest, "check_runs")
    found = re.fullmatch(r"/commits/([0-9a-f]+)/status", rest)
    if found:
        # The newest of each context.
        latest = {each["context"].lower(): each for each in own.statuses if each["sha"] == found[1]}
        return page(own, list(latest.values()), query, rest, "statuses")
    found = re.fullmatch(r"/git/ref/heads/(.+)", rest)
    if found and found[1] in own.tips:
        return Reply(200, {"ref": f"refs/heads/{found[1]}", "object": {"type": "commit", "sha": own.tips[found[1]]}})
    found = re.fullmatch(r"/statuses/([0-9a-f]+)", rest)
    if found:
        if body.get("state") not in ("error", "failure", "pending", "success"):
            raise invalid("state", "invalid")
        if len(body.get("description") or "") > 140 or any(ord(c) > 0xFFFF for c in body.get("description") or ""):
            raise invalid("description", "invalid", "description is too long (maximum is 140 characters)")
        own.statuses.append({"context": "default", "target_url": None, "updated_at": own.tick()} | body
                            | {"sha": found[1], "creator": {"login": own.me}})
        return Reply(201, own.statuses[-1])
    raise Reply(404, {"message": "Not Found"})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.connection = TLS.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()
            try:
                self.wfile.flush()
            except OSError:
                return

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        while self.headers.get("Transfer-Encoding") == "chunked":
            size = int(self.rfile.readline(), 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                break
        body = json.loads(data or b"null")
        own = None
        with LOCK:
            try:
                me = TOKENS.get((self.headers.get("Authorization") or "").partition(" ")[2])
                if me is None:
                    raise Reply(401, {"message": "Bad credentials"})
                own, reply = answer(self.command, url.path, dict(urllib.parse.parse_qsl(url.query)), body, me)
            except Reply as raised:
                reply = raised
            date = START + timedelta(seconds=own.ticks if own else 0)
        data = json.dumps(reply.body).encode()
        etag = 'W/"' + hashlib.sha256(data).hexdigest()[:32] + '"'
        status = reply.status
        if self.command == "GET" and status == 200 and self.headers.get("If-None-Match") == etag:
            status, data = 304, b""
        self.send_response_only(status)
        headers = {"Date": date.strftime("%a, %d %b %Y %H:%M:%S GMT"), "ETag": etag, "Content-Type": "application/json; charset=utf-8",
                   "Content-Length": str(len(data)), "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999"}
        for name, value in (headers | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = serve


def certificate():
    names = "subjectAltName=DNS:api.github.com,DNS:github.com,DNS:ghe.example.com"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", "key.pem", "-out", "cert.pem", "-days", "30000", "-subj", "/CN=local", "-addext", names],
                   check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    return context


TLS = certificate()
SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
SERVER.daemon_threads = True
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
print(SERVER.server_port, flush=True)
for line in sys.stdin:
    with LOCK:
        print(json.dumps(eval(line)), flush=True)
