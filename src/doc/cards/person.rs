//! Who a card is assigned to: the first of the names it gives.

use super::value;

/// An assignee as a card gives it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Assignee {
    /// The first name; none where nobody is assigned.
    pub(crate) first: Option<String>,
    /// The whole text, where it says more than the first name.
    pub(crate) whole: Option<String>,
}

/// Words for nobody.
const NOBODY: [&str; 8] = ["", "-", "—", "none", "nobody", "unassigned", "n/a", "tbd"];

/// Reads `CA (implementation), CC (test fixes)`: the first is `CA`.
pub(crate) fn read(text: &str) -> Assignee {
    let value = value::read(text);
    if value.exact {
        return Assignee { first: Some(value.text), whole: None };
    }
    if NOBODY.contains(&value.text.to_lowercase().as_str()) {
        return Assignee::default();
    }
    let end = [",", ";", " (", " & ", " and ", " + ", "/", "|"]
        .iter()
        .filter_map(|mark| value.text.find(mark))
        .min();
    let first = value.text[..end.unwrap_or(value.text.len())].trim();
    if first.is_empty() || first == value.text {
        return Assignee { first: Some(value.text), whole: None };
    }
    Assignee { first: Some(value::read(first).text), whole: Some(value.text) }
}

/// Writes an assignee so that [`read`] returns it.
pub(crate) fn write(name: &str) -> String {
    let same = Assignee { first: Some(name.to_owned()), whole: None };
    if value::is_plain(name) && read(name) == same { name.to_owned() } else { value::quote(name) }
}

#[cfg(test)]
mod tests {
    use super::{Assignee, read, write};

    #[test]
    fn the_first_of_several_is_assigned_and_the_rest_is_kept() {
        for text in [
            "CA (implementation), CC (test fixes)",
            "CA, CC",
            "CA & CC",
            "CA/CC",
            "CA (initial)",
            "CA and CC",
        ] {
            let whole = Some(text.to_owned());
            assert_eq!(read(text), Assignee { first: Some("CA".to_owned()), whole }, "{text}");
        }
        assert_eq!(read("Ada Lovelace").first.as_deref(), Some("Ada Lovelace"));
        assert_eq!(read("TBD"), Assignee::default());
        assert_eq!(read("`robot-2` (by script)").first.as_deref(), Some("robot-2"));
    }

    #[test]
    fn what_it_writes_it_reads() {
        for name in ["CA", "Ada Lovelace <ada@example.com>", "CA, CC", "none", "a\nb", "x (y)", "(y)", ""] {
            assert_eq!(
                read(&write(name)),
                Assignee { first: Some(name.to_owned()), whole: None },
                "{name:?}"
            );
        }
    }
}
