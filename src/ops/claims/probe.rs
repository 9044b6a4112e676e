//! `doctor --remote`: tries on a remote all that claims need, with refs that nobody takes for claims, and removes them.

use schemars::JsonSchema;
use serde::Serialize;

use super::place::ClaimPlace;
use super::remote::{Lease, Pushed, PushedRef, Pushing, object_of, push, refs_of};
use crate::git::BlobId;
use crate::model::CLAIM_REFS;
use crate::ops::{Result, Session};

/// What a server allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemoteProbe {
    /// The remote; none where claims are those of this clone, which allows all of it.
    pub remote: Option<String>,
    /// What was tried, in order; nothing after what all the rest needs.
    pub checks: Vec<RemoteCheck>,
}

impl RemoteProbe {
    /// Whether claims are possible.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.checks.iter().all(|check| check.problem.is_none())
    }
}

/// One thing that claims need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemoteCheck {
    /// What.
    pub name: String,
    /// Why it is not so; none where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The setting to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

const ANSWERS: (&str, &str) = ("answers", "see `git ls-remote NAME`: its address, and your access to it");
const CREATES: (&str, &str) = (
    "creates refs outside of branches",
    "allow pushes to refs/tracker/claims/*: on a git server, receive.hideRefs and transfer.hideRefs must not name \
     refs/tracker, and its hooks must let them pass; on a forge, no rule may restrict refs that are no branches",
);
const SHOWS: (&str, &str) = (
    "shows them to who fetches",
    "on the server, uploadpack.hideRefs and transfer.hideRefs must not name refs/tracker",
);
const ONCE: (&str, &str) = (
    "creates a ref only where there is none",
    "the server must compare the old value of a ref: use git's own receive-pack",
);
const CHANGES: (&str, &str) = (
    "changes them",
    "let refs/tracker/claims/* be changed without going forward: its hooks must let that pass",
);
const ATOMIC: (&str, &str) =
    ("changes several together or not at all", "on the server: git config receive.advertiseAtomic true");
const DELETES: (&str, &str) = (
    "deletes them",
    "let refs/tracker/claims/* be deleted: its hooks, or the rules of the forge, must let that pass",
);

/// Tries what claims need.
pub fn probe_remote(session: &Session<'_>, remote: Option<&str>) -> Result<RemoteProbe> {
    let place = ClaimPlace::find(session, remote)?;
    let Some(remote) = place.remote else { return Ok(RemoteProbe { remote: None, checks: Vec::new() }) };
    let mut probe = Probe { session, remote: &remote, checks: Vec::new() };
    let names = ["1", "2"].map(|name| format!("{CLAIM_REFS}probe-{}-{name}", session.env().nonce()));
    let tried = probe.run(&names);
    probe.clean_up(&names)?;
    tried?;
    let checks = probe.checks;
    Ok(RemoteProbe { remote: Some(remote), checks })
}

struct Probe<'p, 'e> {
    session: &'p Session<'e>,
    remote: &'p str,
    checks: Vec<RemoteCheck>,
}

impl Probe<'_, '_> {
    fn run(&mut self, [first, second]: &[String; 2]) -> Result<()> {
        let repository = self.session.workspace().repository()?;
        let object = |text: &str| Ok(repository.write_blob(text.as_bytes())?.to_string());
        let objects: Vec<String> =
            ["1\n", "2\n", "3\n"].iter().map(|text| object(text)).collect::<Result<_>>()?;
        let change = |name: &String, lease: Lease, new: Option<&String>| PushedRef {
            name: name.clone(),
            lease,
            new: new.cloned(),
        };
        let at = |object: &String| Lease::At(object.clone());
        if let Err(problem) = refs_of(self.session.workspace(), self.remote, first)? {
            self.add(ANSWERS, Some(problem));
            return Ok(());
        }
        self.add(ANSWERS, None);
        let created = self.push(&[change(first, Lease::Absent, Some(&objects[0]))])?;
        let is_created = created.is_none();
        self.add(CREATES, created);
        if !is_created {
            return Ok(());
        }
        let seen = self.object_of(first)?;
        self.add(
            SHOWS,
            (seen.as_ref() != Some(&objects[0])).then(|| "what was pushed is not there to fetch".to_owned()),
        );
        let again = self.push(&[change(first, Lease::Absent, Some(&objects[1]))])?;
        let is_once = again.is_some() && self.object_of(first)? == seen;
        self.add(ONCE, (!is_once).then(|| "a ref that was there was created again".to_owned()));
        let changed = self.push(&[change(first, at(&objects[0]), Some(&objects[1]))])?;
        self.add(CHANGES, changed);
        let now = self.object_of(first)?.unwrap_or_else(|| objects[0].clone());
        let both =
            [change(first, at(&now), Some(&objects[2])), change(second, Lease::Absent, Some(&objects[2]))];
        let atomic = self.push(&both)?;
        self.add(ATOMIC, atomic);
        let now = self.object_of(first)?.unwrap_or(now);
        let deleted = self.push(&[change(first, at(&now), None)])?;
        self.add(DELETES, deleted);
        Ok(())
    }

    fn add(&mut self, (name, hint): (&str, &str), problem: Option<String>) {
        let hint = problem.is_some().then(|| hint.replace("NAME", self.remote));
        self.checks.push(RemoteCheck { name: name.to_owned(), problem, hint });
    }

    /// Pushes, and returns why that was not done.
    fn push(&self, refs: &[PushedRef]) -> Result<Option<String>> {
        let how = Pushing { to: self.remote, updates_work_trees: false, with_hooks: false };
        Ok(match push(self.session.workspace(), &how, refs)? {
            Pushed::Done => None,
            Pushed::Moved => Some("it was not as expected".to_owned()),
            Pushed::Refused(refused) => refused.first().map(|refusal| refusal.reason.clone()),
            Pushed::NoAnswer(line) => Some(line),
        })
    }

    fn object_of(&self, name: &str) -> Result<Option<String>> {
        object_of(self.session.workspace(), self.remote, name)
    }

    /// Removes what is left.
    fn clean_up(&mut self, names: &[String; 2]) -> Result<()> {
        for name in names {
            let Some(object) = self.object_of(name)? else { continue };
            let is_whole = BlobId::parse(&object).is_ok();
            let deletion = PushedRef { name: name.clone(), lease: Lease::At(object), new: None };
            if !is_whole || self.push(std::slice::from_ref(&deletion))?.is_some() {
                let problem = Some(format!("`{name}` on `{}`", self.remote));
                self.checks.push(RemoteCheck {
                    name: "leaves nothing behind".to_owned(),
                    problem,
                    hint: None,
                });
            }
        }
        Ok(())
    }
}
