//! Rounds of the director: one, or one whenever something has changed.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::act::{Memory, act};
use super::location::TaskLocation;
use super::observe::{KnownGates, observe_work};
use crate::git::read_regular;
use crate::model::{Problem, Severity};
use crate::ops::workers::Policy;
use crate::ops::{Error, Result, Session};
use crate::policy::director_findings;
use crate::report::director::{DirectorEntry, DirectorRepository};
use crate::store::{Lock, Watcher, replace_unsynced};

/// Who acts, beside the person that has started it.
pub const DIRECTOR: &str = "director";

/// A rule, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DirectorRuleView {
    /// Its name.
    pub rule: String,
    /// What it looks at.
    pub check: String,
    /// Only tasks in these stages.
    pub stages: Vec<String>,
    /// Only tasks of these types.
    pub types: Vec<String>,
    /// Whether a note is added to the task.
    pub note: bool,
    /// Whether the task is sent back.
    pub send_back: bool,
    /// Whether workers are paused.
    pub pause: bool,
}

/// The rules, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DirectorRules {
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub commit: String,
    /// In the configuration's order.
    pub rules: Vec<DirectorRuleView>,
}

/// Returns the rules.
pub fn director_rules(session: &Session<'_>) -> Result<DirectorRules> {
    let policy = Policy::read(session, None)?;
    let rules = policy.config.director.into_iter().map(|rule| DirectorRuleView {
        check: rule.check.name().to_owned(),
        stages: rule.stages.iter().map(ToString::to_string).collect(),
        types: rule.types,
        note: rule.notes && rule.check.is_about_tasks(),
        send_back: rule.sends_back,
        pause: rule.pauses != crate::model::Pauses::Nobody,
        rule: rule.name,
    });
    let rules = rules.collect();
    Ok(DirectorRules { branch: policy.from.branch, commit: policy.from.commit, rules })
}

/// Goes round once.
pub fn director_round(
    session: &Session<'_>,
    lock_timeout: Duration,
) -> Result<(DirectorRepository, Vec<Problem>)> {
    round_with(session, lock_timeout, &mut KnownGates::default())
}

fn round_with(
    session: &Session<'_>,
    lock_timeout: Duration,
    gates: &mut KnownGates,
) -> Result<(DirectorRepository, Vec<Problem>)> {
    let policy = Policy::read(session, None)?;
    let rules = &policy.config.director;
    if rules.is_empty() {
        let message = format!("the configuration of {} has no rules for a director", policy.from.branch);
        return Err(Error::usage_with(
            message,
            "add [[director.rule]] tables and commit them there: tracker help director",
        ));
    }
    policy.check_names(session)?;
    let folder = session.workspace().repo_paths().shared_folder();
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let _lock = Lock::acquire(&folder.join("director.lock"), lock_timeout, DIRECTOR)?;
    let seen = observe_work(session, &policy.config, &policy.from, gates)?;
    let found = director_findings(rules, &seen.facts, session.env().now());
    let mut memory = Memory::read(session);
    let mut findings = Vec::new();
    for own in found {
        let rule = &rules[own.rule];
        let known = own.task.as_ref().and_then(|id| seen.places.get(id));
        let place = known.map(|(_, place)| place);
        let actions = act(session, rule, &own, place, &mut memory)?;
        findings.push(DirectorEntry {
            rule: rule.name.clone(),
            check: rule.check.name().to_owned(),
            task: own.task.as_ref().map(ToString::to_string),
            title: known.map(|(title, _)| title.clone()),
            branch: place.and_then(TaskLocation::branch).map(str::to_owned),
            about: own.about,
            message: own.message,
            details: own.details,
            actions,
        });
    }
    let round = DirectorRepository {
        folder: session.workspace().work_dir().display().to_string(),
        branch: policy.from.branch,
        commit: policy.from.commit,
        at: session.env().now(),
        rules: rules.len(),
        tasks: seen.facts.tasks.len(),
        findings,
    };
    if !session.is_dry() {
        memory.write()?;
        let bytes = serde_json::to_vec(&round).expect("plain data with text keys is always JSON");
        replace_unsynced(&last_round_path(session), &bytes)?;
    }
    // What cannot be read is for `doctor`: here it is beside the answer.
    let warning = |problem: Problem| Problem { severity: Severity::Warning, ..problem };
    Ok((round, seen.problems.into_iter().map(warning).collect()))
}

fn last_round_path(session: &Session<'_>) -> PathBuf {
    session.workspace().repo_paths().shared_folder().join("director-round.json")
}

/// Returns the last round that was made in this clone; none where none was.
pub fn last_director_round(session: &Session<'_>) -> Option<DirectorRepository> {
    serde_json::from_slice(&read_regular(&last_round_path(session)).ok()?).ok()
}

/// Goes round now, whenever records or branches have changed, and after a time; until `observe` returns that nobody listens.
pub fn run_director(
    session: &mut Session<'_>,
    every: Duration,
    lock_timeout: Duration,
    mut observe: impl FnMut(DirectorRepository, &[Problem]) -> bool,
) -> Result<()> {
    // Before the first look: what is written meanwhile is not missed.
    let watcher = Watcher::new(session.workspace())?;
    let mut gates = KnownGates::default();
    loop {
        let (round, problems) = round_with(session, lock_timeout, &mut gates)?;
        if !observe(round, &problems) {
            return Ok(());
        }
        let _ = watcher.wait(Some(every));
        session.refresh()?;
    }
}
