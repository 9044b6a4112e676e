//! Clean merges: of texts by git's rules, with no driver, attribute or setting of a repository; and where a merge commit
//! is not what its sides make of each other, path by path, renames not followed.

use std::collections::BTreeMap;
use std::ops::Range;

use gix::ObjectId;
use gix::diff::blob::sources::byte_lines;
use gix::diff::blob::{Algorithm, Diff, InternedInput, Token};
use gix::objs::tree::{EntryKind, EntryMode};

use super::diff_work::{DiffWork, TooMuchWork};
use super::tree::{file_mode, text_of};
use super::{BlobId, CommitId, Error, FileState, Repository};

/// A zero byte among this many first ones marks a binary file, as in git.
const LOOKED_AT: usize = 8000;

/// Lines of the base that a side has replaced, with what it has there: from which byte to which, each of whole lines.
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

/// What one text has otherwise than another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunks {
    hunks: Vec<Hunk>,
    /// Whether one of them is no text.
    is_binary: bool,
}

impl Hunks {
    /// Compares a text with what it was.
    pub fn of(base: &[u8], text: &[u8], work: &mut DiffWork) -> Result<Self, TooMuchWork> {
        if is_binary(base) || is_binary(text) {
            return Ok(Self { hunks: Vec::new(), is_binary: true });
        }
        let near = hunks_near(base, text, work)?;
        let hunks = near.map_or_else(|| hunks(base, text, work), Ok)?;
        Ok(Self { hunks, is_binary: false })
    }
}

/// One side of a merge.
struct Side<'t> {
    text: &'t [u8],
    hunks: &'t [Hunk],
}

impl Side<'_> {
    /// Returns what the side has of a part of the base, in which some of its hunks lie.
    fn part(&self, hunks: &[Hunk], part: Range<usize>, base: &[u8]) -> Vec<u8> {
        let (mut at, mut own) = (part.start, Vec::new());
        for hunk in hunks {
            own.extend_from_slice(&base[at..hunk.base.start]);
            own.extend_from_slice(&self.text[hunk.side.clone()]);
            at = hunk.base.end;
        }
        own.extend_from_slice(&base[at..part.end]);
        own
    }
}

fn hunks(base: &[u8], text: &[u8], work: &mut DiffWork) -> Result<Vec<Hunk>, TooMuchWork> {
    let input = InternedInput::new(byte_lines(base), byte_lines(text));
    work.take(&input)?;
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let [starts, side_starts] = [&input.before, &input.after].map(|lines| line_starts(&input, lines));
    let range =
        |starts: &[usize], lines: Range<u32>| starts[lines.start as usize]..starts[lines.end as usize];
    let hunk = |hunk: gix::diff::blob::Hunk| Hunk {
        base: range(&starts, hunk.before),
        side: range(&side_starts, hunk.after),
    };
    Ok(diff.hunks().map(hunk).collect())
}

/// Returns at which byte each line begins, and where the last one ends.
fn line_starts(input: &InternedInput<&[u8]>, lines: &[Token]) -> Vec<usize> {
    let mut at = 0;
    let ends = lines.iter().map(|line| {
        at += input.interner[*line].len();
        at
    });
    std::iter::once(0).chain(ends).collect()
}

/// Equal lines around what differs that are compared as well: an added line moves down past equal ones.
const CONTEXT: usize = 16;

/// Returns the hunks of texts that have much in common at their ends, comparing nothing but what is between; none where
/// they have not, and where a hunk might move out of there.
fn hunks_near(base: &[u8], text: &[u8], work: &mut DiffWork) -> Result<Option<Vec<Hunk>>, TooMuchWork> {
    let Ends { head, tail } = common_ends(base, text, CONTEXT);
    if head + tail < base.len() / 4 {
        return Ok(None);
    }
    let [own, other] = [base, text].map(|all| &all[head..all.len() - tail]);
    let mut hunks = hunks(own, other, work)?;
    let meets_end = |hunk: &Hunk| hunk.base.end == own.len() || hunk.side.end == other.len();
    let meets_start = |hunk: &Hunk| hunk.base.start == 0 || hunk.side.start == 0;
    if tail > 0 && hunks.last().is_some_and(meets_end) || head > 0 && hunks.first().is_some_and(meets_start) {
        return Ok(None);
    }
    for hunk in &mut hunks {
        for range in [&mut hunk.base, &mut hunk.side] {
            *range = range.start + head..range.end + head;
        }
    }
    Ok(Some(hunks))
}

/// How many bytes of whole lines two texts have in common at their ends, which do not overlap.
pub(super) struct Ends {
    pub(super) head: usize,
    pub(super) tail: usize,
}

/// Finds the lines that two texts have in common at their ends, but for the nearest few.
pub(super) fn common_ends(one: &[u8], other: &[u8], context: usize) -> Ends {
    /// Compared at once.
    const BLOCK: usize = 256;
    let same = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let skipped = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let head = skipped + same(&one[skipped..], &other[skipped..]);
    let is_end = |byte: &u8| *byte == b'\n';
    // Where one text ends within a line of the other, that line is not in common.
    let (mut head, mut left) = (one[..head].iter().rposition(is_end).map_or(0, |at| at + 1), context);
    let (a, b) = (&one[head..], &other[head..]);
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK));
    let skipped = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let (a, b) = (&a[..a.len() - skipped], &b[..b.len() - skipped]);
    let tail = skipped + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let mut rest = &one[one.len() - tail..];
    // The first of these lines may begin before.
    let next = |rest: &mut &[u8]| {
        let at = rest.iter().position(is_end).map_or(rest.len(), |at| at + 1);
        *rest = &rest[at..];
    };
    (0..=context).for_each(|_| next(&mut rest));
    while head > 0 && left > 0 {
        head = one[..head - 1].iter().rposition(is_end).map_or(0, |at| at + 1);
        left -= 1;
    }
    Ends { head, tail: rest.len() }
}

/// Merges two texts over a third, as `git merge-file --diff-algorithm=histogram` does. None where they conflict, and
/// where one of them is no text.
#[must_use]
pub fn merge_texts(base: &[u8], one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let mut work = DiffWork::endless();
    let mut hunks = |side| Hunks::of(base, side, &mut work).ok();
    merge_changes(base, [one, other], [&hunks(one)?, &hunks(other)?])
}

/// Merges two texts over a third, as [`merge_texts`], given what they have otherwise.
#[must_use]
pub fn merge_changes(base: &[u8], texts: [&[u8]; 2], hunks: [&Hunks; 2]) -> Option<Vec<u8>> {
    if hunks.iter().any(|hunks| hunks.is_binary) {
        return None;
    }
    let [one, other] = [0, 1].map(|side| Side { text: texts[side], hunks: &hunks[side].hunks });
    let (mut at, mut i, mut j) = (0, 0, 0);
    let mut out = Vec::with_capacity(base.len().max(one.text.len()).max(other.text.len()));
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
        out.extend_from_slice(&base[at..part.start]);
        at = part.end;
        let (first, second) = (one.part(ours, part.clone(), base), other.part(theirs, part, base));
        match (ours, theirs) {
            (_, []) => out.extend(first),
            ([], _) => out.extend(second),
            _ if first == second => out.extend(first),
            _ => return None,
        }
    }
    out.extend_from_slice(&base[at..]);
    Some(out)
}

/// Returns the part of the base in which hunks of both sides lie.
fn around(ours: &[Hunk], theirs: &[Hunk]) -> Range<usize> {
    let all = || ours.iter().chain(theirs);
    let start = all().map(|hunk| hunk.base.start).min().unwrap_or_default();
    let end = all().map(|hunk| hunk.base.end).max().unwrap_or_default();
    start..end
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
            let tree = self.tree(merge, Some(id))?;
            for item in tree.items() {
                names.entry(tree.name(item).to_vec()).or_default()[side] = Some(tree.held(item));
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
    use super::{DiffWork, Ends, common_ends, hunks, hunks_near, merge_texts};

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
    fn what_differs_is_found_as_in_the_whole_texts() {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut near = 0;
        for _ in 0..3000 {
            let (length, letters) = (rng.usize(..120), rng.u8(1..12));
            let mut lines: Vec<u8> = (0..length).map(|_| rng.u8(..letters)).collect();
            let text = |lines: &[u8], end: &str| -> Vec<u8> {
                let lines: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
                (lines.join("\n") + end).into_bytes()
            };
            let base = text(&lines, "\n");
            for _ in 0..rng.usize(..4) {
                let at = rng.usize(..=lines.len());
                if rng.bool() && at < lines.len() {
                    lines.drain(at..lines.len().min(at + rng.usize(..4)));
                } else {
                    (0..rng.usize(..4)).for_each(|_| lines.insert(at, rng.u8(..letters)));
                }
            }
            let changed = text(&lines, if rng.u8(..8) == 0 { "" } else { "\n" });
            let mut work = DiffWork::endless();
            let whole = hunks(&base, &changed, &mut work).unwrap();
            if let Some(found) = hunks_near(&base, &changed, &mut work).unwrap() {
                near += 1;
                assert_eq!(found, whole, "{base:?} {changed:?}");
            }
            for context in [0, 1, 5] {
                let Ends { head, tail } = common_ends(&base, &changed, context);
                assert!(head + tail <= base.len().min(changed.len()));
                assert_eq!(base[..head], changed[..head]);
                assert_eq!(base[base.len() - tail..], changed[changed.len() - tail..]);
                for all in [&base, &changed] {
                    assert!(
                        [head, all.len() - tail]
                            .iter()
                            .all(|at| *at == 0 || all[at - 1] == b'\n' || *at == all.len())
                    );
                }
            }
        }
        assert!(near > 300, "{near}");
    }

    #[test]
    fn what_is_no_text_is_not_merged() {
        assert_eq!(merge_texts(b"a\0\n", b"a\0\nb\n", b"c\na\0\n"), None);
    }
}
