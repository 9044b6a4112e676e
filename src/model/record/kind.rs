//! The kinds of records: the rows of the table, and what each row tells.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{SprintId, TaskId};

macro_rules! root {
    () => {
        ".tracker"
    };
    ($below:literal) => {
        concat!(".tracker/", $below)
    };
}

/// The folder of the tracker.
pub const TRACKER_FOLDER: &str = root!();

/// A kind of record: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// The configuration.
    Config,
    /// How git treats the files.
    Attributes,
    /// Which files git passes over.
    Ignore,
    /// Whose keys sign for whom, in the format of ssh.
    AllowedSigners,
    /// A team's own template of a report.
    Template,
    /// Instructions for a role.
    Role,
    /// What a run does.
    Workflow,
    /// A task.
    Task,
    /// A vote.
    Vote,
    /// A finding.
    Finding,
    /// A note.
    Note,
    /// The receipt of a check that was run.
    Evidence,
    /// A plan.
    Plan,
    /// A run.
    Run,
    /// A question to a person.
    Escalation,
    /// What a record is called in another tracker.
    SyncLink,
    /// A sprint.
    Sprint,
    /// A change of a sprint's scope after its start.
    ScopeChange,
    /// A report, a chart or the postmortem of a sprint.
    SprintDocument,
    /// The list of closed sprints.
    SprintHistory,
    /// `.gitkeep` in a folder of records, which git would otherwise leave out.
    Placeholder,
}

/// How a record is written down, which is also how its versions are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFormat {
    /// Front matter and Markdown.
    Markdown,
    /// One YAML mapping.
    Yaml,
    /// The configuration: lines, which must still be TOML when they are merged.
    Toml,
    /// Lines.
    Text,
}

/// Where the files of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One file of this path.
    File(&'static str),
    /// A file a record in this folder.
    Folder(&'static str),
    /// A folder for each owner in this folder, and in it a file a record.
    FolderOfOwner(&'static str),
    /// A folder for each owner in this folder, and in it one file of this name.
    FileOfOwner(&'static str, &'static str),
    /// A folder for each owner in this folder, and in it a folder of this name with a file a record.
    FolderInOwner(&'static str, &'static str),
    /// In the folders of other kinds.
    Elsewhere,
}

/// Whose folder a record is in, where its kind has a folder for each owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Task,
    Sprint,
    /// Another tracker.
    Remote,
}

/// What the name of a file, without its ending, must be where the kind has no owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Any,
    Id,
    Role,
}

/// What is known of a kind.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) kind: RecordKind,
    /// What a person calls one.
    pub(super) name: &'static str,
    pub(super) place: Layout,
    pub(super) owner: Option<Owner>,
    pub(super) naming: Naming,
    /// A few words for the list of files in the help; none where no command reads or writes the kind yet.
    pub(super) about: Option<&'static str>,
    /// Endings of file names; none where any name will do.
    pub(super) endings: &'static [&'static str],
    pub(super) format: RecordFormat,
    /// The key that repeats the id which the path names.
    pub(super) owner_key: Option<&'static str>,
    /// Whether a file is never edited once it is written.
    is_append_only: bool,
    /// Whether it is among what the gate judges by, and so changes only with the owners' approval.
    is_policy: bool,
}

pub(super) const TABLE: [Row; 21] = {
    use Layout::{Elsewhere, File, FileOfOwner, Folder, FolderInOwner, FolderOfOwner as Owned};
    use RecordFormat::{Markdown, Text, Toml, Yaml};
    use RecordKind as K;
    type Texts = &'static [&'static str];
    const fn row(kind: K, name: &'static str, place: Layout, endings: Texts, format: RecordFormat) -> Row {
        Row {
            kind,
            name,
            place,
            owner: None,
            naming: Naming::Any,
            about: None,
            endings,
            format,
            owner_key: None,
            is_append_only: false,
            is_policy: false,
        }
    }
    const fn policy(row: Row) -> Row {
        Row { is_policy: true, ..row }
    }
    const fn with_id(row: Row) -> Row {
        Row { owner_key: Some("id"), naming: Naming::Id, ..row }
    }
    const fn of_task(row: Row) -> Row {
        Row { owner: Some(Owner::Task), owner_key: Some("task"), ..row }
    }
    const fn of_sprint(row: Row) -> Row {
        Row { owner: Some(Owner::Sprint), ..row }
    }
    const fn append_only(row: Row) -> Row {
        Row { is_append_only: true, ..row }
    }
    const fn about(row: Row, about: &'static str) -> Row {
        Row { about: Some(about), ..row }
    }
    const MD: Texts = &[".md"];
    const YAML: Texts = &[".yaml"];
    const DOCUMENTS: Texts = &[".md", ".html", ".svg"];
    [
        about(
            policy(row(K::Config, "configuration", File(root!("config.toml")), &[], Toml)),
            "format version, project, ids, pipeline, types, roles, policy, reports",
        ),
        about(
            policy(row(K::Attributes, "attributes for git", File(root!(".gitattributes")), &[], Text)),
            "line endings, and the driver that merges records field by field",
        ),
        about(
            policy(row(K::Ignore, "list of ignored files", File(root!(".gitignore")), &[], Text)),
            "what a write leaves behind when it is killed",
        ),
        about(
            policy(row(K::AllowedSigners, "list of signers", File(root!("allowed_signers")), &[], Text)),
            "whose key signs for whom",
        ),
        about(
            policy(row(K::Template, "template", Folder(root!("templates")), &[], Text)),
            "templates that replace the built-in ones of the same name",
        ),
        about(
            Row {
                naming: Naming::Role,
                ..policy(row(K::Role, "role", Folder(root!("roles")), MD, Markdown))
            },
            "instructions of a role: a prompt for agents, a checklist for people",
        ),
        about(
            policy(row(K::Workflow, "workflow", Folder(root!("workflows")), YAML, Yaml)),
            "what `tracker run` does: a graph of steps (tracker help workflows)",
        ),
        about(
            with_id(row(K::Task, "task", Folder(root!("tasks")), MD, Markdown)),
            "YAML front matter and Markdown; the file name is the id",
        ),
        about(
            append_only(of_task(row(K::Vote, "vote", Owned(root!("signoffs")), YAML, Yaml))),
            "one file per vote, never edited",
        ),
        about(
            of_task(row(K::Finding, "finding", Owned(root!("findings")), YAML, Yaml)),
            "one file per finding",
        ),
        about(
            append_only(of_task(row(K::Note, "note", Owned(root!("notes")), MD, Markdown))),
            "one file per note: at, by, kind (decision, tried or cause)",
        ),
        about(
            append_only(of_task(row(K::Evidence, "receipt", Owned(root!("evidence")), YAML, Yaml))),
            "one file per run of a role's command, never edited",
        ),
        about(
            with_id(row(K::Plan, "plan", Folder(root!("plans")), MD, Markdown)),
            "tasks under phases and milestones, and who has approved that",
        ),
        about(
            with_id(row(K::Run, "run", Folder(root!("runs")), YAML, Yaml)),
            "what a run has done: state, steps with durations, errors",
        ),
        about(
            Row {
                owner_key: Some("id"),
                ..row(K::Escalation, "escalation", Folder(root!("escalations")), YAML, Yaml)
            },
            "what a worker could not fix, and what people decided about it",
        ),
        about(
            Row {
                owner: Some(Owner::Remote),
                ..row(K::SyncLink, "sync link", Owned(root!("sync")), YAML, Yaml)
            },
            "a task's item in another tracker, and what both agreed on",
        ),
        about(
            of_sprint(Row {
                owner_key: Some("id"),
                ..row(K::Sprint, "sprint", FileOfOwner(root!("sprints"), "sprint.yaml"), YAML, Yaml)
            }),
            "plan of a sprint, its start and close, and what was frozen",
        ),
        about(
            append_only(of_sprint(Row {
                owner_key: Some("sprint"),
                ..row(K::ScopeChange, "change of scope", FolderInOwner(root!("sprints"), "scope"), YAML, Yaml)
            })),
            "one file per change of scope after the start",
        ),
        about(
            of_sprint(row(
                K::SprintDocument,
                "document of a sprint",
                Owned(root!("sprints")),
                DOCUMENTS,
                Text,
            )),
            "report and charts, POSTMORTEM.md, CHANGELOG.md, TASK_CARDS.md",
        ),
        about(
            row(K::SprintHistory, "list of sprints", File(root!("sprints/SPRINT_HISTORY.md")), &[], Text),
            "one line for each closed sprint",
        ),
        row(K::Placeholder, "placeholder", Elsewhere, &[], Text),
    ]
};

impl RecordKind {
    /// All kinds, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.kind)
    }

    pub(super) fn row(self) -> &'static Row {
        // A test compares the two orders.
        &TABLE[self as usize]
    }

    /// Returns the folder of the kind; of one that is a single file, that of the tracker.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self.row().place {
            Layout::Folder(folder)
            | Layout::FolderOfOwner(folder)
            | Layout::FileOfOwner(folder, _)
            | Layout::FolderInOwner(folder, _) => folder,
            Layout::File(_) | Layout::Elsewhere => TRACKER_FOLDER,
        }
    }

    /// Returns the path of a kind that is a single file; of one with a folder, that.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self.row().place {
            Layout::File(path) => path,
            _ => self.folder(),
        }
    }

    /// Returns the folder in which a task's records of this kind are.
    #[must_use]
    pub fn folder_of(self, task: &TaskId) -> String {
        format!("{}/{task}", self.folder())
    }

    /// Returns the folder in which the changes of a sprint's scope are.
    #[must_use]
    pub fn scope_folder(sprint: &SprintId) -> String {
        let inner = Self::ScopeChange.inner_folder().unwrap_or_default();
        format!("{}/{sprint}/{inner}", Self::ScopeChange.folder())
    }

    /// Whether each owner, a task as a rule, has a folder of its own.
    #[must_use]
    pub fn has_owners(self) -> bool {
        matches!(
            self.row().place,
            Layout::FolderOfOwner(_) | Layout::FileOfOwner(..) | Layout::FolderInOwner(..)
        )
    }

    /// Whether its records belong to a task and lie in a folder of it.
    #[must_use]
    pub fn is_of_task(self) -> bool {
        self.row().owner == Some(Owner::Task)
    }

    /// The endings that names of files have, with their dot; none where any name will do.
    #[must_use]
    pub fn endings(self) -> &'static [&'static str] {
        self.row().endings
    }

    /// Whether a file is never edited once it is written.
    #[must_use]
    pub fn is_append_only(self) -> bool {
        self.row().is_append_only
    }

    /// Whether it changes only with its owners' approval, as what is below the tracker's folder and no record does.
    #[must_use]
    pub fn is_policy(self) -> bool {
        self.row().is_policy
    }

    /// Returns the kinds that commands read or write, each as a pattern of its paths below the folder of the tracker,
    /// and a few words about it.
    pub fn described() -> impl Iterator<Item = (String, &'static str)> {
        let below = |path: &'static str| path.strip_prefix(root!("")).unwrap_or(path);
        TABLE.iter().filter_map(move |row| {
            let owner = if row.owner == Some(Owner::Task) { "TASK-7Q2M" } else { "NAME" };
            let ending = row.endings.first().copied().unwrap_or_default();
            let name = if row.kind == Self::Task { "TASK-7Q2M" } else { "*" };
            let pattern = match row.place {
                Layout::File(path) => below(path).to_owned(),
                Layout::Folder(folder) => format!("{}/{name}{ending}", below(folder)),
                Layout::FolderOfOwner(folder) if row.endings.len() > 1 => {
                    format!("{}/{owner}/*", below(folder))
                }
                Layout::FolderOfOwner(folder) => format!("{}/{owner}/*{ending}", below(folder)),
                Layout::FileOfOwner(folder, file) => format!("{}/{owner}/{file}", below(folder)),
                Layout::FolderInOwner(folder, inner) => {
                    format!("{}/{owner}/{inner}/*{ending}", below(folder))
                }
                Layout::Elsewhere => return None,
            };
            Some((pattern, row.about?))
        })
    }

    /// Finds the kind whose files lie in a folder of this name; where several kinds share it, the one that `rest`, the
    /// path below the folder, is closest to.
    pub(super) fn of_folder(name: &str, rest: &str) -> Option<Self> {
        let is_it = |folder: &str| folder[TRACKER_FOLDER.len() + 1..] == *name;
        let below_owner = rest.split_once('/').map_or("", |(_, below)| below);
        let row = TABLE.iter().find(|row| match row.place {
            Layout::Folder(folder) | Layout::FolderOfOwner(folder) => is_it(folder),
            Layout::FileOfOwner(folder, file) => is_it(folder) && below_owner == file,
            Layout::FolderInOwner(folder, inner) => {
                is_it(folder) && below_owner.strip_prefix(inner).is_some_and(|rest| rest.starts_with('/'))
            }
            Layout::File(_) | Layout::Elsewhere => false,
        });
        row.map(|row| row.kind)
    }

    /// Returns the folder between that of an owner and the file, if the kind has one.
    pub(super) fn inner_folder(self) -> Option<&'static str> {
        if let Layout::FolderInOwner(_, inner) = self.row().place { Some(inner) } else { None }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.row().name)
    }
}
