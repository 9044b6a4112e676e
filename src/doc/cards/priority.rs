//! The priority of a card: one of four words, or whatever a team writes.

use crate::model::Priority;

use super::{days, value};

/// A priority as a card gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The priority.
    pub(crate) priority: Priority,
    /// Whether the line says more.
    pub(crate) has_more: bool,
}

/// Reads the value of a priority line: the word, out of the marks around it.
pub(crate) fn read(text: &str) -> Option<Reading> {
    let read = value::read(text);
    if read.exact {
        return Some(Reading { priority: Priority::parse(&read.text), has_more: false });
    }
    if days::is_placeholder(&read.text) || read.text.contains('|') {
        return None;
    }
    let is_word = |c: char| c.is_alphanumeric();
    let start = read.text.find(is_word)?;
    let word = &read.text[start..];
    let (word, rest) = word.split_at(word.find(|c| !is_word(c)).unwrap_or(word.len()));
    match Priority::parse(word) {
        // What is not quoted as this program writes it is left for a person: no other command takes it.
        Priority::Unknown(_) => None,
        known => Some(Reading { priority: known, has_more: rest.contains(is_word) }),
    }
}

/// Writes a priority so that [`read`] returns it.
pub(crate) fn write(priority: &Priority) -> String {
    let text = match priority {
        Priority::Unknown(text) => text.clone(),
        known => known.as_str().to_uppercase(),
    };
    let same = Reading { priority: priority.clone(), has_more: false };
    if value::is_plain(&text) && read(&text) == Some(same) { text } else { value::quote(&text) }
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::model::Priority;

    #[test]
    fn reads_words_in_any_case_and_decoration() {
        for text in ["HIGH", "high", "🔴 High", "**High**", "High!"] {
            let reading = read(text).unwrap();
            assert_eq!((reading.priority, reading.has_more), (Priority::High, false), "{text}");
        }
        assert!(read("High (for now)").unwrap().has_more);
        assert_eq!(
            read(&super::value::quote("P1, soon")).unwrap().priority,
            Priority::Unknown("P1, soon".to_owned())
        );
        for text in ["P1", "P1, soon", "urgent", "", "LOW | MEDIUM | HIGH", "-", "🔴"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_it_writes_it_reads() {
        let unknown = |text: &str| Priority::Unknown(text.to_owned());
        for priority in
            [Priority::Low, Priority::Critical, unknown("P1"), unknown("a | b"), unknown(""), unknown("-")]
        {
            assert_eq!(read(&write(&priority)).unwrap().priority, priority);
        }
    }
}
