//! What is read: each by a command of the program, which prints JSON, or a page for people.

use ratatui::text::Line;
use serde::Deserialize;

use super::ansi;
use super::answers::{Board, Failed, Listing, Shown, read};
use super::lists::{self, Entry};
use crate::process::Output;

/// Most lines of a log.
const MOST_LINES: &str = "5000";

/// A read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// The first tasks that match a query.
    List {
        query: String,
        limit: usize,
    },
    /// A task.
    Task(String),
    /// Tasks by stage.
    Board {
        query: String,
    },
    /// What waits for the user.
    Inbox,
    Runs,
    Plans,
    Sprints,
    Fleet,
    /// What a command prints for a person.
    Page(Page),
}

/// What `run logs` answers.
#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    truncated: bool,
}

impl Page {
    /// Whether it is what a step has printed: read as data, for a person is shown none of its colours.
    pub(super) fn is_log(&self) -> bool {
        self.words.starts_with(&["run".to_owned(), "logs".to_owned()])
    }
}

impl Log {
    fn lines(&self) -> Vec<Line<'static>> {
        let more = self.truncated.then(|| Line::from("… what is before is in `tracker run logs --path`"));
        let printed = [&self.stdout, &self.stderr].into_iter().flat_map(|text| ansi::lines(text));
        more.into_iter().chain(printed).collect()
    }
}

/// A command, and for how wide a screen it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) words: Vec<String>,
    pub(super) width: u16,
    pub(super) colour: bool,
}

/// Reads of one slot replace each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    List,
    Task,
    Board,
    Table,
    Page,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Listing(Listing),
    Task(Box<Shown>),
    Board(Board),
    Entries(Vec<Entry>),
    Lines(Vec<Line<'static>>),
}

impl Call {
    pub(super) fn slot(&self) -> Slot {
        match self {
            Self::List { .. } => Slot::List,
            Self::Task(_) => Slot::Task,
            Self::Board { .. } => Slot::Board,
            Self::Inbox | Self::Runs | Self::Plans | Self::Sprints | Self::Fleet => Slot::Table,
            Self::Page(_) => Slot::Page,
        }
    }

    /// Returns the command line, without the program.
    pub(super) fn words(&self) -> Vec<String> {
        let json = |words: &[&str]| {
            ["--format", "json"].iter().chain(words).map(|word| (*word).to_owned()).collect::<Vec<_>>()
        };
        match self {
            Self::List { query, limit } => json(&["list", "--limit", &limit.to_string(), "--", query]),
            Self::Task(id) => json(&["show", "--", id]),
            Self::Board { query } => json(&["board", "--", query]),
            Self::Inbox => json(&["inbox"]),
            Self::Runs => json(&["run", "list", "--limit", lists::MOST_RUNS]),
            Self::Plans => json(&["plan", "list"]),
            Self::Sprints => json(&["sprint", "list"]),
            Self::Fleet => json(&["fleet", "status"]),
            Self::Page(page) if page.is_log() => {
                let words: Vec<&str> = page.words.iter().map(String::as_str).collect();
                json(&[words.as_slice(), &["--lines", MOST_LINES]].concat())
            }
            Self::Page(page) => {
                let colour = if page.colour { "always" } else { "never" };
                [format!("--color={colour}")].into_iter().chain(page.words.iter().cloned()).collect()
            }
        }
    }

    /// Returns the width that the command is to print for.
    pub(super) fn columns(&self) -> Option<u16> {
        if let Self::Page(page) = self { Some(page.width) } else { None }
    }

    /// Reads what the command has printed.
    pub(super) fn read(&self, output: &Output) -> Result<Answer, Failed> {
        match self {
            Self::List { .. } => read(output).map(Answer::Listing),
            Self::Task(_) => read(output).map(|shown| Answer::Task(Box::new(shown))),
            Self::Board { .. } => read(output).map(Answer::Board),
            Self::Inbox => read(output).map(|inbox| Answer::Entries(lists::of_inbox(inbox))),
            Self::Runs => read(output).map(|runs| Answer::Entries(lists::of_runs(runs))),
            Self::Plans => read(output).map(|plans| Answer::Entries(lists::of_plans(plans))),
            Self::Sprints => read(output).map(|sprints| Answer::Entries(lists::of_sprints(sprints))),
            Self::Fleet => read(output).map(|fleet| Answer::Entries(lists::of_fleet(fleet))),
            Self::Page(page) if page.is_log() => read(output).map(|log: Log| Answer::Lines(log.lines())),
            Self::Page(_) => {
                let mut text = output.stdout_text();
                text.push_str(&output.stderr_text());
                Ok(Answer::Lines(ansi::lines(&text)))
            }
        }
    }
}
