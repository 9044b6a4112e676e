//! The vote that a report casts.

use super::ImportVote;
use super::report_import::ReportImport;
use crate::facts::TaskFacts;
use crate::git::Repository;
use crate::import::findings::{FindingStatus, Matched};
use crate::model::{RecordKind, Verdict, Vote};
use crate::ops::Result;
use crate::ops::signoffs::{CastVote, Statement, VoteContext};
use crate::policy::{VoteStatus, round_of};

impl ReportImport<'_> {
    /// Rejects the task where a finding does, unless the same person has done so in this round and nothing that
    /// rejects is new. Where the stage does not require the role there is nothing to vote on.
    pub(super) fn vote(
        &self,
        repository: &Repository,
        all: &[Matched],
        sign: bool,
    ) -> Result<(ImportVote, Option<CastVote>)> {
        let rejecting: Vec<&Matched> = all.iter().filter(|matched| Self::rejects(matched)).collect();
        if !self.is_required() {
            return Ok((if rejecting.is_empty() { ImportVote::None } else { ImportVote::NotRequired }, None));
        }
        if rejecting.is_empty()
            && self.session.snapshot().list(&RecordKind::Vote.folder_of(&self.task.id))?.is_empty()
        {
            return Ok((ImportVote::None, None));
        }
        let reader = self.session.facts(repository, self.config)?.verifying(sign);
        let mut facts = reader.task(self.task.clone())?;
        let Some(worst) = rejecting.first() else {
            return Ok((if self.is_objection(&facts) { ImportVote::Blocks } else { ImportVote::None }, None));
        };
        let new = all.iter().filter(|matched| matched.status == FindingStatus::New);
        facts.findings.extend(new.map(|matched| matched.finding.clone()));
        let is_news = |matched: &&Matched| matched.status != FindingStatus::Known || matched.is_worse;
        let before = self.rejection_of_round(&facts).filter(|_| !rejecting.iter().any(is_news)).cloned();
        let mut context = VoteContext {
            session: self.session,
            reader: &reader,
            file: self.file,
            facts,
            by: self.by.clone(),
        };
        if let Some(vote) = before {
            // The vote was written and the move was not: whoever wrote them was killed, or the task was blocked.
            return Ok((ImportVote::Blocks, Some(context.follows(&vote)?)));
        }
        let open = all.iter().filter(|matched| matched.status.is_open());
        let statement = Statement {
            role: self.role.clone(),
            stage: self.task.stage.clone(),
            verdict: Verdict::Rejected,
            notes: Some(self.notes(worst, rejecting.len())),
            findings: open.map(|matched| matched.finding.id.clone()).collect(),
            sign,
        };
        Ok((ImportVote::Rejected, Some(context.cast(statement)?)))
    }

    fn notes(&self, worst: &Matched, count: usize) -> String {
        let title = &worst.finding.title;
        match count {
            1 => format!("{}: {title}", self.name),
            count => format!("{}: {title}, and {} more", self.name, count - 1),
        }
    }

    /// Returns whether the stage requires the role.
    pub(super) fn is_required(&self) -> bool {
        self.config.signoffs_of(self.task.stage.as_str()).contains(&self.role)
    }

    /// Returns the latest vote of this person, for this role and in this round, where it is a rejection.
    fn rejection_of_round<'d>(&self, facts: &'d TaskFacts) -> Option<&'d Vote> {
        let me = facts.canonical(&self.by);
        let own = facts.votes.iter().map(|record| &record.vote).filter(|vote| {
            vote.role == self.role
                && vote.stage == self.task.stage
                && facts.canonical(&vote.by).email.eq_ignore_ascii_case(&me.email)
        });
        let round = round_of(self.task, self.config);
        own.max_by_key(|vote| vote.at).filter(|vote| vote.verdict == Verdict::Rejected && vote.round == round)
    }

    /// Returns whether a rejection of this person, from whatever round, keeps the role from signing off.
    fn is_objection(&self, facts: &TaskFacts) -> bool {
        let me = facts.canonical(&self.by);
        let signoffs = facts.signoffs(self.config);
        let own = signoffs.roles.iter().filter(|role| role.role == self.role).flat_map(|role| &role.votes);
        own.filter(|vote| vote.status == VoteStatus::Rejection)
            .any(|vote| vote.person.email.eq_ignore_ascii_case(&me.email))
    }
}
