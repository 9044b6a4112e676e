//! The repositories that are served: one at the root, several each below a path of its own.

use std::path::Path;

use super::answers::Answers;
use super::events::Changes;
use crate::pages::{Project, encoded};

/// A repository, and how it is answered for.
pub(super) struct Served {
    pub(super) project: Project,
    pub(super) answers: Answers,
    pub(super) changes: Changes,
}

/// All of them.
pub(super) struct AllServed {
    all: Vec<Served>,
    /// What changes in any of them.
    pub(super) changes: Changes,
}

/// Where repositories are, when there are several.
const BELOW: &str = "/p/";

/// Gives each folder a name of its own, and the path of its pages. One alone has the root.
pub(super) fn projects_of<'f>(folders: impl IntoIterator<Item = &'f Path>) -> Vec<Project> {
    let mut projects: Vec<Project> = Vec::new();
    for folder in folders {
        let own = folder.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy());
        let is_free = |name: &String| projects.iter().all(|other| other.name != *name);
        let numbered = (2..).map(|number| format!("{own}-{number}"));
        let name = std::iter::once(own.clone().into_owned()).chain(numbered).find(is_free);
        let name = name.unwrap_or_default();
        let prefix = format!("{BELOW}{}", encoded(&name));
        projects.push(Project { name, prefix, folder: folder.to_owned() });
    }
    if let [only] = projects.as_mut_slice() {
        only.prefix.clear();
    }
    projects
}

impl AllServed {
    pub(super) fn new(all: Vec<Served>, changes: Changes) -> Self {
        Self { all, changes }
    }

    /// Finds the repository that a path is of, and the path in it; none where it is of all, or of none.
    pub(super) fn find<'p>(&self, path: &'p str) -> Option<(&Served, &'p str)> {
        if let [only] = self.all.as_slice() {
            return Some((only, path));
        }
        let rest = path.strip_prefix(BELOW)?;
        let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_own = |served: &&Served| served.project.prefix.strip_prefix(BELOW) == Some(name);
        Some((self.all.iter().find(is_own)?, if rest.is_empty() { "/" } else { rest }))
    }

    /// Returns all of them; there is at least one.
    pub(super) fn all(&self) -> &[Served] {
        &self.all
    }

    /// Returns their names and places.
    pub(super) fn projects(&self) -> Vec<Project> {
        self.all.iter().map(|served| served.project.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::projects_of;
    use std::path::Path;

    #[test]
    fn each_has_a_path_of_its_own_and_one_alone_the_root() {
        let prefixes = |folders: &[&str]| -> Vec<String> {
            projects_of(folders.iter().map(Path::new)).into_iter().map(|project| project.prefix).collect()
        };
        assert_eq!(prefixes(&["/x/shop"]), [""]);
        assert_eq!(prefixes(&["/x/shop", "/y/shop", "/y/shop-2"]), ["/p/shop", "/p/shop-2", "/p/shop-2-2"]);
        assert_eq!(prefixes(&["/x/a b?/", "/"]), ["/p/a%20b%3F", "/p/root"]);
    }
}
