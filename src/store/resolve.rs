//! From what a person types to an id: the whole, what follows the hyphen, its beginning. A part from the middle means none:
//! a slip of the keyboard must not find another task.

use super::{Error, Result};
use crate::model::TaskId;

/// Reads a whole id in either case.
pub(super) fn whole_id(query: &str) -> Option<TaskId> {
    TaskId::parse(&query.to_ascii_uppercase()).ok()
}

/// Finds the one id that a part means. The first of these that matches anything decides: all that follows the
/// hyphen, its beginning.
pub(super) fn part_of_id(query: &str, ids: &[TaskId]) -> Result<TaskId> {
    let part = query.to_ascii_uppercase();
    let meanings: [&dyn Fn(&TaskId) -> bool; 2] =
        [&|id| id.suffix() == part, &|id| id.suffix().starts_with(&part) || id.as_str().starts_with(&part)];
    let not_found = || Error::NotFound { query: query.to_owned(), nearest: nearest(&part, ids) };
    if part.is_empty() {
        return Err(not_found());
    }
    for means in meanings {
        let mut matches = ids.iter().filter(|id| means(id));
        match (matches.next(), matches.next()) {
            (None, _) => {}
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
        let found = |part: &str| part_of_id(part, &ids()).map(|id| id.to_string());
        assert_eq!(found("7q2").unwrap(), "TASK-7Q2M");
        assert_eq!(found("7q9").unwrap(), "TASK-7Q9X");
        assert!(matches!(found("q9"), Err(Error::NotFound { .. })));
        assert_eq!(found("wh-1").unwrap(), "WH-10");
        assert!(matches!(found("7q"), Err(Error::Ambiguous { matches, .. }) if matches.len() == 2));
        assert!(matches!(found("10"), Err(Error::Ambiguous { .. })));
        assert!(matches!(found(""), Err(Error::NotFound { .. })));
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        let Err(Error::NotFound { nearest, .. }) = part_of_id("7q2n", &ids()) else { panic!("found") };
        assert_eq!(nearest.as_deref(), Some("TASK-7Q2M"));
    }
}
