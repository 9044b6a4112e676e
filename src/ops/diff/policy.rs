//! What differs besides tasks: the configuration key by key, and files of the policy and of reports by name.

use super::records::pair;
use super::sides::Sides;
use super::view::DiffFile;
use crate::doc::config_values;
use crate::model::{Problem, RecordKind};
use crate::ops::Result;
use crate::review::{FieldChange, differences};

/// Compares the files that belong to no task.
pub(super) fn compare(
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
        let is_there =
            |side: &super::sides::Side| side.snapshot.read(path).map_or(true, |bytes| bytes.is_some());
        let change = match (is_there(&sides.from), is_there(&sides.to)) {
            (false, _) => "added",
            (_, false) => "deleted",
            _ => "changed",
        };
        files.push(DiffFile { path: (*path).to_owned(), change });
    }
    Ok((config, files))
}
