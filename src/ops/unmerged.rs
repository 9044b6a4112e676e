//! Records with a merge conflict in them: how to go on, by what git is in the middle of.

use crate::env::Env;
use crate::git::{Operation, discover};
use crate::model::{Problem, Suggestion};

/// Says at each file that contains a merge conflict how it is resolved and how git goes on from there.
pub fn explain_conflicts(env: &Env, problems: &mut [Problem]) {
    let mut unmerged = problems.iter_mut().filter(|problem| problem.is_conflict).peekable();
    if unmerged.peek().is_none() {
        return;
    }
    let operation = discover(env).ok().and_then(|repo_paths| repo_paths.operation());
    let last = match operation {
        Some(Operation::Merge) => "git merge --continue",
        Some(Operation::Rebase) => "git rebase --continue",
        Some(Operation::CherryPick) => "git cherry-pick --continue",
        Some(Operation::Revert) => "git revert --continue",
        Some(Operation::ApplyMailbox) => "git am --continue",
        Some(Operation::Bisect) | None => "git commit",
    };
    for problem in unmerged {
        let file = if problem.file.is_empty() { "FILE" } else { &problem.file };
        let add = Suggestion::git(["add", file]);
        let hint = format!("edit {file} until no marker is left; then: tracker doctor; {add}; {last}");
        problem.hint = Some(hint);
    }
}
