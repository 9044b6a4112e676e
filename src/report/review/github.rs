//! Workflow commands: lines that GitHub Actions shows as annotations on files.

use crate::model::RecordKind;
use std::fmt::Write as _;

use super::Failure;
use super::escape::visible;
use super::with_suggestion;
use crate::review::{Review, Violation};

/// GitHub shows this many of each kind for a step.
const SHOWN: usize = 10;
/// Longest message, in characters: GitHub cuts at 4 KiB.
const LONGEST: usize = 900;

/// Returns the violations as annotations: errors first, then warnings, then what was left out.
pub(super) fn github(review: &Review) -> String {
    let (errors, warnings): (Vec<&Violation>, Vec<&Violation>) =
        review.verdict.violations.iter().partition(|violation| violation.is_error());
    let mut out = String::new();
    for (kind, violations) in [("error", &errors), ("warning", &warnings)] {
        for violation in violations.iter().take(SHOWN) {
            annotate(kind, violation, &mut out);
        }
    }
    let left_out = errors.len().saturating_sub(SHOWN) + warnings.len().saturating_sub(SHOWN);
    if left_out > 0 {
        let _ = writeln!(
            out,
            "::notice title=tracker::{left_out} more are not annotated ({} errors and {} warnings in all); the \
             summary of the step has them",
            errors.len(),
            warnings.len()
        );
    }
    if errors.is_empty() && warnings.is_empty() {
        let (commits, tasks) = (review.range.commits, review.tasks.len());
        let missing = if review.verdict.awaits_approvals() { ", approvals missing" } else { "" };
        let _ = writeln!(
            out,
            "::notice title=tracker::all checks passed{missing} (commits: {commits}, tasks: {tasks})"
        );
    }
    out
}

/// Returns why nothing could be judged as one error, at its place where it has one.
pub(super) fn failure(failure: &Failure<'_>) -> String {
    let mut properties = Vec::new();
    if let Some((file, line)) = failure.place {
        properties.push(format!("file={}", property(&visible(file, LONGEST))));
        properties.push(format!("line={}", line.unwrap_or(1)));
    }
    properties.push(format!("title={}", property(&visible(failure.title, LONGEST))));
    let lines: Vec<String> = failure.lines.iter().take(SHOWN).map(|line| visible(line, LONGEST)).collect();
    format!("::error {}::{}\n", properties.join(","), data(&lines.join("\n")))
}

fn annotate(kind: &str, violation: &Violation, out: &mut String) {
    let mut properties = Vec::new();
    let of_task = || Some(format!("{}/{}.md", RecordKind::Task.folder(), violation.task.as_deref()?));
    if let Some(file) = violation.file.clone().or_else(of_task) {
        properties.push(format!("file={}", property(&visible(&file, LONGEST))));
        let line = violation.line.filter(|_| violation.file.is_some()).unwrap_or(1);
        properties.push(format!("line={line}"));
    }
    properties.push(format!("title={}", property(violation.rule.as_str())));
    let message = data(&with_suggestion(violation, "\n", LONGEST));
    let _ = writeln!(out, "::{kind} {}::{message}", properties.join(","));
}

/// Returns a text as the message of a command: it has no line end, so nothing in it begins another command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns a text as the value of a property: nor does it end the property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{GateRule, Level};
    use crate::policy::Fix;
    use crate::review::sample;

    /// Reads a line as a runner does: what is before the second `::` is the command and its properties, and what
    /// is escaped is put back, the per cent sign last.
    fn obeyed(line: &str) -> Option<(&str, BTreeMap<&str, String>, String)> {
        let (command, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        let (kind, properties) = command.split_once(' ').unwrap_or((command, ""));
        let plain = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
        let value = |text: &str| plain(text).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
        let properties = pairs.map(|(key, text)| (key, value(text))).collect();
        Some((kind, properties, plain(message).replace("%25", "%")))
    }

    proptest! {
        #[test]
        fn a_runner_reads_what_was_meant(
            file in "(?s).{0,20}", message in "(?s).{0,20}", suggestion in "(?s).{0,20}",
            evil in "(\\PC|[%:,;=#\\[\\]\r\n]|::error ::|%0A|%25|##\\[error\\]){0,12}",
        ) {
            let message = format!("{message}{evil}");
            let violation = Violation {
                file: Some(format!("{evil}{file}")),
                suggestion: Some(Fix::Advice(format!("{suggestion}{evil}"))),
                ..Violation::of(GateRule::Standards, Level::Error, message)
            };
            let shown = github(&sample::judged(sample::empty(), vec![violation.clone()]));
            prop_assert_eq!(shown.split(['\n', '\r']).filter(|line| !line.is_empty()).count(), 1);
            let (kind, properties, message) = obeyed(shown.trim_end_matches('\n')).unwrap();
            prop_assert_eq!(kind, "error");
            prop_assert_eq!(&properties["file"], &visible(&violation.file.clone().unwrap(), LONGEST));
            prop_assert_eq!(&properties["title"], "standards");
            let suggestion = visible(&violation.suggestion.clone().unwrap().to_string(), LONGEST);
            prop_assert_eq!(message, format!("{}\n{suggestion}", visible(&violation.summary(), LONGEST)));
        }
    }

    #[test]
    fn errors_come_first_each_at_its_file() {
        insta::assert_snapshot!(github(&sample::review()), @r#"
        ::error file=src/theme.rs,line=1,title=earned-moves::TASK-7Q2M left qa, and the vote of code-reviewer is stale: src/theme.rs changed after it%0Atracker approve TASK-7Q2M --as code-reviewer
        ::error file=.tracker/config.toml,line=12,title=policy-owners::.tracker/config.toml lowers the quorum of security-auditor; its owners have not voted
        ::warning title=linked-commits::9fc01aa "wip" belongs to no task%0Awrite `Task: ID` into its message
        "#);
        insta::assert_snapshot!(github(&sample::empty()), @"::notice title=tracker::all checks passed (commits: 0, tasks: 0)");
    }

    #[test]
    fn no_text_begins_another_command() {
        let evil = "x\n::stop-commands::y\r::add-mask::z%0A::error::%, a=b::";
        let violation = Violation {
            file: Some("a\n::error::b,c:d%0A".to_owned()),
            suggestion: Some(Fix::Advice(evil.to_owned())),
            task: Some(evil.to_owned()),
            ..Violation::of(GateRule::Commands, Level::Error, evil)
        };
        let shown = github(&sample::judged(sample::empty(), vec![violation]));
        assert_eq!(shown.lines().count(), 1, "{shown}");
        assert!(!shown.contains('\r'));
        let (properties, message) = shown.strip_prefix("::error ").unwrap().split_once("::").unwrap();
        let keys: Vec<&str> = properties.split(',').map(|part| part.split('=').next().unwrap()).collect();
        assert_eq!(keys, ["file", "line", "title"], "{shown}");
        assert!(properties.starts_with("file=a %3A%3Aerror%3A%3Ab%2Cc%3Ad%250A,"), "{shown}");
        assert!(message.contains("%250A") && message.contains("%0Ax ::stop-commands::y"), "{shown}");
    }

    #[test]
    fn what_stops_the_gate_is_one_command() {
        let lines = ["`x\r\n::warning::y` is not 100 % right", "##[error]: look, here"];
        let failed = |title, place, lines: &[&str]| failure(&Failure { title, place, lines });
        insta::assert_snapshot!(failed("tracker check", Some(("a,b:\n::c", Some(3))), &lines), @"::error file=a%2Cb%3A %3A%3Ac,line=3,title=tracker check::`x  ::warning::y` is not 100 %25 right%0A##[error]: look, here");
        assert_eq!(failed("tracker review", None, &["no"]), "::error title=tracker review::no\n");
    }

    #[test]
    fn no_more_than_github_shows() {
        let one =
            |level, at: usize| sample::violation(GateRule::Standards, level, None, &format!("number {at}"));
        let errors = (0..25).map(|at| one(Level::Error, at));
        let violations = errors.chain((0..11).map(|at| one(Level::Warn, at))).collect();
        let shown = github(&sample::judged(sample::empty(), violations));
        let count = |kind: &str| shown.lines().filter(|line| line.starts_with(kind)).count();
        assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 10, 1));
        assert!(
            shown.lines().last().unwrap().contains("16 more are not annotated (25 errors and 11 warnings")
        );
    }
}
