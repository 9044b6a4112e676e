//! Colour, glyphs and widths: only on a terminal or when requested, and nothing from a file is ever obeyed.

use super::{commit, typed, world};
use crate::support::{Output, Sandbox};
use insta::assert_snapshot;

/// Runs a command as if on a terminal of N columns.
fn wide(sandbox: &Sandbox, columns: &str, args: &[&str]) -> Output {
    sandbox.tracker_with("", &[args, &["--color", "always"]].concat(), |command| {
        command.env("COLUMNS", columns);
    })
}

fn plain(output: &Output) -> String {
    anstream::adapter::strip_str(&output.stdout).to_string()
}

#[test]
fn a_pipe_gets_no_colour_and_no_glyph() {
    let sandbox = world();
    for args in
        [&["list"][..], &["show", "d4r"], &["board"], &["queue"], &["deps"], &["log", "d4r"], &["doctor"]]
    {
        let output = sandbox.tracker(args);
        let seen = format!("{}{}", output.stdout, output.stderr);
        assert!(!seen.contains('\u{1b}'), "{args:?} {seen:?}");
        assert!(!seen.chars().any(|c| "▕█░✓✗○●■⊘◎⧖☐└├│─".contains(c)), "{args:?} {seen}");
    }
}

#[test]
fn colour_can_be_forced_and_disabled() {
    let sandbox = world();
    let colour = |args: &[&str], variable: &str| {
        let output = sandbox.tracker_with("", args, |command| {
            command.env(variable, "1");
        });
        output.stdout.contains('\u{1b}')
    };
    assert!(colour(&["list", "--color", "always"], "NOTHING"));
    assert!(colour(&["list"], "CLICOLOR_FORCE"));
    assert!(!colour(&["list", "--color", "never"], "CLICOLOR_FORCE"));
    assert!(!colour(&["list"], "NO_COLOR"));
    assert!(colour(&["list", "--color", "always"], "NO_COLOR"), "who asks by hand gets it");
}

#[test]
fn errors_follow_the_same_choice() {
    let sandbox = world();
    assert!(sandbox.tracker(&["show", "zzz", "--color", "always"]).stderr.contains('\u{1b}'));
    assert!(!sandbox.tracker(&["show", "zzz"]).stderr.contains('\u{1b}'));
}

#[test]
fn rows_fit_the_terminal_and_are_cut_only_there() {
    let sandbox = world();
    let title = "A title that goes on and on until it has said everything that there was to say about it";
    sandbox.tracker(&["new", title, "--id", "TASK-L0NG", "--dep", "d4r"]);
    for columns in [40, 60, 80, 120, 200] {
        for args in [&["list"][..], &["queue"], &["deps"]] {
            let output = wide(&sandbox, &columns.to_string(), args);
            for line in plain(&output).lines() {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
        }
    }
    assert_snapshot!(plain(&wide(&sandbox, "80", &["list"])), @r"
    TASK-S3SS  critical  none  ○ pending  Session expires whil…                   1d
    TASK-D4RK  high      dev   1/2        Add dark mode to the…  Ada Lovelace     2d
    TASK-L0NG  -         none  ■ blocked  A title that goes on…                today
    TASK-EXP0  low       none  ■ blocked  Describe the export                  today
    ");
    assert_snapshot!(plain(&wide(&sandbox, "130", &["list"])), @r"
    TASK-S3SS  critical  none  ○ pending     Session expires while typing                                                           1d
    TASK-D4RK  high      dev   ████░░░░ 1/2  Add dark mode to the dashboard                                        Ada Lovelace     2d
    TASK-L0NG  -         none  ■ blocked     A title that goes on and on until it has said everything that there…                today
    TASK-EXP0  low       none  ■ blocked     Describe the export                                                                 today
    ");
    assert!(sandbox.tracker(&["list"]).stdout.contains(title));
}

#[test]
fn a_terminal_gets_glyphs_beside_the_colours() {
    let sandbox = world();
    assert_snapshot!(plain(&wide(&sandbox, "80", &["show", "d4r"])), @r"
    TASK-D4RK  Add dark mode to the dashboard  ● in progress
      feature · high · ui · Ada Lovelace · SPRINT-1 · estimate 45m
      created 2026-11-08 · #ui #theme
      none ✓ ─ [dev] ─ qa ─ sec ─ docs ─ complete   since 2d
      Files: src/ui/theme.rs

      Depends on
      ✓  TASK-C0DE  One table for all colours

      ## Description

      Make it dark.

      ## Deliverables

      ✓ 1 toggle in settings
      ☐ 2 two colours from one table

      ## Acceptance criteria

      ☐ 3 nobody is blinded

      Next: tracker tick TASK-D4RK 2 3  or  tracker advance TASK-D4RK
    ");
    assert_snapshot!(plain(&wide(&sandbox, "80", &["deps", "--all"])), @r"
    TASK-D4RK  ○  Add dark mode to the dashboard
    └─ TASK-C0DE  ✓  One table for all colours
    TASK-EXP0  ■  Describe the export
    └─ TASK-S3SS  ○  Session expires while typing
    ");
    assert_snapshot!(plain(&wide(&sandbox, "80", &["log", "d4r"])), @r"
    TASK-D4RK  Add dark mode to the dashboard
      2026-11-08        ✎  Add dark mode to the dashboard
      2026-11-09 09:00  →  Ada Lovelace  none → dev  started
      2026-11-11 09:03  ●  Ada Lovelace  77fb4a2  Four tasks
          added
    ");
}

#[test]
fn ages_are_whole_days_where_only_the_day_is_known() {
    let sandbox = world();
    let old = "---\nid: TASK-01D\ntitle: Old\ncreated: 2026-01-02\n---\n";
    sandbox.write(".tracker/tasks/TASK-01D.md", old);
    let list = sandbox.tracker(&["list"]).stdout;
    let ages: Vec<&str> = list.lines().map(|line| line.split_whitespace().last().unwrap()).collect();
    assert_eq!(ages, ["1d", "2d", "2026-01-02", "today"], "{list}");
}

#[test]
fn what_a_terminal_obeys_never_gets_there() {
    let sandbox = world();
    let evil = "\\e[2J\\e]0;title\\a\\u009b2J\\u202eevil";
    sandbox.write(
        ".tracker/tasks/TASK-EV11.md",
        format!(
            "---\nid: TASK-EV11\ntitle: \"{evil}\"\nassignee: \"{evil}\"\nx: \"{evil}\"\nblocked: \"{evil}\"\ntags: [\"{evil}\"]\narea: \"{evil}\"\ndepends_on: [TASK-D4RK]\nhistory:\n  - {{at: 2026-11-09T09:00:00Z, by: \"{evil}\", from: none, to: dev, why: \"{evil}\"}}\n---\n\n# \u{1b}[2J\n\n- [ ] \u{1b}[2J\u{7}\n"
        ),
    );
    sandbox.write(".tracker/tasks/TASK-EV12.md", "---\nid: TASK-EV12\ntitle: [\u{1b}[2J\n---\n\u{1b}[2J\n");
    sandbox.write(".tracker/tasks/\u{1b}[2J.md", "---\nid: TASK-EV13\ntitle: t\n---\n");
    sandbox.write(
        ".tracker/notes/TASK-EV11/20261111T090000Z-00000.md",
        "---\nat: 2026-11-11T09:00:00Z\nby: \"\\e[2J\"\n---\n\u{1b}[2J\n",
    );
    commit(&sandbox, "\u{1b}[2Jevil");
    let commands = "
        list --all
        list --all --fields id,title,assignee,area,tags,body
        show ev11
        show ev12
        board
        queue is:blocked
        deps
        deps d4r --reverse
        log ev11
        doctor
        start ev11
        set ev11 title=x --dry-run
        tick ev11 nothing
        unblock ev11
        show ev11 --format json
        list --format json
    ";
    for color in ["never", "always"] {
        for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let seen = typed(&sandbox, &format!("{line} --color {color}"));
            for bad in ["\u{1b}[2J", "\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}"] {
                assert!(!seen.contains(bad), "{line}: {seen:?}");
            }
        }
    }
    for args in [["show", "\u{1b}[2J"], ["list", "stage:\u{1b}[2J"], ["show", "--at=\u{1b}[2J"]] {
        let seen = sandbox.tracker(&args).to_string();
        assert!(!seen.contains('\u{1b}'), "{seen:?}");
    }
}
