//! How the histories are played: what most of them begin with, and the variants that several share.

use tracker::model::Verdict::{Approved, Rejected};

use super::world::{MAIN, World};

/// Who votes, and whether they sign.
#[derive(Clone, Copy)]
pub(super) struct Votes {
    pub(super) qa: &'static str,
    pub(super) sec: &'static str,
    pub(super) signed: bool,
}

pub(super) const VOTES: Votes = Votes { qa: "Gil", sec: "Hal", signed: false };
pub(super) const SIGNED: Votes = Votes { signed: true, ..VOTES };

pub(super) fn nothing(_: &mut World) {}

impl World {
    pub(super) fn approve(&mut self, task: &str, role: &str, by: &str, signed: bool) {
        self.cast(task, role, by, Approved, signed, by);
    }

    /// Takes a task from dev through the code review.
    pub(super) fn review(&mut self, task: &str, votes: Votes) {
        self.advance(task, "review");
        self.approve(task, "qa", votes.qa, votes.signed);
        self.approve(task, "sec", votes.sec, votes.signed);
        self.advance(task, "docs");
    }

    /// Takes a task from dev to its end.
    pub(super) fn finish(&mut self, task: &str, votes: Votes) {
        self.review(task, votes);
        self.approve(task, "doc", "Dora", votes.signed);
        self.advance(task, "done");
    }

    /// Somebody edits a line on the base, for a task that has left no stage.
    pub(super) fn main_edits(&mut self, path: &str, number: usize, text: &str) {
        let own = self.branch.clone();
        self.on(MAIN);
        self.edit("Max", "C", path, number, text);
        self.on(&own);
    }

    pub(super) fn land(&mut self, branch: &str) {
        self.on(MAIN);
        self.merge(branch, &[], nothing);
    }

    pub(super) fn update(&mut self) {
        self.merge(MAIN, &[], nothing);
    }

    /// Squashes the work onto a new branch.
    pub(super) fn squashed(mut self, tasks: &[&str], fix: impl FnOnce(&mut World)) -> World {
        let own = self.branch.clone();
        self.branch("squashed", MAIN);
        self.squash(&own, tasks, fix);
        self
    }
}

/// Tasks, and a branch for the work.
pub(super) fn begun(tasks: &[&str]) -> World {
    let mut world = World::with(tasks);
    world.branch("work", MAIN);
    world
}

/// One task, which changed two files, reviewed and complete.
pub(super) fn ready(votes: Votes) -> World {
    let mut world = begun(&["A", "B", "C"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.edit("Dev", "A", "g", 5, "A5");
    world.finish("A", votes);
    world
}

/// The same, and the base has meanwhile got a fix in one of the files.
pub(super) fn ready_after(votes: Votes) -> World {
    let mut world = ready(votes);
    world.main_edits("f", 30, "fix");
    world
}

pub(super) fn late(path: &'static str) -> World {
    let mut world = begun(&["A"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.review("A", VOTES);
    world.edit("Dev", "A", path, 9, "late");
    world.approve("A", "doc", "Dora", false);
    world.advance("A", "done");
    world
}

/// The task landed; its merge is reverted on a branch, for a task or for none.
pub(super) fn reverted(task: Option<&str>, more: impl FnOnce(&mut World)) -> World {
    let mut world = ready(VOTES);
    world.land("work");
    let merge = world.head();
    world.branch("back", MAIN);
    world.undo(merge);
    more(&mut world);
    match task {
        Some(task) => {
            world.commit("Dev", &[task]);
            world.finish(task, VOTES);
        }
        None => drop(world.commit("Dev", &[])),
    }
    world
}

/// The task landed, was taken back under another, and the taking back is reverted.
pub(super) fn reverted_twice(votes: bool) -> World {
    let mut world = ready(SIGNED);
    world.land("work");
    let merge = world.head();
    world.branch("back", MAIN);
    world.undo(merge);
    let reverted = world.commit("Dev", &["B"]);
    world.finish("B", VOTES);
    world.land("back");
    world.branch("again", MAIN);
    let other = world.tree.get(".tracker/tasks/TASK-B.md").cloned().unwrap();
    let before = world.repository.tree(world.repository.node(reverted).parents[0]).clone();
    world.tree.extend(before);
    world.tree.insert(".tracker/tasks/TASK-B.md".to_owned(), other);
    world.commit("Dev", &["A"]);
    if votes {
        world.advance("A", "dev");
        world.finish("A", VOTES);
    }
    world
}

/// The base is merged, and its fix left out.
pub(super) fn dropping_merge(tasks: &[&str], votes: bool) -> World {
    let mut world = ready_after(VOTES);
    let own = world.get("f");
    world.merge(MAIN, tasks, |world| world.put("f", &own));
    if votes {
        world.advance("A", "dev");
        world.finish("A", VOTES);
    }
    world
}

#[derive(PartialEq)]
pub(super) enum Update {
    Never,
    BeforeVotes,
    AfterVotes,
}

/// A branch on a branch, the lower of which was squashed into the base.
pub(super) fn stacked(update: &Update) -> World {
    let mut world = World::with(&["A", "B"]);
    world.branch("lower", MAIN);
    world.edit("Dev", "A", "f", 5, "A5");
    world.branch("upper", "lower");
    world.edit("Dev", "B", "f", 20, "B20");
    world.on("lower");
    world.finish("A", SIGNED);
    world.on(MAIN);
    world.squash("lower", &["A"], nothing);
    world.on("upper");
    if *update == Update::BeforeVotes {
        world.update();
    }
    world.finish("B", VOTES);
    if *update == Update::AfterVotes {
        world.update();
    }
    world
}

pub(super) fn two_in_one_squash(path: &str) -> World {
    let mut world = begun(&["A", "B"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.finish("A", SIGNED);
    world.edit("Dev", "B", path, 20, "B20");
    world.finish("B", SIGNED);
    world.squashed(&["A", "B"], nothing)
}

/// Two tasks on one file; one is written by the other's reviewer.
pub(super) fn crossed(interleaved: bool) -> World {
    let mut world = begun(&["A", "B"]);
    world.edit("Dev", "A", "f", 5, "A5");
    if !interleaved {
        world.finish("A", VOTES);
    }
    world.edit("Gil", "B", "f", 20, "B20");
    world.finish("B", Votes { qa: "Ida", ..VOTES });
    if interleaved {
        world.edit("Dev", "A", "f", 35, "A35");
        world.finish("A", VOTES);
    }
    world
}

pub(super) fn rebased_over_conflict(votes: bool) -> World {
    let mut world = ready(VOTES);
    world.main_edits("f", 5, "fix");
    world.rebase(MAIN);
    world.edit("Dev", "A", "f", 5, "A5 and fix");
    if votes {
        world.advance("A", "dev");
        world.finish("A", VOTES);
    }
    world
}

/// The task has landed and the base has changed its line; somebody puts it back in the task's name.
pub(super) fn put_back(reopened: bool) -> World {
    let mut world = ready(VOTES);
    world.land("work");
    let old = world.get("f");
    world.edit("Max", "C", "f", 5, "A5 fixed");
    world.finish("C", VOTES);
    world.branch("back", MAIN);
    world.put("f", &old);
    world.commit("Mal", &["A"]);
    if reopened {
        for to in ["dev", "review", "docs"] {
            world.advance("A", to);
        }
        world.approve("A", "doc", "Dora", false);
        world.advance("A", "done");
    }
    world
}

/// Work on the base, in review; a rejection comes on the base while a branch approves.
pub(super) fn rejected_on_base(by: &str, merged: bool) -> World {
    let mut world = World::with(&["A"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.advance("A", "review");
    world.branch("work", MAIN);
    world.on(MAIN);
    world.cast("A", "qa", by, Rejected, false, by);
    world.on("work");
    if merged {
        world.update();
    }
    world.approve("A", "qa", "Gil", false);
    world.approve("A", "sec", "Hal", false);
    world.advance("A", "docs");
    world
}

/// Gil approves on the branch and rejects on the base, on which the branch is rebased.
pub(super) fn rebased_behind_rejection(again: bool) -> World {
    let mut world = World::with(&["A"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.advance("A", "review");
    world.branch("work", MAIN);
    world.on("work");
    world.approve("A", "qa", "Gil", true);
    world.on(MAIN);
    world.cast("A", "qa", "Gil", Rejected, true, "Gil");
    world.on("work");
    world.rebase(MAIN);
    if again {
        world.approve("A", "qa", "Gil", true);
    }
    world.approve("A", "qa", "Ida", true);
    world.approve("A", "sec", "Hal", true);
    world.advance("A", "docs");
    world
}

pub(super) fn between_own_work(task: &str) -> World {
    let mut world = begun(&["A", "B"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.edit("Gil", task, "f", 20, "B20");
    world.edit("Dev", "A", "f", 35, "A35");
    world.finish("A", VOTES);
    world
}

/// A file is renamed; the base may edit it under its old name.
pub(super) fn renamed(edited: bool, merged: bool) -> World {
    let mut world = begun(&["A", "C"]);
    let text = world.get("f");
    world.remove("f");
    world.put("f2", &text);
    world.commit("Dev", &["A"]);
    world.finish("A", VOTES);
    if edited {
        world.main_edits("f", 30, "fix");
    }
    if merged {
        world.merge(MAIN, &["A"], |world| {
            world.remove("f");
            world.line("f2", 30, "fix");
        });
        world.advance("A", "dev");
        world.finish("A", VOTES);
    }
    world
}

/// A file of the base can be run. The task changes it, and perhaps another's mode; the base may take the mode away.
pub(super) fn modes(task_changes_mode: bool, base_changes_mode: bool, kept: bool, slipped: bool) -> World {
    let mut world = World::with(&["A", "C"]);
    world.mode("f", true);
    world.commit("Root", &["C"]);
    world.branch("work", MAIN);
    if task_changes_mode {
        world.mode("g", true);
    }
    world.edit("Dev", "A", "f", 5, "A5");
    world.finish("A", VOTES);
    if base_changes_mode {
        world.on(MAIN);
        world.mode("f", false);
        world.commit("Max", &["C"]);
        world.on("work");
        world.merge(MAIN, &[], |world| {
            if kept {
                world.mode("f", true);
            }
        });
    }
    if slipped {
        world.mode("g", true);
        world.commit("Mal", &["A"]);
    }
    world
}

pub(super) fn deleted(base_edits: bool, added_again: bool) -> World {
    let mut world = begun(&["A", "B", "C"]);
    world.remove("f");
    world.commit("Dev", &["A"]);
    world.finish("A", VOTES);
    if added_again {
        world.put("f", "new\n");
        world.commit("Dev", &["B"]);
        world.finish("B", VOTES);
    }
    if base_edits {
        world.main_edits("f", 30, "fix");
        world.merge(MAIN, &[], |world| world.remove("f"));
    }
    world
}

/// A first round approved a change that a second took back.
pub(super) fn there_and_back(again: bool) -> World {
    let mut world = begun(&["A"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.edit("Dev", "A", "g", 5, "A5");
    world.review("A", VOTES);
    world.advance("A", "dev");
    world.edit("Dev", "A", "f", 5, "line 5");
    world.finish("A", VOTES);
    if again {
        world.edit("Mal", "A", "f", 5, "A5");
    }
    world
}

pub(super) fn reverted_by_another(again: bool) -> World {
    let mut world = begun(&["A", "B"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.finish("A", VOTES);
    world.edit("Dev", "B", "f", 5, "line 5");
    world.finish("B", VOTES);
    if again {
        world.edit("Mal", "-", "f", 5, "A5");
    }
    world
}

pub(super) fn rejected_and_squashed(approved_later: bool, signed: bool) -> World {
    let mut world = begun(&["A"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.advance("A", "review");
    world.cast("A", "qa", "Gil", Rejected, signed, "Gil");
    if approved_later {
        world.approve("A", "qa", "Gil", true);
    }
    world.approve("A", "qa", "Ida", true);
    world.approve("A", "sec", "Hal", true);
    world.advance("A", "docs");
    world.squashed(&["A"], nothing)
}

#[derive(PartialEq)]
pub(super) enum Second {
    GoesOn,
    AgainUnseen,
    AgainReviewed,
}

/// An open task has landed in part; the base may take that back; a second request follows.
pub(super) fn two_requests(second: &Second) -> World {
    let mut world = begun(&["A", "C"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.review("A", VOTES);
    world.land("work");
    if *second != Second::GoesOn {
        world.edit("Max", "C", "f", 5, "line 5");
    }
    world.branch("second", MAIN);
    let is_seen = *second != Second::AgainUnseen;
    if is_seen {
        world.advance("A", "dev");
    }
    let text = if *second == Second::GoesOn { "A5 more" } else { "A5" };
    world.edit(if is_seen { "Dev" } else { "Mal" }, "A", "f", 5, text);
    if is_seen {
        world.finish("A", VOTES);
    }
    world
}

/// The task was earned before it changed anything, then did; the base took its moves back.
pub(super) fn moves_come_back() -> World {
    let mut world = begun(&["A"]);
    world.finish("A", SIGNED);
    let done = world.tree.clone();
    world.edit("Eve", "A", "g", 5, "A5");
    world.land("work");
    let base = world.repository.tree(tracker::policy::history::Commit(0)).clone();
    world.tree = world
        .tree
        .iter()
        .filter(|(path, _)| !path.starts_with(".tracker/"))
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect();
    world.tree.extend(base.into_iter().filter(|(path, _)| path.starts_with(".tracker/")));
    world.commit("Root", &[]);
    world.branch("back", MAIN);
    world.tree.extend(done.into_iter().filter(|(path, _)| path.starts_with(".tracker/")));
    world.commit("Dev", &[]);
    world
}

/// Somebody leads a task past a review, and past a rejection in it.
pub(super) fn overruled(edited: bool) -> World {
    let mut world = begun(&["A"]);
    world.edit("Dev", "A", "f", 5, "A5");
    world.advance("A", "review");
    world.cast("A", "qa", "Gil", Rejected, false, "Gil");
    world.overrule("A", "docs");
    if edited {
        world.edit("Dev", "A", "f", 9, "more");
    }
    world.approve("A", "doc", "Dora", false);
    world.advance("A", "done");
    world
}
