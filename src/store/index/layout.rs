//! Where things are in the file: a header, rows of one length, numbers of the records, names, texts.
//!
//! So stats are compared before any record is decoded, and records are decoded each by itself, on as many threads
//! as there are.

use super::record::SHAPE;
use crate::git::CacheFile;
use crate::store::Stat;

const CACHE: CacheFile = CacheFile::new(*b"trkidx04", &SHAPE);
/// The envelope's header, number of rows, bytes of numbers, of names and of texts.
pub(super) const HEADER: usize = CacheFile::HEADER + 4 * 4;
/// A stat, and where the file's name, numbers and texts end.
pub(super) const ROW: usize = Stat::LENGTH + 4 * 3;

/// A part of an index that has one piece for each row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Names,
    Numbers,
    Texts,
}

impl Part {
    /// Returns where in a row is where a piece ends.
    pub(super) fn column(self) -> usize {
        Stat::LENGTH + 4 * self as usize
    }
}

/// How long each part is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    pub(super) rows: usize,
    pub(super) numbers: usize,
    pub(super) names: usize,
    pub(super) texts: usize,
}

impl Lengths {
    /// Reads a header.
    pub(super) fn read(header: &[u8; HEADER]) -> Option<Self> {
        let length = |at: usize| number(header, CacheFile::HEADER + 4 * at);
        let rows = length(0)?.checked_mul(ROW)?;
        Some(Self { rows, numbers: length(1)?, names: length(2)?, texts: length(3)? })
    }

    /// Returns the bytes of the whole index.
    pub(super) fn whole(self) -> Option<u64> {
        let parts = [self.rows, self.numbers, self.names, self.texts];
        let whole = parts.into_iter().try_fold(HEADER, usize::checked_add)?;
        u64::try_from(whole).ok()
    }
}

/// Returns a header without its checksum, for a number of rows.
pub(super) fn header(rows: usize, numbers: usize, names: usize, texts: usize) -> Option<Vec<u8>> {
    let mut header = CACHE.begin();
    for length in [rows, numbers, names, texts] {
        header.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    }
    Some(header)
}

/// Reads four bytes.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// Puts the checksum into an index.
pub(super) fn seal(index: &mut [u8]) {
    CACHE.seal(index);
}

/// Whether an index in three parts is whole and ours.
pub(super) fn is_sealed(header: &[u8; HEADER], numbers: &[u8], text: &[u8]) -> bool {
    let (envelope, lengths) = header.split_at(CacheFile::HEADER);
    CACHE.is_intact(envelope, &[lengths, numbers, text])
}
