//! The fields of a task as options of `new`, and as tables in help texts: both come from the table of fields.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::completion::{tasks, values_of};
use crate::model::{Field, FieldKind, FieldPart};

/// What is given for a new task's fields.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldArgs(pub(super) BTreeMap<Field, Vec<String>>);

impl Args for FieldArgs {
    fn augment_args(command: Command) -> Command {
        command.args(options().map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FieldArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |field: Field| {
            let values = matches.get_many::<String>(field.key())?;
            Some((field, values.cloned().collect()))
        };
        Ok(Self(options().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Yields the fields that a new task may have: its plans, and who works on it.
fn options() -> impl Iterator<Item = Field> {
    let is_option =
        |field: &Field| field.row().part == FieldPart::Planning || field.kind() == FieldKind::Person;
    Field::settable().filter(|field| *field != Field::Title).filter(is_option)
}

fn option(field: Field) -> Arg {
    let (kind, key) = (field.kind(), field.key());
    let value_name = match kind {
        FieldKind::Task | FieldKind::Tasks => "ID",
        FieldKind::Word => "TYPE",
        FieldKind::Priority => "PRIORITY",
        FieldKind::Sprint => "SPRINT",
        FieldKind::Run => "RUN",
        FieldKind::Labels => "TAG",
        FieldKind::Label => "NAME",
        FieldKind::Person => "NAME",
        FieldKind::Duration => "TIME",
        FieldKind::Date => "DATE",
        FieldKind::Paths => "PATH",
        _ => "TEXT",
    };
    let long = if field == Field::DependsOn { "depends-on" } else { field.name() };
    let mut about = field.row().about.to_owned();
    about[..1].make_ascii_uppercase();
    if field.is_list() {
        about.push_str("; can be repeated");
    }
    let mut option = Arg::new(key).long(long).value_name(value_name).help(about).action(if field.is_list() {
        ArgAction::Append
    } else {
        ArgAction::Set
    });
    if long != field.name() {
        option = option.visible_alias(field.name());
    }
    if field.is_list() && kind != FieldKind::Paths {
        option = option.value_delimiter(',');
    }
    option = match kind {
        FieldKind::Task | FieldKind::Tasks => option.add(tasks()),
        _ => option.add(values_of(field)),
    };
    if kind == FieldKind::Date {
        // `-1d` is a day.
        option = option.allow_hyphen_values(true);
    }
    match field {
        Field::Type => option.short('t'),
        Field::Priority => option.short('p'),
        Field::Assignee => option.short('a'),
        _ => option,
    }
}

/// Returns the fields that `set` changes, each with a few words.
pub(super) fn settable() -> String {
    table(Field::settable().map(|field| (field.key(), field)))
}

/// Returns the fields that a query may name, each with a few words.
pub(super) fn queryable() -> String {
    table(Field::queryable().map(|field| (field.name(), field)))
}

fn table(rows: impl Iterator<Item = (&'static str, Field)>) -> String {
    let rows: Vec<_> = rows.collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let line = |(name, field): &(&str, Field)| format!("  {name:width$}  {}\n", field.row().about);
    format!("Fields:\n{}", rows.iter().map(line).collect::<String>()).trim_end().to_owned()
}
