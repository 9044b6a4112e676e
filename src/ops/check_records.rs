//! `check` without a range: whether every record of the working tree can be read.

use super::{Result, Session, doctor};
use crate::model::{GateRule, Level, Problem};
use crate::review::{Breach, Loose, RangeReview, Review, RuleOutcome, Verdict};

/// Judges the working tree: what the doctor finds is what is broken.
pub fn check_records(session: &Session<'_>) -> Result<(Review, Vec<Problem>)> {
    let diagnosis = doctor(session, false)?;
    let rule = GateRule::BrokenDocuments;
    let breach = |finding: super::Finding| {
        let level = if finding.is_error { Level::Error } else { Level::Warn };
        Breach {
            file: Some(finding.file),
            line: finding.line,
            mend: finding.hint,
            ..Breach::of(rule, level, finding.message)
        }
    };
    let breaches: Vec<Breach> = diagnosis.findings.into_iter().map(breach).collect();
    let errors = breaches.iter().filter(|breach| breach.is_error()).count();
    let warnings = breaches.len() - errors;
    let outcome = RuleOutcome {
        rule: rule.as_str().to_owned(),
        level: Level::Error.as_str().to_owned(),
        errors,
        warnings,
        remark: None,
    };
    let range = RangeReview {
        head: "working tree".to_owned(),
        policy: "the working tree".to_owned(),
        ..RangeReview::default()
    };
    let verdict = Verdict { rules: vec![outcome], breaches, errors, warnings };
    Ok((Review { range, tasks: Vec::new(), loose: Loose::default(), verdict }, Vec::new()))
}
