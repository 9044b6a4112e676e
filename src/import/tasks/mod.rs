//! Tasks of other trackers: from their files to [`ImportedTask`]s, in whatever format, and what importing them again
//! would change. Pure.
//!
//! A format is a row of [`FORMATS`] and a reader. A reader understands what it can and drops nothing: what it does not
//! understand it leaves in the task's text and reports with its line. The one writer is `ops::import`.

mod backlog;
mod beads;
mod checklist;
mod exported;
mod github;
mod json;
mod labels;
mod matching;
mod moved;
mod outline;
mod references;
mod task;
mod task_master;
mod taskwarrior;
mod todo_json;
mod todo_txt;
mod twins;
mod update;
mod words;

use crate::doc::plain_text;
use crate::import::cards;
use crate::model::Problem;

pub use exported::{BOXES, Detail, EXPORT_MARKER, TitleMarks};
pub use matching::{Known, Matches, Named, match_tasks};
pub use moved::follow_moved;
pub use task::{ImportedTask, Progress};
pub use twins::{Twin, find_twins};
pub use update::{NewBody, Remembered, Update, new_body, update, update_listed};

/// A format that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "its row in the table describes each")]
pub enum ImportFormat {
    Cards,
    Checklist,
    SpecKit,
    OpenSpec,
    Kiro,
    Breakdown,
    Backlog,
    TodoJson,
    TaskMaster,
    Beads,
    GitHub,
    Taskwarrior,
    TodoTxt,
}

/// What is known of a format.
pub struct FormatRow {
    /// The format.
    pub format: ImportFormat,
    /// Its name on the command line and in `source`.
    pub name: &'static str,
    /// What its files are, in a few words.
    pub about: &'static str,
    /// Whether a text is of this format, as far as it and its path tell.
    is_it: fn(&ImportInput<'_>) -> bool,
    read: fn(&ImportInput<'_>) -> Tasks,
}

/// The formats, in the order in which a text is tried.
pub const FORMATS: [FormatRow; 13] = {
    use ImportFormat as F;
    const fn row(
        format: ImportFormat,
        name: &'static str,
        about: &'static str,
        is_it: fn(&ImportInput<'_>) -> bool,
        read: fn(&ImportInput<'_>) -> Tasks,
    ) -> FormatRow {
        FormatRow { format, name, about, is_it, read }
    }
    // Cards have a reader and a writer of their own: they bring whole tasks, with their histories.
    [
        row(
            F::Checklist,
            "checklist",
            "the checklist that `tracker export` writes",
            exported::is_it,
            exported::read,
        ),
        row(F::Cards, "cards", "task cards (TASK_CARDS.md)", is_cards, |_| Tasks::default()),
        row(
            F::Backlog,
            "backlog",
            "Backlog.md: its folder, or one of its tasks",
            backlog::is_it,
            backlog::read,
        ),
        row(F::SpecKit, "spec-kit", "Spec Kit: tasks.md", checklist::is_spec_kit, |input| {
            checklist::read(input, F::SpecKit)
        }),
        row(F::Kiro, "kiro", "Kiro: tasks.md of a spec", checklist::is_kiro, |input| {
            checklist::read(input, F::Kiro)
        }),
        row(F::OpenSpec, "openspec", "OpenSpec: tasks.md of a change", checklist::is_openspec, |input| {
            checklist::read(input, F::OpenSpec)
        }),
        row(
            F::Breakdown,
            "breakdown",
            "a breakdown in Markdown: numbered checkboxes, as Agent OS writes them",
            checklist::is_breakdown,
            |input| checklist::read(input, F::Breakdown),
        ),
        row(F::Taskwarrior, "taskwarrior", "Taskwarrior: task export", taskwarrior::is_it, taskwarrior::read),
        row(F::GitHub, "github", "GitHub: gh issue list --json …", github::is_it, github::read),
        row(
            F::TodoJson,
            "todo-json",
            "todo.json: id, task, priority, blocked_by",
            todo_json::is_it,
            todo_json::read,
        ),
        row(F::Beads, "beads", "Beads: .beads/issues.jsonl", beads::is_it, beads::read),
        row(F::TaskMaster, "task-master", "Task Master: tasks.json", task_master::is_it, task_master::read),
        row(F::TodoTxt, "todo-txt", "todo.txt", todo_txt::is_it, todo_txt::read),
    ]
};

impl ImportFormat {
    /// Returns its row.
    #[must_use]
    pub fn row(self) -> &'static FormatRow {
        FORMATS.iter().find(|row| row.format == self).expect("every format has a row")
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether a task is known by its number in a list, which another has when somebody writes one above it.
    #[must_use]
    pub fn is_numbered(self) -> bool {
        matches!(self, Self::SpecKit | Self::OpenSpec | Self::Kiro | Self::Breakdown)
    }

    /// Whether a task is known by its id here, whatever its source: the list is one of our own.
    #[must_use]
    pub fn has_our_ids(self) -> bool {
        self == Self::Checklist
    }

    /// Whether no task of another place has the same key: it is an address, or an id that nobody else makes.
    #[must_use]
    pub fn has_global_ids(self) -> bool {
        matches!(self, Self::GitHub | Self::Taskwarrior)
    }

    /// Returns the format of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|row| row.name == name).map(|row| row.format)
    }
}

/// One text to be imported.
#[derive(Debug, Clone, Copy)]
pub struct ImportInput<'a> {
    /// The file, as it was named: for messages, and for its name.
    pub path: &'a str,
    /// What numbers of tasks are unique in: part of their `source` where the format has no ids of its own.
    pub scope: &'a str,
    /// The text, with `\n` at the ends of its lines.
    pub text: &'a str,
}

impl ImportInput<'_> {
    /// Returns the name of the file.
    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether the file is in, or below, a folder of this name.
    fn is_below(&self, folder: &str) -> bool {
        self.path.rsplit('/').skip(1).any(|part| part == folder)
    }
}

/// What a reader found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tasks {
    /// The tasks, in the order of the text.
    pub tasks: Vec<ImportedTask>,
    /// What is wrong or was not understood, each with its line. With an error nothing is imported.
    pub problems: Vec<Problem>,
}

impl Tasks {
    fn failed(problem: Problem) -> Self {
        Self { tasks: Vec::new(), problems: vec![problem] }
    }
}

/// Returns a file's text as readers take it.
///
/// # Errors
/// The file is no text.
pub fn text_of(bytes: &[u8]) -> Result<String, Vec<Problem>> {
    Ok(plain_text(bytes)?.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Finds out which format a text has: by its path where that leaves no doubt, else by what it contains.
#[must_use]
pub fn detect(input: &ImportInput<'_>) -> Option<ImportFormat> {
    let by_text = || FORMATS.iter().find(|row| (row.is_it)(input)).map(|row| row.format);
    by_path(input).or_else(by_text).or_else(|| by_name_of_broken(input))
}

/// Returns the format of a file that no other tracker would put there, whatever it contains.
fn by_path(input: &ImportInput<'_>) -> Option<ImportFormat> {
    let folders: Vec<&str> = input.path.rsplit('/').skip(1).collect();
    match (input.file_name(), folders.as_slice()) {
        ("tasks.md", [_, "specs", ".kiro", ..]) => Some(ImportFormat::Kiro),
        ("tasks.json", folders) if folders.contains(&".taskmaster") => Some(ImportFormat::TaskMaster),
        ("issues.jsonl" | "beads.jsonl", [".beads", ..]) => Some(ImportFormat::Beads),
        _ => None,
    }
}

/// Returns the format of a file that is named like tasks and is no JSON, as one is that was written half. Editors keep
/// a `tasks.json` of their own.
fn by_name_of_broken(input: &ImportInput<'_>) -> Option<ImportFormat> {
    let format = match input.file_name() {
        "tasks.json" if !input.is_below(".vscode") => ImportFormat::TaskMaster,
        "todo.json" => ImportFormat::TodoJson,
        "issues.jsonl" | "beads.jsonl" if input.text.trim_start().starts_with('{') => {
            return json::first(input.text).is_none().then_some(ImportFormat::Beads);
        }
        _ => return None,
    };
    broken_json(input).map(|_| format)
}

/// Whether a file beside others of a format is one of them, too, though it does not look like it.
#[must_use]
pub fn belongs_beside(input: &ImportInput<'_>, format: ImportFormat) -> bool {
    format == ImportFormat::Backlog && backlog::is_meant(input)
}

/// Reads a text of a format other than cards. Two tasks of one key are an error.
#[must_use]
pub fn read(input: &ImportInput<'_>, format: ImportFormat) -> Tasks {
    let mut found = match is_own_export(input.text) {
        true => Tasks::failed(
            Problem::error("this is what `tracker export` has printed, which is for other programs")
                .with_hint("copy the files of .tracker/tasks: they have ids, history and votes"),
        ),
        false => (format.row().read)(input),
    };
    for task in &mut found.tasks {
        input.path.clone_into(&mut task.file);
    }
    for problem in &mut found.problems {
        input.path.clone_into(&mut problem.file);
    }
    found
}

/// Whether it is an answer of `export` as JSON: read as that of another tracker, it would lose most of itself.
fn is_own_export(text: &str) -> bool {
    let head: String = text.chars().filter(|c| !c.is_whitespace()).take(80).collect();
    head.starts_with("{\"version\":") && head.contains("\"command\":\"export\"")
}

/// Returns what is wrong with a text that is meant to be JSON, and is not.
#[must_use]
pub fn broken_json(input: &ImportInput<'_>) -> Option<Problem> {
    if !input.file_name().ends_with(".json") {
        return None;
    }
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_str(input.text);
    read.err().map(|error| json::broken(&error, 0))
}

fn is_cards(input: &ImportInput<'_>) -> bool {
    let has_card_heading = |line: &str| {
        line.strip_prefix("##")
            .is_some_and(|rest| crate::doc::cards::heading::read(rest.trim_start_matches('#')).is_some())
    };
    input.text.lines().any(has_card_heading)
        && !cards::read(input.text.as_bytes(), input.file_name()).cards.is_empty()
        || input.text.lines().take(5).any(|line| line.starts_with("<!-- tracker: task cards"))
}

#[cfg(test)]
mod tests {
    use super::{ImportFormat, ImportInput, detect, read};

    fn format(path: &str, text: &str) -> Option<ImportFormat> {
        detect(&ImportInput { path, scope: "", text })
    }

    #[test]
    fn an_answer_of_export_is_no_file_of_another_tracker() {
        let text = "{\n  \"version\": 2,\n  \"command\": \"export\",\n  \"result\": {\"tasks\": [{\"id\": \"TASK-1\", \"title\": \"A\"}]}}";
        let input = ImportInput { path: "x.json", scope: "", text };
        let found = read(&input, ImportFormat::TaskMaster);
        assert!(found.tasks.is_empty() && found.problems[0].message.contains("tracker export"), "{found:?}");
    }

    #[test]
    fn what_is_written_half_has_the_format_of_its_path() {
        use ImportFormat as F;
        assert_eq!(format(".kiro/specs/y/tasks.md", "- [ ] one\n- [ ] two\n"), Some(F::Kiro));
        assert_eq!(format("a/.taskmaster/tasks/tasks.json", "{\"master\":{\"ta"), Some(F::TaskMaster));
        assert_eq!(format("a/tasks/tasks.json", "{\"master\":{\"ta"), Some(F::TaskMaster));
        assert_eq!(format("todo.json", "[{\"id\":1,"), Some(F::TodoJson));
        assert_eq!(format("a/.beads/issues.jsonl", "{\"id\":\"a\"}\n"), Some(F::Beads));
        for text in ["", "---\nid: TASK-1\nti", "---\nid: TASK-1\ntitle: A\nstatus: To Do\n---\n"] {
            assert_eq!(format("backlog/tasks/task-1 - a.md", text), Some(F::Backlog), "{text}");
        }
        assert_eq!(
            format("x.md", "---\nid: TASK-1\ntitle: A\nstatus: To Do\nassignee: []\n---\n"),
            Some(F::Backlog)
        );
        assert_eq!(format("backlog/tasks/readme.md", "How to write tasks\n"), None);
        assert_eq!(format(".vscode/tasks.json", "{ // what it runs\n}"), None);
        assert_eq!(format("tasks.json", "{\"version\": \"2.0.0\"}"), None);
    }
}
