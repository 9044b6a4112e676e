//! Reviews of pull requests as votes: each in the name of the person whom the configuration names for a login, on the very
//! commit that was reviewed, written to the branch of the pull request as a commit of that person's. A login that nobody is
//! named for casts none.

use std::collections::{BTreeMap, BTreeSet};

use crate::doc::read_vote;
use crate::facts::linked_ids;
use crate::git::{CommitId, CommitInfo};
use crate::model::{Person, Problem, RecordKind, RecordPath, SyncRemote, TaskId, Verdict, Vote};
use crate::ops::in_flight::in_flight_of;
use crate::ops::on_branch::{BranchRequest, on_branch};
use crate::ops::signoffs::{Reviewed, ReviewedVote, cast_reviewed};
use crate::ops::{Error, Result, Session};
use crate::remote::{GithubRemote, PullRequest, Review, ReviewState};
use crate::store::Snapshot;

/// Who casts the votes for people: roles that are for people only do not count them.
const AGENT: &str = "github";
/// More of a review is not taken over, in characters.
const LONGEST: usize = 4000;

/// What was read of reviews.
#[derive(Debug, Default)]
pub(super) struct ReviewsRead {
    /// Votes that were cast, each as one line.
    pub(super) votes: Vec<String>,
    pub(super) problems: Vec<Problem>,
}

/// Casts the votes of reviews. What cannot be cast is named, and the rest goes on.
pub(super) fn import_reviews(
    session: &Session<'_>,
    (name, remote): (&str, &SyncRemote),
    there: &GithubRemote<'_>,
    pulls: &[PullRequest],
) -> Result<ReviewsRead> {
    let mut read = ReviewsRead::default();
    for pull in pulls.iter().filter(|pull| !pull.is_of_fork) {
        let tasks = tasks_of(session, pull);
        if tasks.is_empty() {
            continue;
        }
        for review in there.reviews(pull.number)? {
            let Some(person) = person_of(remote, &review.login) else {
                let message = format!(
                    "the review of {} by {} is no vote: nobody is named for the login",
                    pull.number, review.login
                );
                let hint =
                    format!("write {:?} = \"Name <address>\" under [sync.{name}.people]", review.login);
                read.problems.push(Problem::warning(message).with_hint(hint));
                continue;
            };
            for (task, is_own) in &tasks {
                if *is_own && is_recorded(session, (pull, &review), task)? {
                    continue;
                }
                let reviewed = match is_own {
                    true => cast(session, (pull, &review), task, &person),
                    false => Ok(Reviewed::Left(NOT_OWN.to_owned())),
                };
                let outcome = match reviewed {
                    Ok(outcome) => outcome,
                    Err(error) if is_of_record(&error) => Reviewed::Left(error.to_string()),
                    Err(error) => return Err(error),
                };
                match outcome {
                    Reviewed::Cast(text) => read.votes.push(format!("{task}: {text}")),
                    Reviewed::Known => {}
                    Reviewed::Left(why) => {
                        let message = format!(
                            "the review of {} by {} is no vote on {task}: {why}",
                            pull.number, review.login
                        );
                        read.problems.push(Problem::warning(message));
                    }
                }
            }
        }
    }
    Ok(read)
}

/// Returns the tasks that a pull request may be about: those that its branch has moved, and those that its text links; and
/// whether its own commits move or link each. Only those count: a text can be changed after a review, and what is stacked
/// on others has theirs.
pub(super) fn tasks_of(session: &Session<'_>, pull: &PullRequest) -> BTreeMap<TaskId, bool> {
    let is_branch =
        |name: &str| name == pull.branch || name.split_once('/').is_some_and(|(_, own)| own == pull.branch);
    let in_flight = in_flight_of(session);
    let moved = in_flight.all().filter(|(_, flight)| flight.branch.as_deref().is_some_and(is_branch));
    let moved: BTreeSet<TaskId> = moved.filter_map(|(id, _)| TaskId::parse(id).ok()).collect();
    let linked = linked_ids(&pull.text);
    if moved.is_empty() && linked.is_empty() {
        return BTreeMap::new();
    }
    // Without its base nobody can tell what is its own: then its text chooses nothing.
    let own = own_tasks(session, pull).ok().flatten().unwrap_or_else(|| moved.clone());
    moved.into_iter().chain(linked).map(|task| (task.clone(), own.contains(&task))).collect()
}

/// Why a task that a pull request's text alone names is left out.
pub(super) const NOT_OWN: &str =
    "its commits, beyond the branch that it is for, neither move nor link the task";

/// Returns the tasks that the commits of a pull request move or link, beyond the branch that it is for; none where that is
/// not here.
fn own_tasks(session: &Session<'_>, pull: &PullRequest) -> Result<Option<BTreeSet<TaskId>>> {
    let repository = session.workspace().repository()?;
    let local = repository.ref_commit(&format!("refs/heads/{}", pull.branch))?;
    let Some(tip) = local.or_else(|| repository.resolve_base(&pull.head).ok()) else { return Ok(None) };
    let mut own: Option<Vec<CommitInfo>> = None;
    // Whichever of the two is behind: what the other has is not the pull request's own.
    for base in ["heads", "remotes/origin"].map(|place| format!("refs/{place}/{}", pull.base)) {
        let Some(base) = repository.ref_commit(&base)? else { continue };
        let beyond = repository.commits_between(Some(base), tip)?;
        match &mut own {
            None => own = Some(beyond),
            Some(own) => {
                let beyond: BTreeSet<CommitId> = beyond.into_iter().map(|commit| commit.id).collect();
                own.retain(|commit| beyond.contains(&commit.id));
            }
        }
    }
    let Some(own) = own else { return Ok(None) };
    let mut tasks: BTreeSet<TaskId> = own.iter().flat_map(|commit| linked_ids(&commit.message)).collect();
    let ids: Vec<CommitId> = own.iter().map(|commit| commit.id).collect();
    tasks.extend(repository.files_changed(&ids)?.iter().filter_map(|path| match RecordPath::parse(path) {
        Some(RecordPath::Task(task)) => Some(task),
        _ => None,
    }));
    Ok(Some(tasks))
}

/// Whether an error is about one task or branch, so that the others go on.
pub(super) fn is_of_record(error: &Error) -> bool {
    matches!(
        error,
        Error::Usage { .. }
            | Error::Refused(_)
            | Error::NotFound { .. }
            | Error::Broken(_)
            | Error::Store(crate::store::Error::NotFound { .. })
    )
}

/// Returns the person of a login: one with an address, because that is what distinguishes people.
fn person_of(remote: &SyncRemote, login: &str) -> Option<Person> {
    let mapped = remote.people.iter().find(|(own, _)| own.eq_ignore_ascii_case(login));
    mapped.and_then(|(_, person)| Person::parse(person))
}

/// Returns what a branch has, as it is here and as GitHub has it where that is here: the local one comes first, because votes
/// are written to that.
pub(super) fn branch_as_known(session: &Session<'_>, pull: &PullRequest) -> Result<Option<Snapshot>> {
    let repository = session.workspace().repository()?;
    let local = repository.ref_commit(&format!("refs/heads/{}", pull.branch))?;
    let Some(tip) = local.or_else(|| repository.resolve_base(&pull.head).ok()) else { return Ok(None) };
    Ok(Some(session.workspace().snapshot_of_commit(Some(tip))?))
}

/// Whether a branch has the vote of a review already, or none that a dismissal could withdraw: then it is not fetched, locked
/// and read for it.
fn is_recorded(
    session: &Session<'_>,
    (pull, review): (&PullRequest, &Review),
    task: &TaskId,
) -> Result<bool> {
    let Some(there) = branch_as_known(session, pull)? else { return Ok(false) };
    let (votes, _) = there.records(&RecordKind::Vote.folder_of(task), |bytes| read_vote(task, bytes))?;
    let is_own = |vote: &&Vote| vote.notes.as_deref().is_some_and(|notes| notes.ends_with(&review.address));
    let mut own = votes.iter().map(|(_, vote)| vote).filter(is_own).peekable();
    let verdict = verdict_of(review.state);
    let has_none = own.peek().is_none();
    Ok(has_none && verdict == Verdict::Withdrawn || own.any(|vote| vote.verdict == verdict))
}

fn verdict_of(state: ReviewState) -> Verdict {
    match state {
        ReviewState::Approved => Verdict::Approved,
        ReviewState::ChangesRequested => Verdict::Rejected,
        ReviewState::Dismissed => Verdict::Withdrawn,
    }
}

fn cast(
    session: &Session<'_>,
    (pull, review): (&PullRequest, &Review),
    task: &TaskId,
    person: &Person,
) -> Result<Reviewed> {
    let Ok(commit) = CommitId::parse(&review.commit) else {
        return Ok(Reviewed::Left("its commit has no id".to_owned()));
    };
    let plain = |c: &char| !c.is_control() || *c == '\n';
    let text: String = review.text.replace("\r\n", "\n").chars().filter(plain).take(LONGEST).collect();
    let notes = format!("{}\n\n{}", text.trim(), review.address).trim().to_owned();
    let verdict = verdict_of(review.state);
    let vote = ReviewedVote { task, verdict, commit, address: &review.address, notes };
    // Whoever is named is the author of the commit, as of a vote that they cast themselves.
    let env = session.env().seen_from(session.env().cwd());
    let env =
        env.with_variable("GIT_AUTHOR_NAME", &person.name).with_variable("GIT_AUTHOR_EMAIL", &person.email);
    let own = session.workspace().repository()?.identity(session.env())?;
    let env =
        env.with_variable("GIT_COMMITTER_NAME", own.name).with_variable("GIT_COMMITTER_EMAIL", own.email);
    let workspace = session.workspace().again(&env);
    let snapshot = workspace.snapshot();
    let voter = Session::new(&env, workspace, snapshot).to_write(session.is_dry()).for_agent(AGENT);
    on_branch_of(&voter, pull, |there| cast_reviewed(there, &vote))
}

/// Writes to the branch of a pull request: to the local one where there is one, and otherwise it is pushed.
pub(super) fn on_branch_of<T>(
    writer: &Session<'_>,
    pull: &PullRequest,
    write: impl Fn(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let repository = writer.workspace().repository()?;
    let is_local = repository.ref_commit(&format!("refs/heads/{}", pull.branch))?.is_some();
    on_branch(writer, &BranchRequest { name: pull.branch.clone(), push: !is_local }, write)
}
