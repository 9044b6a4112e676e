//! Messages on standard input and output, one a line. Bounded, and polite: a line that is too long or no JSON is answered
//! by an error, and the next one is read.
//!
//! Two threads wait for the pipes, so that neither a client that reads late nor one that writes much stops the other
//! calls.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::sync::mpsc;

/// Largest message, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// How many messages are read ahead.
const AHEAD: usize = 16;

/// What was read.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    /// Nothing more comes, or nobody reads the answers any more.
    End,
}

/// Standard input and output.
pub(super) struct Stdio {
    lines: mpsc::Receiver<Line>,
    /// None once it is closed.
    answers: Option<Sender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
    /// Whether a request has come: what comes before it is for nobody.
    has_begun: bool,
}

impl Stdio {
    /// Begins to read.
    pub(super) fn open() -> io::Result<Self> {
        let (to_lines, lines) = mpsc::channel(AHEAD);
        let (answers, to_write) = channel();
        let to_end = to_lines.clone();
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        // Ends with the process: nothing can wake it from its pipe.
        named("mcp-read").spawn(move || read_lines(&mut BufReader::new(io::stdin().lock()), &to_lines))?;
        let writer = named("mcp-write").spawn(move || {
            if write_lines(&mut io::stdout().lock(), &to_write).is_err() {
                let _ = to_end.blocking_send(Line::End);
            }
        })?;
        Ok(Self { lines, answers: Some(answers), writer: Some(writer), has_begun: false })
    }

    fn write(&self, message: &ServerJsonRpcMessage) -> io::Result<()> {
        let json = serde_json::to_string(message)?;
        let mut line = crate::ops::harmless_json(&json).into_owned().into_bytes();
        line.push(b'\n');
        let closed = || io::Error::from(io::ErrorKind::NotConnected);
        self.answers.as_ref().ok_or_else(closed)?.send(line).map_err(|_| closed())
    }

    fn refuse(&self, error: ErrorData, id: Option<RequestId>) {
        // Where nobody reads, the reader is shown it.
        let _ = self.write(&ServerJsonRpcMessage::error(error, id));
    }
}

fn read_lines(input: &mut impl BufRead, lines: &mpsc::Sender<Line>) {
    loop {
        let line = match read_line(input) {
            Ok(Some(line)) => line,
            Ok(None) | Err(_) => Line::End,
        };
        let is_end = matches!(line, Line::End);
        if lines.blocking_send(line).is_err() || is_end {
            return;
        }
    }
}

/// Reads a line; none at the end. One that is too long is passed over, and never in memory as a whole.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    input.by_ref().take(LARGEST as u64 + 1).read_until(b'\n', &mut line)?;
    if line.len() > LARGEST && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok((!line.is_empty()).then_some(Line::Whole(line)))
}

fn write_lines(output: &mut impl Write, lines: &Receiver<Vec<u8>>) -> io::Result<()> {
    while let Ok(line) = lines.recv() {
        output.write_all(&line)?;
        output.flush()?;
    }
    Ok(())
}

impl Transport<RoleServer> for Stdio {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        std::future::ready(self.write(&message))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let line = match self.lines.recv().await? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    let message = format!("a message of more than {LARGEST} bytes; send less at once");
                    self.refuse(ErrorData::new(ErrorCode::INVALID_REQUEST, message, None), None);
                    continue;
                }
                Line::End => return None,
            };
            match read_message(&line) {
                Ok(Some(message)) => {
                    self.has_begun |= matches!(message, ClientJsonRpcMessage::Request(_));
                    if self.has_begun {
                        return Some(message);
                    }
                }
                Ok(None) => {}
                Err(refusal) => self.refuse(refusal.0, refusal.1),
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        drop(self.answers.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        Ok(())
    }
}

/// Reads a message; none where a line has nothing for us. What is wrong comes with the request that it is about, where
/// that is known.
pub(super) fn read_message(
    line: &[u8],
) -> Result<Option<ClientJsonRpcMessage>, Box<(ErrorData, Option<RequestId>)>> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    if let Ok(message) = serde_json::from_slice(line) {
        return Ok(Some(message));
    }
    let refused = |code, message: String, id| Err(Box::new((ErrorData::new(code, message, None), id)));
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => return refused(ErrorCode::PARSE_ERROR, format!("not JSON: {error}"), None),
    };
    if value.is_array() {
        let message = "batches are not part of the protocol; send one message a line".to_owned();
        return refused(ErrorCode::INVALID_REQUEST, message, None);
    }
    let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
    match value.get("method") {
        // A notification that nobody knows is passed over.
        Some(Value::String(_)) if value.get("id").is_none() => Ok(None),
        // Methods that nobody knows are requests, too: what cannot be read as one has other parameters.
        Some(Value::String(method)) if id.is_some() && value["jsonrpc"] == "2.0" => {
            let message = format!("invalid parameters of `{}`", method.escape_debug());
            refused(ErrorCode::INVALID_PARAMS, message, id)
        }
        _ => refused(ErrorCode::INVALID_REQUEST, "not a JSON-RPC 2.0 request".to_owned(), id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match read_message(text.as_bytes()) {
            Ok(Some(ClientJsonRpcMessage::Request(request))) => format!("request {}", request.id),
            Ok(Some(_)) => "message".to_owned(),
            Ok(None) => "-".to_owned(),
            Err(refusal) => {
                let id = refusal.1.map_or_else(|| "-".to_owned(), |id| id.to_string());
                format!("{} {id} {}", refusal.0.code.0, refusal.0.message)
            }
        }
    }

    #[test]
    fn what_is_no_request_is_refused_and_named() {
        for (line, expected) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "request 1"),
            ("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}\r\n", "request a"),
            ("  \n", "-"),
            (r#"{"jsonrpc":"2.0","method":"$/other"}"#, "message"),
            (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, "-32600 7 not a JSON-RPC 2.0 request"),
            // What a known method cannot be called with is refused by whoever handles it.
            (r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":5}}"#, "request 7"),
            (r#"{"jsonrpc":"2.0","id":7}"#, "-32600 7 not a JSON-RPC 2.0 request"),
            ("[]", "-32600 - batches are not part of the protocol; send one message a line"),
            ("7", "-32600 - not a JSON-RPC 2.0 request"),
            ("{", "-32700 - not JSON: EOF while parsing an object at line 1 column 1"),
            (&"[".repeat(500), "-32700 - not JSON: recursion limit exceeded at line 1 column 128"),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let text = format!("one\n{}\ntwo\nhalf", "x".repeat(LARGEST + 5));
        let mut input = text.as_bytes();
        let mut kinds = Vec::new();
        while let Some(line) = read_line(&mut input).unwrap() {
            kinds.push(match line {
                Line::Whole(line) => String::from_utf8(line).unwrap(),
                Line::TooLong | Line::End => "too long".to_owned(),
            });
        }
        assert_eq!(kinds, ["one\n", "too long", "two\n", "half"]);
    }
}
