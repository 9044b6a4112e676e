//! Ids of records. An id is a file name, so it is checked here, once, before it can become a path.

use std::fmt;
use std::str::FromStr;

/// Longest id accepted, in bytes: well under every file system's limit with an ending added.
const LONGEST: usize = 64;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id; an id looks like `TASK-7Q2M`: capital letters and digits, one hyphen")]
pub struct IdError {
    /// The text as given, shortened and without control characters.
    pub text: String,
}

impl IdError {
    /// Makes the error of a text.
    pub(super) fn of(text: &str) -> Self {
        Self { text: printable(text) }
    }
}

/// Returns a letter of an id that the program makes, by a number of which the last five bits count: Crockford's base 32, without
/// I, L, O and U, so that an id can be read aloud.
pub(crate) fn id_letter(number: u32) -> char {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char::from(ALPHABET[number as usize % ALPHABET.len()])
}

fn is_valid(text: &str) -> bool {
    // Every listing calls this of every file.
    let text = text.as_bytes();
    let alphanumeric = |c: &u8| c.is_ascii_uppercase() || c.is_ascii_digit();
    let Some(hyphen) = text.iter().position(|c| !alphanumeric(c)) else { return false };
    let (prefix, rest) = text.split_at(hyphen);
    text.len() <= LONGEST
        && prefix.first().is_some_and(u8::is_ascii_uppercase)
        && rest.len() > 1
        && rest[0] == b'-'
        && rest[1..].iter().all(alphanumeric)
}

fn printable(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads an id exactly as a record writes it.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                Self::check(text).map(|()| Self(text.into()))
            }

            /// Whether a text is an id, without making one.
            pub fn check(text: &str) -> Result<(), IdError> {
                if is_valid(text) { Ok(()) } else { Err(IdError::of(text)) }
            }

            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns what is before the hyphen.
            #[must_use]
            pub fn prefix(&self) -> &str {
                self.0.split_once('-').map_or("", |(prefix, _)| prefix)
            }

            /// Returns what is after the hyphen.
            #[must_use]
            pub fn suffix(&self) -> &str {
                self.0.split_once('-').map_or("", |(_, suffix)| suffix)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// The id of a task, such as `TASK-7Q2M`.
    TaskId
}

id! {
    /// The id of a run, such as `RUN-4F2K`.
    RunId
}

id! {
    /// The id of a plan, such as `PLAN-4F2K`.
    PlanId
}

#[cfg(test)]
mod tests {
    use super::TaskId;

    #[test]
    fn accepts_own_and_imported_ids() {
        for text in ["TASK-7Q2M", "TASK-161FA", "WH-011", "A1-0"] {
            assert_eq!(TaskId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_could_be_a_path_or_an_escape() {
        for text in
            ["../../x", "TASK-", "-7", "task-7q2m", "TASK-7/2", "TASK-7\u{1b}[2J", "TASK-7-2", "1A-2", ""]
        {
            assert!(TaskId::parse(text).is_err(), "{text:?}");
        }
        assert!(TaskId::parse(&format!("TASK-{}", "7".repeat(100))).is_err());
    }
}
