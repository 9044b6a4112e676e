//! Whether a branch may become what somebody pushes: by the rules of the side that is pushed to.

use std::collections::BTreeSet;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;

use super::readable::unreadable;
use crate::git::{CommitId, Repository};
use crate::model::{GateRule, Level, RecordKind, TRACKER_FOLDER, is_in_tracker};
use crate::ops::gate::{GateRequest, review};
use crate::ops::{Error, Result, Session};
use crate::policy::is_selected;
use crate::review::{KEPT_RECORDS, Violation};
use crate::store;

/// What became of a branch that somebody pushes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BranchReport {
    /// Its name, without `refs/heads/`.
    pub branch: String,
    /// `gate` where the policy judged, `readable` where only records that cannot be read are refused.
    pub held_to: &'static str,
    /// Whether it may become so.
    pub is_accepted: bool,
    /// What stands against it, and what else there is to know.
    pub violations: Vec<Violation>,
}

/// What a branch is to become.
#[derive(Debug)]
pub(super) struct Update {
    /// Without `refs/heads/`.
    pub(super) branch: String,
    /// What it is; none for a new one.
    pub(super) old: Option<CommitId>,
    /// What it is to be; none where it is to go.
    pub(super) new: Option<CommitId>,
}

/// The side that is pushed to.
pub(super) struct Judge<'a> {
    session: &'a Session<'a>,
    repository: Rc<Repository>,
    /// The default branch by name; what it is now.
    default: Option<(String, Option<CommitId>)>,
    /// Globs of the other branches that the policy judges.
    gated: Vec<String>,
}

impl<'a> Judge<'a> {
    /// Reads which branches are judged, from the default branch.
    pub(super) fn new(session: &'a Session<'a>, default: Option<(String, Option<CommitId>)>) -> Result<Self> {
        let repository = session.workspace().repository()?;
        let mut judge = Self { session, repository, default, gated: Vec::new() };
        if let Some((name, Some(commit_id))) = judge.default.clone() {
            let hooks = judge.rules_of(&name, commit_id)?.hooks;
            // Names are globs from the first letter on, not at any depth as of files.
            let anchored = |glob: &String| match glob.strip_prefix('!') {
                Some(glob) => format!("!/{glob}"),
                None => format!("/{glob}"),
            };
            judge.gated = hooks.pre_receive.iter().map(anchored).collect();
        }
        Ok(judge)
    }

    /// Judges one branch.
    pub(super) fn of(&self, update: &Update) -> Result<BranchReport> {
        let Some(new) = update.new else { return self.deletion(update) };
        let branch = &update.branch;
        let base = update.old.or_else(|| self.default.as_ref().and_then(|(_, commit)| *commit));
        let parted = match base {
            Some(base) => self.repository.merge_base(base, new)?,
            None => None,
        };
        let is_gated = self.is_gated(branch);
        let rules = base.filter(|base| is_gated && self.has_rules(*base).unwrap_or(true));
        let Some(base) = rules else {
            let violations = unreadable(&self.repository, parted, new)?;
            return Ok(report(branch, "readable", violations));
        };
        self.rules_of(branch, base)?;
        let request = GateRequest {
            base: Some(base.to_string()),
            head: Some(new.to_string()),
            ..GateRequest::default()
        };
        let mut violations = Vec::new();
        if update.old.is_some() && parted != Some(base) {
            violations.extend(self.taken_back(branch, parted, base, new)?);
        }
        if base != new {
            violations.extend(review(self.session, &request)?.0.verdict.violations);
        }
        Ok(report(branch, "gate", violations))
    }

    fn is_gated(&self, branch: &str) -> bool {
        self.default.as_ref().is_some_and(|(name, _)| name == branch) || is_selected(&self.gated, branch)
    }

    fn has_rules(&self, commit_id: CommitId) -> Result<bool> {
        Ok(self.repository.tree_file(commit_id, RecordKind::Config.file())?.is_some())
    }

    /// Reads the rules of a branch as it is.
    ///
    /// # Errors
    /// Where they are broken: nothing can be judged by them, and nothing is let through unjudged.
    fn rules_of(&self, branch: &str, commit_id: CommitId) -> Result<crate::model::Config> {
        let snapshot = self.session.workspace().snapshot_of_commit(Some(commit_id))?;
        match snapshot.config() {
            Ok((config, _)) => Ok(config),
            Err(store::Error::Broken(problems)) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                let hint = "nothing is taken until those who run the repository have mended them, with this \
                     hook set aside";
                Err(Error::usage_with(format!("the rules of `{branch}` cannot be read: {first}"), hint))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn deletion(&self, update: &Update) -> Result<BranchReport> {
        let branch = &update.branch;
        let is_default = self.default.as_ref().is_some_and(|(name, _)| name == branch);
        let has_tracker =
            |commit| self.repository.tree_id(commit, TRACKER_FOLDER).map(|found| found.is_some());
        let holds_tracker = is_default && update.old.map_or(Ok(false), has_tracker)?;
        let mut violations = Vec::new();
        if holds_tracker {
            let message = format!("`{branch}` is the default branch: its rules and records would go with it");
            let mend = "make another branch the default one first";
            violations.push(refused(message, mend));
        }
        Ok(report(branch, if is_default { "gate" } else { "readable" }, violations))
    }

    /// Returns what the branch has of the tracker, and what is pushed in its place does not: a vote that somebody
    /// does not like must not go by a push that begins before it, nor a rule.
    fn taken_back(
        &self,
        branch: &str,
        parted: Option<CommitId>,
        old: CommitId,
        new: CommitId,
    ) -> Result<Vec<Violation>> {
        let inside = |path: &str| is_in_tracker(&path);
        let had: Vec<_> = self.repository.changes_between(parted, old)?;
        let brought = self.repository.changes_between(Some(old), new)?;
        let differs: BTreeSet<&str> = brought.iter().map(|change| change.path.as_str()).collect();
        let lost =
            had.into_iter().filter(|change| inside(&change.path) && differs.contains(change.path.as_str()));
        Ok(lost
            .map(|change| {
                let message = format!("takes back what `{branch}` has beyond where the push begins");
                let mend = format!("git pull --rebase, then push without --force, onto {}", old.short());
                Violation { file: Some(change.path), ..refused(message, &mend) }
            })
            .collect())
    }
}

fn refused(message: String, mend: &str) -> Violation {
    let violation = Violation::of(GateRule::MergeIntegrity, Level::Error, message);
    Violation { rule: KEPT_RECORDS.name.to_owned(), mend: Some(mend.to_owned()), ..violation }
}

fn report(branch: &str, held_to: &'static str, violations: Vec<Violation>) -> BranchReport {
    let is_accepted = !violations.iter().any(Violation::is_error);
    BranchReport { branch: branch.to_owned(), held_to, is_accepted, violations }
}
