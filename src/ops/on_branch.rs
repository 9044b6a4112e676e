//! Writes that go to a branch instead of the working tree: a commit on its tip, made without a checkout. The branch is
//! moved by compare-and-swap, or pushed with a lease; whoever loses the race reads again and tries again.

use super::in_flight::in_flight_of;
use super::merge::git;
use super::written::WrittenTask;
use super::{Error, Result, Session};
use crate::facts::{Flight, checked_out_in};
use crate::git::{BranchCommit, CommitId, FoldRefusal, Repository};
use crate::model::{Config, Suggestion, TaskId, is_daily_record};
use crate::policy::FlightPlace;
use crate::store::Change;

/// How often a write is tried that lost the race.
const MOST_TRIES: u32 = 400;
/// Milliseconds by which the wait before another try may grow with each, and up to which try.
const WAIT: (u32, u32) = (20, 50);

/// Which branch to write to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchRequest {
    /// Its name, `fix/cart` or `origin/fix/cart`.
    pub name: String,
    /// Whether to push it.
    pub push: bool,
}

/// The end of a branch, as it was when the session began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BranchTarget {
    /// As people name it.
    pub(super) name: String,
    /// The whole name of the local ref; none where the branch is only on the remote.
    local: Option<String>,
    /// The remote and the branch's name there, where it is to be pushed.
    remote: Option<(String, String)>,
    pub(super) tip: CommitId,
}

/// Does something on a branch, again where somebody else has moved it meanwhile.
pub(super) fn on_branch<T>(
    session: &Session<'_>,
    request: &BranchRequest,
    action: impl Fn(&Session<'_>) -> Result<T>,
) -> Result<T> {
    for attempt in 0.. {
        let target = BranchTarget::find(session, request)?;
        let snapshot = session.workspace().snapshot_of_commit(Some(target.tip))?;
        let there = session.on(target, snapshot)?;
        match action(&there) {
            Err(Error::BranchMoved(_)) if attempt < MOST_TRIES => {
                // The more there are who vote, the longer they make room for each other.
                let wait = session.env().random_below(WAIT.0 * (attempt + 1).min(WAIT.1)) + 1;
                session.env().sleep(std::time::Duration::from_millis(wait.into()));
            }
            done => return done,
        }
    }
    unreachable!("the loop ends with an answer")
}

impl BranchTarget {
    fn find(session: &Session<'_>, request: &BranchRequest) -> Result<Self> {
        // Another process may have packed or moved refs since.
        let repository = Repository::open(session.workspace().repo_paths())?;
        let name = request.name.trim();
        let name = name.strip_prefix("refs/heads/").unwrap_or(name);
        let local = format!("refs/heads/{name}");
        let local_tip = repository.ref_commit(&local)?;
        if local_tip.is_some() {
            refuse_checked_out(session, name, &local)?;
        }
        let unknown = || {
            let hint = "run `git branch --all`, or `git fetch` where it is new on the remote";
            Error::usage_with(format!("unknown branch `{name}`"), hint)
        };
        let tracked = tracked_by(&repository, name, local_tip.is_some())?;
        if !request.push {
            let Some(tip) = local_tip else {
                tracked.ok_or_else(unknown)?;
                let message = format!("`{name}` is a branch of a remote, which only a push can change");
                return Err(Error::usage_with(message, "add --push"));
            };
            return Ok(Self { name: name.to_owned(), local: Some(local), remote: None, tip });
        }
        let (remote, branch) = tracked.ok_or_else(unknown)?;
        let tracking = format!("refs/remotes/{remote}/{branch}");
        let seen = repository.ref_commit(&tracking)?;
        fetch(session, &remote, &branch)?;
        let repository = Repository::open(session.workspace().repo_paths())?;
        let tip = repository.ref_commit(&tracking)?.ok_or_else(unknown)?;
        refuse_unseen(&repository, name, seen, tip)?;
        if let Some(own) = local_tip.filter(|own| *own != tip)
            && repository.merge_base(own, tip)? != Some(own)
        {
            let message = format!("`{name}` has commits that {remote} does not have");
            let push = Suggestion::git(["push", remote.as_str(), name]);
            return Err(Error::usage_with(message, format!("run `{push}`, or leave out --push")));
        }
        let local = local_tip.map(|_| local);
        Ok(Self { name: name.to_owned(), local, remote: Some((remote, branch)), tip })
    }

    /// Makes the commit, and moves or pushes the branch.
    pub(super) fn commit(
        &self,
        session: &Session<'_>,
        changes: &[Change],
        tasks: &[WrittenTask],
    ) -> Result<()> {
        let changed = changes.iter().filter(|change| !change.is_empty());
        let files: Vec<(&str, &[u8])> =
            changed.map(|change| (change.path.as_str(), change.after.as_bytes())).collect();
        if files.is_empty() {
            return Ok(());
        }
        let repository = session.workspace().repository()?;
        let message = message_of(tasks);
        let (author, at) = (repository.identity(session.env())?, session.env().local_now());
        let committer = &repository.committer(session.env(), &author);
        let commit =
            BranchCommit { tip: self.tip, files: &files, message: &message, author: &author, committer, at };
        let commit = repository.write_branch_commit(&commit).map_err(cannot_commit)?;
        let why = format!("commit: {}", message.lines().next().unwrap_or_default());
        if let Some((remote, branch)) = &self.remote {
            self.push(session, remote, branch, commit)?;
        }
        let Some(local) = &self.local else { return Ok(()) };
        // What was pushed is there: a local branch that is elsewhere by now catches up with the next pull.
        let is_moved = match repository.ref_commit(local)? {
            Some(own) if self.remote.is_some() && own != self.tip => true,
            _ => repository.move_branch(local, self.tip, commit, &why)?,
        };
        if is_moved || self.remote.is_some() { Ok(()) } else { Err(Error::BranchMoved(self.name.clone())) }
    }

    fn push(&self, session: &Session<'_>, remote: &str, branch: &str, commit: CommitId) -> Result<()> {
        let lease = format!("--force-with-lease=refs/heads/{branch}:{}", self.tip);
        let refspec = format!("{commit}:refs/heads/{branch}");
        let pushed = git(session.workspace(), "push", &["push", "--porcelain", &lease, remote, &refspec])?;
        if pushed.is_success() {
            return Ok(());
        }
        let text = format!("{}{}", pushed.stdout_text(), pushed.stderr_text());
        // The remote has another tip, or another push of it is going on.
        let lost =
            ["stale info", "fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref"];
        if lost.iter().any(|reason| text.contains(reason)) {
            return Err(Error::BranchMoved(self.name.clone()));
        }
        let message = format!("git push to {remote} failed: {}", last_line(&text));
        Err(Error::usage_with(message, "the vote was not cast; try again when the remote accepts pushes"))
    }
}

/// How many commits are named that nobody here has seen.
const NAMED: usize = 3;

/// Refuses to vote on work that came to the remote since it was fetched last: nobody here can have read it. Votes and other
/// records are no work.
fn refuse_unseen(repository: &Repository, name: &str, seen: Option<CommitId>, tip: CommitId) -> Result<()> {
    let Some(seen) = seen.filter(|seen| *seen != tip) else { return Ok(()) };
    let changes = repository.changes_between(Some(seen), tip)?;
    if changes.iter().all(|change| is_daily_record(&change.path)) {
        return Ok(());
    }
    let commits = repository.commits_between(Some(seen), tip)?;
    let newest = commits.iter().rev().take(NAMED);
    let newest: Vec<String> =
        newest.map(|commit| format!("{} \"{}\"", commit.id.short(), commit.subject)).collect();
    let more = if commits.len() > NAMED { ", …" } else { "" };
    let message = format!("`{name}` has changed since it was last fetched: {}{more}", newest.join(", "));
    let range = format!("{}..{}", seen.short(), tip.short());
    let look = Suggestion::git(["log", "-p", range.as_str()]);
    Err(Error::usage_with(message, format!("read what is new, `{look}`, and vote again")))
}

/// The remote and the branch there that a name means: the one that a local branch follows, `origin/fix`, or a branch of
/// this name on the only remote that has one.
fn tracked_by(repository: &Repository, name: &str, is_local: bool) -> Result<Option<(String, String)>> {
    if is_local
        && let Some(remote) = repository.config_text(&format!("branch.{name}.remote"))
        && let Some(merge) = repository.config_text(&format!("branch.{name}.merge"))
        && let Some(branch) = merge.strip_prefix("refs/heads/")
    {
        return Ok(Some((remote, branch.to_owned())));
    }
    let there = |remote: &str, branch: &str| -> Result<bool> {
        Ok(repository.ref_commit(&format!("refs/remotes/{remote}/{branch}"))?.is_some())
    };
    if let Some((remote, branch)) = name.split_once('/')
        && there(remote, branch)?
    {
        return Ok(Some((remote.to_owned(), branch.to_owned())));
    }
    Ok(there("origin", name)?.then(|| ("origin".to_owned(), name.to_owned())))
}

/// A branch that a working tree has checked out is not moved under it.
fn refuse_checked_out(session: &Session<'_>, name: &str, ref_name: &str) -> Result<()> {
    let paths = session.workspace().repo_paths();
    if paths.branch()?.as_deref() == Some(name) {
        return Err(Error::usage_with(format!("`{name}` is checked out here"), "leave out --branch"));
    }
    if paths.rebased_branches().iter().any(|rebased| rebased == ref_name) {
        let hint = "git rebase --continue, or --abort, then vote without --branch";
        return Err(Error::usage_with(format!("`{name}` is being rebased here"), hint));
    }
    match checked_out_in(paths, ref_name) {
        Some(folder) => Err(Error::usage_with(
            format!("`{name}` is checked out in {folder}"),
            format!("vote there: tracker -C {folder} …"),
        )),
        None => Ok(()),
    }
}

fn fetch(session: &Session<'_>, remote: &str, branch: &str) -> Result<()> {
    let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
    let fetched = git(session.workspace(), "fetch", &["fetch", "--quiet", "--no-tags", remote, &refspec])?;
    if fetched.is_success() {
        return Ok(());
    }
    let text = fetched.stderr_text();
    if text.contains("cannot lock ref") {
        // Another process fetches the same.
        return Ok(());
    }
    Err(Error::usage(format!("git fetch from {remote} failed: {}", last_line(&text))))
}

fn last_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "Done");
    lines.next_back().unwrap_or("without a message").to_owned()
}

/// Names the tasks as a commit would whose author had them checked out.
fn message_of(tasks: &[WrittenTask]) -> String {
    let subject = tasks.iter().map(|task| {
        let what = task.summary.first().map_or("changed", String::as_str);
        format!("{}: {what}", task.id)
    });
    let links: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    format!("{}\n\nTask: {}\n", subject.collect::<Vec<_>>().join("; "), links.join(", "))
}

pub(super) fn cannot_commit(refusal: FoldRefusal) -> Error {
    match refusal {
        FoldRefusal::Git(error) => error.into(),
        FoldRefusal::Unsigned(error) => {
            let hint = error.hint();
            Error::Usage { message: format!("the commit cannot be signed: {error}"), hint }
        }
        other => Error::usage(other.to_string()),
    }
}

/// Makes a command on a task one that reaches the task where it is in flight.
pub(super) fn at_place(command: Suggestion, flight: &Flight) -> Suggestion {
    match flight.place() {
        FlightPlace::Branch(branch) => command.and(["--branch", branch.as_str()]),
        FlightPlace::RemoteBranch { branch, .. } => command.and(["--branch", branch.as_str(), "--push"]),
        FlightPlace::Folder(folder) => {
            Suggestion::tracker(["-C", folder.as_str()]).and(command.argv().iter().skip(1))
        }
    }
}

/// Finds the branch on which a task is in a stage where votes are required, for somebody who looks for it here.
pub(super) fn voting_place(session: &Session<'_>, config: &Config, query: &str) -> Option<(TaskId, Flight)> {
    let in_flight = in_flight_of(session);
    let requires = |flight: &Flight| !config.signoffs_of(flight.stage.as_str()).is_empty();
    let resolved = session.resolve(query).ok();
    let since = resolved.as_ref().and_then(|id| session.snapshot().readable_task(id).ok()??.since());
    if let Some(id) = resolved {
        let flights = in_flight.of(id.as_str(), since);
        let found = flights.into_iter().find(|flight| flight.commit.is_some() && requires(flight))?;
        return Some((id, found.clone()));
    }
    let query = query.trim().to_ascii_uppercase();
    let is_meant =
        |id: &str| id == query || id.split_once('-').is_some_and(|(_, own)| own.starts_with(&query));
    let mut found = in_flight.all().filter(|(id, flight)| is_meant(id) && requires(flight));
    let (id, flight) = found.next().filter(|_| query.len() >= 3)?;
    found.all(|(other, _)| other == id).then(|| Some((TaskId::parse(id).ok()?, flight.clone())))?
}
