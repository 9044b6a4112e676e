//! An index to records, which borrow from it.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use super::bytes::Reader;
use super::fields::Field;
use super::layout::{HEADER, Lengths, Part, ROW, is_sealed, number};
use super::record::{Key, Record};
use crate::git::open_regular;
use crate::store::Stat;

/// An index with the right checksum.
#[derive(Debug, Default)]
pub(in crate::store) struct Index {
    /// Rows, then the numbers of the records.
    bytes: Vec<u8>,
    /// Names, then the texts of the records.
    text: String,
    numbers_at: usize,
    texts_at: usize,
}

impl Index {
    /// Reads an index; one that is missing, torn or of another shape is empty.
    pub(in crate::store) fn read(path: &Path) -> Self {
        let open = |file: File| Self::checked(&file, file.metadata().ok()?.len());
        open_regular(OpenOptions::new().read(true), path).ok().and_then(open).unwrap_or_default()
    }

    /// Reads an index of this many bytes.
    pub(super) fn checked(mut file: impl Read, length: u64) -> Option<Self> {
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
    pub(in crate::store) fn len(&self) -> usize {
        self.numbers_at / ROW
    }

    /// Returns the name of a row; rows are sorted by name.
    pub(in crate::store) fn name(&self, at: usize) -> Option<&str> {
        let (start, end) = self.piece(at, Part::Names)?;
        self.text.get(start..end)
    }

    /// Returns one key.
    pub(in crate::store) fn key(&self, at: usize) -> Option<Key<'_>> {
        let stat = self.row(at)?.first_chunk()?;
        Some(Key { name: self.name(at)?, stat: Stat::from_bytes(stat) })
    }

    /// Returns the record of a key.
    #[inline]
    pub(in crate::store) fn record(&self, at: usize) -> Option<Record<'_>> {
        let (start, end) = self.piece(at, Part::Numbers)?;
        let numbers = self.bytes.get(self.numbers_at + start..self.numbers_at + end)?;
        let (start, end) = self.piece(at, Part::Texts)?;
        let text = self.text.get(self.texts_at + start..self.texts_at + end)?;
        Record::read(&mut Reader::new(numbers, text))
    }

    fn row(&self, at: usize) -> Option<&[u8]> {
        let start = at.checked_mul(ROW)?;
        self.bytes.get(..self.numbers_at)?.get(start..start + ROW)
    }

    /// Returns where a row's piece of a part begins, which is where the row before ends its own, and where it ends.
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
