//! `tracker man`, `tracker reference`: from the same definitions as `--help`.

use std::fs;

use super::typed;
use crate::support::Sandbox;
use insta::assert_snapshot;

/// Returns the names of all commands, those within commands too: `import-cards`.
fn commands() -> Vec<String> {
    fn below(command: &clap::Command, prefix: &str, names: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            let name = format!("{prefix}{}", inner.get_name());
            below(inner, &format!("{name}-"), names);
            names.push(name);
        }
    }
    let mut names = Vec::new();
    below(&tracker::cli::command(), "", &mut names);
    names
}

#[test]
fn each_command_has_a_man_page() {
    let sandbox = Sandbox::without_repository();
    let output = sandbox.tracker(&["man", "../man"]);
    assert_eq!(output.status, 0, "{output}");
    let mut pages: Vec<String> = fs::read_dir(sandbox.root().join("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    let mut expected: Vec<String> = commands().iter().map(|name| format!("tracker-{name}.1")).collect();
    expected.push("tracker.1".to_owned());
    let topics = sandbox.tracker(&["help"]).stdout;
    let topics = topics.rsplit("Topics, shown by").next().unwrap().lines().skip(1);
    expected.extend(topics.map(|line| format!("tracker-help-{}.1", line.split_whitespace().next().unwrap())));
    let topic = fs::read_to_string(sandbox.root().join("man/tracker-help-json.1")).unwrap();
    assert!(
        topic.contains(".SH NAME\ntracker\\-help\\-json") && topic.contains("130   interrupted"),
        "{topic}"
    );
    expected.sort();
    assert_eq!(pages, expected);
    assert_eq!(output.stdout.lines().count(), pages.len());
    let page = fs::read_to_string(sandbox.root().join("man/tracker-list.1")).unwrap();
    assert!(page.starts_with(".ie") && page.contains(".SH OPTIONS") && page.contains("is:ready"), "{page}");
}

#[test]
fn man_shows_a_page() {
    let sandbox = Sandbox::without_repository();
    sandbox.tracker(&["man", "."]);
    if std::process::Command::new("man").arg("--version").output().is_err() {
        return;
    }
    let page = sandbox.program_with("man", "", &["-l", "./tracker-set.1"], |command| {
        command.env("MANPAGER", "cat").env("MANWIDTH", "80");
    });
    // A machine whose man is a stub has nothing to say.
    if page.status == 0 && page.stdout.contains("NAME") {
        assert!(page.stdout.contains("FIELD=VALUE") && page.stderr.is_empty(), "{page}");
    }
}

#[test]
fn without_a_folder_the_main_page_is_printed() {
    let output = Sandbox::without_repository().tracker(&["man"]);
    assert!(output.stdout.contains(".TH tracker 1"), "{output}");
    let sandbox = Sandbox::without_repository();
    sandbox.write("file", "");
    assert_snapshot!(typed(&sandbox, "man file"), @r"
    $ tracker man file
    exit 2
    --- stderr
    error: cannot write `file`: File exists (os error 17)
    ");
}

#[test]
fn the_reference_names_every_command_and_option() {
    let reference = Sandbox::without_repository().tracker(&["reference"]).stdout;
    let mut root = tracker::cli::command();
    root.build();
    for command in
        root.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set())
    {
        let head = format!("## tracker {}\n", command.get_name());
        let section = reference.split(&head).nth(1).unwrap_or_else(|| panic!("no {head}"));
        let section = section.split("\n## ").next().unwrap();
        let own =
            command.get_arguments().filter(|argument| !argument.is_global_set() && !argument.is_hide_set());
        for argument in own.filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version")) {
            let name = argument.get_long().map_or_else(|| argument.to_string(), |long| format!("--{long}"));
            assert!(section.contains(&name), "{head} lacks {name}");
            assert!(argument.get_help().is_some(), "{head} {name} has no help");
        }
    }
}
