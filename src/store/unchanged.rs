//! Which files are still as the index has them: the stats of all of them, on several threads.
//!
//! The kernel answers each stat alone, so a second thread halves the time. The threads allocate nothing and end with
//! the work; a pool of them that waits for more would cost what they save.

use std::iter::Enumerate;
use std::slice::ChunksMut;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::folder::Folder;
use super::index::Index;

/// From this many files on another thread pays.
const WORTH_A_THREAD: usize = 4_000;
const MOST_THREADS: usize = 8;
/// How many files a thread takes at a time: few enough that all end at once.
const PIECE: usize = 128;

/// Tells for each row of the index whether its file is still the one that was read, and does something else
/// meanwhile.
pub(super) fn unchanged<T>(folder: &Folder, index: &Index, meanwhile: impl FnOnce() -> T) -> (Vec<bool>, T) {
    let mut is_same = vec![false; index.len()];
    let pieces = Mutex::new(is_same.chunks_mut(PIECE).enumerate());
    let done = thread::scope(|scope| {
        for _ in 0..(index.len() / WORTH_A_THREAD).min(MOST_THREADS) {
            // A thread that cannot be had leaves its share to the others.
            let _ = thread::Builder::new().spawn_scoped(scope, || compare(folder, index, &pieces));
        }
        let done = meanwhile();
        compare(folder, index, &pieces);
        done
    });
    (is_same, done)
}

/// Takes pieces and compares their files until none is left.
fn compare(folder: &Folder, index: &Index, pieces: &Mutex<Enumerate<ChunksMut<'_, bool>>>) {
    let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some((piece, is_same)) = next() {
        for (at, is_same) in is_same.iter_mut().enumerate() {
            // The index is only a file: no name in it leads out of the folder.
            let key = index.key(piece * PIECE + at).filter(|key| !key.name.bytes().any(|byte| byte == b'/'));
            *is_same = key.is_some_and(|key| folder.stat(key.name) == Some(key.stat));
        }
    }
}
