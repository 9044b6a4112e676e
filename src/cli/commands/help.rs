//! `tracker help`: topics that are more than one command, and the help of commands.

use clap::Args;
use roff::{Roff, roman};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::command;
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Cell, Output};
use crate::import::tasks::FORMATS;
use crate::metrics::{FigureName, ScoreName};
use crate::model::{EventKind, RecordKind, nearest};

/// Topics by name; the first line of each is its title.
const TOPICS: [(&str, &str); 25] = [
    ("agents", include_str!("../../../templates/help/agents.txt")),
    ("claims", include_str!("../../../templates/help/claims.txt")),
    ("commits", include_str!("../../../templates/help/commits.txt")),
    ("config", include_str!("../../../templates/help/config.txt")),
    ("director", include_str!("../../../templates/help/director.txt")),
    ("events", include_str!("../../../templates/help/events.txt")),
    ("evidence", include_str!("../../../templates/help/evidence.txt")),
    ("executors", include_str!("../../../templates/help/executors.txt")),
    ("figures", include_str!("../../../templates/help/figures.txt")),
    ("files", include_str!("../../../templates/help/files.txt")),
    ("imports", include_str!("../../../templates/help/imports.txt")),
    ("json", include_str!("../../../templates/help/json.txt")),
    ("mcp", include_str!("../../../templates/help/mcp.txt")),
    ("metrics", include_str!("../../../templates/help/metrics.txt")),
    ("pipelines", include_str!("../../../templates/help/pipelines.txt")),
    ("plans", include_str!("../../../templates/help/plans.txt")),
    ("queries", include_str!("../../../templates/help/queries.txt")),
    ("review", include_str!("../../../templates/help/review.txt")),
    ("runs", include_str!("../../../templates/help/runs.txt")),
    ("serve", include_str!("../../../templates/help/serve.txt")),
    ("sync", include_str!("../../../templates/help/sync.txt")),
    ("trust", include_str!("../../../templates/help/trust.txt")),
    ("tui", include_str!("../../../templates/help/tui.txt")),
    ("workers", include_str!("../../../templates/help/workers.txt")),
    ("workflows", include_str!("../../../templates/help/workflows.txt")),
];

/// Where a topic lists the files of the tracker.
const RECORDS: &str = "{records}";

/// Returns the files of the tracker, a line each: those of the table of records.
fn records() -> String {
    let width = RecordKind::described().map(|(pattern, _)| pattern.len()).max().unwrap_or_default();
    let lines = RecordKind::described().map(|(pattern, about)| format!("    {pattern:width$}  {about}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Where a topic lists the formats of imports.
const IMPORT_FORMATS: &str = "{formats}";

/// Returns the formats of imports, a line each.
fn import_formats() -> String {
    let width = FORMATS.iter().map(|row| row.name.len()).max().unwrap_or_default();
    let lines = FORMATS.iter().map(|row| format!("  {:width$}  {}", row.name, row.about));
    lines.collect::<Vec<_>>().join("\n")
}

/// Where a topic lists the kinds of events.
const EVENTS: &str = "{events}";

/// Returns the kinds of events, a line each.
fn event_kinds() -> String {
    let width = EventKind::ALL.iter().map(|kind| kind.as_str().len()).max().unwrap_or_default();
    let lines = EventKind::ALL.iter().map(|kind| format!("  {:width$}  {}", kind.as_str(), kind.about()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Where a topic lists the keys of the view in the terminal.
const KEYS: &str = "{keys}";

/// Returns these keys, a line each.
fn keys() -> String {
    #[cfg(feature = "tui")]
    let keys = crate::tui::help();
    #[cfg(not(feature = "tui"))]
    let keys = "This program was built without it.".to_owned();
    keys
}

/// Where a topic lists the figures of sprints.
const FIGURES: &str = "{figures}";

/// Returns what each figure and each score of a sprint is, and how it is computed.
fn figures() -> String {
    let figure = |name: &FigureName| {
        let head = format!("{} ({}; {name})", name.label(), name.unit());
        (head, format!("{}; from {}", name.formula(), name.inputs()))
    };
    let figures = FigureName::ALL.iter().map(figure);
    let scores = ScoreName::ALL.into_iter().map(|name| (name.label().to_owned(), name.formula().to_owned()));
    let block = |(head, text): (String, String)| format!("  {head}\n{}", indented(&text));
    let lists = [figures.map(block).collect::<Vec<_>>(), scores.map(block).collect()];
    lists.map(|list| list.join("\n")).join(
        "\n\nScores, where `scores` under [sprints] is on. The total is weighed, never more than the quality, and\n\
         a score of which nothing is known does not count:\n\n",
    )
}

/// Breaks a text into lines of a help page, indented.
fn indented(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.chars().count() + word.chars().count() > 92 {
            lines.push(word.to_owned());
        } else {
            let gap = if last.is_empty() { "" } else { " " };
            *last = format!("{last}{gap}{word}");
        }
    }
    lines.iter().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

/// Show the help of a command or a topic
///
/// Topics: agents, claims, commits, config, director, events, evidence, executors, figures, files, imports, json, mcp, metrics, pipelines,
/// plans, queries, review, runs, serve, sync, trust, tui, workers, workflows. Without one it shows the help of tracker and the list of
/// topics.
///
/// Example: tracker help queries
#[derive(Debug, Args)]
pub(in crate::cli) struct Help {
    /// Command or topic
    #[arg(value_name = "COMMAND|TOPIC", add = completion::words(names))]
    words: Vec<String>,
}

/// A help page.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// Plain text.
    text: String,
    #[serde(skip)]
    is_topic: bool,
}

impl Command for Help {
    type Response = Response;

    fn run(self, _context: &Context) -> Reply<Response> {
        let topic = match self.words.as_slice() {
            [word] => TOPICS.iter().find(|(name, _)| name == word),
            _ => None,
        };
        let text = match topic {
            Some((_, text)) => topic_text(text),
            None => help_of(&self.words)?,
        };
        Ok(Answer::of(Response { text, is_topic: topic.is_some() }))
    }
}

/// Returns a topic with the tables that the program makes.
fn topic_text(text: &str) -> String {
    let text = text.replace(RECORDS, &records()).replace(FIGURES, &figures());
    let text = text.replace(IMPORT_FORMATS, &import_formats()).replace(EVENTS, &event_kinds());
    text.replace(KEYS, &keys())
}

/// Yields a man page for each topic, with its name.
pub(super) fn topic_pages() -> impl Iterator<Item = (String, String)> {
    TOPICS.into_iter().map(|(name, text)| {
        let text = topic_text(text);
        let (title, body) = text.split_once('\n').unwrap_or((&text, ""));
        let page = format!("tracker-help-{name}");
        let mut roff = Roff::new();
        roff.control("TH", [page.as_str(), "1", "", concat!("tracker ", env!("CARGO_PKG_VERSION"))]);
        roff.control("SH", ["NAME"]).text([roman(format!("{page} - {title}"))]);
        roff.control("SH", ["DESCRIPTION"]).control("nf", []);
        for line in body.trim_start_matches('\n').lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        (format!("{page}.1"), roff.render())
    })
}

/// Returns the help of the command that the words name; of the program, with all topics, where there are none.
fn help_of(words: &[String]) -> Result<String, Failure> {
    let mut root = command();
    root.build();
    let mut found = &mut root;
    for word in words {
        if found.find_subcommand(word).is_none() {
            return Err(unknown(word, found));
        }
        found = found.find_subcommand_mut(word).expect("it was just found");
    }
    let mut text = found.render_long_help().to_string();
    if words.is_empty() {
        text.push_str("\nTopics, shown by `tracker help TOPIC`:\n");
        for (name, topic) in TOPICS {
            let title = topic.lines().next().unwrap_or_default();
            text.push_str(&format!("  {name:<12} {title}\n"));
        }
    }
    Ok(text)
}

fn names() -> Vec<String> {
    let root = command();
    let commands =
        root.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
    TOPICS.iter().map(|(name, _)| *name).chain(commands).map(str::to_owned).collect()
}

fn unknown(word: &str, within: &clap::Command) -> Failure {
    let names = within.get_subcommands().map(clap::Command::get_name);
    let hint = match nearest(word, names.chain(TOPICS.map(|(name, _)| name))) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "run `tracker help` to list commands and topics".to_owned(),
    };
    Failure::usage_message(format!("unknown command or topic `{word}`"), hint)
}

/// Columns for which topics are written.
const TOPIC_WIDTH: usize = 100;
/// Columns that a text needs to be readable.
const NARROWEST: usize = 20;

/// A line of a topic: what it is about, which may be nothing, and the column at which its text begins.
struct TopicLine {
    head: String,
    column: usize,
    text: String,
}

impl TopicLine {
    fn of(line: &str) -> Self {
        let indent = line.len() - line.trim_start().len();
        let gap = line[indent..].find("  ").map(|gap| indent + gap);
        let column = gap.map_or(indent, |gap| line.len() - line[gap..].trim_start().len());
        let (head, text) = line.split_at(column);
        Self { head: head.to_owned(), column, text: text.to_owned() }
    }

    /// Whether a line goes on with the text of this one: prose is written at the margin, and beside what it is about.
    fn is_continued_by(&self, next: &Self) -> bool {
        let is_prose = self.column == 0 || !self.head.trim().is_empty();
        !self.text.is_empty()
            && !next.text.is_empty()
            && is_prose
            && next.column == self.column
            && next.head.trim().is_empty()
    }
}

/// Shows a text on a terminal that is too narrow for it, its lines broken anew between words.
fn show_folded(text: &str, out: &mut Output) {
    let mut lines: Vec<TopicLine> = Vec::new();
    for line in text.lines().map(TopicLine::of) {
        match lines.last_mut() {
            Some(last) if last.is_continued_by(&line) => {
                last.text.push(' ');
                last.text.push_str(&line.text);
            }
            _ => lines.push(line),
        }
    }
    for line in lines {
        // A table that is wider than its terminal is left to it.
        if line.column + NARROWEST > out.width() {
            out.line(format!("{}{}", line.head, line.text));
        } else {
            out.hanging(&Cell::new(line.head), line.column, &Cell::new(line.text));
        }
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        if out.width() < TOPIC_WIDTH && self.is_topic {
            show_folded(&self.text, out);
        } else {
            out.raw(&self.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Help, TOPICS, figures, records};
    use clap::{Args, Command};

    #[test]
    fn help_names_every_topic_and_each_has_an_example() {
        let command = Help::augment_args(Command::new("help"));
        let help = command.get_long_about().unwrap().to_string();
        for (name, text) in TOPICS {
            assert!(help.contains(name), "{name}");
            assert!(
                text.contains("\nExample: ") && text.lines().all(|line| line.chars().count() <= 100),
                "{name}"
            );
        }
        assert!(records().lines().chain(figures().lines()).all(|line| line.chars().count() <= 100));
    }
}
