//! What an attempt of an executor comes to for its task: a move, a vote, findings.

use std::time::SystemTime;

use crate::engine::{Execution, TaskOutcome};
use crate::git::read_regular;
use crate::model::{AttemptEnd, Config, FindingState, Signatures, Stage, Task, TaskId};
use crate::ops::import_findings::{FindingsImportRequest, import_findings};
use crate::ops::moves::{advance, fail};
use crate::ops::signoffs::{VoteRequest, approve, reject, resolve};
use crate::ops::{Error, Result, Session};
use crate::policy::{Refusal, sent_back_from};

/// What it comes to, and why in one line.
pub(in crate::ops) struct Judgement {
    pub(in crate::ops) outcome: TaskOutcome,
    pub(in crate::ops) message: String,
}

impl Judgement {
    pub(in crate::ops) fn new(outcome: TaskOutcome, message: impl Into<String>) -> Self {
        Self { outcome, message: message.into() }
    }
}

/// Lets an attempt that has ended move its task. A task that has made another move since is left alone: what was done twice
/// comes to something once.
pub(in crate::ops) fn judge(
    session: &Session<'_>,
    execution: &Execution,
    last_line: Option<&str>,
    report: Option<&str>,
    create_tasks: bool,
) -> Result<Judgement> {
    let end = execution.end.unwrap_or(AttemptEnd::Interrupted);
    if matches!(end, AttemptEnd::Interrupted | AttemptEnd::Cancelled) {
        return Ok(Judgement::new(TaskOutcome::Void, end.to_string()));
    }
    let config = session.config()?;
    let task = current(session, &execution.task)?;
    let is_same =
        |task: &&Task| task.history.len() == execution.moves && task.stage.as_str() == execution.stage;
    let Some(task) = task.as_ref().filter(is_same) else {
        // It has moved its task itself, or somebody else has.
        let outcome = if end.is_success() { TaskOutcome::Passed } else { TaskOutcome::Void };
        let stage = task.map_or_else(|| "gone".to_owned(), |task| format!("in {}", task.stage));
        return Ok(Judgement::new(outcome, format!("{end}; the task is {stage}")));
    };
    if task.cancelled.is_some() {
        return Ok(Judgement::new(TaskOutcome::Void, "the task is cancelled"));
    }
    if !matches!(end, AttemptEnd::Exit(_)) || matches!(end, AttemptEnd::Exit(125..=127)) {
        // Nothing is known of the work: the task stays where it is.
        let why = with_line(&end.to_string(), execution.message.as_deref().or(last_line));
        return Ok(Judgement::new(TaskOutcome::Stays, why));
    }
    let found = report.map(|report| read_report(session, execution, report, create_tasks)).transpose()?;
    let why = match (end.is_success(), found.flatten()) {
        (false, None) => Some(with_line(&end.to_string(), last_line)),
        (_, Some(found)) => Some(found),
        (true, None) => None,
    };
    // A report that rejects has moved the task.
    let has_moved = current(session, &execution.task)?.is_none_or(|now| !is_same(&&now));
    match (why, &execution.role) {
        (Some(why), _) if has_moved => Ok(Judgement::new(TaskOutcome::Failed, why)),
        (Some(why), Some(role)) => rejected(session, &config, task, role, &why),
        (Some(why), None) => failed(session, task, execution, &why),
        (None, Some(role)) => approved(session, &config, task, role),
        (None, None) => passed(session, &config, task),
    }
}

fn current(session: &Session<'_>, id: &str) -> Result<Option<Task>> {
    match TaskId::parse(id) {
        Ok(id) => Ok(session.workspace().snapshot().readable_task(&id)?),
        Err(_) => Ok(None),
    }
}

fn stage_now(session: &Session<'_>, task: &Task) -> Result<Stage> {
    Ok(current(session, task.id.as_str())?.map_or_else(|| task.stage.clone(), |now| now.stage))
}

fn with_line(end: &str, line: Option<&str>) -> String {
    let line = line.map(|line| line.split(char::is_control).collect::<Vec<_>>().join(" "));
    let line: Option<String> = line.map(|line| line.trim().chars().take(160).collect());
    match line.filter(|line| !line.is_empty()) {
        Some(line) => format!("{end}: {line}"),
        None => end.to_owned(),
    }
}

/// Makes the report that an executor has written findings of its task. Returns why the report fails the stage, where it
/// does: one that was not written, or cannot be read, does too.
fn read_report(
    session: &Session<'_>,
    execution: &Execution,
    report: &str,
    create_tasks: bool,
) -> Result<Option<String>> {
    let path = session.workspace().work_dir().join(report);
    let written = path.symlink_metadata().and_then(|meta| meta.modified());
    // File systems tell the time in steps of up to two seconds.
    let began = SystemTime::from(execution.started) - std::time::Duration::from_secs(2);
    let is_new = written.is_ok_and(|written| written >= began || session.env().has_fixed_clock());
    if !is_new {
        return Ok(Some(format!("it has not written {report}")));
    }
    let bytes = read_regular(&path).ok();
    let role = execution.role.clone().unwrap_or_else(|| execution.executor.clone());
    let (import, _) = import_findings(
        session,
        &FindingsImportRequest {
            task_id: execution.task.clone(),
            role: Some(role),
            name: report.rsplit('/').next().unwrap_or(report).to_owned(),
            given: report.to_owned(),
            bytes: bytes.as_deref(),
            create_tasks,
            resolve_gone: true,
            ..FindingsImportRequest::default()
        },
    )?;
    let blocking: Vec<_> = import.findings.iter().filter(|finding| finding.blocks).collect();
    let what = match blocking.as_slice() {
        [] => "it could not be read".to_owned(),
        [only] => format!("{}: {}", only.severity, only.title),
        [first, others @ ..] => format!("{}: {}, and {} more", first.severity, first.title, others.len()),
    };
    Ok(import.fails.then(|| format!("{report}: {what}")))
}

/// The work of a stage is done: findings that had sent the task back count as fixed, and it goes on where that is all.
fn passed(session: &Session<'_>, config: &Config, task: &Task) -> Result<Judgement> {
    if sent_back_from(task).is_some() {
        for (_, finding) in session.snapshot().findings(&task.id)?.0 {
            if *finding.state() == FindingState::Open {
                resolve(session, Some(task.id.as_str()), finding.id.as_str(), FindingState::Fixed, None)?;
            }
        }
    }
    if !config.signoffs_of(task.stage.as_str()).is_empty() {
        return Ok(Judgement::new(TaskOutcome::Passed, format!("{} is done", task.stage)));
    }
    match advance(session, &[task.id.to_string()], None) {
        Ok(_) => {
            let now = stage_now(session, task)?;
            Ok(Judgement::new(TaskOutcome::Passed, format!("{} → {now}", task.stage)))
        }
        Err(Error::Refused(refusal)) => Ok(stays(&refusal)),
        Err(error) => Err(error),
    }
}

fn failed(session: &Session<'_>, task: &Task, execution: &Execution, why: &str) -> Result<Judgement> {
    let why = format!("{}: {why}", execution.executor);
    match fail(session, task.id.as_str(), &why) {
        Ok(_) => {
            let now = stage_now(session, task)?;
            Ok(Judgement::new(TaskOutcome::Failed, format!("{} → {now}, {why}", task.stage)))
        }
        // The stage that failures are sent to has nowhere to send them: the work is to be done again.
        Err(Error::Refused(_)) => Ok(Judgement::new(TaskOutcome::Failed, why)),
        Err(error) => Err(error),
    }
}

fn vote(config: &Config, task: &Task, role: &str, notes: Option<String>) -> VoteRequest {
    VoteRequest {
        query: task.id.to_string(),
        role: Some(role.to_owned()),
        notes,
        sign: config.policy.signatures == Signatures::Require,
        ..VoteRequest::default()
    }
}

fn approved(session: &Session<'_>, config: &Config, task: &Task, role: &str) -> Result<Judgement> {
    match approve(session, &vote(config, task, role, None)) {
        Ok(written) => {
            let own = written.tasks.first();
            let message = own.map(|own| own.summary.join("; ")).unwrap_or_default();
            let counts = own.is_none_or(|own| own.counts != Some(false));
            Ok(Judgement::new(if counts { TaskOutcome::Passed } else { TaskOutcome::Stays }, message))
        }
        Err(Error::Refused(refusal)) => Ok(stays(&refusal)),
        Err(error) => Err(error),
    }
}

fn rejected(session: &Session<'_>, config: &Config, task: &Task, role: &str, why: &str) -> Result<Judgement> {
    match reject(session, &vote(config, task, role, Some(why.to_owned()))) {
        Ok(_) => Ok(Judgement::new(TaskOutcome::Failed, format!("rejected as {role}: {why}"))),
        Err(Error::Refused(refusal)) => Ok(stays(&refusal)),
        Err(error) => Err(error),
    }
}

fn stays(refusal: &Refusal) -> Judgement {
    let rows = refusal.rows().into_iter().map(|row| format!("{} {}", row.label, row.message));
    Judgement::new(TaskOutcome::Stays, rows.collect::<Vec<_>>().join("; "))
}
