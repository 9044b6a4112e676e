//! Comments: no merge may lose one in silence.

use std::collections::HashMap;

use super::super::piece::{Piece, Subject};
use super::super::plain;
use super::super::three::Three;

/// Returns every text behind a `#` that may be a comment, with how often it stands there.
fn comments(text: &str) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    for line in text.lines().map(str::trim) {
        let bytes = line.as_bytes();
        let begins = |&at: &usize| bytes[at] == b'#' && (at == 0 || matches!(bytes[at - 1], b' ' | b'\t'));
        if let Some(at) = (0..bytes.len()).find(begins) {
            *found.entry(&line[at..]).or_default() += 1;
        }
    }
    found
}

/// Tells whether a merged text holds every comment that a side added, and every one that both sides kept.
pub(super) fn are_kept(merged: &str, versions: Three<&str>) -> bool {
    if !versions.ours.contains('#') && !versions.theirs.contains('#') {
        return true;
    }
    let merged = comments(merged);
    let all = versions.map(comments);
    all.ours.keys().chain(all.theirs.keys()).all(|comment| {
        let count = Three::new(&all.base, &all.ours, &all.theirs)
            .map(|version| version.get(comment).copied().unwrap_or(0));
        // What both sides changed must be there as often as the side says that has more of it.
        let wanted = *count.decide_or_greater();
        merged.get(comment).copied().unwrap_or(0) >= wanted
    })
}

/// Joins what stands above a key or below the last one: by line; what both sides add is kept, in the order of its
/// content.
pub(super) fn join(versions: Three<&str>, subject: &Subject) -> Vec<Piece> {
    if let Some(decided) = versions.decide() {
        return vec![Piece::Text((*decided).to_owned())];
    }
    let settle = |piece: Piece| match piece {
        Piece::Clash { sides, .. } if sides.base.trim().is_empty() => {
            let (first, second) = ((&sides.ours).min(&sides.theirs), (&sides.ours).max(&sides.theirs));
            Piece::Text(if second.contains(first) { second.clone() } else { format!("{first}{second}") })
        }
        piece => piece,
    };
    plain::join(versions, subject).into_iter().map(settle).collect()
}
