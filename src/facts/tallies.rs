//! Votes and findings counted for many tasks at once: what lists and boards show.
//!
//! Most tasks have neither, and cost two names in two folders. Git is asked only where an approval may count or a
//! rejection may be valid, and the repository is opened once.

use std::collections::{BTreeSet, HashMap};

use super::{FactsReader, Result};
use crate::git::Repository;
use crate::model::{Config, Problem, RecordKind, Summary, TaskId, Verdict};
use crate::policy::{Tally, blocking_findings};
use crate::store::{Snapshot, TaskFile, Tasks, Workspace};

/// Where tallies are read from.
pub struct TallyContext<'a> {
    /// The working tree, whose repository is opened where votes have to be judged.
    pub workspace: &'a Workspace,
    /// The records.
    pub snapshot: &'a Snapshot,
    /// The policy.
    pub config: &'a Config,
}

impl TallyContext<'_> {
    /// Votes can matter where the stage requires some, or where somebody has rejected the task.
    fn is_to_judge(&self, task: &Summary<'_>, id: &TaskId) -> Result<bool> {
        if !self.config.signoffs_of(task.stage).is_empty() {
            return Ok(true);
        }
        let (votes, _) = self.snapshot.votes(id)?;
        Ok(votes.iter().any(|(_, vote)| vote.verdict == Verdict::Rejected))
    }

    fn judge_all(
        &self,
        files: &[TaskFile],
        tallies: &mut HashMap<String, Tally>,
        problems: &mut Vec<Problem>,
    ) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let repository = self.workspace.repository()?;
        let reader = FactsReader::new(&repository, self.snapshot, self.tip(&repository)?, self.config);
        for file in files {
            match file.parse().and_then(|task| reader.task(task)) {
                Ok(facts) => {
                    let blocking = blocking_findings(self.config, &facts.findings);
                    tallies.insert(file.id.to_string(), facts.signoffs(self.config).tally(blocking));
                }
                Err(error) => {
                    let message = format!("its votes cannot be counted: {error}");
                    problems.push(Problem::error(message).in_file(&file.path));
                }
            }
        }
        Ok(())
    }

    fn tip(&self, repository: &Repository) -> Result<Option<crate::git::CommitId>> {
        match self.snapshot.commit_id() {
            Some(commit_id) => Ok(Some(commit_id)),
            None => Ok(repository.head()?.commit),
        }
    }
}

/// Counts the votes and findings of all open tasks that have any. What cannot be read of them is added to the
/// problems, whichever of all tasks they are of, and the others are counted.
pub fn tallies(
    context: &TallyContext<'_>,
    tasks: &Tasks,
    problems: &mut Vec<Problem>,
) -> Result<HashMap<String, Tally>> {
    let snapshot = context.snapshot;
    let names = |kind: RecordKind| -> Result<BTreeSet<String>> {
        Ok(snapshot.list(kind.folder())?.into_iter().map(|entry| entry.name).collect())
    };
    let (voted, found) = (names(RecordKind::Vote)?, names(RecordKind::Finding)?);
    let (mut tallies, mut to_judge) = (HashMap::new(), Vec::new());
    for name in voted.union(&found) {
        let Ok(id) = TaskId::parse(name) else { continue };
        let Some(task) = tasks.find(name).filter(|task| !task.is_closed()) else { continue };
        if found.contains(task.id) {
            let (findings, broken) = snapshot.findings(&id)?;
            problems.extend(broken);
            let findings: Vec<_> = findings.into_iter().map(|(_, finding)| finding).collect();
            let blocking =
                u32::try_from(blocking_findings(context.config, &findings).len()).unwrap_or(u32::MAX);
            tallies.insert(task.id.to_owned(), Tally { blocking_findings: blocking, ..Tally::default() });
        }
        if voted.contains(task.id) && context.is_to_judge(&task, &id)? {
            to_judge.extend(snapshot.task_file(&id)?);
        }
    }
    context.judge_all(&to_judge, &mut tallies, problems)?;
    Ok(tallies)
}
