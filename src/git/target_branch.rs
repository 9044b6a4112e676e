//! The branch that work is merged into, where nobody names one.

use super::{CommitId, Error, RepoPaths, Repository};

/// How such a branch is usually called: the first that is there.
pub const USUAL_TARGETS: [&str; 4] = ["main", "master", "trunk", "develop"];

/// The refs of such a branch: what the remote has as its default, then by the usual names, the remote's before one's own.
/// The first that is there.
pub const TARGET_REFS: [&str; 9] = [
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/remotes/origin/trunk",
    "refs/remotes/origin/develop",
    "refs/heads/main",
    "refs/heads/master",
    "refs/heads/trunk",
    "refs/heads/develop",
];

/// The branch that work is merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetBranch {
    /// The whole name of its ref, never that of a symbolic one.
    pub name: String,
    /// Where it ends.
    pub tip: CommitId,
}

impl TargetBranch {
    /// Returns its name without the folder of refs: `main` also of `refs/remotes/origin/main`.
    #[must_use]
    pub fn branch(&self) -> &str {
        let rest =
            self.name.strip_prefix("refs/remotes/origin/").or_else(|| self.name.strip_prefix("refs/heads/"));
        rest.unwrap_or(&self.name)
    }
}

impl RepoPaths {
    /// Whether a branch, named without `refs/heads/`, is the one that work is merged into, as far as a look at one file
    /// tells: what it denies is for [`Repository::target_branch`] to decide.
    #[must_use]
    pub fn is_target_branch(&self, branch: &str) -> bool {
        match self.symbolic_ref(TARGET_REFS[0]) {
            Some(name) => name.strip_prefix("refs/remotes/origin/") == Some(branch),
            None => branch == USUAL_TARGETS[0],
        }
    }
}

impl Repository {
    /// Returns the branch that work is merged into; none where no branch has such a name.
    pub fn target_branch(&self) -> Result<Option<TargetBranch>, Error> {
        for name in TARGET_REFS {
            if let Some(tip) = self.ref_commit(name)? {
                let name = self.symbolic_target(name)?.unwrap_or_else(|| name.to_owned());
                return Ok(Some(TargetBranch { name, tip }));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refs_have_the_usual_names_in_their_order() {
        let named = |folder: &'static str| USUAL_TARGETS.iter().map(move |name| format!("{folder}{name}"));
        let refs = named("refs/remotes/origin/").chain(named("refs/heads/"));
        assert!(refs.eq(TARGET_REFS[1..].iter().map(ToString::to_string)));
    }
}
