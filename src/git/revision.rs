//! Revisions to commits: whatever git's revision syntax can say.

use gix::bstr::BStr;
use gix::revision::spec::parse::Error as SpecError;

use super::error::one_line;
use super::{CommitId, Error, Repository};

impl Repository {
    /// Returns the commit that a revision names: a branch, tag, id or part of one, `HEAD~2`, `main@{1}`, `:/text`.
    ///
    /// An annotated tag counts as the commit it is of. A range names no single commit and is an error.
    pub fn resolve(&self, revision: &str) -> Result<CommitId, Error> {
        let spec =
            self.inner.rev_parse(BStr::new(revision)).map_err(|error| self.unresolved(revision, &error))?;
        let Some(id) = spec.single() else {
            let reason = Some("a range names no single commit; give one".to_owned());
            return Err(Error::UnknownRevision { revision: revision.to_owned(), reason, shallow: false });
        };
        let object = id
            .object()
            .map_err(|_| Error::MissingObject { id: id.to_string(), shallow: self.is_shallow() })?;
        let kind = object.kind;
        match object.peel_to_kind(gix::object::Kind::Commit) {
            Ok(commit) => Ok(CommitId::new(commit.id)),
            Err(_) if kind == gix::object::Kind::Tag => Err(Error::NotACommit {
                revision: revision.to_owned(),
                kind: "tag of something else".to_owned(),
            }),
            Err(_) => Err(Error::NotACommit { revision: revision.to_owned(), kind: kind.to_string() }),
        }
    }

    /// Returns the commit that a ref with this whole name leads to; none where there is no such ref, or it leads to a
    /// branch without commits.
    pub fn ref_commit(&self, name: &str) -> Result<Option<CommitId>, Error> {
        let cannot = |error: gix::Error| Error::other("read a ref", error);
        let Some(mut found) = self.inner.try_find_reference(name).map_err(cannot)? else { return Ok(None) };
        if found
            .target()
            .try_name()
            .is_some_and(|to| self.inner.try_find_reference(to).ok().flatten().is_none())
        {
            return Ok(None);
        }
        Ok(Some(CommitId::new(found.peel_to_commit().map_err(cannot)?.id)))
    }

    /// Returns the ref that a symbolic ref stands for; none where it is no symbolic one.
    pub fn symbolic_target(&self, name: &str) -> Result<Option<String>, Error> {
        let found = self.inner.try_find_reference(name).map_err(|error| Error::other("read a ref", error))?;
        Ok(found.and_then(|found| found.target().try_name().map(|to| to.as_bstr().to_string())))
    }

    fn unresolved(&self, revision: &str, error: &gix::Error) -> Error {
        let revision = revision.to_owned();
        match error.downcast_any_ref::<SpecError>() {
            Some(
                SpecError::AmbiguousPrefix { candidates, .. }
                | SpecError::AmbiguousRefAndObject { candidates, .. },
            ) => {
                let name = |(prefix, info): &(gix::hash::Prefix, _)| one_line(&format!("{prefix} {info}"));
                Error::AmbiguousRevision {
                    revision,
                    candidates: candidates.iter().take(5).map(name).collect(),
                }
            }
            Some(SpecError::MissingReference { .. }) => {
                Error::UnknownRevision { revision, reason: None, shallow: self.is_shallow() }
            }
            _ => {
                let reason =
                    error.iter_errors().last().map(|cause| uncapitalised(&one_line(&cause.to_string())));
                Error::UnknownRevision { revision, reason, shallow: self.is_shallow() }
            }
        }
    }
}

/// Our messages are fragments; gix's are sentences.
fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
