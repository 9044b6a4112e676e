//! A parsed YAML value, and how it is written on one line.

use super::scalar::{self, ScalarContext};

/// A YAML value, order kept, aliases expanded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::doc) enum Node {
    /// Nothing, `~` or `null`.
    Null,
    /// A plain number or boolean, as it is written: `007`, `1.10`, `True`.
    Literal(String),
    /// A string.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the file's order.
    Map(Vec<(Node, Node)>),
    /// A value with a tag of its own.
    Tagged(String, Box<Node>),
}

impl Node {
    /// Makes a string.
    pub(in crate::doc) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Returns what is written, for a scalar that is not null.
    pub(in crate::doc) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// Names the kind of value for a message.
    pub(in crate::doc) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Literal(_) => "a number or boolean",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Tagged(..) => "a tagged value",
        }
    }
}

/// Finds where `key:` is in the text of a mapping, in whatever style; a guess, good enough for a line number.
pub(in crate::doc) fn position_of_key(text: &str, key: &str) -> Option<usize> {
    positions_of_key(text, key).next()
}

/// Finds all places where `key:` seems to be.
pub(super) fn positions_of_key(text: &str, key: &str) -> impl Iterator<Item = usize> {
    let is_key = move |at: &usize| {
        let begins = text[..*at].chars().next_back().is_none_or(|c| " \t\n{,'\"".contains(c));
        begins && text[at + key.len()..].trim_start_matches(['"', '\'', ' ']).starts_with(':')
    };
    text.match_indices(key).map(|(at, _)| at).filter(is_key)
}

/// Writes a value as YAML on one line.
pub(in crate::doc) fn one_line(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Literal(text) => text.clone(),
        Node::Text(text) => scalar::text(text, ScalarContext::Flow),
        Node::List(items) => {
            let items: Vec<_> = items.iter().map(one_line).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Map(pairs) => {
            let pairs: Vec<_> =
                pairs.iter().map(|(key, value)| format!("{}: {}", one_line(key), one_line(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Node::Tagged(tag, inner) => format!("!{tag} {}", one_line(inner)),
    }
}
