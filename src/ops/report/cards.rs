//! Tasks as cards: with their sign-offs and open findings, which are derived, and the day they were last touched.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::facts::{FactsReader, TaskFacts, TaskRecords};
use crate::git::Repository;
use crate::model::{Config, Problem, RecordKind, Status, Task, Vote};
use crate::ops::session::parse;
use crate::ops::signoffs::{RoleView, VoteView, unresolved_findings, view_of};
use crate::ops::{Error, Result, Session};
use crate::policy::{badge_of, blocking_findings, derive};
use crate::report::cards::{CardFinding, CardInput, CardReview, CardSignoff, CardsContext};
use crate::report::{CardsInput, Context, Report, ReportFormat, ReportKind};

/// Returns the cards of all tasks that can be read, or of those of a sprint.
pub(super) fn context(
    session: &Session<'_>,
    sprint: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<Context> {
    let (config, found) = session.config_or_default();
    problems.extend(found);
    let (all, broken) = all_tasks(session)?;
    problems.extend(broken);
    let (tasks, title): (Vec<&Task>, _) = match sprint {
        Some(name) => {
            let (id, members) = crate::ops::sprint::sprint_members(session, name)?;
            let own = all.iter().filter(|task| members.contains(&task.id)).collect();
            (own, Some(format!("Task Cards - {id}")))
        }
        None => (all.iter().collect(), config.reports.title.clone()),
    };
    let all: Vec<&Task> = all.iter().collect();
    let repository = session.workspace().repository()?;
    let reviewer = Reviewer::new(session, &config, &repository, &[])?;
    Ok(Context::of(&reviewer.cards(&tasks, &all, title.as_deref(), session.env().today())?))
}

/// Renders the cards of some tasks whose records were read, as of a day.
pub(in crate::ops) fn cards_of(
    session: &Session<'_>,
    config: &Config,
    records: &[&TaskRecords],
    today: chrono::NaiveDate,
) -> Result<String> {
    let report = Report::of(ReportKind::Cards);
    let title = config.reports.title.as_deref();
    let tasks: Vec<&Task> = records.iter().map(|records| &records.task).collect();
    let repository = session.workspace().repository()?;
    let reviewer = Reviewer::new(session, config, &repository, records)?;
    let context = Context::of(&reviewer.cards(&tasks, &tasks, title, today)?);
    let own = super::own_templates(session, report)?;
    Ok(report.render(ReportFormat::Markdown, &own, &context)?)
}

fn all_tasks(session: &Session<'_>) -> Result<(Vec<Task>, Vec<Problem>)> {
    let ids = session.snapshot().task_ids()?;
    let files: Vec<_> = ids.iter().map(|id| session.snapshot().task_file(id)).collect();
    let read: Vec<Result<Option<Task>>> =
        files.into_par_iter().map(|file| file?.map(|file| parse(&file)).transpose()).collect();
    let (mut tasks, mut problems) = (Vec::new(), Vec::new());
    for task in read {
        match task {
            Ok(task) => tasks.extend(task),
            Err(Error::Broken(found)) => problems.extend(found),
            Err(error) => problems.push(Problem::error(error.to_string())),
        }
    }
    Ok((tasks, problems))
}

/// Reads sign-offs and findings of many tasks.
struct Reviewer<'a, 'e> {
    session: &'a Session<'e>,
    config: &'a Config,
    reader: FactsReader<'a>,
    /// The votes and findings that were read already.
    known: HashMap<&'a str, &'a TaskRecords>,
}

impl<'a, 'e> Reviewer<'a, 'e> {
    fn new(
        session: &'a Session<'e>,
        config: &'a Config,
        repository: &'a Repository,
        known: &[&'a TaskRecords],
    ) -> Result<Self> {
        let known = known.iter().map(|records| (records.task.id.as_str(), *records)).collect();
        Ok(Self { session, config, reader: session.facts(repository, config)?, known })
    }

    /// Builds the cards of some tasks, whose statuses follow from all.
    fn cards(
        &self,
        tasks: &[&Task],
        all: &[&Task],
        title: Option<&str>,
        today: chrono::NaiveDate,
    ) -> Result<CardsContext> {
        let summaries: Vec<_> = all.iter().map(|task| task.summary()).collect();
        let derived = derive(&summaries, self.config);
        let statuses: HashMap<&str, Status> =
            summaries.iter().zip(&derived.facts).map(|(summary, facts)| (summary.id, facts.status)).collect();
        let mut inputs = Vec::with_capacity(tasks.len());
        for &task in tasks {
            let status = statuses[task.id.as_str()];
            inputs.push(CardInput { task, status, review: self.review(task)? });
        }
        let project = self.config.project.as_deref();
        Ok(CardsContext::of(&CardsInput { tasks: &inputs, title, project, today }))
    }

    /// Returns the state of a task's sign-offs; none where nobody is asked, nobody has voted and nothing was found.
    fn review(&self, task: &Task) -> Result<Option<CardReview>> {
        let snapshot = self.session.snapshot();
        let known = self.known.get(task.id.as_str()).copied();
        let has = |kind: RecordKind| Ok::<_, Error>(!snapshot.list(&kind.folder_of(&task.id))?.is_empty());
        let has_evidence = has(RecordKind::Evidence)? || self.config.requires_evidence(task.stage.as_str());
        let (has_votes, has_findings) = match known {
            Some(known) => (!known.votes.is_empty(), !known.findings.is_empty()),
            None => (has(RecordKind::Vote)?, has(RecordKind::Finding)?),
        };
        let requires = !self.config.signoffs_of(task.stage.as_str()).is_empty();
        if !(has_votes || has_findings || requires || has_evidence) {
            return Ok(None);
        }
        let is_closed = task.summary().is_closed();
        let facts = if (has_votes || has_evidence) && !is_closed {
            self.reader.task(task.clone())?
        } else {
            match known {
                Some(known) => TaskFacts::with_findings(snapshot, task.clone(), known.findings.clone())?,
                None => TaskFacts::without_votes(snapshot, task.clone())?,
            }
        };
        let blocking = blocking_findings(self.config, &facts.findings);
        let tally = facts.tally(self.config, blocking).or_required_by(&task.summary(), self.config);
        let badge = badge_of(&task.summary(), self.config, tally);
        let votes = match is_closed {
            true => match known {
                Some(known) => cast_votes(known.votes.clone()),
                None => {
                    let (votes, _) = snapshot.votes(&task.id)?;
                    cast_votes(votes.into_iter().map(|(_, vote)| vote).collect())
                }
            },
            false => {
                let view = view_of(self.session, self.config, &facts);
                let earlier = view.others.iter().map(voted);
                view.roles.iter().flat_map(signoffs_of).chain(earlier).collect()
            }
        };
        let finding = |found: crate::ops::FindingView| CardFinding {
            id: found.id,
            severity: found.severity,
            title: found.title,
            place: found.place,
            role: found.role,
        };
        let findings = unresolved_findings(&facts.findings, self.config).into_iter().map(finding).collect();
        let counts = if is_closed { (0, 0) } else { (tally.approved, tally.required) };
        let evidence = match tally.evidence {
            asked if asked > 0 && !is_closed => format!("{}/{asked} verified", tally.proven),
            _ => String::new(),
        };
        Ok(Some(CardReview { evidence, ..CardReview::new(badge, counts, votes, findings) }))
    }
}

/// Returns the last vote of each person in each role. What a vote was worth when the task moved is for `signoffs` and
/// `check` to say.
fn cast_votes(mut votes: Vec<Vote>) -> Vec<CardSignoff> {
    votes.sort_by_key(|vote| vote.at);
    let mut last: Vec<Vote> = Vec::new();
    for vote in votes {
        last.retain(|other| (&other.role, &other.by.name) != (&vote.role, &vote.by.name));
        last.push(vote);
    }
    let signoff = |vote: Vote| CardSignoff {
        verdict: Some(vote.verdict.to_string()),
        by: Some(vote.by.name),
        at: Some(vote.at),
        ..CardSignoff::of(vote.role)
    };
    last.into_iter().map(signoff).collect()
}

fn voted(vote: &VoteView) -> CardSignoff {
    CardSignoff {
        verdict: Some(vote.verdict.clone()),
        by: Some(vote.by.clone()),
        at: Some(vote.at),
        why_not: vote.why_not.clone(),
        ..CardSignoff::of(vote.role.clone())
    }
}

/// Returns the votes of a role, and that it is waited for where its quorum is not reached.
fn signoffs_of(role: &RoleView) -> Vec<CardSignoff> {
    let waiting = CardSignoff { waiting_for: role.waiting_for.clone(), ..CardSignoff::of(role.role.clone()) };
    role.votes.iter().map(voted).chain((!role.done).then_some(waiting)).collect()
}
