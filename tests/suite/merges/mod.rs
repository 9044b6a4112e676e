//! Merges as folders of files, and the laws that every merge obeys. To add a case, add a folder.

mod laws;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tracker::doc::{self, Identity, Marks, Merge, RecordVersions};
use tracker::model::Problem;
use tracker::model::RecordFormat;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/merges");
    let mut paths: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// One case: the ending of its files, and their bytes.
struct Case {
    folder: PathBuf,
    ending: &'static str,
    base: Option<Vec<u8>>,
    ours: Vec<u8>,
    theirs: Vec<u8>,
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let endings = ["md", "yaml", "toml", "txt"];
        let ending = endings.into_iter().find(|ending| folder.join(format!("ours.{ending}")).exists());
        let ending = ending.unwrap_or_else(|| panic!("{}: no ours.*", folder.display()));
        let file = |name: &str| fs::read(folder.join(format!("{name}.{ending}")));
        let (base, ours, theirs) = (file("base").ok(), file("ours").unwrap(), file("theirs").unwrap());
        Self { folder, ending, base, ours, theirs }
    }

    fn merge(&self, swapped: bool) -> Result<Merge, Problem> {
        let kind = match self.ending {
            "md" => RecordFormat::Markdown,
            "yaml" => RecordFormat::Yaml,
            "toml" => RecordFormat::Toml,
            _ => RecordFormat::Text,
        };
        let (ours, theirs) = if swapped { (&self.theirs, &self.ours) } else { (&self.ours, &self.theirs) };
        let versions = RecordVersions { base: self.base.as_deref(), ours, theirs };
        doc::merge(kind, versions, Some(Identity { key: "id", id: "TASK-7Q2M" }), &Marks::default())
    }
}

/// Compares with a file that contains what is expected; `UPDATE_FIXTURES=1` writes it instead. No text, no file.
fn compare(expected: &Path, actual: Option<&str>, failures: &mut String) {
    #[expect(clippy::disallowed_methods, reason = "a test asks the developer's own environment")]
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let found = fs::read(expected).ok();
    if found.as_deref() == actual.map(str::as_bytes) {
        return;
    }
    match actual {
        Some(text) if update => fs::write(expected, text).unwrap(),
        None if update => fs::remove_file(expected).unwrap(),
        _ => {}
    }
    let found = found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    writeln!(failures, "\n{}\n--- expected\n{found:?}\n--- actual\n{actual:?}", expected.display()).unwrap();
}

#[test]
fn cases_merge_as_expected() {
    let mut failures = String::new();
    let cases = cases();
    assert!(cases.len() >= 40);
    for case in cases.into_iter().map(Case::read) {
        let (text, lines_of) = match case.merge(false) {
            Ok(merge) => {
                let conflicts = merge.conflicts.iter();
                let lines_of = conflicts.fold(String::new(), |lines_of, found| {
                    format!("{lines_of}line {}: {}\n", found.line, found.subject)
                });
                (Some(merge.text), lines_of)
            }
            Err(problem) => {
                let hint = problem.hint.clone().unwrap_or_default();
                (None, format!("refused: {problem}\n  hint: {hint}\n"))
            }
        };
        compare(&case.folder.join(format!("merged.{}", case.ending)), text.as_deref(), &mut failures);
        let lines_of = Some(lines_of.as_str()).filter(|lines_of| !lines_of.is_empty());
        compare(&case.folder.join("conflicts.txt"), lines_of, &mut failures);
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn cases_merge_alike_from_both_sides() {
    for case in cases().into_iter().map(Case::read) {
        let (one, other) = (case.merge(false), case.merge(true));
        match (one, other) {
            (Ok(one), Ok(other)) if one.conflicts.is_empty() => {
                assert_eq!(one, other, "{}", case.folder.display());
            }
            (Ok(one), Ok(other)) => {
                let subjects = |merge: &Merge| {
                    merge.conflicts.iter().map(|found| found.subject.clone()).collect::<Vec<_>>()
                };
                assert_eq!(subjects(&one), subjects(&other), "{}", case.folder.display());
            }
            (one, other) => assert_eq!(one.is_err(), other.is_err(), "{}", case.folder.display()),
        }
    }
}
