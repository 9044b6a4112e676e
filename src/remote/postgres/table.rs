//! The statements that read and change a table of tasks, made of the columns that it has and of the names in the
//! configuration. Nothing that comes from a row or a task is part of a statement: values are parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::SyncField;

/// The table, where the configuration names no other.
pub(super) const TABLE: &str = "legion_tasks";
/// A row in a statement: a name that no column has.
const ROW: &str = "tracker_row";
/// A longer value is not fetched, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;
/// The columns without which there is no item.
const REQUIRED: [&str; 3] = ["id", "project_name", "title"];

/// The columns of fields, by the names that they have without a configuration.
pub(super) const FIELDS: [(SyncField, &str); 11] = [
    (SyncField::Title, "title"),
    (SyncField::Body, "description"),
    (SyncField::Type, "task_type"),
    (SyncField::Priority, "priority"),
    (SyncField::Status, "status"),
    (SyncField::Assignee, "assigned_agent"),
    (SyncField::Area, "feature_area"),
    (SyncField::Estimate, "estimated_duration_minutes"),
    (SyncField::Dependencies, "dependencies"),
    (SyncField::Metadata, "metadata"),
    (SyncField::Progress, "progress_percentage"),
];

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its type, without a length.
    pub(super) kind: String,
    /// Whether its values may be changed.
    pub(super) is_writable: bool,
}

/// A table with the columns that it has.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Its name, quoted.
    name: String,
    /// Its columns, by their own names.
    columns: BTreeMap<String, Column>,
    /// Names of columns, by those that they have without a configuration.
    names: BTreeMap<String, String>,
}

/// What the answer to a statement has besides the columns of fields, in this order.
pub(super) const FIRST: [&str; 7] = ["id", "version", "long", "updated", "synced", "task", "own"];

impl Table {
    /// Checks that the columns that are needed are there. The error names the one that is not.
    pub(super) fn new(
        name: &str,
        names: &BTreeMap<String, String>,
        columns: BTreeMap<String, Column>,
    ) -> Result<Self, String> {
        let table = Self { name: quoted_table(name), columns, names: names.clone() };
        if table.columns.is_empty() {
            return Err(format!("there is no table `{name}`"));
        }
        for key in REQUIRED.into_iter().chain(names.keys().map(String::as_str)) {
            if table.column(key).is_none() {
                return Err(format!("the table `{name}` has no column `{}`", table.own_name(key)));
            }
        }
        Ok(table)
    }

    fn own_name<'t>(&'t self, key: &'t str) -> &'t str {
        self.names.get(key).map_or(key, String::as_str)
    }

    pub(super) fn column(&self, key: &str) -> Option<&Column> {
        self.columns.get(self.own_name(key))
    }

    /// Returns a column as it is written in a statement.
    fn sql(&self, key: &str) -> Option<String> {
        self.column(key).map(|_| format!("{ROW}.{}", quoted(self.own_name(key))))
    }

    fn kind(&self, key: &str) -> &str {
        self.column(key).map_or("", |column| column.kind.as_str())
    }

    /// Whether the metadata can have values of our own beside those of others.
    pub(super) fn has_metadata(&self) -> bool {
        self.kind("metadata") == "jsonb"
    }

    /// Whether numbers are needed for tasks.
    pub(super) fn has_numbers(&self) -> bool {
        matches!(self.kind("synced_task_id"), "smallint" | "integer" | "bigint" | "numeric")
    }

    /// Whether a row can keep the id of its task.
    pub(super) fn keeps_ids(&self) -> bool {
        let is_kept = |key: &str| self.column(key).is_some_and(|column| column.is_writable);
        is_kept("synced_task_id") || self.has_metadata() && is_kept("metadata")
    }

    /// Returns the fields that rows have, and those of them that are only shown.
    pub(super) fn fields(&self) -> (BTreeSet<SyncField>, BTreeSet<SyncField>) {
        let known = FIELDS.iter().filter(|(_, key)| self.column(key).is_some()).map(|(field, _)| *field);
        let mut fields: BTreeSet<SyncField> = known.collect();
        if self.has_metadata() {
            fields.extend([SyncField::Signoffs, SyncField::Progress]);
        }
        let is_writable = |key: &str| self.column(key).is_some_and(|column| column.is_writable);
        let is_read_only = |field: &SyncField| match field {
            SyncField::Dependencies | SyncField::Metadata => true,
            SyncField::Signoffs => !is_writable("metadata"),
            SyncField::Progress => !is_writable("progress_percentage") && !is_writable("metadata"),
            _ => FIELDS.iter().any(|(own, key)| own == field && !is_writable(key)),
        };
        let read_only = fields.iter().copied().filter(is_read_only).collect();
        (fields, read_only)
    }

    /// Returns the fields in the order of their columns in an answer.
    pub(super) fn selected(&self) -> Vec<(SyncField, &'static str)> {
        FIELDS.iter().copied().filter(|(_, key)| self.column(key).is_some()).collect()
    }

    /// Returns the words of a statement that reads rows. `$1` is the key of our own metadata.
    fn select(&self) -> String {
        let text = |key: &str| match self.sql(key) {
            Some(name) if self.kind(key).ends_with("[]") => format!("to_jsonb({name})::text"),
            Some(name) => format!("{name}::text"),
            None => "NULL".to_owned(),
        };
        let long = |key: &str| format!("octet_length({}) > {LONGEST}", text(key));
        let own = match self.sql("metadata").filter(|_| self.has_metadata()) {
            Some(metadata) => format!("({metadata}->$1::text)::text"),
            None => "NULLIF($1::text, $1::text)".to_owned(),
        };
        let updated = match self.kind("updated_at") {
            kind if kind.starts_with("timestamp") => {
                format!(
                    "extract(epoch FROM {}::timestamptz)::text",
                    self.sql("updated_at").unwrap_or_default()
                )
            }
            _ => "NULL".to_owned(),
        };
        let selected = self.selected();
        let cases: Vec<String> =
            selected.iter().map(|(_, key)| format!("CASE WHEN {} THEN '{key}' END", long(key))).collect();
        let mut sql = format!(
            "SELECT {}, md5({ROW}::text), concat_ws(',', {}), {updated}, {}, {}, CASE WHEN octet_length({own}) <= {LONGEST} THEN {own} END",
            text("id"),
            cases.join(", "),
            text("synced_to_project"),
            text("synced_task_id"),
        );
        for (_, key) in selected {
            let _ = write!(sql, ", CASE WHEN NOT {} THEN {} END", long(key), text(key));
        }
        let _ = write!(sql, " FROM {} {ROW}", self.name);
        sql
    }

    /// The condition of rows of the project, which is `$2`.
    fn of_project(&self) -> String {
        format!("{}::text = $2", self.sql("project_name").unwrap_or_default())
    }

    /// The condition of rows that nobody has taken. `$3` are the words of a status that is an end.
    fn is_new(&self) -> String {
        let mut condition = self.of_project();
        if let Some(synced) = self.sql("synced_to_project") {
            let _ = write!(condition, " AND COALESCE({synced}::text, 'false') NOT IN ('true', 't', '1')");
        }
        match self.sql("status") {
            Some(status) => {
                let word = format!("lower(btrim(COALESCE({status}::text, '')))");
                let _ = write!(condition, " AND {word} <> ALL ($3::text[])");
            }
            None => condition.push_str(" AND $3::text[] IS NOT NULL"),
        }
        condition
    }

    /// The statement that reads rows that nobody has taken.
    pub(super) fn new_rows(&self) -> String {
        format!("{} WHERE {} ORDER BY 1", self.select(), self.is_new())
    }

    /// The statement that reads the ids of rows that nobody has taken. `$1` is not used otherwise.
    pub(super) fn new_ids(&self) -> String {
        let id = self.sql("id").unwrap_or_default();
        let (name, condition) = (&self.name, self.is_new());
        format!("SELECT {id}::text FROM {name} {ROW} WHERE $1::text IS NOT NULL AND {condition} ORDER BY 1")
    }

    /// The statement that reads rows by their ids, which are `$3`.
    pub(super) fn rows(&self) -> String {
        let id = self.sql("id").unwrap_or_default();
        let (kind, condition) = (self.kind("id"), self.of_project());
        let same = match self.has_typed_ids() {
            true => format!("{id} = own.id::{kind}"),
            false => format!("{id}::text = own.id"),
        };
        format!("{} JOIN unnest($3::text[]) AS own(id) ON {same} WHERE {condition} ORDER BY 1", self.select())
    }

    fn has_typed_ids(&self) -> bool {
        matches!(self.kind("id"), "uuid" | "integer" | "bigint")
    }

    /// Whether a row can have this id.
    pub(super) fn may_be_id(&self, id: &str) -> bool {
        match self.kind("id") {
            "uuid" => {
                id.len() == 36
                    && id.bytes().enumerate().all(|(at, c)| match at {
                        8 | 13 | 18 | 23 => c == b'-',
                        _ => c.is_ascii_hexdigit(),
                    })
            }
            "integer" => id.parse::<i32>().is_ok(),
            "bigint" => id.parse::<i64>().is_ok(),
            _ => !id.contains('\0'),
        }
    }

    /// The statement that counts the rows of the project by whether they are taken and by status. `$1` is the project.
    pub(super) fn counts(&self) -> String {
        let text = |key: &str, other: &str| {
            self.sql(key).map_or_else(|| other.to_owned(), |name| format!("COALESCE({name}::text, '')"))
        };
        let (synced, status) = (text("synced_to_project", "''"), text("status", "''"));
        let (project, name) = (self.sql("project_name").unwrap_or_default(), &self.name);
        format!(
            "SELECT {synced} IN ('true', 't', '1'), left({status}, 60), count(*) FROM {name} {ROW} \
             WHERE {project}::text = $1 GROUP BY 1, 2 ORDER BY 1, 2"
        )
    }

    /// The statement that names the projects that there are, the largest first.
    pub(super) fn projects(&self) -> String {
        let (project, name) = (self.sql("project_name").unwrap_or_default(), &self.name);
        format!(
            "SELECT left({project}::text, 60), count(*) FROM {name} {ROW} WHERE {project} IS NOT NULL \
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"
        )
    }

    /// The statement that changes rows, only those that have still the version that was read. `$1` is the key of our own
    /// metadata, `$2` the project, and `$3` has the changes as JSON.
    pub(super) fn update(&self) -> String {
        let mut sets: Vec<String> = Vec::new();
        let mut set = |key: &str, value: String| {
            if self.column(key).is_some_and(|column| column.is_writable) {
                sets.push(format!("{} = {value}", quoted(self.own_name(key))));
            }
        };
        let is_field = |field: &SyncField| !matches!(field, SyncField::Dependencies | SyncField::Metadata);
        for (_, key) in FIELDS.iter().filter(|(field, _)| is_field(field)) {
            let (kind, own) = (self.kind(key), self.sql(key).unwrap_or_default());
            set(
                key,
                format!("CASE WHEN p->'set' ? '{key}' THEN (p->'set'->>'{key}')::{kind} ELSE {own} END"),
            );
        }
        if self.has_metadata() {
            let own = self.sql("metadata").unwrap_or_default();
            // What is not an object keeps what others have written there.
            set(
                "metadata",
                format!(
                    "CASE WHEN {own} IS NULL OR jsonb_typeof({own}) = 'null' THEN jsonb_build_object($1::text, p->'own') \
                 WHEN jsonb_typeof({own}) <> 'object' THEN {own} \
                 ELSE {own} || jsonb_build_object($1::text, CASE WHEN jsonb_typeof({own}->$1::text) = 'object' \
                 THEN ({own}->$1::text) || (p->'own') ELSE p->'own' END) END"
                ),
            );
        }
        let synced = match self.kind("synced_to_project") {
            "boolean" => "TRUE",
            "smallint" | "integer" | "bigint" | "numeric" => "1",
            _ => "'true'",
        };
        set("synced_to_project", synced.to_owned());
        let is_time = |key: &str| self.kind(key).starts_with("timestamp");
        if let Some(at) = self.sql("synced_at").filter(|_| is_time("synced_at")) {
            set("synced_at", format!("COALESCE({at}, now())"));
        }
        let task = if self.has_numbers() { "number" } else { "task" };
        set("synced_task_id", format!("(p->>'{task}')::{}", self.kind("synced_task_id")));
        if is_time("updated_at") {
            set("updated_at", "now()".to_owned());
        }
        let (name, sets, id) = (&self.name, sets.join(", "), self.sql("id").unwrap_or_default());
        let same = match self.has_typed_ids() {
            true => format!("{id} = (p->>'id')::{}", self.kind("id")),
            false => format!("{id}::text = p->>'id'"),
        };
        format!(
            "UPDATE {name} {ROW} SET {sets} FROM jsonb_array_elements($3::text::jsonb) AS own(p) \
             WHERE $1::text IS NOT NULL AND {same} AND {} AND md5({ROW}::text) = p->>'version' \
             RETURNING {id}::text, md5({ROW}::text)",
            self.of_project(),
        )
    }
}

/// Returns a name as it is written in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the name of a table, which may have that of its schema before it.
pub(super) fn quoted_table(name: &str) -> String {
    match name.split_once('.') {
        Some((schema, table)) => format!("{}.{}", quoted(schema), quoted(table)),
        None => quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Column, Table, quoted_table};
    use crate::model::SyncField;

    fn columns(all: &[(&str, &str)]) -> BTreeMap<String, Column> {
        let column = |kind: &str| Column { kind: kind.to_owned(), is_writable: true };
        all.iter().map(|(name, kind)| ((*name).to_owned(), column(kind))).collect()
    }

    #[test]
    fn names_of_the_configuration_are_names_and_nothing_else() {
        assert_eq!(quoted_table("legion_tasks"), "\"legion_tasks\"");
        assert_eq!(quoted_table("a.b\"; DROP TABLE c; --"), "\"a\".\"b\"\"; DROP TABLE c; --\"");
        let names = BTreeMap::from([("title".to_owned(), "sub\"ject".to_owned())]);
        let all = columns(&[("id", "uuid"), ("project_name", "text"), ("sub\"ject", "text")]);
        let table = Table::new("t", &names, all).unwrap();
        assert!(
            table.update().contains("\"sub\"\"ject\" = CASE WHEN p->'set' ? 'title'"),
            "{}",
            table.update()
        );
    }

    #[test]
    fn a_column_that_is_missing_is_named() {
        let nothing = BTreeMap::new();
        let error = |all: &[(&str, &str)]| Table::new("t", &nothing, columns(all)).unwrap_err();
        assert_eq!(error(&[]), "there is no table `t`");
        assert_eq!(error(&[("id", "uuid"), ("title", "text")]), "the table `t` has no column `project_name`");
    }

    #[test]
    fn what_is_not_there_or_not_ours_is_not_written() {
        let all =
            columns(&[("id", "uuid"), ("project_name", "text"), ("title", "text"), ("metadata", "jsonb")]);
        let mut table = Table::new("t", &BTreeMap::new(), all).unwrap();
        assert!(!table.update().contains("synced_at"));
        let (fields, read_only) = table.fields();
        assert!(fields.contains(&SyncField::Progress) && !fields.contains(&SyncField::Body));
        assert_eq!(read_only.into_iter().collect::<Vec<_>>(), [SyncField::Metadata]);
        table.columns.values_mut().for_each(|column| column.is_writable = false);
        assert!(!table.keeps_ids() && table.fields().1 == table.fields().0);
        assert!(!table.may_be_id("1 OR 1") && table.may_be_id("a1b2c3d4-5678-90ab-cdef-1234567890ab"));
    }
}
