//! `[sync.NAME]`: another tracker that this one is synchronised with.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value};
use crate::doc::printable::printable;
use crate::model::{Config, RepositoryName, SYNC_COLUMNS, SyncKind, SyncPolicy, SyncRemote, is_worker_name};

const KEYS: [&str; 13] = [
    "kind", "command", "project", "policy", "status", "filter", "table", "columns", "repo", "people",
    "reviews", "checks", "gate",
];
/// PostgreSQL cuts a longer name, in bytes: it would be another one.
const LONGEST_NAME: usize = 63;
/// The words that a status has here.
const STATUSES: [&str; 6] = ["pending", "in_progress", "blocked", "completed", "qa_approved", "cancelled"];

impl Reader<'_> {
    /// Reads one other tracker.
    pub(super) fn sync_remote(&mut self, path: &str, value: &Value<'_>) -> SyncRemote {
        let mut remote = SyncRemote::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "kind" => remote.kind = reader.word(path, value, &SyncKind::WORDS),
            "command" => remote.command = reader.shell_command(path, value),
            "project" => remote.project = reader.text(path, value),
            "policy" => {
                remote.policy = reader.word(path, value, &SyncPolicy::WORDS).unwrap_or_default();
            }
            "filter" => remote.filter = reader.text(path, value),
            "status" => remote.status = reader.words(path, value, &STATUSES),
            "table" => remote.table = reader.table_name(path, value),
            "columns" => remote.columns = reader.words(path, value, &SYNC_COLUMNS),
            "repo" => remote.repo = reader.repository(path, value),
            "people" => remote.people = reader.texts_by_name(path, value),
            "checks" => remote.checks = reader.texts_by_name(path, value),
            "reviews" => remote.reviews = reader.switch(path, value).unwrap_or_default(),
            "gate" => remote.gate = reader.switch(path, value).unwrap_or_default(),
            _ => reader.unknown(path, key, &KEYS),
        });
        remote
    }

    /// Reads the words of the other tracker, by ours.
    fn words(
        &mut self,
        path: &str,
        value: &Value<'_>,
        known: &'static [&'static str],
    ) -> BTreeMap<String, String> {
        let mut words = BTreeMap::new();
        self.table(path, value, |reader, path, key, value| {
            if known.contains(&key.get_ref().as_ref()) {
                let word = reader.text(path, value).unwrap_or_default();
                words.insert(key.get_ref().to_string(), word);
            } else {
                reader.unknown(path, key, known);
            }
        });
        words
    }

    /// Reads `OWNER/NAME` or `HOST/OWNER/NAME`.
    fn repository(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        if RepositoryName::parse(&text).is_some() {
            return Some(text);
        }
        let message = format!("invalid repository `{}`", printable(&text));
        self.misfit(value.span(), path, message, "expected OWNER/NAME or HOST/OWNER/NAME");
        None
    }

    /// Reads the name of a table, which is quoted in statements: it may have any letters, and no length of none.
    fn table_name(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        let is_name =
            |part: &str| (1..=LONGEST_NAME).contains(&part.len()) && !part.chars().any(char::is_control);
        if text.splitn(2, '.').all(is_name) {
            return Some(text);
        }
        let message = format!("invalid table `{}`", printable(&text));
        self.misfit(value.span(), path, message, "expected TABLE or SCHEMA.TABLE, each of 1 to 63 bytes");
        None
    }

    /// Reads texts by names of the other tracker, which can be any: people by logins, roles by checks.
    fn texts_by_name(&mut self, path: &str, value: &Value<'_>) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        self.table(path, value, |reader, path, key, value| {
            if let Some(text) = reader.text(path, value) {
                texts.insert(key.get_ref().to_string(), text);
            }
        });
        texts
    }

    /// Reports names that cannot be, and what is needed and left out.
    pub(super) fn check_sync(&mut self, table: &DeTable<'_>, config: &Config) {
        let Some(DeValue::Table(remotes)) = table.get("sync").map(Spanned::get_ref) else { return };
        for (key, value) in remotes {
            let name = key.get_ref().as_ref();
            let path = format!("sync.{}", printable(name));
            if !is_worker_name(name) {
                let message = format!("`{}` cannot name another tracker", printable(name));
                let hint = "lowercase letters, digits and `-`, beginning with a letter";
                self.error(key.span(), &path, message, Some(hint));
            }
            let Some(remote) = config.sync.get(name) else { continue };
            match (remote.kind, &remote.command) {
                (None, _) => {
                    let hint =
                        "write kind = \"program\" and a command, kind = \"postgres\" or kind = \"github\"";
                    self.misfit(value.span(), &path, "does not say how it is reached".to_owned(), hint);
                }
                (Some(SyncKind::Program), None) => {
                    let hint = "write command = \"python3 tools/sync.py\"; see tracker help sync";
                    self.misfit(value.span(), &path, "a program needs a `command`".to_owned(), hint);
                }
                _ => {}
            }
        }
    }
}

/// Returns the configuration with a table for another tracker at its end.
pub fn add_sync_table(text: &str, name: &str, remote: &SyncRemote) -> String {
    let mut added = text.trim_end_matches('\n').to_owned();
    if !added.is_empty() {
        added.push_str("\n\n");
    }
    let kind = remote.kind.and_then(|kind| SyncKind::WORDS.iter().find(|(_, own)| *own == kind));
    let policy = SyncPolicy::WORDS.iter().find(|(_, own)| *own == remote.policy);
    let values = [
        ("kind", kind.map(|(word, _)| (*word).to_owned())),
        ("command", remote.command.clone()),
        ("project", remote.project.clone()),
        ("policy", policy.map(|(word, _)| (*word).to_owned())),
        ("filter", remote.filter.clone()),
        ("table", remote.table.clone()),
        ("repo", remote.repo.clone()),
    ];
    added.push_str(&format!("[sync.{name}]\n"));
    for (key, value) in values {
        if let Some(value) = value {
            added.push_str(&format!("{key} = {}\n", toml::Value::String(value)));
        }
    }
    added
}

/// Returns the configuration without the tables of another tracker; none where it has none that begins with a line of its
/// own.
pub fn remove_sync_table(text: &str, name: &str) -> Option<String> {
    let own = format!("[sync.{name}]");
    let below = format!("[sync.{name}.");
    let mut is_inside = false;
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        let start = line.trim();
        if start.starts_with('[') {
            is_inside = start.starts_with(&own) || start.starts_with(&below);
        }
        if !is_inside {
            kept.push_str(line);
        }
    }
    (kept.len() < text.len()).then(|| format!("{}\n", kept.trim_end_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::{add_sync_table, remove_sync_table};
    use crate::doc::read_config;
    use crate::model::{SyncKind, SyncPolicy, SyncRemote};

    #[test]
    fn a_table_that_was_added_is_read_and_removed_again() {
        let remote = SyncRemote {
            kind: Some(SyncKind::Program),
            command: Some("say \"it's\" \\ done".to_owned()),
            policy: SyncPolicy::Newer,
            filter: Some("tag:x".to_owned()),
            ..SyncRemote::default()
        };
        let before = "format = 2\n# a comment\n[pipeline]\nstages = [\"dev\"]\n";
        let text = add_sync_table(before, "csv", &remote);
        let (config, problems) = read_config(text.as_bytes()).unwrap();
        assert_eq!((config.sync.get("csv"), problems.len(), config.errors.len()), (Some(&remote), 0, 0));
        assert_eq!(remove_sync_table(&text, "csv").as_deref(), Some(before));
        assert_eq!(remove_sync_table(before, "csv"), None);
    }

    #[test]
    fn a_table_has_a_name_that_can_be_one() {
        let wrong = |table: &str| {
            let text = format!("format = 2\n[sync.a]\nkind = \"postgres\"\ntable = {table:?}\n");
            read_config(text.as_bytes()).unwrap().0.errors.len()
        };
        let long = "t".repeat(63);
        assert_eq!(["a", "work.items", "a;drop", "été", &long].map(wrong), [0; 5]);
        assert_eq!(["", ".a", "a.", "a\nb", &format!("{long}t")].map(wrong), [1; 5]);
    }

    #[test]
    fn what_cannot_be_reached_is_reported() {
        let text = "format = 2\n[sync.a]\n[sync.b]\nkind = \"program\"\n";
        let (config, _) = read_config(text.as_bytes()).unwrap();
        let messages: Vec<&str> = config.errors.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, ["does not say how it is reached", "a program needs a `command`"]);
        let text = "[sync.c]\nkind = \"carrier\"\n[sync.c.status]\nresting = \"x\"\n";
        assert!(read_config(text.as_bytes()).is_err());
        assert!(read_config(b"[sync.'a b']\nkind = \"program\"\ncommand = \"x\"\n").is_err());
    }
}
