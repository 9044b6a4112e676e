//! New ids: random by default, and in use nowhere that git can see.

use std::collections::HashSet;

use super::{Error, Result, Session};
use crate::env::Env;
use crate::events::LongStep;
use crate::git::IdsElsewhere;
use crate::model::{Config, IdScheme, RecordPath, TRACKER_FOLDER, TaskId, id_letter};

const SHORTEST: usize = 4;
/// This many taken ids in a row mean that ids of this length are crowded, and the next is one longer.
const CROWDED: usize = 2;

/// A number above this is a name that happens to be digits, and no number to count on from.
const LARGEST_NUMBER: u64 = 999_999_999;

/// Returns this number of random letters for an id.
pub(super) fn random_suffix(env: &Env, length: usize) -> String {
    std::iter::repeat_with(|| id_letter(env.random_below(32))).take(length).collect()
}

/// Makes ids for one command. Must be used under the lock.
pub(super) struct IdMaker<'s, 'e> {
    session: &'s Session<'e>,
    config: &'s Config,
    elsewhere: IdsElsewhere,
    given: HashSet<TaskId>,
    next_number: Option<u64>,
}

impl<'s, 'e> IdMaker<'s, 'e> {
    pub(super) fn new(session: &'s Session<'e>, config: &'s Config) -> Result<Self> {
        let _step = session.begin(LongStep::ReadBranches, None);
        let elsewhere = IdsElsewhere::load(session.workspace().repo_paths(), TRACKER_FOLDER)?;
        Ok(Self { session, config, elsewhere, given: HashSet::new(), next_number: None })
    }

    /// Returns an id that no task has, and remembers it.
    pub(super) fn fresh(&mut self) -> Result<TaskId> {
        let id = match self.config.id_scheme {
            IdScheme::Random => self.random()?,
            IdScheme::Sequential => self.sequential()?,
        };
        self.given.insert(id.clone());
        Ok(id)
    }

    /// Takes an id that the caller chose, if no task has it.
    pub(super) fn claim(&mut self, id: &TaskId) -> Result<()> {
        if self.is_taken(id)? {
            return Err(Error::usage_with(format!("{id} is taken"), "leave the id out to get a new one"));
        }
        self.given.insert(id.clone());
        Ok(())
    }

    fn random(&self) -> Result<TaskId> {
        let (mut length, mut taken) = (SHORTEST, 0);
        loop {
            let id = self.candidate(length);
            if !self.is_taken(&id)? {
                return Ok(id);
            }
            taken += 1;
            if taken % CROWDED == 0 {
                length += 1;
            }
        }
    }

    fn candidate(&self, length: usize) -> TaskId {
        self.with_suffix(&random_suffix(self.session.env(), length))
    }

    fn sequential(&mut self) -> Result<TaskId> {
        let mut number = match self.next_number {
            Some(number) => number,
            None => self.largest_number()? + 1,
        };
        while self.is_taken(&self.with_suffix(&number.to_string()))? {
            number += 1;
        }
        self.next_number = Some(number + 1);
        Ok(self.with_suffix(&number.to_string()))
    }

    fn largest_number(&self) -> Result<u64> {
        let prefix = self.config.id_prefix.as_str();
        let ids = self.session.snapshot().task_ids()?;
        let local = ids.iter().filter(|id| id.prefix() == prefix).filter_map(|id| id.suffix().parse().ok());
        let elsewhere = self.elsewhere.largest_number(prefix);
        Ok(local.chain(elsewhere).filter(|number| *number <= LARGEST_NUMBER).max().unwrap_or(0))
    }

    fn with_suffix(&self, suffix: &str) -> TaskId {
        TaskId::parse(&format!("{}-{suffix}", self.config.id_prefix))
            .expect("the prefix was checked when the configuration was read")
    }

    fn is_taken(&self, id: &TaskId) -> Result<bool> {
        Ok(self.given.contains(id)
            || self.session.workspace().work_dir().join(RecordPath::task_file(id)).symlink_metadata().is_ok()
            || self.elsewhere.contains(id))
    }
}
