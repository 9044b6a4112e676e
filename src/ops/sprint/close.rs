//! Closing a sprint: audit, then one plan of everything that is to be written, then its execution.
//!
//! The plan is made once, from the records of one commit, and noted down before anything is written ([`Closing`]). Whoever
//! closes the sprint after a stop goes on with that plan, so that the result is the same, with one commit and one tag.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Serialize;

use super::actions::ACTION_KINDS;
use super::audit::{Audit, AuditRule, Auditor};
use super::branches::{Branch, GitQueries, git};
use super::closing::Closing;
use super::documents::Planner;
use super::records::{SprintData, find, find_or_active, gather_at, refuse_closed};
use crate::facts::carried;
use crate::import::evidence::{read_coverage, read_tests};
use crate::metrics::{Calendar, Numbers};
use crate::model::{
    EvidenceCounts, Problem, RecordKind, RecordPath, ScopeAction, ScopeEntry, ScopeRecord, ScoreRubric,
    SprintEvidence, SprintId, SprintState, Suggestion, Summary, TaskId, to_hex,
};
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{Attempt, Reason};
use crate::report::closing::{Postmortem, read_postmortem, read_written_postmortem};
use crate::store::{SprintFile, Tasks};

/// A file of evidence that was given on the command line.
#[derive(Debug, Clone)]
pub struct EvidenceFile {
    /// Its name as given.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it is of coverage, and not of tests.
    pub is_coverage: bool,
}

/// How to close a sprint.
#[derive(Debug, Clone, Default)]
pub struct CloseRequest {
    /// The sprint; the active one if none.
    pub name: Option<String>,
    /// The sprint that open tasks go on in.
    pub carry_over: Option<String>,
    /// Tasks that will not be done, each with the reason.
    pub drop: Vec<(String, String)>,
    /// Whether finished branches are merged first.
    pub merge: bool,
    /// Reports of tests and coverage.
    pub evidence: Vec<EvidenceFile>,
    /// What people have to say, as Markdown.
    pub postmortem: Option<String>,
    /// The tag's name.
    pub tag: Option<String>,
    /// The tag's message.
    pub tag_message: Option<String>,
    /// What the audit may find without refusing.
    pub allow: Vec<AuditRule>,
    /// Whether a dry run tells what is in the files; else it names them.
    pub texts: bool,
}

impl CloseRequest {
    /// Whether the files are made, and not only named.
    pub(super) fn makes_texts(&self, session: &Session<'_>) -> bool {
        self.texts || !session.is_dry()
    }
}

/// What becomes of an open task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disposal {
    /// It goes on in another sprint.
    CarryOver(SprintId),
    /// Nobody will do it.
    Drop(String),
}

/// What came of closing a sprint.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClosedSprint {
    /// Its name.
    pub sprint: String,
    /// Whether it is closed now.
    pub closed: bool,
    /// Whether a close that had stopped was taken back.
    pub aborted: bool,
    /// Whether a close that had stopped was gone on with.
    pub resumed: bool,
    /// What the audit found; none where a close was gone on with.
    pub audit: Option<Audit>,
    /// What was delivered, in one line.
    pub summary: Option<String>,
    /// The commit that the numbers are of.
    pub numbers_of: Option<String>,
    /// The commit that closed it.
    pub commit: Option<String>,
    /// The tag.
    pub tag: Option<String>,
    /// The numbers.
    pub numbers: Option<Numbers>,
    /// Branches that were merged.
    pub merged: Vec<String>,
    /// Parts of the postmortem that people wrote.
    pub parts_written: usize,
    /// Headings of those that nobody wrote.
    pub parts_open: Vec<String>,
    /// What would be written, or was.
    pub written: Option<Written>,
    /// The message of the commit.
    pub message: Option<String>,
}

/// Returns the text that an editor is given for the postmortem; none where the sprint cannot be closed now anyway, or
/// where a close has to be gone on with.
pub fn postmortem_template(session: &Session<'_>, request: &CloseRequest) -> Result<Option<String>> {
    if Closing::read(session)?.is_some() || request.postmortem.is_some() {
        return Ok(None);
    }
    let file = find_or_active(session, request.name.as_deref())?;
    let is_a_step = session.config()?.sprints.steps.contains(&crate::model::CloseStep::Postmortem);
    let is_active = file.sprint.state() == SprintState::Active;
    if !is_a_step || !is_active {
        return Ok(None);
    }
    let audited = audit(session, request, &file)?;
    Ok(audited.audit.passes().then(|| audited.postmortem.template(&ACTION_KINDS)))
}

/// Takes back a close that has stopped before its commit. After it, what is left to do is left out.
pub fn abort_close(session: &Session<'_>) -> Result<ClosedSprint> {
    let closing = Closing::read(session)?;
    let closing = closing.ok_or_else(|| Error::usage("no close has stopped half-way"))?;
    let is_committed = closing.abort(session)?;
    let id = SprintId::parse(&closing.sprint).map_err(|error| Error::usage(error.to_string()))?;
    Ok(ClosedSprint { aborted: true, closed: is_committed, ..ClosedSprint::of(&id) })
}

/// Closes a sprint, or goes on with a close that has stopped.
pub fn close_sprint(session: &mut Session<'_>, request: &CloseRequest) -> Result<ClosedSprint> {
    if let Some(closing) = Closing::read(session)? {
        return resume(session, &closing, request);
    }
    let file = find_or_active(session, request.name.as_deref())?;
    refuse_unless_active(session, &file)?;
    if request.merge && !session.is_dry() {
        merge_finished(session, request, &file)?;
        session.refresh()?;
    }
    let audited = audit(session, request, &file)?;
    if !audited.audit.passes() {
        return Ok(ClosedSprint { audit: Some(audited.audit), ..ClosedSprint::of(&file.sprint.id) });
    }
    let planner = Planner::new(session, request, audited)?;
    let (closing, audited) = planner.plan()?;
    if !session.is_dry() {
        closing.note_down(session)?;
    }
    let mut closed = carried_out(session, &closing, &file.sprint.id)?;
    if !request.makes_texts(session) {
        let records = closed.written.iter_mut().flat_map(|written| &mut written.records);
        records.for_each(|record| record.diff = None);
    }
    Ok(ClosedSprint { numbers: Some(audited.numbers), audit: Some(audited.audit), ..closed })
}

/// Carries a plan out, or shows it where the session only shows what would be done.
fn carried_out(session: &Session<'_>, closing: &Closing, id: &SprintId) -> Result<ClosedSprint> {
    let outcome = if session.is_dry() { None } else { Some(closing.carry_out(session)?) };
    Ok(ClosedSprint {
        closed: outcome.is_some(),
        summary: Some(closing.summary.clone()),
        numbers_of: Some(closing.numbers_of.clone()),
        commit: outcome,
        tag: closing.tag.clone(),
        merged: closing.merged.clone(),
        parts_written: closing.parts_written,
        parts_open: closing.parts_open.clone(),
        written: Some(closing.written(session.is_dry())),
        message: Some(closing.message.clone()),
        ..ClosedSprint::of(id)
    })
}

impl ClosedSprint {
    fn of(id: &SprintId) -> Self {
        Self {
            sprint: id.to_string(),
            closed: false,
            aborted: false,
            resumed: false,
            audit: None,
            summary: None,
            numbers_of: None,
            commit: None,
            tag: None,
            numbers: None,
            merged: Vec::new(),
            parts_written: 0,
            parts_open: Vec::new(),
            written: None,
            message: None,
        }
    }
}

fn resume(session: &Session<'_>, closing: &Closing, request: &CloseRequest) -> Result<ClosedSprint> {
    let id = SprintId::parse(&closing.sprint).map_err(|error| Error::usage(error.to_string()))?;
    if let Some(name) = &request.name
        && find(session, name)?.sprint.id != id
    {
        let go_on = Suggestion::tracker(["sprint", "close", id.as_str()]);
        let message = format!("the close of {id} has stopped half-way");
        return Err(Error::usage_with(message, format!("run `{go_on}` first")));
    }
    Ok(ClosedSprint { resumed: true, ..carried_out(session, closing, &id)? })
}

fn refuse_unless_active(session: &Session<'_>, file: &SprintFile) -> Result<()> {
    let id = file.sprint.id.clone();
    match file.sprint.state() {
        SprintState::Active => Ok(()),
        SprintState::Closed => Err(refuse_closed(session, "close", file)),
        state @ SprintState::Planned => {
            let fix = Some(Suggestion::tracker(["sprint", "start", id.as_str()]));
            let reason = Reason::SprintIs { sprint: id.clone(), state, fix };
            Err(Error::refused(Attempt::ChangeSprint { action: "close", sprint: id }, reason))
        }
    }
}

/// All that a plan is made of.
#[derive(Debug)]
pub(super) struct Audited {
    pub(super) audit: Audit,
    /// The sprint's data at the commit, with the records that its close adds to the scope.
    pub(super) data: SprintData,
    pub(super) numbers: Numbers,
    pub(super) commit: String,
    pub(super) record: Option<ScopeRecord>,
    pub(super) evidence: Vec<SprintEvidence>,
    pub(super) postmortem: Postmortem,
    pub(super) next: Option<SprintFile>,
    /// Branches that are not merged.
    pub(super) branches: Vec<Branch>,
    pub(super) merged: Vec<String>,
    /// How it is scored, as the commit says.
    pub(super) rubric: Option<ScoreRubric>,
}

/// Looks at everything, and writes nothing.
fn audit(session: &Session<'_>, request: &CloseRequest, file: &SprintFile) -> Result<Audited> {
    let repository = session.workspace().repository()?;
    let Some(commit) = repository.head()?.commit else {
        let attempt = Attempt::ChangeSprint { action: "close", sprint: file.sprint.id.clone() };
        return Err(Error::refused(attempt, Reason::NoCommit));
    };
    if let Some(operation) = session.workspace().repo_paths().operation() {
        let message = format!("git is in the middle of a {operation}");
        return Err(Error::usage_with(message, "finish or abort it first"));
    }
    let queries = GitQueries::begin(session, file);
    let next = request.carry_over.as_deref().map(|name| next_sprint(session, file, name)).transpose()?;
    let tasks = session.snapshot().tasks()?;
    let disposals = disposals(session, request, (file, &tasks), next.as_ref())?;
    let record = record_of(session, file, &disposals)?;
    let mut own = file.clone();
    own.scope.extend(record.clone());
    let now = session.env().local_now();
    let snapshot = session.workspace().snapshot_of_commit(Some(commit))?;
    let (config, _) = snapshot.config()?;
    let mut data = gather_at(&snapshot, &config, own, now.to_utc(), Calendar::at(*now.offset()))?;
    data.window.to = data.last_moment(TimeDelta::days(1));
    let numbers = super::verify::numbers_of(&data, &config);
    let evidence = evidence(request, &commit.to_string())?;
    let git = queries.answers()?;
    let branches = git.unmerged(session, &data)?;
    let all = super::records::all(session)?;
    let carries = carries(&all, &file.sprint.id);
    let planned = all.iter().find(|file| file.sprint.state() == SprintState::Planned);
    let (policy, _) = session.config_or_default();
    let auditor = Auditor {
        policy: &policy,
        carries: &carries,
        next_name: planned.map_or("NEXT", |file| file.sprint.id.as_str()),
        session,
        request,
        tasks: &tasks,
        data: &data,
        disposals: &disposals,
        branches: &branches,
        evidence: &evidence,
        uncommitted: &git.uncommitted,
    };
    let audit = auditor.audit()?;
    let postmortem = postmortem_of(session, request, &file.sprint.id)?;
    Ok(Audited {
        audit,
        data,
        numbers,
        commit: commit.to_string(),
        record,
        evidence,
        postmortem,
        next,
        branches,
        merged: git.merged,
        rubric: config.sprints.scores,
    })
}

/// Returns how often tasks were carried over so far.
fn carries(all: &[SprintFile], but: &SprintId) -> BTreeMap<TaskId, usize> {
    let mut carries = BTreeMap::new();
    let others = all.iter().filter(|file| file.sprint.id != *but);
    for task in others.flat_map(|file| carried(file).into_keys()) {
        *carries.entry(task).or_default() += 1;
    }
    carries
}

/// Reads what people have to say now, and what the document of an earlier close has of them.
fn postmortem_of(session: &Session<'_>, request: &CloseRequest, id: &SprintId) -> Result<Postmortem> {
    type Read = std::result::Result<Postmortem, Vec<Problem>>;
    let named = |read: Read, name: &str| {
        read.map_err(|problems| {
            Error::Broken(problems.into_iter().map(|problem| problem.in_file(name)).collect())
        })
    };
    let now = match &request.postmortem {
        Some(text) => named(read_postmortem(text, &ACTION_KINDS), "postmortem")?,
        None => Postmortem::default(),
    };
    let path = RecordPath::of_sprint(RecordKind::SprintDocument, id, "POSTMORTEM.md");
    let path = path.expect("a literal name is a document's").to_string();
    let Some(earlier) = session.snapshot().read(&path)? else { return Ok(now) };
    let earlier = String::from_utf8_lossy(&earlier);
    Ok(now.or(named(read_written_postmortem(&earlier, &ACTION_KINDS), &path)?))
}

fn next_sprint(session: &Session<'_>, file: &SprintFile, name: &str) -> Result<SprintFile> {
    let next = find(session, name)?;
    if next.sprint.id == file.sprint.id {
        return Err(Error::usage_with(
            format!("{} cannot be carried over to itself", file.sprint.id),
            "name the sprint that comes after it",
        ));
    }
    if next.sprint.state() == SprintState::Closed {
        return Err(refuse_closed(session, "carry tasks over to", &next));
    }
    Ok(next)
}

fn disposals(
    session: &Session<'_>,
    request: &CloseRequest,
    (file, tasks): (&SprintFile, &Tasks),
    next: Option<&SprintFile>,
) -> Result<BTreeMap<TaskId, Disposal>> {
    let scope = crate::facts::scope_now(file);
    let open = |id: &TaskId| tasks.find(id.as_str()).filter(|task| !task.is_closed());
    let mut found = BTreeMap::new();
    for (query, why) in &request.drop {
        let id = session.resolve(query)?;
        let why = crate::ops::fields::reason(why)?;
        if why.is_empty() {
            return Err(Error::usage_with("the reason is empty", format!("give one: `--drop {id} REASON`")));
        }
        if !scope.contains_key(&id) {
            return Err(Error::usage(format!("{id} is not in {}", file.sprint.id)));
        }
        if open(&id).is_none() {
            return Err(Error::usage(format!("{id} is closed already")));
        }
        found.insert(id, Disposal::Drop(why));
    }
    if let Some(next) = next {
        let before = carried(file);
        for id in scope.keys().filter(|id| !request.drop.iter().any(|(own, _)| *own == *id.as_str())) {
            let was = before.get(id).map(SprintId::as_str);
            let is_on = |task: &Summary<'_>| task.sprint.is_some() && task.sprint == was;
            if !found.contains_key(id) && open(id).is_some_and(|task| !is_on(&task)) {
                found.insert(id.clone(), Disposal::CarryOver(next.sprint.id.clone()));
            }
        }
    }
    Ok(found)
}

fn record_of(
    session: &Session<'_>,
    file: &SprintFile,
    disposals: &BTreeMap<TaskId, Disposal>,
) -> Result<Option<ScopeRecord>> {
    if disposals.is_empty() {
        return Ok(None);
    }
    let entry = |(task, disposal): (&TaskId, &Disposal)| {
        let (action, to, why) = match disposal {
            Disposal::CarryOver(to) => (ScopeAction::Carried, Some(to.clone()), None),
            Disposal::Drop(why) => (ScopeAction::Cancelled, None, Some(why.clone())),
        };
        ScopeEntry { task: task.clone(), action, estimate: None, to, why }
    };
    Ok(Some(ScopeRecord {
        sprint: file.sprint.id.clone(),
        at: session.env().now(),
        by: session.actor()?,
        agent: session.agent(),
        changes: disposals.iter().map(entry).collect(),
        unknown: Vec::new(),
        warnings: Vec::new(),
    }))
}

/// Sums the files of each kind up.
fn evidence(request: &CloseRequest, commit: &str) -> Result<Vec<SprintEvidence>> {
    use sha2::{Digest, Sha256};
    let mut found: Vec<(SprintEvidence, Sha256)> = Vec::new();
    for file in &request.evidence {
        let read = if file.is_coverage { read_coverage(&file.bytes) } else { read_tests(&file.bytes) };
        let named = |problem: Problem| Error::Broken(vec![problem.in_file(&file.name)]);
        let counts = read.map_err(named)?;
        let name = file.name.rsplit('/').next().unwrap_or(&file.name).to_owned();
        match found.iter_mut().find(|(known, _)| known.counts.kind() == counts.kind()) {
            Some((known, digest)) => {
                known.counts = sum(known.counts, counts);
                known.files.push(name);
                digest.update(&file.bytes);
            }
            None => {
                let evidence = SprintEvidence {
                    counts,
                    files: vec![name],
                    digest: String::new(),
                    commit: commit.to_owned(),
                };
                found.push((evidence, Sha256::new_with_prefix(&file.bytes)));
            }
        }
    }
    let finish = |(evidence, digest): (SprintEvidence, Sha256)| {
        let digest = to_hex(&digest.finalize());
        SprintEvidence { digest, ..evidence }
    };
    Ok(found.into_iter().map(finish).collect())
}

fn sum(one: EvidenceCounts, other: EvidenceCounts) -> EvidenceCounts {
    match (one, other) {
        (
            EvidenceCounts::Tests { total, failed, skipped },
            EvidenceCounts::Tests { total: t, failed: f, skipped: s },
        ) => EvidenceCounts::Tests { total: total + t, failed: failed + f, skipped: skipped + s },
        (EvidenceCounts::Coverage { lines, covered }, EvidenceCounts::Coverage { lines: l, covered: c }) => {
            EvidenceCounts::Coverage { lines: lines + l, covered: covered + c }
        }
        (one, _) => one,
    }
}

/// Merges the finished branches one after the other; one that conflicts is left as it was.
fn merge_finished(session: &Session<'_>, request: &CloseRequest, file: &SprintFile) -> Result<()> {
    let audited = audit(session, request, file)?;
    for branch in audited.branches.iter().filter(|branch| branch.is_finished) {
        let reference = format!("refs/heads/{}", branch.name);
        let message = format!("Merge branch '{}'", branch.name);
        let merged =
            git(session, &["merge", "--quiet", "--no-ff", "-m", &message, &reference], "merge a branch");
        if let Err(error) = merged {
            let _ = git(session, &["merge", "--abort"], "abort a merge");
            let hint = format!("run `{}` and resolve it by hand", Suggestion::git(["merge", &branch.name]));
            return Err(Error::usage_with(error.to_string(), hint));
        }
    }
    Ok(())
}
