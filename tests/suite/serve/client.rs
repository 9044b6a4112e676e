//! A browser as small as can be: requests over a socket, byte by byte as the tests want them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::Sandbox;

/// The lines in the head of a message of an agent, beside those that let it in.
pub(super) const MESSAGE_LINES: &str =
    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";

/// A running server, and what lets in.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
    /// What a browser that has opened the address sends from then on.
    pub(super) cookie: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Server {
    pub(crate) fn start(sandbox: &Sandbox, options: &[&str]) -> Self {
        let arguments: Vec<&str> = ["serve", "--port", "0"].iter().chain(options).copied().collect();
        let mut command = sandbox.tracker_command(&arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.trim().strip_prefix("http://127.0.0.1:").unwrap_or_else(|| panic!("{line:?}"));
        let (port, token) = rest.split_once("/?token=").unwrap();
        let (port, token) = (port.parse().unwrap(), token.to_owned());
        let mut server = Self { port, token, cookie: String::new(), child };
        let first = server.send("GET", &format!("/?token={}", server.token), "", "");
        let given = first.header("set-cookie").unwrap().split_once(';').unwrap().0;
        server.cookie = format!("Cookie: {given}\r\n");
        server
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends bytes as they are, and reads to the end of the connection.
    pub(super) fn raw(&self, bytes: &[u8]) -> Response {
        let mut stream = self.connect();
        // A server that refuses a large request need not read all of it.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Response { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Sends a request with these lines in its head, and nothing that lets in.
    pub(super) fn send(&self, method: &str, path: &str, lines: &str, body: &str) -> Response {
        let host = format!("127.0.0.1:{}", self.port);
        let host = if lines.to_ascii_lowercase().contains("host:") {
            String::new()
        } else {
            format!("Host: {host}\r\n")
        };
        let length = body.len();
        self.raw(
            format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{lines}\r\n{body}")
                .as_bytes(),
        )
    }

    /// Gets a page as a browser does.
    pub(super) fn get(&self, path: &str) -> Response {
        self.send("GET", path, &self.cookie, "")
    }

    /// Sends a form of a page as a browser without scripts does.
    pub(super) fn form(&self, path: &str, form: &str) -> Response {
        let lines = format!(
            "{}Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\nOrigin: http://127.0.0.1:{}\r\n",
            self.cookie, self.port
        );
        self.send("POST", path, &lines, form)
    }

    /// Calls the API as a program does.
    pub(super) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let lines = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", self.token);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.send(method, &format!("/api/v1{path}"), &lines, &body);
        (response.status, response.json())
    }

    /// Opens the stream of changes.
    pub(super) fn events(&self, known: Option<&str>) -> Events {
        self.events_at("/events", known)
    }

    /// Opens the stream of changes at a path.
    pub(super) fn events_at(&self, path: &str, known: Option<&str>) -> Events {
        let mut stream = self.connect();
        let known = known.map(|known| format!("Last-Event-ID: {known}\r\n")).unwrap_or_default();
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n{}{known}\r\n", self.port, self.cookie);
        stream.write_all(head.as_bytes()).unwrap();
        Events(BufReader::new(stream))
    }

    /// Returns the token of a page's forms.
    pub(super) fn form_token(&self) -> String {
        self.form_token_of("/")
    }

    /// Returns the token of the forms of a page.
    pub(super) fn form_token_of(&self, path: &str) -> String {
        let page = self.get(path).body;
        let (_, rest) = page.split_once("data-form-token=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The stream of changes.
pub(super) struct Events(BufReader<TcpStream>);

impl Events {
    /// Reads the next event: its number and its name.
    pub(super) fn next(&mut self) -> (String, String) {
        let (mut id, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream has ended");
            match line.trim_end().split_once(": ") {
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("event", value)) => return (id, value.to_owned()),
                _ => {}
            }
        }
    }
}
