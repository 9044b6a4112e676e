//! The index: summaries of the task files as they were last read, each with the stat that says whether the
//! file is still the same. Disposable: what cannot be read is thrown away and made again.
//!
//! Where things are in the file: a header, rows of one length, numbers of the records, names, texts.
//!
//! So stats are compared before any record is decoded, and records are decoded each by itself, on as many threads
//! as there are.

mod fields;
mod record;

pub(super) use record::{Key, Record, Stored};

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use fields::{Field, Reader, Writer};
use record::SHAPE;

use crate::git::{CacheFile, open_regular};
use crate::store::Stat;

const CACHE: CacheFile = CacheFile::new(*b"trkidx04", &SHAPE);
/// The envelope's header, number of rows, bytes of numbers, of names and of texts.
const HEADER: usize = CacheFile::HEADER + 4 * 4;
/// A stat, and where the file's name, numbers and texts end.
const ROW: usize = Stat::LENGTH + 4 * 3;

/// A part of an index that has one piece for each row.
#[derive(Debug, Clone, Copy)]
enum Part {
    Names,
    Numbers,
    Texts,
}

impl Part {
    /// Returns where in a row is where a piece ends.
    fn column(self) -> usize {
        Stat::LENGTH + 4 * self as usize
    }
}

/// How long each part is.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    rows: usize,
    numbers: usize,
    names: usize,
    texts: usize,
}

impl Lengths {
    /// Reads a header.
    fn read(header: &[u8; HEADER]) -> Option<Self> {
        let length = |at: usize| number(header, CacheFile::HEADER + 4 * at);
        let rows = length(0)?.checked_mul(ROW)?;
        Some(Self { rows, numbers: length(1)?, names: length(2)?, texts: length(3)? })
    }

    /// Returns the bytes of the whole index.
    fn whole(self) -> Option<u64> {
        let parts = [self.rows, self.numbers, self.names, self.texts];
        let whole = parts.into_iter().try_fold(HEADER, usize::checked_add)?;
        u64::try_from(whole).ok()
    }
}

/// Returns a header without its checksum, for a number of rows.
fn header(rows: usize, numbers: usize, names: usize, texts: usize) -> Option<Vec<u8>> {
    let mut header = CACHE.begin();
    for length in [rows, numbers, names, texts] {
        header.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    }
    Some(header)
}

/// Reads four bytes.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// Puts the checksum into an index.
fn seal(index: &mut [u8]) {
    CACHE.seal(index);
}

/// Whether an index in three parts is whole and ours.
fn is_sealed(header: &[u8; HEADER], numbers: &[u8], text: &[u8]) -> bool {
    let (envelope, lengths) = header.split_at(CacheFile::HEADER);
    CACHE.is_intact(envelope, &[lengths, numbers, text])
}

/// Returns the bytes of an index of these records, which come sorted by name; none if they are too many.
pub(super) fn encode(entries: &[(Key<'_>, Record<'_>)]) -> Option<Vec<u8>> {
    let (mut rows, mut names, mut records) = (Vec::new(), String::new(), Writer::default());
    for (key, record) in entries {
        names.push_str(key.name);
        record.write(&mut records);
        rows.extend_from_slice(&key.stat.to_bytes());
        // In the order of `Part`.
        for end in [names.len(), records.numbers.len(), records.text.len()] {
            rows.extend_from_slice(&u32::try_from(end).ok()?.to_le_bytes());
        }
    }
    let Writer { numbers, text } = records;
    let mut bytes = header(entries.len(), numbers.len(), names.len(), text.len())?;
    for part in [&rows, &numbers, names.as_bytes(), text.as_bytes()] {
        bytes.extend_from_slice(part);
    }
    seal(&mut bytes);
    Some(bytes)
}

/// An index with the right checksum.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Rows, then the numbers of the records.
    bytes: Vec<u8>,
    /// Names, then the texts of the records.
    text: String,
    numbers_at: usize,
    texts_at: usize,
}

impl Index {
    /// Reads an index; one that is missing, torn or of another shape is empty.
    pub(super) fn read(path: &Path) -> Self {
        let open = |file: File| Self::checked(&file, file.metadata().ok()?.len());
        open_regular(OpenOptions::new().read(true), path).ok().and_then(open).unwrap_or_default()
    }

    /// Reads an index of this many bytes.
    fn checked(mut file: impl Read, length: u64) -> Option<Self> {
        let mut header = [0; HEADER];
        file.read_exact(&mut header).ok()?;
        let lengths = Lengths::read(&header)?;
        if lengths.whole()? != length {
            return None;
        }
        let bytes = take(&mut file, lengths.rows + lengths.numbers)?;
        let text = take(&mut file, lengths.names + lengths.texts)?;
        if !is_sealed(&header, &bytes, &text) {
            return None;
        }
        let text = String::from_utf8(text).ok()?;
        Some(Self { bytes, text, numbers_at: lengths.rows, texts_at: lengths.names })
    }

    /// Returns how many rows there are.
    pub(super) fn len(&self) -> usize {
        self.numbers_at / ROW
    }

    /// Returns the name of a row; rows are sorted by name.
    pub(super) fn name(&self, at: usize) -> Option<&str> {
        let (start, end) = self.piece(at, Part::Names)?;
        self.text.get(start..end)
    }

    /// Returns one key.
    pub(super) fn key(&self, at: usize) -> Option<Key<'_>> {
        let stat = self.row(at)?.first_chunk()?;
        Some(Key { name: self.name(at)?, stat: Stat::from_bytes(stat) })
    }

    /// Returns the record of a key.
    #[inline]
    pub(super) fn record(&self, at: usize) -> Option<Record<'_>> {
        let (start, end) = self.piece(at, Part::Numbers)?;
        let numbers = self.bytes.get(self.numbers_at + start..self.numbers_at + end)?;
        let (start, end) = self.piece(at, Part::Texts)?;
        let text = self.text.get(self.texts_at + start..self.texts_at + end)?;
        Record::read(&mut Reader::new(numbers, text))
    }

    #[inline]
    fn row(&self, at: usize) -> Option<&[u8]> {
        let start = at.checked_mul(ROW)?;
        self.bytes.get(..self.numbers_at)?.get(start..start + ROW)
    }

    /// Returns where a row's piece of a part begins, which is where the row before ends its own, and where it ends.
    #[inline]
    fn piece(&self, at: usize, part: Part) -> Option<(usize, usize)> {
        let end = |at: usize| number(self.row(at)?, part.column());
        Some((at.checked_sub(1).map_or(Some(0), end)?, end(at)?))
    }
}

fn take(file: impl Read, length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    file.take(u64::try_from(length).ok()?).read_to_end(&mut bytes).ok()?;
    (bytes.len() == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Index, Key, Record, Stored, encode};
    use crate::model::{BoxCount, Problem, Summary};
    use crate::store::Stat;

    fn summary() -> Summary<'static> {
        Summary {
            kind: Some("bug"),
            assignee: Some(""),
            tags: vec!["ä", "", "b"].into(),
            depends_on: vec!["TASK-1"; 200].into(),
            estimate: Some(u32::MAX),
            spent: Some(0),
            created: Some(-1),
            updated: Some(i64::MIN),
            since: Some(1_760_000_000),
            deliverables: BoxCount { done: 127, total: 128 },
            boxes: BoxCount { done: 16_384, total: u32::MAX },
            ..Summary::bare("TASK-22", "Füge hinzu")
        }
    }

    fn encoded() -> Vec<u8> {
        let problem = Problem::error("is odd").at_line(3);
        let records = [
            Record { summary: None, problems: vec![] },
            Record { summary: Some(summary()), problems: vec![Stored::from(&problem)] },
        ];
        let keys = [
            Key { name: "TASK-1.md", stat: Stat { modified: 1, changed: 2, size: 3, inode: 4 } },
            Key { name: "TASK-22.md", stat: Stat { modified: 5, changed: -6, size: 7, inode: 8 } },
        ];
        encode(&keys.into_iter().zip(records).collect::<Vec<_>>()).unwrap()
    }

    fn checked(bytes: &[u8]) -> Option<Index> {
        Index::checked(bytes, bytes.len() as u64)
    }

    #[test]
    fn reads_what_it_wrote() {
        let index = checked(&encoded()).unwrap();
        let names: Vec<_> = (0..index.len()).filter_map(|at| index.name(at)).collect();
        assert_eq!(names, ["TASK-1.md", "TASK-22.md"]);
        let key = index.key(1).unwrap();
        assert_eq!(key.stat, Stat { modified: 5, changed: -6, size: 7, inode: 8 });
        let record = index.record(1).unwrap();
        assert_eq!(record.summary, Some(summary()));
        assert_eq!(record.problems[0].to_problem("f").to_string(), "f:3: is odd");
        assert!(index.record(0).unwrap().problems.is_empty() && index.record(2).is_none());
    }

    #[test]
    fn throws_away_what_is_torn_or_changed() {
        let whole = encoded();
        for length in 0..whole.len() {
            assert!(checked(&whole[..length]).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(checked(&changed).is_none(), "{at}");
        }
        assert!(checked(&[whole.as_slice(), b"x"].concat()).is_none());
    }

    #[test]
    fn a_record_that_lies_is_none() {
        let whole = encoded();
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut lying = whole.clone();
                lying[at] ^= flip;
                super::seal(&mut lying);
                if let Some(index) = checked(&lying) {
                    (0..3)
                        .for_each(|at| assert!(index.key(at).is_none_or(|key| key.name.len() < whole.len())));
                    (0..3).for_each(|at| drop(index.record(at)));
                }
            }
        }
    }
}
