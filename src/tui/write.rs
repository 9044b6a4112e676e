//! What is written: each by a command of the program, as a shell would call it.

use serde::Deserialize;

use super::answers::{Failed, read};
use crate::process::Output;

/// A write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write {
    Vote {
        id: String,
        verdict: Verdict,
        role: Option<String>,
        notes: String,
        seen: Option<String>,
    },
    Check {
        id: String,
        number: usize,
        done: bool,
    },
    Start(String),
    Advance(String),
    Fail {
        id: String,
        why: String,
    },
    Note {
        id: String,
        text: String,
    },
    New {
        title: String,
    },
    /// What `Undo` would take back.
    PreviewUndo,
    Undo,
    /// Anything else, as it was typed.
    Command(Vec<String>),
}

/// The verdict of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Reject,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// What has come of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) summary: String,
    /// Whether it did what it was to do: a vote that does not count did not.
    pub(super) is_no: bool,
}

impl Write {
    /// Returns the command line, without the program. Texts are never words of their own: they may begin with a hyphen.
    pub(super) fn words(&self) -> Vec<String> {
        let option = |name: &str, text: &str| format!("--{name}={text}");
        let mut words: Vec<String> = vec!["--format=json".to_owned()];
        let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        match self {
            Self::Vote { id, verdict, role, notes, seen } => {
                add(&[verdict.word()]);
                if let Some(role) = role {
                    add(&[&option("as", role)]);
                }
                if !notes.is_empty() {
                    add(&[&option("notes", notes)]);
                }
                if let Some(seen) = seen {
                    add(&[&option("seen", seen)]);
                }
                add(&[id]);
            }
            Self::Check { id, number, done } => {
                add(&[if *done { "tick" } else { "untick" }, id, &number.to_string()]);
            }
            Self::Start(id) => add(&["start", id]),
            Self::Advance(id) => add(&["advance", id]),
            Self::Fail { id, why } => add(&["fail", id, &option("why", why)]),
            Self::Note { id, text } => add(&["note", id, &option("message", text)]),
            Self::New { title } => add(&["new", "--", title]),
            Self::PreviewUndo => add(&["undo", "--dry-run"]),
            Self::Undo => add(&["undo"]),
            Self::Command(_) => {}
        }
        if let Self::Command(command) = self {
            words = [&["--color=always".to_owned()], command.as_slice()].concat();
        }
        words
    }

    /// Returns what is shown while it is under way.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Vote { id, verdict, .. } => format!("{} {id}", verdict.word()),
            Self::Check { id, number, done } => {
                format!("{} {id} {number}", if *done { "tick" } else { "untick" })
            }
            Self::Start(id) => format!("start {id}"),
            Self::Advance(id) => format!("advance {id}"),
            Self::Fail { id, .. } => format!("fail {id}"),
            Self::Note { id, .. } => format!("note {id}"),
            Self::New { .. } => "new".to_owned(),
            Self::PreviewUndo | Self::Undo => "undo".to_owned(),
            Self::Command(words) => words.join(" "),
        }
    }

    /// Reads what the command has printed.
    pub(super) fn read(&self, output: &Output) -> Result<Done, Failed> {
        match self {
            Self::PreviewUndo | Self::Undo => {
                let taken: TakenBack = read(output)?;
                Ok(Done { summary: taken.summary, is_no: false })
            }
            Self::Command(_) => {
                let summary = output.stdout_text() + &output.stderr_text();
                Ok(Done { summary, is_no: !output.is_success() })
            }
            _ => {
                let written: Written = read(output)?;
                let is_no = written.tasks.iter().any(|task| task.counts == Some(false));
                let lines: Vec<String> = written.tasks.iter().map(WrittenTask::in_words).collect();
                Ok(Done { summary: lines.join("; "), is_no })
            }
        }
    }
}

#[derive(Debug, Deserialize)]
struct TakenBack {
    summary: String,
}

#[derive(Debug, Deserialize)]
struct Written {
    #[serde(default)]
    tasks: Vec<WrittenTask>,
}

#[derive(Debug, Deserialize)]
struct WrittenTask {
    id: String,
    title: String,
    #[serde(default)]
    summary: Vec<String>,
    #[serde(default)]
    counts: Option<bool>,
}

impl WrittenTask {
    fn in_words(&self) -> String {
        let what = if self.summary.is_empty() { self.title.clone() } else { self.summary.join(", ") };
        format!("{}  {what}", self.id)
    }
}

/// Splits what was typed into words, as a shell does with quotes and backslashes.
pub(super) fn words_of(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.take());
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_an_option() {
        let note = Write::Note { id: "T-1".to_owned(), text: "--dry-run".to_owned() };
        assert_eq!(note.words(), ["--format=json", "note", "T-1", "--message=--dry-run"]);
        let new = Write::New { title: "-x".to_owned() };
        assert_eq!(new.words(), ["--format=json", "new", "--", "-x"]);
    }

    #[test]
    fn a_vote_says_what_was_seen() {
        let vote = Write::Vote {
            id: "T-1".to_owned(),
            verdict: Verdict::Reject,
            role: Some("qa".to_owned()),
            notes: "no".to_owned(),
            seen: Some("ab-cd".to_owned()),
        };
        let expected = ["--format=json", "reject", "--as=qa", "--notes=no", "--seen=ab-cd", "T-1"];
        assert_eq!(vote.words(), expected);
    }

    #[test]
    fn what_is_typed_is_split_as_a_shell_does() {
        let split = |line: &str| words_of(line).map(|words| words.join("|"));
        assert_eq!(split("set 7q  title='two words' \"\""), Some("set|7q|title=two words|".to_owned()));
        assert_eq!(split(r#"note 7q "say \"x\"" a\ b"#), Some(r#"note|7q|say "x"|a b"#.to_owned()));
        assert_eq!((split("a 'b"), split("a\\"), split("  ")), (None, None, Some(String::new())));
    }
}
