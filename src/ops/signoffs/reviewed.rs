//! Votes that somebody has cast elsewhere, such as in the review of a pull request: on the commit that was reviewed, in the
//! name of the person whom the configuration names, never signed, and with the program that writes them as their agent.

use super::cast::{Statement, VoteContext};
use crate::doc::acceptance_text;
use crate::facts::{FactsReader, TaskFacts};
use crate::git::CommitId;
use crate::model::{Config, Person, Stage, Task, TaskId, Verdict, Vote};
use crate::ops::session::parse;
use crate::ops::written::WrittenTask;
use crate::ops::{Result, Session};
use crate::policy::{criteria_digest, is_member_meant};

/// A vote that was cast elsewhere.
#[derive(Debug, Clone)]
pub(in crate::ops) struct ReviewedVote<'r> {
    pub(in crate::ops) task: &'r TaskId,
    pub(in crate::ops) verdict: Verdict,
    /// The commit that was looked at.
    pub(in crate::ops) commit: CommitId,
    /// Where it was cast: by this it is known again.
    pub(in crate::ops) address: &'r str,
    pub(in crate::ops) notes: String,
}

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) enum Reviewed {
    /// It is written.
    Cast(String),
    /// It was before, or there is nothing to take back.
    Known,
    /// It cannot be, and why.
    Left(String),
}

/// Casts a vote in the name of the session's user. What it covers is what the commit has that was looked at; whether it
/// counts is judged by what is there now.
pub(in crate::ops) fn cast_reviewed(session: &Session<'_>, review: &ReviewedVote<'_>) -> Result<Reviewed> {
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let by = repository.identity(session.env())?;
    let locked = session.lock(&format!("{} {}", review.verdict, review.task))?;
    let (file, task) = session.find(review.task.as_str())?;
    let reader = session.facts(&repository, &config)?;
    let facts = reader.task(task.clone())?;
    let own = |vote: &&Vote| vote.notes.as_deref().is_some_and(|notes| notes.ends_with(review.address));
    let known: Vec<&Vote> = facts.votes.iter().map(|record| &record.vote).filter(own).collect();
    let is_withdrawal = review.verdict == Verdict::Withdrawn;
    if known.iter().any(|vote| vote.verdict == review.verdict) || known.is_empty() && is_withdrawal {
        return Ok(Reviewed::Known);
    }
    let place = match known.first().filter(|_| is_withdrawal) {
        Some(vote) => Ok((vote.role.clone(), vote.stage.clone())),
        None => place_of(&config, &facts, &by),
    };
    let (role, stage) = match place {
        Ok(place) => place,
        Err(why) => return Ok(Reviewed::Left(why)),
    };
    let Some(tip) = reader.tip() else { return Ok(Reviewed::Left("nothing is committed".to_owned())) };
    if repository.merge_base(review.commit, tip).ok().flatten() != Some(review.commit) {
        let short = review.commit.short();
        return Ok(Reviewed::Left(format!("{short} is not part of the branch any more, or not fetched")));
    }
    let statement = Statement {
        role,
        stage,
        verdict: review.verdict.clone(),
        notes: Some(review.notes.clone()),
        findings: Vec::new(),
        sign: false,
    };
    let now = session.env().now();
    let then = FactsReader::new(&repository, session.snapshot(), Some(review.commit), &config, now);
    let facts_then = facts_at(session, &then, review, task)?;
    let then = VoteContext { session, reader: &then, file: &file, facts: facts_then, by: by.clone() };
    let vote = then.vote(statement)?;
    let mut context = VoteContext { session, reader: &reader, file: &file, facts, by };
    let cast = context.add(&vote)?;
    let summary = format!("{} as {} by {}", vote.verdict, vote.role, vote.by.name);
    let messages: Vec<String> = std::iter::once(summary).chain(cast.messages).collect();
    let text = messages.join("; ");
    let written = WrittenTask::changed(&context.facts.task, messages, true);
    session.finish(&locked, &cast.changes, vec![written])?;
    Ok(Reviewed::Cast(text))
}

/// Returns the records as they are, and the content and its criteria as they were reviewed.
fn facts_at(
    session: &Session<'_>,
    then: &FactsReader<'_>,
    review: &ReviewedVote<'_>,
    task: Task,
) -> Result<TaskFacts> {
    let mut facts = then.task(task)?;
    let there = session.workspace().snapshot_of_commit(Some(review.commit))?;
    if let Some(old) = there.task_file(review.task)? {
        facts.criteria = criteria_digest(&acceptance_text(&parse(&old)?.body));
    }
    Ok(facts)
}

/// Finds the one role that a person can vote as in the stage of a task.
fn place_of(config: &Config, facts: &TaskFacts, by: &Person) -> std::result::Result<(String, Stage), String> {
    let stage = &facts.task.stage;
    let is_member = |role: &&String| {
        let members = &config.role(role).rules.members;
        members.is_empty() || members.iter().any(|member| is_member_meant(config, member, by))
    };
    let required = config.signoffs_of(stage.as_str());
    if required.is_empty() || facts.task.summary().is_closed() {
        return Err(format!("stage `{stage}` requires no sign-offs"));
    }
    let roles: Vec<&String> = required.iter().filter(is_member).collect();
    match roles.as_slice() {
        [role] => Ok(((*role).clone(), stage.clone())),
        [] => Err(format!("{} is a member of no role that stage `{stage}` requires", by.name)),
        roles => {
            let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            Err(format!("{} can vote as {}: name members under [roles.…]", by.name, names.join(" or ")))
        }
    }
}
