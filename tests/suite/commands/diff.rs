//! `tracker diff`: what differs between two commits.

use super::{commit, json, typed, world};
use crate::support::{Sandbox, items};
use insta::assert_snapshot;

/// A world whose second commit has a little of everything, tagged `a` and `b`.
fn history() -> Sandbox {
    let sandbox = world();
    let config = sandbox.read(".tracker/config.toml");
    let asks =
        "\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n[policy]\nblocking_severity = \"high\"\n";
    sandbox.write(".tracker/config.toml", format!("{config}{asks}"));
    commit(&sandbox, "Rules");
    sandbox.git(&["tag", "a"]);
    for call in [
        "tick d4r 2",
        "untick d4r 1",
        "set d4r priority=low area= estimate=2h",
        "set-stage d4r qa",
        "reject d4r --as reviewer --finding high:loud -m no",
        "note d4r why",
        "new Fifth --id TASK-F1VE",
    ] {
        let words: Vec<&str> = call.split(' ').collect();
        let done = sandbox.tracker(&words);
        assert_eq!(done.status, 0, "{done}");
    }
    let config = sandbox.read(".tracker/config.toml").replace("\"high\"", "\"low\"");
    sandbox.write(".tracker/config.toml", format!("{config}[[policy.command]]\nname = \"x\"\nrun = \"y\"\n"));
    sandbox.write(".tracker/roles/reviewer.md", "---\ntitle: Reviewer\n---\n\nLook.\n");
    let other = sandbox.read(".tracker/tasks/TASK-S3SS.md");
    sandbox.write(
        ".tracker/tasks/TASK-S3SS.md",
        other.replace("type: bug\n", "").replace("---\n", "---\n# why\n"),
    );
    sandbox.git(&["rm", "--quiet", ".tracker/tasks/TASK-EXP0.md"]);
    commit(&sandbox, "Everything");
    sandbox.git(&["tag", "b"]);
    sandbox
}

#[test]
fn differences_are_shown_by_task() {
    let sandbox = history();
    assert_snapshot!(typed(&sandbox, "
        diff a b
        diff b a d4r
        diff a..b -- five f1ve
        diff b..b
        diff b nowhere
        diff nowhere..b
    "), @r"
    $ tracker diff a b
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      >  moved                     dev → qa  override                                          Ada Lovelace  9m
      >  moved                     qa → dev  failed: rejected by Ada Lovelace as reviewer: no  Ada Lovelace  8m
      +  ticked                    two colours from one table
      -  unticked                  toggle in settings
      -  area                      ui → nothing
      ~  estimate                  45m → 2h
      ~  priority                  high → low
      x  rejected                  reviewer  “no”                                              Ada Lovelace  8m
      !  finding opened            FDD64 high: loud                                            Ada Lovelace  8m
      +  note                      “why”                                                       Ada Lovelace  7m

    TASK-EXP0  Describe the export  deleted

    TASK-F1VE  Fifth  new

    TASK-S3SS  Session expires while typing
      -  type                      bug → nothing
      ~  text                      reworded

    .tracker/config.toml
      ~  policy.blocking_severity  high → low
      +  policy.command[0].name    x
      +  policy.command[0].run     y

    +  .tracker/roles/reviewer.md  added
    --- stderr
    a..b: 4 tasks, 3 settings, 1 other file

    $ tracker diff b a d4r
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      >  taken back    dev → qa  override                                          Ada Lovelace  10m
      >  taken back    qa → dev  failed: rejected by Ada Lovelace as reviewer: no  Ada Lovelace   9m
      +  ticked        toggle in settings
      -  unticked      two colours from one table
      +  area          ui
      ~  estimate      2h → 45m
      ~  priority      low → high
      !  vote gone     reviewer rejected “no”                                      Ada Lovelace   9m
      -  finding gone  FDD64 high: loud                                            Ada Lovelace   9m
      -  note gone     “why”                                                       Ada Lovelace   8m
    --- stderr
    b..a: 1 task

    $ tracker diff a..b -- five f1ve
    exit 2
    --- stderr
    error: no task matches `five`
      hint: did you mean TASK-F1VE?

    $ tracker diff b..b
    exit 0
    --- stderr
    b..b: nothing differs

    $ tracker diff b nowhere
    exit 2
    --- stderr
    error: `nowhere` is neither a revision nor a task
      hint: see: git branch --all, tracker list

    $ tracker diff nowhere..b
    exit 2
    --- stderr
    error: `nowhere` is not a revision of this repository
      hint: see: git branch --all, git tag
    ");
}

/// What a comparison found, without the names of its sides.
fn found(sandbox: &Sandbox, args: &[&str]) -> serde_json::Value {
    let mut value = json(&sandbox.tracker(&[&["diff"], args, &["--format", "json"]].concat()));
    value["result"]["from"].take();
    value["result"]["to"].take();
    value["result"].take()
}

#[test]
fn the_working_tree_is_compared_as_a_commit_of_it_would_be() {
    let sandbox = history();
    let between = found(&sandbox, &["a", "b"]);
    assert_eq!(found(&sandbox, &["a"]), between);
    assert_eq!(found(&sandbox, &["a..."]), between);
    assert_eq!(found(&sandbox, &["a..HEAD"]), between);
    assert_eq!(items(&found(&sandbox, &[])["tasks"]).len(), 0);
    // Whatever the index knows of the files: nothing, everything, what was staged and is another now.
    sandbox.git(&["checkout", "--quiet", "a"]);
    sandbox.git(&["checkout", "--quiet", "b", "--", "."]);
    sandbox.git(&["rm", "--quiet", "--cached", "--", ".tracker/tasks/TASK-F1VE.md"]);
    std::fs::remove_file(sandbox.path().join(".tracker/tasks/TASK-EXP0.md")).unwrap();
    assert_eq!(found(&sandbox, &[]), between);
    std::fs::remove_file(sandbox.path().join(".git/index")).unwrap();
    assert_eq!(found(&sandbox, &[]), between);
}

#[test]
fn a_change_that_keeps_the_length_and_the_second_is_seen() {
    let sandbox = history();
    let path = ".tracker/tasks/TASK-C0DE.md";
    let text = sandbox.read(path).replace("medium", "sudden");
    let file = std::fs::File::open(sandbox.path().join(path)).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    sandbox.write(path, text);
    let file = std::fs::File::options().write(true).open(sandbox.path().join(path)).unwrap();
    file.set_modified(modified).unwrap();
    assert_eq!(found(&sandbox, &[])["tasks"][0]["id"], "TASK-C0DE");
}

#[test]
fn a_broken_side_is_reported_and_the_rest_is_compared() {
    let sandbox = history();
    sandbox.write(".tracker/tasks/TASK-D4RK.md", "---\nid: [\n---\n");
    commit(&sandbox, "Broken");
    let broken = sandbox.tracker(&["diff", "a"]);
    assert_eq!(broken.status, 1, "{broken}");
    assert!(broken.stderr.contains("TASK-D4RK.md") && broken.stdout.contains("TASK-F1VE"), "{broken}");
    let fixed = sandbox.tracker(&["diff", "HEAD", "b"]);
    assert!(fixed.status == 0 && fixed.stderr.contains("warning"), "{fixed}");
}

#[test]
fn before_the_first_commit_and_without_a_working_tree() {
    let sandbox = super::empty();
    sandbox.tracker(&["new", "One", "--id", "TASK-0NE0"]);
    let first = sandbox.tracker(&["diff"]);
    assert!(first.status == 0 && first.stdout.contains("TASK-0NE0  One  new"), "{first}");
    commit(&sandbox, "First");
    sandbox.git(&["clone", "--quiet", "--bare", ".", "../bare"]);
    assert_eq!(sandbox.tracker_in("../bare", &["diff", "HEAD..HEAD"]).status, 0);
    assert_eq!(sandbox.tracker_in("../bare", &["diff"]).status, 2);
}
