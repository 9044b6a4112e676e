//! The words that another tracker has for a status.

use std::collections::BTreeMap;

use crate::model::{SyncField, SyncValue, SyncValues};
use crate::sync::{Capabilities, Push, PushAnswer, Remote, RemoteItem};

/// Another tracker, with the words of this one.
pub(crate) struct StatusMap<R> {
    remote: R,
    /// Its words, by ours.
    words: BTreeMap<String, String>,
}

impl<R> StatusMap<R> {
    /// `words` are those of the other tracker, by ours.
    pub(crate) fn new(remote: R, words: &BTreeMap<String, String>) -> Self {
        Self { remote, words: words.clone() }
    }

    fn here(&self, items: &mut [RemoteItem]) {
        for item in items {
            if let Some(SyncValue::Text(word)) = item.fields.get_mut(&SyncField::Status)
                && let Some((own, _)) = self.words.iter().find(|(_, other)| *other == word)
            {
                word.clone_from(own);
            }
        }
    }

    fn there(&self, fields: &mut SyncValues) {
        if let Some(SyncValue::Text(word)) = fields.get_mut(&SyncField::Status)
            && let Some(other) = self.words.get(word)
        {
            word.clone_from(other);
        }
    }
}

impl<E, R: Remote<E>> Remote<E> for StatusMap<R> {
    fn allow_writes(&mut self) {
        self.remote.allow_writes();
    }

    fn capabilities(&mut self) -> Result<Capabilities, E> {
        self.remote.capabilities()
    }

    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>), E> {
        let (mut items, problems) = self.remote.pull()?;
        self.here(&mut items);
        Ok((items, problems))
    }

    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>), E> {
        let (mut items, problems) = self.remote.state(ids)?;
        self.here(&mut items);
        Ok((items, problems))
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>, E> {
        let mut changes = changes.to_vec();
        changes.iter_mut().for_each(|push| self.there(&mut push.fields));
        self.remote.push(&changes)
    }
}
