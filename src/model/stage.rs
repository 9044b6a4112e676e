//! The stages of a pipeline, and the moves between them.

use std::fmt;

use chrono::{DateTime, Utc};

/// A stage's name: `none` before work begins, one of the pipeline's own, then `complete`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stage(Box<str>);

impl Stage {
    /// The name of the stage before work begins.
    pub const NONE: &str = "none";
    /// The name of the stage after the last one.
    pub const COMPLETE: &str = "complete";

    /// Makes a stage of a name: lowercase letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() <= 40
            && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_');
        valid.then(|| Self(text.into()))
    }

    /// Returns the stage before work begins.
    #[must_use]
    pub fn none() -> Self {
        Self(Self::NONE.into())
    }

    /// Returns the stage after the last one.
    #[must_use]
    pub fn complete() -> Self {
        Self(Self::COMPLETE.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether work has not begun.
    #[must_use]
    pub fn is_none(&self) -> bool {
        &*self.0 == Self::NONE
    }

    /// Whether the task has left the last stage.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        &*self.0 == Self::COMPLETE
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a move is. Nothing is decided by the words of its reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum MoveKind {
    /// To a later stage whose predecessors were earned; written as no key at all.
    #[default]
    Advance,
    /// `start`: work begins.
    Start,
    /// `fail`: back to where failures go.
    Fail,
    /// `override`: whatever was missing.
    Override,
    /// `reopen`: out of `complete`.
    Reopen,
    /// `revert`: a commit that brought moves was reverted.
    Revert,
    /// `import`: as imported from another tracker.
    Import,
    /// Anything else, as written. It excuses nothing: such a move is judged as a plain advance.
    Unknown(String),
}

impl MoveKind {
    /// The words of a history.
    pub const KNOWN: [&str; 6] = ["start", "fail", "override", "reopen", "revert", "import"];

    /// Reads the word of a history.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "advance" => Self::Advance,
            "start" => Self::Start,
            "fail" => Self::Fail,
            "override" => Self::Override,
            "reopen" => Self::Reopen,
            "revert" => Self::Revert,
            "import" => Self::Import,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// Returns the word, `advance` included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Advance => "advance",
            Self::Start => "start",
            Self::Fail => "fail",
            Self::Override => "override",
            Self::Reopen => "reopen",
            Self::Revert => "revert",
            Self::Import => "import",
            Self::Unknown(text) => text,
        }
    }

    /// Returns what `kind:` says in a history; none for a plain advance.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        (*self != Self::Advance).then(|| self.as_str())
    }
}

impl fmt::Display for MoveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One move between stages: an entry of a task's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// As the file says; the commit that added it is what counts.
    pub at: DateTime<Utc>,
    /// The person, as the file says.
    pub by: String,
    /// The agent that worked for that person.
    pub agent: Option<String>,
    /// The stage it left.
    pub from: Stage,
    /// The stage it entered.
    pub to: Stage,
    /// What it was.
    pub kind: MoveKind,
    /// The reason, one line for people.
    pub why: Option<String>,
    /// Of whom it names, over all of it: base64 without its frame.
    pub signature: Option<String>,
}

impl Move {
    /// Returns the reason as people are shown it, after the word for a move that was no plain one.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let word = match &self.kind {
            MoveKind::Advance | MoveKind::Start | MoveKind::Import => return self.why.clone(),
            MoveKind::Fail => "failed",
            MoveKind::Override => "override",
            MoveKind::Reopen => "reopened",
            MoveKind::Revert => "reverted",
            MoveKind::Unknown(text) => text,
        };
        Some(self.why.as_ref().map_or_else(|| word.to_owned(), |why| format!("{word}: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::MoveKind;

    #[test]
    fn move_kinds_are_read_as_they_are_written() {
        for word in MoveKind::KNOWN {
            let kind = MoveKind::parse(word);
            assert!(!matches!(kind, MoveKind::Unknown(_)) && kind.key() == Some(word), "{word}");
        }
        assert_eq!((MoveKind::parse("advance"), MoveKind::Advance.key()), (MoveKind::default(), None));
        assert_eq!(MoveKind::parse("Override"), MoveKind::Unknown("Override".to_owned()));
    }
}
