//! The words of other trackers and of forges: what Backlog.md, taskwarrior and `gh` call what is here, and what to run
//! where it is not here. Only a command line that is not understood is looked up, so that no word of our own changes.

use std::ffi::OsString;

use super::args::{command, command_index};
use super::error::Failure;
use crate::model::{TaskId, nearest};

/// What a foreign word becomes.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// These words take its place.
    Words(&'static [&'static str]),
    /// The value after it, without the option.
    Value,
    /// There is no such thing; this is what to do instead.
    Instead(&'static str),
}

use Meaning::{Instead, Value, Words};

/// Commands, of one word or two.
const COMMANDS: &[(&str, Meaning)] = &[
    ("task create", Words(&["new"])),
    ("task add", Words(&["new"])),
    ("task list", Words(&["list"])),
    ("task view", Words(&["show"])),
    ("task show", Words(&["show"])),
    ("task edit", Words(&["edit"])),
    ("task done", Words(&["done"])),
    ("task archive", Instead("tracker cancel ID REASON")),
    ("task", Instead("tracker list, tracker show ID, tracker new TITLE")),
    ("issue create", Words(&["new"])),
    ("issue list", Words(&["list"])),
    ("issue view", Words(&["show"])),
    ("issue edit", Words(&["edit"])),
    ("issue close", Words(&["done"])),
    ("issue reopen", Words(&["reopen"])),
    ("issue comment", Words(&["note"])),
    ("issue status", Words(&["status"])),
    ("issue", Instead("tracker list, tracker show ID, tracker new TITLE")),
    ("pr", Instead("tracker review BASE..HEAD, and tracker check --base BRANCH")),
    ("milestone", Words(&["sprint"])),
    ("browser", Instead("tracker report board --output board.html")),
    ("overview", Words(&["status"])),
    ("summary", Words(&["status"])),
    ("stats", Words(&["report", "activity"])),
    ("burndown", Instead("tracker report sprint NAME --output report.html, which has all charts")),
    ("info", Words(&["show"])),
    ("get", Words(&["show"])),
    ("annotate", Words(&["note"])),
    ("append", Words(&["note"])),
    ("mod", Words(&["set"])),
    ("untag", Instead("tracker set ID tags-=TAG")),
    ("unassign", Instead("tracker set ID assignee=")),
    ("archive", Instead("tracker cancel ID REASON; a closed task is hidden already")),
    ("completed", Words(&["list", "is:closed"])),
    ("overdue", Words(&["list", "is:overdue"])),
    ("blocked", Words(&["list", "is:blocked"])),
    ("waiting", Words(&["list", "is:blocked"])),
    ("mine", Words(&["list", "--mine"])),
    ("tags", Instead("tracker list has:tag --fields id,tags")),
    ("projects", Instead("tracker list has:area --fields id,area")),
    ("config", Instead("tracker edit config, and tracker help config")),
    ("agents", Words(&["worker"])),
    ("spawn", Instead("tracker fleet up --workers TYPE,TYPE")),
    ("draft", Instead("tracker new TITLE: a task without a stage is not begun")),
];

/// Options, of the commands that these names are.
const OPTIONS: &[(&[&str], &str, Meaning)] = &[
    (&["new"], "--title", Value),
    (&["new"], "--body", Words(&["--description"])),
    (&["new"], "--desc", Words(&["--description"])),
    (&["new"], "--ac", Words(&["--criterion"])),
    (&["new"], "--acceptance-criteria", Words(&["--criterion"])),
    (&["new"], "--dod", Words(&["--deliverable"])),
    (&["new"], "--depends", Words(&["--depends-on"])),
    (&["new", "list", "queue", "board"], "--label", Words(&["--tag"])),
    (&["new", "list", "queue", "board"], "--labels", Words(&["--tag"])),
    (&["new", "list", "queue", "board"], "--milestone", Words(&["--sprint"])),
    (&["new"], "--project", Words(&["--area"])),
    (&["new"], "--plan", Instead("a note: tracker note ID TEXT")),
    (&["new"], "--notes", Instead("a note: tracker note ID TEXT")),
    (&["list"], "--state", Instead("tracker list --all, is:closed or is:open")),
    (&["list"], "--search", Value),
    (&["list", "queue", "board"], "--overdue", Words(&["is:overdue"])),
    (&["list", "queue", "board"], "--blocked", Words(&["is:blocked"])),
    (&["list", "queue", "board"], "--ready", Words(&["is:ready"])),
    (&["list", "queue", "board"], "--closed", Words(&["is:closed"])),
    (&["list", "queue", "board"], "--open", Words(&["is:open"])),
    (&["list"], "--author", Instead("--assignee NAME; who wrote a file: tracker log ID")),
    (&["done"], "--reason", Instead("-m REASON; a task that will not be done: tracker cancel ID REASON")),
    (&["done"], "--comment", Words(&["--why"])),
    (&["cancel", "block", "fail", "reopen", "advance", "set-stage"], "--reason", Words(&["--why"])),
    (&["cancel", "block", "fail", "reopen", "advance", "set-stage"], "--comment", Words(&["--why"])),
    (&["note"], "--body", Words(&["--message"])),
    (&["approve", "reject", "withdraw"], "--body", Words(&["--notes"])),
    (&["approve", "reject", "withdraw"], "--comment", Words(&["--notes"])),
    (&["edit"], "--title", Instead("tracker set ID title=TITLE")),
    (&["edit"], "--status", Instead("tracker set-stage ID STAGE")),
    (&["edit"], "--add-label", Instead("tracker set ID tags+=TAG")),
    (&["edit"], "--remove-label", Instead("tracker set ID tags-=TAG")),
    (&["edit"], "--add-assignee", Instead("tracker assign ID NAME")),
    (&["edit"], "--priority", Instead("tracker set ID priority=high")),
    (&["edit"], "--label", Instead("tracker set ID tags=TAG")),
    (&["edit"], "--assignee", Instead("tracker assign ID NAME")),
    (&["edit"], "--body", Instead("tracker edit ID alone, which opens your editor")),
    (&["edit"], "--check-ac", Instead("tracker tick ID NUMBER")),
    (&["edit"], "--notes", Instead("tracker note ID TEXT")),
    (&["edit"], "--append-notes", Instead("tracker note ID TEXT")),
];

/// Words that take an id before them, as taskwarrior has it: `tracker TASK-7Q2M start`.
const AFTER_ID: &[&str] =
    &["start", "stop", "done", "modify", "annotate", "edit", "delete", "info", "show", "log", "note", "set"];

/// Returns what a command line means in this program's own words, where it has one of the tables.
///
/// # Errors
/// There is no such thing here; it names what to do instead.
pub(super) fn translate(arguments: &[OsString]) -> Result<Option<Vec<OsString>>, Failure> {
    let Some(at) = command_index(arguments) else { return Ok(None) };
    let (root, mut words) = (command(), arguments.to_vec());
    let has_command = translate_command(&root, &mut words, at)?;
    let has_option = translate_options(&root, &mut words, at)?;
    Ok((has_command || has_option).then_some(words))
}

/// Returns the name that a word has as a command of ours.
fn own_name<'c>(root: &'c clap::Command, word: &OsString) -> Option<&'c str> {
    root.find_subcommand(word).map(clap::Command::get_name)
}

/// Puts a command of ours in the place of a foreign one, and returns whether it did.
fn translate_command(root: &clap::Command, words: &mut Vec<OsString>, at: usize) -> Result<bool, Failure> {
    let Some(word) = words[at].to_str().filter(|_| own_name(root, &words[at]).is_none()) else {
        return Ok(false);
    };
    let word = word.to_owned();
    let two = words.get(at + 1).and_then(|next| next.to_str()).map(|next| format!("{word} {next}"));
    let row = |name: &str| COMMANDS.iter().find(|(foreign, _)| *foreign == name);
    let found = two.as_deref().and_then(row).map(|row| (row, 2)).or_else(|| row(&word).map(|row| (row, 1)));
    match found {
        Some(((_, Words(ours)), length)) => {
            words.splice(at..at + length, ours.iter().map(OsString::from));
            Ok(true)
        }
        Some(((foreign, Instead(what)), _)) => {
            let message = format!("`tracker {foreign}` does not exist");
            Err(Failure::usage_message(message, format!("instead: {what}")))
        }
        Some(((_, Value), _)) => Ok(false),
        None if id_first(root, words, at, &word) => {
            // The word behind the id may be a foreign one.
            translate_command(root, words, at)?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Turns an id in the place of a command around, or shows its task.
fn id_first(root: &clap::Command, words: &mut Vec<OsString>, at: usize, word: &str) -> bool {
    let names = root.get_subcommands().map(clap::Command::get_name);
    if TaskId::parse(&word.to_ascii_uppercase()).is_err() || nearest(word, names).is_some() {
        return false;
    }
    match words.get(at + 1).and_then(|next| next.to_str()) {
        Some(verb) if AFTER_ID.contains(&verb) => words.swap(at, at + 1),
        Some(verb) if !verb.starts_with('-') => return false,
        _ => words.insert(at, OsString::from("show")),
    }
    true
}

fn translate_options(root: &clap::Command, words: &mut Vec<OsString>, at: usize) -> Result<bool, Failure> {
    let Some(name) = own_name(root, &words[at]) else { return Ok(false) };
    let mut changed = false;
    let mut index = at + 1;
    while index < words.len() && words[index] != "--" {
        if let Some(replaced) = translated(&words[index], name)? {
            let length = replaced.len();
            words.splice(index..=index, replaced);
            changed = true;
            // What was put in its place is ours.
            index += length;
        } else {
            index += 1;
        }
    }
    Ok(changed)
}

/// Returns what takes the place of a word among the arguments of a command of ours.
fn translated(word: &OsString, command: &str) -> Result<Option<Vec<OsString>>, Failure> {
    let Some(text) = word.to_str() else { return Ok(None) };
    if let (true, Some(tag)) = (command == "set" && !text.contains('='), text.strip_prefix('+')) {
        return Ok(Some(vec![format!("tags+={tag}").into()]));
    }
    let (option, value) = text.split_once('=').map_or((text, None), |(option, value)| (option, Some(value)));
    let row = OPTIONS.iter().find(|(commands, foreign, _)| *foreign == option && commands.contains(&command));
    let Some((_, _, meaning)) = row else { return Ok(None) };
    match (meaning, value) {
        (Value, value) => Ok(Some(value.map(OsString::from).into_iter().collect())),
        (Words([ours]), Some(value)) if ours.starts_with('-') => {
            Ok(Some(vec![format!("{ours}={value}").into()]))
        }
        (Words(ours), _) => Ok(Some(ours.iter().map(OsString::from).collect())),
        (Instead(what), _) => {
            let message = format!("`tracker {command}` has no option `{option}`");
            Err(Failure::usage_message(message, format!("instead: {what}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translation(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match translate(&words) {
            Ok(Some(words)) => words.join(std::ffi::OsStr::new(" ")).to_string_lossy().into_owned(),
            Ok(None) => "-".to_owned(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    #[test]
    fn every_foreign_command_is_no_word_of_ours_and_becomes_one() {
        let root = command();
        for (foreign, meaning) in COMMANDS {
            let first = OsString::from(foreign.split(' ').next().unwrap());
            assert!(own_name(&root, &first).is_none(), "{foreign} is a command");
            match meaning {
                Words(ours) => {
                    assert!(own_name(&root, &ours[0].into()).is_some(), "{foreign}");
                    assert_eq!(
                        translation(&format!("tracker {foreign} x")),
                        format!("tracker {} x", ours.join(" "))
                    );
                }
                Instead(what) => {
                    assert!(translation(&format!("tracker {foreign}")).contains(what), "{foreign}");
                }
                Value => panic!("{foreign}"),
            }
        }
    }

    #[test]
    fn every_foreign_option_is_none_of_ours_and_becomes_one() {
        let root = command();
        for (commands, foreign, meaning) in OPTIONS {
            for name in *commands {
                let of_ours = root.find_subcommand(name).unwrap_or_else(|| panic!("{name}"));
                let has = |option: &str| {
                    let names = |argument: &clap::Arg| {
                        let mut all = argument.get_all_aliases().unwrap_or_default();
                        all.extend(argument.get_long());
                        all.contains(&option.trim_start_matches('-'))
                    };
                    of_ours.get_arguments().any(names)
                };
                assert!(!has(foreign), "{name} {foreign} is an option");
                let line = format!("tracker {name} {foreign} x");
                match meaning {
                    Words([ours]) => {
                        assert!(!ours.starts_with('-') || has(ours), "{name} {ours}");
                        assert_eq!(translation(&line), format!("tracker {name} {ours} x"));
                    }
                    Words(_) => panic!("{foreign}"),
                    Value => assert_eq!(translation(&line), format!("tracker {name} x")),
                    Instead(what) => assert!(translation(&line).contains(what), "{line}"),
                }
            }
        }
    }

    #[test]
    fn an_id_may_come_first() {
        for (line, expected) in [
            ("tracker TASK-7Q2M", "tracker show TASK-7Q2M"),
            ("tracker task-7q2m start --force", "tracker start task-7q2m --force"),
            ("tracker -C a TASK-7Q2M --json", "tracker -C a show TASK-7Q2M --json"),
            ("tracker TASK-7Q2M info", "tracker show TASK-7Q2M"),
            ("tracker TASK-7Q2M annotate hi", "tracker note TASK-7Q2M hi"),
            ("tracker mod 7q2 +ui", "tracker set 7q2 tags+=ui"),
            ("tracker issue create --title=Bug --label=ui", "tracker new Bug --tag=ui"),
            ("tracker set-stag 7q2", "-"),
            ("tracker TASK-7Q2M nonsense", "-"),
            ("tracker note 7q2 -- --body", "-"),
            ("tracker list --label ui", "tracker list --tag ui"),
        ] {
            assert_eq!(translation(line), expected, "{line}");
        }
    }
}
