//! GitHub for tests: a server of Python, started once, that the real `gh` reaches as its proxy. Where one of the two is
//! missing the tests say so; `TRACKER_GH`, the path of `gh`, makes them required.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

const SERVER: &str = include_str!("github_server.py");

/// A running server, and where the program `gh` is.
pub(crate) struct Github {
    port: u16,
    gh: PathBuf,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    folder: TempDir,
    _child: Child,
}

/// Returns the server; none where this machine has none.
pub(crate) fn github() -> Option<&'static Github> {
    static SERVER: OnceLock<Option<Github>> = OnceLock::new();
    SERVER.get_or_init(Github::start).as_ref()
}

fn runs(program: &Path, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

impl Github {
    fn start() -> Option<Self> {
        let required = std::env::var_os("TRACKER_GH").map(PathBuf::from);
        let gh = required.clone().unwrap_or_else(|| PathBuf::from("gh"));
        let has_all = runs(&gh, "--version")
            && runs("python3".as_ref(), "--version")
            && runs("openssl".as_ref(), "version");
        assert!(has_all || required.is_none(), "TRACKER_GH needs gh, python3 and openssl");
        if !has_all {
            eprintln!("NOT TESTED: no gh, python3 or openssl, so tasks were not synchronised with GitHub");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("python3")
            .args(["-c", SERVER])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        let pipes = Mutex::new((child.stdin.take().unwrap(), output));
        Some(Self { port: port.trim().parse().unwrap(), gh, pipes, folder, _child: child })
    }

    /// Evaluates a line of Python in the server.
    pub(crate) fn ask(&self, line: &str) -> Value {
        let mut pipes = self.pipes.lock().unwrap();
        writeln!(pipes.0, "{line}").unwrap();
        let mut answer = String::new();
        pipes.1.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Sets up a program that calls `gh`.
    pub(crate) fn prepare(&self, command: &mut Command) {
        if let Some(folder) = self.gh.parent().filter(|folder| folder.is_absolute()) {
            let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
            let old = path.map(std::ffi::OsStr::to_owned).unwrap_or_default();
            let all = [folder.to_owned()].into_iter().chain(std::env::split_paths(&old));
            command.env("PATH", std::env::join_paths(all).unwrap());
        }
        command
            .env("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port))
            .env("SSL_CERT_FILE", self.folder.path().join("cert.pem"))
            .env("GH_CONFIG_DIR", self.folder.path().join("gh"))
            .env("GH_TOKEN", "good");
    }
}
