//! Calls of a running `tracker mcp`, from the request to its answer.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Duration;

use super::{Corpus, ROUNDS};
use crate::Result;
use crate::history::task_id;
use crate::measure::{Racer, Row, Run, Table, now, race};

/// How long a call may take, in milliseconds.
const PROMISE: f64 = 5.0;

/// A server, and a session with it.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: usize,
}

impl Server {
    fn start(corpus: &Corpus) -> Result<Self> {
        let mut child = corpus.tracker(&["mcp"]).spawn_talking()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the server has no pipes".into());
        };
        let mut server = Self { child, input, output: BufReader::new(output), last: 0 };
        let who = r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}"#;
        server.ask("initialize", who)?;
        Ok(server)
    }

    /// Sends a request and reads its answer.
    fn ask(&mut self, method: &str, params: &str) -> Result<Run> {
        self.last += 1;
        let request = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{method}\",\"params\":{params}}}\n",
            self.last
        );
        let mut answer = String::new();
        let start = now();
        self.input.write_all(request.as_bytes())?;
        self.output.read_line(&mut answer)?;
        let wall = start.elapsed();
        if answer.contains("\"error\"") || answer.contains("\"isError\":true") {
            return Err(answer.into());
        }
        Ok(Run { wall, cpu: Duration::ZERO, peak: 0 })
    }

    fn call(&mut self, tool: &str, arguments: &str) -> Result<Run> {
        self.ask("tools/call", &format!("{{\"name\":\"{tool}\",\"arguments\":{arguments}}}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures each tool that answers at once.
pub(super) fn measure(corpus: &Corpus, what: &str, table: &Table) -> Result<()> {
    let server = &RefCell::new(Server::start(corpus)?);
    let task = &task_id(corpus.size() / 2);
    let call = |tool: &'static str, arguments: String| -> Racer<'_> {
        Box::new(move || server.borrow_mut().call(tool, &arguments))
    };
    let (note, turn) = (format!(r#"{{"op":"note","id":"{task}","text":"a note"}}"#), RefCell::new(0));
    let set = move || {
        *turn.borrow_mut() += 1;
        let value = format!("person-{}", turn.borrow());
        let set = format!(r#"{{"ops":[{{"op":"set","id":"{task}","fields":{{"assignee":"{value}"}}}}]}}"#);
        server.borrow_mut().call("write", &set)
    };
    let [ping, next, get, filtered, all, changed, noted] = race(
        ROUNDS,
        [
            Box::new(|| server.borrow_mut().ask("ping", "{}")),
            call("next", "{}".to_owned()),
            call("get", format!(r#"{{"ids":["{task}"]}}"#)),
            call("find", r#"{"query":"stage:qa priority>=high"}"#.to_owned()),
            call("find", "{}".to_owned()),
            Box::new(set),
            call("write", format!(r#"{{"ops":[{note}]}}"#)),
        ],
    )?;
    table.add(&Row::figure(&format!("mcp{what}: `ping`"), &ping));
    let named = [
        ("`next`", &next),
        ("`get`", &get),
        ("`find` with a filter", &filtered),
        ("`find`, every open task", &all),
        ("`write`, a field", &changed),
        ("`write`, a note", &noted),
    ];
    for (name, samples) in named {
        table.add(&Row::limit(&format!("mcp{what}: {name}"), samples, PROMISE));
    }
    Ok(())
}
