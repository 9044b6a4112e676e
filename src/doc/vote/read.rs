//! A vote's file to a [`Vote`].

use std::collections::HashSet;

use super::KEYS;
use crate::doc::Document;
use crate::doc::printable::printable;
use crate::doc::source::Kind;
use crate::doc::task::{Entry, EntryKind, Fields, entries, moment, stage, unknown_but};
use crate::doc::words::{finding_id, hex, person, role_name, task_id};
use crate::model::{Coverage, CoveredFile, FindingId, Problem, Severity, TaskId, Verdict, Vote};

const FILES: EntryKind = EntryKind {
    list: "files",
    one: "file",
    plural: "files",
    example: "{path: src/a.rs, mode: 100644, blob: 3b18e5…}",
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
    let at = fields.parsed("at", moment);
    let stage = fields.parsed("stage", stage);
    let round = fields.parsed("round", round);
    let commit = fields.parsed("commit", |text| hex(text, &[40, 64]));
    let digest = fields.parsed("digest", |text| hex(text, &[64]));
    let criteria = fields.parsed("criteria", |text| hex(text, &[64]));
    let files = files(&mut fields);
    let notes = fields.text("notes").map(str::to_owned);
    let findings = findings(&mut fields);
    let signature = fields.text("signature").map(str::to_owned);
    let unknown = unknown_but(&document, &KEYS);
    let warnings = fields.into_problems();
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(warnings);
    }
    let vote = || {
        let covers = Coverage { digest: digest?, criteria: criteria?, files };
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
        at,
        stage,
        round,
        commit,
        covers,
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

fn files(fields: &mut Fields<'_>) -> Vec<CoveredFile> {
    let entries = entries(fields, FILES);
    let mut files = Vec::with_capacity(entries.len());
    let (mut seen, mut broken) = (HashSet::with_capacity(entries.len()), 0);
    for entry in &entries {
        let file = file(entry, fields);
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
    files
}

fn file(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<CoveredFile> {
    let path = entry.required(fields, "path", |text| match text {
        "" => Err(Problem::error("the path is empty")),
        text => Ok(text.to_owned()),
    });
    let mode = entry.required(fields, "mode", |text| {
        let octal = text.len() <= 6 && text.bytes().all(|c| c.is_ascii_digit());
        let mode = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten();
        mode.ok_or_else(|| Problem::error(format!("`{}` is no mode, such as `100644`", printable(text))))
    });
    let blob = entry.required(fields, "blob", |text| hex(text, &[40, 64]));
    Some(CoveredFile { path: path?, mode: mode?, blob: blob? })
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
