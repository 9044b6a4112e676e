//! Whose a record is that says so itself: of whoever signed it, else of the author of the commit that added it.

use chrono::{DateTime, Utc};

use super::votes::{RECORD_NAMESPACE, framed};
use crate::git::{People, Repository, SignatureStatus};
use crate::model::{Person, is_same_name};
use crate::policy::{Trust, is_signer};

/// A record that says whose it is.
pub(super) struct Authorship<'c> {
    /// Name and address, or a name alone.
    pub(super) by: &'c str,
    pub(super) signature: Option<&'c str>,
}

/// What it is judged with.
pub(super) struct AuthorshipReader<'a> {
    pub(super) repository: &'a Repository,
    pub(super) people: &'a People,
    /// The text of the list of allowed signers.
    pub(super) signers: &'a str,
    /// As of when signatures must be valid.
    pub(super) as_of: DateTime<Utc>,
}

impl AuthorshipReader<'_> {
    /// Says how sure it is that a record which a commit of this author added is by whom it names; `text` is what a
    /// signature of it signs.
    pub(super) fn trust(
        &self,
        author: &Person,
        authorship: &Authorship<'_>,
        text: &dyn Fn() -> String,
    ) -> Trust {
        let people = self.people;
        let canonical = people.canonical(author);
        let is_author = match Person::parse(authorship.by) {
            Some(by) => people.canonical(&by).is_same(&canonical),
            None => [author, &canonical].iter().any(|one| is_same_name(&one.name, authorship.by)),
        };
        let principal = authorship.signature.and_then(|signature| self.principal(&text(), signature));
        let is_signed = principal.is_some_and(|principal| {
            let signer = people.canonical(&Person { name: String::new(), email: principal.clone() });
            let is_of =
                |person: &Person| is_signer(&principal, person) || people.canonical(person).is_same(&signer);
            match Person::parse(authorship.by) {
                Some(by) => is_of(&by),
                // A name proves nothing: the key must be the author's, or of an address that begins with it.
                None => is_author && is_of(author) || is_local_part(&signer, authorship.by),
            }
        });
        match (is_signed, is_author) {
            (true, _) => Trust::Signed,
            (false, true) => Trust::Attributed,
            (false, false) => Trust::Unverified,
        }
    }

    /// Returns whose key a signature is by.
    fn principal(&self, text: &str, signature: &str) -> Option<String> {
        let (signature, at) = (framed(signature), Some(self.as_of));
        let status =
            self.repository.verify_signature(text.as_bytes(), &signature, RECORD_NAMESPACE, self.signers, at);
        match status {
            Ok(SignatureStatus::Valid { principal }) => Some(principal),
            _ => None,
        }
    }
}

fn is_local_part(signer: &Person, name: &str) -> bool {
    !name.contains(['@', '*']) && is_signer(name, signer)
}
