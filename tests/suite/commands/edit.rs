//! `tracker edit`

use std::fs;

use super::{changed, records, typed, world};
use crate::support::{Output, Sandbox};
use insta::assert_snapshot;

const TASK: &str = ".tracker/tasks/TASK-D4RK.md";

/// Runs `tracker edit` with a shell script for an editor; the file is `$1`.
fn edited(sandbox: &Sandbox, script: &str, args: &[&str]) -> Output {
    let editor = sandbox.root().join("editor.sh");
    fs::write(&editor, script).unwrap();
    let words: Vec<&str> = ["edit", "d4r"].into_iter().chain(args.iter().copied()).collect();
    sandbox.tracker_with("", &words, |command| {
        command.env("GIT_EDITOR", format!("sh {}", editor.display()));
    })
}

#[test]
fn writes_what_the_editor_left() {
    let sandbox = world();
    assert_snapshot!(edited(&sandbox, "sed -i 's/^priority: .*/priority: low # for now/' $1", &[]), @r"
    exit 0
    --- stdout
    TASK-D4RK  edited  Add dark mode to the dashboard
    ");
    assert_snapshot!(changed(&sandbox), @r"
    -priority: high
    +priority: low # for now
    ");
}

#[test]
fn an_unchanged_edit_is_reported() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(edited(&sandbox, "true", &[]), @r"
    exit 0
    --- stdout
    TASK-D4RK  nothing changed  Add dark mode to the dashboard
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn dry_run_shows_the_diff() {
    let sandbox = world();
    assert_snapshot!(edited(&sandbox, "sed -i 's/^priority: .*/priority: low/' $1", &["--dry-run"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  edited  Add dark mode to the dashboard
    --- a/.tracker/tasks/TASK-D4RK.md
    +++ b/.tracker/tasks/TASK-D4RK.md
    @@ -3,5 +3,5 @@
     title: Add dark mode to the dashboard
     type: feature
    -priority: high
    +priority: low
     stage: dev
     assignee: Ada Lovelace
    --- stderr
    dry run: 1 file would change, nothing was written
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn a_refused_text_is_kept_and_gone_on_with() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(edited(&sandbox, "sed -i 's/^title: .*/title: [oops/; s/^estimate.*/estimate: soon/' $1", &[]), @r"
    exit 1
    --- stderr
    error: the edited text of TASK-D4RK was not saved
      broken  line 3: title: did not find expected ',' or ']'  a bracket is not closed, or a text in it needs quotes
      broken  line 13: estimate: invalid duration `soon`       expected a duration such as 45m, 2h, 1h 30m or 3d (a day is 8 hours)
      hint: your text is kept; run `tracker edit TASK-D4RK` to go on with it, with `--fresh` to begin anew
    ");
    assert_eq!(records(&sandbox), before);
    assert_snapshot!(edited(&sandbox, "sed -i 's/oops/Dark]/; s/soon/1h/; s/\\[Dark\\]/Dark/' $1", &[]), @r"
    exit 0
    --- stdout
    TASK-D4RK  edited  Dark
    --- stderr
    continuing with your unsaved text of TASK-D4RK
    ");
    assert_snapshot!(changed(&sandbox), @r"
    -title: Add dark mode to the dashboard
    +title: Dark
    -estimate: 45m
    +estimate: 1h
    ");
    assert_snapshot!(edited(&sandbox, "true", &[]), @r"
    exit 0
    --- stdout
    TASK-D4RK  nothing changed  Dark
    ");
}

#[test]
fn what_an_editor_gives_up_is_put_aside_and_a_refused_text_can_be_dropped() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(edited(&sandbox, "echo more >> $1; exit 1", &[]), @r"
    exit 2
    --- stderr
    error: the editor `sh [ROOT]/editor.sh` ended with exit status: 1; nothing was written
      hint: your text is in [ROOT]/repo/.git/tracker/edit/TASK-D4RK.1.md
    ");
    assert_snapshot!(edited(&sandbox, "true", &[]), @r"
    exit 0
    --- stdout
    TASK-D4RK  nothing changed  Add dark mode to the dashboard
    ");
    edited(&sandbox, "sed -i 's/^title: .*/title: [oops/' $1", &[]);
    assert_snapshot!(edited(&sandbox, "true", &["--fresh"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  nothing changed  Add dark mode to the dashboard
    --- stderr
    TASK-D4RK; your unsaved text is in [ROOT]/repo/.git/tracker/edit/TASK-D4RK.2.md
    ");
    assert_eq!(records(&sandbox), before);
    let kept =
        sandbox.read(".git/tracker/edit/TASK-D4RK.1.md") + &sandbox.read(".git/tracker/edit/TASK-D4RK.2.md");
    assert!(kept.contains("more") && kept.contains("oops"), "{kept}");
    let by_hand = edited(&sandbox, "sed -i 's/^stage: .*/stage: sec/' $1", &[]);
    assert!(by_hand.stdout.contains("stage set by hand: it is sec"), "{by_hand}");
}

#[test]
fn another_id_or_a_cycle_is_refused() {
    let sandbox = world();
    assert_snapshot!(edited(&sandbox, "sed -i 's/^id: .*/id: TASK-0THR/' $1", &[]), @r"
    exit 1
    --- stderr
    error: the edited text of TASK-D4RK was not saved
      broken  line 2: id: `TASK-0THR` is not the id that the file's name says  write `id: TASK-D4RK`
      hint: your text is kept; run `tracker edit TASK-D4RK` to go on with it, with `--fresh` to begin anew
    ");
    assert_snapshot!(edited(&sandbox, "sed -i 's/^id: .*/id: TASK-D4RK/; s/^depends_on.*/depends_on: [TASK-D4RK]/' $1", &[]), @r"
    exit 1
    --- stderr
    continuing with your unsaved text of TASK-D4RK
    error: the edited text of TASK-D4RK was not saved
      broken  depends_on: TASK-D4RK cannot depend on itself: TASK-D4RK → TASK-D4RK
      hint: your text is kept; run `tracker edit TASK-D4RK` to go on with it, with `--fresh` to begin anew
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn a_change_by_somebody_else_is_not_overwritten() {
    let sandbox = world();
    let script = format!("sed -i 's/^priority: .*/priority: low/' $1; echo more >> {TASK}");
    assert_snapshot!(edited(&sandbox, &script, &[]), @r"
    exit 1
    --- stderr
    error: the edited text of TASK-D4RK was not saved
      changed  .tracker/tasks/TASK-D4RK.md
      hint: your text is in [ROOT]/repo/.git/tracker/edit/TASK-D4RK.md; compare it and edit again
    ");
    assert!(sandbox.read(TASK).ends_with("more\n"));
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let sandbox = world();
    assert_snapshot!(edited(&sandbox, "exit 3", &[]), @r"
    exit 2
    --- stderr
    error: the editor `sh [ROOT]/editor.sh` ended with exit status: 3; nothing was written
      hint: the text was as before
    ");
    let output = sandbox.tracker_with("", &["edit", "d4r"], |command| {
        command.env("GIT_EDITOR", "no-such-editor");
    });
    assert_snapshot!(output, @r"
    exit 2
    --- stderr
    no-such-editor: 1: no-such-editor: not found
    error: the editor `no-such-editor` ended with exit status: 127; nothing was written
      hint: the text was as before
    ");
    let output = sandbox.tracker_with("", &["edit", "d4r"], |command| {
        command.env("TERM", "xterm");
    });
    assert_eq!(output.status, 2, "nobody presses a key in the vi that git would open: {output}");
    assert_snapshot!(typed(&sandbox, "
        edit d4r
        edit zzz
        edit
    "), @r"
    $ tracker edit d4r
    exit 2
    --- stderr
    error: no editor is configured
      hint: set one with `git config --global core.editor NAME`, or use `tracker set`, `tracker tick`, `tracker note`

    $ tracker edit zzz
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks

    $ tracker edit
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <ID>

    Usage: tracker edit <ID>

    For more information, try '--help'.
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn a_broken_document_can_be_fixed() {
    let sandbox = world();
    let broken = sandbox.read(TASK).replace("title: Add dark mode to the dashboard", "title: [oops");
    sandbox.write(TASK, broken);
    assert_snapshot!(edited(&sandbox, "sed -i 's/^title: .*/title: Add dark mode to the dashboard/' $1", &[]), @r"
    exit 0
    --- stdout
    TASK-D4RK  edited  Add dark mode to the dashboard
    ");
    assert_eq!(changed(&sandbox), "");
}

#[test]
fn a_refused_text_does_not_overwrite_later_changes() {
    let sandbox = world();
    assert_eq!(edited(&sandbox, "sed -i 's/^title:.*/title: \"broken/' $1", &[]).status, 1);
    assert_eq!(sandbox.tracker(&["set", "d4r", "tags+=new"]).status, 0);
    let again = edited(&sandbox, "sed -i 's/^title:.*/title: Better/' $1", &[]);
    assert!(
        again.status == 0 && again.stderr.contains("TASK-D4RK has changed since; your unsaved text is in"),
        "{again}"
    );
    let text = sandbox.read(TASK);
    assert!(text.contains("title: Better") && text.contains("new]"), "{text}");
    let kept = again.stderr.lines().find_map(|line| line.split_once("text is in ")).unwrap().1;
    assert!(fs::read_to_string(kept).unwrap().contains("title: \"broken"), "{kept}");
}

#[test]
fn an_unknown_stage_is_refused() {
    let output = edited(&world(), "sed -i 's/^stage:.*/stage: nonsense/' $1", &[]);
    assert!(output.status == 1 && output.stderr.contains("unknown stage `nonsense`"), "{output}");
}
