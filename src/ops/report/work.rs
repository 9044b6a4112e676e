//! What happened since a moment: by task and by person, and as whoever takes the work over has to know it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::facts::{Commits, TaskFacts};
use crate::git::CommitInfo;
use crate::model::{
    Config, EvidenceCounts, Finding, FindingState, Move, MoveKind, Note, NoteKind, Problem, RecordKind, Task,
    TaskId, Vote, is_in_tracker,
};
use crate::ops::log::{Event, EventKind, found, noted, own_events, voted};
use crate::ops::session::parse;
use crate::ops::show::next_steps_of;
use crate::ops::signoffs::has_open_votes;
use crate::ops::sprint::{in_order, last_tests, lines_of};
use crate::ops::{NoteView, Result, Session, TaskLine};

/// The records of tasks that tell of something since a moment.
struct Recent {
    since: DateTime<Utc>,
    /// By id: what happened to each task, oldest first.
    events: BTreeMap<TaskId, Vec<Event>>,
    /// The same tasks.
    tasks: BTreeMap<TaskId, Task>,
    notes: Vec<Note>,
    findings: Vec<Finding>,
    /// The linked commits, oldest first, with the tasks of each.
    commits: Vec<(CommitInfo, Vec<TaskId>)>,
}

impl Recent {
    fn read(session: &Session<'_>, since: DateTime<Utc>, problems: &mut Vec<Problem>) -> Result<Self> {
        let snapshot = session.snapshot();
        let commits = commits(session, since)?;
        let mut recent = Self {
            since,
            events: BTreeMap::new(),
            tasks: BTreeMap::new(),
            notes: Vec::new(),
            findings: Vec::new(),
            commits,
        };
        let linked: BTreeSet<TaskId> = recent.commits.iter().flat_map(|(_, ids)| ids.clone()).collect();
        let with = |kind: RecordKind| -> Result<BTreeSet<String>> {
            Ok(snapshot.list(kind.folder())?.into_iter().map(|entry| entry.name).collect())
        };
        let (noted_on, voted_on, found_on) =
            (with(RecordKind::Note)?, with(RecordKind::Vote)?, with(RecordKind::Finding)?);
        let first_day = since.date_naive();
        let tasks = snapshot.tasks()?;
        let (moved, broken) = tasks.select(|task| {
            task.updated_at().is_some_and(|at| at >= since)
                || task.created_day().is_some_and(|day| day >= first_day)
                || [&noted_on, &voted_on, &found_on].iter().any(|folders| folders.contains(task.id))
        });
        problems.extend(broken);
        let ids = moved.iter().filter_map(|task| TaskId::parse(task.id).ok()).chain(linked);
        for id in ids.collect::<BTreeSet<TaskId>>() {
            recent.add(session, &id, problems)?;
        }
        Ok(recent)
    }

    /// Reads what happened to one task.
    fn add(&mut self, session: &Session<'_>, id: &TaskId, problems: &mut Vec<Problem>) -> Result<()> {
        let snapshot = session.snapshot();
        let Some(task) = snapshot.readable_task(id)? else { return Ok(()) };
        let (notes, broken) = snapshot.notes(id)?;
        problems.extend(broken);
        let (votes, broken) = snapshot.votes(id)?;
        problems.extend(broken);
        let (findings, broken) = snapshot.findings(id)?;
        problems.extend(broken);
        let mut events = own_events(&task);
        events.extend(votes.iter().map(|(_, vote): &(_, Vote)| voted(vote)));
        events.extend(findings.iter().flat_map(|(_, finding)| found(finding)));
        events.extend(notes.iter().map(noted));
        let own = self.commits.iter().filter(|(_, ids)| ids.contains(id));
        events.extend(own.map(|(commit, _)| committed(commit)));
        let (since, first_day) = (self.since, self.since.date_naive());
        // The file says the day of creation alone.
        let is_recent = |event: &Event| match event.kind {
            EventKind::Created => event.at.date_naive() >= first_day,
            _ => event.at >= since,
        };
        events.retain(is_recent);
        events.sort_by_key(|event| (event.at, event.kind));
        self.notes.extend(notes.into_iter().filter(|note| note.at >= since));
        let is_touched = |finding: &Finding| {
            finding.at >= since || finding.resolution().is_some_and(|resolution| resolution.at >= since)
        };
        self.findings.extend(findings.into_iter().map(|(_, finding)| finding).filter(is_touched));
        if !events.is_empty() {
            self.events.insert(id.clone(), events);
            self.tasks.insert(id.clone(), task);
        }
        Ok(())
    }

    /// Returns the commits of a task after it was sent back, up to its next move.
    fn commits_after(
        &self,
        id: &TaskId,
        failed: &Move,
        history: &[Move],
    ) -> impl Iterator<Item = &CommitInfo> {
        let next = history.iter().skip_while(|step| *step != failed).nth(1).map(|step| step.at);
        let own = self.commits.iter().filter(|(_, ids)| ids.contains(id)).map(|(commit, _)| commit);
        let (from, to) = (failed.at, next);
        own.filter(move |commit| commit.author_time > from && to.is_some_and(|to| commit.author_time <= to))
    }

    fn title(&self, id: &TaskId) -> String {
        self.tasks.get(id).map_or_else(String::new, |task| task.title.clone())
    }
}

/// Returns the commits since a moment that are linked to tasks, oldest first.
fn commits(session: &Session<'_>, since: DateTime<Utc>) -> Result<Vec<(CommitInfo, Vec<TaskId>)>> {
    let repository = session.workspace().repository()?;
    let Some(tip) = session.tip(&repository)? else { return Ok(Vec::new()) };
    let linked = Commits::new(&repository, Some(tip)).linked_since(since)?;
    let mut commits = Vec::with_capacity(linked.len());
    for (id, tasks) in linked.into_iter().rev() {
        commits.push((repository.commit_info(id)?, tasks));
    }
    Ok(commits)
}

fn committed(commit: &CommitInfo) -> Event {
    Event {
        at: commit.author_time,
        by: Some(commit.author.name.clone()),
        kind: EventKind::Committed,
        text: commit.subject.clone(),
        commit: Some(commit.id.to_string()),
        changes: Vec::new(),
    }
}

/// The data of the template `activity`.
#[derive(Debug, Serialize)]
pub(super) struct ActivityContext {
    /// The project's name.
    project: Option<String>,
    /// The moment since when.
    since: DateTime<Utc>,
    /// The moment until when.
    until: DateTime<Utc>,
    /// The tasks to which something happened; the one to which something happened last comes first.
    tasks: Vec<ActiveTask>,
    /// The people who did something, by name.
    people: Vec<ActivePerson>,
}

/// A task, and what happened to it.
#[derive(Debug, Serialize)]
struct ActiveTask {
    /// What a list shows of it.
    #[serde(flatten)]
    line: TaskLine,
    /// Oldest first.
    events: Vec<Event>,
}

/// A person, and what they did.
#[derive(Debug, Serialize)]
struct ActivePerson {
    /// The name, with that of the agent that worked for them.
    name: String,
    /// Oldest first.
    events: Vec<PersonEvent>,
}

/// Something that somebody did.
#[derive(Debug, Clone, Serialize)]
struct PersonEvent {
    /// The task.
    task: String,
    #[serde(flatten)]
    event: Event,
}

/// Returns what happened since a moment.
pub(super) fn activity(
    session: &Session<'_>,
    since: DateTime<Utc>,
    problems: &mut Vec<Problem>,
) -> Result<ActivityContext> {
    let (config, _) = session.config_or_default();
    let recent = Recent::read(session, since, problems)?;
    let mut people: BTreeMap<String, Vec<PersonEvent>> = BTreeMap::new();
    for (id, events) in &recent.events {
        for event in events {
            let Some(by) = event.by.clone() else { continue };
            let own = PersonEvent { task: id.to_string(), event: event.clone() };
            people.entry(by).or_default().push(own);
        }
    }
    for events in people.values_mut() {
        events.sort_by(|a, b| (a.event.at, a.event.kind, &a.task).cmp(&(b.event.at, b.event.kind, &b.task)));
    }
    let lines = lines_of(session, &config, problems, |task| {
        TaskId::parse(task.id).is_ok_and(|id| recent.events.contains_key(&id))
    })?;
    let active = |line: TaskLine| {
        let id = TaskId::parse(&line.id).ok()?;
        Some(ActiveTask { events: recent.events.get(&id)?.clone(), line })
    };
    let mut tasks: Vec<ActiveTask> = lines.into_iter().filter_map(active).collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.events.last().map(|event| event.at)));
    let people = people.into_iter().map(|(name, events)| ActivePerson { name, events }).collect();
    Ok(ActivityContext { project: config.project, since, until: session.env().now(), tasks, people })
}

/// The data of the template `handoff`.
#[derive(Debug, Serialize)]
pub(super) struct HandoffContext {
    /// The project's name.
    project: Option<String>,
    /// The moment since when.
    since: DateTime<Utc>,
    /// The moment until when.
    until: DateTime<Utc>,
    /// The branch; none where there is none.
    branch: Option<String>,
    /// The commit, with its subject.
    head: Option<HeadView>,
    /// Tasks that were completed.
    done: Vec<DoneTask>,
    /// Notes of the kind `decision`.
    decisions: Vec<TaskNote>,
    /// What went wrong, by task.
    problems: Vec<TaskProblems>,
    /// Notes of the kind `tried`.
    tried: Vec<TaskNote>,
    /// Other notes.
    notes: Vec<TaskNote>,
    /// Files that linked commits changed, with the tasks, without the tracker's own.
    files: Vec<ChangedFile>,
    /// Tasks that were added.
    added: Vec<TaskLine>,
    /// Tasks that are in a stage: those that others wait for first.
    in_flight: Vec<InFlight>,
    /// Tasks that have not begun: those that others wait for first.
    not_started: Vec<TaskLine>,
    /// The last test result that was attached to a sprint.
    tests: Option<TestResult>,
    /// The commands that run the project, as the configuration has them.
    run: Vec<String>,
    /// The commands that test it.
    test: Vec<String>,
}

#[derive(Debug, Serialize)]
struct HeadView {
    commit: String,
    subject: String,
}

#[derive(Debug, Serialize)]
struct DoneTask {
    #[serde(flatten)]
    line: TaskLine,
    /// Who completed it, and when.
    by: String,
    at: DateTime<Utc>,
}

/// A note with its task.
#[derive(Debug, Serialize)]
struct TaskNote {
    task: String,
    title: String,
    #[serde(flatten)]
    note: NoteView,
}

/// What went wrong with a task.
#[derive(Debug, Serialize)]
struct TaskProblems {
    task: String,
    title: String,
    /// Findings that were raised, failures and rejections.
    problems: Vec<String>,
    /// Notes of the kind `cause`.
    causes: Vec<TaskNote>,
    /// How findings were resolved, and the commits with which a task that was sent back went on.
    solutions: Vec<String>,
    /// Findings that are open.
    open: usize,
}

#[derive(Debug, Serialize)]
struct ChangedFile {
    path: String,
    tasks: Vec<String>,
}

#[derive(Debug, Serialize)]
struct InFlight {
    #[serde(flatten)]
    line: TaskLine,
    /// What brings it forward: commands, or whom to ask for what.
    next: Vec<String>,
}

/// A test result.
#[derive(Debug, Serialize)]
struct TestResult {
    total: u64,
    failed: u64,
    skipped: u64,
    sprint: String,
    commit: String,
    files: Vec<String>,
}

/// Returns what somebody who takes the work over has to know.
pub(super) fn handoff(
    session: &Session<'_>,
    since: DateTime<Utc>,
    problems: &mut Vec<Problem>,
) -> Result<HandoffContext> {
    let (config, _) = session.config_or_default();
    let recent = Recent::read(session, since, problems)?;
    let repository = session.workspace().repository()?;
    let head = session.tip(&repository)?.map(|tip| repository.commit_info(tip)).transpose()?;
    let head = head.map(|commit| HeadView { commit: commit.id.to_string(), subject: commit.subject });
    let (in_flight, not_started) = open_tasks(session, &config, problems)?;
    let of_kind = |kind: NoteKind| recent.notes.iter().filter(move |note| note.kind.as_ref() == Some(&kind));
    let note = |note: &Note| TaskNote::of(note, &recent);
    let is_other = |note: &&Note| !note.kind.as_ref().is_some_and(|kind| NoteKind::ALL.contains(kind));
    let first_day = since.date_naive();
    Ok(HandoffContext {
        since,
        until: session.env().now(),
        branch: repository.branch()?,
        head,
        done: done(session, &config, &recent, problems)?,
        decisions: of_kind(NoteKind::Decision).map(note).collect(),
        problems: problems_of(&recent),
        tried: of_kind(NoteKind::Tried).map(note).collect(),
        notes: recent.notes.iter().filter(is_other).map(note).collect(),
        files: changed_files(&repository, &recent)?,
        added: lines_of(session, &config, problems, |task| {
            task.created_day().is_some_and(|day| day >= first_day)
        })?,
        in_flight,
        not_started,
        tests: last_tests(session)?.and_then(|(sprint, evidence)| match evidence.counts {
            EvidenceCounts::Tests { total, failed, skipped } => {
                let (commit, files) = (evidence.commit, evidence.files);
                Some(TestResult { total, failed, skipped, sprint, commit, files })
            }
            EvidenceCounts::Coverage { .. } => None,
        }),
        run: config.reports.run.clone(),
        test: config.reports.test.clone(),
        project: config.project,
    })
}

impl TaskNote {
    fn of(note: &Note, recent: &Recent) -> Self {
        Self { task: note.task.to_string(), title: recent.title(&note.task), note: NoteView::from(note) }
    }
}

/// Returns the tasks that were completed and still are.
fn done(
    session: &Session<'_>,
    config: &Config,
    recent: &Recent,
    problems: &mut Vec<Problem>,
) -> Result<Vec<DoneTask>> {
    let last = |id: &str| {
        let task = recent.tasks.get(&TaskId::parse(id).ok()?)?;
        let last = task.history.last().filter(|step| step.to.is_complete() && step.at >= recent.since)?;
        (last.kind != MoveKind::Import).then_some(last)
    };
    let lines = lines_of(session, config, problems, |task| last(task.id).is_some())?;
    let done = |line: TaskLine| {
        let last = last(&line.id)?;
        Some(DoneTask { by: last.by.clone(), at: last.at, line })
    };
    let mut done: Vec<DoneTask> = lines.into_iter().filter_map(done).collect();
    done.sort_by(|a, b| (a.at, &a.line.id).cmp(&(b.at, &b.line.id)));
    Ok(done)
}

/// Returns what is in a stage, each with its next commands, and what has not begun.
fn open_tasks(
    session: &Session<'_>,
    config: &Config,
    problems: &mut Vec<Problem>,
) -> Result<(Vec<InFlight>, Vec<TaskLine>)> {
    let open = in_order(lines_of(session, config, problems, |task| !task.is_closed())?);
    let (not_started, begun): (Vec<_>, Vec<_>) = open.into_iter().partition(|line| line.stage == "none");
    let repository = session.workspace().repository()?;
    let reader = session.facts(&repository, config)?;
    let mut in_flight = Vec::with_capacity(begun.len());
    for line in begun {
        let task = parse(&session.snapshot().find(&line.id)?)?;
        let facts = match has_open_votes(session, config, &task)? {
            true => reader.task(task)?,
            false => TaskFacts::without_votes(session.snapshot(), task)?,
        };
        in_flight.push(InFlight { next: next_steps_of(session, config, &facts)?, line });
    }
    Ok((in_flight, not_started))
}

/// Puts together what went wrong, why, and what was done about it.
fn problems_of(recent: &Recent) -> Vec<TaskProblems> {
    let mut found: BTreeMap<TaskId, TaskProblems> = BTreeMap::new();
    let mut at = |id: &TaskId, change: &dyn Fn(&mut TaskProblems)| {
        let entry = found.entry(id.clone()).or_insert_with(|| TaskProblems {
            task: id.to_string(),
            title: recent.title(id),
            problems: Vec::new(),
            causes: Vec::new(),
            solutions: Vec::new(),
            open: 0,
        });
        change(entry);
    };
    for finding in &recent.findings {
        let place = finding.place().map_or_else(String::new, |place| format!(", {place}"));
        let text = format!("{} {}: {}{place}", finding.id, finding.severity, finding.title);
        at(&finding.task, &|entry| entry.problems.push(text.clone()));
        if finding.state().is_open() && *finding.state() != FindingState::Fixed {
            at(&finding.task, &|entry| entry.open += 1);
        } else if let Some(resolution) = finding.resolution() {
            let why = resolution.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            let text = format!("{} {} by {}{why}", finding.id, resolution.to, resolution.by.name);
            at(&finding.task, &|entry| entry.solutions.push(text.clone()));
        }
    }
    for (id, task) in &recent.tasks {
        for step in task.history.iter().filter(|step| step.at >= recent.since && step.kind == MoveKind::Fail)
        {
            let why = step.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            let text = format!("sent back from {} to {} by {}{why}", step.from, step.to, step.by);
            at(id, &|entry| entry.problems.push(text.clone()));
            for commit in recent.commits_after(id, step, &task.history) {
                let text = format!("{} {}", &commit.id.to_string()[..7], commit.subject);
                at(id, &|entry| entry.solutions.push(text.clone()));
            }
        }
    }
    for note in recent.notes.iter().filter(|note| note.kind == Some(NoteKind::Cause)) {
        at(&note.task, &|entry| entry.causes.push(TaskNote::of(note, recent)));
    }
    found.into_values().collect()
}

/// Returns the files that linked commits changed, without the tracker's own: the tasks tell of those.
fn changed_files(repository: &crate::git::Repository, recent: &Recent) -> Result<Vec<ChangedFile>> {
    let mut files: BTreeMap<String, BTreeSet<TaskId>> = BTreeMap::new();
    for (commit, tasks) in &recent.commits {
        for change in repository.changes_of(commit.id)? {
            if !is_in_tracker(&change.path) {
                files.entry(change.path).or_default().extend(tasks.iter().cloned());
            }
        }
    }
    let file = |(path, tasks): (String, BTreeSet<TaskId>)| ChangedFile {
        path,
        tasks: tasks.iter().map(ToString::to_string).collect(),
    };
    Ok(files.into_iter().map(file).collect())
}
