//! The histories. `main` is the base; what is checked out at the end is to be merged into it.

use tracker::model::Verdict::{Rejected, Withdrawn};

use super::plays::*;
use super::world::{MAIN, World};

/// What must come out.
pub(super) enum Right {
    Passes,
    /// At least one objection of these kinds.
    Stops(&'static [&'static str]),
    /// Objections of this kind and no other.
    StopsOnly(&'static str),
}
use Right::{Passes, Stops, StopsOnly};

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) right: Right,
    pub(super) why: &'static str,
    pub(super) play: fn() -> World,
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "one task",
        right: Passes,
        why: "reviewed, and merged as it was reviewed",
        play: || ready(VOTES),
    },
    Case {
        name: "base moved on",
        right: Passes,
        why: "the base changed other lines and files; the merge is clean and undoes nothing",
        play: || {
            let mut world = ready_after(VOTES);
            world.main_edits("docs/g", 30, "fix");
            world
        },
    },
    Case {
        name: "documentation in its stage",
        right: Passes,
        why: "the later role declares that file, and its vote has it",
        play: || late("docs/g"),
    },
    Case {
        name: "code in the documentation's stage",
        right: Stops(&["uncovered"]),
        why: "those who review code never saw the line",
        play: || late("f"),
    },
    Case {
        name: "documentation in its stage, squashed",
        right: Passes,
        why: "the order is lost, the signed votes still lead from the base to the head",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.review("A", SIGNED);
            world.edit("Dev", "A", "docs/g", 9, "late");
            world.approve("A", "doc", "Dora", true);
            world.advance("A", "done");
            world.squashed(&["A"], nothing)
        },
    },
    Case {
        name: "squash that drops a fix",
        right: Stops(&["uncovered"]),
        why: "the file is byte for byte as approved, and the base's fix is gone",
        play: || {
            let world = ready_after(SIGNED);
            let own = world.get("f");
            world.squashed(&["A"], |world| world.put("f", &own))
        },
    },
    Case {
        name: "squash on a base that moved on",
        right: Passes,
        why: "the clean merge of the approved change keeps the base's fix",
        play: || ready_after(SIGNED).squashed(&["A"], nothing),
    },
    Case {
        name: "revert of a merge, for no task",
        right: StopsOnly("unlinked"),
        why: "an exact inverse may take records out; the code still needs a task",
        play: || reverted(None, nothing),
    },
    Case {
        name: "revert of a merge, for a task",
        right: Passes,
        why: "an exact inverse, and the code is reviewed for the other task",
        play: || reverted(Some("B"), nothing),
    },
    Case {
        name: "revert that does more",
        right: Stops(&["record"]),
        why: "what is no exact inverse takes no record out",
        play: || reverted(Some("B"), |world| world.put("docs/g", "x\n")),
    },
    Case {
        name: "revert of a revert, with its old votes",
        right: Stops(&["uncovered"]),
        why: "the base has had these votes with their change, and took it back",
        play: || reverted_twice(false),
    },
    Case {
        name: "revert of a revert, with new votes",
        right: Passes,
        why: "a new round approved bringing it back",
        play: || reverted_twice(true),
    },
    Case {
        name: "revert of a rejection",
        right: Stops(&["record"]),
        why: "a rejection is never taken out, not by the inverse of the commit that brought it either",
        play: || {
            let mut world = World::with(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.cast("A", "qa", "Gil", Rejected, false, "Gil");
            let rejection = world.head();
            world.branch("work", MAIN);
            world.undo(rejection);
            world.commit("Dev", &[]);
            world
        },
    },
    Case {
        name: "merge that drops a fix",
        right: Stops(&["uncovered"]),
        why: "the votes lead from the file without the fix",
        play: || dropping_merge(&["A"], false),
    },
    Case {
        name: "merge that drops a fix, voted on",
        right: Passes,
        why: "the reviewers saw the merge",
        play: || dropping_merge(&["A"], true),
    },
    Case {
        name: "merge that drops a fix, for no task",
        right: Stops(&["uncovered"]),
        why: "the merge is a change by its author that no vote covers",
        play: || dropping_merge(&[], false),
    },
    Case {
        name: "merge that drops a fix, for no task, and new votes",
        right: Stops(&["uncovered"]),
        why: "votes cover the task's commits, and the merge is none of them",
        play: || dropping_merge(&[], true),
    },
    Case {
        name: "reviewer writes the next task",
        right: Passes,
        why: "the second task on the file is reviewed by others",
        play: || crossed(false),
    },
    Case {
        name: "reviewer writes a task in between",
        right: Passes,
        why: "what the reviewer wrote between is approved by somebody else",
        play: || crossed(true),
    },
    Case {
        name: "stacked on a squashed branch",
        right: Passes,
        why: "the base has the lower task; the upper leads on from it",
        play: || stacked(&Update::Never),
    },
    Case {
        name: "stacked, updated after the votes",
        right: Passes,
        why: "an update is a clean merge",
        play: || stacked(&Update::AfterVotes),
    },
    Case {
        name: "stacked, updated before the votes",
        right: Passes,
        why: "the votes lead from the base's own file",
        play: || stacked(&Update::BeforeVotes),
    },
    Case {
        name: "two tasks in one squash",
        right: Stops(&["squash"]),
        why: "which change is whose is lost",
        play: || two_in_one_squash("f"),
    },
    Case {
        name: "two tasks in one squash, of different files",
        right: Stops(&["squash"]),
        why: "whose votes they are is lost here too",
        play: || two_in_one_squash("g"),
    },
    Case {
        name: "votes on the base",
        right: Passes,
        why: "work and votes are in the base; the request brings the move",
        play: || {
            let mut world = World::with(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.advance("A", "review");
            world.approve("A", "qa", "Gil", false);
            world.approve("A", "sec", "Hal", false);
            world.branch("work", MAIN);
            world.advance("A", "docs");
            world
        },
    },
    Case {
        name: "author votes in a later request",
        right: Stops(&["unearned"]),
        why: "who wrote what was merged earlier does not approve it",
        play: || {
            let mut world = World::with(&["A"]);
            world.edit("Gil", "A", "f", 5, "A5");
            world.branch("work", MAIN);
            world.review("A", VOTES);
            world
        },
    },
    Case {
        name: "two tasks on one file, in line",
        right: Passes,
        why: "each link is approved, end to end",
        play: || {
            let mut world = begun(&["A", "B"]);
            for (task, number) in [("A", 5), ("B", 20)] {
                world.edit("Dev", task, "f", number, task);
                world.finish(task, VOTES);
            }
            world
        },
    },
    Case {
        name: "two tasks on one file, side by side",
        right: Passes,
        why: "both changes merge cleanly, with a fix of the base as well",
        play: || {
            let mut world = World::with(&["A", "B", "C"]);
            world.branch("one", MAIN);
            world.edit("Dev", "A", "f", 5, "A5");
            world.finish("A", VOTES);
            world.branch("work", MAIN);
            world.edit("Dev", "B", "f", 20, "B20");
            world.finish("B", VOTES);
            world.merge("one", &[], nothing);
            world.main_edits("f", 30, "fix");
            world
        },
    },
    Case {
        name: "update by a merge",
        right: Passes,
        why: "the approved change and the base's merge cleanly",
        play: || {
            let mut world = ready_after(VOTES);
            world.update();
            world
        },
    },
    Case {
        name: "update by a rebase",
        right: Passes,
        why: "what the rebase made is that clean merge",
        play: || {
            let mut world = ready_after(VOTES);
            world.rebase(MAIN);
            world
        },
    },
    Case {
        name: "rebase over a conflict, in a new round",
        right: Passes,
        why: "the first round's move was taken back, and nothing rests on it",
        play: || rebased_over_conflict(true),
    },
    Case {
        name: "rebase over a conflict, with old votes",
        right: Stops(&["uncovered"]),
        why: "nobody saw how the conflict was resolved",
        play: || rebased_over_conflict(false),
    },
    Case {
        name: "sent back to a late stage",
        right: Passes,
        why: "the round of the earlier stages goes on",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.finish("A", VOTES);
            world.overrule("A", "docs");
            world.edit("Dev", "A", "docs/g", 5, "A5");
            world.approve("A", "doc", "Dora", false);
            world.advance("A", "done");
            world
        },
    },
    Case {
        name: "closed task undoes a fix",
        right: Stops(&["uncovered"]),
        why: "approvals end with their task",
        play: || put_back(false),
    },
    Case {
        name: "reopened task undoes a fix",
        right: Stops(&["uncovered"]),
        why: "a reopened task is in a new round, in which the old votes count for nothing",
        play: || put_back(true),
    },
    Case {
        name: "rejection on the base",
        right: Stops(&["veto"]),
        why: "what will land has the reviewer's own rejection",
        play: || rejected_on_base("Gil", false),
    },
    Case {
        name: "approval put behind a rejection by a rebase",
        right: Stops(&["veto"]),
        why: "who approved did not know of the rejection, in whatever order the commits are",
        play: || rebased_behind_rejection(false),
    },
    Case {
        name: "approval put behind a rejection by a rebase, and given again",
        right: Passes,
        why: "the reviewer has voted again, and names the rejection",
        play: || rebased_behind_rejection(true),
    },
    Case {
        name: "rejection of another on the base",
        right: Stops(&["veto"]),
        why: "one reviewer's approval lifts no rejection of another",
        play: || rejected_on_base("Ida", false),
    },
    Case {
        name: "rejection on the base, answered",
        right: Passes,
        why: "the same person approved after it",
        play: || rejected_on_base("Gil", true),
    },
    Case {
        name: "own work for another task",
        right: Stops(&["uncovered", "unearned"]),
        why: "the reviewer wrote a part of what the vote covers, for a task that nobody approved",
        play: || between_own_work("B"),
    },
    Case {
        name: "own work for no task",
        right: Stops(&["unearned"]),
        why: "the same, in a commit that names nothing",
        play: || between_own_work("-"),
    },
    Case {
        name: "merge that joins both sides' lines",
        right: Stops(&["uncovered"]),
        why: "a driver made of it what is a conflict by git's own rules: the author's change",
        play: || {
            let mut world = begun(&["A", "C"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.finish("A", VOTES);
            world.main_edits("f", 5, "fix");
            world.merge(MAIN, &[], |world| world.line("f", 5, "A5\nfix"));
            world
        },
    },
    Case {
        name: "rename",
        right: Passes,
        why: "a file goes and another comes; the votes list both",
        play: || renamed(false, false),
    },
    Case {
        name: "rename, and the base edits the old name",
        right: Stops(&["conflict"]),
        why: "renames are not followed: merge it, name the task, and have that reviewed",
        play: || renamed(true, false),
    },
    Case {
        name: "rename, merged and voted on",
        right: Passes,
        why: "the reviewers saw the new file with the base's fix",
        play: || renamed(true, true),
    },
    Case {
        name: "mode, approved",
        right: Passes,
        why: "a mode is part of the change, and the base's merges cleanly",
        play: || modes(true, true, false, false),
    },
    Case {
        name: "mode, after the votes",
        right: Stops(&["uncovered"]),
        why: "nobody saw it",
        play: || modes(false, false, false, true),
    },
    Case {
        name: "mode of the base reverted by a merge",
        right: Stops(&["uncovered"]),
        why: "the base took it, the merge gives it back",
        play: || modes(false, true, true, false),
    },
    Case { name: "deletion", right: Passes, why: "it is approved", play: || deleted(false, false) },
    Case {
        name: "deletion of what the base edits",
        right: Stops(&["uncovered"]),
        why: "the merge drops the base's edit unseen",
        play: || deleted(true, false),
    },
    Case {
        name: "deletion, then another file of the name",
        right: Passes,
        why: "each link is approved, by way of nothing",
        play: || deleted(false, true),
    },
    Case {
        name: "change of an earlier round comes back",
        right: Stops(&["uncovered"]),
        why: "the last round took it back",
        play: || there_and_back(true),
    },
    Case {
        name: "change of an earlier round stays away",
        right: Passes,
        why: "the file is as the base has it",
        play: || there_and_back(false),
    },
    Case {
        name: "reverted by another task, and back for none",
        right: Stops(&["incomplete"]),
        why: "the second task's approved change does not arrive",
        play: || reverted_by_another(true),
    },
    Case {
        name: "reverted by another task",
        right: Passes,
        why: "there and back, both approved",
        play: || reverted_by_another(false),
    },
    Case {
        name: "squash, signed",
        right: Passes,
        why: "a signature says whose the vote is, whoever commits it",
        play: || ready(SIGNED).squashed(&["A"], nothing),
    },
    Case {
        name: "squash, unsigned",
        right: Stops(&["unearned"]),
        why: "the votes are now by the one who squashed",
        play: || ready(VOTES).squashed(&["A"], nothing),
    },
    Case {
        name: "squash of a rejection and an approval",
        right: Passes,
        why: "the approval names the rejection as replaced",
        play: || rejected_and_squashed(true, true),
    },
    Case {
        name: "squash of an unsigned rejection",
        right: Stops(&["veto"]),
        why: "a squash lifts no veto",
        play: || rejected_and_squashed(false, false),
    },
    Case {
        name: "five updates after the votes",
        right: Passes,
        why: "each is a clean merge",
        play: || {
            let mut world = ready(VOTES);
            for number in 0..5 {
                world.main_edits("f", 20 + 3 * number, &format!("fix {number}"));
                world.update();
            }
            world
        },
    },
    Case {
        name: "five updates with work between",
        right: Passes,
        why: "the votes lead from the newest state of the base that they contain",
        play: || {
            let mut world = begun(&["A", "C"]);
            for number in 0..5 {
                world.edit("Dev", "A", "f", 2 + 3 * number, &format!("A{number}"));
                world.main_edits("f", 20 + 3 * number, &format!("fix {number}"));
                world.update();
            }
            world.edit("Dev", "A", "f", 18, "A18");
            world.finish("A", VOTES);
            world
        },
    },
    Case {
        name: "merge keeps what the base took back",
        right: Stops(&["uncovered"]),
        why: "the votes do not bring back what the base had and withdrew",
        play: || {
            let mut world = begun(&["A", "C"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.main_edits("f", 30, "bad");
            world.update();
            world.edit("Dev", "A", "f", 18, "A18");
            world.finish("A", VOTES);
            world.main_edits("f", 30, "line 30");
            let own = world.get("f");
            world.merge(MAIN, &[], |world| world.put("f", &own));
            world
        },
    },
    Case {
        name: "half of it reverted after the votes",
        right: Stops(&["incomplete", "uncovered"]),
        why: "an approval counts whole",
        play: || {
            let mut world = ready(VOTES);
            world.edit("Dev", "A", "g", 5, "line 5");
            world
        },
    },
    Case {
        name: "half of it squashed",
        right: Stops(&["incomplete"]),
        why: "one of two approved files does not arrive",
        play: || {
            let world = ready(SIGNED);
            let other = world.tip_of(MAIN)["g"].clone();
            world.squashed(&["A"], |world| drop(world.tree.insert("g".to_owned(), other)))
        },
    },
    Case {
        name: "half of it reverted for another task",
        right: Passes,
        why: "the other task has its own votes",
        play: || {
            let mut world = ready(VOTES);
            world.edit("Dev", "B", "g", 5, "line 5");
            world.finish("B", VOTES);
            world
        },
    },
    Case {
        name: "one task in two requests",
        right: Passes,
        why: "the second vote leads from what the first left in the base",
        play: || two_requests(&Second::GoesOn),
    },
    Case {
        name: "open task brings back what the base took",
        right: Stops(&["uncovered"]),
        why: "the base has its votes with their change: they are spent",
        play: || two_requests(&Second::AgainUnseen),
    },
    Case {
        name: "open task brings it back, with new votes",
        right: Passes,
        why: "the reviewers approved that",
        play: || two_requests(&Second::AgainReviewed),
    },
    Case {
        name: "co-author reviews",
        right: Stops(&["unearned"]),
        why: "who is named as a co-author wrote it",
        play: || {
            let mut world = begun(&["A"]);
            world.line("f", 5, "A5");
            let head = world.head();
            world.commit_on(vec![head], "Dev", &["Gil"], &["A"]);
            world.finish("A", VOTES);
            world
        },
    },
    Case {
        name: "one fix in two tasks",
        right: Passes,
        why: "both brought the same line; the second is contained in the first",
        play: || {
            let mut world = World::with(&["A", "B"]);
            world.branch("one", MAIN);
            world.edit("Dev", "A", "f", 5, "A5");
            world.finish("A", VOTES);
            world.branch("work", MAIN);
            world.edit("Dev", "B", "f", 5, "A5");
            world.finish("B", VOTES);
            world.merge("one", &[], nothing);
            world
        },
    },
    Case {
        name: "change for no task",
        right: Stops(&["unlinked"]),
        why: "it names none",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Mal", "-", "f", 5, "x");
            world
        },
    },
    Case {
        name: "reopened, and the reopening reverted",
        right: Stops(&["uncovered"]),
        why: "on balance the task has no new move, and its old votes stay ended",
        play: || {
            let mut world = ready(VOTES);
            world.land("work");
            let old = world.get("f");
            world.edit("Max", "C", "f", 5, "A5 fixed");
            world.branch("back", MAIN);
            world.advance("A", "dev");
            let reopening = world.head();
            world.undo(reopening);
            world.commit("Mal", &[]);
            world.put("f", &old);
            world.commit("Mal", &["A"]);
            world
        },
    },
    Case {
        name: "moves that the base took back",
        right: Stops(&["unearned"]),
        why: "the base withdrew the moves; they come back with their old votes, which do not cover what was done since",
        play: moves_come_back,
    },
    Case {
        name: "vote that lists what its commit does not show",
        right: Stops(&["unearned"]),
        why: "what a vote lists is not believed where the commit that it looked at is here",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.advance("A", "review");
            world.edit("Mal", "A", "f", 9, "unseen");
            let seen = world.tip_of("work")["f"].clone();
            world.undo(world.head());
            world.commit("Mal", &["A"]);
            world.approve("A", "qa", "Gil", true);
            world.approve("A", "sec", "Hal", true);
            world.votes.values_mut().for_each(|vote| vote.files[0].to = seen.clone());
            world.tree.insert("f".to_owned(), seen);
            world.commit("Mal", &["A"]);
            world.advance("A", "docs");
            world
        },
    },
    Case {
        name: "two bases that disagree",
        right: Stops(&["conflict"]),
        why: "which of them counts is not to be guessed: merge the base",
        play: || {
            let mut world = ready(VOTES);
            world.edit("Dev", "A", "f", 5, "A5 more");
            let old = world.head();
            world.main_edits("f", 5, "fix");
            let fix = world.branches[MAIN];
            // Each merges the other, and resolves line 5 as its own side has it.
            let own = world.tree.clone();
            world.commit_on(vec![old, fix], "Dev", &[], &["A"]);
            world.on(MAIN);
            world.commit_on(vec![fix, old], "Max", &[], &["C"]);
            world.edit("Max", "C", "f", 7, "more");
            world.on("work");
            world.tree = own;
            world.edit("Dev", "A", "f", 9, "more");
            world
        },
    },
    Case {
        name: "several approvals",
        right: Passes,
        why: "a person who votes again replaces their own vote, and nobody else's",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.advance("A", "review");
            for by in ["Gil", "Gil", "Ida"] {
                world.approve("A", "qa", by, false);
            }
            world.approve("A", "sec", "Hal", false);
            world.advance("A", "docs");
            world
        },
    },
    Case {
        name: "withdrawn approval",
        right: Stops(&["unearned"]),
        why: "who withdraws approves no more",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.advance("A", "review");
            world.approve("A", "qa", "Gil", false);
            world.cast("A", "qa", "Gil", Withdrawn, false, "Gil");
            world.approve("A", "sec", "Hal", false);
            world.advance("A", "docs");
            world
        },
    },
    Case {
        name: "withdrawal by another",
        right: Passes,
        why: "nobody withdraws an approval in another's name",
        play: || {
            let mut world = begun(&["A"]);
            world.edit("Dev", "A", "f", 5, "A5");
            world.advance("A", "review");
            world.approve("A", "qa", "Gil", false);
            world.cast("A", "qa", "Gil", Withdrawn, false, "Mal");
            world.approve("A", "sec", "Hal", false);
            world.advance("A", "docs");
            world
        },
    },
    Case {
        name: "override",
        right: Passes,
        why: "it counts in place of the approvals that are missing; the rule on overrides speaks of it",
        play: || overruled(false),
    },
    Case {
        name: "edit after an override",
        right: Stops(&["uncovered"]),
        why: "the override counted for what there was",
        play: || overruled(true),
    },
];
