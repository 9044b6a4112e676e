//! How many lines a change adds and removes.

use gix::diff::blob::{Algorithm, Diff, InternedInput};

use super::{Error, FileChange, FileMode, FileState, Repository};

/// Larger files are not counted, in bytes: nobody reads such a difference.
const LARGEST: u64 = 4 * 1024 * 1024;
/// A zero byte among so many first ones tells a binary file, as in git.
const LOOKED_AT: usize = 8000;

/// Lines added and removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineCount {
    /// Lines that were not there before.
    pub added: u32,
    /// Lines that are gone.
    pub removed: u32,
}

impl Repository {
    /// Counts the lines that a change adds and removes, as `git diff --numstat` does. None for what has no lines:
    /// binary files, submodules, and files of more than 4 MiB.
    pub fn count_lines(&self, change: &FileChange) -> Result<Option<LineCount>, Error> {
        if change.before.map(|state| state.blob_id) == change.after.map(|state| state.blob_id) {
            return Ok(Some(LineCount::default()));
        }
        let (Some(before), Some(after)) = (self.text_of(change.before)?, self.text_of(change.after)?) else {
            return Ok(None);
        };
        let input = InternedInput::new(before.as_slice(), after.as_slice());
        let diff = Diff::compute(Algorithm::Histogram, &input);
        Ok(Some(LineCount { added: diff.count_additions(), removed: diff.count_removals() }))
    }

    /// Reads one side; one that is not there has no lines, and what is no text is none.
    fn text_of(&self, state: Option<FileState>) -> Result<Option<Vec<u8>>, Error> {
        let Some(state) = state else { return Ok(Some(Vec::new())) };
        if state.mode == FileMode::Submodule {
            return Ok(None);
        }
        match self.read_blob(state.blob_id, LARGEST) {
            Ok(bytes) if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) => Ok(None),
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
