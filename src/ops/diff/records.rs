//! A record on both sides; and what differs besides tasks: the configuration key by key, files of the policy and of reports
//! by name.

use super::sides::{Side, Sides};
use super::view::DiffFile;
use crate::doc::config_values;
use crate::model::{Problem, RecordKind, Severity};
use crate::ops::Result;
use crate::review::{FieldChange, differences};
use crate::store;

/// A record as it was and as it is; none where it is not there or cannot be read.
pub(super) struct Pair<T> {
    pub(super) before: Option<T>,
    pub(super) after: Option<T>,
}

/// Reads a record on both sides. What cannot be read is a problem of its side, and an error only where the repository
/// itself cannot be read.
pub(super) fn pair<T>(
    sides: &Sides,
    path: &str,
    read: impl Fn(&[u8]) -> std::result::Result<T, Vec<Problem>>,
    problems: &mut Vec<Problem>,
) -> Result<Pair<T>> {
    let mut one = |side: &Side, is_before: bool| -> Result<Option<T>> {
        let bytes = match side.snapshot.read(path) {
            Ok(bytes) => bytes,
            Err(
                error
                @ (store::Error::Link { .. } | store::Error::WrongKind { .. } | store::Error::Io { .. }),
            ) => {
                problems.push(located(Problem::error(error.to_string()), side, is_before, path));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(bytes) = bytes else { return Ok(None) };
        match read(&bytes) {
            Ok(record) => Ok(Some(record)),
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| located(problem, side, is_before, path)));
                Ok(None)
            }
        }
    };
    Ok(Pair { before: one(&sides.from, true)?, after: one(&sides.to, false)? })
}

/// Says on which side it is. What was broken before is no fault of what came after.
fn located(mut problem: Problem, side: &Side, is_before: bool, path: &str) -> Problem {
    if is_before {
        problem.severity = Severity::Warning;
    }
    problem.message = format!("{} (in {})", problem.message, side.name);
    problem.in_file(path)
}

/// Compares the files that belong to no task.
pub(super) fn compare_files(
    sides: &Sides,
    paths: &[&str],
    problems: &mut Vec<Problem>,
) -> Result<(Vec<FieldChange>, Vec<DiffFile>)> {
    let (mut config, mut files) = (Vec::new(), Vec::new());
    for path in paths {
        if *path == RecordKind::Config.file() {
            let values = pair(sides, path, config_values, problems)?;
            let before = values.before.unwrap_or_default();
            config = differences(&before, &values.after.unwrap_or_default());
            if !config.is_empty() {
                continue;
            }
        }
        let is_there = |side: &Side| side.snapshot.read(path).map_or(true, |bytes| bytes.is_some());
        let change = match (is_there(&sides.from), is_there(&sides.to)) {
            (false, _) => "added",
            (_, false) => "deleted",
            _ => "changed",
        };
        files.push(DiffFile { path: (*path).to_owned(), change });
    }
    Ok((config, files))
}
