//! Trees of commits, each read once: neighbouring commits share most of theirs, and a range reads the same few
//! again and again.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::hashtable::HashMap;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryMode, EntryRef};

use crate::git::malformed::TreeFault;
use crate::git::repository::SharedRepository;
use crate::git::tree::text_of;
use crate::git::{CommitId, Error, Repository};

/// Most bytes of trees that are kept; from there on all are forgotten.
const MOST_KEPT: usize = 32 * 1024 * 1024;

/// Trees of more bytes are gone through for the first name that is looked up, and taken apart for the second.
const LARGE: usize = 32 * 1024;

/// One name in a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeItem {
    start: u32,
    /// Where the name ends; a zero and the id follow.
    end: u32,
    pub(super) mode: EntryMode,
}

/// A tree, read. One that is not there is empty.
#[derive(Debug)]
pub(super) struct Tree {
    bytes: Vec<u8>,
    items: Vec<TreeItem>,
    hash: gix::hash::Kind,
    /// Whether the names are in git's order. Whoever may push may push others.
    is_sorted: bool,
    /// Whether a file and a folder have one name.
    has_twins: bool,
}

impl Tree {
    fn read(bytes: Vec<u8>, hash: gix::hash::Kind) -> Result<Self, gix::Error> {
        let mut items: Vec<TreeItem> = Vec::with_capacity(bytes.len() / 32);
        let (start, mut is_sorted, mut has_twins) = (bytes.as_ptr().addr(), true, false);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut last: Option<EntryRef<'_>> = None;
        // A folder is sorted as if its name ended in `/`: between it and a file of its name, all begin with that name.
        let mut beginnings: Vec<&[u8]> = Vec::new();
        for entry in TreeRefIter::from_bytes(&bytes, hash) {
            let entry = entry.map_err(gix::Error::from_error)?;
            is_sorted &= last.is_none_or(|last| last < entry);
            last = Some(entry);
            while beginnings.pop_if(|name| !entry.filename.starts_with(name)).is_some() {}
            if !entry.mode.is_tree() {
                beginnings.push(entry.filename);
            } else if beginnings.last().is_some_and(|name| entry.filename == *name) {
                has_twins = true;
            }
            let at = entry.filename.as_ptr().addr() - start;
            items.push(TreeItem {
                start: offset(at),
                end: offset(at + entry.filename.len()),
                mode: entry.mode,
            });
        }
        Ok(Self { bytes, items, hash, is_sorted, has_twins })
    }

    pub(super) fn items(&self) -> &[TreeItem] {
        &self.items
    }

    pub(super) fn name(&self, item: &TreeItem) -> &[u8] {
        &self.bytes[item.start as usize..item.end as usize]
    }

    /// Returns what is wrong with the order of the names; names themselves are not looked at.
    pub(super) fn fault(&self) -> Option<TreeFault> {
        if self.is_sorted && !self.has_twins {
            return None;
        }
        let text = |item: &TreeItem| text_of(self.name(item).as_bstr());
        let mut known = HashSet::new();
        let twice = self.items.iter().find(|item| !known.insert(self.name(item)));
        let mut pairs = self.items.iter().zip(self.items.iter().skip(1));
        let unsorted = pairs.find(|(one, next)| self.entry(one) >= self.entry(next));
        twice
            .map(|item| TreeFault::Twice(text(item)))
            .or(unsorted.map(|(one, _)| TreeFault::OutOfOrder(text(one))))
    }

    fn id(&self, item: &TreeItem) -> &gix::oid {
        let at = item.end as usize + 1;
        let bytes = &self.bytes[at..at + self.hash.len_in_bytes()];
        gix::oid::try_from_bytes(bytes).expect("as long as an id of this kind")
    }

    /// What is under a name.
    pub(super) fn held(&self, item: &TreeItem) -> (EntryMode, ObjectId) {
        (item.mode, self.id(item).to_owned())
    }

    /// Returns an entry as gix knows it, which is how it is compared with others.
    pub(super) fn entry(&self, item: &TreeItem) -> EntryRef<'_> {
        EntryRef { mode: item.mode, filename: self.name(item).as_bstr(), oid: self.id(item) }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = EntryRef<'_>> {
        self.items.iter().map(|item| self.entry(item))
    }

    /// Finds a name; a file before a folder of the same name.
    pub(super) fn find(&self, name: &[u8]) -> Option<&TreeItem> {
        if !self.is_sorted {
            return self.items.iter().find(|item| self.name(item) == name);
        }
        [gix::object::tree::EntryKind::Blob, gix::object::tree::EntryKind::Tree].into_iter().find_map(
            |kind| {
                let (mode, oid) = (kind.into(), self.hash.null_ref());
                let named = EntryRef { mode, filename: name.as_bstr(), oid };
                let found = self.items.binary_search_by(|item| self.entry(item).cmp(&named)).ok()?;
                Some(&self.items[found])
            },
        )
    }
}

/// What was read.
#[derive(Default)]
pub(super) struct Trees {
    roots: HashMap<ObjectId, ObjectId>,
    trees: HashMap<ObjectId, Arc<Tree>>,
    /// Large ones in which one name was looked up so far.
    unparsed: HashMap<ObjectId, Vec<u8>>,
    kept: usize,
}

impl Trees {
    fn keep(&mut self, id: ObjectId, tree: &Arc<Tree>) {
        self.make_room(tree.bytes.len() + tree.items.len() * size_of::<TreeItem>());
        self.trees.insert(id, Arc::clone(tree));
    }

    fn make_room(&mut self, bytes: usize) {
        self.kept += bytes;
        if self.kept > MOST_KEPT {
            self.trees.clear();
            self.unparsed.clear();
            self.kept = bytes;
        }
    }

    /// Takes over what another has read, as far as there is room.
    fn take(&mut self, others: Self) {
        self.roots.extend(others.roots);
        if self.kept + others.kept <= MOST_KEPT {
            self.kept += others.kept;
            self.trees.extend(others.trees);
        }
    }
}

/// Trees by their ids.
pub(super) type TreeCache = RefCell<Trees>;

impl Repository {
    /// Takes over which tree a commit has.
    pub(super) fn know_root(&self, commit: ObjectId, tree: ObjectId) {
        self.trees.borrow_mut().roots.insert(commit, tree);
    }

    /// Makes a view for a thread that knows which trees commits have.
    pub(super) fn view(shared: &SharedRepository, roots: &HashMap<ObjectId, ObjectId>) -> Self {
        let mut view = shared.open();
        // Each tree is read once, and kept as it is used.
        view.inner.objects.unset_object_cache();
        view.trees.borrow_mut().roots.clone_from(roots);
        view
    }

    /// Returns which trees commits are known to have.
    pub(super) fn roots(&self) -> HashMap<ObjectId, ObjectId> {
        self.trees.borrow().roots.clone()
    }

    /// Takes over what the view of a thread has read.
    pub(super) fn take_trees(&self, others: Trees) {
        self.trees.borrow_mut().take(others);
    }

    pub(super) fn root_tree_id(&self, commit: CommitId) -> Result<ObjectId, Error> {
        if let Some(known) = self.trees.borrow().roots.get(&commit.raw()) {
            return Ok(*known);
        }
        let cannot = |error: gix::Error| self.unreadable(commit, "read the commit", &error);
        let found = self.inner.find_commit(commit.raw()).map_err(cannot)?;
        let tree = found.tree_id().map_err(cannot)?.detach();
        self.know_root(commit.raw(), tree);
        Ok(tree)
    }

    /// Reads a tree of a commit.
    pub(super) fn tree(&self, commit: CommitId, id: Option<ObjectId>) -> Result<Arc<Tree>, Error> {
        let hash = self.inner.object_hash();
        let Some(id) = id else {
            let (bytes, items) = (Vec::new(), Vec::new());
            return Ok(Arc::new(Tree { bytes, items, hash, is_sorted: true, has_twins: false }));
        };
        if let Some(known) = self.trees.borrow().trees.get(&id) {
            return Ok(Arc::clone(known));
        }
        let cannot = |error: gix::Error| self.unreadable(commit, "read the files", &error);
        let read_before = self.trees.borrow_mut().unparsed.remove(&id);
        let bytes = read_before.map_or_else(|| self.tree_bytes(commit, id), Ok)?;
        let tree = Arc::new(Tree::read(bytes, hash).map_err(cannot)?);
        self.trees.borrow_mut().keep(id, &tree);
        Ok(tree)
    }

    fn tree_bytes(&self, commit: CommitId, id: ObjectId) -> Result<Vec<u8>, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the files", &error);
        Ok(std::mem::take(&mut self.inner.find_tree(id).map_err(cannot)?.data))
    }

    /// Returns what a tree has under a name.
    fn entry_in(
        &self,
        commit: CommitId,
        id: ObjectId,
        name: &[u8],
    ) -> Result<Option<(EntryMode, ObjectId)>, Error> {
        let is_known = {
            let trees = self.trees.borrow();
            trees.trees.contains_key(&id) || trees.unparsed.contains_key(&id)
        };
        if !is_known {
            let bytes = self.tree_bytes(commit, id)?;
            if bytes.len() > LARGE {
                let mut entries = TreeRefIter::from_bytes(&bytes, self.inner.object_hash());
                let found = entries.find(|entry| entry.as_ref().map_or(true, |entry| entry.filename == name));
                let cannot =
                    |error| self.unreadable(commit, "read the files", &gix::Error::from_error(error));
                let found =
                    found.transpose().map_err(cannot)?.map(|entry| (entry.mode, entry.oid.to_owned()));
                let mut trees = self.trees.borrow_mut();
                trees.make_room(bytes.len());
                trees.unparsed.insert(id, bytes);
                return Ok(found);
            }
            self.trees.borrow_mut().unparsed.insert(id, bytes);
        }
        let tree = self.tree(commit, Some(id))?;
        Ok(tree.find(name).map(|item| tree.held(item)))
    }

    /// Returns what a commit has at a path.
    pub(super) fn held_at(
        &self,
        commit: CommitId,
        path: &[u8],
    ) -> Result<Option<(EntryMode, ObjectId)>, Error> {
        let mut tree = self.root_tree_id(commit)?;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let Some((mode, id)) = self.entry_in(commit, tree, name)? else { return Ok(None) };
            if names.peek().is_none() {
                return Ok(Some((mode, id)));
            }
            if !mode.is_tree() {
                return Ok(None);
            }
            tree = id;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use crate::git::malformed::TreeFault;

    fn tree(entries: &[(&str, &str)]) -> Tree {
        let bytes = entries.iter().flat_map(|(mode, name)| {
            let head = format!("{mode} {name}\0").into_bytes();
            [head, vec![u8::try_from(name.len()).unwrap(); 20]].concat()
        });
        Tree::read(bytes.collect(), gix::hash::Kind::Sha1).unwrap()
    }

    #[test]
    fn names_are_found_in_whatever_order_they_stand() {
        let (file, folder) = ("100644", "40000");
        let sorted = [(file, "a"), (file, "a-b"), (folder, "a"), (file, "a0"), (folder, "bb"), (file, "c")];
        let odd = [(file, "c"), (folder, "bb"), (file, "a-b"), (file, "a"), (file, "a0")];
        for (tree, is_sorted) in [(tree(&sorted), true), (tree(&odd), false)] {
            assert_eq!(tree.is_sorted, is_sorted);
            for name in ["a", "a-b", "a0", "bb", "c"] {
                let found = tree.find(name.as_bytes()).unwrap();
                assert_eq!(tree.name(found), name.as_bytes());
                assert_eq!(found.mode.is_tree(), name == "bb", "{name}");
            }
            assert!(["", "b", "bbb", "d"].iter().all(|name| tree.find(name.as_bytes()).is_none()));
        }
    }

    #[test]
    fn what_programs_read_each_in_its_own_way_is_a_fault() {
        let fault = |names: &[&'static str]| {
            let entry = |name: &&'static str| match name.strip_suffix('/') {
                Some(name) => ("40000", name),
                None => ("100644", *name),
            };
            tree(&names.iter().map(entry).collect::<Vec<_>>()).fault()
        };
        for names in [
            &[][..],
            &["a"],
            &["a", "a-b", "a.b", "a0"],
            &["a-b", "a.b", "a/", "a0"],
            &["A", "a"],
            &["a-b", "a-b.c", "a/", "b-", "b/"],
        ] {
            assert_eq!(fault(names), None, "{names:?}");
        }
        let twice = |name: &str| Some(TreeFault::Twice(name.to_owned()));
        let order = |name: &str| Some(TreeFault::OutOfOrder(name.to_owned()));
        for (names, expected) in [
            (&["a", "a"][..], twice("a")),
            (&["a/", "a/"], twice("a")),
            (&["a", "a/"], twice("a")),
            (&["a", "a-b", "a-b.c", "a.b", "a/"], twice("a")),
            (&["a", "b", "a"], twice("a")),
            (&["b", "a"], order("b")),
            (&["a/", "a.b"], order("a")),
        ] {
            assert_eq!(fault(names), expected, "{names:?}");
        }
    }
}
