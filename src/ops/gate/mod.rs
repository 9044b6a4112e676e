//! `review` and `check`: gathers the facts of a range, and has them judged by the rules of the base.

mod ballots;
mod changes;
mod commands;
mod content;
mod crossed;
mod ends;
mod merges;
mod records;
mod tasks;

pub(super) use records::Record;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use self::changes::Changes;
use self::ends::Ends;
use super::{Result, Session};
use crate::git::{Links, People, Repository};
use crate::model::{Config, Person, Problem, TaskId};
use crate::review::{self, FileFacts, RangeFacts, RangeReview, Review, Web};
use crate::store::{Layout, Snapshot};

/// Which range is looked at, and how closely.
#[derive(Debug, Clone, Default)]
pub struct GateRequest {
    /// The branch or commit that the range is to be merged into, whose rules judge; where left out, the branch that
    /// the remote calls its default.
    pub base: Option<String>,
    /// The commit that is to be merged; the current one where left out.
    pub head: Option<String>,
    /// Looks at what is staged, on top of the head.
    pub is_staged: bool,
    /// Counts lines.
    pub counts_lines: bool,
    /// Runs the commands of `[[policy.command]]`.
    pub runs_commands: bool,
}

/// Looks at a range: every task that it touches, and every rule of the gate.
pub fn review(session: &Session<'_>, request: &GateRequest) -> Result<(Review, Vec<Problem>)> {
    let repository = session.workspace().repository()?;
    repository.refuse_shallow()?;
    let ends = Ends::of(&repository, request)?;
    let policy = Policy::of(session, &repository, &ends)?;
    let scene = RangeReader {
        repository: &repository,
        before: session.workspace().snapshot_of_commit(ends.merge_base)?,
        head: ends.head_snapshot(session)?,
        changes: Changes::read(session, &repository, &ends)?,
        earlier: OnceCell::new(),
        verifies: request.counts_lines,
        ends: &ends,
        policy: &policy,
    };
    let people = |person: &Person| policy.people.canonical(person);
    let mut facts = scene.facts(request, &people)?;
    if request.runs_commands {
        facts.commands = Some(commands::run(session, &policy.config)?);
    }
    Ok((review::review(&facts, &policy.config), policy.problems.clone()))
}

/// What a range is judged by.
struct Policy {
    config: Config,
    /// Warnings about the configuration.
    problems: Vec<Problem>,
    /// Whose keys sign for whom.
    signers: String,
    people: People,
    /// Whether the head's own rules judge, because the base has none.
    is_own: bool,
}

impl Policy {
    /// Reads the base's policy; the head's, where the base has no tracker or no configuration.
    ///
    /// # Errors
    /// Where it cannot be read: a gate without rules says neither yes nor no.
    fn of(session: &Session<'_>, repository: &Repository, ends: &Ends) -> Result<Self> {
        let base = session.workspace().snapshot_of_commit(ends.base.as_ref().map(|(_, id)| *id))?;
        let is_own = base.read(Layout::CONFIG)?.is_none();
        let judge = if is_own { ends.head_snapshot(session)? } else { base };
        let (config, problems) = judge.config()?;
        let signers = judge.read(Layout::ALLOWED_SIGNERS)?.unwrap_or_default();
        let of = if is_own { Some(ends.head_commit) } else { ends.base.as_ref().map(|(_, id)| *id) };
        let people = of.map_or_else(|| Ok(People::default()), |commit| People::at(repository, commit))?;
        let signers = String::from_utf8_lossy(&signers).into_owned();
        Ok(Self { config, problems, signers, people, is_own })
    }
}

/// Everything that the facts are read from.
struct RangeReader<'a> {
    repository: &'a Repository,
    ends: &'a Ends,
    policy: &'a Policy,
    /// The records at the merge base.
    before: Snapshot,
    /// The records at the head.
    head: Snapshot,
    changes: Changes,
    /// What the commits before the range link and changed.
    earlier: OnceCell<Links>,
    /// Whether signatures are looked at even where the policy does not ask.
    verifies: bool,
}

impl RangeReader<'_> {
    fn facts<'p>(&self, request: &GateRequest, people: review::People<'p>) -> Result<RangeFacts<'p>> {
        let files = self.files(request.counts_lines)?;
        let links = self.links()?;
        let (commits, tasks) = self.tasks(&links)?;
        Ok(RangeFacts {
            range: self.range(&files, commits.len()),
            is_own_policy: self.policy.is_own,
            steps: self.steps()?,
            broken: self.broken()?,
            merged: self.merged()?,
            in_progress: in_progress(&self.head, &self.policy.config)?,
            commands: None,
            commits,
            files,
            tasks,
            people,
        })
    }

    fn range(&self, files: &[FileFacts], commits: usize) -> RangeReview {
        let own = || files.iter().filter(|file| !file.path.starts_with(".tracker/"));
        let sum = |of: &dyn Fn(&(u32, u32)) -> u32| {
            own().filter_map(|file| file.lines.as_ref()).map(|n| u64::from(of(n))).sum()
        };
        let base = self.ends.base.as_ref();
        let head_commit = (!self.ends.is_staged).then(|| self.ends.head_commit.to_string());
        let url = self.repository.remote_url(None).ok().flatten();
        RangeReview {
            base: base.map(|(name, _)| name.clone()),
            base_commit: base.map(|(_, id)| id.to_string()),
            head: self.ends.head.clone(),
            merge_base: self.ends.merge_base.map(|id| id.to_string()),
            policy: match (base, self.policy.is_own) {
                (Some((name, _)), false) => name.clone(),
                (Some((name, _)), true) => format!("the range itself, for {name} has none"),
                (None, _) => "the range itself, for it has no base".to_owned(),
            },
            commits,
            files: own().count(),
            added: sum(&|(added, _)| *added),
            removed: sum(&|(_, removed)| *removed),
            web: url.and_then(|url| Web::of(&url, &self.ends.head_commit.to_string())),
            head_commit,
        }
    }
}

/// Looks at the records as they stand, without a range: what cannot be read, and the limits that are agreed.
pub fn check_records(session: &Session<'_>, request: &GateRequest) -> Result<(Review, Vec<Problem>)> {
    let (config, problems) = session.snapshot().config_or_default();
    let diagnosis = super::doctor(session, false)?;
    let found = diagnosis.findings.into_iter().map(|found| {
        let problem =
            if found.is_error { Problem::error(found.message) } else { Problem::warning(found.message) };
        Problem { line: found.line, hint: found.hint, ..problem.in_file(found.file) }
    });
    let known: Vec<Problem> = found.collect();
    let is_told =
        |problem: &Problem| known.iter().any(|own| own.file == problem.file && own.line == problem.line);
    let broken =
        problems.into_iter().filter(|problem| !is_told(problem)).chain(known.iter().cloned()).collect();
    let commands = if request.runs_commands { Some(commands::run(session, &config)?) } else { None };
    let facts = RangeFacts {
        range: RangeReview {
            head: "working tree".to_owned(),
            policy: "the working tree".to_owned(),
            ..RangeReview::default()
        },
        is_own_policy: false,
        commits: Vec::new(),
        files: Vec::new(),
        tasks: Vec::new(),
        steps: Vec::new(),
        broken,
        merged: Vec::new(),
        in_progress: in_progress(session.snapshot(), &config)?,
        commands,
        people: &Person::clone,
    };
    Ok((review::review(&facts, &config), Vec::new()))
}

/// Returns the tasks in progress by assignee, where a limit is agreed.
fn in_progress(snapshot: &Snapshot, config: &Config) -> Result<BTreeMap<String, Vec<TaskId>>> {
    let mut found: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
    if config.policy.gate.wip_limit.is_none() {
        return Ok(found);
    }
    let tasks = snapshot.tasks()?;
    for task in tasks.read().0 {
        let is_busy = !task.is_closed() && task.stage != "none" && task.blocked.is_none();
        if let (true, Some(assignee), Ok(id)) = (is_busy, task.assignee, TaskId::parse(task.id)) {
            found.entry(assignee.to_owned()).or_default().push(id);
        }
    }
    Ok(found)
}
