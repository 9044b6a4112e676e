//! Real clients, and the official conformance suite: driven where they are found, on standard input and over HTTP.
//! `TRACKER_MCP_PEERS`, folders of their programs, makes all of them required.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;

use super::bridge::Bridge;
use super::{commit, world};
use crate::support::Sandbox;

/// Returns the folders of peers, and the program of one; none where it is not there.
fn peer(name: &str) -> Option<(std::ffi::OsString, PathBuf)> {
    let required = std::env::var_os("TRACKER_MCP_PEERS");
    let Some(folders) = required else {
        eprintln!("NOT TESTED: TRACKER_MCP_PEERS does not say where {name} is");
        return None;
    };
    let found =
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file());
    let found = found.unwrap_or_else(|| panic!("{name} is not in TRACKER_MCP_PEERS"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::split_paths(&folders).chain(std::env::split_paths(&paths)).collect::<Vec<_>>();
    Some((std::env::join_paths(paths).unwrap(), found))
}

/// Makes a repository in which every tool has something to do.
fn busy() -> Sandbox {
    let sandbox = world();
    sandbox.write(".tracker/workflows/w.yaml", "steps:\n  one: {run: echo from one}\n");
    for words in
        [vec!["tick", "d4rk", "all"], vec!["set-stage", "d4rk", "qa"], vec!["role", "new", "reviewer"]]
    {
        assert_eq!(sandbox.tracker(&words).status, 0);
    }
    commit(&sandbox, "Busy");
    sandbox
}

/// Runs a peer in the world of the sandbox, and returns what it printed.
fn run(
    sandbox: &Sandbox,
    path: &std::ffi::OsStr,
    prepare: impl FnOnce(&mut Command),
    program: &PathBuf,
) -> String {
    let model = sandbox.tracker_command(&[]);
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", path);
    command.current_dir(sandbox.root());
    prepare(&mut command);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Where a peer finds the server: on its standard input, or over HTTP.
enum Door {
    Pipe,
    #[cfg(feature = "web")]
    Http(crate::serve::client::Server),
}

/// How a door is opened to the server of a repository.
type Open = fn(&Sandbox) -> Door;

const DOORS: &[Open] = &[
    |_| Door::Pipe,
    #[cfg(feature = "web")]
    |sandbox| Door::Http(crate::serve::client::Server::start(sandbox, &[])),
];

impl Door {
    /// Returns the address and the token; none of standard input.
    fn address(&self) -> Option<(String, &str)> {
        match self {
            Self::Pipe => None,
            #[cfg(feature = "web")]
            Self::Http(server) => Some((format!("http://127.0.0.1:{}/mcp", server.port), &server.token)),
        }
    }
}

#[test]
fn the_client_of_pypi_drives_every_tool_in_both_eras() {
    let Some((path, python)) = peer("python") else { return };
    for (mode, version) in [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")] {
        for open in DOORS {
            let sandbox = busy();
            let door = open(&sandbox);
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/mcp/peer.py");
            let folder = sandbox.path();
            let arguments = |command: &mut Command| {
                command.args([script, env!("CARGO_BIN_EXE_tracker")]).arg(&folder).arg(mode);
                command.args(door.address().into_iter().flat_map(|(place, token)| [place, token.to_owned()]));
            };
            let printed = run(&sandbox, &path, arguments, &python);
            assert!(printed.contains(&format!("version {version}\n")), "{printed}");
            assert!(printed.contains("tools next get find write move vote run\n"), "{printed}");
            assert!(
                printed.contains("vote TASK-D4RK") && printed.contains("prompts prime reviewer\n"),
                "{printed}"
            );
        }
    }
}

#[test]
fn the_command_line_of_the_inspector_drives_every_tool() {
    let Some((path, inspector)) = peer("mcp-inspector") else { return };
    for open in DOORS {
        let sandbox = busy();
        inspected(&sandbox, &path, &inspector, &open(&sandbox));
    }
}

/// Drives every tool by the inspector's command line.
fn inspected(sandbox: &Sandbox, path: &std::ffi::OsStr, inspector: &PathBuf, door: &Door) {
    let folder = sandbox.path();
    let call = |words: &[&str]| -> Value {
        let arguments = |command: &mut Command| {
            command.arg("--cli");
            match door.address() {
                None => {
                    command.args([env!("CARGO_BIN_EXE_tracker"), "mcp", "--cwd"]).arg(&folder);
                }
                Some((place, token)) => {
                    command.args(["--transport", "http", "--server-url", &place]);
                    command.args(["--header", &format!("Authorization: Bearer {token}")]);
                }
            }
            command.args(words);
        };
        let printed = run(sandbox, path, arguments, inspector);
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{words:?}: {error}: {printed}"))
    };
    // Its linter of schemas ends with an error where a client might not understand them.
    let tools = call(&["--method", "tools/list", "--strict"]);
    assert_eq!(tools["tools"].as_array().unwrap().len(), 7);
    let tool = |name: &str, arguments: &[&str]| {
        let mut words = vec!["--method", "tools/call", "--tool-name", name];
        arguments.iter().for_each(|argument| words.extend(["--tool-arg", argument]));
        let answer = call(&words);
        assert_ne!(answer["isError"], true, "{name}: {answer}");
        answer
    };
    tool("next", &[]);
    tool("write", &[r#"ops=[{"op":"new","title":"From the inspector","id":"TASK-1NSP"}]"#]);
    tool("move", &["action=start", r#"ids=["TASK-1NSP"]"#]);
    assert!(tool("get", &[r#"ids=["1nsp"]"#])["content"][0]["text"].as_str().unwrap().contains("[dev]"));
    assert_eq!(tool("find", &["query=stage:dev", "limit=5"])["structuredContent"]["matched"], 1);
    tool("vote", &["id=d4rk", "verdict=approve"]);
    let run = tool("run", &["action=start", "workflow=w", "wait=30"]);
    assert_eq!(run["structuredContent"]["state"], "success", "{run}");
    let read = call(&["--method", "resources/read", "--uri", "tracker://task/TASK-1NSP"]);
    assert!(read["contents"][0]["text"].as_str().unwrap().contains("From the inspector"), "{read}");
    let prompt =
        call(&["--method", "prompts/get", "--prompt-name", "reviewer", "--prompt-args", "task=d4rk"]);
    assert!(prompt["messages"][0]["content"]["text"].as_str().unwrap().contains("TASK-D4RK"), "{prompt}");
}

/// The scenarios for what is served here. Others ask for tools of the suite's own server (images, sampling, progress), or
/// are about HTTP: see [`OVER_HTTP`].
const SCENARIOS: [(&str, &[&str]); 2] = [
    (
        "2025-11-25",
        &["server-initialize", "ping", "completion-complete", "tools-list", "resources-list", "prompts-list"],
    ),
    (
        "2026-07-28",
        &[
            "server-stateless",
            "completion-complete",
            "tools-list",
            "resources-list",
            "prompts-list",
            "sep-2164-resource-not-found",
            "caching",
            "input-required-result-unsupported-methods",
            "input-required-result-ignore-extra-params",
        ],
    ),
];

/// Those that are about HTTP. One more looks for requests under foreign names, with a client that cannot be given the token;
/// the tests of the server's guard do.
#[cfg(feature = "web")]
const OVER_HTTP: [(&str, &[&str]); 2] =
    [("2025-11-25", &["server-session-lifecycle"]), ("2026-07-28", &["http-header-validation"])];

/// Checks that cannot pass here: the server knows `initialize` in both eras, and the others call a tool of the suite's own
/// server.
const NOT_OURS: [&str; 5] = [
    "sep-2575-http-server-method-not-found-404-initialize",
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
];

/// About heads of HTTP, which the bridge does not look at.
const NOT_OF_THE_BRIDGE: &str = "sep-2575-http-server-header-mismatch-400";

#[test]
fn the_official_conformance_suite_is_green_for_what_is_served() {
    let Some((path, conformance)) = peer("conformance") else { return };
    let sandbox = Arc::new(busy());
    let bridge = Bridge::open(Arc::clone(&sandbox));
    let suite = Suite { path, conformance, sandbox: &sandbox };
    let (passed, failed) = suite.run(&bridge.url, None, &SCENARIOS);
    let failed: Vec<String> =
        failed.into_iter().filter(|failed| !failed.contains(NOT_OF_THE_BRIDGE)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 40, "{passed} checks");
}

#[cfg(feature = "web")]
#[test]
fn the_official_conformance_suite_is_green_over_http_as_well() {
    let Some((path, conformance)) = peer("conformance") else { return };
    let sandbox = busy();
    let server = crate::serve::client::Server::start(&sandbox, &[]);
    let suite = Suite { path, conformance, sandbox: &sandbox };
    let url = format!("http://127.0.0.1:{}/mcp", server.port);
    let (mut passed, mut failed) = (0, Vec::new());
    for scenarios in [&SCENARIOS, &OVER_HTTP] {
        let (own_passed, own_failed) = suite.run(&url, Some(&server.token), scenarios);
        passed += own_passed;
        failed.extend(own_failed);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 55, "{passed} checks");
}

/// The suite, and the world that it is run in.
struct Suite<'s> {
    path: std::ffi::OsString,
    conformance: PathBuf,
    sandbox: &'s Sandbox,
}

impl Suite<'_> {
    /// Runs scenarios; returns how many checks have passed, and which have failed that could pass.
    fn run(&self, url: &str, token: Option<&str>, all: &[(&str, &[&str])]) -> (usize, Vec<String>) {
        let Self { path, conformance, sandbox } = self;
        let model = sandbox.tracker_command(&[]);
        let (mut passed, mut failed) = (0, Vec::new());
        for (version, scenarios) in all {
            for scenario in *scenarios {
                let results = sandbox.root().join(format!("{version}-{scenario}"));
                std::fs::create_dir(&results).unwrap();
                let mut command = Command::new(conformance);
                command.env_clear().envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
                command.env("PATH", path).current_dir(&results);
                command.args(["server", "--url", url, "--scenario", scenario, "--spec-version", version]);
                command.arg("--output-dir").arg(&results);
                if let Some(token) = token {
                    let preloaded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/mcp/bearer.cjs");
                    command
                        .env("NODE_OPTIONS", format!("--require \"{preloaded}\""))
                        .env("TRACKER_BEARER", token);
                }
                let output = command.output().unwrap();
                let printed = String::from_utf8_lossy(&output.stdout).into_owned();
                let files = walkdir::WalkDir::new(&results).into_iter().map(Result::unwrap);
                let mut checks = files.filter(|entry| entry.file_name() == "checks.json");
                let checks =
                    checks.next().unwrap_or_else(|| panic!("{version} {scenario}: no checks: {printed}"));
                let checks: Value = serde_json::from_slice(&std::fs::read(checks.path()).unwrap()).unwrap();
                for check in checks.as_array().unwrap() {
                    let id = check["id"].as_str().unwrap();
                    match check["status"].as_str().unwrap() {
                        "SUCCESS" => passed += 1,
                        "FAILURE" if !NOT_OURS.contains(&id) => {
                            failed.push(format!("{version} {scenario} {id}: {}", check["errorMessage"]));
                        }
                        _ => {}
                    }
                }
            }
        }
        (passed, failed)
    }
}
