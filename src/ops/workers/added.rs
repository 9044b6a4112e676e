//! The lines that others have added since a worker looked last: what rules of the repository's own are about. They are known by
//! their text, for a fix above them moves them.

use std::collections::{BTreeSet, HashSet};

use super::desk::Desk;
use super::reverts::added_lines;
use crate::git::CommitId;
use crate::ops::Result;

/// Lines that were added.
#[derive(Debug, Default)]
pub(super) struct AddedLines {
    /// By file.
    lines: HashSet<(String, String)>,
    /// The rules and files that are escalated: there every line counts, or they would seem to be gone.
    escalated: BTreeSet<(String, String)>,
}

impl AddedLines {
    /// Reads what was added to files since a commit.
    pub(super) fn read(
        desk: &Desk,
        since: CommitId,
        files: &BTreeSet<String>,
        escalated: BTreeSet<(String, String)>,
    ) -> Result<Self> {
        if files.is_empty() {
            return Ok(Self { lines: HashSet::new(), escalated });
        }
        let diff = desk.diff(&["diff", &since.to_string(), "HEAD"], files)?;
        Ok(Self { lines: added_lines(&diff).collect(), escalated })
    }

    /// Whether a line counts for a rule.
    pub(super) fn counts(&self, rule: &str, file: &str, text: &str) -> bool {
        self.lines.contains(&(file.to_owned(), text.to_owned()))
            || self.escalated.contains(&(rule.to_owned(), file.to_owned()))
    }
}
