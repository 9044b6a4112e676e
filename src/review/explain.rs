//! What each rule of the gate holds, and why: what `tracker explain` and the reports say of it. And the one rule that
//! holds where it is pushed to, which is no rule of the gate: no policy can switch it.

use super::RuleName;
use crate::model::GateRule;

/// A rule, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Its name.
    pub name: &'static str,
    /// What it asks for, in one line.
    pub title: &'static str,
    /// What it looks at, and when it is broken.
    pub requires: &'static str,
    /// Why one would want it.
    pub why: &'static str,
    /// What a violation looks like.
    pub example: &'static str,
    /// What to do about one.
    pub fix: &'static str,
}

/// Explains a rule.
#[must_use]
pub fn explain(rule: GateRule) -> Explanation {
    let found = EXPLANATIONS.into_iter().find(|explanation| explanation.name == rule.as_str());
    found.expect("a test holds that every rule is explained")
}

/// The rule of a repository that is pushed to.
pub const KEPT_RECORDS: Explanation = Explanation {
    name: RuleName::KeptRecords.as_str(),
    title: "no push takes back what a branch has of the tracker",
    requires: "A push to a branch that the policy judges may begin before where the branch is now, as a forced one \
            does. It then holds every record, and the policy, as the branch has them beyond that. And the default \
            branch is not deleted while there is a tracker in it.",
    why: "The gate judges a push from where it begins. A rejection or a stricter rule that came later would go \
          unseen, with the commit that brought it.",
    example: "takes back what `main` has beyond where the push begins \
              (.tracker/signoffs/TASK-7Q2M/20261111T100000Z-sec-1a2b3c4d.yaml)",
    fix: "`git pull --rebase`, then `git push` without `--force`. What has to go from a server's history is for \
           those who run it, with the hook set aside.",
};

const EXPLANATIONS: [Explanation; GateRule::ALL.len()] = [
    Explanation {
        name: GateRule::LegalMoves.as_str(),
        title: "every move is one that the pipeline has, and no history is rewritten",
        requires: "Each move that the range adds to a task's history begins in the stage where the one before it \
                ended, and leads on, back, or where an override says. Moves that the base knows are still there, as \
                they were, unless a commit undoes exactly the one that brought them.",
        why: "The history is what reports and reviews are computed from. A stage that is typed into a file, or a \
              move that disappears, makes all of them wrong without anybody noticing.",
        example: "TASK-7Q2M: dev → docs by Ken: its pipeline has no such move, and it is no override",
        fix: "Take the move out of the file and make it with `tracker advance`, or with `tracker set-stage` \
               where the jump is meant. A rewritten history is restored from the base: `git checkout BASE -- FILE`.",
    },
    Explanation {
        name: GateRule::EarnedMoves.as_str(),
        title: "every stage that was left had what it asks for",
        requires: "For each move on, the gate computes again what the stage asks for: sign-offs of each role, as many \
                as its quorum, there in the commit that made the move and for what the task had changed by then, and no \
                rejection that is valid, at the base's tip or at the head.",
        why: "A hook can be skipped and a file can be edited by hand. A vote is about what its author saw.",
        example: "TASK-7Q2M: left qa, without the approval of code-reviewer: that of Grace is stale: src/theme.rs \
                  changed",
        fix: "Take the task back to the stage (`tracker fail TASK WHY`, or `tracker reopen TASK` where it is \
               complete) and ask the role to look again: `tracker approve TASK --as ROLE`. `tracker signoffs TASK` \
               tells what each vote covers and why one does not count.",
    },
    Explanation {
        name: GateRule::Overrides.as_str(),
        title: "no override led a task past what was missing",
        requires: "`tracker set-stage`, and `--force` where a command has it, move a task whatever its state, and say \
                so in its history. The range holds no such move past sign-offs, boxes or findings that were \
                missing, and none that lifted a rejection and was taken back.",
        why: "An override is for mending, not for merging. Whoever needs one should be seen to need it.",
        example: "TASK-7Q2M: left qa by an override of Ken, without the approval of code-reviewer",
        fix: "Earn the move: take the task back with `tracker set-stage TASK STAGE` and go on from there. A team \
               that wants overrides seen and let through sets the level to warn.",
    },
    Explanation {
        name: GateRule::Deliverables.as_str(),
        title: "the boxes that a stage asks for are ticked",
        requires: "A task that leaves a stage whose configuration has `requires` has every box of that section \
                ticked, in the commit that moves it and at the head.",
        why: "A box is a promise in words. A task that is done with a promise open is not done, or the promise \
              was not one.",
        example: "TASK-7Q2M: left dev, with deliverable 3 not ticked",
        fix: "Do it and `tracker tick TASK N`, or take the line out of the task, in a commit that a reviewer sees.",
    },
    Explanation {
        name: GateRule::OpenFindings.as_str(),
        title: "no finding that blocks is open, and none is deleted or weakened",
        requires: "Where a task leaves a stage, no finding of the blocking severity or worse that was raised against \
                it is open. No finding that the base knows is deleted, and none has become less severe. Who settles \
                or waives one is of the role that found it.",
        why: "A reviewer who found something wrong has to be answered, not outrun.",
        example: "TASK-7Q2M: left sec, with finding F2 open",
        fix: "Fix what was found and `tracker findings fix TASK F2`, or, where the role may, `tracker findings \
               waive TASK F2` with a reason.",
    },
    Explanation {
        name: GateRule::SelfApproval.as_str(),
        title: "approvals are not by those who wrote what they cover",
        requires: "An approval does not count where its author wrote or co-wrote one of the commits that it covers, \
                unless `self_approval` allows it.",
        why: "Nobody sees their own mistakes. A second pair of eyes is what a review is.",
        example: "TASK-7Q2M: the vote of Ada as code-reviewer does not count: its author wrote what it covers",
        fix: "Ask somebody else to look and to vote.",
    },
    Explanation {
        name: GateRule::RoleMembers.as_str(),
        title: "votes are by members of their roles",
        requires: "Each vote that a move rests on is by a member of its role, by the configuration at the base; where \
                a role is for people only, by a person and not by an agent.",
        why: "A sign-off says that somebody who is trusted with it has looked. Anyone can write a file that says so.",
        example: "TASK-7Q2M: the vote of Ken as security-auditor does not count: its author is no member of the role",
        fix: "Ask a member to vote, or have the role's owners add the person in a change of its own.",
    },
    Explanation {
        name: GateRule::SignedVotes.as_str(),
        title: "votes are signed where the policy wants that",
        requires: "With `signatures` set, each vote that a move rests on bears a signature that can be verified, by \
                the person whose vote it is.",
        why: "Git takes any name as an author's. A signature is the one thing in a repository that cannot be \
              written by somebody else.",
        example: "TASK-7Q2M: the approval of Grace as security-auditor is not signed",
        fix: "Set up `user.signingkey`, withdraw the vote, and cast it again.",
    },
    Explanation {
        name: GateRule::NoRewrittenVotes.as_str(),
        title: "votes are never changed or deleted",
        requires: "Every file below `.tracker/signoffs` that the base knows is at the head, byte for byte.",
        why: "A rejection that can be deleted is no veto, and an approval that can be edited is nobody's.",
        example: "TASK-7Q2M: deletes a vote (.tracker/signoffs/TASK-7Q2M/20261111T100000Z-sec-1a2b3c4d.yaml)",
        fix: "Restore the file: `git checkout BASE -- FILE`. To take a vote back, its author says so in another \
               file: `tracker withdraw TASK`.",
    },
    Explanation {
        name: GateRule::PolicyOwners.as_str(),
        title: "what the gate judges by changes only with its owners' votes",
        requires: "A change of `.tracker/config.toml`, of a role, a template, a signer, or of a path that `protect` \
                names has an approval of the role that `owners` names, for the content as it is. A change of the \
                workflow that runs the gate is told and let through: who may make one is the server's to say.",
        why: "A pull request is judged by the rules of the branch it is for. It must not loosen the rules for the \
              next one unseen.",
        example: "TASK-7Q2M: part of the policy is changed without the approval of policy-owner (.tracker/config.toml)",
        fix: "Ask an owner to look and to vote on the task that the change belongs to.",
    },
    Explanation {
        name: GateRule::LinkedCommits.as_str(),
        title: "commits belong to tasks",
        requires: "Each commit of the range that changes more than the tracker's records links a task: by a line \
                `Task: ID` in its message, or by an id in its subject. A task that is not there, or was closed \
                before the range, is none.",
        why: "What belongs to no task was asked for by nobody, is covered by no vote, and is missing in every report.",
        example: "9fc01aa \"wip\" belongs to no task",
        fix: "Add the line: `git commit --amend`, or `git rebase -i` for an older one. With the hooks installed \
               and a task started, it is added by itself.",
    },
    Explanation {
        name: GateRule::CoveredFiles.as_str(),
        title: "files that reviewers are to see were seen by them",
        requires: "For each file that the merge changes, and each role of a stage that its task has left, approved \
                changes lead from what the base has to what will be merged, each used once; those of several tasks may \
                follow one another. A file that came without a task was seen by nobody, and what a cancelled task brings \
                will not be.",
        why: "A vote is on a change, from one content to another. What came afterwards is not covered by it, nor is \
              undoing what the base has changed since.",
        example: "TASK-7Q2M: code-reviewer has no valid approval of src/theme.rs as it is now",
        fix: "Ask the role to look at the file and to vote again: `tracker approve TASK --as ROLE`.",
    },
    Explanation {
        name: GateRule::DeclaredFiles.as_str(),
        title: "a task changes the files that it declares",
        requires: "Where a task has `files`, the commits that link it change these and no others.",
        why: "A change in an unexpected place is how two pieces of work collide, and how something slips in.",
        example: "TASK-7Q2M: changes src/auth.rs, which is none of its target files",
        fix: "Name the file: `tracker set TASK files+=PATH`. Or move the change to a task of its own.",
    },
    Explanation {
        name: GateRule::MergeStage.as_str(),
        title: "a task is far enough to be merged",
        requires: "With `merge_stage` set, each task that a commit of the range links has reached that stage at the \
                head, or is cancelled.",
        why: "What is merged half way is half way for everybody.",
        example: "TASK-7Q2M: is in dev, and what is merged must have reached qa",
        fix: "Finish what the stage asks for (`tracker show TASK` tells), or take its commits out of the range.",
    },
    Explanation {
        name: GateRule::WipLimit.as_str(),
        title: "nobody works on more at once than is agreed",
        requires: "With `wip_limit` set, no person has more tasks in progress at the head than that.",
        why: "Five things begun are five things not done.",
        example: "Ada has 4 tasks in progress, 3 are agreed: TASK-7Q2M, TASK-3F8K, TASK-K4ZD, …",
        fix: "Finish one, hand one over (`tracker set TASK assignee=NAME`), or put one back.",
    },
    Explanation {
        name: GateRule::BrokenDocuments.as_str(),
        title: "records can be read",
        requires: "Every record below `.tracker` at the head can be read: no broken front matter, no conflict \
                markers, no file whose name is not its id, and no new task with the id of another that the base has. \
                Without a range, no reference to a task that is not there either.",
        why: "A rule that cannot read a task cannot hold for it. What cannot be judged is not let through.",
        example: "the file contains a merge conflict (.tracker/tasks/TASK-7Q2M.md:5)",
        fix: "`tracker doctor` names each with its line; `tracker doctor --fix` mends what needs no guessing.",
    },
    Explanation {
        name: GateRule::MergeIntegrity.as_str(),
        title: "a merge of records holds what its sides brought, and nothing else",
        requires: "For each merge commit of the range, every record is what joining the two sides field by field \
                gives, or what one of them had. A conflict that a person settled is told, and let through. Each file \
                merges cleanly with the base's tip.",
        why: "A merge commit is the one place that hardly anybody looks at. A vote or a move that is in neither \
              side was put there by hand.",
        example: "TASK-7Q2M: the merge holds what neither side brought: stage: complete",
        fix: "Merge again with the driver in place (`tracker hooks install`), and make further changes in a \
               commit of their own.",
    },
    Explanation {
        name: GateRule::Standards.as_str(),
        title: "what a change of some files asks for in others",
        requires: "Each `[[policy.standard]]`: where a file that matches `when` changed, a file that matches `then` \
                changed as well.",
        why: "Code and its tests, a schema and its migration, a command and its documentation belong together.",
        example: "src/theme.rs changed, and nothing in tests/**",
        fix: "Change what the standard asks for, or have its owners change the standard.",
    },
    Explanation {
        name: GateRule::Commands.as_str(),
        title: "the project's own commands say yes",
        requires: "Each `[[policy.command]]` of the base exits with 0 at the top of the working tree. They run only with \
                `--allow-commands`: what a repository says is not executed by looking at it.",
        why: "What a team wants of a change is not always something that a tracker knows.",
        example: "lint says no: src/theme.rs:3 is too long",
        fix: "Run the command yourself and mend what it says.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_explained_in_its_place() {
        assert_eq!(EXPLANATIONS.map(|explanation| explanation.name), GateRule::ALL.map(GateRule::as_str));
        assert_eq!(GateRule::parse(KEPT_RECORDS.name), None);
        for found in GateRule::ALL.map(explain).into_iter().chain([KEPT_RECORDS]) {
            assert!(found.title.len() < 80 && !found.title.ends_with('.'), "{}", found.title);
            for text in [found.requires, found.why, found.fix] {
                assert!(text.ends_with('.') && !text.contains("  "), "{text}");
            }
            assert!(!found.example.contains('\n'));
        }
    }
}
