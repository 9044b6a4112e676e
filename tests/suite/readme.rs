//! Transcripts are true line by line: those of the README, and those at the head of the files of commands, are played,
//! and what the commands print is what they say.
//!
//! `TRACKER_UPDATE_README=1 cargo test readme` writes what they print into them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::support::{Sandbox, without_counts_of_rules};

const FENCE: &str = "```console";

/// Plays every `console` block of a text whose lines begin with this prefix in one sandbox, and returns the text with
/// what the commands print.
fn played(sandbox: &Sandbox, prefix: &str, text: &str) -> String {
    let (mut result, mut lines) = (String::new(), text.lines().peekable());
    let own = |line: &str| line.strip_prefix(prefix).unwrap_or(line.trim_end()).to_owned();
    while let Some(line) = lines.next() {
        let _ = writeln!(result, "{line}");
        if own(line) != FENCE {
            continue;
        }
        while let Some(line) = lines.next_if(|line| own(line) != "```") {
            let Some(mut command) = own(line).strip_prefix("$ ").map(str::to_owned) else { continue };
            let _ = writeln!(result, "{line}");
            while command.ends_with('\\') {
                let more = lines.next().unwrap();
                let _ = writeln!(result, "{more}");
                let more = own(more);
                let more = more.trim_start().trim_start_matches("> ");
                command = format!("{}{more}", command.trim_end_matches('\\'));
            }
            let output = sandbox.program_with("sh", "", &["-c", &format!("{command} 2>&1")], |_| {});
            let printed = output.stdout.replace(&sandbox.root().display().to_string(), "/home/ada");
            for line in printed.lines() {
                let _ = writeln!(result, "{}", format!("{prefix}{line}").trim_end());
            }
        }
    }
    result
}

/// Compares a file with what its transcripts print; returns the difference, or writes the file anew if asked to.
fn difference(path: &Path, played: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever edits transcripts")]
    if std::env::var_os("TRACKER_UPDATE_README").is_some() {
        std::fs::write(path, played).unwrap();
        return String::new();
    }
    let (text, played) = (without_counts_of_rules(&text), without_counts_of_rules(played));
    let diff = similar::TextDiff::from_lines(&text, &played);
    diff.unified_diff().header(&path.display().to_string(), "what the commands print").to_string()
}

#[test]
fn readme_commands_print_what_the_readme_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.matches(FENCE).count() >= 3, "the tour is gone");
    let diff = difference(&path, &played(&Sandbox::new(), "", &text));
    assert!(diff.is_empty(), "{diff}");
}

/// Returns the files of commands that begin with a transcript, and their texts.
pub(crate) fn transcripts() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/commands");
    let files =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(|file| file.unwrap().into_path());
    let texts = files.filter(|path| path.is_file()).map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    });
    texts.filter(|(_, text)| text.contains(FENCE)).collect()
}

/// Returns what a transcript of a command begins with: a repository with the profile `team` and two tasks, of which the
/// second waits for the first.
pub(crate) fn planned() -> Sandbox {
    let sandbox = Sandbox::new();
    for line in [
        "init --profile team --no-hooks",
        "new One --id TASK-7Q2M --priority high --deliverable table --deliverable switch",
        "new Two --id TASK-C0LR --type bug --depends-on 7q2m",
    ] {
        assert_eq!(sandbox.tracker(&line.split(' ').collect::<Vec<_>>()).status, 0, "{line}");
    }
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Plan"]);
    sandbox
}

#[test]
fn transcripts_print_what_they_show() {
    let difference = |(path, text): (PathBuf, String)| difference(&path, &played(&planned(), "//! ", &text));
    let found: String = transcripts().into_iter().map(difference).collect();
    assert!(found.is_empty(), "{found}");
}
