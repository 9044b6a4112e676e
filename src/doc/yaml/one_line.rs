//! A parsed value on one line, for showing and for keys that the tracker only carries along.

use super::Node;
use super::scalar::{self, Place};

/// Writes a value as YAML on one line.
pub(in crate::doc) fn one_line(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Literal(text) => text.clone(),
        Node::Text(text) => scalar::text(text, Place::Flow),
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
