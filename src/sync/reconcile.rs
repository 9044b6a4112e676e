//! One field of a pair: what both sides last agreed on, what each has now, and what follows.

use std::collections::BTreeSet;

use super::lines::merge_lines;
use crate::model::{SyncField, SyncPolicy, SyncSide, SyncValue};

/// What a field is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// The value here.
    pub here: SyncValue,
    /// The value there.
    pub there: SyncValue,
    /// What both have agreed on; none where they have not, or never had.
    pub agreed: Option<SyncValue>,
    /// Whose value is in neither any more, as a whole, and the value.
    pub lost: Option<(SyncSide, SyncValue)>,
}

impl Reconciled {
    fn both(value: &SyncValue) -> Self {
        Self { here: value.clone(), there: value.clone(), agreed: Some(value.clone()), lost: None }
    }

    /// Whether a person has to decide.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.here != self.there
    }
}

/// Which side wins where both have changed one field; none where a person decides.
#[must_use]
pub fn winner(policy: SyncPolicy, newer: SyncSide) -> Option<SyncSide> {
    match policy {
        SyncPolicy::Ours => Some(SyncSide::Here),
        SyncPolicy::Theirs => Some(SyncSide::There),
        SyncPolicy::Newer => Some(newer),
        SyncPolicy::Ask => None,
    }
}

/// Reconciles one field.
#[must_use]
pub fn reconcile(
    field: SyncField,
    agreed: Option<&SyncValue>,
    here: &SyncValue,
    there: &SyncValue,
    winner: Option<SyncSide>,
) -> Reconciled {
    if here == there {
        return Reconciled::both(here);
    }
    match agreed {
        Some(agreed) if there == agreed => return Reconciled::both(here),
        Some(agreed) if here == agreed => return Reconciled::both(there),
        None if there.is_empty() => return Reconciled::both(here),
        None if here.is_empty() => return Reconciled::both(there),
        _ => {}
    }
    if let (SyncValue::Labels(here), SyncValue::Labels(there)) = (here, there) {
        let nothing = BTreeSet::new();
        let base = match agreed {
            Some(SyncValue::Labels(base)) => base,
            _ => &nothing,
        };
        return Reconciled::both(&SyncValue::Labels(merged_labels(base, here, there)));
    }
    if let (SyncField::Body, Some(SyncValue::Text(base)), SyncValue::Text(ours), SyncValue::Text(theirs)) =
        (field, agreed, here, there)
    {
        let merged = merge_lines(base, ours, theirs, winner.unwrap_or(SyncSide::Here));
        if !merged.is_conflict {
            return Reconciled::both(&SyncValue::Text(merged.text));
        }
        if let Some(winner) = winner {
            return Reconciled {
                lost: Some(loser(winner, here, there)),
                ..Reconciled::both(&SyncValue::Text(merged.text))
            };
        }
    }
    let Some(winner) = winner else {
        return Reconciled { here: here.clone(), there: there.clone(), agreed: agreed.cloned(), lost: None };
    };
    let kept = if winner == SyncSide::Here { here } else { there };
    Reconciled { lost: Some(loser(winner, here, there)), ..Reconciled::both(kept) }
}

fn loser(winner: SyncSide, here: &SyncValue, there: &SyncValue) -> (SyncSide, SyncValue) {
    match winner {
        SyncSide::Here => (SyncSide::There, there.clone()),
        SyncSide::There => (SyncSide::Here, here.clone()),
    }
}

/// What either side has added is there, what either has removed is not.
fn merged_labels(
    base: &BTreeSet<String>,
    here: &BTreeSet<String>,
    there: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_kept = |label: &&String| match base.contains(*label) {
        true => here.contains(*label) && there.contains(*label),
        false => true,
    };
    here.union(there).filter(is_kept).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{Reconciled, reconcile};
    use crate::model::{SyncField, SyncSide, SyncValue};

    fn labels(text: &str) -> SyncValue {
        SyncValue::Labels(text.split_whitespace().map(str::to_owned).collect())
    }

    fn title(base: Option<&str>, here: &str, there: &str, winner: Option<SyncSide>) -> Reconciled {
        let text = |text: &str| SyncValue::text(text);
        reconcile(SyncField::Title, base.map(text).as_ref(), &text(here), &text(there), winner)
    }

    #[test]
    fn what_one_side_changed_follows_it() {
        for (here, there) in [("a", "b"), ("b", "a"), ("b", "b")] {
            let found = title(Some("a"), here, there, None);
            assert_eq!(found, Reconciled::both(&SyncValue::text("b")));
        }
    }

    #[test]
    fn where_both_changed_one_value_the_other_is_kept_as_lost() {
        let found = title(Some("a"), "b", "c", Some(SyncSide::Here));
        assert_eq!((&found.here, &found.there), (&SyncValue::text("b"), &SyncValue::text("b")));
        assert_eq!(found.lost, Some((SyncSide::There, SyncValue::text("c"))));
        let found = title(Some("a"), "b", "c", Some(SyncSide::There));
        assert_eq!(found.lost, Some((SyncSide::Here, SyncValue::text("b"))));
        let found = title(Some("a"), "b", "c", None);
        assert!(found.is_conflict() && found.lost.is_none());
        assert_eq!(found.agreed, Some(SyncValue::text("a")));
    }

    #[test]
    fn a_pair_that_is_new_takes_what_only_one_side_has() {
        assert_eq!(title(None, "", "c", None), Reconciled::both(&SyncValue::text("c")));
        assert!(title(None, "b", "c", None).is_conflict());
        let found = reconcile(SyncField::Labels, None, &labels("x y"), &labels("y z"), None);
        assert_eq!(found, Reconciled::both(&labels("x y z")));
    }

    #[test]
    fn labels_are_added_and_removed_one_by_one() {
        let found =
            reconcile(SyncField::Labels, Some(&labels("a b c")), &labels("b c x"), &labels("a c y"), None);
        assert_eq!(found, Reconciled::both(&labels("c x y")));
    }

    #[test]
    fn texts_are_merged_by_line_and_only_the_same_lines_conflict() {
        let text = |text: &str| SyncValue::text(text);
        let body = |here: &str, there: &str, winner| {
            reconcile(SyncField::Body, Some(&text("a\nb\nc\n")), &text(here), &text(there), winner)
        };
        assert_eq!(body("A\nb\nc\n", "a\nb\nC\n", None), Reconciled::both(&text("A\nb\nC\n")));
        assert!(body("a\nB\nc\n", "a\nX\nc\n", None).is_conflict());
        let found = body("a\nB\nc\n", "a\nX\nc\nd\n", Some(SyncSide::Here));
        assert_eq!(found.there, text("a\nB\nc\nd\n"));
        assert_eq!(found.lost, Some((SyncSide::There, text("a\nX\nc\nd\n"))));
    }
}
