//! Clean merges: of texts by git's rules, with no driver, attribute or setting of a repository; and where a merge commit
//! is not what its sides make of each other, path by path, renames not followed.

use std::collections::BTreeMap;
use std::ops::Range;

use gix::ObjectId;
use gix::diff::blob::sources::byte_lines;
use gix::diff::blob::{Algorithm, Diff, InternedInput};
use gix::objs::tree::{EntryKind, EntryMode};

use super::tree::{file_mode, text_of};
use super::{BlobId, CommitId, Error, FileState, Repository};

/// A zero byte among this many first ones marks a binary file, as in git.
const LOOKED_AT: usize = 8000;

/// Lines of the base that a side has replaced, with what it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

impl Hunk {
    /// Changes that touch are one, as in git: what is between them is nothing.
    fn touches(&self, other: &Self) -> bool {
        self.base.start <= other.base.end && other.base.start <= self.base.end
    }
}

/// One side of a merge.
struct Side<'t> {
    lines: Vec<&'t [u8]>,
    hunks: Vec<Hunk>,
}

impl<'t> Side<'t> {
    fn of(base: &[u8], text: &'t [u8]) -> Self {
        let input = InternedInput::new(byte_lines(base), byte_lines(text));
        let mut diff = Diff::compute(Algorithm::Histogram, &input);
        diff.postprocess_no_heuristic(&input);
        let range = |range: Range<u32>| range.start as usize..range.end as usize;
        let hunks = diff.hunks().map(|hunk| Hunk { base: range(hunk.before), side: range(hunk.after) });
        Self { hunks: hunks.collect(), lines: lines_of(text) }
    }

    /// Writes what the side has of a part of the base, in which some of its hunks lie.
    fn write(&self, hunks: &[Hunk], part: Range<usize>, base: &[&[u8]], out: &mut Vec<u8>) {
        let mut at = part.start;
        for hunk in hunks {
            extend(out, &base[at..hunk.base.start]);
            extend(out, &self.lines[hunk.side.clone()]);
            at = hunk.base.end;
        }
        extend(out, &base[at..part.end]);
    }
}

/// Merges two texts over a third, as `git merge-file --diff-algorithm=histogram` does. None where they conflict, and
/// where one of them is no text.
#[must_use]
pub fn merge_texts(base: &[u8], one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    if [base, one, other].into_iter().any(is_binary) {
        return None;
    }
    let lines = lines_of(base);
    let (one, other) = (Side::of(base, one), Side::of(base, other));
    let (mut at, mut i, mut j) = (0, 0, 0);
    let mut out = Vec::with_capacity(base.len());
    while i < one.hunks.len() || j < other.hunks.len() {
        let (from_i, from_j) = (i, j);
        let is_first = match (one.hunks.get(i), other.hunks.get(j)) {
            (Some(first), Some(second)) => {
                (first.base.start, first.base.end) <= (second.base.start, second.base.end)
            }
            (first, _) => first.is_some(),
        };
        if is_first {
            i += 1;
        } else {
            j += 1;
        }
        // All that touches what the other side has there.
        loop {
            let (ours, theirs) = (&one.hunks[from_i..i], &other.hunks[from_j..j]);
            let meets = |hunk: Option<&Hunk>, others: &[Hunk]| {
                hunk.is_some_and(|hunk| others.iter().any(|other| hunk.touches(other)))
            };
            if meets(one.hunks.get(i), theirs) {
                i += 1;
            } else if meets(other.hunks.get(j), ours) {
                j += 1;
            } else {
                break;
            }
        }
        let (ours, theirs) = (&one.hunks[from_i..i], &other.hunks[from_j..j]);
        let part = around(ours, theirs);
        extend(&mut out, &lines[at..part.start]);
        at = part.end;
        let (mut first, mut second) = (Vec::new(), Vec::new());
        one.write(ours, part.clone(), &lines, &mut first);
        other.write(theirs, part, &lines, &mut second);
        match (ours, theirs) {
            (_, []) => out.append(&mut first),
            ([], _) => out.append(&mut second),
            _ if first == second => out.append(&mut first),
            _ => return None,
        }
    }
    extend(&mut out, &lines[at..]);
    Some(out)
}

/// Returns the part of the base in which hunks of both sides lie.
fn around(ours: &[Hunk], theirs: &[Hunk]) -> Range<usize> {
    let all = || ours.iter().chain(theirs);
    let start = all().map(|hunk| hunk.base.start).min().unwrap_or_default();
    let end = all().map(|hunk| hunk.base.end).max().unwrap_or_default();
    start..end
}

fn lines_of(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

fn extend(out: &mut Vec<u8>, lines: &[&[u8]]) {
    lines.iter().for_each(|line| out.extend_from_slice(line));
}

fn is_binary(text: &[u8]) -> bool {
    text.iter().take(LOOKED_AT).any(|byte| *byte == 0)
}

/// Folders nested deeper are not looked into.
const DEEPEST: usize = 64;

/// A file that both sides of a merge have changed, each in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossedFile {
    /// Path from the top of the repository.
    pub path: String,
    /// What both began with.
    pub base: Option<FileState>,
    /// The first side.
    pub one: Option<FileState>,
    /// The other side.
    pub other: Option<FileState>,
    /// What the merge commit has.
    pub result: Option<FileState>,
}

/// Where a merge commit is not what its sides make of each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MergeDifferences {
    /// Paths that at most one side changed, and of which the merge commit has something else.
    pub changed: Vec<String>,
    /// Files that both sides changed: whether the merge commit has their clean merge is for the caller to ask.
    pub crossed: Vec<CrossedFile>,
}

/// A place in four trees: of the base, the sides and the result.
type Place = [Option<(EntryMode, ObjectId)>; 4];

impl Repository {
    /// Compares a merge of two with its sides over a base; over nothing where there is none. What at most one side
    /// changed is read no further than to where the trees differ.
    pub fn merge_differences(
        &self,
        merge: CommitId,
        base: Option<CommitId>,
        sides: [CommitId; 2],
    ) -> Result<MergeDifferences, Error> {
        let folder = |id: ObjectId| Some((EntryKind::Tree.into(), id));
        let base = base.map(|base| self.root_tree_id(base)).transpose()?.and_then(folder);
        let [one, other] = sides.map(|side| self.root_tree_id(side));
        let place = [base, folder(one?), folder(other?), folder(self.root_tree_id(merge)?)];
        let mut found = MergeDifferences::default();
        self.compare(merge, "", place, 0, &mut found)?;
        found.changed.sort();
        found.crossed.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn compare(
        &self,
        merge: CommitId,
        path: &str,
        place: Place,
        depth: usize,
        found: &mut MergeDifferences,
    ) -> Result<(), Error> {
        let [base, one, other, result] = place;
        if undisputed(base, one, other) == Some(result) {
            return Ok(());
        }
        let file = |at: Option<(EntryMode, ObjectId)>| {
            at.and_then(|(mode, id)| {
                Some(FileState { mode: file_mode(mode.kind())?, blob_id: BlobId::new(id) })
            })
        };
        let files = place.map(file);
        if files.iter().any(Option::is_some) {
            let [base, one, other, result] = files;
            match undisputed(base, one, other) {
                Some(whole) if whole == result => {}
                Some(_) => found.changed.push(path.to_owned()),
                None => {
                    let path = path.to_owned();
                    found.crossed.push(CrossedFile { path, base, one, other, result });
                }
            }
        }
        let folders = place.map(|at| at.filter(|(mode, _)| mode.is_tree()));
        if folders.iter().all(Option::is_none) || depth >= DEEPEST {
            return Ok(());
        }
        let mut names: BTreeMap<Vec<u8>, Place> = BTreeMap::new();
        for (side, folder) in folders.into_iter().enumerate() {
            let Some((_, id)) = folder else { continue };
            let cannot = |error: gix::Error| self.unreadable(merge, "read the files", &error);
            for entry in self.inner.find_tree(id).map_err(cannot)?.iter() {
                let entry = entry.map_err(|error| cannot(gix::Error::from_error(error)))?;
                let at = names.entry(entry.filename().to_vec()).or_default();
                at[side] = Some((entry.mode(), entry.object_id()));
            }
        }
        for (name, place) in names {
            let name = text_of(name.as_slice().into());
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            self.compare(merge, &path, place, depth + 1, found)?;
        }
        Ok(())
    }
}

/// A side that is as the base was yields to the other; equal sides are the result; else both changed it.
fn undisputed<T: PartialEq + Copy>(base: T, one: T, other: T) -> Option<T> {
    if one == base || one == other { Some(other) } else { (other == base).then_some(one) }
}

#[cfg(test)]
mod tests {
    use super::merge_texts;

    fn merged(base: &str, one: &str, other: &str) -> Option<String> {
        let text = |text: &str| text.replace(' ', "\n").into_bytes();
        let merged = merge_texts(&text(base), &text(one), &text(other))?;
        let back = merge_texts(&text(base), &text(other), &text(one));
        assert_eq!(back.as_ref(), Some(&merged), "the sides are equal");
        Some(String::from_utf8(merged).unwrap().replace('\n', " "))
    }

    #[test]
    fn changes_apart_are_joined() {
        for (base, one, other, expected) in [
            ("a b c ", "A b c ", "a b C ", "A b C "),
            ("a b c ", "b c ", "a b c d ", "b c d "),
            ("a b c ", "a b c ", "", ""),
            ("a b c ", "a X c ", "a X c ", "a X c "),
            ("a b c d e ", "a X Y d e ", "a X Y d E ", "a X Y d E "),
            ("", "a ", "a ", "a "),
            ("a b c", "a b c", "a b C", "a b C"),
        ] {
            assert_eq!(merged(base, one, other).as_deref(), Some(expected), "{base}|{one}|{other}");
        }
    }

    #[test]
    fn changes_that_touch_conflict() {
        for (base, one, other) in [
            ("a b c ", "A b c ", "a B c "),
            ("a b c ", "X b c ", "Y b c "),
            ("a b c ", "a X c ", "a c "),
            ("a b c ", "a x b c ", "a y b c "),
            ("", "a ", "b "),
        ] {
            assert_eq!(merged(base, one, other), None, "{base}|{one}|{other}");
        }
    }

    #[test]
    fn what_is_no_text_is_not_merged() {
        assert_eq!(merge_texts(b"a\0\n", b"a\0\nb\n", b"c\na\0\n"), None);
    }
}
