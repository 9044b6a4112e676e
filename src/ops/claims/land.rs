//! `land`: work and the end of its claim in one transaction. A claim that is somebody else's by now keeps the work out.

use schemars::JsonSchema;
use serde::Serialize;

use super::keep::{Held, HeldRequest, forget, own_nonces};
use super::place::{Decision, Known, Transaction, Tried, Work};
use super::remote::object_of;
use super::view::LostClaim;
use crate::git::{CommitId, Operation, Repository};
use crate::model::TaskId;
use crate::ops::merge::git;
use crate::ops::{Error, Result, Session};
use crate::policy::{ClaimChange, ClaimLoss, own_claim};

/// What to land.
#[derive(Debug, Clone, Default)]
pub struct LandRequest {
    /// The claims that end; where no tasks are named, the one of this working tree.
    pub held: HeldRequest,
    /// The branch; by default the one that the current branch follows, else the one of its name.
    pub into: Option<String>,
}

/// Why work did not land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WhyNotLanded {
    /// A claim is not the worker's any more.
    ClaimLost {
        /// Which, and why.
        lost: Vec<LostClaim>,
    },
    /// The branch has commits that the work does not come after.
    BranchMoved,
    /// The other side does not take the work.
    Refused {
        /// What it says.
        reason: String,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Landed {
    /// Whether the branch has the work now, and the claims have ended.
    pub landed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<WhyNotLanded>,
    /// The remote; none where claims and branches are those of this clone.
    pub remote: Option<String>,
    /// The branch.
    pub branch: String,
    /// The commit that the branch ends in.
    pub commit: String,
    /// The tasks whose claims end.
    pub tasks: Vec<String>,
    /// Files with changes that no commit has: they did not land.
    pub uncommitted: usize,
    /// Whether nothing was done because the caller asked so.
    pub dry_run: bool,
}

/// Moves a branch forward to the current commit and ends claims, both or neither.
pub fn land(session: &Session<'_>, request: &LandRequest) -> Result<Landed> {
    let repository = session.workspace().repository()?;
    let held = Held::find(session, &request.held, "land")?;
    if request.held.ids.is_empty() {
        refuse_several(session, &held.tasks)?;
    }
    refuse_unfinished(session)?;
    let target = Target::find(&repository, held.place.remote.as_deref(), request.into.as_deref())?;
    let landing = Landing { session, held: &held, target: &target };
    let result = held.place.transact(&held.call(true), |known| landing.decide(known))?;
    if result.landed && !result.dry_run && request.held.nonce.is_none() {
        forget(session, &held.tasks)?;
    }
    Ok(result)
}

/// Refuses to guess which of several claims of this working tree ends.
fn refuse_several(session: &Session<'_>, tasks: &[TaskId]) -> Result<()> {
    let mut nonces = own_nonces(session)?;
    nonces.sort();
    nonces.dedup();
    if nonces.len() > 1 {
        let names: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
        let message = format!("several claims were made in this working tree: {}", names.join(", "));
        return Err(Error::usage_with(message, "say which ends: `tracker land ID`"));
    }
    Ok(())
}

/// Refuses to land what git is in the middle of: the work is not in HEAD yet.
fn refuse_unfinished(session: &Session<'_>) -> Result<()> {
    let Some(operation) = session.workspace().repo_paths().operation() else { return Ok(()) };
    let hint = match operation {
        Operation::Bisect => "end it first: `git bisect reset`".to_owned(),
        _ => {
            format!("finish it first, or give it up: `git {operation} --continue`, `git {operation} --abort`")
        }
    };
    Err(Error::usage_with(format!("git is in the middle of a {operation}"), hint))
}

/// Where work goes.
struct Target {
    /// The name without `refs/heads/`.
    branch: String,
    commit: CommitId,
    /// Whether the branch has the work already: it is the one that is checked out here, and claims are those of this clone.
    has_it: bool,
}

impl Target {
    fn find(repository: &Repository, remote: Option<&str>, into: Option<&str>) -> Result<Self> {
        let head = repository.head()?;
        let commit = head.commit.ok_or_else(|| {
            Error::usage_with("there is nothing to land: no commit yet", "run `git commit`")
        })?;
        let named = into.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned());
        let followed = || {
            let current = head.branch.as_deref()?;
            let of_branch = repository.config_text(&format!("branch.{current}.remote"))?;
            let merge = repository.config_text(&format!("branch.{current}.merge"))?;
            (of_branch == remote.unwrap_or("."))
                .then(|| merge.strip_prefix("refs/heads/").map(str::to_owned))?
        };
        let branch = named.or_else(followed).or_else(|| head.branch.clone()).ok_or_else(|| {
            Error::usage_with("HEAD is detached: there is no branch to land on", "say which: `--into BRANCH`")
        })?;
        if !Repository::is_branch_name(&branch) {
            return Err(Error::usage(format!("invalid branch name `{branch}`")));
        }
        let has_it = remote.is_none() && head.branch.as_deref() == Some(branch.as_str());
        Ok(Self { branch, commit, has_it })
    }

    fn ref_name(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }
}

/// What git says of a branch that does not only go forward.
const BEHIND: [&str; 4] =
    ["fetch first", "non-fast-forward", "needs force", "remote ref updated since checkout"];

struct Landing<'l, 'e> {
    session: &'l Session<'e>,
    held: &'l Held<'l, 'e>,
    target: &'l Target,
}

impl Landing<'_, '_> {
    fn decide(&self, known: &Known<'_>) -> Result<Decision<Landed>> {
        let now = self.session.env().now();
        let (mut changes, mut lost) = (Vec::new(), Vec::new());
        for task in &self.held.tasks {
            match own_claim(task, &self.held.own, &known.claims.claims, now) {
                Ok((held, _)) => {
                    let (task, expected) = (task.clone(), Some(held.object.clone()));
                    changes.push(ClaimChange { task, expected, new: None });
                }
                Err(loss) => lost.push((task, loss)),
            }
        }
        let is_gone = |(_, loss): &(&TaskId, ClaimLoss)| *loss == ClaimLoss::Gone;
        // A push of which no answer came has gone through.
        if *known.tried == Tried::Something
            && changes.is_empty()
            && lost.iter().all(is_gone)
            && self.has_landed()?
        {
            return Ok(Decision::Answer(self.answer(None)?));
        }
        if !lost.is_empty() {
            let lost = lost.iter().map(|(task, loss)| LostClaim::new(task, loss)).collect();
            return Ok(Decision::Answer(self.answer(Some(WhyNotLanded::ClaimLost { lost }))?));
        }
        if let Some(why) = self.refused(known.tried) {
            return Ok(Decision::Answer(self.answer(Some(why))?));
        }
        if self.session.is_dry() {
            return Ok(Decision::Answer(self.answer(None)?));
        }
        let work = Work { commit: self.target.commit, branch: self.target.ref_name() };
        let work = Some(work).filter(|_| !self.target.has_it);
        Ok(Decision::Change(Transaction { changes, files: None, work }, self.answer(None)?))
    }

    /// Returns why the other side did not take the branch.
    fn refused(&self, tried: &Tried) -> Option<WhyNotLanded> {
        let Tried::Refused(refused) = tried else { return None };
        let of_branch = refused.iter().find(|refusal| refusal.name == self.target.ref_name())?;
        let is_behind = BEHIND.iter().any(|reason| of_branch.reason.contains(reason));
        Some(match is_behind {
            true => WhyNotLanded::BranchMoved,
            false => WhyNotLanded::Refused { reason: of_branch.reason.clone() },
        })
    }

    /// Whether the branch has the work, where claims are decided.
    fn has_landed(&self) -> Result<bool> {
        let (workspace, commit) = (self.session.workspace(), self.target.commit);
        let repository = workspace.repository()?;
        let tip = match &self.held.place.remote {
            Some(remote) => {
                let object = object_of(workspace, remote, &self.target.ref_name())?;
                object.and_then(|object| CommitId::parse(&object).ok())
            }
            None => repository.ref_commit(&self.target.ref_name())?,
        };
        let Some(tip) = tip else { return Ok(false) };
        Ok(tip == commit || repository.merge_base(tip, commit).is_ok_and(|base| base == Some(commit)))
    }

    fn answer(&self, why: Option<WhyNotLanded>) -> Result<Landed> {
        let arguments = ["status", "--porcelain", "--untracked-files=no"];
        let uncommitted = git(self.session.workspace(), "look for changes", &arguments)?;
        Ok(Landed {
            landed: why.is_none(),
            why,
            remote: self.held.place.remote.clone(),
            branch: self.target.branch.clone(),
            commit: self.target.commit.to_string(),
            tasks: self.held.tasks.iter().map(ToString::to_string).collect(),
            uncommitted: uncommitted.stdout_text().lines().count(),
            dry_run: self.session.is_dry(),
        })
    }
}
