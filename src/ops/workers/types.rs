//! The types of workers: those that are built in, and what the configuration puts over them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::doc::read_config;
use crate::git::{CommitId, Repository};
use crate::model::{Config, Problem, RecordKind, WorkerType, nearest};
use crate::ops::config_names::unknown_names;
use crate::ops::target_policy::policy_base;
use crate::ops::{Error, Result, Session};

/// The types that are built in, as configurations.
const BUILT_IN: [(&str, &str); 4] = [
    ("qa", include_str!("../../../templates/workers/qa.toml")),
    ("rules", include_str!("../../../templates/workers/rules.toml")),
    ("security", include_str!("../../../templates/workers/security.toml")),
    ("test", include_str!("../../../templates/workers/test.toml")),
];

/// Reads a type that is built in; none where none has the name.
fn built_in(name: &str) -> Option<WorkerType> {
    let (_, text) = BUILT_IN.iter().find(|(own, _)| *own == name)?;
    let text = format!("format = {}\n{text}", Config::FORMAT);
    let (mut config, _) = read_config(text.as_bytes()).ok()?;
    config.workers.remove(name)
}

/// Returns the text of a type that is built in, for who wants to change it.
pub(super) fn built_in_text(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(own, _)| *own == name).map(|(_, text)| *text)
}

/// Where the configuration of workers comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerPolicy {
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub commit: String,
}

/// The configuration that workers and triggers go by: that of the branch which others are merged into, as it is committed there. What a
/// branch that is watched brings, or what somebody edits, is not executed.
pub(in crate::ops) struct Policy {
    pub(in crate::ops) config: Config,
    pub(in crate::ops) from: WorkerPolicy,
}

fn refused(problem: &Problem, branch: &str) -> Error {
    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
    let key = problem.key.as_deref().map(|key| format!("{key}: ")).unwrap_or_default();
    let message = format!("{}{line} of {branch}: {key}{}", RecordKind::Config.file(), problem.message);
    Error::usage_with(message, problem.hint.clone().unwrap_or_default())
}

impl Policy {
    /// Reads it. `watched` is a branch to go by where there is none that others are usually merged into.
    pub(in crate::ops) fn read(session: &Session<'_>, watched: Option<&str>) -> Result<Self> {
        let workspace = session.workspace();
        let repository = workspace.repository()?;
        let (branch, commit) = base(&repository, watched)?;
        let path = RecordKind::Config.file();
        let snapshot = workspace.snapshot_of_commit(Some(commit))?;
        if snapshot.read(path)?.is_none() {
            let message = format!("`{path}` of {branch} is not committed");
            let hint = "commands of workers come from what that branch has: commit it, and push it where that is of a remote";
            return Err(Error::usage_with(message, hint));
        }
        let (config, _) = snapshot.config()?;
        let is_of_workers = |key: &String| {
            ["workers", "on", "webhooks", "director", "budgets"].iter().any(|table| key.starts_with(table))
        };
        if let Some(problem) =
            config.errors.iter().find(|problem| problem.key.as_ref().is_some_and(is_of_workers))
        {
            return Err(refused(problem, &branch));
        }
        Ok(Self { config, from: WorkerPolicy { branch, commit: commit.to_string() } })
    }

    /// Refuses a configuration that names what nothing has.
    pub(in crate::ops) fn check_names(&self, session: &Session<'_>) -> Result<()> {
        if self.config.names.is_empty() {
            return Ok(());
        }
        let repository = session.workspace().repository()?;
        let snapshot =
            session.workspace().snapshot_of_commit(Some(repository.resolve(&self.from.commit)?))?;
        match unknown_names(session, &self.config, Some(&snapshot))?.first() {
            Some(problem) => Err(refused(problem, &self.from.branch)),
            None => Ok(()),
        }
    }

    /// Finds a type; fails where neither the program nor the configuration has it, or where it can do nothing.
    pub(super) fn find(&self, name: &str) -> Result<WorkerType> {
        let kind = self.known(name)?;
        if kind.tools_in_order().is_empty() {
            let hint = format!(
                "add a table [workers.{name}.tools.NAME] with `detect`, `fix` or both, or [workers.{name}.rules.1] with a `pattern`"
            );
            let message = format!("workers of the type `{name}` have neither a tool nor a rule");
            return Err(Error::usage_with(message, hint));
        }
        Ok(kind)
    }

    /// Finds a type, also one that has neither.
    pub(super) fn known(&self, name: &str) -> Result<WorkerType> {
        let own = self.config.workers.get(name);
        let kind = match (built_in(name), own) {
            (Some(kind), Some(own)) => kind.with(own),
            (Some(kind), None) => kind,
            (None, Some(own)) => own.clone(),
            (None, None) => return Err(self.unknown(name)),
        };
        if let Some(missing) = kind.tools_used.iter().flatten().find(|tool| !kind.tools.contains_key(*tool)) {
            let message = format!("unknown tool `{missing}` in workers.{name}.use");
            let known: Vec<&str> = kind.tools.keys().map(String::as_str).collect();
            return Err(Error::usage_with(message, format!("expected {}", known.join(", "))));
        }
        Ok(kind)
    }

    fn unknown(&self, name: &str) -> Error {
        let names = self.names();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                format!(
                    "expected {}, or a table [workers.{name}] committed on {}",
                    known.join(", "),
                    self.from.branch
                )
            }
        };
        Error::not_found(format!("unknown type of workers `{name}`"), hint)
    }

    /// Returns the names of all types, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let built_in = BUILT_IN.iter().map(|(name, _)| (*name).to_owned());
        let mut names: Vec<String> = self.config.workers.keys().cloned().chain(built_in).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Returns the branch whose configuration counts, with its commit.
fn base(repository: &Repository, watched: Option<&str>) -> Result<(String, CommitId)> {
    if let Some(base) = policy_base(repository)? {
        return Ok(base);
    }
    let head = repository.head()?;
    let branch = watched.map(str::to_owned).or(head.branch);
    let branch = branch.ok_or_else(|| {
        Error::usage_with("HEAD is detached: there is no branch to watch", "say which: `--branch BRANCH`")
    })?;
    let commit = repository.ref_commit(&format!("refs/heads/{branch}"))?;
    let commit =
        commit.ok_or_else(|| Error::not_found(format!("unknown branch `{branch}`"), "git branch --list"))?;
    Ok((branch, commit))
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, built_in};

    #[test]
    fn what_is_built_in_can_be_read_without_a_problem() {
        for (name, text) in BUILT_IN {
            let kind = built_in(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(kind.tools_in_order().is_empty(), name == "rules", "{name}");
            let text = format!("format = 2\n{text}");
            let (config, warnings) = crate::doc::read_config(text.as_bytes()).unwrap();
            assert_eq!((config.errors, warnings), (Vec::new(), Vec::new()), "{name}");
        }
    }
}
