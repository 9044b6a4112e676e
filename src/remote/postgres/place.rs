//! Where a database is, and as whom it is used: variables of the user, never files that a branch brings.

use std::collections::BTreeMap;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};

use super::tls::{Checks, Tls};

/// Where PostgreSQL's own programs look for a server of this machine.
const SOCKET_FOLDER: &str = "/var/run/postgresql";
/// A server that does not answer by then is not there.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a database is, and as whom it is used.
#[derive(Default)]
pub(crate) struct PostgresPlace {
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    mode: Mode,
    roots: Option<String>,
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    Disable,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    const WORDS: [(&'static str, Self); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Prefer),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];
}

/// Reads a file of variables: `NAME=value`, with or without `export` and quotes. Nothing in it is executed or expanded.
pub(crate) fn read_env_file(text: &str) -> BTreeMap<String, String> {
    let variable = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let value = value.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| {
            let (inner, rest) = value.strip_prefix(quote)?.split_once(quote)?;
            let rest = rest.trim();
            (rest.is_empty() || rest.starts_with('#')).then_some(inner)
        });
        let plain = || value.split_once(" #").map_or(value, |(value, _)| value.trim_end());
        Some((name.trim().to_owned(), quoted.unwrap_or_else(plain).to_owned()))
    };
    text.lines().filter_map(variable).collect()
}

impl PostgresPlace {
    /// Reads the variables `NAME_DB_HOST`, `_PORT`, `_NAME`, `_USER`, `_PASSWORD`, `_SSLMODE` and `_SSLROOTCERT`, or where none
    /// of them is set those of `LEGION_DB_…`; what they leave open, those of PostgreSQL's own programs have. What belongs to one
    /// database is never sent to another.
    pub(crate) fn read(
        remote: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> std::result::Result<Self, String> {
        const OWN: [(&str, &str); 7] = [
            ("HOST", "PGHOST"),
            ("PORT", "PGPORT"),
            ("NAME", "PGDATABASE"),
            ("USER", "PGUSER"),
            ("PASSWORD", "PGPASSWORD"),
            ("SSLMODE", "PGSSLMODE"),
            ("SSLROOTCERT", "PGSSLROOTCERT"),
        ];
        let value = |name: &str| variable(name).filter(|text| !text.is_empty());
        let prefixes = [remote.to_ascii_uppercase().replace('-', "_"), "LEGION".to_owned()];
        let own_of = |prefix: &String, (own, _): &(&str, &str)| value(&format!("{prefix}_DB_{own}"));
        let prefix = prefixes.iter().find(|prefix| OWN.iter().any(|names| own_of(prefix, names).is_some()));
        let mut values = OWN
            .iter()
            .map(|names| prefix.and_then(|prefix| own_of(prefix, names)).or_else(|| value(names.1)));
        let mut next = || values.next().flatten();
        let (host, port, database, user, password) = (next(), next(), next(), next(), next());
        let (mode, roots) = (next(), next());
        let port = match port {
            Some(text) => Some(text.parse().map_err(|_| format!("invalid port `{text}`"))?),
            None => None,
        };
        let mode = match mode {
            Some(text) => {
                let known = Mode::WORDS.iter().find(|(word, _)| *word == text);
                known.map(|(_, mode)| *mode).ok_or_else(|| {
                    let words: Vec<&str> = Mode::WORDS.iter().map(|(word, _)| *word).collect();
                    format!("invalid sslmode `{text}` (expected one of {})", words.join(", "))
                })?
            }
            None => Mode::default(),
        };
        Ok(Self { host, port, database, user, password, mode, roots })
    }

    /// Describes it, without the password.
    pub(crate) fn describe(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}@{}{port}/{}", self.user(), self.host(), self.database())
    }

    fn user(&self) -> &str {
        self.user.as_deref().unwrap_or("postgres")
    }

    fn database(&self) -> &str {
        self.database.as_deref().unwrap_or_else(|| self.user())
    }

    fn host(&self) -> &str {
        let socket = || {
            let file = format!("{SOCKET_FOLDER}/.s.PGSQL.{}", self.port.unwrap_or(5432));
            let is_there = cfg!(unix) && std::path::Path::new(&file).exists();
            if is_there { SOCKET_FOLDER } else { "localhost" }
        };
        self.host.as_deref().unwrap_or_else(socket)
    }

    fn tls(&self) -> std::result::Result<Tls, String> {
        let roots = match &self.roots {
            Some(path) => {
                let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
                Some(bytes)
            }
            None => None,
        };
        let checks = match self.mode {
            Mode::VerifyFull => Checks::SignerAndName,
            Mode::VerifyCa => Checks::Signer,
            // As libpq has it: who names a root means it.
            Mode::Require if roots.is_some() => Checks::Signer,
            Mode::Require | Mode::Prefer | Mode::Disable => Checks::Nothing,
        };
        Tls::new(checks, roots.as_deref())
    }

    /// Connects.
    pub(super) fn connect(&self) -> std::result::Result<Client, String> {
        let mut config = Config::new();
        config.host(self.host()).user(self.user()).dbname(self.database());
        config.application_name("tracker").connect_timeout(PATIENCE).tcp_user_timeout(PATIENCE);
        if let Some(port) = self.port {
            config.port(port);
        }
        if let Some(password) = &self.password {
            config.password(password);
        }
        let mode = match self.mode {
            // As libpq has it: a socket of this machine is not encrypted.
            _ if self.host().starts_with('/') => SslMode::Disable,
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        };
        config.ssl_mode(mode);
        let client = match mode {
            SslMode::Disable => config.connect(NoTls),
            _ => config.connect(self.tls()?),
        };
        client.map_err(|error| super::reason(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, PostgresPlace, read_env_file};

    fn read(variables: &[(&str, &str)]) -> Result<PostgresPlace, String> {
        let find = |name: &str| variables.iter().find(|(own, _)| *own == name);
        PostgresPlace::read("our-team", |name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn variables_of_the_remote_come_before_those_of_all_programs() {
        let place = read(&[
            ("PGHOST", "pg.example.com"),
            ("PGPORT", "6432"),
            ("PGPASSWORD", "p"),
            ("LEGION_DB_HOST", "legion.example.com"),
            ("LEGION_DB_NAME", "legion"),
            ("LEGION_DB_USER", "legion_user"),
        ]);
        let place = place.unwrap();
        assert_eq!(place.describe(), "legion_user@legion.example.com:6432/legion");
        assert_eq!((place.password.as_deref(), place.mode), (Some("p"), Mode::Prefer));
    }

    #[test]
    fn the_password_of_one_database_is_not_sent_to_another() {
        let place = read(&[
            ("OUR_TEAM_DB_HOST", "team.example.com"),
            ("LEGION_DB_PASSWORD", "secret"),
            ("LEGION_DB_USER", "legion_user"),
        ]);
        let place = place.unwrap();
        assert_eq!(place.describe(), "postgres@team.example.com/postgres");
        assert_eq!(place.password, None);
    }

    #[test]
    fn a_file_of_variables_is_read_as_it_is() {
        let text =
            "# the database\nexport LEGION_DB_HOST = \"a b\" # there\nA='x # y'\nB=$(id) # no\nC=\nno\n";
        let found = read_env_file(text);
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, [("A", "x # y"), ("B", "$(id)"), ("C", ""), ("LEGION_DB_HOST", "a b")]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(read(&[("PGPORT", "54x")]).err().as_deref(), Some("invalid port `54x`"));
        let error = read(&[("LEGION_DB_SSLMODE", "on")]).err().unwrap();
        assert!(error.starts_with("invalid sslmode `on` (expected one of disable, "), "{error}");
    }
}
