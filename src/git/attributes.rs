//! What `.gitignore` and `.gitattributes` of a working tree, and those of the user, say of paths.

use std::path::PathBuf;

use gix::attrs::StateRef;
use gix::index::State;
use gix::worktree::stack::state::{attributes, ignore};

use crate::git::{Error, Repository};

/// Attributes by which git commits something else than a file contains.
const CONVERTING: [&str; 3] = ["filter", "working-tree-encoding", "ident"];

/// The line of a list of ignored files that leaves a path out of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoringLine {
    /// The file that it is in; none where that is not known.
    pub file: Option<PathBuf>,
    /// Counted from 1.
    pub line: usize,
    /// The pattern.
    pub pattern: String,
}

impl Repository {
    /// Returns for each of some paths of files which line leaves it out of commits; none where git commits it. What is
    /// committed already stays so.
    pub fn ignoring_lines(&self, paths: &[&str]) -> Result<Vec<Option<IgnoringLine>>, Error> {
        let cannot = |error: gix::Error| Error::other("read which files are ignored", error);
        // What is not checked out, as in a sparse checkout, has no say.
        let nothing = State::new(self.inner.object_hash());
        let source = ignore::Source::WorktreeThenIdMappingIfNotSkipped;
        let mut stack = self.inner.excludes(&nothing, None, source).map_err(cannot)?;
        let mut lines = Vec::with_capacity(paths.len());
        for path in paths {
            let mode = Some(gix::index::entry::Mode::FILE);
            let at = stack.at_path(path, mode).map_err(cannot)?;
            let matching = at.matching_exclude_pattern().filter(|found| !found.pattern.is_negative());
            lines.push(matching.map(|found| IgnoringLine {
                file: found.source.map(ToOwned::to_owned),
                line: found.sequence_number,
                pattern: found.pattern.to_string(),
            }));
        }
        Ok(lines)
    }

    /// Returns the attributes, such as `filter=lfs`, by which git commits something else than a path's file contains.
    pub fn converting_attributes(&self, path: &str) -> Result<Vec<String>, Error> {
        let cannot = |error: gix::Error| Error::other("read the attributes of files", error);
        let nothing = State::new(self.inner.object_hash());
        let source = attributes::Source::WorktreeThenIdMapping;
        let mut stack = self.inner.attributes_only(&nothing, source).map_err(cannot)?;
        let mut found = stack.selected_attribute_matches(CONVERTING);
        let at = stack.at_path(path, Some(gix::index::entry::Mode::FILE)).map_err(cannot)?;
        at.matching_attributes(&mut found);
        let text = |state: StateRef<'_>, name: &str| match state {
            StateRef::Set => Some(name.to_owned()),
            StateRef::Value(value) => Some(format!("{name}={}", value.as_bstr())),
            StateRef::Unset | StateRef::Unspecified => None,
        };
        let selected = found.iter_selected();
        Ok(selected.filter_map(|one| text(one.assignment.state, one.assignment.name.as_str())).collect())
    }
}
