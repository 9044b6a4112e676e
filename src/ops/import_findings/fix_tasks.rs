//! One task per finding, to fix it. Its `source` names the finding: that is the only link, and what keeps a second
//! import from making it twice.

use std::collections::{HashMap, HashSet};

use crate::doc::create_task;
use crate::import::findings::{FindingStatus, Matched, is_inside};
use crate::model::{
    Config, Finding, FindingSeverity, Move, MoveKind, Priority, RecordPath, RunId, Task, TaskId,
};
use crate::ops::ids::IdMaker;
use crate::ops::run::open_runs;
use crate::ops::written::WrittenTask;
use crate::ops::{Result, Session};
use crate::store::Change;

/// Types that a task which fixes something has, best first.
const TYPES: [&str; 3] = ["bug", "fix", "bugfix"];

/// The run, the title and the file of a task.
type RunKey = (String, String, Option<String>);

/// Tasks that fix findings.
#[derive(Default)]
pub(in crate::ops) struct FixTasks {
    /// By `TASK/FINDING`: one that is open, else one that is done; and whether it is done.
    by_finding: HashMap<String, (String, bool)>,
    /// Open ones of a task run, by run, title and file: another finding of the same is fixed with it.
    in_runs: HashMap<RunKey, String>,
    /// Those that are done or cancelled.
    closed: HashSet<String>,
    pub(super) changes: Vec<Change>,
    pub(super) written: Vec<WrittenTask>,
}

impl FixTasks {
    /// Finds those that are there.
    pub(in crate::ops) fn find(session: &Session<'_>) -> Result<Self> {
        let all = session.snapshot().tasks()?;
        let (tasks, _) = all.read();
        let mut found = Self::default();
        for summary in &tasks {
            // Of every other source this is a part that no finding is called by.
            let Some(finding) = summary.source.filter(|source| source.contains("/F")) else { continue };
            if summary.is_closed() {
                found.closed.insert(summary.id.to_owned());
            }
            let is_done = summary.is_closed() && summary.cancelled.is_none();
            if let Some(run) = summary.run.filter(|_| !summary.is_closed()) {
                let file = summary.files.iter().next().map(str::to_owned);
                found.in_runs.insert((run.to_owned(), summary.title.to_owned(), file), summary.id.to_owned());
            }
            let newest =
                found.by_finding.entry(finding.to_owned()).or_insert((summary.id.to_owned(), is_done));
            if newest.1 && !is_done {
                *newest = (summary.id.to_owned(), is_done);
            }
        }
        Ok(found)
    }

    /// Returns the task that fixes a finding.
    pub(in crate::ops) fn of(&self, finding: &Finding) -> Option<&str> {
        self.by_finding.get(&source_of(finding)).map(|(id, _)| id.as_str())
    }

    /// Returns the open task that fixes a finding.
    pub(in crate::ops) fn open_fix_of(&self, finding: &Finding) -> Option<&str> {
        self.of(finding).filter(|id| !self.closed.contains(*id))
    }

    /// Makes one for each open finding that has none. What came back after its task was done gets another. Where the task
    /// with the findings is part of a task run, those that fix them are too, and are in their first stage at once.
    pub(super) fn make(
        &mut self,
        session: &Session<'_>,
        config: &Config,
        found_on: &Task,
        matched: &[Matched],
    ) -> Result<()> {
        let mut ids = IdMaker::new(session, config)?;
        let run = match &found_on.run {
            Some(run) => open_runs(session.snapshot())?.contains(&run.to_string()).then_some(run),
            None => None,
        };
        let mut started = Vec::new();
        for Matched { finding, status, .. } in matched.iter().filter(|matched| matched.status.is_open()) {
            let has_one = match self.by_finding.get(&source_of(finding)) {
                Some((_, is_done)) => !is_done || *status != FindingStatus::Reopened,
                None => false,
            };
            if has_one {
                continue;
            }
            let key = |run: &RunId| (run.to_string(), finding.title.clone(), finding.file.clone());
            if let Some(same) = run.and_then(|run| self.in_runs.get(&key(run))) {
                self.by_finding.insert(source_of(finding), (same.clone(), false));
                continue;
            }
            let mut task = fix_of(session, config, finding, ids.fresh()?);
            if let Some(run) = run {
                self.in_runs.insert(key(run), task.id.to_string());
                start_in(session, config, run, &mut task)?;
                started.push(task.id.clone());
            }
            self.by_finding.insert(source_of(finding), (task.id.to_string(), false));
            self.changes.push(Change::create(RecordPath::task_file(&task.id), create_task(&task)));
            let summary = format!("fixes {} of {}", finding.id, finding.task);
            self.written.push(WrittenTask::created(&task, vec![summary]));
        }
        if !started.is_empty() && !session.is_dry() {
            session.workspace().add_moved_tasks(&started)?;
        }
        Ok(())
    }
}

/// Makes a new task part of a task run, in the first stage of its pipeline.
fn start_in(session: &Session<'_>, config: &Config, run: &RunId, task: &mut Task) -> Result<()> {
    task.run = Some(run.clone());
    let Some(first) = config.stages_of(task.kind.as_deref()).first().cloned() else { return Ok(()) };
    let (by, agent) = (session.actor()?, session.agent());
    let (from, why) = (std::mem::replace(&mut task.stage, first.clone()), Some("started".to_owned()));
    let at = session.env().now();
    task.history.push(Move { at, by, agent, from, to: first, kind: MoveKind::Start, why, signature: None });
    Ok(())
}

/// Returns what the `source` of a task says that fixes a finding.
fn source_of(finding: &Finding) -> String {
    format!("{}/{}", finding.task, finding.id)
}

fn fix_of(session: &Session<'_>, config: &Config, finding: &Finding, id: TaskId) -> Task {
    let kind = TYPES.into_iter().find(|kind| config.types.contains_key(*kind));
    Task {
        kind: kind.map(str::to_owned),
        priority: Some(Priority::parse(priority_of(&finding.severity))),
        files: finding.file.iter().filter(|file| is_inside(file)).cloned().collect(),
        created: Some(session.env().today()),
        source: Some(source_of(finding)),
        body: body_of(finding),
        ..Task::new(id, finding.title.clone())
    }
}

fn priority_of(severity: &FindingSeverity) -> &'static str {
    match severity.rank() {
        5.. => "critical",
        4 => "high",
        3 => "medium",
        _ => "low",
    }
}

/// Writes the body. What the tool says is quoted: it must not become headings or boxes of the task.
fn body_of(finding: &Finding) -> String {
    let quoted = |text: &str| {
        let line = |line: &str| {
            let line = ["[ ]", "[x]", "[X]"]
                .iter()
                .fold(line.to_owned(), |line, mark| line.replace(mark, &format!("\\{mark}")));
            format!("> {line}").trim_end().to_owned() + "\n"
        };
        text.lines().map(line).collect::<String>()
    };
    let code = |text: &str| format!("`{}`", text.replace('`', "'"));
    let detail = quoted(finding.detail.as_deref().unwrap_or(&finding.title));
    let source = finding.source.as_ref();
    let rule = source.and_then(|source| source.rule.as_deref()).map(|rule| format!(", rule {}", code(rule)));
    let tool = source.map(|source| format!(" by {}", code(&source.tool))).unwrap_or_default();
    let mut body = format!(
        "\n## Description\n\n{detail}\nFound{tool}{} on {} as {}: {}.\n",
        rule.unwrap_or_default(),
        finding.task,
        finding.id,
        finding.severity
    );
    if let Some(place) = finding.place() {
        body.push_str(&format!("\n## Technical details\n\n{}\n", code(&place)));
    }
    if let Some(recommendation) = &finding.recommendation {
        body.push_str(&format!("\n## Recommendation\n\n{}", quoted(recommendation)));
    }
    body
}
