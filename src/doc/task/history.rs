//! The moves in a task's `history`.

use super::fields::{Fields, expected, moment};
use super::read::stage;
use crate::doc::yaml::Node;
use crate::model::{Move, Problem, Stage};

const KEY: &str = "history";

/// Reads all moves that can be read; what is wrong with the others is reported with the entry and its field.
pub(super) fn read_history(fields: &mut Fields<'_>) -> Vec<Move> {
    let nodes = match fields.value(KEY) {
        None => return Vec::new(),
        Some(Node::List(nodes)) => nodes.as_slice(),
        Some(node @ Node::Map(_)) => std::slice::from_ref(node),
        Some(other) => {
            fields.report(KEY, expected("a list of moves", other));
            return Vec::new();
        }
    };
    let read = |(index, node): (usize, &_)| match node {
        Node::Map(pairs) => Entry { index, pairs }.read(fields),
        other => {
            fields.report_item(
                KEY,
                index,
                expected("a move such as `{at: …, by: …, from: …, to: …}`", other),
            );
            None
        }
    };
    nodes.iter().enumerate().filter_map(read).collect()
}

struct Entry<'n> {
    index: usize,
    pairs: &'n [(Node, Node)],
}

impl Entry<'_> {
    fn read(&self, fields: &mut Fields<'_>) -> Option<Move> {
        let at = self.parsed(fields, "at", moment);
        let by = self.parsed(fields, "by", |text| Ok(text.to_owned()));
        let from: Option<Stage> = self.parsed(fields, "from", stage);
        let to = self.parsed(fields, "to", stage);
        let why = self.value("why").and_then(Node::as_text).map(str::to_owned);
        Some(Move { at: at?, by: by?, from: from?, to: to?, why })
    }

    fn value(&self, field: &str) -> Option<&Node> {
        self.pairs.iter().find(|(name, _)| name.as_text() == Some(field)).map(|(_, value)| value)
    }

    fn parsed<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let result = match self.value(field) {
            None | Some(Node::Null) => Err(Problem::error(format!("the move has no `{field}`"))),
            Some(node) => node.as_text().ok_or_else(|| expected("text", node)).and_then(read),
        };
        result.map_err(|problem| fields.report_field(KEY, self.index, field, problem)).ok()
    }
}
