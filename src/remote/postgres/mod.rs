//! Another tracker as a table of a PostgreSQL database: a row an item. The version of a row is a digest of all that is in it, so
//! a change by whatever program is seen. Rows are read in one round trip and written in one, in a transaction, and only those
//! that have still the version that was read.

mod item;
mod place;
mod rows;
mod table;
mod tls;

pub(crate) use place::{PostgresPlace, read_env_file};
pub(crate) use rows::{PostgresRemote, RowCount, TableSettings};

/// Whether the connection ends with an error, so that nothing else can be read or written on it.
fn ends_connection(error: &postgres::Error) -> bool {
    use postgres::error::Severity;
    let severity = error.as_db_error().map(postgres::error::DbError::parsed_severity);
    !severity.is_some_and(|severity| severity == Some(Severity::Error))
}

/// Returns what a person reads of an error: the server's own message, where there is one.
fn reason(error: &postgres::Error) -> String {
    let mut text = match error.as_db_error() {
        Some(found) => found.message().to_owned(),
        None => error.to_string(),
    };
    let mut source = std::error::Error::source(error).filter(|_| error.as_db_error().is_none());
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
