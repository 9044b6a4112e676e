//! `tracker completions`, and what a shell then asks.

use super::{typed, world};
use crate::support::Sandbox;
use insta::assert_snapshot;

/// Asks as the script of a shell would.
fn completed(sandbox: &Sandbox, shell: &str, words: &[&str]) -> String {
    let index = (words.len() - 1).to_string();
    let output = sandbox.tracker_with("", &[&["--"], words].concat(), |command| {
        command.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
    });
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output}");
    output.stdout.replace('\u{b}', "\n").trim_end().to_owned()
}

#[test]
fn ids_come_with_their_titles_the_open_ones_first() {
    let sandbox = world();
    assert_snapshot!(completed(&sandbox, "zsh", &["tracker", "show", "TASK-"]), @r"
    TASK-D4RK:Add dark mode to the dashboard
    TASK-EXP0:Describe the export
    TASK-S3SS:Session expires while typing
    TASK-C0DE:One table for all colours
    ");
    assert_snapshot!(completed(&sandbox, "fish", &["tracker", "start", "TASK-"]), @r"
    TASK-D4RK	Add dark mode to the dashboard
    TASK-EXP0	Describe the export
    TASK-S3SS	Session expires while typing
    TASK-C0DE	One table for all colours
    ");
    assert_snapshot!(completed(&sandbox, "bash", &["tracker", "set", "TASK-"]), @r"
    TASK-D4RK
    TASK-EXP0
    TASK-S3SS
    TASK-C0DE
    ");
}

#[test]
fn a_part_of_an_id_in_either_case_is_completed() {
    let sandbox = world();
    assert_eq!(completed(&sandbox, "bash", &["tracker", "show", "d4r"]), "TASK-D4RK");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "show", "task-d"]), "TASK-D4RK");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "new", "x", "--dep", "3s"]), "TASK-S3SS");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "show", "nope"]), "");
}

#[test]
fn roles_are_completed() {
    let sandbox = world();
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(
        ".tracker/config.toml",
        config + "\n[stage.qa]\nsignoffs = [\"reviewer\", \"tester\"]\n[roles.reviewer]\n[roles.tester]\n",
    );
    assert_eq!(completed(&sandbox, "bash", &["tracker", "approve", "d4r", "--as", ""]), "reviewer\ntester");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "findings", "import", "x", "--as", "t"]), "tester");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "role", "show", "r"]), "reviewer");
}

#[test]
fn commands_and_options_are_completed() {
    let sandbox = world();
    assert_eq!(completed(&sandbox, "bash", &["tracker", "unt"]), "untick");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "list", "--li"]), "--limit");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "list", "--format", ""]), "human\njson\ncsv");
}

#[test]
fn outside_of_a_tracker_a_shell_is_not_disturbed() {
    let sandbox = Sandbox::without_repository();
    completed(&sandbox, "bash", &["tracker", "show", "TASK-"]);
}

#[test]
fn the_script_works_in_a_real_bash() {
    let sandbox = world();
    let script = "source <(tracker completions bash); COMP_WORDS=(tracker show TASK-D); COMP_CWORD=2; \
                  _clap_complete_tracker tracker TASK-D show; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = sandbox.program_with("bash", "", &["-c", script], |_| {});
    assert_eq!((output.stdout.trim(), output.status), ("TASK-D4RK", 0), "{output}");
}

#[test]
fn every_shell_has_a_script() {
    let sandbox = Sandbox::without_repository();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = sandbox.tracker(&["completions", shell]);
        assert!(output.status == 0 && output.stdout.contains("COMPLETE"), "{output}");
    }
    assert_snapshot!(typed(&sandbox, "completions bsh"), @r"
    $ tracker completions bsh
    exit 2
    --- stderr
    error: invalid value 'bsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'bash'

    For more information, try '--help'.
    ");
}

#[test]
fn fields_values_stages_and_topics_are_completed() {
    let sandbox = world();
    assert_eq!(completed(&sandbox, "bash", &["tracker", "set", "d4r", "pri"]), "priority=");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "set", "d4r", "priority=h"]), "priority=high");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "new", "x", "--priority", "l"]), "low");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "set-stage", "d4r", "q"]), "qa");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "help", "quer"]), "queries");
    assert_eq!(completed(&sandbox, "bash", &["tracker", "schema", "sho"]), "show");
}
