//! Votes and findings counted for many tasks at once: what lists and boards show.
//!
//! Most tasks have neither, and cost two names in two folders. Git is asked only where an approval may count or a
//! rejection may stand, and the repository is opened once.

use std::collections::{BTreeSet, HashMap};

use super::{Dossier, Files};
use crate::model::{Config, Problem, Summary, TaskId, Verdict};
use crate::ops::{Result, Session};
use crate::policy::{Derived, Tally, blocking_findings, derive_with};
use crate::store::{Layout, TaskFile, Tasks};

/// Derives what follows from some of the tasks, their votes and their findings; `is_closed` tells of the others.
/// What cannot be read of votes and findings is added to the problems, whichever of all tasks they are of, and the
/// list goes on.
pub(in crate::ops) fn derived<'a>(
    session: &Session<'_>,
    config: &Config,
    tasks: &Tasks,
    some: &[Summary<'a>],
    is_closed: impl Fn(&str) -> bool,
    problems: &mut Vec<Problem>,
) -> Result<Derived<'a>> {
    let tallies = tallies(session, config, tasks, problems)?;
    let tally = |task: &Summary<'_>| tallies.get(task.id).copied().unwrap_or_default();
    Ok(derive_with(some, config, tally, is_closed))
}

fn tallies(
    session: &Session<'_>,
    config: &Config,
    tasks: &Tasks,
    problems: &mut Vec<Problem>,
) -> Result<HashMap<String, Tally>> {
    let snapshot = session.snapshot();
    let names = |folder: &str| -> Result<BTreeSet<String>> {
        Ok(snapshot.list(folder)?.into_iter().map(|entry| entry.name).collect())
    };
    let (voted, found) = (names(Layout::SIGNOFFS)?, names(Layout::FINDINGS)?);
    let (mut tallies, mut to_judge) = (HashMap::new(), Vec::new());
    for name in voted.union(&found) {
        let Ok(id) = TaskId::parse(name) else { continue };
        let Some(task) = tasks.find(name).filter(|task| !task.is_closed()) else { continue };
        if found.contains(task.id) {
            let (findings, broken) = snapshot.findings(&id)?;
            problems.extend(broken);
            let findings: Vec<_> = findings.into_iter().map(|(_, finding)| finding).collect();
            let blocking = u32::try_from(blocking_findings(config, &findings).len()).unwrap_or(u32::MAX);
            tallies.insert(task.id.to_owned(), Tally { blocking_findings: blocking, ..Tally::default() });
        }
        if voted.contains(task.id) && is_to_judge(session, config, &task, &id)? {
            to_judge.extend(snapshot.task_file(&id)?);
        }
    }
    judge_all(session, config, &to_judge, &mut tallies, problems)?;
    Ok(tallies)
}

/// Tells whether votes can matter: the stage asks for some, or somebody has rejected the task.
fn is_to_judge(session: &Session<'_>, config: &Config, task: &Summary<'_>, id: &TaskId) -> Result<bool> {
    if !config.signoffs_of(task.stage).is_empty() {
        return Ok(true);
    }
    let (votes, _) = session.snapshot().votes(id)?;
    Ok(votes.iter().any(|(_, vote)| vote.verdict == Verdict::Rejected))
}

fn judge_all(
    session: &Session<'_>,
    config: &Config,
    files: &[TaskFile],
    tallies: &mut HashMap<String, Tally>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let repository = session.workspace().repository()?;
    let sources = Files::of(session, &repository, config, false)?;
    for file in files {
        match Dossier::read(&sources, file) {
            Ok(dossier) => {
                let blocking = blocking_findings(config, &dossier.findings);
                tallies.insert(file.id.to_string(), dossier.signoffs(config).tally(blocking));
            }
            Err(error) => {
                let message = format!("its votes cannot be counted: {error}");
                problems.push(Problem::error(message).in_file(&file.path));
            }
        }
    }
    Ok(())
}
