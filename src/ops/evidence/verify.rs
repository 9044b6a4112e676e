//! `verify`: runs what roles run to see whether a task is done, and writes a receipt of each.

use schemars::JsonSchema;
use serde::Serialize;

use super::command::{Ran, differing, named, run};
use crate::doc::{create_receipt, receipt_digest, receipt_file_name, signed_receipt};
use crate::events::LongStep;
use crate::facts::{FactsReader, TaskFacts, sign_record};
use crate::git::CommitId;
use crate::model::{Config, CoveredChange, Person, Receipt, RecordKind, Role, Task};
use crate::ops::block::forget_closed;
use crate::ops::moves::move_edits;
use crate::ops::session::spliced;
use crate::ops::signoffs::summary_of;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{
    Attempt, Reason, Rerun, Route, WhyNoEvidence, auto_advance, evidence_roles, judge_evidence,
};
use crate::store::Change;

/// What to verify.
#[derive(Debug, Clone, Default)]
pub struct VerifyRequest {
    /// The task, by a part of its id.
    pub query: String,
    /// The role whose command is run; by default each that the task is asked for.
    pub role: Option<String>,
    /// Whether to sign the receipts with the key that git is configured with.
    pub sign: bool,
}

/// What was run, and what was written of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verified {
    /// What was written.
    #[serde(flatten)]
    pub written: Written,
    /// The commands, in order.
    pub runs: Vec<EvidenceRun>,
}

/// One run of a role's command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceRun {
    /// The role.
    pub role: String,
    /// What the shell ran, or would run.
    pub command: String,
    /// Whether it succeeded; none where it was not run because the caller asked so.
    pub passed: Option<bool>,
    /// Its exit code: 124 where its time was over, 153 where it printed too much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// The last lines that it printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<String>,
    /// How many of the task's files it ran on.
    pub files: usize,
    /// The receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// What it is worth as it is: `reported`, `checked`, `verified` or `signed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

/// Runs the commands of a task's roles at the top of the working tree, and writes a receipt of each.
///
/// # Errors
/// Where the working tree is not what is committed, before or after a run: nobody could tell what was run on.
pub fn verify(session: &Session<'_>, request: &VerifyRequest) -> Result<Verified> {
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let (_, task) = session.find(&request.query)?;
    let roles = roles_of(&config, &task, request.role.as_deref())?;
    let Some(tip) = session.tip(&repository)? else {
        return Err(Error::refused(Attempt::Verify(task.id), Reason::NoCommit));
    };
    repository.refuse_shallow()?;
    let mut runs: Vec<EvidenceRun> =
        roles.iter().map(|(role, command)| planned(role.name, command)).collect();
    if session.is_dry() {
        let messages = runs.iter().map(|run| format!("would run as {}: {}", run.role, run.command));
        let task = WrittenTask::changed(&task, messages.collect(), false);
        let written = Written { dry_run: true, tasks: vec![task], records: Vec::new() };
        return Ok(Verified { written, runs });
    }
    let by = repository.identity(session.env())?;
    let facts = session.facts(&repository, &config)?.task(task)?;
    let mut receipts = Vec::new();
    let step = session.begin(LongStep::RunCommands, Some(roles.len()));
    for ((role, command), shown) in roles.iter().zip(&mut runs) {
        unchanged(session, tip, "the working tree has changes that no commit has")?;
        let ran = run(session, *role, command, Some(facts.task.id.as_str()))?;
        unchanged(session, tip, &format!("`{}` changed what it ran on", first_line(command)))?;
        step.advance(1);
        let mut receipt = receipt_of(session, &config, &facts, (*role, command), (&by, tip), ran);
        if request.sign {
            let signature = sign_record(&repository, &signed_receipt(&receipt));
            let failed = |error: crate::git::SignError| {
                let hint = error.hint();
                Error::Usage { message: format!("the receipt cannot be signed: {error}"), hint }
            };
            receipt.signature = Some(signature.map_err(failed)?);
        }
        shown.of(&receipt);
        receipts.push(receipt);
    }
    drop(step);
    let written = write(session, &request.query, (&config, tip), &receipts, &mut runs)?;
    Ok(Verified { written, runs })
}

fn planned(role: &str, command: &str) -> EvidenceRun {
    EvidenceRun {
        role: role.to_owned(),
        command: command.to_owned(),
        passed: None,
        exit: None,
        ms: None,
        tail: None,
        files: 0,
        receipt: None,
        level: None,
    }
}

impl EvidenceRun {
    fn of(&mut self, receipt: &Receipt) {
        let folder = RecordKind::Evidence.folder_of(&receipt.task);
        self.passed = Some(receipt.is_passing());
        (self.exit, self.ms, self.tail) = (Some(receipt.exit), Some(receipt.millis), receipt.tail.clone());
        self.files = receipt.files.len();
        self.receipt = Some(format!("{folder}/{}", receipt_file_name(receipt)));
    }
}

fn first_line(command: &str) -> &str {
    command.trim().lines().next().unwrap_or_default()
}

/// Fails where the working tree is not what a commit says.
fn unchanged(session: &Session<'_>, tip: CommitId, message: &str) -> Result<()> {
    let files = differing(session, tip)?;
    if files.is_empty() {
        return Ok(());
    }
    let hint =
        "commit them, or put them aside: `git stash --include-untracked`; ignore what commands leave behind";
    Err(Error::usage_with(format!("{message}: {}", named(&files)), hint))
}

/// Returns the roles to run, with their commands: the named one, else those that the task is asked for, else those that
/// sign off its stage.
fn roles_of<'c>(config: &'c Config, task: &Task, named: Option<&'c str>) -> Result<Vec<(Role<'c>, &'c str)>> {
    let with_command = |role: &'c str| {
        let role = config.role(role);
        let command = role.rules.verify.as_deref().filter(|_| role.is_defined)?;
        Some((role, command))
    };
    let known: Vec<&str> =
        config.roles.keys().map(String::as_str).filter(|role| with_command(role).is_some()).collect();
    let refused = |role: Option<&str>| {
        let reason = Reason::NoCommandOf {
            role: role.map(str::to_owned),
            known: known.iter().map(ToString::to_string).collect(),
        };
        Error::refused(Attempt::Verify(task.id.clone()), reason)
    };
    if let Some(name) = named {
        return with_command(name).map(|found| vec![found]).ok_or_else(|| refused(Some(name)));
    }
    let boxes = crate::doc::verified_by(&task.body);
    let mut names: Vec<&'c str> = evidence_roles(config, &task.stage, &[]);
    names.extend(config.signoffs_of(task.stage.as_str()).iter().map(String::as_str));
    names.extend(config.roles.keys().map(String::as_str).filter(|role| boxes.iter().any(|own| own == role)));
    let mut found: Vec<(Role<'c>, &'c str)> = Vec::new();
    for (role, command) in names.into_iter().filter_map(with_command) {
        if !found.iter().any(|(known, _)| known.name == role.name) {
            found.push((role, command));
        }
    }
    match (found.is_empty(), known.as_slice()) {
        (true, [only]) => Ok(with_command(only).into_iter().collect()),
        (true, _) => Err(refused(None)),
        (false, _) => Ok(found),
    }
}

pub(super) fn receipt_of(
    session: &Session<'_>,
    config: &Config,
    facts: &TaskFacts,
    (role, command): (Role<'_>, &str),
    (by, tip): (&Person, CommitId),
    ran: Ran,
) -> Receipt {
    let route = Route::of(config, facts.task.kind.as_deref());
    let reviewed = facts.changes.iter().filter(|(path, _)| route.is_reviewed(role.name, path));
    let files = reviewed.map(|(path, change)| {
        let mut from = change.from.clone();
        from.sort();
        CoveredChange { path: path.clone(), from, to: change.to.clone() }
    });
    let mut receipt = Receipt {
        task: facts.task.id.clone(),
        role: role.name.to_owned(),
        by: by.clone(),
        agent: session.agent(),
        at: session.env().now(),
        commit: tip.to_string(),
        command: command.to_owned(),
        exit: ran.exit,
        millis: ran.millis,
        bytes: ran.bytes,
        output: ran.output,
        tail: ran.tail,
        files: files.collect(),
        digest: String::new(),
        signature: None,
        unknown: Vec::new(),
        warnings: Vec::new(),
    };
    receipt.digest = receipt_digest(&receipt);
    receipt
}

/// Writes the receipts, and the move that they earn where sign-offs were there before them.
fn write(
    session: &Session<'_>,
    query: &str,
    (config, tip): (&Config, CommitId),
    receipts: &[Receipt],
    runs: &mut [EvidenceRun],
) -> Result<Written> {
    let repository = session.workspace().repository()?;
    let locked = session.lock(&format!("verify {query}"))?;
    let (file, task) = session.find(query)?;
    if session.tip(&repository)? != Some(tip) {
        return Err(Error::refused(Attempt::Verify(task.id), Reason::ChangedMeanwhile("HEAD".to_owned())));
    }
    let reader = session.facts(&repository, config)?;
    let mut facts = reader.task(task)?;
    facts.receipts = reader.receipts(&facts.task, receipts.to_vec(), &mut Vec::new())?;
    let mut messages = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    for (receipt, run) in receipts.iter().zip(runs) {
        let folder = RecordKind::Evidence.folder_of(&receipt.task);
        let path = format!("{folder}/{}", receipt_file_name(receipt));
        changes.push(Change::create(path, create_receipt(receipt)));
        messages.push(message_of(&reader, &facts, receipt, run));
    }
    let signoffs = facts.signoffs(config);
    let (actor, agent) = (session.actor()?, session.agent());
    let case = facts.case(config, &signoffs, (&actor, agent.as_deref()), session.env().now());
    let plan = auto_advance(&case);
    if let Some(plan) = &plan {
        messages.push(summary_of(plan));
        changes.push(spliced(&file, &move_edits(&plan.step))?);
    }
    let task = WrittenTask::changed(&facts.task, messages, true);
    let written = session.finish(&locked, &changes, vec![task])?;
    if plan.is_some_and(|plan| plan.to().is_complete()) {
        forget_closed(session, &written)?;
    }
    Ok(written)
}

fn message_of(
    reader: &FactsReader<'_>,
    facts: &TaskFacts,
    receipt: &Receipt,
    run: &mut EvidenceRun,
) -> String {
    let (role, seconds) = (&receipt.role, receipt.millis / 1000);
    if !receipt.is_passing() {
        return format!("{role} failed with exit code {} after {seconds} s", receipt.exit);
    }
    let (id, config) = (&facts.task.id, reader.config());
    let worth = match judge_evidence(id, role, config, facts.evidence(&Rerun::Not)) {
        Ok(level) => {
            run.level = Some(level.to_string());
            level.to_string()
        }
        Err(WhyNoEvidence::Weak { have, need, .. }) => {
            run.level = Some(have.to_string());
            format!("{have}; the gate wants {need}")
        }
        Err(why) => format!("it does not count: {why}"),
    };
    format!(
        "{role} passed after {seconds} s on {}: {worth}",
        crate::model::counted(receipt.files.len(), "file")
    )
}
