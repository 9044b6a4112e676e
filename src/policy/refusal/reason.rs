//! One reason against an attempt: its words, and what gets somebody past it.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Fix, PlanReason, Refusal};
use crate::model::{
    EvidenceLevel, Problem, RecordKind, Requirement, SprintId, SprintState, Stage, Suggestion,
    TRACKER_FOLDER, TaskId,
};
use crate::policy::{Cycle, DirectiveError, Missing, WhyNoEvidence, WhyNot};

/// How many checkboxes a reason names.
const NAMED: usize = 5;

/// Why no task of the queue can be taken.
const NOTHING_READY: &str = "every open task is started, blocked, waiting, or somebody else's";

/// One reason against an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    Missing(Missing),
    /// The same, with what the current user can do about it.
    MissingFor {
        missing: Missing,
        fix: Fix,
    },
    /// A task that has not begun cannot fail.
    NotBegun,
    /// It is where a failure would send it.
    FailsToItself(Stage),
    NoWhy,
    NoSuchStage {
        query: String,
        stages: Vec<Stage>,
    },
    AssignedTo(String),
    /// Somebody has moved it where this working tree does not have it.
    InFlight {
        /// The stage that it is in there.
        stage: Stage,
        person: String,
        place: FlightPlace,
    },
    /// Somebody else has claimed it, or one of its target files.
    Claimed {
        /// Who; none where the claim cannot be read.
        worker: Option<String>,
        host: Option<String>,
        /// When that ends.
        until: Option<DateTime<Utc>>,
        /// The target file, and the task that it was claimed with.
        file: Option<(String, TaskId)>,
        /// When that was fetched.
        fetched: Option<DateTime<Utc>>,
    },
    /// Votes are required of it on a branch, and not here.
    VotedOn {
        stage: Stage,
        person: String,
        place: FlightPlace,
        command: Suggestion,
    },
    /// No task can begin.
    NothingReady,
    /// A commit has the file.
    Committed {
        path: String,
        /// The task that cannot be removed for that.
        task: Option<TaskId>,
    },
    /// Something else has changed the file since, and a commit has that.
    CommittedSince(String),
    /// The file is in the index.
    Staged(String),
    /// The texts of the write were too large to be kept.
    TooLargeToUndo,
    /// An agent moves a task out of a stage that this role, which is for people only, signs off.
    PeopleOnly(String),
    /// An agent answers a step that waits for a person.
    AgentAnswers {
        agent: String,
        /// What a person answers with.
        command: Suggestion,
    },
    /// An agent closes a finding of this role, which is for people only.
    FindingForPeople {
        role: String,
        finding: String,
    },
    Cycle(Cycle),
    /// A vote would cover too many files: its record could not be read again.
    TooManyFiles {
        role: String,
        files: usize,
        config: String,
    },
    NoCommit,
    /// A vote that would be written down and not count.
    VoteDoesNotCount {
        why: WhyNot,
        /// What would count.
        fix: Option<Fix>,
    },
    NoVoteOf(String),
    RoleExists {
        role: String,
        path: String,
    },
    ChangedMeanwhile(String),
    Broken(Problem),
    Message(DirectiveError),
    /// The configuration at this path cannot be read.
    UnreadablePolicy {
        problem: Problem,
        path: String,
    },
    /// The working tree has what the task needs, and the commit does not bring it.
    LeftOut {
        task: TaskId,
        /// Whether the commit is of files that were named, and not of what is staged.
        is_partial: bool,
    },
    /// The record is in the working tree and not in the index.
    Unstaged {
        task: TaskId,
        path: String,
    },
    /// No table of the configuration defines it.
    UndefinedRole(String),
    /// The policy names no command to run: for a role, or for any that the task is asked for.
    NoCommandOf {
        /// The role that was named.
        role: Option<String>,
        /// The roles that have one.
        known: Vec<String>,
    },
    UnknownTask(TaskId),
    /// The sprint is not in the state that the change is for.
    SprintIs {
        sprint: SprintId,
        state: SprintState,
        /// What brings it there.
        fix: Option<Suggestion>,
    },
    /// Another sprint was closed after it.
    NotTheLast {
        sprint: SprintId,
        later: SprintId,
    },
    /// A plan is not as it would have to be.
    Plan(PlanReason),
    /// The refusal of one of several tasks.
    Task(Refusal),
}

/// Where a task goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlightPlace {
    Branch(String),
    /// A branch of a remote, as `origin/fix`; `git switch` takes the name without the remote.
    RemoteBranch {
        branch: String,
        local: String,
    },
    /// The folder of another working tree.
    Folder(String),
}

impl FlightPlace {
    /// Returns how to get there.
    #[must_use]
    pub fn way_there(&self) -> Fix {
        match self {
            Self::Branch(name) | Self::RemoteBranch { local: name, .. } => {
                Fix::Run(Suggestion::git(["switch", name]))
            }
            Self::Folder(folder) => Fix::Advice(format!("go on in {folder}")),
        }
    }
}

impl From<Missing> for Reason {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<PlanReason> for Reason {
    fn from(reason: PlanReason) -> Self {
        Self::Plan(reason)
    }
}

impl fmt::Display for FlightPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(name) | Self::RemoteBranch { branch: name, .. } | Self::Folder(name) => {
                f.write_str(name)
            }
        }
    }
}

impl Reason {
    /// One word or two that sort it, such as `missing`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Missing(missing) | Self::MissingFor { missing, .. } => missing.label(),
            Self::NotBegun => "not begun",
            Self::FailsToItself(_) => "stage",
            Self::RoleExists { .. } => "exists",
            Self::NoWhy => "reason",
            Self::NoSuchStage { .. } => "stage",
            Self::AssignedTo(_) => "assigned",
            Self::Claimed { .. } => "claimed",
            Self::InFlight { .. } | Self::VotedOn { .. } => "in progress",
            Self::NothingReady => "queue",
            Self::Committed { .. } | Self::CommittedSince(_) => "committed",
            Self::Staged(_) => "staged",
            Self::TooLargeToUndo => "too large",
            Self::PeopleOnly(_) | Self::FindingForPeople { .. } | Self::AgentAnswers { .. } => "people",
            Self::Cycle(_) => "cycle",
            Self::TooManyFiles { .. } => "too large",
            Self::NoCommit => "commit",
            Self::NoVoteOf(_) | Self::VoteDoesNotCount { .. } => "vote",
            Self::ChangedMeanwhile(_) => "changed",
            Self::Broken(_) => "broken",
            Self::Message(_) => "message",
            Self::UnreadablePolicy { .. } => "policy",
            Self::LeftOut { .. } => "left out",
            Self::Unstaged { .. } => "unstaged",
            Self::UndefinedRole(_) | Self::NoCommandOf { .. } => "role",
            Self::UnknownTask(_) => "unknown",
            Self::SprintIs { state, .. } => state.as_str(),
            Self::NotTheLast { .. } => "closed",
            Self::Plan(reason) => reason.label(),
            Self::Task(_) => "refused",
        }
    }

    /// What gets somebody past it; `task` is the one that the attempt was about.
    #[must_use]
    pub fn fix(&self, task: Option<&TaskId>) -> Option<Fix> {
        let of_task = |words: &[&str]| {
            let (command, rest) = words.split_first()?;
            let words = [*command, task?.as_str()].into_iter().chain(rest.iter().copied());
            Some(Fix::Run(Suggestion::tracker(words)))
        };
        match self {
            Self::Missing(missing) => Some(missing.fix(task?)),
            Self::MissingFor { fix, .. } => Some(fix.clone()),
            Self::NotBegun => of_task(&["start"]),
            Self::FailsToItself(_) => of_task(&["note", "…"]),
            Self::NoWhy => of_task(&["fail", "…"]),
            Self::AssignedTo(_) => of_task(&["start", "--force"]),
            Self::Claimed { .. } => Some(Fix::Run(Suggestion::tracker(["claims"]))),
            Self::InFlight { .. }
            | Self::VotedOn { .. }
            | Self::Committed { .. }
            | Self::CommittedSince(_)
            | Self::Staged(_)
            | Self::TooLargeToUndo
            | Self::NothingReady => self.fix_in_clone(),
            Self::PeopleOnly(_) => Some(by_person(Suggestion::tracker(["advance", task?.as_str()]))),
            Self::FindingForPeople { finding, .. } => {
                Some(Fix::Run(Suggestion::tracker(["findings", "fix", task?.as_str(), finding])))
            }
            Self::Cycle(_) => Some(Fix::Run(Suggestion::tracker(["deps"]))),
            Self::TooManyFiles { role, config, .. } => {
                Some(Fix::Advice(format!("narrow `paths` of [roles.{role}] in {config}")))
            }
            Self::NoCommit => Some(Fix::Run(Suggestion::git(["commit"]))),
            Self::VoteDoesNotCount { fix, .. } => fix.clone(),
            Self::NoVoteOf(_) => of_task(&["signoffs"]),
            Self::Broken(problem) => problem.hint.clone().map(Fix::Advice),
            Self::Message(error) => Some(Fix::Advice(error.hint().to_owned())),
            Self::UnreadablePolicy { problem: Problem { hint: Some(hint), .. }, .. } => {
                Some(Fix::Advice(hint.clone()))
            }
            Self::UnreadablePolicy { path, .. } => {
                Some(Fix::Advice(format!("correct it, then {}", Suggestion::git(["add", path]))))
            }
            Self::Unstaged { path, .. } => Some(Fix::Run(Suggestion::git(["add", path]))),
            Self::NoCommandOf { .. } | Self::UndefinedRole(_) => self.fix_of_role(task),
            Self::LeftOut { is_partial: true, .. } => {
                Some(Fix::Advice(format!("git commit FILE {TRACKER_FOLDER}")))
            }
            Self::LeftOut { .. } => Some(Fix::Run(Suggestion::git(["add", TRACKER_FOLDER]))),
            Self::UnknownTask(_) => Some(Fix::Run(Suggestion::tracker(["list"]))),
            Self::RoleExists { role, .. } => Some(Fix::Run(Suggestion::tracker(["role", "show", role]))),
            Self::SprintIs { fix, .. } => fix.clone().map(Fix::Run),
            Self::NotTheLast { later, .. } => {
                Some(Fix::Run(Suggestion::tracker(["sprint", "reopen", later.as_str(), "…"])))
            }
            Self::Plan(reason) => reason.fix(),
            Self::AgentAnswers { command, .. } => Some(by_person(command.clone())),
            Self::NoSuchStage { .. } | Self::ChangedMeanwhile(_) | Self::Task(_) => None,
        }
    }
}

fn name_a_command(role: &str) -> Fix {
    let config = RecordKind::Config.file();
    Fix::Advice(format!("name the command in {config}: [roles.{role}] verify = \"…\""))
}

fn evidence_fix(task: &str, role: Option<&str>, why: &WhyNoEvidence) -> Fix {
    let run = |words: &[&str]| Fix::Run(Suggestion::tracker(words));
    match (role, why) {
        (None, _) => name_a_command("NAME"),
        (Some(role), WhyNoEvidence::NoCommand) => name_a_command(role),
        (Some(role), WhyNoEvidence::Weak { need: EvidenceLevel::Signed, .. }) => {
            run(&["verify", task, "--role", role, "--sign"])
        }
        (Some(_), WhyNoEvidence::Weak { .. }) => {
            Fix::Advice("check with --run-evidence, or have a member of the role verify it".to_owned())
        }
        (Some(role), _) => run(&["verify", task, "--role", role]),
    }
}

fn by_person(command: Suggestion) -> Fix {
    Fix::RunAs { person: "a person".to_owned(), command }
}

impl Reason {
    fn fmt_claim(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Claimed { worker, host, until, file, fetched } = self else { return Ok(()) };
        if let Some((file, task)) = file {
            write!(f, "{file} with {task} ")?;
        }
        match (worker, host) {
            (Some(worker), Some(host)) => write!(f, "by {worker} on {host}")?,
            _ => f.write_str("by somebody whose claim cannot be read")?,
        }
        let time = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
        until.as_ref().map_or(Ok(()), |until| write!(f, ", until {}", time(until)))?;
        fetched.as_ref().map_or(Ok(()), |at| write!(f, ", as of {}", time(at)))
    }

    /// What gets somebody past a reason that is about the table of a role.
    fn fix_of_role(&self, task: Option<&TaskId>) -> Option<Fix> {
        match self {
            Self::NoCommandOf { known, .. } => match known.first() {
                Some(role) => {
                    Some(Fix::Run(Suggestion::tracker(["verify", task?.as_str(), "--role", role.as_str()])))
                }
                None => Some(name_a_command("NAME")),
            },
            Self::UndefinedRole(role) => {
                let config = RecordKind::Config.file();
                Some(Fix::Advice(format!("correct the name in {config}, or add a table [roles.{role}]")))
            }
            _ => None,
        }
    }

    /// What gets somebody past a reason that is about this clone: its branches, its commits, its files.
    fn fix_in_clone(&self) -> Option<Fix> {
        match self {
            Self::InFlight { place, .. } => Some(place.way_there()),
            Self::VotedOn { command, .. } => Some(Fix::Run(command.clone())),
            Self::Committed { task: Some(task), .. } => {
                Some(Fix::Run(Suggestion::tracker(["cancel", task.as_str(), "…"])))
            }
            Self::Committed { path, task: None } | Self::CommittedSince(path) => {
                Some(Fix::Run(Suggestion::git(["log", "-1", "--", path])))
            }
            Self::Staged(path) => Some(Fix::Run(Suggestion::git(["rm", "--cached", path]))),
            Self::TooLargeToUndo => {
                Some(Fix::Run(Suggestion::git(["status", "--short", "--", TRACKER_FOLDER])))
            }
            Self::NothingReady => Some(Fix::Run(Suggestion::tracker(["list"]))),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) | Self::MissingFor { missing, .. } => missing.fmt(f),
            Self::NotBegun => f.write_str("there is nothing that can fail yet"),
            Self::FailsToItself(stage) => write!(f, "it is already in {stage}, where a failure sends it"),
            Self::NoWhy => f.write_str("a failure needs a reason"),
            Self::NoSuchStage { query, stages } => {
                let stages: Vec<&str> = stages.iter().map(Stage::as_str).collect();
                write!(f, "unknown stage `{}` (expected {})", query.escape_debug(), stages.join(", "))
            }
            Self::AssignedTo(person) => write!(f, "to {person}"),
            Self::Claimed { .. } => self.fmt_claim(f),
            Self::InFlight { stage, person, place } | Self::VotedOn { stage, person, place, .. } => {
                write!(f, "{stage} on {place} ({person})")
            }
            Self::Committed { path, task: Some(_) } => {
                write!(f, "{path} is in a commit, and history keeps every task")
            }
            Self::Committed { path, task: None } => write!(f, "{path} is in a commit as the write left it"),
            Self::CommittedSince(path) => write!(f, "{path} was changed again, and that is in a commit"),
            Self::Staged(path) => f.write_str(path),
            Self::TooLargeToUndo => f.write_str("its files are too large to be kept"),
            Self::NothingReady => f.write_str(NOTHING_READY),
            Self::PeopleOnly(role) => write!(f, "what {role} signs off is moved on by people only"),
            Self::AgentAnswers { agent, .. } => write!(f, "it waits for a person, and {agent} is an agent"),
            Self::FindingForPeople { role, .. } => write!(f, "what {role} reported is closed by people only"),
            Self::Cycle(cycle) => cycle.fmt(f),
            Self::TooManyFiles { role, files, .. } => {
                write!(f, "a vote as {role} would cover {files} files, more than one record can list")
            }
            Self::NoCommit => f.write_str("nothing is committed yet"),
            Self::VoteDoesNotCount { why, .. } => write!(f, "it would not count: {why}"),
            Self::NoVoteOf(person) => write!(f, "{person} has no vote that counts"),
            Self::RoleExists { path, .. } | Self::ChangedMeanwhile(path) => f.write_str(path),
            Self::Broken(problem) | Self::UnreadablePolicy { problem, .. } => problem.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::LeftOut { task, .. } => {
                write!(f, "what {task} needs is in the working tree, but not part of this commit")
            }
            Self::Unstaged { task, .. } => write!(f, "{task} is not in the commit"),
            Self::NoCommandOf { role: Some(role), .. } => {
                write!(f, "the policy names no command for role `{}`", role.escape_debug())
            }
            Self::NoCommandOf { role: None, .. } => f.write_str("no role of its stage has a command"),
            Self::UndefinedRole(role) => write!(f, "role `{}` is not defined", role.escape_debug()),
            Self::UnknownTask(task) => write!(f, "no task {task}"),
            Self::SprintIs { sprint, state, .. } => write!(f, "{sprint} is {state}"),
            Self::NotTheLast { later, .. } => write!(f, "{later} was closed after it"),
            Self::Plan(reason) => reason.fmt(f),
            Self::Task(refusal) => refusal.fmt(f),
        }
    }
}

impl Missing {
    /// One word or two that sort it, such as `missing`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Cancelled | Self::Completed => "closed",
            Self::UnknownStage { .. } => "stage",
            Self::Blocked(_) => "blocked",
            Self::WaitsFor { .. } => "waits for",
            Self::Unreadable(_) => "unreadable",
            Self::Outdated => "outdated",
            Self::Unchecked { .. } => "unchecked",
            Self::Signoff { .. } => "missing",
            Self::Rejected { .. } => "rejected",
            Self::Evidence { .. } => "evidence",
            Self::Finding { .. } => "open",
        }
    }

    /// What gets a task past it.
    #[must_use]
    pub fn fix(&self, task: &TaskId) -> Fix {
        let task = task.as_str();
        let run = |words: &[&str]| Fix::Run(Suggestion::tracker(words));
        match self {
            Self::Cancelled | Self::Completed => run(&["reopen", task]),
            Self::UnknownStage { first, .. } => run(&["set-stage", task, first.as_str()]),
            Self::Blocked(_) => run(&["unblock", task]),
            Self::WaitsFor { task: other, .. } => run(&["show", other.as_str()]),
            Self::Unreadable(problem) => {
                Fix::Advice(problem.hint.clone().unwrap_or_else(|| "correct the file".to_owned()))
            }
            Self::Outdated => run(&["signoffs", task]),
            Self::Unchecked { boxes, .. } => {
                let numbers = boxes.iter().map(|(number, _)| number.to_string());
                let words = ["tick".to_owned(), task.to_owned()].into_iter().chain(numbers);
                Fix::Run(Suggestion::tracker(words))
            }
            Self::Signoff { role, is_defined: false, .. } => {
                Fix::Advice(format!("define the role in {}: [roles.{role}]", RecordKind::Config.file()))
            }
            Self::Signoff { role, .. } => run(&["approve", task, "--as", role]),
            Self::Rejected { role, by, .. } => {
                let command = Suggestion::tracker(["approve", task, "--as", role]);
                Fix::RunAs { person: by.clone(), command }
            }
            Self::Evidence { role, why } => evidence_fix(task, role.as_deref(), why),
            Self::Finding { id, .. } => run(&["findings", "resolve", task, id.as_str()]),
        }
    }

    /// Whom to ask, as patterns of people; none where anyone can get the task past it.
    #[must_use]
    pub fn who_to_ask(&self) -> Option<&[String]> {
        match self {
            Self::Signoff { waiting_for, .. } => Some(waiting_for),
            Self::Rejected { by, .. } => Some(std::slice::from_ref(by)),
            _ => None,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("it is cancelled"),
            Self::Completed => f.write_str("it is complete"),
            Self::UnknownStage { stage, .. } => write!(f, "`{stage}` is not a stage of its pipeline"),
            Self::Blocked(why) if why.trim().is_empty() => f.write_str("by hand"),
            Self::Blocked(why) => f.write_str(why),
            Self::WaitsFor { task, title: Some(title) } => write!(f, "{task}  {title}"),
            Self::WaitsFor { task, title: None } => write!(f, "{task}"),
            Self::Unreadable(problem) => problem.fmt(f),
            Self::Outdated => f.write_str("its sign-offs were counted before it moved"),
            Self::Unchecked { requirement, boxes } => unchecked(f, *requirement, boxes),
            Self::Signoff { role, have, need, waiting_for, is_defined } => {
                write!(f, "approval of {role}")?;
                if !is_defined {
                    f.write_str(", which is not defined, so nobody can give it")?;
                }
                if *need > 1 {
                    write!(f, ", {have} of {need}")?;
                }
                if !waiting_for.is_empty() {
                    write!(f, ", by {}", waiting_for.join(" or "))?;
                }
                Ok(())
            }
            Self::Rejected { role, by, notes } => {
                write!(f, "by {by} as {role}")?;
                notes.as_ref().map_or(Ok(()), |notes| write!(f, ": {notes}"))
            }
            Self::Evidence { role: Some(role), why } => write!(f, "of {role}: {why}"),
            Self::Evidence { role: None, why } => write!(f, "{why}"),
            Self::Finding { id, severity, title, place } => {
                write!(f, "finding {id} {severity}: {title}")?;
                place.as_ref().map_or(Ok(()), |place| write!(f, ", {place}"))
            }
        }
    }
}

fn unchecked(f: &mut fmt::Formatter<'_>, requirement: Requirement, boxes: &[(usize, String)]) -> fmt::Result {
    f.write_str(match (requirement, boxes.len()) {
        (Requirement::Deliverables, 1) => "deliverable",
        (Requirement::Deliverables, _) => "deliverables",
        (Requirement::Criteria, 1) => "acceptance criterion",
        (Requirement::Criteria, _) => "acceptance criteria",
        (Requirement::Boxes | Requirement::Evidence, 1) => "checkbox",
        (Requirement::Boxes | Requirement::Evidence, _) => "checkboxes",
    })?;
    for (at, (number, text)) in boxes.iter().take(NAMED).enumerate() {
        write!(f, "{} {number} {text}", if at == 0 { "" } else { "," })?;
    }
    match boxes.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
