//! One canonical person for all the names and addresses that somebody committed under.

use gix::bstr::BStr;

use super::{CommitId, Error, FileMode, Repository};
pub use crate::model::Person;

/// Most bytes that are read of a mailmap.
const LARGEST_MAILMAP: u64 = 4 * 1024 * 1024;

/// Who is who: the repository's mailmap.
#[derive(Debug, Clone, Default)]
pub struct People {
    mailmap: gix::mailmap::Snapshot,
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
        Self { mailmap: repository.inner.open_mailmap() }
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
        Ok(Self { mailmap: gix::mailmap::Snapshot::from_bytes(&bytes) })
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

    /// Returns the person that the mailmap says this one is; the same person where it says nothing.
    #[must_use]
    pub fn canonical(&self, person: &Person) -> Person {
        let signature = gix::actor::SignatureRef {
            name: BStr::new(&person.name),
            email: BStr::new(&person.email),
            time: "",
        };
        let resolved = self.mailmap.resolve_cow(signature);
        Person { name: resolved.name.to_string(), email: resolved.email.to_string() }
    }
}
