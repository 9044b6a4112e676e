//! Tasks of other trackers: each file of `fixtures/imports/tasks` beside what is read of it, and imports through the
//! program.

mod again;
mod export;
mod peers;
mod refused;
mod renumbered;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tracker::import::tasks::{ImportInput, Tasks, detect, read, text_of};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/imports/tasks")
}

fn fixtures() -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder()).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
    let paths = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    paths.filter(|path| path.extension().is_none_or(|ending| ending != "read")).collect()
}

fn shown(format: &str, found: &Tasks) -> String {
    let mut text = format!("{format}\n");
    for problem in &found.problems {
        let _ = writeln!(text, "{:?}: {problem}", problem.severity);
    }
    for task in &found.tasks {
        let _ = writeln!(text, "\n{} (line {}): {}", task.key, task.line, task.title);
        let _ = writeln!(text, "  {:?}", task.progress);
        for (field, values) in &task.fields {
            let _ = writeln!(text, "  {}: {}", field.key(), values.join(" | "));
        }
        let lines = [
            ("id", task.id.clone()),
            ("parent", task.parent.clone()),
            ("depends on", Some(task.depends_on.join(", "))),
            ("created", task.created.map(|day| day.to_string())),
            ("groups", Some(task.groups.join(" > "))),
        ];
        for (name, value) in lines {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let _ = writeln!(text, "  {name}: {value}");
            }
        }
        for line in task.body().lines() {
            let _ = writeln!(text, "  | {line}");
        }
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn every_file_is_read_as_its_case_expects() {
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever edits the fixtures")]
    let updates = std::env::var_os("UPDATE_FIXTURES").is_some();
    let paths = fixtures();
    assert!(paths.len() >= 16, "{paths:?}");
    for path in paths {
        let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
        let text = text_of(&fs::read(&path).unwrap()).unwrap();
        let input = ImportInput { path: &name, scope: "here", text: &text };
        let format = detect(&input).unwrap_or_else(|| panic!("{name}: unknown format"));
        let text = shown(format.name(), &read(&input, format));
        let beside = PathBuf::from(format!("{}.read", path.display()));
        if updates {
            fs::write(&beside, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&beside).unwrap_or_default(), text, "{name}");
    }
}

#[test]
fn every_file_becomes_a_plan_once_and_is_written_once() {
    for path in fixtures() {
        let sandbox = crate::commands::empty();
        let name = path.strip_prefix(folder()).unwrap().to_str().unwrap();
        sandbox.write(name, fs::read(&path).unwrap());
        let made = sandbox.tracker(&["plan", "new", "--from", name]);
        assert_eq!(made.status, 0, "{name}: {made}");
        let again = sandbox.tracker(&["import", name]);
        assert!(again.stdout.ends_with(" unchanged\n0 files written\n"), "{name}: {again}");
        let made = sandbox.tracker(&["plan", "new", "--from", name]);
        assert!(made.stdout.contains("has all of its tasks"), "{name}: {made}");
    }
}

#[test]
fn no_beginning_of_a_file_is_too_odd_to_read() {
    for path in fixtures() {
        let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
        let text = text_of(&fs::read(&path).unwrap()).unwrap();
        let format = detect(&ImportInput { path: &name, scope: "here", text: &text }).unwrap();
        for end in (0..text.len()).step_by(11).filter(|end| text.is_char_boundary(*end)) {
            let input = ImportInput { path: &name, scope: "here", text: &text[..end] };
            let _ = detect(&input);
            let found = read(&input, format);
            let is_json = name.ends_with(".json");
            assert!(!is_json || found.tasks.is_empty() || found.problems.is_empty(), "{name} up to {end}");
        }
    }
}
