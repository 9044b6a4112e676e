//! Directives of one message that cannot both be meant.

use super::{Action, Directive, DirectiveError, DirectiveErrorKind};

/// Finds the directives that contradict an earlier one.
pub(super) fn contradictions(directives: &[Directive]) -> Vec<DirectiveError> {
    let mut found = Vec::new();
    for (index, second) in directives.iter().enumerate() {
        let earlier = directives[..index].iter().filter(|first| first.task == second.task);
        let first = earlier.into_iter().find(|first| contradict(&first.action, &second.action));
        found.extend(first.map(|first| DirectiveError {
            line: second.line,
            key: second.action.word().to_owned(),
            kind: DirectiveErrorKind::Contradiction {
                task: second.task.clone(),
                first: first.action.word(),
                first_line: first.line,
                second: second.action.word(),
            },
        }));
    }
    found
}

fn contradict(a: &Action, b: &Action) -> bool {
    use Action::{Advance, Block, Fail, Unblock};
    match (a, b) {
        // A blocked task moves nowhere, so these leave it to chance which came first.
        (Advance, Fail(_) | Block(_)) | (Fail(_) | Block(_), Advance) => true,
        (Block(_), Unblock) | (Unblock, Block(_)) => true,
        (Fail(a), Fail(b)) | (Block(a), Block(b)) => a != b,
        _ => false,
    }
}
