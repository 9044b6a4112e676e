//! Sums of test and coverage reports: JUnit, lcov, Cobertura. A report that cannot be read whole is no evidence.

use super::findings::xml::{Element, Piece, Pieces};
use crate::model::{EvidenceCounts, Problem};

/// Counts the test cases of a JUnit report.
///
/// # Errors
/// Where it is no such report, is cut off, has no case, or contradicts itself: where a suite counts more cases or failures
/// than it has, a run was killed or a report cut short, and what is missing may have failed.
pub fn read_tests(bytes: &[u8]) -> Result<EvidenceCounts, Problem> {
    let text = String::from_utf8_lossy(bytes);
    let mut pieces = Pieces::of(&text);
    let (mut total, mut failed, mut skipped) = (0, 0, 0);
    let mut open: Vec<String> = Vec::new();
    let mut case = None::<(bool, bool)>;
    // What each suite that is open counts, and what was read before it began.
    let mut suites: Vec<(SuiteCounts, u64, u64)> = Vec::new();
    loop {
        match pieces.next()? {
            Piece::Open(element) => {
                match element.name.as_str() {
                    "testsuites" | "testsuite" => suites.push((SuiteCounts::of(&element), total, failed)),
                    "testcase" => case = Some((false, false)),
                    "failure" | "error" if open.last().is_some_and(|name| name == "testcase") => {
                        case = case.map(|(_, is_skipped)| (true, is_skipped));
                    }
                    "skipped" => case = case.map(|(has_failed, _)| (has_failed, true)),
                    _ => {}
                }
                open.push(element.name);
            }
            Piece::Close => match (open.pop().as_deref(), case) {
                (Some("testcase"), Some((has_failed, is_skipped))) => {
                    case = None;
                    total += 1;
                    failed += u64::from(has_failed);
                    skipped += u64::from(is_skipped && !has_failed);
                }
                (Some("testsuites" | "testsuite"), _) => {
                    if let Some((counts, cases, failures)) = suites.pop() {
                        counts.compare(total - cases, failed - failures)?;
                    }
                }
                _ => {}
            },
            Piece::Text(_) => {}
            Piece::End => break,
        }
    }
    if total == 0 {
        let hint = "nothing was tested; a run without tests is no evidence";
        return Err(Problem::error("has no test case").with_hint(hint));
    }
    Ok(EvidenceCounts::Tests { total, failed, skipped })
}

/// What a suite's own attributes count.
struct SuiteCounts {
    name: String,
    cases: u64,
    failures: u64,
}

impl SuiteCounts {
    fn of(element: &Element) -> Self {
        let count = |key: &str| element.get(key).and_then(|text| text.trim().parse().ok()).unwrap_or(0_u64);
        Self {
            name: element.get("name").unwrap_or_default().to_owned(),
            cases: count("tests"),
            failures: count("failures").saturating_add(count("errors")),
        }
    }

    /// Refuses a suite that counts more than it has. One that has more than it counts hides nothing.
    fn compare(&self, cases: u64, failures: u64) -> Result<(), Problem> {
        // A case may fail more than once, and some writers count each time.
        let hides_failures = self.failures > failures && (failures == 0 || self.failures > cases);
        if self.cases <= cases && !hides_failures {
            return Ok(());
        }
        let who =
            if self.name.is_empty() { "the report".to_owned() } else { format!("its suite {}", self.name) };
        let message = format!(
            "contradicts itself: {who} counts {} tests and {} failures, and has {cases} and {failures}",
            self.cases, self.failures
        );
        Err(Problem::error(message).with_hint("run the tests again, to their end"))
    }
}

/// Counts the lines of an lcov or a Cobertura report.
///
/// # Errors
/// Where it is neither, is cut off, or names no line that can be covered.
pub fn read_coverage(bytes: &[u8]) -> Result<EvidenceCounts, Problem> {
    let text = String::from_utf8_lossy(bytes);
    let (lines, covered) = if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        cobertura(&text)?
    } else {
        lcov(&text)?
    };
    if lines == 0 {
        return Err(Problem::error("names no line that can be covered")
            .with_hint("give a report in lcov's or Cobertura's form"));
    }
    Ok(EvidenceCounts::Coverage { lines, covered })
}

/// A file whose record does not sum its lines up is summed up line by line.
fn lcov(text: &str) -> Result<(u64, u64), Problem> {
    let (mut lines, mut covered) = (0, 0);
    let (mut own, mut sums, mut is_open) = ((0, 0), (None::<u64>, None::<u64>), false);
    for (at, line) in text.lines().enumerate() {
        let number = |text: &str| {
            text.trim().parse::<u64>().map_err(|_| Problem::error("is no lcov report").at_line(at + 1))
        };
        match line.trim().split_once(':') {
            Some(("SF", _)) => (own, sums, is_open) = ((0, 0), (None, None), true),
            Some(("DA", data)) => {
                let hits = number(data.split(',').nth(1).unwrap_or_default())?;
                own = (own.0 + 1, own.1 + u64::from(hits > 0));
            }
            Some(("LF", count)) => sums.0 = Some(number(count)?),
            Some(("LH", count)) => sums.1 = Some(number(count)?),
            _ if line.trim() == "end_of_record" => {
                lines += sums.0.unwrap_or(own.0);
                covered += sums.1.unwrap_or(own.1);
                is_open = false;
            }
            _ => {}
        }
    }
    if is_open {
        return Err(Problem::error("is cut off: the last file has no `end_of_record`"));
    }
    Ok((lines, covered))
}

fn cobertura(text: &str) -> Result<(u64, u64), Problem> {
    let mut pieces = Pieces::of(text);
    let mut root = None::<(u64, u64)>;
    let (mut lines, mut covered) = (0, 0);
    let mut open: Vec<String> = Vec::new();
    loop {
        match pieces.next()? {
            Piece::Open(element) => {
                let count = |key: &str| element.get(key).and_then(|text| text.parse::<u64>().ok());
                if open.is_empty() {
                    if element.name != "coverage" {
                        return Err(pieces.problem("is no coverage report: it begins with another element"));
                    }
                    root = count("lines-valid").zip(count("lines-covered"));
                }
                // Lines of methods are lines of their class, too.
                let is_of_class = open.last().is_some_and(|name| name == "lines")
                    && open.iter().rev().nth(1).is_some_and(|name| name == "class");
                if element.name == "line" && is_of_class {
                    lines += 1;
                    covered += u64::from(count("hits").is_some_and(|hits| hits > 0));
                }
                open.push(element.name);
            }
            Piece::Close => drop(open.pop()),
            Piece::Text(_) => {}
            Piece::End => break,
        }
    }
    Ok(root.unwrap_or((lines, covered)))
}

#[cfg(test)]
mod tests {
    use super::{read_coverage, read_tests};
    use crate::model::EvidenceCounts::{Coverage, Tests};

    #[test]
    fn counts_cases_once() {
        let text = r#"<testsuites><testsuite tests="4" errors="2"><testcase name="a"/><testcase name="b"><failure/><error/></testcase>
            <testcase name="c"><skipped/></testcase><testcase name="d"><rerunFailure/></testcase></testsuite></testsuites>"#;
        assert_eq!(read_tests(text.as_bytes()), Ok(Tests { total: 4, failed: 1, skipped: 1 }));
        for text in ["", "<testsuites/>", "<testsuite><testcase>", "no xml"] {
            assert!(read_tests(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_report_that_contradicts_itself_is_refused() {
        let case = r#"<testcase name="a"/>"#;
        for (counts, message) in [
            (r#"name="t" tests="10" failures="1" errors="1""#, "its suite t counts 10 tests and 2 failures"),
            (r#"tests="2""#, "the report counts 2 tests and 0 failures, and has 1 and 0"),
            (r#"tests="1" errors="1""#, "counts 1 tests and 1 failures, and has 1 and 0"),
        ] {
            let text = format!("<testsuite {counts}>{case}</testsuite>");
            let problem = read_tests(text.as_bytes()).unwrap_err();
            assert!(problem.message.contains(message), "{problem}");
        }
        let text =
            format!(r#"<testsuites tests="2"><testsuite tests="1">{case}</testsuite>{case}</testsuites>"#);
        assert_eq!(read_tests(text.as_bytes()), Ok(Tests { total: 2, failed: 0, skipped: 0 }));
    }

    #[test]
    fn counts_lines_of_either_form() {
        let lcov =
            "TN:\nSF:a.rs\nDA:1,3\nDA:2,0\nend_of_record\nSF:b.rs\nDA:1,1\nLF:10\nLH:7\nend_of_record\n";
        assert_eq!(read_coverage(lcov.as_bytes()), Ok(Coverage { lines: 12, covered: 8 }));
        let line = r#"<line number="1" hits="2"/><line number="2" hits="0"/>"#;
        let body = format!(
            "<packages><package><classes><class><methods><method><lines>{line}</lines></method></methods>\
                            <lines>{line}</lines></class></classes></package></packages>"
        );
        let plain = format!("<coverage>{body}</coverage>");
        assert_eq!(read_coverage(plain.as_bytes()), Ok(Coverage { lines: 2, covered: 1 }));
        let summed = format!(
            r#"<?xml version="1.0"?><coverage lines-valid="20" lines-covered="15">{body}</coverage>"#
        );
        assert_eq!(read_coverage(summed.as_bytes()), Ok(Coverage { lines: 20, covered: 15 }));
        for text in ["", "<html/>", "SF:a\nDA:1,1\n", "DA:1,x", "TN:\n"] {
            assert!(read_coverage(text.as_bytes()).is_err(), "{text}");
        }
    }
}
