//! `approve`, `reject`, `withdraw`: one immutable file per vote, and the move that the last one earns.

use super::seen::refuse_unseen;
use crate::doc::{create_finding, create_vote, read_vote, vote_file_name};
use crate::facts::{FactsReader, TaskFacts, sign_record, sign_vote};
use crate::git::CommitId;
use crate::model::{
    Config, Coverage, CoveredChange, Finding, FindingId, FindingSeverity, Person, RecordKind, Signatures,
    Stage, Suggestion, Task, TaskId, Verdict, Vote,
};
use crate::ops::block::forget_closed;
use crate::ops::moves::move_edits;
use crate::ops::on_branch::{BranchRequest, at_place, on_branch, voting_place};
use crate::ops::session::spliced;
use crate::ops::signoffs::next_of;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{
    Attempt, Case, Fix, Hint, JudgedVote, Missing, MovePlan, Reason, Refusal, Route, VoteStatus, WhyNot,
    auto_advance, coverage_digest, fail, finding_id, gate, is_member,
};
use crate::store::{self, Change, TaskFile};

/// A vote on fewer files than this can be read again, however long their names are.
const SURELY_FITS: usize = 200;

/// A vote to cast.
#[derive(Debug, Clone, Default)]
pub struct VoteRecord {
    /// The task, by a part of its id.
    pub query: String,
    /// The role; by default the only one that the stage requires.
    pub role: Option<String>,
    /// Markdown.
    pub notes: Option<String>,
    /// What is raised against the task, each as `SEVERITY: TITLE` and, if it has a place, ` @ FILE:LINE`.
    pub findings: Vec<String>,
    /// Whether to sign it with the key that git is configured with.
    pub sign: bool,
    /// The branch to cast it on, as a commit on its tip; the working tree by default.
    pub branch: Option<BranchRequest>,
    /// What the voter saw, as [`super::content_seen`] says it: a vote on anything else is refused.
    pub seen: Option<String>,
    /// Whether a vote that would not count is refused instead of written down.
    pub only_if_counts: bool,
}

/// Approves a task for a role. The last approval moves the task on, where its stage says so.
pub fn approve(session: &Session<'_>, request: &VoteRecord) -> Result<Written> {
    cast(session, request, &Verdict::Approved)
}

/// Rejects a task for a role: a veto until the same person votes again. It goes where failures go.
pub fn reject(session: &Session<'_>, request: &VoteRecord) -> Result<Written> {
    if request.notes.is_none() && request.findings.is_empty() {
        let hint =
            "tracker reject ID --as ROLE -m WHY, or --finding \"high: what is wrong @ src/file.rs:12\"";
        return Err(Error::usage_with("a rejection needs a reason", hint));
    }
    cast(session, request, &Verdict::Rejected)
}

/// Takes one's own vote back.
pub fn withdraw(session: &Session<'_>, request: &VoteRecord) -> Result<Written> {
    cast(session, request, &Verdict::Withdrawn)
}

fn cast(session: &Session<'_>, request: &VoteRecord, verdict: &Verdict) -> Result<Written> {
    if let Some(branch) = &request.branch {
        return on_branch(session, branch, |there| cast_here(there, request, verdict));
    }
    let cast = cast_here(session, request, verdict);
    cast.map_err(|error| point_to_branch(session, request, verdict, error))
}

/// Returns a role of a stage that requires several, as which the user may vote.
fn role_there(session: &Session<'_>, config: &Config, stage: &Stage) -> Option<String> {
    let required = config.signoffs_of(stage.as_str());
    let me = session.workspace().repository().ok()?.identity(session.env()).ok()?;
    let mut own = required.iter().filter(|role| is_member(config, config.role(role), &[&me]));
    own.next().filter(|_| required.len() > 1).cloned()
}

/// Whether the user has voted on a task that goes on in a commit; what is not committed is not looked at.
fn has_vote_there(session: &Session<'_>, id: &TaskId, commit: Option<CommitId>) -> bool {
    let (Some(commit), Ok(actor)) = (commit, session.actor()) else { return true };
    let there = session.workspace().snapshot_of_commit(Some(commit));
    there
        .and_then(|there| there.votes(id))
        .is_ok_and(|(votes, _)| votes.iter().any(|(_, vote)| vote.by.name == actor))
}

/// Says where votes on a task are required, where that is a branch that is not checked out.
fn point_to_branch(session: &Session<'_>, request: &VoteRecord, verdict: &Verdict, error: Error) -> Error {
    let is_here = match &error {
        Error::Refused(refusal) => !matches!(
            refusal.attempt,
            Attempt::UnrequiredVote { .. } | Attempt::Vote(_) | Attempt::Withdraw(_)
        ),
        Error::Store(store::Error::NotFound { .. }) => false,
        _ => true,
    };
    let Some(config) = session.config().ok().filter(|_| !is_here) else { return error };
    let Some((id, flight)) = voting_place(session, &config, &request.query) else { return error };
    if *verdict == Verdict::Withdrawn && !has_vote_there(session, &id, flight.commit) {
        return error;
    }
    let verb = match verdict {
        Verdict::Rejected => "reject",
        Verdict::Withdrawn => "withdraw",
        _ => "approve",
    };
    let is_new = *verdict != Verdict::Withdrawn;
    let role = || role_there(session, &config, &flight.stage).filter(|_| is_new);
    let role = request.role.clone().or_else(role);
    let role = role.iter().map(|role| ["--as", role.as_str()]);
    let notes = request.notes.iter().map(|notes| ["-m", notes.as_str()]);
    let findings = request.findings.iter().map(|finding| ["--finding", finding.as_str()]);
    let options = role.chain(notes).chain(findings).flatten();
    let words = [verb, id.as_str()].into_iter().chain(options).chain(request.sign.then_some("--sign"));
    let command = at_place(Suggestion::tracker(words), &flight);
    let (stage, person, place) = (flight.stage.clone(), flight.person().to_owned(), flight.place());
    Error::refused(Attempt::Vote(id), Reason::VotedOn { stage, person, place, command })
}

fn cast_here(session: &Session<'_>, request: &VoteRecord, verdict: &Verdict) -> Result<Written> {
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let by = repository.identity(session.env())?;
    let locked = session.lock(&format!("{verdict} {}", request.query))?;
    let (file, task) = session.find(&request.query)?;
    if let Some(seen) = &request.seen {
        refuse_unseen(session, &repository, &file, seen)?;
    }
    let reader = session.facts(&repository, &config)?.verifying(request.sign);
    let place = match verdict {
        Verdict::Withdrawn => None,
        _ => Some(target_of(&config, &task, request.role.as_deref())?),
    };
    let facts = reader.task(task)?;
    let VoteTarget { role, stage } = match place {
        Some(place) => place,
        None => own_place(&facts, &config, &by, request.role.as_deref())?,
    };
    if !config.role(&role).is_defined {
        return Err(Error::refused(Attempt::Vote(facts.task.id), Reason::UndefinedRole(role)));
    }
    let found = read_findings(session, &facts.task, &role, &by, &request.findings)?;
    let statement = Statement {
        role,
        stage,
        verdict: verdict.clone(),
        notes: request.notes.clone(),
        findings: found.iter().map(|finding| finding.id.clone()).collect(),
        sign: request.sign,
    };
    // Findings first: a vote never names one that is not there.
    let mut changes: Vec<Change> = found.iter().map(creation_of).collect();
    let mut context = VoteContext { session, reader: &reader, file: &file, facts, by };
    context.facts.findings.extend(found);
    let cast = context.cast(statement)?;
    if let (Some((why, fix)), true) = (cast.not_counted, request.only_if_counts) {
        let id = context.facts.task.id;
        return Err(Error::refused(Attempt::Vote(id), Reason::VoteDoesNotCount { why, fix }));
    }
    changes.extend(cast.changes);
    let mut task = WrittenTask::changed(&context.facts.task, cast.messages, !changes.is_empty());
    task.counts = Some(cast.counts);
    let written = session.finish(&locked, &changes, vec![task])?;
    if cast.completes {
        forget_closed(session, &written)?;
    }
    Ok(written)
}

/// A vote that covers so much that it could not be read again must not be written.
fn refuse_if_too_large(vote: &Vote) -> Result<()> {
    let count = vote.covers.files.len();
    if count < SURELY_FITS || read_vote(&vote.task, create_vote(vote).as_bytes()).is_ok() {
        return Ok(());
    }
    let (role, config) = (vote.role.clone(), RecordKind::Config.file().to_owned());
    Err(Error::refused(Attempt::Vote(vote.task.clone()), Reason::TooManyFiles { role, files: count, config }))
}

/// What a vote says.
pub(in crate::ops) struct Statement {
    pub(in crate::ops) role: String,
    pub(in crate::ops) stage: Stage,
    pub(in crate::ops) verdict: Verdict,
    pub(in crate::ops) notes: Option<String>,
    pub(in crate::ops) findings: Vec<FindingId>,
    pub(in crate::ops) sign: bool,
}

/// Who votes, and all that is known of the task they vote on.
pub(in crate::ops) struct VoteContext<'a> {
    pub(in crate::ops) session: &'a Session<'a>,
    pub(in crate::ops) reader: &'a FactsReader<'a>,
    pub(in crate::ops) file: &'a TaskFile,
    pub(in crate::ops) facts: TaskFacts,
    pub(in crate::ops) by: Person,
}

/// A vote's file, the move that it earns, and both in words.
pub(in crate::ops) struct CastVote {
    pub(in crate::ops) changes: Vec<Change>,
    pub(in crate::ops) messages: Vec<String>,
    /// Whether the vote counts.
    pub(in crate::ops) counts: bool,
    /// Why it does not, and what would.
    pub(in crate::ops) not_counted: Option<(WhyNot, Option<Fix>)>,
    /// Whether the move completes the task.
    pub(in crate::ops) completes: bool,
}

impl VoteContext<'_> {
    /// Makes the vote, then the move that it earns: a write that is killed in between leaves a vote that the next
    /// command counts.
    pub(in crate::ops) fn cast(&mut self, statement: Statement) -> Result<CastVote> {
        let is_signed = statement.sign;
        let mut vote = self.vote(statement)?;
        // Nothing is signed that is not written.
        if let Some(earlier) = self.same_approval(&vote, is_signed) {
            let mut cast = self.follows(&earlier)?;
            cast.messages.insert(0, format!("already approved as {}", vote.role));
            return Ok(cast);
        }
        if is_signed {
            vote.signature = Some(signed(self.reader, &vote)?);
        }
        let mut cast = self.add(&vote)?;
        cast.messages.insert(0, format!("{} as {}", vote.verdict, vote.role));
        Ok(cast)
    }

    /// Adds a vote to those of the task; returns its file, and what follows from it.
    pub(super) fn add(&mut self, vote: &Vote) -> Result<CastVote> {
        refuse_if_too_large(vote)?;
        let name = vote_file_name(vote);
        let record = self.reader.own_vote(&self.facts, vote.clone(), &name)?;
        self.facts.votes.push(record);
        let mut cast = self.follows(vote)?;
        let path = format!("{}/{name}", RecordKind::Vote.folder_of(&vote.task));
        cast.changes.insert(0, Change::create(path, create_vote(vote)));
        Ok(cast)
    }

    /// Returns the move that follows from a vote which is among the task's, and why it may not count.
    pub(in crate::ops) fn follows(&self, vote: &Vote) -> Result<CastVote> {
        let (mut changes, mut messages) = (Vec::new(), Vec::new());
        let (facts, config) = (&self.facts, self.reader.config());
        let signoffs = facts.signoffs(config);
        let acting = (vote.by.name.as_str(), vote.agent.as_deref());
        let case = facts.case(config, &signoffs, acting, self.session.env().now());
        let mut judged = signoffs.roles.iter().flat_map(|role| &role.votes).chain(&signoffs.others);
        let own = judged.find(|judged| judged.record.vote == *vote);
        let why_not = own.and_then(|judged| judged.status.why_not());
        let is_owners = config.policy.gate.owners.as_deref() == Some(vote.role.as_str());
        let mut not_counted = None;
        match why_not {
            None | Some(WhyNot::Withdrawn) => {}
            Some(WhyNot::NotRequired) if is_owners => {
                messages.push("for its changes of the policy".to_owned());
            }
            Some(why) => {
                messages.push(format!("it does not count: {why}"));
                let fix = self.what_would(&case, &vote.role);
                messages.extend(fix.as_ref().map(ToString::to_string));
                not_counted = Some((why.clone(), fix));
            }
        }
        let plan = match vote.verdict {
            Verdict::Approved => auto_advance(&case),
            Verdict::Rejected if counts(own) => fail(&case, &rejected_because(vote)).ok(),
            _ => None,
        };
        let is_approval = vote.verdict == Verdict::Approved && why_not.is_none() && plan.is_none();
        let waits = gate(&case).missing.into_iter().filter_map(|missing| match missing {
            Missing::Evidence { .. } => Some(format!("waits for evidence {missing}")),
            Missing::Unreadable(problem) => Some(format!("stays in {}: {problem}", facts.task.stage)),
            _ => None,
        });
        messages.extend(waits.filter(|_| is_approval));
        if let Some(plan) = &plan {
            messages.push(summary_of(plan));
            changes.push(spliced(self.file, &move_edits(&plan.step))?);
        }
        let completes = plan.is_some_and(|plan| plan.to().is_complete());
        let counts = matches!(why_not, None | Some(WhyNot::Withdrawn))
            || is_owners && why_not == Some(&WhyNot::NotRequired);
        Ok(CastVote { changes, messages, counts, not_counted, completes })
    }

    /// Says what would count in place of a vote that does not.
    fn what_would(&self, case: &Case<'_>, role: &str) -> Option<Fix> {
        let missing = gate(case).missing;
        let own = missing.iter().find(|missing| {
            matches!(missing, Missing::Signoff { role: asked, .. } | Missing::Rejected { role: asked, .. } if asked == role)
        });
        next_of(self.session, self.reader.config(), &self.facts, own?)
    }

    /// Returns the user's own approval that counts already and says all that another one would.
    fn same_approval(&self, vote: &Vote, is_signed: bool) -> Option<Vote> {
        let facts = &self.facts;
        let signoffs = facts.signoffs(self.reader.config());
        let own = signoffs.roles.iter().filter(|role| role.role == vote.role).flat_map(|role| &role.votes);
        let is_same = |judged: &&JudgedVote<'_>| {
            let earlier = &judged.record.vote;
            judged.status == VoteStatus::Approval
                && earlier.by == vote.by
                && (&earlier.covers.files, &earlier.covers.criteria)
                    == (&vote.covers.files, &vote.covers.criteria)
                && (&earlier.notes, &earlier.agent) == (&vote.notes, &vote.agent)
                && (earlier.signature.is_some() || !is_signed)
        };
        // An approval after a finding was fixed resolves it.
        let resolves =
            facts.findings.iter().any(|finding| finding.role == vote.role && finding.state().awaits_review());
        let is_bare = vote.verdict == Verdict::Approved && vote.findings.is_empty() && !resolves;
        own.filter(|_| is_bare).find(is_same).map(|judged| judged.record.vote.clone())
    }

    pub(super) fn vote(&self, statement: Statement) -> Result<Vote> {
        let Statement { role, stage, verdict, notes, findings, sign: _ } = statement;
        let (id, facts) = (&self.file.id, &self.facts);
        let Some(tip) = self.reader.tip() else {
            return Err(Error::refused(Attempt::Vote(id.clone()), Reason::NoCommit));
        };
        // An approval counts for what it lists, and what the missing commits changed would not be in it.
        if verdict == Verdict::Approved {
            self.reader.repository().refuse_shallow()?;
        }
        let route = Route::of(self.reader.config(), facts.task.kind.as_deref());
        let reviewed = facts.changes.iter().filter(|(path, _)| route.is_reviewed(&role, path));
        let is_shallow = self.reader.repository().is_shallow();
        let content: Vec<CoveredChange> = reviewed
            .map(|(path, change)| CoveredChange {
                path: path.clone(),
                // History is missing that would tell.
                from: if is_shallow { Vec::new() } else { change.from.clone() },
                to: change.to.clone(),
            })
            .collect();
        let (me, agent) = (facts.canonical(&self.by), self.session.agent());
        let own = facts.votes.iter().filter(|record| {
            let vote = &record.vote;
            record.folder == *id
                && (&vote.role, &vote.stage) == (&role, &stage)
                && facts.canonical(&vote.by).is_same(&me)
                // An agent replaces no vote of the person.
                && (agent.is_none() || agent == vote.agent)
        });
        let mut replaces: Vec<String> = own.map(|record| record.name.clone()).collect();
        replaces.sort();
        let mut vote = Vote {
            task: id.clone(),
            covers: Coverage::of(&facts.criteria, content),
            replaces,
            verdict,
            by: self.by.clone(),
            agent,
            at: self.session.env().now(),
            round: route.round(&facts.task.history, &stage),
            stage,
            commit: tip.to_string(),
            notes,
            findings,
            signature: None,
            role,
            unknown: Vec::new(),
            warnings: Vec::new(),
        };
        vote.covers.digest = coverage_digest(&vote);
        Ok(vote)
    }
}

/// Returns the change that writes a finding down.
pub(in crate::ops) fn creation_of(finding: &Finding) -> Change {
    let path = format!("{}/{}.yaml", RecordKind::Finding.folder_of(&finding.task), finding.id);
    Change::create(path, create_finding(finding))
}

fn counts(own: Option<&JudgedVote<'_>>) -> bool {
    own.is_some_and(|judged| judged.status.why_not().is_none())
}

/// The reason of a history entry that a rejection makes.
pub(in crate::ops) fn rejected_because(vote: &Vote) -> String {
    let first = vote.notes.as_deref().and_then(|notes| notes.lines().next()).unwrap_or("see its findings");
    // The history is one line that a terminal shows.
    let first: String = first.chars().filter(|c| !c.is_control()).collect();
    format!("rejected by {} as {}: {first}", vote.by.name, vote.role)
}

/// Summarises a move, and the sign-offs that its new stage requires.
pub(in crate::ops) fn summary_of(plan: &MovePlan) -> String {
    let needs = if plan.signoffs.is_empty() {
        String::new()
    } else {
        format!("   needs {}", plan.signoffs.join(", "))
    };
    format!("{} → {}{needs}", plan.from(), plan.to())
}

fn signed(reader: &FactsReader<'_>, vote: &Vote) -> Result<String> {
    sign_vote(reader.repository(), vote).map_err(|error| {
        let hint = error.hint();
        Error::Usage { message: format!("the vote cannot be signed: {error}"), hint }
    })
}

/// Signs a record, where the policy requires all of them signed; the signature fits one line of a file. Returns the
/// signature, and the message where there should be one and is none.
pub(in crate::ops) fn sign_where_required(
    session: &Session<'_>,
    config: &Config,
    text: &str,
) -> Result<(Option<String>, Option<String>)> {
    if config.policy.signatures != Signatures::Require {
        return Ok((None, None));
    }
    let repository = session.workspace().repository()?;
    Ok(match sign_record(&repository, text) {
        Ok(signature) => (Some(signature), None),
        Err(error) => (None, Some(format!("it does not count: it is not signed, for {error}"))),
    })
}

/// What a vote is about.
struct VoteTarget {
    role: String,
    stage: Stage,
}

/// Returns the place of a new approval or rejection: the stage the task is in.
fn target_of(config: &Config, task: &Task, role: Option<&str>) -> Result<VoteTarget> {
    let required = config.signoffs_of(task.stage.as_str());
    // Owners of the policy sign what changes it, whatever the stage requires.
    if let Some(owners) = role.filter(|role| config.policy.gate.owners.as_deref() == Some(*role)) {
        return Ok(VoteTarget { role: owners.to_owned(), stage: task.stage.clone() });
    }
    if task.cancelled.is_some() || task.stage.is_complete() {
        let missing = if task.cancelled.is_some() { Missing::Cancelled } else { Missing::Completed };
        return Err(Error::refused(Attempt::Vote(task.id.clone()), missing));
    }
    if required.is_empty() {
        let attempt = Attempt::UnrequiredVote { task: task.id.clone(), stage: task.stage.clone() };
        let refusal = Refusal::new(attempt, Vec::new()).with_hint(Hint::SeeSignoffs(task.id.clone()));
        return Err(refusal.into());
    }
    let role = match (role, required) {
        (Some(named), required) if required.iter().any(|role| role == named) => named.to_owned(),
        (Some(named), required) => {
            let message =
                format!("stage `{}` of {} does not require `{}`", task.stage, task.id, named.escape_debug());
            return Err(Error::usage_with(message, format!("one of {}", required.join(", "))));
        }
        (None, [only]) => only.clone(),
        (None, required) => {
            let message = format!("say for which role you vote on {}", task.id);
            return Err(Error::usage_with(message, format!("--as {}", required.join(", or --as "))));
        }
    };
    Ok(VoteTarget { role, stage: task.stage.clone() })
}

/// Returns the place of the vote that a person takes back: also in a stage that the task has left, where a rejection
/// still counts.
fn own_place(facts: &TaskFacts, config: &Config, by: &Person, role: Option<&str>) -> Result<VoteTarget> {
    let signoffs = facts.signoffs(config);
    let (me, id) = (facts.canonical(by), &facts.task.id);
    let gone = |why: &WhyNot| {
        matches!(why, WhyNot::Superseded | WhyNot::Withdrawn | WhyNot::Copied(_) | WhyNot::Overridden)
    };
    let own = signoffs.roles.iter().flat_map(|role| &role.votes).chain(&signoffs.others).filter(|judged| {
        judged.person.email.eq_ignore_ascii_case(&me.email)
            && role.is_none_or(|role| judged.record.vote.role == role)
            && !judged.status.why_not().is_some_and(gone)
    });
    let mut votes: Vec<&JudgedVote<'_>> = own.collect();
    votes.sort_by_key(|judged| (judged.status.why_not().is_none(), judged.record.vote.at));
    let Some(last) = votes.pop() else {
        return Err(Error::refused(Attempt::Withdraw(id.clone()), Reason::NoVoteOf(by.name.clone())));
    };
    let vote = &last.record.vote;
    if role.is_none() && votes.iter().any(|other| other.record.vote.role != vote.role) {
        let mut roles: Vec<&str> =
            votes.iter().chain([&last]).map(|own| own.record.vote.role.as_str()).collect();
        roles.sort_unstable();
        roles.dedup();
        let hint = format!("--as {}", roles.join(", or --as "));
        return Err(Error::usage_with(format!("say which of your votes on {id} you take back"), hint));
    }
    Ok(VoteTarget { role: vote.role.clone(), stage: vote.stage.clone() })
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
        let typed = read_finding_text(text)?;
        let mut finding = Finding {
            id: FindingId::parse("F0").expect("a literal id is valid"),
            task: task.id.clone(),
            role: role.to_owned(),
            severity: typed.severity,
            title: typed.title,
            detail: None,
            file: typed.file,
            line: typed.line,
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
struct TypedFinding {
    severity: FindingSeverity,
    title: String,
    file: Option<String>,
    line: Option<u32>,
}

/// Reads `high: token logged @ src/auth.rs:41`.
fn read_finding_text(text: &str) -> Result<TypedFinding> {
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
    Ok(TypedFinding { severity, title: title.to_owned(), file, line })
}
