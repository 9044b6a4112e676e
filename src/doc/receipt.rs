//! A receipt's file: one YAML mapping that is written once and never edited.

use sha2::{Digest, Sha256};

use super::Document;
use super::printable::printable;
use super::source::Kind;
use super::task::{Fields, Writer, moment, moment_text, unknown_but};
use super::vote::{covered_files, covered_pairs};
use super::words::{hex, person, role_name, task_id};
use crate::model::{CoverageFormat, Problem, Receipt, Severity, TaskId, to_hex};

/// The keys of a receipt in canonical order.
const KEYS: [&str; 15] = [
    "task",
    "role",
    "by",
    "agent",
    "at",
    "commit",
    "command",
    "exit",
    "ms",
    "bytes",
    "output",
    "tail",
    "files",
    "digest",
    "signature",
];

const REQUIRED: [(&str, &str); 11] = [
    ("task", "TASK-7Q2M"),
    ("role", "test-automator"),
    ("by", "Ada Lovelace <ada@example.com>"),
    ("at", "2026-11-11T15:30:00Z"),
    ("commit", "3b18e5…"),
    ("command", "cargo test"),
    ("exit", "0"),
    ("ms", "1500"),
    ("bytes", "4096"),
    ("output", "9875e7…"),
    ("digest", "19b612…"),
];

/// Reads a receipt that lies in a task's folder.
///
/// A receipt of another task is readable, with a warning: it was copied, and whoever judges it says so.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key.
pub fn read_receipt(folder: &TaskId, bytes: &[u8]) -> Result<Receipt, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Yaml)?;
    let mut fields = Fields::new(&document, problems);
    fields.require_all("receipt", &REQUIRED);
    let task = fields.parsed("task", task_id);
    if let Some(task) = task.as_ref().filter(|task| *task != folder) {
        let problem =
            Problem::warning(format!("the receipt is of {task} and lies in the folder of {folder}"));
        fields.report("task", problem.with_hint("a copied receipt counts for nothing; remove it"));
    }
    let receipt = values(folder, &mut fields);
    let unknown = unknown_but(&document, |key| KEYS.contains(&key));
    let warnings = fields.into_problems();
    let is_usable = warnings.iter().all(|problem| problem.severity != Severity::Error);
    match (task, receipt) {
        (Some(task), Some(receipt)) if is_usable => Ok(Receipt { task, unknown, warnings, ..receipt }),
        _ => Err(warnings),
    }
}

/// Reads everything but the task, which is taken for that of the folder; none where something required is missing or cannot be read.
fn values(folder: &TaskId, fields: &mut Fields<'_>) -> Option<Receipt> {
    let (role, by) = (fields.parsed("role", role_name), fields.parsed("by", person));
    let agent = fields.text("agent").map(str::to_owned);
    let at = fields.parsed("at", moment);
    let commit = fields.parsed("commit", |text| hex(text, &[40, 64]));
    let command = fields.text("command").map(str::to_owned);
    let exit = fields.parsed("exit", number);
    let (millis, bytes) = (fields.parsed("ms", number), fields.parsed("bytes", number));
    let output = fields.parsed("output", |text| hex(text, &[64]));
    let tail = fields.text("tail").map(str::to_owned);
    let (format, files) = covered_files(fields);
    if format == CoverageFormat::One {
        let message = "the files are listed as votes of format 1 list them";
        fields.report("files", Problem::error(message));
    }
    let digest = fields.parsed("digest", |text| hex(text, &[64]));
    let signature = fields.text("signature").map(str::to_owned);
    let (role, by, at, commit, command) = (role?, by?, at?, commit?, command?);
    let (exit, millis, bytes, output, digest) = (exit?, millis?, bytes?, output?, digest?);
    Some(Receipt {
        task: folder.clone(),
        role,
        by,
        agent,
        at,
        commit,
        command,
        exit,
        millis,
        bytes,
        output,
        tail,
        files,
        digest,
        signature,
        unknown: Vec::new(),
        warnings: Vec::new(),
    })
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, Problem> {
    text.parse().map_err(|_| Problem::error(format!("`{}` is no number", printable(text))))
}

/// Writes a new receipt: the same bytes for the same receipt.
#[must_use]
pub fn create_receipt(receipt: &Receipt) -> String {
    write(receipt, Some(&receipt.digest), receipt.signature.as_deref())
}

/// Returns what a signature signs: the receipt without it.
#[must_use]
pub fn signed_receipt(receipt: &Receipt) -> String {
    write(receipt, Some(&receipt.digest), None)
}

/// Returns the digest over all that a receipt says, but itself and the signature.
#[must_use]
pub fn receipt_digest(receipt: &Receipt) -> String {
    to_hex(&Sha256::digest(write(receipt, None, None)))
}

/// Returns the name of a new receipt's file: when, which role, and a few digits of its content.
#[must_use]
pub fn receipt_file_name(receipt: &Receipt) -> String {
    let unique = to_hex(&Sha256::digest(create_receipt(receipt))[..4]);
    format!("{}-{}-{unique}.yaml", receipt.at.format("%Y%m%dT%H%M%SZ"), receipt.role)
}

fn write(receipt: &Receipt, digest: Option<&str>, signature: Option<&str>) -> String {
    let mut out = Writer::default();
    out.plain("task", receipt.task.as_str());
    out.text("role", Some(&receipt.role));
    out.text("by", Some(&receipt.by.to_string()));
    out.text("agent", receipt.agent.as_deref());
    out.plain("at", &moment_text(receipt.at));
    out.text("commit", Some(&receipt.commit));
    out.long("command", Some(&receipt.command));
    out.plain("exit", &receipt.exit.to_string());
    out.plain("ms", &receipt.millis.to_string());
    out.plain("bytes", &receipt.bytes.to_string());
    out.text("output", Some(&receipt.output));
    out.long("tail", receipt.tail.as_deref());
    let mut files: Vec<_> = receipt.files.iter().collect();
    files.sort();
    out.mappings("files", files.into_iter().map(covered_pairs));
    for (key, value) in receipt.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    out.text("digest", digest);
    out.text("signature", signature);
    out.finish_yaml()
}

#[cfg(test)]
mod tests {
    use super::{create_receipt, read_receipt, receipt_digest, receipt_file_name, signed_receipt};
    use crate::model::{CoveredChange, Person, Receipt, TaskId, TreeEntry};

    fn receipt() -> Receipt {
        let file = |mode, digit: &str| TreeEntry::File { mode, blob: digit.repeat(40) };
        let mut receipt = Receipt {
            task: TaskId::parse("TASK-7Q2M").unwrap(),
            role: "test-automator".to_owned(),
            by: Person { name: "Ada: \"A\"".to_owned(), email: "ada@example.com".to_owned() },
            agent: Some("builder-1".to_owned()),
            at: "2026-11-11T15:30:00Z".parse().unwrap(),
            commit: "c".repeat(40),
            command: "cargo test # all: of \u{1b}[31mit\n- x".to_owned(),
            exit: -1,
            millis: u64::MAX,
            bytes: 0,
            output: "e".repeat(64),
            tail: Some("  a: b\n\t--- \u{7f}\n# c\n\n".to_owned()),
            files: vec![CoveredChange {
                path: "src/a: b.rs".to_owned(),
                from: vec![TreeEntry::Absent, file(0o100_644, "a")],
                to: file(0o100_755, "b"),
            }],
            digest: String::new(),
            signature: None,
            unknown: vec![("more".to_owned(), "1".to_owned())],
            warnings: Vec::new(),
        };
        receipt.digest = receipt_digest(&receipt);
        receipt
    }

    #[test]
    fn a_receipt_comes_back_as_it_was() {
        let receipt = Receipt { signature: Some("U1NIU0lH".to_owned()), ..receipt() };
        let text = create_receipt(&receipt);
        assert_eq!(read_receipt(&receipt.task, text.as_bytes()), Ok(receipt.clone()), "{text}");
        assert_eq!(receipt_digest(&receipt), receipt.digest);
        assert!(!signed_receipt(&receipt).contains("signature"));
        assert!(receipt_file_name(&receipt).starts_with("20261111T153000Z-test-automator-"));
    }

    #[test]
    fn every_value_is_in_the_digest() {
        let receipt = receipt();
        let text = create_receipt(&receipt);
        for (from, to) in [
            ("exit: -1", "exit: 0"),
            ("ms: 18446744073709551615", "ms: 1"),
            ("bytes: 0", "bytes: 1"),
            ("100755", "100644"),
            ("cargo test", "cargo  test"),
            ("builder-1", "builder-2"),
            ("15:30", "15:31"),
            ("more: 1", "more: 2"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let read = read_receipt(&receipt.task, changed.as_bytes()).unwrap();
            assert_ne!(receipt_digest(&read), read.digest, "{from}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_receipt() {
        let receipt = receipt();
        let text = create_receipt(&receipt);
        for (from, to) in [
            ("exit: -1", "exit: 0x0"),
            ("exit: -1", "exit: 99999999999"),
            ("ms: 1", "ms: -1"),
            ("role: test-automator", "role: ../../x"),
            ("task: TASK-7Q2M", "task: \"../x\""),
            ("commit: ", "commit: x"),
            ("exit: -1\n", ""),
            ("    to:", "    too:"),
        ] {
            let changed = text.replacen(from, to, 1);
            if changed != text {
                assert!(read_receipt(&receipt.task, changed.as_bytes()).is_err(), "{from} {to}");
            }
        }
        let other = TaskId::parse("TASK-0THR").unwrap();
        assert_eq!(read_receipt(&other, text.as_bytes()).unwrap().warnings.len(), 1);
    }
}
