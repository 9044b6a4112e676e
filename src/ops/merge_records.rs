//! `merge-driver`: joins three versions of one file, as git hands them over, and leaves the result in ours.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::session::refuse_other_formats;
use super::{Error, Result};
use crate::doc::{Identity, Marks, RecordKind, RecordVersions, merge};
use crate::env::Env;
use crate::model::{Problem, TaskId};
use crate::store::{self, LARGEST_FILE, Layout, Workspace};

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
    /// What a person must settle; nothing where the merge is clean.
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
    let (kind, identity) = record_at(&request.path);
    let label = |at: usize, own: &'static str| request.labels[at].as_deref().unwrap_or(own);
    let marks = Marks {
        base: label(0, "base"),
        ours: label(1, "ours"),
        theirs: label(2, "theirs"),
        size: request.marker_size,
    };
    let versions = RecordVersions { base: Some(&base), ours: &ours, theirs: &theirs };
    let merged = merge(kind, versions, identity, &marks).map_err(|problem| {
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

/// Says what is to be settled, and with the last one how.
fn problems(path: &str, conflicts: &[MergedConflict]) -> Vec<Problem> {
    let problem = |conflict: &MergedConflict| {
        let problem = Problem::error("both sides changed it").in_file(path).at_line(conflict.line);
        problem.on_key(conflict.about.as_str())
    };
    let mut problems: Vec<Problem> = conflicts.iter().map(problem).collect();
    if let Some(last) = problems.pop() {
        let hint = format!(
            "keep one side of each marked part, then: git add {path}, and git merge --continue (or rebase)"
        );
        problems.push(last.with_hint(hint));
    }
    problems
}

/// Tells how the file at a path is read, and whose it must be.
pub(super) fn record_at(path: &str) -> (RecordKind, Option<Identity<'_>>) {
    let root = format!("{}/", Layout::ROOT);
    let Some((before, below)) = path.rsplit_once(root.as_str()) else { return (RecordKind::Text, None) };
    if !(before.is_empty() || before.ends_with('/')) {
        return (RecordKind::Text, None);
    }
    let (stem, kind) = match below.rsplit_once('.') {
        Some((stem, "md")) => (stem, RecordKind::Markdown),
        Some((stem, "yaml" | "yml")) => (stem, RecordKind::Yaml),
        Some((_, "toml")) => return (RecordKind::Toml, None),
        _ => return (RecordKind::Text, None),
    };
    let identity = |key: &'static str, id| TaskId::parse(id).is_ok().then_some(Identity { key, id });
    let names: Vec<&str> = stem.split('/').collect();
    let identity = match names.as_slice() {
        ["tasks" | "plans" | "runs", id] => identity("id", id),
        ["sprints", id, "sprint"] => identity("id", id),
        ["signoffs" | "findings" | "notes", id, _] => identity("task", id),
        _ => None,
    };
    (kind, identity)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| store::Error::Io { deed: "read", path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST_FILE {
        let message = format!("`{}` is {size} bytes; a record has at most {LARGEST_FILE}", path.display());
        return Err(Error::usage_with(message, "take one side whole: git checkout --ours or --theirs"));
    }
    Ok(fs::read(path).map_err(failed)?)
}

/// Replaces a file of git's own in one step: it holds our version or the result.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source| store::Error::Io { deed: "write", path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    Ok(written.map_err(failed)?)
}

#[cfg(test)]
mod tests {
    use super::record_at;
    use crate::doc::RecordKind;

    #[test]
    fn the_path_tells_what_a_file_is_and_whose() {
        let found = |path| {
            let (kind, identity) = record_at(path);
            (kind, identity.map(|identity| (identity.key, identity.id)))
        };
        assert_eq!(found(".tracker/tasks/TASK-7Q2M.md"), (RecordKind::Markdown, Some(("id", "TASK-7Q2M"))));
        assert_eq!(found("app/.tracker/signoffs/WH-1/a.yaml"), (RecordKind::Yaml, Some(("task", "WH-1"))));
        assert_eq!(found(".tracker/notes/WH-1/a.md"), (RecordKind::Markdown, Some(("task", "WH-1"))));
        assert_eq!(
            found(".tracker/sprints/SPRINT-1/sprint.yaml"),
            (RecordKind::Yaml, Some(("id", "SPRINT-1")))
        );
        assert_eq!(found(".tracker/roles/reviewer.md"), (RecordKind::Markdown, None));
        assert_eq!(found(".tracker/config.toml"), (RecordKind::Toml, None));
        assert_eq!(found(".tracker/.gitignore"), (RecordKind::Text, None));
        assert_eq!(found("x.tracker/tasks/TASK-1.md"), (RecordKind::Text, None));
        assert_eq!(found("README.md"), (RecordKind::Text, None));
    }
}
