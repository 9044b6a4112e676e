//! `review` and `check`: gathers the facts of a range, and has them judged by the rules of the base.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::sprint::computed_documents;
use super::{Error, Result, Session};
use crate::events::LongStep;
use crate::facts::{FileFacts, RangeEnds, RangeLanding, RangePolicy, RangeReader, SprintDoubt};
use crate::git::{CommitId, People, Repository, TARGET_REFS};
use crate::model::{
    Config, Level, Person, Problem, RecordKind, RecordPath, Severity, Summary, Task, TaskId, is_in_tracker,
    is_same_name,
};
use crate::policy::Rerun;
use crate::process::Program;
use crate::review::{self, CommandOutcome, RangeFacts, RangeReview, Review, Web};
use crate::store::{Snapshot, SprintFile};

/// Which range is looked at, and how closely.
#[derive(Debug, Clone, Default)]
pub struct GateRequest {
    /// The branch or commit that the range is to be merged into, whose rules judge; by default the branch that
    /// the remote calls its default.
    pub base: Option<String>,
    /// The commit that is to be merged; by default the current one.
    pub head: Option<String>,
    /// Looks at what is staged, on top of the head.
    pub is_staged: bool,
    /// Counts lines.
    pub counts_lines: bool,
    /// Runs the commands of `[[policy.command]]`.
    pub runs_commands: bool,
    /// Whether the commands behind receipts are run again.
    pub evidence: RunAgain,
    /// Judges as of another time than now: whose keys were valid then, and what lay ahead.
    pub as_of: Option<DateTime<Utc>>,
}

/// Whether the commands behind receipts are run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunAgain {
    /// They are not: what is only reported is judged as that.
    #[default]
    No,
    /// They are, at the top of the working tree.
    Now,
    /// Whoever merges the work runs them: what is only reported is enough for now.
    Later,
}

/// Looks at a range: every task that it touches, and every rule of the gate.
pub fn review(session: &Session<'_>, request: &GateRequest) -> Result<(Review, Vec<Problem>)> {
    let repository = session.workspace().repository()?;
    repository.refuse_shallow()?;
    let ends = range_ends(&repository, request)?;
    let as_of = request.as_of.unwrap_or_else(|| session.env().now());
    let policy = Policy::of(session, &repository, &ends, as_of)?;
    let repo_paths = (session.workspace(), session.env());
    let reader = RangeReader::open(repo_paths, &repository, &ends, &policy.range, request.counts_lines)?;
    if !reader.malformed().is_empty() {
        let facts = RangeFacts {
            range: range_review(&repository, &reader, (&ends, policy.is_own), &[]),
            malformed: reader.malformed().to_vec(),
            is_own_policy: policy.is_own,
            ..no_facts()
        };
        return Ok((review::review(&facts, &policy.range.config), policy.problems));
    }
    let _step = session.begin(LongStep::CheckRange, None);
    let files = reader.files(request.counts_lines)?;
    let (mut commits, tasks) = reader.tasks()?;
    let config = &policy.range.config;
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id.clone()).collect();
    let owned = review::owned_paths(&files, config);
    let owners = config.policy.gate.owners.as_deref().filter(|_| !policy.is_own);
    let mut landing = reader.landing(&ids, owners.map(|owners| (owners, &owned)))?;
    let (sprint_doubts, closed) = sprint_doubts(session, &reader, ends.head_commit)?;
    let computed = computed_documents(config, closed, reader.tip(), reader.head())?;
    landing.leave_own_changes(&mut commits);
    landing.leave_computed(&mut commits, &computed);
    // What is staged is committed by whoever looks.
    let me = repository.identity(session.env()).ok().filter(|_| ends.is_staged);
    let people = |person: &Person| policy.range.people.canonical(person);
    let facts = RangeFacts {
        range: range_review(&repository, &reader, (&ends, policy.is_own), &files),
        is_own_policy: policy.is_own,
        malformed: Vec::new(),
        landing,
        steps: reader.steps()?,
        broken: unread(config, &files).into_iter().chain(reader.broken()?).collect(),
        sprint_doubts,
        plan_doubts: reader.plan_doubts(session.workspace(), me.as_ref())?,
        merged: reader.merged()?,
        in_progress: in_progress(reader.head(), config, || Ok(reader.tasks_of_tip()?))?,
        commands: request.runs_commands.then(|| run_commands(session, config)).transpose()?,
        rerun: super::evidence::rerun(session, request.evidence, ends.head_commit, config, &tasks)?,
        commits,
        files,
        tasks,
        people: &people,
    };
    repository.remember_changes();
    let mut problems = policy.problems.clone();
    if !ends.is_staged {
        problems.extend(super::hooks::not_done(session, reader.head(), ends.head_commit, reader.commits())?);
    }
    Ok((review::review(&facts, config), problems))
}

/// What a range is judged by.
struct Policy {
    range: RangePolicy,
    /// Warnings about the configuration.
    problems: Vec<Problem>,
    /// Whether the head's own rules judge, because the base has none.
    is_own: bool,
}

impl Policy {
    /// Reads the base's policy; the head's, where the base has no tracker or no configuration.
    ///
    /// # Errors
    /// Where it cannot be read: a gate without rules says neither yes nor no.
    fn of(
        session: &Session<'_>,
        repository: &Repository,
        ends: &RangeEnds,
        as_of: DateTime<Utc>,
    ) -> Result<Self> {
        let base = session.workspace().snapshot_of_commit(ends.base.as_ref().map(|(_, id)| *id))?;
        let is_own = base.read(RecordKind::Config.file())?.is_none();
        let judge = if is_own { ends.head_snapshot(session.workspace(), session.env())? } else { base };
        let (config, mut problems) = judge.config()?;
        // Whoever brings a change cannot help what the base says already; what hangs on it is granted to nobody.
        let of_base = config.errors.iter().filter(|problem| !config.unread.contains(problem)).cloned();
        problems.extend(of_base.map(|problem| Problem { severity: Severity::Warning, ..problem }));
        let signers = judge.read(RecordKind::AllowedSigners.file())?.unwrap_or_default();
        let of = if is_own { Some(ends.head_commit) } else { ends.base.as_ref().map(|(_, id)| *id) };
        let people = of.map_or_else(|| Ok(People::default()), |commit| People::at(repository, commit))?;
        let signers = String::from_utf8_lossy(&signers).into_owned();
        let people = Rc::new(people.with_signers(&signers));
        Ok(Self { range: RangePolicy { config, signers, people, as_of }, problems, is_own })
    }
}

/// Returns the lines of the base's configuration that are not read, where the range leaves them: what they would require
/// is required by nobody, and no yes rests on that. What a range makes of the file is reported as a record of it.
fn unread(config: &Config, files: &[FileFacts]) -> Vec<Problem> {
    let is_changed = files.iter().any(|file| file.path == RecordKind::Config.file());
    if is_changed { Vec::new() } else { config.unread.clone() }
}

/// What speaks against files of sprints, by path.
type SprintDoubts = Vec<(String, SprintDoubt)>;

/// Returns what speaks against files of sprints; what the range closes is computed again. And those sprints of these whose
/// figures are what they were.
fn sprint_doubts(
    session: &Session<'_>,
    reader: &RangeReader<'_>,
    head: CommitId,
) -> Result<(SprintDoubts, Vec<SprintFile>)> {
    let (mut doubts, mut closed) = (reader.sprint_doubts()?, Vec::new());
    for file in reader.sprints_closed() {
        let id = file.sprint.id.clone();
        let doubt = match super::sprint::verified(session, &file, Some(head)) {
            Ok(found) if found.matches && found.in_history => {
                closed.push(file);
                continue;
            }
            Ok(found) if found.matches => {
                SprintDoubt::NotComputed(id.clone(), format!("commit {} is of another history", found.commit))
            }
            Ok(found) => {
                let differing = found.figures.into_iter().filter(|figure| !figure.matches);
                let mut figures: Vec<String> = differing.map(|figure| figure.figure).collect();
                if !found.same_inputs {
                    figures.push("inputs".to_owned());
                }
                SprintDoubt::Figures(id.clone(), figures)
            }
            Err(error) => SprintDoubt::NotComputed(id.clone(), error.to_string()),
        };
        doubts.push((RecordPath::Sprint(id).to_string(), doubt));
    }
    Ok((doubts, closed))
}

fn range_review(
    repository: &Repository,
    reader: &RangeReader<'_>,
    (ends, is_own_policy): (&RangeEnds, bool),
    files: &[FileFacts],
) -> RangeReview {
    let own = || files.iter().filter(|file| !is_in_tracker(&file.path));
    let is_counted = own().any(|file| file.lines.is_some());
    let sum = |of: &dyn Fn(&(u32, u32)) -> u32| {
        let sum = || own().filter_map(|file| file.lines.as_ref()).map(|n| u64::from(of(n))).sum();
        is_counted.then(sum)
    };
    let base = ends.base.as_ref();
    let head_commit = (!ends.is_staged).then(|| ends.head_commit.to_string());
    let url = repository.remote_url(None).ok().flatten();
    RangeReview {
        base: base.map(|(name, _)| name.clone()),
        base_commit: base.map(|(_, id)| id.to_string()),
        head: ends.head.clone(),
        merge_base: reader.merge_base().map(|id| id.to_string()),
        policy: match (base, is_own_policy) {
            (Some((name, _)), false) => name.clone(),
            (Some((name, _)), true) => format!("the range itself, for {name} has none"),
            (None, _) => "the range itself, for it has no base".to_owned(),
        },
        commits: reader.commits().count(),
        files: own().count(),
        added: sum(&|(added, _)| *added),
        removed: sum(&|(_, removed)| *removed),
        web: url.and_then(|url| Web::of(&url, &ends.head_commit.to_string())),
        head_commit,
    }
}

/// Looks at the records as they are, without a range: what cannot be read, and the limits that are agreed.
pub fn check_records(session: &Session<'_>, request: &GateRequest) -> Result<(Review, Vec<Problem>)> {
    let (config, problems) = session.config_or_default();
    let diagnosis = super::doctor(session, false)?;
    let found = diagnosis.findings.into_iter().map(|found| {
        let problem =
            if found.is_error { Problem::error(found.message) } else { Problem::warning(found.message) };
        Problem { line: found.line, hint: found.hint, ..problem.in_file(found.file) }
    });
    let known: Vec<Problem> = found.collect();
    let is_reported =
        |problem: &Problem| known.iter().any(|own| own.file == problem.file && own.line == problem.line);
    let broken =
        problems.into_iter().filter(|problem| !is_reported(problem)).chain(known.iter().cloned()).collect();
    let commands = if request.runs_commands { Some(run_commands(session, &config)?) } else { None };
    let facts = RangeFacts {
        range: RangeReview {
            head: "working tree".to_owned(),
            policy: "the working tree".to_owned(),
            ..RangeReview::default()
        },
        broken,
        in_progress: in_progress(session.snapshot(), &config, || Ok(Vec::new()))?,
        commands,
        ..no_facts()
    };
    Ok((review::review(&facts, &config), Vec::new()))
}

/// Returns what is known before anything was looked at.
fn no_facts() -> RangeFacts<'static> {
    RangeFacts {
        range: RangeReview::default(),
        is_own_policy: false,
        malformed: Vec::new(),
        commits: Vec::new(),
        files: Vec::new(),
        tasks: Vec::new(),
        landing: RangeLanding::default(),
        steps: Vec::new(),
        broken: Vec::new(),
        sprint_doubts: Vec::new(),
        plan_doubts: Vec::new(),
        merged: Vec::new(),
        in_progress: BTreeMap::new(),
        commands: None,
        rerun: Rerun::Not,
        people: &Person::clone,
    }
}

/// Returns the tasks in progress by assignee, where a limit is agreed; `others` are as given, whatever the snapshot says.
fn in_progress(
    snapshot: &Snapshot,
    config: &Config,
    others: impl FnOnce() -> Result<Vec<(TaskId, Option<Task>)>>,
) -> Result<BTreeMap<String, Vec<TaskId>>> {
    let mut found: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
    if config.policy.gate.wip_limit.is_none() {
        return Ok(found);
    }
    let (tasks, others) = (snapshot.tasks()?, others()?);
    let is_other = |task: &Summary<'_>| others.iter().any(|(id, _)| id.as_str() == task.id);
    let own = tasks.read().0.into_iter().filter(|task| !is_other(task));
    for task in own.chain(others.iter().filter_map(|(_, task)| Some(task.as_ref()?.summary()))) {
        let is_busy = !task.is_closed() && task.stage != "none" && task.blocked.is_none();
        if let (true, Some(assignee), Ok(id)) = (is_busy, task.assignee, TaskId::parse(task.id)) {
            // One person may be written in several ways.
            let known = found.keys().find(|known| is_same_name(known, assignee)).cloned();
            found.entry(known.unwrap_or_else(|| assignee.to_owned())).or_default().push(id);
        }
    }
    Ok(found)
}

fn range_ends(repository: &Repository, request: &GateRequest) -> Result<RangeEnds> {
    let named = request.head.clone();
    let head = named.clone().unwrap_or_else(|| "HEAD".to_owned());
    let head_commit = repository.resolve_head(&head)?;
    let base = match &request.base {
        Some(name) if is_nothing(name) => None,
        Some(name) => Some((short(name).to_owned(), repository.resolve_base(name)?)),
        None if request.is_staged => Some((head.clone(), head_commit)),
        None => Some(usual_base(repository, &head, head_commit)?),
    };
    let head = match (request.is_staged, named) {
        (true, _) => "index".to_owned(),
        (false, Some(name)) => short(&name).to_owned(),
        (false, None) => repository.branch()?.unwrap_or(head),
    };
    Ok(RangeEnds { base, head, head_commit, is_staged: request.is_staged })
}

/// Returns the branch that the current one is compared with where none is named: the target branch, also where that is the
/// current one; none where nothing is committed, or where there is no such branch.
pub fn usual_base_of(session: &Session<'_>) -> Option<String> {
    let repository = session.workspace().repository().ok()?;
    let head = repository.resolve_head("HEAD").ok()?;
    let target = || Some(short(&repository.target_branch().ok()??.name).to_owned());
    usual_base(&repository, "HEAD", head).ok().map(|(name, _)| name).or_else(target)
}

/// Returns the branches that may have something to review: all but the one that they are compared with, local ones first,
/// a remote's only where there is no local one of its name.
pub fn branches_to_review(session: &Session<'_>) -> Result<Vec<String>> {
    let base = usual_base_of(session);
    let mut branches: Vec<String> = Vec::new();
    for tip in session.workspace().repo_paths().branch_tips()? {
        let name = short(&tip.name);
        let local = tip.name.strip_prefix("refs/remotes/").and_then(|name| Some(name.split_once('/')?.1));
        let is_known =
            |name: &str| branches.iter().any(|known| known == name) || base.as_deref() == Some(name);
        if !is_known(name) && !local.is_some_and(is_known) {
            branches.push(name.to_owned());
        }
    }
    Ok(branches)
}

/// Returns a branch's name as people say it.
pub(super) fn short(name: &str) -> &str {
    let rest = name.strip_prefix("refs/remotes/").or_else(|| name.strip_prefix("refs/heads/"));
    rest.unwrap_or(name)
}

/// The zeros that servers give for a branch that is new.
fn is_nothing(name: &str) -> bool {
    name.len() >= 40 && name.bytes().all(|digit| digit == b'0')
}

fn usual_base(repository: &Repository, head: &str, head_commit: CommitId) -> Result<(String, CommitId)> {
    let is_current = |name: &str| repository.branch().ok().flatten().as_deref() == Some(name);
    let is_itself = |name: &str| name == head || (head == "HEAD" && is_current(name));
    for name in TARGET_REFS {
        if let Ok(id) = repository.resolve_base(name)
            && (!is_itself(short(name)) || id != head_commit)
        {
            return Ok((short(name).to_owned(), id));
        }
    }
    let hint =
        "name the branch to merge into: `tracker check --base BRANCH`, or `tracker review BRANCH..HEAD`";
    Err(Error::usage_with("there is no branch to compare with", hint))
}

/// Runs the commands of the policy at the top of the working tree, one after the other.
fn run_commands(session: &Session<'_>, config: &Config) -> Result<Vec<CommandOutcome>> {
    let mut outcomes = Vec::new();
    let step = session.begin(LongStep::RunCommands, None);
    for command in config.policy.gate.commands.iter().filter(|command| command.level != Level::Off) {
        let shell = Program::shell(&command.run, "run a command of the policy")
            .in_folder(session.workspace().work_dir())
            .in_its_own_repository();
        let done =
            shell.output().map_err(|error| Error::usage_with(error.to_string(), "install a POSIX shell"))?;
        step.advance(1);
        let text = [done.stdout.as_slice(), done.stderr.as_slice()].concat();
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let summary = if last.is_empty() { done.status.to_string() } else { last.trim().to_owned() };
        outcomes.push(CommandOutcome {
            name: command.name.clone(),
            is_yes: done.is_success(),
            message: summary,
        });
    }
    Ok(outcomes)
}
