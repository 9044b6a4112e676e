//! Where a task stands in its pipeline.

use std::fmt;

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

    /// Tells whether work has not begun.
    #[must_use]
    pub fn is_none(&self) -> bool {
        &*self.0 == Self::NONE
    }

    /// Tells whether the task has left the last stage.
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
