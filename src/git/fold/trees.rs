//! Trees in which some files differ, and which folder's tree became which.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::tree::{Entry, EntryKind};

use super::FoldRefusal;
use crate::git::{CommitId, Error, Repository};

/// A file's new content.
pub(super) struct NewFile<'a> {
    pub(super) path: &'a str,
    pub(super) id: ObjectId,
}

/// A folder's tree before and after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replaced {
    /// None where the folder is new.
    pub(super) old: Option<ObjectId>,
    pub(super) new: ObjectId,
    /// How many files there are more, however deep.
    pub(super) added: u32,
    /// Whether a folder below it is new.
    pub(super) has_new_folder: bool,
}

/// All folders on the way to the changed files, by path; the root is the empty path.
pub(super) struct Trees {
    folders: BTreeMap<String, Replaced>,
}

impl Trees {
    pub(super) fn root(&self) -> ObjectId {
        self.folders[""].new
    }

    pub(super) fn folder(&self, path: &str) -> Option<Replaced> {
        self.folders.get(path).copied()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.folders.keys().map(String::as_str)
    }
}

/// Writes the trees of a commit in which `files` have the given contents. Modes stay; a new file is plain.
pub(super) fn rewrite(
    repository: &Repository,
    commit: CommitId,
    files: &[NewFile<'_>],
) -> Result<Trees, FoldRefusal> {
    let root = repository.tree_id(commit, "")?.map(crate::git::TreeId::raw);
    let mut trees = Trees { folders: BTreeMap::new() };
    let files: Vec<(&str, &NewFile<'_>)> = files.iter().map(|file| (file.path, file)).collect();
    rewrite_folder(repository, root, "", &files, &mut trees)?;
    Ok(trees)
}

/// `files` come with their paths from this folder.
fn rewrite_folder(
    repository: &Repository,
    old: Option<ObjectId>,
    path: &str,
    files: &[(&str, &NewFile<'_>)],
    trees: &mut Trees,
) -> Result<Replaced, FoldRefusal> {
    let mut entries = read(repository, old)?;
    let mut replaced =
        Replaced { old, new: repository.inner.object_hash().null(), added: 0, has_new_folder: false };
    let mut below: BTreeMap<&str, Vec<(&str, &NewFile<'_>)>> = BTreeMap::new();
    for (rest, file) in files {
        if let Some((folder, rest)) = rest.split_once('/') {
            below.entry(folder).or_default().push((rest, file));
            continue;
        }
        match entries.iter_mut().find(|entry| entry.filename == *rest) {
            Some(entry) if entry.mode.is_blob() => entry.oid = file.id,
            Some(_) => return Err(FoldRefusal::NotAFile { path: file.path.to_owned() }),
            None => {
                entries.push(named(rest, EntryKind::Blob, file.id));
                replaced.added += 1;
            }
        }
    }
    for (folder, files) in below {
        let at = entries.iter().position(|entry| entry.filename == folder);
        if let Some(at) = at.filter(|at| !entries[*at].mode.is_tree()) {
            let path = format!("{path}{}{}", if path.is_empty() { "" } else { "/" }, entries[at].filename);
            return Err(FoldRefusal::NotAFile { path });
        }
        let child_path = if path.is_empty() { folder.to_owned() } else { format!("{path}/{folder}") };
        let old = at.map(|at| entries[at].oid);
        let child = rewrite_folder(repository, old, &child_path, &files, trees)?;
        replaced.added += child.added;
        replaced.has_new_folder |= child.has_new_folder || child.old.is_none();
        match at {
            Some(at) => entries[at].oid = child.new,
            None => entries.push(named(folder, EntryKind::Tree, child.new)),
        }
    }
    replaced.new = write(repository, entries)?;
    trees.folders.insert(path.to_owned(), replaced);
    Ok(replaced)
}

fn named(name: &str, kind: EntryKind, oid: ObjectId) -> Entry {
    Entry { mode: kind.into(), filename: name.into(), oid }
}

fn read(repository: &Repository, tree: Option<ObjectId>) -> Result<Vec<Entry>, Error> {
    let Some(tree) = tree else { return Ok(Vec::new()) };
    let cannot = |error: gix::Error| Error::other("read a tree", error);
    let tree = repository.inner.find_tree(tree).map_err(cannot)?;
    Ok(gix::objs::Tree::try_from(tree).map_err(|error| Error::other("read a tree", error))?.entries)
}

fn write(repository: &Repository, mut entries: Vec<Entry>) -> Result<ObjectId, Error> {
    use gix::objs::WriteTo;
    entries.sort();
    let mut bytes = Vec::new();
    gix::objs::Tree { entries }.write_to(&mut bytes).map_err(|error| Error::other("write a tree", error))?;
    repository.write_bytes(gix::objs::Kind::Tree, &bytes)
}
