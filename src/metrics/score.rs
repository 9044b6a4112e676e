//! Four scores of a sprint with a grade: delivery, quality, collaboration, documentation. They follow from its figures and
//! from a rubric, and are off unless the configuration has one.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FigureName, Numbers, Percentiles, Value};
use crate::model::{FindingSeverity, ScoreRubric};

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreName {
    /// What of the scope was delivered.
    Delivery,
    /// Whether work was right the first time.
    Quality,
    /// Whether reviewers answered in time.
    Collaboration,
    /// Whether what was delivered is documented.
    Documentation,
}

impl ScoreName {
    /// All of them, in the order of the weights.
    pub const ALL: [Self; 4] = [Self::Delivery, Self::Quality, Self::Collaboration, Self::Documentation];

    /// What a person reads.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Delivery => "Delivery",
            Self::Quality => "Quality",
            Self::Collaboration => "Collaboration",
            Self::Documentation => "Documentation",
        }
    }

    /// How it is computed.
    #[must_use]
    pub fn formula(self) -> &'static str {
        match self {
            Self::Delivery => "delivered tasks, of the tasks in the scope at the end",
            Self::Quality => {
                "tasks whose first move out of a stage was a plain advance, of all that left one, all stages together; \
                 less 10 % for each critical or high finding that is open at the end"
            }
            Self::Collaboration => {
                "the highest of 50, 70, 85, 95 and 100 % of first votes that came within `answer_within`, of the \
                 slowest role"
            }
            Self::Documentation => {
                "documented tasks, of those finished whose pipeline has the documentation stage"
            }
        }
    }

    /// Returns it in thousandths; none where nothing is known of it.
    fn of(self, numbers: &Numbers, rubric: &ScoreRubric) -> Option<u32> {
        match self {
            Self::Delivery => share(numbers, FigureName::Delivery),
            Self::Documentation => share(numbers, FigureName::Documented),
            Self::Quality => quality(numbers),
            Self::Collaboration => {
                let within = i64::from(rubric.answer_within) * 60 * 60;
                let answered =
                    numbers.each(FigureName::SignoffLatency).filter_map(|figure| match &figure.value {
                        Value::Percentiles(found) => Some(answered_within(found, within)),
                        _ => None,
                    });
                answered.min()
            }
        }
    }
}

/// Parts of a whole in thousandths.
fn permille(part: u64, of: u64) -> Option<u32> {
    (of > 0).then(|| u32::try_from(part * 1000 / of).unwrap_or(1000).min(1000))
}

fn share(numbers: &Numbers, name: FigureName) -> Option<u32> {
    match numbers.figure(name)?.value {
        Value::Share { part, of } => permille(part, of),
        _ => None,
    }
}

fn quality(numbers: &Numbers) -> Option<u32> {
    let (mut passed, mut left) = (0, 0);
    for figure in numbers.each(FigureName::FirstPassYield) {
        if let Value::Share { part, of } = figure.value {
            (passed, left) = (passed + part, left + of);
        }
    }
    let is_bad = |of: &Option<String>| {
        let bad = [FindingSeverity::Critical, FindingSeverity::High];
        of.as_ref().is_some_and(|of| bad.iter().any(|severity| severity.as_str() == of))
    };
    let open = numbers.each(FigureName::FindingsOpen).filter(|figure| is_bad(&figure.of));
    let open: u64 = open.map(|figure| if let Value::Count(count) = figure.value { count } else { 0 }).sum();
    let less = u32::try_from(open.saturating_mul(100)).unwrap_or(u32::MAX);
    permille(passed, left).map(|passed| passed.saturating_sub(less))
}

fn answered_within(found: &Percentiles, seconds: i64) -> u32 {
    let marks = [(found.max, 1000), (found.p95, 950), (found.p85, 850), (found.p70, 700), (found.p50, 500)];
    marks.into_iter().find(|(value, _)| *value <= seconds).map_or(0, |(_, share)| share)
}

/// One score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Score {
    /// What it is about.
    pub name: &'static str,
    /// In thousandths; none where nothing is known of it, and then it does not count.
    pub value: Option<u32>,
    /// How much it counts beside the others.
    pub weight: u32,
    /// How it is computed.
    pub formula: &'static str,
}

/// The scores of a sprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Scores {
    /// Each score.
    pub scores: Vec<Score>,
    /// All together by their weights, and never more than the quality; none where nothing is known.
    pub total: Option<u32>,
    /// `A` to `D`, or `F`.
    pub grade: Option<char>,
    /// Whether the quality is all that keeps the total from being higher.
    pub is_capped: bool,
}

impl Scores {
    /// Scores the figures of a sprint.
    #[must_use]
    pub fn of(numbers: &Numbers, rubric: &ScoreRubric) -> Self {
        let score = |(name, weight): (ScoreName, u32)| Score {
            name: name.label(),
            value: name.of(numbers, rubric),
            weight,
            formula: name.formula(),
        };
        let scores: Vec<Score> = ScoreName::ALL.into_iter().zip(rubric.weights).map(score).collect();
        let known =
            || scores.iter().filter_map(|score| Some((u64::from(score.value?), u64::from(score.weight))));
        let weight: u64 = known().map(|(_, weight)| weight).sum();
        let sum: u64 = known().map(|(value, weight)| value * weight).sum();
        let all = (weight > 0).then(|| u32::try_from(sum / weight).unwrap_or(1000));
        let quality = ScoreName::Quality.of(numbers, rubric);
        let total = all.map(|all| quality.map_or(all, |quality| all.min(quality)));
        let grade = |total: u32| {
            let reached = rubric.grades.iter().position(|least| total >= least * 10);
            reached.and_then(|at| ['A', 'B', 'C', 'D'].get(at).copied()).unwrap_or('F')
        };
        Self { is_capped: total != all, grade: total.map(grade), total, scores }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Figure;

    fn figure(figure: FigureName, of: Option<&str>, value: Value) -> Figure {
        Figure { figure, of: of.map(str::to_owned), value, tasks: Vec::new(), missing: Vec::new() }
    }

    fn numbers(figures: Vec<Figure>) -> Numbers {
        let at = "2026-11-02T08:00:00Z".parse().unwrap();
        Numbers { formulas: 1, from: at, to: at, offset: "+00:00".to_owned(), figures }
    }

    fn sprint(open: u64) -> Numbers {
        let latency = Percentiles::of(vec![3_600, 7_200, 90_000]).unwrap();
        numbers(vec![
            figure(FigureName::Delivery, None, Value::Share { part: 7, of: 7 }),
            figure(FigureName::FirstPassYield, Some("dev"), Value::Share { part: 10, of: 10 }),
            figure(FigureName::FirstPassYield, Some("qa"), Value::Share { part: 9, of: 10 }),
            figure(FigureName::SignoffLatency, Some("reviewer"), Value::Percentiles(latency)),
            figure(FigureName::FindingsOpen, Some("high"), Value::Count(open)),
            figure(FigureName::Documented, None, Value::Share { part: 0, of: 0 }),
        ])
    }

    #[test]
    fn scores_follow_from_figures_and_what_is_unknown_does_not_count() {
        let scores = Scores::of(&sprint(0), &ScoreRubric::default());
        let values: Vec<_> = scores.scores.iter().map(|score| score.value).collect();
        assert_eq!(values, [Some(1000), Some(950), Some(500), None]);
        assert_eq!((scores.total, scores.grade, scores.is_capped), (Some(816), Some('B'), false));
    }

    #[test]
    fn the_grade_is_no_better_than_the_quality() {
        let rubric = ScoreRubric { answer_within: 48, ..ScoreRubric::default() };
        let scores = Scores::of(&sprint(3), &rubric);
        assert_eq!((scores.total, scores.grade, scores.is_capped), (Some(650), Some('D'), true));
        let none = Scores::of(&numbers(Vec::new()), &rubric);
        assert_eq!((none.total, none.grade, none.is_capped), (None, None, false));
    }
}
