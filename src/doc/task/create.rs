//! A [`Task`] to a new file, in canonical form.

use super::fields::moment_text;
use crate::doc::yaml::scalar::{self, ScalarContext};
use crate::doc::yaml::{self, Node, one_line};
use crate::doc::{Edit, Scalar};
use crate::model::{Field, FieldKind, FieldValue, Move, Task, TaskId};

/// Writes a new task: keys in canonical order, absent ones left out, quotes only where they are needed. Unknown keys
/// are at the end of the plans: `history` is last, so that what is appended to it touches no other line. The body follows
/// as it is: begin it with an empty line.
#[must_use]
pub fn create_task(task: &Task) -> String {
    let mut out = Writer::default();
    let summary = task.summary();
    for field in Field::in_file() {
        if field == Field::Created {
            for (key, value) in task.unknown.iter().filter(|(key, _)| Field::of_key(key).is_none()) {
                out.unknown(key, value);
            }
        }
        out.field(field, &field.value(&summary), &task.history);
    }
    out.finish(&task.body)
}

/// Returns the keys and values of a history entry, in order.
fn pairs(step: &Move) -> Vec<(&'static str, Scalar)> {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let at = Scalar::Plain(moment_text(step.at));
    let mut pairs = vec![("at", at), ("by", text(&step.by))];
    pairs.extend(step.agent.as_deref().map(|agent| ("agent", text(agent))));
    pairs.extend([("from", text(step.from.as_str())), ("to", text(step.to.as_str()))]);
    pairs.extend(step.kind.key().map(|kind| ("kind", text(kind))));
    pairs.extend(step.why.as_deref().map(|why| ("why", text(why))));
    pairs.extend(step.signature.as_deref().map(|signature| ("signature", text(signature))));
    pairs
}

/// Returns what a signature of a move signs: the task, and all that its entry says.
#[must_use]
pub fn signed_move(task: &TaskId, step: &Move) -> String {
    let unsigned = Move { signature: None, ..step.clone() };
    let mut out = Writer::default();
    out.plain("task", task.as_str());
    out.history(std::slice::from_ref(&unsigned));
    out.finish_yaml()
}

/// Returns the edit that appends a move to a task's history.
#[must_use]
pub fn append_move(step: &Move) -> Edit {
    let entry = pairs(step).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Edit::Append { key: "history".to_owned(), entry }
}

/// Longest key, in bytes, that may be before its colon on one line; YAML allows 1024 characters.
const LONGEST_KEY: usize = 1000;

/// Writes front matter line by line.
#[derive(Debug, Default)]
pub(in crate::doc) struct Writer {
    lines: String,
}

impl Writer {
    fn field(&mut self, field: Field, value: &FieldValue<'_>, history: &[Move]) {
        let key = field.key();
        match (field.kind(), value) {
            (FieldKind::Moves, _) => self.history(history),
            (_, FieldValue::List(items)) => self.list(key, items.iter()),
            (FieldKind::Reason, value) => self.reason(key, value.as_text()),
            (FieldKind::Id | FieldKind::Task, FieldValue::Text(text)) => self.plain(key, text),
            (_, FieldValue::Text(text)) => self.text(key, Some(text)),
            (_, FieldValue::Missing) => {}
            (_, value) => self.plain(key, &value.to_string()),
        }
    }

    /// Writes a date, an id or a length.
    pub(in crate::doc) fn plain(&mut self, key: &str, text: &str) {
        self.line(key, &scalar::plain(text, ScalarContext::Block));
    }

    /// Writes a text, if there is one.
    pub(in crate::doc) fn text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.line(key, &scalar::text(text, ScalarContext::Block));
        }
    }

    /// Writes a text that may run over several lines, as a block where that contains it exactly.
    pub(in crate::doc) fn long(&mut self, key: &str, text: Option<&str>) {
        match text.filter(|text| text.contains('\n')).and_then(|text| scalar::block(text, "\n")) {
            Some(block) => self.line(key, &block),
            None => self.text(key, text),
        }
    }

    /// Writes a list of mappings, each on a line; the values are written already.
    pub(in crate::doc) fn mappings<'t>(
        &mut self,
        key: &str,
        mappings: impl Iterator<Item = Vec<(&'t str, String)>>,
    ) {
        let mut mappings = mappings.peekable();
        if mappings.peek().is_none() {
            return;
        }
        self.line(key, "");
        for mapping in mappings {
            let pairs: Vec<String> = mapping.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            self.lines.push_str(&format!("  - {{{}}}\n", pairs.join(", ")));
        }
    }

    /// Returns a document that is YAML and nothing else.
    pub(in crate::doc) fn finish_yaml(self) -> String {
        self.lines
    }

    /// Returns the document.
    pub(in crate::doc) fn finish(self, body: &str) -> String {
        format!("---\n{}---\n{body}", self.lines)
    }

    fn line(&mut self, key: &str, written: &str) {
        let name = scalar::text(key, ScalarContext::Block);
        if name.len() > LONGEST_KEY {
            self.lines.push_str("? ");
            self.lines.push_str(&name);
            self.lines.push('\n');
        } else {
            self.lines.push_str(&name);
        }
        self.lines.push(':');
        if !written.is_empty() {
            self.lines.push(' ');
            self.lines.push_str(written);
        }
        self.lines.push('\n');
    }

    /// Writes a list of texts on one line, unless it is empty.
    pub(in crate::doc) fn list<'t>(&mut self, key: &str, items: impl Iterator<Item = &'t str>) {
        let items: Vec<_> = items.map(|item| scalar::text(item, ScalarContext::Flow)).collect();
        if !items.is_empty() {
            self.line(key, &format!("[{}]", items.join(", ")));
        }
    }

    /// Writes a reason; an empty one is a bare `true`.
    fn reason(&mut self, key: &str, reason: Option<&str>) {
        match reason {
            Some("") => self.line(key, "true"),
            reason => self.text(key, reason),
        }
    }

    fn history(&mut self, history: &[Move]) {
        let written = |(key, value): (&'static str, Scalar)| (key, value.write(ScalarContext::Flow).text);
        self.mappings("history", history.iter().map(|step| pairs(step).into_iter().map(written).collect()));
    }

    /// Writes a key that the tracker does not know: as it is where that reads back the same, else in quotes.
    pub(in crate::doc) fn unknown(&mut self, key: &str, value: &str) {
        let reads_back = !value.contains('\n')
            && match yaml::parse(&format!("k: {value}\n")) {
                Ok(Node::Map(pairs)) => match &pairs[..] {
                    [(_, Node::Null)] => value.is_empty(),
                    [(_, node)] => {
                        node.as_text().map_or_else(|| one_line(node) == value, |text| text == value)
                    }
                    _ => false,
                },
                _ => false,
            };
        if reads_back { self.line(key, value) } else { self.text(key, Some(value)) }
    }
}

#[cfg(test)]
mod tests {
    use super::create_task;
    use crate::doc::read_task;

    #[test]
    fn writes_keys_of_any_length() {
        let mut task = read_task(b"---\nid: TASK-1\ntitle: x\n---\n").unwrap();
        task.unknown = vec![("k".repeat(5000), "v".to_owned()), ("\t".repeat(600), String::new())];
        assert_eq!(read_task(create_task(&task).as_bytes()).unwrap().unknown, task.unknown);
    }
}
