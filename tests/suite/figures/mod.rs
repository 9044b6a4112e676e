//! The figures of random histories, as the program computes them and as `numbers.py` does, which reads the files alone
//! and shares nothing with it.

pub mod histories;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tracker::metrics;

use histories::History;

/// Histories that one run of Python is given.
const BATCH: u64 = 50;

/// Computes the figures of a number of random histories twice and compares them. Returns how many figures were compared;
/// none where there is no Python that can run the script.
pub fn compare(seed: u64, count: u64) -> Option<usize> {
    let can_run = Command::new("python3").args(["-c", "import tomllib"]).output();
    if !can_run.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "LEFT OUT: figures are not compared with those of numbers.py: no python3 with tomllib here"
        );
        return None;
    }
    let mut compared = 0;
    for start in (0..count).step_by(usize::try_from(BATCH).unwrap()) {
        let folder = tempfile::tempdir().unwrap();
        let seeds: Vec<u64> = (start..count.min(start + BATCH)).map(|at| seed + at).collect();
        let histories: Vec<History> = seeds.iter().map(|seed| History::random(*seed)).collect();
        let roots: Vec<_> = seeds.iter().map(|seed| folder.path().join(seed.to_string())).collect();
        for (history, root) in histories.iter().zip(&roots) {
            history.write(root);
        }
        let lines = run_python(&roots);
        assert_eq!(lines.len(), histories.len());
        for ((seed, history), theirs) in seeds.iter().zip(&histories).zip(lines) {
            let ours = flat(&metrics::of(&history.items, Some(&history.scope), &history.window, false));
            let theirs: BTreeMap<String, Value> = serde_json::from_str(&theirs).unwrap();
            for (path, value) in &ours {
                assert_eq!(Some(value), theirs.get(path), "{path} of history {seed}");
            }
            let unknown: Vec<_> = theirs.keys().filter(|path| !ours.contains_key(*path)).collect();
            assert!(unknown.is_empty(), "history {seed}: only the script has {unknown:?}");
            compared += ours.len();
        }
    }
    Some(compared)
}

fn run_python(roots: &[std::path::PathBuf]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/figures/numbers.py");
    let output =
        Command::new("python3").arg(script).args(["--sprint", histories::SPRINT]).args(roots).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The figures by their paths, in the script's form.
fn flat(numbers: &metrics::Numbers) -> BTreeMap<String, Value> {
    let row = |figure: &metrics::Figure| {
        let value = json!({ "value": figure.value, "tasks": figure.tasks, "missing": figure.missing });
        (figure.path(), value)
    };
    numbers.figures.iter().map(row).collect()
}

#[test]
fn a_second_implementation_computes_the_same_figures() {
    if let Some(compared) = compare(1, 60) {
        assert!(compared > 60 * 25, "{compared} figures");
    }
}

#[test]
fn frozen_figures_are_read_back_as_they_were() {
    for seed in 1..20 {
        let history = History::random(seed);
        let numbers = metrics::of(&history.items, Some(&history.scope), &history.window, true);
        let frozen = serde_json::to_value(&numbers).unwrap();
        let read = metrics::Numbers::read(&frozen).unwrap();
        assert_eq!(read, numbers);
        assert!(numbers.differences(&read).is_empty());
        assert_eq!(serde_json::to_value(&read).unwrap(), frozen);
    }
}

#[test]
fn the_order_of_items_does_not_matter() {
    for seed in 1..20 {
        let mut history = History::random(seed);
        let numbers = metrics::of(&history.items, Some(&history.scope), &history.window, true);
        history.items.reverse();
        assert_eq!(metrics::of(&history.items, Some(&history.scope), &history.window, true), numbers);
    }
}

#[test]
fn the_script_reads_the_files_alone() {
    let script = include_str!("numbers.py");
    assert!(!script.contains("subprocess") && !script.contains("import os"));
    let lines = script.lines().count();
    assert!(lines < 320, "{lines} lines: it is to be read in one go");
    assert!(
        fs::metadata(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/figures/numbers.py")).is_ok()
    );
}
