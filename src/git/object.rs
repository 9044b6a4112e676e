//! Object ids that say what they name, SHA-1 and SHA-256 alike; and where objects are read from while git receives a
//! push: what is new is in a quarantine, and is not yet part of the repository.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::env::Env;
use crate::git::{Error, RepoPaths};

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

/// Which of several in one process it is.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder that names all folders of objects there are for this process. Gone when dropped.
///
/// git names the quarantine in `GIT_OBJECT_DIRECTORY`, and what lies after it in `GIT_ALTERNATE_OBJECT_DIRECTORIES`. gix
/// knows folders of objects that name others, so for as long as the push is looked at there is a folder of our own that
/// names them all. Nothing is ever written to the quarantine: git takes over whatever lies there.
#[derive(Debug)]
pub struct Quarantine {
    folder: Option<PathBuf>,
}

impl Quarantine {
    /// Makes repositories that are opened at these places read the quarantine as well, and take no notice of
    /// `refs/replace`: whoever may push may push those.
    pub fn enter(env: &Env, repo_paths: &mut RepoPaths) -> Result<Self, Error> {
        let own = repo_paths.common_dir.join("objects");
        let mut folders = folders_named(env);
        if folders.is_empty() {
            repo_paths.objects = Some(own);
            return Ok(Self { folder: None });
        }
        folders.push(own.into_os_string());
        let name = format!("push-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = repo_paths.shared_folder().join(name);
        let info = folder.join("info");
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { action, path, source }
        };
        std::fs::create_dir_all(&info).map_err(failed("create", &info))?;
        let entered = Self { folder: Some(folder.clone()) };
        let file = info.join("alternates");
        std::fs::write(&file, lines_of(&folders)).map_err(failed("write", &file))?;
        repo_paths.objects = Some(folder);
        Ok(entered)
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Returns the folders that git names, absolute, or as git quotes them. One that is not there is left out: git makes
/// none where a push brings nothing new.
fn folders_named(env: &Env) -> Vec<OsString> {
    let absolute = |named: &OsString| env.cwd().join(named);
    let first = env.variable_os("GIT_OBJECT_DIRECTORY").map(|named| absolute(&named).into_os_string());
    let others = env.variable_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    let others = split(&others)
        .into_iter()
        .map(|named| if is_quoted(&named) { named } else { absolute(&named).into_os_string() });
    first.into_iter().chain(others).filter(|named| is_quoted(named) || Path::new(named).is_dir()).collect()
}

fn is_quoted(named: &OsString) -> bool {
    named.as_encoded_bytes().starts_with(b"\"")
}

/// Splits the list at its colons. git puts a path that has one in quotation marks, as it does in the file.
fn split(list: &OsString) -> Vec<OsString> {
    use std::os::unix::ffi::OsStringExt;
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    let (mut is_inside, mut is_escaped) = (false, false);
    for &byte in list.as_encoded_bytes() {
        match byte {
            b':' if !is_inside => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            b'"' if !is_escaped && (is_inside || part.is_empty()) => is_inside = !is_inside,
            _ => {}
        }
        is_escaped = is_inside && byte == b'\\' && !is_escaped;
        part.push(byte);
    }
    parts.push(part);
    parts.into_iter().filter(|part| !part.is_empty()).map(OsString::from_vec).collect()
}

/// Returns the file that names the folders, one a line.
fn lines_of(folders: &[OsString]) -> Vec<u8> {
    let mut lines = Vec::new();
    for folder in folders {
        let bytes = folder.as_encoded_bytes();
        if is_quoted(folder) || !bytes.contains(&b'\n') {
            lines.extend_from_slice(bytes);
        } else {
            lines.push(b'"');
            for &byte in bytes {
                match byte {
                    b'\n' => lines.extend_from_slice(b"\\n"),
                    b'"' | b'\\' => lines.extend_from_slice(&[b'\\', byte]),
                    byte => lines.push(byte),
                }
            }
            lines.push(b'"');
        }
        lines.push(b'\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_list_of_folders_is_split_where_git_joins_it() {
        let parts = |list: &str| {
            split(&OsString::from(list))
                .into_iter()
                .map(|part| part.into_string().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(parts("/a/b:/c d"), ["/a/b", "/c d"]);
        assert_eq!(parts("\"/a:b\\\"c\":/d::"), ["\"/a:b\\\"c\"", "/d"]);
        assert_eq!(parts("/a\"b:/c"), ["/a\"b", "/c"]);
        assert!(parts("").is_empty());
    }

    #[test]
    fn a_folder_whose_name_has_two_lines_is_one_line() {
        let lines = lines_of(&["/plain dir".into(), "/two\nlines".into(), "\"/quoted\"".into()]);
        assert_eq!(String::from_utf8(lines).unwrap(), "/plain dir\n\"/two\\nlines\"\n\"/quoted\"\n");
    }
}
