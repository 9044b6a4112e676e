//! Trackers of an older format: read by all, written by what brings them over and by nothing else.

use tracker::doc::create_vote;
use tracker::model::{
    AcceptanceText, Coverage, CoverageFormat, CoveredChange, Person, Stage, TaskId, TreeEntry, Verdict, Vote,
};
use tracker::policy::{coverage_digest, criteria_digest};

use crate::support::{Output, Sandbox};

trait Run {
    fn run(&self, command: &str) -> Output;
}

impl Run for Sandbox {
    /// Runs the tracker with words.
    fn run(&self, command: &str) -> Output {
        self.tracker(&command.split(' ').collect::<Vec<_>>())
    }
}

const CONFIG: &str = "# our rules\nformat = 1   # since the spring\n[pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.qa]\nsignoffs = [\"reviewer\"]\n[roles.reviewer]\n";

/// Keys in the older order, comments, quotes, and a move with each word that format 1 had.
const OLD: &str = "---\n# by hand\nid: TASK-AAAA\ntitle: 'Add dark mode'\nstage: dev     # for now\nassignee: ada\n\n\
                   # where it belongs\ntags: [ui]\nspent: 40m\ncreated: 2026-11-01\nsource: a.md#1\nhistory:\n  \
                   - {at: 2026-11-02T00:00:00Z, by: ada, from: none, to: dev, why: started}\n  \
                   - {at: 2026-11-03T00:00:00Z, by: ada, from: dev, to: qa, why: done}\n  \
                   - {at: 2026-11-04T00:00:00Z, by: ken, from: qa, to: dev, why: \"failed: too slow\"}\n  \
                   - {at: 2026-11-05T00:00:00Z, by: ada, from: dev, to: complete, why: \"override: shipped\"}\n  \
                   - at: 2026-11-06T00:00:00Z\n    by: ada\n    from: complete\n    to: dev\n    why: reopened  # alas\n\
                   branch: dark\n---\n\n## Deliverables\n\n- [ ] a toggle\n";

const NEW: &str = "---\n# by hand\nid: TASK-AAAA\ntitle: 'Add dark mode'\n\n# where it belongs\ntags: [ui]\n\
                   source: a.md#1\nbranch: dark\ncreated: 2026-11-01\nstage: dev     # for now\nassignee: ada\nspent: 40m\nhistory:\n  \
                   - {at: 2026-11-02T00:00:00Z, by: ada, from: none, to: dev, kind: start, why: started}\n  \
                   - {at: 2026-11-03T00:00:00Z, by: ada, from: dev, to: qa, why: done}\n  \
                   - {at: 2026-11-04T00:00:00Z, by: ken, from: qa, to: dev, kind: fail, why: too slow}\n  \
                   - {at: 2026-11-05T00:00:00Z, by: ada, from: dev, to: complete, kind: override, why: shipped}\n  \
                   - at: 2026-11-06T00:00:00Z\n    by: ada\n    from: complete\n    to: dev\n    kind: reopen  # alas\n\
                   ---\n\n## Deliverables\n\n- [ ] a toggle\n";

const BARE: &str = "---\nid: TASK-BBBB\ntitle: Export\n---\n";

/// A committed tracker of format 1.
fn older() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".tracker/config.toml", CONFIG);
    sandbox.write(".tracker/tasks/TASK-AAAA.md", OLD);
    sandbox.write(".tracker/tasks/TASK-BBBB.md", BARE);
    sandbox.write("src/a.rs", "fn a() {}\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "all"]);
    sandbox
}

fn refused(output: &Output) {
    assert_ne!(output.status, 0, "{output}");
    assert!(output.stderr.contains("tracker doctor --fix --upgrade"), "{output}");
}

#[test]
fn a_tracker_of_format_1_is_read() {
    let sandbox = older();
    let list = sandbox.run("list --all");
    assert!(list.stdout.contains("TASK-AAAA") && list.stdout.contains("TASK-BBBB"), "{list}");
    assert_eq!(sandbox.run("show AAAA").status, 0);
    let doctor = sandbox.run("doctor");
    assert!(
        doctor.status == 0 && doctor.stdout.contains("a tracker of format 1 is read and not written"),
        "{doctor}"
    );
}

#[test]
fn a_tracker_of_format_1_is_written_by_nothing() {
    let sandbox = older();
    for command in [
        "start BBBB",
        "new x",
        "set BBBB priority=high",
        "note BBBB x",
        "doctor --fix",
        "init",
        "role new x",
        "set-stage BBBB qa",
    ] {
        refused(&sandbox.run(command));
    }
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn hooks_and_merge_driver_leave_format_1_alone() {
    let sandbox = older();
    sandbox.write("message", "work\n\nAdvance: TASK-BBBB\n");
    refused(&sandbox.run("hook commit-msg message"));
    sandbox.write("message", "work\n\nTask: TASK-AAAA\n");
    let linked = sandbox.run("hook commit-msg message");
    assert!(linked.status == 0 && linked.stderr.contains("format 1"), "{linked}");
    for name in ["base", "ours", "theirs"] {
        sandbox.write(name, BARE);
    }
    refused(&sandbox.run("merge-driver base ours theirs 7 .tracker/tasks/TASK-BBBB.md"));
    assert_eq!(sandbox.read("ours"), BARE);
}

#[test]
fn doctor_brings_format_1_over_in_a_commit_of_its_own() {
    let sandbox = older();
    sandbox.write("staged.rs", "fn b() {}\n");
    sandbox.git(&["add", "staged.rs"]);
    sandbox.write("src/a.rs", "fn a() { b() }\n");
    let before = sandbox.git(&["status", "--porcelain"]);
    let dry = sandbox.run("doctor --fix --upgrade --dry-run");
    assert!(dry.status == 0 && dry.stdout.contains("+format = 2   # since the spring"), "{dry}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), before);

    let done = sandbox.run("doctor --fix --upgrade");
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(sandbox.read(".tracker/tasks/TASK-AAAA.md"), NEW);
    assert_eq!(sandbox.read(".tracker/config.toml"), CONFIG.replace("format = 1 ", "format = 2 "));
    let bare = sandbox.read(".tracker/tasks/TASK-BBBB.md");
    assert!(
        bare.starts_with("---\nid: TASK-BBBB\ntitle: Export\ncreated: 2")
            && bare.ends_with("stage: none\n---\n"),
        "{bare}"
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), before, "the user's own edits are as they were");
    let files = sandbox.git(&["show", "--name-only", "--format=%s", "HEAD"]);
    assert_eq!(
        files,
        "tracker: bring the records to format 2\n\n.tracker/config.toml\n.tracker/tasks/TASK-AAAA.md\n.tracker/tasks/TASK-BBBB.md"
    );

    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let again = sandbox.run("doctor --fix --upgrade");
    assert!(again.status == 0 && again.stderr.contains("has format 2 already"), "{again}");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(sandbox.run("note BBBB x").status, 0);
}

#[test]
fn nothing_is_brought_over_half() {
    let sandbox = older();
    sandbox.write(".tracker/tasks/TASK-BBBB.md", format!("{BARE}edited\n"));
    let dirty = sandbox.run("doctor --fix --upgrade");
    assert!(dirty.status != 0 && dirty.stderr.contains(".tracker/tasks/TASK-BBBB.md"), "{dirty}");

    let anchored = "---\nid: TASK-BBBB\nstage: &s dev\ntitle: *s\n---\n";
    sandbox.write(".tracker/tasks/TASK-BBBB.md", anchored);
    sandbox.git(&["commit", "--quiet", "--all", "--message", "odd"]);
    let odd = sandbox.run("doctor --fix --upgrade");
    assert!(odd.status != 0 && odd.stderr.contains(".tracker/tasks/TASK-BBBB.md:1"), "{odd}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.read(".tracker/tasks/TASK-AAAA.md"), OLD);
}

#[test]
fn a_commit_that_git_refuses_leaves_all_as_it_was() {
    let sandbox = older();
    sandbox.git(&["config", "user.useConfigOnly", "true"]);
    sandbox.git(&["config", "commit.gpgsign", "true"]);
    sandbox.git(&["config", "gpg.program", "/nowhere/gpg"]);
    let failed = sandbox.run("doctor --fix --upgrade");
    assert!(failed.status != 0 && failed.stderr.contains("nothing was changed"), "{failed}");
    assert_eq!(sandbox.read(".tracker/tasks/TASK-AAAA.md"), OLD);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_newer_format_is_neither_moved_nor_written() {
    let sandbox = older();
    sandbox.write(".tracker/config.toml", CONFIG.replace("format = 1 ", "format = 9 "));
    for command in ["start BBBB", "note BBBB x", "new x"] {
        let output = sandbox.run(command);
        assert!(output.status != 0 && output.stderr.contains("newer than this program"), "{output}");
    }
    let list = sandbox.run("list --all");
    assert!(list.stdout.contains("TASK-AAAA") && list.stderr.contains("newer"), "{list}");
}

#[test]
fn the_gate_lets_a_change_of_format_pass_and_nothing_beside_it() {
    let sandbox = older();
    sandbox.git(&["branch", "base"]);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    assert_eq!(sandbox.run("doctor --fix --upgrade").status, 0);
    let check = sandbox.run("check --base base");
    assert_eq!(check.status, 0, "{check}");
    // A move that is taken out of the history on the way.
    let text = sandbox.read(".tracker/tasks/TASK-AAAA.md");
    let without: String =
        text.lines().filter(|line| !line.contains("too slow")).map(|line| format!("{line}\n")).collect();
    sandbox.write(".tracker/tasks/TASK-AAAA.md", without);
    sandbox.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    let check = sandbox.run("check --base base");
    assert!(check.status == 1 && check.stdout.contains("out of the history"), "{check}");
}

/// A vote as format 1 wrote it: on what `src/a.rs` is.
fn old_vote(sandbox: &Sandbox) -> String {
    let blob = sandbox.git(&["rev-parse", "HEAD:src/a.rs"]);
    let criteria = criteria_digest(&AcceptanceText::default());
    let change = CoveredChange::to("src/a.rs", TreeEntry::File { mode: 0o100_644, blob });
    let covers = Coverage { format: CoverageFormat::One, ..Coverage::of(&criteria, [change]) };
    let mut vote = Vote {
        task: TaskId::parse("TASK-CCCC").unwrap(),
        role: "reviewer".to_owned(),
        verdict: Verdict::Approved,
        by: Person::parse(&sandbox.git(&["log", "-1", "--format=%an <%ae>"])).unwrap(),
        agent: None,
        at: "2026-11-11T05:30:00Z".parse().unwrap(),
        stage: Stage::parse("qa").unwrap(),
        round: 1,
        commit: sandbox.git(&["rev-parse", "HEAD"]),
        covers,
        replaces: Vec::new(),
        notes: None,
        findings: Vec::new(),
        signature: None,
        unknown: Vec::new(),
        warnings: Vec::new(),
    };
    vote.covers.digest = coverage_digest(&vote);
    create_vote(&vote)
}

#[test]
fn votes_of_format_1_count_before_and_after() {
    let sandbox = older();
    let task = "---\nid: TASK-CCCC\ntitle: Vote on me\nstage: qa\ncreated: 2026-11-01\nhistory:\n  \
                - {at: 2026-11-02T00:00:00Z, by: ada, from: none, to: dev, why: started}\n  \
                - {at: 2026-11-03T00:00:00Z, by: ada, from: dev, to: qa}\n---\n";
    sandbox.write(".tracker/tasks/TASK-CCCC.md", task);
    sandbox.write("src/a.rs", "fn c() {}\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "work\n\nTask: TASK-CCCC"]);
    let (path, vote) =
        (".tracker/signoffs/TASK-CCCC/20261111T153000Z-reviewer-0a1b2c3d.yaml", old_vote(&sandbox));
    assert!(vote.contains("mode: 100644, blob: ") && !vote.contains("from:"), "{vote}");
    sandbox.write(path, &vote);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "vote"]);
    let counts = || {
        let shown = sandbox.run("signoffs CCCC --format json");
        assert!(
            shown.stdout.contains("\"approved\": 1") || shown.stdout.contains("\"approved\":1"),
            "{shown}"
        );
    };
    counts();
    assert_eq!(sandbox.run("doctor --fix --upgrade").status, 0);
    assert_eq!(sandbox.read(path), vote, "kept byte for byte");
    counts();
}
