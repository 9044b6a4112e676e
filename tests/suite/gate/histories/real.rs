//! The same histories in a real repository: what git and its objects say comes to the same verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::rc::Rc;

use tracker::facts::Reach;
use tracker::git::{CommitId, People, Repository, discover};
use tracker::model::TreeEntry;
use tracker::policy::history::Commit;
use tracker::policy::landing::{Landing, Objection, judge};

use super::cases::CASES;
use super::random;
use super::world::{MAIN, World};
use crate::support::Sandbox;

/// How many random histories there are besides.
const RANDOM: u64 = 40;

/// What `git fast-import` makes a repository of: for each history its commits, on refs of their own.
fn stream(worlds: &[World]) -> Vec<u8> {
    let mut out = String::new();
    let mut first = 1;
    for (number, world) in worlds.iter().enumerate() {
        for (at, node) in world.repository.commits.iter().enumerate() {
            let email = node.author.to_lowercase();
            let who = format!("{} <{email}@example.com> {} +0000", node.author, 1_700_000_000 + 60 * at);
            let mut message = "Change\n\n".to_owned();
            node.tasks.iter().for_each(|task| writeln!(message, "Task: {task}").unwrap());
            for name in &node.co_authors {
                writeln!(message, "Co-authored-by: {name} <{}@example.com>", name.to_lowercase()).unwrap();
            }
            writeln!(
                out,
                "commit refs/histories/{number}/{at}\nmark :{}\nauthor {who}\ncommitter {who}",
                first + at
            )
            .unwrap();
            writeln!(out, "data {}\n{message}", message.len()).unwrap();
            for (nth, parent) in node.parents.iter().enumerate() {
                let word = if nth == 0 { "from" } else { "merge" };
                writeln!(out, "{word} :{}", first + parent.0 as usize).unwrap();
            }
            writeln!(out, "deleteall").unwrap();
            for (path, entry) in node.tree.iter() {
                let TreeEntry::File { mode, blob } = entry else { continue };
                let text = world.repository.read(blob);
                let text = std::str::from_utf8(&text).unwrap();
                writeln!(out, "M {mode:o} inline {path}\ndata {}\n{text}", text.len()).unwrap();
            }
            out.push('\n');
        }
        first += world.repository.commits.len();
    }
    out.into_bytes()
}

/// Makes the repository, and returns the ids of each history's commits.
fn import(sandbox: &Sandbox, worlds: &[World]) -> Vec<Vec<CommitId>> {
    sandbox.write("stream", stream(worlds));
    let input = File::open(sandbox.path().join("stream")).unwrap();
    let args = ["fast-import", "--quiet", "--export-marks=marks"];
    let output = sandbox.program_with("git", "", &args, |command| {
        command.stdin(input);
    });
    assert_eq!(output.status, 0, "{output}");
    let marks = sandbox.read("marks");
    let marks: BTreeMap<usize, CommitId> = marks
        .lines()
        .map(|line| line[1..].split_once(' ').unwrap())
        .map(|(mark, id)| (mark.parse().unwrap(), CommitId::parse(id).unwrap()))
        .collect();
    let mut ids = marks.into_values();
    worlds.iter().map(|world| ids.by_ref().take(world.repository.commits.len()).collect()).collect()
}

/// Judges a history by what the repository says of its commits.
fn judged(repository: &Repository, world: &World, ids: &[CommitId]) -> Vec<Objection> {
    let (tip, head) = (world.branches[MAIN], world.head());
    let memory = world.repository.reached_by(&[tip, head]);
    let mut facts = world.facts(&memory, tip, head);
    let id = |commit: Commit| ids[commit.0 as usize];
    let people = Rc::new(People::default());
    let reach = Reach::from(repository, people, &[id(tip), id(head)]).unwrap();
    let real = |commit: Commit| reach.commit(id(commit)).unwrap();
    for vote in &mut facts.votes {
        vote.added = real(vote.added);
        vote.looked_at = vote.looked_at.map(real);
    }
    facts.steps.iter_mut().for_each(|step| step.commit = real(step.commit));
    facts.steps.sort_by_key(|step| step.commit);
    facts.removals.iter_mut().for_each(|removal| removal.commit = real(removal.commit));
    let landing = Landing {
        config: &facts.config,
        tip: real(tip),
        head: real(head),
        tasks: &facts.tasks,
        votes: &facts.votes,
        steps: &facts.steps,
        removals: &facts.removals,
        owned: None,
    };
    judge(&reach, &landing, &mut |_| Ok(Vec::new())).unwrap().objections
}

/// Returns objections without their commits, which have other numbers here and there.
fn reported(objections: Vec<Objection>) -> BTreeSet<String> {
    let reported = |objection: Objection| format!("{:?}", Objection { commit: None, ..objection });
    objections.into_iter().map(reported).collect()
}

#[test]
fn a_real_repository_comes_to_the_same_verdicts() {
    let mut worlds: Vec<(String, World)> =
        CASES.iter().map(|case| (case.name.to_owned(), (case.play)())).collect();
    worlds.extend((0..RANDOM).map(|seed| (format!("seed {seed}"), random::play(seed))));
    let (names, worlds): (Vec<String>, Vec<World>) = worlds.into_iter().unzip();
    let sandbox = Sandbox::new();
    let ids = import(&sandbox, &worlds);
    let repository = Repository::open(&discover(&sandbox.env("")).unwrap()).unwrap();
    for ((name, world), ids) in names.iter().zip(&worlds).zip(&ids) {
        assert_eq!(reported(judged(&repository, world, ids)), reported(world.judge(MAIN)), "{name}");
    }
}
