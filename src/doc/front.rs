//! Front matter of documents that are no records: keys with their texts and lines, and the text below.

use super::Document;
use super::yaml::Node;
use crate::model::Problem;

/// The front matter of a document, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrontMatter {
    keys: Vec<(String, Vec<String>, usize)>,
    /// What is below it.
    pub(crate) body: String,
}

/// Reads a document that begins with front matter.
///
/// # Errors
/// Everything that is wrong with it, each problem with its line.
pub(crate) fn read_front_matter(text: &str) -> Result<FrontMatter, Vec<Problem>> {
    let document = Document::markdown(text.as_bytes())?;
    let keys = document.root().iter().filter_map(|(name, value)| {
        let name = name.as_text()?;
        Some((name.to_owned(), texts(value), document.line_of(name).unwrap_or(1)))
    });
    Ok(FrontMatter { keys: keys.collect(), body: document.body().to_owned() })
}

fn texts(node: &Node) -> Vec<String> {
    match node {
        Node::Null => Vec::new(),
        Node::List(items) => items.iter().flat_map(texts).collect(),
        node => vec![node.as_text().map_or_else(|| super::yaml::one_line(node), str::to_owned)],
    }
}

impl FrontMatter {
    /// Returns the first text of a key, unless it is blank.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.list(key).into_iter().next().filter(|text| !text.trim().is_empty())
    }

    /// Returns the texts of a key.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        self.keys.iter().find(|(name, ..)| name == key).map(|(_, texts, _)| texts.clone()).unwrap_or_default()
    }

    /// Returns the line of a key; the first where there is none.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.keys.iter().find(|(name, ..)| name == key).map_or(1, |(.., line)| *line)
    }

    /// Yields all keys with their texts and lines, in the document's order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, &[String], usize)> {
        self.keys.iter().map(|(name, texts, line)| (name.as_str(), texts.as_slice(), *line))
    }
}
