//! The configuration as a list of keys, for comparisons: whatever it says, known to this version or not.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::doc::source;
use crate::model::Problem;

/// Tables nested deeper are one value.
const DEEPEST: usize = 16;

/// Returns every value with its whole key, `stage.qa.signoffs`, as TOML writes it.
///
/// # Errors
/// Where it is no TOML.
pub fn config_values(bytes: &[u8]) -> Result<BTreeMap<String, String>, Vec<Problem>> {
    let text = source::plain_text(bytes)?;
    if text.len() > source::FRONT_MATTER_CAP {
        return Err(vec![Problem::error("the file is too long to be read").at_line(1)]);
    }
    let table = DeTable::parse(text).map_err(|error| {
        vec![
            Problem::error(error.message().trim().replace('\n', ", "))
                .at_line(error.span().map_or(1, |span| crate::doc::lines::number_at(text, span.start))),
        ]
    })?;
    let mut values = BTreeMap::new();
    collect("", table.get_ref(), &mut values, 0);
    Ok(values)
}

fn collect(path: &str, table: &DeTable<'_>, values: &mut BTreeMap<String, String>, depth: usize) {
    for (key, value) in table {
        let path =
            if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        value_at(path, value.get_ref(), values, depth);
    }
}

fn value_at(path: String, value: &DeValue<'_>, values: &mut BTreeMap<String, String>, depth: usize) {
    match value {
        DeValue::Table(table) if depth < DEEPEST => collect(&path, table, values, depth + 1),
        DeValue::Array(items)
            if depth < DEEPEST && items.iter().any(|item| item.get_ref().as_table().is_some()) =>
        {
            for (at, item) in items.iter().enumerate() {
                value_at(format!("{path}[{at}]"), item.get_ref(), values, depth + 1);
            }
        }
        value => {
            values.insert(path, written(value, depth));
        }
    }
}

fn written(value: &DeValue<'_>, depth: usize) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) if depth < DEEPEST => {
            let items: Vec<String> = items.iter().map(|item| written(item.get_ref(), depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Array(_) | DeValue::Table(_) => "…".to_owned(),
    }
}
