//! `demo`: plays real work through a temporary repository with the real programs, and reports what happened.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result};
use crate::env::Env;
use crate::events::{EventSink, LongStep};
use crate::process::Program;

/// A cards document of another tracker, as the demo imports it.
const CARDS: &str = include_str!("../../templates/demo/TASK_CARDS.md");
/// What the team of the demo plans, as a batch.
const PLAN: &str = include_str!("../../templates/demo/plan.yaml");
/// What a scanner reports before something is fixed, and after.
const REPORTS: [&str; 2] = [
    include_str!("../../templates/demo/probe.sarif"),
    include_str!("../../templates/demo/probe-later.sarif"),
];
/// The role that the reports speak for.
const AUDITOR: &str = "security-auditor";

/// What the demo did.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Demo {
    /// Where the repository lies.
    pub folder: String,
    /// What was done, in order.
    pub steps: Vec<DemoStep>,
}

/// One command of the demo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DemoStep {
    /// Why it is done; empty where it belongs to the step before.
    pub why: String,
    /// The command, as one would type it.
    pub command: String,
    /// What it printed, both streams.
    pub output: String,
    /// Its exit code.
    pub exit: i32,
}

/// A step of the script: why, the program, its arguments, the exit code it must end with.
type Line = (&'static str, &'static str, &'static [&'static str], i32);

/// The script. `TASK-…` ids are those that the plan and the cards name.
const SCRIPT: &[Line] = &[
    ("A repository of its own", "git", &["init", "--quiet", "--initial-branch=main"], 0),
    ("", "git", &["config", "user.name", "ada"], 0),
    ("", "git", &["config", "user.email", "ada@example.com"], 0),
    (
        "The tracker is a folder in it",
        "tracker",
        &["init", "--project", "Dashboard", "--profile", "team", "--no-hooks"],
        0,
    ),
    ("Many tasks in one go: all or none", "tracker", &["new", "--batch", "plan.yaml"], 0),
    ("What another tracker wrote is read whole", "tracker", &["import", "cards", "TASK_CARDS.md"], 0),
    ("Tasks are files, so they are committed like code", "git", &["add", "--all"], 0),
    ("", "git", &["commit", "--quiet", "--message", "Plan the dark mode"], 0),
    ("What can be worked on now", "tracker", &["queue"], 0),
    ("A task that waits for another cannot begin", "tracker", &["start", "TASK-D4RK"], 1),
    ("So the other one first; a part of the id is enough", "tracker", &["start", "c0l"], 0),
    ("Work is done, checkboxes are checked, a note is added", "tracker", &["tick", "c0l", "1-2"], 0),
    ("", "tracker", &["note", "c0l", "Contrast was measured, AA everywhere"], 0),
    ("", "tracker", &["set", "c0l", "spent=40m", "tags+=reviewed"], 0),
    ("", "tracker", &["set-stage", "c0l", "sec", "--why", "reviewed in the same room"], 0),
    ("Roles have rules, and instructions for reviewers", "tracker", &["role"], 0),
    (
        "A tool's report rejects where it is bad",
        "tracker",
        &["findings", "import", "probe.sarif", "--task", "c0l", "--as", AUDITOR],
        1,
    ),
    (
        "Fixed: what is gone is resolved",
        "tracker",
        &["findings", "import", "probe-later.sarif", "--task", "c0l", "--as", AUDITOR, "--resolve-gone"],
        0,
    ),
    ("", "tracker", &["set-stage", "c0l", "complete", "--why", "looked at together"], 0),
    ("The diff is the state of the work, nothing else", "git", &["--no-pager", "diff", "--stat"], 0),
    ("", "git", &["add", "--all"], 0),
    ("", "git", &["commit", "--quiet", "--message", "Put the colours into one table"], 0),
    ("What a pull request of it shows, by task", "tracker", &["review", "HEAD~1..HEAD"], 0),
    ("`check` recomputes every claim: nobody signed off", "tracker", &["check", "--base", "HEAD~1"], 1),
    ("Explain the rule", "tracker", &["explain", "overrides"], 0),
    ("What waited is free now", "tracker", &["start", "TASK-D4RK"], 0),
    ("Every question in one language", "tracker", &["list", "tag:ui -is:closed priority>=medium"], 0),
    ("A cycle of dependencies is refused and named", "tracker", &["set", "c0l", "depends_on+=D4RK"], 1),
    ("The board", "tracker", &["board"], 0),
    ("One task's log", "tracker", &["log", "c0l"], 0),
    ("What changed, in words", "tracker", &["diff", "HEAD~1", "HEAD"], 0),
    ("Any moment can be read", "tracker", &["list", "--at", "HEAD~1", "tag:ui stage:none"], 0),
    ("The same for a program", "tracker", &["list", "--format", "json", "--fields", "id,stage", "tag:ui"], 0),
    ("A document to hand over, from a template", "tracker", &["report", "cards", "--output", "CARDS.md"], 0),
    ("Nothing is wrong with the files", "tracker", &["doctor"], 0),
];

/// Makes a repository in a new folder below `parent`, or below the system's folder for such, and plays the script.
pub fn demo(env: &Env, program: &Path, parent: Option<&Path>, events: &EventSink) -> Result<Demo> {
    let folder = make_folder(env, parent)?;
    let [before, after] = REPORTS;
    let files = [
        ("plan.yaml", PLAN),
        ("TASK_CARDS.md", CARDS),
        ("probe.sarif", before),
        ("probe-later.sarif", after),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    let running = events.begin(LongStep::RunDemo, Some(SCRIPT.len()));
    let mut steps = Vec::with_capacity(SCRIPT.len());
    for line in SCRIPT {
        steps.push(play(line, program, &folder)?);
        running.advance(1);
    }
    drop(running);
    Ok(Demo { folder: folder.display().to_string(), steps })
}

fn make_folder(env: &Env, parent: Option<&Path>) -> Result<PathBuf> {
    let parent = parent.map_or_else(|| env.temporary_folder(), Path::to_path_buf);
    let folder = parent.join(format!("tracker-demo-{:06x}", env.random_below(1 << 24)));
    std::fs::create_dir_all(&parent).map_err(Error::io("create", &parent))?;
    std::fs::create_dir(&folder).map_err(Error::io("create", &folder))?;
    Ok(folder)
}

/// Returns a word as one would type it in a shell.
fn typed(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@~+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

fn play(line: &Line, tracker: &Path, folder: &Path) -> Result<DemoStep> {
    let (why, program, arguments, expected) = *line;
    let path = if program == "tracker" { tracker } else { Path::new(program) };
    // A hook or an alias that calls the demo must not make it work on the caller's repository.
    let started =
        Program::new(path, "run the demo").args(arguments).in_folder(folder).in_its_own_repository();
    let output = started.output().map_err(|error| Error::usage(error.to_string()))?;
    let step = DemoStep {
        why: why.to_owned(),
        command: format!(
            "{program} {}",
            arguments.iter().map(|word| typed(word)).collect::<Vec<_>>().join(" ")
        ),
        output: output.stdout_text() + &output.stderr_text(),
        exit: output.status.code().unwrap_or(-1),
    };
    if step.exit == expected {
        return Ok(step);
    }
    let message = format!("`{}` ended with {}: {}", step.command, step.exit, step.output.trim());
    Err(Error::usage_with(message, format!("the repository of the demo is {}", folder.display())))
}
