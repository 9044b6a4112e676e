//! Who the user is, by git's own rules.

use super::{Error, People, Person, Repository};
use crate::env::Env;

impl Repository {
    /// Returns the author that a commit made now would have.
    ///
    /// In git's order: `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL`; the settings `author.name` and
    /// `author.email`, then `user.name` and `user.email`; for the address also the variable `EMAIL`. Where git
    /// would guess from the login and the host's name, this is an error.
    pub fn identity(&self, env: &Env) -> Result<Person, Error> {
        let name = self.part(env, "GIT_AUTHOR_NAME", ["author.name", "user.name"]);
        let email = self
            .part(env, "GIT_AUTHOR_EMAIL", ["author.email", "user.email"])
            .or_else(|| env.variable("EMAIL").and_then(|text| cleaned(&text)));
        Ok(Person {
            name: name.ok_or(Error::NoIdentity { missing: "name" })?,
            email: email.ok_or(Error::NoIdentity { missing: "email" })?,
        })
    }

    /// Returns [`Repository::identity`] as the mailmap knows it.
    pub fn canonical_identity(&self, env: &Env) -> Result<Person, Error> {
        Ok(People::load(self).canonical(&self.identity(env)?))
    }

    fn part(&self, env: &Env, variable: &str, keys: [&str; 2]) -> Option<String> {
        let variable = env.variable(variable).and_then(|text| cleaned(&text));
        variable.or_else(|| keys.iter().find_map(|key| cleaned(&self.config_text(key)?)))
    }
}

/// What git leaves of a name or address: no control characters, angle brackets or lines inside, and none of
/// git's "crud" around it. None where nothing is left.
fn cleaned(text: &str) -> Option<String> {
    let is_crud = |c: char| c.is_ascii_control() || " .,:;<>\"\\'".contains(c);
    let text: String = text.trim_matches(is_crud).chars().filter(|c| !"<>\n".contains(*c)).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn cleans_names_as_git_does() {
        assert_eq!(cleaned(" \"Ada <Lovelace>,\" ").as_deref(), Some("Ada Lovelace"));
        assert_eq!(cleaned("Jean-Luc.").as_deref(), Some("Jean-Luc"));
        assert_eq!(cleaned(" <> "), None);
    }
}
