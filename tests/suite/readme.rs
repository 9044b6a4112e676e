//! The README is true line by line: its tour is played, and what the commands print is what it says.
//!
//! `TRACKER_UPDATE_README=1 cargo test readme` writes what they print into it.

use std::fmt::Write as _;
use std::path::Path;

use super::support::Sandbox;

const FENCE: &str = "```console";

/// Plays every `console` block of a text in one sandbox and returns the text with what the commands print.
fn played(text: &str) -> String {
    let sandbox = Sandbox::new();
    let (mut result, mut lines) = (String::new(), text.lines().peekable());
    while let Some(line) = lines.next() {
        let _ = writeln!(result, "{line}");
        if line != FENCE {
            continue;
        }
        while let Some(line) = lines.next_if(|line| *line != "```") {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let mut command = command.to_owned();
            let _ = writeln!(result, "{line}");
            while command.ends_with('\\') {
                let more = lines.next().unwrap();
                let _ = writeln!(result, "{more}");
                command = format!(
                    "{}{}",
                    command.trim_end_matches('\\'),
                    more.trim_start().trim_start_matches("> ")
                );
            }
            let output = sandbox.program_with("sh", "", &["-c", &format!("{command} 2>&1")], |_| {});
            let printed = output.stdout.replace(&sandbox.root().display().to_string(), "/home/ada");
            result.push_str(&printed);
            if !printed.is_empty() && !printed.ends_with('\n') {
                result.push('\n');
            }
        }
    }
    result
}

#[test]
fn every_command_of_the_readme_prints_what_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.matches(FENCE).count() >= 3, "the tour is gone");
    let played = played(&text);
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever edits the README")]
    if std::env::var_os("TRACKER_UPDATE_README").is_some() {
        std::fs::write(&path, &played).unwrap();
        return;
    }
    let diff = similar::TextDiff::from_lines(&text, &played);
    let diff = diff.unified_diff().header("README.md", "what the commands print").to_string();
    assert!(diff.is_empty(), "{diff}");
}
