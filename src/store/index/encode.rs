//! Records to an index.

use super::bytes::Writer;
use super::fields::Field;
use super::layout;
use super::record::{Key, Record};

/// Returns the bytes of an index of these records, which come sorted by name; none if they are too many.
pub(in crate::store) fn encode(entries: &[(Key<'_>, Record<'_>)]) -> Option<Vec<u8>> {
    let (mut rows, mut names, mut records) = (Vec::new(), String::new(), Writer::default());
    for (key, record) in entries {
        names.push_str(key.name);
        record.write(&mut records);
        rows.extend_from_slice(&key.stat.to_bytes());
        // In the order of `Part`.
        for end in [names.len(), records.numbers.len(), records.text.len()] {
            rows.extend_from_slice(&u32::try_from(end).ok()?.to_le_bytes());
        }
    }
    let Writer { numbers, text } = records;
    let mut bytes = layout::header(entries.len(), numbers.len(), names.len(), text.len())?;
    for part in [&rows, &numbers, names.as_bytes(), text.as_bytes()] {
        bytes.extend_from_slice(part);
    }
    layout::seal(&mut bytes);
    Some(bytes)
}
