//! The working files follow: each replaced in one step, no link followed, nothing of the user's overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::index::entry::Stat;

use crate::git::Repository;
use crate::git::fold::index::{LockedIndex, folders_of};
use crate::git::fold::{EditAgain, Pending, SkipReason, Skipped, SkippedIn};

/// Largest text that an edit is applied to, in bytes.
const LARGEST_TEXT: u64 = 4 * 1024 * 1024;

/// A working file as it is now.
pub(super) struct Written {
    pub(super) path: String,
    /// The id its content would have as a blob.
    pub(super) id: ObjectId,
    pub(super) stat: Stat,
    file: PathBuf,
    /// What was there; none where the file is new. Nothing was written where it is what is there now.
    before: Option<Vec<u8>>,
    now: Vec<u8>,
}

/// Writes the files and returns how they are now. What cannot follow goes to `left`: no file is a reason to
/// refuse the rest.
pub(super) fn follow(
    repository: &Repository,
    pending: &[Pending<'_>],
    index: &LockedIndex,
    edit_again: &EditAgain<'_>,
    left: &mut Vec<Skipped>,
) -> Vec<Written> {
    let Some(work_dir) = &repository.repo_paths().work_dir else { return Vec::new() };
    let mut written = Vec::new();
    for each in pending {
        let path = &each.edit.path;
        if index.is_not_checked_out(path) && !work_dir.join(path).exists() {
            continue;
        }
        match follow_one(repository, work_dir, each, edit_again) {
            Ok(one) => written.push(one),
            Err(why) => left.push(Skipped { path: path.clone(), place: SkippedIn::WorkingTree, why }),
        }
    }
    written
}

fn follow_one(
    repository: &Repository,
    work_dir: &Path,
    each: &Pending<'_>,
    edit_again: &EditAgain<'_>,
) -> Result<Written, SkipReason> {
    let edit = each.edit;
    refuse_links(work_dir, &edit.path)?;
    let file = work_dir.join(&edit.path);
    let found = read(&file)?;
    let before = found.as_ref().map(|(bytes, _)| bytes.clone());
    let now = match (&before, &edit.before) {
        (None, Some(_)) => return Err(SkipReason::Removed),
        (None, None) => edit.after.clone(),
        (Some(found), before) if Some(found) == before.as_ref() || *found == edit.after => edit.after.clone(),
        (Some(found), _) => edit_again(&edit.path, found).ok_or(SkipReason::Edited)?,
    };
    let stat = match found {
        Some((bytes, stat)) if bytes == now => stat,
        Some((_, stat)) => replace(&file, &now, Some(stat))?,
        None => replace(&file, &now, None)?,
    };
    let id = repository.blob_id_of(&now).map_err(|error| SkipReason::Unwritable(error.to_string()))?;
    Ok(Written { path: edit.path.clone(), id, stat, file, before, now })
}

/// Puts back what was there, where nobody has written since.
pub(super) fn put_back(written: &[Written]) {
    for one in written {
        if one.before.as_ref() == Some(&one.now) || !fs::read(&one.file).is_ok_and(|now| now == one.now) {
            continue;
        }
        // There is nobody left to tell: the refusal that led here is what the user hears of.
        let _ = match &one.before {
            Some(before) => replace(&one.file, before, Some(one.stat)).map(|_| ()),
            None => fs::remove_file(&one.file).map_err(unwritable),
        };
    }
}

/// A folder that is a link could lead anywhere.
fn refuse_links(work_dir: &Path, path: &str) -> Result<(), SkipReason> {
    for folder in folders_of(path) {
        match fs::symlink_metadata(work_dir.join(folder)) {
            Ok(found) if !found.is_dir() => return Err(SkipReason::NotAFile),
            _ => {}
        }
    }
    Ok(())
}

/// The file and its stat, which was taken before a byte was read.
fn read(file: &Path) -> Result<Option<(Vec<u8>, Stat)>, SkipReason> {
    let found = match fs::symlink_metadata(file) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unwritable(error)),
    };
    if !found.is_file() {
        return Err(SkipReason::NotAFile);
    }
    if found.len() > LARGEST_TEXT {
        return Err(SkipReason::Edited);
    }
    let mut open = File::open(file).map_err(unwritable)?;
    let stat = gix::index::fs::Metadata::from_file(&open).map_err(unwritable)?;
    let stat = Stat::from_fs(&stat).unwrap_or_default();
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0) + 1);
    open.read_to_end(&mut bytes).map_err(unwritable)?;
    Ok(Some((bytes, stat)))
}

/// Replaces the file that had `expected` as its stat; none where there was none. Keeps its mode.
fn replace(file: &Path, bytes: &[u8], expected: Option<Stat>) -> Result<Stat, SkipReason> {
    if let Some(folder) = file.parent().filter(|_| expected.is_none()) {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let temporary = file.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let renamed = fill(&temporary, bytes, expected.is_some().then_some(file)).and_then(|()| {
        if stat_of(file).ok() != expected {
            return Err(SkipReason::Edited);
        }
        fs::rename(&temporary, file).map_err(unwritable)
    });
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    stat_of(file).map_err(unwritable)
}

fn fill(temporary: &Path, bytes: &[u8], like: Option<&Path>) -> Result<(), SkipReason> {
    // A leftover of a killed process with the same number is no reason to stop; a link in its place is.
    let _ = fs::remove_file(temporary);
    let mut out = OpenOptions::new().write(true).create_new(true).open(temporary).map_err(unwritable)?;
    out.write_all(bytes).map_err(unwritable)?;
    if let Some(like) = like {
        let mode = fs::symlink_metadata(like).map_err(unwritable)?.permissions();
        if mode.readonly() {
            return Err(unwritable(io::Error::from(io::ErrorKind::PermissionDenied)));
        }
        out.set_permissions(mode).map_err(unwritable)?;
    }
    Ok(())
}

fn stat_of(file: &Path) -> io::Result<Stat> {
    let found = gix::index::fs::Metadata::from_path_no_follow(file)?;
    Ok(Stat::from_fs(&found).unwrap_or_default())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn unwritable(error: io::Error) -> SkipReason {
    SkipReason::Unwritable(error.to_string())
}
