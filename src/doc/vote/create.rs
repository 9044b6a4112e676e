//! A [`Vote`] to a new file.

use chrono::SecondsFormat;
use sha2::{Digest, Sha256};

use super::KEYS;
use crate::doc::task::Writer;
use crate::doc::yaml::scalar::{self, Place};
use crate::model::{CoveredFile, Verdict, Vote};

/// Writes a new vote: the same bytes for the same vote.
#[must_use]
pub fn create_vote(vote: &Vote) -> String {
    write(vote, vote.signature.as_deref())
}

/// Returns what a signature signs: the vote without it. Comments and spacing of the file are not part of it, its
/// whole meaning is.
#[must_use]
pub fn signed_text(vote: &Vote) -> String {
    write(vote, None)
}

/// Returns the name of a new vote's file: when, which role, and a few digits of its content, so that votes of one
/// second, cast in two clones, are two files.
#[must_use]
pub fn vote_file_name(vote: &Vote) -> String {
    let digest = Sha256::digest(create_vote(vote));
    let unique: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{unique}.yaml", vote.at.format("%Y%m%dT%H%M%SZ"), vote.role)
}

fn write(vote: &Vote, signature: Option<&str>) -> String {
    let mut out = Writer::default();
    out.plain("task", vote.task.as_str());
    out.text("role", Some(&vote.role));
    out.text("verdict", Some(Verdict::as_str(&vote.verdict)));
    out.text("by", Some(&vote.by.to_string()));
    out.plain("at", &vote.at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    out.text("stage", Some(vote.stage.as_str()));
    out.plain("round", &vote.round.to_string());
    out.text("commit", Some(&vote.commit));
    out.text("digest", Some(&vote.covers.digest));
    out.text("criteria", Some(&vote.covers.criteria));
    let mut files: Vec<&CoveredFile> = vote.covers.files.iter().collect();
    files.sort();
    out.mappings("files", files.into_iter().map(file));
    out.long("notes", vote.notes.as_deref());
    out.list("findings", vote.findings.iter().map(|id| id.as_str()));
    for (key, value) in vote.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    out.long("signature", signature);
    out.finish_yaml()
}

fn file(file: &CoveredFile) -> Vec<(&'static str, String)> {
    vec![
        ("path", scalar::text(&file.path, Place::Flow)),
        ("mode", format!("{:06o}", file.mode)),
        ("blob", scalar::text(&file.blob, Place::Flow)),
    ]
}
