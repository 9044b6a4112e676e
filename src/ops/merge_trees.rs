//! Merges by git without a working tree, in which records are joined by this program, whatever is configured.

use std::fs;
use std::path::Path;

use super::{Error, Result};
use crate::env::Env;
use crate::git::{CommitId, TreeId};
use crate::process::{Output, Program};
use crate::store;

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Merged {
    Clean(TreeId),
    /// These files are in conflict.
    Conflict(Vec<String>),
}

/// What git is to merge records by.
#[derive(Debug, Clone)]
pub(super) struct MergeSettings([String; 2]);

impl MergeSettings {
    /// Finds this program, and writes the file of attributes that names it to the folder that all working trees share.
    pub(super) fn of(env: &Env, common: &Path) -> Result<Self> {
        let attributes = format!("core.attributesFile={}", attributes(common)?.display());
        Ok(Self([driver(env)?, attributes]))
    }
}

/// What becomes of two commits without a common ancestor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unrelated {
    /// They are not merged, as git refuses them.
    Refused,
    /// They are merged all the same.
    Merged,
}

/// Merges two commits in the object store that a git is started with, with the records of both joined field by field. It
/// must start where drivers may write their files.
pub(super) fn merge_trees(
    git: Program,
    settings: &MergeSettings,
    unrelated: Unrelated,
    commits: [CommitId; 2],
) -> Result<Merged> {
    let [ours, theirs] = commits.map(|commit| commit.to_string());
    let [driver, attributes] = &settings.0;
    let how = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"];
    let allowed = (unrelated == Unrelated::Merged).then_some("--allow-unrelated-histories");
    let words = ["-c", driver, "-c", attributes].into_iter().chain(how).chain(allowed);
    let words = words.chain([ours.as_str(), &theirs]);
    // As a merge at a desk, which reads the attributes of what is checked out.
    let output = git.variable("GIT_ATTR_SOURCE", &ours).args(words).output();
    let output = output.map_err(|error| Error::usage_with(error.to_string(), "install git"))?;
    let text = output.stdout_text();
    let mut parts = text.split('\0');
    let tree = parts.next().and_then(|id| TreeId::parse(id.trim()).ok());
    match (output.status.code(), tree) {
        (Some(0), Some(tree)) => Ok(Merged::Clean(tree)),
        (Some(1), Some(_)) => {
            let mut files: Vec<String> = parts.filter(|name| !name.is_empty()).map(str::to_owned).collect();
            files.dedup();
            Ok(Merged::Conflict(files))
        }
        _ => Err(git_failed("merge-tree", &output)),
    }
}

/// Makes an error of the line in which git names what is wrong, else of its last.
pub(super) fn git_failed(what: &str, output: &Output) -> Error {
    let text = output.stderr_text();
    // What is wrong comes first; the last line may only say that it was given up.
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().find(|line| line.starts_with("error: "));
    let last = first.or_else(|| lines.next_back()).unwrap_or("without a message");
    Error::usage(format!(
        "git {what} failed: {}",
        last.trim_start_matches("fatal: ").trim_start_matches("error: ")
    ))
}

/// Returns the setting that makes this program the merge driver of records, whatever is configured.
fn driver(env: &Env) -> Result<String> {
    let program = env.program().map_err(Error::io("find", "the running program".as_ref()))?;
    let driver = crate::ops::hooks::MERGE_DRIVER;
    let driver = driver.strip_prefix("tracker").unwrap_or(driver);
    let quoted = format!("'{}'", program.to_string_lossy().replace('\'', "'\\''"));
    Ok(format!("merge.tracker.driver={quoted}{driver}"))
}

/// Returns a file of attributes by which records are merged by the driver where the repository does not say so itself.
fn attributes(common: &Path) -> Result<std::path::PathBuf> {
    let path = common.join("tracker").join("worktrees").join("attributes");
    if !path.is_file() {
        let folder = path.parent().unwrap_or(common);
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        store::replace_unsynced(&path, b"/.tracker/** merge=tracker\n")?;
    }
    Ok(path)
}
