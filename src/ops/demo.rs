//! `demo`: plays the story of one small sprint in a temporary repository with the real programs, and reports what happened.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result};
use crate::env::Env;
use crate::events::{EventSink, LongStep};
use crate::process::Program;

/// The script: `day N, WHO` begins a day, `# …` says why, `$ …` is a command, `! …` one that is refused with 1.
const STORY: &str = include_str!("../../templates/demo/story.txt");
/// What lies in the repository before it begins: the plan of the team as a batch, the cards of another tracker, and what
/// the team writes about its sprint.
const FILES: [(&str, &str); 3] = [
    ("plan.yaml", include_str!("../../templates/demo/plan.yaml")),
    ("TASK_CARDS.md", include_str!("../../templates/demo/TASK_CARDS.md")),
    ("looking-back.md", include_str!("../../templates/demo/looking-back.md")),
];

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
    /// Who does it.
    pub who: String,
    /// On which day of the story, from 0.
    pub day: u32,
    /// Why it is done; empty where it belongs to the step before.
    pub why: String,
    /// The command, as one would type it.
    pub command: String,
    /// What it printed, both streams.
    pub output: String,
    /// Its exit code.
    pub exit: i32,
}

/// A step of the script that is still to be taken.
#[derive(Debug, Clone, Copy)]
struct Line {
    day: u32,
    who: &'static str,
    why: &'static str,
    command: &'static str,
    /// The exit code that it must end with.
    exit: i32,
}

/// Returns the steps of the story.
fn script() -> Vec<Line> {
    let mut next = Line { day: 0, who: "", why: "", command: "", exit: 0 };
    let mut lines = Vec::new();
    for line in STORY.lines() {
        if let Some((day, who)) = line.strip_prefix("day ").and_then(|day| day.split_once(", ")) {
            (next.day, next.who) = (day.parse().unwrap_or(next.day), who);
        } else if let Some(why) = line.strip_prefix("# ") {
            next.why = why;
        } else if let Some(command) = line.strip_prefix("$ ").or_else(|| line.strip_prefix("! ")) {
            lines.push(Line { command, exit: line.starts_with('!').into(), ..next });
            next.why = "";
        }
    }
    lines
}

/// Makes a repository in a new folder below `parent`, or below the system's folder for such, and plays the story.
pub fn demo(env: &Env, program: &Path, parent: Option<&Path>, events: &EventSink) -> Result<Demo> {
    let folder = make_folder(env, parent)?;
    for (name, text) in FILES {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    // The hooks look for this program, too.
    let mut path = program.parent().map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
    path.push(":");
    path.push(env.variable_os("PATH").unwrap_or_default());
    let script = script();
    let running = events.begin(LongStep::RunDemo, Some(script.len()));
    let mut steps = Vec::with_capacity(script.len());
    // The story ends now, and each of its steps takes a minute.
    let days = script.last().map_or(0, |line| line.day);
    let first = env.now() - TimeDelta::days(days.into());
    for (line, minutes_left) in script.iter().zip((0..script.len()).rev()) {
        let left = TimeDelta::minutes(i64::try_from(minutes_left).unwrap_or(0));
        let at = first + TimeDelta::days(line.day.into()) - left;
        steps.push(play(line, at, &path, &folder)?);
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

/// Takes a step at its time: the clock and the identity of every program are those of the story.
fn play(line: &Line, at: DateTime<Utc>, path: &OsStr, folder: &Path) -> Result<DemoStep> {
    let now = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let email = format!("{}@example.com", line.who.to_lowercase());
    // A hook or an alias that calls the demo must not make it work on the caller's repository.
    let program = Program::shell(line.command, "run the demo").in_folder(folder).in_its_own_repository();
    let program = [
        ("GIT_AUTHOR_NAME", line.who),
        ("GIT_AUTHOR_EMAIL", &email),
        ("GIT_COMMITTER_NAME", line.who),
        ("GIT_COMMITTER_EMAIL", &email),
        ("GIT_AUTHOR_DATE", &now),
        ("GIT_COMMITTER_DATE", &now),
        ("TRACKER_NOW", &now),
    ]
    .into_iter()
    .fold(program.variable("PATH", path), |program, (name, value)| program.variable(name, value));
    let output = program.output().map_err(|error| Error::usage(error.to_string()))?;
    let step = DemoStep {
        who: line.who.to_owned(),
        day: line.day,
        why: line.why.to_owned(),
        command: line.command.to_owned(),
        output: output.stdout_text() + &output.stderr_text(),
        exit: output.status.code().unwrap_or(-1),
    };
    if step.exit == line.exit {
        return Ok(step);
    }
    let message = format!("`{}` ended with {}: {}", step.command, step.exit, step.output.trim());
    Err(Error::usage_with(message, format!("the repository of the demo is {}", folder.display())))
}
