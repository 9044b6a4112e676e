//! The table as one of two sides.

use std::collections::BTreeMap;

use postgres::types::ToSql;
use postgres::{Client, Row};

use super::item::{Cells, change_of, item_of, number_of};
use super::place::PostgresPlace;
use super::table::{Column, FIRST, TABLE, Table, quoted_table};
use crate::model::SyncRemote;
use crate::remote::Error;
use crate::sync::{Capabilities, Push, PushAnswer, Remote, RemoteItem};

/// What is read and written, as the configuration has it.
#[derive(Debug, Clone)]
pub(crate) struct TableSettings {
    /// The name of the other tracker.
    name: String,
    /// The project whose rows are read.
    project: String,
    /// The table, without quotes.
    table: String,
    /// Names of columns, by those that they have without a configuration.
    columns: BTreeMap<String, String>,
    /// The words of a status that is an end.
    closed: Vec<String>,
}

impl TableSettings {
    pub(crate) fn new(name: &str, project: &str, remote: &SyncRemote) -> Self {
        let closed = ["completed", "cancelled"].into_iter().flat_map(|word| {
            let other = remote.status.get(word).map(|other| other.to_lowercase());
            // Where the word means something else there, it does not close.
            let is_other = remote.status.iter().any(|(own, other)| own != word && other == word);
            [other, (!is_other).then(|| word.to_owned())].into_iter().flatten()
        });
        Self {
            name: name.to_owned(),
            project: project.to_owned(),
            table: remote.table.clone().unwrap_or_else(|| TABLE.to_owned()),
            columns: remote.columns.clone(),
            closed: closed.collect(),
        }
    }

    /// The key of the metadata below which our own values are.
    fn own_key(&self) -> String {
        let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
        format!("{}_sync", self.project.to_lowercase().chars().map(plain).collect::<String>())
    }
}

/// A table of a database.
pub(crate) struct PostgresRemote {
    settings: TableSettings,
    place: PostgresPlace,
    /// Tasks by their number.
    tasks: BTreeMap<i64, String>,
    open: Option<Open>,
}

struct Open {
    client: Client,
    table: Table,
}

/// How many rows of the project are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowCount {
    pub(crate) is_synced: bool,
    pub(crate) status: String,
    pub(crate) count: i64,
}

/// Items, and what is wrong with those that cannot be used.
type Found = (Vec<RemoteItem>, Vec<String>);
type Parameter<'p> = &'p (dyn ToSql + Sync);

impl PostgresRemote {
    /// Names a table. `tasks` are the tasks that are here: a column of numbers cannot name them.
    pub(crate) fn new(settings: TableSettings, place: PostgresPlace, tasks: &[String]) -> Self {
        let tasks = tasks.iter().map(|task| (number_of(task), task.clone())).collect();
        Self { settings, place, tasks, open: None }
    }

    fn failed(&self, action: &'static str, why: impl Into<String>) -> Error {
        Error::Failed { name: self.settings.name.clone(), action, why: why.into() }
    }

    fn failing(&self, action: &'static str) -> impl Fn(postgres::Error) -> Error + use<> {
        let name = self.settings.name.clone();
        move |error| Error::Failed { name: name.clone(), action, why: super::reason(&error) }
    }

    fn open(&mut self) -> Result<&mut Open, Error> {
        /// The table's columns, their types, and whether the user may change them.
        const COLUMNS: &str = "SELECT a.attname::text, format_type(a.atttypid, NULL), \
             has_column_privilege(a.attrelid, a.attnum, 'UPDATE') FROM pg_attribute a \
             WHERE a.attrelid = to_regclass($1::text) AND a.attnum > 0 AND NOT a.attisdropped";
        /// Nobody waits for ever for a row that another program has locked.
        const LIMITS: &str = "SET statement_timeout = '120s'; SET lock_timeout = '30s'";
        if self.open.is_none() {
            let connected = self.place.connect();
            let to = self.place.describe();
            let mut client = connected.map_err(|why| self.failed("connect", format!("{to}: {why}")))?;
            client.batch_execute(LIMITS).map_err(self.failing("connect"))?;
            let rows = client.query(COLUMNS, &[&quoted_table(&self.settings.table)]);
            let rows = rows.map_err(self.failing("read the table"))?;
            let column = |row: &Row| (row.get(0), Column { kind: row.get(1), is_writable: row.get(2) });
            let columns = rows.iter().map(column).collect();
            let table = Table::new(&self.settings.table, &self.settings.columns, columns)
                .map_err(|why| self.failed("read the table", why))?;
            self.open = Some(Open { client, table });
        }
        Ok(self.open.as_mut().expect("it is open: it was opened above"))
    }

    /// Reads rows. Where the database cannot read them all at once, it reads those that it can.
    fn read(
        &mut self,
        action: &'static str,
        sql: &str,
        last: Parameter<'_>,
        ids: Option<&[String]>,
    ) -> Result<Found, Error> {
        let failing = self.failing(action);
        let (own_key, project) = (self.settings.own_key(), self.settings.project.clone());
        let rows = self.open()?.client.query(sql, &[&own_key, &project, last]);
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) if super::ends_connection(&error) => return Err(failing(error)),
            Err(error) => match ids {
                Some([id]) => {
                    let item = RemoteItem { id: id.clone(), ..RemoteItem::default() };
                    return Ok((vec![item], vec![format!("`{id}`: {}", super::reason(&error))]));
                }
                Some([]) => return Err(failing(error)),
                Some(ids) => return self.halves(action, ids),
                None => {
                    let sql = self.open()?.table.new_ids();
                    let rows =
                        self.open()?.client.query(&sql, &[&own_key, &project, last]).map_err(failing)?;
                    let ids: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
                    return self.halves(action, &ids);
                }
            },
        };
        let table = &self.open()?.table.clone();
        let task_of = |number| self.tasks.get(&number).cloned();
        let (mut items, mut problems) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            let (item, found) = match cells_of(row, table.selected().len()) {
                Ok(cells) => item_of(table, &own_key, &cells, task_of),
                Err(problem) => (None, vec![problem]),
            };
            items.extend(item);
            problems.extend(found);
        }
        Ok((items, problems))
    }

    fn halves(&mut self, action: &'static str, ids: &[String]) -> Result<Found, Error> {
        let (mut items, mut problems) = (Vec::new(), Vec::new());
        for ids in ids.chunks(ids.len().div_ceil(2).max(1)) {
            let sql = self.open()?.table.rows();
            let (own_items, own_problems) = self.read(action, &sql, &ids, Some(ids))?;
            items.extend(own_items);
            problems.extend(own_problems);
        }
        Ok((items, problems))
    }

    /// Writes all rows with one statement, or none.
    fn write(&mut self, changes: &[Push]) -> Result<Result<Vec<PushAnswer>, postgres::Error>, Error> {
        let (own_key, project) = (self.settings.own_key(), self.settings.project.clone());
        let Open { client, table } = self.open()?;
        let rows: Vec<serde_json::Value> = changes.iter().map(|push| change_of(table, push)).collect();
        let (sql, input) = (table.update(), serde_json::Value::Array(rows).to_string());
        let mut write = || {
            let mut transaction = client.transaction()?;
            let written = transaction.query(&sql, &[&own_key, &project, &input])?;
            transaction.commit()?;
            Ok(written)
        };
        let written = match write() {
            Ok(written) => written,
            Err(error) => return Ok(Err(error)),
        };
        let written: BTreeMap<String, String> = written.iter().map(|row| (row.get(0), row.get(1))).collect();
        let answer = |push: &Push| match push.id.as_ref().and_then(|id| written.get_key_value(id)) {
            Some((id, version)) => PushAnswer::Written { id: id.clone(), version: version.clone() },
            None => PushAnswer::Changed,
        };
        for push in changes {
            self.tasks.insert(number_of(&push.key), push.key.clone());
        }
        Ok(Ok(changes.iter().map(answer).collect()))
    }

    /// Writes the rows of which each can be written, where not all can be at once.
    fn write_each(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>, Error> {
        let error = match self.write(changes)? {
            Ok(answers) => return Ok(answers),
            Err(error) => error,
        };
        match changes {
            _ if super::ends_connection(&error) => Err(self.failing("write rows")(error)),
            [_] => Ok(vec![PushAnswer::Refused(super::reason(&error))]),
            _ => {
                let (first, second) = changes.split_at(changes.len() / 2);
                let first = self.write_each(first)?;
                Ok([first, self.write_each(second)?].concat())
            }
        }
    }

    /// Describes where the database is, as whom, and which table is read.
    pub(crate) fn describe(&self) -> String {
        format!("{}, table {}", self.place.describe(), self.settings.table)
    }

    /// Counts the rows of the project by whether they are taken and by status.
    pub(crate) fn counts(&mut self) -> Result<Vec<RowCount>, Error> {
        let failing = self.failing("count rows");
        let project = self.settings.project.clone();
        let Open { client, table } = self.open()?;
        let rows = client.query(&table.counts(), &[&project]).map_err(failing)?;
        let count = |row: &Row| RowCount { is_synced: row.get(0), status: row.get(1), count: row.get(2) };
        Ok(rows.iter().map(count).collect())
    }

    /// Names the projects that there are, the largest first.
    pub(crate) fn projects(&mut self) -> Result<Vec<String>, Error> {
        let failing = self.failing("list projects");
        let Open { client, table } = self.open()?;
        let rows = client.query(&table.projects(), &[]).map_err(failing)?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

/// Copies a row. The error names it.
fn cells_of(row: &Row, columns: usize) -> Result<Cells, String> {
    let id: Option<String> = row.try_get(0).unwrap_or_default();
    let text = |at: usize| -> Result<Option<String>, String> {
        row.try_get(at).map_err(|_| format!("`{}`: it is not UTF-8", id.as_deref().unwrap_or_default()))
    };
    let values = (0..columns).map(|at| text(FIRST.len() + at)).collect::<Result<_, _>>()?;
    Ok(Cells {
        version: text(1)?.unwrap_or_default(),
        long: text(2)?.unwrap_or_default(),
        updated: text(3)?,
        synced: text(4)?,
        task: text(5)?,
        own: text(6)?,
        id,
        values,
    })
}

impl<E: From<Error>> Remote<E> for PostgresRemote {
    fn capabilities(&mut self) -> Result<Capabilities, E> {
        let table = &self.open()?.table;
        let (fields, read_only) = table.fields();
        Ok(Capabilities { fields, read_only, creates: false, keys: table.keeps_ids() })
    }

    fn pull(&mut self) -> Result<Found, E> {
        let sql = self.open()?.table.new_rows();
        let closed = self.settings.closed.clone();
        Ok(self.read("list rows", &sql, &closed, None)?)
    }

    fn state(&mut self, ids: &[String]) -> Result<Found, E> {
        let table = &self.open()?.table;
        let sql = table.rows();
        let ids: Vec<String> = ids.iter().filter(|id| table.may_be_id(id)).cloned().collect();
        Ok(self.read("read rows", &sql, &ids, Some(&ids))?)
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>, E> {
        Ok(self.write_each(changes)?)
    }
}
