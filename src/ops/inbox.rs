//! `inbox`: what waits for the current user, most urgent first, each with the command that deals with it; and for the
//! whole team, the sign-offs that are pending.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::claims::{claims_of, is_claimed};
use super::escalations::{EscalationView, escalations_to_decide};
use super::in_flight::in_flight_of;
use super::on_branch::at_place;
use super::plan::{drafts_to_approve, tasks_held_back};
use super::run::run_questions;
use super::select::{Selection, Selector, own_names, read_query};
use super::signoffs::next_of;
use super::{Result, Session};
use crate::facts::{FactsReader, Flight, InFlight, KnownClaims, TaskFacts};
use crate::git::Repository;
use crate::model::{
    Badge, Config, FindingSeverity, Move, MoveKind, Note, NoteKind, Problem, RecordKind, Status, Suggestion,
    Summary, TaskId, counted, is_mentioned, is_same_name,
};
use crate::policy::{Fix, Missing, gate};
use crate::store::Tasks;

/// Why something is in the inbox. In this order: who waits for others comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboxKind {
    /// A task of yours was sent back.
    Rejected,
    /// A finding is open on a task of yours.
    Finding,
    /// Your vote is required.
    Review,
    /// A plan is a draft, and you may approve it.
    Plan,
    /// A run of a workflow asks a person.
    Question,
    /// A worker could not fix something.
    Escalation,
    /// The director has found something on a task of yours, or on one that is nobody's.
    Director,
    /// A note names you, and you have not answered it.
    Mention,
    /// A task of yours can begin.
    Ready,
}

impl InboxKind {
    /// Returns the word that people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Finding => "finding",
            Self::Review => "review",
            Self::Plan => "plan",
            Self::Question => "question",
            Self::Escalation => "escalation",
            Self::Director => "director",
            Self::Mention => "mention",
            Self::Ready => "ready",
        }
    }
}

/// One thing that waits for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InboxItem {
    /// Why it is here.
    pub kind: InboxKind,
    /// The task; of a question the run, of a draft the plan, of an escalation its id.
    pub task: String,
    /// Its title; of a question the name of the workflow, of an escalation the tool and the rule.
    pub title: String,
    /// What it is about: the question, the role, the reason, the finding, the note.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The role, of a review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Since when it waits.
    pub since: Option<DateTime<Utc>>,
    /// The branch where it is; left out for the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What deals with it.
    pub command: Suggestion,
}

/// What waits for the user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inbox {
    /// Most urgent first.
    pub items: Vec<InboxItem>,
}

/// A sign-off that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingSignoff {
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// The stage that requires it.
    pub stage: String,
    /// The role.
    pub role: String,
    /// What is missing, where that is more than one approval: `1 of 2`, or who has to vote again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Who may give it; empty where anyone can.
    pub waiting_for: Vec<String>,
    /// When the task entered the stage.
    pub since: Option<DateTime<Utc>>,
    /// The branch where it is; left out for the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What the current user can do about it: the vote where theirs would count, else whom to ask.
    pub next: Option<String>,
}

/// The sign-offs that are pending, of the whole team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingSignoffs {
    /// The longest waiting first.
    pub pending: Vec<PendingSignoff>,
}

/// Returns what waits for the current user.
pub fn inbox(session: &Session<'_>) -> Result<(Inbox, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let tasks = session.snapshot().tasks()?;
    let inbox = OpenTasks::read(session, &config, &tasks, "", &mut problems)?.inbox(&mut problems)?;
    Ok((inbox, problems))
}

/// Returns the sign-offs that are pending on the tasks that a query selects.
pub fn pending_signoffs(session: &Session<'_>, query: &str) -> Result<(PendingSignoffs, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let tasks = session.snapshot().tasks()?;
    let open = OpenTasks::read(session, &config, &tasks, query, &mut problems)?;
    let mut pending = Vec::new();
    open.each_in_review(&mut problems, |facts, missing| pending.extend(open.pending(facts, missing, None)))?;
    open.each_in_flight(|flight, facts, missing| pending.extend(open.pending(facts, missing, Some(flight))))?;
    pending.sort_by(|a: &PendingSignoff, b| (a.since, &a.task).cmp(&(b.since, &b.task)));
    Ok((PendingSignoffs { pending }, problems))
}

/// The tasks that are neither complete nor cancelled, and who looks at them.
pub(super) struct OpenTasks<'o, 's> {
    session: &'o Session<'s>,
    config: &'o Config,
    pub(super) selection: Selection<'o>,
    in_flight: InFlight,
    claims: KnownClaims,
    /// The names that the user goes by.
    names: Vec<String>,
    /// What a note calls the user after an `@`: these names, and the first word of the full one.
    handles: Vec<String>,
    /// The tasks of plans that nobody has approved, once somebody has asked for them.
    held: OnceCell<HashSet<TaskId>>,
}

impl<'o, 's> OpenTasks<'o, 's> {
    pub(super) fn read(
        session: &'o Session<'s>,
        config: &'o Config,
        tasks: &'o Tasks,
        query: &str,
        problems: &mut Vec<Problem>,
    ) -> Result<Self> {
        let (query, _) = read_query(session, config, query, None)?;
        let selector = Selector { session, config, query: &query };
        let selection = selector.among(tasks, problems, |task| !task.is_closed())?;
        let names = own_names(session);
        let first = names.iter().filter_map(|name| name.split_once(' ')).map(|(first, _)| first.to_owned());
        let handles = names.iter().cloned().chain(first).collect();
        Ok(Self {
            session,
            config,
            selection,
            in_flight: in_flight_of(session),
            claims: claims_of(session),
            names,
            handles,
            held: OnceCell::new(),
        })
    }

    /// Whether somebody is the user.
    pub(super) fn is_me(&self, name: &str) -> bool {
        self.names.iter().any(|own| is_same_name(own, name))
    }

    /// Whether a task is the user's.
    pub(super) fn is_mine(&self, task: &Summary<'_>) -> bool {
        task.assignee.is_some_and(|name| self.is_me(name))
    }

    /// Whether a task goes on beside this working tree.
    pub(super) fn is_elsewhere(&self, task: &Summary<'_>) -> bool {
        let now = self.session.env().now();
        !self.in_flight.of(task.id, task.since_at()).is_empty() || is_claimed(&self.claims, task, now)
    }

    /// Whether a task is in a plan that nobody has approved. Plans that cannot be read are stated elsewhere.
    pub(super) fn is_held(&self, task: &Summary<'_>) -> bool {
        let held = || tasks_held_back(self.session, self.config).unwrap_or_default();
        self.held.get_or_init(held).contains(task.id)
    }

    pub(super) fn inbox(&self, problems: &mut Vec<Problem>) -> Result<Inbox> {
        let mut items = self.sent_back(problems)?;
        self.each_in_review(problems, |facts, missing| items.extend(self.review(facts, missing, None)))?;
        self.each_in_flight(|flight, facts, missing| {
            items.extend(self.review(facts, missing, Some(flight)));
        })?;
        items.extend(self.drafts()?);
        items.extend(self.questions());
        items.extend(self.escalations()?);
        items.extend(self.notes()?);
        let ready = self.selection.derived.queue(&self.selection.summaries).into_iter();
        let ready = ready.map(|at| &self.selection.summaries[at]);
        let ready =
            ready.filter(|task| self.is_mine(task) && !self.is_elsewhere(task) && !self.is_held(task));
        items.extend(ready.map(|task| InboxItem {
            kind: InboxKind::Ready,
            task: task.id.to_owned(),
            title: task.title.to_owned(),
            about: task.priority.unwrap_or_default().to_owned(),
            role: None,
            since: None,
            branch: None,
            command: Suggestion::tracker(["start", task.id]),
        }));
        // Who rejected is also one of those who could approve: that is one vote.
        let mut seen = HashSet::new();
        items.retain(|item| seen.insert((item.kind, item.task.clone(), item.command.to_string())));
        // Stable: what can begin stays in the order of the queue.
        items.sort_by_key(|item| (item.kind, item.since));
        Ok(Inbox { items })
    }

    /// Plans that wait for an approval which the user may give.
    fn drafts(&self) -> Result<impl Iterator<Item = InboxItem>> {
        let drafts = drafts_to_approve(self.session, self.config)?;
        Ok(drafts.into_iter().map(|draft| {
            let tasks = counted(draft.file.plan.tasks().count(), "task");
            InboxItem {
                kind: InboxKind::Plan,
                task: draft.id().to_string(),
                title: draft.file.plan.title.clone(),
                about: draft.why().map_or(tasks.clone(), |why| format!("{tasks}, {why}")),
                role: None,
                since: None,
                branch: None,
                command: Suggestion::tracker(["plan", "show", draft.id().as_str()]),
            }
        }))
    }

    /// What runs of this working tree ask; agents cannot answer.
    fn questions(&self) -> impl Iterator<Item = InboxItem> {
        let questions = match self.session.agent() {
            None => run_questions(self.session),
            Some(_) => Vec::new(),
        };
        questions.into_iter().map(|question| InboxItem {
            kind: InboxKind::Question,
            task: question.run,
            title: question.workflow,
            about: question.text,
            role: None,
            since: Some(question.since),
            branch: None,
            command: question.command,
        })
    }

    /// What workers could not fix; agents do not decide about that.
    fn escalations(&self) -> Result<Vec<InboxItem>> {
        if self.session.agent().is_some() {
            return Ok(Vec::new());
        }
        let waiting = escalations_to_decide(self.session)?.into_iter();
        let item = |own: EscalationView| InboxItem {
            kind: InboxKind::Escalation,
            title: format!("{} {}: {}", own.tool, own.rule, own.title),
            about: format!("{}, {}: {}", own.severity, counted(own.remaining, "finding"), own.reason_text),
            role: None,
            since: Some(own.at),
            branch: None,
            command: Suggestion::tracker(["escalations", "show", own.id.as_str()]),
            task: own.id,
        };
        Ok(waiting.map(item).collect())
    }

    /// The user's tasks that were sent back, or have open findings.
    fn sent_back(&self, problems: &mut Vec<Problem>) -> Result<Vec<InboxItem>> {
        let mut items = Vec::new();
        let tasks = self.selection.matching.iter().map(|&at| (&self.selection.summaries[at], at));
        for (summary, at) in tasks.filter(|(task, _)| self.is_mine(task)) {
            let has_issues = self.selection.derived.facts[at].badge == Badge::IssuesFound;
            let Some(task) = self.parsed(summary.id, problems)?.filter(|_| summary.stage != "none") else {
                continue;
            };
            let item = |kind, about: String, since| InboxItem {
                kind,
                task: summary.id.to_owned(),
                title: summary.title.to_owned(),
                about,
                role: None,
                since,
                branch: None,
                command: Suggestion::tracker(["show", summary.id]),
            };
            let findings = if has_issues { self.findings_of(&task.id)? } else { None };
            let failed = task.history.last().filter(|step| step.kind == MoveKind::Fail);
            items.extend(match (failed, findings) {
                (Some(failed), None) => Some(item(InboxKind::Rejected, reason_of(failed), Some(failed.at))),
                (Some(failed), Some((worst, _))) => {
                    let about = format!("{}; {worst}", reason_of(failed));
                    Some(item(InboxKind::Rejected, about, Some(failed.at)))
                }
                (None, Some((worst, since))) => Some(item(InboxKind::Finding, worst, since)),
                (None, None) => None,
            });
        }
        Ok(items)
    }

    /// The worst of a task's open findings, and how many others there are.
    fn findings_of(&self, id: &TaskId) -> Result<Option<(String, Option<DateTime<Utc>>)>> {
        let (findings, _) = self.session.snapshot().findings(id)?;
        let mut open: Vec<_> = findings.iter().map(|(_, finding)| finding).collect();
        open.retain(|finding| finding.state().is_open());
        open.sort_by(|a, b| FindingSeverity::worst_first(&a.severity, &b.severity).then(a.at.cmp(&b.at)));
        let Some(first) = open.first() else { return Ok(None) };
        let place = first.place().map_or_else(String::new, |place| format!(", {place}"));
        let more = if open.len() > 1 { format!(", and {} more", open.len() - 1) } else { String::new() };
        Ok(Some((format!("{} {}: {}{place}{more}", first.id, first.severity, first.title), Some(first.at))))
    }

    /// Calls `see` with what each task lacks that is in a stage which requires sign-offs.
    fn each_in_review(
        &self,
        problems: &mut Vec<Problem>,
        mut see: impl FnMut(&TaskFacts, &Missing),
    ) -> Result<()> {
        let is_asking = |at: usize| {
            let (task, tally) = (&self.selection.summaries[at], self.selection.derived.tallies[at]);
            let is_open = self.selection.derived.facts[at].status == Status::InProgress;
            is_open
                && tally.required > 0
                && (tally.missing() > 0 || tally.rejected > 0)
                && task.stage != "none"
        };
        let asking: Vec<usize> =
            self.selection.matching.iter().copied().filter(|&at| is_asking(at)).collect();
        if asking.is_empty() {
            return Ok(());
        }
        let repository = self.session.workspace().repository()?;
        let reader: FactsReader<'_> = self.session.facts(&repository, self.config)?;
        for at in asking {
            let Some(task) = self.parsed(self.selection.summaries[at].id, problems)? else { continue };
            let facts = reader.task(task)?;
            missing_of(self.session, self.config, &facts).iter().for_each(|missing| see(&facts, missing));
        }
        Ok(())
    }

    /// Calls `see` with what each task lacks that is in such a stage on another branch, where it is committed.
    fn each_in_flight(&self, mut see: impl FnMut(&Flight, &TaskFacts, &Missing)) -> Result<()> {
        let here: HashMap<&str, Option<DateTime<Utc>>> =
            self.selection.summaries.iter().map(|task| (task.id, task.since_at())).collect();
        let is_new = |id: &TaskId| self.session.snapshot().task_file(id).is_ok_and(|file| file.is_none());
        let repository = self.session.workspace().repository()?;
        for id in self.in_flight.ids() {
            let Ok(task_id) = TaskId::parse(id) else { continue };
            let since = match here.get(id) {
                Some(since) => *since,
                None if is_new(&task_id) => None,
                None => continue,
            };
            let Some(flight) = self.in_flight.of(id, since).first().copied() else { continue };
            let Some(facts) = voted_on_there(self.session, self.config, &repository, (&task_id, flight))?
            else {
                continue;
            };
            missing_of(self.session, self.config, &facts)
                .iter()
                .for_each(|missing| see(flight, &facts, missing));
        }
        Ok(())
    }

    /// A vote of the user's that would count.
    fn review(&self, facts: &TaskFacts, missing: &Missing, flight: Option<&Flight>) -> Option<InboxItem> {
        let (Missing::Signoff { role, .. } | Missing::Rejected { role, .. }) = missing else { return None };
        let Some(Fix::Run(command)) = next_of(self.session, self.config, facts, missing) else { return None };
        let again = if matches!(missing, Missing::Rejected { .. }) { ", again" } else { "" };
        Some(InboxItem {
            kind: InboxKind::Review,
            task: facts.task.id.to_string(),
            title: facts.task.title.clone(),
            about: format!("as {role}{again}"),
            role: Some(role.clone()),
            since: facts.task.since(),
            branch: flight.and_then(|flight| flight.branch.clone()),
            command: flight.map_or_else(|| command.clone(), |flight| at_place(command.clone(), flight)),
        })
    }

    fn pending(
        &self,
        facts: &TaskFacts,
        missing: &Missing,
        flight: Option<&Flight>,
    ) -> Option<PendingSignoff> {
        let (role, state, waiting_for) = match missing {
            Missing::Signoff { role, have, need, waiting_for, .. } => {
                (role, (*need > 1).then(|| format!("{have} of {need}")), waiting_for.clone())
            }
            Missing::Rejected { role, by, .. } => (role, Some("rejected".to_owned()), vec![by.clone()]),
            _ => return None,
        };
        let next = next_of(self.session, self.config, facts, missing).map(|next| match (next, flight) {
            (Fix::Run(command), Some(flight)) => Fix::Run(at_place(command, flight)),
            (next, _) => next,
        });
        Some(PendingSignoff {
            task: facts.task.id.to_string(),
            title: facts.task.title.clone(),
            stage: facts.task.stage.to_string(),
            role: role.clone(),
            state,
            waiting_for,
            since: facts.task.since(),
            branch: flight.and_then(|flight| flight.branch.clone()),
            next: next.map(|next| next.to_string()),
        })
    }

    /// Notes on open tasks that the user has written none after: those of others that name the user, and those of the director
    /// on what the user works on, until the task moves.
    fn notes(&self) -> Result<Vec<InboxItem>> {
        let snapshot = self.session.snapshot();
        let folders = snapshot.list(RecordKind::Note.folder())?;
        let folders: HashSet<&str> = folders.iter().map(|folder| folder.name.as_str()).collect();
        let mut items = Vec::new();
        for task in self.selection.matching.iter().map(|&at| &self.selection.summaries[at]) {
            let Ok(id) = TaskId::parse(task.id) else { continue };
            // What cannot be read is for `show` and `doctor` to report.
            let mut notes = if folders.contains(task.id) { snapshot.notes(&id)?.0 } else { Vec::new() };
            let flight = self.director_elsewhere(task);
            if let Some(flight) = flight {
                let there = self.director_notes(&id, flight)?;
                let new: Vec<Note> = there.into_iter().filter(|note| !notes.contains(note)).collect();
                notes.extend(new);
                notes.sort_by_key(|note| note.at);
            }
            items.extend(self.open_notes(task, &notes, flight));
        }
        Ok(items)
    }

    /// Returns where a task goes on, if a director may have left notes there.
    fn director_elsewhere(&self, task: &Summary<'_>) -> Option<&Flight> {
        let is_directed = !self.config.director.is_empty();
        is_directed.then(|| self.in_flight.of(task.id, task.since_at()).first().copied()).flatten()
    }

    /// Returns the notes of the director on a task where that goes on.
    fn director_notes(&self, id: &TaskId, flight: &Flight) -> Result<Vec<Note>> {
        let (mut notes, _) = match &flight.work_dir {
            Some(folder) => self.session.in_working_tree(Path::new(folder))?.snapshot().notes(id)?,
            None => self.session.workspace().snapshot_of_commit(flight.commit)?.notes(id)?,
        };
        notes.retain(|note| note.kind == Some(NoteKind::Director));
        Ok(notes)
    }

    fn open_notes(&self, task: &Summary<'_>, notes: &[Note], flight: Option<&Flight>) -> Vec<InboxItem> {
        let is_directors = |note: &&Note| note.kind == Some(NoteKind::Director);
        let is_answer = |note: &Note| self.is_me(&note.by) && !is_directors(&note);
        let open = &notes[notes.iter().rposition(is_answer).map_or(0, |at| at + 1)..];
        let first_line = |note: &Note| note.text.lines().next().unwrap_or_default().to_owned();
        let item = |kind, note: &Note, about| InboxItem {
            kind,
            task: task.id.to_owned(),
            title: task.title.to_owned(),
            about,
            role: None,
            since: Some(note.at),
            branch: None,
            command: Suggestion::tracker(["show", task.id]),
        };
        let names_me = |note: &&Note| {
            !is_directors(note) && self.handles.iter().any(|name| is_mentioned(name, &note.text))
        };
        let mention = open.iter().find(names_me);
        let mention =
            mention.map(|note| item(InboxKind::Mention, note, format!("{}: {}", note.by, first_line(note))));
        let is_after_move = |note: &&Note| match flight {
            // The director notes and sends back within the same second.
            Some(flight) => flight.at <= note.at,
            None => task.since_at().is_none_or(|since| since < note.at),
        };
        let assignee = flight.map_or(task.assignee, |flight| flight.assignee.as_deref());
        let is_for_me = assignee.is_none_or(|name| self.is_me(name));
        let mut found = open.iter().filter(|note| is_for_me && is_directors(note) && is_after_move(note));
        let director = found.next_back().map(|last| {
            let more = match found.count() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let branch = flight.and_then(|flight| flight.branch.clone());
            let about = format!("{}{more}", first_line(last));
            InboxItem { branch, ..item(InboxKind::Director, last, about) }
        });
        mention.into_iter().chain(director).collect()
    }

    fn parsed(&self, id: &str, problems: &mut Vec<Problem>) -> Result<Option<crate::model::Task>> {
        let Ok(id) = TaskId::parse(id) else { return Ok(None) };
        let Some(file) = self.session.snapshot().task_file(&id)? else { return Ok(None) };
        match super::session::parse(&file) {
            Ok(task) => Ok(Some(task)),
            Err(super::Error::Broken(found)) => {
                problems.extend(found);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Reads what is known of a task where it goes on; none where nothing of that is committed, where the task is closed
/// there, and where its stage requires no votes.
fn voted_on_there(
    session: &Session<'_>,
    config: &Config,
    repository: &Repository,
    (id, flight): (&TaskId, &Flight),
) -> Result<Option<TaskFacts>> {
    let requires_votes = !config.signoffs_of(flight.stage.as_str()).is_empty();
    let Some(commit) = flight.commit.filter(|_| requires_votes) else { return Ok(None) };
    let snapshot = session.workspace().snapshot_of_commit(Some(commit))?;
    let task = snapshot.readable_task(id)?.filter(|task| !task.summary().is_closed());
    let Some(task) = task else { return Ok(None) };
    let reader = FactsReader::new(repository, &snapshot, Some(commit), config, session.env().now());
    Ok(Some(reader.task(task)?))
}

/// Returns what a task lacks to leave its stage.
fn missing_of(session: &Session<'_>, config: &Config, facts: &TaskFacts) -> Vec<Missing> {
    let signoffs = facts.signoffs(config);
    let case = facts.case(config, &signoffs, ("", None), session.env().now());
    gate(&case).missing
}

/// Returns the votes of the user's that would count on a task which goes on elsewhere.
pub(super) fn votes_elsewhere(
    session: &Session<'_>,
    config: &Config,
    id: &TaskId,
    flight: &Flight,
) -> Result<Vec<Suggestion>> {
    let repository = session.workspace().repository()?;
    let Some(facts) = voted_on_there(session, config, &repository, (id, flight))? else {
        return Ok(Vec::new());
    };
    let next = missing_of(session, config, &facts).into_iter().filter_map(|missing| match &missing {
        Missing::Signoff { .. } | Missing::Rejected { .. } => next_of(session, config, &facts, &missing),
        _ => None,
    });
    let mut votes: Vec<Suggestion> = Vec::new();
    for fix in next {
        if let Fix::Run(command) = fix
            && !votes.contains(&command)
        {
            votes.push(command);
        }
    }
    Ok(votes.into_iter().map(|command| at_place(command, flight)).collect())
}

/// What sent a task back, in words.
fn reason_of(failed: &Move) -> String {
    failed.why.clone().unwrap_or_else(|| format!("by {}", failed.by))
}
