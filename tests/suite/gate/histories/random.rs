//! Random histories: several people, tasks and branches, honest work and what is not.

use fastrand::Rng;
use tracker::model::{Stage, Verdict};
use tracker::policy::history::Commit;

use super::plays::Votes;
use super::world::{MAIN, World, config, stage, task};

const PEOPLE: [&str; 7] = ["Dev", "Eve", "Mal", "Gil", "Hal", "Ida", "Dora"];
const PATHS: [&str; 4] = ["f", "g", "docs/g", "new"];
const PLACES: [usize; 5] = [5, 6, 20, 30, 35];
const STAGES: [&str; 4] = ["dev", "review", "docs", "done"];

/// Plays a history of its own for each seed. The branch to be merged is checked out at the end.
pub(super) fn play(seed: u64) -> World {
    let mut player =
        Player { rng: Rng::with_seed(seed), names: Vec::new(), world: World::with(&[]), branches: 0 };
    let count = player.rng.usize(1..=4);
    player.names = ["A", "B", "C", "D"][..count].to_vec();
    player.world = World::with(&player.names);
    player.branch();
    let (honest, steps) = (player.rng.u8(..10) < 6, player.rng.usize(3..16));
    for _ in 0..steps {
        if honest && player.rng.u8(..10) < 8 { player.honest_step() } else { player.step() }
    }
    if player.world.branch == MAIN {
        let own: Vec<String> = player.world.branches.keys().filter(|name| *name != MAIN).cloned().collect();
        let own = player.any(&own).clone();
        player.world.on(&own);
    }
    player.world
}

struct Player {
    rng: Rng,
    names: Vec<&'static str>,
    world: World,
    branches: usize,
}

impl Player {
    fn any<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.rng.usize(..of.len())]
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }

    fn task(&mut self) -> &'static str {
        let names = self.names.clone();
        self.any::<&'static str>(&names)
    }

    fn branch(&mut self) {
        self.branches += 1;
        let name = format!("b{}", self.branches);
        let from = if self.chance(70) { MAIN.to_owned() } else { self.world.branch.clone() };
        self.world.branch(&name, &from);
    }

    fn switch(&mut self) {
        let names: Vec<String> = self.world.branches.keys().cloned().collect();
        let name = self.any(&names).clone();
        self.world.on(&name);
    }

    /// Work as it should be: a task's edits, then its votes; updates, rebases and squashes in between.
    fn honest_step(&mut self) {
        match self.rng.u8(..12) {
            0..4 => {
                let (name, by) = (self.task(), *self.any(&["Dev", "Eve", "Gil"]));
                for _ in 0..self.rng.usize(1..3) {
                    self.edit(by, name);
                }
            }
            4..8 => {
                let name = self.task();
                let qa = *self.any(&["Gil", "Ida"]);
                let signed = self.chance(66);
                self.finish(name, Votes { qa, sec: "Hal", signed });
            }
            8 => self.elsewhere(|player| player.edit("Max", "-")),
            9 => self.merge(MAIN, &[]),
            10 => self.world.rebase(MAIN),
            _ => {
                let own = self.world.branch.clone();
                let name = self.task();
                self.branch();
                self.world.squash(&own, &[name], |_| {});
            }
        }
    }

    /// Anything.
    fn step(&mut self) {
        match self.rng.u8(..28) {
            0..6 => {
                let (name, by) = (self.name_or_none(), *self.any(&PEOPLE));
                self.edit(by, name);
            }
            6..9 => {
                let name = self.task();
                let to = *self.any(&STAGES);
                self.world.advance(name, to);
            }
            9..14 => self.vote(),
            14 => {
                let name = self.task();
                let (qa, sec) = (*self.any(&PEOPLE), *self.any(&PEOPLE));
                let signed = self.rng.bool();
                self.finish(name, Votes { qa, sec, signed });
            }
            15 => self.branch(),
            16 => self.switch(),
            17 => {
                let names: Vec<String> = self.world.branches.keys().cloned().collect();
                let (other, tasks) = (self.any(&names).clone(), self.names_or_none());
                self.merge(&other, &tasks);
            }
            18 => {
                let tasks = self.names_or_none();
                self.merge(MAIN, &tasks);
            }
            19 => self.world.rebase(MAIN),
            20 => {
                let (own, tasks) = (self.world.branch.clone(), self.names_or_none());
                self.branch();
                self.world.squash(&own, &tasks, |_| {});
            }
            21 => {
                let own = self.world.branch.clone();
                self.elsewhere(|player| {
                    player.world.merge(&own, &[], |_| {});
                });
            }
            22 => {
                let (own, name) = (self.world.branch.clone(), self.task());
                self.elsewhere(|player| {
                    player.world.squash(&own, &[name], |_| {});
                });
            }
            23..25 => self.revert(),
            25 => {
                // What landed, taken back as a forge does.
                let own = self.world.branch.clone();
                self.elsewhere(|player| player.merge(&own, &[]));
                let landed = self.world.branches[MAIN];
                self.branches += 1;
                self.world.branch(&format!("b{}", self.branches), MAIN);
                let tasks = self.names_or_none();
                self.world.undo(landed);
                self.world.commit("Dev", &tasks);
            }
            _ => self.elsewhere(Self::step),
        }
    }

    fn elsewhere(&mut self, act: impl FnOnce(&mut Self)) {
        let own = self.world.branch.clone();
        self.world.on(MAIN);
        act(self);
        self.world.on(&own);
    }

    fn name_or_none(&mut self) -> &'static str {
        if self.chance(15) { "-" } else { self.task() }
    }

    fn names_or_none(&mut self) -> Vec<&'static str> {
        if self.chance(40) {
            return Vec::new();
        }
        let (one, other) = (self.task(), self.task());
        if one == other || self.chance(60) { vec![one] } else { vec![one, other] }
    }

    fn edit(&mut self, by: &str, name: &'static str) {
        let path = *self.any(&PATHS);
        let tasks: &[&str] = if name == "-" { &[] } else { &[name] };
        match self.rng.u8(..20) {
            0 => self.world.remove(path),
            1 if self.world.tree.contains_key(path) => {
                let runs = self.rng.bool();
                self.world.mode(path, runs);
            }
            _ => {
                let number = *self.any(&PLACES);
                let text = match self.rng.u8(..4) {
                    0 => format!("line {number}"),
                    1 => format!("{name}{number}"),
                    _ => format!("{name}{number} {}", self.rng.u8(..4)),
                };
                if !self.world.tree.contains_key(path) {
                    self.world.put(path, &(super::world::lines().join("\n") + "\n"));
                }
                self.world.line(path, number, &text);
            }
        }
        let with: &[&str] = if self.chance(6) { &["Gil"] } else { &[] };
        let head = self.world.head();
        self.world.commit_on(vec![head], by, with, tasks);
    }

    fn merge(&mut self, other: &str, tasks: &[&str]) {
        let is_evil = self.chance(30);
        let own = self.world.tree.clone();
        let path = *self.any(&PATHS);
        self.world.merge(other, tasks, |world| {
            if is_evil && let Some(entry) = own.get(path) {
                world.tree.insert(path.to_owned(), entry.clone());
            }
        });
    }

    /// A vote for a role that the task's stage requires.
    fn vote(&mut self) {
        let name = self.task();
        let at = self.world.record(&self.world.tree, &task(name)).map(|record| record.stage.clone());
        let Some(at) = at else { return };
        let config = config();
        let roles = config.signoffs_of(at.as_str());
        if roles.is_empty() {
            return;
        }
        let (role, by) = (self.any(roles).clone(), *self.any(&PEOPLE));
        let verdict = if self.chance(25) { Verdict::Rejected } else { Verdict::Approved };
        let commits = if self.chance(10) { *self.any(&PEOPLE) } else { by };
        let signed = self.rng.bool();
        self.world.cast(name, &role, by, verdict, signed, commits);
    }

    /// Takes a task from where it is to its end, with the votes that its stages require.
    fn finish(&mut self, name: &'static str, votes: Votes) {
        let Some(record) = self.world.record(&self.world.tree, &task(name)) else { return };
        let at = record.stage.clone();
        if at == Stage::complete() || at == stage("docs") {
            self.world.advance(name, "dev");
        }
        if at != stage("review") {
            self.world.advance(name, "review");
        }
        for (role, by) in [("qa", votes.qa), ("sec", votes.sec)] {
            self.world.cast(name, role, by, Verdict::Approved, votes.signed, by);
        }
        self.world.advance(name, "docs");
        if self.chance(80) {
            self.world.cast(name, "doc", "Dora", Verdict::Approved, votes.signed, "Dora");
            self.world.advance(name, "done");
        }
    }

    /// Undoes one of the last commits.
    fn revert(&mut self) {
        let head = self.world.head();
        let from = if self.chance(50) { self.world.branches[MAIN] } else { head };
        let reach = self.world.repository.reached_by(&[from]);
        let last: Vec<Commit> = reach.reached.iter().rev().take(8).copied().collect();
        drop(reach);
        let commit = *self.any(&last);
        if self.world.repository.node(commit).parents.is_empty() {
            return;
        }
        let tasks = self.names_or_none();
        self.world.undo(commit);
        self.world.commit("Dev", &tasks);
    }
}
