//! A tree as git stores it: entries are replaced and put in between in the bytes themselves, so that a folder of
//! ten thousand files is not taken apart for the one that differs, and whatever it holds besides stays as it is.

use std::cmp::Ordering;
use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind, EntryMode, EntryRef, name_order};

use crate::git::{Error, Repository};

/// A tree's entries.
pub(super) struct Listing {
    bytes: Vec<u8>,
    hash: gix::hash::Kind,
}

/// What stands under a name.
pub(super) struct Found {
    pub(super) mode: EntryMode,
    pub(super) id: ObjectId,
    /// Where the id stands.
    span: Range<usize>,
}

impl Listing {
    /// Reads a tree; of none, no entries.
    pub(super) fn read(repository: &Repository, tree: Option<ObjectId>) -> Result<Self, Error> {
        let hash = repository.inner.object_hash();
        let Some(tree) = tree else { return Ok(Self { bytes: Vec::new(), hash }) };
        let mut tree =
            repository.inner.find_tree(tree).map_err(|error| Error::other("read a tree", error))?;
        Ok(Self { bytes: std::mem::take(&mut tree.data), hash })
    }

    /// Returns what stands under a name.
    pub(super) fn find(&self, name: &str) -> Result<Option<Found>, Error> {
        let found = self.first(|entry| entry.filename == name)?;
        Ok(found.map(|(entry, span)| {
            let id = span.end - self.hash.len_in_bytes()..span.end;
            Found { mode: entry.mode, id: entry.oid.to_owned(), span: id }
        }))
    }

    /// Lets a name stand for another object.
    pub(super) fn replace(&mut self, found: Found, id: ObjectId) {
        self.bytes[found.span].copy_from_slice(id.as_slice());
    }

    /// Puts a new name where git sorts it.
    pub(super) fn insert(&mut self, name: &str, kind: EntryKind, id: ObjectId) -> Result<(), Error> {
        let is_tree = kind == EntryKind::Tree;
        let is_behind = |entry: &EntryRef<'_>| {
            name_order(entry.filename, entry.mode.is_tree(), name.as_bytes(), is_tree) == Ordering::Greater
        };
        let at = self.first(is_behind)?.map_or(self.bytes.len(), |(_, span)| span.start);
        let entry = [kind.as_octal_str().as_bytes(), b" ", name.as_bytes(), b"\0", id.as_slice()].concat();
        self.bytes.splice(at..at, entry);
        Ok(())
    }

    /// Returns the tree as git stores it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the first entry of a kind, and where it stands in the bytes.
    fn first(
        &self,
        is_wanted: impl Fn(&EntryRef<'_>) -> bool,
    ) -> Result<Option<(EntryRef<'_>, Range<usize>)>, Error> {
        let mut entries = TreeRefIter::from_bytes(&self.bytes, self.hash);
        let mut start = 0;
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|error| Error::other("read a tree", error))?;
            let end = entries.offset_to_next_entry(&self.bytes);
            if is_wanted(&entry) {
                return Ok(Some((entry, start..end)));
            }
            start = end;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[digit; 20])
    }

    fn entry(mode: &str, name: &str, digit: u8) -> Vec<u8> {
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", id(digit).as_slice()].concat()
    }

    fn listing(entries: &[Vec<u8>]) -> Listing {
        Listing { bytes: entries.concat(), hash: gix::hash::Kind::Sha1 }
    }

    #[test]
    fn a_name_stands_for_another_object_and_the_rest_stays_byte_for_byte() {
        // Written by an old program: a folder's mode with a zero before it, a file that its group may write.
        let (a, z) = (entry("040000", "a", 1), entry("100664", "z", 3));
        let mut tree = listing(&[a.clone(), entry("100755", "m", 2), z.clone()]);
        let found = tree.find("m").unwrap().unwrap();
        assert_eq!((found.mode.kind(), found.id), (EntryKind::BlobExecutable, id(2)));
        tree.replace(found, id(9));
        assert_eq!(tree.as_bytes(), [a, entry("100755", "m", 9), z].concat());
        assert!(tree.find("b").unwrap().is_none());
    }

    #[test]
    fn a_new_name_stands_where_git_sorts_it() {
        // A folder sorts as if its name ended in a slash.
        let (dash, folder, zero) =
            (entry("100644", "a-b", 1), entry("40000", "a", 2), entry("100644", "a0", 3));
        let mut tree = listing(&[]);
        for (name, kind, digit) in
            [("a0", EntryKind::Blob, 3), ("a-b", EntryKind::Blob, 1), ("a", EntryKind::Tree, 2)]
        {
            tree.insert(name, kind, id(digit)).unwrap();
        }
        assert_eq!(tree.as_bytes(), [dash, folder, zero].concat());
    }

    #[test]
    fn what_is_no_tree_is_an_error() {
        let tree = listing(&[entry("100644", "a", 1), b"100644 torn".to_vec()]);
        assert!(tree.find("a").unwrap().is_some());
        assert!(tree.find("b").is_err());
    }
}
