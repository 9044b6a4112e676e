//! The index: summaries of the task files as they were last read, each with the stat that tells whether the
//! file is still the same. Disposable: what cannot be read is thrown away and made again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Stat;
use crate::model::{Problem, Severity, Summary};

/// Changes whenever the format or a type below or in [`Summary`] does; another number means another program wrote it.
const MAGIC: [u8; 8] = *b"trkidx02";
/// Magic, checksum of all that follows it, number of files, bytes of names.
const HEADER: usize = 8 + 4 + 4 + 4;
/// A stat, where the file's name ends and where its record ends.
const ROW: usize = Stat::LENGTH + 4 + 4;

/// A file name and the stat its record was read with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) stat: Stat,
}

/// What a file's text said.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) summary: Option<Summary<'a>>,
    #[serde(borrow)]
    pub(super) problems: Vec<Stored<'a>>,
}

/// A [`Problem`] without its file, which is the record's own.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored<'a> {
    line: Option<u32>,
    key: Option<&'a str>,
    message: &'a str,
    hint: Option<&'a str>,
    is_error: bool,
}

impl<'a> Stored<'a> {
    pub(super) fn from(problem: &'a Problem) -> Self {
        Self {
            line: problem.line.and_then(|line| u32::try_from(line).ok()),
            key: problem.key.as_deref(),
            message: &problem.message,
            hint: problem.hint.as_deref(),
            is_error: problem.severity == Severity::Error,
        }
    }

    pub(super) fn to_problem(&self, file: &str) -> Problem {
        Problem {
            file: file.to_owned(),
            line: self.line.map(|line| line as usize),
            key: self.key.map(str::to_owned),
            message: self.message.to_owned(),
            hint: self.hint.map(str::to_owned),
            severity: if self.is_error { Severity::Error } else { Severity::Warning },
        }
    }
}

/// The bytes of an index whose checksum holds: rows of one length, then names, then records. So stats are compared
/// before any record is decoded, and records are decoded each by itself, on as many threads as there are.
#[derive(Debug, Default)]
pub(super) struct Index {
    bytes: Vec<u8>,
    names_at: usize,
    records_at: usize,
}

impl Index {
    /// Reads an index; one that is missing, torn or of another version is empty.
    pub(super) fn read(path: &Path) -> Self {
        std::fs::read(path).ok().and_then(Self::checked).unwrap_or_default()
    }

    fn checked(bytes: Vec<u8>) -> Option<Self> {
        let is_ours = bytes.get(..8)? == MAGIC;
        let names_at = HEADER.checked_add(number(&bytes, 12)?.checked_mul(ROW)?)?;
        let records_at = names_at.checked_add(number(&bytes, 16)?)?;
        let is_whole = number(&bytes, 8)? == checksum_of(&bytes[12..]) as usize;
        (is_ours && is_whole && records_at <= bytes.len()).then_some(Self { bytes, names_at, records_at })
    }

    /// Returns the keys, sorted by name.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let count = self.names_at.saturating_sub(HEADER) / ROW;
        (0..count).filter_map(|at| self.key(at))
    }

    /// Returns one key.
    pub(super) fn key(&self, at: usize) -> Option<Key<'_>> {
        let stat = self.row(at)?.first_chunk()?;
        let name = self.part(self.names_at, at, Stat::LENGTH)?;
        Some(Key { name: std::str::from_utf8(name).ok()?, stat: Stat::from_bytes(stat) })
    }

    /// Returns the record of a key.
    pub(super) fn record(&self, at: usize) -> Option<Record<'_>> {
        postcard::from_bytes(self.part(self.records_at, at, Stat::LENGTH + 4)?).ok()
    }

    fn row(&self, at: usize) -> Option<&[u8]> {
        let start = HEADER + at * ROW;
        self.bytes.get(start..start + ROW).filter(|_| start + ROW <= self.names_at)
    }

    /// Returns the part behind `base` that ends where a row says and begins where the row before says.
    fn part(&self, base: usize, at: usize, column: usize) -> Option<&[u8]> {
        let start = at.checked_sub(1).map_or(Some(0), |before| number(self.row(before)?, column))?;
        self.bytes.get(base + start..base + number(self.row(at)?, column)?)
    }

    /// Returns the bytes of an index of these records, which come sorted by name.
    pub(super) fn encode(entries: &[(Key<'_>, Record<'_>)]) -> Option<Vec<u8>> {
        let (mut rows, mut names, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for (key, record) in entries {
            names.extend_from_slice(key.name.as_bytes());
            records = postcard::to_extend(record, records).ok()?;
            rows.extend_from_slice(&key.stat.to_bytes());
            for part in [&names, &records] {
                rows.extend_from_slice(&u32::try_from(part.len()).ok()?.to_le_bytes());
            }
        }
        let counts = [entries.len(), names.len()].map(u32::try_from);
        let mut bytes = [MAGIC.as_slice(), &[0; 4]].concat();
        for count in counts {
            bytes.extend_from_slice(&count.ok()?.to_le_bytes());
        }
        for part in [rows, names, records] {
            bytes.extend_from_slice(&part);
        }
        let checksum = checksum_of(&bytes[12..]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        Some(bytes)
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// The checksum depends on the program's version too: an older program's records may be of another shape.
fn checksum_of(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded() -> Vec<u8> {
        let problem = Problem::error("is odd").at_line(3);
        let records =
            [vec![], vec![Stored::from(&problem)]].map(|problems| Record { summary: None, problems });
        let keys = [
            Key { name: "TASK-1.md", stat: Stat { modified: 1, changed: 2, size: 3, inode: 4 } },
            Key { name: "TASK-22.md", stat: Stat { modified: 5, changed: -6, size: 7, inode: 8 } },
        ];
        Index::encode(&keys.into_iter().zip(records).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn reads_what_it_wrote() {
        let index = Index::checked(encoded()).unwrap();
        let names: Vec<_> = index.keys().map(|key| key.name).collect();
        assert_eq!(names, ["TASK-1.md", "TASK-22.md"]);
        let key = index.key(1).unwrap();
        assert_eq!(key.stat, Stat { modified: 5, changed: -6, size: 7, inode: 8 });
        assert_eq!(index.record(1).unwrap().problems[0].to_problem("f").to_string(), "f:3: is odd");
        assert!(index.record(0).unwrap().problems.is_empty() && index.record(2).is_none());
    }

    #[test]
    fn throws_away_what_is_torn_or_changed() {
        let whole = encoded();
        for length in 0..whole.len() {
            assert!(Index::checked(whole[..length].to_vec()).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(Index::checked(changed).is_none(), "{at}");
        }
    }
}
