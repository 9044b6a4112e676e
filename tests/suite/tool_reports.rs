//! Reports as tools write them: each file of `fixtures/findings` beside what is read of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tracker::import::findings::{ToolReport, read};

fn shown(report: &ToolReport) -> String {
    let mut text = format!("{} by {}\n", report.format.as_str(), report.tools.join(", "));
    if let Some(passed) = &report.passed {
        let _ = writeln!(text, "passed: {}", passed.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    let _ = writeln!(text, "left out: {}", report.left_out);
    for found in &report.found {
        let _ = writeln!(text, "\n{}: {}", found.severity, found.title);
        let line = found.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = found.file.as_ref().map(|file| format!("{file}{line}"));
        let fields = [
            ("rule", &found.rule),
            ("fingerprint", &found.fingerprint),
            ("place", &place),
            ("detail", &found.detail),
            ("recommendation", &found.recommendation),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                let _ = writeln!(text, "  {name}: {value:?}");
            }
        }
    }
    text
}

#[test]
fn every_report_is_read_as_its_case_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/findings");
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|ending| ending != "txt"));
    assert!(paths.len() >= 9, "{paths:?}");
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever edits the fixtures")]
    let updates = std::env::var_os("UPDATE_FIXTURES").is_some();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = fs::read(&path).unwrap();
        let report =
            read(&bytes, name, None, "/home/ada/repo").unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let (beside, text) = (folder.join(format!("{name}.txt")), shown(&report));
        if updates {
            fs::write(&beside, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&beside).unwrap_or_default(), text, "{name}");
    }
}

#[test]
fn every_beginning_of_a_report_is_no_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/findings");
    for name in ["semgrep.sarif", "security_report.json", "pytest.xml", "surefire.xml"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let text = text.trim_end();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert!(read(&text.as_bytes()[..end], name, None, "/").is_err(), "{name} up to {end}");
        }
    }
}
