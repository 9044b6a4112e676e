//! Merging texts as lines and nothing more.

use super::diff3::{Change, regions};
use super::piece::{Piece, Subject};
use super::three::Three;

/// Merges texts line by line.
pub(super) fn join(texts: Three<&str>, subject: &Subject) -> Vec<Piece> {
    let lines = texts.map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut pieces = Vec::new();
    for region in regions(lines.as_ref().map(Vec::as_slice)) {
        let found = Three {
            base: &lines.base[region.lines.base],
            ours: &lines.ours[region.lines.ours],
            theirs: &lines.theirs[region.lines.theirs],
        };
        match region.change {
            Change::Same | Change::Ours => pieces.push(Piece::Text(found.ours.concat())),
            Change::Theirs => pieces.push(Piece::Text(found.theirs.concat())),
            Change::Both => clash(found, subject, &mut pieces),
        }
    }
    pieces
}

/// Adds a conflict, without the lines at its beginning and end that both sides have.
pub(super) fn clash(lines: Three<&[&str]>, subject: &Subject, pieces: &mut Vec<Piece>) {
    let (ours, theirs) = (lines.ours, lines.theirs);
    let begin = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let (rest_ours, rest_theirs) = (&ours[begin..], &theirs[begin..]);
    let end = rest_ours.iter().rev().zip(rest_theirs.iter().rev()).take_while(|(a, b)| a == b).count();
    pieces.push(Piece::Text(ours[..begin].concat()));
    pieces.push(Piece::Clash {
        subject: subject.clone(),
        sides: Three {
            base: lines.base.concat(),
            ours: rest_ours[..rest_ours.len() - end].concat(),
            theirs: rest_theirs[..rest_theirs.len() - end].concat(),
        },
    });
    pieces.push(Piece::Text(rest_ours[rest_ours.len() - end..].concat()));
}
