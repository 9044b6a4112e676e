//! JUnit XML, in the dialects of pytest, cargo-nextest, Maven and their like: a test that failed or could not run
//! is a finding, and so is a failure that is counted and not shown.

use std::collections::{BTreeSet, HashMap};

use super::found::{Found, ToolReport};
use super::xml::{Element, Piece, Pieces};
use super::{ReportFormat, place, text};
use crate::model::{FindingSeverity, Problem};

/// What the tool of these findings is called: the format does not tell.
const TOOL: &str = "junit";

/// Reads a report. What a program printed may hold bytes that are no text, known by their places; names may not.
pub(super) fn read(text: &str, replaced: &[usize], top: &str) -> Result<ToolReport, Problem> {
    let mut reading = Reading::of(top);
    let mut pieces = Pieces::of(text);
    let mut replaced = replaced.iter().copied().peekable();
    loop {
        let piece = pieces.next()?;
        let is_printed = matches!(piece, Piece::Text(_)) && reading.is_in_printed_text();
        while let Some(offset) = replaced.next_if(|offset| *offset < pieces.position()) {
            if !is_printed {
                return Err(text::not_utf8(text, offset));
            }
        }
        match piece {
            Piece::Open(element) => reading.open(element).map_err(|why| pieces.problem(&why))?,
            Piece::Close => reading.close(),
            Piece::Text(text) => reading.text(&text),
            Piece::End => break,
        }
    }
    if reading.cases == 0 {
        let hint = "nothing was tested; a run without tests is no pass";
        return Err(Problem::error("has no test case").with_hint(hint));
    }
    let mut report = ToolReport::of(ReportFormat::Junit);
    report.tools.push(TOOL.to_owned());
    report.found = reading.failed.iter().map(Failed::to_found).chain(reading.miscounted).collect();
    report.passed = Some(reading.passed);
    report.left_out = reading.skipped;
    Ok(report)
}

/// What is being read.
#[derive(Default)]
struct Reading<'t> {
    top: &'t str,
    open: Vec<Open>,
    cases: usize,
    skipped: usize,
    passed: BTreeSet<String>,
    failed: Vec<Failed>,
    /// Where in `failed` what has this id, file and line is.
    places: HashMap<(String, Option<String>, Option<u32>), usize>,
    miscounted: Vec<Found>,
}

/// An element that has not ended.
enum Open {
    Suite { name: String, counted: u64, shown: u64 },
    Case(Case),
    Failure { element: Element, text: String },
    Output,
    Other,
}

#[derive(Clone)]
struct Case {
    id: String,
    name: String,
    file: Option<String>,
    line: Option<u32>,
    failed: bool,
    skipped: bool,
}

/// A test, or a suite itself, with all its failures: one test may have several, in one element or in several.
struct Failed {
    id: String,
    file: Option<String>,
    line: Option<u32>,
    failures: Vec<Failure>,
}

#[derive(PartialEq, Eq)]
struct Failure {
    summary: String,
    text: String,
}

impl Failed {
    fn to_found(&self) -> Found {
        let summaries: Vec<&str> = self.failures.iter().map(|failure| failure.summary.as_str()).collect();
        // Texts may be long, and are cut off: what failed comes first.
        let texts = self.failures.iter().map(|failure| failure.text.trim_matches('\n'));
        let all: Vec<&str> =
            summaries.iter().copied().chain(texts.filter(|text| !text.trim().is_empty())).collect();
        let title = match summaries.len() {
            1 => None,
            count => Some(format!("{} (and {} more)", summaries[0], count - 1)),
        };
        Found::new(TOOL, FindingSeverity::High, &all.join("\n"))
            .titled(title)
            .marked(Some(self.id.clone()))
            .at(self.file.clone(), self.line)
    }
}

impl<'t> Reading<'t> {
    fn of(top: &'t str) -> Self {
        Self { top, ..Self::default() }
    }

    fn open(&mut self, element: Element) -> Result<(), String> {
        if self.open.is_empty() && !matches!(element.name.as_str(), "testsuites" | "testsuite") {
            let name: String = element.name.chars().take(40).collect();
            return Err(format!(
                "is no JUnit report: it begins with `{name}`, not with `testsuites` or `testsuite`"
            ));
        }
        let is_in = |kind: fn(&Open) -> bool| self.open.last().is_some_and(kind);
        let opened = match element.name.as_str() {
            "testsuites" | "testsuite"
                if self.open.is_empty() || is_in(|open| matches!(open, Open::Suite { .. })) =>
            {
                let counted = count(&element, "failures")?.saturating_add(count(&element, "errors")?);
                Open::Suite { name: element.get("name").unwrap_or_default().to_owned(), counted, shown: 0 }
            }
            "testcase" if is_in(|open| matches!(open, Open::Suite { .. })) => Open::Case(self.case(&element)),
            "failure" | "error" if is_in(|open| matches!(open, Open::Suite { .. } | Open::Case(_))) => {
                Open::Failure { element, text: String::new() }
            }
            "system-out" | "system-err" => Open::Output,
            "skipped" => {
                if let Some(Open::Case(case)) = self.open.last_mut() {
                    case.skipped = true;
                }
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push(opened);
        Ok(())
    }

    fn case(&self, element: &Element) -> Case {
        let suite = self.suite_name();
        let class = element.get("classname").or(Some(suite).filter(|name| !name.is_empty()));
        let name = element.get("name").unwrap_or("a test without a name").to_owned();
        Case {
            id: class.map_or_else(|| name.clone(), |class| format!("{class}::{name}")),
            name,
            file: element.get("file").map(|file| place::of_path(file, self.top)),
            line: element.get("line").and_then(|line| line.parse().ok()),
            failed: false,
            skipped: false,
        }
    }

    fn suite_name(&self) -> &str {
        let named = self.open.iter().rev().find_map(|open| match open {
            Open::Suite { name, .. } if !name.is_empty() => Some(name.as_str()),
            _ => None,
        });
        named.unwrap_or_default()
    }

    fn is_in_printed_text(&self) -> bool {
        matches!(self.open.last(), Some(Open::Output | Open::Failure { .. }))
    }

    fn text(&mut self, more: &str) {
        if let Some(Open::Failure { text, .. }) = self.open.last_mut() {
            text.push_str(more);
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Failure { element, text }) => self.failure(&element, &text),
            Some(Open::Case(case)) => {
                self.cases += 1;
                self.skipped += usize::from(case.skipped && !case.failed);
                if !case.failed && !case.skipped {
                    self.passed.insert(case.id);
                }
            }
            Some(Open::Suite { name, counted, shown }) => self.suite(&name, counted, shown),
            Some(Open::Output | Open::Other) | None => {}
        }
    }

    fn failure(&mut self, element: &Element, text: &str) {
        for open in &mut self.open {
            if let Open::Suite { shown, .. } = open {
                *shown += 1;
            }
        }
        let message = element.get("message").or(text.trim().lines().next()).or(element.get("type"));
        let message = message
            .filter(|message| !message.is_empty())
            .unwrap_or("failed")
            .lines()
            .next()
            .unwrap_or_default();
        let (id, name, file, line) = match self.open.last_mut() {
            Some(Open::Case(case)) => {
                case.failed = true;
                (case.id.clone(), case.name.clone(), case.file.clone(), case.line)
            }
            _ => (self.suite_name().to_owned(), format!("suite {}", self.suite_name()), None, None),
        };
        let failure = Failure { summary: format!("{name}: {message}"), text: text.to_owned() };
        let place = *self.places.entry((id.clone(), file.clone(), line)).or_insert(self.failed.len());
        if place == self.failed.len() {
            self.failed.push(Failed { id, file, line, failures: Vec::new() });
        }
        let failures = &mut self.failed[place].failures;
        if !failures.contains(&failure) {
            failures.push(failure);
        }
    }

    /// Compares what a suite counts against what it shows. What it fails to show, the suites around it need not show.
    fn suite(&mut self, name: &str, counted: u64, shown: u64) {
        let missing = counted.saturating_sub(shown);
        if missing == 0 {
            return;
        }
        for open in &mut self.open {
            if let Open::Suite { shown, .. } = open {
                *shown += missing;
            }
        }
        let who = if name.is_empty() { "the report".to_owned() } else { format!("suite {name}") };
        let message = format!("{who} counts {counted} failures and errors, and {shown} are shown");
        let found = Found::new(TOOL, FindingSeverity::High, &message).of_rule(Some("counts"));
        self.miscounted.push(found.marked(Some(format!("{name} counts"))));
    }
}

fn count(element: &Element, key: &str) -> Result<u64, String> {
    let Some(text) = element.get(key) else { return Ok(0) };
    text.parse().map_err(|_| format!("`{key}` of `{}` is no number", element.name))
}

#[cfg(test)]
mod tests {
    use crate::import::findings::read;
    use crate::import::findings::tests::{refusal, report};

    #[test]
    fn failures_and_errors_are_findings_and_skipped_tests_are_not() {
        let report = report(
            "<?xml version=\"1.0\"?><testsuites><testsuite name=\"s\" failures=\"1\" errors=\"1\" tests=\"4\">\
             <testcase classname=\"a.B\" name=\"one\" file=\"tests/b.py\" line=\"7\"><failure message=\"1 != 2\">\n\
             &lt;assert&gt; &#65;<![CDATA[ & more]]></failure></testcase>\
             <testcase classname=\"a.B\" name=\"two\"><error type=\"OSError\"/></testcase>\
             <testcase classname=\"a.B\" name=\"three\"><skipped/></testcase>\
             <testcase classname=\"a.B\" name=\"four\"><system-out>failure</system-out></testcase>\
             </testsuite></testsuites>",
        );
        let shown: Vec<_> =
            report.found.iter().map(|found| (found.title.as_str(), found.fingerprint.as_deref())).collect();
        assert_eq!(shown, [("one: 1 != 2", Some("a.B::one")), ("two: OSError", Some("a.B::two"))]);
        assert_eq!(report.found[0].detail.as_deref(), Some("one: 1 != 2\n<assert> A & more"));
        assert_eq!((report.found[0].file.as_deref(), report.found[0].line), (Some("tests/b.py"), Some(7)));
        assert_eq!(report.passed.unwrap().into_iter().collect::<Vec<_>>(), ["a.B::four"]);
        assert_eq!(report.left_out, 1);
    }

    #[test]
    fn all_failures_of_a_test_are_in_its_finding() {
        let report = report(
            "<testsuite failures=\"1\" errors=\"1\"><testcase classname=\"Foo\" name=\"Bar\">\
             <failure message=\"a.cc:5&#x0A;first\">a.cc:5\nfirst</failure><failure message=\"a.cc:9\">second</failure>\
             </testcase><testcase name=\"t\"><failure message=\"assert 0\"/></testcase>\
             <testcase name=\"t\"><error message=\"failed on teardown\">disk</error></testcase>\
             <testcase name=\"t\"><failure message=\"assert 0\"/></testcase></testsuite>",
        );
        let shown: Vec<_> =
            report.found.iter().map(|found| (found.title.as_str(), found.detail.as_deref())).collect();
        let expected = [
            ("Bar: a.cc:5 (and 1 more)", Some("Bar: a.cc:5\nBar: a.cc:9\na.cc:5\nfirst\nsecond")),
            ("t: assert 0 (and 1 more)", Some("t: assert 0\nt: failed on teardown\ndisk")),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_counted_and_not_shown_is_a_failure_once() {
        let text = "<testsuites failures=\"3\"><testsuite name=\"inner\" failures=\"2\" errors=\"\">\
                    <testcase name=\"a\"><failure/></testcase></testsuite></testsuites>";
        let titles: Vec<String> = report(text).found.into_iter().map(|found| found.title).collect();
        assert_eq!(
            titles,
            [
                "a: failed",
                "suite inner counts 2 failures and errors, and 1 are shown",
                "the report counts 3 failures and errors, and 2 are shown"
            ]
        );
        assert!(refusal("<testsuite failures=\"many\"/>").message.contains("is no number"));
    }

    #[test]
    fn truncated_and_hostile_xml_is_refused() {
        for (text, message) in [
            ("<testsuite><testcase name=\"a\"/>", "cut off"),
            ("<testsuite><testcase name=\"a\"/></testsuite>more", "outside"),
            ("<testsuite/><testsuite/>", "goes on"),
            ("<testsuite></testsuites>", "no XML"),
            ("<testsuite name=\"a", "no XML"),
            ("<testsuite/>", "no test case"),
            ("<testsuites tests=\"3\"/>", "no test case"),
            ("<!DOCTYPE a [<!ENTITY x \"y\">]><testsuite/>", "document type"),
            ("<testsuite><testcase name=\"&x;\"/></testsuite>", "no XML"),
            ("<testsuite><testcase name=\"a\"><failure>&x;</failure></testcase></testsuite>", "entity"),
            ("<project/>", "begins with `project`"),
        ] {
            let problem = refusal(text);
            assert!(problem.message.contains(message), "{text}: {problem}");
        }
        let deep = refusal(&"<testsuite>".repeat(50_000));
        assert!(deep.message.contains("deeper"), "{deep}");
        assert_eq!(refusal("<testsuite>\n\n<testcase>\n</x></testsuite>").line, Some(4));
    }

    #[test]
    fn invalid_bytes_in_output_do_not_reject_the_report() {
        let report = |before: &str, after: &str| {
            let xml = |text: &str| format!("<testsuite>{text}").into_bytes();
            let bytes =
                [xml(before), b"\xff\xfe".to_vec(), format!("{after}</testsuite>").into_bytes()].concat();
            read(&bytes, "report.xml", None, "/")
        };
        let case = "<testcase name=\"a\"/>";
        for (before, after) in [
            ("<system-out>", "</system-out><testcase name=\"a\"/>"),
            ("<testcase name=\"a\"><system-err>\n", "</system-err></testcase>"),
            ("<system-out><![CDATA[", "]]></system-out><testcase name=\"a\"/>"),
        ] {
            assert!(report(before, after).unwrap().found.is_empty(), "{before}");
        }
        let failed =
            report("<testcase name=\"a\"><failure message=\"m\">got ", "</failure></testcase>").unwrap();
        assert!(failed.found[0].detail.as_deref().unwrap().contains("got \u{fffd}"), "{failed:?}");
        for (before, after) in [
            ("\n<testcase name=\"", "\"/>"),
            ("\n<testcase name=\"a\"><failure message=\"", "\"/></testcase>"),
            ("\n<testcase name=\"a\">", "</testcase>"),
            ("<system-out></system-out>\n<!--", "--><testcase name=\"a\"/>"),
            ("<system-out>\n<b a=\"", "\"/></system-out><testcase name=\"a\"/>"),
            (case, ""),
        ] {
            let problem = report(before, after).unwrap_err();
            assert_eq!(problem.message, "is not UTF-8 text", "{before}");
        }
    }
}
