//! `approve`, `reject`, `withdraw`: one immutable file per vote, and the move that the last one earns.

use super::signature::sign;
use super::{Dossier, Files};
use crate::doc::{create_finding, create_vote, vote_file_name};
use crate::git::Repository;
use crate::model::{Config, Finding, FindingId, FindingSeverity, Person, Task, Verdict, Vote};
use crate::ops::moves::edits_of;
use crate::ops::session::spliced;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{MovePlan, auto_advance, coverage, covered_by, fail, finding_id, round_of};
use crate::store::{Change, Layout, Locked, TaskFile};

/// A vote to cast.
#[derive(Debug, Clone, Default)]
pub struct Ballot {
    /// The task, by a part of its id.
    pub wanted: String,
    /// The role; where the stage asks only one, that one.
    pub role: Option<String>,
    /// Markdown.
    pub notes: Option<String>,
    /// What is held against the task, each as `SEVERITY: TITLE` and, if it has a place, ` @ FILE:LINE`.
    pub findings: Vec<String>,
    /// Whether to sign it with the key that git is configured with.
    pub sign: bool,
}

/// Approves a task for a role. The last approval moves the task on, where its stage says so.
pub fn approve(session: &Session<'_>, request: &Ballot) -> Result<Written> {
    cast(session, request, Verdict::Approved)
}

/// Rejects a task for a role: a veto until the same person votes again. It goes where failures go.
pub fn reject(session: &Session<'_>, request: &Ballot) -> Result<Written> {
    if request.notes.is_none() && request.findings.is_empty() {
        let hint =
            "tracker reject ID --as ROLE -m WHY, or --finding \"high: what is wrong @ src/file.rs:12\"";
        return Err(Error::usage_with("a rejection needs a reason", hint));
    }
    cast(session, request, Verdict::Rejected)
}

/// Takes one's own vote back.
pub fn withdraw(session: &Session<'_>, request: &Ballot) -> Result<Written> {
    cast(session, request, Verdict::Withdrawn)
}

fn cast(session: &Session<'_>, request: &Ballot, verdict: Verdict) -> Result<Written> {
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let by = repository.identity(session.env())?;
    let locked = session.lock(&format!("{verdict} {}", request.wanted))?;
    let (file, task) = session.find(&request.wanted)?;
    refuse_unasked(&config, &task, &verdict)?;
    let role = role_of(&config, &task, request.role.as_deref())?;
    let files = Files::of(session, &repository, &config, request.sign)?;
    let mut dossier = Dossier::of(&files, task)?;
    let Some(tip) = files.tip else {
        let mend = Some("git commit".to_owned());
        return Err(Error::refused(
            format!("{} cannot be voted on", file.id),
            "commit",
            "nothing is committed yet",
            mend,
        ));
    };
    let found = read_findings(session, &dossier.task, &role, &by, &request.findings)?;
    let content = covered_by(config.role(&role), &dossier.content.files);
    let mut vote = Vote {
        task: file.id.clone(),
        covers: coverage(&file.id, &dossier.content.criteria, content),
        verdict,
        by,
        at: session.env().now(),
        stage: dossier.task.stage.clone(),
        round: round_of(&dossier.task),
        commit: tip.to_string(),
        notes: request.notes.clone(),
        findings: found.iter().map(|finding| finding.id.clone()).collect(),
        signature: None,
        role,
        unknown: Vec::new(),
        warnings: Vec::new(),
    };
    if request.sign {
        vote.signature = Some(sign(&repository, &vote)?);
    }
    let changes = changes_of(&vote, &found);
    dossier.findings.extend(found);
    dossier.add(&vote);
    finish(
        session,
        &repository,
        &locked,
        Cast { config: &config, file: &file, dossier: &dossier, vote: &vote, changes },
    )
}

struct Cast<'a> {
    config: &'a Config,
    file: &'a TaskFile,
    dossier: &'a Dossier,
    vote: &'a Vote,
    changes: Vec<Change>,
}

/// Writes the vote, then the move that it earns: a write that is killed in between leaves a vote that the next
/// command counts.
fn finish(session: &Session<'_>, _: &Repository, locked: &Locked<'_>, cast: Cast<'_>) -> Result<Written> {
    let Cast { config, file, dossier, vote, mut changes } = cast;
    let signoffs = dossier.signoffs(config);
    let case = dossier.case(config, &signoffs, &vote.by.name, vote.at);
    let mut said = vec![format!("{} as {}", vote.verdict, vote.role)];
    let mut judged = signoffs.roles.iter().flat_map(|role| &role.votes).chain(&signoffs.others);
    let own = judged.find(|judged| judged.ballot.vote == *vote);
    if let Some(why) =
        own.and_then(|judged| judged.weight.why_not()).filter(|_| vote.verdict != Verdict::Withdrawn)
    {
        said.push(format!("it does not count: {why}"));
    }
    let plan = match vote.verdict {
        Verdict::Approved => auto_advance(&case),
        Verdict::Rejected if counts(own) => fail(&case, &rejected_because(vote)).ok(),
        _ => None,
    };
    if let Some(plan) = &plan {
        said.push(said_of(plan));
        changes.push(spliced(file, &edits_of(plan))?);
    }
    let task = WrittenTask::changed(&dossier.task, said, true);
    session.finish(locked, &changes, vec![task])
}

fn counts(own: Option<&crate::policy::JudgedVote<'_>>) -> bool {
    own.is_some_and(|judged| judged.weight.why_not().is_none())
}

/// Says why a rejection sends a task back, as the history tells it.
pub(in crate::ops) fn rejected_because(vote: &Vote) -> String {
    let first = vote.notes.as_deref().and_then(|notes| notes.lines().next()).unwrap_or("see its findings");
    format!("rejected by {} as {}: {first}", vote.by.name, vote.role)
}

/// Says what a move does, and whom it asks.
pub(in crate::ops) fn said_of(plan: &MovePlan) -> String {
    let asks = if plan.asks.is_empty() { String::new() } else { format!("   asks {}", plan.asks.join(", ")) };
    format!("{} → {}{asks}", plan.from(), plan.to())
}

impl Dossier {
    /// Counts a vote that is about to be written.
    fn add(&mut self, vote: &Vote) {
        let trust = if vote.signature.is_some() {
            crate::policy::Trust::Signed
        } else {
            crate::policy::Trust::Attributed
        };
        self.ballots.push(crate::policy::Ballot {
            name: vote_file_name(vote),
            folder: vote.task.clone(),
            vote: vote.clone(),
            trust,
            flaw: None,
        });
    }
}

fn refuse_unasked(config: &Config, task: &Task, verdict: &Verdict) -> Result<()> {
    let asked = config.signoffs_of(task.stage.as_str());
    let is_open = task.cancelled.is_none() && !task.stage.is_complete();
    if (is_open && !asked.is_empty()) || *verdict == Verdict::Withdrawn {
        return Ok(());
    }
    let what = format!("{} asks nobody for a sign-off", task.id);
    let text = format!(
        "it is in {}",
        if task.cancelled.is_some() { "no stage: cancelled" } else { task.stage.as_str() }
    );
    Err(Error::refused(what, "stage", text, Some(format!("tracker signoffs {}", task.id))))
}

fn role_of(config: &Config, task: &Task, wanted: Option<&str>) -> Result<String> {
    let asked = config.signoffs_of(task.stage.as_str());
    match (wanted, asked) {
        (Some(wanted), asked) if asked.is_empty() || asked.iter().any(|role| role == wanted) => {
            Ok(wanted.to_owned())
        }
        (Some(wanted), asked) => {
            let message = format!("{} in {} does not ask `{wanted}`", task.id, task.stage);
            Err(Error::usage_with(message, format!("one of {}", asked.join(", "))))
        }
        (None, [only]) => Ok(only.clone()),
        (None, asked) => {
            let message = format!("say for which role you vote on {}", task.id);
            Err(Error::usage_with(message, format!("--as {}", asked.join(", or --as "))))
        }
    }
}

fn read_findings(
    session: &Session<'_>,
    task: &Task,
    role: &str,
    by: &Person,
    texts: &[String],
) -> Result<Vec<Finding>> {
    let mut found: Vec<Finding> = Vec::new();
    for text in texts {
        let said = read_finding_text(text)?;
        let mut finding = Finding {
            id: FindingId::parse("F0").expect("a literal id is valid"),
            task: task.id.clone(),
            role: role.to_owned(),
            severity: said.severity,
            title: said.title,
            file: said.file,
            line: said.line,
            recommendation: None,
            by: by.clone(),
            at: session.env().now(),
            source: None,
            resolutions: Vec::new(),
            unknown: Vec::new(),
            warnings: Vec::new(),
        };
        finding.id = finding_id(&finding, |id| found.iter().any(|other| other.id == *id));
        found.push(finding);
    }
    Ok(found)
}

/// A finding as it is typed.
struct SaidFinding {
    severity: FindingSeverity,
    title: String,
    file: Option<String>,
    line: Option<u32>,
}

/// Reads `high: token logged @ src/auth.rs:41`.
fn read_finding_text(text: &str) -> Result<SaidFinding> {
    let usage =
        |message: String| Error::usage_with(message, "--finding \"high: token is logged @ src/auth.rs:41\"");
    let (severity, rest) = text.split_once(':').ok_or_else(|| usage(format!("`{text}` has no severity")))?;
    let severity = match FindingSeverity::parse(severity.trim()) {
        FindingSeverity::Unknown(word) => {
            let known = FindingSeverity::KNOWN.join(", ");
            return Err(usage(format!("`{word}` is no severity; one of {known}")));
        }
        known => known,
    };
    let (title, place) = match rest.rsplit_once(" @ ") {
        Some((title, place)) => (title.trim(), Some(place.trim())),
        None => (rest.trim(), None),
    };
    if title.is_empty() || title.chars().any(char::is_control) {
        return Err(usage(format!("`{}` does not say in one line what was found", text.escape_debug())));
    }
    let line = place.and_then(|place| place.rsplit_once(':')).and_then(|(_, line)| line.parse().ok());
    let file = place.map(|place| match line {
        Some(_) => place.rsplit_once(':').map_or(place, |(file, _)| file).to_owned(),
        None => place.to_owned(),
    });
    Ok(SaidFinding { severity, title: title.to_owned(), file, line })
}

fn changes_of(vote: &Vote, found: &[Finding]) -> Vec<Change> {
    let finding = |finding: &Finding| {
        let path = format!("{}/{}.yaml", Layout::findings_of(&finding.task), finding.id);
        Change::create(path, create_finding(finding))
    };
    // Findings first: a vote never names one that is not there.
    let mut changes: Vec<Change> = found.iter().map(finding).collect();
    let path = format!("{}/{}", Layout::signoffs_of(&vote.task), vote_file_name(vote));
    changes.push(Change::create(path, create_vote(vote)));
    changes
}
