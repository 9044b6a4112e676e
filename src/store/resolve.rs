//! From what a person types to an id: the whole, what follows the hyphen, or the beginning of it.

use super::{Error, Result};
use crate::model::TaskId;

/// Reads a whole id in either case.
pub(super) fn whole_id(query: &str) -> Option<TaskId> {
    TaskId::parse(&query.to_ascii_uppercase()).ok()
}

/// What an id is looked for to do with its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A wrong guess shows another task.
    Read,
    /// A wrong guess changes another task.
    Write,
}

/// Characters of what follows the hyphen that a write needs, where these are not all of it.
const LEAST_TO_WRITE: usize = 3;

/// Finds the one id that a part means. The first of these that matches anything decides: all that follows the
/// hyphen, its beginning.
pub(super) fn part_of_id(query: &str, ids: &[TaskId], purpose: Purpose) -> Result<TaskId> {
    let part = query.to_ascii_uppercase();
    let own_part = part.rsplit_once('-').map_or(part.as_str(), |(_, own)| own);
    let is_too_short = purpose == Purpose::Write && own_part.chars().count() < LEAST_TO_WRITE;
    let meanings: [&dyn Fn(&TaskId) -> bool; 2] =
        [&|id| id.suffix() == part, &|id| id.suffix().starts_with(&part) || id.as_str().starts_with(&part)];
    let not_found = || Error::NotFound { query: query.to_owned(), nearest: nearest(&part, ids) };
    if part.is_empty() {
        return Err(not_found());
    }
    for (means, is_whole) in meanings.into_iter().zip([true, false]) {
        let mut matches = ids.iter().filter(|id| means(id));
        match (matches.next(), matches.next()) {
            (None, _) => {}
            (Some(id), None) if is_too_short && !is_whole => {
                return Err(Error::TooShort { query: query.to_owned(), meant: id.to_string() });
            }
            (Some(id), None) => return Ok(id.clone()),
            (Some(_), Some(_)) => {
                let matches = ids.iter().filter(|id| means(id)).map(ToString::to_string).collect();
                return Err(Error::Ambiguous { query: query.to_owned(), matches });
            }
        }
    }
    Err(not_found())
}

fn nearest(part: &str, ids: &[TaskId]) -> Option<String> {
    let texts: Vec<&str> =
        ids.iter().map(|id| if part.contains('-') { id.as_str() } else { id.suffix() }).collect();
    let close = *similar::get_close_matches(part, &texts, 1, 0.7).first()?;
    texts.iter().position(|text| *text == close).map(|at| ids[at].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<TaskId> {
        ["TASK-10", "TASK-7Q2M", "TASK-7Q9X", "WH-10", "WH-011"].map(|id| TaskId::parse(id).unwrap()).to_vec()
    }

    #[test]
    fn the_most_literal_meaning_wins() {
        let found = |part: &str| part_of_id(part, &ids(), Purpose::Read).map(|id| id.to_string());
        assert_eq!(found("7q2").unwrap(), "TASK-7Q2M");
        assert_eq!(found("wh-1").unwrap(), "WH-10");
        assert!(matches!(found("7q"), Err(Error::Ambiguous { matches, .. }) if matches.len() == 2));
        assert!(matches!(found("q9"), Err(Error::NotFound { .. })), "parts are matched from the front");
        assert!(matches!(found("10"), Err(Error::Ambiguous { .. })));
        assert!(matches!(found(""), Err(Error::NotFound { .. })));
    }

    #[test]
    fn a_write_needs_three_characters_or_all_of_them() {
        let found = |part: &str| part_of_id(part, &ids(), Purpose::Write).map(|id| id.to_string());
        assert_eq!(found("7q2").unwrap(), "TASK-7Q2M");
        assert_eq!(found("task-7q2").unwrap(), "TASK-7Q2M");
        assert_eq!(found("011").unwrap(), "WH-011");
        let ids = [TaskId::parse("TASK-1").unwrap(), TaskId::parse("TASK-20BE").unwrap()];
        let found = |part: &str| part_of_id(part, &ids, Purpose::Write);
        assert_eq!(found("1").unwrap().as_str(), "TASK-1");
        for part in ["2", "20", "task-2", "TASK-20"] {
            assert!(
                matches!(found(part), Err(Error::TooShort { meant, .. }) if meant == "TASK-20BE"),
                "{part}"
            );
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        let Err(Error::NotFound { nearest, .. }) = part_of_id("7q2n", &ids(), Purpose::Read) else {
            panic!("found")
        };
        assert_eq!(nearest.as_deref(), Some("TASK-7Q2M"));
    }
}
