//! Refs that lead to objects outside of the history, changed by compare-and-swap: several together or not at all.

use gix::bstr::ByteSlice;
use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};

use super::ref_edits::NotedEdit;
use super::{BlobId, Error, Repository, share};

/// What is to become of a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefChange {
    /// The whole name.
    pub name: String,
    /// The object that it must lead to; none where there must be no such ref.
    pub expected: Option<BlobId>,
    /// The object that it is to lead to; none where it is to be deleted.
    pub new: Option<BlobId>,
}

impl Repository {
    /// Writes an object of these bytes, which no commit has.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<BlobId, Error> {
        Ok(BlobId::new(self.write_bytes(gix::objs::Kind::Blob, bytes)?))
    }

    /// Changes refs, all of them or none. Returns whether each was as it was expected, and no other process was about to
    /// change one.
    pub fn change_refs(&self, changes: &[RefChange]) -> Result<bool, Error> {
        let edits = changes.iter().map(edit).collect::<Result<Vec<_>, _>>()?;
        let noted = self.ref_edits.get().map(NotedEdit::begin).transpose()?;
        let edited = self.inner.edit_references_as(edits, None);
        drop(noted);
        match edited {
            Ok(changed) => {
                for edit in changed {
                    share(&self.repo_paths().common_dir.join(&*edit.name.as_bstr().to_str_lossy()));
                }
                Ok(true)
            }
            Err(error) => {
                let current = |change: &RefChange| self.ref_object(&change.name).ok().flatten();
                let is_moved = changes.iter().any(|change| current(change) != change.expected);
                // Another process has a lock: it is about to move the ref, or to pack it.
                if is_moved || error.probable_cause().to_string().contains(".lock") {
                    return Ok(false);
                }
                Err(Error::because("change a ref", &error))
            }
        }
    }

    /// Returns the object that a ref leads to; none where there is no ref of this name.
    pub fn ref_object(&self, name: &str) -> Result<Option<BlobId>, Error> {
        Ok(self
            .whole_ref(name)?
            .and_then(|found| found.target().try_id().map(|id| BlobId::new(id.to_owned()))))
    }
}

fn edit(change: &RefChange) -> Result<RefEdit, Error> {
    let target = |id: BlobId| Target::Object(id.raw());
    let expected = match change.expected {
        Some(object) => PreviousValue::MustExistAndMatch(target(object)),
        None => PreviousValue::MustNotExist,
    };
    let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: "claim".into() };
    let name = change.name.as_str().try_into().map_err(|error| Error::other("change a ref", error))?;
    let change = match change.new {
        Some(object) => Change::Update { log, expected, new: target(object) },
        None => Change::Delete { expected, log: RefLog::AndReference },
    };
    Ok(RefEdit { change, name, deref: false })
}
