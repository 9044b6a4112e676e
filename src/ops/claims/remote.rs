//! Claims on a remote: git's own fetch and push, and what their answers mean. What became of a change is never taken from a
//! message alone: who is refused, or gets no answer, looks again.

use std::time::Duration;

use crate::facts::claim_refs_of;
use crate::model::CLAIM_REFS;
use crate::ops::{Error, Result};
use crate::process::{Error as ProcessError, Output, Program};
use crate::store::Workspace;

/// So long a remote may take to answer for claims alone.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to become of a ref of another repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct PushedRef {
    /// The whole name.
    pub(in crate::ops) name: String,
    /// What it must be before.
    pub(in crate::ops) lease: Lease,
    /// The object that it is to lead to; none where it is to be deleted.
    pub(in crate::ops) new: Option<String>,
}

/// What a ref must be for a push to change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) enum Lease {
    /// There must be none.
    Absent,
    /// It must lead to this object.
    At(String),
    /// It must lead to a commit that the new one comes after.
    FastForward,
}

/// Where to push, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct Pushing<'a> {
    /// The remote, or the path of a repository.
    pub(in crate::ops) to: &'a str,
    /// Whether it is a repository of this machine whose working trees follow the branches that they have checked out.
    pub(in crate::ops) updates_work_trees: bool,
    /// Whether the user's own hook may refuse it, however long that takes: branches are pushed.
    pub(in crate::ops) with_hooks: bool,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) enum Pushed {
    /// All of it was done.
    Done,
    /// None of it was: a ref was not as expected, or another push of it was going on.
    Moved,
    /// None of it was: the server, or the rule that branches only go forward, does not allow it.
    Refused(Vec<RefRefusal>),
    /// Nobody knows; the reason is git's last line.
    NoAnswer(String),
}

/// A ref that was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct RefRefusal {
    /// The whole name.
    pub(in crate::ops) name: String,
    /// Why, as git says it.
    pub(in crate::ops) reason: String,
}

/// The variable of every fetch that is started here, with the clone: what outlives a process that was killed is found by it.
pub(super) const STARTED: &str = "TRACKER_CLAIMS_FETCH";

/// Returns what the variable says.
pub(super) fn mark(workspace: &Workspace) -> String {
    format!("{}/", workspace.repo_paths().common_dir.display())
}

/// Fetches all claims of a remote. What it does not have any more is removed here.
///
/// # Errors
/// Git's last line, where it could not.
pub(super) fn fetch(workspace: &Workspace, remote: &str) -> Result<std::result::Result<(), String>> {
    let refspec = format!("+{CLAIM_REFS}*:{}*", claim_refs_of(Some(remote)));
    let words = [
        "fetch",
        "--quiet",
        "--atomic",
        "--prune",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--refmap=",
        "--",
        remote,
        &refspec,
    ];
    let program = git(workspace, "fetch the claims").args(words).variable(STARTED, mark(workspace));
    Ok(match program.time_limit(PATIENCE).output() {
        Ok(output) if output.is_success() => Ok(()),
        Ok(output) => Err(last_line(&output)),
        Err(error) => Err(no_answer(error)?),
    })
}

/// Returns the refs of a remote that match a name, each with the object that it leads to.
///
/// # Errors
/// Git's line, where it does not answer.
pub(super) fn refs_of(
    workspace: &Workspace,
    remote: &str,
    name: &str,
) -> Result<std::result::Result<Vec<(String, String)>, String>> {
    let program = git(workspace, "read the refs of the remote").args(["ls-remote", "--", remote, name]);
    Ok(match program.time_limit(PATIENCE).output() {
        Ok(output) if output.is_success() => {
            let text = output.stdout_text();
            let lines = text.lines().filter_map(|line| line.split_once('\t'));
            Ok(lines.map(|(object, name)| (name.to_owned(), object.to_owned())).collect())
        }
        Ok(output) => Err(last_line(&output)),
        Err(error) => Err(no_answer(error)?),
    })
}

/// Returns the object that a ref of a remote leads to; none where there is none, and where it does not answer.
pub(super) fn object_of(workspace: &Workspace, remote: &str, name: &str) -> Result<Option<String>> {
    let refs = refs_of(workspace, remote, name)?.unwrap_or_default();
    Ok(refs.into_iter().find(|(found, _)| found == name).map(|(_, object)| object))
}

/// Pushes refs, all of them or none.
pub(in crate::ops) fn push(workspace: &Workspace, how: &Pushing<'_>, refs: &[PushedRef]) -> Result<Pushed> {
    let mut words: Vec<String> =
        ["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"].map(str::to_owned).to_vec();
    words.extend((refs.len() > 1).then(|| "--atomic".to_owned()));
    words.extend((!how.with_hooks).then(|| "--no-verify".to_owned()));
    if how.updates_work_trees {
        words.push("--receive-pack=git -c receive.denyCurrentBranch=updateInstead receive-pack".to_owned());
    }
    words.extend(refs.iter().filter_map(|each| {
        let expected = match &each.lease {
            Lease::Absent => "",
            Lease::At(object) => object,
            Lease::FastForward => return None,
        };
        Some(format!("--force-with-lease={}:{expected}", each.name))
    }));
    words.extend(["--".to_owned(), how.to.to_owned()]);
    words
        .extend(refs.iter().map(|each| format!("{}:{}", each.new.as_deref().unwrap_or_default(), each.name)));
    let mut program = git(workspace, "push").args(words);
    if !how.with_hooks {
        program = program.time_limit(PATIENCE);
    }
    match program.output() {
        Ok(output) if output.is_success() => Ok(Pushed::Done),
        Ok(output) => Ok(answer_of(&output.stdout_text(), || last_line(&output))),
        Err(error) => Ok(Pushed::NoAnswer(no_answer(error)?)),
    }
}

/// What a server says of a ref that somebody else changes at the same moment.
const CONTENTION: [&str; 8] = [
    "stale info",
    "cannot lock ref",
    "failed to update ref",
    "reference already exists",
    "incorrect old value",
    "atomic transaction failed",
    "unable to create",
    "is at ",
];
/// The reason of refs that were not changed because of another one.
const BECAUSE_OF_OTHERS: [&str; 2] = ["atomic push fail", "atomic transaction"];

/// Reads what git prints of a push that failed.
fn answer_of(porcelain: &str, last_line: impl FnOnce() -> String) -> Pushed {
    let refused = porcelain.lines().filter_map(|line| {
        let mut parts = line.strip_prefix("!\t")?.split('\t');
        let (names, summary) = (parts.next()?, parts.next()?);
        let (_, name) = names.split_once(':')?;
        let reason = summary.split_once('(').map_or(summary, |(_, reason)| reason.trim_end_matches(')'));
        Some(RefRefusal { name: name.to_owned(), reason: reason.to_owned() })
    });
    let refused: Vec<RefRefusal> = refused.collect();
    if refused.is_empty() {
        return Pushed::NoAnswer(last_line());
    }
    let is_moved = |refusal: &RefRefusal| CONTENTION.iter().any(|reason| refusal.reason.contains(reason));
    if refused.iter().any(is_moved) {
        return Pushed::Moved;
    }
    let is_own =
        |refusal: &RefRefusal| !BECAUSE_OF_OTHERS.iter().any(|reason| refusal.reason.contains(reason));
    let own: Vec<RefRefusal> = refused.iter().filter(|refusal| is_own(refusal)).cloned().collect();
    Pushed::Refused(if own.is_empty() { refused } else { own })
}

fn git(workspace: &Workspace, action: &'static str) -> Program {
    let program = Program::new("git", action).in_folder(workspace.work_dir());
    program.variable("LC_ALL", "C").variable("GIT_TERMINAL_PROMPT", "0")
}

/// Returns what there is to say of git where it did not end by itself; that it is not there is an error.
fn no_answer(error: ProcessError) -> Result<String> {
    match error {
        ProcessError::TimedOut { .. } => Ok(error.to_string()),
        error => Err(Error::usage_with(error.to_string(), "install git")),
    }
}

fn last_line(output: &Output) -> String {
    let text = output.stderr_text();
    let is_worth = |line: &&str| {
        !line.is_empty() && !line.starts_with("Please make sure") && !line.starts_with("and the repository")
    };
    let lines: Vec<&str> = text.lines().map(str::trim).filter(is_worth).collect();
    // The first of git's own says what failed; what follows is what follows from it.
    let first = lines.iter().find(|line| line.starts_with("fatal: ") || line.starts_with("error: "));
    let line = first.or(lines.last()).copied().unwrap_or("git says nothing");
    line.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(porcelain: &str) -> Pushed {
        answer_of(porcelain, || "the line".to_owned())
    }

    #[test]
    fn too_late_and_not_allowed_are_two_answers() {
        let moved = "To ../r.git\n!\tab4a:refs/tracker/claims/T-1\t[rejected] (stale info)\n\
            !\tab4a:refs/tracker/claims/T-2\t[rejected] (atomic push failed)\nDone\n";
        assert_eq!(read(moved), Pushed::Moved);
        let at = "!\tab:refs/tracker/claims/T-1\t[remote rejected] (cannot lock ref 'refs/x': is at 1 but expected 0)\n";
        assert_eq!(read(at), Pushed::Moved);
        let hook = "!\tab:refs/tracker/claims/T-1\t[remote rejected] (pre-receive hook declined)\n";
        let refused = RefRefusal {
            name: "refs/tracker/claims/T-1".to_owned(),
            reason: "pre-receive hook declined".to_owned(),
        };
        assert_eq!(read(hook), Pushed::Refused(vec![refused]));
        let behind = "!\tHEAD:refs/heads/main\t[rejected] (fetch first)\n!\t(delete):refs/tracker/claims/T-1\t[rejected] (atomic push failed)\n";
        let refused = RefRefusal { name: "refs/heads/main".to_owned(), reason: "fetch first".to_owned() };
        assert_eq!(read(behind), Pushed::Refused(vec![refused]));
        assert_eq!(read("To ../r.git\n"), Pushed::NoAnswer("the line".to_owned()));
    }
}
