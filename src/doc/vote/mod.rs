//! A vote's file: one YAML mapping that is written once and never edited.
//!
//! Reading keeps what it does not know; [`create_vote`] writes the same bytes for the same vote, so that a
//! signature can be checked against the vote as it was read ([`signed_text`]). The lists of files of format 1 are read
//! and written as they are.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::Document;
use super::printable::printable;
use super::source::Kind;
use super::task::{
    Entry, EntryKind, Fields, Writer, entries, expected, moment, moment_text, stage, unknown_but,
};
use super::words::{finding_id, hex, person, role_name, task_id};
use super::yaml::Node;
use super::yaml::scalar::{self, ScalarContext};
use crate::model::{
    Coverage, CoverageFormat, CoveredChange, FindingId, Problem, Severity, TaskId, TreeEntry, Verdict, Vote,
    to_hex,
};

/// The keys of a vote in canonical order.
const KEYS: [&str; 16] = [
    "task",
    "role",
    "verdict",
    "by",
    "agent",
    "at",
    "stage",
    "round",
    "commit",
    "digest",
    "criteria",
    "files",
    "replaces",
    "notes",
    "findings",
    "signature",
];

const FILES: EntryKind = EntryKind {
    list: "files",
    one: "file",
    plural: "files",
    example: "{path: src/a.rs, from: [100644 9c1a2b…], to: 100644 3b18e5…}",
};

const REQUIRED: [(&str, &str); 10] = [
    ("task", "TASK-7Q2M"),
    ("role", "code-reviewer"),
    ("verdict", "approved"),
    ("by", "Ada Lovelace <ada@example.com>"),
    ("at", "2026-11-11T15:30:00Z"),
    ("stage", "qa"),
    ("round", "1"),
    ("commit", "3b18e5…"),
    ("digest", "9875e7…"),
    ("criteria", "19b612…"),
];

/// The blob of a file that is gone, in format 1.
const ABSENT: &str = "0000000000000000000000000000000000000000";

/// How many broken files are named: a place in a long list costs time to find.
const NAMED: usize = 5;

/// Reads a vote that lies in a task's folder.
///
/// A vote that names another task is readable, with a warning: it was copied, and whoever judges it says so.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key.
pub fn read_vote(folder: &TaskId, bytes: &[u8]) -> Result<Vote, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Yaml)?;
    let mut fields = Fields::new(&document, problems);
    fields.require_all("vote", &REQUIRED);
    let task = fields.parsed("task", task_id);
    if let Some(task) = task.as_ref().filter(|task| *task != folder) {
        let problem = Problem::warning(format!("the vote is on {task} and lies in the folder of {folder}"));
        fields.report("task", problem.with_hint("a copied vote counts for nothing; remove it"));
    }
    let role = fields.parsed("role", role_name);
    let verdict = verdict(&mut fields);
    let by = fields.parsed("by", person);
    let agent = fields.text("agent").map(str::to_owned);
    let at = fields.parsed("at", moment);
    let stage = fields.parsed("stage", stage);
    let round = fields.parsed("round", round);
    let commit = fields.parsed("commit", |text| hex(text, &[40, 64]));
    let digest = fields.parsed("digest", |text| hex(text, &[64]));
    let criteria = fields.parsed("criteria", |text| hex(text, &[64]));
    let (format, files) = covered_files(&mut fields);
    let replaces = fields.list("replaces").into_iter().map(|(_, text)| text.to_owned()).collect();
    let notes = fields.text("notes").map(str::to_owned);
    let findings = findings(&mut fields);
    let signature = fields.text("signature").map(str::to_owned);
    let unknown = unknown_but(&document, |key| KEYS.contains(&key));
    let warnings = fields.into_problems();
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(warnings);
    }
    let vote = || {
        let covers = Coverage { format, digest: digest?, criteria: criteria?, files };
        let (task, role, verdict, by) = (task?, role?, verdict?, by?);
        let (at, stage, round, commit) = (at?, stage?, round?, commit?);
        Some((task, role, verdict, by, at, stage, round, commit, covers))
    };
    let Some((task, role, verdict, by, at, stage, round, commit, covers)) = vote() else {
        return Err(warnings);
    };
    Ok(Vote {
        task,
        role,
        verdict,
        by,
        agent,
        at,
        stage,
        round,
        commit,
        covers,
        replaces,
        notes,
        findings,
        signature,
        unknown,
        warnings,
    })
}

fn verdict(fields: &mut Fields<'_>) -> Option<Verdict> {
    let verdict = fields.text("verdict").map(Verdict::parse);
    if let Some(Verdict::Unknown(text)) = &verdict {
        let problem = Problem::warning(format!("`{}` is not a known verdict", printable(text)));
        fields.report("verdict", problem.with_hint(format!("known are {}", Verdict::KNOWN.join(", "))));
    }
    verdict
}

fn round(text: &str) -> Result<u32, Problem> {
    let round = text.parse().ok().filter(|&round| round > 0);
    round.ok_or_else(|| Problem::error(format!("`{}` is no round: a number from 1", printable(text))))
}

/// Reads the list of what a vote or a receipt covers.
pub(in crate::doc) fn covered_files(fields: &mut Fields<'_>) -> (CoverageFormat, Vec<CoveredChange>) {
    let entries = entries(fields, FILES);
    let is_old = |entry: &Entry<'_>| entry.value("to").is_none() && entry.value("blob").is_some();
    // One list has one form; an entry of the other is refused by what it lacks.
    let is_old = entries.first().is_some_and(is_old);
    let read: fn(&Entry<'_>, &mut Fields<'_>) -> _ = if is_old { file_of_format_1 } else { file };
    let mut files = Vec::with_capacity(entries.len());
    let (mut seen, mut broken) = (HashSet::with_capacity(entries.len()), 0);
    for entry in &entries {
        let file: Option<CoveredChange> = read(entry, fields);
        if let Some(file) = file.as_ref().filter(|file| !seen.insert(file.path.clone())) {
            let message = format!("`{}` is there twice", printable(&file.path));
            entry.report(fields, "path", Problem::error(message));
            broken += 1;
        }
        broken += usize::from(file.is_none());
        files.extend(file);
        if broken >= NAMED {
            break;
        }
    }
    files.sort();
    (if is_old { CoverageFormat::One } else { CoverageFormat::Two }, files)
}

fn file(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<CoveredChange> {
    let path = path(entry, fields);
    let from = entry.read(fields, "from", |node| {
        let nodes = match node {
            Node::List(nodes) => nodes.as_slice(),
            node => std::slice::from_ref(node),
        };
        nodes
            .iter()
            .map(|node| node.as_text().ok_or_else(|| expected("text", node)).and_then(tree_entry))
            .collect()
    });
    let to = entry.required(fields, "to", tree_entry);
    let mut from: Vec<TreeEntry> = from?;
    from.sort();
    Some(CoveredChange { path: path?, from, to: to? })
}

fn file_of_format_1(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<CoveredChange> {
    let path = path(entry, fields);
    let mode = entry.required(fields, "mode", |text| {
        let octal = text.len() <= 6 && text.bytes().all(|c| c.is_ascii_digit());
        let mode = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten();
        mode.ok_or_else(|| Problem::error(format!("`{}` is no mode, such as `100644`", printable(text))))
    });
    let blob = entry.required(fields, "blob", |text| hex(text, &[40, 64]));
    let to = match (mode?, blob?) {
        (0, blob) if blob == ABSENT => TreeEntry::Absent,
        (mode, blob) => TreeEntry::File { mode, blob },
    };
    Some(CoveredChange::to(path?, to))
}

fn path(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<String> {
    entry.required(fields, "path", |text| match text {
        "" => Err(Problem::error("the path is empty")),
        text => Ok(text.to_owned()),
    })
}

fn tree_entry(text: &str) -> Result<TreeEntry, Problem> {
    TreeEntry::parse(text).ok_or_else(|| {
        let problem = Problem::error(format!("invalid tree entry `{}`", printable(text)));
        problem.with_hint("expected `absent`, or a mode and an object id such as `100644 3b18e5…`")
    })
}

fn findings(fields: &mut Fields<'_>) -> Vec<FindingId> {
    let mut ids = Vec::new();
    for (index, text) in fields.list("findings") {
        match finding_id(text) {
            Ok(id) => ids.push(id),
            Err(problem) => fields.report_item("findings", index, problem),
        }
    }
    ids
}

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
    let unique = to_hex(&digest[..4]);
    format!("{}-{}-{unique}.yaml", vote.at.format("%Y%m%dT%H%M%SZ"), vote.role)
}

fn write(vote: &Vote, signature: Option<&str>) -> String {
    let mut out = Writer::default();
    out.plain("task", vote.task.as_str());
    out.text("role", Some(&vote.role));
    out.text("verdict", Some(Verdict::as_str(&vote.verdict)));
    out.text("by", Some(&vote.by.to_string()));
    out.text("agent", vote.agent.as_deref());
    out.plain("at", &moment_text(vote.at));
    out.text("stage", Some(vote.stage.as_str()));
    out.plain("round", &vote.round.to_string());
    out.text("commit", Some(&vote.commit));
    out.text("digest", Some(&vote.covers.digest));
    out.text("criteria", Some(&vote.covers.criteria));
    let mut files: Vec<&CoveredChange> = vote.covers.files.iter().collect();
    files.sort();
    let write = match vote.covers.format {
        CoverageFormat::One => write_file_of_format_1,
        CoverageFormat::Two => covered_pairs,
    };
    out.mappings("files", files.into_iter().map(write));
    out.list("replaces", vote.replaces.iter().map(String::as_str));
    out.long("notes", vote.notes.as_deref());
    out.list("findings", vote.findings.iter().map(|id| id.as_str()));
    for (key, value) in vote.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    out.long("signature", signature);
    out.finish_yaml()
}

/// Writes one file of such a list.
pub(in crate::doc) fn covered_pairs(file: &CoveredChange) -> Vec<(&'static str, String)> {
    let entry = |entry: &TreeEntry| match entry {
        TreeEntry::Absent => entry.to_string(),
        // In quotes whether they are needed or not: one list, one look.
        entry => scalar::quoted(&entry.to_string()),
    };
    let from: Vec<String> = file.from.iter().map(entry).collect();
    vec![
        ("path", scalar::text(&file.path, ScalarContext::Flow)),
        ("from", format!("[{}]", from.join(", "))),
        ("to", entry(&file.to)),
    ]
}

fn write_file_of_format_1(file: &CoveredChange) -> Vec<(&'static str, String)> {
    let (mode, blob) = match &file.to {
        TreeEntry::Absent => (0, ABSENT),
        TreeEntry::File { mode, blob } => (*mode, blob.as_str()),
    };
    vec![
        ("path", scalar::text(&file.path, ScalarContext::Flow)),
        ("mode", format!("{mode:06o}")),
        ("blob", scalar::text(blob, ScalarContext::Flow)),
    ]
}

#[cfg(test)]
mod tests;
