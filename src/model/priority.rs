//! How urgent a task is.

use std::cmp::Ordering;
use std::fmt;

/// A task's priority. A value that is none of the four is kept as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Priority {
    /// `critical`
    Critical,
    /// `high`
    High,
    /// `medium`
    Medium,
    /// `low`
    Low,
    /// Anything else, as written.
    Unknown(String),
}

impl Priority {
    /// The four known values, most urgent first.
    pub const KNOWN: [&str; 4] = ["critical", "high", "medium", "low"];

    /// Reads a priority; the case of known values does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" => Self::High,
            "medium" => Self::Medium,
            "low" => Self::Low,
            _ => Self::Unknown(text.to_owned()),
        }
    }

    /// Returns the text that a record contains.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Unknown(text) => text,
        }
    }

    /// Returns 4 for critical down to 1 for low; 0 for an unknown value.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Critical => 4,
            Self::High => 3,
            Self::Medium => 2,
            Self::Low => 1,
            Self::Unknown(_) => 0,
        }
    }

    /// Returns the rank of a priority's text, as [`Priority::rank`] does; an absent one ranks as medium.
    #[must_use]
    pub fn rank_of(text: Option<&str>) -> u8 {
        let Some(text) = text else { return 2 };
        // Sorting calls this for every task, so it must not allocate.
        match Self::KNOWN.iter().position(|known| known.eq_ignore_ascii_case(text)) {
            Some(0) => 4,
            Some(1) => 3,
            Some(2) => 2,
            Some(_) => 1,
            None => 0,
        }
    }

    /// Compares by urgency, the more urgent first.
    #[must_use]
    pub fn most_urgent_first(a: Option<&str>, b: Option<&str>) -> Ordering {
        Self::rank_of(b).cmp(&Self::rank_of(a))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Priority;

    #[test]
    fn the_rank_of_a_text_is_the_rank_of_its_priority() {
        for text in ["critical", "HIGH", "medium", "Low", "urgent", ""] {
            assert_eq!(Priority::rank_of(Some(text)), Priority::parse(text).rank(), "{text}");
        }
        assert_eq!(Priority::rank_of(None), Priority::Medium.rank());
    }
}
