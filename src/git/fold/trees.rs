//! Trees in which some files differ, and which folder's tree became which.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::FoldRefusal;
use super::listing::Listing;
use crate::git::{CommitId, Repository};

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
    let mut listing = Listing::read(repository, old)?;
    let mut replaced =
        Replaced { old, new: repository.inner.object_hash().null(), added: 0, has_new_folder: false };
    let mut below: BTreeMap<&str, Vec<(&str, &NewFile<'_>)>> = BTreeMap::new();
    for (rest, file) in files {
        if let Some((folder, rest)) = rest.split_once('/') {
            below.entry(folder).or_default().push((rest, file));
            continue;
        }
        match listing.find(rest)? {
            Some(found) if found.mode.is_blob() => listing.replace(found, file.id),
            Some(_) => return Err(FoldRefusal::NotAFile { path: file.path.to_owned() }),
            None => {
                listing.insert(rest, EntryKind::Blob, file.id)?;
                replaced.added += 1;
            }
        }
    }
    for (folder, files) in below {
        let child_path = if path.is_empty() { folder.to_owned() } else { format!("{path}/{folder}") };
        let found = listing.find(folder)?;
        if found.as_ref().is_some_and(|found| !found.mode.is_tree()) {
            return Err(FoldRefusal::NotAFile { path: child_path });
        }
        let old = found.as_ref().map(|found| found.id);
        let child = rewrite_folder(repository, old, &child_path, &files, trees)?;
        replaced.added += child.added;
        replaced.has_new_folder |= child.has_new_folder || child.old.is_none();
        match found {
            Some(found) => listing.replace(found, child.new),
            None => listing.insert(folder, EntryKind::Tree, child.new)?,
        }
    }
    replaced.new = repository.write_bytes(gix::objs::Kind::Tree, listing.as_bytes())?;
    trees.folders.insert(path.to_owned(), replaced);
    Ok(replaced)
}
