//! Where the repository is fetched from.

use super::{Error, Repository};

impl Repository {
    /// Returns the address of a remote, or of the one the current branch fetches from, without credentials.
    ///
    /// `url.….insteadOf` is applied. None where there is no such remote.
    pub fn remote_url(&self, remote: Option<&str>) -> Result<Option<String>, Error> {
        let found = match remote {
            Some(name) => self.inner.try_find_remote(name),
            None => self.inner.find_default_remote(gix::remote::Direction::Fetch),
        };
        let Some(found) = found else { return Ok(None) };
        let found = found.map_err(|error| Error::other("read the configuration of the remote", error))?;
        let Some(mut url) = found.url(gix::remote::Direction::Fetch).cloned() else { return Ok(None) };
        // A token may stand in either place; a name in front of ssh's host is no secret, and needed.
        if url.scheme != gix::url::Scheme::Ssh {
            url.set_user(None);
        }
        url.set_password(None);
        Ok(Some(url.to_bstring().to_string()))
    }
}
