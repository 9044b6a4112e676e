//! `findings import`: a tool's report to findings of a task, and to a rejection where it is bad. Done again, it
//! changes nothing.

mod fix_tasks;
mod report_import;
mod verdict;
mod view;

pub(crate) use view::{FindingsImport, ImportVote, ImportedFinding};

use crate::events::LongStep;
use crate::import::findings::{LARGEST, Matched, ReportFormat, ToolReport, matched, read};
use crate::model::{Config, Finding, FindingSeverity, Problem, Task, is_role_name};
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, Missing};
use crate::store::Change;
pub(in crate::ops) use fix_tasks::FixTasks;
use report_import::ReportImport;

/// A report to import.
#[derive(Debug, Clone, Default)]
pub struct FindingsImportRequest<'b> {
    /// The task, by a part of its id.
    pub task_id: String,
    /// The role; where the stage asks only one, that one.
    pub role: Option<String>,
    /// The report's name.
    pub name: String,
    /// The report's path, as it was given.
    pub given: String,
    /// The report; none where it is larger than any that is read.
    pub bytes: Option<&'b [u8]>,
    /// Its format, where the content shall not decide.
    pub format: Option<ReportFormat>,
    /// Whether to make a task for each finding.
    pub create_tasks: bool,
    /// Whether to resolve what the same tools no longer find.
    pub resolve_gone: bool,
    /// Whether to sign the vote.
    pub sign: bool,
}

/// Imports a report. A report that cannot be read fails the stage like one that contains a high finding; why it cannot
/// be read is among the problems.
pub fn import_findings(
    session: &Session<'_>,
    request: &FindingsImportRequest<'_>,
) -> Result<(FindingsImport, Vec<Problem>)> {
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let by = repository.identity(session.env())?;
    // Before the lock: others need not wait for it.
    let report = report_of(session, request);
    let locked = session.lock(&format!("findings import {}", request.task_id))?;
    let (file, task) = session.find(&request.task_id)?;
    let role = role_for(&config, &task, request.role.as_deref())?;
    refuse_closed(&task)?;
    let (records, broken) = session.snapshot().findings(&task.id)?;
    if !broken.is_empty() {
        // What is there already could not be distinguished from what is new.
        return Err(Error::Broken(broken));
    }
    let (name, given) = (request.name.as_str(), request.given.as_str());
    let import = ReportImport { session, config: &config, file: &file, task: &task, role, by, name, given };
    let known: Vec<Finding> = records.iter().map(|(_, finding)| finding.clone()).collect();
    let all = worst_first(matched(import.reported(&report), &known));
    let (gone, fixed) = match &report {
        Ok(report) => import.gone(report, &all, &known),
        Err(_) => (Vec::new(), Vec::new()),
    };
    let resolved: Vec<&Finding> =
        gone.iter().filter(|_| request.resolve_gone).chain(&fixed).copied().collect();
    let mut changes = import.record(&all, &resolved, &records)?;
    let mut fixes = FixTasks::find(session)?;
    if request.create_tasks {
        fixes.make(session, &config, &task, &all)?;
    }
    changes.append(&mut fixes.changes);
    let (vote, cast) = import.vote(&repository, &all, request.sign)?;
    let mut messages = import.messages(&all, &gone, &fixed, request.resolve_gone);
    if let Some(cast) = cast {
        changes.extend(cast.changes);
        messages.extend(cast.messages);
    }
    let is_changed = changes.iter().any(|change: &Change| !change.is_empty());
    let mut tasks = vec![WrittenTask::changed(&task, messages, is_changed)];
    tasks.append(&mut fixes.written);
    let written = session.finish(&locked, &changes, tasks)?;
    let outcome = FindingsImport {
        findings: all.iter().map(|matched| imported(&config, matched, &fixes)).collect(),
        gone: gone.iter().map(|finding| finding.id.to_string()).collect(),
        resolved: request.resolve_gone && !gone.is_empty(),
        vote,
        ..import.outcome(&report, &all, written)
    };
    let next = import.next(outcome.fails, &gone, request.resolve_gone);
    let problems = report.map_or_else(|problem| vec![problem], |report| report.warnings);
    let problems = problems.into_iter().map(|problem| problem.in_file(name)).collect();
    Ok((FindingsImport { next, ..outcome }, problems))
}

/// Reads the report.
fn report_of(
    session: &Session<'_>,
    request: &FindingsImportRequest<'_>,
) -> std::result::Result<ToolReport, Problem> {
    let _step = session.begin(LongStep::ReadImport, None);
    let top = session.workspace().work_dir().display().to_string();
    let too_large = || Err(Problem::error(format!("is larger than {} MB", LARGEST / 1_000_000)));
    request.bytes.map_or_else(too_large, |bytes| read(bytes, &request.name, request.format, &top))
}

fn worst_first(mut all: Vec<Matched>) -> Vec<Matched> {
    all.sort_by(|a, b| {
        let (a, b) = (&a.finding, &b.finding);
        FindingSeverity::worst_first(&a.severity, &b.severity)
            .then_with(|| (&a.file, a.line, &a.id).cmp(&(&b.file, b.line, &b.id)))
    });
    all
}

fn imported(config: &Config, matched: &Matched, fixes: &FixTasks) -> ImportedFinding {
    let finding = &matched.finding;
    ImportedFinding {
        id: finding.id.to_string(),
        severity: finding.severity.to_string(),
        title: finding.title.clone(),
        place: finding.place(),
        status: matched.status,
        worse: matched.is_worse,
        moved_from: matched.moved_from,
        blocks: matched.status.is_open() && config.policy.blocking_severity.blocks(finding.severity.rank()),
        fix: fixes.of(finding).map(str::to_owned),
    }
}

/// Returns the role that a report speaks for. It need not be asked now: findings may come before their stage.
fn role_for(config: &Config, task: &Task, role: Option<&str>) -> Result<String> {
    let known = config.role_names();
    match (role, config.signoffs_of(task.stage.as_str())) {
        // An executor that does the work of a stage need not vote for a role.
        (Some(role), _) if config.executors.contains_key(role) => Ok(role.to_owned()),
        (Some(role), _) if known.contains(&role) || known.is_empty() && is_role_name(role) => {
            Ok(role.to_owned())
        }
        (Some(role), _) => {
            let message = format!("`{}` is no role here", role.escape_debug());
            let hint = if known.is_empty() {
                "a name such as tester".to_owned()
            } else {
                format!("one of {}", known.join(", "))
            };
            Err(Error::usage_with(message, hint))
        }
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            let hint = if known.is_empty() {
                "--as tester".to_owned()
            } else {
                format!("--as {}", known.join(", or --as "))
            };
            Err(Error::usage_with(format!("say for which role the report on {} speaks", task.id), hint))
        }
    }
}

fn refuse_closed(task: &Task) -> Result<()> {
    let missing = match (&task.cancelled, task.stage.is_complete()) {
        (Some(_), _) => Missing::Cancelled,
        (None, true) => Missing::Completed,
        (None, false) => return Ok(()),
    };
    Err(Error::refused(Attempt::AddFindings(task.id.clone()), missing))
}
