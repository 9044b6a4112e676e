//! Many tasks to be created, from one YAML, JSON or JSON Lines text.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{source, yaml};
use crate::model::{Editing, Field, Problem};

/// Largest batch, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// A task to be created: what a person or an agent says of it, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What others of the same batch call it, as `@REF`.
    pub reference: Option<String>,
    /// An id of its own instead of a new one.
    pub id: Option<String>,
    /// One line.
    pub title: String,
    /// The other fields that `set` could change. Tasks are named by ids, parts of ids, or `@REF`.
    pub fields: BTreeMap<Field, Vec<String>>,
    /// Markdown.
    pub description: Option<String>,
    /// Deliverables, each a checkbox.
    pub deliverables: Vec<String>,
    /// Acceptance criteria, each a checkbox.
    pub criteria: Vec<String>,
    /// Whether the text has every section of a task card, also those of which nothing is given.
    pub has_all_sections: bool,
}

/// The sections of a task card that are filled in while the work goes on.
const OTHER_SECTIONS: [&str; 4] = ["Technical details", "Testing", "Blockers", "Next steps"];

impl Draft {
    /// Returns the Markdown of a new task: a section for each thing that was given.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = String::new();
        let mut section = |heading: &str, text: &str| {
            if !text.trim().is_empty() {
                body.push_str(&format!("\n## {heading}\n\n{}\n", text.trim()));
            } else if self.has_all_sections {
                body.push_str(&format!("\n## {heading}\n"));
            }
        };
        let one_line =
            |text: &String| format!("- [ ] {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
        let boxes = |items: &[String]| items.iter().map(one_line).collect::<Vec<_>>().join("\n");
        section("Description", self.description.as_deref().unwrap_or_default());
        section("Deliverables", &boxes(&self.deliverables));
        section("Acceptance criteria", &boxes(&self.criteria));
        for heading in OTHER_SECTIONS {
            section(heading, "");
        }
        body
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DraftVisitor)
    }
}

struct DraftVisitor;

impl<'de> Visitor<'de> for DraftVisitor {
    type Value = Draft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task: a mapping of fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Draft, A::Error> {
        let (mut draft, mut title) = (Draft::default(), None);
        let mut given = Vec::new();
        while let Some(key) = map.next_key::<Key>()? {
            if given.contains(&key) {
                return Err(A::Error::custom(format!("`{}` is given twice", key.name())));
            }
            given.push(key);
            match key {
                Key::Reference => draft.reference = map.next_value()?,
                Key::Id => draft.id = map.next_value()?,
                Key::Title => title = Some(map.next_value()?),
                Key::Description => draft.description = map.next_value()?,
                Key::Deliverables => draft.deliverables = map.next_value()?,
                Key::Criteria => draft.criteria = map.next_value()?,
                Key::Field(field) => {
                    let Values { mut values, is_list } = map.next_value()?;
                    if field.is_list() && !is_list {
                        let items = values.iter().flat_map(|text| text.split(','));
                        values = items.map(|item| item.trim().to_owned()).collect();
                    }
                    if values.len() > 1 && !field.is_list() {
                        return Err(A::Error::custom(format!("`{}` takes one value", field.key())));
                    }
                    draft.fields.insert(field, values);
                }
            }
        }
        draft.title = title.ok_or_else(|| A::Error::missing_field("title"))?;
        Ok(draft)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Reference,
    Id,
    Title,
    Description,
    Deliverables,
    Criteria,
    Field(Field),
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Reference => "ref",
            Self::Id => "id",
            Self::Title => "title",
            Self::Description => "description",
            Self::Deliverables => "deliverables",
            Self::Criteria => "criteria",
            Self::Field(field) => field.key(),
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            "ref" => Key::Reference,
            "id" => Key::Id,
            "title" => Key::Title,
            "description" => Key::Description,
            "deliverables" => Key::Deliverables,
            "criteria" => Key::Criteria,
            key => match Field::of_key(key).filter(|field| field.row().editing == Editing::Set) {
                Some(field) => Key::Field(field),
                None => return Err(E::custom(unknown(key))),
            },
        })
    }
}

fn unknown(key: &str) -> String {
    let fields = Field::settable().map(Field::key);
    let known: Vec<_> =
        ["ref", "id"].into_iter().chain(fields).chain(["description", "deliverables", "criteria"]).collect();
    format!("unknown field `{key}`, expected one of {}", known.join(", "))
}

/// One text, several, or none.
struct Values {
    values: Vec<String>,
    is_list: bool,
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Values, E> {
        Ok(Values { values: vec![text.to_owned()], is_list: false })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Values, E> {
        Ok(Values { values: vec![number.to_string()], is_list: false })
    }

    fn visit_unit<E>(self) -> Result<Values, E> {
        Ok(Values { values: Vec::new(), is_list: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(item) = items.next_element()? {
            values.push(item);
        }
        Ok(Values { values, is_list: true })
    }
}

/// Reads a batch: a list of tasks in YAML or JSON, or one JSON object per line.
///
/// # Errors
/// Every problem found, with its line where it is known.
pub fn read_batch(bytes: &[u8]) -> Result<Vec<Draft>, Vec<Problem>> {
    if bytes.len() > LARGEST {
        let message = format!("{} bytes; a batch has at most {LARGEST}", bytes.len());
        return Err(vec![Problem::error(message).with_hint("split it")]);
    }
    let text = source::plain_text(bytes)?;
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let drafts = if first.trim_start().starts_with('{') { json_lines(text)? } else { list(text)? };
    if drafts.is_empty() {
        return Err(vec![Problem::error("there is no task in it").with_hint("- title: What is to be done")]);
    }
    Ok(drafts)
}

fn json_lines(text: &str) -> Result<Vec<Draft>, Vec<Problem>> {
    let (mut drafts, mut problems) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(draft) => drafts.push(draft),
            Err(error) => problems.push(Problem::error(error.to_string()).at_line(at + 1)),
        }
    }
    if problems.is_empty() { Ok(drafts) } else { Err(problems) }
}

fn list(text: &str) -> Result<Vec<Draft>, Vec<Problem>> {
    if text.trim_start().starts_with('[')
        && let Ok(drafts) = serde_json::from_str(text)
    {
        return Ok(drafts);
    }
    yaml::parse(text).map_err(|failure| vec![Problem::error(failure.message).at_line(failure.line)])?;
    serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let hint = "a batch is a list: `- title: What is to be done`, or one JSON object per line";
        vec![Problem::error(error.to_string()).at_line(line).with_hint(hint)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_yaml_json_and_json_lines_alike() {
        let yaml = "- title: A\n  ref: a\n- title: B\n  depends_on: ['@a']\n";
        let json = r#"[{"title":"A","ref":"a"},{"title":"B","depends_on":["@a"]}]"#;
        let lines = "{\"title\":\"A\",\"ref\":\"a\"}\n\n{\"title\":\"B\",\"depends_on\":[\"@a\"]}\n";
        let drafts = read_batch(yaml.as_bytes()).unwrap();
        assert_eq!(drafts.len(), 2);
        assert_eq!(drafts, read_batch(json.as_bytes()).unwrap());
        assert_eq!(drafts, read_batch(lines.as_bytes()).unwrap());
    }

    #[test]
    fn a_field_that_is_given_twice_is_refused() {
        for text in [
            r#"[{"title":"A","title":"B"}]"#,
            "{\"title\":\"A\",\"title\":\"B\"}\n",
            r#"[{"title":"A","priority":"low","priority":"high"}]"#,
            "- title: A\n  title: B\n",
        ] {
            let problems = read_batch(text.as_bytes()).unwrap_err();
            let message = &problems[0].message;
            assert!(message.contains("twice") || message.contains("duplicate"), "{text}: {message}");
        }
    }

    #[test]
    fn a_misspelt_field_is_refused_with_its_line() {
        let problems = read_batch(b"- title: A\n- title: B\n  pritority: high\n").unwrap_err();
        assert!(problems[0].to_string().contains("pritority"), "{problems:?}");
        assert!(problems[0].line.is_some());
        let problems = read_batch(b"{\"title\":\"A\"}\n{\"titel\":\"B\"}\n").unwrap_err();
        assert_eq!(problems[0].line, Some(2));
    }
}
