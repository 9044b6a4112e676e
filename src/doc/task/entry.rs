//! Typed access to the mappings of a list, such as the moves of a task.

use chrono::{DateTime, Utc};

use super::fields::{Fields, expected, moment};
use crate::doc::yaml::Node;
use crate::model::Problem;

/// What the mappings of a list are, for messages.
#[derive(Debug, Clone, Copy)]
pub(in crate::doc) struct EntryKind {
    /// The list's key.
    pub(in crate::doc) list: &'static str,
    /// What one of them is.
    pub(in crate::doc) one: &'static str,
    /// What several of them are.
    pub(in crate::doc) plural: &'static str,
    /// How one is written.
    pub(in crate::doc) example: &'static str,
}

/// One mapping of a list.
#[derive(Debug, Clone, Copy)]
pub(in crate::doc) struct Entry<'n> {
    kind: EntryKind,
    index: usize,
    pairs: &'n [(Node, Node)],
}

/// Returns the mappings of a list; a single mapping is a list of one. Whatever else stands there is reported.
pub(in crate::doc) fn entries<'d>(fields: &mut Fields<'d>, kind: EntryKind) -> Vec<Entry<'d>> {
    let nodes = match fields.value(kind.list) {
        None => return Vec::new(),
        Some(Node::List(nodes)) => nodes.as_slice(),
        Some(node @ Node::Map(_)) => std::slice::from_ref(node),
        Some(other) => {
            fields.report(kind.list, expected(&format!("a list of {}", kind.plural), other));
            return Vec::new();
        }
    };
    let mut found = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        match node {
            Node::Map(pairs) => found.push(Entry { kind, index, pairs }),
            other => {
                let what = format!("a {} such as `{}`", kind.one, kind.example);
                fields.report_item(kind.list, index, expected(&what, other));
            }
        }
    }
    found
}

impl<'n> Entry<'n> {
    /// Returns a field's value.
    pub(in crate::doc) fn value(&self, field: &str) -> Option<&'n Node> {
        self.pairs.iter().find(|(name, _)| name.as_text() == Some(field)).map(|(_, value)| value)
    }

    /// Returns a field's text as `read` understands it; its absence is a problem.
    pub(in crate::doc) fn required<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        self.read(fields, field, |node| node.as_text().ok_or_else(|| expected("text", node)).and_then(&read))
    }

    /// Returns a field's value as `read` understands it; its absence is a problem.
    pub(in crate::doc) fn read<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&'n Node) -> Result<T, Problem>,
    ) -> Option<T> {
        let result = match self.value(field) {
            None | Some(Node::Null) => Err(Problem::error(format!("the {} has no `{field}`", self.kind.one))),
            Some(node) => read(node),
        };
        result.map_err(|problem| self.report(fields, field, problem)).ok()
    }

    /// Returns a field's text as `read` understands it, unless it is absent or nothing.
    pub(in crate::doc) fn optional<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        self.value(field).filter(|node| **node != Node::Null)?;
        self.required(fields, field, read)
    }

    /// Returns the time that a field holds; its absence is a problem.
    pub(in crate::doc) fn moment(&self, fields: &mut Fields<'_>, field: &str) -> Option<DateTime<Utc>> {
        self.required(fields, field, moment)
    }

    /// Takes note of a problem with a field.
    pub(in crate::doc) fn report(&self, fields: &mut Fields<'_>, field: &str, problem: Problem) {
        fields.report_field(self.kind.list, self.index, field, problem);
    }
}
