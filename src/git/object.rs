//! Object ids that say what they name. SHA-1 and SHA-256 alike.

use std::fmt;
use std::str::FromStr;

/// Why a text is no object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an object id; an object id is 40 or 64 hexadecimal digits")]
pub struct ObjectIdError {
    /// The text as given, shortened and without control characters.
    pub text: String,
}

fn parse(text: &str) -> Result<gix::ObjectId, ObjectIdError> {
    gix::ObjectId::from_hex(text.as_bytes()).map_err(|_| ObjectIdError {
        text: text.chars().take(70).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
    })
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(gix::ObjectId);

        impl $name {
            /// Reads 40 or 64 hexadecimal digits.
            pub fn parse(text: &str) -> Result<Self, ObjectIdError> {
                parse(text).map(Self)
            }

            /// Returns the bytes: 20 of SHA-1, 32 of SHA-256.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_slice()
            }

            /// Returns the first seven digits: for people, not necessarily unambiguous.
            #[must_use]
            pub fn short(&self) -> String {
                self.0.to_hex_with_len(7).to_string()
            }

            pub(super) fn new(id: gix::ObjectId) -> Self {
                Self(id)
            }

            pub(super) fn raw(self) -> gix::ObjectId {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = ObjectIdError;
            fn from_str(text: &str) -> Result<Self, ObjectIdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

object_id! {
    /// The id of a commit.
    CommitId
}
object_id! {
    /// The id of a tree: a folder's content.
    TreeId
}
object_id! {
    /// The id of a blob: a file's content.
    BlobId
}

#[cfg(test)]
mod tests {
    use super::CommitId;

    #[test]
    fn reads_both_lengths_and_writes_them_again() {
        for length in [40, 64] {
            let text = "0123456789abcdef".repeat(4)[..length].to_owned();
            let id = CommitId::parse(&text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(id.as_bytes().len(), length / 2);
            assert_eq!(id.short(), "0123456");
        }
    }

    #[test]
    fn refuses_other_text() {
        for text in ["", "0123456", "HEAD", &"g".repeat(40), &"0".repeat(41)] {
            assert!(CommitId::parse(text).is_err(), "{text}");
        }
    }
}
