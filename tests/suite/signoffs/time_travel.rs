//! Any moment can be read: what a command says of a commit from elsewhere is what it says in a checkout of it.

use super::{CODE, by, commit, ok, signatures, work, world};
use crate::support::{Output, Sandbox};

const RULES: &str = "\
[stage.qa]
signoffs = [\"reviewer\", \"tester\"]
on_fail = \"dev\"
[roles.reviewer]
members = [\"ada@example.com\", \"bob@example.com\"]
paths = [\"src/**\"]
[roles.tester]
members = [\"bob@example.com\", \"ken@example.com\", \"carl@example.com\"]
quorum = 2
[policy]
self_approval = \"forbid\"
";

/// Every command that reads.
const READS: [&str; 24] = [
    "list",
    "list --all --sort -updated --fields id,title,type,priority,stage,status,badge,ready,assignee,updated,since,blocked,boxes",
    "list badge:issues_found",
    "show t3st",
    "show 0thr",
    "show n3w",
    "board",
    "board --by assignee",
    "queue",
    "queue --stage qa",
    "signoffs t3st",
    "signoffs t3st --verify",
    "signoffs 0thr",
    "findings",
    "findings --all",
    "findings t3st --all",
    "log t3st",
    "log 0thr --limit 2",
    "log n3w",
    "deps --all",
    "deps t3st",
    "deps 0thr --reverse",
    "report cards",
    "doctor",
];

/// Runs a command at a moment that is the same for all.
fn answer(sandbox: &Sandbox, folder: &str, line: &str, more: &[&str]) -> Output {
    let words: Vec<&str> = line.split(' ').chain(more.iter().copied()).collect();
    sandbox.tracker_with(folder, &words, |command| {
        command.env("TRACKER_NOW", "2026-11-12T12:00:00Z");
    })
}

/// A history with everything that a command may look at, and its commits, oldest first.
fn history() -> (Sandbox, Vec<String>) {
    let sandbox = world(RULES);
    ok(&sandbox.tracker(&["hooks", "install"]));
    let ada = signatures::key(&sandbox, "ada");
    let eve = signatures::key(&sandbox, "eve");
    signatures::use_key(&sandbox, "ada");
    sandbox.write(".tracker/allowed_signers", format!("ada@example.com {ada}\n"));
    commit(&sandbox, "Whose keys count");
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer --sign -m fine"));
    // Somebody's other name: no member before, a member after it.
    ok(&by(&sandbox, "Zoe", "approve t3st --as tester"));
    ok(&by(&sandbox, "Ken", "approve 0thr --as tester"));
    sandbox.write(".mailmap", "Bob <bob@example.com> Zoe <zoe@example.com>\n");
    commit(&sandbox, "Zoe is Bob");
    sandbox.write("src/theme.rs", CODE.replace("1\n", "11\n"));
    work(&sandbox, "Change what was approved");
    ok(&by(&sandbox, "Bob", "reject t3st --as reviewer --finding high:loud -m no"));
    // Other keys count: the vote that was signed is one that does not fit.
    sandbox.write(".tracker/allowed_signers", format!("ada@example.com {eve}\n"));
    ok(&by(&sandbox, "Ken", "new Another --id TASK-N3W1 --dep t3st --priority high"));
    ok(&by(&sandbox, "Ken", "note 0thr why"));
    ok(&by(&sandbox, "Ken", "block 0thr waiting"));
    std::fs::remove_file(sandbox.path().join(".mailmap")).unwrap();
    commit(&sandbox, "Zoe is Zoe");
    let config = sandbox.read(".tracker/config.toml").replace("\"forbid\"", "\"allow\"");
    sandbox.write(".tracker/config.toml", config);
    sandbox.write(".tracker/templates/cards.md.j2", "{{ tasks | length }} tasks\n");
    commit(&sandbox, "Looser");
    ok(&by(&sandbox, "Bob", "findings resolve t3st F -m fixed"));
    sandbox.write("src/theme.rs", CODE);
    commit(&sandbox, "As it was\n\nAdvance: TASK-T3ST");
    std::fs::remove_dir_all(sandbox.path().join(".tracker/signoffs/TASK-T3ST")).unwrap();
    commit(&sandbox, "Whose votes were those");
    sandbox.write(".tracker/tasks/TASK-BR0K.md", "---\nid: TASK-BR0K\ntitle: [oops\n---\n");
    sandbox.write(".tracker/signoffs/TASK-T3ST/zz.yaml", "task: [\n");
    commit(&sandbox, "Broken");
    let commits = sandbox.git(&["rev-list", "--reverse", "HEAD"]);
    let first = sandbox.git(&["log", "--format=%H", "--diff-filter=A", "--", ".tracker/config.toml"]);
    let commits = commits.lines().skip_while(|id| *id != first).map(str::to_owned).collect();
    (sandbox, commits)
}

#[test]
fn a_commit_reads_the_same_from_elsewhere_as_in_a_checkout_of_it() {
    let (sandbox, commits) = history();
    // Nothing of the place where it is asked may show through.
    sandbox.write(".mailmap", "Nobody <nobody@example.com> <ada@example.com>\n");
    sandbox.write(".tracker/allowed_signers", "");
    sandbox.write(".tracker/config.toml", "format = 2\n[pipeline]\nstages = [\"one\"]\n");
    assert!(commits.len() > 10, "{commits:?}");
    let mut answers = std::collections::BTreeSet::new();
    for (at, commit) in commits.iter().enumerate().filter(|(at, _)| at % 3 == 1 || *at + 2 >= commits.len()) {
        let folder = format!("../at-{at}");
        // A clone that has nothing else: from a working tree of the same repository the later branch would be seen.
        sandbox.git(&["clone", "--quiet", "--no-checkout", ".", &folder]);
        for call in [
            &["checkout", "--quiet", "--detach", commit][..],
            &["branch", "-qD", "main"],
            &["remote", "remove", "origin"],
        ] {
            sandbox.git(&[&["-C", &folder], call].concat());
        }
        for line in READS {
            for form in [&[][..], &["--format", "json"]] {
                let here = answer(&sandbox, "", line, &[&["--at", commit], form].concat());
                let there = answer(&sandbox, &folder, line, form);
                let (here, there) = (here.to_string(), there.to_string());
                assert_eq!(here, there, "{line} {form:?} at {commit}, the commit {at}");
                answers.insert((line, here));
            }
        }
    }
    // The moments differ, or nothing was compared.
    for line in ["signoffs t3st --verify", "show t3st", "findings --all", "report cards", "doctor"] {
        assert!(answers.iter().filter(|(own, _)| *own == line).count() > 3, "{line}");
    }
}
