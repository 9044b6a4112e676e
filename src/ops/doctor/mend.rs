//! Mending, one thing at a time, under the lock.

use super::Mend;
use crate::doc::{Document, Edit, Value};
use crate::ops::{Error, Result, Session};
use crate::store::{Change, Locked};

impl Mend {
    /// Says what is mended.
    pub(super) fn said(&self) -> String {
        match self {
            Self::SetId { path, id } => format!("{path}: the id is now {id}, as the file's name says"),
            Self::Rename { from, to } => format!("{from}: renamed to {to}, as its id says"),
            Self::RemoveLeftover { path } => format!("{path}: removed what a killed write left behind"),
            Self::Restore { path, .. } => format!("{path}: written again"),
        }
    }
}

/// Mends one thing.
pub(super) fn apply(session: &Session<'_>, locked: &Locked<'_>, mend: &Mend) -> Result<()> {
    match mend {
        Mend::SetId { path, id } => {
            let bytes = session.snapshot().read(path)?.unwrap_or_default();
            let document = Document::markdown(&bytes).map_err(Error::Broken)?;
            let edit = Edit::Set { key: "id".to_owned(), value: Value::Text(id.clone()) };
            let after =
                document.edit(&[edit]).map_err(|problem| Error::Broken(vec![problem.in_file(path)]))?;
            Ok(locked.apply(&[Change::replace(path, document.text(), after)])?)
        }
        Mend::Rename { from, to } => Ok(locked.rename(from, to)?),
        Mend::RemoveLeftover { path } => Ok(locked.remove_leftover(path)?),
        Mend::Restore { path, text } => Ok(locked.apply(&[Change::create(*path, text)])?),
    }
}
