//! What a text means that names other tasks: `Task Groups 1-3`, `1.1, 1.2`, `T005 and T007-T009`, `none`.

/// Most items of one range. More is a mistake, or malice.
const LONGEST_RANGE: u32 = 1000;

/// What a dependency names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// A group by its number.
    Group(u32),
    /// A task by its number or id, else a group.
    Task(String),
    /// All groups above.
    AllAbove,
}

/// What a text names, and the words of it that were not understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct References {
    pub(super) found: Vec<Reference>,
    pub(super) unread: Vec<String>,
}

/// Words before the numbers of groups.
const GROUPS: [&str; 12] = [
    "task groups",
    "task group",
    "groups",
    "group",
    "phases",
    "phase",
    "sections",
    "section",
    "milestones",
    "milestone",
    "steps",
    "step",
];
/// Words before the numbers of tasks.
const TASKS: [&str; 8] = ["subtasks", "subtask", "tasks", "task", "items", "item", "issues", "issue"];

/// Reads a text that names tasks.
pub(super) fn read(text: &str) -> References {
    let mut references = References::default();
    let plain = without_notes(text);
    let text = plain.trim().trim_matches(['*', '_', '`', '.']).trim();
    let lower = text.to_lowercase();
    if crate::doc::cards::value::is_placeholder(&lower) || lower == "nothing" || lower.starts_with("none") {
        return references;
    }
    if ["all previous", "all prior", "all above", "all preceding"]
        .iter()
        .any(|start| lower.starts_with(start))
    {
        references.found.push(Reference::AllAbove);
        return references;
    }
    let mut is_group = false;
    for part in text.split([',', ';', '&', '+']).flat_map(|part| part.split(" and ")) {
        let part =
            part.trim().trim_start_matches("and ").trim().trim_matches(['`', '*', '_', '.', '[', ']']).trim();
        if part.is_empty() {
            continue;
        }
        let name = match without_word(part, &GROUPS) {
            Some(rest) => {
                is_group = true;
                rest
            }
            None => match without_word(part, &TASKS) {
                Some(rest) => {
                    is_group = false;
                    rest
                }
                None => part,
            },
        };
        match range(name, is_group) {
            Some(found) => references.found.extend(found),
            None => references.unread.push(part.to_owned()),
        }
    }
    references
}

/// Leaves out what is between parentheses: `Task Group 1 (database)`.
fn without_notes(text: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

fn without_word<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    let lower = text.to_ascii_lowercase();
    let word = words
        .iter()
        .find(|word| lower.strip_prefix(*word).is_some_and(|rest| rest.starts_with([' ', '\t', '#'])))?;
    Some(text[word.len()..].trim_start_matches([' ', '\t', '#']))
}

/// Reads a number, an id, or a range of numbers that differ in their last part.
fn range(text: &str, is_group: bool) -> Option<Vec<Reference>> {
    let reference = |name: String| match name.parse() {
        Ok(number) if is_group => Reference::Group(number),
        _ => Reference::Task(name),
    };
    let name = text.trim_start_matches('#');
    if let Some((first, last)) = ends(name) {
        let (head, from) = numbered(first)?;
        let (last_head, to) = numbered(last)?;
        let same = last_head.is_empty() || last_head == head;
        let count = to.parse::<u32>().ok()?.checked_sub(from.parse().ok()?)?;
        if !same || count >= LONGEST_RANGE {
            return None;
        }
        let start: u32 = from.parse().ok()?;
        let one = |number: u32| reference(format!("{head}{number:0width$}", width = from.len()));
        return Some((start..=start + count).map(one).collect());
    }
    is_name(name).then(|| vec![reference(name.to_owned())])
}

/// Takes a range apart; an id with a hyphen, such as `WH-011`, is none.
fn ends(text: &str) -> Option<(&str, &str)> {
    let separators = ["–", "—", " to ", " through ", "..", " - ", "-"];
    let (first, last) = separators.iter().find_map(|separator| text.split_once(separator))?;
    let (first, last) = (first.trim(), last.trim());
    (numbered(first).is_some() && numbered(last).is_some()).then_some((first, last))
}

/// Splits a name into what is before its last number, and that number.
fn numbered(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (head, number) = text.split_at(text.len() - digits);
    let is_head = head.is_empty()
        || head.ends_with('.')
        || head.len() == 1 && head.starts_with(|c: char| c.is_ascii_alphabetic());
    (digits > 0 && digits < 8 && is_head && is_name(text)).then_some((head, number))
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    text.len() <= 100 && text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{Reference, read};

    fn found(text: &str) -> Vec<String> {
        let references = read(text);
        let shown = references.found.iter().map(|reference| match reference {
            Reference::Group(number) => format!("group {number}"),
            Reference::Task(name) => name.clone(),
            Reference::AllAbove => "all".to_owned(),
        });
        shown.chain(references.unread.iter().map(|word| format!("? {word}"))).collect()
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(found("Task Groups 1-3"), ["group 1", "group 2", "group 3"]);
        assert_eq!(found("Task Group 1 (database), 4 and 6"), ["group 1", "group 4", "group 6"]);
        assert_eq!(found("T005, T007-T009"), ["T005", "T007", "T008", "T009"]);
        assert_eq!(found("1.1, 1.3–1.4; Task 2"), ["1.1", "1.3", "1.4", "2"]);
        assert_eq!(found("WH-011 & #7"), ["WH-011", "7"]);
        assert_eq!(found("Phase 2, Task 3.1"), ["group 2", "3.1"]);
        assert_eq!(found("All previous task groups"), ["all"]);
        for none in ["None", "none (can start)", "-", "N/A", "**None**"] {
            assert_eq!(found(none), Vec::<String>::new(), "{none}");
        }
        assert_eq!(found("1-9999"), ["? 1-9999"]);
        assert_eq!(found("the design, 2"), ["2", "? the design"]);
    }
}
