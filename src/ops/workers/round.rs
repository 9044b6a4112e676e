//! A round of a worker: look at the files of a commit, fix what can be fixed, land that, and escalate the rest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::added::AddedLines;
use super::desk::Desk;
use super::escalate::{Escalated, Left, escalate, open_places};
use super::fixing::{Fixed, Fixing, gone};
use super::records::{Round, RoundOutcome, RuleFix};
use super::reverts::WORKER_TRAILER;
use super::spending::{Reported, line_of, reported};
use super::tool::{ToolEnv, ToolFailure, is_whole};
use super::work::{Halt, Halted, Worker};
use crate::env::fail_point;
use crate::git::CommitId;
use crate::model::{Cost, TRACKER_FOLDER, ToolFinding, counted, is_in_tracker};
use crate::ops::claims::{ClaimResult, claim_files, end_own_claims};
use crate::ops::{Error, HeldRequest, LandRequest, ReleaseRequest, Session, WhyNotLanded, land, release};

/// The shortest and the longest lease of a claim.
const LEASES: (TimeDelta, TimeDelta) = (TimeDelta::minutes(10), TimeDelta::days(1));
/// How many rules a subject names.
const NAMED: usize = 3;

/// What a round works with.
pub(super) struct Rounds<'r, 'e> {
    pub(super) worker: &'r Worker,
    /// On the working tree of the worker.
    pub(super) session: &'r Session<'e>,
    pub(super) desk: &'r Desk,
    pub(super) env: ToolEnv,
    /// The commit that is looked at.
    pub(super) tip: CommitId,
    /// The files that the worker may touch.
    pub(super) allowed: BTreeSet<String>,
    /// The files in question, of those.
    pub(super) looked: BTreeSet<String>,
    /// All files of the commit.
    pub(super) present: BTreeSet<String>,
    /// The commit that was looked at last; none where all lines count.
    pub(super) since: Option<CommitId>,
    /// Whether these are all that there are.
    pub(super) is_all: bool,
}

/// Who has claimed files, and until when.
type Queued = (String, Option<DateTime<Utc>>);

/// What has come of a round, with the files that somebody else has claimed.
pub(super) struct RoundEnd {
    pub(super) round: Round,
    pub(super) queued: BTreeSet<String>,
    /// When the first of their claims ends.
    pub(super) free_at: Option<DateTime<Utc>>,
}

impl Rounds<'_, '_> {
    /// Makes the round. The files of the working tree are what the commit has.
    pub(super) fn run(&self, round: Round) -> Halted<RoundEnd> {
        let remote = self.worker.remote.as_deref();
        end_own_claims(self.session, remote, &self.worker.name)?;
        let added = self.added()?;
        let mut fixing = Fixing {
            session: self.session,
            added: added.as_ref(),
            worker: self.worker,
            desk: self.desk,
            env: &self.env,
            allowed: &self.allowed,
            looked: &self.looked,
            present: &self.present,
            claimed: BTreeSet::new(),
            put_back: BTreeMap::new(),
            dropped: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            attempts: 1,
        };
        let before = fixing.detect()?;
        let fixable = self.fixable(&fixing, &before);
        let (claimed, why_queued) = self.claim(&fixable)?;
        let (why_queued, free_at) = why_queued.map_or((None, None), |(why, free_at)| (Some(why), free_at));
        fail_point("worker:claimed");
        let queued: BTreeSet<String> = fixable.difference(&claimed).cloned().collect();
        fixing.claimed = claimed;
        let ended = self.fix_and_land(round, fixing, &before, &queued, why_queued);
        let ended = ended.map(|end| RoundEnd { free_at, ..end });
        if ended.is_err() || ended.as_ref().is_ok_and(|end| end.round.landed.is_none()) {
            end_own_claims(self.session, remote, &self.worker.name)?;
        }
        ended
    }

    fn fix_and_land(
        &self,
        round: Round,
        mut fixing: Fixing<'_>,
        before: &[ToolFinding],
        queued: &BTreeSet<String>,
        why_queued: Option<String>,
    ) -> Halted<RoundEnd> {
        let Fixed { changed, after } = match fixing.claimed.is_empty() {
            true => Fixed { changed: BTreeSet::new(), after: before.to_vec() },
            false => fixing.fix(before)?,
        };
        let findings = after.iter().filter(|finding| !queued.contains(&finding.file));
        let left: Vec<_> = findings.map(|finding| (finding.clone(), fixing.why(finding))).collect();
        let fixes =
            gone(before, &after).into_iter().map(|((rule, file), count)| RuleFix { rule, file, count });
        let fixes: Vec<RuleFix> = if changed.is_empty() { Vec::new() } else { fixes.collect() };
        let remaining = left.len();
        let looked = self.looked_without(queued);
        let escalated = escalate(
            self.desk,
            &Left {
                worker: &self.worker.name,
                kind: &self.worker.type_name,
                commit: self.tip.to_string(),
                now: self.session.env().now(),
                attempts: fixing.attempts,
                looked: looked.as_ref(),
                present: &self.present,
                findings: left,
            },
        )?;
        let paths: BTreeSet<String> = changed.union(&escalated.paths).cloned().collect();
        let landed = match paths.is_empty() {
            true => None,
            false => Some(self.commit_and_land(&changed, &paths, &fixes, &escalated)?),
        };
        let outcome = match (remaining, queued.is_empty()) {
            (_, false) => RoundOutcome::Queued,
            (0, true) => RoundOutcome::Success,
            _ => RoundOutcome::Escalated,
        };
        let round = Round {
            outcome,
            files: self.looked.len(),
            found: before.len(),
            fixed: fixes.iter().map(|fix| fix.count).sum(),
            remaining,
            queued: queued.len(),
            landed: landed.map(|commit| commit.to_string()),
            fixes,
            escalated: escalated.escalated,
            closed: escalated.closed,
            why: why_queued,
            ..round
        };
        Ok(RoundEnd { round, queued: queued.clone(), free_at: None })
    }

    /// Returns the files of which all is known now; none where these are all of them. A file that waits for somebody
    /// else's claim was not looked at to its end: what is known of it stays.
    fn looked_without(&self, queued: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        let sees_all =
            self.is_all || self.worker.kind.tools_in_order().iter().all(|(_, tool)| is_whole(tool));
        let looked = if sees_all { &self.present } else { &self.looked };
        (!sees_all || !queued.is_empty()).then(|| looked.difference(queued).cloned().collect())
    }

    /// Returns the lines that were added since, where a rule is about these.
    fn added(&self) -> Halted<Option<AddedLines>> {
        let Some(since) = self.since.filter(|_| !self.worker.kind.rules.is_empty()) else { return Ok(None) };
        let open = open_places(self.desk, &self.worker.type_name)?;
        Ok(Some(AddedLines::read(self.desk, since, &self.looked, open)?))
    }

    /// Returns the files in which something may be fixed.
    fn fixable(&self, fixing: &Fixing<'_>, found: &[ToolFinding]) -> BTreeSet<String> {
        let kind = &self.worker.kind;
        let has_fix = |finding: &&ToolFinding| {
            let tool = kind.tool(&finding.tool);
            let is_readable = !fixing.unreadable.contains_key(&(finding.tool.clone(), finding.file.clone()));
            is_readable && tool.is_some_and(|tool| tool.fix.is_some()) || self.worker.executor.is_some()
        };
        let is_own =
            |finding: &&ToolFinding| self.allowed.contains(&finding.file) && !fixing.is_for_people(finding);
        found.iter().filter(has_fix).filter(is_own).map(|finding| finding.file.clone()).collect()
    }

    /// Claims files together, without those that somebody else has. Returns these, and who has others, until when.
    fn claim(&self, files: &BTreeSet<String>) -> Halted<(BTreeSet<String>, Option<Queued>)> {
        let mut files = files.clone();
        let mut why: Option<Queued> = None;
        while !files.is_empty() {
            let result = self.claim_all(&files)?;
            if result.won {
                break;
            }
            let count = files.len();
            for obstacle in &result.lost_to {
                let held = &obstacle.held;
                let who = held.worker.as_deref().unwrap_or("somebody");
                let free_at = why.as_ref().and_then(|(_, at)| *at).into_iter().chain(held.until).min();
                let what = obstacle.file.as_deref().unwrap_or(&held.task);
                why = Some((format!("{what} is claimed by {who}"), free_at));
                match &obstacle.file {
                    Some(glob) => files.retain(|path| glob_of(path) != *glob),
                    // Another worker of the same name is at work.
                    None => files.clear(),
                }
            }
            if files.len() == count {
                files.clear();
            }
        }
        Ok((files, why))
    }

    fn claim_all(&self, files: &BTreeSet<String>) -> Halted<ClaimResult> {
        let steps = self.worker.kind.tools_in_order().len() + 2;
        let attempts = i32::try_from(self.worker.kind.most_attempts()).unwrap_or(1);
        let step = TimeDelta::from_std(self.worker.kind.time_limit()).unwrap_or(LEASES.1);
        let lease = (step * (attempts * i32::try_from(steps).unwrap_or(1))).clamp(LEASES.0, LEASES.1);
        let globs = files.iter().map(|path| glob_of(path)).collect();
        let (remote, claim) = (self.worker.remote.as_deref(), self.worker.claim_id()?);
        Ok(claim_files(self.session, remote, &claim, globs, lease)?)
    }

    /// Makes a commit and lands it. A commit that is refused, or that a hook has changed beyond records, is an error.
    fn commit_and_land(
        &self,
        changed: &BTreeSet<String>,
        paths: &BTreeSet<String>,
        fixes: &[RuleFix],
        escalated: &Escalated,
    ) -> Halted<CommitId> {
        let claim = self.worker.claim_id()?;
        if changed.is_empty() {
            // What was claimed for a fix that there is not would keep others away.
            end_own_claims(self.session, self.worker.remote.as_deref(), &self.worker.name)?;
            if !self.claim_all(paths)?.won {
                return Err(Error::usage("another worker writes the same records").into());
            }
        }
        let Reported { cost, unreadable } = reported(self.env.folder());
        if let Some(line) = unreadable {
            return Err(Halt::Tool(ToolFailure::new(format!("cost: {line}"), "")));
        }
        let message = self.message(fixes, escalated, cost.as_ref());
        self.desk.commit(paths, &message, &self.worker.name, self.worker.kind.time_limit())?;
        fail_point("worker:committed");
        let commit = self.desk.head()?;
        let repository = self.session.workspace().repository()?;
        let own = repository.changes_between(Some(self.tip), commit)?;
        if let Some(other) =
            own.iter().find(|change| !paths.contains(&change.path) && !is_in_tracker(&change.path))
        {
            return Err(Error::usage(format!("a hook has changed `{}` in the commit", other.path)).into());
        }
        let held =
            HeldRequest { ids: vec![claim.to_string()], nonce: None, remote: self.worker.remote.clone() };
        let landed =
            land(self.session, &LandRequest { held: held.clone(), into: Some(self.worker.branch.clone()) })?;
        let why = match landed.why {
            None => return Ok(commit),
            Some(WhyNotLanded::BranchMoved) => {
                release(self.session, &ReleaseRequest { held, force: false })?;
                return Err(Halt::Moved);
            }
            Some(WhyNotLanded::ClaimLost { .. }) => "its claim is somebody else's by now".to_owned(),
            Some(WhyNotLanded::Refused { reason }) => reason,
        };
        let branch = super::desk::worker_branch(&self.worker.name);
        let message = format!("{} did not take the commit: {why}", self.worker.branch);
        Err(Error::usage_with(message, format!("it is on the branch {branch}: git merge {branch}")).into())
    }

    fn message(&self, fixes: &[RuleFix], escalated: &Escalated, cost: Option<&Cost>) -> String {
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        fixes.iter().for_each(|fix| *rules.entry(&fix.rule).or_default() += fix.count);
        let named: Vec<&str> = rules.keys().take(NAMED).copied().collect();
        let more = if rules.len() > NAMED { ", …" } else { "" };
        let count: usize = rules.values().sum();
        let (new, closed) = (escalated.escalated.len(), escalated.closed.len());
        let subject = match (count, new, closed) {
            (0, 0, _) => format!("close {}", counted(closed, "escalation")),
            (0, ..) => format!("escalate {}", escalated.escalated.join(", ")),
            _ => format!("fix {} of {}{more}", counted(count, "finding"), named.join(", ")),
        };
        let mut text =
            format!("{}: {subject}\n\n{WORKER_TRAILER}: {}\n", self.worker.type_name, self.worker.name);
        for fix in fixes {
            text.push_str(&format!("Tracker-Fixes: {} {}\n", fix.rule, fix.file));
        }
        for id in &escalated.escalated {
            text.push_str(&format!("Tracker-Escalates: {id}\n"));
        }
        if let Some(task) = &self.worker.kind.task {
            text.push_str(&format!("Task: {task}\n"));
        }
        text.extend(cost.map(|cost| line_of(cost, self.worker.kind.task.as_ref())));
        text
    }
}

/// Returns the glob of exactly one file.
fn glob_of(path: &str) -> String {
    let mut glob = String::from("/");
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            glob.push('\\');
        }
        glob.push(c);
    }
    glob
}

/// Whether a worker may ever touch a file: records are written by the tracker alone.
pub(super) fn is_for_workers(path: &str) -> bool {
    !is_in_tracker(path) && path != TRACKER_FOLDER
}

#[cfg(test)]
mod tests {
    use super::{glob_of, is_for_workers};
    use crate::model::{check_glob, is_selected};

    #[test]
    fn a_claim_is_of_one_file_whatever_its_name_is() {
        for path in ["a.py", "src/a[1].rs", "what?.md", "a*b", "back\\slash"] {
            let glob = glob_of(path);
            assert_eq!(check_glob(&glob), Ok(()), "{glob}");
            assert!(is_selected(std::slice::from_ref(&glob), path), "{glob}");
            assert!(!is_selected(&[glob], &format!("x/{path}")), "{path}");
        }
        assert!(!is_for_workers(".tracker/config.toml") && is_for_workers("src/a.rs"));
    }
}
