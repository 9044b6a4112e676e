//! The words that a person reads: help, explanations, configurations, README, changelog, and the names and comments of
//! the sources use the field's own terms, and none of the private ones that were there before.

use std::fmt::Write as _;
use std::path::Path;

use super::support::Sandbox;

/// Words that say less than the field's own, each with the one to use. A word matches with its inflections by itself,
/// not as a part of another.
const WORDS: [(&str, &str); 33] = [
    ("mend", "fix, repair"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("dossier", "facts"),
    ("ballot", "vote"),
    ("breach", "violation"),
    ("deed", "action, operation"),
    ("said", "summary, message"),
    ("told", "shown"),
    ("oddity", "warning"),
    ("stray", "unexpected"),
    ("strays", "unexpected files"),
    ("surroundings", "environment"),
    ("glance", "peek"),
    ("salvage", "recover"),
    ("belittled", "weakened"),
    ("circle", "cycle"),
    ("circles", "cycles"),
    ("ordeal", "stress test"),
    ("ordeals", "stress tests"),
    ("check box", "checkbox"),
    ("check boxes", "checkboxes"),
    ("settle", "resolve"),
    ("settled", "resolved"),
    ("holds", "passes, is valid"),
    ("asks for", "requires"),
    ("held against", "open on"),
    ("stands against", "violates"),
    ("in words of", "as"),
    ("so many", "N, maximum"),
    ("where left out", "by default"),
    ("write down", "create"),
    ("throw-away", "temporary"),
];

/// Words that only names and comments had.
const SOURCE_WORDS: [(&str, &str); 14] = [
    ("ballots", "votes"),
    ("breaches", "violations"),
    ("deeds", "actions"),
    ("loose", "lenient, unlinked"),
    ("mending", "repairing"),
    ("pick", "select"),
    ("picked", "selected"),
    ("picks", "selects"),
    ("settles", "resolves"),
    ("standing", "status"),
    ("stands", "is, counts"),
    ("stood", "was"),
    ("undone", "reverted, rolled back"),
    ("wanted", "query, or the argument's own name"),
];
/// Words that stay somewhere: where a path begins so, which word, and why.
const EXCEPTIONS: [(&str, &str, &str); 5] = [
    ("src/git/", "loose", "git's word for refs and objects outside of packs"),
    ("src/model/finding.rs", "settled", "the state as old files spell it"),
    ("src/cli/commands/findings/", "settle", "the command and option as they were called"),
    ("tests/suite/words.rs", "", "the list itself"),
    ("", "cherry pick", "git's word"),
];

/// Names that people type stay as they are.
const NAMES: [&str; 2] = ["tick", "untick"];

fn pages() -> Vec<(String, String)> {
    fn of(command: &mut clap::Command, path: &str, pages: &mut Vec<(String, String)>) {
        pages.push((format!("{path} --help"), command.render_long_help().to_string()));
        let names: Vec<String> = command.get_subcommands().map(|each| each.get_name().to_owned()).collect();
        for name in names.iter().filter(|name| *name != "help") {
            of(command.find_subcommand_mut(name).unwrap(), &format!("{path} {name}"), pages);
        }
    }
    let mut pages = Vec::new();
    let mut root = tracker::cli::command();
    root.build();
    of(&mut root, "tracker", &mut pages);
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["README.md", "CHANGELOG.md"] {
        pages.push((file.to_owned(), std::fs::read_to_string(top.join(file)).unwrap()));
    }
    for folder in ["templates/help", "templates/init", "templates/roles"] {
        let mut files: Vec<_> =
            std::fs::read_dir(top.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            pages.push((file.display().to_string(), std::fs::read_to_string(&file).unwrap()));
        }
    }
    pages
}

/// Returns a text without what is in backticks or brackets of values: those are names, not words.
fn prose(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("…").to_lowercase()
}

fn found_in(name: &str, text: &str) -> String {
    found_of(name, &prose(text), &WORDS)
}

fn found_of(name: &str, text: &str, words: &[(&str, &str)]) -> String {
    let mut found = String::new();
    for (at, line) in text.lines().enumerate() {
        for (word, better) in words {
            let is_whole = |(at, _): &(usize, &str)| {
                let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                let before = line[..*at].chars().next_back().is_some_and(is_part);
                let after = line[at + word.len()..].chars().next().is_some_and(is_part);
                !before && !after && !NAMES.contains(word)
            };
            if line.match_indices(*word).any(|found| is_whole(&found)) {
                let _ = writeln!(found, "{name}:{}: `{word}`, better {better}: {}", at + 1, line.trim());
            }
        }
    }
    found
}

/// Returns the lines of a source with names taken apart into words, without texts in backticks; of a test, only its
/// comments and the names of its functions.
fn words_of_source(path: &str, text: &str) -> String {
    let is_test = path.starts_with("tests/") || path.starts_with("benches/");
    let mut words = String::new();
    for line in text.lines() {
        let is_read = !is_test || line.trim_start().starts_with("//") || line.contains("fn ");
        let mut last = ' ';
        for c in line.chars().filter(|_| is_read) {
            if c.is_uppercase() && last.is_lowercase() {
                words.push(' ');
            }
            words.push(if matches!(c, '_' | '-') { ' ' } else { c });
            last = c;
        }
        words.push('\n');
    }
    let mut words = words.lines().map(prose).collect::<Vec<_>>().join("\n");
    for (_, word, _) in EXCEPTIONS.iter().filter(|(place, ..)| path.starts_with(place)) {
        words = if word.is_empty() { String::new() } else { words.replace(word, "…") };
    }
    words
}

#[test]
fn names_and_comments_use_the_words_of_the_field() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = [&WORDS[..], &SOURCE_WORDS].concat();
    let mut found = String::new();
    for folder in ["src", "tests", "benches"] {
        for entry in walkdir::WalkDir::new(top.join(folder)).sort_by_file_name() {
            let entry = entry.unwrap().into_path();
            if entry.extension().is_some_and(|ending| ending == "rs") {
                let path = entry.strip_prefix(top).unwrap().to_str().unwrap().replace('\\', "/");
                let text = std::fs::read_to_string(&entry).unwrap();
                found.push_str(&found_of(&path, &words_of_source(&path, &text), &words));
            }
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn help_readme_and_changelog_use_the_words_of_the_field() {
    let found: String = pages().iter().map(|(name, text)| found_in(name, text)).collect();
    assert!(found.is_empty(), "{found}");
}

#[test]
fn refusals_use_the_words_of_the_field() {
    let sandbox = Sandbox::new();
    sandbox.tracker(&["show", "x"]);
    for line in [
        "init --profile team",
        "new One --id TASK-0NE1 --deliverable a",
        "new Two --id TASK-TW02 --depends-on 0ne",
    ] {
        assert_eq!(sandbox.tracker(&line.split(' ').collect::<Vec<_>>()).status, 0, "{line}");
    }
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Plan"]);
    let refusals = [
        "show zzz",
        "start tw0",
        "set 0ne depends_on+=tw0",
        "set 0ne priority=urgent",
        "set 0ne nothing=1 due=soon",
        "tick 0ne 9",
        "set-stage 0ne nowhere",
        "fail 0ne because",
        "advance tw0",
        "approve 0ne",
        "withdraw 0ne",
        "list stage:dve",
        "list priority>",
        "role show nobody",
        "explain nothing",
        "schema nothing",
        "review ..",
        "check --base nothing",
        "new x --id nothing",
        "findings resolve 0ne ABC",
        "block 0ne",
        "help nothing",
    ];
    let mut found = String::new();
    for line in refusals {
        let output = sandbox.tracker(&line.split(' ').collect::<Vec<_>>());
        assert!(output.status > 0, "{line}: {output}");
        assert!(output.stderr.starts_with("error: "), "{line}: {output}");
        found.push_str(&found_in(line, &output.stderr));
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn every_help_has_an_example() {
    let missing: Vec<String> = tracker::cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && !["hook", "merge-driver"].contains(&command.get_name()))
        .filter(|command| {
            let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
            !long.contains("Example: tracker ") && !long.contains("tracker diff main")
        })
        .map(|command| command.get_name().to_owned())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
