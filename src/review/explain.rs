//! What each rule of the gate requires, and why: what `tracker explain` and the reports say of it. And the one rule that
//! applies where it is pushed to, which is no rule of the gate: no policy can switch it.

use super::RuleName;
use crate::model::GateRule;

/// A rule, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Its name.
    pub name: &'static str,
    /// Summary, in one line.
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
    found.expect("a test compares the two tables")
}

/// The rule of a repository that is pushed to.
pub const KEPT_RECORDS: Explanation = Explanation {
    name: RuleName::KeptRecords.as_str(),
    title: "a push removes no records or policy from a branch",
    requires: "A push to a branch that the policy judges may start from an older commit than the branch's tip, as \
               a forced push does. It must then contain every record, and the policy, as the branch has them \
               since. The default branch is not deleted while it has a tracker.",
    why: "The gate judges a push from the commit where it starts. A rejection or a stricter rule that was added \
          later would be dropped unseen, together with the commit that added it.",
    example: "takes back what `main` has beyond where the push begins \
              (.tracker/signoffs/TASK-7Q2M/20261111T100000Z-sec-1a2b3c4d.yaml)",
    fix: "`git pull --rebase`, then `git push` without `--force`. To remove something from a server's history, \
          its administrators disable the hook.",
};

const EXPLANATIONS: [Explanation; GateRule::ALL.len()] = [
    Explanation {
        name: GateRule::LegalMoves.as_str(),
        title: "every move follows the pipeline, and no history is rewritten",
        requires: "Each move that the range adds to a task's history starts in the stage where the previous one \
                   ended, and goes to the next stage, back, or where an override sends it. Moves that the base \
                   has are unchanged, unless a commit reverts exactly the one that added them.",
        why: "Reports and reviews are computed from the history. A stage that is typed into a file, or a move \
              that disappears, makes them wrong without anybody noticing.",
        example: "TASK-7Q2M: dev → docs by Ken: its pipeline has no such move, and it is no override",
        fix: "Remove the move from the file and make it with `tracker advance`, or with `tracker set-stage` where \
              the jump is intended. Restore a rewritten history from the base: `git checkout BASE -- FILE`.",
    },
    Explanation {
        name: GateRule::EarnedMoves.as_str(),
        title: "a task left each stage with everything that the stage requires",
        requires: "For each move to a later stage, the gate recomputes what the stage requires: as many sign-offs \
                   of each role as its quorum, present in the commit that made the move and valid for the files \
                   as the task had changed them by then, and no valid rejection at the base's tip or at the head.",
        why: "A hook can be skipped and a file can be edited by hand. A vote is only valid for what its author \
              saw.",
        example: "TASK-7Q2M: left qa, without the approval of code-reviewer: that of Grace is stale: src/theme.rs \
                  changed",
        fix: "Take the task back to the stage (`tracker fail TASK WHY`, or `tracker reopen TASK` if it is \
              complete) and ask the role to review again: `tracker approve TASK --as ROLE`. `tracker signoffs \
              TASK` shows what each vote covers and why one does not count.",
    },
    Explanation {
        name: GateRule::Overrides.as_str(),
        title: "no override skipped missing requirements",
        requires: "`tracker set-stage`, and `--force` where a command has it, move a task whatever its state, and \
                   record that in its history. The range contains no such move past missing sign-offs, unchecked \
                   boxes or open findings, and none that lifted a rejection and was taken back.",
        why: "An override is for repairing a task's state, not for merging unreviewed work. It should be visible \
              to everybody.",
        example: "TASK-7Q2M: left qa by an override of Ken, without the approval of code-reviewer",
        fix: "Earn the move: take the task back with `tracker set-stage TASK STAGE` and continue from there. A \
              team that accepts visible overrides sets the level to warn.",
    },
    Explanation {
        name: GateRule::Deliverables.as_str(),
        title: "the checkboxes that a stage requires are ticked",
        requires: "A task that leaves a stage whose configuration has `requires` has every checkbox of that \
                   section ticked, in the commit that moves it and at the head.",
        why: "A task with open deliverables is not done; a deliverable that is no longer needed belongs out of \
              the list.",
        example: "TASK-7Q2M: left dev, with deliverable 3 not ticked",
        fix: "Finish it and run `tracker tick TASK N`, or remove the line from the task in a commit that a \
              reviewer sees.",
    },
    Explanation {
        name: GateRule::OpenFindings.as_str(),
        title: "no blocking finding is open, and none is deleted or weakened",
        requires: "When a task leaves a stage, none of its findings of the blocking severity or worse is open. No \
                   finding that the base has is deleted or made less severe. Only the role that found it resolves \
                   or waives it.",
        why: "A reviewer's finding needs an answer before the work moves on.",
        example: "TASK-7Q2M: left sec, with finding F2 open",
        fix: "Fix the cause and run `tracker findings fix TASK F2`, or, if the role allows it, `tracker findings \
              waive TASK F2` with a reason.",
    },
    Explanation {
        name: GateRule::SelfApproval.as_str(),
        title: "approvals are not by authors of what they cover",
        requires: "An approval does not count if its author wrote or co-wrote one of the commits that it covers, \
                   unless `self_approval` allows it.",
        why: "Authors overlook their own mistakes. A review is a second pair of eyes.",
        example: "TASK-7Q2M: the vote of Ada as code-reviewer does not count: its author wrote what it covers",
        fix: "Ask somebody else to review and vote.",
    },
    Explanation {
        name: GateRule::RoleMembers.as_str(),
        title: "votes are by members of their roles",
        requires: "Each vote that a move depends on is by a member of its role, by the configuration at the base; \
                   if a role is for people only, by a person and not by an agent.",
        why: "A sign-off means that somebody who is trusted with it has reviewed the change. Anyone can write a \
              file.",
        example: "TASK-7Q2M: the vote of Ken as security-auditor does not count: its author is no member of the \
                  role",
        fix: "Ask a member to vote, or have the role's owners add the person in a change of its own.",
    },
    Explanation {
        name: GateRule::SignedVotes.as_str(),
        title: "votes are signed if the policy requires it",
        requires: "With `signatures` set, each vote that a move depends on has a signature that can be verified, \
                   by the person whose vote it is.",
        why: "Git accepts any name as an author's. A signature is the one thing in a repository that nobody else \
              can write.",
        example: "TASK-7Q2M: the approval of Grace as security-auditor is not signed",
        fix: "Set up `user.signingkey`, withdraw the vote, and cast it again.",
    },
    Explanation {
        name: GateRule::NoRewrittenVotes.as_str(),
        title: "votes are never changed or deleted",
        requires: "Every file below `.tracker/signoffs` that the base has is at the head, byte for byte.",
        why: "A rejection that can be deleted is no veto, and an approval that can be edited proves nothing.",
        example: "TASK-7Q2M: deletes a vote (.tracker/signoffs/TASK-7Q2M/20261111T100000Z-sec-1a2b3c4d.yaml)",
        fix: "Restore the file: `git checkout BASE -- FILE`. To withdraw a vote, its author adds another file: \
              `tracker withdraw TASK`.",
    },
    Explanation {
        name: GateRule::ClosedSprints.as_str(),
        title: "a closed sprint stays as it was closed",
        requires: "No file of a sprint that is closed at the base's tip is added, changed or deleted, but by a range that \
                reopens it: its history goes on with `reopened`. Of one that has begun there, what it committed to \
                and each change of its scope stay as they are.",
        why: "A report that was sent says what was. Numbers that change afterwards make every one of them worthless.",
        example: "SPRINT-1 is closed, and .tracker/sprints/SPRINT-1/sprint.yaml is changed",
        fix: "Restore it (`git checkout BASE -- .tracker/sprints/NAME`), or reopen the sprint with `tracker sprint \
               reopen NAME REASON`. `tracker sprint verify NAME` tells which figures differ.",
    },
    Explanation {
        name: GateRule::ApprovedPlans.as_str(),
        title: "decisions about plans are by whom they name, and of the content as it was",
        requires: "An approval, a rejection or a reopening that the range adds to a plan is by the author of the commit that \
                   adds it, or signed by whom it names. Whoever approves is a member of the role that `approvers` names in \
                   `[plans]`, and the last approval names the digest of the content that its commit has. None that the base \
                   has is taken out.",
        why: "A plan is executed because somebody has approved it as it is. An approval that another wrote, or of something \
              else, approves nothing.",
        example: "PLAN-4F2K: the approval of Ada does not count: the commit that says so is by another",
        fix: "Whoever approves runs `tracker plan approve PLAN` and commits that. An approval of other content is followed \
              by one of this content.",
    },
    Explanation {
        name: GateRule::PolicyOwners.as_str(),
        title: "policy files change only with their owners' approval",
        requires: "A change of `.tracker/config.toml`, of a role, a template, a signer, or of a path that \
                   `protect` names has an approval of the role that `owners` names, for the content as it is. A \
                   change of the workflow that runs the gate is a warning: permission to change it is the \
                   server's business.",
        why: "A pull request is judged by the rules of its target branch. It must not loosen the rules for the \
              next one unseen.",
        example: "TASK-7Q2M: part of the policy is changed without the approval of policy-owner \
                  (.tracker/config.toml)",
        fix: "Ask an owner to review and to vote on the task that the change belongs to.",
    },
    Explanation {
        name: GateRule::LinkedCommits.as_str(),
        title: "commits belong to tasks",
        requires: "Each commit of the range that changes more than the tracker's records links a task: by a line \
                   `Task: ID` in its message, or by an id in its subject. A task that does not exist, or was \
                   closed before the range, does not count.",
        why: "A change without a task is covered by no vote and missing in every report.",
        example: "9fc01aa \"wip\" belongs to no task",
        fix: "Add the line: `git commit --amend`, or `git rebase -i` for an older one. With the hooks installed \
              and a task started, it is added automatically.",
    },
    Explanation {
        name: GateRule::CoveredFiles.as_str(),
        title: "changed files are covered by valid approvals",
        requires: "For each file that the merge changes, and each role of a stage that its task has left, \
                   approved changes lead from what the base has to what will be merged, each used once; those of \
                   several tasks may follow one another. A file that came without a task is covered by nobody; \
                   what only cancelled tasks bring needs the roles of all of their stages, for none of these \
                   will ask later. What `sprint close` writes into the \
                   `history` and the `documents` of the base's configuration needs no task: it is computed again, \
                   and is all that may differ.",
        why: "A vote is on a change, from one content to another. It covers neither later changes nor undoing \
              what the base has changed since.",
        example: "TASK-7Q2M: code-reviewer has no valid approval of src/theme.rs as it is now",
        fix: "Ask the role to review the file and to vote again: `tracker approve TASK --as ROLE`.",
    },
    Explanation {
        name: GateRule::DeclaredFiles.as_str(),
        title: "a task changes only the files that it declares",
        requires: "If a task has `files`, the commits that link it change these and no others.",
        why: "A change in an unexpected place collides with other work, and reviewers may miss it.",
        example: "TASK-7Q2M: changes src/auth.rs, which is none of its target files",
        fix: "Name the file: `tracker set TASK files+=PATH`. Or move the change to a task of its own.",
    },
    Explanation {
        name: GateRule::MergeStage.as_str(),
        title: "tasks have reached the stage that merging requires",
        requires: "With `merge_stage` set, each task that a commit of the range links has reached that stage at the \
                head, or is cancelled.",
        why: "Work that is merged unfinished is unfinished for everybody.",
        example: "TASK-7Q2M: is in dev, and what is merged must have reached qa",
        fix: "Finish what the stage requires (see `tracker show TASK`), or take its commits out of the range.",
    },
    Explanation {
        name: GateRule::WipLimit.as_str(),
        title: "nobody has more tasks in progress than the limit",
        requires: "With `wip_limit` set, no person has more tasks in progress at the head than that.",
        why: "Many tasks in progress delay each other.",
        example: "Ada has 4 tasks in progress, 3 are agreed: TASK-7Q2M, TASK-3F8K, TASK-K4ZD, …",
        fix: "Finish one, reassign one (`tracker set TASK assignee=NAME`), or put one back.",
    },
    Explanation {
        name: GateRule::BrokenDocuments.as_str(),
        title: "records can be read",
        requires: "Every record below `.tracker` at the head can be read: no broken front matter, no conflict \
                   markers, no file whose name is not its id, and no new task with the id of another that the \
                   base has. Without a range, no reference to a missing task either.",
        why: "A task that cannot be read cannot be judged, and what cannot be judged is not let through.",
        example: "the file contains a merge conflict (.tracker/tasks/TASK-7Q2M.md:5)",
        fix: "`tracker doctor` lists each with its line; `tracker doctor --fix` repairs what is unambiguous.",
    },
    Explanation {
        name: GateRule::MergeIntegrity.as_str(),
        title: "a merge of records contains only what its sides brought",
        requires: "For each merge commit of the range, every record is what merging the two sides field by field \
                   gives, or what one of them had. A conflict that a person resolved is a warning. Each file \
                   merges cleanly with the base's tip.",
        why: "Hardly anybody reviews a merge commit. A vote or a move that is in neither side was added by hand.",
        example: "TASK-7Q2M: the merge contains what neither side has: stage: complete",
        fix: "Look at what was resolved by hand (`git show --cc COMMIT`). Otherwise merge again with the driver in \
               place (`tracker hooks install`), and make further changes in a commit of their own.",
    },
    Explanation {
        name: GateRule::Standards.as_str(),
        title: "a change of some files comes with changes of others",
        requires: "Each `[[policy.standard]]`: where a file that matches `when` changed, a file that matches `then` \
                changed as well.",
        why: "Code and its tests, a schema and its migration, a command and its documentation belong together.",
        example: "src/theme.rs changed, and nothing in tests/**",
        fix: "Change what the standard requires, or have its owners change the standard.",
    },
    Explanation {
        name: GateRule::Commands.as_str(),
        title: "the project's own commands succeed",
        requires: "Each `[[policy.command]]` of the base exits with 0 at the top of the working tree. They run \
                   only with `--allow-commands`: looking at a repository executes nothing of it.",
        why: "A team has requirements that a tracker does not know.",
        example: "lint failed: src/theme.rs:3 is too long",
        fix: "Run the command yourself and fix what it reports.",
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
