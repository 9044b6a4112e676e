//! Roles: who may sign off what, and their instructions.

use std::time::Duration;

use super::Problem;

/// The rules of one role: `[roles.NAME]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRules {
    /// Who may vote for it: addresses, `*@example.com`, or, where no signatures are requested, names. Empty: anyone.
    pub members: Vec<String>,
    /// How many people must approve.
    pub quorum: u32,
    /// Whether agents' votes do not count.
    pub people_only: bool,
    /// Globs of the files it reviews. Empty: all.
    pub paths: Vec<String>,
    /// What the shell runs at the top of the working tree to see whether a task is done; only a caller starts it.
    pub verify: Option<String>,
    /// How long that may take.
    pub verify_limit: Duration,
}

/// How long the command of a role may take where its table does not say.
const VERIFY_LIMIT: Duration = Duration::from_secs(600);

impl RoleRules {
    /// The rules of a role that the configuration does not define.
    pub(super) const NONE: Self = Self {
        members: Vec::new(),
        quorum: 1,
        people_only: false,
        paths: Vec::new(),
        verify: None,
        verify_limit: VERIFY_LIMIT,
    };
}

impl Default for RoleRules {
    fn default() -> Self {
        Self::NONE
    }
}

/// A role with its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role<'c> {
    /// Its name.
    pub name: &'c str,
    /// Its rules.
    pub rules: &'c RoleRules,
    /// Whether a table of the configuration defines it. Nobody may sign for one that none does.
    pub is_defined: bool,
}

/// Instructions for a role: `roles/NAME.md`. Who may vote for it is not set here but in the configuration, so that
/// no two places can disagree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleGuide {
    /// The role's name, equal to the file's name without its ending.
    pub role: String,
    /// One line for people.
    pub title: Option<String>,
    /// Instructions for an agent in this role: Markdown, without the checklist.
    pub prompt: String,
    /// What a person in this role goes through.
    pub checklist: Vec<String>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

/// Whether a text is a role's name: letters, digits, `-` and `_`, beginning with a letter. It is a file's
/// name, so nothing else can be one.
#[must_use]
pub fn is_role_name(text: &str) -> bool {
    text.len() <= 64
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}
