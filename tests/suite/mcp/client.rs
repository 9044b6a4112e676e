//! A client of `tracker mcp`: messages over a pipe, one a line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::Sandbox;

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// It begins with `initialize`.
    Sessions,
    /// Every request says who asks.
    Stateless,
}

/// A running server.
pub(super) struct Client {
    child: Option<Child>,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    era: Era,
    capabilities: Value,
    last: u64,
}

/// What a tool answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) data: Value,
    pub(super) is_error: bool,
}

impl Client {
    /// Starts a server in the repository, and a session with it.
    pub(super) fn new(sandbox: &Sandbox) -> Self {
        Self::with(sandbox, Era::Sessions, json!({}), |_| {})
    }

    pub(super) fn with(
        sandbox: &Sandbox,
        era: Era,
        capabilities: Value,
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        let mut client = Self::silent(sandbox, prepare);
        (client.era, client.capabilities) = (era, capabilities);
        if era == Era::Sessions {
            let params = json!({
                "protocolVersion": "2025-11-25", "capabilities": client.capabilities, "clientInfo": who(),
            });
            let answer = client.request("initialize", params).unwrap();
            assert_eq!(answer["serverInfo"]["name"], "tracker", "{answer}");
            client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        }
        client
    }

    /// Starts a server, and says nothing.
    pub(super) fn silent(sandbox: &Sandbox, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = sandbox.tracker_command(&["mcp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child: Some(child), input, output, era: Era::Sessions, capabilities: json!({}), last: 0 }
    }

    /// Sends bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub(super) fn send(&mut self, message: &Value) {
        self.raw(format!("{message}\n").as_bytes());
    }

    /// Reads the next message.
    pub(super) fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request and returns its number.
    pub(super) fn ask(&mut self, method: &str, mut params: Value) -> u64 {
        self.last += 1;
        if self.era == Era::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
                "io.modelcontextprotocol/clientInfo": who(),
            });
        }
        let message = json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params});
        self.send(&message);
        self.last
    }

    /// Sends a request and returns its result, or its error.
    pub(super) fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.ask(method, params);
        let answer = self.receive();
        assert_eq!((&answer["id"], &answer["jsonrpc"]), (&json!(id), &json!("2.0")), "{answer}");
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// Calls a tool.
    pub(super) fn call(&mut self, tool: &str, arguments: Value) -> Answer {
        let mut params = json!({"name": tool});
        params["arguments"] = arguments;
        let result = self.request("tools/call", params);
        Answer::of(&result.unwrap_or_else(|error| panic!("{tool}: {error}")))
    }

    /// Calls a tool that must do what it is asked.
    pub(super) fn ok(&mut self, tool: &str, arguments: Value) -> Answer {
        let answer = self.call(tool, arguments);
        assert!(!answer.is_error, "{tool}: {}", answer.text);
        answer
    }

    /// Calls a tool that must refuse, and returns what it says.
    pub(super) fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert!(answer.is_error, "{tool}: {}", answer.text);
        answer.text
    }

    /// Ends the input, and returns the exit code, what was still to be read, and standard error.
    pub(super) fn finish(mut self) -> (Option<i32>, Vec<Value>, String) {
        drop(self.input.take());
        let mut rest = Vec::new();
        for line in (&mut self.output).lines() {
            rest.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
        let end = self.child.take().unwrap().wait_with_output().unwrap();
        (end.status.code(), rest, String::from_utf8(end.stderr).unwrap())
    }
}

impl Drop for Client {
    /// Leaves no server behind where a test fails.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Answer {
    pub(super) fn of(result: &Value) -> Self {
        let content = result["content"].as_array().unwrap();
        assert_eq!((content.len(), &content[0]["type"]), (1, &json!("text")), "{result}");
        let text = content[0]["text"].as_str().unwrap().to_owned();
        let (data, is_error) = (result["structuredContent"].clone(), result["isError"] == true);
        assert!(data.is_object(), "{result}");
        Self { text, data, is_error }
    }
}

fn who() -> Value {
    json!({"name": "builder-1", "version": "1.0"})
}
