//! A bridge from HTTP to the server on its pipe, for the conformance suite, which knows HTTP alone: a session has a server
//! of its own, and what has none shares one. It knows no more of HTTP than that.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::Sandbox;

/// Listens until the test ends.
pub(super) struct Bridge {
    pub(super) url: String,
}

struct Server {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

type Servers = Mutex<BTreeMap<String, Server>>;

impl Bridge {
    pub(super) fn open(sandbox: Arc<Sandbox>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let servers = Arc::new(Servers::default());
            for connection in listener.incoming().flatten() {
                let (servers, sandbox) = (Arc::clone(&servers), Arc::clone(&sandbox));
                std::thread::spawn(move || answer(connection, &servers, &sandbox.tracker_command(&["mcp"])));
            }
        });
        Self { url }
    }
}

impl Server {
    fn start(command: &Command) -> Self {
        let mut own = Command::new(command.get_program());
        own.args(command.get_args()).current_dir(command.get_current_dir().unwrap()).env_clear();
        own.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = own.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { _child: child, input, output }
    }

    /// Hands a message on, and returns its answer where it has a number.
    fn handle(&mut self, message: &Value) -> Option<Value> {
        writeln!(self.input, "{message}").unwrap();
        let id = message.get("id")?;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer.get("id") == Some(id) {
                return Some(answer);
            }
        }
    }
}

fn answer(connection: TcpStream, servers: &Servers, command: &Command) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let (mut first, mut length, mut session) = (String::new(), 0, None);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "mcp-session-id" => session = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, head, body) = match first.split(' ').next() {
        Some("POST") => {
            handled(&serde_json::from_slice(&body).unwrap(), session.as_deref(), servers, command)
        }
        Some("DELETE") => (200, String::new(), String::new()),
        _ => (405, String::new(), String::new()),
    };
    let head = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{head}",
        body.len()
    );
    let mut connection = connection;
    let _ = write!(connection, "HTTP/1.1 {status} Status\r\n{head}\r\n{body}");
}

/// Returns the status, further heads, and the body.
fn handled(
    message: &Value,
    session: Option<&str>,
    servers: &Servers,
    command: &Command,
) -> (u16, String, String) {
    let mut servers = servers.lock().unwrap();
    let is_stateless = message["params"]["_meta"].get("io.modelcontextprotocol/protocolVersion").is_some();
    let begins = message["method"] == "initialize" && !is_stateless;
    let name = if begins {
        format!("session-{}", servers.len() + 1)
    } else {
        session.unwrap_or_default().to_owned()
    };
    let server = servers.entry(name.clone()).or_insert_with(|| Server::start(command));
    let Some(answer) = server.handle(message) else { return (202, String::new(), String::new()) };
    let head = if begins { format!("Mcp-Session-Id: {name}\r\n") } else { String::new() };
    let status = match answer["error"]["code"].as_i64() {
        Some(-32601) if session.is_none() => 404,
        Some(-32022 | -32021 | -32602) if session.is_none() => 400,
        _ => 200,
    };
    (status, head, answer.to_string())
}
