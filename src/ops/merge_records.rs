//! `merge-driver`: joins three versions of one file, as git hands them over, and leaves the result in ours.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::session::refuse_other_formats;
use super::{Error, Result};
use crate::doc::{Identity, Marks, RecordVersions, merge_record, read_task};
use crate::env::Env;
use crate::model::{Field, Problem, RecordPath, TaskId};
use crate::store::{self, LARGEST_FILE, Workspace};

/// What git hands over.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    /// File with what both sides began with (`%O`); empty where both added the record.
    pub base: PathBuf,
    /// File with our version (`%A`), which takes the result.
    pub ours: PathBuf,
    /// File with their version (`%B`).
    pub theirs: PathBuf,
    /// How many characters a conflict marker has (`%L`).
    pub marker_size: usize,
    /// The record's path below the top of the working tree (`%P`).
    pub path: String,
    /// What the markers call the ancestor, ours and theirs (`%S`, `%X`, `%Y`).
    pub labels: [Option<String>; 3],
}

/// A record that was joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergedRecord {
    /// The record's path below the top of the working tree.
    pub path: String,
    /// What a person must resolve; nothing where the merge is clean.
    pub conflicts: Vec<MergedConflict>,
}

/// A field or section that both sides changed differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergedConflict {
    /// The key, `section` and its heading, or `lines`.
    pub about: String,
    /// The line of the first marker, counted from 1.
    pub line: usize,
}

/// Joins three versions of a record. On an error our version is left as it is.
pub fn merge_records(env: &Env, request: &MergeRequest) -> Result<(MergedRecord, Vec<Problem>)> {
    if let Ok(workspace) = Workspace::discover(env) {
        refuse_other_formats(&workspace.snapshot())?;
    }
    let file = |path: &Path| env.cwd().join(path);
    let ours_path = file(&request.ours);
    let (base, ours, theirs) =
        (read(&file(&request.base))?, read(&ours_path)?, read(&file(&request.theirs))?);
    // The tracker of a folder below the top has the same merge driver.
    let record = RecordPath::parse_anywhere(&request.path);
    let identity = record.as_ref().and_then(RecordPath::identity);
    let identity = identity.map(|(key, id)| Identity { key, id });
    let label = |at: usize, own: &'static str| request.labels[at].as_deref().unwrap_or(own);
    let marks = Marks {
        base: label(0, "base"),
        ours: label(1, "ours"),
        theirs: label(2, "theirs"),
        size: request.marker_size,
    };
    let versions = RecordVersions { base: Some(&base), ours: &ours, theirs: &theirs };
    if let Some(RecordPath::Task(id)) = &record {
        refuse_two_tasks(env, id, versions, &request.path)?;
    }
    let merged = merge_record(record.as_ref(), versions, identity, &marks).map_err(|problem| {
        let hint = problem.hint.clone().unwrap_or_default();
        let problem = problem.in_file(request.path.as_str());
        Error::usage_with(format!("{problem}; our version is left as it was"), hint)
    })?;
    replace(&ours_path, merged.text.as_bytes())?;
    let conflicts: Vec<MergedConflict> = merged
        .conflicts
        .into_iter()
        .map(|found| MergedConflict { about: found.subject.to_string(), line: found.line })
        .collect();
    let problems = problems(&request.path, &conflicts);
    Ok((MergedRecord { path: request.path.clone(), conflicts }, problems))
}

/// Refuses to join two tasks that two clones created under one number: keeping one side would lose the other.
fn refuse_two_tasks(env: &Env, id: &TaskId, versions: RecordVersions<'_>, path: &str) -> Result<()> {
    let is_number = id.suffix().bytes().all(|digit| digit.is_ascii_digit());
    if !is_number || versions.base.is_some_and(|base| !base.is_empty()) {
        return Ok(());
    }
    let (Ok(ours), Ok(theirs)) = (read_task(versions.ours), read_task(versions.theirs)) else {
        return Ok(());
    };
    if ours.title == theirs.title {
        return Ok(());
    }
    let number = |id: &TaskId| id.suffix().parse::<u64>().ok();
    let taken =
        Workspace::discover(env).and_then(|workspace| workspace.snapshot().task_ids()).unwrap_or_default();
    let largest = taken.iter().chain([id]).filter_map(number).max().unwrap_or_default();
    let new = format!("{}-{}", id.prefix(), largest + 1);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let message = format!(
        "{path}: these are two tasks under the same id: `{}` and `{}`; our version is left as it was",
        ours.title.escape_debug(),
        theirs.title.escape_debug()
    );
    let hint = format!(
        "give theirs a new id: git show :3:{path} | sed 's/^id: .*/id: {new}/' > {folder}/{new}.md, then: git add {folder}"
    );
    Err(Error::usage_with(message, hint))
}

/// Says what is to be resolved, and with the last one how.
fn problems(path: &str, conflicts: &[MergedConflict]) -> Vec<Problem> {
    let problem = |conflict: &MergedConflict| {
        let message = match conflict.about == Field::Stage.key() {
            true => "each side has moved the task another way",
            false => "both sides changed it",
        };
        let problem = Problem::error(message).in_file(path).at_line(conflict.line);
        problem.on_key(conflict.about.as_str())
    };
    let mut problems: Vec<Problem> = conflicts.iter().map(problem).collect();
    if let Some(last) = problems.pop() {
        let hint = format!(
            "keep one side of each marked part, then: git add {path}; git status names the command that goes on"
        );
        problems.push(last.with_hint(hint));
    }
    problems
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| store::Error::Io { action: "read", path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST_FILE {
        let message = format!("`{}` is {size} bytes; a record has at most {LARGEST_FILE}", path.display());
        return Err(Error::usage_with(message, "take one side whole: git checkout --ours or --theirs"));
    }
    Ok(fs::read(path).map_err(failed)?)
}

/// Replaces a file of git's own in one step: it contains our version or the result.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source| store::Error::Io { action: "write", path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    Ok(written.map_err(failed)?)
}
