//! `merge`: a merge of git's in which records are merged field by field, also where no merge driver is registered: at a
//! new desk, and where a forge says that it cannot merge.

use schemars::JsonSchema;
use serde::Serialize;

use super::hooks::MERGE_DRIVER;
use super::{Error, Result};
use crate::env::Env;
use crate::process::{Output, Program};
use crate::store::Workspace;

/// What to merge.
#[derive(Debug, Clone)]
pub struct MergeOfBranch {
    /// The branch or commit.
    pub revision: String,
    /// The message of the merge commit; git's own by default.
    pub message: Option<String>,
    /// Further arguments of `git merge`.
    pub arguments: Vec<String>,
}

/// What became of a merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergeResult {
    /// Whether it went through.
    pub merged: bool,
    /// Files in conflict, which somebody has to resolve.
    pub conflicts: Vec<String>,
    /// What git printed.
    pub output: String,
}

/// Merges a revision into the current branch. Its records are merged by this program.
pub fn merge(env: &Env, request: &MergeOfBranch) -> Result<MergeResult> {
    let workspace = Workspace::open(env)?;
    workspace.repository()?.resolve(&request.revision)?;
    let program = env.program().map_err(Error::io("find", "the running program".as_ref()))?;
    let driver = MERGE_DRIVER.strip_prefix("tracker").unwrap_or(MERGE_DRIVER);
    let driver = format!("merge.tracker.driver={}{driver}", in_quotes(&program.to_string_lossy()));
    let mut arguments = vec!["-c", driver.as_str(), "merge", "--no-edit"];
    if let Some(message) = &request.message {
        arguments.extend(["-m", message.as_str()]);
    }
    arguments.extend(request.arguments.iter().map(String::as_str));
    arguments.extend(["--", request.revision.as_str()]);
    let merged = git(&workspace, "merge", &arguments)?;
    let unmerged = git(&workspace, "list conflicts", &["diff", "--name-only", "--diff-filter=U", "-z"])?;
    let unmerged = unmerged.stdout_text();
    let conflicts: Vec<String> =
        unmerged.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    if !merged.is_success() && conflicts.is_empty() {
        let message = merged.stderr_text();
        let message = message.trim().trim_start_matches("error: ").trim_start_matches("fatal: ");
        return Err(Error::usage(format!("git merge failed: {message}")));
    }
    let output = format!("{}{}", merged.stdout_text(), merged.stderr_text());
    Ok(MergeResult { merged: merged.is_success(), conflicts, output: output.trim_end().to_owned() })
}

/// Runs git at the top of the working tree, whatever it answers.
pub(super) fn git(workspace: &Workspace, action: &'static str, arguments: &[&str]) -> Result<Output> {
    let program = Program::new("git", action).args(arguments).in_folder(workspace.work_dir());
    program.output().map_err(|error| Error::usage_with(error.to_string(), "install git"))
}

/// Quotes a path for the shell that git runs the driver in.
fn in_quotes(path: &str) -> String {
    format!("'{}'", path.replace('\'', "'\\''"))
}
