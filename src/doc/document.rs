//! A parsed text that still knows where everything is.

use std::sync::OnceLock;

use super::source::{self, Kind, Source};
use super::yaml::entries::{self, Entry};
use super::yaml::{self, Node};
use super::{lines, recover};
use crate::model::Problem;

/// A document: its exact text, what its YAML says, and where each top-level entry is.
#[derive(Debug, Clone)]
pub struct Document {
    source: Source,
    root: Vec<(Node, Node)>,
    /// Keys of a broken document whose values could not be read.
    unread: Vec<String>,
    entries: OnceLock<Option<Vec<Entry>>>,
}

impl Document {
    /// Reads YAML front matter between two `---` lines and the Markdown below it.
    ///
    /// # Errors
    /// All that is wrong with the text, each problem with its line. The file is left for the caller to fill in.
    pub fn markdown(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        Self::whole(bytes, Kind::Markdown)
    }

    /// Reads a file that is one YAML mapping.
    ///
    /// # Errors
    /// As [`Document::markdown`].
    pub fn yaml(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        Self::whole(bytes, Kind::Yaml)
    }

    fn whole(bytes: &[u8], kind: Kind) -> Result<Self, Vec<Problem>> {
        let (document, problems) = Self::open(bytes, kind)?;
        if problems.is_empty() { Ok(document) } else { Err(problems) }
    }

    /// Reads what can be read: beside the problems there is a document of the entries that are sound.
    pub(super) fn open(bytes: &[u8], kind: Kind) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let source = source::check(bytes, kind)?;
        let front = &source.text[source.front.clone()];
        let (root, unread, problems) = match yaml::parse(front) {
            Ok(Node::Map(root)) => (root, Vec::new(), Vec::new()),
            Ok(Node::Null) => Default::default(),
            Ok(other) => {
                let message = format!("expected `key: value` lines, found {}", other.kind());
                let line = lines::number_at(&source.text, source.front.start);
                return Err(vec![Problem::error(message).at_line(line)]);
            }
            Err(failure) => {
                let found = recover::read(&source, &failure);
                (found.root, found.unread, found.problems)
            }
        };
        Ok((Self { source, root, unread, entries: OnceLock::new() }, problems))
    }

    /// Returns the exact text, a byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Returns the text below the front matter; empty where the whole file is YAML.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.source.text[self.source.body..]
    }

    /// Returns the line of the file, counted from 1, on which a top-level key is.
    #[must_use]
    pub fn line_of(&self, key: &str) -> Option<usize> {
        let start = match self.entry(key) {
            Some(entry) => entry.start,
            // Brackets around all keys, or another form that is not scanned.
            None if self.value(key).is_some() => {
                let front = self.source.front.clone();
                front.start + yaml::position_of_key(&self.text()[front], key)?
            }
            None => return None,
        };
        Some(lines::number_at(self.text(), start))
    }

    /// Returns the line on which the body begins, counted from 1.
    pub(super) fn body_line(&self) -> usize {
        lines::number_at(self.text(), self.source.body)
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn root(&self) -> &[(Node, Node)] {
        &self.root
    }

    pub(super) fn value(&self, key: &str) -> Option<&Node> {
        self.root.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Whether a key is there but could not be read.
    pub(super) fn is_unread(&self, key: &str) -> bool {
        self.unread.iter().any(|unread| unread == key)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        let scan = || entries::scan(&self.source.text, self.source.front.clone());
        self.entries.get_or_init(scan).as_ref()?.iter().find(|entry| entry.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn knows_its_lines() {
        let text =
            "\u{feff}---\r\n# head\r\nid: TASK-1\r\n\r\nquoted: \"a\r\n  b\"\r\nlast: x\r\n---\r\nbody\r\n";
        let document = Document::markdown(text.as_bytes()).unwrap();
        assert_eq!(document.text(), text);
        assert_eq!(document.body(), "body\r\n");
        let lines = ["id", "quoted", "last", "none"].map(|key| document.line_of(key));
        assert_eq!(lines, [Some(3), Some(5), Some(7), None]);
    }

    #[test]
    fn knows_lines_of_what_it_cannot_edit() {
        let document = Document::markdown(b"---\n{id: TASK-1,\n  title: x}\n---\n").unwrap();
        assert_eq!(document.line_of("title"), Some(3));
    }

    #[test]
    fn a_whole_file_of_yaml_has_no_body() {
        let document = Document::yaml(b"a: 1\nb: 2").unwrap();
        assert_eq!((document.body(), document.line_of("b")), ("", Some(2)));
        assert!(Document::yaml(b"").is_ok());
    }
}
