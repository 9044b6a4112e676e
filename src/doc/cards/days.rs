//! Days as people write them on a card, and values that say there is nothing.

use chrono::NaiveDate;

/// A day as a card gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    /// The day.
    pub(crate) day: NaiveDate,
    /// Whether the line says more than the day.
    pub(crate) has_more: bool,
}

/// Reads `2025-05-23`, also with more after it, and the usual long forms.
pub(crate) fn read(text: &str) -> Option<Day> {
    const LONG: [&str; 7] =
        ["%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"];
    let text = text.trim().trim_matches(['`', '*', '"']).trim();
    let (before, note) = text.split_once(" (").unwrap_or((text, ""));
    if let Some(day) = LONG.iter().find_map(|form| NaiveDate::parse_from_str(before.trim(), form).ok()) {
        return Some(Day { day, has_more: !note.is_empty() });
    }
    let (head, tail) = text.split_at_checked(10)?;
    let day = NaiveDate::parse_from_str(head, "%Y-%m-%d").ok()?;
    let ends = !tail.starts_with(|c: char| c.is_ascii_digit());
    ends.then_some(Day { day, has_more: tail.chars().any(char::is_alphanumeric) })
}

/// Whether a value says that there is none.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    matches!(text.as_str(), "" | "-" | "—" | "–" | "no" | "none" | "n/a" | "tbd" | "yyyy-mm-dd")
}

#[cfg(test)]
mod tests {
    use super::{is_placeholder, read};

    #[test]
    fn reads_the_usual_forms() {
        for text in ["2025-05-23", "2025/05/23", "23.05.2025", "May 23, 2025", "23 May 2025", "`2025-05-23`"]
        {
            let day = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((day.day.to_string().as_str(), day.has_more), ("2025-05-23", false), "{text}");
        }
        assert!(read("2025-05-23 (afternoon)").unwrap().has_more);
        assert!(read("May 23, 2025 (afternoon)").unwrap().has_more);
        assert!(read("2025-05-23T10:00:00Z").unwrap().has_more);
        for text in ["", "soon", "2025-13-01", "2025-05-231", "ééééééé"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn recognises_placeholders() {
        assert!(is_placeholder(" YYYY-MM-DD "));
        assert!(!is_placeholder("2025-05-23"));
    }
}
