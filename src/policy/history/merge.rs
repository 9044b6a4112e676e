//! The clean merge of what two sides have at a path.

use std::collections::HashMap;

use super::History;
use crate::model::TreeEntry;

/// Files and executable files: what is merged as text.
const IS_TEXT: [u32; 2] = [0o100_644, 0o100_755];

type Triple = (String, String, String);

/// Merges of texts, remembered.
#[derive(Debug, Default)]
pub(super) struct Merges {
    texts: HashMap<Triple, Option<String>>,
}

impl Merges {
    /// Merges two entries over a third; none where they conflict.
    pub(super) fn merge<H: History>(
        &mut self,
        history: &H,
        base: &TreeEntry,
        one: &TreeEntry,
        other: &TreeEntry,
    ) -> Result<Option<TreeEntry>, H::Error> {
        if let Some(whole) = choose(base, one, other) {
            return Ok(Some(whole.clone()));
        }
        let (
            TreeEntry::File { mode: base_mode, blob: base },
            TreeEntry::File { mode: one_mode, blob: one },
            TreeEntry::File { mode: other_mode, blob: other },
        ) = (base, one, other)
        else {
            return Ok(None);
        };
        let Some(&mode) = choose(base_mode, one_mode, other_mode) else { return Ok(None) };
        let blob = match choose(base, one, other) {
            Some(blob) => Some(blob.clone()),
            None if IS_TEXT.contains(&mode) => self.text(history, base, one, other)?,
            None => None,
        };
        Ok(blob.map(|blob| TreeEntry::File { mode, blob }))
    }

    fn text<H: History>(
        &mut self,
        history: &H,
        base: &str,
        one: &str,
        other: &str,
    ) -> Result<Option<String>, H::Error> {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        let triple = (base.to_owned(), first.to_owned(), second.to_owned());
        if let Some(known) = self.texts.get(&triple) {
            return Ok(known.clone());
        }
        let merged = history.merge_blobs(base, first, second)?;
        self.texts.insert(triple, merged.clone());
        Ok(merged)
    }
}

/// A side that is as the base was yields to the other; equal sides are the result.
fn choose<'t, T: PartialEq>(base: &T, one: &'t T, other: &'t T) -> Option<&'t T> {
    if one == base || one == other {
        Some(other)
    } else if other == base {
        Some(one)
    } else {
        None
    }
}
