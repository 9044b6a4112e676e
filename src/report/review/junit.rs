//! A report of tests: each rule is a test, of the range and of each task.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::escape::visible;
use crate::model::Level;
use crate::review::{Review, RuleOutcome, Violation};

/// Longest text, in characters.
const LONGEST: usize = 1000;
/// Longest message, which is an attribute.
const LONGEST_MESSAGE: usize = 300;

/// Returns the verdict as a report of tests. A violation that shuts the gate is a failure, another is output.
pub(super) fn junit(review: &Review) -> String {
    let verdict = &review.verdict;
    let mut report = Report::new("tracker check");
    let known = |task: &str| review.tasks.iter().any(|known| known.id == task);
    let of_range = |violation: &&Violation| !violation.task.as_deref().is_some_and(known);
    let violations: Vec<&Violation> = verdict.violations.iter().filter(of_range).collect();
    let name = range_name(review);
    report.add_test_suite(suite(&name, "range", &verdict.rules, &violations));
    for task in &review.tasks {
        let own = verdict.violations.iter().filter(|violation| violation.task.as_ref() == Some(&task.id));
        let name =
            format!("{} {}", visible(&task.id, LONGEST_MESSAGE), visible(&task.title, LONGEST_MESSAGE));
        report.add_test_suite(suite(&name, &task.id, &verdict.rules, &own.collect::<Vec<_>>()));
    }
    report.to_string().expect("text that XML allows can be written to memory")
}

fn range_name(review: &Review) -> String {
    let base = review.range.base.as_ref().map_or_else(String::new, |base| format!("{base}.."));
    visible(&format!("{base}{}", review.range.head), LONGEST_MESSAGE)
}

fn suite(name: &str, class: &str, rules: &[RuleOutcome], violations: &[&Violation]) -> TestSuite {
    let is_range = class == "range";
    let mut suite = TestSuite::new(name);
    for rule in rules {
        let is_off = rule.level == Level::Off;
        if is_off && !is_range {
            continue;
        }
        let own: Vec<&Violation> =
            violations.iter().filter(|violation| violation.rule == rule.rule.into()).copied().collect();
        let mut case = TestCase::new(rule.rule.as_str(), status(rule, &own, is_off));
        case.set_classname(format!("tracker.{}", visible(class, LONGEST_MESSAGE)));
        let warnings: Vec<&Violation> = own.into_iter().filter(|violation| !violation.is_error()).collect();
        let status = rule.status.as_deref().filter(|_| is_range).map(|status| visible(status, LONGEST));
        let out: Vec<String> = status.into_iter().chain(warnings.into_iter().map(message)).collect();
        if !out.is_empty() {
            case.set_system_out(out.join("\n"));
        }
        suite.add_test_case(case);
    }
    suite
}

fn status(rule: &RuleOutcome, violations: &[&Violation], is_off: bool) -> TestCaseStatus {
    let errors: Vec<&&Violation> = violations.iter().filter(|violation| violation.is_error()).collect();
    let Some(first) = errors.first() else {
        return if is_off { TestCaseStatus::skipped() } else { TestCaseStatus::success() };
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let more = if errors.len() > 1 { format!(" (and {} more)", errors.len() - 1) } else { String::new() };
    status.set_message(format!("{}{more}", visible(&first.summary(), LONGEST_MESSAGE)));
    status.set_type(rule.rule.as_str());
    status.set_description(
        errors.into_iter().map(|violation| message(violation)).collect::<Vec<_>>().join("\n"),
    );
    status
}

/// Returns a violation in words: what, where, and what fixes it.
fn message(violation: &Violation) -> String {
    let place = violation.file.as_deref().map(|file| {
        let line = violation.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("\n  {}{line}", visible(file, LONGEST))
    });
    let suggestion = violation.suggestion.as_ref();
    let suggestion = suggestion.map(|fix| format!("\n  {}", visible(&fix.to_string(), LONGEST)));
    format!(
        "{}{}{}",
        visible(&violation.summary(), LONGEST),
        place.unwrap_or_default(),
        suggestion.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GateRule;
    use crate::review::sample;

    /// Reads what is printed with the crate that wrote it: the same must come out.
    fn read_back(text: &str) -> Report {
        let report = Report::deserialize_from_str(text).unwrap();
        assert_eq!(report.to_string().unwrap(), text);
        report
    }

    #[test]
    fn every_rule_is_a_test_of_the_range_and_of_each_task() {
        let text = junit(&sample::review());
        let read = read_back(&text);
        assert_eq!((read.name.unwrap().as_str(), read.failures), ("tracker check", 2));
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!((root.tag_name().name(), root.attribute("failures")), ("testsuites", Some("2")));
        let suites: Vec<_> = root.children().filter(|node| node.has_tag_name("testsuite")).collect();
        let names: Vec<_> = suites.iter().map(|suite| suite.attribute("name").unwrap()).collect();
        assert_eq!(
            names,
            [
                "origin/main..dark-mode",
                "TASK-3F8K One colour table",
                "TASK-7Q2M Add dark mode to the dashboard"
            ]
        );
        let count = |at: usize, key: &str| suites[at].attribute(key).unwrap().parse::<usize>().unwrap();
        assert_eq!([count(0, "tests"), count(1, "tests")], [GateRule::ALL.len(), GateRule::ALL.len() - 1]);
        assert_eq!([0, 1, 2].map(|at| count(at, "failures")), [1, 0, 1]);
        let failure = suites[2].descendants().find(|node| node.has_tag_name("failure")).unwrap();
        assert!(failure.attribute("message").unwrap().contains("is stale"));
        assert!(failure.text().unwrap().contains("tracker approve TASK-7Q2M --as code-reviewer"));
        let out: Vec<_> = suites[0].descendants().filter(|node| node.has_tag_name("system-out")).collect();
        assert!(out.iter().any(|node| node.text().unwrap().contains("belongs to no task")));
    }

    #[test]
    fn what_xml_forbids_is_left_out() {
        let evil = "]]></failure><evil/>\u{0}\u{b}\u{1b}[2J\u{fffe}\u{ffff}&amp;<!--\"'";
        let mut review = sample::review();
        review.tasks[0].title = evil.to_owned();
        review.range.head = evil.to_owned();
        let violation = sample::violation(GateRule::Standards, Level::Error, Some("TASK-3F8K"), evil);
        let text = junit(&sample::judged(review, vec![violation]));
        read_back(&text);
        let document = roxmltree::Document::parse(&text).unwrap();
        assert!(document.descendants().all(|node| !node.has_tag_name("evil")));
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
        assert!(failure.text().unwrap().contains("]]></failure><evil/>"), "{text}");
    }
}
