//! Where two histories parted.

use super::{CommitId, Error, Repository};

impl Repository {
    /// Returns the best commit that two have in common; none where their histories never met. Of several equally
    /// good ones, the first by id, so that the answer is always the same.
    ///
    /// # Errors
    /// [`Error::Shallow`] where the clone lacks history, for what is missing may be the answer.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>, Error> {
        Ok(self.merge_bases(one, other)?.first().copied())
    }

    /// Returns all the best commits that two have in common, by id. Several are left where each had merged an older
    /// state of the other.
    ///
    /// # Errors
    /// As of [`Repository::merge_base`].
    pub fn merge_bases(&self, one: CommitId, other: CommitId) -> Result<Vec<CommitId>, Error> {
        if one == other {
            return Ok(vec![one]);
        }
        let found = self.inner.merge_bases_many(one.raw(), &[other.raw()]);
        let found = found.map_err(|error| Error::other("find where the two histories parted", error))?;
        let mut found: Vec<CommitId> = found.into_iter().map(|id| CommitId::new(id.detach())).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Fails where the clone lacks older history: what is judged by history cannot be judged there.
    pub fn refuse_shallow(&self) -> Result<(), Error> {
        if self.is_shallow() { Err(Error::Shallow) } else { Ok(()) }
    }
}
