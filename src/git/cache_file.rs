//! The envelope of every file that only remembers: eight bytes that name kind and version, a checksum over the shape
//! of the content and the content, the content. What is missing, torn, damaged or of another shape is not there.

use std::fs;
use std::path::Path;

use crate::git::read_regular;

/// A kind of cache.
#[derive(Debug, Clone, Copy)]
pub struct CacheFile {
    magic: [u8; 8],
    /// Describes the content; where it is another, what the file contains is not ours.
    shape: &'static [&'static str],
}

impl CacheFile {
    /// How many bytes are before the content.
    pub const HEADER: usize = 8 + 4;

    /// Describes a kind. Its magic changes whenever the layout does.
    #[must_use]
    pub const fn new(magic: [u8; 8], shape: &'static [&'static str]) -> Self {
        Self { magic, shape }
    }

    /// Returns the beginning of a file, to put the content after; [`seal`](Self::seal) ends it.
    #[must_use]
    pub fn begin(&self) -> Vec<u8> {
        [self.magic.as_slice(), &[0; 4]].concat()
    }

    /// Puts the checksum into a file.
    pub fn seal(&self, file: &mut [u8]) {
        let checksum = self.checksum(&[&file[Self::HEADER..]]);
        file[self.magic.len()..Self::HEADER].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Returns the whole file of some content.
    #[must_use]
    pub fn sealed(&self, content: &[u8]) -> Vec<u8> {
        let mut file = self.begin();
        file.extend_from_slice(content);
        self.seal(&mut file);
        file
    }

    /// Whether a file that was read in parts is whole and of this kind.
    #[must_use]
    pub fn is_intact(&self, header: &[u8], content: &[&[u8]]) -> bool {
        header.strip_prefix(&self.magic) == Some(self.checksum(content).to_le_bytes().as_slice())
    }

    /// Returns the content of a file.
    #[must_use]
    pub fn open<'b>(&self, file: &'b [u8]) -> Option<&'b [u8]> {
        let (header, content) = file.split_at_checked(Self::HEADER)?;
        self.is_intact(header, &[content]).then_some(content)
    }

    /// Reads a file and returns its content.
    #[must_use]
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let mut file = read_regular(path).ok()?;
        self.open(&file)?;
        file.drain(..Self::HEADER);
        Some(file)
    }

    fn checksum(&self, content: &[&[u8]]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        self.shape.iter().for_each(|part| hasher.update(part.as_bytes()));
        content.iter().for_each(|part| hasher.update(part));
        hasher.finalize()
    }
}

/// What is left to read of a cache's content. Numbers are little-endian; none where there is too little left.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// Takes this many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Takes as many bytes as the array has.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// Takes a byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// Takes a number of two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Takes a number of four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Takes a number of eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// Replaces a cache as a whole, where that is possible: without one, or in a read-only repository, everything works as
/// well, and slower.
pub fn replace_cache(path: &Path, file: &[u8]) {
    let Some(folder) = path.parent() else { return };
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let write = || fs::write(&unfinished, file);
    let written = write().or_else(|_| fs::create_dir_all(folder).and_then(|()| write()));
    // To replace a file makes ext4 write the new one to disk at once, which takes longer than all the rest.
    // That there is none for a moment harms nobody.
    fs::remove_file(path).ok();
    if written.and_then(|()| fs::rename(&unfinished, path)).is_err() {
        fs::remove_file(&unfinished).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::{CacheFile, replace_cache};

    const CACHE: CacheFile = CacheFile::new(*b"trktst01", &["a: u32"]);

    #[test]
    fn what_is_torn_damaged_or_of_another_shape_is_not_there() {
        let whole = CACHE.sealed(b"content");
        assert_eq!(CACHE.open(&whole), Some(b"content".as_slice()));
        for length in 0..whole.len() {
            assert_eq!(CACHE.open(&whole[..length]), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert_eq!(CACHE.open(&damaged), None, "{at}");
        }
        assert_eq!(CacheFile::new(*b"trktst01", &["a: u64"]).open(&whole), None);
    }

    #[test]
    fn a_cache_is_replaced_as_a_whole_and_its_folder_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tracker/cache");
        for content in [b"one".as_slice(), b"two"] {
            replace_cache(&path, &CACHE.sealed(content));
            assert_eq!(CACHE.read(&path).as_deref(), Some(content));
        }
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
