//! What judging costs: so much for each file and vote, however many commits there are.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use tracker::model::{CoveredChange, TaskId, TreeEntry, Verdict};
use tracker::policy::history::{Commit, History, PersonKey};
use tracker::policy::landing::{HistoryStep, Landing, TaskSide, TaskSides, judge};
use tracker::policy::{CastVote, Sides};

use super::repository::person;
use super::world::{World, config, record_of, stage};

/// A line of commits, each for a task of its own and with a number of new files, then the tip's one commit beside it.
struct Line {
    parents: Vec<Vec<Commit>>,
    files: usize,
    recorded: Cell<usize>,
}

impl Line {
    fn of(commits: usize, files: usize) -> Self {
        let number = |at: usize| Commit(u32::try_from(at).unwrap());
        let mut parents: Vec<Vec<Commit>> =
            (0..=commits).map(|at| at.checked_sub(1).map(number).into_iter().collect()).collect();
        parents.push(vec![Commit(0)]);
        Self { parents, files, recorded: Cell::new(0) }
    }

    fn ask(&self) {
        self.recorded.set(self.recorded.get() + 1);
    }

    fn is_work(&self, commit: Commit) -> bool {
        commit.0 > 0 && (commit.0 as usize) < self.parents.len() - 1
    }

    fn path(commit: u32, file: usize) -> String {
        format!("src/{commit:05}/{file:05}")
    }

    fn paths(&self, commit: Commit) -> Rc<[String]> {
        let count = if self.is_work(commit) { self.files } else { 0 };
        (0..count).map(|file| Self::path(commit.0, file)).collect()
    }
}

fn id(commit: u32) -> TaskId {
    TaskId::parse(&format!("TASK-{commit:05}")).unwrap()
}

fn entry(path: &str) -> TreeEntry {
    TreeEntry::File { mode: 0o100_644, blob: path.to_owned() }
}

impl History for Line {
    type Error = Infallible;
    fn parents(&self, commit: Commit) -> &[Commit] {
        &self.parents[commit.0 as usize]
    }
    fn commits_of(&self, task: &TaskId) -> Result<Rc<[Commit]>, Infallible> {
        self.ask();
        Ok([Commit(task.suffix().parse().unwrap())].into())
    }
    fn tasks_of(&self, commit: Commit) -> Result<Rc<[TaskId]>, Infallible> {
        Ok(self.is_work(commit).then(|| id(commit.0)).into_iter().collect())
    }
    fn authors_of(&self, _: Commit) -> Result<Rc<[PersonKey]>, Infallible> {
        Ok([person("Dev")].into())
    }
    fn merge_bases(&self, _: Commit, _: Commit) -> Result<Rc<[Commit]>, Infallible> {
        Ok([Commit(0)].into())
    }
    fn changed(&self, commit: Commit) -> Result<Rc<[String]>, Infallible> {
        self.ask();
        Ok(self.paths(commit))
    }
    fn differences(&self, _: Option<Commit>, _: Commit) -> Result<Rc<[String]>, Infallible> {
        self.ask();
        let all = (0..u32::try_from(self.parents.len()).unwrap()).map(Commit);
        Ok(all.flat_map(|commit| self.paths(commit).to_vec()).collect())
    }
    fn entry(&self, commit: Commit, path: &str) -> Result<TreeEntry, Infallible> {
        self.ask();
        let made: Option<u32> = path.split('/').nth(1).and_then(|made| made.parse().ok());
        let has = self.is_work(commit) && made.is_some_and(|made| made <= commit.0);
        Ok(if has || path.starts_with('.') { entry(path) } else { TreeEntry::Absent })
    }
    fn merge_blobs(&self, _: &str, _: &str, _: &str) -> Result<Option<String>, Infallible> {
        panic!("nobody changed what another changed")
    }
    fn commits_touching(&self, _: &str) -> Result<Rc<[Commit]>, Infallible> {
        panic!("nobody took anything out")
    }
}

/// Judges a number of commits, each with its task, new files and votes; returns how often the history was asked.
fn recorded(commits: u32, files: usize, voters: usize) -> usize {
    let line = Line::of(commits as usize, files);
    let (head, tip, config) = (Commit(commits), Commit(commits + 1), config());
    let mut world = World::with(&["A"]);
    ["review", "docs"].into_iter().for_each(|to| world.advance("A", to));
    let moves = world.record(&world.tree, &super::world::task("A")).unwrap().history.clone();
    let (mut tasks, mut votes, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for commit in 1..=commits {
        let side = |count: usize, name: &str| {
            let (history, stage) = (moves[..count].to_vec(), stage(name));
            Some(TaskSide { history, stage, criteria: "does it".to_owned(), is_cancelled: false })
        };
        let sides = Sides { tip: side(2, "review"), head: side(3, "docs"), base: side(2, "review") };
        steps.push(HistoryStep { commit: head, task: id(commit), after: moves.clone().into() });
        tasks.push(TaskSides { id: id(commit), path: record_of(&id(commit)), kind: None, sides });
        let covered = |path: &String| CoveredChange {
            path: path.clone(),
            from: vec![TreeEntry::Absent],
            to: entry(path),
        };
        let covers: Vec<CoveredChange> = line.paths(Commit(commit)).iter().map(covered).collect();
        for voter in 0..voters {
            let role = if voter % 2 == 0 { "qa" } else { "sec" };
            votes.push(CastVote {
                path: format!(".tracker/signoffs/{}/{voter}.yaml", id(commit)),
                name: format!("{voter}.yaml"),
                task: id(commit),
                role: role.to_owned(),
                verdict: Verdict::Approved,
                voter: person(&format!("voter{voter}")),
                agent: None,
                stage: stage("review"),
                round: 1,
                criteria: "does it".to_owned(),
                files: covers.clone(),
                replaces: Vec::new(),
                added: Commit(commit),
                looked_at: Some(Commit(commit)),
                flaw: None,
                was_on_base: false,
                sides: Sides { tip: false, head: true, base: false },
                is_rewritten: false,
            });
        }
    }
    let landing = Landing {
        config: &config,
        tip,
        head,
        tasks: &tasks,
        votes: &votes,
        steps: &steps,
        removals: &[],
        owned: None,
    };
    let begun = std::time::Instant::now();
    let Ok(judgement) = judge(&line, &landing, &mut |_| Ok(Vec::new()));
    let objections = judgement.objections;
    println!("{commits} commits, {files} files and {voters} votes each: {:?}", begun.elapsed());
    assert!(objections.is_empty(), "{:?}", objections.first());
    line.recorded.get()
}

#[test]
fn costs_grow_with_commits_files_and_votes_and_no_faster() {
    let once = recorded(20, 5, 4);
    for (commits, files, voters) in [(40, 5, 4), (20, 10, 4), (20, 5, 8)] {
        let twice = recorded(commits, files, voters);
        assert!(twice <= once * 2 + 50, "{commits} {files} {voters}: {once} {twice}");
    }
}

#[test]
#[ignore = "takes seconds: cargo test --release -- costs --ignored --nocapture"]
fn a_thousand_commits_with_fifty_thousand_files_and_ten_thousand_votes() {
    recorded(1000, 50, 10);
}
