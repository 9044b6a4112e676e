//! `tracker tui`, from outside: in a terminal of its own, which the program `script` makes. All else of it is tested in the
//! program, without one.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::support::Sandbox;

/// Longest time until something must be seen.
const LONGEST: Duration = Duration::from_secs(60);

/// A shell in a terminal of 80 columns and 24 lines.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    seen: Arc<(Mutex<String>, Condvar)>,
}

impl Terminal {
    /// Starts the tracker in it; none, with a line on stderr, where this machine has no `script`.
    fn start(sandbox: &Sandbox, arguments: &str) -> Option<Self> {
        let line = format!(
            "stty rows 24 cols 80; stty -g > before; (echo $BASHPID > pid; exec tracker {arguments}); echo $? > code; stty -g > after"
        );
        let mut script = sandbox.command_of("script");
        script.env("TERM", "xterm-256color").env("SHELL", "/bin/bash");
        script.args(["--quiet", "--flush", "--command", &line, "/dev/null"]);
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = script.spawn() else {
            eprintln!("LEFT OUT: `script` is not installed, so that no terminal can be made");
            return None;
        };
        let mut output = child.stdout.take().unwrap();
        let seen = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let filled = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                filled.0.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
                filled.1.notify_all();
            }
        });
        Some(Self { keys: child.stdin.take().unwrap(), child, seen })
    }

    /// Waits until the terminal was sent a text, and forgets what came before its end.
    fn wait_for(&self, text: &str) {
        let seen = self.seen.0.lock().unwrap();
        let (mut seen, waited) =
            self.seen.1.wait_timeout_while(seen, LONGEST, |seen| !seen.contains(text)).unwrap();
        assert!(!waited.timed_out(), "{text:?} is not in {:?}", *seen);
        let end = seen.find(text).unwrap() + text.len();
        seen.drain(..end);
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end, and returns the exit code of the tracker.
    fn end(mut self, sandbox: &Sandbox) -> String {
        self.wait_for("\u{1b}[?1049l");
        self.child.wait().unwrap();
        assert_eq!(sandbox.read("before"), sandbox.read("after"), "the terminal is as it was");
        sandbox.read("code").trim().to_owned()
    }
}

/// A repository with a task that waits for a vote.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let required = "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n";
    sandbox.write(".tracker/config.toml", sandbox.read(".tracker/config.toml") + required);
    for (id, title) in [("TASK-D4RK", "Darkness"), ("TASK-CS2V", "Export")] {
        assert_eq!(sandbox.tracker(&["new", title, "--id", id]).status, 0);
    }
    assert_eq!(sandbox.tracker(&["set-stage", "d4rk", "qa"]).status, 0);
    sandbox.commit_file("a", "a", "TASK-D4RK: one");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Set up"]);
    sandbox
}

#[test]
fn somebody_filters_votes_and_leaves() {
    let sandbox = world();
    let Some(mut terminal) = Terminal::start(&sandbox, "tui") else { return };
    terminal.wait_for("\u{1b}[?1049h");
    terminal.wait_for("TASK-CS2V");
    // What others write shows by itself.
    assert_eq!(sandbox.tracker(&["new", "Elsewhere", "--id", "TASK-NEW1"]).status, 0);
    terminal.wait_for("TASK-NEW1");
    terminal.press("/stage:qa\r");
    // Of the selected row alone these cells have one style.
    terminal.wait_for("qa 0/1");
    terminal.press("\r");
    terminal.wait_for("reviewer");
    terminal.press("a");
    terminal.wait_for("Notes,");
    terminal.press("fine\r");
    terminal.wait_for("approved");
    terminal.press("q");
    assert_eq!(terminal.end(&sandbox), "0");
    let votes = sandbox.tracker(&["signoffs", "d4rk", "--json"]).stdout;
    assert!(votes.contains("\"fine\""), "{votes}");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let sandbox = world();
    for (signal, code) in [("TERM", "143"), ("HUP", "129")] {
        let Some(terminal) = Terminal::start(&sandbox, "tui") else { return };
        terminal.wait_for("TASK-CS2V");
        let id = sandbox.read("pid");
        assert!(Command::new("kill").args([&format!("-{signal}"), id.trim()]).status().unwrap().success());
        assert_eq!(terminal.end(&sandbox), code, "{signal}");
    }
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    insta::assert_snapshot!(Sandbox::new().tracker(&["tui"]), @r"
exit 2
--- stderr
error: `tracker tui` needs a terminal: standard output is not a terminal
  hint: use `tracker list`, `tracker board`, `tracker inbox` and `tracker show`, or `tracker serve` for a browser
");
    insta::assert_snapshot!(Sandbox::new().tracker(&["tui", "--json"]), @r#"
    exit 2
    --- stdout
    {"version":2,"command":"tui","exit":2,"error":{"kind":"usage","message":"`tracker tui` prints no answer","hints":["leave the format out, or use `tracker list --format json`"]}}
    "#);
}
