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

    /// Returns the commit that a range is to be merged into: a branch (a remote-tracking one before a local one of the
    /// same name), a commit by its id, a whole ref name as it stands, or one of these with a suffix such as `~2`.
    ///
    /// git's own rule lets a tag go before a branch of its name. Whoever may push a tag would choose the policy that
    /// way: a name that a tag has as well is ambiguous, and a tag alone is refused.
    pub fn resolve_base(&self, revision: &str) -> Result<CommitId, Error> {
        let (name, suffix) = split_suffix(revision);
        let unknown = || Error::UnknownRevision {
            revision: revision.to_owned(),
            reason: None,
            shallow: self.is_shallow(),
        };
        if name.starts_with("refs/") {
            return match self.ref_commit(name)? {
                Some(commit) if suffix.is_empty() => Ok(commit),
                Some(_) => self.resolve(revision),
                None => Err(unknown()),
            };
        }
        if matches!(name, "HEAD" | "@") || name.is_empty() && suffix.starts_with('@') {
            return self.resolve(revision);
        }
        let is_id = |name: &str| name.len() >= 4 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
        if CommitId::parse(name).is_ok() {
            return self.resolve(revision);
        }
        let mut refs = Vec::new();
        for folder in ["refs/remotes/", "refs/heads/", "refs/tags/"] {
            let whole = format!("{folder}{name}");
            refs.extend(self.has_ref(&whole)?.then_some(whole));
        }
        let is_tag = refs.last().is_some_and(|last| last.starts_with("refs/tags/"));
        match refs.first() {
            Some(_) if is_tag && (refs.len() > 1 || is_id(name)) => {
                Err(Error::AmbiguousRef { revision: revision.to_owned(), refs })
            }
            Some(_) if is_tag => Err(Error::TagAsBase { revision: revision.to_owned() }),
            Some(branch) => self.resolve(&format!("{branch}{suffix}")),
            None if is_id(name) || is_own_ref(name) => self.resolve(revision),
            // The name of a remote alone: its default branch, as git has it.
            None => match format!("refs/remotes/{name}/HEAD") {
                whole if self.has_ref(&whole)? => self.resolve(&format!("{whole}{suffix}")),
                _ => Err(unknown()),
            },
        }
    }

    /// Returns the commit that is to be merged: any revision, except a name that both a branch and a tag have.
    pub fn resolve_head(&self, revision: &str) -> Result<CommitId, Error> {
        let (name, _) = split_suffix(revision);
        let branches = ["refs/heads/", "refs/remotes/"].map(|folder| format!("{folder}{name}"));
        let tag = format!("refs/tags/{name}");
        if name != "HEAD" && self.has_ref(&tag)? {
            for branch in branches {
                if self.has_ref(&branch)? {
                    return Err(Error::AmbiguousRef {
                        revision: revision.to_owned(),
                        refs: vec![branch, tag],
                    });
                }
            }
        }
        self.resolve(revision)
    }

    /// Tells whether there is a ref of exactly this name. gix looks in other folders as well where there is none.
    fn has_ref(&self, whole: &str) -> Result<bool, Error> {
        let Ok(name) = <&gix::refs::FullNameRef>::try_from(whole) else { return Ok(false) };
        let found = self.inner.try_find_reference(name);
        let found = found.map_err(|error| Error::other("read a ref", error))?;
        Ok(found.is_some_and(|found| found.name() == name))
    }

    /// Returns the commit that a ref with this whole name leads to; none where there is no such ref, or it leads to a
    /// branch without commits.
    pub fn ref_commit(&self, name: &str) -> Result<Option<CommitId>, Error> {
        let cannot = |error: gix::Error| Error::other("read a ref", error);
        if !self.has_ref(name)? {
            return Ok(None);
        }
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

/// Splits a revision where git's suffixes begin: `main~2`, `main^`, `main@{1}`, `@{upstream}`, `:/text`.
fn split_suffix(revision: &str) -> (&str, &str) {
    let at = revision.find(['~', '^', ':']).unwrap_or(revision.len());
    let at = revision.find("@{").map_or(at, |brace| brace.min(at));
    revision.split_at(at)
}

/// Tells whether a name is one of those that git itself writes beside `HEAD`, such as `FETCH_HEAD`.
fn is_own_ref(name: &str) -> bool {
    name.ends_with("_HEAD") && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Our messages are fragments; gix's are sentences.
fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
