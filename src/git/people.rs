//! Who the user is by git's own rules, and who a name and address of a commit are by the mailmap.

use gix::bstr::BStr;

use super::signers::Signers;
use crate::env::Env;
use crate::git::{CommitId, Error, FileMode, Repository};

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

    /// Returns who makes a commit: whom the variables of git name, otherwise its author.
    pub fn committer(&self, env: &Env, author: &Person) -> Person {
        let part = |name: &str| env.variable(name).and_then(|text| cleaned(&text));
        match (part("GIT_COMMITTER_NAME"), part("GIT_COMMITTER_EMAIL")) {
            (Some(name), Some(email)) => Person { name, email },
            _ => author.clone(),
        }
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

pub use crate::model::Person;

/// Most bytes that are read of a mailmap.
const LARGEST_MAILMAP: u64 = 4 * 1024 * 1024;

/// Who is who: the repository's mailmap, and the addresses that one key signs for.
#[derive(Debug, Clone, Default)]
pub struct People {
    mailmap: gix::mailmap::Snapshot,
    signers: Signers,
}

/// What a mailmap is made of besides `.mailmap`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailmapConfig {
    /// Another file.
    pub file: Option<String>,
    /// Whether a blob is named.
    pub has_blob: bool,
    /// Whether the configuration includes other files, which may change any of this.
    pub may_include: bool,
}

impl Repository {
    /// Returns what the configuration says of the mailmap.
    #[must_use]
    pub fn mailmap_config(&self) -> MailmapConfig {
        let config = self.inner.config_snapshot();
        let has = |section: &str| config.plumbing().sections_by_name(section).is_some();
        MailmapConfig {
            file: self.config_text("mailmap.file"),
            has_blob: self.config_text("mailmap.blob").is_some(),
            may_include: has("include") || has("includeIf"),
        }
    }
}

impl People {
    /// Reads `.mailmap` and what `mailmap.file` and `mailmap.blob` name. An unreadable one counts as empty, as in
    /// git; a `.mailmap` that is a link is not followed.
    #[must_use]
    pub fn load(repository: &Repository) -> Self {
        Self { mailmap: repository.inner.open_mailmap(), ..Self::default() }
    }

    /// Reads the `.mailmap` of a commit, and no other: what the working tree or the user's configuration says does not
    /// count there.
    pub fn at(repository: &Repository, commit: CommitId) -> Result<Self, Error> {
        let file = repository.tree_file(commit, ".mailmap")?;
        let Some(file) = file.filter(|file| matches!(file.mode, FileMode::Plain | FileMode::Executable))
        else {
            return Ok(Self::default());
        };
        let bytes = repository.read_blob(file.blob_id, LARGEST_MAILMAP)?;
        Ok(Self { mailmap: gix::mailmap::Snapshot::from_bytes(&bytes), ..Self::default() })
    }

    /// Takes all addresses that one key of a list of allowed signers signs for as one person's.
    #[must_use]
    pub fn with_signers(self, allowed_signers: &str) -> Self {
        Self { signers: Signers::read(allowed_signers), ..self }
    }

    /// Reads what [`People::load`] would read in a checkout of a commit: its `.mailmap`, and what the configuration
    /// names.
    #[must_use]
    pub fn load_at(repository: &Repository, commit: CommitId) -> Self {
        let mut people = Self::at(repository, commit).unwrap_or_default();
        let mut add = |bytes: &[u8]| {
            people.mailmap.merge(gix::mailmap::parse_ignore_errors(bytes));
        };
        if let Some(spec) = repository.config_text("mailmap.blob")
            && let Ok(id) = repository.inner.rev_parse_single(BStr::new(&spec))
            && let Ok(blob) = id.object()
        {
            add(&blob.data);
        }
        let file = repository.inner.config_snapshot().trusted_path("mailmap.file").ok().flatten();
        if let Some(bytes) = file.and_then(|file| std::fs::read(file).ok()) {
            add(&bytes);
        }
        people
    }

    /// Returns the person that the mailmap, and then the list of signers, says this one is; the same person where they
    /// say nothing.
    #[must_use]
    pub fn canonical(&self, person: &Person) -> Person {
        let signature = gix::actor::SignatureRef {
            name: BStr::new(&person.name),
            email: BStr::new(&person.email),
            time: "",
        };
        let resolved = self.mailmap.resolve_cow(signature);
        let email = resolved.email.to_string();
        let signer = self.signers.known_as(&email).map(str::to_owned);
        Person { name: resolved.name.to_string(), email: signer.unwrap_or(email) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_names_as_git_does() {
        assert_eq!(cleaned(" \"Ada <Lovelace>,\" ").as_deref(), Some("Ada Lovelace"));
        assert_eq!(cleaned("Jean-Luc.").as_deref(), Some("Jean-Luc"));
        assert_eq!(cleaned(" <> "), None);
    }

    #[test]
    fn addresses_of_one_signer_are_one_person() {
        let signers = "# team\nbob@example.com,Bob@Home.org ssh-ed25519 AAAA\n*@other.com,eve@example.com ssh-ed25519 BBBB\n\
                       ca@example.com,dan@example.com cert-authority ssh-ed25519 CCCC\n";
        let people = People::default().with_signers(signers);
        let address =
            |email: &str| people.canonical(&Person { name: "B".to_owned(), email: email.to_owned() }).email;
        assert_eq!(address("bob@home.org"), "bob@example.com");
        assert_eq!(address("Bob@example.com"), "Bob@example.com");
        assert_eq!(address("eve@example.com"), "eve@example.com");
        assert_eq!(address("dan@example.com"), "dan@example.com");
    }
}
