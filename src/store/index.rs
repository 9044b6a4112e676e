//! The index: summaries of the task files as they were last read, each with the stat that tells whether the
//! file is still the same. Disposable: what cannot be read is thrown away and made again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Stat;
use crate::model::{Problem, Severity, Summary};

/// Changes whenever a type below or in [`Summary`] does; another number means another program wrote it.
const MAGIC: [u8; 8] = *b"trkidx01";
const HEADER: usize = MAGIC.len() + 4 + 8;

/// A file name and the stat its record was read with.
#[derive(Debug, Serialize, Deserialize)]
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

/// The bytes of an index whose checksum holds: keys first, so that the stats can be compared before any record
/// is decoded.
#[derive(Debug, Default)]
pub(super) struct Index {
    bytes: Vec<u8>,
    records_at: usize,
}

impl Index {
    /// Reads an index; one that is missing, torn or of another version is empty.
    pub(super) fn read(path: &Path) -> Self {
        std::fs::read(path).ok().and_then(Self::checked).unwrap_or_default()
    }

    fn checked(bytes: Vec<u8>) -> Option<Self> {
        let header = bytes.get(..HEADER)?;
        let checksum = u32::from_le_bytes(header[8..12].try_into().ok()?);
        let keys_length = usize::try_from(u64::from_le_bytes(header[12..20].try_into().ok()?)).ok()?;
        let records_at = HEADER.checked_add(keys_length).filter(|at| *at <= bytes.len())?;
        let intact = header[..8] == MAGIC && checksum_of(&bytes[12..]) == checksum;
        intact.then_some(Self { bytes, records_at })
    }

    /// Returns the keys, sorted by name.
    pub(super) fn keys(&self) -> Vec<Key<'_>> {
        self.bytes
            .get(HEADER..self.records_at)
            .and_then(|bytes| postcard::from_bytes(bytes).ok())
            .unwrap_or_default()
    }

    /// Returns the records, in the order of the keys.
    pub(super) fn records(&self) -> Vec<Record<'_>> {
        self.bytes
            .get(self.records_at..)
            .filter(|bytes| !bytes.is_empty())
            .and_then(|bytes| postcard::from_bytes(bytes).ok())
            .unwrap_or_default()
    }

    /// Returns the bytes of an index of these records.
    pub(super) fn encode(keys: &[Key<'_>], records: &[&Record<'_>]) -> Option<Vec<u8>> {
        let keys = postcard::to_stdvec(keys).ok()?;
        let records = postcard::to_stdvec(records).ok()?;
        let mut bytes = Vec::with_capacity(HEADER + keys.len() + records.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&u64::try_from(keys.len()).ok()?.to_le_bytes());
        bytes.extend_from_slice(&keys);
        bytes.extend_from_slice(&records);
        let checksum = checksum_of(&bytes[12..]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        Some(bytes)
    }
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
        let record = Record { summary: None, problems: vec![Stored::from(&problem)] };
        let key = Key { name: "TASK-1.md", stat: Stat { modified: 1, changed: 2, size: 3, inode: 4 } };
        Index::encode(&[key], &[&record]).unwrap()
    }

    #[test]
    fn reads_what_it_wrote() {
        let index = Index::checked(encoded()).unwrap();
        assert_eq!(index.keys()[0].name, "TASK-1.md");
        assert_eq!(index.records()[0].problems[0].to_problem("f").to_string(), "f:3: is odd");
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
