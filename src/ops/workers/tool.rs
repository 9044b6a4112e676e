//! The tools of a worker: started, limited, and their reports read. A tool that is missing, fails or cannot be read has found
//! nothing out: that is an error, and never the same as finding nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::desk::{Desk, last_line};
use super::spending::COST_VARIABLE;
use crate::git::read_regular;
use crate::import::findings::{self, ReportFormat};
use crate::model::{ToolFinding, WorkerReport, WorkerTool};
use crate::ops::Result;
use crate::process::{Error as ProcessError, Output, Program};
use crate::store;

/// The variable of every tool, with the folder of its worker: what outlives a worker that was killed is found by it.
pub(super) const TREE_VARIABLE: &str = "TRACKER_WORKER_TREE";
/// Most files that one command is given.
const BATCH: usize = 500;
/// How many of the last lines that a tool printed are kept.
const LINES: usize = 20;
/// The longest of these lines, in characters.
const LONGEST_LINE: usize = 200;

/// What tells a tool of the worker that it works for.
#[derive(Debug, Clone)]
pub(super) struct ToolEnv {
    pub(super) worker: String,
    /// How long a command may take.
    pub(super) limit: Duration,
    /// Where a tool can write its report.
    pub(super) report: PathBuf,
    /// Where a tool or an executor can write what it has cost.
    pub(super) cost: PathBuf,
}

impl ToolEnv {
    /// Returns the folder in which the worker keeps what it knows.
    pub(super) fn folder(&self) -> &Path {
        self.cost.parent().unwrap_or(&self.cost)
    }
}

/// Why a tool gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolFailure {
    /// One line that names the tool.
    pub(super) message: String,
    /// The last lines that it printed.
    pub(super) log: String,
}

impl ToolFailure {
    pub(super) fn new(message: String, output: &str) -> Self {
        Self { message, log: tail(output) }
    }
}

/// An answer of a tool, or why there is none; the outer result is our own trouble.
pub(super) type Answer<T> = Result<std::result::Result<T, ToolFailure>>;

/// Returns the last lines of an output, none of them too long.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(LINES);
    let short = |line: &&str| {
        let clean: String =
            line.chars().filter(|c| !crate::model::is_obeyed(*c)).take(LONGEST_LINE).collect();
        clean
    };
    lines[from..].iter().map(short).collect::<Vec<_>>().join("\n")
}

/// Whether a tool looks at the whole project, whatever files it is given.
pub(super) fn is_whole(tool: &WorkerTool) -> bool {
    tool.detect.as_ref().is_some_and(|line| !line.contains("$@") && !line.contains("$*"))
}

/// Runs the command that reports, and reads what it found.
pub(super) fn detect(
    desk: &Desk,
    env: &ToolEnv,
    (name, tool): (&str, &WorkerTool),
    files: &[&str],
) -> Answer<Vec<ToolFinding>> {
    let Some(line) = &tool.detect else { return Ok(Ok(Vec::new())) };
    let mut found = Vec::new();
    for batch in batches(files, is_whole(tool)) {
        store::remove_if_there(&env.report)?;
        let output = match run(desk, env, name, line, batch) {
            Ok(output) => output,
            Err(failure) => return Ok(Err(failure)),
        };
        let exit = output.status.code().unwrap_or(-1);
        let printed = format!("{}\n{}", output.stdout_text(), output.stderr_text());
        if !tool.reports_with(exit) {
            return Ok(Err(ended(name, exit, &output)));
        }
        let written = read_regular(&env.report).ok().filter(|bytes| !bytes.is_empty());
        match read(&written.unwrap_or(output.stdout), tool.report, desk) {
            Ok(report) => found.extend(report.into_iter().map(|each| finding(name, each))),
            Err(problem) => {
                let message = format!("{name}: its report cannot be read: {problem}");
                return Ok(Err(ToolFailure::new(message, &printed)));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(Ok(found))
}

fn read(
    bytes: &[u8],
    form: Option<WorkerReport>,
    desk: &Desk,
) -> std::result::Result<Vec<findings::Found>, crate::model::Problem> {
    let format = match form {
        Some(WorkerReport::Sarif) => Some(ReportFormat::Sarif),
        Some(WorkerReport::Junit) => Some(ReportFormat::Junit),
        Some(WorkerReport::Json) => Some(ReportFormat::Bugs),
        Some(WorkerReport::Cargo) => Some(ReportFormat::Cargo),
        Some(WorkerReport::Eslint) => Some(ReportFormat::Eslint),
        None => None,
    };
    Ok(findings::read(bytes, "report", format, &desk.folder.to_string_lossy())?.found)
}

fn finding(tool: &str, found: findings::Found) -> ToolFinding {
    let rule = found.rule.unwrap_or_else(|| tool.to_owned());
    ToolFinding {
        file: found.file.unwrap_or_default(),
        tool: tool.to_owned(),
        rule: rule.split_whitespace().collect::<Vec<_>>().join("-"),
        line: found.line,
        title: found.title,
        rank: found.severity.rank(),
    }
}

/// Runs the command that fixes. Anything but an exit code of 0 is a failure.
pub(super) fn fix(
    desk: &Desk,
    env: &ToolEnv,
    (name, tool): (&str, &WorkerTool),
    files: &[&str],
) -> std::result::Result<(), ToolFailure> {
    let Some(line) = &tool.fix else { return Ok(()) };
    let is_whole = !line.contains("$@") && !line.contains("$*");
    for batch in batches(files, is_whole) {
        let output = run(desk, env, name, line, batch)?;
        if !output.is_success() {
            return Err(ended(name, output.status.code().unwrap_or(-1), &output));
        }
    }
    Ok(())
}

/// Runs a command on the whole tree.
pub(super) fn check(desk: &Desk, env: &ToolEnv, line: &str) -> std::result::Result<(), ToolFailure> {
    let output = run(desk, env, "verify", line, &[])?;
    match output.is_success() {
        true => Ok(()),
        false => Err(ended("verify", output.status.code().unwrap_or(-1), &output)),
    }
}

/// Runs an executor, with a text on its standard input.
pub(super) fn execute(
    desk: &Desk,
    env: &ToolEnv,
    (name, command): (&str, &[String]),
    limit: Option<Duration>,
    brief: &str,
) -> std::result::Result<(), ToolFailure> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let program = Program::new(program, "run the executor").args(arguments).input(brief.as_bytes());
    let output = start(program, desk, env, limit.unwrap_or(env.limit), name)?;
    match output.is_success() {
        true => Ok(()),
        false => Err(ended(name, output.status.code().unwrap_or(-1), &output)),
    }
}

fn batches<'f>(files: &'f [&'f str], is_whole: bool) -> Vec<&'f [&'f str]> {
    if is_whole { vec![&[]] } else { files.chunks(BATCH).collect() }
}

fn run(
    desk: &Desk,
    env: &ToolEnv,
    name: &str,
    line: &str,
    files: &[&str],
) -> std::result::Result<Output, ToolFailure> {
    let program = Program::shell(line, "run the tool").args(["tracker"]).args(files);
    start(program, desk, env, env.limit, name)
}

fn start(
    program: Program,
    desk: &Desk,
    env: &ToolEnv,
    limit: Duration,
    name: &str,
) -> std::result::Result<Output, ToolFailure> {
    let program = program.in_folder(&desk.folder).in_its_own_repository().time_limit(limit);
    let program = program.variable("TRACKER_REPORT", &env.report).variable("TRACKER_WORKER", &env.worker);
    let program = program.variable(COST_VARIABLE, &env.cost);
    let program = program.variable("TRACKER_AGENT", &env.worker).variable(TREE_VARIABLE, &desk.folder);
    program.output().map_err(|error| {
        let message = match error {
            ProcessError::TimedOut { limit, .. } => {
                format!("{name}: it took longer than {}", crate::model::span_text(limit))
            }
            error => format!("{name}: {error}"),
        };
        ToolFailure::new(message, "")
    })
}

fn ended(name: &str, exit: i32, output: &Output) -> ToolFailure {
    let printed = format!("{}\n{}", output.stdout_text(), output.stderr_text());
    let errors = output.stderr_text();
    let last = last_line(if errors.trim().is_empty() { &printed } else { &errors });
    let how = match exit {
        127 => "it is not installed".to_owned(),
        -1 => "it was ended by a signal".to_owned(),
        exit => format!("it ended with {exit}"),
    };
    ToolFailure::new(format!("{name}: {how}: {last}"), &printed)
}
