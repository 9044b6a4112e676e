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

    /// The folder of votes.
    pub const SIGNOFFS: &str = ".tracker/signoffs";
    /// The folder of findings.
    pub const FINDINGS: &str = ".tracker/findings";
    /// The folder of roles.
    pub const ROLES: &str = ".tracker/roles";
    /// Whose keys sign for whom, in the format of ssh.
    pub const ALLOWED_SIGNERS: &str = ".tracker/allowed_signers";

    /// Returns the path of a role's file.
    #[must_use]
    pub fn role(name: &str) -> String {
        format!("{}/{name}.md", Self::ROLES)
    }

    /// Returns the folder of a task's votes.
    #[must_use]
    pub fn signoffs_of(id: &TaskId) -> String {
        format!("{}/{id}", Self::SIGNOFFS)
    }

    /// Returns the folder of a task's findings.
    #[must_use]
    pub fn findings_of(id: &TaskId) -> String {
        format!("{}/{id}", Self::FINDINGS)
    }

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
