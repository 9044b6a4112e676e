//! What a report says, and how findings of one report are distinguished.

use std::collections::{BTreeSet, HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::ReportFormat;
use crate::model::{FindingSeverity, Problem, to_hex};

/// Longest title, in characters.
const TITLE: usize = 200;
/// Longest text of several lines, in characters: a record of nothing but escapes still fits into what is read.
const TEXT: usize = 2_000;
/// Longest name of a tool or a rule, in characters.
const NAME: usize = 200;

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolReport {
    /// Its format.
    pub format: ReportFormat,
    /// The tools that wrote it, sorted.
    pub tools: Vec<String>,
    /// What they found, in the report's order.
    pub found: Vec<Found>,
    /// What was looked at and is well, as fingerprints; none where all that is not in the report is well.
    pub passed: Option<BTreeSet<String>>,
    /// The rules that the run turned off, by tool: of these nothing was looked for.
    pub turned_off: BTreeSet<(String, String)>,
    /// How many results are no findings: suppressed, or not failed.
    pub left_out: usize,
    /// What was read as the worse of what it can mean, each once.
    pub warnings: Vec<Problem>,
}

/// One thing that a tool found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The tool.
    pub tool: String,
    /// Its name for what it looks for.
    pub rule: Option<String>,
    /// What stays the same when it finds it again.
    pub fingerprint: Option<String>,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// One line.
    pub title: String,
    /// All that it says, where that is more than the title.
    pub detail: Option<String>,
    /// What to do about it.
    pub recommendation: Option<String>,
    /// Path below the repository, or as the tool writes it.
    pub file: Option<String>,
    /// Line, counted from 1.
    pub line: Option<u32>,
    /// Column: distinguishes two results of one line, and no more.
    pub column: Option<u32>,
}

impl Found {
    /// Makes a finding of what a tool says: the first line is the title, and the whole goes along if it is more.
    pub(super) fn new(tool: &str, severity: FindingSeverity, message: &str) -> Self {
        let mut lines = message.lines().map(|line| one_line(line, TITLE));
        let title =
            lines.find(|line| !line.is_empty()).unwrap_or_else(|| "a finding without words".to_owned());
        let detail = text(message).filter(|text| *text != title);
        Self {
            tool: name(tool),
            rule: None,
            fingerprint: None,
            severity,
            title,
            detail,
            recommendation: None,
            file: None,
            line: None,
            column: None,
        }
    }

    /// Adds a name within the program that it is found in, such as `ns::f`, to what it says.
    pub(super) fn within(mut self, name: Option<&str>) -> Self {
        let Some(name) = name.map(self::name).filter(|name| !name.is_empty()) else { return self };
        let words = self.detail.as_deref().unwrap_or(&self.title);
        if !words.contains(&name) {
            // First, so that no text is so long that it is cut off.
            self.detail = text(&format!("in {name}\n{words}"));
        }
        self
    }

    /// Gives it another title than its first line, if there is one.
    pub(super) fn titled(mut self, title: Option<String>) -> Self {
        let Some(title) = title.map(|title| one_line(&title, TITLE)).filter(|title| !title.is_empty()) else {
            return self;
        };
        self.detail = self.detail.or(Some(self.title));
        self.title = title;
        self
    }

    /// Adds the rule, if there is one.
    pub(super) fn of_rule(mut self, rule: Option<&str>) -> Self {
        self.rule = rule.map(name).filter(|rule| !rule.is_empty());
        self
    }

    /// Adds what stays the same. It is written as it is read: without spaces around it, and not too long.
    pub(super) fn marked(mut self, fingerprint: Option<String>) -> Self {
        let short =
            |print: String| if print.chars().count() > NAME { digest(&[&print]) } else { name(&print) };
        self.fingerprint = fingerprint.map(short).filter(|print| !print.is_empty());
        self
    }

    /// Adds the place.
    pub(super) fn at(mut self, file: Option<String>, line: Option<u32>) -> Self {
        self.file = file.map(|file| file.trim().to_owned()).filter(|file| !file.is_empty());
        self.line = line.filter(|&line| line > 0 && self.file.is_some());
        self
    }

    /// Adds what to do.
    pub(super) fn fixed_by(mut self, recommendation: Option<&str>) -> Self {
        self.recommendation = recommendation.and_then(text);
        self
    }
}

impl ToolReport {
    /// Makes a report without findings.
    pub(super) fn of(format: ReportFormat) -> Self {
        let (tools, found) = (Vec::new(), Vec::new());
        Self {
            format,
            tools,
            found,
            passed: None,
            turned_off: BTreeSet::new(),
            left_out: 0,
            warnings: Vec::new(),
        }
    }

    /// Adds a warning, unless it is there.
    pub(super) fn warn(&mut self, message: &str) {
        if self.warnings.iter().all(|warning| warning.message != message) {
            self.warnings.push(Problem::warning(message));
        }
    }

    /// Warns of the severities that nobody knows.
    pub(super) fn warn_of_severities(&mut self) {
        let known =
            [FindingSeverity::Critical, FindingSeverity::High, FindingSeverity::Medium, FindingSeverity::Low];
        let unknown: BTreeSet<String> = self
            .found
            .iter()
            .filter(|found| matches!(found.severity, FindingSeverity::Unknown(_)))
            .map(|found| found.severity.to_string())
            .collect();
        let names = known.map(|severity| severity.to_string()).join(", ");
        let warning = |word: String| {
            let message = format!("unknown severity `{word}` counts as critical");
            Problem::warning(message).with_hint(format!("expected {names} or info"))
        };
        self.warnings.extend(unknown.into_iter().map(warning));
    }

    /// Whether a rule, or the one that it is a part of, was looked for.
    pub(super) fn looked_for(&self, tool: &str, rule: &str) -> bool {
        let is_part =
            |off: &str| rule.strip_prefix(off).is_some_and(|part| part.is_empty() || part.starts_with('/'));
        !self.turned_off.iter().any(|(by, off)| by == tool && is_part(off))
    }

    /// Drops results that are the same in every word, and marks what a tool finds several times in one file: by the
    /// how-many-th it is, so that lines may move and none is lost.
    pub(super) fn tell_apart(&mut self) {
        let mut seen = HashSet::new();
        let same =
            |found: &Found| (key(found), found.line, found.column, found.title.clone(), found.detail.clone());
        self.found.retain(|found| seen.insert(same(found)));
        let mut order: Vec<usize> = (0..self.found.len()).collect();
        order.sort_by_key(|&at| (self.found[at].line, self.found[at].column, at));
        let mut counts: HashMap<[String; 4], usize> = HashMap::new();
        for at in order {
            let key = key(&self.found[at]);
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let parts: Vec<&str> = key.iter().map(String::as_str).collect();
                let print = self.found[at].fingerprint.take().unwrap_or_else(|| digest(&parts));
                self.found[at].fingerprint = Some(numbered(&print, *count));
            }
        }
        self.tools.sort();
        self.tools.dedup();
    }
}

fn key(found: &Found) -> [String; 4] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let what = found.fingerprint.clone().unwrap_or_else(|| titled(&found.title));
    [found.tool.clone(), text(&found.rule), what, text(&found.file)]
}

fn titled(title: &str) -> String {
    format!("\u{1f}{title}")
}

/// The fingerprint of what has none of its own, where there are several of it in one file.
pub(super) fn fingerprint_without(tool: &str, rule: Option<&str>, title: &str, file: Option<&str>) -> String {
    digest(&[tool, rule.unwrap_or_default(), &titled(title), file.unwrap_or_default()])
}

/// The fingerprint of the how-many-th of several in one file.
pub(super) fn numbered(fingerprint: &str, number: usize) -> String {
    format!("{fingerprint}#{number}")
}

/// Takes the number off that [`numbered`] adds.
pub(super) fn without_number(fingerprint: &str) -> &str {
    let parts = fingerprint.rsplit_once('#');
    parts
        .filter(|(_, number)| number.parse::<usize>().is_ok_and(|number| number > 1))
        .map_or(fingerprint, |(print, _)| print)
}

fn digest(parts: &[&str]) -> String {
    to_hex(&Sha256::digest(parts.join("\u{1f}"))[..8])
}

/// Returns a name as one short line.
pub(super) fn name(text: &str) -> String {
    one_line(text.trim(), NAME)
}

fn one_line(text: &str, longest: usize) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    truncate(text.chars().map(printable).collect::<String>().trim(), longest)
}

/// Returns a text of several lines, without what a terminal would obey; none where it says nothing.
fn text(text: &str) -> Option<String> {
    let lines: Vec<String> = text
        .trim()
        .lines()
        .map(|line| {
            line.trim_end()
                .chars()
                .map(|c| if c == '\t' { ' ' } else { c })
                .filter(|c| !c.is_control())
                .collect()
        })
        .collect();
    let text = truncate(&lines.join("\n"), TEXT);
    (!text.trim().is_empty()).then_some(text)
}

fn truncate(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, ToolReport};
    use crate::import::findings::ReportFormat;
    use crate::model::FindingSeverity;

    fn found(line: u32, fingerprint: Option<&str>) -> Found {
        let found = Found::new("tool", FindingSeverity::Low, "assert is used");
        found.at(Some("a.py".to_owned()), Some(line)).marked(fingerprint.map(str::to_owned))
    }

    fn prints(found: &[Found]) -> Vec<String> {
        let mut report = ToolReport { found: found.to_vec(), ..ToolReport::of(ReportFormat::Sarif) };
        report.tell_apart();
        report.found.into_iter().map(|found| found.fingerprint.unwrap_or_default()).collect()
    }

    #[test]
    fn the_same_several_times_in_a_file_is_counted_by_line() {
        let prints_of_three = prints(&[found(9, None), found(3, None), found(5, None)]);
        assert_eq!(prints_of_three[1], "");
        assert!(
            prints_of_three[2].ends_with("#2") && prints_of_three[0].ends_with("#3"),
            "{prints_of_three:?}"
        );
        let moved = prints(&[found(10, None), found(4, None), found(6, None)]);
        assert_eq!(moved, prints_of_three, "lines may move");
        assert_eq!(prints(&[found(3, None), found(3, None)]).len(), 1, "equal findings are one");
        assert_eq!(prints(&[found(3, Some("x")), found(4, Some("x"))]), ["x", "x#2"]);
        let of = |package: &str| Found { detail: Some(format!("package {package}")), ..found(1, None) };
        let two = prints(&[of("openssl"), of("libssl3"), of("openssl")]);
        assert!(two.len() == 2 && two[1].ends_with("#2"), "one place, other words: {two:?}");
    }

    #[test]
    fn what_would_not_be_read_back_is_not_written() {
        let found = Found::new("t", FindingSeverity::Low, "x").at(Some("\u{2029}".to_owned()), Some(3));
        assert_eq!((found.file, found.line), (None, None));
        let found = Found::new("t", FindingSeverity::Low, "x").marked(Some(" a\n".to_owned()));
        assert_eq!(found.fingerprint.as_deref(), Some("a"));
        assert_eq!(found.clone().marked(Some("\u{2028}".to_owned())).fingerprint, None);
        assert_eq!(found.of_rule(Some(" ")).rule, None);
    }

    #[test]
    fn texts_are_tamed() {
        let found = Found::new(
            "to\u{1b}[31mol",
            FindingSeverity::Low,
            &format!("a\tb\u{7}c\nmore\r\n{}", "x".repeat(9_999)),
        );
        assert_eq!((found.tool.as_str(), found.title.as_str()), ("to [31mol", "a b c"));
        let detail = found.detail.unwrap();
        assert!(
            detail.starts_with("a bc\nmore\nxxx") && detail.ends_with('…') && detail.chars().count() == 2_001
        );
        assert_eq!(Found::new("t", FindingSeverity::Low, "\u{1}\n\n b").title, "b");
        assert_eq!(Found::new("t", FindingSeverity::Low, "\u{1}\n").title, "a finding without words");
        assert_eq!(Found::new("t", FindingSeverity::Low, " one line \n").detail, None);
        assert_eq!(
            Found::new("t", FindingSeverity::Low, "x")
                .marked(Some("y".repeat(300)))
                .fingerprint
                .unwrap()
                .len(),
            16
        );
    }
}
