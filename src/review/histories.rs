//! What a range added to a task's history, and what it took away.

use crate::model::Move;

/// Returns the moves of `after` that `before` does not have, in order, each with its place in `after`.
///
/// Two branches' moves may stand between one another after a merge, so what was there before need not be a beginning:
/// it must be there in its order.
pub(super) fn added<'m>(before: &[Move], after: &'m [Move]) -> Vec<(usize, &'m Move)> {
    let mut waiting = before.iter().peekable();
    let is_new = |step: &&(usize, &Move)| waiting.next_if(|old| *old == step.1).is_none();
    let steps: Vec<(usize, &Move)> = after.iter().enumerate().collect();
    steps.iter().filter(is_new).copied().collect()
}

/// Returns the first move of `before` that `after` does not have in its place among the others.
pub(super) fn lost<'m>(before: &'m [Move], after: &[Move]) -> Option<&'m Move> {
    let mut rest = after.iter();
    before.iter().find(|old| !rest.any(|step| step == *old))
}

#[cfg(test)]
mod tests {
    use super::{added, lost};
    use crate::model::{Move, MoveKind, Stage};

    fn moves(names: &str) -> Vec<Move> {
        let step = |name: char| Move {
            at: chrono::DateTime::UNIX_EPOCH,
            by: name.to_string(),
            agent: None,
            from: Stage::none(),
            to: Stage::complete(),
            kind: MoveKind::Advance,
            why: None,
        };
        names.chars().map(step).collect()
    }

    fn names(moves: &[(usize, &Move)]) -> String {
        moves.iter().map(|(_, step)| step.by.as_str()).collect()
    }

    #[test]
    fn additions_are_told_apart_from_what_was_there() {
        for (before, after, expected) in
            [("", "ab", "ab"), ("ab", "abc", "c"), ("ab", "axb", "x"), ("ab", "ab", ""), ("a", "aa", "a")]
        {
            assert_eq!(names(&added(&moves(before), &moves(after))), expected, "{before} {after}");
            assert_eq!(lost(&moves(before), &moves(after)), None, "{before} {after}");
        }
    }

    #[test]
    fn what_is_lost_or_turned_round_is_found() {
        for (before, after, expected) in
            [("ab", "b", "a"), ("ab", "ba", "b"), ("abc", "ac", "b"), ("a", "", "a")]
        {
            let (before, after) = (moves(before), moves(after));
            assert_eq!(lost(&before, &after).map(|step| step.by.as_str()), Some(expected));
        }
    }
}
