//! Many people at one moment: of those who take the next task one wins, and no vote on a branch is lost.

use std::collections::BTreeSet;

use crate::support::{Output, Sandbox};

/// Runs the tracker as many people at once, each in one of the folders.
pub(crate) fn at_once(sandbox: &Sandbox, folders: &[&str], people: usize, args: &[&str]) -> Vec<Output> {
    std::thread::scope(|scope| {
        let run = |at: usize| {
            scope.spawn(move || {
                sandbox.tracker_with(folders[at % folders.len()], args, |command| {
                    // Many write in one moment, as they do in the world.
                    command.env_remove("TRACKER_NOW").env_remove("TRACKER_SEED");
                    for role in ["AUTHOR", "COMMITTER"] {
                        command.env(format!("GIT_{role}_NAME"), format!("P{at}"));
                        command.env(format!("GIT_{role}_EMAIL"), format!("p{at}@example.com"));
                    }
                })
            })
        };
        let running: Vec<_> = (0..people).map(run).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn commit_all(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// Lets people take the next task in a clone and two working trees of it, one task for all of them in each race. One has
/// it, and the others are refused with the reason.
pub(crate) fn starters(races: usize, people: usize) {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    for race in 0..races {
        let id = format!("TASK-{race:05}");
        let text = format!(
            "---\nid: {id}\ntitle: Race {race}\ntags: [r{race}]\ncreated: 2026-11-10\nstage: none\n---\n"
        );
        sandbox.write(format!(".tracker/tasks/{id}.md"), text);
    }
    commit_all(&sandbox, "Plan");
    for name in ["a", "b"] {
        sandbox.git(&["worktree", "add", "--quiet", "-b", name, &format!("../{name}")]);
    }
    for race in 0..races {
        let query = format!("tag:r{race}");
        let answers = at_once(&sandbox, &["", "../a", "../b"], people, &["start", "--next", &query, "-q"]);
        let (won, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 0);
        assert_eq!(won.len(), 1, "race {race}");
        assert_eq!(won[0].stdout, format!("TASK-{race:05}\n"));
        for answer in refused {
            assert!(
                answer.status == 1 && answer.stderr.contains("no task can begin"),
                "race {race}: {answer}"
            );
        }
    }
}

/// A vote that waits for all that come before it.
const VOTE: [&str; 8] = ["approve", "c4rt", "--as", "reviewer", "--branch", "fix", "--lock-timeout", "900"];

/// Lets people vote on a branch without a checkout, all at once. Returns how many votes the branch has.
pub(crate) fn voters(people: usize) -> usize {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    sandbox.write(
        ".tracker/config.toml",
        format!(
            "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.qa]\nsignoffs = [\"reviewer\"]\n\
             [roles.reviewer]\nquorum = {}\n",
            people + 1
        ),
    );
    sandbox.tracker(&["new", "Cart", "--id", "TASK-C4RT"]);
    commit_all(&sandbox, "Plan");
    sandbox.git(&["switch", "--quiet", "--create", "fix"]);
    sandbox.tracker(&["start", "c4rt"]);
    sandbox.write("cart.rs", "fixed\n");
    commit_all(&sandbox, "Fix\n\nTask: TASK-C4RT");
    sandbox.tracker(&["advance", "c4rt"]);
    commit_all(&sandbox, "For review\n\nTask: TASK-C4RT");
    sandbox.git(&["switch", "--quiet", "main"]);
    for answer in at_once(&sandbox, &[""], people, &VOTE) {
        assert_eq!(answer.status, 0, "{answer}");
    }
    let authors = sandbox.git(&["log", "--format=%an", "--grep", "approved", "main..fix"]);
    let authors: BTreeSet<&str> = authors.lines().collect();
    let votes = sandbox.git(&["ls-tree", "-r", "--name-only", "fix", ".tracker/signoffs"]);
    assert_eq!(authors.len(), people, "{authors:?}");
    votes.lines().count()
}

#[test]
fn one_of_many_starters_has_the_task() {
    starters(50, 16);
}

#[test]
fn no_vote_of_many_on_a_branch_is_lost() {
    assert_eq!(voters(12), 12);
}
