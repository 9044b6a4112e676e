//! Where everything lies. Paths of records are relative to the top of the working tree, with `/`, so that the
//! same path names a file on disk and an entry of a commit's tree.

use crate::model::TaskId;

/// Names of files and folders below the top of the working tree.
#[derive(Debug)]
pub struct Layout;

impl Layout {
    /// The folder of the tracker.
    pub const ROOT: &str = ".tracker";
    /// The configuration.
    pub const CONFIG: &str = ".tracker/config.toml";
    /// The folder of tasks.
    pub const TASKS: &str = ".tracker/tasks";
    /// The folder of notes.
    pub const NOTES: &str = ".tracker/notes";
    /// The folder of a team's own templates.
    pub const TEMPLATES: &str = ".tracker/templates";
    /// Tells git how to treat the files.
    pub const ATTRIBUTES: &str = ".tracker/.gitattributes";
    /// Tells git which files to pass over.
    pub const IGNORE: &str = ".tracker/.gitignore";

    /// Returns the path of a task's file.
    #[must_use]
    pub fn task(id: &TaskId) -> String {
        format!("{}/{id}.md", Self::TASKS)
    }

    /// Returns the folder of a task's notes.
    #[must_use]
    pub fn notes_of(id: &TaskId) -> String {
        format!("{}/{id}", Self::NOTES)
    }
}
